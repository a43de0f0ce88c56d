"""Protocol rules on how often skin is needled, and on use at home."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.plan.steps import (
    STEEL_NEEDLES,
    Aftercare,
    Cool,
    Gel,
    Medication,
    Needling,
    Peel,
    Photograph,
    Step,
    SteroidGel,
    SunProtection,
    TopicalAnaesthetic,
)
from percuta.safety.protocol import Case, Hit, RuleBook, above, hits
from percuta.safety.reach import Dose, dose_of, shares_past_epidermis
from percuta.units import show

rule = RuleBook()

# What follows a needling and not a stroke of it: skin that is needled again after it is treated twice.
ENDS_THE_NEEDLING = (
    TopicalAnaesthetic,
    Peel,
    Gel,
    SteroidGel,
    Aftercare,
    SunProtection,
    Medication,
    Cool,
    Photograph,
)


@rule("repeats_same_day")
def repeats_same_day(case: Case) -> Iterator[Hit]:
    """Skin is needled again on the same day, within a session or by the next one."""
    course = case.plan.course
    if course.sessions > 1 and course.interval.si < case.threshold("interval").si and case.first_needles():
        yield Hit(detail=f"{course.sessions} sessions, {course.interval} apart.")
    needled: set[str] = set()
    finished: set[str] = set()
    for placed in case.steps(Step):
        if isinstance(placed.step, ENDS_THE_NEEDLING):
            finished |= needled & set(placed.zones)
        elif isinstance(placed.step, STEEL_NEEDLES):
            again = [zone for zone in placed.zones if zone in finished]
            yield from hits(again, placed.number, "Needled again after a step that ends a needling.")
            needled |= set(placed.zones)


@rule("interval_floor")
def interval_floor(case: Case) -> Iterator[Hit]:
    """Sessions on different days follow faster than in any trial; home needles within the epidermis are excepted."""
    same_day = case.library.protocol["repeats_same_day"].thresholds["interval"]
    shallow = not case.plan.rf_pulses and not any(passed for _, _, passed in _past_epidermis(case))
    at_home = case.plan.use == "home" and shallow
    if not at_home:
        yield from _shorter(case, same_day.si, case.threshold("shortest_interval").si)


@rule("interval_below_14_days")
def interval_below_14_days(case: Case) -> Iterator[Hit]:
    """The interval is above the floor and below two weeks."""
    floor = case.library.protocol["interval_floor"].thresholds["shortest_interval"]
    yield from _shorter(case, floor.si, case.threshold("interval").si)


@rule("interval_below_28_days")
def interval_below_28_days(case: Case) -> Iterator[Hit]:
    """The interval is at least two and below four weeks."""
    floor = case.library.protocol["interval_below_14_days"].thresholds["interval"]
    yield from _shorter(case, floor.si, case.threshold("interval").si)


@rule("rf_interval_below_28_days")
def rf_interval_below_28_days(case: Case) -> Iterator[Hit]:
    """The interval between radiofrequency sessions is above the floor and below four weeks."""
    floor = case.library.protocol["interval_floor"].thresholds["shortest_interval"]
    yield from _shorter(case, floor.si, case.threshold("interval").si)


@rule("passes_high")
def passes_high(case: Case) -> Iterator[Hit]:
    """More punctures over a zone in one session than the passes of any trial give."""
    most, usual = case.threshold("most_passes"), case.threshold("usual_frequency")
    total: dict[str, Dose] = {}
    last: dict[str, int] = {}
    for placed in case.needles():
        for zone in placed.zones:
            dose = dose_of(case.plan, case.device, case.library, placed.step, zone, usual)
            total[zone] = total[zone] + dose if zone in total else dose
            last[zone] = placed.number
    for zone, dose in total.items():
        if above(dose.passes, most.si):
            said = f"As much as {dose.passes:.3g} passes in one session; the most in a trial are {most.text}."
            if dose.density is not None:
                said += f" Computed puncture density: {show(dose.density, '1/cm^2')} (median)."
            yield Hit(zone, last[zone], said)


@rule("home_use")
def home_use(case: Case) -> Iterator[Hit]:
    """Needles that pass the epidermis are used at home."""
    if case.plan.use == "home":
        for zone, step, passed in _past_epidermis(case):
            if passed:
                yield Hit(zone, step, passed)


@rule("rf_home_use")
def rf_home_use(case: Case) -> Iterator[Hit]:
    """Radiofrequency needles are used at home."""
    if case.plan.use == "home":
        yield Hit()


def _shorter(case: Case, floor: float, ceiling: float) -> Iterator[Hit]:
    course = case.plan.course
    if course.sessions > 1 and floor <= course.interval.si < ceiling and case.first_needles():
        yield Hit(detail=f"Interval of this plan: {course.interval}.")


def _past_epidermis(case: Case) -> Iterator[tuple[str, int, str]]:
    """Yield zone, step, and the datasets whose epidermis is passed in words; no words where none is."""
    quantile = case.library.protocol["home_use"].thresholds["reached_depth_quantile"].si
    patient = case.plan.patient
    for placed in case.steps(Needling):
        for zone in placed.zones:
            layers = case.library.layers(case.plan.zone(zone).site, patient.sex, patient.age.to("years"))
            depths = [each.epidermis.si for each in layers]
            shares = shares_past_epidermis(case.plan, case.device, case.library, placed.step, depths)
            passed = [
                f"{show(share, '%', 2)} of the needles pass {show(depth, 'mm', 2)} ({each.label})"
                for each, depth, share in zip(layers, depths, shares, strict=True)
                if share > 1.0 - quantile
            ]
            yield zone, placed.number, f"Predicted: {'; '.join(passed)}." if passed else ""
