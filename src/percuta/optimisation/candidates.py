"""Choices of settings that were tried: what each gave, and how it stands among the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from percuta.optimisation.judging import (
    dominated,
    every_kept,
    every_reached,
    feasible,
    gain,
    hopeless,
)
from percuta.optimisation.measurer import Measurer
from percuta.optimisation.measuring import Measured, Ruled, Sampling, joined
from percuta.optimisation.search import Choice, Tried
from percuta.optimisation.settings import Setting, with_settings
from percuta.optimisation.wishes import Wishes
from percuta.plan.model import Plan

Outcome = Literal["computed", "infeasible", "stopped early", "refused", "impossible"]

FIRST_LOOK = 16  # scenarios after which a hopeless choice is given up


@dataclass(frozen=True)
class Candidate:
    """One choice of settings and what the search sample says of it.

    Attributes
    ----------
    number
        In the order of the search, from 0.
    choice, plan
        The index of each setting's value, and the plan with them.
    search
        Over the search sample; over its first scenarios where it was stopped early.
    outcome
        ``computed`` where it is feasible over the search sample and no rule stops it.
    ruled
        What the rules say; None where they were not asked, since it is not feasible.
    """

    number: int
    choice: Choice
    plan: Plan
    search: Measured
    outcome: Outcome
    ruled: Ruled | None = None

    @property
    def injury(self) -> float:
        """Median of the injury; see :class:`~percuta.optimisation.measuring.Measured`."""
        return float(np.nanmedian(self.search.injury)) if self.search.lost < self.search.members else float("nan")

    def why(self, wishes: Wishes) -> str:
        """Return why it does not come into question, or nothing."""
        if self.outcome == "impossible":
            return self.search.fault
        if self.outcome == "refused" and self.ruled is not None:
            return f"the rules stop it: {', '.join(self.ruled.stopped)}"
        broken = [
            limit.endpoint
            for limit, one in zip(wishes.limits, every_kept(wishes, self.search), strict=True)
            if one.verdict == "not met"
        ]
        return f"not met: {', '.join(dict.fromkeys(broken))}" if broken else ""


@dataclass
class Trials:
    """Tries choices of settings on the search sample.

    Attributes
    ----------
    plan, settings
        The plan as written, and what may be set.
    measurer
        Who measures.
    sampling
        The search sample.
    """

    plan: Plan
    settings: tuple[Setting, ...]
    measurer: Measurer
    sampling: Sampling

    def candidates(self, choices: list[Choice], first_number: int) -> list[Candidate]:
        """Try choices: a few scenarios first, the rest where they leave hope, the rules where all limits are kept."""
        wishes, members = self.measurer.wishes, self.sampling.members
        plans = [with_settings(self.plan, self.settings, choice) for choice in choices]
        look = min(FIRST_LOOK, members)
        measured = self.measurer.measure(plans, self.sampling, 0, look)
        hoped = [number for number, one in enumerate(measured) if look < members and not hopeless(wishes, one)]
        rest = self.measurer.measure([plans[number] for number in hoped], self.sampling, look, members)
        for number, one in zip(hoped, rest, strict=True):
            measured[number] = joined([measured[number], one])
        good = [number for number, one in enumerate(measured) if one.members == members and feasible(wishes, one)]
        ruled = dict(zip(good, self.measurer.rules([plans[number] for number in good]), strict=True))
        return [
            Candidate(
                first_number + number, choice, plan, one, self._outcome(one, ruled.get(number)), ruled.get(number)
            )
            for number, (choice, plan, one) in enumerate(zip(choices, plans, measured, strict=True))
        ]

    def _outcome(self, measured: Measured, ruled: Ruled | None) -> Outcome:
        if measured.impossible:
            return "impossible"
        if measured.members < self.sampling.members:
            return "stopped early"
        if ruled is None:
            return "infeasible"
        return "refused" if ruled.stopped else "computed"

    def told(self, one: Candidate) -> Tried:
        """Return what the search is told of a candidate; a refusal counts as a violated constraint."""
        wishes = self.measurer.wishes
        values = every_reached(wishes, one.search)
        if one.outcome == "impossible" or not np.isfinite(values).all():
            return Tried(None, ())
        violations = [kept.violation for kept in every_kept(wishes, one.search)]
        return Tried(tuple(values), (*violations, 1.0 if one.outcome == "refused" else 0.0))


def front(wishes: Wishes, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates that none beats on one objective and matches on the others, the best on the first first."""
    able = [one for one in candidates if one.outcome == "computed"]
    values = {one.number: every_reached(wishes, one.search) for one in able}
    kept = [one for one in able if not dominated(wishes, values[one.number], [values[other.number] for other in able])]
    return sorted(kept, key=lambda one: -gain(wishes.aims[0], values[one.number][0]))
