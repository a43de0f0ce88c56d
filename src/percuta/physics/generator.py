"""The generator: which voltage it puts on the needles, and how it follows a temperature."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

from percuta.physics.pulse_setup import Drive, SensorControl

WITHIN = 1.0
"""A dwell begins when the sensor is this close to its target [K]."""


@dataclass(frozen=True)
class Segment:
    """A time in which the current is on or off throughout [s]; ``dwell`` waits for the sensor first."""

    length: float
    on: bool


def segments(drive: Drive) -> list[Segment]:
    """Return the current's on and off times of all stacked pulses in order."""
    part = drive.width / drive.sub_pulses
    parts: list[Segment] = []
    for pulse in range(drive.pulses):
        if pulse > 0 and drive.pause > 0.0:
            parts.append(Segment(drive.pause, on=False))
        for sub_pulse in range(drive.sub_pulses):
            if sub_pulse > 0 and drive.gap > 0.0:
                parts.append(Segment(drive.gap, on=False))
            parts.append(Segment(part, on=True))
    return parts


def voltage(drive: Drive, conductance: float, body_resistance: float, power: float | None) -> float:
    """Return the voltage between the polarities at the skin [V rms].

    Parameters
    ----------
    drive
        What is asked for, and the limits.
    conductance
        Of one unit of the array [S].
    body_resistance
        In series with the array [Ohm]; the generator's limits hold before it.
    power
        Power asked for [W] where the drive is not a voltage.
    """
    if drive.voltage is not None:
        at_skin = drive.voltage / (1.0 + body_resistance * conductance)
    else:
        at_skin = sqrt(max(power if power is not None else drive.power or 0.0, 0.0) / conductance)
    return min(at_skin, highest_voltage(drive, conductance, body_resistance))


def highest_voltage(drive: Drive, conductance: float, body_resistance: float) -> float:
    """Return the voltage between the polarities at the skin that the limits of the generator allow [V rms].

    Parameters
    ----------
    drive, conductance, body_resistance
        As for :func:`voltage`.
    """
    divider = 1.0 + body_resistance * conductance
    return min(
        drive.voltage_limit / divider,
        drive.current_limit / conductance,
        sqrt(drive.power_limit / (conductance * divider)),
    )


class Controller:
    """Follows the temperature of a sensor by setting the power.

    Attributes
    ----------
    power
        Asked for now [W].
    limit
        The greatest power that the generator can give now [W].
    reading
        What the sensor shows [K].
    reached
        Time at which the reading was within :data:`WITHIN` of the target for the first time [s]; None before.
    """

    def __init__(self, control: SensorControl, limit: float, start: float) -> None:
        self.control, self.limit = control, limit
        self.reading = self._seen = start + control.offset
        self.power = 0.0
        self.reached: float | None = None
        self._sum = 0.0
        self._gain = 0.0  # kelvin at the end of a step per watt, of the last step

    def read(self, mean: float, step: float, time: float) -> None:
        """Take the metal's mean temperature [K] after a step [s] that ended at a time [s].

        In the step it is taken to have changed steadily.
        """
        before, self._seen = self._seen, mean + self.control.offset
        behind = (self._seen - before) / step * self.control.lag  # of a reading that has followed for long
        left = exp(-step / self.control.lag) if self.control.lag > 0.0 else 0.0
        self.reading = self._seen - behind + (self.reading - before + behind) * left
        if self.reached is None and self.within:
            self.reached = time

    @property
    def within(self) -> bool:
        """Whether the reading is at the target, or less than :data:`WITHIN` below it."""
        return self.reading >= self.control.target - WITHIN

    def set(self, step: float) -> None:
        """Set the power of a sampled proportional and integral control for the next interval [s].

        The integral stands still while the power is at a limit that it would push against.
        """
        control = self.control
        error = control.target - self.reading
        asked = control.proportional * error + self._sum + control.integral * error * step
        self.power = min(max(asked, 0.0), self.limit)
        if self.power == asked or (asked > self.power) != (error > 0.0):
            self._sum += control.integral * error * step

    def corrected(self, tried: float, mean: float, without: float) -> float:
        """Return the power that would have brought the metal to the target.

        The temperature at the end of a step is nearly linear in its power.

        Parameters
        ----------
        tried
            The power of the trial [W].
        mean
            The metal's temperature after it [K].
        without
            The metal's temperature without any power [K].
        """
        wanted = self.control.target - self.control.offset
        gain = (mean - without) / tried if tried > 0.0 else self._gain
        if gain <= 0.0:
            return self.limit
        self._gain = gain
        return min(max((wanted - without) / gain, 0.0), self.limit)
