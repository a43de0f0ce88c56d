r"""The share of an endpoint's variance that hangs on assumed inputs.

Grouped pick-freeze: the outcome :math:`f(A)` is computed once more with all inputs of the group taken from a
second, independent half of the sequence, all others kept: :math:`f(A_B)`. The total share of the group is
:math:`S = \langle (f(A) - f(A_B))^2 \rangle / (2 \mathrm{Var} f(A))` (Jansen, Comput Phys Commun 117:35, 1999).
It is what would go, at most, if the assumed inputs were known. The value is the mean over eight
replicates with scramblings of their own, the interval a bootstrap over them: within one Sobol sequence the
scenarios are not independent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from percuta.engine.pulse import Solve
from percuta.engine.scenarios import batch_count, never, scenario_batch
from percuta.engine.simulate import run
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.results.endpoints import joined, samples
from percuta.results.samples import Sample
from percuta.sources import Sourced

Floats = NDArray[np.float64]

REPLICATES = 8
FEWEST_MEMBERS, MOST_MEMBERS = 128, 512  # of one replicate
MEMBERS_WITH_PULSES = 16  # of one replicate, where every scenario has pulses to be computed
_BOOTSTRAP = 400


def is_assumed(entry: Sourced) -> bool:
    """Tell whether an input is graded ``assumed``."""
    return entry.grade == "assumed"


def replicate_size(plan: Plan, members: int) -> int:
    """Return how many scenarios each of the replicates takes for a run of some members."""
    return MEMBERS_WITH_PULSES if plan.rf_pulses else min(max(members // REPLICATES, FEWEST_MEMBERS), MOST_MEMBERS)


def assumed_shares(
    plan: Plan,
    library: Library,
    members: int,
    seed: int,
    solve: Solve | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[tuple[str, str | None], dict[str, float]]:
    """Return the share of variance that hangs on assumed inputs, by endpoint and zone.

    Parameters
    ----------
    plan, library
        What is computed, and from which library.
    members
        Scenarios of the run. Each of the replicates takes an eighth of them, within bounds; 16 of a plan with pulses.
    seed
        Seed of the run; each replicate has one of its own.
    solve
        Computes RF pulses; see :func:`percuta.engine.simulate.run`.
    progress
        Told how many scenarios more are done.

    Returns
    -------
    dict
        ``value`` with the 90 % interval ``low`` to ``high`` for each endpoint that varies; categories and
        withheld endpoints have none.
    """
    size = replicate_size(plan, members)
    found: dict[tuple[str, str | None], list[float]] = {}
    for replicate in range(REPLICATES):
        first, swapped = (
            joined(
                samples(run(plan, library, scenario_batch(size, (seed, replicate), number, from_second), solve))
                for number in range(batch_count(size))
            )
            for from_second in (never, is_assumed)
        )
        if progress is not None:
            progress(2 * size)
        for one, other in zip(first, swapped, strict=True):
            share = total_share(one, other)
            if share is not None:
                found.setdefault((one.name, one.zone), []).append(share)
    return {key: _interval(np.array(shares)) for key, shares in found.items()}


def total_share(one: Sample, other: Sample) -> float | None:
    """Return the share of variance of the inputs that differ between two samples; None where nothing varies."""
    if one.values is None or other.values is None or one.words:
        return None
    both = np.isfinite(one.values) & np.isfinite(other.values)
    a, b = one.values[both], other.values[both]
    if a.size < 2 or np.ptp(a) <= 1e-12 * np.abs(a).max():
        return None
    variance = np.concatenate([a, b]).var()
    return float(((a - b) ** 2).mean() / (2.0 * variance))


def _interval(shares: Floats) -> dict[str, float]:
    """Return mean and bootstrap interval over the replicates; a share cannot pass one."""
    drawn = np.random.default_rng(20_240_602).integers(0, shares.size, (_BOOTSTRAP, shares.size))
    low, high = np.quantile(shares[drawn].mean(axis=1), [0.05, 0.95])
    return {key: float(min(value, 1.0)) for key, value in (("value", shares.mean()), ("low", low), ("high", high))}
