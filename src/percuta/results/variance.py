r"""The share of an endpoint's variance that hangs on assumed inputs.

Grouped pick-freeze: the outcome :math:`f(A)` is computed once more with all inputs of the group taken from a
second, independent half of the sequence, all others kept: :math:`f(A_B)`. The total share of the group is
:math:`S = \langle (f(A) - f(A_B))^2 \rangle / (2 \mathrm{Var} f(A))` (Jansen, Comput Phys Commun 117:35, 1999).
It is what would go, at most, if the assumed inputs were known. The interval is a bootstrap over scenarios.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.scenarios import batch_count, scenario_batch
from percuta.engine.simulate import run
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.results.endpoints import Sample, joined, samples
from percuta.sources import Sourced

Floats = NDArray[np.float64]

FEWEST_MEMBERS = 512  # fewer leave an interval too wide to say anything
_BOOTSTRAP = 400


def is_assumed(entry: Sourced) -> bool:
    """Tell whether an input is graded ``assumed``."""
    return entry.grade == "assumed"


def assumed_shares(
    plan: Plan, library: Library, members: int, seed: int
) -> dict[tuple[str, str | None], dict[str, float]]:
    """Return the share of variance that hangs on assumed inputs, by endpoint and zone.

    Parameters
    ----------
    plan, library
        What is computed, and from which library.
    members
        Scenarios; at least :data:`FEWEST_MEMBERS` are used.
    seed
        Seed of the sequence.

    Returns
    -------
    dict
        ``value`` with the 90 % interval ``low`` to ``high`` for each endpoint that varies; categories and
        withheld endpoints have none.
    """
    members = max(members, FEWEST_MEMBERS)
    numbers = range(batch_count(members))
    first = joined(samples(run(plan, library, scenario_batch(members, seed, number))) for number in numbers)
    swapped = joined(
        samples(run(plan, library, scenario_batch(members, seed, number, is_assumed))) for number in numbers
    )
    found = {}
    for one, other in zip(first, swapped, strict=True):
        share = _share(one, other)
        if share is not None:
            found[one.name, one.zone] = share
    return found


def _share(one: Sample, other: Sample) -> dict[str, float] | None:
    if one.values is None or other.values is None or one.words:
        return None
    both = np.isfinite(one.values) & np.isfinite(other.values)
    a, b = one.values[both], other.values[both]
    if a.size < 2 or np.ptp(a) <= 1e-12 * np.abs(a).max():
        return None
    drawn = np.random.default_rng(20_240_602).integers(0, a.size, (_BOOTSTRAP, a.size))
    low, high = np.quantile(_total_share(a[drawn], b[drawn]), [0.05, 0.95])
    return {"value": float(_total_share(a, b)), "low": float(low), "high": float(high)}


def _total_share(a: Floats, b: Floats) -> Floats:
    both = np.concatenate([a, b], axis=-1)
    share = ((a - b) ** 2).mean(axis=-1) / (2.0 * both.var(axis=-1))
    return np.asarray(np.clip(share, 0.0, 1.0))
