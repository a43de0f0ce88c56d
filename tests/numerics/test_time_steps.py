"""The pair of implicit and explicit methods: conditions of order, damping, error estimate, control of the step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.numerics.time_steps import (
    ERROR_WEIGHTS,
    EXPLICIT,
    EXPLICIT_ERROR_WEIGHTS,
    IMPLICIT,
    MIDDLE,
    OUTER,
    WEIGHTS,
    next_step,
)

IMPLICIT_TABLE = np.array([[0.0, 0.0, 0.0], [IMPLICIT, IMPLICIT, 0.0], [OUTER, OUTER, IMPLICIT]])
EXPLICIT_TABLE = np.array([[0.0, 0.0, 0.0], [MIDDLE, 0.0, 0.0], [*EXPLICIT]])
PLACES = np.array([0.0, MIDDLE, 1.0])


def test_stages_lie_where_both_tables_say() -> None:
    assert IMPLICIT_TABLE.sum(axis=1) == pytest.approx(PLACES)
    assert EXPLICIT_TABLE.sum(axis=1) == pytest.approx(PLACES)


def test_the_pair_is_of_second_order() -> None:
    # the stages lie at the same places, so that the conditions of each part are those of the pair
    for weights in (np.array(WEIGHTS), np.array(EXPLICIT)):
        assert weights.sum() == pytest.approx(1.0)
        assert weights @ PLACES == pytest.approx(0.5)
    assert IMPLICIT_TABLE[2] == pytest.approx(np.array(WEIGHTS))  # stiffly accurate
    assert EXPLICIT_TABLE[2] == pytest.approx(np.array(EXPLICIT))  # the last stage is the result


def test_a_steady_source_is_no_error() -> None:
    assert sum(EXPLICIT_ERROR_WEIGHTS) == pytest.approx(0.0)
    assert sum(ERROR_WEIGHTS) == pytest.approx(0.0)


def test_the_embedded_method_is_of_third_order() -> None:
    embedded = np.array(WEIGHTS) - np.array(ERROR_WEIGHTS)
    # both parts are compared with the same method
    assert np.array(EXPLICIT) - np.array(EXPLICIT_ERROR_WEIGHTS) == pytest.approx(embedded)
    for power, integral in ((0, 1.0), (1, 0.5), (2, 1.0 / 3.0)):
        assert embedded @ PLACES**power == pytest.approx(integral)
    assert embedded @ IMPLICIT_TABLE @ PLACES == pytest.approx(1.0 / 6.0)


def step_of(state: float, size: float, stiff: float, heat: object) -> tuple[float, float]:
    """One step of u' = -stiff u + heat(u), the first part implicitly; the state and the estimated error."""
    assert callable(heat)
    stages: list[float] = [state]
    for row in (1, 2):
        known = state
        for column in range(row):
            known -= size * IMPLICIT_TABLE[row, column] * stiff * stages[column]
            known += size * EXPLICIT_TABLE[row, column] * heat(stages[column])
        stages.append(known / (1.0 + size * IMPLICIT * stiff))
    conducted = sum(weight * -stiff * one for weight, one in zip(ERROR_WEIGHTS, stages, strict=True))
    brought = sum(weight * heat(one) for weight, one in zip(EXPLICIT_ERROR_WEIGHTS, stages, strict=True))
    return stages[-1], size * (conducted + brought)


def solved(steps: int) -> float:
    state = 0.2
    for _ in range(steps):
        state, _ = step_of(state, 1.0 / steps, 3.0, lambda u: 3.0 * u - u * u + 1.0)
    return state


def test_a_problem_with_both_parts_converges_at_second_order() -> None:
    # the parts cancel to u' = 1 - u^2, so that u = tanh(t + artanh 0.2)
    exact = np.tanh(1.0 + np.arctanh(0.2))
    errors = np.abs([solved(steps) - exact for steps in (10, 20, 40, 80)])
    assert np.log2(errors[:-1] / errors[1:])[-1] == pytest.approx(2.0, abs=0.12)


def test_the_estimate_falls_with_the_third_power_of_the_step() -> None:
    errors = [abs(step_of(0.2, size, 3.0, lambda u: 1.0 - u * u)[1]) for size in (0.1, 0.05, 0.025)]
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(3.0, abs=0.25)


def test_a_jump_is_damped_at_once() -> None:
    # L-stable: of a component that decays infinitely fast nothing is left after one step
    assert abs(step_of(1.0, 1.0, 1e6, lambda u: 0.0)[0]) < 1e-5


@given(st.floats(1e-9, 1e3), st.floats(0.0, 1e6), st.floats(1e-6, 1e3))
def test_the_next_step_stays_within_bounds(step: float, error: float, tolerance: float) -> None:
    found = next_step(step, error, tolerance)
    assert 0.25 * step <= found <= 2.5 * step
    if error > 0.9 * tolerance:
        assert found < step
    if error < 0.1 * tolerance:
        assert found > step


def test_an_error_of_third_order_meets_the_tolerance_with_room() -> None:
    step, tolerance = 0.1, 0.02
    found = next_step(step, 0.05, tolerance)
    assert 0.05 * (found / step) ** 3 == pytest.approx(0.85**3 * tolerance)
