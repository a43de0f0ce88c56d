"""Surfaces of equal value as triangles, for pictures in three dimensions, and their bytes.

A field on the cells of a computed piece is first put on even points, by monotone cubics along one axis after the other,
as the sections of the reports do; then marching cubes (Lorensen and Cline 1987, in the form of Lewiner et al. 2003 that
scikit-image has) find the surface. A surface that reaches the rim of the points is open there.

A file of meshes is little endian: the vertices of each surface as three float32 [mm], then its triangles as three
uint32, one surface after the other; where each begins stands in the index that is returned with the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from percuta.errors import PercutaError
from percuta.physics.zones import ZoneGrid

Floats = NDArray[np.float64]
Field = NDArray[np.float64] | NDArray[np.float32]


@dataclass(frozen=True)
class EvenPoints:
    """Points at even distances along each axis [m]; each axis has two or more."""

    x: Floats
    y: Floats
    z: Floats

    @classmethod
    def between(
        cls, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], apart: float
    ) -> EvenPoints:
        """Return points that fill a box with its faces, no more than so far apart [m]."""
        return cls(*(np.linspace(low, high, max(ceil((high - low) / apart), 1) + 1) for low, high in (x, y, z)))


@dataclass(frozen=True)
class Mesh:
    """A surface of triangles.

    Attributes
    ----------
    vertices : (n, 3)
        [m].
    triangles : (m, 3)
        Indices of their corners, turning to the left seen from the side of lower values.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint32]

    @property
    def volume(self) -> float:
        """Volume of higher values below the plane z = 0 [m^3].

        The surface may be open in upright planes and in z = 0 itself.
        """
        a, b, c = (self.vertices[self.triangles[:, corner]].astype(np.float64) for corner in range(3))
        upright = 0.5 * np.cross(b - a, c - a)[:, 2]
        return float(abs(np.sum(upright * (a[:, 2] + b[:, 2] + c[:, 2]) / 3.0)))


def on_even_points(grid: ZoneGrid, field: Field, points: EvenPoints) -> NDArray[np.float32]:
    """Return a field of the computed cells at even points of the piece.

    Parameters
    ----------
    grid
        The cells; metal takes the value of the nearest tissue.
    field : (nx, ny, nz)
        Finite values at the centres of the cells.
    points
        Within the piece.
    """
    values = grid.through_metal(field)
    for axis, (edges, places) in enumerate(zip(grid.edges, (points.x, points.y, points.z), strict=True)):
        values = np.moveaxis(_along(edges, np.moveaxis(values, axis, 0), places, level_ends=axis != 2), 0, axis)
    return np.asarray(values, dtype=np.float32)


def _along(edges: Floats, values: Floats, places: Floats, *, level_ends: bool) -> Floats:
    """Return values at some places along the first axis; at the outer faces they are level, or go on as they come."""
    centres = 0.5 * (edges[1:] + edges[:-1])
    ends = [values[0], values[-1]]
    if not level_ends and centres.size > 1:
        ends[0] = values[0] + (values[0] - values[1]) * ((centres[0] - edges[0]) / (centres[1] - centres[0]))
        ends[1] = values[-1] + (values[-1] - values[-2]) * ((edges[-1] - centres[-1]) / (centres[-1] - centres[-2]))
    known = np.concatenate([edges[:1], centres, edges[-1:]])
    return np.asarray(PchipInterpolator(known, np.concatenate([ends[0][None], values, ends[1][None]]))(places))


def isosurface(values: Field, points: EvenPoints, level: float) -> Mesh:
    """Return the surface of one value.

    Parameters
    ----------
    values : (nx, ny, nz)
        At the points.
    points
        Where.
    level
        In the unit of the values.

    Returns
    -------
    Mesh
        Without triangles where no value lies on one side of the level.

    Raises
    ------
    PercutaError
        If scikit-image is not installed.
    """
    if not values.min() < level < values.max():
        return Mesh(np.empty((0, 3), np.float32), np.empty((0, 3), np.uint32))
    axes = (points.x, points.y, points.z)
    spacing = tuple(float(axis[1] - axis[0]) for axis in axes)
    vertices, triangles, _, _ = _marching_cubes()(
        values, level, spacing=spacing, gradient_direction="descent", allow_degenerate=False
    )
    return Mesh((vertices + [axis[0] for axis in axes]).astype(np.float32), triangles.astype(np.uint32))


def _marching_cubes() -> Any:
    try:
        from skimage.measure import marching_cubes
    except ImportError as fault:
        raise PercutaError(
            "a picture in three dimensions needs scikit-image", do="install it with `pip install percuta[web]`"
        ) from fault
    return marching_cubes


def packed(meshes: Mapping[str, Mesh]) -> tuple[bytes, list[dict[str, Any]]]:
    """Return meshes as the bytes of one file, and its index; empty ones are left out.

    The index names for each mesh its place in bytes (``vertices_at``, ``triangles_at``) and its numbers of vertices and
    triangles (``vertices``, ``triangles``).
    """
    parts: list[bytes] = []
    index: list[dict[str, Any]] = []
    place = 0
    for name, mesh in meshes.items():
        if not mesh.triangles.size:
            continue
        vertices = np.ascontiguousarray(mesh.vertices * np.float32(1e3), dtype="<f4").tobytes()
        triangles = np.ascontiguousarray(mesh.triangles, dtype="<u4").tobytes()
        index.append(
            {
                "level": name,
                "vertices_at": place,
                "vertices": len(mesh.vertices),
                "triangles_at": place + len(vertices),
                "triangles": len(mesh.triangles),
            }
        )
        parts += [vertices, triangles]
        place += len(vertices) + len(triangles)
    return b"".join(parts), index
