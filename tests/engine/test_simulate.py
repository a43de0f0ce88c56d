"""The stages together: a person across zones, devices, steroid, age, and what is not computed."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import Outcome, run
from percuta.errors import DeviceLimitError, LibraryError, PlanError
from percuta.library.posterior import posterior
from percuta.library.registry import library
from percuta.plan.reading import read_plan

PLAN = """
schema = 1
title = "test"
[patient]
age = "52 years"
sex = "female"
phototype = 3
mass = "68 kg"
desired_effect = "wrinkles"
[[zones]]
name = "cheeks"
site = "cheek"
area = "76 cm^2"
[[zones]]
name = "forehead"
site = "forehead"
area = "52 cm^2"
[device]
model = "generic-pen-12"
[[session.steps]]
do = "needling"
zones = ["cheeks", "forehead"]
set_depth = "1.0 mm"
passes = 4
glide_speed = "20 mm/s"
[course]
sessions = 3
interval = "4 weeks"
follow_up_after_last_session = "12 weeks"
"""


def outcome(text: str = PLAN, members: int = 64, seed: int = 0) -> Outcome:
    """Compute a plan for one batch of scenarios."""
    return run(read_plan(text, "test"), library(), scenario_batch(members, seed, 0))


def test_density_follows_from_the_kinematics() -> None:
    density = outcome().zones["cheeks"].channels
    assert density is not None
    swath = library().device("generic-pen-12").known("swath_width").band(0.0001, 0.9999)
    passes = [4 * 12 * 90.0 / (0.02 * width) for width in swath]
    assert passes[1] <= density.density.min() <= density.density.max() <= passes[0]


def test_one_person_has_one_skin_across_zones() -> None:
    found = outcome()
    cheeks, forehead = (found.zones[name] for name in ("cheeks", "forehead"))
    assert cheeks.channels is not None
    assert forehead.channels is not None
    same = np.array_equal(cheeks.channels.reached_typical, forehead.channels.reached_typical)
    assert same  # same device, same hand, same setting
    assert not np.array_equal(cheeks.layers.dermis, forehead.layers.dermis)  # but another site


def test_layers_come_from_every_dataset_of_the_site() -> None:
    layers = outcome(members=256).zones["cheeks"].layers
    counts = np.bincount(layers.dataset, minlength=len(layers.datasets))
    assert len(layers.datasets) >= 2
    assert counts.min() >= 256 // len(layers.datasets) - 2
    assert (layers.dermis > 0).all()
    assert (layers.epidermis > 0).all()


def test_a_second_pass_over_one_zone_leaves_the_other_alone() -> None:
    extra = '[[session.steps]]\ndo = "needling"\nzones = ["cheeks"]\nset_depth = "1.5 mm"\npasses = 2\n[course]'
    plain, more = outcome(), outcome(PLAN.replace("[course]", extra))
    for name, changed in (("cheeks", True), ("forehead", False)):
        before, after = plain.zones[name].channels, more.zones[name].channels
        assert before is not None
        assert after is not None
        assert (not np.array_equal(before.density, after.density)) == changed
        assert (after.reached_deepest >= before.reached_deepest).all()


def test_a_timed_pen_needs_no_passes() -> None:
    timed = outcome(PLAN.replace('passes = 4\nglide_speed = "20 mm/s"', 'needling_time = "5 min"'))
    channels = timed.zones["forehead"].channels
    assert channels is not None
    touching = timed.scenarios.drawn["timing.contact_share"][1] * 300.0
    assert channels.density == pytest.approx(12 * 90.0 * touching / 52e-4)
    assert timed.times.needling["forehead"] == pytest.approx(300.0)
    assert timed.times.steps[:, 0] == pytest.approx(600.0)  # both zones


def test_a_roller_leaves_slits_and_its_density_is_exact() -> None:
    text = (
        PLAN.replace("generic-pen-12", "generic-roller-1.5")
        .replace('"1.0 mm"', '"1.5 mm"')
        .replace("passes = 4", "passes = 15")
    )
    channels = outcome(text).zones["cheeks"].channels
    assert channels is not None
    assert channels.density / 1e4 == pytest.approx(229.18, abs=0.01)
    blunt = 1.0 - np.exp(-channels.density * 0.25 * np.pi * (0.25e-3) ** 2)
    assert np.median(channels.punctured_surface) > 1.5 * np.median(blunt)


def test_needles_are_not_cut_off_at_the_dermis() -> None:
    deep = outcome(PLAN.replace('"1.0 mm"', '"2.5 mm"')).zones["forehead"].channels
    assert deep is not None
    assert deep.tracks_beyond_dermis.max() > 0.99


def test_a_steroid_lowers_the_gain() -> None:
    def gain(text: str) -> float:
        found = outcome(text, members=256)
        assert found.remodelling is not None
        course = found.remodelling.course
        made = course.mature_collagen[-1, :, 0] + course.immature_collagen[-1, :, 0] - course.untreated[-1]
        return float(made.mean())

    steroid = '[[session.steps]]\ndo = "steroid_gel"\nproduct = "hydrocortisone-1-gel"\ndays = 14\n[course]'
    assert gain(PLAN.replace("[course]", steroid)) < 0.7 * gain(PLAN)  # the limit of collagen evens out a part


def test_menopause_counts_for_women_only() -> None:
    def untreated(text: str) -> float:
        found = outcome(text)
        assert found.remodelling is not None
        return float(found.remodelling.course.untreated[0].mean())

    stated = PLAN.replace('mass = "68 kg"', 'mass = "68 kg"\nmenopause_age = "45 years"')
    assert untreated(PLAN.replace('"female"', '"male"')) > untreated(stated)


def test_no_response_follows_the_untreated_course() -> None:
    found = outcome(members=256)
    assert found.remodelling is not None
    silent = found.scenarios.drawn["healing.responds"][1] == 0.0
    course = found.remodelling.course
    share = np.mean(np.array(posterior("healing").columns["responds"]) == 0.0)
    assert silent.mean() == pytest.approx(share, abs=0.02)
    total = (course.mature_collagen + course.immature_collagen)[-1][silent]
    assert total == pytest.approx(np.repeat(course.untreated[-1][silent][:, None], 4, axis=1), rel=1e-12)


def test_pain_is_higher_without_anaesthetic() -> None:
    cream = """[[session.steps]]
