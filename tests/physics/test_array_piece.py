"""The smallest piece of an array: how far it reaches, which planes carry no potential, whose cells it copies."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.physics.array_piece import (
    OUTSIDE,
    Axis,
    Fineness,
    copies_of,
    depth_edges,
    layer_of,
    needles_of,
    piece_axes,
    surface_refinement,
)
from percuta.physics.pulse_setup import NeedleArray, Pattern, Surface

from .gel import MM, gel, layer

PITCH, RADIUS, MARGIN = 1.5 * MM, 0.125 * MM, 3.0 * MM
FINE = Fineness(0.05 * MM, 1.2, 0.15 * MM)
COUNTS = st.integers(1, 7)


def axes(pattern: Pattern, rows: int = 0, columns: int = 0) -> tuple[Axis, Axis]:
    return piece_axes(NeedleArray(pattern, PITCH, rows, columns, margin=MARGIN), RADIUS, FINE)


@pytest.mark.parametrize(("pattern", "held"), [("checkerboard", (True, True)), ("alternating_rows", (True, False))])
def test_an_array_without_edges_is_a_quarter_of_its_cell(pattern: Pattern, held: tuple[bool, bool]) -> None:
    for axis, zero in zip(axes(pattern), held, strict=True):
        assert (axis.edges[0], axis.edges[-1]) == (0.0, pytest.approx(0.5 * PITCH))
        assert (axis.low_zero, axis.high_zero, axis.open_end) == (False, zero, False)
        assert (axis.positions, axis.whole) == ((0.0,), (0.5,))


@given(st.sampled_from(["checkerboard", "alternating_rows", "monopolar"]), COUNTS, COUNTS)
def test_a_finite_array_is_a_quarter_with_a_margin(pattern: Pattern, rows: int, columns: int) -> None:
    x, y = axes(pattern, rows, columns)
    for axis, count, alternates in (
        (x, rows, pattern != "monopolar"),
        (y, columns, pattern == "checkerboard"),
    ):
        assert axis.edges[-1] == pytest.approx(0.5 * (count - 1) * PITCH + MARGIN)
        places = np.array([(0.5 * (count % 2 == 0) + number) * PITCH for number in range((count + 1) // 2)])
        assert axis.positions == pytest.approx(places)
        # the middle plane cuts a needle of an odd count, and carries no potential where signs change across it
        assert sum(axis.whole) == pytest.approx(0.5 * count)
        assert axis.low_zero == (alternates and count % 2 == 0)
        assert not axis.high_zero
        assert axis.open_end
        assert np.all(np.diff(axis.edges) > 0.0)
    assert np.outer(x.whole, y.whole).sum() * 4.0 == pytest.approx(rows * columns)


@given(COUNTS)
def test_cells_are_copies_of_those_around_one_needle(count: int) -> None:
    axis, _ = axes("checkerboard", count, count)
    sizes, own = np.diff(axis.edges), np.diff(axis.half_pitch)
    inside = axis.cell != OUTSIDE
    assert sizes[inside] == pytest.approx(own[axis.cell[inside]])
    middle = 0.5 * (axis.edges[1:] + axis.edges[:-1])
    away = np.abs(middle[inside] - np.array(axis.positions)[axis.needle[inside]])
    assert away == pytest.approx(0.5 * (axis.half_pitch[1:] + axis.half_pitch[:-1])[axis.cell[inside]])
    # a face that is copied joins two cells of the same half pitch
    for index in np.flatnonzero(axis.face != OUTSIDE):
        assert {axis.cell[index - 1], axis.cell[index]} == {axis.face[index] - 1, axis.face[index]}
        assert axis.needle[index - 1] == axis.needle[index]
    assert axis.face[0] == axis.face[-1] == OUTSIDE


def test_units_and_copies() -> None:
    assert [needles_of(NeedleArray(one, PITCH)) for one in ("checkerboard", "alternating_rows", "pair")] == [1, 1, 2]
    assert needles_of(NeedleArray("checkerboard", PITCH, 7, 5)) == 35
    copies = {pattern: copies_of(NeedleArray(pattern, PITCH)) for pattern in get_args(Pattern)}
    assert copies == {"checkerboard": 4.0, "alternating_rows": 4.0, "monopolar": 4.0, "pair": 2.0}


@given(st.lists(st.floats(0.05, 2.0), min_size=1, max_size=4), st.floats(0.1, 0.95), st.floats(0.1, 0.95))
def test_planes_in_depth_hold_layers_tip_and_insulation(layers: list[float], tip: float, bare: float) -> None:
    planes = [0.0, *(np.cumsum(layers) * MM)]
    marks = [tip * planes[-1], tip * bare * planes[-1]]
    edges = depth_edges(planes, marks, FINE, MM, surface_refinement(gel(), FINE))
    assert set(marks) <= set(edges.tolist())
    assert (edges[0], edges[-1]) == (0.0, planes[-1])
    # a face of a layer is an edge, or so near a mark that the mark stands for it
    for plane in planes:
        assert plane in edges or min(abs(plane - mark) for mark in marks) <= 0.3 * FINE.size
    for mark in marks:
        at = int(np.searchsorted(edges, mark))
        assert np.diff(edges)[at - 1 : at + 1].max() <= 1.2 * FINE.size


def test_cells_know_their_layer_even_where_its_face_was_moved() -> None:
    planes = [0.0, 1.0 * MM, 1.01 * MM + 1.0 * MM]
    edges = depth_edges(planes, [1.005 * MM], FINE, MM, surface_refinement(gel(), FINE))
    layers = layer_of(edges, planes)
    assert np.all(np.diff(layers.astype(int)) >= 0)
    at = int(np.searchsorted(edges, 1.005 * MM))
    assert (layers[at - 1], layers[at]) == (0, 1)


def test_a_cooled_surface_gets_small_cells_and_a_calm_one_does_not() -> None:
    tissue = layer(conductivity=0.25)
    sizes = {
        transfer: surface_refinement(gel(layers=(tissue,), top=Surface(transfer, 278.15)), FINE).size
        for transfer in (0.0, 10.0, 500.0, 1e4, np.inf)
    }
    assert sizes[0.0] == np.inf
    assert sizes[10.0] == pytest.approx(0.2 * 0.25 / 10.0)  # 5 mm: no smaller than the skin is deep
    assert sizes[500.0] == pytest.approx(0.1 * MM)
    assert sizes[1e4] == sizes[np.inf] == FINE.size
    assert all(low >= high for low, high in pairwise(sizes.values()))
