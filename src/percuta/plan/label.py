"""What a plan may state of its device's label: what is needed and nobody published, and what the dial can be set to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from percuta.library.device_fields import fields_of as published_fields
from percuta.library.entries import Device
from percuta.plan.device import IN_THE_LIBRARY, deepest_setting
from percuta.plan.fields import fields_of
from percuta.plan.model import LABEL_NEEDED, DeviceChoice
from percuta.plan.pulse_dose import NO_CONVERSION, figures_needed
from percuta.plan.steps import RfPulses
from percuta.sources import Sourced
from percuta.units import convert


@dataclass(frozen=True)
class Dial:
    """What the depth of a device can be set to [mm]; ``step`` is None where its steps are not published."""

    low: float
    high: float
    step: float | None


def dial_of(device: Device) -> Dial | None:
    """Return the dial of a device, or None where it has none or its deepest setting is not published."""
    deepest = deepest_setting(device)
    if device.kind == "roller" or deepest is None:
        return None
    step, least = device.published("depth_step"), device.published("minimum_depth")
    in_steps = None if step is None else convert(step.si, "mm")
    low = convert(least.si, "mm") if least is not None else in_steps or 0.0
    return Dial(low, convert(deepest.si, "mm"), in_steps)


def figures_to_state(
    device: Device, stated: Iterable[str], pulses: Iterable[RfPulses] = ()
) -> tuple[list[str], list[str]]:
    """Return the figures that a plan has to state of a label, and those it may, in the words of the plan file.

    Parameters
    ----------
    device
        As published, without what the plan states.
    stated
        What the plan states already; it stays among the figures, so that it can be changed.
    pulses
        The steps with current, whose dose may need more.
    """
    may = [name for name in fields_of(DeviceChoice) if _may_be_stated(device, name)]
    needed = {name for step in pulses for name in figures_needed(device, step) if name != NO_CONVERSION}
    needed.update(LABEL_NEEDED[device.kind])
    first = [name for name in may if name in needed or name in stated]
    return first, [name for name in may if name not in first]


def _may_be_stated(device: Device, name: str) -> bool:
    inside = IN_THE_LIBRARY.get(name, name)
    drive = device.published("drive") if "drive" in device.fields else None
    known = published_fields(device.kind, None if drive is None else drive.text)
    return inside in known and not isinstance(device.fields.get(inside), Sourced)
