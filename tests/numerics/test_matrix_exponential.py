"""The exponential of small matrices against scipy, and at closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from percuta.numerics.matrix_exponential import small_expm


@pytest.mark.parametrize("size", [0.0, 1e-8, 0.01, 0.3, 1.0, 7.0, 40.0])
def test_random_matrices_against_scipy(size: float) -> None:
    matrices = size * np.random.default_rng(3).uniform(-1.0, 1.0, (5, 7, 7))
    expected = expm(matrices)
    scale = np.abs(expected).max(axis=(1, 2), keepdims=True)
    assert np.abs((small_expm(matrices) - expected) / scale).max() < 1e-12


def test_decay_and_equal_rates() -> None:
    rate = 0.3
    matrix = np.array([[[-rate, 0.0], [rate, -rate]]])
    assert small_expm(matrix)[0] == pytest.approx(np.exp(-rate) * np.array([[1.0, 0.0], [rate, 1.0]]), rel=1e-15)
