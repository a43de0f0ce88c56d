"""Sections through the needles of one pulse, to scale: temperature, Joule heat, zones in the layers.

Lengths are mm, temperatures degC. Across and down share one scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from percuta.report import svg
from percuta.report.painted_layers import layer_keys, painted_layers
from percuta.report.raster import CURRENT, HEAT, ColourMap, data_uri, png
from percuta.report.section import Line, Section, Window, bounds, needle_outline
from percuta.report.svg import Scale
from percuta.report.wording import significant
from percuta.report.zone_styles import kinetic_label, kinetic_styles, zone_legend, zone_size
from percuta.units import convert

Floats = NDArray[np.float64]

ISOTHERMS = (45.0, 55.0, 60.0, 70.0, 80.0, 99.0)  # degC
_LEFT, _RIGHT, _TOP = 40.0, 350.0, 24.0
_BAR = 46.0  # taken by the colour bar and its numbers
_STRIP = 7.0  # width of the strip that shows the layers
_TALLEST = 300.0
_HEAD = 16.0  # needle above the surface
_SIGN = 8.0  # room for the signs of the polarities above that
_DECADES = 4.0  # of Joule heat that are shown


@dataclass(frozen=True)
class Measured:
    """A measured outline: its points across and down [mm] and what it is called."""

    points: tuple[tuple[float, float], ...]
    label: str


@dataclass(frozen=True)
class Frame:
    """Where a window of the plane lies in a drawing."""

    window: Window
    left: float
    top: float
    scale: float  # units per mm

    @cached_property
    def across(self) -> Scale:
        """Places along the surface."""
        return Scale(self.window.left, self.window.right, self.left, self.right)

    @cached_property
    def down(self) -> Scale:
        """Places in depth."""
        return Scale(self.window.top, self.window.bottom, self.top, self.bottom)

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.scale * self.window.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.top + self.scale * self.window.height

    def place(self, x: float, z: float) -> tuple[float, float]:
        """Return a point of the plane in the drawing, also outside the window."""
        return (
            self.left + self.scale * (x - self.window.left),
            self.top + self.scale * (z - self.window.top),
        )

    def placed(self, line: Sequence[tuple[float, float]]) -> Line:
        """Return a line of the plane in the drawing."""
        return [self.place(x, z) for x, z in line]


def framed(window: Window, room: float, left: float = _LEFT + _STRIP) -> Frame:
    """Return a window as large as fits into some room."""
    scale = min(room / window.width, _TALLEST / window.height)
    top = _TOP if window.top > 0.0 else _TOP + _SIGN + _HEAD
    return Frame(window, left + 0.5 * (room - scale * window.width), top, scale)


# --- which part is shown -------------------------------------------------------------------------------------------


def overview(section: Section, deepest: float, room: float) -> Window:
    """Return the part of the plane from the surface to a little below all that happens, some pitches wide.

    Parameters
    ----------
    section
        The plane.
    deepest
        Depth that has to be seen [mm].
    room
        Width that the drawing has [units].
    """
    bottom = min(section.bottom, max(1.08 * deepest, section.tip_depth + 0.4 * section.pitch))
    needed = 2.2 * section.pitch + abs(section.lean) * section.tip_depth
    scale = min(room / needed, _TALLEST / bottom)
    return _around(section, section.middle, room / scale, 0.0, bottom)


def close_up(section: Section, outlines: Sequence[Line]) -> Window:
    """Return the part of the plane with the zone of the needle in the middle, and its neighbour in a pair."""
    pair = section.setup.array.pattern == "pair" and not section.inclined
    reach = 0.5 * section.pitch + abs(section.lean) * section.tip_depth
    if pair:
        reach += 0.5 * section.pitch
    near = [line for line in outlines if any(abs(x - section.middle) <= reach for x, _ in line)]
    found = bounds(near)
    if found is None:
        return _around(section, section.middle, 2.2 * reach, 0.0, min(section.bottom, section.tip_depth + reach))
    left, right, top, bottom = found
    half = min(max(abs(left - section.middle), abs(right - section.middle), 0.3 * section.pitch), 1.1 * reach)
    spare = max(0.2 * (bottom - top), 0.12 * section.pitch)
    top, bottom = top - spare, min(max(bottom, section.tip_depth) + spare, section.bottom)
    top = 0.0 if top < 0.25 * bottom else top
    return _around(section, section.middle, 2.3 * half, top, bottom)


def _around(section: Section, middle: float, width: float, top: float, bottom: float) -> Window:
    first, last = section.extent
    half = 0.5 * min(width, last - first)
    middle = min(max(middle, first + half), last - half)
    return Window(middle - half, middle + half, top, bottom)


# --- sections ------------------------------------------------------------------------------------------------------


def temperature_section(name: str, section: Section) -> str:
    """Draw the temperature at the end of the pulse with isotherms."""
    field = section.temperature
    window = overview(section, max(field.deepest(ISOTHERMS[0]), _zones_end(section)), _room(bar=True))
    frame = framed(window, _room(bar=True))
    shown = field.picture(window)
    low, high = 5.0 * np.floor(float(shown.min()) / 5.0), 5.0 * np.ceil(float(shown.max()) / 5.0)
    high = max(high, low + 5.0)
    lines = [(level, field.lines(level, window)) for level in ISOTHERMS if low < level < high]
    paths = [
        svg.region(
            [frame.placed(line) for line in each],
            paint="paper" if HEAT.is_dark((level - low) / (high - low)) else "ink",
            width=0.8,
        )
        for level, each in lines
    ]
    inside = [_raster(frame, shown, HEAT, low, high), *paths, *_layer_lines(section, frame)]
    parts = [
        *_stage(section, frame, inside),
        *_isotherm_labels(section, frame, lines),
        _colour_bar(frame, HEAT, Scale(low, high, frame.bottom, frame.top), "°C", _ticks(low, high)),
    ]
    hottest = float(shown.max())
    reached = [level for level, each in lines if each]
    described = f"The hottest tissue in the plane is at {hottest:.0f} °C. " + (
        f"Isotherms of {', '.join(f'{level:.0f}' for level in reached)} °C are drawn."
        if reached
        else "No isotherm from 45 °C up is reached."
    )
    return _finished(name, "Temperature at the end of the pulse", described, section, frame, parts)


def joule_section(name: str, section: Section) -> str:
    """Draw the Joule heat at the end of the pulse in logarithmic colours; empty where no current flows."""
    field = section.joule_log
    top = float(field.values.max())
    if top < -20.0:
        return ""
    room = _room(bar=True)
    window = overview(section, max(section.temperature.deepest(ISOTHERMS[0]), _zones_end(section)), room)
    frame = framed(window, room)
    low, high = top - _DECADES, top
    inside = [_raster(frame, field.picture(window), CURRENT, low, high), *_layer_lines(section, frame)]
    ticks = [(float(power), significant(10.0**power, 1)) for power in range(int(np.ceil(low)), int(np.floor(high)) + 1)]
    parts = [
        *_stage(section, frame, inside),
        _colour_bar(frame, CURRENT, Scale(low, high, frame.bottom, frame.top), "W/mm³", ticks),
    ]
    described = f"Up to {significant(10.0**top)} W/mm³ beside the bare metal; each colour step is a tenth of the last."
    return _finished(name, "Joule heat at the end of the pulse", described, section, frame, parts)


def zones_section(name: str, section: Section, measured: Measured | None) -> str:
    """Draw where every damage integral is 1, in the layers, with a measured outline over it."""
    record = section.record
    wide = _around(section, section.middle, 2.2 * section.pitch + 4.0 * section.tip_depth, 0.0, section.bottom)
    found = {name: plane.lines(0.0, wide) for name, plane in section.damage_logs.items()}
    every = [line for lines in found.values() for line in lines]
    window = close_up(section, [*every, *([list(measured.points)] if measured else [])])
    frame = framed(window, _RIGHT - _LEFT - _STRIP)
    styles = kinetic_styles([(one.name, one.collagen) for one in record.damage])
    inside = list(_layer_fills(section, frame))
    for one in record.damage:
        lines = section.damage_logs[one.name].lines(0.0, window)
        style, placed = styles[one.name], [frame.placed(line) for line in lines]
        inside.append(svg.region(placed, paint=style.paint, fill=0.07, width=0.0))
        inside.append(svg.region(placed, paint=style.paint, width=style.width, dash=style.dash))
    over = list(_needles(section, frame))
    if measured is not None:
        outline = [frame.placed(measured.points)]
        over.append(svg.region(outline, paint="paper", width=4.5) + svg.region(outline, paint="ink", width=2.0))
    parts = _stage(section, frame, inside, over)
    if not every:
        parts.append(_note(frame, "No kinetic set reaches Ω = 1."))
    items, height = zone_legend(record.damage, measured.label if measured else "", frame.bottom + 56, _RIGHT)
    described = " ".join(f"{kinetic_label(one.name)}: {zone_size(one)}." for one in record.damage)
    return _finished(name, "Zones: damage integral of 1 or more", described, section, frame, [*parts, items], height)


def _room(*, bar: bool) -> float:
    return _RIGHT - _LEFT - _STRIP - (_BAR if bar else 0.0)


def _zones_end(section: Section) -> float:
    """Return the depth at which the deepest zone ends [mm]."""
    ends = [convert(one.top + one.height, "mm") for one in section.record.damage if one.height > 0 and one.top >= 0]
    return max(ends, default=0.0)


def _raster(frame: Frame, shown: Floats, colours: ColourMap, low: float, high: float) -> str:
    picture = png(colours.index((shown - low) / (high - low)), colours.colours)
    return svg.picture(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top, data_uri(picture))


def _stage(section: Section, frame: Frame, inside: Sequence[str], over: Sequence[str] | None = None) -> list[str]:
    """Return what stands in the window, the needles, the axes and the layers beside the depth axis."""
    width, height = frame.right - frame.left, frame.bottom - frame.top
    head = frame.top - (_HEAD if frame.window.top <= 0.0 else 0.0)
    needles = list(over) if over is not None else list(_needles(section, frame))
    return [
        svg.window(frame.left, frame.top, width, height, inside),
        svg.window(frame.left, head, width, frame.bottom - head, needles),
        *_cell_edges(section, frame),
        *_strip(section, frame),
        svg.line(frame.left, frame.top, frame.right, frame.top, width=1.2) if frame.window.top <= 0.0 else "",
        svg.axis_down(frame.down, frame.left - _STRIP, "depth (mm)", above=frame.top - 12),
        svg.axis_across(frame.across, frame.bottom, f"distance {_axis_words(section)} (mm)"),
        *_signs(section, frame, head),
    ]


def _axis_words(section: Section) -> str:
    if section.inclined:
        return "along the surface, in the needle's plane"
    return "along the surface"


def _needles(section: Section, frame: Frame) -> Iterator[str]:
    """Yield every needle: insulated and bare parts filled in the computed cell, outlines beside it."""
    for needle in section.needles:
        if not frame.window.left - section.pitch < needle.tip < frame.window.right + section.pitch:
            continue
        shaft, metal = (frame.placed(line) for line in needle_outline(section, needle, 3.0 * section.pitch))
        if needle.computed:
            yield svg.polygon(shaft, paint="insulation", edge="metal")
            yield svg.polygon(metal, paint="metal", edge="metal")
        else:
            for part, width in ((shaft, 0.8), (metal, 1.4)):
                yield svg.polygon(part, paint="paper", opacity=0.85) + svg.region([part], paint="metal", width=width)


def _signs(section: Section, frame: Frame, head: float) -> Iterator[str]:
    """Yield which needles have opposite polarity, above the surface."""
    for needle in section.needles:
        if needle.polarity and frame.window.left < needle.tip < frame.window.right and frame.window.top <= 0.0:
            x, _ = frame.place(needle.tip, 0.0)
            yield svg.text(x, head - 4, "+" if needle.polarity > 0 else "−", anchor="middle", size=12, bold=True)


def _cells_shown(section: Section) -> bool:
    return section.setup.array.infinite and section.setup.array.pattern != "pair"


def _cell_edges(section: Section, frame: Frame) -> Iterator[str]:
    """Yield the sides of the computed pitch cell of an array without edges."""
    if _cells_shown(section):
        for side in (-0.5, 0.5):
            x, _ = frame.place(side * section.pitch, 0.0)
            if frame.left < x < frame.right:
                yield svg.line(x, frame.top, x, frame.bottom, paint="paper", width=2.2)
                yield svg.line(x, frame.top, x, frame.bottom, paint="muted", dash="2 3")


def _strip(section: Section, frame: Frame) -> Iterator[str]:
    for layer in painted_layers(section.setup):
        start, end = frame.down(layer.top), frame.down(layer.bottom)
        if end > start:
            yield svg.rectangle(frame.left - _STRIP, start, _STRIP, end - start, paint=layer.paint)


def _layer_lines(section: Section, frame: Frame) -> Iterator[str]:
    """Yield the faces between layers."""
    for layer in painted_layers(section.setup)[:-1]:
        if frame.window.top < layer.bottom < frame.window.bottom:
            y = frame.down(layer.bottom)
            yield svg.line(frame.left, y, frame.right, y, paint="paper", width=2.0)
            yield svg.line(frame.left, y, frame.right, y, paint="ink", width=0.8, dash="4 3")


def _layer_fills(section: Section, frame: Frame) -> Iterator[str]:
    for layer in painted_layers(section.setup):
        start, end = frame.down(layer.top), frame.down(layer.bottom)
        if end > start:
            yield svg.rectangle(frame.left, start, frame.right - frame.left, end - start, paint=layer.paint)


def _isotherm_labels(section: Section, frame: Frame, lines: Sequence[tuple[float, list[Line]]]) -> Iterator[str]:
    """Yield the isotherms' temperatures in a column right of the needle in the middle, each led to its line."""
    shown = [(level, _nearest_line(section, each)) for level, each in lines]
    named = [(level, frame.placed(line)) for level, line in shown if line]
    if not named:
        return
    x0, _ = frame.place(section.middle + 0.5 * section.pitch, 0.0)
    right = max(x for _, line in named for x, _ in line if x <= x0 + 1e-6 or section.inclined)
    x = min(max(right, frame.place(section.middle + 0.2 * section.pitch, 0.0)[0]) + 10, frame.right - 22)
    inner = named[-1][1]
    centre = sum(y for _, y in inner) / len(inner)
    first = min(max(centre - 6.0 * (len(named) - 1), frame.top + 8), frame.bottom - 12.0 * len(named))
    for number, (level, line) in enumerate(named):
        y = first + 12.0 * number
        near = min((point for point in line if point[0] <= x - 2), key=lambda point: abs(point[1] - y) - 0.5 * point[0])
        yield svg.line(*near, x - 1, y, paint="ink", width=0.6)
        yield svg.text(x, y + 3.5, f"{level:.0f}", size=10, halo=True)


