"""The solver against a direct one, its count of iterations, what it says when it fails, and its repeatability."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from percuta.errors import ConvergenceError
from percuta.numerics.conjugate_gradient import MOST_ITERATIONS, DiffusionSolver, unsolved
from percuta.numerics.grid import Refinement, centres, graded_edges

Floats = NDArray[np.float64]


def solver_of(x: Floats, y: Floats, z: Floats, sigma: Floats) -> DiffusionSolver:
    """Conduction with sigma by cell, and the plane of the highest x held."""
    solver = DiffusionSolver(x, y, z)
    dx, dy, dz = np.diff(x), np.diff(y), np.diff(z)
    half_x, half_y, half_z = 0.5 * dx[:, None, None] / sigma, 0.5 * dy[:, None] / sigma, 0.5 * dz / sigma
    solver.gx[1:] = dy[:, None] * dz / (half_x[1:] + half_x[:-1])
    solver.gy[:, 1:] = dx[:, None, None] * dz / (half_y[:, 1:] + half_y[:, :-1])
    solver.gz[:, :, 1:] = dx[:, None, None] * dy[:, None] / (half_z[:, :, 1:] + half_z[:, :, :-1])
    solver.d[-1] = dy[:, None] * dz / half_x[-1]
    solver.prepare()
    return solver


def matrix_of(solver: DiffusionSolver) -> sparse.csc_array:
    index = np.arange(solver.cells).reshape(solver.shape)
    diagonal = np.asarray(solver.d, dtype=np.float64).copy()
    rows, columns, values = [], [], []
    for g, low, high, place in (
        (solver.gx[1:], index[:-1], index[1:], 0),
        (solver.gy[:, 1:], index[:, :-1], index[:, 1:], 1),
        (solver.gz[:, :, 1:], index[:, :, :-1], index[:, :, 1:], 2),
    ):
        moved = np.moveaxis(diagonal, place, 0)
        moved[1:] += np.moveaxis(g, place, 0)
        moved[:-1] += np.moveaxis(g, place, 0)
        for one, other in ((low, high), (high, low)):
            rows.append(one.ravel())
            columns.append(other.ravel())
            values.append(-np.asarray(g, dtype=np.float64).ravel())
    rows.append(index.ravel())
    columns.append(index.ravel())
    values.append(diagonal.ravel())
    parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csc_array(parts, shape=(solver.cells, solver.cells))


def layered(size: float, contrast: float = 1.0) -> DiffusionSolver:
    """A graded piece as around a needle, with a poorly conducting layer."""
    x = graded_edges([0.0, 0.75], [Refinement(0.1, 0.125, size)], ratio=1.2)
    z = graded_edges([0.0, 1.5, 2.0, 4.0], [Refinement(1.5, 1.5, size), Refinement(2.0, 2.0, size)], ratio=1.2)
    sigma = np.ones((x.size - 1, x.size - 1, z.size - 1))
    sigma[:, :, centres(z) < 0.1] /= contrast
    return solver_of(x, x, z, sigma)


def start(solver: DiffusionSolver, seed: int = 0) -> tuple[Floats, Floats]:
    vector, rhs = solver.padded(), solver.padded()
    solver.box(rhs)[:] = np.random.default_rng(seed).standard_normal(solver.shape)
    return vector, rhs


@settings(max_examples=20)
@given(st.tuples(*(st.integers(1, 12),) * 3), st.integers(0, 2**16), st.floats(0.0, 3.0))
def test_the_solution_is_that_of_a_direct_solver(shape: tuple[int, int, int], seed: int, decades: float) -> None:
    rng = np.random.default_rng(seed)
    x, y, z = (np.concatenate([[0.0], np.cumsum(rng.uniform(0.5, 2.0, cells))]) for cells in shape)
    solver = solver_of(x, y, z, 10.0 ** rng.uniform(-decades, 0.0, shape))
    vector, rhs = start(solver, seed)
    solve = solver.solve(vector, rhs, 1e-10)
    assert solve.reached
    direct = spsolve(matrix_of(solver), solver.box(rhs).ravel())
    assert solver.box(vector).ravel() == pytest.approx(direct, rel=1e-6, abs=1e-7 * np.abs(direct).max())


def test_the_operator_is_symmetric_and_its_flows_balance() -> None:
    solver = layered(0.04, contrast=1e3)
    one, other = (start(solver, seed)[1] for seed in (1, 2))
    walls = solver.flat("d")
    left, right = other @ solver.apply(one, walls), one @ solver.apply(other, walls)
    assert left == pytest.approx(right, rel=1e-9, abs=1e-9)
    # what leaves one cell enters the next to the last bit: only the walls let anything out
    level = solver.padded()
    solver.box(level)[:] = 1.0
    assert np.array_equal(solver.box(solver.apply(level, walls)), solver.d)


@pytest.mark.parametrize("contrast", [1.0, 1e4])
def test_iterations_hardly_grow_with_the_grid(contrast: float) -> None:
    counts = []
    for size in (0.05, 0.02, 0.008):
        solver = layered(size, contrast)
        vector, rhs = start(solver)
        solve = solver.solve(vector, rhs, 1e-6)
        assert solve.reached
        counts.append(solve.iterations)
    assert solver.cells > 35_000
    assert max(counts) <= 30


def test_the_estimated_error_bounds_the_true_one() -> None:
    # energy of the error against r M^-1 r: equal up to the condition of the preconditioned operator
    solver = layered(0.06)
    vector, rhs = start(solver)
    exact, start_energy = spsolve(matrix_of(solver), solver.box(rhs).ravel()), 0.0
    matrix = matrix_of(solver)
    for most in range(6):
        vector[:] = 0.0
        solve = solver.solve(vector, rhs, 1e-12, most=most)
        error = solver.box(vector).ravel() - exact
        energy = float(error @ (matrix @ error))
        start_energy = start_energy or energy
        assert 0.15 < solve.history[-1] / (energy / start_energy) < 7.0


def test_a_good_start_needs_no_correction() -> None:
    solver = layered(0.06)
    vector, rhs = start(solver)
    solver.solve(vector, rhs, 1e-8)
    energy, before = float(vector @ rhs), vector.copy()
    again = solver.solve(vector, rhs, 1e-4, scale=energy)
    assert (again.iterations, again.reached) == (0, True)
    assert np.array_equal(vector, before)


def test_a_tolerance_that_is_missed_is_said_with_its_history() -> None:
    solver = layered(0.06)
    vector, rhs = start(solver)
    solve = solver.solve(vector, rhs, 1e-8, most=3)
    assert (solve.reached, solve.iterations, solve.history.size) == (False, 3, 4)
    fault = unsolved("the electric field", solve)
    assert isinstance(fault, ConvergenceError)
    assert fault.exit_code == 4
    assert f"{solve.history[-1]:.1e}" in str(fault)


def test_not_a_number_is_never_a_solution() -> None:
    solver = layered(0.06)
    vector, rhs = start(solver)
    solver.box(rhs)[2, 2, 2] = np.nan
    assert not solver.solve(vector, rhs, 1e-3).reached


def test_nothing_to_do_is_done() -> None:
    solver = layered(0.06)
    solve = solver.solve(solver.padded(), solver.padded(), 1e-6)
    assert (solve.iterations, solve.reached, solve.history.tolist()) == (0, True, [0.0])


def test_the_same_bytes_every_time() -> None:
    found = []
    for _ in range(2):
        solver = layered(0.05, contrast=100.0)
        vector, rhs = start(solver)
        solver.solve(vector, rhs, 1e-7)
        found.append(vector.tobytes())
    assert found[0] == found[1]


def test_more_iterations_than_ever_needed_are_allowed() -> None:
    assert MOST_ITERATIONS >= 2 * 30
