"""The published evidence, trial by trial, and how the models compare with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from percuta.errors import LibraryError
from percuta.evidence.cases import Case, Row
from percuta.evidence.words import MODALITIES, OUTCOMES, ROLES
from percuta.library.registry import Library
from percuta.report.wording import EFFECTS, pretty
from percuta.web.citations import citation, citations
from percuta.web.desk import DeskOf
from percuta.web.pages.library_facts import in_words
from percuta.web.rendering import page
from percuta.workflows.browse import values_by_source
from percuta.workflows.evidence import evidence_entry, evidence_rows, trials
from percuta.workflows.validate import kept_table

router = APIRouter()

ROLE_WORDS = {"fit": "setting a parameter", "judge": "judging the models", "context": "context"}
WAYS = {
    "rf": "radiofrequency needles",
    "needling": "needling, kind not stated or several",
    "surface_rf": "radiofrequency on the surface",
    "none": "no treatment",
}
_MISSED = ("outside", "fail")
_LONGEST = 100
_SHOWN = 40  # values that are named one by one


@router.get("/evidence")
def evidence(
    request: Request, desk: DeskOf, find: str = "", outcome: str = "", modality: str = "", role: str = ""
) -> Response:
    """Show the publications that meet every filter: trials of needling first."""
    chosen = {"outcome": outcome, "modality": modality, "role": role}
    try:
        rows = evidence_rows(**{key: word or None for key, word in chosen.items()})
    except LibraryError as fault:
        return page(request, "error.html", status=404, fault=fault, title="No such filter")
    words = find[:_LONGEST].casefold().split()
    trial = {one["id"]: one for one in trials()}
    found = [one for one in map(_listed, rows) if all(word in one["sought"] for word in words)]
    silent = Counter(name for one in trial.values() for name in one["unpublished"])
    return page(
        request,
        "evidence/list.html",
        trials=[one | trial[one["id"]] for one in found if one["id"] in trial],
        others=[one for one in found if one["id"] not in trial],
        filters={"outcome": _choices(OUTCOMES), "modality": _choices(MODALITIES), "role": _choices(ROLES)},
        chosen=chosen,
        find=find[:_LONGEST],
        every=len(trial),
        silent=[(in_words(name).lower(), count) for name, count in silent.most_common(5)],
        devices=desk.known.devices,
        role_words=ROLE_WORDS,
    )


@router.get("/evidence/{study}")
def study(request: Request, desk: DeskOf, study: str) -> Response:
    """Show all that was read of one publication, and what rests on it."""
    try:
        entry = evidence_entry(study)
    except LibraryError as fault:
        return page(request, "error.html", status=404, fault=fault, title="Not in the evidence")
    resting = _resting(desk.known).get(study, [])
    return page(
        request,
        "evidence/study.html",
        entry=entry,
        reference=citation(study),
        facts=_facts(entry),
        stated=[(in_words(key), pretty(said)) for key, said in entry["settings"].items() if said != "unpublished"],
        unstated=[in_words(key).lower() for key, said in entry["settings"].items() if said == "unpublished"],
        device=desk.known.devices.get(entry["device"]),
        resting=resting[:_SHOWN],
        more=max(len(resting) - _SHOWN, 0),
        role_words=ROLE_WORDS,
        effects=EFFECTS,
    )


@dataclass(frozen=True)
class Told:
    """A case with its rows, and how many have each verdict."""

    case: Case
    rows: tuple[Row, ...]
    sources: list[Any]

    @property
    def tally(self) -> str:
        """The verdicts counted, in words."""
        counts = Counter(row.verdict for row in self.rows)
        return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())

    @property
    def missed(self) -> list[Row]:
        """The rows that the models do not meet."""
        return [row for row in self.rows if row.verdict in _MISSED]

    @property
    def notes(self) -> list[str]:
        """What has to be known to read the rows, each said once."""
        return list(dict.fromkeys(row.note for row in self.rows if row.note))


@router.get("/validation")
def validation(request: Request, desk: DeskOf) -> Response:
    """Show how the models compare with exact answers and with published measurements, misses first."""
    kept = kept_table()
    told = [Told(case, rows, citations(case.source)) for case, rows in kept.table.results]
    kinds = {kind: [one for one in told if one.case.kind == kind] for kind in ("validation", "verification")}
    return page(
        request,
        "evidence/validation.html",
        kinds=kinds,
        counts={kind: Counter(row.verdict for one in every for row in one.rows) for kind, every in kinds.items()},
        missed=[one for one in told if one.missed],
        made_by=kept.made_by,
        same_library=kept.library_sha256 == desk.known.digest,
        references=citations(key for one in told for key in one.case.source),
    )


@lru_cache(maxsize=4)
def _resting(known: Library) -> dict[str, list[tuple[str, str, str]]]:
    """Return what rests on a publication, by its key: shelf, entry, and words for the value."""
    return {
        key: [(shelf, entry, _value_words(shelf, entry, name)) for shelf, entry, name in values]
        for key, values in values_by_source(known).items()
    }


def _value_words(shelf: str, entry: str, name: str) -> str:
    if shelf == "parameters":
        return ": ".join(in_words(part) for part in entry.split(".", 1))
    return f"{in_words(entry)}: {in_words(name).lower()}"


def _choices(words: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, ROLE_WORDS.get(word) or WAYS.get(word) or word.replace("_", " ")) for word in words]


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a publication as the list shows it, with the text it is found by."""
    short = citation(row["id"]).short
    way = WAYS.get(row["modality"], row["modality"].replace("_", " "))
    outcomes = [one.replace("_", " ") for one in row["outcomes"]]
    sought = " ".join((row["id"], short, row["summary"], row["design"], way, *outcomes)).casefold()
    return row | {"short": short, "way": way, "outcomes": outcomes, "sought": sought}


def _facts(entry: dict[str, Any]) -> list[tuple[str, str]]:
    people = "" if entry["n"] is None else str(entry["n"])
    if people and entry["completed"] not in (None, entry["n"]):
        people += f", of whom {entry['completed']} completed"
    facts = (
        ("Design", entry["design"]),
        ("Treatment", WAYS.get(entry["modality"], entry["modality"])),
        ("Who", entry["population"]),
        ("Number", people),
        ("For", entry["indication"]),
        ("Compared with", entry["controlled"]),
        ("Registered as", entry["registration"]),
        ("Remark", entry["note"]),
    )
    return [(label, pretty(said)) for label, said in facts if said]
