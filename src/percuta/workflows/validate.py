"""Running the verification and validation cases."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from math import isfinite
from pathlib import Path
from typing import Any

from percuta import __version__
from percuta.errors import PlanError, Where
from percuta.evidence.cases import Case, Row
from percuta.exchange.beside import written_beside
from percuta.library.registry import library
from percuta.report.validation_table import markdown

Progress = Callable[[int, int], None]
KEPT = "validated.json"  # beside the cases; written by `percuta validate --out`


@dataclass(frozen=True)
class Validated:
    """The table of all cases that were run: each with its rows."""

    results: tuple[tuple[Case, tuple[Row, ...]], ...]

    @property
    def exit_code(self) -> int:
        """1 where a verification failed, else 0: a model that misses a measurement is a result, not a fault."""
        return int(any(row.verdict == "fail" for _, rows in self.results for row in rows))

    def count(self, verdict: str) -> int:
        """Return how many rows have a verdict."""
        return sum(row.verdict == verdict for _, rows in self.results for row in rows)

    def as_dict(self) -> dict[str, Any]:
        """Return the table as plain data."""
        verdicts = ("pass", "fail", "inside", "outside", "not comparable")
        return {
            "counts": {verdict: self.count(verdict) for verdict in verdicts},
            "cases": [
                {
                    "case": case.id,
                    "title": case.title,
                    "kind": case.kind,
                    "source": list(case.source),
                    "fitted": case.fitted,
                    "rows": [_plain(row) for row in rows],
                }
                for case, rows in self.results
            ],
        }


def validate(case: str | None = None, progress: Progress | None = None) -> Validated:
    """Run one case, or all.

    Parameters
    ----------
    case
        Identifier of a case.
    progress
        Called with the number of cases done and of all.

    Raises
    ------
    PlanError
        If there is no such case.
    """
    from percuta.evidence.registry import case as one_case
    from percuta.evidence.registry import cases

    chosen = list(cases().values()) if case is None else [one_case(case)]
    results = []
    for done, one in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        results.append((one, tuple(one.run())))
    return Validated(tuple(results))


def check_table_file(file: Path) -> None:
    """Check that the table can be written, before the minutes that all cases take.

    Raises
    ------
    PlanError
        If the file's folder does not exist or cannot be written, or the file is a folder.
    """
    if file.is_dir():
        raise _not_written(file, "this is a folder")
    if not file.parent.is_dir():
        raise _not_written(file, "there is no such folder")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise _not_written(file, "no permission")


def write_table(validated: Validated, file: Path) -> None:
    """Write the table as a Markdown page, or as JSON where the name says so, beside and then moved into place.

    Raises
    ------
    PlanError
        If the page cannot be written.
    """
    machine = f"Python {platform.python_version()} on {platform.system()}, {_processor()}; Percuta {__version__}."
    command = f"percuta validate --out {file.name}"
    if file.suffix == ".json":
        head = {"made_by": f"{command}. {machine}", "library_sha256": library().digest}
        page = json.dumps(head | validated.as_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        page = markdown(validated.results, command, machine)
    try:
        with written_beside(file) as stream:
            stream.write(page.encode())
    except OSError as fault:
        raise _not_written(file, fault.strerror or "unknown") from fault


@dataclass(frozen=True)
class Kept:
    """The table that was computed last and comes with the package.

    Attributes
    ----------
    table
        The cases with their rows.
    made_by
        The command that wrote it, and the machine and version it ran on.
    library_sha256
        Digest of the library that it was computed with.
    """

    table: Validated
    made_by: str
    library_sha256: str


@cache
def kept_table() -> Kept:
    """Return the table that comes with the package."""
    raw = json.loads((resources.files("percuta.evidence") / KEPT).read_text("utf-8"))
    return Kept(Validated(tuple(map(_case_of, raw["cases"]))), raw["made_by"], raw["library_sha256"])


def _case_of(raw: dict[str, Any]) -> tuple[Case, tuple[Row, ...]]:
    rows = tuple(Row(**one | {"band": one["band"] and tuple(one["band"])}) for one in raw["rows"])
    head = Case(raw["case"], raw["title"], raw["kind"], tuple(raw["source"]), raw["fitted"], lambda: list(rows))
    return head, rows


def _not_written(file: Path, why: str) -> PlanError:
    do = "give a file in a folder that exists and may be written"
    return PlanError("the table cannot be written", value=why, where=Where(file), do=do)


def _processor() -> str:
    """Return the processor's name as the system gives it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(named)} x {named[0]}" if named else platform.processor() or "unnamed processor"


def _plain(row: Row) -> dict[str, Any]:
    """Return a row as plain data; a number that is not finite becomes null."""
    shown = {"expected_text": row.expected_shown, "predicted_text": row.predicted_shown}
    plain = asdict(row) | shown | {"band": None if row.band is None else list(row.band)}
    return {key: None if isinstance(value, float) and not isfinite(value) else value for key, value in plain.items()}
