r"""What the spread over a cohort comes from: people who differ, occasions and devices, and what nobody knows.

Of an endpoint :math:`Y` the share between people is
:math:`\mathrm{Var}\,E[Y \mid \text{person}] / \mathrm{Var}\,Y`: what would go of the spread, on average, if everything
about the person were known. It is the first-order index of all inputs in which people differ, taken together
(:mod:`percuta.results.pick_freeze`); those of the other reasons likewise. What is left of the whole comes of inputs of
several kinds acting together. Which input belongs where is listed in :mod:`percuta.cohort.between_people`.

Fewer people are computed for this than for the cohort itself, in replicates that are parts like any other. A person who
cannot be computed is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.cohort.between_people import KINDS, group_of_column
from percuta.cohort.members import Cohort, Column, members_of
from percuta.engine.scenarios import FromSecond, Scenarios, never, scenario_batch
from percuta.plan.model import Plan
from percuta.results.pick_freeze import REPLICATES, everything, first_order_effect, pair_sums, varies
from percuta.sources import Sourced

Floats = NDArray[np.float64]

IN_A_REPLICATE, IN_A_REPLICATE_WITH_PULSES = 64, 4


@dataclass(frozen=True)
class OfKind:
    """Takes the inputs that vary for one reason from the second sequence."""

    kind: str

    def __call__(self, column: str, entry: Sourced) -> bool:
        """Tell whether an input varies for this reason."""
        return group_of_column(column).kind == self.kind


def people_in_split(plan: Plan) -> int:
    """Return how many people the spread is split with."""
    return REPLICATES * _size(plan)


def _size(plan: Plan) -> int:
    return IN_A_REPLICATE_WITH_PULSES if plan.rf_pulses else IN_A_REPLICATE


@dataclass(frozen=True)
class Replicates:
    """Some replicates that are computed together: with their own draws, all others, and others of each kind in turn."""

    cohort: Cohort
    columns: tuple[Column, ...]
    numbers: tuple[int, ...]
    size: int

    def key(self) -> str:
        """Return the name of this part."""
        return self.cohort.key("spread", self.numbers, self.size)

    def computed(self) -> bytes:
        """Compute the people, as float64 (runs, columns, people)."""
        drawn = [scenario_batch(self.size, (self.cohort.seed, number), 0) for number in self.numbers]
        points, second = (np.concatenate([getattr(one, name) for one in drawn]) for name in ("points", "second"))
        runs = [members_of(self.cohort, self.columns, Scenarios(points, second, taken)).values for taken in _TAKEN]
        return np.array(runs).astype("<f8").tobytes()


_TAKEN: tuple[FromSecond, ...] = (never, everything, *(OfKind(kind) for kind in KINDS))


def replicates(cohort: Cohort, columns: tuple[Column, ...]) -> list[Replicates]:
    """Return the parts that the split is computed from, each with about as many people as a chunk."""
    size, every = _size(cohort.plan), range(REPLICATES)
    together = max(cohort.chunk // size, 1)
    return [Replicates(cohort, columns, tuple(every[start : start + together]), size) for start in every[::together]]


def split(columns: Sequence[Column], parts: Iterable[bytes]) -> dict[tuple[str, str | None], dict[str, Any]]:
    """Return the share of each endpoint's variance by what it is between.

    Parameters
    ----------
    columns
        The columns that are not withheld.
    parts
        What the :func:`replicates` gave, in their order, all of one size.

    Returns
    -------
    dict
        For each endpoint that varies, by kind, ``value`` with the 90 % interval ``low`` to ``high``. A category has no
        variance, and none.
    """
    runs = [np.frombuffer(raw, "<f8").reshape(len(_TAKEN), len(columns), -1) for raw in parts]
    values = np.concatenate(runs, axis=2)
    number = np.repeat(np.arange(REPLICATES), values.shape[2] // REPLICATES)
    found = {}
    for place, column in enumerate(columns):
        shares = None if column.words else _shares(values[:, place], number)
        if shares is not None:
            found[column.name, column.zone] = shares
    return found


def _shares(runs: Floats, number: NDArray[np.int64]) -> dict[str, Any] | None:
    known = runs[0][np.isfinite(runs[0])]
    if known.size == 0:
        return None
    centre = float(known.mean())
    base, other, *swapped = runs - centre
    sums = {kind: pair_sums(base, moved, other, number) for kind, moved in zip(KINDS, swapped, strict=True)}
    if not all(varies(own, centre) for own in sums.values()):
        return None
    return {kind: first_order_effect(own).as_dict() for kind, own in sums.items()}
