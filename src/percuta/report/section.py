"""A vertical plane through the needles of a computed pulse: its fields on an even net, lines of equal value, needles.

The plane is put together from the computed piece by its planes of symmetry, and goes on beyond the pitch cell of an
array without edges. Between the centres of the cells fields follow monotone cubics (Fritsch and Carlson 1980), which
smooth a line without moving it beyond its cells. Lengths are mm, temperatures degC.

The plane runs across the rows of upright needles. Of a finite array it takes the needle nearest the middle, or the one
that delivers most where that is clearly more. Inclined needles are cut along one needle of the pair, which enters the
skin at 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from percuta.numerics.marching_squares import closed_lines
from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import PulseSetup
from percuta.physics.zones import LOWEST, ZoneGrid
from percuta.units import convert

Floats = NDArray[np.float64]
Field = NDArray[np.float64] | NDArray[np.float32]
Line = list[tuple[float, float]]

_ZERO_CELSIUS = np.float32(273.15)
_LEAST_SHARE = 0.02  # of tissue in a cell; smaller ones belong to their neighbours
_UPRIGHT = 1e-6  # rad
_NET = 150  # squares of the net along the longer side of a window, for lines
_POINTS = 360  # of a picture, likewise
_NEAR = 4  # cells to either side of the plane; more do not count for a monotone cubic
ALIKE = 0.05  # relative difference of the energies of needles above which it matters which one is drawn
_FAR = 4.0  # pitches that the plane goes on to either side of an array without edges


@dataclass(frozen=True)
class Window:
    """A part of the plane [mm]."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def width(self) -> float:
        """Extent along the surface."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Extent in depth."""
        return self.bottom - self.top


@dataclass(frozen=True)
class NeedleDrawn:
    """One needle in the plane.

    Attributes
    ----------
    tip
        Place of its tip along the surface [mm].
    computed
        Whether it stands in the cell that was computed; its neighbours are copies.
    polarity
        1 or -1 for opposite polarities, 0 where all needles are alike.
    """

    tip: float
    computed: bool
    polarity: int


@dataclass(frozen=True)
class Plane:
    """One field in the plane, at the centres of the cells and at the outer faces.

    Attributes
    ----------
    across : (n,)
        Places along the surface [mm].
    down : (m,)
        Depths [mm].
    values : (n, m)
        In the unit of the field.
    """

    across: Floats
    down: Floats
    values: Floats

    def picture(self, window: Window) -> Floats:
        """Return the field at the points of a picture of a window, (rows, columns), top row first."""
        step = max(window.width, window.height) / _POINTS
        columns, rows = max(round(window.width / step), 2), max(round(window.height / step), 2)
        across = window.left + (np.arange(columns) + 0.5) * window.width / columns
        down = window.top + (np.arange(rows) + 0.5) * window.height / rows
        return self._at(across, down).T

    def lines(self, level: float, window: Window) -> list[Line]:
        """Return the lines of one value in a window, longest first.

        What is cut by the window's edge is closed a little beyond it.
        """
        step = max(window.width, window.height) / _NET
        across = np.arange(window.left - step, window.right + 1.5 * step, step)
        down = np.arange(window.top - step, window.bottom + 1.5 * step, step)
        found = closed_lines(across, down, self._at(across, down) - level)
        return [_thinned(line, 0.05 * step) for line in found]

    def deepest(self, level: float) -> float:
        """Return the depth down to which the field reaches a level [mm]; 0 where it never does."""
        below = np.flatnonzero((self.values >= level).any(axis=0))
        return float(self.down[min(below[-1] + 1, self.down.size - 1)]) if below.size else 0.0

    def _at(self, across: Floats, down: Floats) -> Floats:
        """Return the field at every place across and down; beyond its ends it goes on as it ends."""
        along = PchipInterpolator(self.across, self.values)(np.clip(across, self.across[0], self.across[-1]))
        return np.asarray(
            PchipInterpolator(self.down, along, axis=1)(np.clip(down, self.down[0], self.down[-1])), dtype=np.float64
        )


