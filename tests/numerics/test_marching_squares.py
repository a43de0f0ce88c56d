"""Lines on which values cross zero: places in closed form, saddles, rims, and no end left loose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.numerics.marching_squares import closed_lines

Floats = NDArray[np.float64]


def enclosed(line: Floats) -> float:
    """Area by the shoelace formula, of x before z."""
    x, z = line.T
    return float(0.5 * np.sum(x[:-1] * z[1:] - x[1:] * z[:-1]))


def test_one_point_above_zero_has_a_diamond_about_it() -> None:
    values = np.full((3, 3), -1.0)
    values[1, 1] = 1.0
    (line,) = closed_lines(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 2.0]), values)
    assert {(float(x), float(z)) for x, z in line} == {(0.5, 1.0), (1.0, 0.5), (2.0, 1.0), (1.0, 1.5)}
    assert enclosed(line) == pytest.approx(0.5 * 1.5 * 1.0)


@pytest.mark.parametrize(("middle", "lines"), [(1.0, 1), (-1.0, 2)])
def test_a_saddle_joins_where_its_middle_is_above_zero(middle: float, lines: int) -> None:
    above, below = 2.0 + middle, -2.0 + middle
    values = np.array([[above, below], [below, above]])
    found = closed_lines(np.arange(2.0), np.arange(2.0), values)
    assert len(found) == lines
    # the corners cut off are right-angled triangles, above zero or below it
    share = min(above, -below) / 4.0
    cut = 2 * 0.5 * share**2
    assert sum(map(enclosed, found)) == pytest.approx(1.0 - cut if middle > 0.0 else cut)


def test_a_plane_is_closed_along_the_rim() -> None:
    x, z = np.linspace(0.0, 2.0, 5), np.linspace(0.0, 1.0, 4)
    (line,) = closed_lines(x, z, 1.2 - x[:, None] + 0.0 * z)
    assert enclosed(line) == pytest.approx(1.2)
    assert line.min(axis=0) == pytest.approx([0.0, 0.0])
    assert line.max(axis=0) == pytest.approx([1.2, 1.0])


def test_nothing_above_zero_has_no_line() -> None:
    assert closed_lines(np.arange(3.0), np.arange(3.0), np.full((3, 3), -1.0)) == []


@given(st.integers(0, 2**31))
def test_every_line_of_noise_closes(seed: int) -> None:
    # noise is full of saddles and of points that are zero themselves
    rng = np.random.default_rng(seed)
    values = rng.choice([-60.0, -1.0, 0.0, 0.5, 2.0], (7, 9))
    lines = closed_lines(np.sort(rng.uniform(0.0, 1.0, 7)), np.sort(rng.uniform(0.0, 1.0, 9)), values)
    assert all(np.array_equal(line[0], line[-1]) and np.isfinite(line).all() for line in lines)
    assert 0.0 <= sum(map(enclosed, lines)) <= 1.0
    above, below = (float(np.mean(values >= 0.0)), float(np.mean(values < 0.0)))
    assert bool(lines) == (above > 0.0)
    if below == 0.0:
        assert len(lines) == 1
