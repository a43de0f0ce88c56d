"""Small line charts of a table of pulses: what changes with the value that is varied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from percuta.report import svg
from percuta.report.material import Picture
from percuta.report.svg import Scale
from percuta.report.wording import pretty
from percuta.report.zone_styles import kinetic_label, kinetic_styles

_LEFT, _RIGHT = 48.0, 346.0
_TOP, _BOTTOM = 38.0, 188.0
_MOST_LINES = 6  # one for each combination of what else is varied
_PAINTS = ("treated", "open", "cell", "collagen", "untreated", "metal")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\D.*?)?\s*")
_DRAWN = (  # key of the figure, what it is, its unit, whether the axis begins at 0
    ("power_end", "Power at the end of the pulse", "W", True),
    ("temperature_peak", "Hottest tissue", "°C", False),
)
_SIZES = (("width", "Zone width"), ("height", "Zone height"))

Zones = list[dict[str, Any]]


@dataclass(frozen=True)
class Series:
    """Points of one line, in the order of the varied value."""

    label: str
    paint: str
    points: tuple[tuple[float, float], ...]
    dash: str = ""
    width: float = 1.8


@dataclass(frozen=True)
class _Group:
    """The finished rows that differ in the varied value only."""

    label: str
    rows: tuple[tuple[float, dict[str, Any]], ...]  # value and zone, by value


def sweep_pictures(sweep: dict[str, Any]) -> list[Picture]:
    """Return charts against the key with the most numbers; none where no key has two numbers of one unit.

    Parameters
    ----------
    sweep
        What ``sweep.json`` holds.
    """
    numbers = {key: found for key, values in sweep["varied"].items() if (found := _numbers(values)) is not None}
    if not numbers:
        return []
    key = max(numbers, key=lambda name: len(numbers[name][0]))
    groups = list(_groups(sweep, key, numbers[key][0]))
    if not groups or len(groups) > _MOST_LINES:
        return []
    label = f"{key} ({pretty(numbers[key][1])})" if numbers[key][1] else key
    values = [value for group in groups for value, _ in group.rows]
    across = Scale(min(values), max(values), _LEFT + 8, _RIGHT - 8)
    pictures = []
    for name, title, unit, from_zero in _DRAWN:
        series = [_series(group, number, name) for number, group in enumerate(groups)]
        drawn = line_chart(f"sweep-{name}", title, label, f"{title} ({unit})", across, series, from_zero=from_zero)
        pictures.append(Picture(Markup(drawn), title))
    for size, title in _SIZES:
        drawn = line_chart(f"sweep-{size}", title, label, f"{title} (mm)", across, _size_series(groups, size))
        pictures.append(Picture(Markup(drawn), title))
    return pictures


def _numbers(values: Sequence[Any]) -> tuple[list[float], str] | None:
    """Return the varied values as numbers and their unit; None where they are not two or more numbers of one unit."""
    found = []
    for value in values:
        match = None if isinstance(value, bool) else _NUMBER.fullmatch(str(value))
        if match is None:
            return None
        found.append((float(match[1]), match[2] or ""))
    if len(found) < 2 or len({unit for _, unit in found}) > 1:
        return None
    return [number for number, _ in found], found[0][1]


def _groups(sweep: dict[str, Any], key: str, numbers: Sequence[float]) -> Iterator[_Group]:
    """Yield one group for every combination of the other values."""
    number_of = {str(value): number for value, number in zip(sweep["varied"][key], numbers, strict=True)}
    found: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for row in sweep["rows"]:
        others = ", ".join(f"{name} = {value}" for name, value in row["values"].items() if name != key)
        if row["zone"] is not None:
            found.setdefault(others, []).append((number_of[str(row["values"][key])], row["zone"]))
    for label, rows in found.items():
        yield _Group(label, tuple(sorted(rows, key=lambda row: row[0])))


def _series(group: _Group, number: int, name: str) -> Series:
    points = tuple((value, zone[name]["value"]) for value, zone in group.rows if zone[name]["value"] is not None)
    return Series(group.label, _PAINTS[number % len(_PAINTS)], points)


def _size_series(groups: Sequence[_Group], size: str) -> list[Series]:
    """Return a line for every kinetic set, or of several groups for the first collagen set alone."""

    def points(group: _Group, name: str) -> tuple[tuple[float, float], ...]:
        return tuple(
            (value, zone["zones"][name][size]["value"] or 0.0) for value, zone in group.rows if name in zone["zones"]
        )

    first = groups[0].rows[0][1]
    if len(groups) > 1:
        name = first["zone_set"]
        return [
            Series(f"{kinetic_label(name)}; {group.label}", _PAINTS[number % len(_PAINTS)], points(group, name))
            for number, group in enumerate(groups)
        ]
    styles = kinetic_styles([(name, one["end_point"] == "collagen") for name, one in first["zones"].items()])
    return [
        Series(kinetic_label(name), style.paint, points(groups[0], name), style.dash, style.width)
        for name, style in styles.items()
    ]


def line_chart(
    name: str,
    title: str,
    below: str,
    label: str,
    across: Scale,
    series: Sequence[Series],
    *,
    from_zero: bool = True,
) -> str:
    """Draw lines through points.

    Parameters
    ----------
    name, title
        Identifier, and title.
    below, label
        What the axis across and the axis up show, with their units.
    across
        The axis across.
    series
        The lines.
    from_zero
        Whether the axis up begins at 0.
    """
    values = [y for one in series for _, y in one.points] or [0.0]
    low, high = min(values), max(values)
    low = min(low, 0.0) if from_zero else low
    step = svg.round_step(max(high - low, 1e-3 * abs(high), 1e-9) / 4)
    low, high = step * (low // step), step * -(-high // step)
    up = Scale(low, max(high, low + step), _BOTTOM, _TOP)
    parts = [
        svg.axis_down(up, _LEFT, label, right=_RIGHT, above=18),
        svg.axis_across(across, _BOTTOM, below, count=5),
    ]
    for one in series:
        points = [(across(x), up(y)) for x, y in one.points]
        parts.append(svg.curve(points, paint=one.paint, width=one.width, dash=one.dash))
        parts += [svg.dot(x, y, paint=one.paint) for x, y in points]
    marks = [(one.dash or "line", one.paint, one.label) for one in series if one.label]
    items, height = svg.legend(marks, 4, _BOTTOM + 54, _RIGHT) if marks else ("", 0.0)
    described = " ".join(
        f"{one.label or title}: " + ", ".join(f"{y:.3g} at {x:g}" for x, y in one.points) + "." for one in series
    )
    return svg.drawing(name, title, f"{label} against {below}. {described}", _BOTTOM + 46 + height, [*parts, items])
