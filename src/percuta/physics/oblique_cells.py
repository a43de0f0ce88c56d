r"""Cells of one half of a pair of inclined needles.

The plane between the two needles, x = 0, is the only plane of symmetry. The layers stay level, the needle is a
cylinder cut by the grid at an angle: its axis lies in the plane x = pitch / 2, enters the skin at y = 0 and goes down
towards positive y.

Open parts of cells and faces come from points within them, the metal's surface from small patches that are handed to
the cells in front of them, so that its area is exact. Near the needle the conductances are fitted to the field
:math:`\ln \rho` of a long cylinder, :math:`\rho` the distance from the axis; in anisotropic layers the metal sees the
geometric mean of the two conductivities across its axis. The edge of the insulation and the end of the needle are not
fitted: their share is small for the long bare needles of such devices, and is part of the estimated error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.cut_cells import SLIVER, Cuts
from percuta.numerics.grid import Refinement, centres, graded_edges
from percuta.physics.array_cells import ArrayCells, Walls, check_memory, layer_sigma
from percuta.physics.array_piece import OUTSIDE, Fineness, copies_of, layer_of, surface_refinement
from percuta.physics.needle_field import Conductances, plain_conductances
from percuta.physics.pulse_setup import Needle, PulseSetup

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_POINTS = 8  # along each direction of a cell or a face
_AROUND = 192  # patches around the needle
_NEAR = 3.0  # radii
_BLUNT = 0.1  # least radius of a pointed end, in full radii
_BESIDE = 1.02  # least distance of a cell in front of the metal, in radii of the axis
_COARSER = 2.0  # than around an upright needle: cells of 0.8 radii give the power of a long bare needle to 0.1 %
_LEAST, _MOST = 0.25, 6.0  # of the plain conductance


@dataclass(frozen=True)
class _Cylinder:
    """A needle of full radius whose axis lies in the plane x = ``x``."""

    needle: Needle
    x: float

    @property
    def radius(self) -> float:
        return 0.5 * self.needle.diameter

    @property
    def along(self) -> tuple[float, float]:
        """Direction of the axis in y and z."""
        return float(np.cos(self.needle.angle)), float(np.sin(self.needle.angle))

    @property
    def end(self) -> float:
        """Length of the needle in the skin, along its axis."""
        return self.needle.depth / self.along[1]

    def place(self, y: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Return the position along the axis, and the distance from it within the plane of y and z."""
        c, s = self.along
        return y * c + z * s, z * c - y * s

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the distance from the axis."""
        return np.asarray(np.hypot(x - self.x, self.place(y, z)[1]))

    def radii_away(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the distance from the axis over the radius there, a little more than 1 at least."""
        position, _ = self.place(y, z)
        radius = np.maximum(self.radius_at(np.minimum(position, self.end)), _BLUNT * self.radius)
        return np.maximum(self.distance(x, y, z) / radius, _BESIDE)

    def inside(self, x: Floats, y: Floats, z: Floats) -> NDArray[np.bool_]:
        """Tell which points lie in the metal; a taper narrows the end."""
        position, aside = self.place(y, z)
        return np.asarray((np.hypot(x - self.x, aside) < self.radius_at(position)) & (position < self.end))

    def radius_at(self, position: Floats) -> Floats:
        """Return the radius at some positions along the axis."""
        if self.needle.taper <= 0.0:
            return np.full(np.shape(position), self.radius)
        return np.asarray(self.radius * np.clip((self.end - position) / self.needle.taper, 0.0, 1.0))


