"""The exponential of many small matrices at once.

Taylor series with scaling and squaring (Moler and Van Loan, SIAM Review 45:3, 2003), for stacks of matrices
that are far too small for a threaded library: all of them are multiplied together, one order at a time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ORDER = 13
_LARGEST_NORM = 0.5  # of a scaled matrix; 0.5 ** 14 / 14! is below the rounding of float64


def small_expm(matrices: Floats) -> Floats:
    """Return the matrix exponential of each matrix of a stack.

    Parameters
    ----------
    matrices : (..., n, n)
        The matrices.

    Returns
    -------
    (..., n, n) float64
    """
    norm = float(np.abs(matrices).sum(axis=-1).max(initial=0.0))
    squarings = max(0, math.ceil(math.log2(norm / _LARGEST_NORM))) if norm > 0.0 else 0
    scaled = matrices / 2.0**squarings
    identity = np.eye(matrices.shape[-1])
    result = identity + scaled / _ORDER
    for order in range(_ORDER - 1, 0, -1):
        result = identity + scaled @ result / order
    for _ in range(squarings):
        result = result @ result
    return np.asarray(result)
