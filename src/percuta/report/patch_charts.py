"""Charts of a patch: its needle in the skin at four times, and how much has left it against time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.report import svg
from percuta.report.charts import Quantiles, band_of
from percuta.report.svg import Layer, Scale

Floats = NDArray[np.float64]

_LEFT, _RIGHT, _SURFACE = 40.0, 350.0, 96.0
_TALLEST = 210.0
_SIDE_BY_SIDE = 4
_AXIS_LENGTH = 190.0
_GONE = "#d5e6e9"


@dataclass(frozen=True)
class PatchNeedle:
    """A needle of a patch as drawn [mm].

    Attributes
    ----------
    length, width
        Of the whole cone.
    tip
        Depth of its tip, 5, 50 and 95 %.
    dissolves
        Whether the needle itself goes, or only what its pores hold.
    """

    length: float
    width: float
    tip: Quantiles
    dissolves: bool


def needle_over_time(
    name: str,
    zone: str,
    needle: PatchNeedle,
    faces: tuple[float, float, float],
    seen: Sequence[tuple[str, float]],
) -> str:
    """Draw the needle in the median skin, to scale, at some times.

    Parameters
    ----------
    name, zone
        Identifier of the drawing and name of the zone.
    needle
        The needle.
    faces
        Lower faces of epidermis, papillary dermis and dermis [mm].
    seen
        For each time its label and what is left of the needle in the skin, or of the load in its pores; 0 to 1.
    """
    bottom = svg.round_up(1.25 * max(needle.tip[2], faces[0]))
    outside = needle.length - needle.tip[1]
    per_mm = min(_TALLEST / bottom, (_RIGHT - _LEFT) / (_SIDE_BY_SIDE * 1.4 * needle.width), 55.0 / max(outside, 1e-3))
    down = Scale(0.0, bottom, _SURFACE, _SURFACE + per_mm * bottom)
    layers = [Layer("epidermis", faces[0]), Layer("#efc3ae", faces[1]), Layer("dermis", faces[2]), Layer("below", 1e9)]
    shown = [layer for place, layer in enumerate(layers) if place == 0 or layers[place - 1].bottom < bottom]
    parts = [svg.layer_stack(down, _LEFT, _RIGHT, shown)]
    step = (_RIGHT - _LEFT) / _SIDE_BY_SIDE
    for place, (label, left) in enumerate(seen):
        middle = _LEFT + (place + 0.5) * step
        parts += _cone(needle, left, middle, down, per_mm)
        parts.append(svg.text(middle, 34, label, anchor="middle", size=11, bold=True))
    parts.append(svg.axis_down(down, _LEFT, "depth (mm)", above=_SURFACE - 18))
    gone = "where it has dissolved" if needle.dissolves else "emptied part of its load"
    items, height = svg.legend(
        [
            ("patch", "needle", "needle"),
            ("patch", _GONE, gone),
            ("patch", "epidermis", "epidermis"),
            ("patch", "#efc3ae", "upper dermis"),
            *([("patch", "dermis", "lower dermis")] if len(shown) > 2 else []),
        ],
        8,
        down.end + 26,
        _RIGHT,
    )
    rest = "of the needle in the skin is left" if needle.dissolves else "of the load in the skin is still in the needle"
    described = " ".join(f"{label}: {100 * left:.0f} % {rest}." for label, left in seen)
    title = f"Needle of the patch over time, {zone}"
    return svg.drawing(name, title, described, down.end + 18 + height, [*parts, items])


def _cone(needle: PatchNeedle, left: float, middle: float, down: Scale, per_mm: float) -> list[str]:
    """Return the stump outside, the outline that was pressed in, and what is left of it."""
    surface, tip = down(0.0), needle.tip[1]
    half = 0.5 * needle.width * per_mm
    half_in = half * tip / needle.length
    top = surface - (needle.length - tip) * per_mm
    stump = [(middle - half, top), (middle + half, top), (middle + half_in, surface), (middle - half_in, surface)]
    pressed_in = [(middle - half_in, surface), (middle, down(tip)), (middle + half_in, surface)]
    backing = svg.rectangle(middle - half - 6, top - 6, 2 * half + 12, 6, paint="untreated", corner=1)
    parts = [backing, svg.polygon(stump, paint="needle", opacity=0.9)]
    parts.append(svg.polygon(pressed_in, paint=_GONE, edge="needle"))
    if not needle.dissolves:
        return [*parts, svg.polygon(pressed_in, paint="needle", opacity=0.9 * left)]
    scale = left ** (1.0 / 3.0)  # a cone that recedes evenly keeps its shape
    remains = [(middle - half_in * scale, surface), (middle, down(tip * scale)), (middle + half_in * scale, surface)]
    return [*parts, svg.polygon(remains, paint="needle", opacity=0.9)] if scale > 0 else parts


def given_up_over_time(name: str, zone: str, time: Floats, given_up: Floats, unit: str, what: str) -> str:
    """Draw how much of the load in the skin has left the needles until the patch comes off.

    ``given_up`` are shares (member, time), ``time`` is in ``unit``.
    """
    drawn = band_of(time, 100.0 * given_up)
    across = Scale(0.0, svg.round_up(float(time[-1]), 4), _LEFT, _RIGHT - 8)
    up = Scale(0.0, 100.0, 30.0 + _AXIS_LENGTH, 30.0)
    off = across(float(time[-1]))
    items, height = svg.legend(
        [("band", "treated", f"{what}: median, and 9 in 10 scenarios")], 8, up.start + 56, _RIGHT
    )
    parts = [
        svg.axis_down(up, _LEFT, "share of the load in the skin (%)", right=across.end, above=14.0),
        svg.axis_across(across, up.start, f"time since the patch came on ({unit})", top=up.end, count=4),
        svg.band(drawn, across, up, paint="treated"),
        svg.line(off, up.end, off, up.start, paint="open", width=1.5, dash="4 3"),
        svg.text(off - 4, up.start - 8, "patch off", anchor="end", paint="open", size=11, halo=True),
        items,
    ]
    described = (
        f"When the patch comes off, {drawn.middle[-1]:.0f} % of the load in the skin has left the needles "
        f"({drawn.low[-1]:.0f} to {drawn.high[-1]:.0f} %)."
    )
    return svg.drawing(name, f"{what.capitalize()}, {zone}", described, up.start + 46 + height, parts)
