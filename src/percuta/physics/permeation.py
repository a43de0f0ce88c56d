r"""What a drug's molecule and its vehicle say about its way through the skin.

Concentrations are followed as that of the un-ionised drug in water with which a place is in equilibrium,
:math:`u` [kg/m^3]. It is continuous across layers; what a layer holds is :math:`C = K u`.

- Stratum corneum, un-ionised drug from water: :math:`\log_{10} k_p = a + b \log_{10} P + c M` with octanol-water
  partition :math:`P` and molar mass :math:`M` (Potts and Guy, Pharm Res 9:663, 1992; hydrated human skin).
- Ionised drug passes :math:`r` times as easily. With the vehicle's pH and the drug's pKa the flux from a vehicle is
  :math:`k_p u (1 + r q)`, where :math:`q` is the ionised over the un-ionised share there.
- Speed through the stratum corneum: from a time lag, :math:`D = h^2/(6 \tau)` (closed form of a slab into a sink;
  Crank, The Mathematics of Diffusion, 1975), carried to other drugs by the mass term of the first correlation.
- Dermis, and any living tissue up to a factor: :math:`\log_{10} D = a + b \log_{10} M` (Kretsos and others, 2008).
  Tissue holds un-ionised and ionised drug alike, :math:`K = 1 + q(\mathrm{pH\ 7.4})`; binding is left out.
- A vehicle that holds :math:`C` of a drug, of which :math:`u_0` is un-ionised in its water, has :math:`K = C/u_0`. A
  saturated vehicle has the drug's own solubility as :math:`u_0`, however much it holds (Higuchi, 1960).

Valid for small molecules in dilute solution; enhancers, binding and metabolism in the skin are not in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CM_PER_HOUR = 0.01 / 3600.0
_CM2_PER_S = 1e-4
_G_PER_MOL = 1e3  # of a kg/mol


def skin_permeability(
    log_partition: Floats, molar_mass: Floats, intercept: Floats, lipophilicity: Floats, mass: Floats
) -> Floats:
    """Return the permeability of the stratum corneum to an un-ionised drug in water [m/s] (Potts and Guy).

    Parameters
    ----------
    log_partition : (m,)
        Decimal logarithm of the octanol-water partition.
    molar_mass : (m,)
        Molar mass [kg/mol].
    intercept, lipophilicity, mass : (m,)
        Of the correlation, for permeability in cm/h and mass in g/mol.
    """
    exponent = intercept + lipophilicity * log_partition + mass * molar_mass * _G_PER_MOL
    return np.asarray(10.0**exponent * _CM_PER_HOUR)


def ionised_over_unionised(pka: Floats, ph: Floats, base: bool) -> Floats:
    """Return the concentration of the ionised over that of the un-ionised drug (Henderson and Hasselbalch)."""
    return np.asarray(10.0 ** ((pka - ph) if base else (ph - pka)))


def slab_diffusivity(thickness: Floats, lag: Floats) -> Floats:
    """Return the diffusivity of a slab [m^2/s] from its thickness [m] and its time lag into a sink [s]."""
    return np.asarray(thickness**2 / (6.0 * lag))


def mass_factor(molar_mass: Floats, reference_mass: Floats, mass: Floats) -> Floats:
    """Return by what factor a drug moves through the stratum corneum, compared with one of another molar mass."""
    return np.asarray(10.0 ** (mass * (molar_mass - reference_mass) * _G_PER_MOL))


def tissue_diffusivity(molar_mass: Floats, intercept: Floats, mass: Floats) -> Floats:
    """Return the diffusivity in the dermis [m^2/s] of a drug of some molar mass [kg/mol]."""
    return np.asarray(10.0 ** (intercept + mass * np.log10(molar_mass * _G_PER_MOL)) * _CM2_PER_S)


def lateral_equilibration_time(density: Floats, diffusivity: Floats) -> Floats:
    """Return the time in which a drug spreads from channels to the skin between them [s].

    ``s^2/(4 D)`` with the spacing ``s = 1/sqrt(density)``. The one-dimensional picture, in which each depth has one
    concentration, holds where this is short against the closure of the channels and the time of interest.
    """
    return np.asarray(1.0 / (4.0 * density * diffusivity))
