"""A measured outline of a lesion: points in the plane through the needles, from a CSV file."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from percuta.errors import PlanError, Where
from percuta.library.files import read_text

COLUMNS = ("x_mm", "depth_mm")
_FARTHEST = 100.0  # mm
_ALLOWED = f"a header with the columns {' and '.join(COLUMNS)}, and one point in each line"

Point = tuple[float, float]


def read_outline(path: Path) -> tuple[Point, ...]:
    """Return the points of an outline, in the order of the file: place along the surface and depth [m].

    Raises
    ------
    PlanError
        If the file cannot be read, lacks a column or holds anything but numbers, with file and line.
    """
    text = read_text(path, Where(path), PlanError, "outline is sought beside the pulse file")
    try:
        rows = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as fault:
        raise PlanError("not a CSV file", value=fault, allowed=_ALLOWED, where=Where(path)) from None
    head = [cell.strip() for cell in rows[0]] if rows else []
    missing = [column for column in COLUMNS if head.count(column) != 1]
    if missing:
        raise PlanError(f"the outline needs one column {missing[0]}", allowed=_ALLOWED, where=Where(path, 1))
    places = [head.index(column) for column in COLUMNS]
    points = []
    for line, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            x, depth = (_number(row, place, Where(path, line, head[place])) for place in places)
            points.append((x, depth))
    if len(points) < 3:
        raise PlanError("too few points for an outline", value=len(points), allowed="3 or more", where=Where(path))
    return tuple(points)


def _number(row: list[str], place: int, where: Where) -> float:
    """Return one cell [m]."""
    cell = row[place].strip() if place < len(row) else ""
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not abs(number) <= _FARTHEST:
        allowed = f"a number of millimetres, at most {_FARTHEST:g}"
        raise PlanError("not a place on the outline", value=cell, allowed=allowed, where=where)
    return number * 1e-3
