"""How fast coagulated matrix is cleared, from the time after which no zone was left."""

from __future__ import annotations

import math

from percuta.evidence.calibration.fit import Fit, Repeated, figure

_ZONES = ("hantash_2009_neoelastogenesis", "zones_replaced")
_LEFT = 0.05  # of a zone when histology finds it replaced; judgement


def clearance() -> dict[str, Repeated]:
    """Return the rate of clearance with which a twentieth is left at that time [1/s]."""
    return {"healing.coagulated_clearance": Repeated(-math.log(_LEFT) / figure(*_ZONES))}


FITS = (
    Fit(
        "clearance of coagulated matrix",
        "ln 20 over the time after which zones were wholly replaced; that a twentieth is left then, and the spread, "
        "are judgement.",
        "derived",
        ("healing.coagulated_clearance",),
        (_ZONES,),
        clearance,
    ),
)
