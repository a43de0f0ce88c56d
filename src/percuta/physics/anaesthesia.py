r"""Block: how deep a needle is not felt, and how much of its pain is left.

A place is blocked where the drugs together reach a threshold,

.. math:: \sum_d p_d C_d(z, t) \ge \theta,

with concentration :math:`C_d` and potency :math:`p_d` relative to lidocaine. Nobody measured the threshold in skin: it
is the concentration that the same model gives, in the same scenario, at the depth and time of one published
observation. What is unknown of the drug's way through the skin then largely cancels, and only the course in time
and the difference between products are predicted. The dermal diffusivity comes from its correlation and is not fitted.

Pain left. Pain grows as :math:`L^e` with length (see :mod:`percuta.physics.tolerance`), so that the blocked share of a
needle's pain is :math:`\min(B/L, 1)^e` for block depth :math:`B`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def block_depth(depth: Floats, effect: Floats) -> Floats:
    """Return the depth down to which the skin is blocked without a gap [m].

    Parameters
    ----------
    depth : (m, n)
        Depths of the cells' middles, rising [m].
    effect : (m, ..., n)
        Drugs over their threshold at those depths; 1 and above is blocked.

    Returns
    -------
    (m, ...) float64
        0 where the first cell is not blocked. Between two cells the effect is taken as exponential in depth.
    """
    middle = (slice(None), *([None] * (effect.ndim - 2)), slice(None))
    places = np.broadcast_to(depth[middle], effect.shape)
    free = effect < 1.0
    first = np.where(free.any(axis=-1), free.argmax(axis=-1), effect.shape[-1] - 1)
    above = np.maximum(first - 1, 0)

    def at(values: Floats, index: NDArray[np.int64]) -> Floats:
        return np.asarray(np.take_along_axis(values, index[..., None], axis=-1)[..., 0])

    upper, lower = np.maximum(at(effect, above), 1e-300), np.maximum(at(effect, first), 1e-300)
    span = np.log(upper) - np.log(lower)
    share = np.where(span > 0.0, np.log(upper) / np.where(span > 0.0, span, 1.0), 1.0)
    between = at(places, above) + np.clip(share, 0.0, 1.0) * (at(places, first) - at(places, above))
    return np.where(first == 0, 0.0, between)


def pain_left(block: Floats, length: Floats, exponent: Floats) -> Floats:
    """Return the share of a needle's pain that a block leaves, 0 to 1.

    Parameters
    ----------
    block, length : (m,)
        Depth of the block and of the needle [m].
    exponent : (m,)
        Exponent of pain in length.
    """
    return np.asarray(1.0 - np.clip(block / length, 0.0, 1.0) ** exponent)
