"""Measuring many plans: looked up where they were measured before, computed by whoever computes, kept at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from percuta.engine.executors import InThisProcess, in_order
from percuta.engine.scenarios import BATCH
from percuta.engine.store import Store, cache_folder
from percuta.library.registry import Library
from percuta.optimisation.measuring import (
    Measured,
    Ruled,
    RulesTask,
    Sampling,
    Task,
    joined,
    measure,
    ruled,
    without_wishes,
)
from percuta.optimisation.wishes import Wishes
from percuta.plan.model import Plan

Given = TypeVar("Given", Task, RulesTask)
Got = TypeVar("Got")
_MOST_BYTES = 200_000_000
_WITH_PULSES = 16  # scenarios in one part of a plan whose pulses are computed; a part is lost where a run is cut off


def trial_store() -> Store:
    """Return the store of measurements in the user's cache folder."""
    return Store(cache_folder("trials"), _MOST_BYTES)


@dataclass
class Measurer:
    """Measures plans.

    Attributes
    ----------
    wishes, library
        What is asked, and from which library it is computed.
    pool
        Who computes.
    store
        Where measurements are kept.
    computed
        Scenarios that were computed and not looked up.
    """

    wishes: Wishes
    library: Library
    pool: Executor = field(default_factory=InThisProcess)
    store: Store = field(default_factory=trial_store)
    computed: int = 0

    def measure(
        self, plans: Sequence[Plan], sampling: Sampling, start: int = 0, stop: int | None = None
    ) -> list[Measured]:
        """Return the measurement of each plan over some scenarios of a sample, all of them when left out.

        Raises
        ------
        PercutaError
            If the workers are lost again and again. A plan that cannot be computed is a measurement with a fault.
        """
        stop = sampling.members if stop is None else stop
        tasks, owners = [], []
        for number, plan in enumerate(plans):
            for first, last in _parts(start, stop, _WITH_PULSES if plan.rf_pulses else BATCH):
                tasks.append(Task(without_wishes(plan), self.wishes, self.library, sampling, first, last))
                owners.append(number)
        parts: list[list[Measured]] = [[] for _ in plans]
        for owner, found in zip(
            owners, self._kept(tasks, measure, Measured.as_bytes, Measured.from_bytes), strict=True
        ):
            parts[owner].append(found)
        return [joined(one) for one in parts]

    def rules(self, plans: Sequence[Plan]) -> list[Ruled]:
        """Return what the safety rules say of each plan."""
        tasks = [RulesTask(without_wishes(plan), self.library) for plan in plans]
        return self._kept(tasks, ruled, lambda one: json.dumps(asdict(one)).encode(), _ruled_from)

    def _kept(
        self,
        tasks: Sequence[Given],
        function: Callable[[Given], Got],
        to_bytes: Callable[[Got], bytes],
        from_bytes: Callable[[bytes], Got],
    ) -> list[Got]:
        keys = [task.key() for task in tasks]
        wanted = dict(zip(keys, tasks, strict=True))
        found = {key: from_bytes(raw) for key in wanted if (raw := self.store.get(key)) is not None}
        missing = {key: task for key, task in wanted.items() if key not in found}
        for key, result in zip(missing, in_order(self.pool, function, missing.values()), strict=True):
            found[key] = result
            if isinstance(result, Measured):
                self.computed += result.members
            self.store.put(key, to_bytes(result))
        return [found[key] for key in keys]


def _ruled_from(raw: bytes) -> Ruled:
    data: dict[str, Any] = json.loads(raw)
    return Ruled(tuple(data["stopped"]), tuple(data["warned"]), data["beyond_label"])


def _parts(start: int, stop: int, size: int) -> list[tuple[int, int]]:
    """Return scenarios in parts that no batch divides; they hang on nothing but the sample."""
    edges = sorted({start, stop, *range((start // size + 1) * size, stop, size)})
    return list(pairwise(edges))
