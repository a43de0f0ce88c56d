"""The cells of the piece of an array: what is open, what conducts, where the bare metal is.

The quarter around one needle is computed once and copied, turned and mirrored, to every needle of a finite array.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from percuta.errors import PlanError
from percuta.numerics.cut_cells import Cuts, needle_cuts
from percuta.numerics.grid import centres
from percuta.physics.array_piece import (
    OUTSIDE,
    Axis,
    Fineness,
    copies_of,
    depth_edges,
    layer_of,
    piece_axes,
    surface_refinement,
)
from percuta.physics.needle_field import (
    Conductances,
    fitted_conductances,
    needle_field,
    plain_conductances,
    radius_at,
)
from percuta.physics.pulse_setup import PulseSetup

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_Wall = tuple[Integers, Floats, Floats, Integers, Floats]

BYTES_PER_CELL = 700.0
"""What a pulse takes at its peak, measured by the benchmark."""
_SHARE_OF_MEMORY = 0.8


@dataclass(frozen=True)
class Walls:
    """Conductances from cells to what is held at a potential.

    Attributes
    ----------
    cell : (w,)
        Flat index of the cell.
    conductance : (w,)
        At the layer's reference conductivity [S].
    potential : (w,)
        For 1 V between the polarities [V].
    needle : (w,)
        Number of the needle in the piece; -1 for a plane of zero potential or the outer condition.
    outside : (w,)
        Share of the wall's resistance, and so of its heat, that lies beyond the cells: of the body around them.
    """

    cell: Integers
    conductance: Floats
    potential: Floats
    needle: Integers
    outside: Floats


@dataclass(frozen=True)
class ArrayCells:
    """The discretised piece.

    Attributes
    ----------
    x, y, z
        Edges of the cells [m].
    layer : (nz,)
        Index of the tissue layer.
    open, volume : (nx, ny, nz)
        Share and volume [m^3] of the tissue in each cell.
    open_x, open_y, open_z
        Open share of the faces, as in :class:`~percuta.numerics.cut_cells.Cuts`.
    conductance
        Electrical, between cells, at reference conductivity [S].
    walls
        To metal, planes of zero potential and the outside.
    needle_x, needle_y, needle_share : (n,)
        Where the needles of the piece stand [m], and which share of each lies in it.
    copies
        Of the piece in one unit of the array.
    mirrored
        Whether the low faces of x and y are planes of symmetry of the zones.
    """

    x: Floats
    y: Floats
    z: Floats
    layer: NDArray[np.uint8]
    open: Floats
    volume: Floats
    open_x: Floats
    open_y: Floats
    open_z: Floats
    conductance: Conductances
    walls: Walls
    needle_x: Floats
    needle_y: Floats
    needle_share: Floats
    copies: float
    mirrored: tuple[bool, bool]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of cells along each axis."""
        return (self.x.size - 1, self.y.size - 1, self.z.size - 1)


def check_memory(x: Floats, y: Floats, z: Floats) -> None:
    """Check that a pulse on these cells fits in the machine's memory, before any of it is taken.

    Raises
    ------
    PlanError
        If it would need more than most of the memory.
    """
    cells = (x.size - 1) * (y.size - 1) * (z.size - 1)
    needed, there = cells * BYTES_PER_CELL, _SHARE_OF_MEMORY * _memory()
    if needed > there:
        raise PlanError(
            "the cells of this pulse would not fit in memory",
            value=f"{cells:.3g} cells, about {needed / 2**30:.3g} GiB",
            allowed=f"{there / 2**30:.3g} GiB on this machine",
            do="use a coarser accuracy, fewer needles or a smaller margin",
        )


