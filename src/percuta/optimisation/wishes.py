"""What is wanted of a plan and what must not happen: from the plan file, or by default from the library."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from percuta.engine.pulse import Solve
from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import run
from percuta.errors import PlanError, UnitError, Where, nearest
from percuta.library.aims import LimitDefault, WantedDefault
from percuta.library.registry import Library
from percuta.optimisation.default_ranges import aims_of
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan
from percuta.plan.wishes import Constraint, Objective, Optimise, Written
from percuta.results.endpoints import samples as samples_of
from percuta.results.samples import Sample
from percuta.units import convert, parse, show, unit_of

Floats = NDArray[np.float64]

COURSE = (
    "modelled_collagen_vs_untreated",
    "dermal_thickness_change",
    "firmness_change",
    "steroid_collagen_cost",
    "wrinkle_grade_change",
    "laxity_grade_change",
    "scar_grade_change",
    "probability_one_grade_better_than_untreated",
)
"""Endpoints that are read at a time of the course."""
AS_WRITTEN = "as written in the plan"
_NO_UNIT = ("1", "0-10", "grade")  # written as a number
_SCALES = {"1": (0.0, 1.0, 'a share, from 0 to 1, or from "0 %" to "100 %"'), "0-10": (0.0, 10.0, "from 0 to 10")}
_TRIED = 16  # scenarios; enough to see what is given, in which unit, and whether it varies
_SAME = 1e-9


@dataclass(frozen=True)
class Aim:
    """An endpoint that is to be as high or as low as may be.

    Attributes
    ----------
    endpoint, zone
        What and where; without a zone the worst zone of each scenario, or the whole plan.
    goal, quantile
        Which way, and at which quantile over the scenarios.
    time
        After the first session [s]; None for the end of follow-up, or where it does not hang on time.
    unit
        Of the endpoint.
    reason, default, source
        Why it is wanted, whether the plan left it to the defaults, and keys of the bibliography.
    """

    endpoint: str
    zone: str | None
    goal: Literal["maximise", "minimise"]
    quantile: float
    time: float | None
    unit: str
    reason: str
    default: bool
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """A limit that an endpoint keeps with a probability, in the endpoint's unit; see :class:`Aim`."""

    endpoint: str
    zone: str | None
    side: Literal["below", "above"]
    limit: float
    probability: float
    time: float | None
    unit: str
    reason: str
    default: bool
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wishes:
    """All objectives, the first of which counts most, and all constraints."""

    aims: tuple[Aim, ...]
    limits: tuple[Limit, ...]

    @property
    def every(self) -> tuple[Aim | Limit, ...]:
        """Objectives and constraints."""
        return (*self.aims, *self.limits)


def tried(plan: Plan, library: Library, solve: Solve | None = None) -> list[Sample]:
    """Return the endpoints of a few scenarios of the plan as written, to see which are given."""
    return samples_of(run(plan, library, scenario_batch(_TRIED, 0, 0), solve))


def wishes_of(plan: Plan, library: Library, samples: list[Sample]) -> Wishes:
    """Return what is wanted of a plan and what must not happen.

    Parameters
    ----------
    plan
        The plan, with or without wishes of its own.
    library
        Holds the defaults.
    samples
        Endpoints of some scenarios of the plan as written; see :func:`tried`.

    Raises
    ------
    PlanError
        For a wish that cannot be judged: an endpoint that is unknown, withheld or made of words, a zone that it does
        not have, a unit or time that do not fit, two limits that exclude each other, or a limit on what does not vary.
    """
    asked = plan.optimise or Optimise()
    if asked.objectives:
        aims = tuple(
            _aim(plan, samples, one, f"optimise.objectives[{number}]") for number, one in enumerate(asked.objectives, 1)
        )
        _check_once(aims)
    else:
        aims = _default_aims(plan, library, samples)
    if asked.constraints is not None:
        keys = [f"optimise.constraints[{number}]" for number in range(1, len(asked.constraints) + 1)]
        limits = tuple(_limit(plan, samples, one, key) for one, key in zip(asked.constraints, keys, strict=True))
        _check_bounds(limits, keys)
    else:
        limits = _default_limits(plan, library, samples)
    return Wishes(aims, limits)


def values_of(wish: Aim | Limit, samples: Iterable[Sample]) -> Floats:
    """Return a wish's endpoint in every scenario: of its zone, or of the worst zone of each.

    Parameters
    ----------
    wish
        The wish.
    samples
        Endpoints at the wish's time.

    Returns
    -------
    (m,) float64
        In the endpoint's unit; NaN where a scenario has none, in any of the zones that are asked about.

    Raises
    ------
    PlanError
        If the endpoint is withheld.
    """
    found = [one for one in samples if one.name == wish.endpoint and wish.zone in (None, one.zone)]
    given = [one.values for one in found if one.values is not None]
    if not given:
        raise PlanError(f"{wish.endpoint} is withheld: {found[0].withheld if found else 'this plan does not have it'}")
    lowest = wish.goal == "maximise" if isinstance(wish, Aim) else wish.side == "above"
    return np.asarray(reduce(np.minimum if lowest else np.maximum, given))


