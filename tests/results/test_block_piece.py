"""The block that is shown: copies of the computed piece that together are the device, and a typical scenario."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from percuta.engine.pulse_frames import PulseFrames
from percuta.exchange.block_surfaces import surfaces_at_times
from percuta.exchange.isosurfaces import Mesh
from percuta.physics.puncture import Tracks
from percuta.results.block_piece import Piece, extent_of, levels_of, shown_piece
from percuta.results.drawn_channels import drawn_channels
from percuta.results.typical import typical_scenario

from ..engine.pulsed import MONOPOLAR, PAIRS
from .hot_balls import RADIUS, hot_balls


def meshes(frames: PulseFrames, piece: Piece) -> dict[str, Mesh]:
    """Return the surfaces at the end of the pulse [m]."""
    end = surfaces_at_times(frames, piece, lambda share: None, 96)[1]
    return {
        one["level"]: Mesh(
            np.frombuffer(end.raw, "<f4", 3 * one["vertices"], one["vertices_at"]).reshape(-1, 3) * np.float32(1e-3),
            np.frombuffer(end.raw, "<u4", 3 * one["triangles"], one["triangles_at"]).reshape(-1, 3),
        )
        for one in end.index
    }


@pytest.mark.parametrize(
    ("changes", "needles", "balls", "pitches", "radius"),
    [
        ((), 9, 9.0, (3.0, 3.0), RADIUS),
        (MONOPOLAR, 9, 2.5**2, (2.5, 2.5), RADIUS),  # the planes of symmetry halve those that stand on them
        (PAIRS, 2, 2.0, (2.0, None), 2.2 * RADIUS),
    ],
    ids=["without edges", "corner", "pair"],
)
def test_copies_of_the_piece_hold_one_ball_for_every_needle(
    changes: tuple[tuple[str, str], ...], needles: int, balls: float, pitches: tuple[float, float | None], radius: float
) -> None:
    frames, piece = hot_balls(*changes, radius=radius)  # cells of inclined needles are long
    assert len(piece.needles) == needles
    volume = meshes(frames, piece)["t60"].volume * len(piece.copies)
    assert volume == pytest.approx(balls * 4.0 / 3.0 * pi * radius**3, rel=0.1)
    for (low, high), asked in zip(piece.block, pitches, strict=True):
        if asked is not None:
            assert high - low == pytest.approx(asked * frames.setup.array.pitch, rel=1e-6)
            assert low == pytest.approx(-high if len(piece.copies) > 1 else 0.0)


def test_small_finite_array_is_shown_whole() -> None:
    frames, _ = hot_balls(*MONOPOLAR)
    pitch = frames.setup.array.pitch
    small = replace(frames, needles=np.array([[0.5 * pitch, 0.0], [0.5 * pitch, pitch]]))  # of two by three
    piece = shown_piece(small, 2, 3)
    assert len(piece.needles) == 6
    assert [(high - low) / pitch for low, high in piece.block] == pytest.approx([2.0, 3.0])


def test_extent_of_a_ball_is_its_diameter_about_the_tip() -> None:
    frames, _ = hot_balls()
    level = levels_of(frames)[1]
    found = extent_of(frames, frames.frames[1], level)
    assert found.width == pytest.approx(2.0 * RADIUS, rel=0.1)
    assert found.height == pytest.approx(2.0 * RADIUS, rel=0.1)
    assert found.top == pytest.approx(frames.setup.needle.depth - RADIUS, rel=0.05)
    assert found.volume == pytest.approx(4.0 / 3.0 * pi * RADIUS**3, rel=0.1)
    assert not found.joined
    assert extent_of(frames, frames.frames[0], level).volume == 0.0


def test_block_reaches_below_tip_dermis_and_warm_tissue() -> None:
    frames, piece = hot_balls()
    dermis = sum(layer.thickness for layer in frames.setup.layers[:2])
    assert piece.bottom > max(dermis, frames.setup.needle.depth + RADIUS)
    assert piece.bottom <= frames.grid.z[-1]


def test_surfaces_of_a_moment_stay_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, piece = hot_balls()
    whole = surfaces_at_times(frames, piece, lambda share: None)
    largest = max(len(one.raw) for one in whole)
    monkeypatch.setattr("percuta.exchange.block_surfaces.MOST_BYTES_AT_ONCE", largest // 2)
    coarser = surfaces_at_times(frames, piece, lambda share: None)
    assert 0 < max(len(one.raw) for one in coarser) <= largest // 2
    assert coarser[0].index == []


def test_typical_scenario_is_in_the_middle_of_everything() -> None:
    rising, random = np.arange(33.0), np.random.default_rng(1)
    assert typical_scenario([rising]) == 16
    assert typical_scenario([rising, -rising]) == 16
    mixed = random.permutation(rising)
    found = typical_scenario([rising, mixed])
    away = np.maximum(abs(rising - 16), abs(mixed - 16))
    assert away[found] == away.min()
    assert typical_scenario([np.zeros(33), rising]) == 16  # all alike says nothing


class TestChannels:
    """Channels one by one."""

    def test_number_follows_the_density_and_the_side(self) -> None:
        tracks = _tracks(1e7, 0.8e-3)
        assert drawn_channels([tracks], 0).x.size == 90  # 10 a mm2 on 9 mm2
        assert drawn_channels([tracks], 0, side=2e-3).x.size == 40
        assert drawn_channels([tracks, tracks], 0).x.size == 180

    def test_depths_follow_the_scatter_and_never_leave_the_skin(self) -> None:
        drawn = drawn_channels([_tracks(4e8, 0.2e-3, 0.2e-3)], 0, most=4000)
        assert drawn.depth.min() > 0.0
        assert np.median(drawn.depth) == pytest.approx(0.2e-3 + 0.2e-3 * 0.2, rel=0.1)  # of the normal cut off at 0
        assert np.abs(drawn.x).max() <= 1.5e-3
        assert abs(float(drawn.x.mean())) < 0.05e-3

    def test_too_many_are_thinned_and_the_share_is_told(self) -> None:
        drawn = drawn_channels([_tracks(1e8, 1e-3)], 0, most=300)
        assert drawn.x.size == 300
        assert drawn.share == pytest.approx(300 / 900)

    def test_the_draw_repeats(self) -> None:
        one, two = (drawn_channels([_tracks(1e7, 1e-3)], 0) for _ in range(2))
        assert np.array_equal(one.depth, two.depth)


def _tracks(density: float, mean: float, scatter: float = 0.1e-3) -> Tracks:
    row = np.ones(1)
    return Tracks(density * row, mean * row, scatter * row, 0.2e-3 * row, 0.1e-3 * row, 0.0 * row, None, row)
