"""Rows of the tables of a search: what was asked, the answer next to the plan as written, the front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from percuta.report.optimisation_words import (
    MODELLED,
    VERDICTS,
    asked,
    chance,
    change,
    endpoint_name,
    judged_by,
    limit_text,
    percent,
    range_text,
    setting_key,
    setting_label,
    setting_values,
    value_text,
    wanted,
)
from percuta.report.wording import endpoint_label, pretty, upper
from percuta.results.endpoints import RESEARCH

_NOT_COMPUTED = ("not computed", "")


@dataclass(frozen=True)
class Asked:
    """An objective or a constraint as it was asked, or a setting that was searched."""

    label: str
    says: str
    reason: str
    origin: str
    source: tuple[str, ...] = ()
    key: str = ""  # of a setting: the label that candidates hold it under
    now: str = ""  # of a setting: what the plan has


@dataclass(frozen=True)
class Gain:
    """One objective: the plan as written against the recommended settings, median and range of both samples."""

    label: str
    wanted: str
    written: tuple[str, str]
    search: tuple[str, str]
    fresh: tuple[str, str]
    change: str


@dataclass(frozen=True)
class Chance:
    """One constraint: how often it is met by the plan as written and by the recommended settings."""

    label: str
    asked: str
    written: str
    search: str
    fresh: str
    verdict: str
    reaches: str


@dataclass(frozen=True)
class Missed:
    """One constraint: how many of the computed settings miss it, and the highest share that any reach."""

    label: str
    asked: str
    missed: int
    computed: int
    highest: str


@dataclass(frozen=True)
class FrontRow:
    """Settings on the front, with what they come to."""

    number: int
    marks: tuple[str, ...]
    settings: tuple[str, ...]
    objectives: tuple[tuple[str, str], ...]
    chances: tuple[tuple[str, str, bool], ...]  # constraint, how often it is met, whether that is as often as asked


def objective_rows(table: dict[str, Any]) -> list[Asked]:
    """Return the objectives as asked."""
    return [
        Asked(endpoint_name(one), upper(wanted(one)), upper(one["reason"]), _origin(one), tuple(one["source"]))
        for one in table["objectives"]
    ]


def constraint_rows(table: dict[str, Any]) -> list[Asked]:
    """Return the constraints as asked."""
    return [
        Asked(
            endpoint_name(one),
            f"{upper(one['side'])} {limit_text(one['limit'], one['unit'])} "
            f"in at least {percent(one['probability'])} of scenarios",
            upper(one["reason"]),
            _origin(one),
            tuple(one["source"]),
        )
        for one in table["constraints"]
    ]


def setting_rows(table: dict[str, Any]) -> list[Asked]:
    """Return the settings that were searched, with their values."""
    rows = []
    for one in table["settings"]:
        key = setting_key(one, table["settings"])
        label, now = setting_label(key), pretty(one["current"] or "not set")
        rows.append(Asked(label, setting_values(one), upper(one["reason"]), _origin(one), key=key, now=now))
    return rows


def _origin(one: dict[str, Any]) -> str:
    return "default" if one["default"] else "from the plan"


def setting_changes(
    table: dict[str, Any], written: dict[str, Any] | None, chosen: dict[str, Any]
) -> list[tuple[str, str, str, bool]]:
    """Return each setting as written and as recommended, and whether it changes."""
    rows = []
    for row in setting_rows(table):
        before = pretty(written["settings"][row.key]) if written else row.now
        after = pretty(chosen["settings"][row.key])
        rows.append((row.label, before, after, before != after))
    return rows


def gains(table: dict[str, Any], written: dict[str, Any] | None, chosen: dict[str, Any]) -> list[Gain]:
    """Return the objectives of the plan as written and of the recommended settings."""
    rows = []
    for index, one in enumerate(table["objectives"]):
        changed = "not known"
        if pair := _same_sample(written, chosen):
            changed = change(one, *(sampled["objectives"][index]["value"] for sampled in pair))
        samples = (_latest(written), chosen["search"], chosen["fresh"])
        first, search, fresh = (_value_and_range(one, sampled, index) for sampled in samples)
        rows.append(Gain(endpoint_name(one), f"{wanted(one)}", first, search, fresh, changed))
    return rows


def chances(table: dict[str, Any], written: dict[str, Any] | None, chosen: dict[str, Any]) -> list[Chance]:
    """Return how often each constraint is met, by the plan as written and by the recommended settings."""
    rows = []
    for index, one in enumerate(table["constraints"]):
        before, search, fresh = (
            sampled and sampled["constraints"][index]
            for sampled in (_latest(written), chosen["search"], chosen["fresh"])
        )
        last = fresh or search
        rows.append(
            Chance(
                asked(one),
                f"at least {percent(one['probability'])}",
                chance(before) if before else _NOT_COMPUTED[0],
                chance(search) if search else _NOT_COMPUTED[0],
                chance(fresh) if fresh else _NOT_COMPUTED[0],
                _judged(one, search, fresh),
                _reaches(one, last) if last else "",
            )
        )
    return rows


def missed(table: dict[str, Any]) -> list[Missed]:
    """Return how many of the computed settings miss each constraint, the one that most miss first."""
    computed = [one["search"] for one in table["candidates"] if one["search"] and one["status"] != "stopped early"]
    rows = []
    for index, one in enumerate(table["constraints"] if computed else ()):
        held = [sampled["constraints"][index] for sampled in computed]
        short = sum(part["share"] < one["probability"] for part in held)
        highest = chance(max(held, key=lambda part: part["share"]))
        rows.append(Missed(asked(one), f"at least {percent(one['probability'])}", short, len(held), highest))
    return sorted(rows, key=lambda row: -row.missed)


def modelled(table: dict[str, Any]) -> str:
    """Return what has to be said where an objective is modelled tissue; nothing elsewhere."""
    return MODELLED if any(one["endpoint"] in RESEARCH for one in table["objectives"]) else ""


def lucky(table: dict[str, Any], chosen: dict[str, Any]) -> str:
    """Return a sentence on the constraints whose fresh sample falls short of the search sample; nothing where none."""
    if not chosen["search"] or not chosen["fresh"]:
        return ""
    pairs = zip(table["constraints"], chosen["search"]["constraints"], chosen["fresh"]["constraints"], strict=True)
    named = [asked(one) for one, search, fresh in pairs if _was_lucky(one, search, fresh)]
    return f"Met in the search sample and not in the fresh one: {'; '.join(named)}." if named else ""


def _was_lucky(constraint: dict[str, Any], search: dict[str, Any] | None, fresh: dict[str, Any] | None) -> bool:
    """Tell whether the search sample met a constraint that the fresh one does not."""
    wanted = constraint["probability"]
    return bool(search and fresh and search["share"] >= wanted > fresh["share"])


def _judged(constraint: dict[str, Any], search: dict[str, Any] | None, fresh: dict[str, Any] | None) -> str:
    if _was_lucky(constraint, search, fresh):
        return "met in the search sample only: that sample was a lucky one"
    last = fresh or search
    return VERDICTS[last["verdict"]] if last else _NOT_COMPUTED[0]


def _reaches(constraint: dict[str, Any], held: dict[str, Any]) -> str:
    """Return which value a constraint's share of scenarios keeps, to be held against the limit."""
    side, value = constraint["side"], value_text(held["quantile"], constraint["unit"])
    return f"{percent(constraint['probability'])} of scenarios stay {side} {value}"


