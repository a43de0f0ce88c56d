"""Endpoints as a table for spreadsheets: comma-separated text after RFC 4180, UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from percuta.report.wording import endpoint_label

COLUMNS = (
    "name",
    "label",
    "zone",
    "unit",
    "p5",
    "p50",
    "p95",
    "probabilities",
    "tail_error",
    "grade",
    "withheld",
    "definition",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


def endpoints_csv(endpoints: Iterable[Mapping[str, Any]]) -> str:
    """Return endpoints as a table.

    Parameters
    ----------
    endpoints
        Content of ``endpoints.json``.

    Returns
    -------
    str
        One row for each endpoint under the names of :data:`COLUMNS`. ``grade`` is that of the inputs on which most of
        the spread hangs, empty where this was not computed. Text that a spreadsheet would take for a formula begins
        with an apostrophe.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for one in endpoints:
        row = {**one, "label": endpoint_label(str(one["name"])), "grade": _grade(one.get("spread_shares"))}
        row["probabilities"] = "; ".join(f"{word} {chance!r}" for word, chance in one.get("probabilities", {}).items())
        table.writerow([_cell(row.get(name)) for name in COLUMNS])
    return text.getvalue()


def _grade(shares: Mapping[str, Mapping[str, float]] | None) -> str:
    """Return the grade of the inputs on which most of the spread hangs."""
    found = {grade: share["value"] for grade, share in (shares or {}).items() if share["value"] > 0.0}
    return max(found, key=lambda grade: found[grade], default="")


def _cell(value: object) -> str:
    """Return a cell: numbers to the last digit, text that is no formula."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
