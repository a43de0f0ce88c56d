"""Endpoints: one number with its range for each question a plan is asked, or a sentence why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from percuta.engine.handovers import Channels, GradeMap, Remodelling, Tolerance
from percuta.engine.simulate import Outcome
from percuta.physics.appearance import grade_change, relative_change
from percuta.physics.healing import Course
from percuta.physics.tolerance import END_POINTS
from percuta.plan.model import WITHOUT_OUTCOME_MODEL
from percuta.results.anaesthesia import BLOCK, NO_CREAM, NO_CREAM_HERE, not_computed, of_block, of_exposure
from percuta.results.barrier import BARRIER, of_barrier
from percuta.results.patch import NO_OUTCOME_PATCH, PATCH, of_patch, without_needles
from percuta.results.samples import Sample, convert_array
from percuta.results.thermal import THERMAL, of_thermal

Floats = NDArray[np.float64]

RESEARCH = (  # modelled tissue; never a headline
    "modelled_collagen_vs_untreated",
    "collagen_peak_time",
    "dermal_thickness_change",
    "firmness_change",
    "recoil_change",
    "steroid_collagen_cost",
)
NO_SCALE = "not predicted: one trial graded texture, on a changed scale whose steps were not read"
NOT_ASKED = "not given: only the grade of the wanted effect is computed"
NO_GRADE_RF = (
    "not predicted: no trial of radiofrequency needles that was read prints a change of this grade together with "
    "settings from which its heat could be computed"
)
NO_OUTCOME_MODEL = "no outcome model exists for this indication"
NO_REDNESS_RF = "not predicted: no trial read counts the days of redness after radiofrequency needles, see downtime"
NO_END_POINT_RF = "not predicted: no study read says what is seen on the skin when radiofrequency needles come out"
NOT_NEEDLED = "not needled in this plan"
NO_RECOIL = (
    "not predicted: recoil follows the elastic fibres, and published histology after needling contradicts itself"
)
NO_GAIN = "not given: in no scenario does collagen rise above the untreated course"
STEROID_LEFT_OUT = (
    "not given: this zone gets a steroid that the course leaves out, because it is not put on the skin or no figure of "
    "its effect on synthesis is published; how long an injected one acts on synthesis was not found"
)

_BOOTSTRAP = 400
_WEEK = 604_800.0
_ROUNDING = 1e-12  # of the untreated course; a scenario that does not respond has gained nothing


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is written to ``endpoints.json``."""

    name: str
    zone: str | None
    unit: str
    definition: str
    p5: float | None = None
    p50: float | None = None
    p95: float | None = None
    tail_error: float | None = None
    spread_shares: dict[str, dict[str, float]] | None = None
    probabilities: dict[str, float] | None = None
    withheld: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the endpoint as plain data; a withheld one or a category has its own keys."""
        head: dict[str, Any] = {"name": self.name, "zone": self.zone, "unit": self.unit}
        if self.withheld:
            return head | {"withheld": self.withheld, "definition": self.definition}
        if self.probabilities is not None:
            return head | {"probabilities": self.probabilities, "definition": self.definition}
        return head | {
            "p5": self.p5,
            "p50": self.p50,
            "p95": self.p95,
            "tail_error": self.tail_error,
            "spread_shares": self.spread_shares,
            "definition": self.definition,
        }


def samples(outcome: Outcome) -> list[Sample]:
    """Return every endpoint of one batch as samples over its scenarios."""
    return [*_whole_plan(outcome), *(one for zone in outcome.zones for one in _of_zone(outcome, zone))]


def joined(batches: Iterable[list[Sample]]) -> list[Sample]:
    """Return the endpoints of all batches together."""
    return [_join(parts) for parts in zip(*batches, strict=True)]


def _join(parts: tuple[Sample, ...]) -> Sample:
    if parts[0].values is None:
        return parts[0]
    return replace(parts[0], values=np.concatenate([part.values for part in parts if part.values is not None]))


def endpoints(
    every: list[Sample], shares: dict[tuple[str, str | None], dict[str, dict[str, float]]] | None = None
) -> list[Endpoint]:
    """Return the endpoints of a run.

    Parameters
    ----------
    every
        The samples of all scenarios.
    shares
        Share of the variance that hangs on inputs of each grade, by name and zone; see
        :mod:`percuta.results.variance`.
    """
    shares = shares or {}
    return [summary(one, shares.get((one.name, one.zone))) for one in every]


def summary(sample: Sample, spread_shares: dict[str, dict[str, float]] | None = None) -> Endpoint:
    """Sum up one endpoint: 5, 50 and 95 % quantiles, and the sampling error of the two tails."""
    head = (sample.name, sample.zone, sample.unit, sample.definition)
    if sample.values is None:
        return Endpoint(*head, withheld=sample.withheld)
    if sample.words:
        shares = np.bincount(sample.values.astype(np.int64), minlength=len(sample.words)) / sample.values.size
        return Endpoint(
            *head, probabilities={word: float(share) for word, share in zip(sample.words, shares, strict=True)}
        )
    known = sample.values[np.isfinite(sample.values)]
    if known.size == 0:
        return Endpoint(*head, withheld=sample.withheld or NO_GAIN)
    low, middle, high = (float(value) for value in np.quantile(known, [0.05, 0.5, 0.95]))
    return Endpoint(*head, low, middle, high, tail_error(known), spread_shares)


def tail_error(values: Floats) -> float:
    """Return the larger standard error of the 5 % and the 95 % quantile, by bootstrap over the scenarios.

    The scenarios are a scrambled Sobol sample, which is spread more evenly than the independent draws that
    the bootstrap assumes: the error is an upper estimate.
    """
    rng = np.random.default_rng(20_240_601)
    drawn = np.sort(values)[rng.integers(0, values.size, (_BOOTSTRAP, values.size))]
    tails = np.quantile(drawn, [0.05, 0.95], axis=1)
    return float(tails.std(axis=1, ddof=1).max())


def _whole_plan(outcome: Outcome) -> Iterator[Sample]:
    definition = "from the first step to the last, waiting for the anaesthetic included"
    total = outcome.times.steps.sum(axis=1)
    yield Sample("session_duration", None, "min", definition, convert_array(total, "min"))
    yield from of_exposure(outcome.exposure, _why_no_block(outcome, NO_CREAM))


def _why_no_block(outcome: Outcome, otherwise: str) -> str:
    return not_computed(outcome.missing_figures) if outcome.missing_figures else otherwise


def _of_zone(outcome: Outcome, name: str) -> Iterator[Sample]:
    zone, pulses = outcome.zones[name], bool(outcome.plan.rf_pulses)
    needling, tolerance = (_PULSES, _TOLERANCE_RF) if pulses else (_NEEDLING, _TOLERANCE)
    needling = PATCH if outcome.plan.patches else needling
    if zone.channels is None:
        yield from _not_needled(name, _CHANNELS | needling | (THERMAL if pulses else {}) | BLOCK | tolerance | BARRIER)
        return
    yield from _of_channels(name, zone.channels)
    if zone.barrier is not None:
        yield from of_barrier(name, zone.barrier)
    if zone.patch is not None:
        yield from of_patch(name, zone.patch)
        yield from without_needles(name, tolerance)
        yield from _withheld_outcomes(name, NO_OUTCOME_PATCH)
    if zone.tolerance is None:
        return
    unit, definition = needling["needling_duration"]
    yield Sample("needling_duration", name, unit, definition, convert_array(outcome.times.needling[name], unit))
    if zone.thermal is not None:
        yield from of_thermal(name, zone.thermal)
    yield from of_block(name, zone.anaesthesia, _why_no_block(outcome, NO_CREAM_HERE))
    yield from _of_tolerance(name, zone.tolerance, tolerance)
    if outcome.plan.patient.desired_effect in WITHOUT_OUTCOME_MODEL:
        yield from _withheld_outcomes(name, NO_OUTCOME_MODEL)
    elif outcome.remodelling is not None:
        yield from _of_course(outcome.remodelling, name, zone.layers.papillary_share)
        yield from _of_outcomes(outcome.remodelling, name, zone.layers.papillary_share, pulses)


def _not_needled(name: str, own: dict[str, tuple[str, str]]) -> Iterator[Sample]:
    for endpoint, (unit, definition) in own.items():
        yield Sample(endpoint, name, unit, definition, withheld=NOT_NEEDLED)
    yield from _withheld_outcomes(name, NOT_NEEDLED)


_CHANNELS = {
    "puncture_density": ("1/cm^2", "punctures per area of skin in one session, all passes"),
    "reached_depth_typical": ("mm", "depth that half of the needle tracks pass"),
    "reached_depth_deepest_5_percent": ("mm", "depth that 5 of 100 needle tracks pass"),
    "punctured_surface_fraction": (
        "1",
        "share of the skin surface in a needle's path in one session; skin that is pushed aside counts",
    ),
    "papillary_punctured_fraction": ("1", "share of the papillary dermis' volume in the needles' paths, one session"),
    "reticular_punctured_fraction": ("1", "share of the reticular dermis' volume in the needles' paths, one session"),
    "tracks_beyond_dermis_fraction": ("1", "share of the needle tracks that end below the dermis"),
}
_NEEDLING = {"needling_duration": ("min", "needles on and between strokes on this zone")}
_PULSES = {"needling_duration": ("min", "all stamps on this zone, with their pulses and the time between them")}
_TOLERANCE = {
    "pain_peak": (
        "0-10",
        "pain during needling on a scale of 0 to 10; follows depth, needles and block, not passes or site",
    ),
    "redness_duration": ("day", "days until redness is gone; follows the set depth, not passes, site or phototype"),
    "expected_end_point": ("category", "what is seen on the skin by the end of needling"),
}
_TOLERANCE_RF = {
    "pain_peak": ("0-10", "pain of the pulses on a scale of 0 to 10; follows the block, not what the pulses deliver"),
    "downtime": ("day", "days until people go about as before, as one trial counted them; follows nothing in the plan"),
    "redness_duration": ("day", "days until redness is gone"),
    "expected_end_point": ("category", "what is seen on the skin by the end of the pulses"),
}


def _of_channels(name: str, channels: Channels) -> Iterator[Sample]:
    values = {
        "puncture_density": channels.density,
        "reached_depth_typical": channels.reached_typical,
        "reached_depth_deepest_5_percent": channels.reached_deepest,
        "punctured_surface_fraction": channels.punctured_surface,
        "papillary_punctured_fraction": channels.punctured_papillary,
        "reticular_punctured_fraction": channels.punctured_reticular,
        "tracks_beyond_dermis_fraction": channels.tracks_beyond_dermis,
    }
    for endpoint, (unit, definition) in _CHANNELS.items():
        yield Sample(endpoint, name, unit, definition, convert_array(values[endpoint], unit))


def _of_tolerance(name: str, tolerance: Tolerance, own: dict[str, tuple[str, str]]) -> Iterator[Sample]:
    values = {
        "pain_peak": tolerance.pain,
        "downtime": _in_days(tolerance.downtime),
        "redness_duration": _in_days(tolerance.redness),
        "expected_end_point": None if tolerance.end_point is None else tolerance.end_point.astype(np.float64),
    }
    withheld = {"redness_duration": NO_REDNESS_RF, "expected_end_point": NO_END_POINT_RF}
    for endpoint, (unit, definition) in own.items():
        if values[endpoint] is None:
            yield Sample(endpoint, name, unit, definition, withheld=withheld[endpoint])
        else:
            words = END_POINTS if endpoint == "expected_end_point" else ()
            yield Sample(endpoint, name, unit, definition, values[endpoint], words)


def _in_days(time: Floats | None) -> Floats | None:
    return None if time is None else convert_array(time, "day")


_STEROID_COST = (
    "percentage points of modelled collagen against no treatment that the steroids on the skin cost by the end of "
    "follow-up, injected and swallowed ones left out; the factors were measured on intact skin, and needled skin may "
    "take up more"
)


def _of_course(remodelling: Remodelling, name: str, papillary_share: Floats) -> Iterator[Sample]:
    untreated = remodelling.course.untreated
    mature, collagen = _collagen(remodelling, remodelling.course, name, papillary_share)
    gain = collagen / untreated - 1.0
    gain = np.where(np.abs(gain) < _ROUNDING, 0.0, gain)
    week = remodelling.course.time[-1] / _WEEK
    when = f"week {week:.3g} after the first session"
    change = 100.0 * gain[-1]
    yield Sample(
        "modelled_collagen_vs_untreated", name, "%", f"collagen of the dermis against no treatment, {when}", change
    )
    peak = np.where(gain.max(axis=0) > 1e-9, remodelling.course.time[gain.argmax(axis=0)] / _WEEK, np.nan)
    definition = "week of the largest modelled gain, at the latest the end of follow-up, over the scenarios that gain"
    yield Sample("collagen_peak_time", name, "week", definition, peak, withheld=NO_GAIN)
    for endpoint, followed, words, exponent in (
        ("dermal_thickness_change", collagen, "all collagen", remodelling.thickness_exponent),
        ("firmness_change", mature, "mature, load-bearing collagen", remodelling.firmness_exponent),
    ):
        values = 100.0 * relative_change(followed[-1], untreated[-1], exponent)
        values = np.where(np.abs(values) < 100.0 * _ROUNDING, 0.0, values)
        yield Sample(endpoint, name, "%", f"against no treatment, {when}; follows {words} by an assumed power", values)
    if name in remodelling.steroid_left_out:
        yield Sample("steroid_collagen_cost", name, "%", _STEROID_COST, withheld=STEROID_LEFT_OUT)
    else:
        cost = 100.0 * _steroid_cost(remodelling, name, papillary_share, collagen[-1])
        yield Sample("steroid_collagen_cost", name, "%", _STEROID_COST, cost)


def _steroid_cost(remodelling: Remodelling, name: str, papillary_share: Floats, collagen: Floats) -> Floats:
    """Return what the steroids cost of the collagen at the end, as a fraction of the untreated course, (m,)."""
    if remodelling.without_steroid is None:
        return np.zeros_like(collagen)
    _, without = _collagen(remodelling, remodelling.without_steroid, name, papillary_share)
    return np.asarray((without[-1] - collagen) / remodelling.course.untreated[-1])


_GRADES = {
    "wrinkle": ("wrinkle_grade_change", "wrinkle grade (Lemperle, 0 to 5)"),
    "laxity": ("laxity_grade_change", "laxity grade (after Alexiades, 0 to 4)"),
    "scar": ("scar_grade_change", "scar grade (after Goodman and Baron, 1 to 4)"),
}
_ONE_GRADE = "probability_one_grade_better_than_untreated"
_OUTCOMES = {
    "recoil_change": ("%", "elastic recoil against no treatment"),
    **{name: ("grade", f"{scale} against no treatment") for name, scale in _GRADES.values()},
    _ONE_GRADE: ("1", "share of people at least one grade better"),
}
_CALIBRATED = (
    "follows collagen by a slope from one trial without an untreated group, less the share of its change that comes "
    "without needles; lower is better"
)


def _of_outcomes(remodelling: Remodelling, name: str, papillary_share: Floats, pulses: bool) -> Iterator[Sample]:
    """Yield the grade of the wanted effect where a trial gives one; recoil and the other grades are withheld."""
    reasons = {"recoil_change": NO_RECOIL}
    if pulses:
        reasons |= dict.fromkeys((*(endpoint for endpoint, _ in _GRADES.values()), _ONE_GRADE), NO_GRADE_RF)
    elif remodelling.grade is None:
        reasons[_ONE_GRADE] = NO_SCALE
    grade = remodelling.grade
    own = None if grade is None else _GRADES[grade.scale][0]
    for endpoint, (unit, definition) in _OUTCOMES.items():
        if grade is not None and endpoint == own:
            week = remodelling.course.time[-1] / _WEEK
            words = f"{definition}, week {week:.3g} after the first session; {_CALIBRATED}"
            yield Sample(endpoint, name, unit, words, _graded(remodelling, grade, name, papillary_share, 1.0))
        elif grade is not None and endpoint == _ONE_GRADE:
            typical = _graded(remodelling, grade, name, papillary_share, grade.person)
            yield Sample(endpoint, name, unit, definition, one_grade_better(typical, grade.between_people))
        else:
            yield Sample(endpoint, name, unit, definition, withheld=reasons.get(endpoint, NOT_ASKED))


def _graded(
    remodelling: Remodelling, grade: GradeMap, zone: str, papillary_share: Floats, person: Floats | float
) -> Floats:
    """Return the change of a grade by the end of follow-up, of the scenario's person over ``person``, (m,)."""
    _, collagen = _collagen(remodelling, remodelling.course, zone, papillary_share)
    gain = collagen[-1] / remodelling.course.untreated[-1] - 1.0
    gain = np.where(np.abs(gain) < _ROUNDING, 0.0, gain)
    return grade_change(gain / person, grade.slope, grade.grades)


