r"""The quasi-static electric field of a needle array, and the Joule heat it leaves.

.. math:: \nabla \cdot (\sigma(z, T)\,\nabla V) = 0

with :math:`\sigma` in-plane and in depth by layer, times one factor that depends on temperature and dryness:

.. math::
    s = \bigl(1 + a\,(\min(T, 99\,^\circ C) - T_{ref})\bigr)\; q^{\min(f / f_{dry},\,1)}

with the vaporised share f of the water; below 0 degC the conductivity stays as it is there. The field is solved for 1 V
between the polarities; the drive scales it. The metal is at a potential, the skin surface and the outer faces of
bipolar arrays are insulated. Joule heat is summed by face and halved to the two cells, a wall's goes to its cell: the
sum over all cells is V I exactly, as far as the field is solved. It is solved again only where the energy of its error,
against the heat, exceeds the square of the tolerance; one V-cycle tells.

Displacement currents are left out: they shift the admittance of moist skin by at most 15 % between 0.5 and 7 MHz.

References: Plonsey and Heppner, Bulletin of Mathematical Biophysics 29 (1967) 657, for the quasi-static limit;
Trujillo and Berjano, International Journal of Hyperthermia 29 (2013) 590, for conductivity against temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import vectorised
from percuta.numerics.conjugate_gradient import DiffusionSolver, Solve, unsolved
from percuta.physics.array_cells import ArrayCells
from percuta.physics.pulse_setup import PulseSetup

Array = NDArray[Any]
Floats = NDArray[np.float64]

BOILING = 372.15
"""Temperature at which water begins to vaporise [K]."""

_FARTHEST = 2.0  # steps of the last length that a straight line is trusted


@dataclass(frozen=True)
class FieldState:
    """What the field is at one moment, for 1 V rms between the polarities.

    Attributes
    ----------
    conductance
        Of one unit of the array [S].
    inside
        Share of the heat that is left in the cells; the rest arises in the body around a monopolar array.
    residual
        Estimated energy of the field's error, relative.
    iterations
        Corrections that were made; 0 where the old field was good enough.
    """

    conductance: float
    inside: float
    residual: float
    iterations: int


class ElectricField:
    """The field on one grid, solved again when temperature or dryness have changed it.

    Attributes
    ----------
    joule
        Flat, padded: Joule heat of every cell for 1 V between the polarities [W].
    """

    def __init__(self, cells: ArrayCells, setup: PulseSetup, tolerance: float) -> None:
        self.cells, self.setup, self.tolerance = cells, setup, tolerance
        self.solver = DiffusionSolver(cells.x, cells.y, cells.z)
        self._base = {}
        for name, values, keep in (
            ("gx", cells.conductance.x, np.s_[:-1]),
            ("gy", cells.conductance.y, np.s_[:, :-1]),
            ("gz", cells.conductance.z, np.s_[:, :, :-1]),
        ):
            flat = np.zeros(self.solver.flat("gx").size, dtype=np.float32)
            self.solver.box(flat)[:] = values[keep]
            self._base[name] = flat
        self._weights = tuple(one.astype(np.float32) for one in _weights(cells, setup))
        self._dead = (cells.open <= 0.0).ravel().astype(np.float32)
        walls = cells.walls
        self._walls = (walls.cell, walls.conductance, walls.potential)
        self._outside = walls.outside
        self._resistance = np.ones(self.solver.flat("gx").size, dtype=np.float32)
        self.potential, self._rhs = self.solver.padded(), self.solver.padded()
        self.joule = self.solver.padded()
        self._power = 0.0
        self._before, self._times = self.potential.copy(), (0.0, 0.0)
        slope = np.array([one.sigma_slope for one in setup.layers])[cells.layer]
        reference = np.array([one.sigma_reference for one in setup.layers])[cells.layer]
        self._temperature = (slope, reference)
        boiling = setup.boiling
        self._dry = (np.log(boiling.dry_conductivity), 1.0 / boiling.dry_limit) if boiling else (0.0, 0.0)

    def update(self, temperature: Floats, vaporised: Floats, time: float) -> FieldState:
        """Find the field for some temperatures.

        The search starts from the fields of the last two times, continued in a straight line.

        Parameters
        ----------
        time
            Of the temperatures [s].
        temperature
            Flat, padded [K].
        vaporised
            Flat, padded: share of the water that is steam.

        Raises
        ------
        ConvergenceError
            If the field cannot be solved to its tolerance; the history of the residual is in the message.
        """
        solver, flat = self.solver, self.solver.flat
        nx, ny, nz = solver.shape
        a = solver.start
        weight_x, weight_y, weight_z = self._weights
        _inverse_share(
            solver.box(self._resistance).reshape(-1),
            temperature[a : a + solver.cells],
            vaporised[a : a + solver.cells],
            *self._temperature,
            BOILING,
            *self._dry,
        )
        _scale(
            flat("gx"), flat("gy"), flat("gz"), self._base["gx"], self._base["gy"], self._base["gz"], self._resistance,
            weight_x, weight_y, weight_z, a, nx, ny, nz,
        )  # fmt: skip
        _set_walls(flat("d")[a : a + solver.cells], self._rhs[a:], self._resistance[a:], self._dead, *self._walls)
        solver.prepare()
        self._continue_to(time)
        solve = self._solve()
        heat = _joule(
            self.joule, self.potential, flat("gx"), flat("gy"), flat("gz"), self._resistance, a, solver.cells, ny * nz,
            nz, *self._walls, self._outside,
        )  # fmt: skip
        beyond = float(np.sum(self._outside * self._wall_flow() * self._wall_drop())) if self._outside.any() else 0.0
        self._power = heat + beyond
        return FieldState(self.conductance, heat / self._power, float(solve.history[-1]), solve.iterations)

    def _continue_to(self, time: float) -> None:
        """Move the potential to where the last two fields point; one that was not followed by a later one stays."""
        last, since = self._times[1] - self._times[0], time - self._times[1]
        forwards = 0.0 < since <= _FARTHEST * last
        now = self.potential.copy()
        if forwards:
            self.potential += since / last * (self.potential - self._before)
        if since > 0.0:
            self._before, self._times = now, (self._times[1], time)

    def _solve(self) -> Solve:
        """Solve the field until its error is small against the heat that it leaves."""
        solver = self.solver
        if self._power <= 0.0:  # the energy of the walls bounds the heat from above
            solver.solve(self.potential, self._rhs, self.tolerance)
            walls = self.cells.walls
            self._power = float(np.sum(self._wall_flow() * walls.potential))
        solve = solver.solve(self.potential, self._rhs, self.tolerance, scale=self._power)
        if not solve.reached:
            raise unsolved("the electric field", solve)
        return solve

    @property
    def conductance(self) -> float:
        """Conductance of one unit, from the heat that the field leaves [S]."""
        return self._power * self.cells.copies

    def current(self) -> float:
        """Return the current of one unit at 1 V between the polarities, from the flow through the metal [A]."""
        walls = self.cells.walls
        flow = self._wall_flow()
        return float(np.sum(flow * walls.potential)) * self.cells.copies

    def needle_conductance(self) -> Floats:
        """Return the power that enters by each needle of the piece, as if whole, at 1 V [W], shape (n,)."""
        walls = self.cells.walls
        metal = walls.needle >= 0
        entering = np.bincount(
            walls.needle[metal],
            weights=(self._wall_flow() * walls.potential)[metal],
            minlength=self.cells.needle_share.size,
        )
        return np.asarray(entering / self.cells.needle_share)

    def _wall_drop(self) -> Floats:
        walls = self.cells.walls
        return np.asarray(walls.potential - self.potential[self.solver.start + walls.cell])

    def _wall_flow(self) -> Floats:
        walls = self.cells.walls
        resistance = self._resistance[self.solver.start + walls.cell]
        return np.asarray(walls.conductance / resistance * self._wall_drop())


def _weights(cells: ArrayCells, setup: PulseSetup) -> tuple[Floats, Floats, Floats]:
    """Return the share of a face's resistance that lies in the cell before it, along each axis."""
    across = np.array([one.sigma_in_depth for one in setup.layers])[cells.layer]
    parts = []
    for sizes in (np.diff(cells.x), np.diff(cells.y), np.diff(cells.z) / across):
        parts.append(np.concatenate([[0.5], sizes[:-1] / (sizes[:-1] + sizes[1:])]))
    return parts[0], parts[1], parts[2]


