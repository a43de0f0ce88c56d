r"""How good a prediction with a spread is: proper scores, lower is better.

The interval score of the central interval :math:`[l, u]` at level :math:`1 - \alpha` is its width and a penalty for a
miss,

.. math::  S_\alpha = (u - l) + \tfrac{2}{\alpha} (l - y)_+ + \tfrac{2}{\alpha} (y - u)_+ ,

so that a band gains nothing by being wide (Gneiting and Raftery 2007, J Am Stat Assoc 102:359). The weighted interval
score takes several levels and the median together,
:math:`\bigl(\tfrac12 |y - m| + \sum_k \tfrac{\alpha_k}{2} S_{\alpha_k}\bigr) / (K + \tfrac12)` (Bracher and others
2021, PLoS Comput Biol 17:e1008618).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.9)
"""Central intervals of the weighted score."""


def interval_score(predicted: Floats, value: float, level: float) -> float:
    """Return the interval score of draws of a prediction, in the unit of the value.

    Parameters
    ----------
    predicted : (m,)
        Draws.
    value
        What was measured.
    level
        Share of the central interval, between 0 and 1.
    """
    outside = 1.0 - level
    low, high = np.quantile(predicted, [outside / 2.0, 1.0 - outside / 2.0])
    missed = max(low - value, 0.0) + max(value - high, 0.0)
    return float(high - low + 2.0 / outside * missed)


def weighted_interval_score(predicted: Floats, value: float) -> float:
    """Return the weighted interval score over :data:`LEVELS` and the median, in the unit of the value."""
    total = 0.5 * abs(value - float(np.median(predicted)))
    total += sum((1.0 - level) / 2.0 * interval_score(predicted, value, level) for level in LEVELS)
    return float(total / (len(LEVELS) + 0.5))
