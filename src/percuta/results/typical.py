"""The scenario that stands for all of a result where one has to be shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]


def typical_scenario(quantities: Sequence[Floats]) -> int:
    """Return the scenario that lies closest to the middle in several quantities at once.

    Each quantity is put in order; how far a scenario stands from the middle is the largest of its distances in order,
    and of equal ones the smaller sum decides. Scenarios of equal value share a place.

    Parameters
    ----------
    quantities
        Values of every scenario, each (m,).
    """
    away = np.abs([(rankdata(values) - 0.5) / len(values) - 0.5 for values in quantities])
    return int(np.lexsort((away.sum(axis=0), np.round(away.max(axis=0), 9)))[0])
