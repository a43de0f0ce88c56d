"""Taking a choice of settings that a search computed over into the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from percuta.errors import PercutaError, PlanError, Where
from percuta.library.registry import Library
from percuta.optimisation.places import OF_COURSE
from percuta.optimisation.settings import Setting, labels, settings_of, with_settings
from percuta.plan.differences import differences
from percuta.plan.faults import path_of
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan, read_plan
from percuta.plan.steps import Needling
from percuta.plan.writing import plan_as_data
from percuta.workflows.result_folder import OPTIMISATION, RECOMMENDED, read_json

Changes = dict[str, Any]
_ANOTHER = "the plan was changed since the search, in more than what was searched"


def taken_over(folder: Path, searched: str, plan: Plan, number: int, known: Library) -> Changes:
    """Return what has to be set in a plan for it to have the settings of one choice.

    Parameters
    ----------
    folder
        A folder that ``percuta optimise`` wrote.
    searched
        The plan file that was searched.
    plan
        The plan as it is now. It may differ from the searched one in the searched settings, titles and wishes alone.
    number
        Of the choice, as the page numbers them.
    known
        The library.

    Returns
    -------
    dict
        By key of the plan, as messages write it: the value as the plan file has it, or None for what is left out.

    Raises
    ------
    PlanError
        If the choice was not computed, or the plan differs in more.
    """
    before = read_plan(searched, "the searched plan", known)
    settings = settings_of(before, known)
    keys = [key for one in settings for key in _keys(one, before)]
    _check_same(before, plan, keys, known)
    target = plan_as_data(_chosen(folder, before, settings, number, known))
    return {key: _at(target, key) for key in keys}


def _chosen(folder: Path, before: Plan, settings: tuple[Setting, ...], number: int, known: Library) -> Plan:
    table = read_json(folder / OPTIMISATION)
    if number == table["recommended"]:
        return load_plan(folder / RECOMMENDED, known)
    found = next((one for one in table["candidates"] if one["number"] == number), None)
    if found is None or found["status"] in ("refused", "impossible"):
        do = "choose settings from the table of the search"
        raise PlanError("the search computed no such settings", value=number, where=Where(folder), do=do)
    return with_settings(before, settings, _choice(settings, found["settings"], folder))


def _choice(settings: tuple[Setting, ...], wanted: dict[str, str], folder: Path) -> tuple[int, ...]:
    try:
        return tuple(
            [str(value) for value in one.values].index(wanted[label])
            for one, label in zip(settings, labels(settings), strict=True)
        )
    except (KeyError, ValueError) as fault:
        what = "the search was made with another version of Percuta or its library"
        raise PlanError(what, where=Where(folder), do="search again") from fault


def _keys(setting: Setting, plan: Plan) -> list[str]:
    """Return the keys of a plan that a setting stands for."""
    if setting.name in OF_COURSE:
        return [f"course.{setting.name}"]
    if setting.name == "device":
        steps = enumerate(plan.session.steps, 1)
        return ["device", *(f"session.steps[{place}].set_depth" for place, step in steps if isinstance(step, Needling))]
    name = "duration" if setting.name == "anaesthetic_duration" else setting.name
    return [f"session.steps[{setting.step}].{name}"]


def _check_same(before: Plan, plan: Plan, keys: list[str], known: Library) -> None:
    """Check that a plan is the searched one, whatever it has at the searched keys."""
    was, now = plan_as_data(before), plan_as_data(plan)
    try:
        for key in keys:
            _put(now, key, _at(was, key))
        differing = [one.key for one in differences([before, _read(now, known)])]
    except (KeyError, IndexError, TypeError, PercutaError):
        differing = ["the steps of the session"]
    if differing:
        do = "search again with the plan as it is now, or go back to the plan as it was searched"
        raise PlanError(_ANOTHER, value=", ".join(differing[:5]), do=do)


def _read(data: dict[str, Any], known: Library) -> Plan:
    from percuta.plan.drafts import read_draft

    draft = read_draft(data, known)
    if draft.plan is None:
        raise draft.faults[0]
    return draft.plan


def _at(data: dict[str, Any], key: str) -> Any:
    *path, last = path_of(key)
    place: Any = data
    for part in path:
        place = place[part]
    return place.get(last)


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    *path, last = path_of(key)
    place: Any = data
    for part in path:
        place = place[part]
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
