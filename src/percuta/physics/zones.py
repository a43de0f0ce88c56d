r"""Measures of a damaged zone on the cells of a grid: volume, width, height, fraction by depth, outline.

A zone is where :math:`\ln\Omega \ge 0`. Its outline is interpolated in :math:`\ln\Omega`, which changes smoothly with
temperature while :math:`\Omega` itself changes by orders of magnitude from cell to cell; values below -20 count as
-20, since :math:`-\infty` cannot be interpolated.

- Volume: in each cell :math:`\ln\Omega` is taken as linear, with the mean and the slope of the parabola through three
  centres in each direction. The part of a box on one side of a plane is known in closed form (Scardovelli and
  Zaleski, J Comput Phys 2000); it is multiplied by the tissue's share of the cell.
- Width and height: along every line of centres the ends of the zone are interpolated linearly between two centres.
  The width is the largest extent in any layer of cells, the mean of that in x and in y.
- Fraction: the mean of :math:`1 - \exp(-\Omega)` of the same linear course, by two Gauss points in each direction.
- Outline: marching squares through the centres.

All are of second order in the size of the cells for a smooth :math:`\ln\Omega`. Side faces carry no heat, so that the
field goes on beyond them as its mirror image; to the top and the bottom it is extrapolated linearly.

Metal has no damage of its own: its cells take the value of the nearest tissue, so that a zone around a needle is one
zone with the needle in it, but metal counts neither in volumes nor in fractions. A piece of an array may hold several
zones: extents are those of the largest connected one, with its mirror image where a plane of symmetry cuts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from percuta.numerics.compiled import compiled
from percuta.numerics.marching_squares import closed_lines

Floats = NDArray[np.float64]
Field = NDArray[np.float64] | NDArray[np.float32]
Bools = NDArray[np.bool_]

LOWEST = -20.0  # ln Omega; about what a second at 39 degC leaves, and nothing beside what counts
_FLATTEST = 1e-4  # of a cell's largest change; a plane parallel to an axis would divide nothing by nothing
_UNDAMAGED, _DAMAGED = -15.0, 3.0  # ln Omega between which the fraction differs from 0 and 1
_GAUSS = 0.5 / np.sqrt(3.0)  # of a cell, from its centre


@dataclass(frozen=True)
class ZoneGrid:
    """The cells on which a zone is measured.

    Attributes
    ----------
    x, y, z
        Edges of the cells [m], shapes (nx + 1,), (ny + 1,), (nz + 1,); two or more layers of cells in depth.
    tissue_share : (nx, ny, nz)
        Share of each cell's volume that is tissue.
    mirrored
        Whether the faces at the least x and the least y are planes of symmetry.
    """

    x: Floats
    y: Floats
    z: Floats
    tissue_share: Field
    mirrored: tuple[bool, bool] = (True, True)

    @property
    def edges(self) -> tuple[Floats, Floats, Floats]:
        """Edges along the three axes."""
        return self.x, self.y, self.z

    @cached_property
    def tissue_volume(self) -> Floats:
        """Volume of tissue in each cell, (nx, ny, nz) [m^3]."""
        x, y, z = (np.diff(edges) for edges in self.edges)
        return np.asarray(self.tissue_share * (x[:, None, None] * y[:, None] * z))

    @cached_property
    def weights(self) -> tuple[Floats, Floats, Floats]:
        """What the rises from the last and to the next centre add to the course in a cell, (4, n) along each axis.

        Of the parabola through three centres the change across the cell (rows 0, 1) and the difference of its mean
        from the value at the centre (rows 2, 3) are kept.
        """
        x, y, z = (_weights(edges, level_ends=axis != 2) for axis, edges in enumerate(self.edges))
        return x, y, z

    @cached_property
    def _beside_metal(self) -> tuple[tuple[slice, ...], NDArray[np.intp]] | None:
        """The smallest box with all metal and its neighbours, and for its cells the nearest ones with tissue."""
        metal = self.tissue_share == 0.0
        if not metal.any():
            return None
        box = tuple(slice(max(int(one.min()) - 1, 0), int(one.max()) + 2) for one in np.nonzero(metal))
        nearest = ndimage.distance_transform_edt(metal[box], return_distances=False, return_indices=True)
        return box, np.asarray(nearest, dtype=np.intp)

    def through_metal(self, values: Field) -> Floats:
        """Return values at the cells' centres, those in metal taken from the nearest cell with tissue."""
        filled = np.array(values, dtype=np.float64)
        if self._beside_metal is not None:
            box, nearest = self._beside_metal
            filled[box] = filled[box][tuple(nearest)]
        return filled


