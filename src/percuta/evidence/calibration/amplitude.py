r"""How much collagen a punctured fraction gives: a hierarchical model over the studies that measured it.

A share :math:`\pi` of studies sees no effect at all (the spike); in the others (the slab) the amplitude differs by a
factor :math:`e^{\tau z}`, :math:`z` standard normal, from the median :math:`A`, and the dose of the study is one of
:math:`q = 1 \dots Q` equally likely ones, which its unpublished settings leave open. With the gain
:math:`f_q` that the model gives (:mod:`percuta.evidence.calibration.studies`) and the scale :math:`s` of an assay, a
trial's mean change is

.. math::
    y \sim N\bigl(m,\ (\nu^2 + c^2 m^2)/n\bigr), \qquad m = s\, f_q(A e^{\tau z}),

where :math:`\nu` is the noise of the assay in one person, :math:`c` the spread between people over the mean, and
:math:`n` their number. A study that prints only whether a change was significant (5 %, two-sided) enters with the
probability of that, :math:`\Phi(\pm m/\sigma - 1.96)`: its value is censored, not zero. All outcomes of a study share
its :math:`z` and :math:`q`, which are summed out, :math:`z` by Gauss-Hermite quadrature and :math:`q` exactly, so that
the chains move in seven dimensions whatever the number of studies. Of quantities that one method measured in the same
people at several visits, the last is taken.

In the spike a change is zero. After pulses the model then loses at most 1.4 % of collagen, which is below the noise.

Symbols: fractions and factors throughout, nothing has a dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from percuta.errors import LibraryError
from percuta.evidence.calibration.studies import DOSES, Outcome, Response, shipped_responses, study
from percuta.evidence.measurements import publication
from percuta.library.registry import library
from percuta.sources import Sourced

Floats = NDArray[np.float64]

FITTED = (
    "lotfi_2013",
    "wamsley_2021",
    "el_domyati_2015_acne",
    "el_domyati_2015_ageing",
    "shokeir_2022",
    "kislevitz_2021",
    "zayed_2019",
)
"""The studies of the fit; of the two that found no change of tissue, one."""

HELD_BACK = ("wu_2022", "nilforoushzadeh_2020")
"""The studies that judge it: the other one without a change, and one that saw an increase."""

ASSAYS = ("collagen_area", "density", "attenuation", "thickness")
PARAMETERS = ("log_amplitude", "between_studies", "no_effect_share", *(f"log_scale_{assay}" for assay in ASSAYS))
"""What is sampled, in the order of a row."""

_SIGNIFICANT = float(stats.norm.ppf(0.975))
_LOG_ROOT = 0.5 * float(np.log(2.0 * np.pi))
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_LOG_WEIGHTS = np.log(_WEIGHTS / _WEIGHTS.sum())[:, None] - np.log(DOSES.size)


@dataclass(frozen=True)
class Datum:
    """One outcome of a study as the model sees it; ``change`` is None where only a direction is known."""

    outcome: Outcome
    response: Response
    people: int
    change: float | None
    found: str

    @property
    def scale(self) -> int:
        """Place of the assay's scale in a row of parameters."""
        return PARAMETERS.index(f"log_scale_{self.outcome.assay}")

    @property
    def noise(self) -> float:
        """Standard deviation of the change in one person without any treatment."""
        return library().parameter(f"calibration.noise_{self.outcome.assay}").si

    def standard_error(self, change: Floats | float) -> Floats:
        """Return the standard error of the mean where the mean is ``change``."""
        return np.asarray(np.sqrt((self.noise**2 + (_between_people() * np.asarray(change)) ** 2) / self.people))


@cache
def _between_people() -> float:
    """Return the standard deviation between people of a change, over its mean."""
    spread = library().parameter("healing.response_between_people").spread
    return 0.0 if spread is None else float(np.sqrt(np.expm1(spread.log_sd**2)))


@cache
def data_of(source: str) -> tuple[Datum, ...]:
    """Return the outcomes of one study.

    Raises
    ------
    LibraryError
        If an outcome stands nowhere in its evidence file, or nobody wrote how many people it rests on.
    """
    known, published = shipped_responses(), publication(source)
    found = []
    for outcome in study(source).outcomes:
        measured, direction = published.measurements.get(outcome.id), published.directions.get(outcome.id)
        one = measured or direction
        people = None if one is None else one.n or published.completed or published.n
        if one is None or people is None:
            raise LibraryError("an outcome of the calibration lacks its measurement or its number", value=outcome.id)
        change, words = (measured.value, "") if measured else (None, direction.found if direction else "")
        found.append(Datum(outcome, known[source, outcome.id], people, change, words))
    return tuple(found)


def log_prior(rows: Floats) -> Floats:
    """Return the logarithm of the prior density of rows of :data:`PARAMETERS`, (rows,)."""
    total = _log_density(_prior("amplitude"), rows[:, 0])
    total += _log_density(_prior("between_studies"), rows[:, 1])
    total += _log_density(_prior("no_effect_share"), rows[:, 2])
    for place, assay in enumerate(ASSAYS, 3):
        total += _log_density(_prior(f"scale_{assay}"), rows[:, place])
    return total


