"""The charts of the report, each from plain arrays. Depths are in mm, times in the unit that the axis names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.report import svg
from percuta.report.svg import Band, Layer, Scale

Floats = NDArray[np.float64]
Quantiles = tuple[float, float, float]

_AXIS = 40.0  # left edge of the plot, right of the labels of the vertical axis
_RIGHT = 350.0
_SURFACE = 58.0
_DEPTH_LENGTH = 270.0
_MOST_POINTS = 120  # along one line; more cannot be seen at this size


def quantiles(values: Floats) -> Quantiles:
    """Return the 5 %, 50 % and 95 % quantile over members."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def band_of(at: Floats, values: Floats) -> Band:
    """Return the 5 %, 50 % and 95 % quantile over the first axis at each place."""
    kept = np.unique(np.linspace(0, at.size - 1, min(at.size, _MOST_POINTS)).astype(np.int64))
    low, middle, high = np.quantile(values[:, kept], [0.05, 0.5, 0.95], axis=0)
    return Band(at[kept].tolist(), low.tolist(), middle.tolist(), high.tolist())


@dataclass(frozen=True)
class Skin:
    """One thickness dataset for this person: depth of the lower face of epidermis and dermis [mm]."""

    letter: str
    label: str
    epidermis: Quantiles
    dermis: Quantiles
    dataset: str = ""


@dataclass(frozen=True)
class NeedleShape:
    """A needle as drawn [mm]; ``bare`` is the length from its point that carries current, None for plain steel."""

    diameter: float
    tip: float
    bare: float | None = None


@dataclass(frozen=True)
class Reach:
    """Predicted depth of the typical needle and of the deepest 5 % of needles [mm]."""

    typical: Quantiles
    deepest: Quantiles


def deepest_shown(skins: Sequence[Skin], set_depth: float, reach: Reach | None) -> float:
    """Return the depth [mm] at which the depth axis of a zone ends."""
    depths = [set_depth, *(skin.dermis[2] for skin in skins), *((reach.typical[2], reach.deepest[2]) if reach else ())]
    return svg.round_up(1.08 * max(depths))


def needle_in_skin(
    name: str, zone: str, skins: Sequence[Skin], shape: NeedleShape, set_depth: float, reach: Reach | None
) -> str:
    """Draw the needle at its set depth in the skin of every dataset, with the predicted reach beside it.

    Across and down share one scale, so that the needle and the layers stand in true proportion.
    """
    reach_width = 70.0 if reach else 0.0
    column = (_RIGHT - _AXIS - reach_width) / len(skins)
    bottom = deepest_shown(skins, set_depth, reach)
    per_mm = min(_DEPTH_LENGTH / bottom, 0.62 * column / shape.diameter)
    depth = Scale(0.0, bottom, _SURFACE, _SURFACE + per_mm * bottom)
    parts = [svg.axis_down(depth, _AXIS, "depth (mm)", above=_SURFACE - 12)]
    for place, skin in enumerate(skins):
        left = _AXIS + place * column
        parts.append(_skin_column(skin, depth, left + 2, left + column - 2))
        parts.append(_needle(shape, depth, left + column / 2, set_depth, per_mm))
    if reach:
        parts.append(_reach_column(reach, depth, _RIGHT - reach_width, _RIGHT))
    parts.append(svg.line(_AXIS, _SURFACE, _RIGHT, _SURFACE, paint="ink", width=1.5))
    bar = 0.5 * per_mm
    base = depth.end + 16
    parts.append(svg.line(_AXIS + 2, base, _AXIS + 2 + bar, base, width=3))
    parts.append(svg.text(_AXIS + 10 + bar, base + 4, "0.5 mm, same scale across and down", paint="muted", size=11))
    marks = _LAYER_MARKS + (_REACH_MARKS if reach else []) + (_BARE_MARKS if shape.bare is not None else [])
    items, height = svg.legend(marks, 4, base + 28, _RIGHT)
    described = _skin_in_words(skins, set_depth, reach)
    return svg.drawing(name, f"Needle in the skin, {zone}", described, base + 18 + height, [*parts, items])


_LAYER_MARKS = [
    ("patch", "epidermis", "epidermis"),
    ("patch", "dermis", "dermis"),
    ("patch", "below", "fat below"),
    ("dash", "ink", "where the dermis may end"),
]
_REACH_MARKS = [("bar", "treated", "typical needle"), ("bar", "open", "deepest 1 in 20 needles")]

_BARE_MARKS = [("patch", "metal", "bare part of the needle, which carries current")]


