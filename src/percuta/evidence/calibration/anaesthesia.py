"""Depths of block on which the threshold is calibrated: measured depths, taken as they stand.

The threshold itself is no value of the library. Every scenario computes it as the concentration that the model gives at
this depth and time (:mod:`percuta.engine.anaesthesia`).
"""

from __future__ import annotations

from percuta.evidence.calibration.fit import Fit, Repeated, figure

_PUNCH, _NEEDLE = ("wahlgren_2000", "block_60_min"), ("bjerring_1990", "needle_90_min")


def punch() -> dict[str, Repeated]:
    """Return the depth at which a biopsy punch is just accepted."""
    return {"anaesthesia.needle_depth": Repeated(figure(*_PUNCH))}


def thin_needle() -> dict[str, Repeated]:
    """Return the depth at which a thin needle just hurts."""
    return {"anaesthesia.hypodermic_depth": Repeated(figure(*_NEEDLE))}


_SAYS = "A measured depth, taken as it stands; its spread is judgement. Each scenario computes its threshold from it."

FITS = (
    Fit("block of a punch", _SAYS, "measured", ("anaesthesia.needle_depth",), (_PUNCH,), punch),
    Fit("block of a thin needle", _SAYS, "measured", ("anaesthesia.hypodermic_depth",), (_NEEDLE,), thin_needle),
)
