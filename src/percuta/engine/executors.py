"""Who computes: this process, a pool of processes that run on one thread each, or a Dask cluster.

All are executors of :mod:`concurrent.futures`. What is computed never depends on which of them computes it, nor on
how many processes there are: the parts are cut by the caller, and their results come back in the order of the parts.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    InvalidStateError,
    ProcessPoolExecutor,
)
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from percuta.errors import PercutaError
from percuta.numerics.compiled import one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")

TRIES = 4  # how often one part is computed where its worker is lost each time
AHEAD = 4  # parts in flight for each worker: enough that none waits while the oldest part takes its time
_END: Any = object()


class Pool(Executor):
    """An executor whose ``map`` gives results in order, with few parts in flight, and goes on where a worker is lost.

    Attributes
    ----------
    ahead
        How many parts may be in flight; read anew for each part.
    """

    ahead: int = 1

    def map(self, fn: Any, *iterables: Any, **_: Any) -> Iterator[Any]:
        """Call the function for each item, in order; see :func:`in_order`."""
        return in_order(self, _Spread(fn), zip(*iterables, strict=False))


@dataclass(frozen=True)
class _Spread:
    """A function of several arguments as one of a tuple."""

    function: Callable[..., Any]

    def __call__(self, arguments: tuple[Any, ...]) -> Any:
        return self.function(*arguments)


class InThisProcess(Pool):
    """An executor that computes at once, in the caller's own process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function and return a finished future with its result, or with what it raised."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as fault:
            future.set_exception(fault)
        return future


def pickled(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return a call as bytes, for :func:`unpickled_and_called`."""
    return pickle.dumps((function, args, kwargs), pickle.HIGHEST_PROTOCOL)


def unpickled_and_called(call: bytes) -> Any:
    """Do a call; what cannot be read on this side is raised as if the call had raised it, and ends no worker."""
    function, args, kwargs = pickle.loads(call)
    return function(*args, **kwargs)


class WorkerProcesses(Pool):
    """A pool of fresh processes that starts anew where one of them was lost.

    Parameters
    ----------
    workers
        Number of processes.
    """

    def __init__(self, workers: int) -> None:
        self.workers, self.ahead = workers, AHEAD * workers
        self._pool = self._started()

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=_end_with_the_caller)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a process call the function."""
        call = pickled(fn, args, kwargs)
        try:
            return self._pool.submit(unpickled_and_called, call)
        except BrokenExecutor:  # all that was in flight is lost; whoever waits for it submits it again
            self._pool.shutdown(wait=True)
            self._pool = self._started()
            return self._pool.submit(unpickled_and_called, call)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End the processes when they have finished what they are at."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


@contextmanager
def worker_pool(workers: int = 1, scheduler: str | None = None) -> Iterator[Executor]:
    """Give an executor.

    Worker processes start fresh, with numba and the linear algebra libraries on one thread each: the
    processes already share the processors, and one thread gives the same bytes everywhere. An interrupt from the
    keyboard reaches them too: they end at once and in silence, and this process says what happened.

    Parameters
    ----------
    workers
        Number of processes; one computes in this process, unless there is a scheduler. Of no effect where an existing
        cluster is named, which has the workers that it has.
    scheduler
        ``local`` for a Dask cluster of so many processes on this machine, or the address of an existing one, such as
        ``tcp://host:8786``.

    Raises
    ------
    PlanError
        If the scheduler does not answer, or its workers are not fit to compute.
    PercutaError
        If Dask is not installed.
    """
    if scheduler is None and workers <= 1:
        yield InThisProcess()
        return
    before = {name: os.environ.get(name) for name in one_thread()}
    os.environ.update(one_thread())  # read by the libraries when the workers import them
    try:
        with _silent_about_cancelled(), _pool(workers, scheduler) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _silent_about_cancelled() -> Iterator[None]:
    """Keep Python 3.11 from printing a traceback where the part of a lost worker had been cancelled just before."""
    told = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not InvalidStateError:
            told(args)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = told


def _pool(workers: int, scheduler: str | None) -> AbstractContextManager[Executor]:
    if scheduler is None:
        return WorkerProcesses(workers)
    from percuta.engine.cluster import cluster_pool

    return cluster_pool(workers, scheduler)


def _end_with_the_caller() -> None:
    """End this process when the keyboard interrupts, and when the process that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    caller = multiprocessing.parent_process()
    if caller is not None:
        threading.Thread(target=_watch, args=(caller.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


@dataclass
class _Part(Generic[Item, Result]):
    """One part of the work, submitted until it is done or its worker was lost too often."""

    item: Item
    submit: Callable[[Item], Future[Result]]
    future: Future[Result] = field(init=False)
    tries: int = 0

    def __post_init__(self) -> None:
        self.again()

    def again(self) -> None:
        """Submit the part, unless that was done too often."""
        if self.tries == TRIES:
            raise PercutaError(
                "a worker process ended before its work was done",
                value=f"{TRIES} times at the same part",
                do="see whether memory ran out, and take fewer workers; what was finished before is not lost",
            )
        self.tries += 1
        self.future = self.submit(self.item)

    def lost(self) -> bool:
        """Tell whether its worker is gone; waits for nothing."""
        if not self.future.done():
            return False
        return self.future.cancelled() or isinstance(self.future.exception(), BrokenExecutor | CancelledError)


def in_order(
    pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int | None = None
) -> Iterator[Result]:
    """Yield the results of a function in the order of its items, with few of them in flight.

    What the function raises is raised here. A part whose worker was lost is computed again, up to :data:`TRIES` times;
    no result is given twice.

    Parameters
    ----------
    pool
        Who computes.
    function
        Function of one item; pickled where other processes compute.
    items
        Items; read as they are needed.
    ahead
        How many items may be in flight; by default as many as keep the pool's workers busy.

    Raises
    ------
    PercutaError
        If the workers that compute a part are lost again and again.
    """
    rest, waiting = iter(items), deque[_Part[Item, Result]]()

    def submit(item: Item) -> Future[Result]:
        return pool.submit(function, item)

    try:
        while True:
            most = ahead or int(getattr(pool, "ahead", AHEAD * (os.cpu_count() or 1)))
            while len(waiting) < most and (item := next(rest, _END)) is not _END:
                waiting.append(_Part(item, submit))
            if not waiting:
                return
            yield _finished(waiting)
    finally:
        for part in waiting:
            part.future.cancel()


def _finished(waiting: deque[_Part[Item, Result]]) -> Result:
    """Take the oldest part away and return its result; where its worker is lost, all lost parts are submitted again."""
    while True:
        try:
            result = waiting[0].future.result()
        except (BrokenExecutor, CancelledError):
            for part in waiting:
                if part.lost():
                    part.again()
            continue
        waiting.popleft()
        return result
