"""Closed lines on which values at the points of a rectangular net cross zero: marching squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The corners (0, 0), (1, 0), (1, 1), (0, 1) of a square that are not below zero count 1, 2, 4, 8; its sides are
# numbered from the side of the first two corners round. A line runs from side to side, with what is above zero on its
# left. The two squares with opposite corners above zero come again at the end, for a middle that is above zero too.
_JOINED = {5: 16, 10: 17}
_LINES = {
    1: ((0, 3),),
    2: ((1, 0),),
    3: ((1, 3),),
    4: ((2, 1),),
    5: ((0, 3), (2, 1)),
    6: ((2, 0),),
    7: ((2, 3),),
    8: ((3, 2),),
    9: ((0, 2),),
    10: ((1, 0), (3, 2)),
    11: ((1, 2),),
    12: ((3, 1),),
    13: ((0, 1),),
    14: ((3, 0),),
    16: ((0, 1), (2, 3)),
    17: ((3, 0), (1, 2)),
}


def closed_lines(x: Floats, z: Floats, values: Floats) -> list[Floats]:
    """Return the closed lines on which values, linear along the sides of the net, cross zero.

    Where a line reaches the rim of the net it goes on along it.

    Parameters
    ----------
    x : (nx,)
        Places of the points along the first axis, rising.
    z : (nz,)
        Likewise along the second.
    values : (nx, nz)
        Finite.

    Returns
    -------
    list of (n, 2) float64
        The points of each line, longest line first; its last point is its first. What is above zero lies on the same
        hand of all of them: a line about it encloses a positive area (of x before z), one about a hole a negative.
    """
    # a second rim at the places of the first, below zero, closes what reaches the first
    x, z = np.pad(x, 1, mode="edge"), np.pad(z, 1, mode="edge")
    values = np.pad(values, 1, constant_values=-1.0)
    follows = _following_crossings(values)
    lines = []
    while follows:
        start, crossing = follows.popitem()
        crossings = [start]
        while crossing != start:
            crossings.append(crossing)
            crossing = follows.pop(crossing)
        lines.append(_crossing_points(x, z, values, np.array([*crossings, start])))
    return sorted(lines, key=lambda line: -float(np.hypot(*np.diff(line, axis=0).T).sum()))


def _following_crossings(values: Floats) -> dict[int, int]:
    """Return for each crossed side of a square the side at which the line through the square leaves it.

    Sides along x are numbered like the point that they begin at, those along z likewise after all of these.
    """
    inside = (values >= 0.0).astype(np.int64)
    case = inside[:-1, :-1] + 2 * inside[1:, :-1] + 4 * inside[1:, 1:] + 8 * inside[:-1, 1:]
    middle = values[:-1, :-1] + values[1:, :-1] + values[1:, 1:] + values[:-1, 1:]
    for saddle, joined in _JOINED.items():
        case[(case == saddle) & (middle >= 0.0)] = joined
    columns = values.shape[1]
    follows: dict[int, int] = {}
    for kind, lines in _LINES.items():
        i, j = np.nonzero(case == kind)
        corner = i * columns + j
        sides = (corner, values.size + corner + columns, corner + 1, values.size + corner)
        for begin, end in lines:
            follows.update(zip(sides[begin].tolist(), sides[end].tolist(), strict=True))
    return follows


def _crossing_points(x: Floats, z: Floats, values: Floats, sides: NDArray[np.int64]) -> Floats:
    """Return where values cross zero on numbered sides, (n, 2)."""
    along_z, corner = np.divmod(sides, values.size)
    i, j = np.divmod(corner, values.shape[1])
    to_i, to_j = i + 1 - along_z, j + along_z
    share = values[i, j] / (values[i, j] - values[to_i, to_j])
    return np.stack([x[i] + share * (x[to_i] - x[i]), z[j] + share * (z[to_j] - z[j])], axis=1)
