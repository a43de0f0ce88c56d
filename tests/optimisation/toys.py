"""Searches small enough to be told by hand: settings, wishes and measurements without a plan that is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from percuta.engine.store import Store
from percuta.library.registry import library
from percuta.optimisation.candidates import Candidate, Outcome
from percuta.optimisation.measurer import Measurer
from percuta.optimisation.measuring import Measured, Ruled, Sampling
from percuta.optimisation.search import Choice, Direction, Search, Tried
from percuta.optimisation.settings import Setting, settings_of
from percuta.optimisation.wishes import Aim, Limit, Wishes
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan

from ..conftest import MINIMAL_PLAN

Toy = Callable[[Choice], Tried]
SAMPLING = Sampling(0, 32, "draft")
FRESH = Sampling(1, 64, "draft")
MINIMISE: tuple[Direction, ...] = ("minimize",)


def setting(name: str, count: int, current: int | None = 0) -> Setting:
    """A setting of so many values."""
    return Setting(name, None, "1", tuple(range(count)), current, default=False, reason="")


def settings(*counts: int, current: Choice | None = None) -> tuple[Setting, ...]:
    """Settings named a, b, c …, the plan's own values being the first ones."""
    places = current or (0,) * len(counts)
    return tuple(
        setting("abcdefghij"[place], count, at) for place, (count, at) in enumerate(zip(counts, places, strict=True))
    )


def searched(
    toy: Toy,
    of: tuple[Setting, ...],
    trials: int,
    *,
    file: Path | None = None,
    seed: int = 0,
    directions: Sequence[Direction] = MINIMISE,
    identity: str = "toy",
    generations: int | None = None,
) -> Search:
    """Search a toy, to the end or for some generations."""
    with closing(Search(of, directions, trials, seed, file, identity)) as search:
        done = 0
        while not search.done and (generations is None or done < generations):
            search.tell([toy(choice) for choice in search.ask()])
            done += 1
    return search


def aim(goal: Literal["maximise", "minimise"] = "maximise", quantile: float = 0.5, endpoint: str = "gain") -> Aim:
    """An objective."""
    return Aim(endpoint, None, goal, quantile, None, "1", "", default=False)


def limit(
    side: Literal["below", "above"] = "below", at: float = 1.0, probability: float = 0.95, endpoint: str = "harm"
) -> Limit:
    """A constraint."""
    return Limit(endpoint, None, side, at, probability, None, "1", "", default=False)


def measured(aims: Any, limits: Any, injury: float = 0.1, fault: str = "") -> Measured:
    """A measurement, from one row for each wish."""
    one, other = (np.atleast_2d(np.array(rows, dtype=np.float64)) for rows in (aims, limits))
    members = one.shape[1]
    return Measured(one, other.reshape(-1, members), np.full(members, injury), fault)


def lost(wishes: Wishes, members: int = 32) -> Measured:
    """A measurement of what cannot be computed."""
    nothing = [alike(np.nan, members)]
    return measured(nothing * len(wishes.aims), nothing * len(wishes.limits), np.nan, "it broke")


def alike(value: float, members: int = SAMPLING.members) -> list[float]:
    """One value in every scenario."""
    return [value] * members


def inside(share: float, members: int = SAMPLING.members) -> list[float]:
    """0 in a share of the scenarios, and 2 in the others, spread evenly."""
    count = round(share * members)
    values = np.full(members, 2.0)
    values[np.round(np.linspace(0, members - 1, count)).astype(int)] = 0.0
    return list(values)


@dataclass
class MadeUp(Measurer):
    """Measures by a formula of the plan.

    Attributes
    ----------
    of
        What a plan gives over a sample, all of its scenarios.
    stopped
        Plans that the rules stop.
    asked
        Each plan that was measured, with the scenarios.
    """

    of: Callable[[Plan, Sampling], Measured] = field(default=lambda plan, sampling: measured([], []))
    stopped: Callable[[Plan], Ruled] = field(default=lambda plan: Ruled())
    asked: list[tuple[Plan, int, int, int]] = field(default_factory=list)

    def measure(
        self, plans: Sequence[Plan], sampling: Sampling, start: int = 0, stop: int | None = None
    ) -> list[Measured]:
        """Return the scenarios of the formula."""
        end = sampling.members if stop is None else stop
        self.asked += [(plan, sampling.seed, start, end) for plan in plans]
        whole = [self.of(plan, sampling) for plan in plans]
        return [
            Measured(one.aims[:, start:end], one.limits[:, start:end], one.injury[start:end], one.fault)
            for one in whole
        ]

    def rules(self, plans: Sequence[Plan]) -> list[Ruled]:
        """Ask the formula."""
        return [self.stopped(plan) for plan in plans]


def made_up(
    wishes: Wishes, of: Callable[[Plan, Sampling], Measured], stopped: Callable[[Plan], Ruled] | None = None
) -> MadeUp:
    """Return a measurer that computes nothing and keeps nothing."""
    return MadeUp(wishes, library(), store=Store(None, 0), of=of, stopped=stopped or (lambda plan: Ruled()))


PASSES = '\n[[optimise.settings]]\nsetting = "passes"\nvalues = [1, 2, 3, 4, 5, 6, 7, 8]\n'
SESSIONS = '\n[[optimise.settings]]\nsetting = "sessions"\nvalues = [1, 2, 3, 4, 5, 6]\n'


def pen() -> tuple[Plan, tuple[Setting, ...]]:
    """A plan of 4 passes and 4 sessions, which may be 1 to 8 passes and 1 to 6 sessions."""
    plan = read_plan(MINIMAL_PLAN + PASSES + SESSIONS)
    return plan, settings_of(plan, library())


def passes_of(plan: Plan) -> int:
    """Return the passes of the plan's needling."""
    [found] = [step.passes for step in plan.session.steps if step.do == "needling"]
    assert found is not None
    return found


def candidate(
    number: int,
    search: Measured,
    *,
    outcome: Outcome = "computed",
    beyond_label: bool = False,
    plan: Plan | None = None,
    choice: Choice = (),
) -> Candidate:
    """A candidate that was tried."""
    ruled = Ruled(beyond_label=beyond_label) if outcome == "computed" else None
    return Candidate(number, choice, plan or read_plan(MINIMAL_PLAN), search, outcome, ruled)
