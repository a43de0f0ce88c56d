"""From answers at several levels to one answer with its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

ROUNDING = 1e-9
"""Least relative error that is claimed of any answer."""


def relative_difference(one: Any, reference: Any) -> float:
    """Return the largest difference of a number or a curve from a reference, of the reference's largest size."""
    expected = np.atleast_1d(np.asarray(reference, dtype=np.float64))
    found = np.atleast_1d(np.asarray(one, dtype=np.float64))
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def round_up(value: float, digits: int = 2) -> float:
    """Return a positive number rounded up to some significant digits."""
    if value <= 0.0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - digits + 1)
    return float(f"{math.ceil(value / unit - 1e-9) * unit:.{digits - 1}e}")


def spread(values: Sequence[Any], twice: int) -> float:
    """Return the largest relative difference of the finest from those with cells up to twice as large.

    For a method of first order this is the error of the finest, for one of second order three times that error.
    """
    return max(relative_difference(one, values[-1]) for one in values[-1 - twice : -1])


def observed_order(values: Sequence[Any], twice: int) -> float | None:
    """Return the order by Richardson's comparison of cells of size 1, 2 and 4; None where it says nothing."""
    if len(values) < 2 * twice + 1:
        return None
    fine, middle, coarse = (np.atleast_1d(values[-1 - number * twice]) for number in range(3))
    near, far = float(np.abs(fine - middle).max()), float(np.abs(middle - coarse).max())
    if near <= 0.0 or far <= near or near < 1e-11 * float(np.abs(fine).max()):
        return None
    return round(math.log2(far / near), 2)
