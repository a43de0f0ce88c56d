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

Finite volumes, implicit in time (TR-BDF2, see :mod:`percuta.numerics.time_steps`), one tridiagonal
system for each row, a drug in a scenario (:mod:`percuta.physics.diffusion_steps`). Drug is neither made nor lost, to
rounding.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from percuta.errors import ConvergenceError
from percuta.physics.diffusion_steps import follow

Floats = NDArray[np.float64]

VEHICLE_CELLS = 8
_VEHICLE_SHARES = 0.5 ** np.arange(1, VEHICLE_CELLS + 1)  # of a cream's thickness, finest at the skin
LEAST_STEPS = 24  # of one phase
BALANCE = 1e-10  # of the dose; more is an error
_SMALL, _MOST_KEPT = 8_000_000, 12  # bytes of a course that is kept in memory, and how many are
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
class Course:  # nobody changes its arrays: one course may be given out again
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


# The last courses: a search asks for the calibration cream on the same scenarios again and again.
_KEPT: OrderedDict[bytes, Course] = OrderedDict()


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
    key = _key(skin, phases)
    if key in _KEPT:
        _KEPT.move_to_end(key)
        return _KEPT[key]
    state = _State(skin)
    for phase in phases:
        state.begin(phase)
        state.follow(phase)
    course = state.course()
    if course.concentration.nbytes <= _SMALL:
        _KEPT[key] = course
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return course


def _key(skin: Skin, phases: Sequence[Phase]) -> bytes:
    """Return a hash over all that decides a course."""
    found = hashlib.sha256()

    def add(value: object) -> None:
        if isinstance(value, np.ndarray):
            found.update(f"{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
        elif isinstance(value, Skin | Vehicle | OpenChannels | Phase):
            for name in value.__dataclass_fields__:
                add(getattr(value, name))
        else:
            found.update(f"{value!r};".encode())

    add(skin)
    for phase in phases:
        add(phase)
    return found.digest()


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
        self.kept: list[tuple[Floats, ...]] = []
        self.keep(self.now[:, None], self.level[:, None], self.absorbed[:, None])

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
        horny = slice(VEHICLE_CELLS, VEHICLE_CELLS + self.skin.horny)
        content = self.capacity[:, horny] * self.level[:, horny]
        self.capacity[:, horny] = self.skin.capacity[:, : self.skin.horny] * phase.horny_hold[:, None]
        self.level[:, horny] = content / self.capacity[:, horny]

    def follow(self, phase: Phase) -> None:
        """Go through a phase; its steps end at cubes of even shares: short where something has just changed."""
        ends = np.linspace(0.0, 1.0, phase.steps + 1) ** 3
        storage, mobility = self.capacity * self.width, self.mobility.copy()
        mobility[:, VEHICLE_CELLS : VEHICLE_CELLS + self.skin.horny] *= phase.horny_mobility[:, None]
        channels = phase.channels or OpenChannels(np.empty((0, 0)), np.empty(0), np.empty(0))
        rows, cells = self.level.shape
        levels, absorbed = np.empty((rows, phase.steps, cells)), np.empty((rows, phase.steps))
        follow(
            self.level,
            storage,
            self.clearance * storage,
            self.width,
            mobility,
            VEHICLE_CELLS,
            self.skin.horny,
            phase.vehicle is not None,
            channels.fraction,
            channels.mobility,
            channels.closing_time,
            np.asarray(phase.duration, dtype=np.float64),
            ends,
            levels,
            absorbed,
            self.error,
        )
        time = self.now[:, None] + ends[1:] * phase.duration[:, None]
        taken = self.absorbed[:, None] + np.cumsum(absorbed, axis=1)
        self.keep(time, levels, taken)
        self.now, self.absorbed = time[:, -1], taken[:, -1]

    def keep(self, time: Floats, levels: Floats, absorbed: Floats) -> None:
        """Remember states (r, t, c) at some times (r, t)."""
        held = self.capacity[:, None, VEHICLE_CELLS:] * levels[:, :, VEHICLE_CELLS:]
        cream = (self.capacity * self.width)[:, None, :VEHICLE_CELLS] * levels[:, :, :VEHICLE_CELLS]
        self.kept.append((time, held, absorbed, cream.sum(axis=2)))

    def course(self) -> Course:
        """Return all that was remembered."""
        time, held, absorbed, in_vehicle = (np.concatenate(each, axis=1) for each in zip(*self.kept, strict=True))
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
