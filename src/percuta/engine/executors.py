"""Who computes the batches: this process, or a pool of processes that run on one thread each."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from percuta.numerics.compiled import one_thread


class InThisProcess(Executor):
    """An executor that computes at once, in the caller's own process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function and return its result as a finished future."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

    def map(self, fn: Any, *iterables: Any, **_: Any) -> Iterator[Any]:
        """Call the function for each item when it is asked for."""
        return map(fn, *iterables)


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """Give an executor with a number of workers.

    Worker processes start fresh, with numba and the linear algebra libraries on one thread each: the
    processes already share the processors, and one thread gives the same bytes everywhere. An interrupt from the
    keyboard reaches them too: they end at once and in silence, and this process says what happened.
    """
    if workers <= 1:
        yield InThisProcess()
        return
    before = dict(os.environ)
    os.environ.update(one_thread())  # read by the libraries when the workers import them
    try:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_on_interrupt) as pool:
            yield pool
    finally:
        os.environ.clear()
        os.environ.update(before)


def _end_on_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
