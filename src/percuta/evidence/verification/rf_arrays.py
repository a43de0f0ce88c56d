"""Radiofrequency: whole arrays against a closed form, an independent finite-element code, and themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

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
    orders,
    potential_of,
    resolved,
    sized,
    through,
)
from percuta.evidence.verification.rows import at_least_order, relative
from percuta.physics.array_cells import ArrayCells
from percuta.physics.array_piece import Fineness
from percuta.physics.pulse import cells_of
from percuta.physics.pulse_setup import Needle, NeedleArray, PulseSetup

Numbers = TypeVar("Numbers", NDArray[np.float64], NDArray[np.int64])

# Sizes chosen here, measured nowhere.
_SPACING, _LENGTH, _PAIR_SIGMA, _MARGIN = 1.25 * MM, 3.0 * MM, 0.25, 40.0 * MM  # RF-V2
_SCALES = (2.0, 1.4, 1.0, 0.7)  # of the standard cells
_SHIFTS = (0.37, 1.13, 1.71, 2.46, 3.29)  # mm, depths at which the gel is cut in two
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
        rows.append(relative(f"resistance between parallel needles, {name}", "ohm", exact, found, 0.01))
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
        rows.append(relative(f"power of finite needles, {words}", "W", FINITE_ELEMENTS[name], power, 0.01))
    powers = [conductance_of(cells_of(BIPOLAR, _scaled(scale))) * 28.0**2 for scale in _SCALES]
    order = orders([one / FINITE_ELEMENTS["checkerboard"] - 1.0 for one in powers], list(_SCALES))
    return [*rows, at_least_order("order in the cells and their growth, checkerboard", 1.0, order, 0.2)]


def _scaled(scale: float) -> Fineness:
    """Return the cells of the standard accuracy, all sizes and their growth times a factor."""
    return Fineness(0.3 * RADIUS * scale, 1.0 + 0.2 * scale, 0.1 * PITCH * scale, 1.0 + 0.15 * scale)


def _whole_cell() -> list[Row]:
    quarter = resolved(BIPOLAR, "draft")
    whole = _unfolded(quarter)
    by_quarter, by_whole = conductance_of(quarter), conductance_of(whole)
    rows = [relative("conductance of the whole cell by its quarter", "S", by_whole, by_quarter, 2e-5)]
    single, triple = (
        conductance_of(resolved(replace(BIPOLAR, array=array), "draft"))
        for array in (NeedleArray("alternating_rows", PITCH, 2, n, margin=0.5 * PITCH) for n in (1, 3))
    )
    return [*rows, relative("conductance of three columns of a row by one", "S", triple, 3.0 * single, 2e-5)]


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


def _four(values: Numbers) -> Numbers:
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
        relative("conductance by the mixed solver against double precision", "S", expected, found, 2e-6),
    ]


def _case(identifier: str, title: str, run: Callable[[], list[Row]]) -> Case:
    return Case(identifier, title, "verification", (), False, run)


CASES = (
    _case("RF-V2", "Two parallel needles against the closed form", _two_needles),
    _case("rf-finite-needles", "Finite needles in arrays and pairs against finite elements", _finite_needles),
    _case("rf-quarter", "The smallest piece of an array against larger ones", _whole_cell),
    _case("rf-grid-shift", "The same gel on other grids", _shifts),
    _case("rf-precision", "The mixed solver against a direct one in double precision", _precision),
)