def _nearest_line(section: Section, lines: Sequence[Line]) -> Line:
    """Return the line that passes nearest to the tip of the needle in the middle."""
    tip = (section.middle, section.tip_depth)

    def distance(line: Line) -> float:
        return min((x - tip[0]) ** 2 + (z - tip[1]) ** 2 for x, z in line)

    return min(lines, key=distance, default=[])


def _colour_bar(frame: Frame, colours: ColourMap, scale: Scale, unit: str, ticks: Sequence[tuple[float, str]]) -> str:
    x, width = frame.right + 9, 9.0
    picture = png(np.arange(255, -1, -1, dtype=np.uint8)[:, None], colours.colours)
    parts = [
        svg.picture(x, frame.top, width, frame.bottom - frame.top, data_uri(picture)),
        svg.text(x, frame.top - 8, unit, paint="muted", size=11),
    ]
    for value, label in ticks:
        y = scale(value)
        parts.append(svg.line(x + width, y, x + width + 3, y, paint="muted"))
        parts.append(svg.text(x + width + 5, y + 4, label, paint="muted", size=10))
    return "".join(parts)


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    return [(value, f"{value:.0f}") for value in Scale(low, high, 0.0, 1.0).ticks(6)]


def _note(frame: Frame, words: str) -> str:
    middle = 0.5 * (frame.left + frame.right)
    return svg.text(middle, frame.bottom - 14, words, anchor="middle", size=12, halo=True)


def _finished(
    name: str,
    title: str,
    described: str,
    section: Section,
    frame: Frame,
    parts: Sequence[str],
    below: float = 0.0,
) -> str:
    """Return a section with its scale and the legend of its layers and needles."""
    y = frame.bottom + 56 + below
    keys = [("patch", "metal", "bare metal"), ("patch", "insulation", "insulated")]
    if any(_cell_edges(section, frame)):
        keys.append(("dash", "muted", "pitch × pitch cell"))
    keys += layer_keys(section.setup, frame.window.top, frame.window.bottom)
    items, height = svg.legend(keys, 4, y, _RIGHT)
    return svg.drawing(name, title, described, y - 10 + height, [*parts, items])