@vectorised
def _inverse_share(
    r: Array,
    temperature: Array,
    vaporised: Array,
    slope: Array,
    reference: Array,
    boiling: float,
    log_dry: float,
    per_limit: float,
) -> None:
    nz = slope.shape[0]
    for row in range(r.shape[0] // nz):
        a = row * nz
        rs, ts, fs = r[a : a + nz], temperature[a : a + nz], vaporised[a : a + nz]
        wet = True
        for k in range(nz):
            rs[k] = 1.0 / (1.0 + slope[k] * (min(max(ts[k], 273.15), boiling) - reference[k]))
            wet = wet and fs[k] <= 0.0
        if not wet:
            for k in range(nz):
                if fs[k] > 0.0:
                    rs[k] *= np.exp(-log_dry * min(fs[k] * per_limit, 1.0))


@vectorised
def _scale(
    gx: Array,
    gy: Array,
    gz: Array,
    bx: Array,
    by: Array,
    bz: Array,
    r: Array,
    wx: Array,
    wy: Array,
    wz: Array,
    start: int,
    nx: int,
    ny: int,
    nz: int,
) -> None:
    one = np.float32(1.0)
    for i in range(nx):
        for j in range(ny):
            a = start + (i * ny + j) * nz
            e, sx = a + nz, ny * nz
            _scale_row(gx[a:e], bx[a:e], r[a - sx : e - sx], r[a:e], wx[i], one - wx[i])
            _scale_row(gy[a:e], by[a:e], r[a - nz : e - nz], r[a:e], wy[j], one - wy[j])
            _scale_line(gz[a:e], bz[a:e], r[a - 1 : e - 1], r[a:e], wz)


@vectorised
def _scale_row(g: Array, base: Array, before: Array, own: Array, weight: float, rest: float) -> None:
    for k in range(g.shape[0]):
        g[k] = base[k] / (weight * before[k] + rest * own[k])


@vectorised
def _scale_line(g: Array, base: Array, before: Array, own: Array, weight: Array) -> None:
    for k in range(g.shape[0]):
        g[k] = base[k] / (weight[k] * before[k] + (np.float32(1.0) - weight[k]) * own[k])


@vectorised
def _set_walls(d: Array, rhs: Array, r: Array, dead: Array, cell: Array, conductance: Array, potential: Array) -> None:
    for k in range(d.shape[0]):
        d[k] = dead[k]
        rhs[k] = 0.0
    for w in range(cell.shape[0]):
        g = conductance[w] / r[cell[w]]
        d[cell[w]] += g
        rhs[cell[w]] += g * potential[w]


@vectorised
def _face_heat(
    q: Array,
    v: Array,
    xm: Array,
    xp: Array,
    ym: Array,
    yp: Array,
    zm: Array,
    zp: Array,
    gx: Array,
    gxp: Array,
    gy: Array,
    gyp: Array,
    gz: Array,
    gzp: Array,
) -> float:
    total = 0.0
    for k in range(q.shape[0]):
        u = v[k]
        heat = 0.5 * (
            gx[k] * (u - xm[k]) ** 2
            + gxp[k] * (u - xp[k]) ** 2
            + gy[k] * (u - ym[k]) ** 2
            + gyp[k] * (u - yp[k]) ** 2
            + gz[k] * (u - zm[k]) ** 2
            + gzp[k] * (u - zp[k]) ** 2
        )
        q[k] = heat
        total += heat
    return total


@vectorised
def _joule(
    q: Array,
    v: Array,
    gx: Array,
    gy: Array,
    gz: Array,
    r: Array,
    start: int,
    cells: int,
    sx: int,
    sy: int,
    cell: Array,
    conductance: Array,
    potential: Array,
    outside: Array,
) -> float:
    """Set the heat of every cell; return its sum."""
    a, e = start, start + cells
    total = _face_heat(
        q[a:e], v[a:e], v[a - sx : e - sx], v[a + sx : e + sx], v[a - sy : e - sy], v[a + sy : e + sy],
        v[a - 1 : e - 1], v[a + 1 : e + 1], gx[a:e], gx[a + sx : e + sx], gy[a:e], gy[a + sy : e + sy], gz[a:e],
        gz[a + 1 : e + 1],
    )  # fmt: skip
    for w in range(cell.shape[0]):
        c = start + cell[w]
        heat = (1.0 - outside[w]) * conductance[w] / r[c] * (potential[w] - v[c]) ** 2
        q[c] += heat
        total += heat
    return total
