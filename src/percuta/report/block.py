"""What a block of skin shows, as plain data: layers, needles, surfaces over time, and the same in words and tables.

Lengths are mm, times s, temperatures degC; z is the depth, 0 at the surface.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from percuta.engine.pulse_frames import PulseFrames
from percuta.report.quantities import degrees, figure
from percuta.report.wording import joined, significant
from percuta.report.zone_styles import kinetic_label
from percuta.results.block_piece import Extent, Level, Piece, extent_of, levels_of, shaft_length
from percuta.units import convert

SCHEMA = 1
LAYERS = {"epidermis": "Epidermis", "dermis": "Dermis", "subcutis": "Fat", "muscle": "Muscle"}
_THINNEST = 0.01  # mm; a layer of which less is seen is left out
_SPOT = 0.02e-3  # m; smaller zones are within the error of the cells
_SHOWN = ("t45", "t60", "collagen")  # at first; the others on demand
_FINEST = 0.001  # mm^3; less is not told apart
_NOTHING = "–"

Table = dict[str, Any]


def mm(metres: float, digits: int = 3) -> float:
    """Return a length in mm, rounded for a file of pictures."""
    return round(convert(metres, "mm"), digits + 2)


def length(metres: float) -> str:
    """Return a length in mm with two decimals."""
    return f"{convert(metres, 'mm'):.2f}"


def moment(seconds: float) -> str:
    """Return a time since the current came on, in ms below one second."""
    return "0 ms" if seconds == 0.0 else figure(seconds, "ms" if seconds < 1.0 else "s")


def layers_shown(layers: Sequence[tuple[str, float]], bottom: float) -> list[dict[str, Any]]:
    """Return the layers down to the bottom of the block.

    Parameters
    ----------
    layers
        Key and thickness [m] from the surface down; the last may be infinite.
    bottom
        Of the block [m].
    """
    shown, top = [], 0.0
    for key, thickness in layers:
        end = min(top + thickness, bottom)
        if convert(end - top, "mm") >= _THINNEST:
            shown.append({"key": key, "name": LAYERS.get(key, key), "top": mm(top), "bottom": mm(end)})
        top = end
    return shown


def layer_table(layers: Sequence[dict[str, Any]], deeper: bool) -> Table:
    """Return the layers as a table; ``deeper`` tells that the last goes on below the block."""
    rows = [
        {
            "head": one["name"],
            "cells": [f"{one['top']:.2f}", f"{one['bottom']:.2f}", f"{one['bottom'] - one['top']:.2f}"],
        }
        for one in layers
    ]
    if deeper:
        rows[-1]["cells"] = [rows[-1]["cells"][0], "goes on", _NOTHING]
    return {
        "key": "layers",
        "caption": "Layers of the skin",
        "head": "Layer",
        "columns": ["from (mm)", "to (mm)", "thick (mm)"],
        "rows": rows,
    }


def heated_block(frames: PulseFrames, piece: Piece) -> dict[str, Any]:
    """Return what is known of a heated block but its surfaces, which are added to each of its ``times``."""
    setup, levels = frames.setup, levels_of(frames)
    along_x, along_y = piece.block
    layers = layers_shown([(one.name, one.thickness) for one in setup.layers], piece.bottom)
    extents = [{level.key: extent_of(frames, frame, level) for level in levels} for frame in frames.frames]
    needle = setup.needle
    return {
        "schema": SCHEMA,
        "kind": "heated",
        "size": {"x": [mm(end) for end in along_x], "y": [mm(end) for end in along_y], "bottom": mm(piece.bottom)},
        "layers": layers,
        "needles": {
            "diameter": mm(needle.diameter),
            "taper": mm(needle.taper),
            "bare": mm(min(needle.exposed_length, shaft_length(needle.depth, needle.angle))),
            "depth": mm(needle.depth),
            "at": [[mm(one.x), mm(one.y), mm(one.lean)] for one in piece.needles],
        },
        "channels": None,
        "copies": [[mm(one.x), mm(one.y), one.sign_x, one.sign_y] for one in piece.copies],
        "mirrors": {"x": [mm(end) for end in piece.x], "y": [mm(end) for end in piece.y]},
        "levels": [_level(one) for one in levels],
        "times": [
            {
                "seconds": float(f"{frame.time:.6g}"),
                "label": moment(frame.time),
                "phase": _phase(frames, place),
                "said": _said(frames, place, levels, sizes),
            }
            for place, (frame, sizes) in enumerate(zip(frames.frames, extents, strict=True))
        ],
        "first": frames.pulse_end,
        "tables": [
            _zones_table(frames, levels, extents[frames.pulse_end]),
            _times_table(frames, levels, extents),
            layer_table(layers, piece.bottom < float(frames.grid.z[-1]) - 1e-6),
        ],
    }


def _level(level: Level) -> dict[str, Any]:
    return {"key": level.key, "kind": level.kind, "label": level_label(level), "shown": level.key in _SHOWN}


def level_label(level: Level) -> str:
    """Return what a surface is called, with its unit or its kinetic set."""
    if level.kind == "temperature":
        return f"{round(convert(level.value, 'degC'))}\u00a0°C"
    what = "Cells die" if level.kind == "cells" else "Collagen denatured"
    return f"{what} (Ω\u00a0=\u00a01, {kinetic_label(level.kinetic_set)})"


_SHORTEST = {"cells": "cells", "collagen": "collagen"}


def _short(level: Level) -> str:
    return {"cells": "Cells die", "collagen": "Collagen denatured"}.get(level.kind, level_label(level))


def _phase(frames: PulseFrames, place: int) -> str:
    if place == 0:
        return "before the current"
    if place == frames.pulse_end:
        return "end of the pulse"
    return "during the pulse" if place < frames.pulse_end else "cooling"


def _said(frames: PulseFrames, place: int, levels: Sequence[Level], sizes: dict[str, Extent]) -> str:
    """Return one moment in a few short sentences."""
    frame = frames.frames[place]
    said = [f"{moment(frame.time)}, {_phase(frames, place)}: hottest tissue {degrees(frame.tissue_peak)}."]
    warm = [one for one in levels if one.kind == "temperature" and sizes[one.key].volume > 0.0]
    said.append(f"{_reach(warm[-1], sizes)}." if warm else f"No tissue is at {level_label(levels[0])} or above.")
    for one in levels:
        if one.kind != "temperature":
            what = "Cells die" if one.kind == "cells" else "Collagen is denatured"
            there = sizes[one.key].volume > 0.0
            said.append(f"{what} {_where(sizes[one.key])}." if there else f"{what} nowhere yet.")
    return " ".join(said)


def _reach(level: Level, sizes: dict[str, Extent]) -> str:
    return f"{level_label(level)} or more {_where(sizes[level.key])}"


def _where(one: Extent) -> str:
    if min(one.width, one.height) < _SPOT:
        return f"in a spot about {length(max(one.top, 0.0) + 0.5 * one.height)} mm deep"
    wide = "joined from needle to needle" if one.joined else f"{length(one.width)} mm wide"
    return f"from {length(max(one.top, 0.0))} to {length(one.top + one.height)} mm deep, {wide}"


def _zones_table(frames: PulseFrames, levels: Sequence[Level], sizes: dict[str, Extent]) -> Table:
    rows = []
    for one in levels:
        size = sizes[one.key]
        if size.volume <= 0.0:
            rows.append({"head": _short(one), "cells": ["nowhere", _NOTHING, "0"]})
            continue
        deep = f"{length(max(size.top, 0.0))}–{length(size.top + size.height)}"
        wide = "joined" if size.joined else length(size.width)
        rows.append({"head": _short(one), "cells": [deep, wide, volume(size.volume)]})
    return {
        "key": "zones",
        "caption": f"Around one needle at the end of the pulse ({moment(frames.frames[frames.pulse_end].time)})",
        "head": "Within",
        "columns": ["depth (mm)", "width (mm)", "volume (mm³)"],
        "rows": rows,
    }


def volume(cubic_metres: float) -> str:
    """Return a volume in mm^3 to two digits and three decimals at most."""
    size = convert(cubic_metres, "mm^3")
    if 0.0 < size < 10.0 * _FINEST:
        return f"{size:.3f}" if size >= _FINEST else f"<{_FINEST}"
    return significant(size, 2) if size > 0.0 else "0"


def _times_table(frames: PulseFrames, levels: Sequence[Level], extents: Sequence[dict[str, Extent]]) -> Table:
    damage = [one for one in levels if one.kind != "temperature"]
    return {
        "key": "times",
        "caption": "Through the pulse and the cooling: hottest tissue and surface, and around one needle the volumes "
        "in which cells have died and collagen is denatured",
        "head": "Time",
        "columns": ["tissue (°C)", "surface (°C)", *(f"{_SHORTEST[one.kind]} (mm³)" for one in damage)],
        "rows": [
            {
                "head": moment(frame.time),
                "cells": [
                    _celsius(frame.tissue_peak),
                    _celsius(frame.surface_peak),
                    *(volume(sizes[one.key].volume) for one in damage),
                ],
            }
            for frame, sizes in zip(frames.frames, extents, strict=True)
        ],
    }


def _celsius(kelvin: float) -> str:
    return f"{convert(kelvin, 'degC'):.0f}" if math.isfinite(kelvin) else _NOTHING


def heated_words(
    frames: PulseFrames, piece: Piece, setting: str, place: str, spread: tuple[float, float, float], accuracy: str
) -> list[str]:
    """Return what a heated block is, in sentences.

    Parameters
    ----------
    frames, piece
        The computed pulse, and what of it is shown.
    setting
        The set depth as it was written.
    place
        The step and its zone.
    spread
        Coagulated volume around a needle in a quarter of the scenarios at most, in this one, and in three quarters at
        most [m^3].
    accuracy
        Of the computation.
    """
    array, needle = frames.setup.array, frames.setup.needle
    sets = [kinetic_label(one.name) for one in (*frames.setup.cell_kinetics, *frames.setup.collagen_kinetics)]
    low, own, high = (volume(one) for one in spread)
    said = [
        f"One pulse of {place}, set to {setting}; here the tips reach {length(needle.depth)} mm.",
        f"It coagulates {own} mm³ around a needle; half of all scenarios lie between {low} and {high} mm³.",
        f"Damage follows the rates that this scenario draws: {joined(sets)}. Other published rates give other zones.",
    ]
    if array.pattern == "pair":
        said.append("One pair of needles is shown; pairs are taken as not warming each other.")
    elif array.infinite:
        said.append("All needles are taken as inner ones of a wide array; at its edge they heat differently.")
    elif len(piece.needles) < array.rows * array.columns:
        said.append(
            f"{len(piece.needles)} of {array.rows * array.columns} needles are shown, at a corner of the array; "
            "volumes are the mean of all needles."
        )
    said.append(f"Layers are level and even; hair, glands and vessels are left out. Accuracy: {accuracy}.")
    return said