def _memory() -> float:
    """Return the machine's memory [bytes]; infinite where it does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return float("inf")


def upright_cells(setup: PulseSetup, fineness: Fineness) -> ArrayCells:
    """Discretise the piece of an array of upright needles."""
    needle, array = setup.needle, setup.array
    radius = 0.5 * needle.diameter
    planes = [0.0, *accumulate(layer.thickness for layer in setup.layers)]
    marks = [needle.depth, needle.depth - needle.exposed_length]
    if needle.taper > 0.0:
        marks.append(needle.depth - needle.taper)
    z = depth_edges(planes, marks, fineness, 4.0 * fineness.largest, surface_refinement(setup, fineness))
    layer = layer_of(z, planes)
    along, across = layer_sigma(setup, layer)
    x_axis, y_axis = piece_axes(array, radius, fineness)
    check_memory(x_axis.edges, y_axis.edges, z)
    quarter = needle_cuts(x_axis.half_pitch, y_axis.half_pitch, z, lambda depth: radius_at(needle, depth))
    sigma = [(one.sigma_in_plane, one.sigma_in_depth) for one in setup.layers]
    field = needle_field(
        needle,
        np.array(planes),
        np.array([one for one, _ in sigma]),
        np.array([one for _, one in sigma]),
        0.5 * array.pitch,
        fineness.field_ratio,
    )
    fitted = fitted_conductances(x_axis.half_pitch, y_axis.half_pitch, z, quarter, along, across, needle, field)
    cuts = _spread_cuts(quarter, x_axis, y_axis, z)
    plain = plain_conductances(x_axis.edges, y_axis.edges, z, cuts, along, across)
    conductance = _spread_conductances(plain, fitted, x_axis, y_axis)
    walls = _walls(setup, conductance.wall, x_axis, y_axis, z, (along, across))
    grid_x, grid_y = np.meshgrid(x_axis.positions, y_axis.positions, indexing="ij")
    share = np.outer(x_axis.whole, y_axis.whole)
    return ArrayCells(
        x_axis.edges,
        y_axis.edges,
        z,
        layer,
        cuts.open,
        cuts.volume,
        cuts.open_x,
        cuts.open_y,
        cuts.open_z,
        conductance,
        walls,
        grid_x.ravel(),
        grid_y.ravel(),
        share.ravel(),
        copies_of(array),
        (not x_axis.low_zero, not y_axis.low_zero),
    )


def layer_sigma(setup: PulseSetup, layer: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Return the conductivity of each layer of cells along the surface and in depth [S/m]."""
    along = np.array([one.sigma_in_plane for one in setup.layers])[layer]
    across = np.array([one.sigma_in_depth for one in setup.layers])[layer]
    return along, across


def _spread_cuts(quarter: Cuts, x: Axis, y: Axis, z: Floats) -> Cuts:
    """Copy the open parts around one needle to all needles."""
    shape = (x.cell.size, y.cell.size, z.size - 1)
    size = np.diff(x.edges)[:, None, None] * np.diff(y.edges)[:, None] * np.diff(z)
    inside = np.ix_(x.cell != OUTSIDE, y.cell != OUTSIDE)
    source = np.ix_(x.cell[x.cell != OUTSIDE], y.cell[y.cell != OUTSIDE])
    share, volume = np.ones(shape), size.copy()
    share[inside], volume[inside] = quarter.open[source], quarter.volume[source]
    open_x, open_y = np.ones((shape[0] + 1, *shape[1:])), np.ones((shape[0], shape[1] + 1, shape[2]))
    face_x = _nearest_face(x)
    face_y = _nearest_face(y)
    open_x[np.ix_(face_x != OUTSIDE, y.cell != OUTSIDE)] = quarter.open_x[
        np.ix_(face_x[face_x != OUTSIDE], y.cell[y.cell != OUTSIDE])
    ]
    open_y[np.ix_(x.cell != OUTSIDE, face_y != OUTSIDE)] = quarter.open_y[
        np.ix_(x.cell[x.cell != OUTSIDE], face_y[face_y != OUTSIDE])
    ]
    open_z = np.empty((*shape[:2], shape[2] + 1))
    open_z[:, :, 0], open_z[:, :, -1] = share[:, :, 0], share[:, :, -1]
    open_z[:, :, 1:-1] = np.minimum(share[:, :, :-1], share[:, :, 1:])
    middle_x = np.broadcast_to(centres(x.edges)[:, None, None], shape)
    middle_y = np.broadcast_to(centres(y.edges)[:, None], shape)
    return Cuts(share, volume, open_x, open_y, open_z, middle_x, middle_y)


def _nearest_face(axis: Axis) -> Integers:
    """Return the face of the half pitch that every face copies, seams included."""
    faces = axis.face.copy()
    for index in range(faces.size):
        if faces[index] != OUTSIDE:
            continue
        beside = axis.cell[min(index, axis.cell.size - 1)] if index < axis.cell.size else axis.cell[-1]
        before = axis.cell[index - 1] if index > 0 else beside
        if OUTSIDE in (beside, before):
            continue
        faces[index] = 0 if beside == 0 else axis.half_pitch.size - 1
    return faces


