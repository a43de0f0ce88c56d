"""What `search_and_cohort.py` measures, each in a process of its own with an empty cache of its own.

The functions that worker processes call are here as well, where every process can import them.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from percuta.cohort.members import Chunk, Cohort
    from percuta.plan.model import Plan

SEED, WARM_SEED = 1, 2
EXAMPLES = Path(__file__).parents[1] / "examples"
_BETWEEN_LOOKS = 0.1  # s; the system keeps the peak of a process, which is lost only where it ends between two looks
_MEET_WITHIN = 300.0  # s


class Clock:
    """Progress of a workflow with the times at which so much was done."""

    def __init__(self) -> None:
        self.begin = time.perf_counter()
        self.told: list[tuple[float, float, float]] = []

    def __call__(self, done: float, total: float) -> None:
        self.told.append((done, total, self.now()))

    def now(self) -> float:
        """Return the seconds since this clock was made."""
        return time.perf_counter() - self.begin

    def when(self, done: float) -> float:
        """Return the seconds after which so much was done for the first time."""
        return next(seconds for reached, _, seconds in self.told if reached >= done)


class Memory:
    """Peak of the resident memory of this process and of the largest that it starts [MB]; as Linux counts it."""

    def __init__(self) -> None:
        self.peaks: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def as_dict(self) -> dict[str, float | None]:
        """Return the peaks of the main process and of the largest worker."""
        own = str(os.getpid())
        others = [peak for process, peak in self.peaks.items() if process != own]
        return {"main_mb": self.peaks.get(own), "worker_mb": max(others, default=None)}

    def _watch(self) -> None:
        while not self._ended.wait(_BETWEEN_LOOKS):
            self._look()

    def _look(self) -> None:
        for process in (str(os.getpid()), *_started_by("self")):
            peak = _peak(process)
            if peak is not None:
                self.peaks[process] = peak


def _started_by(process: str) -> list[str]:
    found: list[str] = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += file.read_text().split()
        except OSError:  # the thread ended meanwhile
            continue
    return found


def _peak(process: str) -> float | None:
    """Return the peak of a process that still runs [MB]."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    named = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(named[0]) / 1024 if named else None


def plan_of(example: str) -> Plan:
    """Return an example's plan."""
    from percuta.plan.reading import read_plan

    file = EXAMPLES / example
    return read_plan(file.read_text(encoding="utf-8"), str(file))


def warm(example: str) -> dict[str, Any]:
    """Run every compiled loop once, so that each is found compiled from now on."""
    from percuta.workflows.check import check

    check(plan_of(example))
    _parts(example, 1, WARM_SEED)[0].computed()
    return {}


def search(example: str, trials: int, members: int, fresh: int, workers: int) -> dict[str, Any]:
    """Search and confirm; the seconds until either was done, and until all was written."""
    from percuta.workflows.optimise import optimise

    plan = plan_of(example)
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        found = optimise(
            plan,
            Path(folder) / "found",
            trials=trials,
            members=members,
            fresh=fresh,
            seed=SEED,
            workers=workers,
            progress=clock,
        )
        whole = clock.now()
    done, settings = found.table["trials"], len(found.table["settings"])
    return {
        "search": clock.when(done["done"]),
        "confirmed": clock.when(done["done"] + settings),
        "whole": whole,
        "settings": settings,
        "trials": done,
        "recommended": found.recommended is not None,
        "fresh_accuracy": found.table["fresh_accuracy"],
    }


def cohort(example: str, patients: int, workers: int) -> dict[str, Any]:
    """Compute a cohort; the seconds until the members were done, and until all was written; peaks of memory."""
    from percuta.workflows.cohort import run_cohort

    plan = plan_of(example)
    with tempfile.TemporaryDirectory() as folder, Memory() as memory:
        clock = Clock()
        found = run_cohort(plan, Path(folder) / "found", patients=patients, seed=SEED, workers=workers, progress=clock)
        whole = clock.now()
    return {
        "members": clock.when(patients),
        "whole": whole,
        "failed": found.table["statuses"]["failed"],
        **memory.as_dict(),
    }


