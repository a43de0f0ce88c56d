"""The device a plan names, as the library or the label in the plan has it, and whether it can do what is planned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from percuta.errors import DeviceLimitError, LibraryError, PlanError, Where, nearest
from percuta.library.device_fields import DEVICE_FIELDS, PATCH_KINDS
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.library.tables import Fields
from percuta.plan.faults import Check
from percuta.plan.model import Cartridge, DeviceChoice, Plan
from percuta.plan.pulse_dose import check_dose
from percuta.plan.steps import Needling, RfPulses, Step, WearPatch
from percuta.sources import Sourced, Unpublished
from percuta.units import Quantity, show

DONE_WITH: dict[type[Step], tuple[str, ...]] = {
    Needling: ("pen", "stamp", "roller"),
    RfPulses: ("rf_array",),
    WearPatch: PATCH_KINDS,
}
_ROUNDED_RATE = 0.01  # labels round revolutions per minute to hertz
_NO_FIGURES = ("model", "kind", "name", "cartridges")  # of a device as a plan has it
IN_THE_LIBRARY = {"rate": "puncture_rate"}  # where a plan has another word


def resolve_device(choice: DeviceChoice, library: Library) -> Device:
    """Return the device of a plan: from the library, completed by what the plan states of its label.

    Raises
    ------
    LibraryError
        If the library has no such device.
    DeviceLimitError
        If the plan states a field that this kind of device does not have, or that is published.
    """
    return _completed(_as_published(choice, library), choice, "device", replaces=False)


def _as_published(choice: DeviceChoice, library: Library) -> Device:
    """Return a device without what the plan states of its label."""
    if choice.model is not None:
        return library.device(choice.model)
    kind = choice.kind or "pen"
    return unlisted(kind, choice.name or "")


def unlisted(kind: str, name: str) -> Device:
    """Return a device that the library does not have, of which nothing is known yet."""
    unknown: Fields = {each: Unpublished(each, "the plan's entries from the label") for each in DEVICE_FIELDS[kind]}
    return Device("unlisted", name or f"unlisted {kind}", kind, "", "From the label in the plan.", False, unknown)


def with_cartridge(device: Device, choice: DeviceChoice, name: str | None) -> Device:
    """Return the device with one of the plan's cartridges; the usual one where ``name`` is None.

    Raises
    ------
    PlanError
        If the plan has no cartridge of that name.
    """
    if name is None:
        return device
    if name not in choice.cartridges:
        alike = nearest(name, choice.cartridges)
        raise PlanError(
            "the device has no cartridge of this name in the plan",
            value=name,
            allowed=", ".join(choice.cartridges) or "none: leave cartridge out, or add a table device.cartridges",
            do=f"did you mean {alike}?" if alike else None,
        )
    return _completed(device, choice.cartridges[name], f"device.cartridges.{name}", replaces=True)


def _completed(device: Device, given: DeviceChoice | Cartridge, key: str, *, replaces: bool) -> Device:
    """Return the device with the fields that a plan states of its label."""
    for check in _label_checks(device, given, key, replaces=replaces):
        check()
    units = DEVICE_FIELDS[device.kind]
    figures = {IN_THE_LIBRARY.get(name, name): value for name, value in _figures(given).items()}
    return replace(device, fields=device.fields | {name: _stated(name, figures[name], units[name]) for name in figures})


def label_checks(choice: DeviceChoice, library: Library) -> Iterator[Check]:
    """Yield what looks at each figure of its label that a plan states of a device, and of its cartridges.

    Raises
    ------
    LibraryError
        If the library has no such device.
    """
    device = _as_published(choice, library)
    yield from _label_checks(device, choice, "device", replaces=False)
    for name, cartridge in choice.cartridges.items():
        yield from _label_checks(device, cartridge, f"device.cartridges.{name}", replaces=True)


def _label_checks(device: Device, given: DeviceChoice | Cartridge, key: str, *, replaces: bool) -> Iterator[Check]:
    for stated, value in _figures(given).items():
        yield partial(_check_figure, device, stated, value, f"{key}.{stated}", replaces)


def _figures(given: DeviceChoice | Cartridge) -> dict[str, Any]:
    """Return the figures and words that a plan states of a label."""
    stated = {name: getattr(given, name) for name in type(given).model_fields if name not in _NO_FIGURES}
    return {name: value for name, value in stated.items() if value is not None}


def _check_figure(device: Device, stated: str, value: Any, key: str, replaces: bool) -> None:
    name, where = IN_THE_LIBRARY.get(stated, stated), Where(key=key)
    if name not in DEVICE_FIELDS[device.kind]:
        raise DeviceLimitError(f"a {device.kind} has no {stated}", value=value, where=where)
    if name not in device.fields:
        raise DeviceLimitError(f"{device.name} has no sensors, and so no {stated}", value=value, where=where)
    if isinstance(device.fields[name], Sourced) and not replaces:
        raise DeviceLimitError(
            f"{device.name} has this figure in the library already",
            value=value,
            allowed="figures that nobody published",
            where=where,
            do="remove it, or describe an unlisted device with kind in place of model",
        )


def _stated(name: str, value: Quantity | float | str, unit: str) -> Sourced:
    """Return a figure or a word that the plan states of the device."""
    plain = value.si if isinstance(value, Quantity) else value if isinstance(value, str) else float(value)
    written = "1" if unit == "text" else unit
    return Sourced(f"device.stated.{name}", plain, written, None, "assumed", note="as stated in the plan")


def deepest_setting(device: Device) -> Sourced | None:
    """Return the deepest setting of a device, or None where it is not published."""
    return device.published("maximum_depth") or device.published("needle_length")


def check_device(plan: Plan, device: Device) -> None:
    """Check that the device can be set to what the plan asks of it.

    Raises
    ------
    DeviceLimitError
        For a depth, rate, dose or kind of step that the device does not have.
    """
    for check in device_checks(plan, device):
        check()


def device_checks(plan: Plan, device: Device) -> Iterator[Check]:
    """Yield what looks at each setting of each step that the device works in."""
    for number, step in enumerate(plan.session.steps, 1):
        key = f"session.steps[{number}]"
        fitting = DONE_WITH.get(type(step))
        if fitting is None:
            continue
        yield partial(_check_kind, device, step.do, device.kind in fitting, key)
        if device.kind not in fitting:  # nothing of the step can then be told
            continue
        if isinstance(step, Needling):
            yield partial(_check_depth, device, step.set_depth, f"{key}.set_depth")
            yield partial(_check_rate, device, step, key)
            yield partial(_check_cartridge, plan, device, step, key)
        elif isinstance(step, RfPulses):
            given = "set_depth" if step.set_depth is not None else "set_depths"
            for depth in step.depths:
                yield partial(_check_depth, device, depth, f"{key}.{given}")
            yield partial(check_dose, device, step, key)
        elif isinstance(step, WearPatch):
            yield partial(_check_patches, plan, device, step, key)


def _check_kind(device: Device, step: str, fits: bool, key: str) -> None:
    if not fits:
        raise DeviceLimitError(
            f"{device.name} cannot do this step",
            value=step,
            allowed="needling with a pen, stamp or roller; rf_pulses with an RF array; patch with a dissolving or "
            "porous patch",
            where=Where(key=f"{key}.do"),
        )


def _check_patches(plan: Plan, device: Device, step: WearPatch, key: str) -> None:
    """Check that a zone wears patches once, and no more than it has room for."""
    for zone in step.zones:
        if sum(zone in other.zones for other in plan.patches) > 1:
            raise DeviceLimitError(
                "a zone wears a patch once in a session",
                value=zone,
                allowed="one patch step for each zone",
                where=Where(key=f"{key}.zones"),
                do="plan another session for another patch",
            )
        area = device.published("patch_area")
        most = None if area is None else patches_to_cover(plan.zone(zone).area.si, area.si)
        if most is not None and step.patches is not None and step.patches > most:
            raise DeviceLimitError(
                f"zone {zone} has no room for so many patches",
                value=step.patches,
                allowed=f"1 to {most}",
                where=Where(key=f"{key}.patches"),
            )


def patches_to_cover(zone_area: float, patch_area: float) -> int:
    """Return how many patches it takes to cover a zone; areas in one unit."""
    return max(math.ceil(zone_area / patch_area - 1e-9), 1)


def _check_depth(device: Device, depth: Quantity, key: str) -> None:
    deepest, least, step = deepest_setting(device), device.published("minimum_depth"), device.published("depth_step")
    rounding = 1e-9
    if device.kind == "roller":
        fixed = device.published("needle_length") or deepest
        if fixed is not None and abs(depth.si - fixed.si) > 1e-6:
            raise DeviceLimitError(
                f"the needles of {device.name} have one length",
                value=depth,
                allowed=f"set_depth = {show(fixed.si, 'mm')}",
                where=Where(key=key),
            )
        return
    low = 0.0 if least is None else least.si
    high = float("inf") if deepest is None else deepest.si
    if not low - rounding <= depth.si <= high + rounding:
        end = "its deepest setting, which is not published" if deepest is None else show(high, "mm")
        raise DeviceLimitError(
            f"beyond what {device.name} can be set to",
            value=depth,
            allowed=f"{show(low, 'mm')} to {end}",
            where=Where(key=key),
        )
    if step is not None and step.si > 0 and abs(depth.si / step.si - round(depth.si / step.si)) > 1e-3:
        below = int(depth.si / step.si) * step.si
        raise DeviceLimitError(
            f"the dial of {device.name} has steps of {show(step.si, 'mm')}",
            value=depth,
            allowed=f"{show(below, 'mm')} or {show(below + step.si, 'mm')}",
            where=Where(key=key),
        )


def _check_cartridge(plan: Plan, device: Device, step: Needling, key: str) -> None:
    try:
        with_cartridge(device, plan.device, step.cartridge)
    except PlanError as fault:
        raise fault.at(Where(key=f"{key}.cartridge")) from None


def _check_rate(device: Device, step: Needling, key: str) -> None:
    if device.kind == "roller":
        if step.frequency is not None:
            raise DeviceLimitError(
                "a roller has no frequency", value=step.frequency, where=Where(key=f"{key}.frequency")
            )
        if step.passes is None:
            raise DeviceLimitError("needling with a roller needs passes", where=Where(key=f"{key}.passes"))
        return
    if step.passes is not None and step.needling_time is not None:
        raise DeviceLimitError(
            "the needling_time of a pen sets its density, so that passes would change nothing",
            value=step.passes,
            allowed="either passes or needling_time",
            where=Where(key=f"{key}.passes"),
        )
    if step.frequency is None:
        try:
            device.known("puncture_rate")
        except LibraryError as fault:
            raise fault.at(Where(key=f"{key}.frequency")) from None
        return
    slowest, fastest = device.published("minimum_rate"), device.published("maximum_rate")
    low, high = slowest.si if slowest else 0.0, fastest.si if fastest else float("inf")
    if not low * (1 - _ROUNDED_RATE) <= step.frequency.si <= high * (1 + _ROUNDED_RATE):
        raise DeviceLimitError(
            f"beyond the rate of {device.name}",
            value=step.frequency,
            allowed=f"{show(low, 'Hz')} to {show(high, 'Hz')}",
            where=Where(key=f"{key}.frequency"),
        )
