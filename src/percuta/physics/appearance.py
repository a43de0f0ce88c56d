r"""From collagen to what can be measured on the skin: thickness of the dermis and firmness.

With collagen :math:`c = C/C_0` relative to the untreated skin of the same age, thickness follows all collagen as
:math:`c^{s}` and firmness (load at a given stretch) follows mature collagen as :math:`c^{p}`. Both exponents are
assumed: nobody has measured them after needling. The grade of a clinical scale of :math:`R` grades changes by
:math:`-R\,(1 - e^{-b (c - 1)})`, with a slope :math:`b` from the trial that printed a change. Elastic recoil
follows the elastic fibres, about which published histology contradicts itself, and is not computed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def relative_change(collagen: Floats, untreated: Floats, exponent: Floats) -> Floats:
    """Return ``(collagen / untreated) ** exponent - 1``, the relative change against no treatment."""
    return np.asarray((collagen / untreated) ** exponent - 1.0)


def grade_change(gain: Floats, slope: Floats, grades: float) -> Floats:
    """Return the change of a clinical grade for a collagen gain against no treatment; a fall is negative.

    Parameters
    ----------
    gain
        Collagen against the untreated course, relative to it [1].
    slope
        Slope b of the scale [1].
    grades
        Grades from the best to the worst of the scale.
    """
    return np.asarray(-grades * -np.expm1(-slope * gain))
