"""Pain, redness and the end point."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics import tolerance

ONE = np.ones(1)


def pain(length: float, count: float, anchor: float = 0.05, odds: float = 1.0) -> float:
    """Pain with the published exponents, anchored at 1 mm and one needle."""
    found = tolerance.pain(length * ONE, count * ONE, anchor * ONE, ONE, ONE, 1.7712 * ONE, 0.30103 * ONE, odds * ONE)
    return float(found[0])


def test_three_times_the_length_is_seven_times_the_pain() -> None:
    assert pain(3.0, 1.0) / pain(1.0, 1.0) == pytest.approx(7.0, rel=0.04)


def test_ten_times_the_needles_is_twice_the_pain() -> None:
    assert pain(1.0, 10.0) / pain(1.0, 1.0) == pytest.approx(2.0, rel=0.01)


def test_pain_meets_its_anchor_and_never_passes_ten() -> None:
    assert pain(1.0, 1.0, anchor=5.37) == pytest.approx(5.37)
    assert 9.9 < pain(50.0, 1000.0, anchor=5.37) < 10.0
    assert pain(1.0, 1.0, anchor=5.0, odds=3.0) == pytest.approx(7.5)


def test_redness_between_rows_of_the_table() -> None:
    depth, low, high = np.array([0.5, 1.5, 3.0]), np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0])
    found = tolerance.redness(np.array([0.2, 1.0, 1.5, 9.0]), depth, low, high, np.array([0.0, 0.5, 1.0, 1.0]))
    assert found.tolist() == [1.0, 2.75, 5.0, 7.0]


def test_end_point_by_depth() -> None:
    found = tolerance.end_point(np.array([0.05, 0.3, 0.8]), np.full(3, 0.1), np.full(3, 0.5))
    assert [tolerance.END_POINTS[index] for index in found] == list(tolerance.END_POINTS)