def one_grade_better(typical: Floats, between_people: float) -> Floats:
    """Return the share of people whose grade falls by one or more, (m,).

    Parameters
    ----------
    typical : (m,)
        Change of the median person's grade; a fall is negative.
    between_people
        Standard deviation between people of the logarithm of the change.
    """
    with np.errstate(divide="ignore"):
        fall = np.log(np.maximum(-typical, 0.0))
    return np.asarray(special.ndtr(fall / between_people))


def _withheld_outcomes(name: str, reason: str) -> Iterator[Sample]:
    collagen = {
        "modelled_collagen_vs_untreated": ("%", "collagen of the dermis against no treatment"),
        "collagen_peak_time": ("week", "week of the largest modelled gain against no treatment"),
        "dermal_thickness_change": ("%", "against no treatment"),
        "firmness_change": ("%", "against no treatment"),
        "steroid_collagen_cost": ("%", _STEROID_COST),
    }
    for endpoint, (unit, definition) in (collagen | _OUTCOMES).items():
        yield Sample(endpoint, name, unit, definition, withheld=reason)


def _collagen(remodelling: Remodelling, course: Course, zone: str, papillary_share: Floats) -> tuple[Floats, Floats]:
    """Return the mature and the whole collagen of a course over the dermis, each (times, m)."""
    mature = _dermal(remodelling, course.mature_collagen, zone, papillary_share)
    return mature, mature + _dermal(remodelling, course.immature_collagen, zone, papillary_share)


def _dermal(remodelling: Remodelling, state: Floats, zone: str, papillary_share: Floats) -> Floats:
    """Return a state's mean over the whole dermis, shape (times, m)."""
    both = remodelling.compartment(state, zone)
    return np.asarray(papillary_share * both[:, :, 0] + (1.0 - papillary_share) * both[:, :, 1])
