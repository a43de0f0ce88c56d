"""Which uncertain input an endpoint hangs on most: first-order and total Sobol indices of every input.

Inputs that are drawn from one column vary together and are ranked as one: the datasets of a layer's thickness, a figure
that two drugs of a cream have, everything that one calibration fitted. See :mod:`percuta.results.pick_freeze`.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from percuta.engine.scenarios import FromSecond, Scenarios, check_members
from percuta.errors import PlanError, nearest
from percuta.results.pick_freeze import REPLICATES, Effects, Key, Model, Progress, effects
from percuta.results.samples import Sample
from percuta.sources import GRADES, Sourced

MEMBERS, MEMBERS_WITH_PULSES = 256, 32
FEWEST = 2 * REPLICATES
NO_VARIANCE = "a category; it has no variance that could be shared out"
NO_SPREAD = "the same in all scenarios"


@dataclass(frozen=True)
class OfColumn:
    """Takes the inputs of one column from the second sequence."""

    column: str

    def __call__(self, column: str, entry: Sourced) -> bool:
        """Tell whether an input is drawn from the column."""
        return column == self.column


@dataclass(frozen=True)
class Input:
    """What varies together: its name, the grades of its entries, its unit ("" where they differ) and the entries."""

    name: str
    grade: str
    unit: str
    entries: tuple[str, ...]


def input_of(column: str, entries: dict[str, Sourced]) -> Input:
    """Return the input that is drawn from a column; alone there, it has the name of its entry."""
    grades = [grade for grade in GRADES if any(entry.grade == grade for entry in entries.values())]
    units = {entry.unit for entry in entries.values()}
    name = next(iter(entries)) if len(entries) == 1 else column
    return Input(name, " and ".join(grades), units.pop() if len(units) == 1 else "", tuple(sorted(entries)))


def inputs_of(drawn: Scenarios) -> dict[str, Input]:
    """Return every input that was drawn, by its column."""
    return {column: input_of(column, entries) for column, entries in sorted(drawn.columns.items())}


@dataclass(frozen=True)
class Only:
    """A model's endpoints of one name, or all."""

    model: Model
    endpoint: str | None

    def __call__(self, scenarios: Scenarios) -> list[Sample]:
        """Return the endpoints that are asked for."""
        every = self.model(scenarios)
        if self.endpoint is None:
            return every
        asked = [one for one in every if one.name == self.endpoint]
        if not asked:
            check_endpoint(self.endpoint, {one.name for one in every})
        return asked


def check_endpoint(name: str, known: Collection[str]) -> None:
    """Check that there is an endpoint of a name.

    Raises
    ------
    PlanError
        If there is none; the nearest is named.
    """
    if name in known:
        return
    alike = nearest(name, known)
    raise PlanError(
        "this plan has no endpoint of this name",
        value=name,
        allowed=", ".join(sorted(known)),
        do=f"did you mean {alike}?" if alike else None,
    )


def check_influence_members(members: int) -> None:
    """Check a number of scenarios.

    Raises
    ------
    PlanError
        Unless it is a power of two that gives every replicate its scenarios.
    """
    if members < FEWEST:
        raise PlanError(
            "too few scenarios to rank inputs by",
            value=members,
            allowed=f"at least {FEWEST}",
            do=f"use --members {FEWEST}",
        )
    check_members(members, FEWEST)


def influence(
    model: Model,
    members: int,
    seed: int,
    *,
    endpoint: str | None = None,
    pool: Executor | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Rank the uncertain inputs of a model by their total effect on every endpoint.

    Parameters
    ----------
    model
        Computes the endpoints of scenarios.
    members
        Scenarios that each input is varied in, a power of two; all replicates together.
    seed
        Seed of the scenarios.
    endpoint
        The only endpoint that is wanted; all of them when left out.
    pool, progress
        See :func:`percuta.results.pick_freeze.effects`.

    Returns
    -------
    dict
        ``endpoints`` with their inputs, the most influential first; ``left_out`` with the endpoints that have none and
        why; ``without_effect`` with the inputs that moved nothing in the first ``screened`` scenarios.

    Raises
    ------
    PlanError
        For a number of scenarios that does not do, or an endpoint that does not exist.
    """
    check_influence_members(members)
    inputs: dict[str, Input] = {}

    def columns(drawn: Scenarios) -> dict[str, FromSecond]:
        inputs.update(inputs_of(drawn))
        return {column: OfColumn(column) for column in inputs}

    found = effects(Only(model, endpoint), columns, members // REPLICATES, seed, pool=pool, progress=progress)
    varying = {(one.name, one.zone) for one in found.varying()}
    return {
        "endpoints": [_endpoint(one, found, inputs) for one in found.samples if (one.name, one.zone) in varying],
        "left_out": [_left_out(one) for one in found.samples if (one.name, one.zone) not in varying],
        "without_effect": sorted(inputs[column].name for column in found.unmoved),
        "screened": found.screened,
    }


def _endpoint(one: Sample, found: Effects, inputs: dict[str, Input]) -> dict[str, Any]:
    key: Key = one.name, one.zone
    rows: list[dict[str, Any]] = []
    for column, effect in ((column, own[key]) for column, own in found.found.items() if key in own):
        if effect.total.value > 0.0 and effect.first is not None:
            given = inputs[column]
            head = {"input": given.name, "grade": given.grade, "unit": given.unit, "entries": list(given.entries)}
            rows.append(head | {"first": effect.first.as_dict(), "total": effect.total.as_dict()})
    rows.sort(key=lambda row: (-row["total"]["value"], row["input"]))
    return {"name": one.name, "zone": one.zone, "unit": one.unit, "inputs": rows}


def _left_out(one: Sample) -> dict[str, Any]:
    reason = one.withheld if one.values is None else NO_VARIANCE if one.words else one.withheld or NO_SPREAD
    return {"name": one.name, "zone": one.zone, "reason": reason}
