"""Steroids lower synthesis by product, not by step; uses that overlap do not multiply."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.engine.bench import Bench
from percuta.engine.course import _rates, _untreated
from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import run
from percuta.engine.steroid import left_out, steroid_windows
from percuta.library.registry import library
from percuta.physics.ageing import synthesis_capacity
from percuta.physics.healing import SessionInjuries, SynthesisWindow, healing_course
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan
from percuta.results.endpoints import samples

from .test_simulate import PLAN

DAY = 86_400.0


def windows(step: str, sessions: tuple[float, ...] = (0.0,)) -> list[SynthesisWindow]:
    """Return the windows of a plan with more steps."""
    plan = read_plan(PLAN.replace("[course]", f"{step}[course]"), "test")
    bench = Bench(plan, resolve_device(plan.device, library()), library(), scenario_batch(16, 0, 0))
    return steroid_windows(bench, ("cheeks", "forehead"), np.array(sessions) * DAY, 100 * DAY)


def at(found: list[SynthesisWindow], day: float, column: int = 0) -> np.ndarray:
    """Return the factor on synthesis on a day."""
    factor = np.ones(16)
    for window in found:
        if window.start <= day * DAY < window.end:
            factor = factor * window.factor[:, column]
    return factor


def step(kind: str, product: str, more: str = "") -> str:
    """Return one step of a plan."""
    key = f'products = ["{product}"]' if kind == "aftercare" else f'product = "{product}"'
    return f'[[session.steps]]\ndo = "{kind}"\n{key}\n{more}\n'


def test_hydrocortisone_while_used_and_two_weeks_after() -> None:
    found = windows(step("steroid_gel", "hydrocortisone-1-gel", "days = 14"))
    assert np.median(at(found, 7)) == pytest.approx(0.11, abs=0.02)
    assert at(found, 13.9) == pytest.approx(at(found, 0.1))
    assert at(found, 29) == pytest.approx(1.0)  # fully back two weeks after the last day


def test_betamethasone_is_half_back_after_two_weeks() -> None:
    found = windows(step("steroid_gel", "betamethasone-valerate-cream", "days = 3"))
    assert np.median(at(found, 17)) == pytest.approx(0.5, abs=0.12)
    assert np.median(at(found, 10)) < 0.45


def test_the_same_steroid_twice_counts_once() -> None:
    once = step("steroid_gel", "hydrocortisone-1-gel", "days = 7")
    for day in (1, 8, 12):
        assert at(windows(once + once), day) == pytest.approx(at(windows(once), day))


def test_uses_of_two_sessions_do_not_multiply() -> None:
    one = step("steroid_gel", "hydrocortisone-1-gel", "days = 14")
    assert at(windows(one, (0.0, 7.0)), 10) == pytest.approx(at(windows(one), 10))


@pytest.mark.parametrize("kind", ["gel", "aftercare", "steroid_gel"])
def test_the_product_counts_whatever_the_step(kind: str) -> None:
    assert np.median(at(windows(step(kind, "hydrocortisone-1-gel")), 0.5)) < 0.2


def test_plain_gel_lowers_nothing() -> None:
    assert windows(step("gel", "sterile-plain-hydrogel")) == []


def test_only_the_zones_of_the_step() -> None:
    found = windows(step("steroid_gel", "hydrocortisone-1-gel", 'zones = ["cheeks"]\ndays = 7'))
    assert (at(found, 3, 0) < 0.6).all()
    assert at(found, 3, 2) == pytest.approx(1.0)


def test_only_what_is_left_on_the_skin_counts() -> None:
    given = 'effect = "anti_inflammatory"\nroute = "{}"\n'
    injected, topical = (
        step("medication", "triamcinolone-injection", given.format(route)) for route in ("injection", "topical")
    )
    assert windows(injected) == []
    assert np.median(at(windows(topical), 0.5)) < 0.4
    for more, zones in ((injected, {"cheeks", "forehead"}), (topical, set())):
        plan = read_plan(PLAN.replace("[course]", f"{more}[course]"), "test")
        assert left_out(plan, library()) == zones


def test_the_course_without_a_steroid_is_that_of_a_plan_without() -> None:
    more = step("steroid_gel", "hydrocortisone-1-gel", 'zones = ["cheeks"]\ndays = 21')
    texts = (PLAN.replace("[course]", f"{more}[course]"), PLAN)
    steroid, plain = (run(read_plan(text, "test"), library(), scenario_batch(16, 0, 0)).remodelling for text in texts)
    assert steroid is not None
    assert plain is not None
    assert steroid.without_steroid is not None
    assert plain.without_steroid is None
    for ours, own in zip(
        (steroid.without_steroid.mature_collagen[-1], steroid.without_steroid.untreated[-1]),
        (plain.course.mature_collagen[-1], plain.course.untreated[-1]),
        strict=True,
    ):
        assert ours == pytest.approx(own, rel=1e-5)
    cheeks, forehead = (
        (
            steroid.without_steroid.immature_collagen[-1]
            - steroid.course.immature_collagen[-1]
            + steroid.without_steroid.mature_collagen[-1]
            - steroid.course.mature_collagen[-1]
        )
        .reshape(16, 2, 2)
        .swapaxes(0, 1)
    )
    assert (cheeks >= 0.0).all()
    assert cheeks.max() > 1e-4
    assert (forehead == 0.0).all()


def test_steroid_cost_is_that_of_two_courses_run_by_hand() -> None:
    plan = read_plan(
        PLAN.replace("[course]", f"{step('steroid_gel', 'hydrocortisone-1-gel', 'days = 21')}[course]"), "test"
    )
    draws = scenario_batch(16, 0, 0)
    outcome = run(plan, library(), draws)
    bench = Bench(plan, resolve_device(plan.device, library()), library(), draws)
    sessions = np.arange(plan.course.sessions, dtype=np.float64) * np.float64(plan.course.interval.si)
    end = float(sessions[-1] + plan.course.follow_up_after_last_session.si)
    channels, layers = outcome.zones["cheeks"].channels, outcome.zones["cheeks"].layers
    assert channels is not None
    punctured = np.stack([channels.punctured_papillary, channels.punctured_reticular], axis=1)
    one = np.repeat(punctured[:, :, None], sessions.size, axis=2)
    hand = []
    for used in ([], steroid_windows(bench, ("cheeks",), sessions, end)):
        course = healing_course(
            _rates(bench),
            SessionInjuries(sessions, one, 0.0 * one, 0.0 * one),
            end=end,
            synthesis_capacity=synthesis_capacity(plan.patient.age.si, bench.parameter("ageing.synthesis_at_80")),
            reference=_untreated(bench, bench.people.age),
            windows=used,
        )
        collagen = (course.mature_collagen + course.immature_collagen)[-1]
        share = layers.papillary_share
        hand.append((share * collagen[:, 0] + (1.0 - share) * collagen[:, 1]) / course.untreated[-1])
    (cost,) = (one for one in samples(outcome) if (one.name, one.zone) == ("steroid_collagen_cost", "cheeks"))
    assert cost.values == pytest.approx(100.0 * (hand[0] - hand[1]), rel=1e-4, abs=1e-6)
    assert cost.values is not None
    assert cost.values.max() > 0.1
