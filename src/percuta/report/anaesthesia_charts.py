"""Charts of the anaesthetic: how deep it blocks against how deep the needles go, and what reaches the blood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percuta.report import svg
from percuta.report.charts import Floats, Quantiles, Reach, band_of
from percuta.report.svg import Band, Scale
from percuta.report.wording import significant

Span = tuple[float, float]

_LEFT, _RIGHT = 40.0, 350.0
_STRIP, _STRIP_HEIGHT, _SURFACE = 26.0, 11.0, 42.0  # where the cream is drawn, and the surface of the skin below it
_DEEP = 200.0
_DEEPEST_BLOCK = 2.5  # times the reach of the needles, below which no block is drawn
_BLOCK = "cell"
_LEAST_BOX = 3.0  # drawing units


@dataclass(frozen=True)
class Numbing:
    """What is drawn of one zone; times in min since the first step, depths in mm.

    Attributes
    ----------
    time : (t,)
        The same for all scenarios.
    block_depth : (member, t)
        Depth down to which a needle is not felt, for the stimulus that is the harder to block.
    thin_needle : (member, t)
        The same for a single thin needle.
    creams
        When each cream is on the skin: on and off, at the median.
    needles
        When the needles are in the zone: first and last, at the median.
    reach
        How deep they go.
    end
        Where the axis of time has to reach.
    """

    time: Floats
    block_depth: Floats
    thin_needle: Floats
    creams: Sequence[Span]
    needles: Span
    reach: Reach
    end: float


def block_against_needles(name: str, zone: str, numbing: Numbing) -> str:
    """Draw the depth of the block over the session, with the needles as a box over the time they are in."""
    across = Scale(0.0, svg.round_up(numbing.end, 6), _LEFT, _RIGHT - 6)
    seen = numbing.time <= across.high * (1.0 + 1e-9)
    block = band_of(numbing.time[seen], numbing.block_depth[:, seen])
    thin = np.median(numbing.thin_needle[:, seen], axis=0).tolist()
    alone = Band(numbing.time[seen].tolist(), thin, thin, thin)
    bottom = _bottom(block, numbing.reach)
    down = Scale(0.0, bottom, _SURFACE, _SURFACE + _DEEP)
    parts = [
        svg.axis_down(down, _LEFT, "depth (mm)", right=across.end, above=_SURFACE - 13),
        svg.axis_across(across, down.end, "time since the first step (min)", top=down.start, count=6),
        *(_cream(across, on, off) for on, off in numbing.creams),
        svg.window(_LEFT, _SURFACE, across.end - _LEFT, _DEEP, _blocks(block, alone, across, _beyond(down))),
        _needles(across, down, numbing),
        svg.line(_LEFT, _SURFACE, across.end, _SURFACE, width=1.5),
    ]
    deeper = max(block.high) > down.high
    marks = [
        ("band", _BLOCK, f"numb down to here{', or deeper than the chart' if deeper else ''}"),
        ("patch", "untreated", "cream on the skin"),
    ]
    marks += [("dash", _BLOCK, "to a single thin needle (median)")]
    marks += [("bar", "needle", "typical needle"), ("bar", "open", "deepest 1 in 20 needles")]
    items, height = svg.legend(marks, 4, down.end + 56, _RIGHT)
    title = f"Depth of the block against depth of the needles, {zone}"
    return svg.drawing(name, title, _in_words(numbing, block, bottom), down.end + 46 + height, [*parts, items])


def _blocks(block: Band, alone: Band, across: Scale, down: Scale) -> list[str]:
    return [svg.band(block, across, down, paint=_BLOCK), svg.band(alone, across, down, paint=_BLOCK, dash="5 4")]


def _bottom(block: Band, reach: Reach) -> float:
    needed = 1.15 * max(reach.deepest[2], reach.typical[2])
    return svg.round_up(max(needed, min(1.05 * max(block.high), _DEEPEST_BLOCK * needed)))


def _beyond(down: Scale) -> Scale:
    """Return the same scale, long enough that what lies below the chart is cut off and not squeezed in."""
    return Scale(down.low, 100.0 * down.high, down.start, down.start + 100.0 * (down.end - down.start))


def _cream(across: Scale, on: float, off: float) -> str:
    left, right = across(on), across(off)
    strip = svg.rectangle(left, _STRIP, max(right - left, _LEAST_BOX), _STRIP_HEIGHT, paint="untreated", corner=2)
    return strip + "".join(
        svg.line(x, _STRIP - 3, x, _SURFACE, paint="untreated", width=1.5, dash="2 2") for x in (left, right)
    )


def _needles(across: Scale, down: Scale, numbing: Numbing) -> str:
    left, right = across(numbing.needles[0]), across(numbing.needles[1])
    if right - left < _LEAST_BOX:
        left, right = left - 0.5 * _LEAST_BOX, left + 0.5 * _LEAST_BOX
    middle, apart = 0.5 * (left + right), max(0.2 * (right - left), 6.0)
    parts = []
    for depths, paint, side in ((numbing.reach.deepest, "open", 1.0), (numbing.reach.typical, "needle", -1.0)):
        parts.append(
            svg.rectangle(left, down.start, right - left, down(depths[1]) - down.start, paint=paint, opacity=0.25)
        )
        parts.append(svg.range_bar(down, middle + side * apart, *depths, paint=paint, upright=True, width=7))
    return "".join(parts)


def _in_words(numbing: Numbing, block: Band, bottom: float) -> str:
    place = int(np.argmin(np.abs(np.asarray(block.at) - numbing.needles[0])))
    low, middle, high = block.low[place], block.middle[place], block.high[place]
    creams = " ".join(f"Cream on the skin from {on:.0f} to {off:.0f} min." for on, off in numbing.creams)
    cut_off = f" It goes deeper than the {bottom:g} mm that are drawn." if max(block.high) > bottom else ""
    return (
        f"{creams} Needles from {numbing.needles[0]:.0f} to {numbing.needles[1]:.0f} min; the typical one reaches "
        f"{numbing.reach.typical[1]:.2f} mm, the deepest 1 in 20 {numbing.reach.deepest[1]:.2f} mm. "
        f"When they begin the skin is numb down to {middle:.2f} mm ({low:.2f} to {high:.2f} mm).{cut_off}"
    ).strip()


# --- in the blood --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """A level that a course is held against, in the unit of the axis."""

    label: str
    value: float
    paint: str


def over_hours(
    name: str, title: str, hours: Floats, values: Floats, label: str, unit: str, limits: Sequence[Limit]
) -> str:
    """Draw a course over hours (member, t) on an axis of powers of ten, with its limits as lines."""
    shown = band_of(hours, values)
    most = max([*shown.high, *(limit.value for limit in limits)])
    peak = max(*shown.middle, 1e-6)
    low = min(math.floor(math.log10(peak)) - 1, math.floor(math.log10(min((one.value for one in limits), default=1e9))))
    high = max(math.ceil(math.log10(1.2 * max(most, 1e-6))), low + 2)
    across = Scale(0.0, float(hours[-1]), _LEFT + 6, _RIGHT - 6)
    up = Scale(float(low), float(high), 210.0, 26.0)
    logged = Band(shown.at, *(_logarithms(each, low) for each in (shown.low, shown.middle, shown.high)))
    parts = [
        svg.axis_across(across, up.start, "hours since the first step", top=up.end, count=6),
        _decades(up, across.start, across.end, label),
        svg.band(logged, across, up, paint=_BLOCK),
    ]
    for limit in limits:
        y = up(math.log10(limit.value))
        parts.append(svg.line(across.start, y, across.end, y, paint=limit.paint, width=1.8, dash="7 3"))
        parts.append(svg.text(across.end, y - 4, limit.label, anchor="end", size=11, halo=True))
    items, height = svg.legend([("band", _BLOCK, "median, and 9 in 10 scenarios")], 4, up.start + 56, _RIGHT)
    top = int(np.argmax(shown.middle))
    described = (
        f"{label}: highest at {shown.at[top]:.1f} h with {significant(shown.middle[top])} {unit} "
        f"({significant(shown.low[top])} to {significant(shown.high[top])} {unit}). "
        + " ".join(f"Line: {limit.label}." for limit in limits)
    )
    return svg.drawing(name, title, described.strip(), up.start + 46 + height, [*parts, items])


def _logarithms(values: Sequence[float], low: int) -> list[float]:
    return [math.log10(max(value, 10.0**low)) for value in values]


def _decades(up: Scale, x: float, right: float, label: str) -> str:
    parts = [svg.text(2, up.end - 13, label, paint="muted", size=11)]
    for power in range(round(up.low), round(up.high) + 1):
        y = up(power)
        parts.append(svg.line(x, y, right, y, paint="grid"))
        parts.append(svg.line(x - 4, y, x, y, paint="muted"))
        parts.append(svg.text(x - 7, y + 4, _power(power), anchor="end", paint="muted", size=11))
    parts.append(svg.line(x, up.start, x, up.end, paint="muted"))
    return "".join(parts)


def _power(power: int) -> str:
    return f"{10**power:,}".replace(",", "\u202f") if power >= 0 else f"{10.0**power:.{-power}f}"


def multiple_of_intact(name: str, title: str, multiple: Quantiles) -> str:
    """Draw how many times the exposure of intact skin is expected, on an axis of powers of ten."""
    least = min(math.floor(math.log10(max(multiple[0], 1e-3))), 0)
    most = max(math.ceil(math.log10(1.05 * max(multiple[2], 1e-3))), least + 1, 2)
    across = Scale(float(least), float(most), 22.0, _RIGHT - 16)
    says = f"{significant(multiple[1])} times ({significant(multiple[0])} to {significant(multiple[2])})"
    words, y = svg.labelled_row("this plan", says, 8, _RIGHT - 4, 6.0)
    logged = [math.log10(max(value, 10.0**least)) for value in multiple]
    parts, base = [], y + 34
    for power in range(least, most + 1):
        x = across(power)
        parts.append(svg.line(x, y, x, base, paint="ink" if power == 0 else "grid", width=1.5 if power == 0 else 1.0))
        parts.append(svg.text(x, base + 16, _power(power), anchor="middle", paint="muted", size=11))
    parts.append(svg.line(across.start, base, across.end, base, paint="muted"))
    parts.append(svg.range_bar(across, y + 16, logged[0], logged[1], logged[2], paint="open", width=12))
    axis = "times the dose of the same cream on intact skin"
    parts.append(svg.text((across.start + across.end) / 2, base + 32, axis, anchor="middle", paint="muted", size=11))
    marks = [("bar", "open", "median, and 9 in 10 scenarios"), ("line", "ink", "intact skin")]
    items, height = svg.legend(marks, 4, base + 56, _RIGHT)
    described = f"Dose that reaches the blood: {says.replace('(', '(from ')} what the same cream gives on intact skin."
    return svg.drawing(name, title, described, base + 46 + height, [*parts, words, items])