def oblique_cells(setup: PulseSetup, fineness: Fineness) -> ArrayCells:
    """Discretise one half of a pair of needles."""
    array, needle = setup.array, setup.needle
    cylinder = _Cylinder(needle, 0.5 * array.pitch)
    planes = [0.0, *accumulate(layer.thickness for layer in setup.layers)]
    surface = surface_refinement(setup, fineness)
    x, y, z = _edges(cylinder, planes, array.margin, fineness, surface)
    check_memory(x, y, z)
    layer = layer_of(z, planes)
    along, across = layer_sigma(setup, layer)
    cuts = _cuts(cylinder, x, y, z)
    conductance = _fitted(cylinder, x, y, z, cuts, plain_conductances(x, y, z, cuts, along, across))
    walls = _walls(cylinder, x, y, z, cuts, along, across)
    return ArrayCells(
        x,
        y,
        z,
        layer,
        cuts.open,
        cuts.volume,
        cuts.open_x,
        cuts.open_y,
        cuts.open_z,
        conductance,
        walls,
        np.array([cylinder.x]),
        np.array([0.0]),
        np.ones(1),
        copies_of(array),
        (True, False),
    )


def _edges(
    cylinder: _Cylinder, planes: list[float], margin: float, fineness: Fineness, surface: Refinement
) -> tuple[Floats, Floats, Floats]:
    (c, s), radius, needle = cylinder.along, cylinder.radius, cylinder.needle
    bare = max(cylinder.end - needle.exposed_length, 0.0)
    size, ratio = min(_COARSER * fineness.size, 0.25 * needle.exposed_length), fineness.ratio
    largest = max(4.0 * fineness.largest, 0.1 * margin)
    x = graded_edges(
        [0.0, cylinder.x, cylinder.x + margin],
        [Refinement(cylinder.x - radius, cylinder.x + radius, size)],
        ratio=ratio,
        largest=largest,
    )
    y = graded_edges(
        [-margin, cylinder.end * c + margin],
        [Refinement(bare * c - radius * s, cylinder.end * c + radius * s, min(size / s, 3.0 * size))],
        ratio=ratio,
        largest=largest,
    )
    low, high = max(bare * s - radius * c, 0.0), cylinder.end * s + radius * c
    z = graded_edges(planes, [surface, Refinement(low, high, size)], ratio=ratio, largest=largest)
    return x, y, z


def _points(edges: Floats, count: int = _POINTS) -> Floats:
    """Return points within every cell of an axis, shape (n, count)."""
    return np.asarray(edges[:-1, None] + np.diff(edges)[:, None] * (np.arange(count) + 0.5) / count)


def _near_box(
    cylinder: _Cylinder, x: Floats, y: Floats, z: Floats, radii: float
) -> tuple[Integers, Integers, Integers]:
    """Return the indices of the cells whose centre is within some radii of the axis, and two cells more."""
    middle = np.meshgrid(centres(x), centres(y), centres(z), indexing="ij")
    reach = [np.diff(edges) for edges in (x, y, z)]
    half = np.sqrt(reach[0][:, None, None] ** 2 + reach[1][:, None] ** 2 + reach[2] ** 2)
    position, _ = cylinder.place(middle[1], middle[2])
    near = (cylinder.distance(*middle) < radii * cylinder.radius + half) & (
        position < cylinder.end + radii * cylinder.radius + half
    )
    i, j, k = np.nonzero(near)
    return i, j, k


def _cuts(cylinder: _Cylinder, x: Floats, y: Floats, z: Floats) -> Cuts:
    shape = (x.size - 1, y.size - 1, z.size - 1)
    size = np.diff(x)[:, None, None] * np.diff(y)[:, None] * np.diff(z)
    share = np.ones(shape)
    middle = [np.broadcast_to(part, shape).copy() for part in (centres(x)[:, None, None], centres(y)[:, None])]
    i, j, k = _near_box(cylinder, x, y, z, 1.0)
    px, py, pz = (part[index] for part, index in ((_points(x), i), (_points(y), j), (_points(z), k)))
    outside = ~cylinder.inside(px[:, :, None, None], py[:, None, :, None], pz[:, None, None, :])
    share[i, j, k] = outside.mean(axis=(1, 2, 3))
    count = np.maximum(outside.sum(axis=(1, 2, 3)), 1)
    middle[0][i, j, k] = (outside * px[:, :, None, None]).sum(axis=(1, 2, 3)) / count
    middle[1][i, j, k] = (outside * py[:, None, :, None]).sum(axis=(1, 2, 3)) / count
    share[share < SLIVER] = 0.0
    alive = share > 0.0
    faces = [np.ones(tuple(n + (axis == place) for place, n in enumerate(shape))) for axis in range(3)]
    for axis in range(3):
        _open_faces(cylinder, (x, y, z), faces[axis], axis, (i, j, k))
        inner = np.moveaxis(faces[axis], axis, 0)
        both = np.moveaxis(alive, axis, 0)
        inner[1:-1] *= both[1:] & both[:-1]
    return Cuts(share, share * size, faces[0], faces[1], faces[2], middle[0], middle[1])


