"""Charts of one pulse: quantities over time with the current's times shaded, and damage by depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import PulseSetup
from percuta.report import svg
from percuta.report.painted_layers import layer_keys, painted_layers
from percuta.report.svg import Scale
from percuta.report.zone_styles import kinetic_label, kinetic_styles

Floats = NDArray[np.float64]
Piece = tuple[Floats, Floats]  # times and values of a line without a break

_LEFT, _RIGHT = 48.0, 346.0
_TOP, _BOTTOM = 38.0, 178.0
_SHADE = "#e6edef"
_DEEP = 210.0  # length of the depth axis
_SHOCKED = "#e2b866"
_UNSEEN = 0.05  # percent


@dataclass(frozen=True)
class Course:
    """One quantity over time: what it is called, its colour and dashes, and its lines."""

    label: str
    paint: str
    pieces: Sequence[Piece]
    dash: str = ""


def current_on(time: Floats, power: Floats, pulse_end: int) -> list[tuple[int, int]]:
    """Return the stretches of a history, as first and last index, in which current flows.

    The first index of a stretch is the moment at which the current comes on.
    """
    stretches: list[tuple[int, int]] = []
    for index in np.flatnonzero(power[1 : pulse_end + 1] > 0.0) + 1:
        if stretches and stretches[-1][1] == index - 1:
            stretches[-1] = (stretches[-1][0], int(index))
        else:
            stretches.append((int(index) - 1, int(index)))
    return stretches


def while_on(time: Floats, values: Floats, power: Floats, stretches: Sequence[tuple[int, int]]) -> list[Piece]:
    """Return the course of a quantity that exists only while current flows.

    What it is at the moment the current comes on again is not noted; it begins as it is after the first step.
    """
    pieces = []
    for first, last in stretches:
        piece = values[first : last + 1].copy()
        if not power[first] > 0.0:
            piece[0] = piece[1]
        pieces.append((time[first : last + 1], piece))
    return pieces


def history(
    name: str,
    title: str,
    label: str,
    courses: Sequence[Course],
    shaded: Sequence[tuple[float, float]],
    *,
    end: float,
    from_zero: bool = True,
) -> str:
    """Draw quantities over time, the times with current shaded.

    Parameters
    ----------
    name, title, label
        Identifier, title, and what the vertical axis shows, with its unit.
    courses
        What is drawn.
    shaded
        Beginning and end of every time with current [s].
    end
        Where the time axis ends [s].
    from_zero
        Whether the vertical axis begins at 0.
    """
    unit, factor = ("ms", 1e3) if end < 1.0 else ("s", 1.0)
    shown = [(one, *_until(piece, end)) for one in courses for piece in one.pieces]
    shown = [(one, time, values) for one, time, values in shown if time.size > 1]
    up = _axis(np.concatenate([values for _, _, values in shown] or [np.zeros(1)]), from_zero=from_zero)
    across = Scale(0.0, end * factor, _LEFT, _RIGHT)
    parts = [
        svg.rectangle(across(a * factor), _TOP, across(b * factor) - across(a * factor), _BOTTOM - _TOP, paint=_SHADE)
        for a, b in shaded
    ]
    parts.append(svg.axis_down(up, _LEFT, label, right=_RIGHT, above=18))
    parts.append(svg.axis_across(across, _BOTTOM, f"time ({unit})", count=6))
    for one, time, values in shown:
        points = [(across(factor * float(t)), up(float(v))) for t, v in zip(time, values, strict=True)]
        parts.append(svg.curve(points, paint=one.paint, width=1.8, dash=one.dash))
    marks = [(one.dash or "line", one.paint, one.label) for one in courses]
    marks = marks if len(marks) > 1 else []
    items, height = svg.legend([*marks, ("patch", _SHADE, "current on")], 4, _BOTTOM + 54, _RIGHT)
    described = " ".join(
        f"{one.label}: {one.pieces[0][1][0]:.4g} at the start, at most {max(v.max() for _, v in one.pieces):.4g}."
        for one in courses
        if one.pieces
    )
    return svg.drawing(name, title, f"{label}. {described}", _BOTTOM + 44 + height, [*parts, items])


def _until(piece: Piece, end: float) -> Piece:
    """Return a line up to a moment, which its last part is cut at."""
    time, values = piece
    kept = time < end
    last = min(end, float(time[-1]))
    if kept.all() or last <= time[0]:
        return time[kept], values[kept]
    return np.append(time[kept], last), np.append(values[kept], np.interp(last, time, values))


def _axis(values: Floats, *, from_zero: bool) -> Scale:
    low, high = float(values.min()), float(values.max())
    low = min(low, 0.0) if from_zero else low
    step = svg.round_step(max(high - low, 1e-3 * abs(high), 1e-12) / 4)
    low, high = step * float(np.floor(low / step + 1e-9)), step * float(np.ceil(high / step - 1e-9))
    return Scale(low, max(high, low + step), _BOTTOM, _TOP)


def damage_by_depth(name: str, record: PulseRecord, setup: PulseSetup) -> str:
    """Draw the damaged share of the tissue against depth for every kinetic set; empty without any damage."""
    if not any(float(np.max(one.fraction)) > 0.0 for one in record.damage):
        return ""
    z = 1e3 * 0.5 * (record.z[1:] + record.z[:-1])
    shares = {one.name: 100.0 * one.fraction for one in record.damage}
    shocked = 100.0 * record.heat_shocked
    met = np.flatnonzero(np.max([*shares.values(), shocked], axis=0) > _UNSEEN)
    end = min(
        svg.round_up(max(1.15 * float(z[met[-1]]) if met.size else 0.0, 1e3 * setup.needle.depth)), 1e3 * record.z[-1]
    )
    down = Scale(0.0, float(end), _TOP, _TOP + _DEEP)
    most = max(float(np.max(values)) for values in (*shares.values(), shocked))
    across = Scale(0.0, svg.round_up(most, 4), _LEFT, _RIGHT)
    parts = []
    for layer in painted_layers(setup):
        top, bottom = down(layer.top), down(layer.bottom)
        if bottom > top:
            parts.append(svg.rectangle(_LEFT, top, _RIGHT - _LEFT, bottom - top, paint=layer.paint, opacity=0.6))
    parts.append(svg.axis_down(down, _LEFT, "depth (mm)"))
    parts.append(svg.axis_across(across, down.end, "share of the tissue at that depth (%)", top=down.start, count=4))
    area = [(across(float(value)), down(float(depth))) for depth, value in zip(z, shocked, strict=True) if depth <= end]
    parts.append(svg.polygon([(_LEFT, area[0][1]), *area, (_LEFT, area[-1][1])], paint=_SHOCKED, opacity=0.55))
    styles = kinetic_styles([(one.name, one.collagen) for one in record.damage])
    for key, values in shares.items():
        points = [(across(float(v)), down(float(d))) for d, v in zip(z, values, strict=True) if d <= end]
        parts.append(svg.curve(points, paint=styles[key].paint, width=styles[key].width, dash=styles[key].dash))
    marks = [(styles[key].dash or "line", styles[key].paint, kinetic_label(key)) for key in shares]
    marks += [("patch", _SHOCKED, "heat-shocked, lives"), *layer_keys(setup, 0.0, float(end))]
    items, height = svg.legend(marks, 4, down.end + 54, _RIGHT)
    said = [f"{kinetic_label(key)}: at most {values.max():.3g} %." for key, values in shares.items()]
    title = "Damaged share of the tissue by depth"
    return svg.drawing(name, title, " ".join(said), down.end + 44 + height, [*parts, items])
