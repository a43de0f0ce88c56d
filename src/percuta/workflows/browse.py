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
    head: Row = {"id": identifier}
    if isinstance(entry, Sourced | Unpublished):
        return head, [value_row(entry)]
    if isinstance(entry, dict):
        return head, [value_row(value, f"tissue.{identifier}.") for value in entry.values()]
    if isinstance(entry, Aims):
        return head | _wished(entry), [value_row(value, f"aims.{identifier}.") for value in entry.values()]
    words = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(entry).items()
        if key not in ("id", "fields", "thickness", "area", "thresholds")
    }
    kind = "rule" if isinstance(entry, Rule) else shelf.removesuffix("s")
    return head | words, [value_row(value, f"{kind}.{identifier}.") for value in _values(entry)]


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
