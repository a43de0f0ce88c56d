"""Channels drawn one by one: where needles go in by chance, and how deep each comes, as one scenario has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from percuta.physics.puncture import Tracks

Floats = NDArray[np.float64]

SIDE = 3e-3
"""Side of the square of skin that is shown [m]."""

MOST = 400
"""Channels that are drawn at most."""

_SEED = 20_260


@dataclass(frozen=True)
class DrawnChannels:
    """Channels in a square of skin about the origin.

    Attributes
    ----------
    side
        Of the square [m].
    x, y, depth : (n,)
        Where each goes in, and how deep it comes [m].
    share
        Share of the channels in the square that is drawn, 1 unless there are too many.
    """

    side: float
    x: Floats
    y: Floats
    depth: Floats
    share: float


def drawn_channels(tracks: list[Tracks], scenario: int, side: float = SIDE, most: int = MOST) -> DrawnChannels:
    """Draw the channels of one scenario.

    Places are uniform and independent, as the punctured fraction assumes; depths follow the normal law of each step,
    cut off at the surface. The draw is the same each time.

    Parameters
    ----------
    tracks
        The steps that act on the zone.
    scenario
        Row of the tracks.
    side
        Of the square [m].
    most
        Channels that are drawn at most; where there would be more, each step keeps the same share.
    """
    random = np.random.default_rng(_SEED)
    expected = [float(one.density[scenario]) * side**2 for one in tracks]
    share = min(1.0, most / max(sum(expected), 1e-30))
    parts = [
        _of_one(random, one, scenario, round(share * count), side) for one, count in zip(tracks, expected, strict=True)
    ]
    x, y, depth = np.concatenate(parts, axis=1)
    return DrawnChannels(side, x, y, depth, share)


def _of_one(random: np.random.Generator, tracks: Tracks, scenario: int, count: int, side: float) -> Floats:
    """Return x, y and depth of the channels of one step, (3, n)."""
    mean, scatter = float(tracks.mean_depth[scenario]), float(tracks.scatter[scenario])
    x, y = random.uniform(-0.5 * side, 0.5 * side, (2, count))
    least = special.ndtr(-mean / scatter) if scatter > 0.0 else 0.0
    depth = mean + scatter * special.ndtri(least + (1.0 - least) * random.uniform(0.0, 1.0, count))
    return np.stack([x, y, depth])
