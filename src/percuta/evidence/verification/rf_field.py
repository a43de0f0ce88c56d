"""Radiofrequency: the electric field against closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.cases import Case, Row, verified
from percuta.evidence.verification.conductors import (
    GEL,
    MM,
    NEEDLE,
    PITCH,
    RADIUS,
    SIGMA,
    conductance_of,
    open_solver,
    orders,
    resolved,
    sized,
    solve,
    through,
)
from percuta.evidence.verification.rows import at_least_order, relative
from percuta.numerics.cut_cells import Cuts
from percuta.numerics.grid import Refinement, centres, graded_edges
from percuta.physics.array_cells import ArrayCells
from percuta.physics.needle_field import needle_field, plain_conductances
from percuta.physics.pulse_setup import Needle

Floats = NDArray[np.float64]

# Sizes chosen here, measured nowhere.
_INNER, _OUTER = 1.0, 3.0  # m, of the spheres
_SPHERE_CELLS = (16, 32, 64)
_GROWTHS = (1.2, 1.16, 1.12)  # ratio of neighbouring cells in the single needle's field
_SIZES = (0.08 * MM, 0.04 * MM, 0.02 * MM)  # of the smallest cell
_FAR = 500.0  # radii of a disc to the earth around it
_OUT = (0.04, 0.02, 0.01)  # radii by which the disc stands out
_LAYERS = ((0.3 * MM, 0.05, 0.02), (0.9 * MM, 0.38, 0.27), (0.8 * MM, 0.074, 0.045))  # thickness, along, across


def _spheres() -> list[Row]:
    exact = (1.0 / _INNER - 1.0 / _OUTER) / (4.0 * math.pi * SIGMA)
    found = [_between_spheres(cells) for cells in _SPHERE_CELLS]
    order = orders([one / exact - 1.0 for one in found], [1.0 / cells for cells in _SPHERE_CELLS])
    return [
        relative("resistance between concentric spheres", "ohm", exact, found[-1], 2e-3),
        at_least_order("order in the cells, concentric spheres", 2.0, order, 0.2),
    ]


def _between_spheres(cells: int) -> float:
    """Return the resistance between two spheres from one octant, whose surfaces cut the lines between centres."""
    edges = np.linspace(0.0, _OUTER * 1.02, cells + 1)
    x, y, z = np.meshgrid(*(centres(edges),) * 3, indexing="ij")
    shell = (np.sqrt(x**2 + y**2 + z**2) > _INNER) & (np.sqrt(x**2 + y**2 + z**2) < _OUTER)
    sigma = np.full(cells, SIGMA)
    whole = _all_open(cells, cells, cells)
    solver = open_solver(edges, edges, edges, plain_conductances(edges, edges, edges, whole, sigma, sigma))
    index = np.arange(shell.size).reshape(shell.shape)
    parts = []
    for axis, g in enumerate((solver.gx, solver.gy, solver.gz)):
        line, own = np.moveaxis((x, y, z)[axis], axis, 0), np.moveaxis(shell, axis, 0)
        number = np.moveaxis(index, axis, 0)
        across = np.moveaxis(x**2 + y**2 + z**2, axis, 0) - line**2
        np.moveaxis(g, axis, 0)[1:] *= own[1:] & own[:-1]
        for inside, outside in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
            cut = own[inside] & ~own[outside]
            parts.append((number[inside][cut], *_to_surface(line[inside][cut], across[inside][cut], float(edges[1]))))
    cell, wall, held = (np.concatenate([part[k] for part in parts]) for k in range(3))
    potential = solve(solver, cell.astype(np.int64), wall, held)
    return float(1.0 / (8.0 * np.sum(wall * (held - potential[cell]) * held)))


def _to_surface(line: Floats, across: Floats, size: float) -> tuple[Floats, Floats]:
    """Return the conductance along a grid line from a centre to the sphere that cuts it, and the sphere's potential."""
    inner = line**2 + across < (0.5 * (_INNER + _OUTER)) ** 2
    radius = np.where(inner, _INNER, _OUTER)
    reach = np.abs(np.sqrt(np.maximum(radius**2 - across, 0.0)) - line)
    return SIGMA * size**2 / np.maximum(reach, 1e-3 * size), inner.astype(np.float64)


def _all_open(nx: int, ny: int, nz: int) -> Cuts:
    ones = np.ones((nx, ny, nz))
    faces = np.ones((nx + 1, ny, nz)), np.ones((nx, ny + 1, nz)), np.ones((nx, ny, nz + 1))
    return Cuts(ones, ones, *faces, ones, ones)