@dataclass(frozen=True)
class Zone:
    """Measures of one zone, SI units; those of no zone are 0 and its top is NaN.

    Attributes
    ----------
    volume
        Damaged tissue in the whole grid, without mirror images [m^3].
    width, height, top
        Extent along the surface and in depth of the largest connected zone, and the depth at which it begins [m].
    fraction : (nz,)
        Damaged fraction of the tissue in each layer of cells.
    """

    volume: float
    width: float
    height: float
    top: float
    fraction: Floats


def measure_zone(grid: ZoneGrid, log_integral: Field) -> Zone:
    """Return the measures of the zone with Omega of at least 1.

    Parameters
    ----------
    grid
        The cells.
    log_integral : (nx, ny, nz)
        ln Omega at the cells' centres; -inf where nothing happened.
    """
    values = grid.through_metal(np.maximum(log_integral, LOWEST))
    fraction = _mean_by_depth(grid, _damaged_shares(values, *grid.weights))
    zone = values >= 0.0
    if not zone.any():
        return Zone(0.0, 0.0, 0.0, float("nan"), fraction)
    volume = float(np.sum(_shares_above_zero(values, *grid.weights) * grid.tissue_volume))
    zone = _largest(grid, zone)
    begin, end = extent_along(values, zone, grid.z, 2, level_ends=False)
    top = float(begin.min())
    width = 0.5 * (_width(grid, values, zone, 0) + _width(grid, values, zone, 1))
    return Zone(volume, width, float(end.max()) - top, top, fraction)


def share_above(grid: ZoneGrid, values: Field, level: float = 0.0) -> Floats:
    """Return the share of each cell in which a field is above a level.

    Parameters
    ----------
    grid
        The cells.
    values : (nx, ny, nz)
        A smooth field at the cells' centres, such as the temperature.
    level
        In the unit of the field.
    """
    return _shares_above_zero(grid.through_metal(values) - level, *grid.weights)


def extent_along(values: Floats, zone: Bools, edges: Floats, axis: int, *, level_ends: bool) -> tuple[Floats, Floats]:
    """Return where a zone begins and ends along every line of cells of one axis.

    Parameters
    ----------
    values : (nx, ny, nz)
        Field at the cells' centres, at least 0 in the zone and below 0 next to it.
    zone : (nx, ny, nz)
        Cells of the zone.
    edges : (n + 1,)
        Edges of the cells along the axis [m].
    axis
        0, 1 or 2.
    level_ends
        Whether the field is level at the outer faces, as on a plane of symmetry, or extrapolated to them.

    Returns
    -------
    begin, end
        [m], of the shape of ``values`` without the axis; inf and -inf on a line outside the zone.
    """
    places, padded = _to_faces(values, edges, axis, level_ends)
    zone = np.moveaxis(zone, axis, 0)
    met = zone.any(axis=0)
    zone, padded = zone[:, met], padded[:, met]
    line = np.arange(zone.shape[1])
    ends = []
    for cell, step in ((zone.argmax(axis=0) + 1, -1), (len(zone) - zone[::-1].argmax(axis=0), 1)):
        inside, outside = padded[cell, line], padded[cell + step, line]
        crossed = outside < 0.0
        share = np.where(crossed, inside / np.where(crossed, inside - outside, 1.0), 1.0)
        end = np.full(met.shape, -step * np.inf)
        end[met] = places[cell] + share * (places[cell + step] - places[cell])
        ends.append(end)
    return ends[0], ends[1]


