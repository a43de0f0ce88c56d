"""Endpoints: the list of the issue, their summary, and what is withheld."""

from __future__ import annotations

import json

import numpy as np
import pytest
from jsonschema import validate
from numpy.typing import NDArray

from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import run
from percuta.errors import PlanError
from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.course import NO_SCALE, NOT_ASKED, STEROID_LEFT_OUT, one_grade_better
from percuta.results.endpoints import NO_OUTCOME_MODEL, samples, summary, tail_error
from percuta.results.samples import Sample
from percuta.workflows.schemas import schema
from percuta.workflows.simulate import Result, simulate

from ..engine.test_simulate import PLAN

NAMES = [
    "puncture_density",
    "reached_depth_typical",
    "reached_depth_deepest_5_percent",
    "punctured_surface_fraction",
    "papillary_punctured_fraction",
    "reticular_punctured_fraction",
    "tracks_beyond_dermis_fraction",
    "session_duration",
    "anaesthetic_absorbed",
    "anaesthetic_peak_plasma",
    "needling_duration",
    "block_depth_at_needling",
    "block_onset",
    "block_duration_after_removal",
    "pain_peak",
    "redness_duration",
    "expected_end_point",
    "barrier_closure_time",
    "pore_closure_time",
    "water_loss_peak",
    "modelled_collagen_vs_untreated",
    "collagen_peak_time",
    "dermal_thickness_change",
    "firmness_change",
    "steroid_collagen_cost",
    "recoil_change",
    "wrinkle_grade_change",
    "laxity_grade_change",
    "scar_grade_change",
    "probability_one_grade_better_than_untreated",
]


@pytest.fixture(scope="module")
def result() -> Result:
    """A pen plan of two zones, computed once."""
    return simulate(read_plan(PLAN, "test"), 64, 0)


def test_every_endpoint_is_there_once_for_each_zone(result: Result) -> None:
    for zone in ("cheeks", "forehead"):
        found = [one.name for one in result.endpoints if one.zone in (None, zone)]
        assert sorted(found) == sorted(NAMES)


def test_output_meets_its_schema_and_is_json(result: Result) -> None:
    data = [one.as_dict() for one in result.endpoints]
    validate(data, schema("endpoints"))
    assert json.loads(json.dumps(data, allow_nan=False)) == data


GRADES = {
    "wrinkles": "wrinkle_grade_change",
    "laxity": "laxity_grade_change",
    "acne_scars": "scar_grade_change",
}


@pytest.mark.parametrize("effect", GRADES)
def test_the_grade_of_the_wanted_effect_is_predicted_and_no_other(effect: str) -> None:
    wanted = f'"{effect}"' + ('\nscar_types = ["rolling"]' if effect == "acne_scars" else "")
    found = simulate(read_plan(PLAN.replace('"wrinkles"', wanted), "test"), 64)
    own = found.endpoint(GRADES[effect])
    assert own.p5 is not None
    assert own.p95 is not None
    assert own.p5 < own.p95 <= 0.0  # lower is better; some scenarios do not respond
    assert "without an untreated group" in own.definition
    others = set(GRADES.values()) - {GRADES[effect]}
    assert {found.endpoint(name).withheld for name in others} == {NOT_ASKED}
    chance = found.endpoint("probability_one_grade_better_than_untreated")
    assert chance.p5 == pytest.approx(0.0, abs=1e-6)
    assert chance.p95 is not None
    assert 0.2 < chance.p95 <= 1.0


def test_texture_has_no_grade() -> None:
    found = simulate(read_plan(PLAN.replace('"wrinkles"', '"texture"'), "test"), 16)
    assert found.endpoint("probability_one_grade_better_than_untreated").withheld == NO_SCALE
    assert found.endpoint("wrinkle_grade_change").withheld == NOT_ASKED


def test_recoil_is_withheld(result: Result) -> None:
    assert "contradicts itself" in result.endpoint("recoil_change").withheld


def test_the_share_of_people_one_grade_better() -> None:
    """Log-normal between people: half of them where the median falls by one, 84 % one standard deviation further."""
    typical = np.array([0.0, -1.0, -np.exp(0.33), 0.2])
    assert one_grade_better(typical, 0.33) == pytest.approx([0.0, 0.5, 0.841345, 0.0], abs=1e-6)


