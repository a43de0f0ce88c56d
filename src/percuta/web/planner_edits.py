"""Changes to a plan in the making that are more than one field: its steps, its device, the names of its zones."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from percuta.errors import PlanError, Where
from percuta.library.device_fields import DEVICE_FIELDS
from percuta.library.registry import Library
from percuta.plan.device import unlisted
from percuta.plan.model import ZONE_NAME
from percuta.plan.refit import refitted
from percuta.plan.steps import OPENINGS, STEP_KINDS
from percuta.web.edits import added, removed, rows_of
from percuta.web.planner_view import rows_at, zone_names

Data = dict[str, Any]

STEPS = "session.steps"


def step_added(data: Data, do: str) -> Data:
    """Return the data with a new step at the end; a step that opens the skin does so in every zone.

    Raises
    ------
    PlanError
        If there is no such kind of step, or no room for one more.
    """
    if do not in STEP_KINDS:
        raise PlanError("no such step", value=do, allowed=", ".join(STEP_KINDS), where=Where(key=STEPS))
    row: Data = {"do": do}
    if issubclass(STEP_KINDS[do], OPENINGS):
        row["zones"] = zone_names(data)
    return added(data, STEPS, row)


def step_copied(data: Data, number: int) -> Data:
    """Return the data with a step written once more behind itself.

    Raises
    ------
    PlanError
        If there is no such step, or no room for one more.
    """
    rows = rows_at(data, "session", "steps")
    if not 1 <= number <= len(rows):
        raise PlanError("there is no such row", value=number, allowed=f"1 to {len(rows)}", where=Where(key=STEPS))
    return added(data, STEPS, copy.deepcopy(rows[number - 1]), number + 1)


def device_chosen(data: Data, choice: str, known: Library) -> Data:
    """Return the data with another device, and the steps with needles fitted to it.

    Parameters
    ----------
    data
        The plan's data; it is left as it is.
    choice
        ``model:`` and a device of the library, or ``kind:`` and the kind of one that is not listed.
    known
        The library.

    Raises
    ------
    PlanError, LibraryError
        If there is no such device or kind.
    """
    way, _, name = choice.partition(":")
    if way == "model":
        device = known.device(name)
    elif way == "kind" and name in DEVICE_FIELDS:
        device = unlisted(name, "")
    else:
        raise PlanError("no such device", value=choice, where=Where(key="device.model"))
    changed = copy.deepcopy(data)
    changed["device"] = {way: name}
    steps = rows_of(changed, STEPS)
    steps[:] = refitted([_without_cartridge(step) for step in steps], device)
    return changed


def _without_cartridge(step: Any) -> Any:
    """Return a step without the cartridge of another device."""
    return {name: value for name, value in step.items() if name != "cartridge"} if isinstance(step, Mapping) else step


def cartridge_added(data: Data, name: str) -> Data:
    """Return the data with a cartridge of the device, of which nothing is said yet.

    Raises
    ------
    PlanError
        If it has no proper name, or there is one of this name.
    """
    changed = copy.deepcopy(data)
    device = changed.setdefault("device", {})
    held = device.setdefault("cartridges", {})
    _check_name(name.strip(), held, "device.cartridges")
    held[name.strip()] = {}
    return changed


def cartridge_removed(data: Data, name: str) -> Data:
    """Return the data without a cartridge, which the steps then leave out."""
    changed = copy.deepcopy(data)
    changed.get("device", {}).get("cartridges", {}).pop(name, None)
    for step in rows_at(changed, "session", "steps"):
        if isinstance(step, dict) and step.get("cartridge") == name:
            del step["cartridge"]
    return changed


def zone_removed(data: Data, number: int) -> Data:
    """Return the data without a zone, which the steps then leave out.

    Raises
    ------
    PlanError
        If there is no such zone.
    """
    rows = rows_at(data, "zones")
    name = rows[number - 1].get("name") if 1 <= number <= len(rows) and isinstance(rows[number - 1], Mapping) else None
    changed = removed(data, "zones", number)
    _rename_in_steps(changed, name, None)
    return changed


def zone_renamed(data: Data, number: int, name: str) -> Data:
    """Return the data with another name for a zone, in the steps as well.

    Raises
    ------
    PlanError
        If there is no such zone, or the name is no proper one or another zone's.
    """
    changed = copy.deepcopy(data)
    rows = rows_at(changed, "zones")
    if not 1 <= number <= len(rows) or not isinstance(rows[number - 1], dict):
        raise PlanError("there is no such row", value=number, allowed=f"1 to {len(rows)}", where=Where(key="zones"))
    before, after = rows[number - 1].get("name"), name.strip()
    others = [other for place, other in enumerate(zone_names(changed), 1) if place != number]
    _check_name(after, others, f"zones[{number}].name")
    rows[number - 1]["name"] = after
    _rename_in_steps(changed, before, after)
    return changed


def _rename_in_steps(data: Data, before: object, after: str | None) -> None:
    for step in rows_at(data, "session", "steps"):
        if isinstance(step, dict) and isinstance(step.get("zones"), list):
            named = [after if name == before else name for name in step["zones"]]
            step["zones"] = [name for name in named if name is not None]


def _check_name(name: str, taken: Mapping[str, Any] | list[str], key: str) -> None:
    if not re.fullmatch(ZONE_NAME, name):
        allowed = "40 letters, digits, spaces, _ and - at most, no space first"
        raise PlanError("not a name that a plan can use", value=name, allowed=allowed, where=Where(key=key))
    if name in taken:
        raise PlanError("this name is taken", value=name, allowed="another name", where=Where(key=key))
