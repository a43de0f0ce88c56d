"""Cells of a tensor grid cut by an upright needle of round section at the origin: what stays open of them.

Areas, apertures and centroids of a disc in a rectangle are closed forms; a taper is averaged over slices of each
cell. Only the quarter x, y >= 0 is looked at: the other three are mirror images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.grid import centres

Floats = NDArray[np.float64]

SLIVER = 0.02
"""Share of a cell's volume below which its open part is given to a neighbour."""

_SLICES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
_TINY = 1e-9


@dataclass(frozen=True)
class Cuts:
    """Open parts of the cells around one quarter of a needle.

    Attributes
    ----------
    open : (nx, ny, nz)
        Share of each cell's volume outside the needle; slivers are closed.
    volume : (nx, ny, nz)
        Open volume [m^3], with the slivers given to their neighbours: its sum is exact.
    open_x, open_y, open_z : (nx + 1, ny, nz), (nx, ny + 1, nz), (nx, ny, nz + 1)
        Share of each face that joins two open cells or is an open face of the box.
    centre_x, centre_y : (nx, ny, nz)
        Centroid of the open part along the surface [m].
    """

    open: Floats
    volume: Floats
    open_x: Floats
    open_y: Floats
    open_z: Floats
    centre_x: Floats
    centre_y: Floats


def needle_cuts(x: Floats, y: Floats, z: Floats, radius: Callable[[Floats], Floats]) -> Cuts:
    """Cut cells by an upright needle on the axis x = y = 0.

    Parameters
    ----------
    x, y, z
        Edges of the cells [m], x and y from 0.
    radius
        Radius of the needle at some depths [m]; 0 below its tip.
    """
    sections = _sections(z, radius)
    known: dict[float, tuple[Floats, ...]] = {}

    def cut(size: float) -> tuple[Floats, ...]:
        if size not in known:
            known[size] = _disc(x, y, size)
        return known[size]

    parts: list[list[Floats]] = [[] for _ in range(5)]
    for row in sections:
        slices = [cut(size) for size in row]
        weight = 0.5 * _WEIGHTS if len(slices) > 1 else np.ones(1)
        for part, arrays in zip(parts, zip(*slices, strict=True), strict=True):
            part.append(sum(one * array for one, array in zip(weight, arrays, strict=True)))
    share, at_x, at_y, moment_x, moment_y = (np.stack(part, axis=-1) for part in parts)
    # the moments are those of the open part; a closed cell keeps its middle
    some = share > _TINY
    size = (np.diff(x)[:, None] * np.diff(y)[None])[:, :, None]
    middle_x, middle_y = (np.broadcast_to(one, share.shape) for one in (centres(x)[:, None, None], centres(y)[:, None]))
    with np.errstate(divide="ignore", invalid="ignore"):
        centre_x = np.where(some, moment_x / (share * size), middle_x)
        centre_y = np.where(some, moment_y / (share * size), middle_y)
    volume = share * size * np.diff(z)
    share, volume = _give_slivers(share, volume, at_x, at_y)
    alive = share > 0.0
    at_x[1:-1] *= alive[1:] & alive[:-1]
    at_y[:, 1:-1] *= alive[:, 1:] & alive[:, :-1]
    return Cuts(share, volume, at_x, at_y, _between_depths(share), centre_x, centre_y)


def _sections(z: Floats, radius: Callable[[Floats], Floats]) -> list[list[float]]:
    """Return the radii of the slices of every layer of cells; one where the radius does not change."""
    rows = []
    for low, high in pairwise(z):
        inside = radius(0.5 * (low + high) + 0.5 * (high - low) * _SLICES)
        rows.append([float(inside[0])] if np.ptp(inside) == 0.0 else [float(one) for one in inside])
    return rows


def _between_depths(share: Floats) -> Floats:
    """Return the open share of the faces between layers: the smaller one of the two cells."""
    faces = np.empty((*share.shape[:2], share.shape[2] + 1))
    faces[:, :, 0], faces[:, :, -1] = share[:, :, 0], share[:, :, -1]
    faces[:, :, 1:-1] = np.minimum(share[:, :, :-1], share[:, :, 1:])
    return faces


def _give_slivers(share: Floats, volume: Floats, at_x: Floats, at_y: Floats) -> tuple[Floats, Floats]:
    """Close cells that are almost filled and add their volume to the neighbour behind the wider face."""
    share, volume = share.copy(), volume.copy()
    for i, j, k in np.argwhere((share > 0.0) & (share < SLIVER)):
        to = (i + 1, j, k) if at_x[i + 1, j, k] >= at_y[i, j + 1, k] else (i, j + 1, k)
        if to[0] < share.shape[0] and to[1] < share.shape[1]:
            volume[to] += volume[i, j, k]
        volume[i, j, k] = 0.0
        share[i, j, k] = 0.0
    share[share < SLIVER] = 0.0
    return share, volume


def _disc(x: Floats, y: Floats, radius: float) -> tuple[Floats, ...]:
    """Return open share, open share of x and y faces, and the first moments of the open area."""
    dx, dy = np.diff(x), np.diff(y)
    area, moment_x = _corner_area(x[:, None], y[None], radius), _corner_moment(x[:, None], y[None], radius)
    moment_y = _corner_moment(y[:, None], x[None], radius).T
    cell = dx[:, None] * dy[None]
    share = np.clip(1.0 - _difference(area) / cell, 0.0, 1.0)
    share[share < _TINY] = 0.0
    whole_x, whole_y = cell * centres(x)[:, None], cell * centres(y)[None]
    return (
        share,
        _open_line(x, y, radius),
        _open_line(y, x, radius).T,
        whole_x - _difference(moment_x),
        whole_y - _difference(moment_y),
    )


def _difference(corner: Floats) -> Floats:
    return np.asarray(corner[1:, 1:] - corner[:-1, 1:] - corner[1:, :-1] + corner[:-1, :-1])


def _open_line(x: Floats, y: Floats, radius: float) -> Floats:
    """Return the share of each segment of y that lies outside the disc, at every x: (nx + 1, ny)."""
    reach = np.sqrt(np.maximum(radius**2 - x**2, 0.0))[:, None]
    return np.asarray(np.clip(y[None, 1:] - np.maximum(reach, y[None, :-1]), 0.0, None) / np.diff(y))


def _corner_area(x: Floats, y: Floats, radius: float) -> Floats:
    """Return the area of the quarter disc within [0, x] x [0, y]."""
    if radius <= 0.0:
        return np.zeros(np.broadcast_shapes(x.shape, y.shape))
    x, y = np.minimum(x, radius), np.minimum(y, radius)
    bend = np.minimum(np.sqrt(np.maximum(radius**2 - y**2, 0.0)), x)

    def under(t: Floats) -> Floats:
        return np.asarray(0.5 * (t * np.sqrt(np.maximum(radius**2 - t**2, 0.0)) + radius**2 * np.arcsin(t / radius)))

    return np.asarray(y * bend + under(x) - under(bend))


def _corner_moment(x: Floats, y: Floats, radius: float) -> Floats:
    """Return the integral of x over the quarter disc within [0, x] x [0, y]."""
    if radius <= 0.0:
        return np.zeros(np.broadcast_shapes(x.shape, y.shape))
    x, y = np.minimum(x, radius), np.minimum(y, radius)
    bend = np.minimum(np.sqrt(np.maximum(radius**2 - y**2, 0.0)), x)
    low, high = (np.maximum(radius**2 - end**2, 0.0) for end in (bend, x))
    return np.asarray(0.5 * y * bend**2 + (low**1.5 - high**1.5) / 3.0)
