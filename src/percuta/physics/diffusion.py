r"""Diffusion of drugs from a cream through the layers of the skin to the blood, in depth and time.

.. math::

    K \frac{\partial u}{\partial t}
    = \frac{\partial}{\partial z} \left( M \frac{\partial u}{\partial z} \right) - k K u

- :math:`u`: concentration of un-ionised drug in water with which a place is in equilibrium [kg/m^3], see
  :mod:`percuta.physics.permeation`; :math:`C = K u` is what the place holds;
- :math:`M = D K`: mobility [m^2/s], of layers one above the other; open channels are a path beside the tissue, so that
  a depth with the open fraction :math:`\varphi(z, t)` has :math:`(1 - \varphi) M + \varphi M_c`, with
  :math:`\varphi = \varphi_0 e^{-t/\tau}` as they close;
- :math:`k`: clearance by the blood of the dermis [1/s].

The cream is a finite dose: cells of its own above the skin, taken off when it is wiped off. Nothing evaporates, and
nothing passes the lower face, which lies deeper than the drug gets.

Assumes one concentration at each depth. With channels this holds once the drug has spread between them, see
:func:`~percuta.physics.permeation.lateral_equilibration_time`; in the stratum corneum the two paths need no exchange.
Before that it overstates what passes the channels, and next to a channel it understates what is there. What channels
hold themselves is left out.

Finite volumes, implicit in time (TR-BDF2, see :mod:`percuta.numerics.time_steps`), all rows (scenarios times drugs) in
one tridiagonal system. Drug is neither made nor lost, to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpttrf, dpttrs

from percuta.errors import ConvergenceError
from percuta.numerics.time_steps import ERROR_WEIGHTS, IMPLICIT, OUTER

Floats = NDArray[np.float64]

VEHICLE_CELLS = 8
_VEHICLE_SHARES = 0.5 ** np.arange(1, VEHICLE_CELLS + 1)  # of a cream's thickness, finest at the skin
_NEGLIGIBLE = 1e-5  # of the resistance of the stratum corneum; a cream cell with less would only cost digits
LEAST_STEPS = 24  # of one phase
BALANCE = 1e-10  # of the dose; more is an error
TIME_ERROR = 0.1  # of the dose absorbed; the estimate is some thirty times the error


@dataclass(frozen=True)
class Skin:
    """The cells of the skin from its surface down, one row for each scenario and drug, arrays (r, n).

    Attributes
    ----------
    width
        Thickness of the cells [m].
    capacity, mobility
        ``K`` and ``M`` of the module's equation.
    clearance
        ``k`` [1/s].
    horny
        Number of cells of the stratum corneum, which stand first.
    """

    width: Floats
    capacity: Floats
    mobility: Floats
    clearance: Floats
    horny: int

    @property
    def depth(self) -> Floats:
        """Depth of the cells' middles [m]."""
        return np.asarray(np.cumsum(self.width, axis=1) - 0.5 * self.width)


@dataclass(frozen=True)
class Vehicle:
    """A cream: thickness [m], what it holds of the drug [kg/m^3], ``K`` and ``M``, each (r,)."""

    thickness: Floats
    concentration: Floats
    capacity: Floats
    mobility: Floats


@dataclass(frozen=True)
class OpenChannels:
    """Open channels.

    Attributes
    ----------
    fraction : (r, n)
        Open fraction when the phase starts.
    mobility, closing_time : (r,)
        ``M`` in a channel [m^2/s], and time constant of closing [s].
    """

    fraction: Floats
    mobility: Floats
    closing_time: Floats


@dataclass(frozen=True)
class Phase:
    """A time in which nothing is put on or taken off.

    Attributes
    ----------
    duration : (r,)
        How long [s].
    vehicle
        The cream on the skin, or None.
    fresh
        Whether the cream is put on at the start; what lay there before is wiped off.
    horny_mobility, horny_hold : (r,)
        Factors on ``M`` and ``K`` of the stratum corneum, for what a film, a peel or ionised drug does to it.
    channels
        The open channels, or None.
    steps
        Number of time steps.
    """

    duration: Floats
    vehicle: Vehicle | None
    fresh: bool
    horny_mobility: Floats
    horny_hold: Floats
    channels: OpenChannels | None = None
    steps: int = LEAST_STEPS


@dataclass(frozen=True)
class Course:
    """What became of the drug; times from the first phase on.

    Attributes
    ----------
    time : (r, t)
        Times [s].
    concentration : (r, t, n)
        What the skin holds [kg/m^3].
    absorbed, in_vehicle : (r, t)
        Taken up by the blood so far, and still in the cream [kg/m^2].
    applied, wiped : (r,)
        Put on and taken off over all phases [kg/m^2].
    balance : (r,)
        Drug not accounted for, of the dose.
    time_error
        Sum over the steps of the estimated errors of the dose absorbed, of that dose, in the worst row; errors of one
        step that make up for those of another are not set off.
    """

    time: Floats
    concentration: Floats
    absorbed: Floats
    in_vehicle: Floats
    applied: Floats
    wiped: Floats
    balance: Floats
    time_error: float


