r"""From collagen to what can be measured on the skin: thickness of the dermis and firmness.

With collagen :math:`c = C/C_0` relative to the untreated skin of the same age, thickness changes as
:math:`c^{s}` and firmness (load at a given stretch) as :math:`c^{p}`. Both exponents are assumed: nobody has
measured them after needling. Elastic recoil follows the elastic fibres, about which published histology
contradicts itself, and is not computed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def relative_change(collagen: Floats, untreated: Floats, exponent: Floats) -> Floats:
    """Return ``(collagen / untreated) ** exponent - 1``, the relative change against no treatment."""
    return np.asarray((collagen / untreated) ** exponent - 1.0)
