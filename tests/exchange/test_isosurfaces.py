"""Surfaces enclose the volume that they should, meet planes of symmetry, and read back from their bytes."""

from __future__ import annotations

import sys
from math import pi

import numpy as np
import pytest

from percuta.errors import PercutaError
from percuta.exchange.isosurfaces import EvenPoints, Mesh, isosurface, on_even_points, packed
from percuta.physics.zones import ZoneGrid

RADIUS, DEPTH = 0.3e-3, 1.0e-3
BALL = 4.0 / 3.0 * pi * RADIUS**3


def ball(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return how far inside a ball about (0, 0, DEPTH) points lie [mm]."""
    return np.asarray((RADIUS - np.sqrt(x[:, None, None] ** 2 + y[:, None] ** 2 + (z - DEPTH) ** 2)) * 1e3)


def box(low: float, apart: float = 0.02e-3) -> EvenPoints:
    return EvenPoints.between((low, 0.5e-3), (low, 0.5e-3), (0.0, 2e-3), apart)


def test_surface_of_a_ball_encloses_its_volume() -> None:
    points = box(-0.5e-3)
    mesh = isosurface(ball(points.x, points.y, points.z), points, 0.0)
    assert mesh.volume == pytest.approx(BALL, rel=0.01)


def test_quarter_that_is_open_in_two_planes_encloses_a_quarter() -> None:
    points = box(0.0)
    mesh = isosurface(ball(points.x, points.y, points.z), points, 0.0)
    assert mesh.volume == pytest.approx(BALL / 4.0, rel=0.01)
    on_plane = np.isclose(mesh.vertices[:, 0], 0.0, atol=1e-9)
    assert on_plane.sum() > 20
    assert mesh.vertices[:, :2].min() >= 0.0


def test_a_higher_level_lies_within_a_lower_one() -> None:
    points = box(-0.5e-3)
    field = ball(points.x, points.y, points.z)
    volumes = [isosurface(field, points, level).volume for level in (0.0, 0.05, 0.1, 0.2)]
    assert volumes == sorted(volumes, reverse=True)
    assert volumes[2] == pytest.approx(4.0 / 3.0 * pi * 0.2e-3**3, rel=0.01)


@pytest.mark.parametrize("level", [1.0, -5.0])
def test_a_level_that_is_never_crossed_has_no_surface(level: float) -> None:
    points = box(0.0, 0.1e-3)
    mesh = isosurface(ball(points.x, points.y, points.z), points, level)
    assert mesh.triangles.shape == (0, 3)
    assert mesh.volume == 0.0


def test_uneven_cells_give_the_volume_as_well() -> None:
    edges = np.concatenate([[0.0], np.cumsum(0.02e-3 * 1.08 ** np.arange(16))])
    z = np.linspace(0.0, 2e-3, 60)
    x, depths = 0.5 * (edges[1:] + edges[:-1]), 0.5 * (z[1:] + z[:-1])
    grid = ZoneGrid(edges, edges, z, np.ones((16, 16, 59), np.float32))
    points = EvenPoints.between((0.0, 0.5e-3), (0.0, 0.5e-3), (0.0, 2e-3), 0.02e-3)
    values = on_even_points(grid, ball(x, x, depths), points)
    assert values.dtype == np.float32
    assert isosurface(values, points, 0.0).volume == pytest.approx(BALL / 4.0, rel=0.02)


def test_bytes_read_back_by_their_index() -> None:
    points = box(0.0, 0.05e-3)
    mesh = isosurface(ball(points.x, points.y, points.z), points, 0.0)
    raw, index = packed(
        {"warm": mesh, "none": Mesh(np.empty((0, 3), np.float32), np.empty((0, 3), np.uint32)), "b": mesh}
    )
    assert [one["level"] for one in index] == ["warm", "b"]
    for one in index:
        vertices = np.frombuffer(raw, "<f4", 3 * one["vertices"], one["vertices_at"]).reshape(-1, 3)
        triangles = np.frombuffer(raw, "<u4", 3 * one["triangles"], one["triangles_at"]).reshape(-1, 3)
        assert np.allclose(vertices, mesh.vertices * 1e3)  # mm
        assert np.array_equal(triangles, mesh.triangles)
        assert one["vertices_at"] % 4 == one["triangles_at"] % 4 == 0  # a browser reads them in place
    assert len(raw) == index[-1]["triangles_at"] + 12 * index[-1]["triangles"]


def test_without_scikit_image_one_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.measure", None)
    points = box(0.0, 0.1e-3)
    with pytest.raises(PercutaError, match=r"percuta\[web\]"):
        isosurface(ball(points.x, points.y, points.z), points, 0.0)
