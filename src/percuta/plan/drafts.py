"""A plan in the making: plain data that may lack much, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from percuta.errors import PercutaError, PlanError, Where
from percuta.library.entries import Device
from percuta.library.registry import Library, library
from percuta.plan.device import device_checks, label_checks, resolve_device
from percuta.plan.faults import gathered, read_model
from percuta.plan.lines import Path
from percuta.plan.model import LABEL_NEEDED, DeviceChoice, Plan
from percuta.plan.reading import PLAN_FILE, name_checks


@dataclass(frozen=True)
class Draft:
    """A plan in the making.

    Attributes
    ----------
    data
        The plan as plain data, in the structure of the plan file.
    plan
        The plan, or None where the data make none yet.
    faults
        Everything that is wrong, each with the key in ``where``, as ``session.steps[3].passes``. A plan that has
        faults holds a name that the library does not know, or a setting that its device does not have.
    """

    data: Mapping[str, Any]
    plan: Plan | None
    faults: tuple[PercutaError, ...]

    @property
    def usable(self) -> Plan | None:
        """The plan where nothing is wrong with it, so that it can be checked and computed."""
        return None if self.faults else self.plan


def read_draft(data: Mapping[str, Any], known: Library | None = None) -> Draft:
    """Read plain data as a plan, and gather what is wrong instead of stopping at the first fault.

    Parameters
    ----------
    data
        What `tomllib` gives of a plan file, or what a person has entered so far.
    known
        The library to look names up in; the shipped one when left out.
    """
    read = read_model(_with_tables(data), PLAN_FILE)
    if isinstance(read, list):
        return Draft(data, None, (*(fault for _, fault in read), *_missing_of_label(data, {key for key, _ in read})))
    return Draft(data, read, tuple(_keyed(fault) for fault in _faults_of(read, known or library())))


def drafted_device(data: Mapping[str, Any], known: Library) -> Device | None:
    """Return the device of a plan in the making, or None where it cannot be told yet.

    What the plan states of its label counts where it can be used; else a device of the library is as published.
    """
    table = data.get("device")
    if not isinstance(table, Mapping):
        return None
    try:
        return resolve_device(DeviceChoice.model_validate(table), known)
    except (ValidationError, PercutaError):
        model = table.get("model")
        return known.devices.get(model) if isinstance(model, str) else None


def pared(data: Mapping[str, Any], zone: int, step: int) -> dict[str, Any]:
    """Return a plan in the making with one of its zones and one of its steps, and stand-ins for what neither hangs on.

    How deep needles reach can so be told of a plan that still lacks much: it hangs on the person's age and sex, the
    zone, the device and the step alone.

    Parameters
    ----------
    data
        The plan as plain data.
    zone, step
        Their numbers, from 1; what is not there is left out.
    """
    person = data.get("patient")
    asked = {name: person[name] for name in ("age", "sex") if isinstance(person, Mapping) and name in person}
    zones, session = data.get("zones"), data.get("session")
    steps = session.get("steps") if isinstance(session, Mapping) else None
    kept_zones = zones[zone - 1 : zone] if isinstance(zones, list) else []
    kept_steps = [
        dict(one) for one in (steps[step - 1 : step] if isinstance(steps, list) else []) if isinstance(one, Mapping)
    ]
    for one in kept_steps:
        one["zones"] = [kept["name"] for kept in kept_zones if isinstance(kept, Mapping) and "name" in kept]
    return {
        "schema": 1,
        "title": "one step in one zone",
        "patient": {"phototype": 1, "mass": "70 kg", "desired_effect": "other", **asked},
        "zones": kept_zones,
        "device": data.get("device", {}),
        "session": {"steps": kept_steps},
        "course": {"sessions": 1, "interval": "4 weeks", "follow_up_after_last_session": "0 weeks"},
    }


def _missing_of_label(data: Mapping[str, Any], told: Collection[Path]) -> Iterator[PlanError]:
    """Yield what an unlisted device still lacks besides what the model told, which names the first of it alone."""
    device = data.get("device")
    if not isinstance(device, Mapping) or device.get("model") is not None:
        return
    for name in LABEL_NEEDED.get(str(device.get("kind")), ()):
        if device.get(name) is None and ("device", name) not in told:
            yield PlanError("a required key is missing", where=Where(key=f"device.{name}"))


def _with_tables(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with the tables that a plan cannot lack, so that each key that is missing has its own fault."""
    tables = [name for name, field in Plan.model_fields.items() if field.is_required() and _is_table(field.annotation)]
    return {**{name: {} for name in tables}, **data}


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _faults_of(plan: Plan, known: Library) -> Iterator[PercutaError]:
    """Yield what is wrong with a plan whose model stands; what a fault hides cannot be told yet."""
    yield from gathered(name_checks(plan, known))
    if plan.device.model is not None and plan.device.model not in known.devices:
        return
    labels = gathered(label_checks(plan.device, known))
    yield from labels
    if not labels:
        yield from gathered(device_checks(plan, resolve_device(plan.device, known)))


def _keyed(fault: PercutaError) -> PercutaError:
    """Return a fault of a draft, which lies in no file."""
    return fault.at(Where(key=fault.where.key if fault.where is not None and fault.where.key else ""))