def _open_faces(
    cylinder: _Cylinder,
    edges: tuple[Floats, Floats, Floats],
    faces: Floats,
    axis: int,
    cells: tuple[Integers, Integers, Integers],
) -> None:
    """Set the open shares of the low faces of some cells along one axis."""
    faces[cells] = (~cylinder.inside(*_on_faces(edges, axis, cells))).mean(axis=(1, 2, 3))


def _on_faces(edges: tuple[Floats, Floats, Floats], axis: int, cells: tuple[Integers, ...]) -> list[Floats]:
    """Return points on the low faces of some cells along one axis, ready to be combined: (cells, x, y, z)."""
    coordinates: list[Floats] = []
    for place in range(3):
        values = edges[place][cells[place]][:, None] if place == axis else _points(edges[place])[cells[place]]
        shape = [cells[place].size, 1, 1, 1]
        shape[1 + place] = values.shape[1]
        coordinates.append(values.reshape(shape))
    return coordinates


def _fitted(cylinder: _Cylinder, x: Floats, y: Floats, z: Floats, cuts: Cuts, plain: Conductances) -> Conductances:
    """Fit the conductances near the needle to the field ln(rho) of a long cylinder."""
    i, j, k = _near_box(cylinder, x, y, z, _NEAR)
    potential = np.zeros(cuts.open.shape)
    middle_z = np.broadcast_to(centres(z), cuts.open.shape)
    potential[:] = np.log(cylinder.radii_away(cuts.centre_x, cuts.centre_y, middle_z))
    edges, conductances = (x, y, z), []
    for axis, g in enumerate((plain.x.copy(), plain.y.copy(), plain.z.copy())):
        inner = (i, j, k)[axis] > 0
        own = tuple(part[inner] for part in (i, j, k))
        before = tuple(part - (place == axis) for place, part in enumerate(own))
        slope = _slope_through(cylinder, edges, axis, own)
        middle = centres(edges[axis])
        distance = middle[own[axis]] - middle[before[axis]]
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = slope * distance / (potential[own] - potential[before])
        position, _ = cylinder.place(centres(y)[own[1]], centres(z)[own[2]])
        use = (factor > _LEAST) & (factor < _MOST) & (position < cylinder.end)
        g[own] *= np.where(use, factor, 1.0)
        conductances.append(g)
    return Conductances(conductances[0], conductances[1], conductances[2], plain.wall)


def _slope_through(
    cylinder: _Cylinder, edges: tuple[Floats, Floats, Floats], axis: int, cells: tuple[Integers, ...]
) -> Floats:
    """Return the mean slope of ln(rho) along one axis over the open part of the low faces of some cells."""
    coordinates = _on_faces(edges, axis, cells)
    _, aside = cylinder.place(coordinates[1], coordinates[2])
    off = coordinates[0] - cylinder.x
    c, s = cylinder.along
    share = (off, -s * aside, c * aside)[axis] / np.maximum(off**2 + aside**2, 1e-30)
    outside = ~cylinder.inside(*coordinates)
    share, outside = np.broadcast_arrays(share, outside)
    return np.asarray((share * outside).sum(axis=(1, 2, 3)) / np.maximum(outside.sum(axis=(1, 2, 3)), 1))


