"""Worker processes: one thread each, and the environment left as it was."""

from __future__ import annotations

import os
import signal

from percuta.engine.executors import worker_pool
from percuta.numerics.compiled import THREAD_VARIABLES


def test_workers_run_on_one_thread_each() -> None:
    before = dict(os.environ)
    with worker_pool(2) as pool:
        assert list(pool.map(os.getenv, THREAD_VARIABLES)) == ["1"] * len(THREAD_VARIABLES)
    assert dict(os.environ) == before


def test_workers_end_in_silence_when_the_keyboard_interrupts() -> None:
    with worker_pool(2) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) != signal.SIG_DFL


def test_one_worker_is_this_process() -> None:
    with worker_pool(1) as pool:
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
        assert pool.submit(abs, -3).result() == 3