def _needle(shape: NeedleShape, depth: Scale, x: float, set_depth: float, per_mm: float) -> str:
    """Draw the needle from above the surface; of one that carries current the bare part apart from the rest."""

    def down_from(top: float, paint: str) -> str:
        return svg.needle(depth, x, top, set_depth, shape.diameter, shape.tip, per_unit=per_mm, paint=paint)

    if shape.bare is None:
        return down_from(_SURFACE - 16, "needle")
    top = max(depth.start + (set_depth - shape.bare) * per_mm, _SURFACE - 16)
    return down_from(_SURFACE - 16, "insulation") + down_from(top, "metal")


def _skin_in_words(skins: Sequence[Skin], set_depth: float, reach: Reach | None) -> str:
    said = [f"Needle set to {set_depth:.2g} mm."]
    said += [f"{skin.letter}, {skin.label}: dermis ends at {_range_in_words(skin.dermis)}." for skin in skins]
    if reach:
        typical, deepest = _range_in_words(reach.typical), _range_in_words(reach.deepest)
        said.append(f"Predicted reach of the typical needle {typical}, of the deepest 1 in 20 needles {deepest}.")
    return " ".join(said)


def _range_in_words(depths: Quantiles) -> str:
    return f"{depths[1]:.2f} mm ({depths[0]:.2f} to {depths[2]:.2f} mm)"


def _skin_column(skin: Skin, depth: Scale, left: float, right: float) -> str:
    layers = [Layer("epidermis", skin.epidermis[1]), Layer("dermis", skin.dermis[1]), Layer("below", depth.high)]
    top, end = depth(skin.dermis[0]), depth(skin.dermis[2])
    return (
        svg.layer_stack(depth, left, right, layers)
        + svg.rectangle(left, top, right - left, end - top, paint="dermis", opacity=0.55)
        + svg.line(left, top, right, top, width=1, dash="3 3")
        + svg.line(left, end, right, end, width=1, dash="3 3")
        + svg.text((left + right) / 2, 34, skin.letter, anchor="middle", bold=True)
    )


def _reach_column(reach: Reach, depth: Scale, left: float, right: float) -> str:
    width = right - left
    return (
        svg.text((left + right) / 2, 34, "reach", anchor="middle", bold=True)
        + svg.line(_AXIS, depth(reach.typical[1]), right, depth(reach.typical[1]), paint="treated", dash="2 4")
        + svg.range_bar(depth, left + 0.3 * width, *reach.typical, paint="treated", upright=True, width=13)
        + svg.range_bar(depth, left + 0.72 * width, *reach.deepest, paint="open", upright=True, width=13)
    )


def punctured_by_depth(
    name: str, zone: str, depth: Floats, punctured: Floats, still_open: Floats, deepest: float
) -> str:
    """Draw the fraction of skin area that is punctured, and that stays open, against depth.

    ``punctured`` and ``still_open`` are fractions (member, depth).
    """
    seen = depth <= deepest * (1 + 1e-9)
    struck, left_open = band_of(depth[seen], 100 * punctured[:, seen]), band_of(depth[seen], 100 * still_open[:, seen])
    most = max(*struck.high, *left_open.high, 1e-6)
    down = Scale(0.0, deepest, _SURFACE, _SURFACE + _DEPTH_LENGTH)
    across = Scale(0.0, svg.round_up(most, 4), _AXIS, _RIGHT - 8)
    items, height = svg.legend(
        [("band", "treated", "passed by a needle"), ("band", "open", "open after it is drawn out")],
        4,
        down.end + 56,
        _RIGHT,
    )
    parts = [
        svg.axis_down(down, _AXIS, "depth (mm)", right=across.end),
        svg.axis_across(across, down.end, "share of the skin area at that depth (%)", top=down.start, count=4),
        svg.band(struck, down, across, paint="treated", down=True),
        svg.band(left_open, down, across, paint="open", down=True),
        items,
    ]
    described = (
        f"At the surface {struck.middle[0]:.2g} % of the skin area is punctured "
        f"({struck.low[0]:.2g} to {struck.high[0]:.2g} %), and {left_open.middle[0]:.2g} % stays open after the "
        "needles are drawn out."
    )
    return svg.drawing(name, f"Punctured share by depth, {zone}", described, down.end + 46 + height, parts)


@dataclass(frozen=True)
class Interval:
    """One row of a chart of bars: its label, what it says in words, and three numbers."""

    label: str
    says: str
    low: float
    middle: float
    high: float
    start: float = 0.0


