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
    probability_of_study,
)
from percuta.evidence.calibration.grades import predicted_grades, scale_of
from percuta.evidence.calibration.sampling import LEFT_OUT, predictive_rows
from percuta.evidence.calibration.scores import weighted_interval_score
from percuta.evidence.cases import Case, Row
from percuta.evidence.measurements import Direction, Measurement, publication
from percuta.evidence.validation.verdicts import band_of, judged, meets
from percuta.library.registry import library

Floats = NDArray[np.float64]

_SEED = 5
_DRAWS = 4096
_NOTHING = "no significant change"
_LEAST_LIKELY = 0.1  # of a finding, to be called expected
_SIGNIFICANT = 1.96
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
        name, error = _named(measured, source), float(one.standard_error(one.change))
        # the sampling error is in the prediction already
        verdict = meets(one.change, 0.0, band_of(predicted))
        return judged(measured, predicted, name, spread=error, verdict=verdict, note=study.note)
    return _found(source, study.directions[one.outcome.id], one.people, predicted, probability_of_finding(rows, one))


def _found(source: str, direction: Direction, people: int, predicted: Floats, likely: float) -> Row:
    """Return the row of a finding without a figure: inside where the model lets it happen often enough.

    Where nothing was found, the band of the mean has to hold no change at all besides.
    """
    low, high = band_of(predicted)
    holds = direction.found != _NOTHING or low <= 0.0 <= high
    return Row(
        f"{direction.quantity}: {source}",
        "1",
        None,
        None,
        "inside" if holds and likely >= _LEAST_LIKELY else "outside",
        band=(low, high),
        expected_text=f"{direction.found} ({people} people)",
        predicted_text=f"{float(np.median(predicted)):.3g} ({low:.3g} to {high:.3g}); {100 * likely:.0f} % find that",
        fitted=direction.role == "fit",
        note=direction.note,
    )


def _named(measured: Measurement, source: str) -> str:
    """Return what was measured, when and by whom."""
    when = "" if measured.time is None else f", {measured.time.text}"
    return f"{measured.quantity}{when}: {source}"


def _repeated(rows: Floats) -> Floats:
    """Return rows repeated to :data:`_DRAWS`, so that what differs between trials is drawn often enough."""
    return np.resize(rows, (_DRAWS, rows.shape[1]))


def _grades() -> list[Row]:
    """Return the rows of clinical grades: the trials of the slopes, and others on the same scales."""
    found = []
    for source, identifier in _GRADED:
        scale, study = scale_of(source, identifier), publication(source)
        direction, measured = study.directions.get(identifier), study.measurements.get(identifier)
        if direction is not None:
            people = direction.n or study.completed or study.n
            assert people is not None, "a trial of grades says how many people it had"
            error = library().parameter(f"calibration.noise_{scale.assay}").si / float(np.sqrt(people))
            predicted = predicted_grades(scale, source, identifier, error, _SEED)
            likely = float(np.mean(np.abs(predicted) < _SIGNIFICANT * error))
            found.append(_found(source, direction, people, predicted, likely))
        elif measured is not None:
            error = measured.half_width or 0.0
            predicted = predicted_grades(scale, source, identifier, error, _SEED)
            verdict = meets(measured.value, 0.0, band_of(predicted))
            found.append(judged(measured, predicted, _named(measured, source), verdict=verdict))
    return found


def _scores() -> list[Row]:
    """Return scores of trials that the fit did not see, against those of the prior; lower is better for all."""
    prior, found = prior_draws(_DRAWS, _SEED), []
    for source in LEFT_OUT:
        rest = _repeated(predictive_rows(source))
        for one in data_of(source):
            if one.change is not None:
                name = f"weighted interval score, {_named(publication(source).measurements[one.outcome.id], source)}"
                predicted = (predicted_means(rows, one, _SEED) for rows in (rest, prior))
                found.append(_score(name, *(weighted_interval_score(draws, one.change) for draws in predicted)))
    for source in HELD_BACK:
        data = data_of(source)
        surprise = (-np.log(probability_of_study(rows, data)) for rows in (predictive_rows(), prior))
        found.append(_score(f"surprise (-ln of the probability) of the findings: {source}", *surprise))
    return found


def _score(quantity: str, fitted: float, prior: float) -> Row:
    return Row(
        quantity,
        "1",
        prior,
        fitted,
        "inside" if fitted < prior else "outside",
        error=fitted / prior - 1.0,
        error_in="of the prior's score",
        expected_text=f"prior {prior:.3g}",
        predicted_text=f"fit to the others {fitted:.3g}",
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
