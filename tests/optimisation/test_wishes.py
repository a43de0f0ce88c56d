"""What is wanted and what must not happen: from the plan, by default from the library, and what cannot be judged."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import run
from percuta.errors import PlanError
from percuta.library.registry import library
from percuta.optimisation.settings import settings_of, with_settings
from percuta.optimisation.shown import shown
from percuta.optimisation.wishes import COURSE, Aim, Limit, Wishes, end_of_course, tried, values_of, wishes_of
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.results.endpoints import samples
from percuta.results.samples import Sample

EXAMPLES = Path(__file__).parents[2] / "examples"
KNOWN = library()


@cache
def example(name: str) -> str:
    return (EXAMPLES / f"{name}.toml").read_text("utf-8")


@cache
def samples_of(name: str) -> list[Sample]:
    return tried(read_plan(example(name)), KNOWN)


PEN, TWO_ZONES = "cheek_pen", "forehead_roller"
OBJECTIVE = '\n[[optimise.objectives]]\ngoal = "maximise"\n{}\n'
CONSTRAINT = "\n[[optimise.constraints]]\n{}\n"


def wished(*tables: str, name: str = PEN) -> Wishes:
    plan = read_plan(example(name) + "".join(tables))
    return wishes_of(plan, KNOWN, samples_of(name))


def sample(name: str, zone: str | None, *values: float, unit: str = "1") -> Sample:
    return Sample(name, zone, unit, "", np.array(values))


def aim(goal: Literal["maximise", "minimise"], zone: str | None = None) -> Aim:
    return Aim("x", zone, goal, 0.5, None, "1", "", False)


def limit(side: Literal["below", "above"]) -> Limit:
    return Limit("x", None, side, 1.0, 0.95, None, "1", "", False)


def test_without_a_zone_the_worst_of_each_scenario_counts() -> None:
    every = [sample("x", "a", 1.0, 5.0), sample("x", "b", 2.0, 3.0), sample("y", "a", 9.0, 9.0)]
    every += [Sample("x", "c", "1", "", withheld="not needled")]
    assert values_of(aim("maximise"), every).tolist() == [1.0, 3.0]
    assert values_of(aim("minimise"), every).tolist() == [2.0, 5.0]
    assert values_of(limit("below"), every).tolist() == [2.0, 5.0]
    assert values_of(limit("above"), every).tolist() == [1.0, 3.0]
    assert values_of(aim("maximise", "b"), every).tolist() == [2.0, 3.0]
    with pytest.raises(PlanError, match="not needled"):
        values_of(aim("maximise", "c"), every)


def test_wishes_of_the_plan_are_taken_as_written() -> None:
    found = wished(
        OBJECTIVE.format('endpoint = "firmness_change"\nquantile = 0.1\ntime = "20 weeks"\nreason = "firm"'),
        CONSTRAINT.format('endpoint = "session_duration"\nbelow = "0.75 h"\nprobability = 0.6'),
        CONSTRAINT.format('endpoint = "tracks_beyond_dermis_fraction"\nbelow = "10 %"'),
        CONSTRAINT.format('endpoint = "pain_peak"\nzone = "cheeks"\nbelow = 4'),
        CONSTRAINT.format('endpoint = "modelled_collagen_vs_untreated"\nabove = "5 %"'),
    )
    [one] = found.aims
    assert (one.endpoint, one.goal, one.quantile, one.reason, one.default) == (
        "firmness_change",
        "maximise",
        0.1,
        "firm",
        False,
    )
    assert one.time == pytest.approx(20 * 604_800.0)
    numbers = [(one.side, one.limit, one.unit, one.zone, one.probability) for one in found.limits]
    assert numbers == [
        ("below", pytest.approx(45.0), "min", None, 0.6),
        ("below", pytest.approx(0.1), "1", None, 0.95),
        ("below", 4.0, "0-10", "cheeks", 0.95),
        ("above", pytest.approx(5.0), "%", None, 0.95),
    ]


def test_a_bare_number_is_in_the_endpoints_unit() -> None:
    found = wished(
        CONSTRAINT.format('endpoint = "session_duration"\nbelow = 45'),
        CONSTRAINT.format('endpoint = "firmness_change"\nabove = 5'),
    )
    assert [(one.limit, one.unit) for one in found.limits] == [(45.0, "min"), (5.0, "%")]


def test_each_list_that_is_left_out_takes_its_defaults() -> None:
    found = wished(CONSTRAINT.format('endpoint = "pain_peak"\nbelow = 4'))
    assert all(one.default for one in found.aims)
    assert [one.default for one in found.limits] == [False]
    assert wished("\n[optimise]\nconstraints = []\n").limits == ()


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        (OBJECTIVE.format('endpoint = "firmnes_change"'), "objectives[1].endpoint", "did you mean firmness_change"),
        (OBJECTIVE.format('endpoint = "recoil_change"'), "objectives[1].endpoint", "contradicts itself"),
        (OBJECTIVE.format('endpoint = "laxity_grade_change"'), "[1].endpoint", "only the grade of the wanted effect"),
        (OBJECTIVE.format('endpoint = "expected_end_point"'), "objectives[1].endpoint", "a category is neither"),
        (OBJECTIVE.format('endpoint = "session_duration"\nzone = "cheeks"'), "[1].zone", "belongs to the whole plan"),
        (OBJECTIVE.format('endpoint = "pain_peak"\ntime = "3 weeks"'), "objectives[1].time", "pain_peak has no time"),
        (OBJECTIVE.format('endpoint = "firmness_change"\ntime = "39 weeks"'), "[1].time", "at most 38 weeks"),
        (CONSTRAINT.format('endpoint = "pain_peak"\nbelow = "4 days"'), "[1].below", "has no unit"),
        (CONSTRAINT.format('endpoint = "session_duration"\nbelow = "4 mm"'), "[1].below", "wrong kind of unit"),
        (CONSTRAINT.format('endpoint = "firmness_change"\nabove = "4 mm"'), "[1].above", "wrong kind of unit"),
        (CONSTRAINT.format('endpoint = "pain_peak"\nbelow = 70'), "[1].below", "from 0 to 10"),
        (CONSTRAINT.format('endpoint = "pain_peak"\nbelow = "1e400"'), "[1].below", "from 0 to 10"),
        (CONSTRAINT.format('endpoint = "redness_duration"\nbelow = "1e400"'), "[1].below", "a finite number"),
        (CONSTRAINT.format('endpoint = "tracks_beyond_dermis_fraction"\nbelow = 50'), "[1].below", "from 0 to 1"),
        (OBJECTIVE.format('endpoint = "pain_peak"') * 2, "objectives[2].endpoint", "wanted twice"),
    ],
)
def test_a_wish_that_cannot_be_judged_names_its_key(table: str, key: str, words: str) -> None:
    with pytest.raises(PlanError) as found:
        wished(table)
    assert words in str(found.value)
    assert found.value.where is not None
    assert str(found.value.where.key).endswith(key)


def test_the_last_moment_of_the_course_is_a_time_of_it() -> None:
    assert end_of_course(read_plan(example(PEN))) == pytest.approx(38 * 604_800.0)
    assert wished(OBJECTIVE.format('endpoint = "firmness_change"\ntime = "38 weeks"')).aims


def test_bounds_that_exclude_each_other_are_refused() -> None:
    above, below = (CONSTRAINT.format(f'endpoint = "pain_peak"\n{{}}\n{side} = {{}}') for side in ("above", "below"))
    for zones in (("", ""), ('zone = "cheeks"', ""), ('zone = "cheeks"', 'zone = "cheeks"')):
        with pytest.raises(PlanError, match="contradictory bounds on pain_peak: above 4 and below 4") as found:
            wished(above.format(zones[0], 4), below.format(zones[1], 4))
        assert found.value.where is not None
        assert found.value.where.key == "optimise.constraints[2].below"
        assert "optimise.constraints[1].above" in str(found.value)
    assert len(wished(above.format("", 1), below.format("", 4)).limits) == 2
    assert len(wished(below.format("", 1), below.format("", 4)).limits) == 2


def test_bounds_at_two_times_do_not_exclude_each_other() -> None:
    early, late = (
        f'endpoint = "firmness_change"\n{side}\ntime = "{week} weeks"'
        for side, week in (("below = 1", 1), ("above = 2", 30))
    )
    assert len(wished(CONSTRAINT.format(early), CONSTRAINT.format(late)).limits) == 2


def test_a_limit_on_what_does_not_vary_has_nothing_to_be_judged_by() -> None:
    text = example(PEN).replace("passes = 4", 'needling_time = "10 min"')
    plan = read_plan(text + CONSTRAINT.format('endpoint = "needling_duration"\nbelow = "20 min"'))
    with pytest.raises(PlanError, match="no spread to judge this limit by") as found:
        wishes_of(plan, KNOWN, tried(plan, KNOWN))
    assert found.value.value == "needling_duration = 10 min in each of them"


def test_a_share_of_zero_may_be_raised_by_another_setting() -> None:
    every = [replace(one, values=0.0 * one.values) if one.values is not None else one for one in samples_of(PEN)]
    plan = read_plan(example(PEN) + CONSTRAINT.format('endpoint = "tracks_beyond_dermis_fraction"\nbelow = "1 %"'))
    assert wishes_of(plan, KNOWN, every).limits


# --- defaults ---


@pytest.mark.parametrize(
    ("effect", "benefit"),
    [
        ("wrinkles", "wrinkle_grade_change"),
        ("laxity", "laxity_grade_change"),
        ("texture", "modelled_collagen_vs_untreated"),
    ],
)
def test_the_benefit_by_default_is_the_grade_of_the_wanted_effect_where_there_is_one(effect: str, benefit: str) -> None:
    plan = read_plan(example(PEN).replace('desired_effect = "wrinkles"', f'desired_effect = "{effect}"'))
    found = wishes_of(plan, KNOWN, tried(plan, KNOWN))
    assert [one.endpoint for one in found.aims] == [benefit, "pain_peak"]
    every: list[Aim | Limit] = [*found.aims, *found.limits]
    assert all(one.default and one.reason for one in every)


@pytest.mark.parametrize("name", ["cheek_pen", "cheek_rf"])
def test_darker_skin_has_stricter_limits_by_default(name: str) -> None:
    plan = read_plan(example(name).replace("phototype = 3", "phototype = 5"))
    lighter = {one.endpoint: one.limit for one in wished(name=name).limits}
    darker = {one.endpoint: one.limit for one in wishes_of(plan, KNOWN, samples_of(name)).limits}
    stricter = [endpoint for endpoint in lighter if darker[endpoint] < lighter[endpoint]]
    assert stricter == ["redness_duration" if name == "cheek_pen" else "epidermis_necrotic_fraction"]
    assert darker.keys() == lighter.keys()


def test_scars_may_be_needled_deeper_by_default() -> None:
    scars = {one.endpoint: one.limit for one in wished(name="acne_scar_pen").limits}
    assert "tracks_beyond_dermis_fraction" not in scars
    assert scars["redness_duration"] > {one.endpoint: one.limit for one in wished().limits}["redness_duration"]


@pytest.mark.parametrize("effect", ["striae", "alopecia"])
def test_nothing_is_wanted_by_default_where_no_benefit_is_predicted(effect: str) -> None:
    plan = read_plan(example(PEN).replace('desired_effect = "wrinkles"', f'desired_effect = "{effect}"'))
    with pytest.raises(PlanError, match="no outcome model exists for this indication") as found:
        wishes_of(plan, KNOWN, tried(plan, KNOWN))
    assert found.value.where is not None
    assert found.value.where.key == "optimise.objectives"


def test_every_default_is_on_an_endpoint_that_the_examples_give() -> None:
    for modality, name in (("mechanical", PEN), ("rf", "cheek_rf")):
        named = {one.name: one for one in samples_of(name)}
        grades = {"laxity_grade_change", "scar_grade_change"}  # given for their own effects
        aims = KNOWN.aims[modality]
        for endpoint in {one.endpoint for one in aims.wanted} | {one.endpoint for one in aims.limits}:
            assert endpoint in named
            assert named[endpoint].values is not None or endpoint in grades
            assert not named[endpoint].words


def test_what_has_a_time_is_a_course() -> None:
    outcome = run(read_plan(example(PEN)), KNOWN, scenario_batch(16, 0, 0))
    early, late = samples(outcome, 8 * 604_800.0), samples(outcome)
    differ = {
        one.name
        for one, other in zip(early, late, strict=True)
        if one.values is not None
        and other.values is not None
        and not np.array_equal(one.values, other.values, equal_nan=True)
    }
    assert differ - {"collagen_peak_time"} <= set(COURSE)
    assert {"wrinkle_grade_change", "modelled_collagen_vs_untreated", "firmness_change"} <= differ


def judged(plan: Plan, wishes: Wishes, members: int, seed: int) -> tuple[list[float], list[bool]]:
    """Return the value of each objective, and whether each constraint is met."""
    every = samples(run(plan, KNOWN, scenario_batch(members, seed, 0)))
    values = [float(np.quantile(values_of(one, every), one.quantile)) for one in wishes.aims]
    met = []
    for one in wishes.limits:
        found = values_of(one, every)
        share = np.mean(found < one.limit if one.side == "below" else found > one.limit)
        met.append(bool(share >= one.probability))
    return values, met


@pytest.mark.parametrize(("name", "members"), [("cheek_pen", 256), ("cheek_rf", 16)])
def test_the_examples_keep_the_limits_by_default_as_written(name: str, members: int) -> None:
    plan = read_plan(example(name))
    _, met = judged(plan, wished(name=name), members, 1)
    assert all(met)


def test_some_setting_by_default_gives_more_than_the_example_within_its_limits() -> None:
    plan = read_plan(example(PEN))
    wishes, settings = wished(), settings_of(plan, KNOWN)
    choice = [one.current or 0 for one in settings]
    for place, one in enumerate(settings):
        if one.name in ("passes", "sessions"):
            choice[place] = len(one.values) - 1
    written, _ = judged(plan, wishes, 64, 1)
    found, met = judged(with_settings(plan, settings, tuple(choice)), wishes, 64, 1)
    assert found[0] < written[0]
    assert all(met)


# --- shown ---


@pytest.mark.parametrize("name", ["cheek_pen", "cheek_rf", "forehead_roller", "acne_scar_pen"])
def test_what_is_shown_reads_back_to_the_same_wishes_and_settings(name: str) -> None:
    plan, every = read_plan(example(name)), samples_of(name)
    text = shown(plan, KNOWN, every)
    pasted = read_plan(f"{example(name)}\n{text}")
    wishes, again = wishes_of(plan, KNOWN, every), wishes_of(pasted, KNOWN, every)
    assert [replace(one, default=False, source=()) for one in wishes.aims] == list(again.aims)
    assert [replace(one, default=False, source=()) for one in wishes.limits] == list(again.limits)
    first, second = settings_of(plan, KNOWN), settings_of(pasted, KNOWN)
    assert [(one.name, one.step, one.values, one.current) for one in first] == [
        (one.name, one.step, one.values, one.current) for one in second
    ]
    keys = {key for one in wishes.limits for key in one.source}
    assert all(key in text for key in keys)
    reasons = [one.reason for one in wishes.aims] + [one.reason for one in wishes.limits]
    assert all(one in text for one in reasons)
    assert all(" ".join(one.reason.split()) in text for one in first)


def test_times_zones_and_no_constraints_are_shown_as_well() -> None:
    table = OBJECTIVE.format('endpoint = "firmness_change"\nzone = "cheeks"\ntime = "100 days"')
    plan = read_plan(f"{example(PEN)}\n[optimise]\nconstraints = []\n{table}")
    text = shown(plan, KNOWN, samples_of(PEN))
    again = wishes_of(read_plan(f"{example(PEN)}\n{text}"), KNOWN, samples_of(PEN))
    assert again.limits == ()
    assert again.aims[0].zone == "cheeks"
    assert again.aims[0].time == pytest.approx(100 * 86_400.0)
