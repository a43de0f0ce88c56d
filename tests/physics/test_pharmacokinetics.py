"""Plasma course of one compartment; the closed form stands with the verification cases."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics.pharmacokinetics import plasma_course


def test_a_steady_intake_ends_at_rate_over_clearance() -> None:
    time = np.linspace(0.0, 48 * 3600.0, 200)
    found = plasma_course(time, 2e-9 * time[None], np.array([0.09]), np.array([1.1e-5]))
    assert found[0, -1] == pytest.approx(2e-9 / 1.1e-5, rel=1e-6)


def test_what_comes_in_is_what_was_cleared_and_what_is_left() -> None:
    time = np.linspace(0.0, 20 * 3600.0, 4001)
    absorbed = 1e-5 * (1.0 - np.exp(-time / 7200.0))[None]
    plasma = plasma_course(time, absorbed, np.array([0.09]), np.array([1.1e-5]))[0]
    cleared = 1.1e-5 * np.trapezoid(plasma, time)
    assert cleared + 0.09 * plasma[-1] == pytest.approx(absorbed[0, -1], rel=1e-5)
