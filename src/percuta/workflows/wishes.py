"""What a search of settings is asked, as rows that a page shows and a person changes, and back to a plan's table.

The rows are the wishes of the plan, with those of the defaults that it leaves out beside them, not ticked. What is
left as the defaults have it is not written, so that the plan goes on following the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from percuta.errors import PercutaError, UnitError
from percuta.library.registry import Library
from percuta.optimisation.places import USUAL
from percuta.optimisation.settings import Setting, settings_of
from percuta.optimisation.wishes import Aim, Limit, Wishes, tried, wishes_of
from percuta.plan.drafts import read_draft
from percuta.plan.model import Plan
from percuta.report.optimisation_words import setting_label
from percuta.report.wording import endpoint_label, pretty, upper
from percuta.report.wording import unit as unit_in_words
from percuta.results.samples import Sample
from percuta.units import convert, parse
from percuta.workflows.result_folder import ENDPOINTS, read_json

_PERCENT, _OF_TEN = "%", "of 10"
_SCALES = (_OF_TEN, "grade", "")  # what stands behind a number that is written without a unit
Data = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """One row of what is wanted or must not happen.

    Attributes
    ----------
    on
        Whether it is asked.
    endpoint, label, place, unit
        What, in words, where and when, and the unit that a plain number is taken in.
    way
        ``maximise`` or ``minimise`` of an objective, ``above`` or ``below`` of a constraint.
    limit, probability
        Of a constraint, as they are typed; the second in percent.
    reason, source, default
        Why, on what grounds, and whether it comes from the library.
    kept
        What of it the page does not change, as the plan file has it.
    """

    on: bool
    endpoint: str
    label: str
    place: str
    unit: str
    way: str
    limit: str
    probability: str
    reason: str
    source: tuple[str, ...]
    default: bool
    kept: Data

    @property
    def about(self) -> str:
        """What the row is about, as its own name among the rows of its list."""
        return f"{self.endpoint}, {self.place}" if self.place else self.endpoint

    @property
    def beside(self) -> str:
        """What stands beside the number."""
        return unit_in_words(self.unit)


@dataclass(frozen=True)
class Range:
    """One row of what may be set otherwise.

    Attributes
    ----------
    on, label, now
        Whether it may change, what it is, and what the plan has.
    name, step
        Of the setting.
    values
        All values on offer, as written.
    chosen
        Places of those that may be tried.
    ordered
        Whether a value lies between its neighbours.
    reason, default
        Where the values come from, and whether that is the library.
    """

    on: bool
    label: str
    now: str
    name: str
    step: int | None
    values: tuple[Any, ...]
    chosen: tuple[int, ...]
    ordered: bool
    reason: str
    default: bool

    @property
    def about(self) -> str:
        """What the row is about; see :attr:`Wish.about`."""
        return self.name if self.step is None else f"{self.name}, step {self.step}"


@dataclass(frozen=True)
class Offer:
    """Everything that can be asked of a search, and what is asked.

    Attributes
    ----------
    objectives, constraints, settings
        The rows.
    endpoints
        Name, label and unit of what can be wished, for a row of one's own.
    zones
        Names of the zones, likewise.
    told
        Why nothing can be offered by default, where that is so.
    first
        Place of the objective that counts most.
    """

    objectives: tuple[Wish, ...]
    constraints: tuple[Wish, ...]
    settings: tuple[Range, ...]
    endpoints: tuple[tuple[str, str, str], ...]
    zones: tuple[str, ...]
    told: tuple[PercutaError, ...] = ()
    first: int = 0

    def asked(self, name: str) -> list[int]:
        """Return the places of the ticked rows of a list, in the order in which they are asked."""
        rows: tuple[Wish | Range, ...] = getattr(self, name)
        places = [place for place, one in enumerate(rows) if one.on]
        return sorted(places, key=lambda place: place != self.first) if name == "objectives" else places


def samples_of(plan: Plan, known: Library, folder: Any = None) -> list[Sample]:
    """Return which endpoints a plan gives, with values that tell which of them vary.

    Parameters
    ----------
    plan
        The plan.
    known
        The library.
    folder
        A result folder of the same plan; a few scenarios are computed when left out.
    """
    if folder is None:
        return tried(plan, known)
    return [_sample(one) for one in read_json(folder / ENDPOINTS)]


def _sample(one: Data) -> Sample:
    values = np.array([one[key] for key in ("p5", "p50", "p95")], dtype=np.float64) if "p50" in one else np.zeros(1)
    words = tuple(one.get("probabilities", ()))
    withheld = str(one.get("withheld", ""))
    return Sample(
        one["name"], one["zone"], one["unit"], one["definition"], None if withheld else values, words, withheld
    )


def offered(plan: Plan, known: Library, samples: list[Sample]) -> Offer:
    """Return what can be asked of a search over a plan, and what is asked.

    Parameters
    ----------
    plan
        The plan, with or without wishes of its own.
    known
        The library, which holds the defaults.
    samples
        See :func:`samples_of`.
    """
    told: list[PercutaError] = []
    plain = plan.model_copy(update={"optimise": None})
    usual, usual_settings = _wishes(plain, known, samples, told), _settings(plain, known, told)
    own, settings = usual, usual_settings
    if plan.optimise is not None:
        told = []
        own, settings = _wishes(plan, known, samples, told), _settings(plan, known, told)
    given = {one.name: one.unit for one in samples if one.values is not None and not one.words}
    return Offer(
        tuple(_aim(one, one in own.aims) for one in _together(own.aims, usual.aims)),
        tuple(_limit(one, one in own.limits) for one in _together(own.limits, usual.limits)),
        tuple(_ranges(settings, usual_settings)),
        tuple((name, endpoint_label(name), _shown_unit(unit)) for name, unit in given.items()),
        tuple(zone.name for zone in plan.zones),
        tuple(told),
    )


def _wishes(plan: Plan, known: Library, samples: list[Sample], told: list[PercutaError]) -> Wishes:
    try:
        return wishes_of(plan, known, samples)
    except PercutaError as fault:
        told.append(fault)
        return Wishes((), ())


def _settings(plan: Plan, known: Library, told: list[PercutaError]) -> tuple[Setting, ...]:
    try:
        return settings_of(plan, known)
    except PercutaError as fault:
        told.append(fault)
        return ()


def _together(own: tuple[Any, ...], usual: tuple[Any, ...]) -> list[Any]:
    """Return the plan's own wishes, then the usual ones about something else."""
    taken = {_about(one) for one in own}
    return [*own, *(one for one in usual if _about(one) not in taken)]


