"""Block depth and the pain that it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics.anaesthesia import block_depth, pain_left

DEPTH = np.tile(np.linspace(0.1e-3, 10e-3, 100), (2, 1))


def test_the_depth_of_an_exponential_fall_is_exact() -> None:
    effect = 50.0 * np.exp(-DEPTH / np.array([[0.8e-3], [1.3e-3]]))
    assert block_depth(DEPTH, effect) == pytest.approx(np.log(50.0) * np.array([0.8e-3, 1.3e-3]), rel=1e-9)


def test_a_gap_ends_the_block() -> None:
    effect = np.full((2, 100), 3.0)
    effect[:, 10] = 0.5
    found = block_depth(DEPTH, effect)
    assert (found > DEPTH[:, 9]).all()
    assert (found < DEPTH[:, 10]).all()


def test_nothing_blocked_and_all_blocked() -> None:
    assert block_depth(DEPTH, np.full((2, 100), 0.2)) == pytest.approx(np.zeros(2))
    assert block_depth(DEPTH, np.full((2, 100), 2.0)) == pytest.approx(DEPTH[:, -1])


def test_a_course_in_time_has_a_depth_at_each_time() -> None:
    effect = np.stack([np.exp(-DEPTH / 1e-3) * level for level in (0.5, 10.0, 100.0)], axis=1)
    found = block_depth(DEPTH, effect)
    assert found.shape == (2, 3)
    assert found[:, 1] == pytest.approx(np.log(10.0) * 1e-3, rel=1e-9)


def test_pain_below_the_block_is_what_is_left() -> None:
    one = np.ones(3)
    left = pain_left(np.array([0.0, 0.5e-3, 2e-3]), 1e-3 * one, 1.77 * one)
    assert left == pytest.approx([1.0, 1.0 - 0.5**1.77, 0.0])