def front_rows(table: dict[str, Any]) -> list[FrontRow]:
    """Return the settings on the front, the plan as written and the recommended ones, by the first objective."""
    shown = [
        one
        for one in table["candidates"]
        if _latest(one) and (one["status"] == "front" or one["current"] or one["number"] == table["recommended"])
    ]
    best_first = -1.0 if table["objectives"][0]["goal"] == "maximise" else 1.0
    shown.sort(key=lambda one: best_first * one["search"]["objectives"][0]["value"])
    return [came_to(table, one) for one in shown]


def came_to(table: dict[str, Any], one: dict[str, Any]) -> FrontRow:
    """Return what some computed settings came to, in the fresh sample where they were computed anew."""
    sampled = _latest(one) or {}
    marks = {
        "recommended": one["number"] == table["recommended"],
        "as written": one["current"],
        "misses a constraint": one["status"] == "infeasible",
        "off the front": one["status"] == "dominated",
        "beyond the label": one["beyond_label"],
        "search sample": not one["fresh"],
    }
    return FrontRow(
        one["number"],
        tuple(mark for mark, holds in marks.items() if holds),
        tuple(pretty(one["settings"][row.key]).replace(" ", "\u00a0") for row in setting_rows(table)),
        tuple(_value_and_range(asked_for, sampled, place) for place, asked_for in enumerate(table["objectives"])),
        _held(table["constraints"], sampled["constraints"]),
    )


def _held(constraints: list[dict[str, Any]], sampled: list[dict[str, Any]]) -> tuple[tuple[str, str, bool], ...]:
    """Return the constraints that some scenarios miss, and in one line those that none misses."""
    pairs = list(zip(constraints, sampled, strict=True))
    missed_by_some = [
        (asked(one | {"zone": None}), chance(held), held["share"] >= one["probability"])
        for one, held in pairs
        if held["share"] < 1.0
    ]
    always = [held for _, held in pairs if held["share"] == 1.0]
    if not always:
        return tuple(missed_by_some)
    return (*missed_by_some, ("The others" if missed_by_some else "All", chance(always[0]), True))


def front_heads(table: dict[str, Any]) -> list[str]:
    """Return the heads of the columns of objectives in the front's table."""
    return [f"{endpoint_label(one['endpoint'])}, {judged_by(one)}" for one in table["objectives"]]


def _latest(candidate: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the fresh sample of some settings, or the search sample where they were not computed anew."""
    return (candidate["fresh"] or candidate["search"]) if candidate else None


def _same_sample(
    written: dict[str, Any] | None, chosen: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return what two settings came to over the same scenarios, the fresh ones where both have them."""
    for key in ("fresh", "search"):
        if written and written[key] and chosen[key]:
            return written[key], chosen[key]
    return None


def _value_and_range(objective: dict[str, Any], sampled: dict[str, Any] | None, index: int) -> tuple[str, str]:
    if not sampled:
        return _NOT_COMPUTED
    found = sampled["objectives"][index]
    return value_text(found["value"], objective["unit"]), range_text(found, objective["unit"])
