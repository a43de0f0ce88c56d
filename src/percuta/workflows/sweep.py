"""A table of pulses: one computation for every combination of the values that are varied."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from percuta import __version__
from percuta.errors import PercutaError, PlanError, Where
from percuta.library.registry import Library, library
from percuta.manifest import digest, now, pulse_manifest
from percuta.physics.pulse_setup import Accuracy, PulseSetup
from percuta.plan.pulse_file import PulseFile
from percuta.results.pulse_zone import flat_figures, pulse_zone
from percuta.workflows.pulse import PulseText, checked_accuracy, solve
from percuta.workflows.result_folder import MANIFEST, SWEEP_PAGE, SWEEP_ROWS, SWEEP_TABLE, new_result, write_json

MOST_ROWS = 1000
UNFINISHED = ".unfinished-sweep.jsonl"  # finished rows of a sweep that is not finished, beside where its result goes
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False}

Values = dict[str, Any]
RowsDone = Callable[[int, int], None]


@dataclass(frozen=True)
class Row:
    """One row of a sweep: the values that were put in, and what came of them."""

    values: Values
    zone: dict[str, Any] | None
    fault: PercutaError | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {
            "values": self.values,
            "zone": self.zone,
            "error": None if self.fault is None else self.fault.as_dict(),
        }


@dataclass(frozen=True)
class Sweep:
    """A finished table."""

    title: str
    varied: dict[str, list[Any]]
    accuracy: Accuracy
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``sweep.json`` holds."""
        return {
            "title": self.title,
            "varied": self.varied,
            "accuracy": self.accuracy,
            "rows": [row.as_dict() for row in self.rows],
        }

    @property
    def exit_code(self) -> int:
        """That of the first row that has no result, else 0."""
        return next((row.fault.exit_code for row in self.rows if row.fault is not None), 0)


@dataclass
class _Kept:
    """Finished rows of an earlier run that was cut off, by what they were computed from."""

    file: Path
    zones: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, key: str, zone: dict[str, Any]) -> None:
        """Keep a row; each begins a line of its own, whatever a run that was cut off left before it."""
        self.zones[key] = zone
        try:
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write("\n" + json.dumps({"key": key, "zone": zone}, allow_nan=False))
        except OSError as fault:
            raise PlanError("a row cannot be kept", value=fault.strerror, where=Where(self.file)) from fault