def _aim(plan: Plan, samples: list[Sample], asked: Objective, key: str) -> Aim:
    one = _sample(samples, asked.endpoint, asked.zone, key)
    time = _time(plan, asked, key)
    reason = asked.reason or AS_WRITTEN
    return Aim(asked.endpoint, asked.zone, asked.goal, asked.quantile, time, one.unit, reason, False)


def _limit(plan: Plan, samples: list[Sample], asked: Constraint, key: str) -> Limit:
    one = _sample(samples, asked.endpoint, asked.zone, key)
    side: Literal["below", "above"] = "below" if asked.below is not None else "above"
    limit = in_endpoint_unit(getattr(asked, side), one.unit, f"{key}.{side}")
    time = _time(plan, asked, key)
    made = Limit(
        asked.endpoint, asked.zone, side, limit, asked.probability, time, one.unit, asked.reason or AS_WRITTEN, False
    )
    _check_spread(made, samples, key)
    return made


def in_endpoint_unit(written: Written, unit: str, key: str) -> float:
    """Return a limit as a number in the unit of its endpoint.

    Raises
    ------
    PlanError
        If it has another kind of unit.
    """
    where, text = Where(key=key), f"{written}"
    if unit_of(text) == "1":
        return _on_its_scale(float(text), unit, where)
    if unit in _NO_UNIT[1:]:
        raise PlanError("this endpoint has no unit", value=text, allowed=f"a number of its scale ({unit})", where=where)
    try:
        return _on_its_scale(parse(text, unit).to(unit), unit, where)
    except UnitError as fault:
        raise PlanError(fault.what, value=text, allowed=fault.allowed, where=where) from None


def _on_its_scale(limit: float, unit: str, where: Where) -> float:
    """Return a limit that its endpoint can reach; beyond the scale every scenario would keep it, or none."""
    low, high, allowed = _SCALES.get(unit, (-sys.float_info.max, sys.float_info.max, "a finite number"))
    if not low <= limit <= high:
        raise PlanError("out of bounds", value=f"{limit:g}", allowed=allowed, where=where)
    return limit


def _sample(samples: list[Sample], endpoint: str, zone: str | None, key: str) -> Sample:
    """Return an endpoint that can be judged, in one of the zones that a wish is about."""
    where = Where(key=f"{key}.endpoint")
    named = [one for one in samples if one.name == endpoint]
    if not named:
        known = list(dict.fromkeys(one.name for one in samples if one.values is not None and not one.words))
        alike = nearest(endpoint, known)
        raise PlanError(
            "this plan has no endpoint of this name",
            value=endpoint,
            allowed=", ".join(known),
            where=where,
            do=f"did you mean {alike}?" if alike else None,
        )
    if zone is not None and all(one.zone is None for one in named):
        do = "remove zone"
        raise PlanError(
            f"{endpoint} belongs to the whole plan, not to a zone", value=zone, where=Where(key=f"{key}.zone"), do=do
        )
    here = [one for one in named if zone in (None, one.zone)]
    given = [one for one in here if one.values is not None]
    if not given or (not given[0].words and not any(np.isfinite(_values(one)).any() for one in given)):
        raise PlanError(
            f"this endpoint is withheld: {here[0].withheld}",
            value=endpoint,
            where=where,
            do="take another endpoint; the page on withheld endpoints says which of them can be had",
        )
    if given[0].words:
        do = "take an endpoint with numbers; this one is a word in each scenario"
        raise PlanError("a category is neither more nor less", value=endpoint, where=where, do=do)
    return given[0]


def _values(sample: Sample) -> Floats:
    return np.zeros(0) if sample.values is None else sample.values


def _time(plan: Plan, asked: Objective | Constraint, key: str) -> float | None:
    """Return the time of a wish [s]; None for the end of follow-up."""
    if asked.time is None:
        return None
    where = Where(key=f"{key}.time")
    if asked.endpoint not in COURSE:
        allowed = f"a time for {', '.join(COURSE)}"
        raise PlanError(f"{asked.endpoint} has no time", value=asked.time, allowed=allowed, where=where, do="remove it")
    end = end_of_course(plan)
    if asked.time.si > end * (1 + _SAME):
        allowed = f"at most {show(end, 'weeks')} after the first session"
        do = "lengthen follow_up_after_last_session, or ask for an earlier time"
        raise PlanError("after the end of follow-up", value=asked.time, allowed=allowed, where=where, do=do)
    return asked.time.si


def end_of_course(plan: Plan) -> float:
    """Return the end of follow-up after the first session [s]."""
    course = plan.course
    return (course.sessions - 1) * course.interval.si + course.follow_up_after_last_session.si