def diffuse(skin: Skin, phases: Sequence[Phase]) -> Course:
    """Follow drugs through all phases, from skin that holds none.

    Parameters
    ----------
    skin
        The cells.
    phases
        In the order of time; the rows of all arrays are those of ``skin``.

    Raises
    ------
    ConvergenceError
        If a value is not a number, drug is lost or made, or the steps are too long.
    """
    state = _State(skin)
    for phase in phases:
        state.begin(phase)
        for step, elapsed in _steps(phase):
            state.advance(phase, step, elapsed)
    return state.course()


def _steps(phase: Phase) -> list[tuple[Floats, Floats]]:
    """Return the lengths of a phase's steps and the time from its start to their middles, each (r,).

    They end at cubes of even shares, so that they are short where something has just changed.
    """
    ends = np.linspace(0.0, 1.0, phase.steps + 1) ** 3
    shares, middles = np.diff(ends), 0.5 * (ends[1:] + ends[:-1])
    return [(share * phase.duration, middle * phase.duration) for share, middle in zip(shares, middles, strict=True)]


class _State:
    """The drug in cream and skin, advanced step by step; cells of the cream stand first."""

    def __init__(self, skin: Skin) -> None:
        rows, cells = skin.width.shape
        self.skin = skin
        self.width = np.hstack([np.ones((rows, VEHICLE_CELLS)), skin.width])
        self.capacity = np.hstack([np.ones((rows, VEHICLE_CELLS)), skin.capacity])
        self.mobility = np.hstack([np.ones((rows, VEHICLE_CELLS)), skin.mobility])
        self.clearance = np.hstack([np.zeros((rows, VEHICLE_CELLS)), skin.clearance])
        self.level = np.zeros((rows, VEHICLE_CELLS + cells))
        self.absorbed, self.applied, self.wiped = np.zeros(rows), np.zeros(rows), np.zeros(rows)
        self.error = np.zeros(rows)
        self.now = np.zeros(rows)
        self.covered = False
        self.constant: tuple[Phase, Floats] | None = None
        self.kept: list[tuple[Floats, Floats, Floats, Floats]] = []
        self.keep()

    @property
    def in_vehicle(self) -> Floats:
        """Drug in the cream [kg/m^2], (r,)."""
        amount = self.capacity * self.width * self.level
        return np.asarray(amount[:, :VEHICLE_CELLS].sum(axis=1))

    def begin(self, phase: Phase) -> None:
        """Take off what is wiped off and put on what is put on; the stratum corneum keeps what it holds."""
        vehicle = phase.vehicle
        if vehicle is None or phase.fresh:
            self.wiped += self.in_vehicle
            self.level[:, :VEHICLE_CELLS] = 0.0
        if vehicle is not None and phase.fresh:
            self.width[:, :VEHICLE_CELLS] = vehicle.thickness[:, None] * _VEHICLE_SHARES / _VEHICLE_SHARES.sum()
            self.capacity[:, :VEHICLE_CELLS] = vehicle.capacity[:, None]
            self.mobility[:, :VEHICLE_CELLS] = vehicle.mobility[:, None]
            self.level[:, :VEHICLE_CELLS] = (vehicle.concentration / vehicle.capacity)[:, None]
            self.applied += vehicle.thickness * vehicle.concentration
        self.covered = vehicle is not None
        horny = slice(VEHICLE_CELLS, VEHICLE_CELLS + self.skin.horny)
        content = self.capacity[:, horny] * self.level[:, horny]
        self.capacity[:, horny] = self.skin.capacity[:, : self.skin.horny] * phase.horny_hold[:, None]
        self.level[:, horny] = content / self.capacity[:, horny]

    def advance(self, phase: Phase, step: Floats, elapsed: Floats) -> None:
        """Go one time step (r,) on; ``elapsed`` is the time since the phase began, at the middle of the step."""
        conductance = self._conductance(phase, elapsed)
        storage = self.capacity * self.width
        loss = self.clearance * storage
        solve = _Factors(storage, conductance, loss, IMPLICIT * step)
        first = _gain(self.level, conductance, loss)
        here = step[:, None]
        middle_level = solve(storage * self.level + IMPLICIT * here * first)
        middle = _gain(middle_level, conductance, loss)
        level = solve(storage * self.level + OUTER * here * (first + middle))
        taken = [(loss * each).sum(axis=1) for each in (self.level, middle_level, level)]
        self.absorbed += step * (OUTER * (taken[0] + taken[1]) + IMPLICIT * taken[2])
        wrong = sum(weight * rate for weight, rate in zip(ERROR_WEIGHTS, taken, strict=True))
        self.error += step * np.abs(wrong)
        self.level = level
        self.now = self.now + step
        self.keep()

    def keep(self) -> None:
        """Remember the state."""
        held = (self.capacity * self.level)[:, VEHICLE_CELLS:]
        self.kept.append((self.now.copy(), held, self.absorbed.copy(), self.in_vehicle))

    def course(self) -> Course:
        """Return all that was remembered."""
        time, held, absorbed, in_vehicle = (np.stack(each, axis=1) for each in zip(*self.kept, strict=True))
        dose = np.maximum(self.applied, np.finfo(float).tiny)
        stored = (held[:, -1] * self.skin.width).sum(axis=1)
        balance = (self.applied - self.wiped - stored - absorbed[:, -1] - in_vehicle[:, -1]) / dose
        if not np.isfinite(held).all():
            raise ConvergenceError("a concentration in the skin is not a number", do="report the plan file")
        if np.abs(balance).max() > BALANCE:
            raise ConvergenceError(
                "drug is lost or made in the skin", value=float(np.abs(balance).max()), do="report the plan file"
            )
        error = float((self.error / np.maximum(absorbed[:, -1], 1e-6 * dose)).max())
        if error > TIME_ERROR:
            raise ConvergenceError("the time steps in the skin are too long", value=error, do="report the plan file")
        return Course(time, held, absorbed, in_vehicle, self.applied, self.wiped, balance, error)

    def _conductance(self, phase: Phase, elapsed: Floats) -> Floats:
        """Return the conductance between neighbouring cells [m/s], (r, cells - 1)."""
        if phase.channels is None and self.constant is not None and self.constant[0] is phase:
            return self.constant[1]
        mobility = self.mobility.copy()
        skin = mobility[:, VEHICLE_CELLS:]
        skin[:, : self.skin.horny] *= phase.horny_mobility[:, None]
        if phase.channels is not None:
            channels = phase.channels
            share = channels.fraction * np.exp(-elapsed / channels.closing_time)[:, None]
            skin[:] = (1.0 - share) * skin + share * channels.mobility[:, None]
        half = 0.5 * self.width / mobility
        horny = half[:, VEHICLE_CELLS : VEHICLE_CELLS + max(self.skin.horny, 1)].sum(axis=1, keepdims=True)
        half[:, :VEHICLE_CELLS] = np.maximum(half[:, :VEHICLE_CELLS], _NEGLIGIBLE * horny)
        conductance = 1.0 / (half[:, :-1] + half[:, 1:])
        if not self.covered:
            conductance[:, VEHICLE_CELLS - 1] = 0.0
        self.constant = (phase, conductance)
        return np.asarray(conductance)


