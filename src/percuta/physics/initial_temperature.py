r"""Temperature of resting skin before the pulse: the steady state of Pennes' equation in depth.

.. math:: \frac{d}{dz}\Bigl(k\,\frac{dT}{dz}\Bigr) + \rho_b c_b w\,(T_b - T) = 0

between a surface and a core temperature; core is reached at the bottom of the layers.

Reference: Pennes, Journal of Applied Physiology 1 (1948) 93.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from percuta.physics.array_piece import layer_of
from percuta.physics.pulse_setup import PulseSetup

Floats = NDArray[np.float64]


def initial_temperature(setup: PulseSetup, z: Floats) -> Floats:
    """Return the temperature of every layer of cells [K], shape (nz,).

    Parameters
    ----------
    setup
        Layers and the two temperatures.
    z
        Edges of the cells in depth [m].
    """
    if setup.start_surface == setup.start_core:
        return np.full(z.size - 1, setup.start_surface)
    planes = [0.0, *np.cumsum([layer.thickness for layer in setup.layers])]
    layer = layer_of(z, planes)
    conductivity = np.array([one.conductivity for one in setup.layers])[layer]
    perfusion = np.array([one.perfusion for one in setup.layers])[layer]
    size = np.diff(z)
    half = 0.5 * size / conductivity
    between = 1.0 / (half[:-1] + half[1:])
    diagonal = perfusion * size
    diagonal[:-1] += between
    diagonal[1:] += between
    rhs = perfusion * size * setup.blood_temperature
    for end, temperature in ((0, setup.start_surface), (-1, setup.start_core)):
        diagonal[end] += 1.0 / half[end]
        rhs[end] += temperature / half[end]
    bands = np.stack([np.concatenate([[0.0], -between]), diagonal])
    return np.asarray(solveh_banded(bands, rhs))
