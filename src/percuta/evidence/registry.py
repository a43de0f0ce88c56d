"""All cases by identifier, verification first."""

from __future__ import annotations

from functools import cache

from percuta.errors import PlanError, nearest
from percuta.evidence.cases import Case
from percuta.evidence.validation import ageing as ageing_measured
from percuta.evidence.validation import calibration as calibration_measured
from percuta.evidence.validation import closure as closure_measured
from percuta.evidence.validation import healing as healing_measured
from percuta.evidence.validation import pain as pain_measured
from percuta.evidence.validation import puncture as puncture_measured
from percuta.evidence.validation import radiofrequency as radiofrequency_measured
from percuta.evidence.validation import skin as skin_measured
from percuta.evidence.validation import skin_transport as skin_transport_measured
from percuta.evidence.validation import steroid as steroid_measured
from percuta.evidence.verification import (
    ageing,
    closure,
    healing,
    influence,
    puncture,
    radiofrequency,
    rf_arrays,
    rf_field,
    rf_heat,
    skin_transport,
)


@cache
def cases() -> dict[str, Case]:
    """Return every case by its identifier."""
    holders = (
        puncture,
        healing,
        ageing,
        closure,
        influence,
        radiofrequency,
        rf_field,
        rf_arrays,
        rf_heat,
        skin_transport,
        puncture_measured,
        healing_measured,
        calibration_measured,
        ageing_measured,
        skin_measured,
        skin_transport_measured,
        closure_measured,
        pain_measured,
        steroid_measured,
        radiofrequency_measured,
    )
    return {case.id: case for holder in holders for case in holder.CASES}


def case(identifier: str) -> Case:
    """Return one case; upper and lower case are alike.

    Raises
    ------
    PlanError
        If there is no such case; the nearest is named.
    """
    known = {name.casefold(): one for name, one in cases().items()}
    found = known.get(identifier.casefold())
    if found is None:
        alike = nearest(identifier.casefold(), known)
        raise PlanError(
            "no case of this name",
            value=identifier,
            allowed=", ".join(cases()),
            do=f"did you mean {known[alike].id}?" if alike else "`percuta validate` runs them all",
        )
    return found
