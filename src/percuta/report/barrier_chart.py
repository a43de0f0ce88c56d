"""The chart of the first week: water loss above, and on the same axis when barrier, channels and redness are done.

The axis shows the square root of time, so that the first hours, in which most happens, can be read beside the days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percuta.report import svg
from percuta.report.charts import Floats, Quantiles, band_of
from percuta.report.svg import Scale
from percuta.report.wording import significant

_LEFT, _RIGHT, _TOP, _TALL = 40.0, 346.0, 30.0, 150.0
_TICKS = ((0.0, "0"), (0.25, "6 h"), (1.0, "1 day"), (2.0, "2"), (4.0, "4"), (7.0, "7 days"))
_DAYS = _TICKS[-1][0]


@dataclass(frozen=True)
class Closing:
    """Something that ends in the first days: label, what it says in words, and 5, 50 and 95 % [days]."""

    label: str
    says: str
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Week:
    """What is drawn of one zone.

    Attributes
    ----------
    days : (t,)
        Since the last needle.
    water_loss : (member, t)
        [g/m^2/h].
    baseline
        The same before the needles, 5, 50 and 95 %.
    closings
        What ends, from top to bottom.
    """

    days: Floats
    water_loss: Floats
    baseline: Quantiles
    closings: Sequence[Closing]


def week_after(name: str, zone: str, week: Week) -> str:
    """Draw water loss over the first seven days, and below it how long barrier, channels and redness take."""
    seen = week.days <= _DAYS * (1.0 + 1e-9)
    loss = band_of(np.sqrt(week.days[seen]), week.water_loss[:, seen])
    across = Scale(0.0, math.sqrt(_DAYS), _LEFT, _RIGHT)
    up = Scale(0.0, svg.round_up(max(*loss.high, week.baseline[2]), 4), _TOP + _TALL, _TOP)
    low, middle, high = (up(value) for value in week.baseline)
    shaded = svg.rectangle(_LEFT, high, _RIGHT - _LEFT, low - high, paint="untreated", opacity=0.25)
    rows, y = _rows(week.closings, across, _TOP + _TALL + 14)
    parts = [
        svg.axis_down(up, _LEFT, "water loss (g/m²/h)", right=_RIGHT, above=14, count=4),
        _axis(across, y),
        svg.line(_LEFT, up.start, _RIGHT, up.start, paint="muted"),
        shaded + svg.line(_LEFT, middle, _RIGHT, middle, paint="untreated", width=2, dash="5 4"),
        svg.band(loss, across, up, paint="treated"),
        *rows,
    ]
    marks = [("band", "treated", "water loss"), ("band", "untreated", "before the needles")]
    items, height = svg.legend([*marks, ("bar", "open", "median, and 9 in 10 scenarios")], 4, y + 56, _RIGHT)
    said = [
        f"Water loss begins at {significant(loss.middle[0])} g/m²/h ({significant(loss.low[0])} to "
        f"{significant(loss.high[0])}); before the needles it was {significant(week.baseline[1])}.",
        *(f"{row.label}: {row.says}." for row in week.closings),
    ]
    title = f"The first week, {zone}"
    return svg.drawing(name, title, " ".join(said), y + 46 + height, [*parts, items])


def _axis(across: Scale, y: float) -> str:
    """Return the axis of square roots with the times themselves as labels."""
    parts = [svg.line(across.start, y, across.end, y, paint="muted")]
    for days, label in _TICKS:
        x = across(math.sqrt(days))
        parts.append(svg.line(x, _TOP, x, y, paint="grid") + svg.line(x, y, x, y + 4, paint="muted"))
        anchor = "end" if days == _DAYS else "middle"
        parts.append(svg.text(x + (8 if days == _DAYS else 0), y + 16, label, anchor=anchor, paint="muted", size=11))
    label = "after the session; the axis gives the first hours more room"
    parts.append(svg.text((across.start + across.end) / 2, y + 32, label, anchor="middle", paint="muted", size=11))
    return "".join(parts)


def _beyond(across: Scale) -> Scale:
    """Return the same scale, long enough that what ends later is cut off and not squeezed in."""
    return Scale(across.low, 100.0 * across.high, across.start, across.start + 100.0 * (across.end - across.start))


def _rows(closings: Sequence[Closing], across: Scale, y: float) -> tuple[list[str], float]:
    """Return one bar below the other, and where the axis may stand."""
    rows = []
    for each in closings:
        words, y = svg.labelled_row(each.label, each.says, _LEFT + 4, _RIGHT, y)
        rows.append(words)
        y += 10
        low, middle, high = (math.sqrt(days) for days in (each.low, each.middle, each.high))
        bar = svg.range_bar(_beyond(across), y, low, middle, high, paint="open")
        rows.append(svg.window(_LEFT - 2, y - 9, _RIGHT - _LEFT + 4, 18, [bar]))
        y += 14
    return rows, y + 4
