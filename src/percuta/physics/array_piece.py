r"""The smallest piece of a needle array that decides the whole, and its cells along the surface.

Equal needles of alternating polarity make the planes between them planes of zero potential, and the planes through
them planes of symmetry:

* checkerboard without edges: a quarter of a pitch cell, V = 0 on both mid-planes;
* alternating rows without edges: the same quarter, V = 0 between the rows only, no flux elsewhere;
* finite arrays: a quarter of the array; the middle plane carries V = 0 where an even number of needles alternates
  across it, and lets no current through otherwise;
* a pair: one half, V = 0 on the plane between the needles;
* monopolar: all needles at one potential, two planes of symmetry.

This needs equal electrodes and layers that are uniform along the surface. Heat passes none of these planes.

Along each axis the piece is a row of half pitches, each a copy or a mirror image of the same cells from a needle to
the plane between needles, and a margin of skin beyond the outermost needle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.grid import Refinement, centres, graded_edges
from percuta.physics.pulse_setup import NeedleArray, PulseSetup

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

OUTSIDE = -1
_SURFACE_BIOT = 0.2  # transfer times size over conductivity of a cell at a cooled surface


@dataclass(frozen=True)
class Axis:
    """Cells of the piece along one axis of the surface.

    Attributes
    ----------
    edges : (n + 1,)
        [m].
    half_pitch : (m + 1,)
        Edges of the cells from a needle to the plane between needles [m].
    cell, face : (n,), (n + 1,)
        Which cell or inner face of the half pitch each one copies; :data:`OUTSIDE` for the margin, for seams and for
        the outer faces.
    needle : (n,)
        Number of the needle whose half pitch a cell lies in; :data:`OUTSIDE` for the margin.
    positions
        Where the needles stand [m].
    low_zero, high_zero
        Whether the outermost planes carry V = 0.
    open_end
        Whether skin goes on beyond the high face of a finite array.
    whole : (needles,)
        Share of each needle that lies in the piece: 1 or 1/2.
    alternates
        Whether neighbours along this axis have opposite polarity.
    """

    edges: Floats
    half_pitch: Floats
    cell: Integers
    face: Integers
    needle: Integers
    positions: tuple[float, ...]
    low_zero: bool
    high_zero: bool
    open_end: bool
    whole: tuple[float, ...]
    alternates: bool


@dataclass(frozen=True)
class Fineness:
    """How fine the cells are.

    Attributes
    ----------
    size
        At the needle and at the edges of its bare part [m].
    ratio
        Of neighbours.
    largest
        [m].
    field_ratio
        Of neighbours in the field of a single needle.
    """

    size: float
    ratio: float
    largest: float
    field_ratio: float = 1.15


def piece_axes(array: NeedleArray, radius: float, fineness: Fineness) -> tuple[Axis, Axis]:
    """Return the cells of the smallest piece along x and y; x runs across the rows."""
    across = array.pattern in ("checkerboard", "alternating_rows")
    along = array.pattern == "checkerboard"
    return tuple(  # type: ignore[return-value]
        _axis(array, count, alternates, radius, fineness)
        for count, alternates in ((array.rows, across), (array.columns, along))
    )


def copies_of(array: NeedleArray) -> float:
    """Return how many copies of the piece make one unit of the array."""
    return 2.0 if array.pattern == "pair" else 4.0


def needles_of(array: NeedleArray) -> int:
    """Return the number of needles in one unit of the array."""
    if array.pattern == "pair":
        return 2
    return 1 if array.infinite else array.rows * array.columns


def _axis(array: NeedleArray, count: int, alternates: bool, radius: float, fineness: Fineness) -> Axis:
    half = graded_edges(
        [0.0, 0.5 * array.pitch],
        [Refinement(0.6 * radius, radius, fineness.size)],
        ratio=fineness.ratio,
        largest=fineness.largest,
    )
    if count == 0:
        return _from_halves(half, [True], [0], 0.0, 0.0, alternates, high_zero=alternates, low_zero=False)
    forwards, needles = [], []
    if count % 2 == 1:
        forwards, needles = [True], [0]
    for number in range(count // 2):
        own = number + count % 2
        forwards += [False, True]
        needles += [own, own]
    beyond = array.margin - 0.5 * array.pitch
    return _from_halves(
        half,
        forwards,
        needles,
        beyond,
        fineness.ratio,
        alternates,
        high_zero=False,
        low_zero=alternates and count % 2 == 0,
        largest=max(fineness.largest, 0.1 * array.margin),
    )


def _from_halves(
    half: Floats,
    forwards: list[bool],
    needles: list[int],
    beyond: float,
    ratio: float,
    alternates: bool,
    *,
    low_zero: bool,
    high_zero: bool,
    largest: float = 0.0,
) -> Axis:
    sizes, cells, count = np.diff(half), half.size - 1, half.size - 1
    parts, cell, face, needle = [], [], [OUTSIDE], []
    for forward, own in zip(forwards, needles, strict=True):
        parts.append(sizes if forward else sizes[::-1])
        order = np.arange(count) if forward else np.arange(count)[::-1]
        cell.append(order)
        # the face behind a cell: t + 1 going forwards, t going backwards; the last one is a seam
        face.extend([int(t) + 1 if forward else int(t) for t in order[:-1]] + [OUTSIDE])
        needle.append(np.full(count, own))
    if beyond > 0.0:
        margin = np.diff(graded_edges([0.0, beyond], [Refinement(0.0, 0.0, sizes[-1])], ratio=ratio, largest=largest))
        parts.append(margin)
        cell.append(np.full(margin.size, OUTSIDE))
        needle.append(np.full(margin.size, OUTSIDE))
        face.extend([OUTSIDE] * margin.size)
    edges = np.concatenate([[0.0], np.cumsum(np.concatenate(parts))])
    positions = []
    for number in dict.fromkeys(needles):
        first = needles.index(number)
        positions.append(float(edges[(first if forwards[first] else first + 1) * cells]))
    whole = tuple(0.5 * needles.count(number) for number in dict.fromkeys(needles))
    return Axis(
        edges,
        half,
        np.concatenate(cell),
        np.array(face),
        np.concatenate(needle),
        tuple(positions),
        low_zero,
        high_zero,
        beyond > 0.0,
        whole,
        alternates,
    )


def surface_refinement(setup: PulseSetup, fineness: Fineness) -> Refinement:
    """Return the cells at the skin surface, which are small where it is cooled so fast that depth matters."""
    transfer, conductivity = setup.top.transfer, setup.layers[0].conductivity
    size = np.inf if transfer <= 0.0 else _SURFACE_BIOT * conductivity / transfer
    return Refinement(0.0, 0.0, max(fineness.size, size))


def depth_edges(
    planes: list[float], marks: list[float], fineness: Fineness, bottom_size: float, surface: Refinement
) -> Floats:
    """Return the edges of the cells in depth [m].

    Parameters
    ----------
    planes
        Faces of the layers, from 0 to the bottom.
    marks
        Tip, edge of the insulation, begin of the taper: planes at which the cells are fine. A face of a layer that
        lies close to a mark is moved onto it.
    fineness
        How fine.
    bottom_size
        Largest cell in depth [m].
    surface
        Cells at the skin surface.
    """
    inner = [mark for mark in marks if 0.0 < mark < planes[-1]]
    near = 0.3 * fineness.size
    # each mark takes the place of one face: a thin layer beside it keeps its other one
    moved = {min(planes[1:-1], key=lambda plane: abs(plane - mark), default=np.inf) for mark in inner}
    kept = [plane for plane in planes[1:-1] if plane not in moved or all(abs(plane - mark) > near for mark in inner)]
    return graded_edges(
        sorted({planes[0], planes[-1], *kept, *inner}),
        [surface, *(Refinement(mark, mark, fineness.size) for mark in inner)],
        ratio=fineness.ratio,
        largest=bottom_size,
    )


def layer_of(edges: Floats, planes: list[float]) -> NDArray[np.uint8]:
    """Return the index of the layer of every layer of cells."""
    return np.clip(np.searchsorted(planes, centres(edges)) - 1, 0, len(planes) - 2).astype(np.uint8)
