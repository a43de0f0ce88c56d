"""Dielectric dispersion: the published table at 1 MHz, single relaxations in closed form, and the range of validity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from percuta.physics import dielectric
from percuta.physics.dielectric import ColeCole

PS, NS, US, MS = 1e-12, 1e-9, 1e-6, 1e-3

TISSUES = {
    "dry skin": ColeCole(
        4.0, (32.0, 1100.0, 0.0, 0.0), (7.23 * PS, 32.48 * NS, 0.0, 0.0), (0.0, 0.20, 0.0, 0.0), 0.0002
    ),
    "wet skin": ColeCole(
        4.0, (39.0, 280.0, 3e4, 3e4), (7.96 * PS, 79.58 * NS, 1.59 * US, 1.59 * MS), (0.10, 0.0, 0.16, 0.20), 0.0004
    ),
    "fat": ColeCole(
        2.5, (3.0, 15.0, 3.3e4, 1e7), (7.96 * PS, 15.92 * NS, 159.15 * US, 7.958 * MS), (0.20, 0.10, 0.05, 0.01), 0.01
    ),
    "infiltrated fat": ColeCole(
        2.5,
        (9.0, 35.0, 3.3e4, 1e7),
        (7.96 * PS, 15.92 * NS, 159.15 * US, 15.915 * MS),
        (0.20, 0.10, 0.05, 0.01),
        0.035,
    ),
    "muscle": ColeCole(
        4.0, (50.0, 7000.0, 1.2e6, 2.5e7), (7.23 * PS, 353.68 * NS, 318.31 * US, 2.274 * MS), (0.1, 0.1, 0.1, 0.0), 0.20
    ),
}

FREQUENCIES = np.array([0.5, 1.0, 2.0, 4.0, 6.78]) * 1e6
CONDUCTIVITY = {  # S/m
    "dry skin": (0.0044, 0.0132, 0.0371, 0.0882, 0.147),
    "wet skin": (0.178, 0.222, 0.267, 0.312, 0.343),
    "fat": (0.0248, 0.0251, 0.0255, 0.0264, 0.0278),
    "infiltrated fat": (0.0438, 0.0441, 0.0448, 0.0466, 0.0496),
    "muscle": (0.446, 0.503, 0.548, 0.581, 0.602),
}
PERMITTIVITY = {
    "dry skin": (1062, 991, 858, 654, 478),
    "wet skin": (3615, 1835, 950, 489, 305),
    "fat": (34.6, 27.2, 23.0, 19.4, 16.3),
    "infiltrated fat": (56.8, 50.8, 46.4, 41.1, 35.0),
    "muscle": (3647, 1836, 826, 385, 233),
}
DISPLACEMENT = {"dry skin": (6.8, 4.2, 2.6, 1.6, 1.2), "wet skin": (0.56, 0.46, 0.40, 0.35, 0.33)}

relaxation_times = st.floats(1e-9, 1e-3)


def last_digit(shown: float) -> float:
    """Return what one unit of the last digit of a tabulated number is worth."""
    return 10.0 ** -len(f"{shown:g}".partition(".")[2])


@pytest.mark.parametrize(
    ("tissue", "sigma", "epsilon"),
    [("dry skin", 0.0132, 990.76), ("wet skin", 0.2214, 1832.8), ("fat", 0.0251, 27.222), ("muscle", 0.5027, 1836.4)],
)
def test_the_published_row_at_1_mhz(tissue: str, sigma: float, epsilon: float) -> None:
    # RF-V1
    assert dielectric.conductivity(TISSUES[tissue], 1e6) == pytest.approx(sigma, rel=5e-3)
    assert dielectric.permittivity(TISSUES[tissue], 1e6) == pytest.approx(epsilon, rel=5e-3)


@pytest.mark.parametrize("tissue", TISSUES)
def test_the_table_from_half_a_megahertz_on(tissue: str) -> None:
    # half of the last digit for the table's rounding, a tenth for that of the relaxation times
    for found, shown in (
        (dielectric.conductivity(TISSUES[tissue], FREQUENCIES), CONDUCTIVITY[tissue]),
        (dielectric.permittivity(TISSUES[tissue], FREQUENCIES), PERMITTIVITY[tissue]),
        (dielectric.displacement_ratio(TISSUES[tissue], FREQUENCIES), DISPLACEMENT.get(tissue, ())),
    ):
        for value, tabulated in zip(found, shown, strict=False):
            assert value == pytest.approx(tabulated, abs=0.6 * last_digit(tabulated))


def test_a_relaxation_time_that_is_twice_as_long_is_found_out() -> None:
    # one public set has fat's last time as 15.915 ms: a quarter of the conductivity at 1 MHz is lost
    fat = TISSUES["fat"]
    wrong = ColeCole(fat.eps_infinity, fat.delta_eps, (*fat.tau[:3], 15.915 * MS), fat.alpha, fat.sigma_ionic)
    assert dielectric.conductivity(wrong, 1e6) == pytest.approx(0.0189, abs=5e-5)


@given(st.floats(1e4, 1e7), st.floats(0.0, 1e5), relaxation_times, st.floats(0.0, 1.0))
def test_one_relaxation_without_breadth_is_debye(frequency: float, step: float, tau: float, ionic: float) -> None:
    one = ColeCole(3.0, (step, 0.0, 0.0, 0.0), (tau, 0.0, 0.0, 0.0), (0.0,) * 4, ionic)
    omega = 2.0 * np.pi * frequency
    lossless = 1.0 + (omega * tau) ** 2
    conducted = ionic + constants.epsilon_0 * step * omega**2 * tau / lossless
    assert dielectric.permittivity(one, frequency) == pytest.approx(3.0 + step / lossless, rel=1e-9)
    assert dielectric.conductivity(one, frequency) == pytest.approx(conducted, rel=1e-9, abs=1e-15)


@given(st.floats(0.0, 0.9), relaxation_times, st.floats(0.0, 0.5))
def test_a_passive_tissue_conducts_more_and_polarises_less_at_higher_frequency(
    alpha: float, tau: float, ionic: float
) -> None:
    one = ColeCole(4.0, (1e4, 0.0, 0.0, 0.0), (tau, 0.0, 0.0, 0.0), (alpha, 0.0, 0.0, 0.0), ionic)
    frequencies = np.geomspace(1e4, 1e7, 40)
    assert np.all(np.diff(dielectric.conductivity(one, frequencies)) >= 0.0)
    assert np.all(np.diff(dielectric.permittivity(one, frequencies)) <= 0.0)


def test_the_factor_between_frequencies_is_a_ratio() -> None:
    wet = TISSUES["wet skin"]
    up = dielectric.frequency_factor(wet, 2e6, 1e6)
    assert up == pytest.approx(0.267 / 0.222, rel=5e-3)
    assert dielectric.frequency_factor(wet, 1e6, 2e6) * up == pytest.approx(1.0)
    assert dielectric.frequency_factor(wet, 1e6, 1e6) == 1.0


@pytest.mark.parametrize("frequency", [9.9e3, 1.01e7, 0.0, np.nan])
def test_frequencies_beyond_the_sets_are_refused(frequency: float) -> None:
    with pytest.raises(ValueError, match="10 kHz to 10 MHz"):
        dielectric.conductivity(TISSUES["fat"], frequency)
    with pytest.raises(ValueError, match="10 kHz to 10 MHz"):
        dielectric.frequency_factor(TISSUES["fat"], 1e6, frequency)
    assert np.all(dielectric.conductivity(TISSUES["fat"], np.array([1e4, 1e7])) > 0.0)
