"""The dose of an RF step: whether the array can deliver it, and what a pulse cannot be computed without."""

from __future__ import annotations

from typing import NoReturn

from percuta.errors import DeviceLimitError, Where
from percuta.library.entries import Device
from percuta.plan.steps import RfPulses
from percuta.sources import Sourced
from percuta.units import Quantity, show

NO_CONVERSION = "what a level of this device delivers"
_ROUNDING = 1.0 + 1e-9


def check_dose(device: Device, step: RfPulses, key: str) -> None:
    """Check the pulse width and the dose of a step against what is published of the array.

    A level is not checked: without a published conversion nobody knows what it delivers.

    Parameters
    ----------
    device
        The array.
    step
        The step.
    key
        Of the step in the plan file.

    Raises
    ------
    DeviceLimitError
        If the array cannot deliver it.
    """
    limits = _Limits(device, key)
    limits.check("pulse_width", step.pulse_width, "minimum_pulse_width", "maximum_pulse_width", "ms")
    limits.check("energy_per_pin", step.energy_per_pin, None, "maximum_energy_per_needle", "mJ")
    limits.check("power", step.power, None, "maximum_power", "W")
    limits.check("voltage", step.voltage, None, "maximum_voltage", "V")
    if step.sensor_temperature is not None:
        drive = device.published("drive")
        if drive is not None and drive.text != "sensor_temperature":
            raise DeviceLimitError(
                f"the needles of {device.name} have no sensors",
                value=step.sensor_temperature,
                allowed="energy_per_pin, power or voltage",
                where=Where(key=f"{key}.sensor_temperature"),
            )
        low, high = "minimum_sensor_temperature", "maximum_sensor_temperature"
        limits.check("sensor_temperature", step.sensor_temperature, low, high, "degC")
    if step.energy_per_pin is not None and step.pulse_width is not None:
        limits.check_power(step.energy_per_pin, step.pulse_width)


class _Limits:
    """What is published of an array's limits; what is not is no limit here."""

    def __init__(self, device: Device, key: str) -> None:
        self.device, self.key = device, key

    def check(self, setting: str, value: Quantity | None, low: str | None, high: str, unit: str) -> None:
        """Check one setting against its published limits."""
        if value is None:
            return
        least = self.device.published(low) if low is not None else None
        most = self.device.published(high)
        too_low = least is not None and value.si * _ROUNDING < least.si
        if too_low or (most is not None and value.si > most.si * _ROUNDING):
            self._refuse(setting, value, _between(least, most, unit))

    def check_power(self, energy: Quantity, width: Quantity) -> None:
        """Check that all needles can get an energy [J] within the pulse width."""
        power = self.device.published("maximum_power")
        rows, columns = (self.device.published(name) for name in ("rows", "columns"))
        if power is None or rows is None or columns is None:
            return
        needles = rows.si * columns.si
        if energy.si * needles > power.si * width.si * _ROUNDING:
            most = show(power.si * width.si / needles, "mJ", 3)
            what = f"at most {most} for each of {needles:g} needles in {width} with {power.text}, or a longer pulse"
            self._refuse("energy_per_pin", energy, what)

    def _refuse(self, setting: str, value: Quantity, allowed: str) -> NoReturn:
        raise DeviceLimitError(
            f"beyond what {self.device.name} can deliver",
            value=value,
            allowed=allowed,
            where=Where(key=f"{self.key}.{setting}"),
        )


def _between(least: Sourced | None, most: Sourced | None, unit: str) -> str:
    ends = [f"at {word} {show(one.si, unit)}" for word, one in (("least", least), ("most", most)) if one is not None]
    return ", ".join(ends)


def figures_needed(device: Device, step: RfPulses) -> list[str]:
    """Return what a pulse cannot be computed without and nobody published, in the words of the plan file."""
    names = ["needle_diameter", "rows", "columns", "pitch", "pattern", "exposed_length", "frequency"]
    shape, pattern = device.published("tip_shape"), device.published("pattern")
    if shape is None or shape.text != "flat":
        names.append("tip_length")
    if pattern is not None and pattern.text == "pair":
        names += ["insertion_angle", "swath_width"]
    if step.sensor_temperature is not None:
        names += ["sensor_length", "maximum_power"]
    missing = [name for name in names if device.published(name) is None]
    return missing if step.level is None else [*missing, NO_CONVERSION]
