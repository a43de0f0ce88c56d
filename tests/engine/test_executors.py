"""Who computes: results in order, few in flight, one thread each, faults passed on, the environment left as it was."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from percuta.engine.executors import TRIES, InThisProcess, in_order, worker_pool
from percuta.errors import LibraryError, PercutaError, PlanError, Where
from percuta.library.files import parse_toml
from percuta.library.registry import library
from percuta.numerics.compiled import THREAD_VARIABLES

POOLS = {"in this process": (1, None), "processes": (2, None), "dask": (2, "local")}
elsewhere = pytest.mark.parametrize("pool", ["processes", "dask"], indirect=True)
SQUARE = partial(pow, exp=2)


@pytest.fixture(scope="module", params=POOLS, ids=list(POOLS))
def pool(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with worker_pool(*POOLS[request.param]) as one:
        yield one


def test_results_come_in_the_order_of_the_items(pool: Executor) -> None:
    assert list(in_order(pool, SQUARE, range(40))) == [number * number for number in range(40)]
    assert list(pool.map(pow, [2, 3], [3, 2])) == [8, 9]
    assert list(in_order(pool, SQUARE, [])) == []


def test_what_a_function_raises_passes_through_after_what_came_before_it(pool: Executor) -> None:
    results = in_order(pool, partial(pow, exp=-1), [1, 2, 0, 4])
    assert [next(results), next(results)] == [1.0, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert pool.submit(SQUARE, 3).result() == 9


def test_an_error_of_percuta_keeps_its_parts(pool: Executor) -> None:
    with pytest.raises(PlanError) as here:
        parse_toml("a b", Where("plan.toml"), PlanError)
    with pytest.raises(PlanError) as there:
        pool.submit(parse_toml, "a b", Where("plan.toml"), PlanError).result()
    assert there.value.as_dict() == here.value.as_dict()
    assert there.value.where == Where("plan.toml", 1)


@elsewhere
def test_what_a_worker_cannot_read_is_an_error_and_ends_no_worker(pool: Executor) -> None:
    with pytest.raises(LibraryError, match="not the one that was sent"):
        pool.submit(repr, Unreadable()).result()
    assert pool.submit(SQUARE, 3).result() == 9


class Unreadable:
    """Pickles as a library that nobody has."""

    def __reduce__(self) -> tuple[Any, ...]:
        restore, (version, _, own) = library().__reduce__()
        return restore, (version, "0" * 64, own)


@elsewhere
def test_workers_run_on_one_thread_each(pool: Executor) -> None:
    assert list(pool.map(os.getenv, THREAD_VARIABLES)) == ["1"] * len(THREAD_VARIABLES)


@pytest.mark.parametrize("kind", POOLS)
def test_the_environment_is_left_as_it_was(kind: str) -> None:
    before = dict(os.environ)
    with worker_pool(*POOLS[kind]):
        pass
    assert dict(os.environ) == before


def test_workers_end_in_silence_when_the_keyboard_interrupts() -> None:
    with worker_pool(2) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) != signal.SIG_DFL


def test_one_worker_is_this_process_and_computes_when_it_is_asked() -> None:
    done: list[int] = []
    with worker_pool(1) as pool:
        results = pool.map(done.append, [1, 2])
        assert done == []
        next(results)
        assert done == [1]
        assert pool.submit(os.getpid).result() == os.getpid()


# --- in_order with executors of others ---


class Watched(ThreadPoolExecutor):
    """Counts what is in flight: submitted, and its result not yet asked for by the caller."""

    def __init__(self) -> None:
        super().__init__(4)
        self.submitted = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        return super().submit(fn, *args, **kwargs)


def test_no_more_items_are_in_flight_than_were_allowed_and_none_is_read_early() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            read.append(number)
            yield number

    with Watched() as pool:
        for given, one in enumerate(in_order(pool, SQUARE, items(), ahead=3)):
            assert one == given * given
            assert pool.submitted == len(read) <= given + 3


def test_a_slow_item_does_not_change_the_order() -> None:
    first_may_end = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert first_may_end.wait(30.0)
        if number == 3:
            first_may_end.set()
        return number

    with ThreadPoolExecutor(4) as pool:
        assert list(in_order(pool, work, range(8), ahead=4)) == list(range(8))


def test_what_is_left_is_cancelled_when_the_caller_stops() -> None:
    started: list[int] = []

    def work(number: int) -> int:
        started.append(number)
        time.sleep(0.01)
        return number

    with ThreadPoolExecutor(1) as pool:
        results = in_order(pool, work, range(100), ahead=50)
        assert next(results) == 0
        results.close()  # type: ignore[attr-defined]
    assert len(started) < 50


class Losing(InThisProcess):
    """Loses some of the calls that it is given."""

    def __init__(self, lost: set[int], how: str) -> None:
        self.lost, self.how, self.number, self.ahead = lost, how, -1, 3

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.number += 1
        if self.number not in self.lost:
            return super().submit(fn, *args, **kwargs)
        future: Future[Any] = Future()
        if self.how == "cancelled":
            future.cancel()
        else:
            future.set_exception(BrokenExecutor("gone"))
        return future


@pytest.mark.parametrize("how", ["cancelled", "broken"])
def test_a_lost_part_is_submitted_again_and_given_once(how: str) -> None:
    pool = Losing({0, 2, 3, 7}, how)
    assert list(in_order(pool, SQUARE, range(6))) == [0, 1, 4, 9, 16, 25]
    assert pool.number + 1 == 6 + 4


@pytest.mark.parametrize("how", ["cancelled", "broken"])
def test_a_part_that_is_lost_again_and_again_is_an_error(how: str) -> None:
    pool = Losing(set(range(1, 1000)), how)
    found = in_order(pool, SQUARE, range(6), ahead=1)
    assert next(found) == 0
    with pytest.raises(PercutaError, match=f"{TRIES} times") as caught:
        next(found)
    assert caught.value.do is not None
    assert pool.number == TRIES


def test_an_executor_of_dask_itself_can_be_used() -> None:
    with worker_pool(1, "local") as pool:
        executor = pool.client.get_executor(pure=False)  # type: ignore[attr-defined]
        assert list(in_order(executor, SQUARE, range(20))) == [number * number for number in range(20)]