def _spread_conductances(plain: Conductances, fitted: Conductances, x: Axis, y: Axis) -> Conductances:
    """Take the fitted conductances wherever a needle's half pitches reach, the plain ones at seams and beyond."""
    gx, gy, gz, wall = plain.x.copy(), plain.y.copy(), plain.z.copy(), plain.wall.copy()
    in_x, in_y = x.cell != OUTSIDE, y.cell != OUTSIDE
    face_x, face_y = x.face != OUTSIDE, y.face != OUTSIDE
    gx[np.ix_(face_x, in_y)] = fitted.x[np.ix_(x.face[face_x], y.cell[in_y])]
    gy[np.ix_(in_x, face_y)] = fitted.y[np.ix_(x.cell[in_x], y.face[face_y])]
    both, source = np.ix_(in_x, in_y), np.ix_(x.cell[in_x], y.cell[in_y])
    gz[both], wall[both] = fitted.z[source], fitted.wall[source]
    return Conductances(gx, gy, gz, wall)


def _walls(setup: PulseSetup, metal: Floats, x: Axis, y: Axis, z: Floats, sigma: tuple[Floats, Floats]) -> Walls:
    """Gather the metal, the planes of zero potential and, for a monopolar array, the outer condition."""
    shape = metal.shape
    index = np.arange(metal.size).reshape(shape)
    parts = [_metal(setup, metal, x, y, index)]
    for axis, place in ((x, 0), (y, 1)):
        other = np.diff(y.edges if place == 0 else x.edges)
        ends = (
            (axis.low_zero, 0, axis.edges[1] - axis.edges[0]),
            (axis.high_zero, -1, axis.edges[-1] - axis.edges[-2]),
        )
        for zero, end, size in ends:
            if zero:
                face = sigma[0] * other[:, None] * np.diff(z) / (0.5 * size)
                parts.append(_held(np.take(index, end, axis=place), face))
    if setup.array.pattern == "monopolar":
        parts.extend(_outer(x, y, z, sigma, index))
    columns = (np.concatenate([part[k].ravel() for part in parts]) for k in range(5))
    return Walls(*columns)


def _held(cells: Integers, conductance: Floats, outside: Floats | float = 0.0) -> _Wall:
    return (
        cells,
        conductance,
        np.zeros(cells.shape),
        np.full(cells.shape, OUTSIDE),
        np.broadcast_to(np.float64(outside), cells.shape),
    )


def _metal(setup: PulseSetup, metal: Floats, x: Axis, y: Axis, index: Integers) -> _Wall:
    i, j, k = np.nonzero(metal)
    number_x, number_y = x.needle[i], y.needle[j]
    # numbers count from the middle plane; with an even count the neighbours beyond it have the other polarity
    turned = x.alternates * number_x + y.alternates * number_y
    bipolar = setup.array.pattern != "monopolar"
    potential = np.where(turned % 2 == 0, 0.5, -0.5) if bipolar else np.ones(i.size)
    return index[i, j, k], metal[i, j, k], potential, number_x * len(y.positions) + number_y, np.zeros(i.size)


def _outer(x: Axis, y: Axis, z: Floats, sigma: tuple[Floats, Floats], index: Integers) -> list[_Wall]:
    """Return the condition dV/dn + V cos(theta) / r = 0 on the outer faces, about the array's centre."""
    middle = np.meshgrid(centres(x.edges), centres(y.edges), centres(z), indexing="ij")
    dx, dy, dz = np.diff(x.edges), np.diff(y.edges), np.diff(z)
    faces = []
    for axis, edges, area, along in (
        (0, x.edges, dy[:, None] * dz, sigma[0]),
        (1, y.edges, dx[:, None] * dz, sigma[0]),
        (2, z, dx[:, None] * dy[None], sigma[1][-1]),
    ):
        place = [np.take(part, -1, axis=axis) for part in middle]
        aside = sum(part**2 for number, part in enumerate(place) if number != axis)
        distance = np.sqrt(aside + edges[-1] ** 2)
        slope = edges[-1] / distance**2  # cos(theta) / r
        half = 0.5 * (edges[-1] - edges[-2])
        far = 1.0 / slope
        faces.append(_held(np.take(index, -1, axis=axis), along * area / (half + far), far / (half + far)))
    return faces
