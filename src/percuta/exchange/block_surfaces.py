"""The surfaces of a heated block at each of its times, as the bytes of files, within bounds of their size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.engine.pulse_frames import PulseFrames
from percuta.exchange.isosurfaces import EvenPoints, Mesh, isosurface, on_even_points, packed
from percuta.results.block_piece import Piece, levels_of, set_names

MOST_POINTS = 128
"""Points along the longest side of the block, at most; they lie as far apart along the others."""

MOST_BYTES, MOST_BYTES_AT_ONCE = 12_000_000, 1_500_000
_COARSER = 0.8  # of the points along each side, where the surfaces would be too large


@dataclass(frozen=True)
class Surfaces:
    """The surfaces at one time: a file's bytes and what lies where in it; see :func:`.isosurfaces.packed`."""

    raw: bytes
    index: list[dict[str, Any]]


def surfaces_at_times(
    frames: PulseFrames, piece: Piece, tell: Callable[[float], None], most_points: int = MOST_POINTS
) -> list[Surfaces]:
    """Return the surfaces of every level at each time; coarser ones where they would be too large.

    Parameters
    ----------
    frames
        The computed pulse.
    piece
        What of it is shown.
    tell
        Told the share that is done.
    most_points
        Along the longest side of the block.
    """
    count = float(most_points)
    while True:
        points = _points(piece, int(count))
        files = []
        for place in range(len(frames.frames)):
            files.append(_surfaces(frames, place, points))
            tell((place + 1) / len(frames.frames))
        sizes = [len(one.raw) for one in files]
        if max(sizes) <= MOST_BYTES_AT_ONCE and sum(sizes) <= MOST_BYTES:
            return files
        count *= _COARSER


def _points(piece: Piece, most: int) -> EvenPoints:
    depth = (0.0, piece.bottom)
    apart = max(high - low for low, high in (*piece.block, depth)) / most
    return EvenPoints.between(piece.x, piece.y, depth, apart)


def _surfaces(frames: PulseFrames, place: int, points: EvenPoints) -> Surfaces:
    frame, sets = frames.frames[place], set_names(frames)
    meshes: dict[str, Mesh] = {}
    fields: dict[str, NDArray[np.float32]] = {}
    for level in levels_of(frames):
        field = level.field(frame, sets)
        if field.max() <= level.place:
            continue
        if level.kind not in fields:  # the surfaces of all temperatures are of one field
            fields[level.kind] = on_even_points(frames.grid, field, points)
        meshes[level.key] = isosurface(fields[level.kind], points, level.place)
    return Surfaces(*packed(meshes))