def _walls(cylinder: _Cylinder, x: Floats, y: Floats, z: Floats, cuts: Cuts, along: Floats, across: Floats) -> Walls:
    shape, radius = cuts.open.shape, cylinder.radius
    index = np.arange(cuts.open.size).reshape(shape)
    c, s = cylinder.along
    turned = np.zeros(cuts.open.size)  # angle around the axis times length along it [m]
    face = np.zeros(cuts.open.size)
    step = 0.05 * radius
    bare = max(cylinder.end - cylinder.needle.exposed_length, 0.0)
    places = np.linspace(bare, cylinder.end, max(int((cylinder.end - bare) / step), 8) + 1)
    angle = (np.arange(_AROUND) + 0.5) * 2.0 * np.pi / _AROUND
    position, turn = (part.ravel() for part in np.meshgrid(centres(places), angle, indexing="ij"))
    patch = np.full(position.size, (2.0 * np.pi / _AROUND) * (places[1] - places[0]))

    def side(beyond: float) -> tuple[Floats, Floats, Floats]:
        out = cylinder.radius_at(position) + beyond
        aside = out * np.sin(turn)
        return cylinder.x + out * np.cos(turn), position * c - aside * s, position * s + aside * c

    _hand_out(turned, patch, side, (x, y, z), cuts)
    if cylinder.needle.taper <= 0.0:
        rings = radius * np.sqrt((np.arange(24) + 0.5) / 24)
        off, turn2 = (part.ravel() for part in np.meshgrid(rings, angle, indexing="ij"))

        def end(beyond: float) -> tuple[Floats, Floats, Floats]:
            aside, at = off * np.sin(turn2), cylinder.end + beyond
            return cylinder.x + off * np.cos(turn2), at * c - aside * s, at * s + aside * c

        _hand_out(face, np.full(off.size, np.pi * radius**2 / off.size), end, (x, y, z), cuts)
    middle_z = np.broadcast_to(centres(z), shape)
    position_c, _ = cylinder.place(cuts.centre_y, middle_z)
    away = np.log(cylinder.radii_away(cuts.centre_x, cuts.centre_y, middle_z)).ravel()
    before = np.maximum(position_c - cylinder.end, 0.1 * np.min(np.diff(z))).ravel()
    perpendicular = np.sqrt(along * (along * s**2 + across * c**2))
    axial = along * c**2 + across * s**2
    sigma = np.broadcast_to(perpendicular, shape).ravel()
    sigma_end = np.broadcast_to(axial, shape).ravel()
    conductance = sigma * turned / away + sigma_end * face / before
    metal = np.flatnonzero(conductance > 0.0)
    plane = (np.diff(y)[:, None] * np.diff(z)) * along / (0.5 * (x[1] - x[0]))
    return Walls(
        np.concatenate([metal, index[0].ravel()]),
        np.concatenate([conductance[metal], plane.ravel()]),
        np.concatenate([np.full(metal.size, 0.5), np.zeros(plane.size)]),
        np.concatenate([np.zeros(metal.size, dtype=np.int64), np.full(plane.size, OUTSIDE)]),
        np.zeros(metal.size + plane.size),
    )


def _hand_out(
    total: Floats,
    patch: Floats,
    points: Callable[[float], tuple[Floats, Floats, Floats]],
    edges: tuple[Floats, Floats, Floats],
    cuts: Cuts,
) -> None:
    """Add the areas of patches of metal to the first open cells in front of them."""
    shape = cuts.open.shape
    smallest = min(float(np.diff(one).min()) for one in edges)
    left = np.ones(patch.size, dtype=bool)
    for beyond in (0.0, 0.5, 1.0, 1.5, 2.0):
        place = [
            np.clip(np.searchsorted(axis, point) - 1, 0, axis.size - 2)
            for axis, point in zip(edges, points(beyond * smallest + 1e-9), strict=True)
        ]
        cell = np.ravel_multi_index((place[0], place[1], place[2]), shape)
        take = left & (cuts.open.ravel()[cell] > 0.0)
        np.add.at(total, cell[take], patch[take])
        left &= ~take
