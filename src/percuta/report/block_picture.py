"""A still picture of a block of skin: cut open through a row of needles, seen from above at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.engine.pulse_frames import PulseFrames
from percuta.exchange.isosurfaces import EvenPoints, on_even_points
from percuta.numerics.marching_squares import closed_lines
from percuta.report import svg
from percuta.results.block_piece import Piece, levels_of, set_names
from percuta.units import convert

Floats = NDArray[np.float64]
Line = list[tuple[float, float]]

PAINTS = {
    "t45": "#d9a441",
    "t60": "#d5742f",
    "t80": "#bf4a2b",
    "t99": "#8f1f2d",
    "cells": "cell",
    "collagen": "collagen",
}
ENDS = {"in-epidermis": "untreated", "in-dermis": "treated", "in-fat": "open"}
_LAYERS = {"epidermis": "epidermis", "dermis": "dermis", "subcutis": "below", "muscle": "#e6bdb6"}
_LEFT, _RIGHT, _TOP = 40.0, 350.0, 12.0
_TALLEST = 240.0
_SLANT = (0.38, 0.26)  # how far a mm behind goes to the right and up, in mm
_HEAD = 0.35  # mm of needle above the skin
_POINTS = 160
_DASH = "5 2"
_SLICE = 0.4  # mm behind the cut whose channels are drawn


@dataclass(frozen=True)
class Cut:
    """The upright plane that the picture is cut along, and what is seen in it [mm].

    Attributes
    ----------
    along
        0 where the plane runs along x, 1 along y.
    place
        Where it lies on the other axis.
    lines
        By level, the closed lines of its surface, places along the plane and depths.
    """

    along: int
    place: float
    lines: dict[str, list[Line]]


def cut_through(frames: PulseFrames, piece: Piece) -> Cut:
    """Return the plane through the hottest needles at the end of the pulse; inclined ones are cut along one of them."""
    along = 1 if any(one.lean for one in piece.needles) else 0
    across = 1 - along
    ends = (piece.x, piece.y)
    frame = frames.frames[frames.pulse_end]
    edges = frames.grid.edges[across]
    hottest = np.unravel_index(int(frame.temperature.argmax()), frame.temperature.shape)[across]
    own = min(
        map(float, frames.needles[:, across]), key=lambda row: abs(row - 0.5 * (edges[hottest] + edges[hottest + 1]))
    )
    places, depths = np.linspace(*ends[along], _POINTS), np.linspace(0.0, piece.bottom, _POINTS)
    plane = np.array([own, own])
    points = EvenPoints(places, plane, depths) if along == 0 else EvenPoints(plane, places, depths)
    copies = [(one.x, one.sign_x, one.y, one.sign_y) for one in piece.copies]
    moved = [(one[2 * along], one[2 * along + 1], one[2 * across] + one[2 * across + 1] * own) for one in copies]
    middle = min((row for _, _, row in moved), key=lambda row: (round(abs(row), 9), row))
    seen = sorted({(shift, sign) for shift, sign, row in moved if abs(row - middle) < 1e-9})
    lines = {}
    for level in levels_of(frames):
        values = on_even_points(frames.grid, level.field(frame, set_names(frames)), points)
        found = closed_lines(places, depths, np.take(values, 0, axis=across).astype(np.float64) - level.place)
        lines[level.key] = [
            [(convert(shift + sign * x, "mm"), convert(z, "mm")) for x, z in line]
            for line in found
            for shift, sign in seen
        ]
    return Cut(along, convert(middle, "mm"), lines)


def block_picture(block: dict[str, Any], cut: Cut | None, title: str) -> str:
    """Return the picture as an ``svg`` element.

    Parameters
    ----------
    block
        What the block is; see :mod:`percuta.report.block`.
    cut
        The plane that it is cut along where it is heated; channels are cut through the middle.
    title
        What is shown.
    """
    along = cut.along if cut else 0
    ends, back = ("x", "y") if along == 0 else ("y", "x")
    left, right = block["size"][ends]
    behind = block["size"][back][1] - (cut.place if cut else 0.0)
    head = _HEAD if block["needles"] else 0.0
    per_mm = min(
        (_RIGHT - _LEFT) / (right - left + _SLANT[0] * behind),
        _TALLEST / (block["size"]["bottom"] + _SLANT[1] * behind + head),
    )
    view = _View(per_mm, left, _TOP + per_mm * (head + _SLANT[1] * behind))
    shown = view.block(block, right, behind)
    if cut:
        low, floor = view.at(left, block["size"]["bottom"])
        inside = [*_heat(view, block, cut), *_needles(view, block, cut)]
        shown.append(svg.window(low, 0.0, view.at(right, 0.0, behind)[0] - low, floor, inside))
        marks = {"temperature": "line", "cells": _DASH, "collagen": _DASH}
        keys = [(marks[one["kind"]], PAINTS[one["key"]], one["label"]) for one in block["levels"]]
    else:
        shown += _channels(view, block)
        keys = [("line", ENDS[one["key"]], one["label"]) for one in block["levels"]]
    depth = svg.Scale(0.0, block["size"]["bottom"], view.surface, view.at(left, block["size"]["bottom"])[1])
    shown.append(svg.axis_down(depth, _LEFT, "depth (mm)", above=view.surface - _TOP))
    layers = [("patch", _LAYERS.get(one["key"], "dermis"), one["name"]) for one in block["layers"]]
    base = depth.end + 22
    legend, height = svg.legend([*layers, *keys], 4, base, _RIGHT)
    said = block["times"][block["first"]]["said"] if block["times"] else " ".join(block["about"])
    return svg.drawing("block-still", title, said, base + height, [*shown, legend])


@dataclass(frozen=True)
class _View:
    """From places in the block [mm] to the drawing."""

    per_mm: float
    left: float
    surface: float

    def at(self, across: float, depth: float, behind: float = 0.0) -> tuple[float, float]:
        """Return where a point is drawn."""
        x = _LEFT + self.per_mm * (across - self.left + _SLANT[0] * behind)
        return x, self.surface + self.per_mm * (depth - _SLANT[1] * behind)

    def block(self, block: dict[str, Any], right: float, behind: float) -> list[str]:
        """Return the layers in front and at the right, and the surface."""
        parts = []
        for one in block["layers"]:
            paint, top, bottom = _LAYERS.get(one["key"], "dermis"), one["top"], one["bottom"]
            front = [self.at(self.left, top), self.at(right, top), self.at(right, bottom), self.at(self.left, bottom)]
            side = [
                self.at(right, top),
                self.at(right, top, behind),
                self.at(right, bottom, behind),
                self.at(right, bottom),
            ]
            parts += [
                svg.polygon(front, paint=paint),
                svg.polygon(side, paint=paint),
                svg.polygon(side, paint="#1d2b34", opacity=0.14),
            ]
        lid = [
            self.at(self.left, 0.0),
            self.at(right, 0.0),
            self.at(right, 0.0, behind),
            self.at(self.left, 0.0, behind),
        ]
        return [*parts, svg.polygon(lid, paint="epidermis"), svg.polygon(lid, paint="#ffffff", opacity=0.35)]


def _heat(view: _View, block: dict[str, Any], cut: Cut) -> list[str]:
    parts = []
    for one in block["levels"]:
        lines = [[view.at(x, z) for x, z in line] for line in cut.lines.get(one["key"], [])]
        fill, dash = (0.16, "") if one["kind"] == "temperature" else (0.0, _DASH)
        parts.append(svg.region(lines, paint=PAINTS[one["key"]], fill=fill, width=1.6, dash=dash))
    return parts


def _needles(view: _View, block: dict[str, Any], cut: Cut) -> list[str]:
    """Return the needles that stand in the plane, and dots where those behind go in."""
    shape, parts = block["needles"], []
    for x, y, lean in shape["at"]:
        place, row = (x, y) if cut.along == 0 else (y, x)
        if row > cut.place + 1e-3:
            parts.append(svg.dot(*view.at(place, 0.0, row - cut.place), paint="metal", radius=2.2))
        if abs(row - cut.place) > 1e-3:
            continue
        slope = lean / shape["depth"] if cut.along == 1 else 0.0
        bare = shape["depth"] - shape["bare"] / float(np.hypot(1.0, slope))
        for paint, top, bottom in (("insulation", -_HEAD, bare), ("metal", max(bare, -_HEAD), shape["depth"])):
            outline = [
                view.at(place + slope * depth + side * _half(shape, shape["depth"] - depth), depth)
                for side, depths in ((-1.0, (top, bottom)), (1.0, (bottom, top)))
                for depth in _stops(shape, depths)
            ]
            if bottom > top:
                parts.append(svg.polygon(outline, paint=paint, edge="ink"))
    return parts


def _half(shape: dict[str, Any], above_tip: float) -> float:
    """Return half the width of a needle at some distance above its tip."""
    narrow = min(above_tip / shape["taper"], 1.0) if shape["taper"] > 0.0 else 1.0
    return float(0.5 * shape["diameter"] * narrow)


def _stops(shape: dict[str, Any], depths: tuple[float, float]) -> Sequence[float]:
    """Return the depths at which the outline of a needle turns, between and with two of them."""
    shoulder = shape["depth"] - shape["taper"]
    return (depths[0], shoulder, depths[1]) if min(depths) < shoulder < max(depths) else depths


def _channels(view: _View, block: dict[str, Any]) -> list[str]:
    """Return where channels of the rear half go in, and how deep those come that lie close behind the cut."""
    parts = []
    rows = sorted(zip(block["channels"]["at"], block["channels"]["ends"], strict=True), key=lambda row: -row[0][1])
    diameter = block["channels"]["diameter"]
    for (x, y, depth), end in rows:
        if y < 0.0:
            continue
        top, tip = view.at(x, 0.0, y), view.at(x, depth, y)
        if y <= _SLICE:
            parts.append(svg.line(*top, *tip, paint=ENDS[end], width=max(0.8 * diameter * view.per_mm, 0.9)))
        parts.append(svg.dot(*top, paint=ENDS[end], radius=max(0.4 * diameter * view.per_mm, 0.7)))
    return parts
