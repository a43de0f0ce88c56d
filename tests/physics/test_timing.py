"""Needling time and appearance: short formulas, pinned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics.appearance import relative_change
from percuta.physics.timing import needling_time


def test_time_of_four_passes_over_a_cheek() -> None:
    # 4 x 76 cm^2 at 2 cm/s and 0.8 cm is 190 s of contact, 380 s at a contact share of one half
    found = needling_time(76e-4, 4, np.array([0.02]), np.array([0.008]), np.array([0.5]))
    assert found == pytest.approx(380.0)


def test_change_is_zero_for_untreated_and_for_exponent_zero() -> None:
    collagen, untreated = np.array([0.8, 1.2]), np.array([0.8, 0.8])
    assert relative_change(collagen, untreated, np.array([2.0, 0.0])).tolist() == [0.0, 0.0]
    assert relative_change(collagen, untreated, np.ones(2)) == pytest.approx([0.0, 0.5])
