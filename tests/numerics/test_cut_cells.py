"""Cells cut by a needle: areas, faces and moments of a disc in closed form, volumes conserved with slivers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.numerics.cut_cells import SLIVER, Cuts, needle_cuts

Floats = NDArray[np.float64]

DEPTH, TIP = 2.0, 1.25
Z = np.array([0.0, 0.5, TIP, 1.6, DEPTH])
SIZES = st.lists(st.floats(0.02, 0.6), min_size=3, max_size=8)


def cylinder(radius: float) -> Cuts:
    return cut(X, X, radius)


def cut(x: Floats, y: Floats, radius: float) -> Cuts:
    return needle_cuts(x, y, Z, lambda depth: np.where(depth < TIP, radius, 0.0))


def edges(sizes: list[float], radius: float) -> Floats:
    """Edges from 0 that reach well beyond the needle."""
    return np.concatenate([[0.0], np.cumsum(sizes), [sum(sizes) + 2.0 * radius]])


X = np.linspace(0.0, 1.0, 11)


@given(SIZES, SIZES, st.floats(0.05, 1.5))
def test_open_volume_is_the_box_without_the_needle(along: list[float], across: list[float], radius: float) -> None:
    x, y = edges(along, radius), edges(across, radius)
    cuts = cut(x, y, radius)
    exact = x[-1] * y[-1] * DEPTH - 0.25 * np.pi * radius**2 * TIP
    assert cuts.volume.sum() == pytest.approx(exact, rel=1e-9)
    # the end is whole, slivers included: nothing is lost to a face of the box
    assert cuts.volume[:, :, 2:].sum() == pytest.approx(x[-1] * y[-1] * (DEPTH - TIP), rel=1e-9)


@given(SIZES, SIZES, st.floats(0.05, 1.5))
def test_slivers_are_closed_on_all_sides(along: list[float], across: list[float], radius: float) -> None:
    x, y = edges(along, radius), edges(across, radius)
    cuts = cut(x, y, radius)
    closed = cuts.open == 0.0
    assert not np.any((cuts.open > 0.0) & (cuts.open < SLIVER))
    assert np.all(cuts.volume[closed] == 0.0)
    assert np.all(cuts.volume[~closed] > 0.0)
    inner_x, inner_y, inner_z = cuts.open_x[1:-1], cuts.open_y[:, 1:-1], cuts.open_z[:, :, 1:-1]
    assert np.all(inner_x[closed[1:] | closed[:-1]] == 0.0)
    assert np.all(inner_y[closed[:, 1:] | closed[:, :-1]] == 0.0)
    assert np.all(inner_z[closed[:, :, 1:] | closed[:, :, :-1]] == 0.0)


@given(SIZES, SIZES, st.floats(0.05, 1.5))
def test_first_moments_are_those_of_the_box_without_the_disc(
    along: list[float], across: list[float], radius: float
) -> None:
    x, y = edges(along, radius), edges(across, radius)
    cuts = cut(x, y, radius)
    size = (np.diff(x)[:, None] * np.diff(y))[:, :, None] * np.diff(Z)
    # a closed sliver takes its moment along; the others are exact
    assume(np.sum(cuts.open * size) == pytest.approx(cuts.volume.sum(), rel=1e-10))
    disc = radius**3 / 3.0 * TIP
    assert np.sum(cuts.volume * cuts.centre_x) == pytest.approx(0.5 * x[-1] ** 2 * y[-1] * DEPTH - disc, rel=1e-10)
    assert np.sum(cuts.volume * cuts.centre_y) == pytest.approx(0.5 * y[-1] ** 2 * x[-1] * DEPTH - disc, rel=1e-10)


def test_centroids_lie_in_the_open_part_of_their_cells() -> None:
    cuts = cylinder(0.437)
    cut_open = (cuts.open > 0.0) & (cuts.open < 1.0)
    assert np.count_nonzero(cut_open) > 10
    assert np.all(np.hypot(cuts.centre_x, cuts.centre_y)[cut_open] > 0.437)
    for centre, axis in ((cuts.centre_x, 0), (cuts.centre_y, 1)):
        low = np.moveaxis(np.broadcast_to(X[:-1, None, None], cuts.open.shape), 0, axis)
        assert np.all((centre >= low) & (centre <= low + 0.1))


def test_faces_are_cut_by_the_chord() -> None:
    radius, x = 0.437, 0.3
    cuts = cylinder(radius)
    chord = np.sqrt(radius**2 - x**2)
    exact = np.clip((X[1:] - np.maximum(chord, X[:-1])) / 0.1, 0.0, 1.0)
    alive = (cuts.open[3, :, 0] > 0.0) & (cuts.open[2, :, 0] > 0.0)
    assert cuts.open_x[3, alive, 0] == pytest.approx(exact[alive])
    assert np.all(cuts.open_x[3, ~alive, 0] == 0.0)
    # a needle of round section looks the same along both axes
    assert np.array_equal(cuts.open_x, np.swapaxes(cuts.open_y, 0, 1))
    # the plane through the axis is open beyond the radius only
    assert np.sum(cuts.open_x[0, :, 0]) * 0.1 == pytest.approx(1.0 - radius)


def test_faces_between_layers_open_where_both_cells_do() -> None:
    cuts = cylinder(0.437)
    assert np.array_equal(cuts.open_z[:, :, 2], cuts.open[:, :, 1])  # the end of the needle closes its own section
    assert np.all(cuts.open_z[:, :, 3:] == 1.0)
    assert np.array_equal(cuts.open_z[:, :, 0], cuts.open[:, :, 0])


@given(SIZES, st.floats(0.05, 1.0), st.floats(0.1, 1.2))
def test_a_cone_has_a_third_of_the_volume_of_its_cylinder(sizes: list[float], radius: float, taper: float) -> None:
    x, z = edges(sizes, radius), np.array([0.0, 0.3, TIP - taper, TIP, DEPTH])
    assume(np.all(np.diff(z) > 1e-3))
    cuts = needle_cuts(x, x, z, lambda depth: radius * np.clip((TIP - depth) / taper, 0.0, 1.0))
    metal = 0.25 * np.pi * radius**2 * (TIP - taper + taper / 3.0)
    assert cuts.volume.sum() == pytest.approx(x[-1] ** 2 * DEPTH - metal, rel=1e-9)


def test_a_needle_of_no_radius_leaves_everything_open() -> None:
    cuts = cylinder(0.0)
    for part in (cuts.open, cuts.open_x, cuts.open_y, cuts.open_z):
        assert np.all(part == 1.0)


def test_areas_against_points() -> None:
    x, y, radius = np.array([0.1, 0.32, 0.5]), np.array([0.05, 0.2, 0.61]), 0.45
    cuts = cut(x, y, radius)
    point = (np.arange(2000) + 0.5) / 2000
    for i in range(2):
        for j in range(2):
            away = np.hypot(*np.meshgrid(x[i] + np.diff(x)[i] * point, y[j] + np.diff(y)[j] * point))
            assert cuts.open[i, j, 0] == pytest.approx(np.mean(away > radius), abs=2e-5)


@given(st.floats(1e-5, 1.0))
def test_no_radius_is_lost_to_rounding(radius: float) -> None:
    # the square of a number and its product with itself may differ in the last bit
    cuts = cut(edges([0.3, 0.3], radius), edges([0.3, 0.3], radius), radius)
    for part in vars(cuts).values():
        assert np.all(np.isfinite(part))
