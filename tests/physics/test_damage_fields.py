"""Damage in every cell against the integral of one history, and its order in the step."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.physics.damage import cem43_rate, log_damage_integral, log_rate
from percuta.physics.damage_fields import COLDEST, DamageFields
from percuta.physics.pulse_setup import Kinetics

from .gel import CELLS, CELSIUS, COLLAGEN, LIVER

Floats = NDArray[np.float64]
BROKEN = Kinetics("takata", 148.83, 50_000.0, 323.15, 241.71, 80_000.0)
SETS = (CELLS, LIVER, BROKEN, COLLAGEN)


def followed(course: Callable[[Floats], Floats], times: Floats) -> DamageFields:
    """Damage of three cells: one that follows a course, one 3 K hotter, one that stays cold."""
    rows = [course(times), course(times) + 3.0, np.full(times.size, 300.0)]
    temperature = np.stack(rows, axis=1)
    fields = DamageFields(SETS, temperature[0])
    for (before, after), step in zip(pairwise(temperature), np.diff(times), strict=True):
        fields.add(before, after, float(step))
    return fields


def pulse(time: Floats) -> Floats:
    """To 76 degC in half a second, and back towards 34 degC."""
    heated = np.expm1(-np.minimum(time, 0.5) / 0.2) / np.expm1(-0.5 / 0.2)
    return np.asarray(CELSIUS + 34.0 + 42.0 * heated * np.exp(-np.maximum(time - 0.5, 0.0) / 0.4))


def test_a_constant_temperature_adds_its_rate() -> None:
    fields = followed(lambda time: np.full(time.size, CELSIUS + 62.0), np.linspace(0.0, 2.0, 5))
    for one, integral in zip(SETS, fields.integral, strict=True):
        assert integral[0] == pytest.approx(2.0 * np.exp(log_rate(one, CELSIUS + 62.0)), rel=1e-9)
        assert integral[1] == pytest.approx(2.0 * np.exp(log_rate(one, CELSIUS + 65.0)), rel=1e-9)
        assert integral[2] == 0.0
    assert fields.cem43[:2] == pytest.approx([2.0 / 60.0 * 2.0**19, 2.0 / 60.0 * 2.0**22])
    assert fields.cem43[2] == 0.0
    assert fields.peak.tolist() == pytest.approx([CELSIUS + 62.0, CELSIUS + 65.0, 300.0])


@pytest.mark.parametrize("number", range(4), ids=[one.name for one in SETS])
def test_the_integral_is_that_of_the_history(number: int) -> None:
    times = np.linspace(0.0, 2.0, 401)
    fields = followed(pulse, times)
    for cell, above in ((0, 0.0), (1, 3.0)):
        exact = log_damage_integral(SETS[number], times, pulse(times) + above)
        # a set of two branches is broken within one step of 401, which the two treat differently
        assert np.log(fields.integral[number, cell]) == pytest.approx(exact, abs=2e-3)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_integral_is_of_second_order_in_the_step(number: int) -> None:
    exact = log_damage_integral(SETS[number], times := np.linspace(0.0, 2.0, 20_001), pulse(times))
    errors = []
    for steps in (40, 80, 160):
        found = followed(pulse, np.linspace(0.0, 2.0, steps + 1)).integral[number, 0]
        errors.append(abs(np.log(found) - float(exact)))
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(2.0, abs=0.3)
    assert errors[-1] < 2e-3


def test_equivalent_minutes_of_a_history() -> None:
    times = np.linspace(0.0, 2.0, 801)
    exact = np.trapezoid(cem43_rate(pulse(times)), times) / 60.0
    assert followed(pulse, times).cem43[0] == pytest.approx(float(exact), rel=1e-3)


@given(st.floats(280.0, COLDEST), st.floats(280.0, COLDEST))
def test_nothing_counts_below_39_degrees(before: float, after: float) -> None:
    fields = DamageFields(SETS, np.array([before]))
    fields.add(np.array([before]), np.array([after]), 3600.0)
    assert not fields.integral.any()
    assert not fields.cem43.any()


@given(st.floats(313.0, 400.0), st.floats(313.0, 400.0), st.floats(1e-4, 10.0))
def test_a_step_adds_between_its_lowest_and_highest_rate(before: float, after: float, step: float) -> None:
    fields = DamageFields((CELLS,), np.array([before]))
    fields.add(np.array([before]), np.array([after]), step)
    rates = np.exp(log_rate(CELLS, np.array([before, after]))) * step
    assert rates.min() * (1.0 - 1e-6) <= fields.integral[0, 0] <= rates.max() * (1.0 + 1e-6)
    back = DamageFields((CELLS,), np.array([after]))
    back.add(np.array([after]), np.array([before]), step)
    assert back.integral[0, 0] == pytest.approx(fields.integral[0, 0], rel=1e-9)


def test_no_sets_still_keep_the_peak() -> None:
    fields = DamageFields((), np.array([310.0]))
    fields.add(np.array([310.0]), np.array([350.0]), 1.0)
    fields.add(np.array([350.0]), np.array([320.0]), 1.0)
    assert (fields.peak[0], fields.integral.shape) == (350.0, (0, 1))
