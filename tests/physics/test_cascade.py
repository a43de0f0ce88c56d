"""The linear cascade: peak days, closed forms, what a session has left, refusals."""

from __future__ import annotations

from dataclasses import fields
from math import factorial

import numpy as np
import pytest
from scipy.linalg import expm

from percuta.physics.cascade import (
    CASCADE,
    HealingRates,
    cascade_peaks,
    matrix_powers,
    residual_at_interval,
    unit_responses,
)

DAY = 86400.0

# Reference rates per day: fitted shapes of punch wounds, 95 % of coagulated matrix gone at 70 days.
REFERENCE = {
    "debris_clearance": 1.18 / DAY,
    "coagulated_clearance": 0.043 / DAY,
    "mediator_clearance": 0.259 / DAY,
    "macrophage_clearance": 0.687 / DAY,
    "fibroblast_stage_rate": 0.308 / DAY,
    "maturation": 0.049 / DAY,
    "mature_loss": 0.0,
    "coagulated_mediator_ratio": 1.0,
    "heat_shock_drive": 0.0,
    "synthesis_gain": 1.0,
    "collagen_capacity": np.inf,
    "coagulated_replacement": 1.0,
}


def rates_of(**changed: float) -> HealingRates:
    """One member with the reference's rates but for what is changed."""
    return HealingRates(**{name: np.array([value]) for name, value in {**REFERENCE, **changed}.items()})


@pytest.mark.parametrize(("state", "day"), [("mediator", 1.65), ("macrophage", 3.35), ("secreting_fibroblast", 12.65)])
def test_peak_day(state: str, day: float) -> None:
    """BIO-V1 with the reference's rates."""
    times, _ = cascade_peaks(rates_of())
    assert times[0, CASCADE.index(state)] / DAY == pytest.approx(day, abs=0.02)


def test_mediator_peak_is_the_closed_form() -> None:
    times, heights = cascade_peaks(rates_of())
    debris, clearance = 1.18 / DAY, 0.259 / DAY
    peak = np.log(debris / clearance) / (debris - clearance)
    height = debris / (debris - clearance) * (np.exp(-clearance * peak) - np.exp(-debris * peak))
    assert times[0, CASCADE.index("mediator")] == pytest.approx(peak, rel=1e-9)
    assert heights[0, CASCADE.index("mediator")] == pytest.approx(height, rel=1e-12)


def test_debris_peaks_at_once_and_nothing_coagulates() -> None:
    times, heights = cascade_peaks(rates_of())
    assert times[0, :2].tolist() == [0.0, 0.0]
    assert heights[0, :2].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("slow", ["mediator_clearance", "macrophage_clearance", "fibroblast_stage_rate"])
def test_peak_is_higher_than_its_neighbours_for_rates_far_apart(slow: str) -> None:
    rates = rates_of(**{"debris_clearance": 40.0 / DAY, slow: 0.02 / DAY})
    times, heights = cascade_peaks(rates)
    for state in range(2, 7):
        near = expm(rates.cascade_matrix()[0] * (times[0, state] * np.array([0.99, 1.01]))[:, None, None])
        assert np.all(near[:, state, 0] < heights[0, state])


def test_coagulation_alone_peaks_late() -> None:
    """Coagulated matrix cleared at 0.043 per day: mediator day 8, macrophage 10, fibroblast 22."""
    step = 0.05 * DAY
    responses = unit_responses(rates_of(), np.array([step]), 1000)
    days = [
        float(np.argmax(responses[:, 0, CASCADE.index(state), 1])) * step / DAY
        for state in ("mediator", "macrophage", "secreting_fibroblast")
    ]
    assert days == pytest.approx([8.0, 10.0, 22.0], abs=0.6)


@pytest.mark.parametrize(
    ("day", "mediator", "fibroblast"),
    [
        (3, 0.85, 0.05),
        (7, 0.32, 0.53),
        (14, 0.05, 0.98),
        (21, 0.009, 0.53),
        (28, 0.001, 0.18),
        (42, 0.0, 0.01),
    ],
)
def test_residual_at_next_session(day: int, mediator: float, fibroblast: float) -> None:
    """The published table of residual inflammation and fibroblast activity, within a percent of the peak."""
    residual = residual_at_interval(rates_of(), day * DAY)
    assert residual.mediator == pytest.approx([mediator], abs=0.01)
    assert residual.secreting_fibroblast == pytest.approx([fibroblast], abs=0.01)


def test_all_rates_equal_gives_gamma_functions() -> None:
    """Equal rates are a confluent case where eigenvector methods break down: Y = (kt)^5 exp(-kt) / 5!."""
    rate, step = 0.3 / DAY, 0.25 * DAY
    names = ("debris_clearance", "mediator_clearance", "macrophage_clearance", "fibroblast_stage_rate")
    responses = unit_responses(rates_of(**dict.fromkeys(names, rate)), np.array([step]), 400)
    scaled = rate * step * np.arange(401)
    exact = scaled**5 * np.exp(-scaled) / factorial(5)
    assert np.max(np.abs(responses[:, 0, CASCADE.index("secreting_fibroblast"), 0] - exact)) < 1e-13


def test_every_unit_of_debris_passes_through_every_later_state() -> None:
    """What passes in all is 1 per punctured, g_t per coagulated and eta per heat-shocked fraction."""
    rates = rates_of(coagulated_mediator_ratio=0.7, heat_shock_drive=0.4)
    matrix = rates.cascade_matrix()[0]
    passed = -np.diag(matrix)[:, None] * np.linalg.solve(-matrix, rates.impulses()[0])
    assert np.allclose(passed[CASCADE.index("secreting_fibroblast")], [1.0, 0.7, 0.4], rtol=1e-13)


def test_heat_shock_acts_through_its_drive() -> None:
    responses = unit_responses(rates_of(heat_shock_drive=0.4), np.array([DAY]), 1)
    assert responses[0, 0, CASCADE.index("growth_drive"), 2] == 0.4
    assert np.count_nonzero(responses[0, 0, :, 2]) == 1


@pytest.mark.parametrize("highest", [0, 1, 2, 7, 64])
def test_matrix_powers(highest: int) -> None:
    matrices = np.random.default_rng(5).uniform(-0.3, 0.3, (3, 4, 4))
    powers = matrix_powers(matrices, highest)
    assert powers.shape == (3, highest + 1, 4, 4)
    for power in range(highest + 1):
        assert np.allclose(powers[:, power], np.linalg.matrix_power(matrices, power), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("debris_clearance", np.nan),
        ("maturation", -1e-9),
        ("mediator_clearance", 0.0),
        ("mature_loss", np.inf),
        ("collagen_capacity", 0.0),
        ("coagulated_replacement", 1.2),
    ],
)
def test_rates_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        rates_of(**{name: value})


def test_rates_of_unequal_shape_are_refused() -> None:
    values = {field.name: np.ones(2) for field in fields(HealingRates)}
    with pytest.raises(ValueError, match="shape"):
        HealingRates(**{**values, "maturation": np.ones(3)})