class Section:
    """The plane of the drawings.

    Parameters
    ----------
    record, setup
        The computed pulse and what was computed.
    """

    def __init__(self, record: PulseRecord, setup: PulseSetup) -> None:
        self.record, self.setup = record, setup
        self.inclined = abs(setup.needle.angle - 0.5 * np.pi) > _UPRIGHT
        self.pitch = convert(setup.array.pitch, "mm")
        self.tip_depth = convert(setup.needle.depth, "mm")
        self.bottom = convert(float(record.z[-1]), "mm")
        self._axis = 1 if self.inclined else 0
        self._grid = ZoneGrid(record.x, record.y, record.z, record.tissue_share, record.mirrored)
        needles = np.asarray(record.needle_energy, dtype=np.float64)
        self._focus = needles[focus(needles)]
        self._cut = float(self._focus[1 - self._axis])

    @cached_property
    def needles(self) -> tuple[NeedleDrawn, ...]:
        """The needles that the plane cuts, from left to right."""
        array = self.setup.array
        if self.inclined:
            return (NeedleDrawn(self.lean * self.tip_depth, computed=True, polarity=0),)
        bipolar = array.pattern != "monopolar"
        if array.infinite and array.pattern != "pair":
            steps = range(-int(_FAR), int(_FAR) + 1)
            return tuple(
                NeedleDrawn(step * self.pitch, step == 0, (-1 if step % 2 else 1) if bipolar else 0) for step in steps
            )
        places = np.asarray(self.record.needle_energy, dtype=np.float64)
        row = places[np.isclose(places[:, 1], self._cut, atol=1e-3 * array.pitch), 0]
        every = sorted({round(convert(x, "mm"), 9) for x in (*row, *(2.0 * self.record.x[0] - row))})
        return tuple(
            NeedleDrawn(x, computed=True, polarity=(1 if number % 2 == 0 else -1) if bipolar else 0)
            for number, x in enumerate(every)
        )

    @property
    def middle(self) -> float:
        """Place that drawings are centred on [mm]."""
        if self.inclined:
            return self.lean * (self.tip_depth - 0.5 * self._bare_height)
        if self.setup.array.pattern == "pair":
            return 0.5 * (self.needles[0].tip + self.needles[-1].tip)
        return convert(float(self._focus[0]), "mm")

    @property
    def lean(self) -> float:
        """How far a needle goes along the surface for each mm that it goes down; 0 for upright needles."""
        return 1.0 / float(np.tan(self.setup.needle.angle)) if self.inclined else 0.0

    @property
    def extent(self) -> tuple[float, float]:
        """Ends of the plane along the surface [mm]."""
        edges = self._unfolded_edges()
        return convert(float(edges[0]), "mm"), convert(float(edges[-1]), "mm")

    @cached_property
    def temperature(self) -> Plane:
        """Temperature at the end of the pulse [degC]."""
        return self._plane(self.record.temperature - _ZERO_CELSIUS)

    @cached_property
    def joule_log(self) -> Plane:
        """Common logarithm of the Joule heat in the tissue at the end of the pulse [W/mm^3]."""
        share = np.maximum(self.record.tissue_share, _LEAST_SHARE)
        heat = np.asarray(self.record.joule, dtype=np.float64) / share * 1e-9
        return self._plane(np.log10(np.maximum(heat, 1e-30)))

    @cached_property
    def damage_logs(self) -> dict[str, Plane]:
        """Natural logarithm of every damage integral."""
        return {one.name: self._plane(np.maximum(one.log_integral, LOWEST)) for one in self.record.damage}

    # --- the plane, from the computed piece ---------------------------------------------------------------------

    def _plane(self, field: Field) -> Plane:
        values = self._grid.through_metal(field)
        other, cut = _with_faces(
            self._grid.edges[1 - self._axis], np.moveaxis(values, 1 - self._axis, 0), level_ends=True
        )
        place = int(np.searchsorted(other, self._cut))
        near = slice(max(place - _NEAR, 0), place + _NEAR)
        a, plane = _with_faces(
            self._grid.edges[self._axis], PchipInterpolator(other[near], cut[near])(self._cut), level_ends=True
        )
        z, plane = _with_faces(self._grid.z, plane.T, level_ends=False)
        plane = plane.T
        if self.record.mirrored[self._axis]:
            a, plane = np.concatenate([2.0 * a[0] - a[:0:-1], a]), np.concatenate([plane[:0:-1], plane])
        if self._endless:
            period, steps = a[-1] - a[0], range(-int(_FAR), int(_FAR) + 1)
            a = np.concatenate([a[:1] - _FAR * period, *(a[1:] + step * period for step in steps)])
            plane = np.concatenate([plane[:1], *(plane[1:] for _ in steps)])
        return Plane(a * 1e3, z * 1e3, plane)

    @property
    def _endless(self) -> bool:
        return self.setup.array.infinite and self.setup.array.pattern != "pair"

    def _unfolded_edges(self) -> Floats:
        edges = self._grid.edges[self._axis]
        if self.record.mirrored[self._axis]:
            edges = np.concatenate([2.0 * edges[0] - edges[:0:-1], edges])
        return edges * (2.0 * _FAR + 1.0) if self._endless else edges

    @property
    def _bare_height(self) -> float:
        needle = self.setup.needle
        return convert(min(needle.exposed_length * np.sin(needle.angle), needle.depth), "mm")


