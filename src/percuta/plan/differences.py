"""Where plans differ, key by key, with what each of them says.

Steps are compared with the step of the same kind in the other plans, whatever stands before them; quantities are
compared by what they are and shown as they were written. Titles, notes and what is wanted of an optimisation are left
out: they change nothing that is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from percuta.plan.model import Plan
from percuta.units import Quantity

WHOLE = ("use", "patient", "device", "course")
BY_NAME = ("zones", "session", "overrides")
LEFT_OUT = ("schema_number", "title", "notes", "optimise")
_MOST_ANSWERS = 6  # of screening questions that are listed one by one
_THERE = "done"  # of a step without a setting of its own

Said = tuple[object, str]  # what is compared, and how it was written
Keys = dict[str, Said]


@dataclass(frozen=True)
class Difference:
    """One key that plans differ in.

    Attributes
    ----------
    key
        The key, steps and zones by their names.
    values
        What each plan says, as written; None where it says nothing.
    """

    key: str
    values: tuple[str | None, ...]


def differences(plans: Sequence[Plan]) -> list[Difference]:
    """Return the keys in which any two plans differ, in the order of a plan file.

    Parameters
    ----------
    plans
        Two plans or more.
    """
    alone = all(len(plan.zones) == 1 for plan in plans)
    twice = _twice(plans)
    use, patient, device, course = ([dict(_flat(getattr(plan, name), name)) for plan in plans] for name in WHOLE)
    answers = [_answers(keys) for keys in patient]
    zones = [{_zone_key(zone.name, alone): dict(_flat(zone, "")) for zone in plan.zones} for plan in plans]
    steps = [_steps(plan, twice, alone) for plan in plans]
    overrides = [{f"overrides.{one.rule}": dict(_flat(one, "")) for one in plan.overrides} for plan in plans]
    return [
        *_of_keys(use),
        *_of_keys(patient),
        *_screening(answers),
        *_of_parts(zones),
        *_of_keys(device),
        *_of_parts(steps),
        *_order(steps),
        *_of_keys(course),
        *_of_parts(overrides),
    ]


def _answers(patient: Keys) -> Keys:
    """Take the answers to the screening questions out of what a plan says of the person."""
    return {key: patient.pop(key) for key in list(patient) if key.startswith("patient.screening.")}


def _screening(answers: Sequence[Keys]) -> list[Difference]:
    """Return the questions that are answered differently, or how many each plan answers where they are many."""
    found = list(_of_keys(answers))
    if len(found) <= _MOST_ANSWERS:
        return found
    counts = tuple(f"{len(one)} answers" if one else None for one in answers)
    return [Difference(f"patient.screening, {len(found)} questions", counts)]


def _zone_key(name: str, alone: bool) -> str:
    return "zone" if alone else f"zones.{name}"


def _twice(plans: Sequence[Plan]) -> set[str]:
    """Return the kinds of step that stand more than once in any plan."""
    counts = [Counter(step.do for step in plan.session.steps) for plan in plans]
    return {kind for count in counts for kind, number in count.items() if number > 1}


def _steps(plan: Plan, twice: set[str], alone: bool) -> dict[str, Keys]:
    """Return the steps by name: their kind, with a number where a plan has several of it."""
    seen: Counter[str] = Counter()
    found = {}
    for step in plan.session.steps:
        seen[step.do] += 1
        keys = dict(_flat(step, ""))
        keys.pop("zones", None)
        if step.zones and not alone:
            keys["zones"] = (sorted(step.zones), ", ".join(step.zones))
        found[f"{step.do} {seen[step.do]}" if step.do in twice else step.do] = keys
    return found


def _flat(value: Any, key: str) -> Iterator[tuple[str, Said]]:
    """Yield every key below a part of a plan that says anything."""
    if value is None:
        return
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields if name not in ("do", "note")}
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _flat(each, f"{key}.{name}" if key else str(name))
    elif isinstance(value, tuple):
        if value:
            said = [_said(each) for each in value]
            yield key, (tuple(one for one, _ in said), ", ".join(text for _, text in said))
    else:
        yield key, _said(value)


def _said(value: Any) -> Said:
    if isinstance(value, Quantity):
        return f"{value.si:.9e}", value.text  # one length may be written in two units
    return value, str(value).lower() if isinstance(value, bool) else str(value)


def _of_keys(each: Sequence[Keys], before: str = "") -> Iterator[Difference]:
    for key in dict.fromkeys(key for one in each for key in one):
        said = [one.get(key) for one in each]
        if len({None if one is None else repr(one[0]) for one in said}) > 1:
            yield Difference(f"{before}{key}", tuple(None if one is None else one[1] for one in said))


def _of_parts(each: Sequence[dict[str, Keys]]) -> Iterator[Difference]:
    """Compare parts that have names; one that a plan lacks is one line."""
    for name in dict.fromkeys(name for one in each for name in one):
        parts = [one.get(name) for one in each]
        if any(part is None for part in parts):
            yield Difference(name, tuple(None if part is None else _summed_up(part) for part in parts))
        yield from _of_keys([part for part in parts if part is not None] if None not in parts else [], f"{name}.")


def _summed_up(part: Keys) -> str:
    said = [f"{key.replace('_', ' ')} {text}" for key, (value, text) in part.items() if value is not False]
    return "; ".join(said) or _THERE


def _order(each: Sequence[dict[str, Keys]]) -> Iterator[Difference]:
    """Compare the order of the steps that all plans have."""
    shared = [[name for name in one if all(name in other for other in each)] for one in each]
    if any(names != shared[0] for names in shared):
        yield Difference("order of the steps", tuple(", ".join(names) for names in shared))
