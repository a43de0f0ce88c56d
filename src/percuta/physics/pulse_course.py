"""One pulse in time: the field, the heat and the damage, step by step.

Every step takes the diffusion of heat implicitly and the Joule heat and the blood explicitly, at the stages of
`percuta.numerics.time_steps`; the field is brought up to date at each stage, which costs nothing where the change does
not matter. A step is repeated with a shorter one where its estimated error is too large.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import mul
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from percuta.errors import ConvergenceError
from percuta.numerics.stencil import dot
from percuta.numerics.time_steps import (
    ERROR_WEIGHTS,
    EXPLICIT,
    EXPLICIT_ERROR_WEIGHTS,
    IMPLICIT,
    MIDDLE,
    OUTER,
    WEIGHTS,
    next_step,
)
from percuta.physics.array_cells import ArrayCells
from percuta.physics.damage_fields import DamageFields
from percuta.physics.electric import ElectricField
from percuta.physics.generator import Controller, Segment, highest_voltage, segments, voltage
from percuta.physics.heat import HeatProblem, HeatState
from percuta.physics.initial_temperature import initial_temperature
from percuta.physics.pulse_setup import PulseSetup

Floats = NDArray[np.float64]

_MOST_STEPS = 20_000
_REJECTED = 2.0  # tolerances; a step with a larger error is done again
_MOST_TRIALS = 10
_CONTROLLED = 0.05  # K; an ideal control comes this close
_COOLED = 1e-3  # the cooling ends when what remains changes no fraction by more than this share
_FOLLOWED = 60.0  # s; longest time that the cooling is followed


@dataclass(frozen=True)
class Exactness:
    """How exactly a pulse is followed in time.

    Attributes
    ----------
    field, heat
        Tolerance of the two solvers in the energy norm, relative.
    temperature
        Error of temperature per step [K].
    fewest
        Least number of steps in a time with the current on.
    """

    field: float
    heat: float
    temperature: float
    fewest: int


@dataclass
class History:
    """What is noted after every step; see :class:`~percuta.physics.pulse_record.Traces`."""

    rows: list[tuple[float, ...]] = field(default_factory=list)

    def column(self, index: int) -> Floats:
        """Return one quantity over time."""
        return np.array([row[index] for row in self.rows])


class _Source(NamedTuple):
    """Heat brought to the cells [W]; voltage [V], power [W] of the unit; what of it stays inside; the blood's part."""

    heat: Floats
    volts: float
    power: float
    kept: float
    blood: float