def session_timeline(name: str, title: str, steps: Sequence[Interval], end: float, unit: str) -> str:
    """Draw steps of a session one below the other; each starts where the one before ends at the median.

    ``end`` is the latest time of the whole session, which may take more than one chart.
    """
    across = Scale(0.0, svg.round_up(max(end, 1e-6)), 8.0, _RIGHT - 6)
    parts, y = [], 8.0
    bars = []
    for step in steps:
        words, y = svg.labelled_row(step.label, step.says, 8, _RIGHT - 4, y)
        bars.append(words)
        y += 3
        if step.high > 0:
            bars.append(svg.timeline_bar(across, y, step.start, step.start + step.middle, step.start + step.high))
        else:
            bars.append(svg.line(across(step.start), y, across(step.start), y + 10, paint="treated", width=2))
        y += 20
    parts.append(svg.axis_across(across, y, f"time since the first step ({unit})", top=4.0))
    items, height = svg.legend([("bar", "treated", "median, paler up to the 95 % end")], 8, y + 54)
    described = " ".join(f"{step.label}: {step.says}." for step in steps)
    return svg.drawing(name, title, described, y + 44 + height, [*parts, *bars, items])


def ranges(name: str, title: str, rows: Sequence[Interval], label: str, end: float) -> str:
    """Draw one range bar per row on a common axis from 0 to ``end``."""
    across = Scale(0.0, end, 8.0, _RIGHT - 6)
    bars, y = [], 8.0
    for row in rows:
        words, y = svg.labelled_row(row.label, row.says, 8, _RIGHT - 4, y)
        bars.append(words)
        y += 11
        bars.append(svg.range_bar(across, y, row.low, row.middle, row.high, paint="treated"))
        y += 22
    parts = [svg.axis_across(across, y, label, top=4.0, count=7)]
    items, height = svg.legend([("bar", "treated", "median, and 9 in 10 scenarios")], 8, y + 54)
    described = " ".join(f"{row.label}: {row.says}." for row in rows)
    return svg.drawing(name, title, described, y + 44 + height, [*parts, *bars, items])


def collagen_course(
    name: str, title: str, weeks: Floats, treated: Floats, untreated: Floats, sessions: Floats, label: str
) -> str:
    """Draw the modelled collagen of one compartment against the untreated course (both (member, time))."""
    bands = {"untreated": band_of(weeks, untreated), "treated": band_of(weeks, treated)}
    low = min(min(each.low) for each in bands.values())
    high = max(max(each.high) for each in bands.values())
    return _course(name, title, weeks, bands, (low, high), sessions, label)


def collagen_difference(name: str, title: str, weeks: Floats, difference: Floats, sessions: Floats, label: str) -> str:
    """Draw the difference to the untreated course of the same scenario, in per cent (member, time)."""
    each = band_of(weeks, difference)
    return _course(name, title, weeks, {"treated": each}, (min(*each.low, 0.0), max(*each.high, 1.0)), sessions, label)


def _course(
    name: str,
    title: str,
    weeks: Floats,
    bands: dict[str, Band],
    span: tuple[float, float],
    sessions: Floats,
    label: str,
) -> str:
    step = svg.round_step(max(span[1] - span[0], 1e-3) / 4)
    bottom, top = np.floor(span[0] / step) * step, np.ceil(span[1] / step) * step
    across = Scale(float(weeks[0]), float(weeks[-1]), _AXIS + 4, _RIGHT - 4)
    up = Scale(float(bottom), float(max(top, bottom + step)), 205.0, 40.0)
    parts = [
        svg.axis_down(up, across.start, label, right=across.end, above=26, count=4),
        svg.axis_across(across, up.start, "weeks since the first session", count=6),
    ]
    parts += [svg.triangle(across(float(week)), up.end - 2, paint="open") for week in sessions]
    parts += [
        svg.band(each, across, up, paint=who, dash="5 4" if who == "untreated" else "") for who, each in bands.items()
    ]
    marks = [("band", "treated", "treated" if len(bands) > 1 else "treated against untreated")]
    marks += [("band", "untreated", "untreated")] if len(bands) > 1 else []
    items, height = svg.legend([*marks, ("triangle", "open", "session")], 4, up.start + 56)
    last = ", ".join(
        f"{who} {each.middle[-1]:.3g} ({each.low[-1]:.3g} to {each.high[-1]:.3g})" for who, each in bands.items()
    )
    described = f"{label}, median and 5 to 95 % band. At week {weeks[-1]:.0f}: {last}. Sessions at weeks " + ", ".join(
        f"{week:.0f}" for week in sessions
    )
    return svg.drawing(name, title, f"{described}.", up.start + 46 + height, [*parts, items])