def _about(one: Aim | Limit) -> tuple[Any, ...]:
    return one.endpoint, one.zone, one.time, one.side if isinstance(one, Limit) else ""


def _aim(one: Aim, on: bool) -> Wish:
    kept: Data = {"quantile": one.quantile, **_place(one)}
    return _row(one, on, one.goal, "", "", kept)


def _limit(one: Limit, on: bool) -> Wish:
    shown = 100.0 * one.limit if one.unit == "1" else one.limit
    return _row(one, on, one.side, f"{shown:.6g}", f"{100.0 * one.probability:.6g}", _place(one))


def _row(one: Aim | Limit, on: bool, way: str, limit: str, probability: str, kept: Data) -> Wish:
    place = ", ".join(str(kept[key]) for key in ("zone", "time") if key in kept)
    label, reason, unit = endpoint_label(one.endpoint), upper(one.reason), _shown_unit(one.unit)
    return Wish(on, one.endpoint, label, place, unit, way, limit, probability, reason, one.source, one.default, kept)


def _shown_unit(unit: str) -> str:
    """Return what stands behind a number of an endpoint; a share is typed in percent."""
    return {"1": _PERCENT, "0-10": _OF_TEN}.get(unit, unit)


def own_wish(offer: Offer, endpoint: str, way: str, limit: str = "", probability: str = "", zone: str = "") -> Wish:
    """Return a row of one's own.

    Parameters
    ----------
    offer
        What can be asked.
    endpoint, way, limit, probability
        See :class:`Wish`.
    zone
        Its zone; the worst of all where it is empty.
    """
    label, unit = next(((label, unit) for name, label, unit in offer.endpoints if name == endpoint), (endpoint, ""))
    kept = {"zone": zone} if zone else {}
    return Wish(True, endpoint, label, zone, unit, way, limit, probability, "", (), False, kept)