do = "topical_anaesthetic"
product = "lidocaine-4"
amount = "5 g"
duration = "30 min"
[[session.steps]]
do = "needling\""""
    with_cream, without = outcome(PLAN.replace('[[session.steps]]\ndo = "needling"', cream, 1)), outcome()
    for name in ("cheeks", "forehead"):
        numb, bare = with_cream.zones[name].tolerance, without.zones[name].tolerance
        assert numb is not None
        assert bare is not None
        assert (numb.pain <= bare.pain).all()
        assert numb.pain.mean() < bare.pain.mean()


def test_a_step_takes_the_time_the_plan_gives_it() -> None:
    step = '[[session.steps]]\ndo = "cool"\nduration = "7 min"\n[course]'
    times = outcome(PLAN.replace("[course]", step)).times.steps
    assert times[:, 1] == pytest.approx(420.0)
    assert np.ptp(times[:, 0]) > 0.0


def test_unpublished_figures_fail_by_name() -> None:
    text = PLAN.replace("generic-pen-12", "skinpen-precision").replace("passes = 4", 'passes = 4\nfrequency = "117 Hz"')
    with pytest.raises(LibraryError, match="needle_diameter is not published"):
        outcome(text)
    given = text.replace('model = "skinpen-precision"', 'model = "skinpen-precision"\nneedle_diameter = "0.25 mm"')
    assert outcome(given).zones["cheeks"].channels is not None


def test_an_unlisted_pen_needs_four_entries() -> None:
    label = 'kind = "pen"\nneedle_count = 16\nneedle_diameter = "0.3 mm"\nmaximum_depth = "2.0 mm"\nrate = "100 Hz"'
    channels = outcome(PLAN.replace('model = "generic-pen-12"', label)).zones["cheeks"].channels
    assert channels is not None
    assert channels.density.min() >= 16 * 100 * 4 / (0.02 * 0.011)


def test_a_device_is_not_set_beyond_its_dial() -> None:
    with pytest.raises(DeviceLimitError, match="beyond what"):
        outcome(PLAN.replace('"1.0 mm"', '"3.0 mm"'))


def test_time_and_passes_state_the_same_treatment() -> None:
    by_passes = outcome()
    taken = by_passes.times.needling["cheeks"]
    density = by_passes.zones["cheeks"].channels
    assert density is not None
    contact = by_passes.scenarios.drawn["timing.contact_share"][1]
    assert 12 * 90.0 * taken * contact / 76e-4 == pytest.approx(density.density)


def test_a_cartridge_changes_the_steps_that_name_it() -> None:
    label = 'model = "generic-pen-12"\n[device.cartridges.nano]\nneedle_count = 36\nneedle_diameter = "0.2 mm"'
    second = '[[session.steps]]\ndo = "needling"\nzones = ["forehead"]\nset_depth = "1.0 mm"\npasses = 4\n'
    text = PLAN.replace('model = "generic-pen-12"', label).replace(
        'zones = ["cheeks", "forehead"]', 'zones = ["cheeks"]'
    )
    text = text.replace("[course]", second + 'glide_speed = "20 mm/s"\ncartridge = "nano"\n[course]')
    found = outcome(text)
    cheeks, forehead = (found.zones[name].channels for name in ("cheeks", "forehead"))
    assert cheeks is not None
    assert forehead is not None
    assert forehead.density == pytest.approx(3.0 * cheeks.density)
    assert forehead.tracks[0].diameter == pytest.approx(0.2e-3)
    with pytest.raises(PlanError, match="no cartridge of this name"):
        outcome(text.replace('cartridge = "nano"', 'cartridge = "nana"'))


def test_what_the_library_has_cannot_be_replaced() -> None:
    with pytest.raises(DeviceLimitError, match="in the library already"):
        outcome(PLAN.replace('model = "generic-pen-12"', 'model = "generic-pen-12"\nmaximum_depth = "6 mm"'))


def test_cream_counts_from_its_labels_least_time() -> None:
    def pain(duration: str) -> float:
        cream = f"""[[session.steps]]
do = "topical_anaesthetic"
product = "lidocaine-prilocaine-2.5-2.5"
amount = "10 g"
duration = "{duration}"
[[session.steps]]
do = "needling\""""
        found = outcome(PLAN.replace('[[session.steps]]\ndo = "needling"', cream, 1)).zones["cheeks"].tolerance
        assert found is not None
        return float(found.pain.mean())

    bare = outcome().zones["cheeks"].tolerance
    assert bare is not None
    assert pain("1 min") == pytest.approx(float(bare.pain.mean()))
    assert pain("60 min") < 0.8 * float(bare.pain.mean())


@pytest.mark.parametrize("effect", ["striae", "alopecia", "melasma"])
def test_no_course_without_an_outcome_model(effect: str) -> None:
    assert outcome(PLAN.replace('"wrinkles"', f'"{effect}"')).remodelling is None
