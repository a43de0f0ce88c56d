r"""Heat in layered skin with needles: conduction, blood, boiling.

.. math::
    \frac{\partial h}{\partial t} = \nabla \cdot (k\,\nabla T) + q
        + \rho_b c_b w\, e^{-\Omega_{cell}}\,(T_b - T)

The state is the enthalpy h. Below 99 degC and above 101 degC it rises with the heat capacity; between them it takes up
the latent heat of the water as well, so that the vaporised share is :math:`f = (T - 99) / 2` there. Of newly formed
vapour a share leaves the tissue and takes its latent heat along; only what stays condenses again on cooling. The loss
of mass does not change the heat capacity.

Metal needles conduct. A cell that metal shares conducts like layers in parallel along the needle and like layers in
series across it. The needle's end in its holder lets nothing through, or is held at a temperature; insulation has no
thermal resistance.

References: Pennes, Journal of Applied Physiology 1 (1948) 93; Abraham and Sparrow, International Journal of Heat and
Mass Transfer 50 (2007) 2537, for the enthalpy form of a boiling tissue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import vectorised
from percuta.numerics.conjugate_gradient import DiffusionSolver, unsolved
from percuta.numerics.grid import centres
from percuta.numerics.stencil import dot
from percuta.physics.array_cells import ArrayCells
from percuta.physics.electric import BOILING
from percuta.physics.pulse_setup import PulseSetup, Surface

Array = NDArray[Any]
Floats = NDArray[np.float64]

BOILING_RANGE = 2.0
"""Width of the range in which the water vaporises [K]."""

_MOST_CORRECTIONS = 25
_CHANGED = 1e-12  # W; below this nothing happens in the whole piece
_REMAINS = 1e-2  # of the solver's tolerance; what a non-linear step may leave of its imbalance


@dataclass
class HeatState:
    """Temperature and water in every cell, flat and padded.

    Attributes
    ----------
    temperature
        Above the reference temperature of the problem [K].
    enthalpy
        Above the same reference [J].
    escaped
        Share of the water that has left as vapour.
    vaporised
        Share of the water that is or has left as vapour.
    """

    temperature: Floats
    enthalpy: Floats
    escaped: Floats
    vaporised: Floats

    def copy(self) -> HeatState:
        """Return an independent copy."""
        return HeatState(*(part.copy() for part in vars(self).values()))


class HeatProblem:
    """Conduction on the cells of an array.

    Temperatures are differences from ``reference`` [K].
    """

    def __init__(self, cells: ArrayCells, setup: PulseSetup, reference: float, tolerance: float) -> None:
        self.cells, self.setup, self.reference, self.tolerance = cells, setup, reference, tolerance
        self.solver = DiffusionSolver(cells.x, cells.y, cells.z)
        solver, layers = self.solver, setup.layers
        conducting = setup.needle.conductivity > 0.0
        size = np.diff(cells.x)[:, None, None] * np.diff(cells.y)[:, None] * np.diff(cells.z)
        self.metal = np.clip(size - cells.volume, 0.0, None) if conducting else np.zeros(cells.shape)
        self.capacity = self._flat(
            cells.volume * np.array([one.heat_capacity for one in layers])[cells.layer]
            + self.metal * setup.needle.heat_capacity
        )
        boiling = setup.boiling is not None
        self.latent = self._flat(cells.volume * np.array([one.latent_heat for one in layers])[cells.layer] * boiling)
        self.perfusion = self._flat(cells.volume * np.array([one.perfusion for one in layers])[cells.layer])
        self._conduct(conducting)
        self._surfaces()
        self._coefficient, self._stale = np.nan, True
        self._rhs, self._change, self._power = (solver.padded() for _ in range(3))
        self._effective = self.capacity.copy()
        self.residual = 0.0
        self._boils = bool(self.latent.any())

    def _flat(self, values: Floats) -> Floats:
        flat = self.solver.padded()
        self.solver.box(flat)[:] = values
        return flat

    def _conduct(self, conducting: bool) -> None:
        cells, solver = self.cells, self.solver
        tissue = np.broadcast_to(np.array([one.conductivity for one in self.setup.layers])[cells.layer], cells.shape)
        dx, dy, dz = np.diff(cells.x), np.diff(cells.y), np.diff(cells.z)
        size = dx[:, None, None] * dy[:, None] * dz
        if conducting:
            share, metal = self.metal / size, self.setup.needle.conductivity
            across, along = 1.0 / ((1.0 - share) / tissue + share / metal), (1.0 - share) * tissue + share * metal
            open_x, open_y, open_z = (np.ones(one.shape) for one in (cells.open_x, cells.open_y, cells.open_z))
        else:
            across = along = tissue
            open_x, open_y, open_z = cells.open_x, cells.open_y, cells.open_z
        half = 0.5 * dx[:, None, None] / across
        solver.gx[1:] = open_x[1:-1] * (dy[:, None] * dz) / (half[:-1] + half[1:])
        half = 0.5 * dy[:, None] / across
        solver.gy[:, 1:] = open_y[:, 1:-1] * (dx[:, None, None] * dz) / (half[:, :-1] + half[:, 1:])
        half = 0.5 * dz / along
        solver.gz[:, :, 1:] = open_z[:, :, 1:-1] * (dx[:, None] * dy)[:, :, None] / (half[:, :, :-1] + half[:, :, 1:])
        self._dead = np.asarray(self.solver.box(self.capacity) <= 0.0)
        self._along = along
        coupling = np.zeros(cells.shape)
        for g, axis in ((solver.gx, 0), (solver.gy, 1), (solver.gz, 2)):
            coupling += g
            np.moveaxis(coupling, axis, 0)[:-1] += np.moveaxis(g, axis, 0)[1:]
        self._coupling = self._flat(coupling)

    def _surfaces(self) -> None:
        """Gather what the top and the bottom exchange, as conductances [W/K] and powers [W]."""
        cells = self.cells
        area = np.diff(cells.x)[:, None] * np.diff(cells.y)
        self.wall, self.inflow = self.solver.padded(), self.solver.padded()
        dz = np.diff(cells.z)
        metal = self.metal[:, :, 0] / (area * dz[0])
        for surface, share, k, size in (
            (self.setup.top, cells.open[:, :, 0], 0, dz[0]),
            (self.setup.holder, metal, 0, dz[0]),
            (self.setup.bottom, cells.open[:, :, -1], -1, dz[-1]),
        ):
            g = area * share * exchange(surface, 0.5 * size / self._along[:, :, k])
            self.solver.box(self.wall)[:, :, k] += g
            self.solver.box(self.inflow)[:, :, k] += g * (surface.temperature - self.reference)
        self._wall32 = self.wall.astype(np.float32)

    def start(self, temperature: Floats) -> HeatState:
        """Return the state for some temperatures of the layers of cells [K], shape (nz,)."""
        flat = self._flat(np.broadcast_to(temperature - self.reference, self.cells.shape))
        return HeatState(flat, self.capacity * flat, self.solver.padded(), self.solver.padded())

    def conducted(self, temperature: Floats) -> Floats:
        """Return the power that conduction and the surfaces bring into every cell [W], flat and padded."""
        return np.asarray(self.inflow - self.solver.apply(temperature, self._wall32))

    def lost(self, state: HeatState) -> float:
        """Return the power that leaves by the surfaces [W]."""
        return dot(self.wall, state.temperature) - float(self.inflow.sum())

    def advance(self, state: HeatState, rhs: Floats, coefficient: float) -> None:
        """Solve h - coefficient (conduction of T(h)) = rhs for the enthalpy, from a state near the answer.

        Parameters
        ----------
        state
            Receives temperature and enthalpy.
        rhs
            [J], flat and padded.
        coefficient
            [s].

        Raises
        ------
        ConvergenceError
            If the solve misses its tolerance.
        """
        solver = self.solver
        self.refresh(state)
        first = 0.0
        for correction in range(_MOST_CORRECTIONS):
            if self._stale or self._coefficient != coefficient:
                self._prepare(coefficient)
            np.subtract(rhs, state.enthalpy, out=self._rhs)
            self._rhs /= coefficient
            self._rhs += self.conducted(state.temperature)
            size = float(np.abs(self._rhs).sum())
            first = first or size
            if size <= _CHANGED or (correction > 0 and size <= _REMAINS * self.tolerance * first):
                return
            self._change[:] = 0.0
            solve = solver.solve(self._change, self._rhs, self.tolerance)
            if not solve.reached:
                raise unsolved("the temperature", solve)
            self.residual = max(self.residual, float(solve.history[-1]))
            state.enthalpy += self._effective * self._change
            self.refresh(state)
            if not self._stale:  # no cell began or ceased to boil, so that the problem was linear
                return
        raise unsolved("boiling", solve)

    def _prepare(self, coefficient: float) -> None:
        d = self.solver.flat("d")
        np.divide(self._effective, coefficient, out=d, casting="same_kind")
        d += self._wall32
        self.solver.d[self._dead] = 1.0
        self.solver.prepare()
        self._coefficient, self._stale = coefficient, False

    def refresh(self, state: HeatState) -> None:
        """Set the temperature that belongs to the enthalpy."""
        changed = temperature_of(
            state.temperature,
            self._effective,
            state.enthalpy,
            self.capacity,
            self.latent,
            state.escaped,
            BOILING - self.reference,
            BOILING_RANGE,
        )
        self._stale = self._stale or changed > 0

    def vapour(self, state: HeatState) -> Floats:
        """Return the share of the water that is or has left as vapour at the state's temperatures, flat and padded."""
        if not self._boils:
            return state.vaporised
        share = np.clip((state.temperature - (BOILING - self.reference)) / BOILING_RANGE, state.escaped, 1.0)
        return np.where(self.latent > 0.0, share, 0.0)

    def filtered(self, heat: Floats, coefficient: float) -> Floats:
        """Return the temperature error [K] that an error of heat [J] means, damped where conduction is fast."""
        diagonal = self._effective + coefficient * self._coupling
        return np.divide(heat, diagonal, out=np.zeros_like(heat), where=self.capacity > 0.0)

    def let_vapour_escape(self, state: HeatState, recovered: float) -> float:
        """Let a share of the vapour formed since the last call leave; return the heat it takes along [J]."""
        if not self._boils:
            return 0.0
        return float(
            escape(
                state.temperature, state.enthalpy, state.escaped, state.vaporised, self.latent,
                BOILING - self.reference, BOILING_RANGE, 1.0 - recovered,
            )
        )  # fmt: skip

    def metal_mean(self, length: float) -> Floats:
        """Return weights, flat and padded, that give the metal's mean temperature over a length from the tip [m].

        The length is measured along the needle, which enters the skin at y = 0 where it is inclined.
        """
        needle = self.setup.needle
        c, s = np.cos(needle.angle), np.sin(needle.angle)
        position = centres(self.cells.y)[:, None] * c + centres(self.cells.z) * s
        weights = self.metal * (position >= needle.depth / s - length)
        total = weights.sum()
        return self._flat(weights / total if total > 0.0 else weights)


