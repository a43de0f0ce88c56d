r"""How conductivity and permittivity of a tissue change with frequency: four Cole-Cole dispersions.

The complex relative permittivity at angular frequency :math:`\omega` is (Gabriel, Lau and Gabriel, Phys Med Biol
1996)

.. math:: \varepsilon(\omega) = \varepsilon_\infty + \sum_{n=1}^4
          \frac{\Delta\varepsilon_n}{1 + (j\omega\tau_n)^{1-\alpha_n}} + \frac{\sigma_i}{j\omega\varepsilon_0}

with the step :math:`\Delta\varepsilon_n`, relaxation time :math:`\tau_n` [s] and breadth :math:`\alpha_n` of each
dispersion and the ionic conductivity :math:`\sigma_i` [S/m]. Conductivity is
:math:`-\omega\varepsilon_0\,\mathrm{Im}\,\varepsilon` [S/m], permittivity :math:`\mathrm{Re}\,\varepsilon`.

The sets describe whole skin, fat and muscle at body temperature. Conductivities of single layers are measured
directly; of a set only the ratio between two frequencies is used (:func:`frequency_factor`). Current that is
displaced rather than conducted (:func:`displacement_ratio`) is left out of the field problem, which holds in dermis
and fat but not through a dry stratum corneum.

Valid from 10 kHz to 10 MHz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import constants

Floats = NDArray[np.float64]
Four = tuple[float, float, float, float]

LOWEST_FREQUENCY, HIGHEST_FREQUENCY = 1e4, 1e7  # Hz


@dataclass(frozen=True)
class ColeCole:
    """The four dispersions of one tissue.

    Attributes
    ----------
    eps_infinity
        Relative permittivity far above all dispersions.
    delta_eps, tau, alpha : (4,)
        Step in relative permittivity, relaxation time [s] and breadth (0 for a single relaxation time) of each.
    sigma_ionic
        Conductivity far below all dispersions [S/m].
    """

    eps_infinity: float
    delta_eps: Four
    tau: Four
    alpha: Four
    sigma_ionic: float


def complex_permittivity(cole_cole: ColeCole, frequency: Floats | float) -> NDArray[np.complex128]:
    """Return the complex relative permittivity, conduction included.

    Parameters
    ----------
    cole_cole
        The tissue.
    frequency
        [Hz], of any shape.

    Raises
    ------
    ValueError
        If a frequency is outside 10 kHz to 10 MHz.
    """
    frequency = np.asarray(frequency, dtype=np.float64)
    if not np.all((frequency >= LOWEST_FREQUENCY) & (frequency <= HIGHEST_FREQUENCY)):
        raise ValueError("Cole-Cole sets hold from 10 kHz to 10 MHz")
    omega = 2.0 * np.pi * frequency
    total = cole_cole.eps_infinity + cole_cole.sigma_ionic / (1j * omega * constants.epsilon_0)
    for step, tau, alpha in zip(cole_cole.delta_eps, cole_cole.tau, cole_cole.alpha, strict=True):
        total = total + step / (1.0 + (1j * omega * tau) ** (1.0 - alpha))
    return np.asarray(total, dtype=np.complex128)


def conductivity(cole_cole: ColeCole, frequency: Floats | float) -> Floats:
    """Return the conductivity [S/m]; parameters as for :func:`complex_permittivity`."""
    omega = 2.0 * np.pi * np.asarray(frequency, dtype=np.float64)
    return np.asarray(-omega * constants.epsilon_0 * complex_permittivity(cole_cole, frequency).imag)


def permittivity(cole_cole: ColeCole, frequency: Floats | float) -> Floats:
    """Return the relative permittivity; parameters as for :func:`complex_permittivity`."""
    return np.asarray(complex_permittivity(cole_cole, frequency).real)


def displacement_ratio(cole_cole: ColeCole, frequency: Floats | float) -> Floats:
    """Return displacement over conduction current; parameters as for :func:`complex_permittivity`."""
    found = complex_permittivity(cole_cole, frequency)
    return np.asarray(-found.real / found.imag)


def frequency_factor(cole_cole: ColeCole, frequency: float, reference: float) -> float:
    """Return the conductivity at a frequency over that at a reference frequency [Hz].

    Raises
    ------
    ValueError
        If either frequency is outside 10 kHz to 10 MHz.
    """
    return float(conductivity(cole_cole, frequency) / conductivity(cole_cole, reference))
