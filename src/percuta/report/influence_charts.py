"""What an endpoint hangs on, as bars: each input's total effect, its first-order part, and the interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from percuta.report import svg
from percuta.report.svg import Scale
from percuta.report.wording import upper

_LEFT, _RIGHT = 8.0, 344.0
_PAINTS = {"assumed": "open", "fitted": "cell", "derived": "untreated", "measured": "treated"}
_NAMED = {
    "skin.epidermis": "Thickness of the epidermis",
    "skin.dermis": "Thickness of the dermis",
    "skin.thickness_dataset": "Which thickness dataset holds",
    "tissue.epidermis.stratum_corneum_thickness": "Thickness of the stratum corneum",
}
_OF_WHAT = ("tissue", "drug")  # kinds whose second part says of what
_WORTH_SHOWING = 0.005  # of the variance


def input_label(name: str) -> str:
    """Return an input's label for people: what it is, and of what."""
    if name in _NAMED:
        return _NAMED[name]
    kind, *rest = name.split(".")
    if kind == "posterior":
        return f"{rest[0].capitalize()} model, as fitted"
    of = rest[0] if kind in _OF_WHAT and len(rest) > 1 else kind
    return upper(f"{rest[-1]} ({of})".replace("_", " "))


def worth_showing(inputs: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Return the first of some ranked inputs, without those whose total effect rounds to nothing."""
    return [one for one in inputs if one["total"]["value"] >= _WORTH_SHOWING][:most] or list(inputs[:1])


def paint_of(grade: str) -> str:
    """Return the colour of a grade; of several, that of the weakest."""
    return _PAINTS[weakest(grade)]


def weakest(grade: str) -> str:
    """Return the weakest of several grades, which is named last."""
    return grade.rsplit(" and ", maxsplit=1)[-1]


def percent(index: dict[str, float]) -> str:
    """Return an index with its interval in whole per cent."""
    value, low, high = (f"{100 * index[key]:.0f}" for key in ("value", "low", "high"))
    return f"{value} % ({low} to {high})"


def influence_bars(name: str, title: str, inputs: Sequence[dict[str, Any]]) -> str:
    """Draw the inputs of one endpoint one below the other, on an axis from 0 to 100 % of its variance.

    Parameters
    ----------
    name, title
        Identifier of the drawing, unique on the page, and what it shows.
    inputs
        Rows of ``influence.json``, the most influential first.
    """
    across = Scale(0.0, 100.0, _LEFT, _RIGHT)
    bars, y = [], 4.0
    for one in inputs:
        words, y = svg.labelled_row(input_label(one["input"]), percent(one["total"]), _LEFT, _RIGHT, y)
        bars += [words, _bar(across, y + 3, one)]
        y += 21
    parts = [svg.axis_across(across, y, "share of the spread (% of the variance)", top=2.0)]
    grades = dict.fromkeys(weakest(one["grade"]) for one in inputs)
    items, height = svg.legend([("patch", paint_of(grade), grade) for grade in grades], _LEFT, y + 52)
    described = " ".join(
        f"{input_label(one['input'])} ({one['grade']}): total {percent(one['total'])}, alone {percent(one['first'])}."
        for one in inputs
    )
    return svg.drawing(name, title, described, y + 42 + height, [*parts, *bars, items])


def _bar(across: Scale, y: float, one: dict[str, Any]) -> str:
    paint, total, first = paint_of(one["grade"]), one["total"], one["first"]
    alone = min(first["value"], total["value"])  # each has its sampling error
    start, middle = across(0.0), y + 5
    low, high = across(100 * total["low"]), across(100 * total["high"])
    return (
        svg.rectangle(start, y, across(100 * total["value"]) - start, 10, paint=paint, opacity=0.35, corner=2)
        + svg.rectangle(start, y, across(100 * alone) - start, 10, paint=paint, corner=2)
        + svg.line(low, middle, high, middle, paint="ink", width=1.2)
        + svg.line(low, middle - 4, low, middle + 4, paint="ink", width=1.2)
        + svg.line(high, middle - 4, high, middle + 4, paint="ink", width=1.2)
    )
