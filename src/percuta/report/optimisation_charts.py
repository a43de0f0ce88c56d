"""The trade-off of a search as a chart: one objective against another, every computed setting a mark.

Two charts show it. One has the values alone, so that settings can be told apart and found by their number. The other
has the 5 to 95 % ranges of the scenarios, next to which most differences are small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from percuta.report import svg
from percuta.report.material import Picture
from percuta.report.optimisation_words import endpoint_name, judged_by, lower, value_text
from percuta.report.svg import Scale
from percuta.report.symbols import Symbol, symbol_key
from percuta.report.wording import endpoint_label, unit

_LEFT, _RIGHT = 44.0, 348.0
_HEIGHT = 256.0  # of the plot
_NAME_WIDTH, _NAME_HEIGHT = 90.0, 13.0  # names nearer to each other than this stand one above the other
_NUMBER_WIDTH = 24.0  # room for a number beside a point
_MOST_NUMBERS = 16  # on one chart
_PALE = "#9aa8af"
_SYMBOLS = {
    "recommended": (Symbol("round", "treated", 5.0, ring=True), "recommended"),
    "written": (Symbol("square", "open", 5.5), "plan as written"),
    "front": (Symbol("round", "treated", 4.2), "front"),
    "dominated": (Symbol("diamond", _PALE, 4.0), "off the front"),
    "infeasible": (Symbol("round", _PALE, 3.8, filled=False), "misses a constraint"),
    "written, infeasible": (Symbol("square", "open", 5.5, filled=False), "plan as written, misses a constraint"),
}
_PAINT_ORDER = ("infeasible", "dominated", "front", "written, infeasible", "written", "recommended")


@dataclass(frozen=True)
class _Point:
    number: int
    kind: str  # of _SYMBOLS
    x: float
    y: float
    spread: tuple[tuple[float, float], tuple[float, float]]  # 5 and 95 % across, and up

    @property
    def marked(self) -> bool:
        return self.kind not in ("dominated", "infeasible")


@dataclass(frozen=True)
class _Axes:
    across: Scale
    up: Scale
    first: dict[str, Any]
    second: dict[str, Any]

    @property
    def top(self) -> float:
        return _top(self.second)

    @property
    def bottom(self) -> float:
        return self.top + _HEIGHT

    def place(self, point: _Point) -> tuple[float, float]:
        return self.across(point.x), self.up(point.y)


def trade_off(table: dict[str, Any]) -> list[Picture]:
    """Return the charts of the first objective against each of the others; none where nothing can be set against it.

    Parameters
    ----------
    table
        What ``optimisation.json`` holds.
    """
    pictures = []
    for second in range(1, len(table["objectives"])):
        points = _points(table, second)
        if not points:
            continue
        for name, title, with_ranges in (("values", "Values", False), ("ranges", "With their ranges", True)):
            axes = _axes(table, second, points, with_ranges=with_ranges)
            drawn = _chart(f"trade-off-{name}-{second}", title, axes, points, with_ranges=with_ranges)
            pictures.append(Picture(Markup(drawn), f"{title}: {_pair(axes)}"))
    return pictures


def _points(table: dict[str, Any], second: int) -> list[_Point]:
    """Return every setting computed over the whole search sample, as it came out there."""
    found = []
    for one in table["candidates"]:
        sampled = one["search"]
        if sampled is None or one["status"] not in ("front", "dominated", "infeasible"):
            continue
        pair = sampled["objectives"][0], sampled["objectives"][second]
        factors = [100.0 if table["objectives"][index]["unit"] == "1" else 1.0 for index in (0, second)]
        x, y = (factor * of["value"] for factor, of in zip(factors, pair, strict=True))
        spread = [(factor * of["p5"], factor * of["p95"]) for factor, of in zip(factors, pair, strict=True)]
        found.append(_Point(one["number"], _kind(table, one), x, y, (spread[0], spread[1])))
    return sorted(found, key=lambda point: (_PAINT_ORDER.index(point.kind), point.x))


def _kind(table: dict[str, Any], candidate: dict[str, Any]) -> str:
    if candidate["number"] == table["recommended"]:
        return "recommended"
    if candidate["current"]:
        return "written, infeasible" if candidate["status"] == "infeasible" else "written"
    return str(candidate["status"])


def _axes(table: dict[str, Any], second: int, points: Sequence[_Point], *, with_ranges: bool) -> _Axes:
    top = _top(table["objectives"][second])
    shown = [point for point in points if point.marked] or points
    across, up = [point.x for point in points], [point.y for point in points]
    if with_ranges:
        across += [end for point in shown for end in point.spread[0]]
        up += [end for point in shown for end in point.spread[1]]
    return _Axes(
        _scale(across, _LEFT, _RIGHT),
        _scale(up, top + _HEIGHT, top),
        table["objectives"][0],
        table["objectives"][second],
    )


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return Scale(low - room if low != 0.0 else low, high + room, start, end)


def _chart(name: str, title: str, axes: _Axes, points: Sequence[_Point], *, with_ranges: bool) -> str:
    parts = [
        svg.axis_down(axes.up, _LEFT, "", right=_RIGHT),
        svg.axis_across(axes.across, axes.bottom, "", top=axes.top),
    ]
    parts += [
        _label_line(text, 2, axes.top - 14 - 14 * place) for place, text in enumerate(reversed(_lines(axes.second)))
    ]
    below = _lines(axes.first)
    parts += [_label_line(text, _LEFT, axes.bottom + 34 + 14 * place) for place, text in enumerate(below)]
    if with_ranges:
        parts += [_ranges(axes, point) for point in points if point.marked]
    parts += [_SYMBOLS[point.kind][0].at(*axes.place(point)) for point in points]
    parts += [] if with_ranges else _labels(axes, points)
    kinds = [kind for kind in reversed(_PAINT_ORDER) if any(point.kind == kind for point in points)]
    base = axes.bottom + 44 + 14 * len(below)
    items, height = symbol_key([_SYMBOLS[kind] for kind in kinds], 2, base, _RIGHT)
    return svg.drawing(name, title, _described(axes, points), base - 12 + height, [*parts, items])


def _axis_label(objective: dict[str, Any]) -> str:
    written = "%" if objective["unit"] == "1" else unit(objective["unit"])
    way = "more is wanted" if objective["goal"] == "maximise" else "less is wanted"
    name = endpoint_name(objective | {"zone": None})
    return f"{name} ({written}); {way}" if written else f"{name}; {way}"


def _top(objective: dict[str, Any]) -> float:
    """Return where the plot begins, below the lines that say what the axis up shows."""
    return 12.0 + 14.0 * len(_lines(objective))


def _lines(objective: dict[str, Any]) -> list[str]:
    return svg.wrapped(_axis_label(objective), _RIGHT - _LEFT, 11)


def _label_line(text: str, x: float, y: float) -> str:
    return svg.text(x, y, text, paint="muted", size=11)


def _pair(axes: _Axes) -> str:
    return f"{endpoint_label(axes.second['endpoint'])} against {lower(endpoint_label(axes.first['endpoint']))}"


def _ranges(axes: _Axes, point: _Point) -> str:
    (left, right), (bottom, top) = point.spread
    x, y = axes.place(point)
    symbol, faint = _SYMBOLS[point.kind][0], point.kind == "front"
    width, opacity = (2.0, 0.3) if faint else (4.0, 0.75)
    start, end = axes.across(left), axes.across(right)
    high, low = axes.up(top), axes.up(bottom)
    return svg.rectangle(start, y - width / 2, end - start, width, paint=symbol.paint, opacity=opacity) + svg.rectangle(
        x - width / 2, high, width, low - high, paint=symbol.paint, opacity=opacity
    )


def _labels(axes: _Axes, points: Sequence[_Point]) -> list[str]:
    """Return numbers on the side of the front where nothing better lies, and names of the two that matter most."""
    marked = [point for point in points if point.marked]
    right = 1 if axes.first["goal"] == "maximise" else -1
    down = 1 if axes.second["goal"] == "minimise" else -1
    parts = []
    names: list[tuple[float, float]] = []
    for point in marked:
        x, y = axes.place(point)
        named = point.kind in ("recommended", "written", "written, infeasible")
        gap = 10.0 if point.kind == "recommended" else 6.0
        if named or len(marked) <= _MOST_NUMBERS:
            others = [axes.place(other) for other in marked if other is not point]
            side = -right if _covered(others, x, y, right) and not _covered(others, x, y, -right) else right
            beside, anchor = x + side * gap, "start" if side > 0 else "end"
            label = str(point.number)
            parts.append(svg.text(beside, y + 4 + 5 * down, label, anchor=anchor, size=10, halo=True, bold=named))
        if named:
            at = y - down * (gap + 6) + 3
            if any(abs(x - other) < _NAME_WIDTH and abs(at - height) < _NAME_HEIGHT for other, height in names):
                at -= down * _NAME_HEIGHT
            names.append((x, at))
            parts.append(_name(point, x, at, right))
    return parts


def _covered(others: Sequence[tuple[float, float]], x: float, y: float, side: int) -> bool:
    """Tell whether a number on one side of a point would lie on another point."""
    return any(abs(up - y) < _NAME_HEIGHT and 0.0 <= side * (across - x) < _NUMBER_WIDTH for across, up in others)


def _name(point: _Point, x: float, y: float, right: int) -> str:
    """Return the name of a point on its worse side, or on the other where it would run out of the chart."""
    label = "recommended" if point.kind == "recommended" else "as written"
    wide = svg.text_width(label, 11)
    leftwards = right > 0
    if leftwards and x - wide < _LEFT:
        leftwards = False
    elif not leftwards and x + wide > _RIGHT:
        leftwards = True
    return svg.text(
        x + (3 if leftwards else -3), y, label, anchor="end" if leftwards else "start", size=11, bold=True, halo=True
    )


def _described(axes: _Axes, points: Sequence[_Point]) -> str:
    """Return the chart in words: what lies where, the marked ones with their ranges."""
    said = [f"{_pair(axes)}. Across: {judged_by(axes.first)}; up: {judged_by(axes.second)}."]
    for point in points:
        kind = _SYMBOLS[point.kind][1]
        x, y = _shown(point.x, axes.first), _shown(point.y, axes.second)
        ranges = ""
        if point.marked:
            (left, right), (bottom, top) = point.spread
            ends = (_shown(left, axes.first), _shown(right, axes.first), _shown(bottom, axes.second))
            ranges = f" (5 to 95 %: {ends[0]} to {ends[1]}, and {ends[2]} to {_shown(top, axes.second)})"
        said.append(f"Number {point.number}, {kind}: {x} and {y}{ranges}.")
    return " ".join(said)


def _shown(value: float, objective: dict[str, Any]) -> str:
    return value_text(value / 100.0 if objective["unit"] == "1" else value, objective["unit"])
