"""Edges of graded cells along one axis, with planes where they are needed and small cells where fields are steep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SAMPLES = 2001  # points at which the wanted size is looked at, per interval
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Refinement:
    """Cells of at most ``size`` from ``low`` to ``high`` [m]."""

    low: float
    high: float
    size: float


def graded_edges(
    planes: Sequence[float], refinements: Sequence[Refinement], *, ratio: float, largest: float = np.inf
) -> Floats:
    """Return cell edges that contain every plane and grow away from the refinements.

    The wanted size grows linearly with the distance from a refinement, such that neighbours differ by ``ratio``.
    Between two planes the cells share the integral of 1 / size equally.

    Parameters
    ----------
    planes
        Increasing positions that become edges; the first and the last bound the axis [m].
    refinements
        Where cells have to be small.
    ratio
        Largest ratio of neighbouring cells, above 1.
    largest
        Largest cell [m].

    Returns
    -------
    edges : (n + 1,)
        Increasing [m].

    Raises
    ------
    ValueError
        If the planes do not increase.
    """
    if not all(low < high for low, high in pairwise(planes)):
        raise ValueError("planes must increase")
    narrow = [Refinement(low, high, high - low) for low, high in pairwise(planes)]
    edges = [np.array([planes[0]])]
    for low, high in pairwise(planes):
        edges.append(_between(low, high, [*refinements, *narrow], np.log(ratio), largest))
    return np.concatenate(edges)


def _between(low: float, high: float, refinements: Sequence[Refinement], growth: float, largest: float) -> Floats:
    place = np.linspace(low, high, _SAMPLES)
    size = np.full(place.size, min(largest, high - low))
    for one in refinements:
        away = np.maximum(0.0, np.maximum(one.low - place, place - one.high))
        np.minimum(size, one.size + growth * away, out=size)
    density = 1.0 / size
    counted = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(place))])
    cells = max(1, int(np.ceil(counted[-1] - _ROUNDING)))
    edges = np.interp(np.linspace(0.0, counted[-1], cells + 1), counted, place)
    edges[-1] = high
    return np.asarray(edges[1:])


def centres(edges: Floats) -> Floats:
    """Return the middle of every cell [m], shape (n,)."""
    return np.asarray(0.5 * (edges[1:] + edges[:-1]))
