"""Charts of comparisons: an error against the largest that is allowed, and a measured value against the prediction.

A verification row is drawn as its error over its tolerance, on decades, with a line at 1. A validation row is drawn
as two marks on one axis: what was measured with its spread, and below it what is predicted with its 5 to 95 % band.
The axis has the rows' own unit where they share one and are of like size; otherwise every row is divided by what was
measured, on decades where all is above zero. Curves, which have no single number, are drawn as their error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from percuta.evidence.cases import Row
from percuta.report import svg
from percuta.report.svg import Scale

_LEFT, _RIGHT = 6.0, 354.0
_LEAST_ERROR, _LARGEST_ERROR = -4.0, 1.0  # decades of an error over its tolerance
_FEW_DECADES = 2.0  # on an axis, below which 2 and 5 are marked as well
_LEAST_DECADES, _MOST_DECADES = 0.35, 2.0  # of a ratio, to each side
_ALIKE = 25.0  # largest over least number on an axis in the rows' own unit
_GOOD = ("pass", "inside")


def comparison_charts(name: str, title: str, rows: Sequence[Row]) -> list[str]:
    """Return the charts of a case's rows: none, one, or two where some are numbers and some are curves.

    Parameters
    ----------
    name
        Identifier, unique on the page.
    title
        What is compared with what.
    rows
        The comparisons, as a case gives them.
    """
    numbers = [row for row in rows if _has_numbers(row)]
    errors = [row for row in rows if row not in numbers and row.error is not None and row.tolerance]
    charts = [_values_chart(f"{name}-values", title, numbers)] if numbers else []
    return [*charts, _errors_chart(f"{name}-errors", title, errors)] if errors else charts


def _has_numbers(row: Row) -> bool:
    judged = row.verdict in ("inside", "outside", "not comparable")
    return judged and row.expected is not None and row.predicted is not None


def _errors_chart(name: str, title: str, rows: Sequence[Row]) -> str:
    across = Scale(_LEAST_ERROR, _LARGEST_ERROR, _LEFT, _RIGHT)
    parts, y = [], 4.0
    for row in rows:
        assert row.error is not None, "only rows with an error are drawn"
        assert row.tolerance, "and with a tolerance"
        share = abs(row.error) / row.tolerance
        label, y = svg.labelled_row(row.quantity, _share_text(share), _LEFT, _RIGHT, y)
        end = across(_decade(share, _LEAST_ERROR))
        bar = svg.rectangle(_LEFT, y + 4, max(end - _LEFT, 1.5), 7, paint=_paint(row.verdict), opacity=0.75, corner=2)
        parts += [label, bar]
        y += 18
    top, bottom = 2.0, y + 2
    frame = [
        _decades(across, bottom, top, "error over the largest that is allowed"),
        svg.line(across(0.0), top, across(0.0), bottom, paint="open", width=1.5, dash="4 3"),
    ]
    worst = max(abs(row.error or 0.0) / (row.tolerance or 1.0) for row in rows)
    said = f"{len(rows)} errors, the largest {worst:.2g} of what is allowed."
    return svg.drawing(name, title, said, bottom + 40, [*frame, *parts])


def _share_text(share: float) -> str:
    least = 10.0**_LEAST_ERROR
    return f"{share:.2g}" if share >= least else f"below {least:g}" if share > 0.0 else "0"


def _decade(value: float, least: float) -> float:
    return math.log10(value) if value > 10.0**least else least


def _paint(verdict: str) -> str:
    return "treated" if verdict in _GOOD else "untreated" if verdict == "not comparable" else "open"


def _decades(across: Scale, y: float, top: float, label: str) -> str:
    steps = (1.0, 2.0, 5.0) if across.high - across.low < _FEW_DECADES else (1.0,)
    decades = range(math.floor(across.low), math.floor(across.high) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    parts = []
    for tick in ticks:
        if not across.low - 1e-9 <= math.log10(tick) <= across.high + 1e-9:
            continue
        x = across(math.log10(tick))
        parts.append(svg.line(x, top, x, y, paint="grid"))
        anchor = "start" if x < _LEFT + 8 else "end" if x > _RIGHT - 12 else "middle"
        parts.append(svg.text(x, y + 16, f"{tick:g}", anchor=anchor, paint="muted", size=11))
    parts.append(svg.line(across.start, y, across.end, y, paint="muted"))
    parts.append(svg.text((across.start + across.end) / 2, y + 32, label, anchor="middle", paint="muted", size=11))
    return "".join(parts)


Marks = tuple[tuple[float, float, float], tuple[float, float, float]]  # measured and predicted: low, middle, high


def _marks(row: Row) -> Marks:
    expected, predicted = row.expected, row.predicted
    assert expected is not None, "only rows with both numbers are drawn"
    assert predicted is not None
    half, band = row.spread or 0.0, row.band or (predicted, predicted)
    return (expected - half, expected, expected + half), (band[0], predicted, band[1])


def _divided(marks: Marks) -> Marks:
    """Return measured and predicted over the measured value."""
    by = marks[0][1]
    measured, predicted = (tuple(one / by for one in three) for three in marks)
    return (measured[0], measured[1], measured[2]), (predicted[0], predicted[1], predicted[2])


def _values_chart(name: str, title: str, rows: Sequence[Row]) -> str:
    drawn = [_marks(row) for row in rows]
    unit = rows[0].unit
    own_unit = all(row.unit == unit for row in rows) and _are_alike(drawn)
    if not own_unit:
        kept = [place for place, marks in enumerate(drawn) if marks[0][1] != 0.0]
        rows, drawn = [rows[place] for place in kept], [_divided(drawn[place]) for place in kept]
    logarithmic = not own_unit and all(three[0] > 0.0 for marks in drawn for three in marks)
    across = _axis(drawn, logarithmic=logarithmic, from_zero=own_unit)
    parts, y = [], 4.0
    for row, marks in zip(rows, drawn, strict=True):
        says = row.verdict + (", fitted" if row.fitted else "")
        label, y = svg.labelled_row(row.quantity, says, _LEFT, _RIGHT, y)
        parts += [label, _pair(across, y + 9, marks, _paint(row.verdict), logarithmic=logarithmic)]
        y += 30
    shown = "" if unit == "1" else f" ({unit})"
    words = f"measured and predicted{shown}" if own_unit else "over the measured value"
    axis = _decades(across, y, 2.0, words) if logarithmic else svg.axis_across(across, y, words, top=2.0)
    marks_said = [("bar", "ink", "measured, with its spread"), ("bar", "treated", "predicted, inside")]
    if any(row.verdict == "outside" for row in rows):
        marks_said.append(("bar", "open", "predicted, outside"))
    if any(row.verdict == "not comparable" for row in rows):
        marks_said.append(("bar", "untreated", "predicted, not comparable"))
    legend, height = svg.legend(marks_said, _LEFT, y + 50, _RIGHT)
    inside = sum(row.verdict == "inside" for row in rows)
    return svg.drawing(
        name, title, f"{inside} of {len(rows)} measured values lie inside.", y + 50 + height, [axis, *parts, legend]
    )


def _are_alike(drawn: Sequence[Marks]) -> bool:
    sizes = [abs(marks[0][1]) for marks in drawn if marks[0][1] != 0.0]
    return not sizes or max(sizes) <= _ALIKE * min(sizes)


def _axis(drawn: Sequence[Marks], *, logarithmic: bool, from_zero: bool) -> Scale:
    every = [value for marks in drawn for three in marks for value in three]
    if logarithmic:
        decades = [math.log10(value) for value in every]
        low, high = min(-_LEAST_DECADES, *decades), max(_LEAST_DECADES, *decades)
        return Scale(max(low, -_MOST_DECADES), min(high, _MOST_DECADES), _LEFT, _RIGHT)
    low, high = min(every), max(every)
    if from_zero or low > 0.0:
        low = min(low, 0.0)
    step = svg.round_step((high - low) / 5) if high > low else 1.0
    return Scale(math.floor(low / step) * step, math.ceil(high / step + 1e-9) * step, _LEFT, _RIGHT)


def _pair(across: Scale, y: float, marks: Marks, paint: str, *, logarithmic: bool) -> str:
    bars = []
    for place, (three, colour) in enumerate(zip(marks, ("ink", paint), strict=True)):
        low, middle, high = (math.log10(one) for one in three) if logarithmic else three
        bars.append(svg.range_bar(across, y + 10 * place, low, middle, high, paint=colour, width=6))
    return "".join(bars)