def _check_spread(limit: Limit, samples: list[Sample], key: str) -> None:
    """Refuse a probability on what is one and the same number in every scenario.

    A share of zero is let pass: it is the floor of what another setting may raise.
    """
    values = values_of(limit, samples)
    known = values[np.isfinite(values)]
    if known.size > 1 and known[0] != 0.0 and np.ptp(known) <= _SAME * abs(known[0]):
        raise PlanError(
            "no spread to judge this limit by: nothing that it follows varies between the scenarios",
            value=f"{limit.endpoint} = {known[0]:.4g} {limit.unit} in each of them",
            where=Where(key=f"{key}.endpoint"),
            do="remove the constraint, or leave to the model what the plan states as exact",
        )


def _check_once(aims: tuple[Aim, ...]) -> None:
    """Refuse the same figure wanted twice, which is no trade-off, or both ways, which is none that can be made."""
    seen: set[tuple[str, str | None, float | None, float]] = set()
    for number, one in enumerate(aims, 1):
        figure = (one.endpoint, one.zone, one.time, one.quantile)
        if figure in seen:
            raise PlanError(
                "the same figure is wanted twice",
                value=one.endpoint,
                where=Where(key=f"optimise.objectives[{number}].endpoint"),
                do="remove one of the two, or take another quantile, zone or time",
            )
        seen.add(figure)


def _check_bounds(limits: tuple[Limit, ...], keys: list[str]) -> None:
    """Refuse two limits that exclude each other; one without a zone holds in all of them."""
    for number, one in enumerate(limits):
        for earlier, key in zip(limits[:number], keys[:number], strict=True):
            together = one.zone == earlier.zone or None in (one.zone, earlier.zone)
            if one.endpoint != earlier.endpoint or one.time != earlier.time or not together:
                continue
            if one.side == earlier.side:
                continue
            above, below = (one, earlier) if one.side == "above" else (earlier, one)
            if above.limit >= below.limit:
                raise PlanError(
                    f"contradictory bounds on {one.endpoint}: above {above.limit:g} and below {below.limit:g}",
                    value=f"{one.side} {one.limit:g}",
                    where=Where(key=f"{keys[number]}.{one.side}"),
                    do=f"change it or {key}.{earlier.side}",
                )


def _default_aims(plan: Plan, library: Library, samples: list[Sample]) -> tuple[Aim, ...]:
    """Return the first benefit that is given for this plan, and every burden that is."""
    wanted = [one for one in _wanted(plan, library) if _given(samples, one.endpoint)]
    benefit = next((one for one in wanted if one.role == "benefit"), None)
    if benefit is None:
        withheld = next((one.withheld for one in samples if one.name in COURSE and one.withheld), "nothing is needled")
        raise PlanError(
            "no benefit of this plan is predicted, so that nothing can be wanted by default",
            value=withheld,
            where=Where(key="optimise.objectives"),
            do="write [[optimise.objectives]] with an endpoint that is given",
        )
    burdens = [one for one in wanted if one.role == "burden"]
    return tuple(
        Aim(
            one.endpoint,
            None,
            "maximise" if one.goal == "maximise" else "minimise",
            one.quantile,
            None,
            _unit(samples, one.endpoint),
            one.reason,
            True,
            one.source,
        )
        for one in (benefit, *burdens)
    )


def _default_limits(plan: Plan, library: Library, samples: list[Sample]) -> tuple[Limit, ...]:
    """Return the default constraints on what is given for this plan; of two on one endpoint and side the last."""
    aims = aims_of(plan, library)
    held: dict[tuple[str, str], LimitDefault] = {}
    for one in aims.limits if aims is not None else ():
        if one.when.holds(*_person(plan, library)) and _given(samples, one.endpoint):
            held[one.endpoint, one.side] = one
    made = []
    for one in held.values():
        unit = _unit(samples, one.endpoint)
        limit = one.limit.si if unit in _NO_UNIT else convert(one.limit.si, unit)
        side: Literal["below", "above"] = "below" if one.side == "below" else "above"
        why, source = one.reason, one.limit.source
        made.append(Limit(one.endpoint, None, side, limit, one.probability, None, unit, why, True, source))
    return tuple(made)


def _wanted(plan: Plan, library: Library) -> list[WantedDefault]:
    aims = aims_of(plan, library)
    return [] if aims is None else [one for one in aims.wanted if one.when.holds(*_person(plan, library))]


def _person(plan: Plan, library: Library) -> tuple[str, int, str]:
    """Return the wanted effect, the phototype and the kind of device, by which defaults differ."""
    return plan.patient.desired_effect, plan.patient.phototype, resolve_device(plan.device, library).kind


def _given(samples: list[Sample], endpoint: str) -> bool:
    return any(np.isfinite(_values(one)).any() for one in samples if one.name == endpoint)


def _unit(samples: list[Sample], endpoint: str) -> str:
    return next(one.unit for one in samples if one.name == endpoint)


def limit_text(limit: Limit) -> str:
    """Return a limit as text, with its unit where it has one."""
    number = f"{limit.limit:.12g}"
    return number if limit.unit in _NO_UNIT else f"{number} {limit.unit}"
