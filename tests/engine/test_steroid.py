"""Steroids lower synthesis by product, not by step; uses that overlap do not multiply."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.engine.bench import Bench
from percuta.engine.scenarios import scenario_batch
from percuta.engine.steroid import steroid_windows
from percuta.library.registry import library
from percuta.physics.healing import SynthesisWindow
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan

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