def _cylinders() -> list[Row]:
    """Compare the single needle's field and the fitted cells with a coaxial cable of round section."""
    reach, length = 0.5 * PITCH, 0.5 * MM
    needle = replace(NEEDLE, depth=length, exposed_length=length)
    exact = math.log(reach / RADIUS) / (2.0 * math.pi * SIGMA * length)
    sigma = np.array([SIGMA])
    field = needle_field(needle, np.array([0.0, length]), sigma, sigma, reach, _GROWTHS[0])
    found = [_round_cable(sized(through(length), size), reach) for size in _SIZES]
    errors = [one / exact - 1.0 for one in found]
    return [
        relative("resistance between concentric cylinders, field of a needle", "ohm", exact, 1 / field.current, 1e-9),
        relative("resistance between concentric cylinders, cells around it", "ohm", exact, found[-1], 1e-3),
        at_least_order("order in the cells, concentric cylinders", 1.0, orders(errors, list(_SIZES)), 0.3),
    ]


def _round_cable(cells: ArrayCells, reach: float) -> float:
    """Return the resistance from the needle to a circle, with the exact potential on the outer faces."""
    solver = open_solver(cells.x, cells.y, cells.z, cells.conductance)
    metal = cells.walls.needle >= 0
    index = np.arange(np.prod(cells.shape)).reshape(cells.shape)
    parts = [(cells.walls.cell[metal], cells.walls.conductance[metal], np.ones(np.count_nonzero(metal)))]
    size, dz = np.diff(cells.x), np.diff(cells.z)
    along = centres(cells.x)
    held = np.log(reach / np.hypot(cells.x[-1], along)) / math.log(reach / RADIUS)
    wall = SIGMA * size[:, None] * dz / (0.5 * size[-1])
    for outer in (index[-1], index[:, -1]):
        parts.append((outer.ravel(), wall.ravel(), np.broadcast_to(held[:, None], wall.shape).ravel()))
    cell, wall, potential = (np.concatenate(part) for part in zip(*parts, strict=True))
    found, n = solve(solver, cell, wall, potential), parts[0][0].size
    return float(1.0 / (4.0 * np.sum(wall[:n] * (1.0 - found[cell[:n]]))))


def _square_cable() -> list[Row]:
    length = 0.5 * MM
    exact = math.log(1.0787 * 0.5 * PITCH / RADIUS) / (2.0 * math.pi * SIGMA * length)
    # a volt between the polarities is half a volt between a needle and the square around it
    found = [0.25 / conductance_of(sized(through(length), size)) for size in _SIZES]
    order = orders([one / exact - 1.0 for one in found], list(_SIZES))
    return [
        relative("resistance of a square cable", "ohm", exact, found[-1], 1e-3),
        at_least_order("order in the cells, square cable", 1.0, order, 0.2),
    ]


def _disc() -> list[Row]:
    # the earth around it is not infinitely far away: what lies beyond it is missing
    exact = 1.0 / (4.0 * SIGMA * RADIUS) - 1.0 / (2.0 * math.pi * SIGMA * _FAR * RADIUS)
    found = [_disc_resistance(growth) for growth in _GROWTHS]
    order = orders([one / exact - 1.0 for one in found], [math.log(growth) for growth in _GROWTHS])
    return [
        relative("resistance of a disc on a half-space", "ohm", exact, found[-1], 4e-3),
        at_least_order("order in the growth of the cells, disc", 2.0, order, 0.3),
    ]


def _disc_resistance(growth: float) -> float:
    """Return the resistance of a disc, from three that stand out a little.

    The current of a disc that stands out by d grows with d and with d ln d.
    """
    far, sigma, out = _FAR * RADIUS, np.array([SIGMA]), np.array(_OUT)
    discs = [Needle(2.0 * RADIUS, one * RADIUS, one * RADIUS) for one in _OUT]
    currents = [needle_field(disc, np.array([0.0, far]), sigma, sigma, far, growth).current for disc in discs]
    terms = np.stack([np.ones(out.size), out, out * np.log(out)], axis=1)
    return float(1.0 / np.linalg.solve(terms, np.array(currents))[0])


