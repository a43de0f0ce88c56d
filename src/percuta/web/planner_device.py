"""What the planner shows of a device: what can be chosen, what it publishes, and which figures are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from percuta.library.device_fields import DEVICE_FIELDS
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.device import unlisted
from percuta.plan.fields import fields_of
from percuta.plan.label import figures_to_state
from percuta.plan.model import LABEL_NEEDED, Cartridge, DeviceChoice
from percuta.plan.steps import RfPulses
from percuta.report.wording import DEVICE_KINDS
from percuta.sources import Sourced
from percuta.web.planner_view import Choices, Entry, cartridges_of, entry_of, rows_at
from percuta.web.words import DEVICE_GROUPS, LABELS, WORDS, label_of

Data = Mapping[str, Any]

WITH_CARTRIDGES = ("pen", "stamp")


@dataclass(frozen=True)
class DeviceCard:
    """The device of a plan in the making.

    Attributes
    ----------
    groups
        What can be chosen: devices of the library by kind, then a device of each kind that is not listed.
    chosen
        The value of the choice that the plan has made; empty for none.
    name, summary, page
        Of the chosen device, and its page in the library; empty for none and for one that is not listed.
    facts
        What is published of it: label and figure.
    unpublished
        Labels of what nobody published.
    entries, more
        Figures that the plan has to state, and those that it may.
    cartridges
        The cartridges that the plan describes, each with its fields; None for devices without any.
    """

    groups: tuple[tuple[str, Choices], ...]
    chosen: str
    name: str
    summary: str
    page: str
    facts: tuple[tuple[str, str], ...]
    unpublished: tuple[str, ...]
    entries: tuple[Entry, ...]
    more: tuple[Entry, ...]
    cartridges: tuple[tuple[str, tuple[Entry, ...]], ...] | None


def device_card(data: Data, known: Library, pulses: tuple[RfPulses, ...]) -> DeviceCard:
    """Return the device of a plan in the making.

    Parameters
    ----------
    data
        The plan as plain data.
    known
        The library.
    pulses
        The plan's steps with current, as far as they can be read.
    """
    table = data.get("device")
    given: Data = table if isinstance(table, Mapping) else {}
    device = _published(given, known)
    chosen = f"model:{given['model']}" if given.get("model") else f"kind:{given['kind']}" if given.get("kind") else ""
    listed = device is not None and bool(given.get("model"))
    first, others = ([], []) if device is None else figures_to_state(device, given, pulses)
    needed = () if device is None else LABEL_NEEDED[device.kind]
    entries = [_entry(name, name in needed) for name in first]
    if not listed and device is not None:
        entries.insert(0, entry_of("device.name", replace(fields_of(DeviceChoice)["name"], kind="line")))
    return DeviceCard(
        groups=_groups(known),
        chosen=chosen,
        name=device.name if device is not None and listed else "",
        summary=device.summary if device is not None and listed else "",
        page=f"/library/devices/{device.id}" if device is not None and listed else "",
        facts=_facts(device) if device is not None and listed else (),
        unpublished=_unpublished(device) if device is not None and listed else (),
        entries=tuple(entries),
        more=tuple(_entry(name, False) for name in others),
        cartridges=_cartridges(data) if device is not None and device.kind in WITH_CARTRIDGES else None,
    )


def pulses_of(data: Data) -> tuple[RfPulses, ...]:
    """Return the steps with current that can be read."""
    found = []
    for step in rows_at(data, "session", "steps"):
        if isinstance(step, Mapping) and step.get("do") == "rf_pulses":
            try:
                found.append(RfPulses.model_validate(step))
            except ValidationError:
                continue
    return tuple(found)


def _published(given: Data, known: Library) -> Device | None:
    """Return the device without what the plan states of it, or None where none is chosen."""
    model, kind = given.get("model"), given.get("kind")
    if isinstance(model, str) and model:
        return known.devices.get(model)
    if isinstance(kind, str) and kind in DEVICE_FIELDS:
        return unlisted(kind, "")
    return None


def _groups(known: Library) -> tuple[tuple[str, Choices], ...]:
    groups: dict[str, Choices] = {}
    for device in sorted(known.devices.values(), key=lambda one: (not one.generic, one.name)):
        groups.setdefault(device.kind, []).append((f"model:{device.id}", device.name))
    listed = [(words, groups[kind]) for kind, words in DEVICE_GROUPS.items() if kind in groups]
    others = [(f"kind:{kind}", f"A {words} from its label") for kind, words in DEVICE_KINDS.items()]
    return (*listed, ("Not listed", others))


def _facts(device: Device) -> tuple[tuple[str, str], ...]:
    shown = [name for name in DEVICE_FIELDS[device.kind] if name in LABELS]
    return tuple(
        (label_of(f"device.{name}"), WORDS.get(name, {}).get(entry.text, entry.text))
        for name in shown
        if isinstance(entry := device.fields.get(name), Sourced)
    )


def _unpublished(device: Device) -> tuple[str, ...]:
    shown = [name for name in DEVICE_FIELDS[device.kind] if name in LABELS and name in device.fields]
    return tuple(label_of(f"device.{name}") for name in shown if device.published(name) is None)


def _entry(name: str, needed: bool) -> Entry:
    shape = fields_of(DeviceChoice)[name]
    return entry_of(f"device.{name}", replace(shape, required=True) if needed else shape)


def _cartridges(data: Data) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    return tuple(
        (name, tuple(entry_of(f"device.cartridges.{name}.{one}", shape) for one, shape in fields_of(Cartridge).items()))
        for name in cartridges_of(data)
    )
