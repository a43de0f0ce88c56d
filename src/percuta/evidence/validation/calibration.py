"""The calibration of healing: the trials it was fitted to, those that judge it, and whether it beats its prior.

What is predicted is the mean that a trial would print, its sampling error included, from draws of the posterior; see
:mod:`percuta.evidence.calibration.amplitude` and :mod:`percuta.evidence.calibration.grades`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.calibration.amplitude import (
    FITTED,
    HELD_BACK,
    Datum,
    data_of,
    predicted_means,
    prior_draws,
    probability_of_finding,
)
from percuta.evidence.calibration.grades import Scale, predicted_grades, scale_of
from percuta.evidence.calibration.sampling import LEFT_OUT, predictive_rows
from percuta.evidence.calibration.scores import weighted_interval_score
from percuta.evidence.cases import Case, Row, Verdict
from percuta.evidence.measurements import Direction, Measurement, publication
from percuta.evidence.validation.verdicts import band_of, judged, meets
from percuta.library.registry import library

Floats = NDArray[np.float64]

_SEED = 5
_DRAWS = 4096
_GRADED = (
    ("ablon_2018", "lemperle"),
    ("ablon_2018", "laxity"),
    ("von_dalwig_nolda_2020", "grade"),
    ("alqam_2022", "lemperle"),
    ("majid_2009", "grades"),
    ("minh_2019", "change_2_months"),
    ("pakla_misiur_2021", "needling_alone"),
)


def _fitted() -> list[Row]:
    """Return the rows of the trials that the amplitude was fitted to."""
    rows = predictive_rows()
    return [_tissue(rows, source, one) for source in FITTED for one in data_of(source)]


def _held_back() -> list[Row]:
    """Return the rows of the trials that judge the amplitude."""
    rows = predictive_rows()
    return [_tissue(rows, source, one) for source in HELD_BACK for one in data_of(source)]


def _tissue(rows: Floats, source: str, one: Datum) -> Row:
    """Return the row of one trial's mean change, or of its finding that there was or was none."""
    predicted = predicted_means(_repeated(rows), one, _SEED)
    study = publication(source)
    if one.change is not None:
        measured = study.measurements[one.outcome.id]
        error = float(one.standard_error(one.change))
        name = _named(measured, source)
        verdict = meets(one.change, error, band_of(predicted))
        return judged(measured, predicted, name, spread=error, verdict=verdict, note=study.note)
    direction = study.directions[one.outcome.id]
    band, likely = band_of(predicted), probability_of_finding(rows, one)
    chance = f"; {100 * likely:.0f} % of such trials would find that"
    return _direction(source, direction, one.people, predicted, _covers(one, band), chance)


def _named(measured: Measurement, source: str) -> str:
    """Return what was measured, when and by whom."""
    when = "" if measured.time is None else f", {measured.time.text}"
    return f"{measured.quantity}{when}: {source}"


def _covers(one: Datum, band: tuple[float, float]) -> Verdict:
    """Tell whether a band holds what a trial found: no change at all, or one that it would call an increase."""
    if one.found == "increase":
        smallest = 1.96 * float(one.standard_error(0.0))
        return "inside" if band[1] >= smallest else "outside"
    return "inside" if band[0] <= 0.0 <= band[1] else "outside"


def _direction(
    source: str, direction: Direction, people: int, predicted: Floats, verdict: Verdict, chance: str = ""
) -> Row:
    low, high = band_of(predicted)
    return Row(
        f"{direction.quantity}: {source}",
        "1",
        None,
        None,
        verdict,
        band=(low, high),
        expected_text=f"{direction.found} ({people} people)",
        predicted_text=f"{float(np.median(predicted)):.3g} ({low:.3g} to {high:.3g}){chance}",
        fitted=direction.role == "fit",
        note=direction.note,
    )


def _repeated(rows: Floats) -> Floats:
    """Return rows repeated to :data:`_DRAWS`, so that what differs between trials is drawn often enough."""
    return np.resize(rows, (_DRAWS, rows.shape[1]))


def _grades() -> list[Row]:
    """Return the rows of clinical grades: the trials of the slopes, and others on the same scales."""
    found = []
    for source, identifier in _GRADED:
        scale = scale_of(source, identifier)
        predicted = predicted_grades(scale, source, identifier, _SEED)
        study = publication(source)
        if identifier in study.directions:
            found.append(_null_grade(scale, source, predicted))
        else:
            measured = study.measurements[identifier]
            found.append(judged(measured, predicted, f"{measured.quantity} ({scale.name}): {source}"))
    return found


def _null_grade(scale: Scale, source: str, predicted: Floats) -> Row:
    """Return the row of a trial whose grade did not change significantly: its band has to reach to no change."""
    direction = publication(source).directions["needling_alone"]
    people = direction.n or 1
    unseen = 1.96 * library().parameter(f"calibration.noise_{scale.assay}").si / float(np.sqrt(people))
    verdict: Verdict = "inside" if band_of(predicted)[1] >= -unseen else "outside"
    chance = f"; {100 * float(np.mean(predicted > -unseen)):.0f} % of such trials would find that"
    return _direction(source, direction, people, predicted, verdict, chance)


def _scores() -> list[Row]:
    """Return the scores of trials that were left out of the fit, against those of the prior."""
    found = []
    prior = prior_draws(_DRAWS, _SEED)
    for source in LEFT_OUT:
        rest = _repeated(predictive_rows(source))
        for one in data_of(source):
            if one.change is not None:
                name = _named(publication(source).measurements[one.outcome.id], source)
                predicted = (predicted_means(rows, one, _SEED) for rows in (rest, prior))
                found.append(_score(name, *(weighted_interval_score(draws, one.change) for draws in predicted)))
    return found


def _score(quantity: str, fitted: float, prior: float) -> Row:
    return Row(
        f"weighted interval score, {quantity}",
        "1",
        prior,
        fitted,
        "inside" if fitted < prior else "outside",
        error=fitted / prior - 1.0,
        error_in="of the prior's score",
        expected_text=f"prior {prior:.3g}",
        predicted_text=f"without this trial {fitted:.3g}",
        note="Lower is better; inside where the fit to the other trials predicts this one better than the prior does.",
    )


CASES = (
    Case("BIO-V8", "Tissue after needling: the trials of the fit", "validation", FITTED, True, _fitted),
    Case("BIO-V9", "Tissue after needling: trials held back", "validation", HELD_BACK, False, _held_back),
    Case(
        "BIO-V10",
        "Clinical grades after needling",
        "validation",
        tuple(dict.fromkeys(source for source, _ in _GRADED)),
        True,
        _grades,
    ),
    Case(
        "BIO-V11",
        "Trials left out in turn: the calibration against its prior",
        "validation",
        LEFT_OUT,
        False,
        _scores,
    ),
)
