"""Radiofrequency: the electric field against closed forms, an independent finite-element code, and itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.cases import Case, Row, verified
from percuta.evidence.verification.conductors import (
    BIPOLAR,
    GEL,
    MM,
    NEEDLE,
    PITCH,
    RADIUS,
    SIGMA,
    conductance_of,
    directly_solved,
    open_solver,
    orders,
    potential_of,
    resolved,
    sized,
    solve,
    through,
)
from percuta.numerics.cut_cells import Cuts
from percuta.numerics.grid import Refinement, centres, graded_edges
from percuta.physics.array_cells import ArrayCells
from percuta.physics.array_piece import Fineness
from percuta.physics.needle_field import needle_field, plain_conductances
from percuta.physics.pulse import cells_of
from percuta.physics.pulse_setup import Needle, NeedleArray, PulseSetup

Floats = NDArray[np.float64]

# Sizes chosen here, measured nowhere.
_INNER, _OUTER = 1.0, 3.0  # m, of the spheres
_SPHERE_CELLS = (16, 32, 64)
_GROWTHS = (1.2, 1.16, 1.12)  # ratio of neighbouring cells in the single needle's field
_SIZES = (0.08 * MM, 0.04 * MM, 0.02 * MM)  # of the smallest cell
_FAR = 500.0  # radii of a disc to the earth around it
_OUT = (0.04, 0.02, 0.01)  # radii by which the disc stands out
_SPACING, _LENGTH, _PAIR_SIGMA, _MARGIN = 1.25 * MM, 3.0 * MM, 0.25, 40.0 * MM  # RF-V2
_LAYERS = ((0.3 * MM, 0.05, 0.02), (0.9 * MM, 0.38, 0.27), (0.8 * MM, 0.074, 0.045))  # thickness, along, across
_SHIFTS = (0.37, 1.13, 1.71, 2.46, 3.29)  # mm, depths at which the gel is cut in two
_SCALES = (2.0, 1.4, 1.0, 0.7)  # of the standard cells
_SHIFTED = (0.03 * MM, 0.036 * MM, 0.045 * MM)

# Power [W rms] of independent finite elements, converged in space to 0.02 % (0.1 % where a needle is pointed), as
# written by benchmarks/ngsolve_reference.py.
FINITE_ELEMENTS = {
    "checkerboard": 0.172789,
    "alternating_rows": 0.161074,
    "anisotropic": 0.204731,
    "two_layers": 0.0963544,
    "tapered": 0.180115,
    "finite_2x2": 0.657351,
    "finite_3x3": 1.48931,
    "monopolar_2x2": 0.360874,
    "inclined_pair": 0.120137,
}


def _relative(quantity: str, unit: str, expected: float, found: float, tolerance: float, note: str = "") -> Row:
    error = abs(found / expected - 1.0)
    return verified(
        quantity, unit, expected, found, error=error, tolerance=tolerance, error_in="of the value", note=note
    )


def _order(quantity: str, expected: float, found: float, tolerance: float) -> Row:
    below = max(expected - found, 0.0)
    return verified(quantity, "1", expected, found, error=below, tolerance=tolerance, error_in="of an order below")


def _spheres() -> list[Row]:
    exact = (1.0 / _INNER - 1.0 / _OUTER) / (4.0 * math.pi * SIGMA)
    found = [_between_spheres(cells) for cells in _SPHERE_CELLS]
    order = orders([one / exact - 1.0 for one in found], [1.0 / cells for cells in _SPHERE_CELLS])
    return [
        _relative("resistance between concentric spheres", "ohm", exact, found[-1], 2e-3),
        _order("order in the cells, concentric spheres", 2.0, order, 0.2),
    ]


def _between_spheres(cells: int) -> float:
    """Return the resistance between two spheres from one octant, whose surfaces cut the lines between centres."""
    edges = np.linspace(0.0, _OUTER * 1.02, cells + 1)
    size, middle = edges[1], np.meshgrid(*(centres(edges),) * 3, indexing="ij")
    away = np.sqrt(middle[0] ** 2 + middle[1] ** 2 + middle[2] ** 2)
    shell = (away > _INNER) & (away < _OUTER)
    solver = open_solver(
        edges,
        edges,
        edges,
        plain_conductances(edges, edges, edges, _all_open(*shell.shape), *(np.full(cells, SIGMA),) * 2),
    )
    index, walls = np.arange(shell.size).reshape(shell.shape), []
    for axis, g in enumerate((solver.gx, solver.gy, solver.gz)):
        line, own, number = (np.moveaxis(part, axis, 0) for part in (middle[axis], shell, index))
        across = np.moveaxis(away**2, axis, 0) - line**2
        np.moveaxis(g, axis, 0)[1:] *= own[1:] & own[:-1]
        for inside, outside in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
            cut = own[inside] & ~own[outside]
            at = np.where(line[inside] ** 2 + across[inside] < (0.5 * (_INNER + _OUTER)) ** 2, _INNER, _OUTER)
            reach = np.abs(np.sqrt(np.maximum(at**2 - across[inside], 0.0)) - line[inside])
            wall = SIGMA * size**2 / np.maximum(reach, 1e-3 * size)
            walls.append((number[inside][cut], wall[cut], (at == _INNER)[cut].astype(np.float64)))
    cell, wall, held = (np.concatenate(part) for part in zip(*walls, strict=True))
    potential = solve(solver, cell, wall, held)
    return float(1.0 / (8.0 * np.sum(wall * (held - potential[cell]) * held)))


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
        _relative("resistance between concentric cylinders, field of a needle", "ohm", exact, 1 / field.current, 1e-9),
        _relative("resistance between concentric cylinders, cells around it", "ohm", exact, found[-1], 1e-3),
        _order("order in the cells, concentric cylinders", 1.0, orders(errors, list(_SIZES)), 0.3),
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
        _relative("resistance of a square cable", "ohm", exact, found[-1], 1e-3),
        _order("order in the cells, square cable", 1.0, order, 0.2),
    ]


def _disc() -> list[Row]:
    # the earth around it is not infinitely far away: what lies beyond it is missing
    exact = 1.0 / (4.0 * SIGMA * RADIUS) - 1.0 / (2.0 * math.pi * SIGMA * _FAR * RADIUS)
    found = [_disc_resistance(growth) for growth in _GROWTHS]
    order = orders([one / exact - 1.0 for one in found], [math.log(growth) for growth in _GROWTHS])
    return [
        _relative("resistance of a disc on a half-space", "ohm", exact, found[-1], 4e-3),
        _order("order in the growth of the cells, disc", 2.0, order, 0.3),
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


def _two_needles() -> list[Row]:
    exact = math.acosh(_SPACING / (2.0 * RADIUS)) / (math.pi * _PAIR_SIGMA * _LENGTH)
    base = through(_LENGTH, _PAIR_SIGMA)
    rows = []
    for name, array in (
        ("two needles of an array", NeedleArray("checkerboard", _SPACING, 2, 1, margin=_MARGIN)),
        ("one of independent pairs", NeedleArray("pair", _SPACING, margin=_MARGIN)),
    ):
        setup = replace(base, array=array)
        found = 1.0 / conductance_of(resolved(setup))
        rows.append(_relative(f"resistance between parallel needles, {name}", "ohm", exact, found, 0.01))
    return rows


def problems() -> dict[str, tuple[PulseSetup, float]]:
    """Return the setups that finite elements have answered, and the voltage of each [V rms]."""
    below = replace(GEL, thickness=2.25 * MM, sigma_in_plane=0.05, sigma_in_depth=0.05)
    deep = replace(GEL, thickness=6.0 * MM, sigma_in_plane=0.25, sigma_in_depth=0.25)
    pair = replace(
        BIPOLAR,
        layers=(deep,),
        needle=Needle(2.0 * RADIUS, 2.0 * MM, 3.0 * MM, angle=math.radians(20.0), conductivity=0.0),
        array=NeedleArray("pair", 1.25 * MM),
    )
    arrays = {
        "checkerboard": NeedleArray("checkerboard", PITCH),
        "alternating_rows": NeedleArray("alternating_rows", PITCH),
        "finite_2x2": NeedleArray("checkerboard", PITCH, 2, 2),
        "finite_3x3": NeedleArray("checkerboard", PITCH, 3, 3),
        "monopolar_2x2": NeedleArray("monopolar", PITCH, 2, 2),
    }
    setups = {name: (replace(BIPOLAR, array=array), 28.0) for name, array in arrays.items()}
    setups["monopolar_2x2"] = (setups["monopolar_2x2"][0], 14.0)
    setups["anisotropic"] = (replace(BIPOLAR, layers=(replace(GEL, sigma_in_plane=0.38, sigma_in_depth=0.27),)), 28.0)
    setups["two_layers"] = (replace(BIPOLAR, layers=(replace(GEL, thickness=1.75 * MM), below)), 28.0)
    setups["tapered"] = (replace(BIPOLAR, needle=replace(NEEDLE, exposed_length=0.8 * MM, taper=0.5 * MM)), 28.0)
    setups["inclined_pair"] = (pair, 10.0)
    return {name: setups[name] for name in FINITE_ELEMENTS}


def _finite_needles() -> list[Row]:
    rows = []
    for name, (setup, volts) in problems().items():
        power = conductance_of(resolved(setup)) * volts**2
        words = name.replace("_", " ")
        rows.append(_relative(f"power of finite needles, {words}", "W", FINITE_ELEMENTS[name], power, 0.01))
    powers = [conductance_of(cells_of(BIPOLAR, _scaled(scale))) * 28.0**2 for scale in _SCALES]
    order = orders([one / FINITE_ELEMENTS["checkerboard"] - 1.0 for one in powers], list(_SCALES))
    return [*rows, _order("order in the cells and their growth, checkerboard", 1.0, order, 0.2)]


def _scaled(scale: float) -> Fineness:
    """Return the cells of the standard accuracy, all sizes and their growth times a factor."""
    return Fineness(0.3 * RADIUS * scale, 1.0 + 0.2 * scale, 0.1 * PITCH * scale, 1.0 + 0.15 * scale)


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
        _relative("resistance of layers in series", "ohm", exact, in_series, 1e-5),
        _relative("conductance of layers beside a needle", "S", beside, mixed, 2e-3),
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
        _order("order in the cells, two anisotropic layers", 2.0, orders(errors, [1 / 8, 1 / 16, 1 / 32]), 0.15),
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


def _whole_cell() -> list[Row]:
    quarter = resolved(BIPOLAR, "draft")
    whole = _unfolded(quarter)
    by_quarter, by_whole = conductance_of(quarter), conductance_of(whole)
    rows = [_relative("conductance of the whole cell by its quarter", "S", by_whole, by_quarter, 2e-5)]
    single, triple = (
        conductance_of(resolved(replace(BIPOLAR, array=array), "draft"))
        for array in (NeedleArray("alternating_rows", PITCH, 2, n, margin=0.5 * PITCH) for n in (1, 3))
    )
    return [*rows, _relative("conductance of three columns of a row by one", "S", triple, 3.0 * single, 2e-5)]


def _unfolded(cells: ArrayCells) -> ArrayCells:
    """Return the whole pitch cell from four copies of its quarter."""
    g, walls, (nx, ny, nz) = cells.conductance, cells.walls, cells.shape
    dx, dy, dz = np.diff(cells.x), np.diff(cells.y), np.diff(cells.z)
    seam_x, seam_y = g.x.copy(), g.y.copy()
    seam_x[0] = cells.open_x[0] * SIGMA * dy[:, None] * dz / dx[0]
    seam_y[:, 0] = cells.open_y[:, 0] * SIGMA * dx[:, None] * dz / dy[0]
    index = _four(np.arange(cells.open.size).reshape(cells.shape))
    order = np.argsort(index.ravel(), kind="stable").reshape(-1, 4)  # the four copies of each cell
    return replace(
        cells,
        x=np.concatenate([-cells.x[:0:-1], cells.x]) + cells.x[-1],
        y=np.concatenate([-cells.y[:0:-1], cells.y]) + cells.y[-1],
        open=_four(cells.open),
        volume=_four(cells.volume),
        conductance=replace(
            g,
            x=np.delete(_four(seam_x), nx, axis=0),
            y=np.delete(_four(seam_y), ny, axis=1),
            z=_four(g.z),
            wall=np.zeros((2 * nx, 2 * ny, nz)),
        ),
        walls=replace(
            walls,
            cell=order[walls.cell].ravel(),
            conductance=np.repeat(walls.conductance, 4),
            potential=np.repeat(walls.potential, 4),
            needle=np.repeat(walls.needle, 4),
        ),
        copies=1.0,
    )


def _four(values: NDArray[np.generic]) -> NDArray[np.generic]:
    once = np.concatenate([values[::-1], values])
    return np.concatenate([once[:, ::-1], once], axis=1)


def _shifts() -> list[Row]:
    """Cut the gel in two at several depths, which moves all planes below, and change the size of the cells."""
    found = []
    for size in _SHIFTED:
        found.append(conductance_of(sized(BIPOLAR, size)))
        for depth in _SHIFTS:
            parts = tuple(replace(GEL, thickness=one * MM) for one in (depth, 4.0 - depth))
            found.append(conductance_of(sized(replace(BIPOLAR, layers=parts), size)))
    powers = np.array(found) * 28.0**2
    spread = float(np.ptp(powers) / powers.mean())
    return [
        verified(
            f"power over {powers.size} grids of the same gel",
            "W",
            FINITE_ELEMENTS["checkerboard"],
            float(powers.mean()),
            error=spread,
            tolerance=5e-3,
            error_in="of the value, lowest to highest",
        )
    ]


def _precision() -> list[Row]:
    cells = resolved(replace(BIPOLAR, layers=problems()["two_layers"][0].layers))
    mixed, double = potential_of(cells), directly_solved(cells)
    expected, found = conductance_of(cells, double), conductance_of(cells, mixed)
    error = float(np.abs(mixed - double).max() / 0.5)
    return [
        verified(
            "potential by the mixed solver against double precision",
            "1",
            0.0,
            error,
            error=error,
            tolerance=1e-5,
            error_in="of the electrode's",
        ),
        _relative("conductance by the mixed solver against double precision", "S", expected, found, 2e-6),
    ]


def _case(identifier: str, title: str, run: Callable[[], list[Row]]) -> Case:
    return Case(identifier, title, "verification", (), False, run)


CASES = (
    _case("rf-spheres", "Concentric spheres: the solver with cut lines against the closed form", _spheres),
    _case("rf-cylinders", "Concentric cylinders: cells around a needle against the closed form", _cylinders),
    _case("rf-square-cable", "A needle through a thin layer of a checkerboard: a square cable", _square_cable),
    _case("rf-disc", "A disc on a half-space: the field of a needle of no length", _disc),
    _case("RF-V2", "Two parallel needles against the closed form", _two_needles),
    _case("rf-finite-needles", "Finite needles in arrays and pairs against finite elements", _finite_needles),
    _case("rf-layers", "Layers in series and beside a needle", _layered),
    _case("rf-manufactured", "A known field in two anisotropic layers, and its order", _manufactured),
    _case("rf-quarter", "The smallest piece of an array against larger ones", _whole_cell),
    _case("rf-grid-shift", "The same gel on other grids", _shifts),
    _case("rf-precision", "The mixed solver against a direct one in double precision", _precision),
)
