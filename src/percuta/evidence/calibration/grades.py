r"""From collagen to a clinical grade: one number for each scale on which a trial of needling printed its change.

With the collagen gain :math:`G` against no treatment, the change of a grade is

.. math::  \Delta = R\,\bigl(1 - e^{-b G}\bigr),

:math:`R` the range of the scale, so that no gain takes a person beyond its end. The slope :math:`b` is what one trial
says: of its printed change :math:`y` only the share :math:`1 - \rho` is taken to be the needles' work, hence
:math:`b = -\ln(1 - (1 - \rho) y / R) / G_t`, with :math:`G_t` the gain that the model gives for that trial. With a flat
prior of :math:`\ln b` this is the posterior itself, draw by draw. It goes with the median amplitude of the same
draw, so that this cancels where a plan is like the trial; what differs between studies, and the unknown dose of the
trial, do not.

The share :math:`\rho` of a change that comes without needles (expectation, rater, regression to the mean) is known from
one randomised trial of acne scars, whose other half of the face had anaesthetic cream alone: control :math:`c` against
needled :math:`y` at two visits, :math:`c \sim N(\rho y,\ \sigma_c^2 + \rho^2 \sigma_y^2)`, flat prior from 0 to 1. The
two visits are of the same people and count half each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from percuta.errors import LibraryError
from percuta.evidence.calibration.amplitude import PARAMETERS
from percuta.evidence.calibration.studies import DOSES, Response, shipped_responses, study
from percuta.evidence.measurements import Measurement, publication
from percuta.library.posterior import posterior
from percuta.library.registry import library
from percuta.physics.appearance import grade_change

Floats = NDArray[np.float64]

_UNTREATED = ("alam_2014", ("score_3_months", "score_6_months"))
_GRID = np.linspace(0.0, 1.0, 1001)
_LEAST_GAIN = 1e-3  # below it no slope could be told


@dataclass(frozen=True)
class Scale:
    """A clinical scale with the trial that its slope comes from.

    ``name`` is a part of the library's names, ``assay`` the word for it in the studies' outcomes.
    """

    name: str
    assay: str
    source: str
    measurement: str

    @property
    def range(self) -> float:
        """Number of grades from the best to the worst."""
        return library().parameter(f"appearance.{self.name}_grade_range").si

    @property
    def measured(self) -> Measurement:
        """The printed change; a fall is negative."""
        return publication(self.source).measurements[self.measurement]

    @property
    def response(self) -> Response:
        """What the model gives for the trial."""
        return shipped_responses()[self.source, self.measurement]


SCALES = (
    Scale("wrinkle", "wrinkles", "ablon_2018", "lemperle"),
    Scale("laxity", "laxity", "ablon_2018", "laxity"),
    Scale("scar", "scars", "von_dalwig_nolda_2020", "grade"),
)


def untreated_share(probability: Floats) -> Floats:
    """Return the share of a change that comes without needles, at probabilities of its posterior."""
    source, visits = _UNTREATED
    log_density = np.zeros_like(_GRID)
    for visit in visits:
        one = publication(source).measurements[visit]
        needled, error = -one.value, _standard_error(one)
        control, control_error = _control(one)
        spread = np.hypot(control_error, _GRID * error)
        log_density += stats.norm.logpdf(-control, _GRID * needled, spread) / len(visits)
    density = np.exp(log_density - log_density.max())
    steps = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    return np.interp(probability, steps / steps[-1], _GRID)


def _standard_error(one: Measurement) -> float:
    if one.half_width is None:
        raise LibraryError("a grade of the calibration has no spread", value=one.id)
    return one.half_width


def _control(one: Measurement) -> tuple[float, float]:
    """Return the change of the control group and its standard error."""
    if one.control is None or one.control_interval is None:
        raise LibraryError("a grade of the calibration has no control", value=one.id)
    return one.control, one.standard_error_of(one.control_interval)


def slopes(scale: Scale, rows: Floats, share: Floats, seed: int) -> Floats:
    """Return the slope ``b`` of a scale for each posterior row of the amplitude, (rows,).

    Parameters
    ----------
    scale
        The scale.
    rows
        Rows of :data:`percuta.evidence.calibration.amplitude.PARAMETERS`.
    share : (rows,)
        Share of the change that comes without needles.
    seed
        Of what differs between this trial and the next, and of its sampling error.
    """
    random = np.random.default_rng(seed)
    log_amplitude, between = rows[:, 0], rows[:, PARAMETERS.index("between_studies")]
    one = scale.measured
    printed = -one.value + _standard_error(one) * random.standard_normal(len(rows))
    gains = scale.response.at(log_amplitude + between * random.standard_normal(len(rows)))
    gain = gains[np.arange(len(rows)), random.integers(0, DOSES.size, len(rows))]
    treated = np.clip((1.0 - share) * printed / scale.range, 1e-6, 1.0 - 1e-6)
    return np.asarray(-np.log1p(-treated) / np.maximum(gain, _LEAST_GAIN))


def scale_of(source: str, identifier: str) -> Scale:
    """Return the scale on which an outcome of a study was graded."""
    assay = next(one.assay for one in study(source).outcomes if one.id == identifier)
    return next(scale for scale in SCALES if scale.assay == assay)


def predicted_grades(scale: Scale, source: str, identifier: str, error: float, seed: int) -> Floats:
    """Return the mean change of a grade that a trial would print, one for each shipped draw; a fall is negative.

    The needles' part follows the slope. What comes without needles is drawn afresh, as large as it may have been in the
    trial of the slope, and added, since the trials compared here had no untreated group.

    Parameters
    ----------
    scale
        The scale.
    source, identifier
        The study and its outcome.
    error
        Standard error of the mean that it prints.
    seed
        Of what differs between trials.
    """
    random = np.random.default_rng(seed)
    columns = {name: np.array(values) for name, values in posterior("healing").columns.items()}
    rows = len(columns["responds"])
    between = columns["between_studies"] * random.standard_normal(rows)
    gains = shipped_responses()[source, identifier].at(np.log(columns["median_amplitude"]) + between)
    gain = gains[np.arange(rows), random.integers(0, DOSES.size, rows)]
    acts = random.random(rows) >= columns["no_effect_share"]
    needles = grade_change(np.where(acts, gain, 0.0), columns[f"{scale.name}_slope"], scale.range)
    without = scale.measured.value * untreated_share(random.random(rows))
    return np.asarray(np.maximum(needles + without, -scale.range) + error * random.standard_normal(rows))
