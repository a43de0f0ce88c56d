"""The closed form of the covered fraction against punctures that are placed one by one."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics.placed_punctures import placed_coverage


@pytest.mark.parametrize(("density", "smear"), [(2.5e6, 0.0), (1.0e7, 0.0), (2.5e6, 0.2e-3), (8.0e6, 0.5e-3)])
def test_covered_fraction_within_its_standard_error(density: float, smear: float) -> None:
    diameter = 0.25e-3
    expected = 1.0 - np.exp(-density * (0.25 * np.pi * diameter**2 + diameter * smear))
    runs = [placed_coverage(density, diameter, smear, squares=24, seed=seed) for seed in range(8)]
    scores = np.array([(run.mean - expected) / run.standard_error for run in runs])
    assert max(run.standard_error for run in runs) < 0.006
    assert abs(scores.mean()) < 3.0 / np.sqrt(scores.size)  # eight runs leave no room for a small bias


def test_same_seed_same_count() -> None:
    one, two = (placed_coverage(2.5e6, 0.25e-3, 0.1e-3, squares=4, seed=3) for _ in range(2))
    assert one == two