def varied_values(asked: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of every key that is varied, from texts such as ``drive.voltage=20 V,28 V``.

    Raises
    ------
    PlanError
        For a text that is no such list, a key or a value given twice, or too many rows.
    """
    varied: dict[str, list[Any]] = {}
    for text in asked:
        key, sign, values = text.partition("=")
        key, found = key.strip(), [_value(value.strip()) for value in values.split(",")]
        if not sign or not key or "" in found:
            raise PlanError("not a list of values to compute with", value=text, allowed="drive.voltage=20 V,28 V")
        if key in varied:
            raise PlanError("the same key is varied twice", value=key, do="give all its values in one list")
        if len({json.dumps(value) for value in found}) < len(found):
            raise PlanError("the same value twice", value=text)
        varied[key] = found
    rows = math.prod(len(values) for values in varied.values())
    if rows > MOST_ROWS:
        raise PlanError("too many rows in one table", value=rows, allowed=f"{MOST_ROWS} or fewer")
    return varied


def _value(text: str) -> Any:
    """Return a value as the file would have it: a number, true or false, else text."""
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    return _WORDS.get(text, text)


def run_sweep(
    path: Path,
    folder: Path,
    varied: Mapping[str, list[Any]],
    accuracy: str = "standard",
    *,
    known: Library | None = None,
    progress: RowsDone | None = None,
) -> Sweep:
    """Compute a table of pulses and write sweep.csv, sweep.json, sweep.html and manifest.json.

    A run that is cut off leaves its finished rows in the folder; the same run goes on from them. A row that cannot
    be computed has its fault in the table.

    Parameters
    ----------
    path
        The pulse file.
    folder
        Where to write.
    varied
        Values by key; their product is computed. See :func:`varied_values`.
    accuracy, known
        As for :func:`percuta.workflows.pulse.run_pulse`.
    progress
        Called with the number of finished rows and of all.

    Raises
    ------
    PlanError, LibraryError
        If the file or one of the values cannot be used; nothing is computed then.
    """
    from percuta.report.sweep_page import render_sweep

    started, known = now(), known or library()
    setting, source = checked_accuracy(accuracy), PulseText.of(path)
    title = source.read(known)[0].title
    prepared = [(values, *_prepared(source, known, values)) for values in _combinations(varied)]
    rows = []
    with _kept_rows(folder) as kept:
        for number, (values, file, setup) in enumerate(prepared, 1):
            rows.append(_row(values, file, setup, setting, known, kept))
            if progress is not None:
                progress(number, len(prepared))
        sweep = Sweep(title, dict(varied), setting, tuple(rows))
        facts = pulse_manifest(
            version=__version__,
            pulse_text=source.text,
            library_digest=known.digest,
            accuracy=setting,
            sweep=sweep.varied,
            started=started,
        )
        with new_result(folder) as scratch:
            (scratch / SWEEP_TABLE).write_text(as_csv(sweep), encoding="utf-8")
            write_json(scratch / SWEEP_ROWS, sweep.as_dict())
            write_json(scratch / MANIFEST, facts)
            (scratch / SWEEP_PAGE).write_text(render_sweep(sweep.as_dict(), facts), encoding="utf-8")
        kept.file.unlink(missing_ok=True)
    return sweep


def _combinations(varied: Mapping[str, list[Any]]) -> Iterator[Values]:
    for values in itertools.product(*varied.values()):
        yield dict(zip(varied, values, strict=True))


def _prepared(source: PulseText, known: Library, values: Values) -> tuple[PulseFile, PulseSetup]:
    """Read the file with some values put in; the file alone was read before, so that a fault is of the values."""
    try:
        return source.read(known, values)
    except PercutaError as fault:
        asked = "; ".join(f"{key}={value}" for key, value in values.items())
        key = fault.where.key if fault.where is not None else None
        raise fault.at(Where(f"--sweep {asked}", None, key)) from fault.__cause__


def _row(values: Values, file: PulseFile, setup: PulseSetup, accuracy: Accuracy, known: Library, kept: _Kept) -> Row:
    key = digest([file.model_dump_json().encode(), known.digest.encode(), __version__.encode(), accuracy.encode()])
    if key not in kept.zones:
        try:
            zone = pulse_zone(solve(setup, accuracy, known), accuracy, file.array.unit)
        except PercutaError as fault:
            return Row(values, None, fault)
        kept.add(key, zone)
    return Row(values, kept.zones[key])


@contextmanager
def _kept_rows(folder: Path) -> Iterator[_Kept]:
    """Give the finished rows of an earlier run; leave no empty folder behind where none was finished."""
    kept = _Kept(folder / UNFINISHED)
    made = False
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        if kept.file.exists():
            kept.zones |= dict(_read_rows(kept.file.read_text(encoding="utf-8", errors="replace")))
    except OSError as fault:
        raise PlanError("the result folder cannot be written", value=fault.strerror, where=Where(folder)) from fault
    try:
        yield kept
    finally:
        if made and not any(folder.iterdir()):
            folder.rmdir()


def _read_rows(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is whole; the last line may have been cut off in the middle."""
    for line in text.splitlines():
        try:
            row = json.loads(line)
            yield row["key"], row["zone"]
        except (ValueError, KeyError, TypeError):
            continue


def as_csv(sweep: Sweep) -> str:
    """Return the table as CSV: the varied keys, then every figure with its unit in the header."""
    figures = [{} if row.zone is None else dict(flat_figures(row.zone)) for row in sweep.rows]
    columns = {key: one["unit"] for row in figures for key, one in row.items()}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    sizes = ("unit_of_array", "cells", "steps")
    writer.writerow([*sweep.varied, *sizes, *(f"{key} [{unit}]" for key, unit in columns.items()), "error"])
    for row, found in zip(sweep.rows, figures, strict=True):
        zone = row.zone or {}
        numbers = [found[key]["value"] if key in found else None for key in columns]
        fault = "" if row.fault is None else row.fault.what
        writer.writerow([*row.values.values(), *(zone.get(key) for key in sizes), *numbers, fault])
    return stream.getvalue()
