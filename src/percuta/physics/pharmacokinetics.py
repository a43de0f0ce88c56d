r"""The blood: one compartment with first-order clearance.

.. math:: V \frac{dC}{dt} = a(t) - \mathit{CL}\, C

with plasma concentration :math:`C` [kg/m^3], distribution volume :math:`V` [m^3], clearance :math:`\mathit{CL}`
[m^3/s] and the rate :math:`a` at which the skin hands over the drug [kg/s]. Between two times at which the dose
absorbed so far is known the rate is taken as even, and the solution is exact.

The volume grows with body mass; the clearance is that of adults, whatever their mass. Valid after the first minutes:
mixing with the blood, and the slower exchange with deep tissue, are not in it.
Source: Gibaldi and Perrier, Pharmacokinetics, 1982.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def plasma_course(time: Floats, absorbed: Floats, volume: Floats, clearance: Floats) -> Floats:
    """Return the plasma concentration [kg/m^3].

    Parameters
    ----------
    time : (t,)
        Rising times [s]; the blood is free of the drug at the first.
    absorbed : (m, t)
        Dose taken up by the blood so far [kg].
    volume, clearance : (m,)
        Of the whole body [m^3, m^3/s].

    Returns
    -------
    (m, t) float64
    """
    rate = clearance / volume
    plasma = np.zeros_like(absorbed)
    for index, step in enumerate(np.diff(time)):
        left = np.exp(-rate * step)
        arriving = (absorbed[:, index + 1] - absorbed[:, index]) / step
        plasma[:, index + 1] = left * plasma[:, index] - np.expm1(-rate * step) * arriving / clearance
    return plasma