def focus(needles: Floats) -> int:
    """Return which needle is drawn: that in the middle, or one that delivers clearly more.

    Parameters
    ----------
    needles : (n, 3)
        Places and energies.
    """
    energy = needles[:, 2]
    middle = int(np.hypot(needles[:, 0], needles[:, 1]).argmin())
    return int(energy.argmax()) if energy.max() > (1.0 + ALIKE) * energy[middle] else middle


def _with_faces(edges: Floats, values: Floats, *, level_ends: bool) -> tuple[Floats, Floats]:
    """Return centres and both outer faces, and the values there, level at the faces or extrapolated to them."""
    centres = 0.5 * (edges[1:] + edges[:-1])
    first, last = values[0], values[-1]
    if not level_ends and centres.size > 1:
        first = first + (values[0] - values[1]) * ((centres[0] - edges[0]) / (centres[1] - centres[0]))
        last = last + (values[-1] - values[-2]) * ((edges[-1] - centres[-1]) / (centres[-1] - centres[-2]))
    return np.concatenate([edges[:1], centres, edges[-1:]]), np.concatenate([first[None], values, last[None]])


def _thinned(line: Floats, tolerance: float) -> Line:
    """Return a line without the points that lie within a tolerance of their neighbours' join (Douglas and Peucker)."""
    kept = np.zeros(len(line), dtype=bool)
    kept[[0, -1]] = True
    parts = [(0, len(line) - 1)] if len(line) < 4 else [(0, len(line) // 2), (len(line) // 2, len(line) - 1)]
    while parts:
        first, last = parts.pop()
        kept[[first, last]] = True
        if last - first < 2:
            continue
        join = line[last] - line[first]
        away = line[first + 1 : last] - line[first]
        length = float(np.hypot(*join))
        off = np.abs(join[0] * away[:, 1] - join[1] * away[:, 0]) / length if length > 0 else np.hypot(*away.T)
        farthest = int(off.argmax())
        if off[farthest] > tolerance:
            middle = first + 1 + farthest
            parts += [(first, middle), (middle, last)]
    return [(float(x), float(z)) for x, z in line[kept]]


def bounds(lines: Sequence[Line]) -> tuple[float, float, float, float] | None:
    """Return the least and greatest place along the surface and in depth of all points, or None without any."""
    points = [point for line in lines for point in line]
    if not points:
        return None
    across, down = zip(*points, strict=True)
    return min(across), max(across), min(down), max(down)


def needle_outline(section: Section, needle: NeedleDrawn, above: float) -> tuple[Line, Line]:
    """Return the outlines of a needle's insulated shaft and of its bare metal, in the plane [mm].

    Parameters
    ----------
    section, needle
        The plane and the needle.
    above
        How far the shaft is drawn above the surface [mm].
    """
    shape = section.setup.needle
    diameter, taper = convert(shape.diameter, "mm"), convert(shape.taper, "mm")
    sine = float(np.sin(shape.angle))
    longest = (section.tip_depth + above) / sine
    bare = min(convert(shape.exposed_length, "mm"), longest)
    along = (-section.lean * sine, -sine)  # from the tip up
    normal = (along[1], -along[0])

    def ring(stretches: Sequence[float]) -> Iterator[tuple[float, float]]:
        for side, places in ((1.0, stretches), (-1.0, stretches[::-1])):
            for place in places:
                half = side * 0.5 * diameter * (min(place / taper, 1.0) if taper > 0 else 1.0)
                x = needle.tip + place * along[0] + half * normal[0]
                yield x, section.tip_depth + place * along[1] + half * normal[1]

    shoulders = [place for place in (taper,) if place > 0.0]
    metal = sorted({0.0, *(place for place in shoulders if place < bare), bare})
    shaft = sorted({bare, *(place for place in shoulders if bare < place < longest), longest})
    return list(ring(shaft)), list(ring(metal))
