"""The time steps of :mod:`percuta.physics.diffusion`, row by row, compiled.

Each step is TR-BDF2 (:mod:`percuta.numerics.time_steps`) in cells with conductances between them: two solves with the
same symmetric tridiagonal matrix ``storage - step (diffusion - loss)``. It is factored as ``L D L^T`` in the loop that
makes the first right side and eliminates downwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import vectorised
from percuta.numerics.time_steps import ERROR_WEIGHTS, IMPLICIT, OUTER

Floats = NDArray[np.float64]

_OLD, _MIDDLE, _NEW = ERROR_WEIGHTS
_NEGLIGIBLE = 1e-5  # of the resistance of the stratum corneum; a cream cell with less would only cost digits


@vectorised
def follow(
    level: Floats,
    storage: Floats,
    loss: Floats,
    width: Floats,
    mobility: Floats,
    cream: int,
    horny: int,
    covered: bool,
    open_fraction: Floats,
    channel_mobility: Floats,
    closing_time: Floats,
    duration: Floats,
    ends: Floats,
    levels: Floats,
    absorbed: Floats,
    error: Floats,
) -> None:
    """Follow all rows through one phase.

    Parameters
    ----------
    level : (r, c)
        Where the phase starts [kg/m^3]; holds its end afterwards.
    storage, loss : (r, c)
        ``K h`` [m] and ``k K h`` [m/s] of the cells.
    width, mobility : (r, c)
        ``h`` [m] and ``M`` [m^2/s] of the cells.
    cream, horny
        Number of cells of the cream, which stand first, and of the stratum corneum below them.
    covered
        Whether cream lies on the skin.
    open_fraction : (r, c - cream) or (0, 0)
        Open fraction at the start of the phase; without rows where there are no channels.
    channel_mobility, closing_time : (r,)
        Of the channels.
    duration : (r,)
        Of the phase [s].
    ends : (steps + 1,)
        Ends of the steps as shares of the duration.
    levels : (r, steps, c)
        Filled with the level after each step.
    absorbed : (r, steps)
        Filled with what the blood took in each step [kg/m^2].
    error : (r,)
        The estimated errors of what it took are added [kg/m^2].
    """
    rows, cells = level.shape
    half, between, inverse, ratio, gain, right = np.empty((6, cells))
    channels = open_fraction.size > 0
    for row in range(rows):
        now, store, lost = level[row], storage[row], loss[row]
        half[:] = 0.5 * width[row] / mobility[row]
        _conduct(half, cream, horny, covered, between)
        for step in range(ends.size - 1):
            if channels:
                since = 0.5 * (ends[step] + ends[step + 1]) * duration[row]
                left = np.exp(-since / closing_time[row])
                _beside(width[row], mobility[row], cream, left, open_fraction[row], channel_mobility[row], half)
                _conduct(half, cream, horny, covered, between)
            span = (ends[step + 1] - ends[step]) * duration[row]
            before = _first_stage(now, store, lost, between, IMPLICIT * span, inverse, ratio, gain, right)
            _eliminate_upwards(inverse, ratio, right)
            middle = _second_stage(now, right, store, lost, between, OUTER * span, ratio, gain)
            _eliminate_upwards(inverse, ratio, gain)
            now[:] = gain
            after = (lost * now).sum()
            levels[row, step] = now
            absorbed[row, step] = span * (OUTER * (before + middle) + IMPLICIT * after)
            error[row] += span * abs(_OLD * before + _MIDDLE * middle + _NEW * after)


@vectorised
def _beside(
    width: Floats,
    mobility: Floats,
    cream: int,
    left: float,
    open_fraction: Floats,
    channel_mobility: float,
    half: Floats,
) -> None:
    """Fill the resistance of half of each cell [s/m], with what is left of the open channels beside the tissue."""
    for cell in range(width.size):
        share = left * open_fraction[cell - cream] if cell >= cream else 0.0
        half[cell] = 0.5 * width[cell] / ((1.0 - share) * mobility[cell] + share * channel_mobility)


@vectorised
def _conduct(half: Floats, cream: int, horny: int, covered: bool, between: Floats) -> None:
    """Fill the conductance between each cell and the next [m/s]; the last one is zero."""
    least = _NEGLIGIBLE * half[cream : cream + max(horny, 1)].sum()
    for cell in range(cream):
        half[cell] = max(half[cell], least)
    for cell in range(half.size - 1):
        between[cell] = 1.0 / (half[cell] + half[cell + 1])
    between[half.size - 1] = 0.0
    if not covered:
        between[cream - 1] = 0.0


@vectorised
def _first_stage(
    now: Floats,
    store: Floats,
    lost: Floats,
    between: Floats,
    weight: float,
    inverse: Floats,
    ratio: Floats,
    gain: Floats,
    right: Floats,
) -> float:
    """Factor the matrix, fill the gain and the right side, eliminated downwards; return what the blood takes.

    The inverse of ``D`` and the ratios that ``L`` holds, negated, are filled too.
    """
    taken, into, above, carried, eliminated = 0.0, 0.0, 0.0, 0.0, 0.0
    for cell in range(now.size):
        out = between[cell] * (now[cell] - now[min(cell + 1, now.size - 1)])
        gain[cell] = into - out - lost[cell] * now[cell]
        taken += lost[cell] * now[cell]
        into = out
        below = weight * between[cell]
        inverse[cell] = 1.0 / (store[cell] + weight * lost[cell] + above + below - carried)
        ratio[cell] = below * inverse[cell]
        above, carried = below, below * ratio[cell]
        right[cell] = store[cell] * now[cell] + weight * gain[cell] + eliminated
        eliminated = ratio[cell] * right[cell]
    return taken


@vectorised
def _second_stage(
    now: Floats,
    middle: Floats,
    store: Floats,
    lost: Floats,
    between: Floats,
    weight: float,
    ratio: Floats,
    gain: Floats,
) -> float:
    """Turn the first gain into the second right side, eliminated downwards; return what the blood takes."""
    taken, into, eliminated = 0.0, 0.0, 0.0
    for cell in range(now.size):
        out = between[cell] * (middle[cell] - middle[min(cell + 1, now.size - 1)])
        both = gain[cell] + into - out - lost[cell] * middle[cell]
        taken += lost[cell] * middle[cell]
        into = out
        gain[cell] = store[cell] * now[cell] + weight * both + eliminated
        eliminated = ratio[cell] * gain[cell]
    return taken


@vectorised
def _eliminate_upwards(inverse: Floats, ratio: Floats, right: Floats) -> None:
    """Turn a right side that was eliminated downwards into the solution."""
    below = 0.0
    for cell in range(right.size - 1, -1, -1):
        below = right[cell] * inverse[cell] + ratio[cell] * below
        right[cell] = below
