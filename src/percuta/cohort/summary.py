"""A cohort in numbers: quantiles over its people, by sex and age, shares of verdicts, who could not be computed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.cohort.between_people import GROUPS, KINDS
from percuta.cohort.members import Cohort, Column
from percuta.cohort.people import PHOTOTYPES
from percuta.cohort.spread import people_in_split
from percuta.cohort.table import VERDICTS, CohortTable
from percuta.results.pick_freeze import LEVEL, REPLICATES
from percuta.results.proportions import clopper_pearson
from percuta.units import convert

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shares = dict[tuple[str, str | None], dict[str, Any]]

FEWEST = 20  # people in a group; of fewer, the 5 % and 95 % quantiles say nothing
NO_NUMBER = "no person of this cohort has one"
QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
_INTERVAL = 0.95  # of a median
_BINS, _DRAWN = 24, (0.005, 0.995)  # of a histogram: how many at the most, and between which quantiles
_NAMED = 20  # members named for one reason
_YOUNG = 2  # the decade that takes in those of 18 and 19


@dataclass(frozen=True)
class Group:
    """Some people of a cohort: all of them, one sex, or one band of age."""

    name: str
    of: str
    rows: Mask

    @property
    def people(self) -> int:
        """How many they are."""
        return int(self.rows.sum())


def groups_of(table: CohortTable) -> list[Group]:
    """Return the groups of the people who were computed; a group with nobody in it is left out."""
    computed = np.ones(table.patients, bool)
    computed[list(table.failed())] = False
    female, age = table.trait("female"), table.trait("age")
    decade = np.maximum(np.nan_to_num(age) // 10, _YOUNG)
    found = [Group("everyone", "all", computed)]
    found += [Group(name, "sex", computed & (female == which)) for name, which in (("women", 1), ("men", 0))]
    for tens in np.unique(decade[computed]).astype(int):
        name = f"{18 if tens == _YOUNG else 10 * tens} to {10 * tens + 9} years"
        found.append(Group(name, "age", computed & (decade == tens)))
    return [group for group in found if group.people or group.of == "all"]


def summary(
    cohort: Cohort, table: CohortTable, columns: Sequence[Column], verdicts: NDArray[np.int8], shares: Shares
) -> dict[str, Any]:
    """Return what ``cohort.json`` says of the people and of every endpoint.

    Parameters
    ----------
    cohort, table
        The cohort and its members.
    columns
        All columns, with those that are withheld.
    verdicts : (patients,)
        What the rules say of each member, as its place in :data:`VERDICTS`; -1 where they were not asked.
    shares
        Where the spread comes from; see :func:`percuta.cohort.spread.split`.
    """
    groups, failed = groups_of(table), table.failed()
    everyone = groups[0]
    return {
        "asked": _asked(cohort),
        "statuses": {"computed": table.patients - len(failed), "failed": len(failed)},
        "failures": _failures(failed),
        "people": _people(table, everyone),
        "groups": [{"name": group.name, "of": group.of, "people": group.people} for group in groups],
        "verdicts": _verdicts(verdicts),
        "endpoints": [_endpoint(table, column, groups, shares) for column in columns],
        "spread": {
            "people": people_in_split(cohort.plan),
            "replicates": REPLICATES,
            "interval": LEVEL,
            "kinds": [{"kind": kind, "reasons": [one.reason for one in GROUPS if one.kind == kind]} for kind in KINDS],
        },
    }


def _asked(cohort: Cohort) -> dict[str, Any]:
    asked = cohort.people
    ages = None if asked.age is None else [convert(bound, "year") for bound in asked.age]
    types = None if asked.phototype is None else list(asked.phototype)
    return {"age": ages, "sex": asked.sex, "phototype": types}


def _failures(failed: dict[int, str]) -> list[dict[str, Any]]:
    """Return the reasons, the most frequent first, each with the first members that it kept back."""
    by_reason: dict[str, list[int]] = {}
    for row, reason in failed.items():
        by_reason.setdefault(reason, []).append(row)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[1][0]))
    return [{"reason": reason, "patients": len(rows), "first": rows[:_NAMED]} for reason, rows in ordered]


def _people(table: CohortTable, everyone: Group) -> dict[str, Any]:
    phototype, female = table.trait("phototype")[everyone.rows], table.trait("female")[everyone.rows]
    count = max(everyone.people, 1)
    return {
        **{name: _quantiles(table.trait(name)[everyone.rows]) for name in ("age", "mass")},
        "sex": {"female": float((female == 1).sum() / count), "male": float((female == 0).sum() / count)},
        "phototype": {str(one): float((phototype == one).sum() / count) for one in PHOTOTYPES},
        "age_by_sex": _ages(table, everyone),
    }


def _ages(table: CohortTable, everyone: Group) -> dict[str, Any] | None:
    """Return how many women and men there are in bands of five years."""
    if everyone.people == 0:
        return None
    age, female = table.trait("age")[everyone.rows], table.trait("female")[everyone.rows]
    edges = np.arange(np.floor(age.min() / 5) * 5, age.max() + 5.0, 5.0)
    edges = edges if edges[-1] > age.max() else np.append(edges, edges[-1] + 5.0)
    counts = {name: np.histogram(age[female == which], edges)[0].tolist() for name, which in (("women", 1), ("men", 0))}
    return {"edges": edges.tolist(), **counts}


def _verdicts(verdicts: NDArray[np.int8]) -> list[dict[str, Any]]:
    asked = int((verdicts >= 0).sum())
    found = []
    for place, name in enumerate(VERDICTS):
        count = int((verdicts == place).sum())
        if asked:
            low, high = clopper_pearson(count, asked)
            found.append({"verdict": name, "people": count, "share": count / asked, "low": low, "high": high})
    return found


def _endpoint(table: CohortTable, column: Column, groups: Sequence[Group], shares: Shares) -> dict[str, Any]:
    head: dict[str, Any] = {
        "name": column.name,
        "zone": column.zone,
        "unit": column.unit,
        "definition": column.definition,
    }
    if column.withheld:
        return head | {"withheld": column.withheld}
    values = table.column(column)
    known = values[np.isfinite(values)]
    if known.size == 0:
        return head | {"withheld": NO_NUMBER}
    everyone = groups[0]
    head["without"] = int((everyone.rows & ~np.isfinite(values)).sum())
    if column.words:
        return head | {"probabilities": [_words(values, column.words, group) for group in _large(values, groups)]}
    return head | {
        "groups": [_group(values, group) for group in _large(values, groups)],
        "histogram": _histogram(known),
        "spread": shares.get((column.name, column.zone)),
    }


def _large(values: Floats, groups: Sequence[Group]) -> list[Group]:
    """Return the groups that have enough people with a number; everyone in any case."""
    known = np.isfinite(values)
    own = [Group(group.name, group.of, group.rows & known) for group in groups]
    return [group for group in own if group.of == "all" or group.people >= FEWEST]


def _group(values: Floats, group: Group) -> dict[str, Any]:
    own = np.sort(values[group.rows])
    low, high = _median_interval(own)
    head = {"group": group.name, "of": group.of, "people": group.people}
    return head | (_quantiles(own) or {}) | {"median_low": low, "median_high": high}


def _words(values: Floats, words: tuple[str, ...], group: Group) -> dict[str, Any]:
    shares = np.bincount(values[group.rows].astype(np.int64), minlength=len(words)) / group.people
    shown = {word: float(share) for word, share in zip(words, shares, strict=True)}
    return {"group": group.name, "of": group.of, "people": group.people, "shares": shown}


def _quantiles(values: Floats) -> dict[str, float] | None:
    known = values[np.isfinite(values)]
    if known.size == 0:
        return None
    found = np.quantile(known, list(QUANTILES.values()))
    return {name: float(value) for name, value in zip(QUANTILES, found, strict=True)}


def _median_interval(ordered: Floats) -> tuple[float, float]:
    """Return the 95 % interval of the median between two of the ordered values, from the binomial distribution.

    It is for independent people; those of a Sobol sequence are spread more evenly, and the interval is rather too wide.
    """
    from scipy.stats import binom

    low = int(binom.ppf(0.5 * (1.0 - _INTERVAL), ordered.size, 0.5))
    return float(ordered[max(low - 1, 0)]), float(ordered[min(ordered.size - low, ordered.size - 1)])


def _histogram(known: Floats) -> dict[str, Any] | None:
    """Return counts between two far quantiles, and of those outside; None where all are alike."""
    low, high = (float(end) for end in np.quantile(known, _DRAWN))
    if not high > low:
        return None
    counts, edges = np.histogram(known, min(_BINS, 2 * math.isqrt(known.size)), (low, high))
    outside = {"below": int((known < low).sum()), "above": int((known > high).sum())}
    return {"edges": edges.tolist(), "counts": counts.tolist(), **outside}