def _prior(name: str) -> Sourced:
    return library().parameter(f"calibration.{name}")


def _log_density(entry: Sourced, values: Floats) -> Floats:
    """Return the log density of an entry's spread; of its logarithm where it is log-normal."""
    spread = entry.spread
    if spread is None:
        raise LibraryError("a prior needs a spread", value=entry.name)
    if spread.kind == "lognormal":
        return np.asarray(stats.norm.logpdf(values, np.log(entry.si), spread.log_sd))
    width = spread.high - spread.low
    if spread.kind == "uniform":
        return np.asarray(stats.uniform.logpdf(values, spread.low, width))
    if spread.kind != "beta":
        raise LibraryError("no such prior", value=spread.kind, allowed="lognormal, uniform, beta")
    return np.asarray(stats.beta.logpdf(values, spread.a, spread.b, spread.low, width))


def prior_draws(number: int, seed: int) -> Floats:
    """Return rows drawn from the prior, (number, parameters)."""
    uniform = np.random.default_rng(seed).random((number, len(PARAMETERS)))
    rows = np.empty_like(uniform)
    names = ("amplitude", "between_studies", "no_effect_share", *(f"scale_{assay}" for assay in ASSAYS))
    for place, name in enumerate(names):
        drawn = _prior(name).quantile(uniform[:, place])
        rows[:, place] = np.log(drawn) if PARAMETERS[place].startswith("log_") else drawn
    return rows


def log_posterior(rows: Floats, sources: tuple[str, ...] = FITTED) -> Floats:
    """Return the logarithm of the posterior density of rows of :data:`PARAMETERS`, but for a constant, (rows,)."""
    total = log_prior(rows)
    inside = np.isfinite(total)
    if inside.any():
        total[inside] += sum(log_likelihood(rows[inside], data_of(source)) for source in sources)
    return total


def log_likelihood(rows: Floats, data: tuple[Datum, ...]) -> Floats:
    """Return the log likelihood of one study, spike and slab together, (rows,)."""
    share = rows[:, 2]
    with np.errstate(divide="ignore"):
        return np.logaddexp(np.log(share) + spike(data), np.log1p(-share) + slab(rows, data))


def spike(data: tuple[Datum, ...]) -> float:
    """Return the log likelihood of a study's outcomes where needling does nothing."""
    return float(sum(_log_probability(one, np.zeros(1))[0] for one in data))


def slab(rows: Floats, data: tuple[Datum, ...]) -> Floats:
    """Return the log likelihood of a study's outcomes where needling acts, (rows,)."""
    each = sum((_log_probability(one, _means(rows, one)) for one in data), np.zeros(1))
    return np.asarray(special.logsumexp(each + _LOG_WEIGHTS, axis=(1, 2)))


def _means(rows: Floats, one: Datum) -> Floats:
    """Return the mean change at every node of ``z`` and every dose, (rows, nodes, doses)."""
    scale = np.exp(rows[:, one.scale])[:, None, None]
    return np.asarray(scale * one.response.at(rows[:, :1] + rows[:, 1:2] * _NODES))


def _log_probability(one: Datum, changes: Floats) -> Floats:
    """Return the log density or probability of what a study says of its outcome, where the change is ``changes``."""
    error = one.standard_error(changes)
    if one.change is not None:
        return np.asarray(-0.5 * ((one.change - changes) / error) ** 2 - np.log(error) - _LOG_ROOT)
    ratio = changes / error
    if one.found == "increase":
        return np.asarray(special.log_ndtr(ratio - _SIGNIFICANT))
    if one.found == "decrease":
        return np.asarray(special.log_ndtr(-ratio - _SIGNIFICANT))
    if one.found != "no significant change":
        raise LibraryError("the calibration knows no such finding", value=one.found)
    within = special.ndtr(_SIGNIFICANT - ratio) - special.ndtr(-_SIGNIFICANT - ratio)
    return np.asarray(np.log(np.maximum(within, 1e-300)))


def predicted_means(rows: Floats, one: Datum, seed: int) -> Floats:
    """Return the mean change that a new trial like this one would print, sampling error included, (rows,)."""
    random = np.random.default_rng(seed)
    between = rows[:, 1] * random.standard_normal(len(rows))
    gains = one.response.at(rows[:, 0] + between)
    change = np.exp(rows[:, one.scale]) * gains[np.arange(len(rows)), random.integers(0, DOSES.size, len(rows))]
    change[random.random(len(rows)) < rows[:, 2]] = 0.0
    return np.asarray(change + one.standard_error(change) * random.standard_normal(len(rows)))


def probability_of_finding(rows: Floats, one: Datum) -> float:
    """Return the probability, over rows, that a trial like this one finds what it did find."""
    return probability_of_study(rows, (one,))


def probability_of_study(rows: Floats, data: tuple[Datum, ...]) -> float:
    """Return the probability, or density, of all that a study says together, over rows."""
    return float(np.mean(np.exp(log_likelihood(rows, data))))
