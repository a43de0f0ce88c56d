"""Needles of patches: closed forms of the cone, and the same volumes counted point by point."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics import dissolving

LENGTH, WIDTH = 0.6e-3, 0.3e-3
TIP = np.array([0.46e-3])
WHOLE = np.array([LENGTH])
MINUTE = 60.0
HALF_HOUR = np.array([30 * MINUTE])


def test_the_cube_of_the_inserted_share_is_in_the_skin() -> None:
    assert dissolving.load_below(np.zeros(1), TIP, WHOLE)[0] == pytest.approx((0.46 / 0.6) ** 3)
    assert dissolving.load_below(np.zeros(1), WHOLE, WHOLE)[0] == pytest.approx(1.0)
    assert dissolving.load_below(TIP, TIP, WHOLE)[0] == 0.0


def test_a_load_at_the_tip_is_all_in_the_skin() -> None:
    at_tip = np.array([0.2e-3])
    assert dissolving.load_below(np.zeros(1), TIP, at_tip)[0] == pytest.approx(1.0)
    assert dissolving.load_below(np.array([0.36e-3]), TIP, at_tip)[0] == pytest.approx(0.5**3)


def test_the_volume_left_is_the_cube_of_the_time_left() -> None:
    times = np.array([0.0, 15.0, 30.0, 45.0]) * MINUTE
    assert dissolving.volume_left(times, HALF_HOUR) == pytest.approx([1.0, 0.125, 0.0, 0.0])
    given = dissolving.dissolved_below(np.zeros(4), times, TIP, WHOLE, HALF_HOUR)
    inserted = dissolving.load_below(np.zeros(1), TIP, WHOLE)
    assert given == pytest.approx(inserted * [0.0, 0.875, 1.0, 1.0])


def test_the_times_to_a_share_are_the_inverse_of_the_laws() -> None:
    soon = dissolving.time_dissolved(0.95, TIP, WHOLE, HALF_HOUR)
    assert dissolving.volume_left(soon, HALF_HOUR) == pytest.approx(0.05)
    assert soon[0] / HALF_HOUR[0] == pytest.approx(1 - 0.05 ** (1 / 3))
    late = dissolving.time_released(0.95, HALF_HOUR)
    assert late[0] / HALF_HOUR[0] == pytest.approx(np.log(20.0))
    inserted = dissolving.load_below(np.zeros(1), TIP, WHOLE)
    assert dissolving.released_below(np.zeros(1), late, TIP, WHOLE, HALF_HOUR) == pytest.approx(0.95 * inserted)


@pytest.mark.parametrize("loaded", [0.1e-3, 0.3e-3, 0.46e-3, LENGTH])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_the_time_to_a_share_counts_where_the_load_is(loaded: float, share: float) -> None:
    needle = (TIP, np.array([loaded]), HALF_HOUR)
    taken = dissolving.time_dissolved(share, *needle)
    inserted = dissolving.load_below(np.zeros(1), TIP, np.array([loaded]))
    assert dissolving.dissolved_below(np.zeros(1), taken, *needle) == pytest.approx(share * inserted)


def test_a_load_in_the_last_tenth_of_a_millimetre_is_out_before_the_needle_is_gone() -> None:
    tip, at_tip = np.array([0.39e-3]), np.array([0.1e-3])
    [taken] = dissolving.time_dissolved(0.95, tip, at_tip, HALF_HOUR)
    assert taken / MINUTE == pytest.approx(4.86, abs=0.01)  # 30 (0.1 / 0.39) (1 - 0.05^(1/3))


@pytest.mark.parametrize("loaded", [0.1e-3, 0.3e-3, LENGTH])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 1.0])
def test_layers_add_up_to_what_is_given_up(loaded: float, share: float) -> None:
    faces = np.array([0.0, 0.08e-3, 0.25e-3, 1.2e-3, np.inf])
    of_the_needle = (TIP, np.array([loaded]), HALF_HOUR)
    for law in (dissolving.dissolved_below, dissolving.released_below):
        below = law(faces, share * HALF_HOUR, *of_the_needle)
        assert (np.diff(below) <= 0.0).all()
        assert -np.diff(below).sum() == pytest.approx(below[0], rel=1e-15, abs=1e-16)


def test_the_shares_are_those_of_points_in_a_cone() -> None:
    """A receding surface, counted: points of the cone whose distance from its side is below what has gone."""
    rng = np.random.default_rng(7)
    height = TIP[0] * rng.random(400_000) ** (1 / 3)  # above the tip, evenly through the inserted cone
    slope = 0.5 * WIDTH / LENGTH
    radius = slope * height * np.sqrt(rng.random(height.size))
    depth, lost = TIP[0] - height, 0.4
    base = slope * TIP[0] / np.hypot(1.0, slope)  # a layer this thick takes the inserted cone away
    gone = (slope * height - radius) / np.hypot(1.0, slope) < lost * base
    inserted = dissolving.load_below(np.zeros(1), TIP, WHOLE)[0]
    for top, bottom in ((0.0, 0.1e-3), (0.1e-3, 0.3e-3), (0.3e-3, 0.46e-3)):
        counted = inserted * np.mean(gone & (depth >= top) & (depth < bottom))
        faces = np.array([top, bottom])
        below = dissolving.dissolved_below(faces, lost * HALF_HOUR, TIP, WHOLE, HALF_HOUR)
        assert below[0] - below[1] == pytest.approx(counted, rel=0.02)


def test_the_deep_part_dissolves_before_the_shallow_one() -> None:
    faces = np.array([0.0, 0.23e-3])
    at_half = dissolving.dissolved_below(faces, 0.5 * HALF_HOUR, TIP, WHOLE, HALF_HOUR)
    whole = dissolving.load_below(faces, TIP, WHOLE)
    assert at_half[1] == pytest.approx(whole[1])  # the tip has withdrawn to half of its depth
    assert at_half[0] < whole[0]
