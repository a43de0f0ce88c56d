r"""How lidocaine passes the stratum corneum, from two experiments on excised skin.

Residual. The correlation of permeability has the prior :math:`r \sim N(0, s^2)` for what a drug lies off it [log10].
One permeability :math:`k` measured with noise :math:`e` gives the posterior

.. math:: r = w\,(\log_{10} k - \log_{10} k_p), \qquad w = \frac{s^2}{s^2 + e^2}, \qquad s' = s\sqrt{1 - w}.

Ion. With un-ionised shares :math:`f_7, f_5` at two pH values and the ratio :math:`R` of the fluxes from the same
concentration, the ionised form passes :math:`(f_7 - R f_5) / (R (1 - f_5) - (1 - f_7))` times as easily.

Lag time: as measured.
"""

from __future__ import annotations

import math

import numpy as np

from percuta.evidence.calibration.fit import Fit, Repeated, figure
from percuta.library.registry import library
from percuta.physics.permeation import ionised_over_unionised, skin_permeability

_EXPERIMENT, _EYELID = "kushla_zatz_1991", "emeriewen_2020"
_TWO_PH = (7.0, 5.5)
_HORNY = "tissue.epidermis.stratum_corneum_thickness"

NOISE = 0.6
"""How far one permeability of one donor in one vehicle may lie off [log10]; judgement."""


def lidocaine_residual() -> dict[str, Repeated]:
    """Return what lidocaine lies off the correlation of permeability, with its standard deviation [log10]."""
    known = library()
    drug = known.drug("lidocaine")
    of_drug = (drug.known(name).si for name in ("log_octanol_water", "molecular_mass"))
    of_correlation = (
        known.parameter(f"permeation.permeability_{name}").si for name in ("intercept", "lipophilicity", "mass")
    )
    expected = float(skin_permeability(*(np.array([value]) for value in (*of_drug, *of_correlation)))[0])
    measured = figure(_EXPERIMENT, "flux_ph_10") / figure(_EXPERIMENT, "donor_ph_10")
    general = known.parameter("permeation.permeability_residual").spread
    prior = 0.0 if general is None else general.sd
    weight = prior**2 / (prior**2 + NOISE**2)
    return {
        "permeation.permeability_residual_lidocaine": Repeated(
            weight * math.log10(measured / expected), {"sd": prior * math.sqrt(1.0 - weight)}
        )
    }


def lag() -> dict[str, Repeated]:
    """Return the time lag."""
    return {"permeation.lag_time": Repeated(figure(_EXPERIMENT, "lag_ph_10"))}


def ion() -> dict[str, Repeated]:
    """Return the permeability of the ionised over that of the un-ionised form: the geometric mean of two sites."""
    pka = library().drug("lidocaine").known("pka").si
    ionised = ionised_over_unionised(np.array(pka), np.array(_TWO_PH), base=True)
    seven, five = 1.0 / (1.0 + ionised)
    eyelid = figure(_EYELID, "flux_ph_7") / figure(_EYELID, "flux_ph_5")
    abdomen = eyelid * figure(_EYELID, "eyelid_over_abdomen_ph_5") / figure(_EYELID, "eyelid_over_abdomen_ph_7")
    sites = [(seven - ratio * five) / (ratio * (1.0 - five) - (1.0 - seven)) for ratio in (eyelid, abdomen)]
    return {"permeation.ion_permeability_ratio": Repeated(round(float(np.sqrt(np.prod(sites))), 3))}


def face() -> dict[str, Repeated]:
    """Return the factor of the face: from none to all of what the eyelid has beyond its thinner stratum corneum."""
    thickness = 1.0 - figure(_EYELID, "stratum_corneum_thinner")
    eyelid = round(figure(_EYELID, "eyelid_over_abdomen_ph_5") * thickness, 1)
    return {"permeation.face_permeability": Repeated(0.5 * (1.0 + eyelid), {"low": 1.0, "high": eyelid})}


def stratum_corneum() -> dict[str, Repeated]:
    """Return the thickness of the stratum corneum of the eyelid."""
    return {f"{_HORNY}_eyelid": Repeated(figure(_EYELID, "stratum_corneum"))}


def stratum_corneum_of_the_abdomen() -> dict[str, Repeated]:
    """Return the thickness of the stratum corneum of the abdomen, from that of the eyelid."""
    thinner = figure(_EYELID, "stratum_corneum_thinner")
    return {f"{_HORNY}_abdomen": Repeated(figure(_EYELID, "stratum_corneum") / (1.0 - thinner))}


FITS = (
    Fit(
        "residual of lidocaine",
        "The general residual of the correlation updated by one permeability; the noise of that one is judgement.",
        "fitted",
        ("permeation.permeability_residual_lidocaine",),
        ((_EXPERIMENT, "flux_ph_10"),),
        lidocaine_residual,
    ),
    Fit(
        "time lag",
        "A measured time, taken as it stands; its spread is judgement.",
        "measured",
        ("permeation.lag_time",),
        ((_EXPERIMENT, "lag_ph_10"),),
        lag,
    ),
    Fit(
        "ionised lidocaine",
        "From fluxes at two pH values through skin of two sites, to three decimals; the spread is judgement.",
        "derived",
        ("permeation.ion_permeability_ratio",),
        tuple(
            (_EYELID, name)
            for name in ("flux_ph_7", "flux_ph_5", "eyelid_over_abdomen_ph_7", "eyelid_over_abdomen_ph_5")
        ),
        ion,
    ),
    Fit(
        "permeability of the face",
        "The upper end is what the eyelid lets pass beyond its thinner stratum corneum; that the face lies anywhere "
        "between none and all of it is judgement.",
        "assumed",
        ("permeation.face_permeability",),
        ((_EYELID, "eyelid_over_abdomen_ph_5"), (_EYELID, "stratum_corneum_thinner")),
        face,
    ),
    Fit(
        "stratum corneum of the eyelid",
        "A measured thickness, taken as it stands; its spread is judgement.",
        "measured",
        (f"{_HORNY}_eyelid",),
        ((_EYELID, "stratum_corneum"),),
        stratum_corneum,
    ),
    Fit(
        "stratum corneum of the abdomen",
        "The thickness of the eyelid over one less by how much that is thinner; its spread is judgement.",
        "derived",
        (f"{_HORNY}_abdomen",),
        ((_EYELID, "stratum_corneum"), (_EYELID, "stratum_corneum_thinner")),
        stratum_corneum_of_the_abdomen,
    ),
)