def _gain(level: Floats, conductance: Floats, loss: Floats) -> Floats:
    """Return what each cell gains [kg/m^2/s]."""
    flux = conductance * (level[:, :-1] - level[:, 1:])
    gain = -loss * level
    gain[:, :-1] -= flux
    gain[:, 1:] += flux
    return np.asarray(gain)


class _Factors:
    """The factors of ``storage - step (diffusion - loss)``, all rows in one symmetric tridiagonal matrix."""

    def __init__(self, storage: Floats, conductance: Floats, loss: Floats, step: Floats) -> None:
        weight = step[:, None]
        diagonal = storage + weight * loss
        diagonal[:, :-1] += weight * conductance
        diagonal[:, 1:] += weight * conductance
        between = np.zeros_like(storage)  # the last cell of a row does not touch the first of the next
        between[:, :-1] = -weight * conductance
        *self.factors, info = dpttrf(diagonal.ravel(), between.ravel()[:-1])
        if info != 0:
            raise ConvergenceError("the diffusion equation has no solution", do="report the plan file")

    def __call__(self, right: Floats) -> Floats:
        """Return the solution for a right side (r, cells)."""
        solution, _ = dpttrs(*self.factors, right.ravel())
        return np.asarray(solution.reshape(right.shape))


def steady_flux(level: Floats, resistances: Sequence[Floats]) -> Floats:
    """Return the steady flux from a constant level through layers into a sink [kg/m^2/s].

    Parameters
    ----------
    level : (m,)
        ``u`` at the surface [kg/m^3].
    resistances
        ``h/M`` of each layer [s/m].
    """
    return np.asarray(level / np.sum(resistances, axis=0))


def layered_lag(holds: Sequence[Floats], resistances: Sequence[Floats]) -> Floats:
    """Return the time lag of layers into a sink [s], from the surface down.

    ``J tau`` is the steady content, each place weighted with the share of its drug that leaves below (Ash, Barrer and
    Palmer, Br J Appl Phys 16:873, 1965); for one layer ``h^2/(6 D)``.

    Parameters
    ----------
    holds
        ``K h`` of each layer [m].
    resistances
        ``h/M`` of each layer [s/m].
    """
    whole = np.sum(resistances, axis=0)
    above, lag = np.zeros_like(whole), np.zeros_like(whole)
    for hold, own in zip(holds, resistances, strict=True):
        lag = lag + hold * (above * (whole - above) + 0.5 * own * (whole - 2.0 * above) - own**2 / 3.0) / whole
        above = above + own
    return np.asarray(lag)


def cleared_resistance(mobility: Floats, capacity: Floats, clearance: Floats) -> Floats:
    """Return the resistance of thick tissue that the blood clears, at rest [s/m]: ``1/sqrt(k K M)``."""
    return np.asarray(1.0 / np.sqrt(clearance * capacity * mobility))


def without_channels(phases: Sequence[Phase]) -> list[Phase]:
    """Return the same phases on skin without channels."""
    return [replace(phase, channels=None) for phase in phases]
