"""The share of an endpoint's variance that hangs on inputs of each evidence grade, as total effects.

It is what would be left of the spread if everything but the inputs of that grade were known. What two grades do only
together counts for both, so that the shares may sum to more than one. Entries that share a column, such as a figure of
two drugs of one cream, are exchanged apart where their grades differ. See :mod:`percuta.results.pick_freeze`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from percuta.engine.pulse import Solve
from percuta.engine.scenarios import FromSecond, Scenarios
from percuta.engine.simulate import run
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.results.endpoints import samples
from percuta.results.pick_freeze import NOTHING, REPLICATES, Key, effects
from percuta.results.samples import Sample
from percuta.sources import GRADES, Sourced

FEWEST_MEMBERS, MOST_MEMBERS = 32, 256  # of one replicate
MEMBERS_WITH_PULSES = 4  # of one replicate, where every scenario has pulses to be computed

Shares = dict[str, dict[str, float]]


@dataclass(frozen=True)
class PlanModel:
    """A plan as a function from scenarios to endpoints."""

    plan: Plan
    library: Library
    solve: Solve | None = None

    def __call__(self, scenarios: Scenarios) -> list[Sample]:
        """Return the endpoints of these scenarios."""
        return samples(run(self.plan, self.library, scenarios, self.solve))


@dataclass(frozen=True)
class OfGrade:
    """Takes the inputs of one grade from the second sequence."""

    grade: str

    def __call__(self, column: str, entry: Sourced) -> bool:
        """Tell whether an input has the grade."""
        return entry.grade == self.grade


def grade_groups(drawn: Scenarios) -> dict[str, FromSecond]:
    """Return one group for each grade that any uncertain input has."""
    present = {entry.grade for entries in drawn.columns.values() for entry in entries.values()}
    return {grade: OfGrade(grade) for grade in GRADES if grade in present}


def replicate_size(plan: Plan, members: int) -> int:
    """Return how many scenarios each of the replicates takes for a run of some members."""
    return MEMBERS_WITH_PULSES if plan.rf_pulses else min(max(members // REPLICATES, FEWEST_MEMBERS), MOST_MEMBERS)


def spread_shares(
    plan: Plan,
    library: Library,
    members: int,
    seed: int,
    solve: Solve | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Key, Shares]:
    """Return the share of variance that hangs on inputs of each grade, by endpoint and zone.

    Parameters
    ----------
    plan, library
        What is computed, and from which library.
    members
        Scenarios of the run. Each of the replicates takes a sixteenth of them, within bounds; few of a plan with
        pulses.
    seed
        Seed of the run; each replicate has one of its own.
    solve
        Computes RF pulses; see :func:`percuta.engine.simulate.run`.
    progress
        Told how many scenarios are done, and of how many.

    Returns
    -------
    dict
        For each endpoint that varies, by grade, ``value`` with the 90 % interval ``low`` to ``high``. Categories and
        withheld endpoints have none.
    """
    size = replicate_size(plan, members)
    found = effects(PlanModel(plan, library, solve), grade_groups, size, seed, first_order=False, progress=progress)
    shares: dict[Key, Shares] = {}
    for one in found.varying():
        key = one.name, one.zone
        own = {grade: found.found.get(grade, {}).get(key) for grade in GRADES}
        shares[key] = {grade: (NOTHING if each is None else each.total).as_dict() for grade, each in own.items()}
    return shares