def chunks_here(example: str, patients: int, share: int, of: int, folder: str) -> dict[str, Any]:
    """Compute every so-many-th chunk in this process, from when all processes that share the work are warm."""
    from percuta.cohort.kept import every_part
    from percuta.engine.executors import InThisProcess

    parts = _parts(example, patients)[share::of]
    _Warm(_parts(example, 1, WARM_SEED)[0], folder, of)(share)
    return _timed(lambda: sum(len(raw) for raw in every_part(InThisProcess(), parts)))


def chunks_in_pool(example: str, patients: int, workers: int, scheduler: str | None) -> dict[str, Any]:
    """Compute the same chunks with a pool whose workers are warm."""
    from percuta.cohort.kept import every_part
    from percuta.engine.executors import worker_pool

    parts, begin = _parts(example, patients), time.perf_counter()
    with worker_pool(workers, scheduler) as pool:
        _warm_workers(pool, example, workers)
        started = time.perf_counter() - begin
        return {"start": started, **_timed(lambda: sum(len(raw) for raw in every_part(pool, parts)))}


def empty_parts(example: str, parts: int, workers: int, scheduler: str | None) -> dict[str, Any]:
    """Send parts of a cohort to workers that compute nothing and return as many bytes as a chunk has."""
    from percuta.engine.executors import in_order, worker_pool

    chunk = _parts(example, 10**4)[0]
    size = len(chunk.computed())
    with worker_pool(workers, scheduler) as pool:
        _warm_workers(pool, example, workers)
        work = [_Empty(chunk, size)] * parts
        timed = _timed(lambda: sum(len(raw) for raw in in_order(pool, _Empty.computed, work)))
    return {"members": chunk.stop - chunk.start, "bytes": size, **timed}


@dataclass(frozen=True)
class _Empty:
    """A part that travels as a chunk does and computes nothing."""

    chunk: Chunk
    size: int

    def computed(self) -> bytes:
        return b" " * self.size


@dataclass(frozen=True)
class _Warm:
    """Computes a chunk of other people, and then waits until as many processes have done so."""

    chunk: Chunk
    folder: str
    processes: int

    def __call__(self, number: int) -> None:
        self.chunk.computed()
        Path(self.folder, str(number)).touch()
        begin = time.perf_counter()
        while len(os.listdir(self.folder)) < self.processes:
            if time.perf_counter() - begin > _MEET_WITHIN:
                raise TimeoutError(f"{self.processes} processes did not meet")
            time.sleep(0.002)


def _warm_workers(pool: Executor, example: str, workers: int) -> None:
    """Have every worker compute something: none takes a second part before all have had one."""
    from percuta.engine.executors import in_order

    with tempfile.TemporaryDirectory() as folder:
        for _ in in_order(pool, _Warm(_parts(example, 1, WARM_SEED)[0], folder, workers), range(workers)):
            pass


def _timed(work: Callable[[], int]) -> dict[str, Any]:
    """Return when work began and ended, by a clock that all processes share [s]."""
    begin = time.perf_counter()
    work()
    return {"begin": begin, "end": time.perf_counter()}


def _parts(example: str, patients: int, seed: int = SEED) -> Sequence[Chunk]:
    from percuta.cohort.members import Columns, chunks

    own = _cohort(example, seed)
    given = tuple(column for column in Columns.read(Columns(own).computed()) if not column.withheld)
    return chunks(own, given, patients)


def _cohort(example: str, seed: int) -> Cohort:
    from percuta.cohort.members import Cohort
    from percuta.cohort.people import CohortSpec
    from percuta.library.registry import library

    return Cohort(plan_of(example), library(), CohortSpec(), seed)


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    one.__name__: one for one in (warm, search, cohort, chunks_here, chunks_in_pool, empty_parts)
}