def test_bands_are_ordered_and_include_zero_benefit(result: Result) -> None:
    for one in result.endpoints:
        if one.p50 is not None and one.p5 is not None and one.p95 is not None:
            assert one.p5 <= one.p50 <= one.p95
    collagen = result.endpoint("modelled_collagen_vs_untreated")
    assert collagen.p5 == pytest.approx(0.0, abs=1e-9)  # some scenarios do not respond
    assert "week 20" in collagen.definition


def test_steroid_cost_is_nought_without_a_steroid(result: Result) -> None:
    cost = result.endpoint("steroid_collagen_cost")
    assert (cost.p5, cost.p50, cost.p95) == (0.0, 0.0, 0.0)
    assert "intact skin" in cost.definition


@pytest.mark.parametrize(
    ("step", "withheld"),
    [
        ('do = "medication"\nproduct = "triamcinolone-injection"\neffect = "other"\nroute = "injection"', True),
        ('do = "medication"\nproduct = "triamcinolone-injection"\neffect = "other"\nroute = "topical"', False),
        ('do = "steroid_gel"\nproduct = "hydrocortisone-1-gel"\ndays = 7', False),
    ],
)
def test_steroid_cost_is_withheld_where_the_course_leaves_a_steroid_out(step: str, withheld: bool) -> None:
    more = f'[[session.steps]]\nzones = ["cheeks"]\n{step}\n[course]'
    found = simulate(read_plan(PLAN.replace("[course]", more), "test"), 16)
    cheeks, forehead = (
        one
        for zone in ("cheeks", "forehead")
        for one in found.endpoints
        if (one.name, one.zone) == ("steroid_collagen_cost", zone)
    )
    assert (cheeks.withheld == STEROID_LEFT_OUT) is withheld
    assert withheld or (cheeks.p95 or 0.0) > 0.0
    assert forehead.p95 == 0.0


def test_categories_sum_to_one(result: Result) -> None:
    shares = result.endpoint("expected_end_point").probabilities
    assert shares is not None
    assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("effect", ["striae", "other_scars", "alopecia", "melasma", "other"])
def test_indications_without_a_model_give_no_benefit(effect: str) -> None:
    found = simulate(read_plan(PLAN.replace('"wrinkles"', f'"{effect}"'), "test"), 16)
    assert found.endpoint("modelled_collagen_vs_untreated").withheld == NO_OUTCOME_MODEL
    assert found.endpoint("reached_depth_typical").p50 is not None
    assert found.endpoint("session_duration").p50 is not None


def test_summary_of_a_known_sample() -> None:
    one = summary(Sample("x", None, "1", "", np.arange(101.0)))
    assert (one.p5, one.p50, one.p95) == (5.0, 50.0, 95.0)
    assert one.spread_shares is None


def test_tail_error_of_a_normal_sample() -> None:
    # standard error of the 5 % quantile of n normal draws: sqrt(p (1 - p) / n) / density = 2.11 / sqrt(n)
    values = np.random.default_rng(0).normal(size=4096)
    assert tail_error(values) == pytest.approx(2.11 / 64, rel=0.25)


def test_scenarios_without_a_value_are_left_out() -> None:
    one = summary(Sample("x", None, "1", "", np.array([np.nan, 1.0, 1.0])))
    none = summary(Sample("x", None, "1", "", np.full(3, np.nan), withheld="why"))
    assert one.p50 == 1.0
    assert none.withheld == "why"


def test_the_course_is_read_at_a_time() -> None:
    """At each time the gain is that of the kept course, and at its end that of the usual endpoint."""
    plan = read_plan(PLAN)
    outcome = run(plan, library(), scenario_batch(16, 0, 0))
    assert outcome.remodelling is not None
    course, name = outcome.remodelling.course, "modelled_collagen_vs_untreated"
    at = {week: _values(samples(outcome, week * 604_800.0), name) for week in (1.0, 20.0)}
    share = outcome.zones["cheeks"].layers.papillary_share
    for week, found in at.items():
        node = int(np.abs(course.time - week * 604_800.0).argmin())
        state = (course.mature_collagen + course.immature_collagen)[node]
        whole = share * state[:, 0] + (1.0 - share) * state[:, 1]
        assert found == pytest.approx(100.0 * (whole / course.untreated[node] - 1.0), rel=1e-9, abs=1e-9)
    assert np.array_equal(_values(samples(outcome, float(course.time[-1])), name), _values(samples(outcome), name))
    with pytest.raises(PlanError, match="not followed to this time"):
        samples(outcome, float(course.time[-1]) + 1.0)


def _values(found: list[Sample], name: str) -> NDArray[np.float64]:
    values = next(one.values for one in found if one.name == name)
    assert values is not None
    return values
