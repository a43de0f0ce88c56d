r"""Conical needles that dissolve in the skin, or let a drug out of their pores while they stay whole.

A needle is a cone of length :math:`L` whose load fills it evenly from the tip up to a loaded length :math:`l \le L`.
Pressed in until the tip is at depth :math:`D`, the load that lies deeper than :math:`z` is, as a share of the whole,

.. math:: F(z, D) = \left(\frac{D - \max(z, D - l, 0)}{l}\right)_+^3 ,

since cones of the same angle are alike. Only what lies in the skin is given up:

- **dissolving**: the surface recedes at constant speed. A cone that loses the same thickness all over its side is the
  same cone shifted towards the base, so that the tip withdraws evenly, :math:`D (1 - t/T)`, and the volume left is
  :math:`(1 - t/T)^3` of the inserted one, with the dissolution time :math:`T` of the inserted part. A load that
  lies nearer to the tip goes sooner: a share :math:`p` of it is out after :math:`T (l/D) (1 - (1 - p)^{1/3})`, where
  :math:`l \le D`;
- **porous**: the drug diffuses out of the pores of a needle that stays whole, in first order with the time constant
  :math:`\tau`: the share :math:`1 - \exp(-t/\tau)`, at every depth alike.

What is given up between two depths is a difference of the closed form above, so that the parts add up to the whole.
It is counted where it leaves the needle; where it goes from there is not part of this picture. The drug is taken to
be spread evenly through the loaded part, and the needle to be neither bent nor broken off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def volume_left(time: Floats, dissolution_time: Floats) -> Floats:
    """Return the share of the inserted volume of a dissolving needle that is left.

    Parameters
    ----------
    time, dissolution_time
        Time in the skin and time until nothing is left [s]; broadcast against each other.
    """
    return np.asarray(np.clip(1.0 - time / dissolution_time, 0.0, 1.0) ** 3)


def time_dissolved(share: float, tip: Floats, loaded_length: Floats, dissolution_time: Floats) -> Floats:
    """Return when a share of the load that a dissolving needle holds in the skin is out [s].

    The inverse of :func:`dissolved_below`. A load at the tip alone is out before the needle is gone.

    Parameters
    ----------
    share
        Of the load in the skin; 0 to 1.
    tip, loaded_length, dissolution_time
        Of the needle as it was pressed in [m, m, s].
    """
    loaded = np.minimum(loaded_length, tip) / tip
    return np.asarray(dissolution_time * loaded * (1.0 - (1.0 - share) ** (1.0 / 3.0)))


def time_released(share: float, release_time: Floats) -> Floats:
    """Return when a share of what a porous needle holds in the skin is out [s]; the inverse of the law."""
    return np.asarray(-release_time * np.log1p(-share))


def load_below(depth: Floats, tip: Floats, loaded_length: Floats) -> Floats:
    """Return the share of a needle's load that lies deeper than a depth.

    Parameters
    ----------
    depth
        Depth below the surface [m], 0 for all that is in the skin.
    tip
        Depth of the tip [m]; nothing below zero.
    loaded_length
        How far from the tip up the needle is loaded [m].
    """
    top = np.maximum(np.maximum(depth, tip - loaded_length), 0.0)
    return np.asarray((np.maximum(tip - top, 0.0) / loaded_length) ** 3)


def dissolved_below(
    depth: Floats, time: Floats, tip: Floats, loaded_length: Floats, dissolution_time: Floats
) -> Floats:
    """Return the share of the load that a dissolving needle has given up deeper than a depth.

    Parameters
    ----------
    depth, time
        Depth below the surface [m] and time in the skin [s].
    tip, loaded_length, dissolution_time
        Of the needle as it was pressed in [m, m, s].
    """
    left = np.clip(1.0 - time / dissolution_time, 0.0, 1.0)
    loaded_from = np.maximum(tip - loaded_length, 0.0)  # the load above it was never there
    remaining = np.maximum(tip * left - np.maximum(depth, loaded_from), 0.0) / loaded_length
    return np.asarray(load_below(depth, tip, loaded_length) - remaining**3)


def released_below(depth: Floats, time: Floats, tip: Floats, loaded_length: Floats, release_time: Floats) -> Floats:
    """Return the share of the load that a porous needle has given up deeper than a depth.

    Parameters
    ----------
    depth, time
        Depth below the surface [m] and time in the skin [s].
    tip, loaded_length, release_time
        Of the needle [m, m, s].
    """
    return np.asarray(-np.expm1(-time / release_time) * load_below(depth, tip, loaded_length))
