"""Computing a plan: from scenarios to endpoints and datasets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from percuta import __version__
from percuta.engine.executors import worker_pool
from percuta.engine.scenarios import BATCH, batch_count, scenario_batch
from percuta.engine.simulate import run
from percuta.library.registry import Library, library
from percuta.plan.model import Plan
from percuta.results.endpoints import Endpoint, Sample, endpoints, joined, samples
from percuta.results.variance import assumed_shares

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Result:
    """What a plan gives: a pure function of plan, number of scenarios, seed and version.

    Attributes
    ----------
    plan
        The plan that was computed.
    endpoints
        One entry for each question asked of the plan.
    tree
        All datasets, one row per scenario (xarray DataTree).
    """

    plan: Plan
    endpoints: list[Endpoint]
    tree: xr.DataTree

    def endpoint(self, name: str, zone: str | None = None) -> Endpoint:
        """Return one endpoint; ``zone`` None takes the only or the first one of that name."""
        return next(one for one in self.endpoints if one.name == name and zone in (None, one.zone))


def simulate(
    plan: Plan,
    members: int = 64,
    seed: int = 0,
    *,
    influence: bool = False,
    workers: int = 1,
    known: Library | None = None,
    progress: Progress | None = None,
) -> Result:
    """Compute a plan. Safety is not looked at here; see :func:`percuta.workflows.check.check`.

    Parameters
    ----------
    plan
        The plan.
    members
        Number of scenarios, a power of two.
    seed
        Seed of the scenarios.
    influence
        Whether to compute the share of variance that hangs on assumed inputs.
    workers
        Processes to compute with; their number changes no result.
    known
        The library; the shipped one when left out.
    progress
        Called with the number of scenarios done and their total.

    Raises
    ------
    PlanError, DeviceLimitError, LibraryError
        If the plan cannot be computed.
    """
    from percuta.results.dataset import result_tree

    known = known or library()
    drawn, parts = [], []
    with worker_pool(workers) as pool:
        compute = partial(_batch, plan, known, members, seed)
        for number, (sample, part) in enumerate(pool.map(compute, range(batch_count(members))), 1):
            drawn.append(sample)
            parts.append(part)
            if progress is not None:
                progress(min(number * BATCH, members), members)
    shares = assumed_shares(plan, known, members, seed) if influence else None
    return Result(plan, endpoints(joined(drawn), shares), result_tree(plan, parts, seed, __version__))


def _batch(
    plan: Plan, known: Library, members: int, seed: int, number: int
) -> tuple[list[Sample], dict[str, xr.Dataset]]:
    """Compute one batch and keep what the result needs of it."""
    from percuta.results.dataset import datasets, kept_times

    outcome = run(plan, known, scenario_batch(members, seed, number))
    return samples(outcome), datasets(outcome, kept_times(members))
