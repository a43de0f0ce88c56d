"""The values that a setting is tried at where the plan gives none: what the device can do, within what trials used."""

from __future__ import annotations

import math

from percuta.library.aims import Aims, SettingDefault
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.device import deepest_setting
from percuta.plan.model import Plan
from percuta.plan.wishes import Value, unit_of_setting, value_at
from percuta.sources import Sourced
from percuta.units import convert

# Fields of the device that bound a setting, and that tell its steps.
_LEAST = {
    "set_depth": "minimum_depth",
    "frequency": "minimum_rate",
    "pulse_width": "minimum_pulse_width",
    "sensor_temperature": "minimum_sensor_temperature",
}
_MOST = {
    "frequency": "maximum_rate",
    "pulse_width": "maximum_pulse_width",
    "energy_per_pin": "maximum_energy_per_needle",
    "power": "maximum_power",
    "voltage": "maximum_voltage",
    "sensor_temperature": "maximum_sensor_temperature",
}
_STRIDE = {"set_depth": "depth_step"}
_ROUNDING = 1e-6


def aims_of(plan: Plan, library: Library) -> Aims | None:
    """Return the defaults of the plan's modality; None for a plan without steel needles."""
    modality = "rf" if plan.rf_pulses else "mechanical" if plan.needling else None
    return None if modality is None else library.aims[modality]


def defaults_for(plan: Plan, device: Device, library: Library) -> list[SettingDefault]:
    """Return the settings that have a range by default in this plan; of two for one setting the last counts."""
    aims, patient = aims_of(plan, library), plan.patient
    if aims is None:
        return []
    found = {
        one.name: one for one in aims.settings if one.when.holds(patient.desired_effect, patient.phototype, device.kind)
    }
    return list(found.values())


def default_values(default: SettingDefault, device: Device, own: float | None) -> tuple[Value, ...]:
    """Return the values of a setting by default, in increasing order.

    Parameters
    ----------
    default
        What the library says of the setting.
    device
        The device, whose limits and steps come first.
    own
        The plan's own value in the setting's unit.

    Returns
    -------
    tuple
        Empty where an end of the range is neither published of the device nor in the library.
    """
    low, high, stride = _ends(default, device, own)
    if low is None or high is None or high < low:
        return ()
    per_decade = default.published("per_decade")
    if per_decade is not None:
        numbers = _geometric(low, high, round(per_decade.si))
    elif stride is not None and stride > 0.0:
        # a dial of depth counts its steps from zero
        start = math.ceil(low / stride - _ROUNDING) * stride if default.name in _STRIDE else low
        numbers = [start + number * stride for number in range(math.floor((high - start) / stride + _ROUNDING) + 1)]
    else:
        return ()
    return tuple(value_at(default.name, number) for number in numbers)


def _ends(
    default: SettingDefault, device: Device, own: float | None
) -> tuple[float | None, float | None, float | None]:
    """Return the lowest and the highest value and the step between values, in the setting's unit."""
    name = default.name
    of_device = deepest_setting(device) if name == "set_depth" else device.published(_MOST.get(name, ""))
    label = device.published("label_maximum_depth") if name == "set_depth" else None
    lows = [device.published(_LEAST.get(name, "")), default.published("least")]
    highs = [of_device, label, default.published("most")]
    low = max((_number(name, one) for one in lows if one is not None), default=None)
    high = min((_number(name, one) for one in highs if one is not None), default=None)
    lowest, highest = default.published("lowest_share"), default.published("highest_share")
    if own is not None and lowest is not None:
        low = max(lowest.si * own, low or 0.0)
    if own is not None and highest is not None:
        high = min(highest.si * own, math.inf if high is None else high)
    stride = device.published(_STRIDE.get(name, "")) or default.published("stride")
    return low, high, None if stride is None else _number(name, stride, difference=True)


def _number(name: str, entry: Sourced, difference: bool = False) -> float:
    unit = unit_of_setting(name)
    zero = convert(0.0, unit)
    if not difference:
        return convert(entry.si, unit)
    own_zero = convert(0.0, entry.unit)  # 2 degC and 2 K are the same step
    return convert(entry.si, entry.unit) * (convert(1.0, unit) - zero) / (convert(1.0, entry.unit) - own_zero)


def _geometric(low: float, high: float, per_decade: int) -> list[float]:
    """Return numbers of two digits in equal ratios, both ends among them."""
    first, last = (math.floor(per_decade * math.log10(end)) for end in (low, high))
    steps = (float(f"{10.0 ** (number / per_decade):.2g}") for number in range(first, last + 2))
    inner = [step for step in steps if low * (1 + _ROUNDING) < step < high * (1 - _ROUNDING)]
    return [float(f"{low:.6g}"), *inner, float(f"{high:.6g}")] if high > low else [low]
