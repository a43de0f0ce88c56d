"""Punctures placed one by one at random: the covered fraction counted, to judge the closed form.

Each puncture is a disc of the needle's diameter swept along a straight line (a stadium): a needle that moves
by ``smear`` while it is in the skin. Centres are uniform and directions isotropic in a periodic square. Test
points are uniform and independent of the punctures; the share of points inside any puncture estimates the
covered fraction, of which :mod:`percuta.physics.puncture` states the expectation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import compiled

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoveredFraction:
    """Covered fraction over independent squares: mean and standard error of the mean."""

    mean: float
    standard_error: float


def placed_coverage(
    density: float,
    diameter: float,
    smear: float,
    *,
    needles: int = 2000,
    points: int = 2000,
    squares: int = 64,
    seed: int = 0,
) -> CoveredFraction:
    """Place punctures and count what they cover.

    Parameters
    ----------
    density
        Punctures per area [1/m^2].
    diameter, smear
        Diameter of the puncture and its sideways movement [m].
    needles
        Mean number of punctures in one square; the number itself is Poisson distributed.
    points
        Test points in one square.
    squares
        Independent repetitions, over which the standard error is taken.
    seed
        Seed of the random numbers.
    """
    rng = np.random.default_rng(seed)
    side = float(np.sqrt(needles / density))
    shares = np.empty(squares)
    for square in range(squares):
        count = rng.poisson(needles)
        centres = rng.uniform(0.0, side, (count, 2))
        angles = rng.uniform(0.0, np.pi, count)
        tests = rng.uniform(0.0, side, (points, 2))
        shares[square] = covered_points(tests, centres, angles, 0.5 * diameter, 0.5 * smear, side) / points
    return CoveredFraction(float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(squares)))


@compiled
def covered_points(points: Floats, centres: Floats, angles: Floats, radius: float, half: float, side: float) -> int:
    """Count the points that lie in any stadium; distances are taken to the nearest periodic image."""
    along_x, along_y = np.cos(angles), np.sin(angles)
    covered = 0
    for i in range(points.shape[0]):
        for j in range(centres.shape[0]):
            x = points[i, 0] - centres[j, 0]
            y = points[i, 1] - centres[j, 1]
            x -= side * np.round(x / side)
            y -= side * np.round(y / side)
            along = min(max(x * along_x[j] + y * along_y[j], -half), half)
            if (x - along * along_x[j]) ** 2 + (y - along * along_y[j]) ** 2 <= radius * radius:
                covered += 1
                break
    return covered
