"""The V-cycle as a preconditioner: symmetric and positive, exact where it is direct, never without an end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.numerics.conjugate_gradient import DiffusionSolver
from percuta.numerics.multigrid import LOCAL, Levels, coarsen, invert_diagonal, least_mass, prepare, v_cycle

Floats = NDArray[np.float64]
Shape = tuple[int, int, int]


def axis(cells: int, growth: float) -> Floats:
    return np.concatenate([[0.0], np.cumsum(growth ** np.arange(cells))])


def levels_of(shape: Shape, growth: float = 1.15) -> Levels:
    return Levels(*(axis(cells, growth) for cells in shape))


class Cycle:
    """One V-cycle of a random operator, as a function."""

    def __init__(self, shape: Shape, seed: int, contrast: float = 1.0, growth: float = 1.15) -> None:
        self.levels = levels_of(shape, growth)
        rng = np.random.default_rng(seed)
        self.start, self.shape = int(self.levels.table[0, 3]), shape
        self.parts = {name: np.zeros(self.levels.size, dtype=np.float32) for name in ("gx", "gy", "gz", "d", "di")}
        self.parts["di"][:] = 1.0
        for axis_number, name in enumerate(("gx", "gy", "gz")):
            view = np.moveaxis(self.box(self.parts[name]), axis_number, 0)[1:]
            view[:] = contrast ** rng.uniform(-1.0, 1.0, view.shape)
        self.box(self.parts["d"])[:] = rng.uniform(0.0, 0.1, shape) * (rng.random(shape) < 0.2)
        self.box(self.parts["d"])[0, 0, 0] += 1.0
        self.factor = np.zeros((self.levels.coarsest, self.levels.coarsest))
        gx, gy, gz, d, di = self.parts.values()
        levels = self.levels
        prepare(levels.table, levels.merged, levels.distance, gx, gy, gz, d, di, self.factor)

    def box(self, packed: NDArray[np.float32]) -> NDArray[np.float32]:
        return packed[self.start : self.start + int(np.prod(self.shape))].reshape(self.shape)

    def __call__(self, values: Floats, *, local: bool = False) -> Floats:
        x, b, r, dv = (np.zeros(self.levels.size, dtype=np.float32) for _ in range(4))
        line = np.zeros(self.levels.longest, dtype=np.float32)
        self.box(b)[:] = values.reshape(self.shape)
        (gx, gy, gz, _, di), levels = self.parts.values(), self.levels
        v_cycle(levels.table, levels.merged, gx, gy, gz, di, self.factor, x, b, r, dv, line, local)
        return self.box(x).astype(np.float64).ravel()

    def matrix(self) -> Floats:
        """The operator of the finest level."""
        nx, ny, nz = self.shape
        index = np.arange(nx * ny * nz).reshape(self.shape)
        found = np.diag(self.box(self.parts["d"]).astype(np.float64).ravel())
        for name, low, high in (
            ("gx", index[:-1], index[1:]),
            ("gy", index[:, :-1], index[:, 1:]),
            ("gz", index[:, :, :-1], index[:, :, 1:]),
        ):
            g = self.box(self.parts[name])[tuple(np.s_[1:] if name[1] == "xyz"[a] else np.s_[:] for a in range(3))]
            for a, b, value in zip(low.ravel(), high.ravel(), g.ravel(), strict=True):
                found[a, a] += value
                found[b, b] += value
                found[a, b] -= value
                found[b, a] -= value
        return found


SHAPES = st.tuples(*(st.integers(1, 13),) * 3)


@settings(max_examples=40)
@given(SHAPES, st.integers(0, 2**16), st.sampled_from([1.0, 10.0]), st.booleans())
def test_a_cycle_is_symmetric_and_positive(shape: Shape, seed: int, contrast: float, local: bool) -> None:
    # otherwise conjugate gradients would lose their directions
    cycle = Cycle(shape, seed, contrast)
    one, other = np.random.default_rng(seed + 1).standard_normal((2, int(np.prod(shape))))
    from_one, from_other = cycle(one, local=local), cycle(other, local=local)
    size = np.sqrt((one @ from_one) * (other @ from_other))
    assert one @ from_one > 0.0
    assert abs(one @ from_other - other @ from_one) <= 2e-5 * size


def test_a_grid_of_few_cells_is_solved_at_once() -> None:
    cycle = Cycle((3, 4, 5), 1)
    assert len(cycle.levels.table) == 1
    wanted = np.random.default_rng(2).standard_normal(60)
    assert cycle(cycle.matrix() @ wanted) == pytest.approx(wanted, abs=2e-5)


def test_a_cycle_takes_most_of_the_error() -> None:
    # condition of the preconditioned operator on an even and on a graded grid
    for growth, most in ((1.0, 5.0), (1.25, 9.0)):
        cycle = Cycle((8, 7, 9), 3, growth=growth)
        matrix = cycle.matrix()
        inverse = np.stack([cycle(unit) for unit in np.eye(len(matrix))], axis=1)
        found = np.linalg.eigvals(inverse @ matrix).real
        assert found.min() > 0.0
        assert found.max() / found.min() < most


def test_relaxation_is_enough_where_mass_holds_a_tenth_of_the_diagonal() -> None:
    # eigenvalues of D^-1 A lie above that share then; two steps of Chebyshev's iteration do the rest
    cycle = Cycle((8, 8, 8), 5)
    d = cycle.box(cycle.parts["d"])
    d[:] = LOCAL / (1.0 - LOCAL) * 6.0
    gx, gy, gz, packed, di = cycle.parts.values()
    invert_diagonal(cycle.levels.table, 0, gx, gy, gz, packed, di)
    assert least_mass(d.ravel(), cycle.box(cycle.parts["di"]).ravel()) >= LOCAL - 1e-6
    matrix = cycle.matrix()
    inverse = np.stack([cycle(unit, local=True) for unit in np.eye(len(matrix))], axis=1)
    found = np.linalg.eigvals(inverse @ matrix).real
    assert found.max() / found.min() < 6.0


@given(st.tuples(*(st.integers(1, 40),) * 3), st.floats(1.0, 1.4))
def test_levels_shrink_to_a_size_that_is_solved_directly(shape: Shape, growth: float) -> None:
    levels = levels_of(shape, growth)
    cells = np.prod(levels.table[:, :3], axis=1)
    assert cells[0] == np.prod(shape)
    assert cells[-1] <= 60
    # three at least; two along a single axis, where no more can be merged
    assert np.all(cells[1:] <= np.maximum(cells[:-1] / 3.0, (cells[:-1] + 1) // 2))
    assert levels.coarsest == cells[-1]
    # rooms for the levels do not overlap: each has a layer of zeros before and after it
    pads = levels.table[:, 1] * levels.table[:, 2]
    assert levels.table[0, 3] == pads[0]
    assert np.array_equal(levels.table[1:, 3], levels.table[:-1, 3] + cells[:-1] + pads[:-1] + pads[1:])
    assert levels.size == levels.table[-1, 3] + cells[-1] + pads[-1]


@pytest.mark.parametrize("shape", [(1, 1, 500), (1, 700, 1), (2, 1, 300), (1, 1, 61)])
def test_a_long_line_of_cells_has_levels_too(shape: Shape) -> None:
    # along one axis a level can only have half the cells of the finer one; asking for a third would never end
    levels = levels_of(shape, 1.0)
    assert np.prod(levels.table[-1, :3]) <= 60


def test_cells_are_merged_where_they_are_small() -> None:
    levels = levels_of((8, 8, 24), 1.3)
    nz, begin = levels.table[0, 2], levels.table[0, 6]
    pairs = np.bincount(levels.merged[begin : begin + nz])
    assert set(pairs.tolist()) == {1, 2}
    assert pairs[0] == 2
    assert pairs[-1] == 1


def test_coarser_walls_and_flows_are_those_of_the_finer_level() -> None:
    cycle = Cycle((9, 10, 11), 4)
    table, parts = cycle.levels.table, cycle.parts
    for level in range(len(table)):
        n, first = int(np.prod(table[level, :3])), int(table[level, 3])
        assert parts["d"][first : first + n].sum() == pytest.approx(cycle.box(parts["d"]).sum(), rel=1e-5)
        for name, where in (("gx", np.s_[0]), ("gy", np.s_[:, 0]), ("gz", np.s_[:, :, 0])):
            box = parts[name][first : first + n].reshape(tuple(table[level, :3]))
            assert np.all(box[where] == 0.0)


def test_even_cells_of_one_material_stay_so() -> None:
    # sigma A / d of eight merged cells: four faces, twice the distance
    solver = DiffusionSolver(*(np.linspace(0.0, 1.0, 9),) * 3)
    solver.gx[1:], solver.gy[:, 1:], solver.gz[:, :, 1:] = 0.125, 0.125, 0.125
    levels = Levels(*(np.linspace(0.0, 1.0, 9),) * 3)
    packed = {name: np.zeros(levels.size, dtype=np.float32) for name in ("gx", "gy", "gz", "d", "di")}
    for name in ("gx", "gy", "gz"):
        packed[name][levels.table[0, 3] :][:512] = getattr(solver, name).ravel()
    gx, gy, gz, d, di = packed.values()
    coarsen(levels.table, levels.merged, levels.distance, 0, gx, gy, gz, d)
    first = int(levels.table[1, 3])
    coarse = gx[first : first + 64].reshape(4, 4, 4)
    assert coarse[1:] == pytest.approx(0.25)
    assert np.all(coarse[0] == 0.0)
    d[first : first + 64] = 1.0
    invert_diagonal(levels.table, 1, gx, gy, gz, d, di)
    assert di[first + 21] == pytest.approx(1.0 / (1.0 + 6 * 0.25))
