r"""The electric field of a single needle, and cell conductances that reproduce it.

Near a needle the potential is steep and singular: it falls with ln r from the bare metal, with the root of the
distance from the edge of the insulation, and with a power of 2/3 from the rim of a flat end. Differences of values at
cell centres miss that, and the power of an array converges with the first order of the cell only. So the field of
one needle in the same layers is first solved with very fine cells in the plane of depth and radius, where that costs
milliseconds. Each conductance of the three-dimensional grid near the needle is then the flux of this field through
the face, over its difference between the two cells:

.. math:: G = \frac{\int_{face} \sigma\,\nabla u \cdot dA}{u_2 - u_1}

The flux through any face is the circulation of the Stokes stream function :math:`\Psi` around it,
:math:`\sigma r \partial_r u = -\partial_z \Psi`, which makes the flows into every cell balance to the last bit. The
conductance to the metal closes the balance of its cell. The grid then has the single needle's field as an exact
solution, singularities included, and what neighbouring needles add to it is smooth.

Faces across which this field hardly changes, or changes against its flow, keep the plain conductance
:math:`\sigma A / d`.

Reference: the principle is that of fitted, or nodally exact, difference schemes; Roos, Stynes and Tobiska, Robust
Numerical Methods for Singularly Perturbed Differential Equations (2008), part I. Its use for needles is this
project's, and is verified against an independent finite-element code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import solveh_banded
from scipy.sparse.linalg import spsolve

from percuta.numerics.cut_cells import Cuts
from percuta.numerics.grid import Refinement, centres, graded_edges
from percuta.physics.pulse_setup import Needle

Floats = NDArray[np.float64]

_FINE = 4.0  # cells per radius at the edges of the electrode, for a ratio of 2; more with the square of ratio - 1
_NEAR = 3.0  # radii around the axis within which conductances are fitted
_LEAST, _MOST = 0.25, 6.0  # of the plain conductance; beyond them the field says nothing about a face
_WIDEST = 64  # band; what fills a wider one falls to subnormal numbers, which take a hundred times as long
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


def radius_at(needle: Needle, depth: Floats) -> Floats:
    """Return the radius of an upright needle at some depths [m]: full down to the taper, 0 below the tip."""
    above = needle.depth - np.asarray(depth, dtype=np.float64)
    full = 0.5 * needle.diameter
    narrowing = np.clip(above / needle.taper, 0.0, 1.0) if needle.taper > 0.0 else np.ones_like(above)
    return np.asarray(np.where(above > 0.0, full * narrowing, 0.0))


@dataclass(frozen=True)
class Conductances:
    """Conductances [S] of the cells around one quarter of a needle, at the layers' reference conductivity.

    Attributes
    ----------
    x, y, z : (nx + 1, ny, nz), (nx, ny + 1, nz), (nx, ny, nz + 1)
        Between neighbours; the faces of the box are 0.
    wall : (nx, ny, nz)
        To the bare metal.
    """

    x: Floats
    y: Floats
    z: Floats
    wall: Floats


@dataclass(frozen=True)
class NeedleField:
    """The field of one needle at 1 V within an earthed cylinder, on fine cells.

    Attributes
    ----------
    r, z
        Edges of the cells [m].
    potential : (nr, nz)
        At the centres [V].
    stream_below, stream_beside : (nr + 1, nz + 1)
        Stream function [A/rad] at the corners, continued into the metal from the wall below or beside it.
    """

    r: Floats
    z: Floats
    potential: Floats
    stream_below: Floats
    stream_beside: Floats

    @property
    def current(self) -> float:
        """Current from the needle [A]."""
        return float(2.0 * np.pi * self.stream_below[-1, -1])


def needle_field(
    needle: Needle, planes: Floats, along: Floats, across: Floats, reach: float, ratio: float
) -> NeedleField:
    """Solve the field of one upright needle.

    Parameters
    ----------
    needle
        The needle.
    planes
        Depths of the faces of the layers [m], from 0 to the bottom.
    along, across
        Conductivity of each layer along the surface and in depth [S/m].
    reach
        Radius of the earthed cylinder [m].
    ratio
        Largest ratio of neighbouring cells.
    """
    radius, edge = 0.5 * needle.diameter, max(needle.depth - needle.exposed_length, 0.0)
    fine = radius * (ratio - 1.0) ** 2 / _FINE
    r = graded_edges([0.0, radius, reach], [Refinement(radius, radius, fine)], ratio=ratio)
    marks = [needle.depth, edge] + ([needle.depth - needle.taper] if needle.taper > 0.0 else [])
    z = graded_edges(
        distinct([*planes, *marks], fine), [Refinement(mark, mark, fine) for mark in marks if mark > 0.0], ratio=ratio
    )
    layer = np.clip(np.searchsorted(planes, centres(z)) - 1, 0, len(along) - 1)
    metal = centres(r)[:, None] < radius_at(needle, centres(z))[None]
    return _solved(r, z, metal, centres(z) > edge, np.asarray(along)[layer], np.asarray(across)[layer])


def distinct(planes: list[float], apart: float) -> list[float]:
    """Return planes in order without those closer to the one before than a distance; both ends stay."""
    ordered = sorted(planes)
    kept = [ordered[0]]
    for plane in ordered[1:-1]:
        if plane - kept[-1] > apart and ordered[-1] - plane > apart:
            kept.append(plane)
    return [*kept, ordered[-1]]


def _solved(
    r: Floats, z: Floats, metal: NDArray[np.bool_], bare: NDArray[np.bool_], along: Floats, across: Floats
) -> NeedleField:
    dr, dz, middle = np.diff(r), np.diff(z), centres(r)
    # radial flow is logarithmic: exact where the potential does not change with depth
    at_r = along * dz / np.log(middle[1:] / middle[:-1])[:, None]
    at_z = (middle * dr)[:, None] / (0.5 * (dz[:-1] / across[:-1] + dz[1:] / across[1:]))
    open_r, open_z = ~metal[:-1] & ~metal[1:], ~metal[:, :-1] & ~metal[:, 1:]
    wall_r, wall_z = np.zeros(metal.shape), np.zeros(metal.shape)
    beside, above = metal[:-1] & ~metal[1:] & bare, metal[:, :-1] & ~metal[:, 1:] & bare[:-1]
    wall_r[1:] = np.where(beside, along * dz / np.log(middle[1:] / r[1:-1])[:, None], 0.0)
    wall_z[:, 1:] = np.where(above, (middle * dr)[:, None] * (across / (0.5 * dz))[1:], 0.0)
    outer = np.zeros(metal.shape)
    outer[-1] = along * dz / np.log(r[-1] / middle[-1])
    at_r, at_z = np.where(open_r, at_r, 0.0), np.where(open_z, at_z, 0.0)
    u = _potential(at_r, at_z, wall_r + wall_z, outer, metal)
    flow = np.zeros((r.size, z.size - 1))  # outwards, per radian
    flow[1:-1] = at_r * (u[:-1] - u[1:]) + wall_r[1:] * (1.0 - u[1:])
    flow[-1] = outer[-1] * u[-1]
    gathered = np.concatenate([np.zeros((r.size, 1)), np.cumsum(flow, axis=1)], axis=1)
    # the bottom lets nothing through, so that the stream function is the same everywhere on it
    below = gathered[-1, -1] - (gathered[:, -1:] - gathered)
    return NeedleField(r, z, u, below, _continued_beside(below, metal))


def _potential(at_r: Floats, at_z: Floats, wall: Floats, outer: Floats, metal: NDArray[np.bool_]) -> Floats:
    diagonal = wall + outer
    diagonal[:-1] += at_r
    diagonal[1:] += at_r
    diagonal[:, :-1] += at_z
    diagonal[:, 1:] += at_z
    diagonal[metal] = 1.0
    # cells here differ too much in size for the multigrid of the array; the band is as wide as there are radii
    across, rhs = metal.shape[0], np.where(metal, 1.0, wall).T.ravel()
    bands = np.zeros((across + 1, metal.size))
    bands[0] = diagonal.T.ravel()
    bands[1].reshape(metal.T.shape)[:, :-1] = -at_r.T
    bands[across, : at_z.size] = -at_z.T.ravel()
    if across <= _WIDEST:
        solved = solveh_banded(bands, rhs, lower=True, overwrite_ab=True, check_finite=False)
    else:
        sides = [bands[1, :-1], bands[across, :-across]]
        parts, offsets = [bands[0], *sides, *sides], [0, -1, -across, 1, across]
        solved = spsolve(sparse.diags_array(parts, offsets=offsets, format="csc"), rhs, permc_spec="MMD_AT_PLUS_A")
    return np.asarray(solved.reshape(metal.T.shape).T)


def _continued_beside(stream: Floats, metal: NDArray[np.bool_]) -> Floats:
    """Give corners inside the metal the stream function of the wall at the same depth."""
    stream = stream.copy()
    inside = np.zeros(stream.shape, dtype=np.int64)
    # a corner belongs to the metal if the cells above it do: the end face itself counts as seen from above
    inside[:, 1:] = metal.sum(axis=0)
    inside[:, 0] = metal[:, 0].sum()
    for k in range(stream.shape[1]):
        count = int(inside[0, k])
        stream[:count, k] = stream[count, k]
    return stream


def fitted_conductances(
    x: Floats, y: Floats, z: Floats, cuts: Cuts, along: Floats, across: Floats, needle: Needle, field: NeedleField
) -> Conductances:
    """Return conductances of the quarter x, y >= 0 around a needle that reproduce its own field.

    Parameters
    ----------
    x, y, z
        Edges of the cells [m]; ``z`` contains the tip and the edge of the insulation.
    cuts
        Their open parts.
    along, across : (nz,)
        Conductivity of each layer of cells along the surface and in depth [S/m].
    needle, field
        The needle and its field.
    """
    plain = plain_conductances(x, y, z, cuts, along, across)
    u = _potential_in(field, cuts, z)
    radius = 0.5 * needle.diameter
    beside_y, below_y = _circulations(field, x, y, z, radius)
    beside_x, below_x = (np.swapaxes(part, 0, 1) for part in _circulations(field, y, x, z, radius))
    through_x, through_y = np.diff(below_y, axis=2), np.diff(below_x, axis=2)
    through_z = -(beside_y[1:] + beside_x[:, 1:] - beside_y[:-1] - beside_x[:, :-1])
    near = _NEAR * radius
    close_x, close_y = np.searchsorted(x, near), np.searchsorted(y, near)
    close = np.zeros(plain.wall.shape[:2], dtype=bool)
    close[:close_x, :close_y] = True
    gx, gy, gz = plain.x.copy(), plain.y.copy(), plain.z.copy()
    _fit(gx[1:-1], through_x[1:-1], u[:-1] - u[1:], (close[1:] & close[:-1])[:, :, None])
    _fit(gy[:, 1:-1], through_y[:, 1:-1], u[:, :-1] - u[:, 1:], (close[:, 1:] & close[:, :-1])[:, :, None])
    _fit(gz[:, :, 1:-1], through_z[:, :, 1:-1], u[:, :, :-1] - u[:, :, 1:], close[:, :, None])
    return Conductances(gx, gy, gz, _wall(gx, gy, gz, u, _touching(cuts, z, needle)))


def plain_conductances(x: Floats, y: Floats, z: Floats, cuts: Cuts, along: Floats, across: Floats) -> Conductances:
    """Return the conductances sigma A / d between neighbours; the wall is left at 0."""
    dx, dy, dz = np.diff(x), np.diff(y), np.diff(z)
    gx, gy, gz = np.zeros(cuts.open_x.shape), np.zeros(cuts.open_y.shape), np.zeros(cuts.open_z.shape)
    gx[1:-1] = cuts.open_x[1:-1] * along * dz * (dy[None] / np.diff(centres(x))[:, None])[:, :, None]
    gy[:, 1:-1] = cuts.open_y[:, 1:-1] * along * dz * (dx[:, None] / np.diff(centres(y))[None])[:, :, None]
    resistance = 0.5 * (dz[:-1] / across[:-1] + dz[1:] / across[1:])
    gz[:, :, 1:-1] = cuts.open_z[:, :, 1:-1] * (dx[:, None] * dy[None])[:, :, None] / resistance
    return Conductances(gx, gy, gz, np.zeros(cuts.open.shape))


def _fit(plain: Floats, through: Floats, drop: Floats, close: NDArray[np.bool_]) -> None:
    """Replace plain conductances by fitted ones where the field says something about the face."""
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = through / drop
    use = close & (plain > 0.0) & (fitted > _LEAST * plain) & (fitted < _MOST * plain)
    plain[use] = fitted[use]


def _touching(cuts: Cuts, z: Floats, needle: Needle) -> NDArray[np.bool_]:
    """Tell which open cells have bare metal at one of their faces or inside."""
    filled = cuts.open <= 0.0
    bare = centres(z) > needle.depth - needle.exposed_length
    bare &= centres(z) < needle.depth
    beside = (cuts.open < 1.0 - 1e-12) & ~filled
    beside[1:] |= filled[:-1]
    beside[:, 1:] |= filled[:, :-1]
    touching = beside & bare
    part = np.zeros(filled.shape, dtype=bool)
    part[:, :, 1:] = cuts.open[:, :, :-1] < cuts.open[:, :, 1:]
    touching[:, :, 1:] |= part[:, :, 1:] & bare[:-1]
    return np.asarray(touching & ~filled)


def _wall(gx: Floats, gy: Floats, gz: Floats, u: Floats, touching: NDArray[np.bool_]) -> Floats:
    """Close the balance of the cells at the metal."""
    leaving = np.zeros(u.shape)
    flow = gx[1:-1] * (u[:-1] - u[1:])
    leaving[:-1] += flow
    leaving[1:] -= flow
    flow = gy[:, 1:-1] * (u[:, :-1] - u[:, 1:])
    leaving[:, :-1] += flow
    leaving[:, 1:] -= flow
    flow = gz[:, :, 1:-1] * (u[:, :, :-1] - u[:, :, 1:])
    leaving[:, :, :-1] += flow
    leaving[:, :, 1:] -= flow
    with np.errstate(divide="ignore", invalid="ignore"):
        wall = leaving / (1.0 - u)
    return np.where(touching & np.isfinite(wall) & (wall > 0.0), wall, 0.0)


def _potential_in(field: NeedleField, cuts: Cuts, z: Floats) -> Floats:
    """Return the field's potential at the centroids of the open parts, (nx, ny, nz)."""
    by_depth = _along_depth(field.potential, centres(field.z), centres(z))
    radius = np.hypot(cuts.centre_x, cuts.centre_y)
    position, weight = _place(centres(field.r), radius)
    k = np.arange(z.size - 1)
    return np.asarray((1.0 - weight) * by_depth[position, k] + weight * by_depth[position + 1, k])


