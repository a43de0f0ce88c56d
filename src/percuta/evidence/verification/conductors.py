"""Electrical problems of the verification: a gel with needles, its conductance, and the answers to compare with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from percuta.numerics.conjugate_gradient import DiffusionSolver
from percuta.physics.array_cells import ArrayCells
from percuta.physics.array_piece import Fineness
from percuta.physics.needle_field import Conductances
from percuta.physics.pulse import cells_of, fineness_of
from percuta.physics.pulse_setup import Accuracy, Drive, Needle, NeedleArray, PulseSetup, TissueLayer

Floats = NDArray[np.float64]

MM = 1e-3
RADIUS, PITCH, SIGMA = 0.125 * MM, 1.5 * MM, 0.3  # m, m, S/m

GEL = TissueLayer("gel", 4.0 * MM, SIGMA, SIGMA, 0.015, 0.4, 3.706e6)
NEEDLE = Needle(2.0 * RADIUS, 2.0 * MM, 0.5 * MM, conductivity=0.0)
BIPOLAR = PulseSetup(
    layers=(GEL,),
    needle=NEEDLE,
    array=NeedleArray("checkerboard", PITCH),
    drive=Drive(0.5, voltage=28.0),
    start_core=307.15,
    boiling=None,
)
"""An array without edges in a gel, that neither boils nor bleeds; the needle is left out of the heat problem."""

_TOLERANCE = 1e-6  # of the energy


def through(thickness: float, sigma: float = SIGMA) -> PulseSetup:
    """Return a checkerboard of needles that are bare from the top to the bottom of one layer."""
    layer = replace(GEL, thickness=thickness, sigma_in_plane=sigma, sigma_in_depth=sigma)
    return replace(BIPOLAR, layers=(layer,), needle=replace(NEEDLE, depth=thickness, exposed_length=thickness))


def resolved(setup: PulseSetup, accuracy: Accuracy = "standard", size: float | None = None) -> ArrayCells:
    """Return the cells of a setup at an accuracy, or with smallest cells of some size [m]."""
    return cells_of(setup, fineness_of(setup, accuracy, size))


def sized(setup: PulseSetup, size: float, ratio: float = 1.2) -> ArrayCells:
    """Return cells of a setup that are fine at the needle [m] and grow by a ratio, whatever the pulse."""
    return cells_of(setup, Fineness(size, ratio, 0.1 * setup.array.pitch))


def open_solver(x: Floats, y: Floats, z: Floats, conductance: Conductances) -> DiffusionSolver:
    """Return a solver with conductances between its cells, still without walls."""
    solver = DiffusionSolver(x, y, z)
    solver.gx[1:], solver.gy[:, 1:] = conductance.x[1:-1], conductance.y[:, 1:-1]
    solver.gz[:, :, 1:] = conductance.z[:, :, 1:-1]
    return solver


def solve(solver: DiffusionSolver, cell: NDArray[np.int64], wall: Floats, held: Floats) -> Floats:
    """Return the potential of every cell, flat, between walls [S] of cells that are held at potentials [V]."""
    rhs, potential = solver.padded(), solver.padded()
    np.add.at(solver.d.reshape(-1), cell, wall.astype(np.float32))
    np.add.at(solver.box(rhs).reshape(-1), cell, wall * held)
    alone = solver.d + _coupling(solver) <= 0.0
    solver.d[alone] = 1.0
    solver.prepare()
    if not solver.solve(potential, rhs, _TOLERANCE).reached:
        return np.full(solver.cells, np.nan)
    return np.asarray(solver.box(potential), dtype=np.float64).ravel()


def _coupling(solver: DiffusionSolver) -> NDArray[np.float32]:
    """Return the sum of the conductances of every cell."""
    total = solver.gx + solver.gy + solver.gz
    total[:-1] += solver.gx[1:]
    total[:, :-1] += solver.gy[:, 1:]
    total[:, :, :-1] += solver.gz[:, :, 1:]
    return total


def potential_of(cells: ArrayCells) -> Floats:
    """Return the potential of every cell, flat, for 1 V between the polarities."""
    walls = cells.walls
    solver = open_solver(cells.x, cells.y, cells.z, cells.conductance)
    return solve(solver, walls.cell, walls.conductance, walls.potential)


def conductance_of(cells: ArrayCells, potential: Floats | None = None) -> float:
    """Return the conductance of one unit of an array [S]: its power at 1 V between the polarities."""
    walls = cells.walls
    found = potential_of(cells) if potential is None else potential
    current = walls.conductance * (walls.potential - found[walls.cell])
    return float(np.sum(current * walls.potential) * cells.copies)


def directly_solved(cells: ArrayCells) -> Floats:
    """Return the potential of every cell, flat, by a direct solve in double precision."""
    number, g = int(np.prod(cells.shape)), cells.conductance
    index = np.arange(number).reshape(cells.shape)
    rows = np.concatenate([index[1:].ravel(), index[:, 1:].ravel(), index[:, :, 1:].ravel()])
    columns = np.concatenate([index[:-1].ravel(), index[:, :-1].ravel(), index[:, :, :-1].ravel()])
    values = np.concatenate([g.x[1:-1].ravel(), g.y[:, 1:-1].ravel(), g.z[:, :, 1:-1].ravel()])
    coupling = sparse.csc_array(sparse.coo_array((values, (rows, columns)), shape=(number, number)))
    coupling = coupling + coupling.T
    walls, rhs = np.zeros(number), np.zeros(number)
    np.add.at(walls, cells.walls.cell, cells.walls.conductance)
    np.add.at(rhs, cells.walls.cell, cells.walls.conductance * cells.walls.potential)
    diagonal = walls + coupling.sum(axis=0) + (cells.open <= 0.0).ravel()
    return np.asarray(spsolve(sparse.csc_array(sparse.diags_array(diagonal)) - coupling, rhs))


def orders(errors: Floats | list[float], sizes: Floats | list[float]) -> float:
    """Return the mean order at which errors fall with the sizes."""
    return float(np.polyfit(np.log(sizes), np.log(np.abs(errors)), 1)[0])
