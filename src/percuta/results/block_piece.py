"""The block of skin that is shown of a computed pulse: its extent, copies of the computed piece, needles, zones.

An array without edges is shown by as many needles as the device has, three by three at most. Of a finite array that is
larger, a corner of three by three is shown, since outer needles deliver most. The block ends half a pitch beyond the
outermost needle shown. Values are SI; y and x run along the surface, z down.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import log, pi, sin, tan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from percuta.engine.pulse_frames import Frame, PulseFrames
from percuta.physics.array_piece import needles_of
from percuta.physics.zones import LOWEST, measure_zone

Floats = NDArray[np.float64]
Ends = tuple[float, float]

MOST_ACROSS = 3
"""Needles shown along each side of the block."""

TEMPERATURES = (318.15, 333.15, 353.15, 372.15)
"""Temperatures whose surfaces are shown [K]: 45, 60, 80 and 99 degC, at which water begins to boil."""

_BELOW_TIP, _BELOW_DERMIS, _BELOW_HEAT = 0.6e-3, 0.5e-3, 0.2e-3  # m; what is shown beneath
_STEEPEST = 0.1  # 1/K; scales temperatures so that the floor of ln Omega lies 200 K below a level


@dataclass(frozen=True)
class Copy:
    """Where a copy of the piece stands: moved by x and y [m], mirrored before where a sign is -1."""

    x: float
    y: float
    sign_x: int
    sign_y: int


@dataclass(frozen=True)
class StandingNeedle:
    """A needle in the block [m]: where it enters the skin, and how far from there its tip lies along y."""

    x: float
    y: float
    lean: float


@dataclass(frozen=True)
class Piece:
    """The part of the computed piece that is shown, and its copies that make the block [m]."""

    x: Ends
    y: Ends
    bottom: float
    copies: tuple[Copy, ...]
    needles: tuple[StandingNeedle, ...]

    @property
    def block(self) -> tuple[Ends, Ends]:
        """Ends of the whole block along x and y."""
        along_x = [one.x + one.sign_x * end for one in self.copies for end in self.x]
        along_y = [one.y + one.sign_y * end for one in self.copies for end in self.y]
        return (min(along_x), max(along_x)), (min(along_y), max(along_y))


@dataclass(frozen=True)
class Level:
    """What a surface shows: a temperature [K], or where a damage integral is 1."""

    key: str
    kind: Literal["temperature", "cells", "collagen"]
    value: float
    kinetic_set: str = ""

    @property
    def place(self) -> float:
        """Value of the field at the surface."""
        return self.value if self.kind == "temperature" else log(self.value)

    def field(self, frame: Frame, sets: tuple[str, ...]) -> Floats:
        """Return the temperature [K], or ln Omega of the kinetic set."""
        if self.kind == "temperature":
            return np.asarray(frame.temperature, dtype=np.float64)
        return np.asarray(np.maximum(frame.damage[sets.index(self.kinetic_set)], LOWEST), dtype=np.float64)


@dataclass(frozen=True)
class Extent:
    """How large the zone within a level is around one needle [m^3, m]; the top is NaN where there is none."""

    volume: float
    width: float
    height: float
    top: float
    joined: bool


def levels_of(frames: PulseFrames) -> tuple[Level, ...]:
    """Return what is shown of a pulse: temperatures from the coolest, then cell death, then collagen."""
    warm = [Level(f"t{round(kelvin - 273.15)}", "temperature", kelvin) for kelvin in TEMPERATURES]
    dead = [Level("cells", "cells", 1.0, one.name) for one in frames.setup.cell_kinetics[:1]]
    coagulated = [Level("collagen", "collagen", 1.0, one.name) for one in frames.setup.collagen_kinetics[:1]]
    return (*warm, *dead, *coagulated)


def set_names(frames: PulseFrames) -> tuple[str, ...]:
    """Return the kinetic sets in the order of a frame's damage."""
    return tuple(one.name for one in (*frames.setup.cell_kinetics, *frames.setup.collagen_kinetics))


