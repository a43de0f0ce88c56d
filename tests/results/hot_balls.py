"""A followed pulse that is not computed: a warm ball about the tip of every needle."""

from __future__ import annotations

import numpy as np

from percuta.engine.pulse_frames import Frame, PulseFrames
from percuta.engine.pulse_setups import layout_of, setups_of
from percuta.physics.pulse import cells_of, fineness_of
from percuta.physics.zones import ZoneGrid
from percuta.results.block_piece import Piece, shown_piece

from ..engine.pulsed import bench_of, skin_of

RADIUS = 0.25e-3  # m, of the hot ball about every tip


def hot_balls(*changes: tuple[str, str], radius: float = RADIUS) -> tuple[PulseFrames, Piece]:
    """Return a pulse that is not computed: 60 degC on a ball about the tip of every needle, more and damage within."""
    bench = bench_of(*changes)
    step = bench.plan.rf_pulses[0]
    setup = setups_of(bench, step, step.depths[0].si, "cheeks", skin_of(bench)["cheeks"])[0]
    cells = cells_of(setup, fineness_of(setup, "draft"))
    needles = np.stack([cells.needle_x, cells.needle_y], axis=1)
    x, y, z = (0.5 * (edges[1:] + edges[:-1]) for edges in (cells.x, cells.y, cells.z))
    lean = 0.0 if setup.array.pattern != "pair" else setup.needle.depth / np.tan(setup.needle.angle)
    away = np.min(
        [
            np.sqrt((x[:, None, None] - a) ** 2 + (y[:, None] - b - lean) ** 2 + (z - setup.needle.depth) ** 2)
            for a, b in needles
        ],
        axis=0,
    )
    warm = (333.15 + (radius**2 - away**2) * 8e7).clip(307.15).astype(np.float32)
    none = np.full((2, *warm.shape), -np.inf, np.float32)
    damaged = np.stack([((0.8 * radius) ** 2 - away**2) * 1e8] * 2).astype(np.float32)
    cold = Frame(0.0, np.full(warm.shape, 307.15, np.float32), none, 307.15, 307.15)
    share = np.ones(warm.shape, np.float32)  # as if the needles were tissue, so that balls are whole
    grid = ZoneGrid(cells.x, cells.y, cells.z, share, cells.mirrored)
    frames = PulseFrames(setup, grid, cells.copies, needles, (cold, Frame(0.1, warm, damaged, 340.0, 307.15)), 1)
    layout = layout_of(bench)
    return frames, shown_piece(frames, layout.rows, layout.columns)
