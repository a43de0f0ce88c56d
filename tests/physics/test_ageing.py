"""Ageing against its own equations: values by hand, the derivative by differences, limits by source."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from percuta.physics.ageing import (
    REFERENCE_AGE,
    YEAR,
    reference_collagen,
    reference_collagen_rate,
    synthesis_capacity,
)

MENOPAUSE = {
    "decline": 0.01 / YEAR,
    "menopause_age": 51.0 * YEAR,
    "menopause_loss": 0.30,
    "menopause_duration": 5.0 * YEAR,
    "later_decline": 0.02 / YEAR,
}
NO_MENOPAUSE = {**MENOPAUSE, "menopause_age": np.nan}


def test_collagen_is_one_up_to_the_reference_age() -> None:
    ages = np.array([18.0, 22.0, 25.0]) * YEAR
    assert np.array_equal(reference_collagen(ages, **NO_MENOPAUSE), np.ones(3))
    assert np.array_equal(reference_collagen_rate(ages[:2], **NO_MENOPAUSE), np.zeros(2))


def test_one_percent_a_year_leaves_exp_of_minus_a_quarter_at_fifty() -> None:
    assert reference_collagen(50.0 * YEAR, **NO_MENOPAUSE) == pytest.approx(np.exp(-0.25), rel=1e-14)


def test_thirty_percent_are_lost_in_the_five_years_after_menopause() -> None:
    before, after = reference_collagen(np.array([51.0, 56.0]) * YEAR, **MENOPAUSE)
    assert after / before == pytest.approx(0.70, rel=1e-12)


def test_two_percent_a_year_follow_the_fast_loss() -> None:
    start, end = reference_collagen(np.array([56.0, 66.0]) * YEAR, **MENOPAUSE)
    assert end / start == pytest.approx(np.exp(-0.20), rel=1e-12)


def test_the_adult_decline_returns_once_the_later_decline_is_over() -> None:
    ages = np.array([76.0, 86.0]) * YEAR
    start, end = reference_collagen(ages, **MENOPAUSE, later_duration=20.0 * YEAR)
    assert end / start == pytest.approx(np.exp(-0.10), rel=1e-12)


@pytest.mark.parametrize("never", [np.nan, np.inf])
def test_no_menopause_age_means_no_fast_loss(never: float) -> None:
    ages = np.linspace(20.0, 95.0, 16) * YEAR
    course = reference_collagen(ages, **{**MENOPAUSE, "menopause_age": never})
    assert np.allclose(course, np.exp(-0.01 * np.clip(ages / YEAR - 25.0, 0.0, None)), rtol=1e-14)


@pytest.mark.parametrize("kink_years", [25.0, 51.0, 56.0, 76.0])
def test_collagen_is_continuous_where_the_rate_jumps(kink_years: float) -> None:
    ages = kink_years * YEAR + np.array([-1.0, 1.0])
    below, above = reference_collagen(ages, **MENOPAUSE, later_duration=20.0 * YEAR)
    assert abs(above - below) < 1e-8


def test_an_early_menopause_before_the_reference_age_still_loses_collagen() -> None:
    early = {**MENOPAUSE, "menopause_age": 22.0 * YEAR}
    assert reference_collagen(27.0 * YEAR, **early) == pytest.approx(0.70, rel=1e-12)


@given(
    age=st.floats(19.0, 95.0),
    menopause_age=st.one_of(st.just(float("nan")), st.floats(35.0, 60.0)),
    decline=st.floats(0.0, 0.02),
    loss=st.floats(0.0, 0.6),
    later=st.floats(0.0, 0.04),
)
def test_rate_is_the_derivative(age: float, menopause_age: float, decline: float, loss: float, later: float) -> None:
    law: dict[str, float] = {
        "decline": decline / YEAR,
        "menopause_age": menopause_age * YEAR,
        "menopause_loss": loss,
        "menopause_duration": 5.0 * YEAR,
        "later_decline": later / YEAR,
        "later_duration": 20.0 * YEAR,
    }
    step = 0.01 * YEAR
    kinks = np.array([25.0, menopause_age, menopause_age + 5.0, menopause_age + 25.0]) * YEAR
    if np.any(np.abs(kinks - age * YEAR) < 2.0 * step):
        return
    ages = age * YEAR + np.array([-step, step])
    below, above = reference_collagen(ages, **law)
    slope = (above - below) / (2.0 * step)
    assert reference_collagen_rate(age * YEAR, **law) == pytest.approx(slope, rel=1e-6, abs=1e-9 / YEAR)


def test_arrays_of_persons_and_times_broadcast() -> None:
    ages = np.array([30.0, 50.0, 70.0]) * YEAR
    times = np.linspace(0.0, YEAR, 5)[:, None]
    menopause = np.array([np.nan, 51.0, 45.0]) * YEAR
    decline = np.array([0.008, 0.010, 0.012]) / YEAR
    law: dict[str, ArrayLike] = {**MENOPAUSE, "menopause_age": menopause, "decline": decline}
    course = reference_collagen(ages + times, **law)
    assert course.shape == (5, 3)
    assert reference_collagen_rate(ages + times, **law).shape == (5, 3)
    one: dict[str, ArrayLike] = {**MENOPAUSE, "menopause_age": menopause[2], "decline": decline[2]}
    assert np.array_equal(course[:, 2], reference_collagen(ages[2] + times[:, 0], **one))


def test_a_loss_of_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="menopause_loss"):
        reference_collagen(60.0 * YEAR, **{**MENOPAUSE, "menopause_loss": 1.0})
    with pytest.raises(ValueError, match="menopause_duration"):
        reference_collagen(60.0 * YEAR, **{**MENOPAUSE, "menopause_duration": 0.0})


def test_synthesis_capacity_falls_to_its_value_at_eighty() -> None:
    """BIO-V4: procollagen I of fibroblasts of 80 and over against young, 56 / 82 ng/ml = 0.683."""
    ages = np.array([20.0, 25.0, 52.5, 80.0, 95.0]) * YEAR
    at_80 = 56.0 / 82.0
    expected = [1.0, 1.0, (1.0 + at_80) / 2.0, at_80, at_80]
    assert np.allclose(synthesis_capacity(ages, at_80), expected, rtol=1e-14)


def test_synthesis_capacity_broadcasts_over_scenarios() -> None:
    capacities = synthesis_capacity(np.array([50.0, 80.0]) * YEAR, np.array([0.68, 1.0]))
    assert capacities.shape == (2,)
    assert capacities[1] == 1.0


def test_reference_age_is_twenty_five_years() -> None:
    assert REFERENCE_AGE == 25.0 * YEAR
