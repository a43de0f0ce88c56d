"""The course: months of healing over all sessions, against the untreated course."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from percuta.engine.handovers import Injury, Remodelling
from percuta.engine.session import Bench
from percuta.physics.ageing import reference_collagen, synthesis_capacity
from percuta.physics.cascade import HealingRates
from percuta.physics.healing import SessionInjuries, SynthesisWindow, healing_course
from percuta.plan.steps import SteroidGel
from percuta.units import parse

Floats = NDArray[np.float64]

_DAY = 86_400.0
_RECOVERY_WINDOWS = 4  # the return of synthesis after a steroid, in equal steps over three weeks
_SHORTEST_FOLLOW_UP = _DAY


def course_of(bench: Bench, injuries: dict[str, Injury]) -> Remodelling:
    """Return the healing course of all needled zones; every session injures alike."""
    plan = bench.plan
    sessions = np.arange(plan.course.sessions, dtype=np.float64) * np.float64(plan.course.interval.si)
    end = float(sessions[-1]) + max(plan.course.follow_up_after_last_session.si, _SHORTEST_FOLLOW_UP)
    age = plan.patient.age.si

    def every_session(kind: str) -> Floats:
        one = np.concatenate([getattr(injury, kind) for injury in injuries.values()], axis=1)
        return np.repeat(one[:, :, None], sessions.size, axis=2)

    course = healing_course(
        _rates(bench),
        SessionInjuries(
            sessions, every_session("punctured"), every_session("coagulated"), every_session("heat_shocked")
        ),
        end=end,
        synthesis_capacity=synthesis_capacity(age, bench.parameter("ageing.synthesis_at_80")),
        reference=_untreated(bench, age),
        windows=_steroid_windows(bench, tuple(injuries), sessions, end),
    )
    return Remodelling(
        course,
        tuple(injuries),
        sessions,
        bench.parameter("appearance.thickness_exponent"),
        bench.parameter("appearance.firmness_exponent"),
    )


def _rates(bench: Bench) -> HealingRates:
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
    gain = bench.parameter("healing.responds") * bench.parameter("healing.collagen_per_punctured_fraction")
    return HealingRates(mature_loss=bench.parameter("healing.mature_collagen_loss"), synthesis_gain=gain, **drawn)


def _untreated(bench: Bench, age: float) -> Callable[[Floats], Floats]:
    """Return untreated collagen as a function of time since the first session."""
    names = (
        "collagen_decline",
        "menopause_age",
        "menopause_loss",
        "menopause_duration",
        "later_decline",
        "later_duration",
    )
    drawn = {name: bench.parameter(f"ageing.{name}") for name in names}
    patient = bench.plan.patient
    if patient.sex == "male":
        drawn["menopause_age"] = np.full(bench.scenarios.members, np.inf)
    elif patient.menopause_age is not None:
        drawn["menopause_age"] = np.full(bench.scenarios.members, patient.menopause_age.si)

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


def _steroid_windows(bench: Bench, zones: tuple[str, ...], sessions: Floats, end: float) -> list[SynthesisWindow]:
    """Return the times in which a topical steroid lowers synthesis: its days of use, then a return to normal."""
    windows = []
    for step in bench.plan.session.steps:
        entry = (
            bench.library.product(step.product).published("synthesis_factor") if isinstance(step, SteroidGel) else None
        )
        if entry is None or not isinstance(step, SteroidGel):
            continue
        factor = bench.scenarios.draw(entry, "steroid.synthesis_factor")
        touched = np.repeat([zone in bench.plan.zones_of(step) for zone in zones], 2)
        recovery = bench.parameter("steroid.recovery_time")
        longest = parse("21 days", "days").si
        for session in sessions:
            used_until = session + step.days * _DAY
            edges = used_until + longest * np.linspace(0.0, 1.0, _RECOVERY_WINDOWS + 1)
            for number, (start, stop) in enumerate(zip([session, *edges[:-1]], edges, strict=True)):
                since = 0.0 if number == 0 else 0.5 * (start + stop) - used_until
                back = np.clip(since / recovery, 0.0, 1.0)
                lowered = factor + (1.0 - factor) * back
                if start < end:
                    windows.append(SynthesisWindow(start, min(stop, end), np.where(touched, lowered[:, None], 1.0)))
    return windows