def outline(grid: ZoneGrid, log_integral: Field, y: float = 0.0) -> list[Floats]:
    """Return the closed outlines Omega = 1 in the plane of one y.

    Parameters
    ----------
    grid
        The cells.
    log_integral : (nx, ny, nz)
        ln Omega at the cells' centres; -inf where nothing happened.
    y
        Place of the plane [m].

    Returns
    -------
    list of (n, 2) float64
        x and z [m] along each outline, longest first; the last point is the first. The mirror image is joined where
        the grid has one at its least x. An outline that reaches a face of the grid is closed along it.

    Raises
    ------
    ValueError
        If the plane lies outside the grid.
    """
    if not grid.y[0] <= y <= grid.y[-1]:
        raise ValueError("the plane of an outline lies inside the grid")
    values = grid.through_metal(np.maximum(log_integral, LOWEST))
    places, padded = _to_faces(values, grid.y, 1, level_ends=True)
    after = int(np.clip(np.searchsorted(places, y), 1, places.size - 1))
    weight = (y - places[after - 1]) / (places[after] - places[after - 1])
    x, plane = _to_faces((1.0 - weight) * padded[after - 1] + weight * padded[after], grid.x, 0, level_ends=True)
    z, plane = _to_faces(plane, grid.z, 1, level_ends=False)
    plane = plane.T
    if grid.mirrored[0]:
        x, plane = np.concatenate([2.0 * x[0] - x[:0:-1], x]), np.concatenate([plane[:0:-1], plane])
    return closed_lines(x, z, plane)


def _to_faces(values: Floats, edges: Floats, axis: int, level_ends: bool) -> tuple[Floats, Floats]:
    """Return the centres with both outer faces and the values there, with the axis first."""
    centres = 0.5 * (edges[1:] + edges[:-1])
    values = np.moveaxis(values, axis, 0)
    first, last = values[0], values[-1]
    if not level_ends:
        first = first + (values[0] - values[1]) * ((centres[0] - edges[0]) / (centres[1] - centres[0]))
        last = last + (values[-1] - values[-2]) * ((edges[-1] - centres[-1]) / (centres[-1] - centres[-2]))
    return np.concatenate([edges[:1], centres, edges[-1:]]), np.concatenate([first[None], values, last[None]])


def _weights(edges: Floats, *, level_ends: bool) -> Floats:
    size = np.diff(edges)
    distance = np.concatenate([size[:1], 0.5 * (size[1:] + size[:-1]), size[-1:]])  # to mirror images at the ends
    last, following = distance[:-1], distance[1:]
    of_last, of_next = size / (last * (last + following)), size / (following * (last + following))
    weights = np.stack([of_last * following, of_next * last, -of_last * size / 12.0, of_next * size / 12.0])
    if not level_ends:
        weights[1, 0], weights[0, -1] = size[0] / following[0], size[-1] / last[-1]
        weights[2:, [0, -1]] = 0.0
    return weights


@compiled
def _course(values: Floats, i: int, j: int, k: int, x: Floats, y: Floats, z: Floats) -> tuple[float, ...]:
    """Return the mean of the linear course in one cell and its changes along the axes."""
    here = values[i, j, k]
    a = here - values[i - 1, j, k] if i > 0 else 0.0
    b = values[i + 1, j, k] - here if i < values.shape[0] - 1 else 0.0
    c = here - values[i, j - 1, k] if j > 0 else 0.0
    d = values[i, j + 1, k] - here if j < values.shape[1] - 1 else 0.0
    e = here - values[i, j, k - 1] if k > 0 else 0.0
    f = values[i, j, k + 1] - here if k < values.shape[2] - 1 else 0.0
    bend_x, bend_y, bend_z = x[2, i] * a + x[3, i] * b, y[2, j] * c + y[3, j] * d, z[2, k] * e + z[3, k] * f
    return (
        here + bend_x + bend_y + bend_z,
        x[0, i] * a + x[1, i] * b,
        y[0, j] * c + y[1, j] * d,
        z[0, k] * e + z[1, k] * f,
    )


