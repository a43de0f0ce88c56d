"""The library: its shelves, and every entry with all its values and where they come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from percuta.errors import LibraryError
from percuta.library.registry import Library
from percuta.report.wording import DEVICE_KINDS, GRADES, SEVERITIES, pretty, upper
from percuta.sources import Sourced, Unpublished
from percuta.web.citations import Citation, citation, citations
from percuta.web.desk import DeskOf
from percuta.web.pages.library_facts import Fact, facts_of, in_words, layer_in_words
from percuta.web.rendering import page
from percuta.workflows.browse import entry_values, list_shelf, show_entry

router = APIRouter()

SHELVES = {
    "devices": ("Devices", "What labels and manuals say of each device. What nobody published says so."),
    "sites": ("Sites", "Places on the body, with the thickness of their skin in every dataset that was found."),
    "products": ("Products", "Creams, gels and medicines of a session, with the limits of their labels."),
    "drugs": ("Drugs", "Substances in the products: how they pass the skin and leave the blood."),
    "tissues": ("Tissues", "Properties of the layers of the skin: electrical, thermal, mechanical."),
    "parameters": ("Parameters", "Every number of the models, by what it is about."),
    "screening": ("Screening", "The questions that are asked of a person, and what follows from the answer."),
    "protocol": ("Protocol rules", "What the steps of a session are checked against."),
    "aims": ("Aims", "What a search of settings wants and must not do, unless a plan says otherwise."),
}
_HEADINGS = {"severity": "What follows", "override": "Can be overridden"}
_LEFT_OUT = {"id", "name", "kind", "source", "note"}
_AIMS = {"mechanical": "Needles without current", "rf": "Needles with radiofrequency current"}
_LONGEST = 100  # characters that are sought


@dataclass(frozen=True)
class Line:
    """One entry in the list of a shelf: where its group stands, its cells by heading, and the text it is found by."""

    id: str
    rank: int
    group: str
    name: str
    cells: dict[str, str]
    sought: str


@dataclass(frozen=True)
class Shown:
    """One value of an entry as the page shows it."""

    name: str
    value: str
    spread: str
    grade: str
    sources: tuple[Citation, ...]
    remarks: tuple[tuple[str, str], ...]


@router.get("/library")
def library() -> Response:
    """The library, at its first shelf."""
    return RedirectResponse(f"/library/{next(iter(SHELVES))}")


@router.get("/library/{shelf}")
def shelf(request: Request, desk: DeskOf, shelf: str, find: str = "") -> Response:
    """Show the entries of a shelf that hold every word that is sought."""
    try:
        lines = _lines(desk.known, shelf)
    except LibraryError as fault:
        return _missing(request, fault)
    words = find[:_LONGEST].casefold().split()
    found = [line for line in lines if all(word in line.sought for word in words)]
    groups: dict[str, list[Line]] = {}
    for line in sorted(found, key=lambda line: line.rank):
        groups.setdefault(line.group, []).append(line)
    title, about = SHELVES[shelf]
    headings = list(dict.fromkeys(heading for line in lines for heading in line.cells))
    return page(
        request,
        "library/shelf.html",
        shelves=SHELVES,
        shelf=shelf,
        title=title,
        about=about,
        groups=groups,
        headings=headings,
        find=find[:_LONGEST],
        found=len(found),
        every=len(lines),
    )


@router.get("/library/{shelf}/{entry}")
def entry(request: Request, desk: DeskOf, shelf: str, entry: str) -> Response:
    """Show an entry with every value that is known, and where the others were sought."""
    try:
        head, _ = show_entry(desk.known, shelf, entry)
    except LibraryError as fault:
        return _missing(request, fault)
    facts, values = facts_of(head), entry_values(desk.known, shelf, entry)
    words = layer_in_words if shelf == "sites" else in_words
    known = [_shown(words(name), value) for name, value in values if isinstance(value, Sourced)]
    unknown = [(in_words(name), value.where_sought) for name, value in values if isinstance(value, Unpublished)]
    return page(
        request,
        "library/entry.html",
        shelves=SHELVES,
        shelf=shelf,
        shelf_title=SHELVES[shelf][0],
        id=entry,
        title=_title(shelf, entry, head),
        summary=_summary(head),
        facts=facts,
        values=known,
        unknown=unknown,
        grades={grade: GRADES[grade] for grade in GRADES if any(one.grade == grade for one in known)},
        references=citations(_keys(facts, known)),
    )


def _missing(request: Request, fault: LibraryError) -> Response:
    return page(request, "error.html", status=404, fault=fault, title="Not in the library")


@lru_cache(maxsize=64)
def _lines(known: Library, shelf: str) -> tuple[Line, ...]:
    """Return the list of a shelf.

    Raises
    ------
    LibraryError
        If there is no such shelf.
    """
    return tuple(_line(known, shelf, row) for row in list_shelf(known, shelf))


def _line(known: Library, shelf: str, row: dict[str, Any]) -> Line:
    head, values = show_entry(known, shelf, row["id"])
    group, name = "", row.get("name") or _title(shelf, row["id"], head)
    if shelf == "devices":
        group = upper(DEVICE_KINDS[row["kind"]])
    elif shelf == "parameters":
        group, _, name = (in_words(part) for part in row["id"].partition("."))
    elif "kind" in row:
        group = in_words(row["kind"])
    cells = {_heading(key): _cell(key, value) for key, value in row.items() if key not in _LEFT_OUT}
    if "source" in row:
        cells["Source"] = "; ".join(citation(key).short for key in row["source"].split(", ") if key)
    if "kind" in row and head.get("maker"):
        cells = {"Maker": head["maker"], **cells}
    said = (row["id"], name, group, *map(str, head.values()), *cells.values(), *(one["name"] for one in values))
    rank = list(DEVICE_KINDS).index(row["kind"]) if shelf == "devices" else 0
    return Line(row["id"], rank, group, name, cells, " ".join(said).replace("_", " ").casefold())


def _heading(key: str) -> str:
    return _HEADINGS.get(key) or in_words(key)


def _cell(key: str, value: Any) -> str:
    """Return what stands in a cell of a list, in words."""
    if key == "severity":
        return str(SEVERITIES.get(value, value))
    if key == "override":
        return "" if value == "none" else f"by a {value}"
    if key == "thickness datasets":
        return "; ".join(citation(one).short for one in value.split(", ") if one)
    return pretty(value)


def _title(shelf: str, identifier: str, head: dict[str, Any]) -> str:
    if shelf == "parameters":
        return ": ".join(in_words(part) for part in identifier.split(".", 1))
    if shelf == "aims":
        return _AIMS.get(identifier, in_words(identifier))
    return str(head.get("name") or in_words(identifier))


def _summary(head: dict[str, Any]) -> str:
    return str(head.get("summary") or head.get("question") or head.get("reason") or "")


def _shown(name: str, entry: Sourced) -> Shown:
    remarks = (
        ("Who", entry.population),
        ("How", entry.method),
        ("Formula", entry.formula),
        ("Remark", entry.note),
    )
    spread = "" if entry.spread is None and isinstance(entry.value, str) else entry.spread_text
    return Shown(
        name,
        pretty(entry.text),
        pretty(spread),
        entry.grade,
        tuple(citation(key) for key in entry.source),
        tuple((label, pretty(said)) for label, said in remarks if said),
    )


def _keys(facts: Iterable[Fact], values: Iterable[Shown]) -> list[str]:
    """Return the keys of every publication that an entry's page names."""
    return [
        *(one.key for fact in facts for one in fact.sources),
        *(one.key for value in values for one in value.sources),
    ]
