"""Every fit by which a value of the library was chosen, and which values those are."""

from __future__ import annotations

from functools import cache

from percuta.evidence.calibration import (
    ageing,
    anaesthesia,
    closure,
    coagulated,
    intervals,
    layers,
    permeation,
    puncture,
    rates,
    steroid,
    tolerance,
)
from percuta.evidence.calibration.fit import Fit


@cache
def fits() -> dict[str, Fit]:
    """Return every fit by its name."""
    holders = (
        *(layers, puncture, rates, coagulated, intervals, ageing, closure),
        *(permeation, anaesthesia, tolerance, steroid),
    )
    return {fit.name: fit for holder in holders for fit in holder.FITS}


def fit_of(value: str) -> Fit | None:
    """Return the fit that sets a value of the library, or None where none does."""
    return next((fit for fit in fits().values() if value in fit.sets), None)
