"""What our answers to the three RF problems share: cells and time steps by level, and values between cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.grid import centres
from percuta.physics.array_piece import Fineness
from percuta.physics.pulse import cells_of
from percuta.physics.pulse_course import Exactness, PulseCourse
from percuta.physics.pulse_setup import PulseSetup
from percuta.physics.zones import Zone, ZoneGrid, measure_zone, share_above

Floats = NDArray[np.float64]

TWICE = 2
"""Levels between cells and those of twice the size: sizes fall by the square root of two."""

_FIRST = 2.0  # size of the cells of the first level, in those of Percuta's standard accuracy
_NEAR, _FAR = 0.3, 0.1  # smallest cell in needle radii, largest in half pitches
_GROWTH, _FIELD_GROWTH = 0.15, 0.1


@dataclass(frozen=True)
class Followed:
    """A pulse that was followed to its end, without the cooling after it."""

    course: PulseCourse

    @property
    def grid(self) -> ZoneGrid:
        """The cells."""
        cells = self.course.cells
        size = np.diff(cells.x)[:, None, None] * np.diff(cells.y)[:, None] * np.diff(cells.z)
        return ZoneGrid(cells.x, cells.y, cells.z, cells.volume / size, cells.mirrored)

    def trace(self, column: int) -> Floats:
        """Return a quantity after every step, numbered as in the course's history."""
        return self.course.history.column(column)

    @property
    def end(self) -> Floats:
        """Temperature at the end [K], (nx, ny, nz)."""
        return self.course.end_temperature.reshape(self.course.cells.shape)

    def hot_volume(self, level: float) -> float:
        """Return the tissue of one unit above a temperature at the end [m^3]."""
        grid = self.grid
        share = share_above(grid, self.end, level)
        return float(np.sum(share * grid.tissue_volume) * self.course.cells.copies)

    def zone(self, number: int) -> Zone:
        """Return the measures of one damage set's zone; its volume is that of the piece."""
        with np.errstate(divide="ignore"):
            logarithm = np.log(self.course.damage.integral[number].reshape(self.course.cells.shape))
        return measure_zone(self.grid, logarithm)

    def volume(self, number: int) -> float:
        """Return the damaged tissue of one unit [m^3]."""
        return self.zone(number).volume * self.course.cells.copies

    def fraction(self, number: int, depths: Sequence[float]) -> list[float]:
        """Return the damaged fraction of some depths."""
        middle = centres(self.course.cells.z)
        return [float(one) for one in np.interp(depths, middle, self.zone(number).fraction)]

    def rises(self, places: Sequence[tuple[float, float, float]], start: float) -> list[float]:
        """Return the temperature at the end less that at the start [K] at some places in the tissue."""
        values = self.grid.through_metal(self.end) - start
        return [_between(self.grid, values, place) for place in places]


def followed(setup: PulseSetup, level: int, *, fewest: int, tolerance: float) -> Followed:
    """Follow a pulse on the cells and with the time steps of a level.

    Parameters
    ----------
    setup
        The pulse.
    level
        From 1; sizes and steps fall by the square root of two from one to the next.
    fewest
        Least number of steps with the current on, at the first level.
    tolerance
        Error of temperature that a step may have [K], at the first level; it falls by two.
    """
    finer = 2.0 ** (0.5 * (level - 1))
    scale = _FIRST / finer
    fineness = Fineness(
        _NEAR * 0.5 * setup.needle.diameter * scale,
        1.0 + _GROWTH * scale,
        _FAR * 0.5 * setup.array.pitch * scale,
        1.0 + _FIELD_GROWTH * scale,
    )
    exactness = Exactness(1e-4, 1e-6, tolerance / finer**2, round(fewest * finer))
    course = PulseCourse(cells_of(setup, fineness), setup, exactness)
    course.run(cooling=False)
    return Followed(course)


def _between(grid: ZoneGrid, values: Floats, place: tuple[float, float, float]) -> float:
    """Return a value between centres by cubics along the three axes; side faces are mirrors, top and bottom are not."""
    indices, weights = [], []
    for axis, (edges, at) in enumerate(zip(grid.edges, place, strict=True)):
        middle, index = centres(edges), np.arange(edges.size - 1)
        if axis < 2:
            middle = np.concatenate([2.0 * edges[0] - middle[1::-1], middle, 2.0 * edges[-1] - middle[:-3:-1]])
            index = np.concatenate([index[1::-1], index, index[:-3:-1]])
        first = int(np.clip(np.searchsorted(middle, at) - 2, 0, middle.size - 4))
        near = middle[first : first + 4]
        indices.append(index[first : first + 4])
        weights.append(np.array([_lagrange(near, number, at) for number in range(4)]))
    return float(np.einsum("ijk,i,j,k->", values[np.ix_(*indices)], *weights))


def _lagrange(nodes: Floats, number: int, at: float) -> float:
    others = np.delete(nodes, number)
    return float(np.prod((at - others) / (nodes[number] - others)))