def _layered() -> list[Row]:
    """Stack layers between two plates, and put a needle through them."""
    thickness, along, across = (np.array(part) for part in zip(*_LAYERS, strict=True))
    planes = np.concatenate([[0.0], np.cumsum(thickness)])
    z = graded_edges(list(planes), [Refinement(planes[1], planes[1], 0.02 * MM)], ratio=1.2)
    layer = np.searchsorted(planes, centres(z)) - 1
    x = np.linspace(0.0, MM, 4)
    solver = open_solver(x, x, z, plain_conductances(x, x, z, _all_open(3, 3, z.size - 1), along[layer], across[layer]))
    index = np.arange(solver.cells).reshape(solver.shape)
    ends = [across[layer[k]] * (x[1] * x[1]) / (0.5 * np.diff(z)[k]) for k in (0, -1)]
    cell = np.concatenate([index[:, :, 0].ravel(), index[:, :, -1].ravel()])
    wall, held = np.repeat(ends, 9), np.repeat([1.0, 0.0], 9)
    potential = solve(solver, cell, wall, held)
    in_series = 1.0 / float(np.sum(wall * (held - potential[cell]) * held))
    exact = float(np.sum(thickness / across)) / MM**2
    depth = float(planes[-1])
    alone = conductance_of(resolved(through(depth)))
    layers = tuple(
        replace(GEL, thickness=one, sigma_in_plane=in_plane, sigma_in_depth=in_depth)
        for one, in_plane, in_depth in _LAYERS
    )
    mixed = conductance_of(resolved(replace(through(depth), layers=layers)))
    beside = alone * float(thickness @ along) / (SIGMA * depth)
    return [
        relative("resistance of layers in series", "ohm", exact, in_series, 1e-5),
        relative("conductance of layers beside a needle", "S", beside, mixed, 2e-3),
    ]


def _manufactured() -> list[Row]:
    """Solve div(sigma grad V) = 0 with two anisotropic layers, whose solution is known."""
    errors = [_manufactured_error(cells) for cells in (8, 16, 32)]
    return [
        verified(
            "potential in two anisotropic layers, 32 cells along each axis",
            "1",
            0.0,
            errors[-1],
            error=errors[-1],
            tolerance=2e-3,
            error_in="of the largest, root mean square",
        ),
        at_least_order(
            "order in the cells, two anisotropic layers", 2.0, orders(errors, [1 / 8, 1 / 16, 1 / 32]), 0.15
        ),
    ]


def _manufactured_error(cells: int) -> float:
    """Return the error of V = cos(pi x) cos(pi y) Z(z), with flux and potential alike on both sides of the face."""
    half, wave = 0.4, math.pi * math.sqrt(2.0)
    (a1, c1), (a2, c2) = (0.38, 0.27), (0.074, 0.02)
    k1, k2 = wave * math.sqrt(a1 / c1), wave * math.sqrt(a2 / c2)
    jump = c1 * k1 * math.sinh(k1 * half) / (c2 * k2)

    def profile(depth: Floats) -> Floats:
        below = math.cosh(k1 * half) * np.cosh(k2 * (depth - half)) + jump * np.sinh(k2 * (depth - half))
        return np.asarray(np.where(depth < half, np.cosh(k1 * depth), below))

    x = np.linspace(0.0, 1.0, cells + 1) ** 1.2  # uneven, no interface in the middle of a cell
    z = np.concatenate([np.linspace(0.0, half, cells // 2 + 1)[:-1], np.linspace(half, 1.0, cells // 2 + 1)])
    upper = centres(z) < half
    along, across = np.where(upper, a1, a2), np.where(upper, c1, c2)
    solver = open_solver(x, x, z, plain_conductances(x, x, z, _all_open(cells, cells, cells), along, across))
    mean = np.diff(np.sin(math.pi * x)) / (math.pi * np.diff(x))
    shape = mean[:, None] * mean
    index = np.arange(solver.cells).reshape(solver.shape)[:, :, -1].ravel()
    area = (np.diff(x)[:, None] * np.diff(x)).ravel()
    end = float(profile(np.array([1.0]))[0])
    found = solve(solver, index, across[-1] * area / (0.5 * (z[-1] - z[-2])), shape.ravel() * end)
    exact = shape[:, :, None] * profile(centres(z))
    return float(np.sqrt(np.mean((found.reshape(exact.shape) - exact) ** 2)) / np.abs(exact).max())


def _case(identifier: str, title: str, run: Callable[[], list[Row]]) -> Case:
    return Case(identifier, title, "verification", (), False, run)


CASES = (
    _case("rf-spheres", "Concentric spheres: the solver with cut lines against the closed form", _spheres),
    _case("rf-cylinders", "Concentric cylinders: cells around a needle against the closed form", _cylinders),
    _case("rf-square-cable", "A needle through a thin layer of a checkerboard: a square cable", _square_cable),
    _case("rf-disc", "A disc on a half-space: the field of a needle of no length", _disc),
    _case("rf-layers", "Layers in series and beside a needle", _layered),
    _case("rf-manufactured", "A known field in two anisotropic layers, and its order", _manufactured),
)