def _along_depth(table: Floats, known: Floats, wanted: Floats) -> Floats:
    position, weight = _place(known, wanted)
    return np.asarray((1.0 - weight) * table[:, position] + weight * table[:, position + 1])


def _place(known: Floats, wanted: Floats) -> tuple[NDArray[np.int64], Floats]:
    position = np.clip(np.searchsorted(known, wanted) - 1, 0, known.size - 2)
    weight = (wanted - known[position]) / (known[position + 1] - known[position])
    return position, np.clip(weight, 0.0, 1.0)


def _circulations(field: NeedleField, x: Floats, y: Floats, z: Floats, radius: float) -> tuple[Floats, Floats]:
    """Integrate the stream functions over the angle along every segment of y at every x and depth.

    Segments are split where they enter the needle.
    """
    beside, below = (_along_depth(table, field.z, z) for table in (field.stream_beside, field.stream_below))
    reach = np.sqrt(np.maximum(radius**2 - x**2, 0.0))
    low, high = np.broadcast_to(y[None, :-1], (x.size, y.size - 1)), np.broadcast_to(y[None, 1:], (x.size, y.size - 1))
    cut = np.clip(reach[:, None], low, high)
    total_beside, total_below = 0.0, 0.0
    for start, end in ((low, cut), (cut, high)):
        first, last = np.arctan2(start, x[:, None]), np.arctan2(end, x[:, None])
        span = np.where(x[:, None] > 0.0, last - first, 0.0)
        angle = first[..., None] + span[..., None] * (0.5 * (_NODES + 1.0))
        away = np.where(x[:, None, None] > 0.0, x[:, None, None] / np.cos(angle), 0.0)
        position, weight = _place(field.r, away)
        share = 0.5 * _WEIGHTS * span[..., None]
        for_low, for_high = (share * (1.0 - weight))[..., None], (share * weight)[..., None]
        total_beside = total_beside + (for_low * beside[position] + for_high * beside[position + 1]).sum(axis=2)
        total_below = total_below + (for_low * below[position] + for_high * below[position + 1]).sum(axis=2)
    return np.asarray(total_beside), np.asarray(total_below)
