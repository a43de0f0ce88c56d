"""Closing of needled skin: half-lives, water loss and dyes against the two rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.cases import Case, Row
from percuta.evidence.measurements import Measurement, publication
from percuta.evidence.validation.scenes import scenarios
from percuta.evidence.validation.verdicts import band_of, judged
from percuta.library.registry import library
from percuta.physics import closure

Floats = NDArray[np.float64]

_WITHOUT_FILM, _RATS = "gupta_2011", "kalluri_2011"
_SITES, _GROUPS = "micropore_sites_pilot", "ogunjimi_2020"
_FACE, _PEN = "han_2012", "sasaki_2019"
_SEEN = 0.01  # of the water loss that needling adds; less of it is not told from none


def _constant(name: str) -> Floats:
    """Return a time constant of young adults [s]; the studies' abstracts do not tell the age of their people."""
    return scenarios().draw(library().parameter(f"closure.{name}"))


def _closed(constant: Floats) -> Floats:
    return closure.time_to_close(constant, constant)


def _without_film() -> list[Row]:
    barrier, pores = _closed(_constant("barrier_time")), _closed(_constant("pore_time"))
    rats = publication(_RATS).measurements
    return [
        judged(publication(_WITHOUT_FILM).measurements["barrier_without_film"], barrier),
        judged(rats["barrier_of_rats"], barrier),
        judged(rats["pores_short"], pores),
        judged(rats["pores_long"], pores),
    ]


def _under_film() -> list[Row]:
    constant = _constant("barrier_time_occluded")
    half_life, closed = closure.time_to_close(constant, constant, share=0.5), _closed(constant)
    measured = [*publication(_SITES).measurements.values(), *publication(_GROUPS).measurements.values()]
    return [judged(one, half_life if one.id.startswith("half_life") else closed) for one in measured]


def _within(measured: Measurement, predicted: Floats) -> Row:
    """Return the row of a longest time: inside where any of the predicted band is as short."""
    band = band_of(measured.shown(predicted))
    bound = measured.shown(measured.value)
    verdict = "inside" if band[0] <= bound else "outside"
    return judged(measured, predicted, verdict=verdict, error=None, expected_text=f"within {bound:g} {measured.unit}")


def _still_open(measured: Measurement, constant: Floats) -> Row:
    """Return the row of a loss that is still seen at a time: inside where any of the predicted band is."""
    left = closure.open_share(np.array([measured.value]), constant, constant)[:, 0]
    band = band_of(left)
    return Row(
        measured.quantity,
        "1",
        None,
        float(np.median(left)),
        "inside" if band[1] >= _SEEN else "outside",
        expected_text=f"still seen after {measured.shown(measured.value):g} {measured.unit}",
        predicted_text=f"{100.0 * band[1]:.2g} % or less of what needling added is left in 95 of 100 scenarios",
        note=measured.note,
    )


def _on_the_face() -> list[Row]:
    barrier = _constant("barrier_time")
    return [
        _within(publication(_FACE).measurements["barrier_on_the_face"], _closed(barrier)),
        _still_open(publication(_PEN).measurements["last_water_loss"], barrier),
    ]


def _closing() -> list[Row]:
    return [*_without_film(), *_under_film(), *_on_the_face()]


CASES = (
    Case(
        "MECH-V10",
        "Closing of needled skin, with and without a film",
        "validation",
        (_WITHOUT_FILM, _SITES, _GROUPS, _RATS, _FACE, _PEN),
        True,
        _closing,
    ),
)
