"""Ageing: the capacity to make collagen, and how much of it is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from percuta.evidence.cases import Case, Row
from percuta.evidence.measurements import publication
from percuta.evidence.validation.scenes import scenarios
from percuta.evidence.validation.verdicts import judged
from percuta.library.registry import library
from percuta.physics.ageing import OLD_AGE, REFERENCE_AGE, YEAR, reference_collagen, synthesis_capacity

_CELLS, _BIOPSIES = "varani_2006", "branchet_1990"
_DECADE = 10.0 * YEAR


def _ageing() -> list[Row]:
    known, draws = library(), scenarios()
    at_80 = draws.draw(known.parameter("ageing.synthesis_at_80"))
    decline = draws.draw(known.parameter("ageing.collagen_decline"))
    left = reference_collagen(REFERENCE_AGE + _DECADE, decline, np.inf, 0.0, YEAR, 0.0)
    return [_capacity(synthesis_capacity(OLD_AGE, at_80)), _thickness((left - 1.0) / _DECADE)]


def _capacity(predicted: np.ndarray) -> Row:
    """Compare the ratio of old to young; relative spreads add in squares."""
    cells = publication(_CELLS).measurements
    young, old = cells["procollagen_young"], cells["procollagen_old"]
    ratio = old.value / young.value
    spreads = [one.spread / one.value for one in (young, old) if one.spread is not None]
    measured = replace(old, unit="1", value=ratio, spread=ratio * float(np.linalg.norm(spreads)))
    return judged(
        measured,
        predicted,
        "procollagen, old over young cells",
        note=f"against the capacity at 80 years; cells in culture, not skin; {young.note}",
    )


def _thickness(predicted: np.ndarray) -> Row:
    measured = publication(_BIOPSIES).measurements["dermal_thickness_a_year"]
    return judged(
        measured,
        predicted,
        "dermal thickness, against collagen",
        verdict="not comparable",
        note=f"change in adult life; {measured.note}: a dermis can lose collagen and keep its thickness, "
        "so that the two stand side by side and are not judged",
    )


CASES = (
    Case("BIO-V4", "Making and keeping collagen, young against old", "validation", (_CELLS, _BIOPSIES), True, _ageing),
)
