"""Browsing the library: lists of each shelf, and one entry with all its values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from percuta.errors import LibraryError, nearest
from percuta.library.aims import Aims
from percuta.library.drugs import Drug
from percuta.library.entries import Device, Product, Rule, Site
from percuta.library.registry import Library, find
from percuta.library.tables import WithFields
from percuta.sources import Sourced, Unpublished

SHELVES = ("devices", "sites", "products", "drugs", "tissues", "parameters", "screening", "protocol", "aims")
Row = dict[str, Any]


def list_shelf(known: Library, shelf: str) -> list[Row]:
    """Return one short row for each entry of a shelf.

    Raises
    ------
    LibraryError
        If there is no such shelf.
    """
    return [{"id": identifier, **_short(entry)} for identifier, entry in _shelf(known, shelf).items()]


def show_entry(known: Library, shelf: str, identifier: str) -> tuple[Row, list[Row]]:
    """Return what an entry says in words, and all its values.

    Raises
    ------
    LibraryError
        If there is no such shelf or entry.
    """
    entry = find(shelf.removesuffix("s"), _shelf(known, shelf), identifier)
    prefix, values = _held(shelf, identifier, entry)
    return {"id": identifier} | _head(entry), [value_row(value, prefix) for value in values]


def entry_values(known: Library, shelf: str, identifier: str) -> list[tuple[str, Sourced | Unpublished]]:
    """Return the values of an entry, each with its name within it.

    Raises
    ------
    LibraryError
        If there is no such shelf or entry.
    """
    prefix, values = _held(shelf, identifier, find(shelf.removesuffix("s"), _shelf(known, shelf), identifier))
    return [(value.name.removeprefix(prefix), value) for value in values]


def values_by_source(known: Library) -> dict[str, list[tuple[str, str, str]]]:
    """Return which values rest on a publication, by its key: shelf, entry, and name within the entry."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for shelf in SHELVES:
        for identifier in _shelf(known, shelf):
            for name, value in entry_values(known, shelf, identifier):
                for key in value.source if isinstance(value, Sourced) else ():
                    found.setdefault(key, []).append((shelf, identifier, name))
    return found


def _held(shelf: str, identifier: str, entry: Any) -> tuple[str, list[Sourced | Unpublished]]:
    """Return what the names of an entry's values begin with, and the values."""
    if isinstance(entry, Sourced | Unpublished):
        return "", [entry]
    if isinstance(entry, dict):
        return f"tissue.{identifier}.", list(entry.values())
    if isinstance(entry, Aims):
        return f"aims.{identifier}.", list(entry.values())
    kind = "rule" if isinstance(entry, Rule) else shelf.removesuffix("s")
    return f"{kind}.{identifier}.", _values(entry)


def _head(entry: Any) -> Row:
    """Return what an entry says in words."""
    if isinstance(entry, Sourced | Unpublished | dict):
        return {}
    if isinstance(entry, Aims):
        return _wished(entry)
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(entry).items()
        if key not in ("id", "fields", "thickness", "area", "thresholds")
    }


def value_row(entry: Sourced | Unpublished, prefix: str = "") -> Row:
    """Return one value with unit, spread, grade, source and note, as text; ``prefix`` is cut off its name."""
    name = entry.name.removeprefix(prefix)
    if isinstance(entry, Unpublished):
        sought = f"sought in: {entry.where_sought}"
        return {"name": name, "value": "unpublished", "spread": "", "grade": "", "source": "", "note": sought}
    value = entry.shown(entry.value) if isinstance(entry.value, float) else entry.value
    parts = (entry.population, entry.method, entry.formula, entry.note)
    return {
        "name": name,
        "value": value,
        "spread": entry.spread_text if entry.spread else "",
        "grade": entry.grade,
        "source": ", ".join(entry.source),
        "note": "; ".join(part for part in parts if part),
    }


def _shelf(known: Library, shelf: str) -> dict[str, Any]:
    if shelf not in SHELVES:
        every = (*SHELVES, "evidence", "schemas")
        alike = nearest(shelf, every)
        raise LibraryError(
            "no such shelf", value=shelf, allowed=", ".join(every), do=f"did you mean {alike}?" if alike else None
        )
    entries: dict[str, Any] = getattr(known, shelf)
    return entries


def _short(entry: Any) -> Row:
    if isinstance(entry, Device | Drug):
        unknown = sum(isinstance(value, Unpublished) for value in entry.fields.values())
        return {"name": entry.name, "kind": entry.kind, "unpublished": f"{unknown} of {len(entry.fields)} fields"}
    if isinstance(entry, Site):
        sets = sorted({block.dataset for block in entry.thickness})
        return {"name": entry.name, "region": entry.region, "thickness datasets": ", ".join(sets)}
    if isinstance(entry, Product):
        return {"name": entry.name, "kind": entry.kind, "drugs": ", ".join(entry.drugs)}
    if isinstance(entry, Rule):
        return {"severity": entry.severity, "override": entry.override, "about": entry.question or entry.reason}
    if isinstance(entry, Aims):
        entry = list(entry.values())
    if isinstance(entry, Sourced | Unpublished):
        return {key: value for key, value in value_row(entry).items() if key != "name"}
    return {"values": len(entry)}


def _wished(aims: Aims) -> dict[str, list[str]]:
    """Return the default wishes of one modality as sentences."""
    return {
        "objectives": [f"{one.goal} {one.endpoint} ({one.role}): {one.reason}" for one in aims.wanted],
        "constraints": [
            f"{one.endpoint} {one.side} {one.limit.text} with {100 * one.probability:g} %: {one.reason}"
            for one in aims.limits
        ],
        "settings": [f"{one.name}: {one.reason}" for one in aims.settings],
    }


def _values(entry: Any) -> list[Sourced | Unpublished]:
    if isinstance(entry, WithFields):
        return list(entry.fields.values())
    if isinstance(entry, Rule):
        return list(entry.thresholds.values())
    layers = [layer for block in entry.thickness for layer in (block.epidermis, block.dermis, block.full_skin)]
    return [value for value in (*layers, entry.area) if value is not None]
