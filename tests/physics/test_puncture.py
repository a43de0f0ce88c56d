"""Punctures: densities from kinematics, the arc of a rolled needle, depth profiles and overlap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from percuta.physics import puncture
from percuta.physics.puncture import Tracks

MM = 1e-3


def tracks(**changes: float) -> Tracks:
    """Two scenarios of a pen at 1 mm, with any value changed."""
    values = {
        "density": 2.5e6,
        "mean_depth": 0.8 * MM,
        "scatter": 0.1 * MM,
        "diameter": 0.25 * MM,
        "taper": 0.5 * MM,
        "smear": 0.0,
        "slit_share": 1.0,
    } | {key: value for key, value in changes.items() if key != "drum_radius"}
    return Tracks(**{key: np.full(2, value) for key, value in values.items()}, drum_radius=changes.get("drum_radius"))


def test_roller_density_of_the_published_drum() -> None:
    # 192 needles on a drum of 2 cm by 2 cm: 15.3 per cm^2 and pass, 229 after 15 passes (MECH-V6)
    assert puncture.roller_density(192, 0.02, 0.02, 15) / 1e4 == pytest.approx(229.2, abs=0.05)


def test_pen_density_and_its_time_agree() -> None:
    # 12 needles, 90 Hz, 20 mm/s, 8 mm: 675 per cm^2 and pass; the same strokes timed give the same
    density = puncture.pen_density(12, 90.0, 0.02, 0.008, 2)
    assert density / 1e4 == pytest.approx(1350.0)
    area = 50e-4
    time = 2 * area / (0.02 * 0.008)
    assert puncture.timed_density(12, 90.0, time, area) == pytest.approx(density)


@pytest.mark.parametrize(
    ("length", "slit"), [(0.2, 0.05), (0.5, 0.21), (1.0, 0.57), (1.5, 1.03), (2.0, 1.55), (2.5, 2.13), (3.0, 2.75)]
)
def test_slit_at_the_surface_for_a_drum_of_2_cm(length: float, slit: float) -> None:
    found = puncture.roller_slit(np.array(0.0), np.array(length * MM), 10 * MM)
    assert found / MM == pytest.approx(slit, abs=0.005)


def test_slit_against_the_traced_needle() -> None:
    # every point of the needle moves on a trochoid; the widest excursion at a depth is the slit
    radius, length, depth = 10 * MM, 1.5 * MM, 0.4 * MM
    angle = np.linspace(-0.6, 0.6, 200_001)
    along = (radius + depth) / np.cos(angle) - radius  # the needle's point that is at this depth
    x = radius * angle - (radius + depth) * np.tan(angle)
    inside = along <= length
    traced = x[inside].max() - x[inside].min()
    assert puncture.roller_slit(np.array(depth), np.array(length), radius) == pytest.approx(traced, rel=1e-4)


def test_slit_closes_at_the_tip_and_below() -> None:
    depth = np.array([1.0, 1.5]) * MM
    assert puncture.roller_slit(depth, np.array(1.0 * MM), 10 * MM).tolist() == [0.0, 0.0]


def test_depths_are_normal_and_not_cut_off_at_any_layer() -> None:
    one = tracks()
    assert puncture.reached_depth([one], 0.5) / MM == pytest.approx(0.8, abs=1e-6)
    assert puncture.reached_depth([one], 0.95) / MM == pytest.approx(0.8 + 0.1 * stats.norm.ppf(0.95), abs=1e-6)
    share = puncture.reached_share([one], np.array([[0.0, 0.8, 1.1]]) * MM)
    assert share[0] == pytest.approx([1.0, 0.5, stats.norm.sf(3.0)], rel=1e-6)


def test_two_steps_mix_by_their_density() -> None:
    shallow, deep = tracks(mean_depth=0.5 * MM, scatter=0.01 * MM), tracks(density=7.5e6, mean_depth=1.0 * MM)
    share = puncture.reached_share([shallow, deep], np.array([[0.7]]) * MM)
    assert share[0, 0] == pytest.approx(0.75 * stats.norm.cdf(3.0), rel=1e-6)


def test_path_area_against_an_integral_over_the_needles() -> None:
    one = tracks(smear=0.1 * MM)
    depth = 0.5 * MM

    def weighted(reached: float) -> float:
        diameter = 0.25 * MM * np.clip((reached - depth) / (0.5 * MM), 0.0, 1.0)
        area = 0.25 * np.pi * diameter**2 + diameter * 0.1 * MM
        return float(area * stats.norm.pdf(reached, 0.8 * MM, 0.1 * MM))

    exact = integrate.quad(weighted, depth, 1.6 * MM, epsabs=0, epsrel=1e-10)[0]
    assert one.path_area(np.array([[depth]]))[0, 0] == pytest.approx(exact, rel=1e-3)
    assert one.path_area(np.array([[depth]]), nodes=2000)[0, 0] == pytest.approx(exact, rel=2e-5)


def test_overlap_of_blunt_needles_is_the_boolean_model() -> None:
    blunt = tracks(taper=1e-9, scatter=1e-9)
    fraction = puncture.punctured_fraction([blunt], np.array([[0.2 * MM]]))
    assert fraction[0, 0] == pytest.approx(1.0 - np.exp(-2.5e6 * np.pi / 4 * (0.25 * MM) ** 2), rel=1e-4)


def test_overlap_of_two_steps_adds_in_the_exponent() -> None:
    one, depth = tracks(), np.array([[0.3 * MM]])
    single = puncture.punctured_fraction([one], depth)
    assert puncture.punctured_fraction([one, one], depth) == pytest.approx(1.0 - (1.0 - single) ** 2)


def test_layer_mean_against_a_fine_sum() -> None:
    one = tracks(drum_radius=10 * MM)
    top, bottom = np.full(2, 0.1 * MM), np.full(2, 0.9 * MM)
    depth = np.linspace(0.1, 0.9, 4001)[None] * MM
    fine = integrate.trapezoid(puncture.punctured_fraction([one], depth), depth, axis=1) / (0.8 * MM)
    assert puncture.layer_mean([one], top, bottom) == pytest.approx(fine, rel=1e-3)


def test_open_channels_are_narrower_and_shallower_than_the_path() -> None:
    one, depth = tracks(taper=1e-9), np.linspace(0, 1.2, 25)[None] * MM
    opened = puncture.open_fraction([one], depth, np.full(2, 0.5), np.full(2, 0.3))
    assert opened[0, 0] == pytest.approx(1.0 - np.exp(-2.5e6 * np.pi / 4 * (0.125 * MM) ** 2), rel=1e-4)
    assert opened[0, 12] < 1e-6  # 0.6 mm is far below 0.3 of 0.8 mm


@given(
    mean=st.floats(0.02, 2.5),
    scatter=st.floats(0.05, 0.2),
    taper=st.floats(0.05, 2.0),
    share=st.floats(0.25, 1.0),
    open_depth=st.floats(0.05, 0.7),
)
def test_no_more_stays_open_than_was_punctured(
    mean: float, scatter: float, taper: float, share: float, open_depth: float
) -> None:
    one = tracks(mean_depth=mean * MM, scatter=scatter * mean * MM, taper=taper * MM)
    depth = np.linspace(0, 1.2 * mean, 9)[None] * MM
    opened = puncture.open_fraction([one], depth, np.full(2, share), np.full(2, open_depth))
    assert (opened <= puncture.punctured_fraction([one], depth) * (1.0 + 1e-12)).all()
