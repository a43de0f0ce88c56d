"""The pulse stage: every RF pulse of a plan, for every scenario, computed once.

A step gives one pulse for each of its depths. They are computed apart: pulses at several depths of one insertion, and
those of other passes and steps, are taken as not warming each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.executors import InThisProcess
from percuta.engine.handovers import Layers
from percuta.engine.pulse_setups import setups_of
from percuta.engine.pulse_store import PulseStore, PulseTask, pulse_store, store_in
from percuta.engine.pulse_summary import PulseSummary, summary_of
from percuta.errors import PercutaError, Where
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.steps import RfPulses

Floats = NDArray[np.float64]
Solve = Callable[[Sequence[PulseTask]], list[PulseSummary]]
Share = Callable[[float], None]  # told the share of the pulses that is done


@dataclass(frozen=True)
class Pulsed:
    """What one step does to one zone: a computed pulse for each of its depths and each scenario."""

    step: RfPulses
    pulses: tuple[tuple[PulseSummary, ...], ...]

    @property
    def time(self) -> Floats:
        """Time with the current on at all depths of one insertion [s], (m,)."""
        return np.asarray(np.sum([[one.time for one in at_depth] for at_depth in self.pulses], axis=0))


def pulsed_zones(bench: Bench, layers: dict[str, Layers], solve: Solve) -> dict[str, list[Pulsed]]:
    """Compute the pulses of a plan.

    Parameters
    ----------
    bench
        Plan, device, library, scenarios.
    layers
        The person's skin at each zone.
    solve
        Computes pulses; see :class:`PulseSolver`.

    Returns
    -------
    dict
        The steps that act on each zone that gets any, in order.

    Raises
    ------
    LibraryError, PlanError
        If the plan or the device lacks a figure that is needed.
    ConvergenceError
        If a pulse could not be computed.
    """
    if not bench.plan.rf_pulses:
        return {}
    peaks = bench.parameter("rf.heat_shock_peak")
    tasks: list[PulseTask] = []
    placed: list[tuple[str, RfPulses]] = []
    for number, step in enumerate(bench.plan.session.steps, 1):
        if not isinstance(step, RfPulses):
            continue
        for zone in step.zones:
            placed.append((zone, step))
            for depth in step.depths:
                setups = setups_of(bench, step, depth.si, zone, layers[zone])
                place = f"session.steps[{number}]"
                tasks += [PulseTask(setup, float(peak), place) for setup, peak in zip(setups, peaks, strict=True)]
    computed = iter(solve(tasks))
    found: dict[str, list[Pulsed]] = {}
    for zone, step in placed:
        by_depth = tuple(tuple(next(computed) for _ in peaks) for _ in step.depths)
        found.setdefault(zone, []).append(Pulsed(step, by_depth))
    return found


@dataclass
class PulseSolver:
    """Computes pulses, each once, one on each processor; those that were computed before are looked up.

    Attributes
    ----------
    accuracy
        ``draft``, ``standard`` or ``reference``.
    pool
        Who computes.
    store
        Where computed pulses are kept.
    progress
        Told the share that is done of the pulses asked for together.
    """

    accuracy: Accuracy = "draft"
    pool: Executor = field(default_factory=InThisProcess)
    store: PulseStore = field(default_factory=pulse_store)
    progress: Share | None = None

    def __call__(self, tasks: Sequence[PulseTask]) -> list[PulseSummary]:
        """Return the pulses in the order of the tasks."""
        keys = [task.key(self.accuracy) for task in tasks]
        wanted = dict(zip(keys, tasks, strict=True))
        found = {key: summary for key in wanted if (summary := self.store.get(key)) is not None}
        missing = [key for key in wanted if key not in found]
        compute = partial(_computed, self.accuracy, self.store.folder)
        self._tell(len(found), len(wanted))
        for key, summary in zip(missing, self.pool.map(compute, missing, map(wanted.get, missing)), strict=True):
            found[key] = summary
            self.store.remember(key, summary)
            self._tell(len(found), len(wanted))
        return [found[key] for key in keys]

    def _tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done / max(total, 1))


class PulsesNotKept(PercutaError):
    """Pulses that were not computed before and are not to be computed now."""


@dataclass
class KeptPulses:
    """Looks up pulses that were computed before, and computes none.

    Attributes
    ----------
    accuracy
        ``draft``, ``standard`` or ``reference``.
    store
        Where computed pulses are kept.
    missing
        Whether one was asked for that was not computed before.
    """

    accuracy: Accuracy = "draft"
    store: PulseStore = field(default_factory=pulse_store)
    missing: bool = False

    def __call__(self, tasks: Sequence[PulseTask]) -> list[PulseSummary]:
        """Return the pulses in the order of the tasks.

        Raises
        ------
        PulsesNotKept
            If one of them was not computed before.
        """
        found = []
        for task in tasks:
            summary = self.store.get(task.key(self.accuracy))
            if summary is None:
                self.missing = True
                raise PulsesNotKept("the pulses of this plan were not computed before", where=Where(key=task.place))
            found.append(summary)
        return found


def _computed(accuracy: Accuracy, folder: Path | None, key: str, task: PulseTask) -> PulseSummary:
    """Compute one pulse and keep it, so that an interrupted run has not lost it."""
    from percuta.physics.pulse import compute_pulse

    try:
        record = compute_pulse(task.setup, accuracy, heat_shock_peak=task.heat_shock_peak)
    except PercutaError as fault:
        raise fault.at(Where(key=task.place)) from fault.__cause__
    summary = summary_of(record, task.setup.array)
    store_in(folder).write(key, summary)
    return summary
