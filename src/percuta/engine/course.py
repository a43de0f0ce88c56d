"""The course: months of healing over all sessions, against the untreated course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.grades import grade_map_of
from percuta.engine.handovers import COMPARTMENTS, Channels, Injury, Remodelling, ThermalZone
from percuta.engine.steroid import left_out, steroid_windows
from percuta.physics.ageing import reference_collagen, synthesis_capacity
from percuta.physics.cascade import HealingRates
from percuta.physics.healing import Course, SessionInjuries, SynthesisWindow, healing_course

Floats = NDArray[np.float64]

_DAY = 86_400.0
_SHORTEST_FOLLOW_UP = _DAY


def injury_of(channels: Channels, thermal: ThermalZone | None) -> Injury:
    """Return the volume fractions of the dermis that one session injures."""
    punctured = np.stack([channels.punctured_papillary, channels.punctured_reticular], axis=1)
    if thermal is None:
        return Injury(punctured, np.zeros_like(punctured), np.zeros_like(punctured))
    dermis = [COMPARTMENTS.index(name) for name in ("papillary", "reticular")]
    return Injury(punctured, thermal.coagulated_in[:, dermis], thermal.heat_shocked_in[:, dermis])


def course_of(bench: Bench, injuries: dict[str, Injury], synthesis_gain: Floats | None = None) -> Remodelling:
    """Return the healing course of all needled zones; every session injures alike.

    Where a steroid lowers synthesis the course is computed a second time without it.

    Parameters
    ----------
    bench
        Plan, device, library, scenarios.
    injuries
        What one session does to each needled zone.
    synthesis_gain : (m,)
        Collagen made per punctured fraction; drawn from the calibration where it is left out. The calibration itself
        gives it.
    """
    plan = bench.plan
    sessions = np.arange(plan.course.sessions, dtype=np.float64) * np.float64(plan.course.interval.si)
    end = float(sessions[-1]) + max(plan.course.follow_up_after_last_session.si, _SHORTEST_FOLLOW_UP)
    age = bench.people.age

    def every_session(kind: str) -> Floats:
        one = np.concatenate([getattr(injury, kind) for injury in injuries.values()], axis=1)
        return np.repeat(one[:, :, None], sessions.size, axis=2)

    every = SessionInjuries(
        sessions, every_session("punctured"), every_session("coagulated"), every_session("heat_shocked")
    )
    rates, capacity = _rates(bench, synthesis_gain), synthesis_capacity(age, bench.parameter("ageing.synthesis_at_80"))
    reference = _untreated(bench, age)

    def course(windows: list[SynthesisWindow]) -> Course:
        return healing_course(rates, every, end=end, synthesis_capacity=capacity, reference=reference, windows=windows)

    windows = steroid_windows(bench, tuple(injuries), sessions, end)
    without = [replace(one, factor=np.ones_like(one.factor)) for one in windows]  # on the same nodes in time
    return Remodelling(
        course(windows),
        tuple(injuries),
        sessions,
        bench.parameter("appearance.thickness_exponent"),
        bench.parameter("appearance.firmness_exponent"),
        grade_map_of(bench) if synthesis_gain is None else None,
        course(without) if windows else None,
        left_out(plan, bench.library),
    )


def _rates(bench: Bench, gain: Floats | None = None) -> HealingRates:
    same = (
        "debris_clearance",
        "coagulated_clearance",
        "mediator_clearance",
        "macrophage_clearance",
        "fibroblast_stage_rate",
        "maturation",
        "coagulated_mediator_ratio",
        "heat_shock_drive",
        "collagen_capacity",
        "coagulated_replacement",
    )
    drawn = {name: bench.parameter(f"healing.{name}") for name in same}
    if gain is None:
        acts = bench.parameter("healing.responds") * bench.parameter("healing.response_between_people")
        gain = acts * bench.parameter("healing.collagen_per_punctured_fraction")
    return HealingRates(mature_loss=bench.parameter("healing.mature_collagen_loss"), synthesis_gain=gain, **drawn)


def _untreated(bench: Bench, age: Floats) -> Callable[[Floats], Floats]:
    """Return untreated collagen as a function of time since the first session."""
    names = ("collagen_decline", "menopause_loss", "menopause_duration", "later_decline", "later_duration")
    drawn = {name: bench.parameter(f"ageing.{name}") for name in names}
    drawn["menopause_age"] = _menopause(bench)

    def reference(time: Floats) -> Floats:
        return reference_collagen(
            age + time[:, None],
            drawn["collagen_decline"],
            drawn["menopause_age"],
            drawn["menopause_loss"],
            drawn["menopause_duration"],
            drawn["later_decline"],
            drawn["later_duration"],
        )

    return reference


def _menopause(bench: Bench) -> Floats:
    """Return the age at menopause [s]: as it is known, else drawn; never for men."""
    people = bench.people
    known = people.menopause_age
    if (people.female & np.isnan(known)).any():
        known = np.where(np.isnan(known), bench.parameter("ageing.menopause_age"), known)
    return np.where(people.female, known, np.inf)
