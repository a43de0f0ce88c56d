"""Conjugate gradients with the multigrid preconditioner, the whole iteration in one compiled call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.errors import ConvergenceError
from percuta.numerics.compiled import vectorised
from percuta.numerics.multigrid import LOCAL, Levels, least_mass, prepare, v_cycle
from percuta.numerics.stencil import apply, combine, copy, dot, relax, step, subtract

Array = NDArray[Any]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

MOST_ITERATIONS = 80


@dataclass(frozen=True)
class Solve:
    """How a solve went.

    Attributes
    ----------
    iterations
        Number of corrections; 0 where the start was good enough already.
    history
        Estimated energy of the error, relative to the scale, before each correction and at the end.
    reached
        Whether the tolerance was met.
    """

    iterations: int
    history: Floats
    reached: bool


def unsolved(what: str, solve: Solve) -> ConvergenceError:
    """Return the error of a solve that missed its tolerance, with its history."""
    return ConvergenceError(
        f"{what} could not be solved to its tolerance",
        value="relative energy of the error after each correction: " + ", ".join(f"{one:.1e}" for one in solve.history),
        do="look for a layer or a cell with an extreme conductivity, or use a finer accuracy",
    )


@vectorised
def _iterate(
    table: Array,
    merged: Array,
    gx: Array,
    gy: Array,
    gz: Array,
    d: Array,
    di: Array,
    factor: Array,
    x: Array,
    b: Array,
    r: Array,
    dv: Array,
    line: Array,
    X: Array,
    B: Array,
    R: Array,
    P: Array,
    Q: Array,
    tolerance: float,
    scale: float,
    history: Array,
    local: bool,
) -> int:
    sy, a = table[0, 2], table[0, 3]
    sx = table[0, 1] * sy
    cells = table[0, 0] * sx
    e = a + cells
    apply(Q, X, gx, gy, gz, d, a, cells, sx, sy)
    subtract(R[a:e], B[a:e], Q[a:e])
    energy, most = 0.0, history.shape[0] - 1
    for iteration in range(most + 1):
        copy(b[a:e], R[a:e])
        v_cycle(table, merged, gx, gy, gz, di, factor, x, b, r, dv, line, local)
        new = dot(R[a:e], x[a:e])
        if scale <= 0.0:
            scale = new
        history[iteration] = new / scale if scale > 0.0 else new
        if new <= tolerance * tolerance * scale or iteration == most or not np.isfinite(new):
            return int(iteration)
        combine(P[a:e], x[a:e], new / energy if iteration > 0 else 0.0)
        energy = new
        apply(Q, P, gx, gy, gz, d, a, cells, sx, sy)
        step(X[a:e], R[a:e], P[a:e], Q[a:e], energy / dot(P[a:e], Q[a:e]))
    return int(most)


class DiffusionSolver:
    """Solves A u = b for one seven-point operator on one grid.

    Fill :attr:`gx`, :attr:`gy`, :attr:`gz` (conductance to the neighbour before) and :attr:`d` (walls and mass), call
    :meth:`prepare`, then :meth:`solve`. All are boxes of shape (nx, ny, nz); the first entries of gx, gy, gz along
    their own axis have to stay zero.

    Parameters
    ----------
    x, y, z
        Edges of the cells [m].
    """

    def __init__(self, x: Floats, y: Floats, z: Floats) -> None:
        self.levels = Levels(x, y, z)
        nx, ny, nz, self.start = (int(number) for number in self.levels.table[0, :4])
        self.shape = (nx, ny, nz)
        self.cells = nx * ny * nz
        self._packed = {name: np.zeros(self.levels.size, dtype=np.float32) for name in ("gx", "gy", "gz", "d", "di")}
        self._work = tuple(np.zeros(self.levels.size, dtype=np.float32) for _ in range(4))
        self._packed["di"][:] = 1.0
        self._local = False
        self._factor = np.zeros((self.levels.coarsest, self.levels.coarsest))
        self._line = np.zeros(self.levels.longest, dtype=np.float32)
        self._vectors = tuple(np.zeros(self.cells + 2 * self.start) for _ in range(3))

    def padded(self) -> Floats:
        """Return a flat vector of zeros with room for the padding; :meth:`box` shows its cells."""
        return np.zeros(self.cells + 2 * self.start)

    def box(self, vector: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the cells of a padded vector as a view of shape (nx, ny, nz)."""
        return vector[self.start : self.start + self.cells].reshape(self.shape)

    def flat(self, name: str) -> Floats32:
        """Return the finest level of gx, gy, gz or d, padded, as a flat view."""
        return self._packed[name][: self.cells + 2 * self.start]

    @property
    def gx(self) -> Floats32:
        """Conductances along x, a view (nx, ny, nz)."""
        return self.box(self._packed["gx"])

    @property
    def gy(self) -> Floats32:
        """Conductances along y, a view (nx, ny, nz)."""
        return self.box(self._packed["gy"])

    @property
    def gz(self) -> Floats32:
        """Conductances along z, a view (nx, ny, nz)."""
        return self.box(self._packed["gz"])

    @property
    def d(self) -> Floats32:
        """Walls and mass, a view (nx, ny, nz); cells that take no part need a positive value."""
        return self.box(self._packed["d"])

    def prepare(self) -> None:
        """Fill the coarser levels after the operator has changed."""
        packed, levels = self._packed, self.levels
        prepare(
            levels.table,
            levels.merged,
            levels.distance,
            packed["gx"],
            packed["gy"],
            packed["gz"],
            packed["d"],
            packed["di"],
            self._factor,
        )
        inner = slice(self.start, self.start + self.cells)
        self._local = bool(least_mass(packed["d"][inner], packed["di"][inner]) >= LOCAL)

    def apply(self, vector: Floats, walls: Floats32) -> Floats:
        """Return A u, padded, with other walls on the diagonal; the next call uses the array again."""
        packed, (_, ny, nz) = self._packed, self.shape
        result = self._vectors[2]
        apply(result, vector, packed["gx"], packed["gy"], packed["gz"], walls, self.start, self.cells, ny * nz, nz)
        return result

    def relax_once(self) -> None:
        """Do one relaxation on the finest level, as the preconditioner does; for measuring how fast it runs."""
        packed, (_, ny, nz) = self._packed, self.shape
        x, b, _, dv = self._work
        half = np.float32(0.5)
        operator = (packed["gx"], packed["gy"], packed["gz"], packed["di"])
        relax(dv, x, b, *operator, self.start, self.cells, ny * nz, nz, half, half)

    def solve(
        self, vector: Floats, rhs: Floats, tolerance: float, *, scale: float = 0.0, most: int = MOST_ITERATIONS
    ) -> Solve:
        """Improve a padded vector until the energy of its error is below tolerance^2 scale.

        Parameters
        ----------
        vector, rhs
            Padded; ``vector`` holds the start and receives the solution.
        tolerance
            Relative error in the energy norm.
        scale
            Energy that the error is compared with; 0 takes the error of the start.
        most
            Largest number of corrections.
        """
        packed, levels = self._packed, self.levels
        x, b, r, dv = self._work
        remains, direction, product = self._vectors
        history = np.zeros(most + 1)
        count = _iterate(
            levels.table,
            levels.merged,
            packed["gx"],
            packed["gy"],
            packed["gz"],
            packed["d"],
            packed["di"],
            self._factor,
            x,
            b,
            r,
            dv,
            self._line,
            vector,
            rhs,
            remains,
            direction,
            product,
            tolerance,
            scale,
            history,
            self._local,
        )
        history = history[: count + 1]
        reached = bool(np.isfinite(history[-1])) and (history[-1] <= tolerance**2 or history[0] == 0.0)
        return Solve(int(count), history, reached)
