"""Zones on a grid: volumes and extents of known bodies with their order, needles in the way, outlines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from percuta.physics.damage import damaged_fraction
from percuta.physics.zones import LOWEST, ZoneGrid, measure_zone, outline, share_above

MM = 1e-3
Floats = NDArray[np.float64]
Body = Callable[[Floats, Floats, Floats], Floats]


def grid(
    x: Floats, y: Floats, z: Floats, mirrored: tuple[bool, bool] = (False, False), share: Floats | None = None
) -> ZoneGrid:
    whole = np.ones((x.size - 1, y.size - 1, z.size - 1))
    return ZoneGrid(x, y, z, (whole if share is None else share).astype(np.float32), mirrored)


def centres(edges: Floats) -> Floats:
    return 0.5 * (edges[1:] + edges[:-1])


def field(cells: ZoneGrid, body: Body) -> Floats:
    x, y, z = np.meshgrid(*(centres(edges) for edges in cells.edges), indexing="ij", sparse=True)
    return np.asarray(body(x, y, z))


def ellipsoid(middle: tuple[float, float, float], half: tuple[float, float, float]) -> Body:
    """A smooth ln Omega of 8 in the middle and 0 on an ellipsoid; nothing at all far outside."""

    def log_integral(x: Floats, y: Floats, z: Floats) -> Floats:
        squared: Floats = sum(
            (((w - m) / h) ** 2 for w, m, h in zip((x, y, z), middle, half, strict=True)), np.zeros(1)
        )
        return np.where(squared < 4.0, 8.0 * (1.0 - squared), -np.inf)

    return log_integral


def graded(end: float, cells: int) -> Floats:
    """Edges from 0 on, the last cell about three times as wide as the first."""
    return np.asarray(end * np.expm1(np.linspace(0.0, 1.1, cells + 1)) / np.expm1(1.1))


MIDDLE, HALF = (0.03 * MM, -0.02 * MM, 0.9 * MM), (0.40 * MM, 0.34 * MM, 0.55 * MM)
SHIFTS = ((0.0, 0.0, 0.0), (0.31, 0.17, 0.43), (0.62, 0.71, 0.11), (0.23, 0.87, 0.79))  # of a cell


def errors_of(half: tuple[float, float, float], cells: int) -> Floats:
    """Mean relative error of volume, width and height and of the top over shifts of the grid; cells across 2 mm."""
    exact = np.array([4.0 / 3.0 * np.pi * np.prod(half), half[0] + half[1], 2.0 * half[2]])
    size = 2.0 * MM / cells
    found = []
    for shift in SHIFTS:
        x, y = (np.linspace(-1.0, 1.0, cells + 1) * MM + part * size for part in shift[:2])
        z = np.linspace(0.0, 2.0, cells + 1) * MM
        middle = (MIDDLE[0], MIDDLE[1], MIDDLE[2] + shift[2] * size)
        cuboids = grid(x, y, z)
        zone = measure_zone(cuboids, field(cuboids, ellipsoid(middle, half)))
        relative = np.array([zone.volume, zone.width, zone.height]) / exact - 1.0
        found.append([*relative, (zone.top - middle[2] + half[2]) / half[2]])
    return np.asarray(np.abs(found).mean(axis=0))


@pytest.mark.parametrize("half", [HALF, (0.45 * MM,) * 3], ids=["ellipsoid", "ball"])
def test_volume_and_extents_of_an_ellipsoid_at_second_order(half: tuple[float, float, float]) -> None:
    errors = np.array([errors_of(half, cells) for cells in (12, 24, 48)])
    orders = np.log2(errors[0] / errors[-1]) / 2.0
    assert np.all(orders > 1.8)
    assert np.all(errors[-1] < 2e-3)  # 16 to 26 cells across
    assert errors[-1, 0] < 1e-4  # the volume, of fourth order for a parabola


def test_a_mirrored_quarter_is_the_whole() -> None:
    def body(x: Floats, y: Floats, z: Floats) -> Floats:
        return ellipsoid((0.0, 0.0, 0.8 * MM), HALF)(x, y, z)

    x, z = graded(1.0 * MM, 14), graded(2.0 * MM, 20)
    both = np.concatenate([-x[:0:-1], x])
    quarter, whole = grid(x, x, z, (True, True)), grid(both, both, z)
    part, full = (measure_zone(cells, field(cells, body)) for cells in (quarter, whole))
    assert 4.0 * part.volume == pytest.approx(full.volume, rel=1e-9)
    assert (part.width, part.height, part.top) == pytest.approx((full.width, full.height, full.top), rel=1e-9)
    assert part.fraction == pytest.approx(full.fraction, abs=1e-12)
    assert part.volume == pytest.approx(np.pi / 3.0 * np.prod(HALF), rel=5e-3)


def test_a_column_through_the_whole_depth() -> None:
    x, z = graded(1.0 * MM, 20), np.linspace(0.0, 2.0, 11) * MM
    cells = grid(x, x, z, (True, True))
    zone = measure_zone(cells, field(cells, lambda x, y, z: 3.0 * (1.0 - (x**2 + y**2) / (0.6 * MM) ** 2) + 0.0 * z))
    assert zone.volume == pytest.approx(0.25 * np.pi * 0.36 * 2.0 * MM**3, rel=2e-3)
    assert zone.width == pytest.approx(1.2 * MM, rel=5e-3)
    assert zone.height == pytest.approx(2.0 * MM)
    assert zone.top == 0.0
    assert np.ptp(zone.fraction) < 1e-12


def test_a_zone_that_fills_everything() -> None:
    edges = graded(1.0 * MM, 5)
    cells = grid(edges, edges, edges, (True, True))
    zone = measure_zone(cells, np.full((5, 5, 5), 60.0))
    assert (zone.volume, zone.width, zone.height, zone.top) == pytest.approx((MM**3, 2.0 * MM, MM, 0.0))
    assert zone.fraction == pytest.approx(np.ones(5))


@pytest.mark.parametrize("value", [-np.inf, -0.1])
def test_no_zone(value: float) -> None:
    edges = np.linspace(0.0, MM, 5)
    cells = grid(edges, edges, edges)
    zone = measure_zone(cells, np.full((4, 4, 4), value, dtype=np.float32))
    assert (zone.volume, zone.width, zone.height) == (0.0, 0.0, 0.0)
    assert np.isnan(zone.top)
    assert zone.fraction == pytest.approx(np.full(4, float(damaged_fraction(value))))
    assert outline(cells, np.full((4, 4, 4), value)) == []


def test_a_cooled_surface_is_left_out_by_extrapolation() -> None:
    # ln Omega rises by 1 per 10 um from -0.2 at the surface: the zone begins at 2 um, inside the first cell
    z = np.linspace(0.0, 0.2, 11) * MM
    cells = grid(z, z, z, (True, True))
    zone = measure_zone(cells, field(cells, lambda x, y, z: z / 1e-5 - 0.2 + 0.0 * x + 0.0 * y))
    assert zone.top == pytest.approx(2e-6, rel=1e-9)
    assert zone.volume == pytest.approx((0.2 * MM) ** 2 * 0.198 * MM, rel=1e-9)


def test_only_the_largest_zone_has_its_extents_taken() -> None:
    x = np.linspace(-1.0, 1.0, 41) * MM
    z = np.linspace(0.0, 2.0, 41) * MM
    cells = grid(x, x, z)
    one = ellipsoid((-0.5 * MM, 0.0, 1.0 * MM), (0.3 * MM, 0.3 * MM, 0.5 * MM))
    other = ellipsoid((0.5 * MM, 0.0, 0.6 * MM), (0.2 * MM, 0.2 * MM, 0.3 * MM))
    zone = measure_zone(cells, np.maximum(field(cells, one), field(cells, other)))
    assert (zone.width, zone.height, zone.top) == pytest.approx((0.6 * MM, 1.0 * MM, 0.5 * MM), rel=0.01)
    assert zone.volume == pytest.approx(4.0 / 3.0 * np.pi * (0.045 + 0.012) * MM**3, rel=0.01)


def test_which_zone_is_largest_counts_mirror_images() -> None:
    # a quarter of a ball of 0.42 mm in the corner, 0.078 mm^3, against a whole one of 0.28 mm, 0.092 mm^3
    x, z = np.linspace(0.0, 1.2, 25) * MM, np.linspace(0.0, 2.0, 41) * MM
    cells = grid(x, x, z, (True, True))
    corner = ellipsoid((0.0, 0.0, 1.0 * MM), (0.42 * MM,) * 3)
    beside = ellipsoid((0.85 * MM, 0.85 * MM, 1.0 * MM), (0.28 * MM,) * 3)
    zone = measure_zone(cells, np.maximum(field(cells, corner), field(cells, beside)))
    assert zone.width == pytest.approx(0.84 * MM, rel=0.01)


def test_two_needles_of_a_pair_have_two_zones_until_they_meet() -> None:
    # half a pair: the plane of symmetry at x = 0 lies between the needles
    x, z = np.linspace(0.0, 2.0, 41) * MM, np.linspace(0.0, 2.0, 41) * MM
    cells = grid(x, x, z, (True, True))
    apart = ellipsoid((0.6 * MM, 0.0, 1.0 * MM), (0.4 * MM, 0.4 * MM, 0.5 * MM))
    assert measure_zone(cells, field(cells, apart)).width == pytest.approx(0.8 * MM, rel=0.01)
    joined = ellipsoid((0.6 * MM, 0.0, 1.0 * MM), (0.9 * MM, 0.9 * MM, 0.5 * MM))
    # 2 x 1.5 along the pair, 2 x 0.9 across
    assert measure_zone(cells, field(cells, joined)).width == pytest.approx(2.4 * MM, rel=0.01)


def test_a_needle_in_the_zone_belongs_to_its_width_but_not_to_its_volume() -> None:
    x, z = np.linspace(0.0, 1.0, 41) * MM, np.linspace(0.0, 2.0, 41) * MM
    cells = grid(x, x, z, (True, True))
    radius = np.hypot(*np.meshgrid(centres(x), centres(x), indexing="ij"))
    share = np.where((radius < 0.125 * MM)[:, :, None] & (centres(z) < 1.0 * MM), 0.0, 1.0)
    values = field(cells, ellipsoid((0.0, 0.0, 0.9 * MM), (0.4 * MM, 0.4 * MM, 0.5 * MM)))
    bare = measure_zone(cells, values)
    held = grid(x, x, z, (True, True), share)
    zone = measure_zone(held, np.where(share > 0.0, values, -np.inf))
    assert zone.width == pytest.approx(bare.width, rel=1e-6)
    # the zone begins beside the needle, lower than it would in its axis, and ends below the tip
    beside = (0.9 - 0.5 * np.sqrt(1.0 - (0.125 / 0.4) ** 2)) * MM
    assert zone.top == pytest.approx(beside, abs=0.005 * MM)
    assert zone.top + zone.height == pytest.approx(1.4 * MM, abs=0.005 * MM)
    metal = float(
        np.sum(share_above(cells, np.maximum(values, LOWEST)) * (1.0 - share)) * (0.025 * MM) ** 2 * 0.05 * MM
    )
    assert zone.volume == pytest.approx(bare.volume - metal, rel=0.02)
    assert len(outline(held, np.where(share > 0.0, values, -np.inf))) == 1


def test_a_fraction_is_taken_of_the_tissue() -> None:
    # half of each layer metal in part: the mean is over what is left
    edges = np.linspace(0.0, 1.0, 5) * MM
    share = np.where(np.arange(4)[:, None, None] < 2, 0.25, 1.0) * np.ones((4, 4, 4))
    values = np.where(np.arange(4)[:, None, None] < 2, 40.0, -np.inf) * np.ones((4, 4, 4))
    zone = measure_zone(grid(edges, edges, edges, share=share), values)
    # cells of the two columns that meet are cut in the middle, as a jump that is not resolved has to be
    assert zone.fraction == pytest.approx(np.full(4, 0.5 / 2.5), abs=0.1)


def test_the_fraction_of_a_sloping_ln_omega_at_second_order() -> None:
    # ln Omega = 20 - 30 x / mm over 1 mm; its mean fraction is an exponential integral
    exact = 1.0 - (special.exp1(np.exp(-10.0)) - special.exp1(np.exp(20.0))) / 30.0
    errors = []
    for cells in (8, 16, 32):
        x, y = np.linspace(-1.0, 1.0, 2 * cells + 1) * MM, np.linspace(0.0, 1.0, 4) * MM
        cuboids = grid(x, y, y)
        zone = measure_zone(cuboids, field(cuboids, lambda x, y, z: 20.0 - 30.0 * np.abs(x) / MM + 0.0 * y + 0.0 * z))
        errors.append(abs(float(zone.fraction[0]) - exact))
    assert errors[0] < 0.02
    assert errors[-1] < 1e-3


@given(st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda one: max(map(abs, one)) > 0.1), st.floats(-0.4, 0.4))
def test_a_plane_cuts_a_cube_into_what_it_should(slope: tuple[float, float, float], place: float) -> None:
    # the linear field is exact in every inner cell, so that finer cells add up to coarser ones
    def inner(cells: int) -> float:
        edges = np.linspace(-1.5, 1.5, 3 * cells + 1)
        cuboids = grid(edges, edges, edges)
        shares = share_above(cuboids, field(cuboids, lambda x, y, z: slope[0] * x + slope[1] * y + slope[2] * z), place)
        middle = slice(cells, 2 * cells)
        return float(shares[middle, middle, middle].mean())

    assert inner(1) == pytest.approx(inner(4), abs=1e-4)
    if place == 0.0:
        assert inner(4) == pytest.approx(0.5, abs=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 2**31), st.floats(0.0, 5.0))
def test_more_damage_is_never_a_smaller_zone(seed: int, more: float) -> None:
    values = np.random.default_rng(seed).normal(0.0, 5.0, (5, 4, 6))
    x, y, z = (np.linspace(0.0, MM, count + 1) for count in values.shape)
    cells = grid(x, y, z, (True, False))
    less, greater = measure_zone(cells, values), measure_zone(cells, values + more)
    assert greater.volume >= less.volume * (1.0 - 1e-9)
    assert np.all(greater.fraction >= less.fraction - 1e-6)
    assert np.all((greater.fraction >= 0.0) & (greater.fraction <= 1.0))
    assert greater.volume <= MM**3 * (1.0 + 1e-9)


def enclosed(loop: Floats) -> float:
    x, z = loop.T
    return float(0.5 * np.sum(x[:-1] * z[1:] - x[1:] * z[:-1]))


def test_an_outline_of_an_ellipsoid_at_second_order() -> None:
    exact = np.pi * HALF[0] * HALF[2] * (1.0 - (0.1 / 0.34) ** 2)  # in the plane 0.1 mm off its middle
    errors = []
    for cells in (20, 40, 80):
        edges, z = np.linspace(-1.0, 1.0, cells + 1) * MM, np.linspace(0.0, 2.0, cells + 1) * MM
        cuboids = grid(edges, edges, z)
        (loop,) = outline(cuboids, field(cuboids, ellipsoid(MIDDLE, HALF)), MIDDLE[1] + 0.1 * MM)
        assert np.array_equal(loop[0], loop[-1])
        errors.append(abs(enclosed(loop) / exact - 1.0))
    assert errors[-1] < 4e-3  # 20 cells across
    assert np.log2(errors[0] / errors[-1]) / 2.0 > 1.8


def test_an_outline_runs_round_a_quarter_and_its_image() -> None:
    edges, z = graded(1.0 * MM, 20), np.linspace(0.0, 2.0, 41) * MM
    cells = grid(edges, edges, z, (True, True))
    (loop,) = outline(cells, field(cells, ellipsoid((0.0, 0.0, 0.9 * MM), HALF)))
    assert loop[:, 0].min() == pytest.approx(-loop[:, 0].max())
    assert loop[:, 0].max() == pytest.approx(HALF[0], rel=5e-3)
    assert np.hypot(loop[:, 0] / HALF[0], (loop[:, 1] - 0.9 * MM) / HALF[2]) == pytest.approx(1.0, abs=0.01)


def test_outlines_of_two_zones_and_of_a_hole() -> None:
    x, z = np.linspace(-1.0, 1.0, 81) * MM, np.linspace(0.0, 2.0, 81) * MM
    cells = grid(x, np.array([-0.1, 0.0, 0.1]) * MM, z)
    two = np.maximum(
        field(cells, ellipsoid((-0.5 * MM, 0.0, 1.0 * MM), (0.2 * MM,) * 3)),
        field(cells, ellipsoid((0.5 * MM, 0.0, 1.0 * MM), (0.3 * MM,) * 3)),
    )
    longest, shortest = outline(cells, two)
    assert longest[:, 0].min() == pytest.approx(0.2 * MM, abs=0.02 * MM)
    assert shortest[:, 0].max() == pytest.approx(-0.3 * MM, abs=0.02 * MM)

    def ring(x: Floats, y: Floats, z: Floats) -> Floats:
        return np.asarray(3.0 - 20.0 * np.abs(np.hypot(x, z - MM) / MM - 0.5) + 0.0 * y)

    outer, inner = outline(cells, field(cells, ring))
    assert enclosed(outer) + enclosed(inner) == pytest.approx(np.pi * (0.65**2 - 0.35**2) * MM**2, rel=0.01)
    assert enclosed(outer) > 0.0 > enclosed(inner)  # the zone lies on the same hand of both


def test_an_outline_that_reaches_the_faces_is_closed_along_them() -> None:
    edges, z = np.linspace(0.0, 1.0, 21) * MM, np.linspace(0.0, 2.0, 21) * MM
    cells = grid(edges, edges, z, (True, True))
    (loop,) = outline(cells, field(cells, lambda x, y, z: 1.0 - z / MM + 0.0 * x + 0.0 * y))
    assert enclosed(loop) == pytest.approx(2.0 * MM * MM)
    assert (loop[:, 1].min(), np.ptp(loop[:, 0])) == pytest.approx((0.0, 2.0 * MM))


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.booleans())
def test_outlines_close_whatever_the_field(seed: int, mirrored: bool) -> None:
    # noise is full of saddles; marching squares of its linear interpolation has to leave no end loose
    values = np.random.default_rng(seed).choice([-np.inf, -1.0, 0.0, 0.5, 2.0], (6, 3, 7))
    x, y, z = (np.linspace(0.0, MM, count + 1) for count in values.shape)
    cells = grid(x, y, z, (mirrored, True))
    loops = outline(cells, values, 0.4 * MM)
    assert all(np.array_equal(loop[0], loop[-1]) and len(loop) >= 4 for loop in loops)
    assert all(np.isfinite(loop).all() for loop in loops)
    assert 0.0 <= sum(map(enclosed, loops)) <= (2.0 if mirrored else 1.0) * MM**2 * (1.0 + 1e-9)


def test_a_plane_outside_the_grid_has_no_outline() -> None:
    edges = np.linspace(0.0, MM, 4)
    with pytest.raises(ValueError, match="inside the grid"):
        outline(grid(edges, edges, edges), np.zeros((3, 3, 3)), 1.1 * MM)


def test_minus_infinity_counts_as_the_lowest() -> None:
    edges = np.linspace(-1.0, 1.0, 21) * MM
    cells = grid(edges, edges, edges)
    values = field(cells, ellipsoid((0.0, 0.0, 0.0), (0.5 * MM,) * 3))
    assert measure_zone(cells, values).volume == measure_zone(cells, np.maximum(values, LOWEST)).volume
