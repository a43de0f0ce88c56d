"""Computing a plan: from scenarios to endpoints and datasets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from percuta import __version__
from percuta.engine.executors import InThisProcess, worker_pool
from percuta.engine.pulse import PulseSolver, Solve
from percuta.engine.scenarios import BATCH, batch_count, scenario_batch
from percuta.engine.simulate import run
from percuta.library.registry import Library, library
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.model import Plan
from percuta.results.endpoints import Endpoint, endpoints, joined, samples
from percuta.results.pick_freeze import REPLICATES
from percuta.results.samples import Sample
from percuta.results.variance import replicate_size, spread_shares
from percuta.sources import GRADES

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[float, float], None]


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


@dataclass
class _Count:
    """Scenarios done of all that are to be computed, told to whoever watches."""

    total: int
    progress: Progress | None
    done: float = 0.0

    def add(self, scenarios: int) -> None:
        """Count finished scenarios."""
        self.done += scenarios
        self.tell()

    def tell(self, more: float = 0.0) -> None:
        """Tell what is done, ``more`` scenarios' worth of pulses included."""
        if self.progress is not None:
            self.progress(min(self.done + more, self.total), self.total)


def simulate(
    plan: Plan,
    members: int = 64,
    seed: int = 0,
    *,
    accuracy: Accuracy = "draft",
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
    accuracy
        Of the RF pulses: ``draft``, ``standard`` or ``reference``; of no effect on a plan without them.
    influence
        Whether to compute the share of variance that hangs on inputs of each grade.
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
    ConvergenceError
        If an RF pulse of a scenario cannot be computed.
    """
    from percuta.results.dataset import result_tree

    known = known or library()
    pulses = bool(plan.rf_pulses)
    more = (1 + len(GRADES)) * REPLICATES * replicate_size(plan, members) if influence else 0
    count = _Count(members + more, progress)
    drawn, parts = [], []
    with worker_pool(workers) as pool:
        solver = PulseSolver(accuracy, pool)
        compute = partial(_batch, plan, known, members, seed, solver if pulses else None)
        # the pulses of one batch are shared among the processes, or else the batches are
        batches = InThisProcess() if pulses else pool
        size = min(BATCH, members)
        solver.progress = lambda share: count.tell(share * size)
        for sample, part in batches.map(compute, range(batch_count(members))):
            drawn.append(sample)
            parts.append(part)
            count.add(size)
        shares = None
        if influence:
            solver.progress = None
            shares = spread_shares(plan, known, members, seed, solver, lambda done, of: count.tell(more * done / of))
    return Result(plan, endpoints(joined(drawn), shares), result_tree(plan, parts, seed, __version__))


def _batch(
    plan: Plan, known: Library, members: int, seed: int, solve: Solve | None, number: int
) -> tuple[list[Sample], dict[str, xr.Dataset]]:
    """Compute one batch and keep what the result needs of it."""
    from percuta.results.dataset import datasets, kept_times

    outcome = run(plan, known, scenario_batch(members, seed, number), solve)
    return samples(outcome), datasets(outcome, kept_times(members))