def extent_of(frames: PulseFrames, frame: Frame, level: Level) -> Extent:
    """Measure the zone within a level at one time."""
    scale = _STEEPEST if level.kind == "temperature" else 1.0
    zone = measure_zone(frames.grid, scale * (level.field(frame, set_names(frames)) - level.place))
    volume = zone.volume * frames.copies / needles_of(frames.setup.array)
    return Extent(volume, zone.width, zone.height, zone.top, zone.width >= 0.98 * frames.setup.array.pitch)


def shown_piece(frames: PulseFrames, rows: int, columns: int) -> Piece:
    """Return what is shown.

    Parameters
    ----------
    frames
        The computed pulse.
    rows, columns
        Of the device's needles.
    """
    array = frames.setup.array
    if array.infinite and array.pattern != "pair":
        half = 0.5 * array.pitch
        x = y = (0.0, half)
        copies = _tiles(array.pitch, min(rows, MOST_ACROSS), min(columns, MOST_ACROSS))
    else:
        (x, signs_x), (y, signs_y) = _shown(frames, 0), _shown(frames, 1)
        copies = tuple(Copy(0.0, 0.0, sign_x, sign_y) for sign_x, sign_y in product(signs_x, signs_y))
    return Piece(x, y, _bottom(frames), copies, _needles(frames, x, y, copies))


def _tiles(pitch: float, rows: int, columns: int) -> tuple[Copy, ...]:
    places = [[(place - 0.5 * (count - 1)) * pitch for place in range(count)] for count in (rows, columns)]
    return tuple(
        Copy(x, y, sign_x, sign_y) for x, y in product(*places) for sign_x, sign_y in product((1, -1), (1, -1))
    )


def _lean(frames: PulseFrames) -> float:
    needle = frames.setup.needle
    return 0.0 if abs(needle.angle - 0.5 * pi) < 1e-9 else needle.depth / tan(needle.angle)


def _shown(frames: PulseFrames, axis: int) -> tuple[Ends, tuple[int, ...]]:
    """Return the part of a finite piece that is shown along one axis, and the signs of its copies."""
    half = 0.5 * frames.setup.array.pitch
    edges = frames.grid.edges[axis]
    places = np.unique(np.round(frames.needles[:, axis], 9))
    lean = _lean(frames) if axis == 1 else 0.0
    if not frames.grid.mirrored[axis]:
        ends = max(float(edges[0]), float(places[0]) - half), min(float(edges[-1]), float(places[-1]) + lean + half)
        return ends, (1,)
    end = min(float(edges[-1]), float(places[-1]) + half)
    across = 2 * places.size - int(places[0] <= 1e-9)  # the needle on the plane of symmetry is its own image
    if across <= MOST_ACROSS:
        return (float(edges[0]), end), (1, -1)
    return (max(float(edges[0]), float(places[-MOST_ACROSS:][0]) - half), end), (1,)


def _bottom(frames: PulseFrames) -> float:
    setup = frames.setup
    depths, found = np.cumsum([layer.thickness for layer in setup.layers]), [setup.needle.depth + _BELOW_TIP]
    found += [float(z) + _BELOW_DERMIS for z, one in zip(depths, setup.layers, strict=True) if one.name == "dermis"]
    warm = np.max([frame.temperature.max(axis=(0, 1)) for frame in frames.frames], axis=0) >= TEMPERATURES[0]
    if warm.any():
        found.append(float(frames.grid.z[np.flatnonzero(warm)[-1] + 1]) + _BELOW_HEAT)
    return min(max(found), float(frames.grid.z[-1]))


def _needles(frames: PulseFrames, x: Ends, y: Ends, copies: tuple[Copy, ...]) -> tuple[StandingNeedle, ...]:
    lean = _lean(frames)
    seen: dict[tuple[float, float], StandingNeedle] = {}
    for own_x, own_y in frames.needles:
        if not (x[0] - 1e-9 <= own_x <= x[1] and y[0] - 1e-9 <= own_y <= y[1]):
            continue
        for one in copies:
            place = (round(one.x + one.sign_x * own_x, 9) + 0.0, round(one.y + one.sign_y * own_y, 9) + 0.0)
            seen.setdefault(place, StandingNeedle(*place, one.sign_y * lean))
    return tuple(seen[place] for place in sorted(seen))


def shaft_length(depth: float, angle: float) -> float:
    """Return the length of a needle below the surface [m], measured along it."""
    return depth / sin(angle)
