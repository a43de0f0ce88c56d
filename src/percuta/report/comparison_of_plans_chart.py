"""Paired differences as intervals around zero, one row for each endpoint.

Endpoints have different units, so that every row has a scale of its own: its longer side reaches the edge. What can be
read is on which side of zero a difference lies and whether its range reaches across; how large it is stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from percuta.report import svg
from percuta.report.svg import Scale

_LEFT, _RIGHT = 8.0, 352.0
_EDGE = 1.04  # of the longer side


@dataclass(frozen=True)
class Difference:
    """One row: what it is of, the difference in words, and its quantiles, those to the right of zero positive.

    ``paint`` and ``means`` are its colour and what the colour stands for, if anything.
    """

    label: str
    says: str
    low: float
    middle: float
    high: float
    paint: str
    means: str


def difference_chart(name: str, title: str, rows: Sequence[Difference], sides: tuple[str, str]) -> str:
    """Draw differences one below the other, with zero in the middle.

    Parameters
    ----------
    name, title
        Identifier of the drawing, unique on the page, and what it shows.
    rows
        The differences.
    sides
        What it means to lie left and right of zero.
    """
    bars, y = [], 22.0
    for row in rows:
        words, y = svg.labelled_row(row.label, row.says, _LEFT, _RIGHT, y)
        bars += [words, _bar(row, y + 7)]
        y += 22
    heads = [
        svg.text(_LEFT, 12, f"← {sides[0]}", paint="muted", size=11),
        svg.text(_RIGHT, 12, f"{sides[1]} →", anchor="end", paint="muted", size=11),
        svg.text((_LEFT + _RIGHT) / 2, y + 11, "no difference", anchor="middle", paint="muted", size=11),
    ]
    marks = list(dict.fromkeys(("bar", row.paint, row.means) for row in rows if row.means))
    items, height = svg.legend(marks, _LEFT, y + 34, _RIGHT) if marks else ("", 0.0)
    described = " ".join(", ".join(filter(None, (f"{row.label}: {row.says}", row.means))) + "." for row in rows)
    return svg.drawing(name, title, described, y + 24 + height, [*heads, *bars, items])


def _bar(row: Difference, y: float) -> str:
    reach = _EDGE * max(abs(row.low), abs(row.high), abs(row.middle))
    across = Scale(-reach, reach, _LEFT, _RIGHT)
    return (
        svg.line(_LEFT, y, _RIGHT, y, paint="grid")
        + svg.range_bar(across, y, row.low, row.middle, row.high, paint=row.paint)
        + svg.line(across(0.0), y - 9, across(0.0), y + 9, paint="muted", width=1.2)
    )