def exchange(surface: Surface, half: Floats) -> Floats:
    """Return the conductance per area between a cell's centre and what lies beyond a face [W/(m^2 K)].

    Parameters
    ----------
    surface
        What lies beyond.
    half
        Thermal resistance from the centre to the face [m^2 K/W].
    """
    if surface.transfer <= 0.0:
        return np.zeros(np.shape(half))
    return np.asarray(1.0 / (half + 1.0 / surface.transfer))


@vectorised
def temperature_of(
    temperature: Array,
    effective: Array,
    enthalpy: Array,
    capacity: Array,
    latent: Array,
    escaped: Array,
    boiling: float,
    width: float,
) -> int:
    """Set temperatures and effective heat capacities [J/K] from enthalpies; count the capacities that changed."""
    changed = 0
    for k in range(temperature.shape[0]):
        c = capacity[k]
        if c <= 0.0:
            continue
        h, gone, slope = enthalpy[k], escaped[k], c
        begin = boiling + width * gone
        rest = latent[k] * (1.0 - gone)
        if h <= c * begin or rest <= 0.0:
            temperature[k] = h / c
        elif h < c * (boiling + width) + rest:
            slope = c + latent[k] / width
            temperature[k] = begin + (h - c * begin) / slope
        else:
            temperature[k] = (h - rest) / c
        changed += slope != effective[k]
        effective[k] = slope
    return changed


@vectorised
def escape(
    temperature: Array,
    enthalpy: Array,
    escaped: Array,
    vaporised: Array,
    latent: Array,
    boiling: float,
    width: float,
    share: float,
) -> float:
    """Take the escaping share of new vapour out of the cells; return the heat it carries [J]."""
    carried = 0.0
    for k in range(temperature.shape[0]):
        now = max(min((temperature[k] - boiling) / width, 1.0), escaped[k])
        if latent[k] > 0.0:
            new = now - vaporised[k]
            if new > 0.0:
                escaped[k] += share * new
                enthalpy[k] -= latent[k] * share * new
                carried += latent[k] * share * new
            vaporised[k] = now
    return carried
