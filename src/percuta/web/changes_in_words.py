"""What differs between plans, in the words of the pages: fields by what they are called, and names in place of keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from percuta.library.registry import Library
from percuta.plan.differences import Difference
from percuta.plan.model import Zone
from percuta.report.wording import STEPS
from percuta.web.words import WORDS, label_of

ORDER = "order of the steps"
_QUESTION, _ZONE, _OVERRIDE = "patient.screening.", "zones.", "overrides."
_IDENTIFIER = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")
_STEP = re.compile(rf"({'|'.join(STEPS)})( \d+)?(?:\.(\w+))?")


def in_words(found: Iterable[tuple[str, Sequence[str | None]]], known: Library) -> list[Difference]:
    """Return differences in words.

    Parameters
    ----------
    found
        Keys and what each plan says of them; see :func:`percuta.plan.differences.differences`.
    known
        The library, for the names of devices, sites and products and for the screening questions.
    """
    names = _names(known)
    return [
        Difference(key_in_words(key, known), tuple(_value_in_words(key, one, names) for one in values))
        for key, values in found
    ]


def key_in_words(key: str, known: Library) -> str:
    """Return what a key of :func:`percuta.plan.differences.differences` is called."""
    if key.startswith(_QUESTION):
        rule = known.screening.get(key.removeprefix(_QUESTION))
        return rule.question if rule is not None else label_of(key)
    if key.startswith(_QUESTION.rstrip(".")):
        return f"Screening{key.removeprefix(_QUESTION.rstrip('.'))}"
    if key == "zone" or key.startswith(("zone.", _ZONE)):
        return _zone(key)
    if key.startswith(_OVERRIDE):
        rule_id, _, field = key.removeprefix(_OVERRIDE).partition(".")
        decided = f"Prescriber's decision on “{rule_id.replace('_', ' ').replace('-', ' ')}”"
        return f"{decided}: {label_of(field)}" if field else decided
    step = _STEP.fullmatch(key)
    if step is not None:
        name = STEPS[step[1]] + (step[2] or "")
        return f"{name}: {label_of(f'{step[1]}.{step[3]}')}" if step[3] else name
    return label_of(key)


def _zone(key: str) -> str:
    name, _, field = key.removeprefix(_ZONE).rpartition(".")
    if field not in Zone.model_fields or not name:
        name, field = key.removeprefix(_ZONE), ""
    called = "Zone" if name == "zone" else f"Zone {name}"
    return f"{called}: {label_of(f'zones.{field}')}" if field else called


def _value_in_words(key: str, value: str | None, names: Mapping[str, str]) -> str | None:
    if value is None:
        return None
    if key == ORDER:
        return ", ".join(STEPS.get(name, name) for name in value.split(", "))
    said = WORDS.get(key.rsplit(".", 1)[-1], {}).get(value)
    return said or names.get(value) or _IDENTIFIER.sub(lambda one: names.get(one[0], one[0]), value)


def _names(known: Library) -> dict[str, str]:
    """Return what the identifiers within a value are called."""
    words = {word: said for each in WORDS.values() for word, said in each.items() if _IDENTIFIER.fullmatch(word)}
    shelves = (known.devices, known.sites, known.products)
    return words | {identifier: one.name for shelf in shelves for identifier, one in shelf.items()}