class PulseCourse:
    """The state of a pulse and how it goes on.

    Attributes
    ----------
    state, damage, field, heat
        Temperature and water, damage, electric field, heat problem.
    time
        Since the current first came on [s].
    delivered, kept, lost, carried, blood
        Energy of the piece so far [J]: of the current, its heat in the cells, through the surfaces, with vapour, from
        the blood.
    needle_energy
        Energy by every needle of the piece, as if whole [J].
    """

    def __init__(self, cells: ArrayCells, setup: PulseSetup, exactness: Exactness) -> None:
        self.cells, self.setup, self.exactness = cells, setup, exactness
        self.reference = setup.start_surface
        self.field = ElectricField(cells, setup, exactness.field)
        self.heat = HeatProblem(cells, setup, self.reference, exactness.heat)
        self.state = self.heat.start(initial_temperature(setup, cells.z))
        a, n = self.heat.solver.start, self.heat.solver.cells
        self._inner = slice(a, a + n)
        self._tissue = (cells.volume > 0.0).ravel()
        self._share = cells.volume.ravel() / cells.volume.sum()
        self._top = np.zeros(cells.shape, dtype=bool)
        self._top[:, :, 0] = cells.volume[:, :, 0] > 0.0
        self.damage = DamageFields((*setup.cell_kinetics, *setup.collagen_kinetics), self._tissue_temperature())
        self._first = self._tissue_temperature()
        self._start_enthalpy = float(self.state.enthalpy.sum())
        self._drain = np.where(self.heat.capacity > 0.0, self.heat.capacity, 1.0)
        self._controller: Controller | None = None
        self._sensor = self.heat.metal_mean(
            setup.drive.control.length if setup.drive.control else setup.needle.exposed_length
        )
        self.time, self.delivered, self.kept, self.lost, self.carried, self.blood = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        self.needle_energy = np.zeros(cells.needle_share.size)
        self.history = History()
        self.pulse_end = 0
        self.steps, self.field_solves, self.peak_voltage, self.field_residual = 0, 0, 0.0, 0.0
        self.steam = np.zeros(n)
        self._conductance, self._inside = 0.0, 1.0
        self.end_temperature = self._first
        self._asked: float | None = setup.drive.power
        if setup.drive.control is not None:
            limit = setup.drive.power_limit
            self._controller = Controller(setup.drive.control, limit, self._metal())
            self._asked = 0.0

    # --- what the generator and the blood do -------------------------------------------------------------------

    def _update_field(self, state: HeatState, time: float) -> None:
        found = self.field.update(state.temperature + self.reference, self.heat.vapour(state), time)
        self.field_solves += found.iterations > 0
        self.field_residual = max(self.field_residual, found.residual)
        self._conductance, self._inside = found.conductance, found.inside

    def _voltage(self, on: bool) -> float:
        if not on:
            return 0.0
        body = self.setup.array.body_resistance
        return voltage(self.setup.drive, self._conductance, body, self._asked)

    def _greatest_power(self) -> float:
        """Return the power that the limits of the generator allow now [W]."""
        body = self.setup.array.body_resistance
        return self._conductance * highest_voltage(self.setup.drive, self._conductance, body) ** 2

    def _source(self, state: HeatState, on: bool, ahead: float = 0.0) -> _Source:
        """Return what current and blood bring at some temperatures, those of the present or some time ahead [s]."""
        blood = self.heat.perfusion * (self.setup.blood_temperature - self.reference - state.temperature)
        if self.setup.cell_kinetics:
            blood[self._inner] *= np.exp(-self.damage.integral[0])
        if on:
            self._update_field(state, self.time + ahead)
        volts = self._voltage(on)
        heat = blood + volts**2 * self.field.joule if on else blood
        power = volts**2 * self._conductance
        return _Source(heat, volts, power, power * self._inside, float(blood.sum()))

    # --- one step ----------------------------------------------------------------------------------------------

    def _trial(self, step: float, on: bool, first: _Source) -> _Trial:
        """Do one step from the present state without changing it."""
        start, heat = self.state, self.heat
        conducted = [heat.conducted(start.temperature)]
        sources = [first]
        losses = [heat.lost(start)]
        middle, last = start.copy(), start.copy()
        rhs = start.enthalpy + step * (IMPLICIT * conducted[0] + MIDDLE * sources[0].heat)
        heat.advance(middle, rhs, IMPLICIT * step)
        self._add_stage(middle, on, MIDDLE * step, conducted, sources, losses)
        last.temperature[:] = middle.temperature
        last.enthalpy[:] = middle.enthalpy
        rhs = start.enthalpy + step * (
            OUTER * (conducted[0] + conducted[1]) + EXPLICIT[0] * sources[0].heat + EXPLICIT[1] * sources[1].heat
        )
        heat.advance(last, rhs, IMPLICIT * step)
        self._add_stage(last, on, step, conducted, sources, losses)
        wrong = step * sum(
            implicit * one + explicit * two.heat
            for implicit, explicit, one, two in zip(
                ERROR_WEIGHTS, EXPLICIT_ERROR_WEIGHTS, conducted, sources, strict=True
            )
        )
        error = heat.filtered(np.asarray(wrong), IMPLICIT * step)
        joule = step * sum(map(mul, EXPLICIT, [one.power for one in sources]))
        kept = step * sum(map(mul, EXPLICIT, [one.kept for one in sources]))
        blood = step * sum(map(mul, EXPLICIT, [one.blood for one in sources]))
        lost = step * sum(map(mul, WEIGHTS, losses))
        between = middle.temperature[self._inner] + self.reference
        return _Trial(last, sources[-1], float(np.abs(error).max()), joule, kept, lost, blood, between)

    def _add_stage(
        self,
        state: HeatState,
        on: bool,
        ahead: float,
        conducted: list[Floats],
        sources: list[_Source],
        losses: list[float],
    ) -> None:
        conducted.append(self.heat.conducted(state.temperature))
        sources.append(self._source(state, on, ahead))
        losses.append(self.heat.lost(state))

    def _accept(self, trial: _Trial, step: float, on: bool) -> None:
        copies = self.cells.copies
        before = self._tissue_temperature()
        self.state = trial.state
        if self.setup.boiling is not None:
            self.carried += self.heat.let_vapour_escape(self.state, self.setup.boiling.recovered)
            np.maximum(self.steam, self.state.vaporised[self._inner], out=self.steam)
        self.time += step
        self.delivered += trial.joule / copies
        self.kept += trial.kept / copies
        self.lost += trial.lost
        self.blood += trial.blood
        if on and trial.joule > 0.0:
            by_needle = self.field.needle_conductance()
            whole = float(np.sum(by_needle * self.cells.needle_share)) * copies
            self.needle_energy += trial.joule * by_needle / whole
        if trial.between is None:
            self.damage.add(before, self._tissue_temperature(), step)
        else:
            self.damage.add(before, trial.between, MIDDLE * step)
            self.damage.add(trial.between, self._tissue_temperature(), (1.0 - MIDDLE) * step)
        self.steps += 1
        if self._controller is not None:
            self._controller.read(self._metal(), step, self.time)
        self.note(trial.source.volts, trial.source.power)

    def note(self, volts: float, power: float) -> None:
        """Write down the present values."""
        now, tissue = self._tissue_temperature(), self._tissue
        copies = self.cells.copies
        self.peak_voltage = max(self.peak_voltage, np.sqrt(2.0) * volts)
        reading = self._controller.reading if self._controller is not None else self._metal()
        surface = now[self._top.ravel()]
        self.history.rows.append(
            (
                self.time,
                volts,
                power / volts if volts > 0.0 else 0.0,
                power,
                volts**2 / power if power > 0.0 else np.nan,
                reading,
                float(now[tissue].max()),
                float(surface.max()) if surface.size else np.nan,
                dot(self._share, now - self._first),
                (float(self.state.enthalpy.sum()) - self._start_enthalpy) * copies,
                (self.lost + self.carried - self.blood) * copies,
            )
        )

    @property
    def sensor_reached(self) -> float:
        """Time at which the sensor came within 1 K of its target [s]; NaN without a sensor."""
        reached = None if self._controller is None else self._controller.reached
        return float("nan") if reached is None else reached

    def _tissue_temperature(self) -> Floats:
        return np.asarray(self.state.temperature[self._inner] + self.reference)

    def _metal(self) -> float:
        return dot(self._sensor, self.state.temperature) + self.reference

    # --- the whole pulse ---------------------------------------------------------------------------------------

    def run(self, progress: Callable[[float], None] | None = None, *, cooling: bool = True) -> None:
        """Follow all pulses, and the cooling after them where it is asked for.

        Raises
        ------
        ConvergenceError
            If a solve misses its tolerance, a sensor never comes near its target, or steps become too short.
        """
        start = self._source(self.state, on=True)
        self.note(start.volts, start.power)
        parts = segments(self.setup.drive)
        for number, part in enumerate(parts):
            self._run_segment(part)
            if progress is not None:
                progress((number + 1) / (len(parts) + 1))
        self._end_pulse()
        if cooling:
            self._cool()
        if progress is not None:
            progress(1.0)

    def run_fixed(self, steps: int) -> None:
        """Follow the first pulse in equal backward Euler steps, the field from the start of each, without cooling."""
        step = self.setup.drive.width / steps
        for number in range(steps):
            source = self._source(self.state, on=True)
            if number == 0:
                self.note(source.volts, source.power)
            after = self.state.copy()
            self.heat.advance(after, self.state.enthalpy + step * source.heat, step)
            lost = step * self.heat.lost(after)
            self._accept(
                _Trial(after, source, 0.0, step * source.power, step * source.kept, lost, step * source.blood),
                step,
                on=True,
            )
        self._end_pulse()

    def _end_pulse(self) -> None:
        self.pulse_end = len(self.history.rows) - 1
        self.end_temperature = self._tissue_temperature()

    def _run_segment(self, part: Segment) -> None:
        control = self._controller
        end = self.time + part.length
        if part.on and control is not None:
            self._dwell(control, part.length)
            return
        # a pulse has a least number of steps with the current on, however many parts it comes in
        longest = min(part.length, self.setup.drive.width / self.exactness.fewest) if part.on else part.length
        self._advance_to(end, 0.25 * longest, longest, part.on)

    def _advance_to(self, end: float, step: float, longest: float, on: bool) -> None:
        source = self._source(self.state, on)
        while end - self.time > 1e-9 * end:
            remaining = end - self.time
            step = min(step, longest, remaining)
            if remaining - step < 0.25 * step:  # no crumb at the end
                step = remaining
            step, source = self._step(step, on, source)

    def _step(self, step: float, on: bool, source: _Source) -> tuple[float, _Source]:
        """Do one accepted step; return the step to try next and the sources at its end."""
        return self._accepted(step, on, lambda tried: self._trial(tried, on, source))

    def _accepted(self, step: float, on: bool, attempt: Callable[[float], _Trial]) -> tuple[float, _Source]:
        """Attempt shorter steps until one is exact enough, and accept it.

        Raises
        ------
        ConvergenceError
            If no step is short enough, a temperature is not a number, or the steps are too many.
        """
        tolerance = self.exactness.temperature
        for _ in range(_MOST_TRIALS):
            trial = attempt(step)
            if not np.isfinite(trial.error):
                raise ConvergenceError("the pulse gave a temperature that is not a number", do="report the pulse file")
            if trial.error <= _REJECTED * tolerance:
                break
            step = next_step(step, trial.error, tolerance)
        else:
            raise ConvergenceError(
                "no time step is short enough",
                value=f"{step:.1e} s",
                do="look for a layer that dries at once, or set a limit of voltage or power",
            )
        if self.steps >= _MOST_STEPS:
            raise ConvergenceError("the pulse needs too many time steps", value=self.steps, do="use a shorter pulse")
        self._accept(trial, step, on)
        return next_step(step, trial.error, tolerance), trial.source

    def _dwell(self, control: Controller, length: float) -> None:
        """Bring the sensor to its target and hold it there."""
        settings = control.control
        begin, longest = self.time, self.setup.drive.longest_rise
        limit = length / self.exactness.fewest
        step = settings.interval if not settings.ideal else min(0.25 * limit, 0.02)
        until = begin + length if control.within else np.inf
        while self.time < until - 1e-9:
            step = min(step, until - self.time, settings.interval if not settings.ideal else limit)
            if settings.ideal:
                step, _ = self._accepted(step, True, lambda tried: self._towards_target(control, tried))
                control.power = self._asked or 0.0
            else:
                control.limit = self._greatest_power()
                control.set(step)
                self._asked = control.power
                self._advance_to(self.time + step, step, step, on=True)
            if until == np.inf and control.within:
                until = self.time + length
            if until == np.inf and self.time - begin > longest and not self.setup.drive.insist:
                until = self.time + length
            if until == np.inf and self.time - begin > longest:
                raise ConvergenceError(
                    "the sensor never comes within 1 K of its target",
                    value=f"{control.reading - 273.15:.1f} degC after {longest:.3g} s",
                    allowed=f"{settings.target - 273.15:.1f} degC",
                    do="raise the limits of power or voltage, lower the target, or allow a longer rise",
                )

    def _towards_target(self, control: Controller, step: float) -> _Trial:
        """Try a step with the power that brings the metal to the target at its end, within the limits."""
        self._asked, control.limit = 0.0, self._greatest_power()
        without = self._metal_after(self._trial(step, True, self._source(self.state, True)))
        self._asked = min(control.power or self._guess(), control.limit)
        wanted = control.control.target - control.control.offset
        for _ in range(_MOST_TRIALS):
            trial = self._trial(step, True, self._source(self.state, True))
            mean = self._metal_after(trial)
            power = control.corrected(trial.joule / step, mean, without)
            if abs(mean - wanted) <= _CONTROLLED or abs(power - self._asked) <= 1e-3 * power:
                break
            self._asked = power
        return trial

    def _guess(self) -> float:
        return max(self._conductance * 100.0, 1e-3)

    def _metal_after(self, trial: _Trial) -> float:
        return dot(self._sensor, trial.state.temperature) + self.reference

    def _cool(self) -> None:
        """Follow the tissue until what remains of the damage no longer matters.

        The rate of damage falls while the tissue cools. It is taken to last as long again as the cooling has taken,
        and no shorter than heat takes to spread between needles.
        """
        if not self.damage.sets:
            return
        begin, half = self.time, 0.5 * self.setup.array.pitch
        spread = max(half**2 * one.heat_capacity / (4.0 * one.conductivity) for one in self.setup.layers)
        step = 0.02 * max(self.setup.drive.width, 1e-3)
        source = self._source(self.state, on=False)
        fractions = self._fractions()
        while self.time - begin < (1.0 - 1e-9) * _FOLLOWED:
            taken = self.time
            step, source = self._step(min(step, begin + _FOLLOWED - taken), False, source)
            taken = self.time - taken
            before, fractions = fractions, self._fractions()
            remains = (fractions - before) / taken * max(self.time - begin, spread)
            if np.all(remains <= _COOLED * np.maximum(fractions, 1e-6)):
                return

    def _fractions(self) -> Floats:
        return np.asarray(np.sum((1.0 - np.exp(-self.damage.integral)) * self._share, axis=1))


@dataclass(frozen=True)
class _Trial:
    """A step that may be accepted: state and sources at its end, its error [K], its energies [J], its middle [K]."""

    state: HeatState
    source: _Source
    error: float
    joule: float
    kept: float
    lost: float
    blood: float
    between: Floats | None = None
