"""Thermal damage: published thresholds, integrals in closed form, order in the time step, equivalent minutes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants, integrate

from percuta.physics import damage
from percuta.physics.pulse_setup import Kinetics

ZERO = 273.15
DWELLS = np.array([0.02, 0.1, 0.5, 1.0, 4.0, 10.0, 60.0])


def ln(mantissa: float, exponent: int) -> float:
    return float(np.log(mantissa) + exponent * np.log(10.0))


HENRIQUES_MORITZ = Kinetics("henriques_moritz", ln(3.1, 98), 6.28e5 / constants.R)
WEAVER_STOLL = Kinetics("weaver_stoll", ln(2.185, 124), 93_534.9, ZERO + 50.0, ln(1.823, 51), 39_109.8)
TAKATA = Kinetics("takata", ln(4.32, 64), 50_000.0, ZERO + 50.0, ln(9.39, 104), 80_000.0)
MEHTA_WONG = Kinetics("mehta_wong", ln(2.86, 69), 55_000.0)
DILLER_KLUTKE = Kinetics(
    "diller_klutke", ln(8.82, 94), 6.03e5 / constants.R, ZERO + 53.0, ln(1.297, 31), 2.04e5 / constants.R
)
LIVER = Kinetics("liver", ln(7.39, 39), 2.577e5 / constants.R)
AGAH = Kinetics("agah", ln(5.6, 63), 4.3e5 / constants.R, collagen=True)
PEARCE = Kinetics("pearce", ln(1.606, 45), 3.06e5 / constants.R, collagen=True)
TWO_BRANCHES = (WEAVER_STOLL, TAKATA, DILLER_KLUTKE)
ALL = (HENRIQUES_MORITZ, MEHTA_WONG, LIVER, AGAH, PEARCE, *TWO_BRANCHES)


def name(kinetics: Kinetics) -> str:
    return kinetics.name


@pytest.mark.parametrize(
    ("kinetics", "expected"),
    [
        (HENRIQUES_MORITZ, (65.8, 63.3, 60.9, 59.9, 57.9, 56.6, 54.0)),
        (WEAVER_STOLL, (69.6, 64.8, 60.2, 58.2, 54.4, 51.9, 49.0)),
        (TAKATA, (63.3, 61.0, 58.8, 57.8, 55.9, 54.7, 52.3)),
        (MEHTA_WONG, (79.4, 75.8, 72.2, 70.8, 67.8, 65.9, 62.2)),
        (LIVER, (79.5, 73.2, 67.0, 64.5, 59.5, 56.2, 50.1)),
        (AGAH, (88.8, 84.8, 80.9, 79.2, 75.9, 73.7, 69.6)),
        (PEARCE, (94.2, 88.4, 82.8, 80.4, 75.8, 72.8, 67.0)),
    ],
)
def test_temperatures_at_which_a_dwell_damages(kinetics: Kinetics, expected: tuple[float, ...]) -> None:
    # RF-V5
    assert damage.temperature_for(kinetics, DWELLS) - ZERO == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("kinetics", ALL, ids=name)
def test_a_dwell_at_that_temperature_makes_omega_one(kinetics: Kinetics) -> None:
    for dwell in (0.02, 1.0, 60.0):
        temperature = damage.temperature_for(kinetics, dwell)
        held = damage.log_damage_integral(kinetics, np.array([0.0, dwell]), np.full(2, temperature))
        assert held == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("kinetics", TWO_BRANCHES, ids=name)
def test_the_rate_never_falls_with_temperature_nor_does_the_threshold_rise_with_time(kinetics: Kinetics) -> None:
    temperatures = ZERO + np.linspace(40.0, 60.0, 401)
    assert np.all(np.diff(damage.log_rate(kinetics, temperatures)) > 0.0)
    assert np.all(np.diff(damage.temperature_for(kinetics, np.geomspace(0.01, 1e4, 400))) <= 0.0)


def test_a_dwell_in_the_jump_of_the_rate_belongs_to_the_break() -> None:
    # at 50 degC the rate jumps from exp(-3.145) to exp(-2.994) per second
    below, above = damage.log_rate(WEAVER_STOLL, ZERO + np.array([50.0, 50.0 + 1e-9]))
    assert (below, above) == pytest.approx((-3.145, -2.994), abs=1e-3)
    assert damage.temperature_for(WEAVER_STOLL, np.exp(-0.5 * (below + above))) == ZERO + 50.0


@given(st.floats(300.0, 400.0), st.floats(300.0, 400.0), st.floats(1e-3, 100.0), st.sampled_from(ALL[:5]))
def test_a_log_linear_rate_is_exact_in_one_step(first: float, last: float, time: float, kinetics: Kinetics) -> None:
    # 1/T linear in time makes ln k linear in time; the closed form is compared in many steps and in one
    inverse = np.linspace(1.0 / first, 1.0 / last, 401)
    many = damage.log_damage_integral(kinetics, np.linspace(0.0, time, 401), 1.0 / inverse)
    one = damage.log_damage_integral(kinetics, np.array([0.0, time]), np.array([first, last]))
    assert one == pytest.approx(float(many), abs=1e-9)
    slow, fast = np.sort(damage.log_rate(kinetics, np.array([first, last])))
    if fast - slow > 1e-3:
        assert one == pytest.approx(np.log(time) + fast + np.log(-np.expm1(slow - fast) / (fast - slow)), abs=1e-9)


def course(time: np.ndarray) -> np.ndarray:
    """A pulse of half a second that heats to 76 degC, and its cooling [K]."""
    heated = 34.0 + 42.0 * (1.0 - np.exp(-np.minimum(time, 0.5) / 0.2)) / (1.0 - np.exp(-2.5))
    return np.asarray(ZERO + 34.0 + (heated - 34.0) * np.exp(-np.maximum(time - 0.5, 0.0) / 0.4))


@pytest.mark.parametrize("kinetics", ALL, ids=name)
def test_second_order_in_the_time_step(kinetics: Kinetics) -> None:
    def rate(time: float) -> float:
        return float(np.exp(damage.log_rate(kinetics, course(np.array(time)))))

    kinks = [0.5]
    if np.isfinite(kinetics.break_temperature):
        rise = (kinetics.break_temperature - ZERO - 34.0) / 42.0
        kinks += [-0.2 * np.log(1.0 - rise * (1.0 - np.exp(-2.5))), 0.5 - 0.4 * np.log(rise)]
    exact = np.log(integrate.quad(rate, 0.0, 2.0, points=kinks, epsabs=0.0, epsrel=1e-11, limit=400)[0])
    errors = []
    for steps in (40, 80, 160, 320):
        time = np.linspace(0.0, 2.0, steps + 1)
        errors.append(abs(damage.log_damage_integral(kinetics, time, course(time)) - exact))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 2e-4
    assert orders.mean() > 1.9


@pytest.mark.parametrize("kinetics", TWO_BRANCHES, ids=name)
def test_a_step_that_crosses_the_break_is_divided(kinetics: Kinetics) -> None:
    # two kelvin about the break in one step, against the same with a sample on the break
    middle = kinetics.break_temperature
    whole = damage.log_damage_integral(kinetics, np.array([0.0, 3.0]), np.array([middle - 0.5, middle + 1.0]))
    parts = [
        damage.log_damage_integral(kinetics, np.array([0.0, 1.0]), np.array([middle - 0.5, middle])),
        damage.log_damage_integral(kinetics, np.array([0.0, 2.0]), np.nextafter(middle, 400.0) + np.array([0.0, 1.0])),
    ]
    assert whole == pytest.approx(float(np.logaddexp(*parts)), abs=1e-9)


def test_histories_side_by_side_and_jumps() -> None:
    # two points at once; the second is heated at once and cooled at once: two samples at one time
    time = np.array([0.0, 0.0, 4.0, 4.0])
    temperature = ZERO + np.array([[34.0, 34.0, 34.0, 34.0], [34.0, 67.0, 67.0, 34.0]])
    both = damage.log_damage_integral(LIVER, time, temperature)
    assert both == pytest.approx(np.log(4.0) + damage.log_rate(LIVER, ZERO + np.array([34.0, 67.0])))
    assert damage.log_damage_integral(LIVER, np.zeros(2), np.full(2, 350.0)) == -np.inf


def test_extreme_rates_neither_overflow_nor_lose_digits() -> None:
    time = np.array([0.0, 1.0])
    assert damage.log_damage_integral(HENRIQUES_MORITZ, time, np.array([300.0, 2000.0])) > 150.0
    assert damage.log_damage_integral(HENRIQUES_MORITZ, time, np.array([1.0, 1.0])) < -7e4
    level = damage.log_damage_integral(LIVER, time, np.array([340.0, 340.0]))
    assert damage.log_damage_integral(LIVER, time, np.array([340.0, 340.0 + 1e-9])) == pytest.approx(level, abs=1e-9)


def test_times_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="must not fall"):
        damage.log_damage_integral(LIVER, np.array([0.0, 1.0, 0.5]), np.full(3, 340.0))


def test_damaged_fraction() -> None:
    assert damage.damaged_fraction([-np.inf, 0.0, 1e4]) == pytest.approx([0.0, 1.0 - np.exp(-1.0), 1.0])
    assert damage.damaged_fraction(-30.0) == pytest.approx(np.exp(-30.0), rel=1e-9)  # no digits lost far below one


def test_equivalent_minutes_of_the_reference() -> None:
    minutes = damage.cem43_rate(ZERO + np.array([60.0, 67.0, 72.0])) * 4.0 / 60.0
    assert minutes == pytest.approx([8.7e3, 1.1e6, 3.6e7], rel=0.02)


def test_equivalent_time_by_temperature() -> None:
    rates = damage.cem43_rate(ZERO + np.array([38.99, 39.0, 42.0, 43.0, 44.0]))
    assert rates == pytest.approx([0.0, 0.25**4, 0.25, 1.0, 2.0])
