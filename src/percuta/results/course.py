"""Endpoints of the healing course: collagen, thickness, firmness and the grade of the wanted effect, at one time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from percuta.engine.handovers import GradeMap, Remodelling
from percuta.errors import PlanError
from percuta.physics.appearance import grade_change, relative_change
from percuta.physics.healing import Course
from percuta.results.samples import Sample
from percuta.units import show

Floats = NDArray[np.float64]

NO_SCALE = "not predicted: one trial graded texture, on a changed scale whose steps were not read"
NOT_ASKED = "not given: only the grade of the wanted effect is computed"
NO_GRADE_RF = (
    "not predicted: no trial of radiofrequency needles that was read prints a change of this grade together with "
    "settings from which its heat could be computed"
)
NO_RECOIL = (
    "not predicted: recoil follows the elastic fibres, and published histology after needling contradicts itself"
)
NO_GAIN = "not given: in no scenario does collagen rise above the untreated course"
STEROID_LEFT_OUT = (
    "not given: this zone gets a steroid that the course leaves out, because it is not put on the skin or no figure of "
    "its effect on synthesis is published; how long an injected one acts on synthesis was not found"
)

_WEEK = 604_800.0
_ROUNDING = 1e-12  # of the untreated course; a scenario that does not respond has gained nothing
_STEROID_COST = (
    "percentage points of modelled collagen against no treatment that the steroids on the skin cost by the end of "
    "follow-up, injected and swallowed ones left out; the factors were measured on intact skin, and needled skin may "
    "take up more"
)
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


@dataclass(frozen=True)
class Read:
    """The course of one zone, and the node in time at which it is read."""

    remodelling: Remodelling
    zone: str
    papillary_share: Floats
    node: int

    @property
    def course(self) -> Course:
        """The course with all that is done."""
        return self.remodelling.course

    @property
    def when(self) -> str:
        """The time in words."""
        return f"week {self.course.time[self.node] / _WEEK:.3g} after the first session"

    def collagen(self, course: Course) -> tuple[Floats, Floats]:
        """Return the mature and the whole collagen of a course over the dermis, each (times, m)."""
        mature = self._dermal(course.mature_collagen)
        return mature, mature + self._dermal(course.immature_collagen)

    def gain(self) -> Floats:
        """Return the gain of collagen on the untreated course over time, (times, m)."""
        gain = self.collagen(self.course)[1] / self.course.untreated - 1.0
        return np.where(np.abs(gain) < _ROUNDING, 0.0, gain)

    def _dermal(self, state: Floats) -> Floats:
        """Return a state's mean over the whole dermis, (times, m)."""
        both = self.remodelling.compartment(state, self.zone)
        return np.asarray(self.papillary_share * both[:, :, 0] + (1.0 - self.papillary_share) * both[:, :, 1])


def node_at(course: Course, at: float | None) -> int:
    """Return the node of a course nearest to a time after the first session [s]; its end where None.

    Raises
    ------
    PlanError
        If the course does not reach that time.
    """
    if at is None:
        return course.time.size - 1
    end = float(course.time[-1])
    if not 0.0 <= at <= end:
        raise PlanError(
            "the course is not followed to this time",
            value=show(at, "week"),
            allowed=f"0 to {show(end, 'week')} after the first session",
            do="make follow_up_after_last_session longer, or give an earlier time",
        )
    return int(np.abs(course.time - at).argmin())


def of_course(read: Read) -> Iterator[Sample]:
    """Return the endpoints of modelled tissue."""
    name, untreated = read.zone, read.course.untreated
    mature, collagen = read.collagen(read.course)
    gain, now = read.gain(), read.node
    change = 100.0 * gain[now]
    yield Sample(
        "modelled_collagen_vs_untreated", name, "%", f"collagen of the dermis against no treatment, {read.when}", change
    )
    peak = np.where(gain.max(axis=0) > 1e-9, read.course.time[gain.argmax(axis=0)] / _WEEK, np.nan)
    definition = "week of the largest modelled gain, at the latest the end of follow-up, over the scenarios that gain"
    yield Sample("collagen_peak_time", name, "week", definition, peak, withheld=NO_GAIN)
    remodelling = read.remodelling
    for endpoint, followed, words, exponent in (
        ("dermal_thickness_change", collagen, "all collagen", remodelling.thickness_exponent),
        ("firmness_change", mature, "mature, load-bearing collagen", remodelling.firmness_exponent),
    ):
        values = 100.0 * relative_change(followed[now], untreated[now], exponent)
        values = np.where(np.abs(values) < 100.0 * _ROUNDING, 0.0, values)
        definition = f"against no treatment, {read.when}; follows {words} by an assumed power"
        yield Sample(endpoint, name, "%", definition, values)
    if name in remodelling.steroid_left_out:
        yield Sample("steroid_collagen_cost", name, "%", _STEROID_COST, withheld=STEROID_LEFT_OUT)
    else:
        yield Sample("steroid_collagen_cost", name, "%", _STEROID_COST, 100.0 * _steroid_cost(read, collagen[now]))


def _steroid_cost(read: Read, collagen: Floats) -> Floats:
    """Return what the steroids cost of the collagen, as a fraction of the untreated course, (m,)."""
    if read.remodelling.without_steroid is None:
        return np.zeros_like(collagen)
    _, without = read.collagen(read.remodelling.without_steroid)
    return np.asarray((without[read.node] - collagen) / read.course.untreated[read.node])


def of_outcomes(read: Read, pulses: bool) -> Iterator[Sample]:
    """Return the grade of the wanted effect where a trial gives one; recoil and the other grades are withheld."""
    reasons, grade = {"recoil_change": NO_RECOIL}, read.remodelling.grade
    if pulses:
        reasons |= dict.fromkeys((*(endpoint for endpoint, _ in _GRADES.values()), _ONE_GRADE), NO_GRADE_RF)
    elif grade is None:
        reasons[_ONE_GRADE] = NO_SCALE
    own = None if grade is None else _GRADES[grade.scale][0]
    for endpoint, (unit, definition) in _OUTCOMES.items():
        if grade is not None and endpoint == own:
            words = f"{definition}, {read.when}; {_CALIBRATED}"
            yield Sample(endpoint, read.zone, unit, words, _graded(read, grade, 1.0))
        elif grade is not None and endpoint == _ONE_GRADE:
            chance = one_grade_better(_graded(read, grade, grade.person), grade.between_people)
            yield Sample(endpoint, read.zone, unit, definition, chance)
        else:
            yield Sample(endpoint, read.zone, unit, definition, withheld=reasons.get(endpoint, NOT_ASKED))


def _graded(read: Read, grade: GradeMap, person: Floats | float) -> Floats:
    """Return the change of a grade, of the scenario's person over ``person``, (m,)."""
    return grade_change(read.gain()[read.node] / person, grade.slope, grade.grades)


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


def withheld_outcomes(name: str, reason: str) -> Iterator[Sample]:
    """Return every endpoint of the course as withheld, with the reason."""
    collagen = {
        "modelled_collagen_vs_untreated": ("%", "collagen of the dermis against no treatment"),
        "collagen_peak_time": ("week", "week of the largest modelled gain against no treatment"),
        "dermal_thickness_change": ("%", "against no treatment"),
        "firmness_change": ("%", "against no treatment"),
        "steroid_collagen_cost": ("%", _STEROID_COST),
    }
    for endpoint, (unit, definition) in (collagen | _OUTCOMES).items():
        yield Sample(endpoint, name, unit, definition, withheld=reason)
