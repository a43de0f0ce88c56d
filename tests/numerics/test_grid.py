"""Edges of graded cells: every plane among them, small where asked, growing no faster than asked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.numerics.grid import Refinement, centres, graded_edges

Floats = NDArray[np.float64]
GAPS = st.lists(st.floats(0.05, 3.0), min_size=1, max_size=5)


def ratios(sizes: Floats) -> Floats:
    return np.maximum(sizes[1:] / sizes[:-1], sizes[:-1] / sizes[1:])


@given(GAPS, st.integers(0, 5), st.floats(0.01, 0.3), st.floats(1.05, 1.5), st.floats(0.2, 5.0))
def test_planes_are_edges_and_cells_keep_their_bounds(
    gaps: list[float], fine_at: int, size: float, ratio: float, largest: float
) -> None:
    planes = [0.0, *np.cumsum(gaps)]
    plane = planes[fine_at % len(planes)]
    edges = graded_edges(planes, [Refinement(plane, plane, size)], ratio=ratio, largest=largest)
    sizes = np.diff(edges)
    assert np.all(sizes > 0.0)
    assert set(planes) <= set(edges.tolist())
    assert sizes.max() <= largest * (1.0 + 1e-6)
    # a cell at the refinement is as wide as asked at most, give or take its own growth
    at = int(np.searchsorted(edges, plane))
    beside = sizes[max(at - 1, 0) : at + 1]
    assert beside.max() <= size * ratio
    for low, high in pairwise(planes):
        inside = sizes[np.searchsorted(edges, low) : np.searchsorted(edges, high)]
        # what is shared out is the integral of 1 / size by trapezia, hence the small allowance
        assert np.all(ratios(inside) <= 1.01 * ratio)
    # every interval has a whole number of cells: beside a plane they may be half as wide as asked
    assert np.all(ratios(sizes) <= 2.02 * ratio)


def test_cells_without_refinement_are_even() -> None:
    assert np.diff(graded_edges([0.0, 1.0], [], ratio=1.2, largest=0.11)) == pytest.approx(0.1)


def test_a_tenth_of_the_size_costs_a_fixed_number_of_cells() -> None:
    # sizes grow geometrically: each decade takes ln 10 / ln 1.2 = 12.6 cells on each side
    counts = [graded_edges([0.0, 1.0], [Refinement(0.0, 0.0, size)], ratio=1.2).size for size in (1e-2, 1e-3, 1e-4)]
    assert np.diff(counts) == pytest.approx(np.log(10.0) / np.log(1.2), abs=1.5)


def test_cells_stay_small_over_the_whole_of_a_refinement() -> None:
    edges = graded_edges([0.0, 1.0], [Refinement(0.3, 0.5, 0.01)], ratio=1.2)
    inside = (edges[:-1] >= 0.3) & (edges[1:] <= 0.5)
    assert np.diff(edges)[inside] == pytest.approx(0.01, rel=0.05)
    assert np.count_nonzero(inside) >= 19


@pytest.mark.parametrize("planes", [[0.0, 1.0, 1.0], [0.0, 2.0, 1.0]])
def test_planes_have_to_increase(planes: list[float]) -> None:
    with pytest.raises(ValueError, match="increase"):
        graded_edges(planes, [], ratio=1.2)


def test_centres_are_half_way() -> None:
    assert centres(np.array([0.0, 1.0, 3.0])).tolist() == [0.5, 2.0]
