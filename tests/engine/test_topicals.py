"""Creams in a session: what lies on a zone when, how deep it blocks, and what reaches the blood."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from percuta.engine.anaesthesia import _lasting, _onset
from percuta.engine.barrier import closing_times
from percuta.engine.bench import Bench
from percuta.engine.passage import ion_factor, passage_of, vehicle_of
from percuta.engine.scenarios import scenario_batch
from percuta.engine.session import session_times
from percuta.engine.simulate import Outcome, run
from percuta.engine.spells import Cream, Spell, clock, followed, spells_of
from percuta.engine.topicals import Holes
from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan
from percuta.results.anaesthesia import ON_NEEDLED_SKIN
from percuta.results.endpoints import samples

CREAM: dict[str, object] = {
    "do": "topical_anaesthetic",
    "product": "lidocaine-prilocaine-2.5-2.5",
    "amount": "15 g",
    "duration": "60 min",
    "occluded": True,
}
NEEDLES: dict[str, object] = {"do": "needling", "zones": ["cheeks"], "set_depth": "1.0 mm", "passes": 4}
REMOVE: dict[str, object] = {"do": "remove_anaesthetic"}


def plan_of(
    *steps: dict[str, object],
    area: str = "100 cm^2",
    zones: tuple[str, ...] = ("cheeks",),
    device: str = "generic-pen-12",
    mass: str = "70 kg",
) -> Plan:
    """Return a plan with some steps on zones of one area."""
    return Plan.model_validate(
        {
            "schema": 1,
            "title": "Creams",
            "patient": {
                "age": "40 years",
                "sex": "female",
                "phototype": 2,
                "mass": mass,
                "desired_effect": "texture",
            },
            "zones": [{"name": name, "site": "cheek", "area": area} for name in zones],
            "device": {"model": device},
            "session": {"steps": list(steps)},
            "course": {"sessions": 1, "interval": "4 weeks", "follow_up_after_last_session": "1 weeks"},
        }
    )


@cache
def outcome_of(*names: str) -> Outcome:
    """Return what becomes of a session of some steps, by their first letters."""
    known: dict[str, dict[str, object]] = {
        "c": CREAM,
        "n": NEEDLES,
        "r": REMOVE,
        "p": {"do": "peel", "product": "glycolic-acid-peel"},
    }
    bare = {**CREAM, "occluded": False}
    return run(plan_of(*(known.get(name, bare) for name in names)), library(), scenario_batch(16, 0, 0))


def bench_of(plan: Plan) -> Bench:
    """Return a bench for a plan."""
    return Bench(plan, resolve_device(plan.device, library()), library(), scenario_batch(16, 0, 0))


def test_a_cream_is_on_for_its_duration_and_until_it_is_taken_off() -> None:
    bench = bench_of(plan_of(CREAM, REMOVE, NEEDLES))
    times = session_times(bench, {})
    start, spells = spells_of(bench, "cheeks", times)
    assert start == pytest.approx(times.steps[:, 0] - 3600.0)
    assert [spell.cream is not None for spell in spells] == [True, False, False]
    assert spells[0].duration == pytest.approx(3600.0 + times.steps[:, 1])
    assert spells[1].open_for is None
    assert spells[2].open_for == pytest.approx(np.zeros(16))
    assert start + sum(spell.duration for spell in spells) == pytest.approx(np.full(16, followed(bench.plan)))


def test_needles_before_the_cream_leave_channels_of_some_age() -> None:
    bench = bench_of(plan_of(NEEDLES, {"do": "rinse", "duration": "5 min"}, CREAM, REMOVE))
    times = session_times(bench, {})
    _, spells = spells_of(bench, "cheeks", times)
    since = spells[0].open_for
    assert since is not None
    assert (since > 300.0).all()
    assert times.needles["cheeks"][0] == pytest.approx(np.zeros(16))


def test_a_zone_without_cream_has_no_spells() -> None:
    plan = plan_of({**CREAM, "zones": ["cheeks"]}, REMOVE, NEEDLES, zones=("cheeks", "chin"))
    bench = bench_of(plan)
    assert spells_of(bench, "chin", session_times(bench, {}))[1] == []


def test_block_goes_deeper_the_longer_the_cream_is_on() -> None:
    depths = []
    for minutes in (15, 30, 60, 120):
        plan = plan_of({**CREAM, "duration": f"{minutes} min"}, REMOVE, NEEDLES)
        numbed = run(plan, library(), scenario_batch(16, 0, 0)).zones["cheeks"].anaesthesia
        assert numbed is not None
        depths.append(numbed.at_needling)
    assert (np.diff(depths, axis=0) >= 0.0).all()
    assert np.median(depths[3]) > np.median(depths[0])


def test_no_block_counts_that_nobody_has_looked_for() -> None:
    long = {**CREAM, "duration": "24 h"}
    wait: dict[str, object] = {"do": "cool", "duration": "6 h"}
    deep = run(plan_of(long, REMOVE, NEEDLES), library(), scenario_batch(16, 0, 0)).zones["cheeks"].anaesthesia
    late = run(plan_of(CREAM, REMOVE, wait, NEEDLES), library(), scenario_batch(16, 0, 0)).zones["cheeks"].anaesthesia
    assert deep is not None
    assert late is not None
    assert deep.block_depth.max() <= 9.5e-3
    assert not late.at_needling.any()
    assert np.nanmax(late.lasting) <= 4 * 3600.0


def test_a_thin_cream_for_a_long_time_can_be_followed() -> None:
    thin = {**CREAM, "amount": "0.1 g", "duration": "1 min", "product": "lidocaine-tetracaine-7-7"}
    wait: dict[str, object] = {"do": "cool", "duration": "24 h"}
    exposure = run(plan_of(thin, wait, wait, REMOVE), library(), scenario_batch(16, 0, 0)).exposure
    assert exposure is not None
    assert np.isfinite(exposure.absorbed).all()


def test_pain_follows_the_block() -> None:
    with_cream, without = outcome_of("c", "r", "n"), outcome_of("n")
    late = outcome_of("n", "c", "r")
    pain = [one.zones["cheeks"].tolerance.pain for one in (with_cream, without, late)]  # type: ignore[union-attr]
    assert (pain[0] <= pain[1]).all()
    assert np.median(pain[0]) < np.median(pain[1])
    assert pain[2] == pytest.approx(pain[1])


def test_a_film_and_a_peel_let_more_through() -> None:
    absorbed = []
    for steps in (("b", "r", "n"), ("c", "r", "n"), ("p", "c", "r", "n")):
        exposure = outcome_of(*steps).exposure
        assert exposure is not None
        absorbed.append(exposure.absorbed[:, -1].sum(axis=1))
    assert (absorbed[0] < absorbed[1]).all()
    assert (absorbed[1] < absorbed[2]).all()


def test_the_dose_absorbed_is_below_what_was_put_on_and_never_falls() -> None:
    exposure = outcome_of("c", "r", "n").exposure
    assert exposure is not None
    assert exposure.drugs == ("lidocaine", "prilocaine")
    assert (np.diff(exposure.absorbed, axis=1) >= -1e-12).all()
    assert (exposure.absorbed[:, -1] < 15e-3 * 0.025).all()
    assert exposure.multiple is None


def test_the_dose_follows_the_area_and_not_how_it_is_divided() -> None:
    one = run(plan_of(CREAM, REMOVE, NEEDLES), library(), scenario_batch(16, 0, 0)).exposure
    needles = {**NEEDLES, "zones": ["cheeks", "chin"]}
    halves = plan_of(CREAM, REMOVE, needles, area="50 cm^2", zones=("cheeks", "chin"))
    two = run(halves, library(), scenario_batch(16, 0, 0)).exposure
    assert one is not None
    assert two is not None
    assert two.absorbed[:, -1] == pytest.approx(one.absorbed[:, -1], rel=2e-2)


def test_cream_on_needled_skin_is_a_multiple_and_no_level() -> None:
    outcome = outcome_of("n", "c", "r")
    exposure = outcome.exposure
    assert exposure is not None
    assert exposure.multiple is not None
    assert exposure.lateral is not None
    assert np.median(exposure.multiple) > 1.2
    given = {sample.name: sample for sample in samples(outcome) if sample.zone is None}
    assert given["anaesthetic_absorbed"].withheld == ON_NEEDLED_SKIN
    assert given["anaesthetic_peak_plasma"].withheld == ON_NEEDLED_SKIN
    assert given["anaesthetic_exposure_multiple"].values is exposure.multiple


def test_a_cream_that_nothing_removes_gives_no_duration_after_removal() -> None:
    numbed = outcome_of("c", "n").zones["cheeks"].anaesthesia
    assert numbed is not None
    assert np.isnan(numbed.lasting).all()
    assert np.isfinite(numbed.onset).any()


def test_a_cream_without_published_figures_is_named() -> None:
    plan = plan_of({**CREAM, "product": "lidocaine-4"}, REMOVE, NEEDLES)
    outcome = run(plan, library(), scenario_batch(16, 0, 0))
    assert outcome.exposure is None
    assert outcome.zones["cheeks"].anaesthesia is None
    withheld = {sample.name: sample.withheld for sample in samples(outcome) if sample.values is None}
    for name in ("anaesthetic_absorbed", "block_depth_at_needling"):
        assert "saturation_lidocaine of Liposomal lidocaine cream 4 %" in withheld[name]
        assert "--library" in withheld[name]


def test_cream_after_a_patch_is_cream_on_opened_skin() -> None:
    steps = [{"do": "patch", "zones": ["cheeks"], "duration": "30 min", "patches": 1}, CREAM, REMOVE]
    plan = plan_of(*steps, device="generic-dissolving-patch")
    exposure = run(plan, library(), scenario_batch(16, 0, 0)).exposure
    assert exposure is not None
    assert exposure.multiple is not None


def test_an_unpublished_cream_leaves_between_all_and_nothing_of_the_pain() -> None:
    label_time = {**CREAM, "product": "lidocaine-4"}
    unknown = run(plan_of(label_time, REMOVE, NEEDLES), library(), scenario_batch(16, 0, 0))
    pain, known, none = (
        one.zones["cheeks"].tolerance.pain  # type: ignore[union-attr]
        for one in (unknown, outcome_of("c", "r", "n"), outcome_of("n"))
    )
    assert (pain <= none).all()
    assert known.mean() < pain.mean() < none.mean()


def test_acid_keeps_a_base_from_passing() -> None:
    bench = bench_of(plan_of(CREAM))
    product = library().product("lidocaine-prilocaine-2.5-2.5")
    passages = [passage_of(bench, library().drug(name)) for name in product.drugs]
    per_area = np.full(16, 1.5)
    sour = replace(
        product, fields=product.fields | {"vehicle_ph": replace(product.known("vehicle_ph"), value=4.0, spread=None)}
    )
    given, acid = (vehicle_of(bench, one, per_area, passages) for one in (product, sour))
    assert (acid.concentration == given.concentration).all()
    dissolved = acid.concentration / acid.capacity
    pka = np.concatenate([each.pka for each in passages])
    assert dissolved == pytest.approx(25.0 / (1.0 + 10.0 ** (pka - 4.0)), rel=1e-6)
    assert ion_factor(bench, sour, passages).min() > 10.0
    assert ion_factor(bench, product, passages).max() < 1.1


def test_what_a_cream_offers_follows_the_drug_s_solubility() -> None:
    bench = bench_of(plan_of(CREAM))
    product = library().product("lidocaine-prilocaine-2.5-2.5")
    passages = [passage_of(bench, library().drug(name)) for name in product.drugs]
    twice = [replace(each, solubility=2.0 * each.solubility) for each in passages]
    once, more = (vehicle_of(bench, product, np.full(16, 1.5), drugs) for drugs in (passages, twice))
    assert once.capacity == pytest.approx(2.0 * more.capacity)


def test_channels_close_more_slowly_under_a_film() -> None:
    bench = bench_of(plan_of(NEEDLES, CREAM))
    product = library().product("lidocaine-prilocaine-2.5-2.5")
    passages = [passage_of(bench, library().drug("lidocaine"))]
    hour, none = np.full(16, 3600.0), np.zeros(16)
    left = []
    for film in (True, False):
        holes = Holes(bench, "cheeks", np.full((16, 3), 0.1), passages)
        first = holes.during(Spell(hour, Cream(product, none + 1.5, film), fresh=True, open_for=hour))
        second = holes.during(Spell(hour, open_for=2.0 * hour))
        assert first is not None
        assert second is not None
        barrier, pores = closing_times(bench, "cheeks", occluded=film)
        free = closing_times(bench, "cheeks")[1]
        assert first.fraction[:, 0] == pytest.approx(0.1 * np.exp(-3600.0 / free))
        assert second.fraction[:, 0] == pytest.approx(first.fraction[:, 0] * np.exp(-3600.0 / pores))
        assert (barrier <= pores).all()
        left.append(second.fraction[:, 0])
    assert (left[0] > left[1]).all()


def test_no_more_reaches_the_blood_than_was_put_on() -> None:
    thin = {**CREAM, "amount": "0.02 g"}
    exposure = run(
        plan_of(NEEDLES, thin, {"do": "cool", "duration": "10 h"}), library(), scenario_batch(16, 0, 0)
    ).exposure
    assert exposure is not None
    assert (exposure.absorbed <= 0.02e-3 * 0.025 * (1.0 + 1e-9)).all()


def test_a_light_body_has_the_higher_level() -> None:
    levels = []
    for mass in ("40 kg", "120 kg"):
        exposure = run(plan_of(CREAM, REMOVE, NEEDLES, mass=mass), library(), scenario_batch(16, 0, 0)).exposure
        assert exposure is not None
        levels.append(exposure.plasma[:, :, 0].max(axis=1))
    assert (levels[0] > levels[1]).all()


def test_onset_and_duration_of_a_block_that_rises_and_falls() -> None:
    time = np.array([[0.0, 10.0, 20.0, 30.0, 40.0, 50.0]])
    block = np.array([[0.0, 1.0, 3.0, 3.0, 1.0, 0.0]])
    reach, removed = np.array([2.0]), np.array([25.0])
    assert _onset(time, block, reach) == pytest.approx([20.0])
    assert _lasting(time, block, reach, removed) == pytest.approx([15.0])
    assert np.isnan(_lasting(time, block, reach, np.array([45.0]))).all()
    assert np.isnan(_lasting(time, block, reach, np.array([np.nan]))).all()
    assert np.isnan(_onset(time, block, np.array([5.0]))).all()


def test_time_is_kept_finely_during_the_session_and_for_a_day_after() -> None:
    plan = plan_of(CREAM, REMOVE, NEEDLES)
    time = clock(plan)
    assert time[0] == 0.0
    assert time[-1] == pytest.approx(followed(plan), abs=900.0)
    assert (np.diff(time) > 0.0).all()


def test_results_do_not_depend_on_how_scenarios_are_batched() -> None:
    plan = plan_of(NEEDLES, CREAM, REMOVE)
    whole = scenario_batch(32, 0, 0)
    half = replace(whole, points=whole.points[:16], second=whole.second[:16], drawn={})
    both, first = (run(plan, library(), one).exposure for one in (whole, half))
    assert both is not None
    assert first is not None
    assert both.absorbed[:16] == pytest.approx(first.absorbed, rel=1e-9)