@compiled
def _above_zero(mean: float, x: float, y: float, z: float) -> float:
    """Return the share of a box in which a linear course is above 0, from its mean and its changes.

    The volume of the corner that a plane cuts off, less what leaves the box through its three faces, with what
    leaves through two of them given back.
    """
    x, y, z = abs(x), abs(y), abs(z)
    reach = 0.5 * (x + y + z)
    if abs(mean) >= reach:
        return 1.0 if mean >= 0.0 else 0.0
    flattest = _FLATTEST * max(x, y, z)
    x, y, z = max(x, flattest), max(y, flattest), max(z, flattest)
    highest = mean + 0.5 * (x + y + z)
    volume = highest**3
    for face in (x, y, z):
        volume -= max(highest - face, 0.0) ** 3
    for edge in (x + y, y + z, z + x):
        volume += max(highest - edge, 0.0) ** 3
    return min(volume / (6.0 * x * y * z), 1.0)


@compiled
def _damaged(mean: float, x: float, y: float, z: float) -> float:
    """Return the mean of 1 - exp(-Omega) over a box in which ln Omega takes a linear course."""
    x, y, z = _GAUSS * x, _GAUSS * y, _GAUSS * z
    reach = abs(x) + abs(y) + abs(z)
    if mean - reach >= _DAMAGED:
        return 1.0
    if mean + reach <= _UNDAMAGED:
        return 0.0
    total = 0.0
    for along_x in (-x, x):
        for along_y in (-y, y):
            for along_z in (-z, z):
                total -= np.expm1(-np.exp(min(mean + along_x + along_y + along_z, _DAMAGED)))
    return 0.125 * total


@compiled
def _shares_above_zero(values: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
    """Return the share of each cell in which a field is above 0."""
    shares = np.empty_like(values)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            for k in range(values.shape[2]):
                shares[i, j, k] = _above_zero(*_course(values, i, j, k, x, y, z))
    return shares


@compiled
def _damaged_shares(values: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
    """Return the mean damaged fraction of each cell."""
    shares = np.empty_like(values)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            for k in range(values.shape[2]):
                shares[i, j, k] = _damaged(*_course(values, i, j, k, x, y, z))
    return shares


def _mean_by_depth(grid: ZoneGrid, share: Floats) -> Floats:
    volume = grid.tissue_volume
    return np.asarray(np.einsum("xyz,xyz->z", share, volume) / volume.sum(axis=(0, 1)))


def _largest(grid: ZoneGrid, zone: Bools) -> Bools:
    """Return the connected zone with most tissue, mirror images included."""
    labels, count = ndimage.label(zone)
    if count == 1:
        return zone
    whole = np.bincount(labels.ravel(), grid.tissue_volume.ravel(), minlength=count + 1)
    for mirrored, face in zip(grid.mirrored, (labels[0], labels[:, 0]), strict=True):
        if mirrored:
            whole[np.unique(face)] *= 2.0
    whole[0] = -1.0  # all that is outside
    return np.asarray(labels == whole.argmax())


def _width(grid: ZoneGrid, values: Floats, zone: Bools, axis: int) -> float:
    """Return the largest extent along x or y of a zone in any layer of cells."""
    begin, end = extent_along(values, zone, grid.edges[axis], axis, level_ends=True)
    first, last = begin.min(axis=0), end.max(axis=0)
    face = grid.edges[axis][0]
    if grid.mirrored[axis]:
        first = np.where(first <= face, 2.0 * face - last, first)
    return float((last - first).max())
