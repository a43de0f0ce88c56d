"""Changes to a plan in the making: from what was typed into a field to the plan's data. Nothing typed is lost."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from percuta.errors import PlanError, Where
from percuta.plan.faults import path_of
from percuta.plan.fields import Field, Kind, field_at
from percuta.plan.lines import Path, written

Data = dict[str, Any]

LONGEST = 4000  # characters of one field
MOST_ROWS = 100  # of a list; the plan's model allows fewer
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MANY = ("zones", "products", "words")
# Lists that are typed into one field: the kind of each entry, and what stands between them.
_SPLIT: dict[str, tuple[Kind, str]] = {"quantities": ("quantity", r"[,;\n]"), "lines": ("line", r"\n")}


def changed(data: Data, key: str, typed: Sequence[str]) -> Data:
    """Return a plan's data with one field set to what was typed.

    What cannot be understood is kept as it was typed, so that it can be shown again beside what is wrong with it. An
    empty field is taken out.

    Parameters
    ----------
    data
        The plan file's content, complete or not; it is left as it is.
    key
        Of the field, as messages write it: ``session.steps[3].amount``.
    typed
        The field's texts; several for a field of several choices.

    Raises
    ------
    PlanError
        If there is no such field or row, or the text is far too long.
    """
    field = field_at(key, data)
    if field is None:
        raise PlanError("a plan has no such field", value=key, where=Where(key=key))
    if any(len(text) > LONGEST for text in typed):
        raise PlanError("the text is too long", allowed=f"{LONGEST} characters or fewer", where=Where(key=key))
    changed_data = copy.deepcopy(data)
    _set(changed_data, path_of(key), _understood(typed, field))
    return changed_data


def replaced(data: Data, values: Mapping[str, Any]) -> Data:
    """Return a plan's data with the values at some keys replaced, as plain data; None takes a key out."""
    changed_data = copy.deepcopy(data)
    for key, value in values.items():
        _set(changed_data, path_of(key), value)
    return changed_data


def shown(value: object, field: Field) -> str:
    """Return a field's value as its input shows it: a quantity in the unit beside the input as its number alone."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ("\n" if field.kind == "lines" else ", ").join(str(one) for one in value)
    if field.kind == "quantity" and isinstance(value, str):
        number, _, unit = value.strip().partition(" ")
        return number if unit.strip() == field.unit and _PLAIN_NUMBER.fullmatch(number) else value
    return str(value)


def value_at(data: Data, key: str) -> Any:
    """Return what stands at a key, or None."""
    place: Any = data
    for part in path_of(key):
        try:
            place = place[part]
        except (KeyError, IndexError, TypeError):
            return None
    return place


def _understood(typed: Sequence[str], field: Field) -> Any:
    if field.kind in _SPLIT:
        one, parts = _SPLIT[field.kind]
        texts = [text.strip() for text in re.split(parts, "\n".join(typed)) if text.strip()]
        return [_one(text, replace(field, kind=one)) for text in texts] or None
    texts = [text.strip() for text in typed if text.strip()]
    if field.kind in _MANY:
        return texts or None
    if not texts:
        return False if field.kind == "flag" and typed else None
    return _one(typed[-1] if field.kind == "text" else texts[-1], field)


def _one(text: str, field: Field) -> Any:
    """Return what a text stands for in a field; itself where it is not understood."""
    number = bool(_PLAIN_NUMBER.fullmatch(text))
    match field.kind:
        case "quantity" if number:
            return f"{text} {field.unit}"
        case "whole" if re.fullmatch(r"[+-]?\d{1,9}", text):
            return int(text)
        case "share" | "number" if number:
            return float(text)
        case "flag":
            return {"true": True, "on": True, "false": False}.get(text, text)
    return text


def _set(data: Data, path: Path, value: Any) -> None:
    """Set a value in nested tables and lists; None takes it out.

    Raises
    ------
    PlanError
        If a list has no such row.
    """
    place: Any = data
    for part, following in pairwise(path):
        if isinstance(part, int):
            if not 0 <= part < len(place) or not isinstance(place[part], dict):
                raise PlanError("there is no such row", value=part + 1, where=Where(key=written(path)))
            place = place[part]
            continue
        wanted = list if isinstance(following, int) else dict
        if not isinstance(place.get(part), wanted):
            place[part] = wanted()
        place = place[part]
    if value is not None:
        place[path[-1]] = value
    else:
        place.pop(path[-1], None)


def rows_of(data: Data, key: str) -> list[Any]:
    """Return the list at a key of a copied plan, made where it is missing."""
    place: Any = data
    *tables, last = key.split(".")
    for part in tables:
        if not isinstance(place.get(part), dict):
            place[part] = {}
        place = place[part]
    if not isinstance(place.get(last), list):
        place[last] = []
    rows: list[Any] = place[last]
    return rows


def added(data: Data, key: str, row: Any, place: int | None = None) -> Data:
    """Return the data with a row put into a list, at its end or before a place counted from 1.

    Raises
    ------
    PlanError
        If the list is full.
    """
    changed_data = copy.deepcopy(data)
    rows = rows_of(changed_data, key)
    if len(rows) >= MOST_ROWS:
        raise PlanError("the list is full", value=len(rows), allowed=f"{MOST_ROWS} rows", where=Where(key=key))
    rows.insert(len(rows) if place is None else max(place - 1, 0), row)
    return changed_data


def removed(data: Data, key: str, number: int) -> Data:
    """Return the data without a row of a list; rows count from 1.

    Raises
    ------
    PlanError
        If there is no such row.
    """
    changed_data = copy.deepcopy(data)
    rows = rows_of(changed_data, key)
    _check_row(rows, key, number)
    del rows[number - 1]
    return changed_data


def moved(data: Data, key: str, number: int, to: int) -> Data:
    """Return the data with a row of a list moved to another place, from 1; a place beyond an end is that end.

    Raises
    ------
    PlanError
        If there is no such row.
    """
    changed_data = copy.deepcopy(data)
    rows = rows_of(changed_data, key)
    _check_row(rows, key, number)
    rows.insert(min(max(to, 1), len(rows)) - 1, rows.pop(number - 1))
    return changed_data


def _check_row(rows: list[Any], key: str, number: int) -> None:
    if not 1 <= number <= len(rows):
        raise PlanError("there is no such row", value=number, allowed=f"1 to {len(rows)}", where=Where(key=key))