def _place(one: Aim | Limit) -> Data:
    """Return zone and time of a wish, and its reason, as the plan file has them."""
    time = {} if one.time is None else {"time": f"{convert(one.time, 'weeks'):.12g} weeks"}
    return ({} if one.zone is None else {"zone": one.zone}) | time | {"reason": one.reason}


def _ranges(own: tuple[Setting, ...], usual: tuple[Setting, ...]) -> list[Range]:
    """Return a row for each setting that may change or usually may; its values are those of both."""
    usually = {(one.name, one.step): one for one in usual}
    mine = {(one.name, one.step): one for one in own}
    names = [one.name for one in {**usually, **mine}.values()]
    rows = []
    for key in dict.fromkeys((*mine, *usually)):
        one, wide = mine.get(key), usually.get(key)
        shown = one or wide
        assert shown is not None
        values = wide.values if wide is not None and set(shown.values) <= set(wide.values) else shown.values
        label = setting_label(shown.name if names.count(shown.name) == 1 else f"{shown.name} (step {shown.step})")
        now = "not set" if shown.current is None else pretty(str(shown.values[shown.current]))
        places = tuple(place for place, value in enumerate(values) if value in shown.values)
        reason = upper(shown.reason)
        rows.append(Range(one is not None, label, now, *key, values, places, shown.ordered, reason, shown.default))
    return rows


def as_table(offer: Offer, usual: Offer | None = None) -> Data:
    """Return the ticked rows as the plan's table ``optimise``, without the lists that are as the defaults have them.

    Parameters
    ----------
    offer
        The rows.
    usual
        The rows of the same plan without wishes of its own.
    """
    lists = _lists(offer)
    without = {} if usual is None else _lists(usual)
    return {name: rows for name, rows in lists.items() if rows != without.get(name) and (rows or name == "constraints")}


def _lists(offer: Offer) -> dict[str, list[Data]]:
    return {
        "objectives": [_objective(offer.objectives[place]) for place in offer.asked("objectives")],
        "constraints": [_constraint(offer.constraints[place]) for place in offer.asked("constraints")],
        "settings": [_setting(offer.settings[place]) for place in offer.asked("settings")],
    }


def _objective(one: Wish) -> Data:
    return {"endpoint": one.endpoint, "goal": one.way, **one.kept}


def _constraint(one: Wish) -> Data:
    return {
        "endpoint": one.endpoint,
        one.way: _number(one.limit, one.unit),
        "probability": _share(one.probability),
        **one.kept,
    }


def _number(typed: str, unit: str) -> Any:
    """Return a limit as the plan file has it: a plain number in the unit that stands beside it."""
    try:
        number = float(typed)
    except ValueError:
        return typed
    return number if unit in _SCALES else f"{typed.strip()} {unit}"


def _share(typed: str) -> Any:
    """Return a probability that is typed in percent as a share; what is no number stays as it was typed."""
    try:
        return round(parse(f"{float(typed)} %", "1").si, 9)
    except (ValueError, UnitError):
        return typed


def _setting(one: Range) -> Data:
    step = {} if one.step is None else {"step": one.step}
    values = [one.values[place] for place in one.chosen if one.values[place] != USUAL]
    return {"setting": one.name, **step, "values": values}


def with_wishes(data: Mapping[str, Any], table: Data) -> Data:
    """Return a plan's data with another table of wishes; an empty one is left out."""
    return {key: value for key, value in data.items() if key != "optimise"} | ({"optimise": table} if table else {})


def faults_of(data: Mapping[str, Any], known: Library, samples: list[Sample]) -> list[PercutaError]:
    """Return what is wrong with the wishes of a plan, each with its key.

    Parameters
    ----------
    data
        The plan with the wishes.
    known, samples
        See :func:`offered`.
    """
    draft = read_draft(data, known)
    if draft.plan is None or draft.faults:
        return list(draft.faults)
    told: list[PercutaError] = []
    _wishes(draft.plan, known, samples, told)
    _settings(draft.plan, known, told)
    return told
