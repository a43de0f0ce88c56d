"""Dask clusters: one of worker processes on this machine, or one that exists already.

Dask is used through its client alone. Tasks go to the workers as bytes that neither the client nor the scheduler looks
into, so that the scheduler needs no Percuta. The workers of a cluster that was not started here compare their
installation with the caller's.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from percuta import __version__
from percuta.engine.executors import AHEAD, Pool, pickled, unpickled_and_called
from percuta.engine.store import source_digest
from percuta.errors import PercutaError, PlanError
from percuta.manifest import versions

LOCAL = "local"
_LOOPBACK = "127.0.0.1"
_ANSWER_WITHIN = 5.0  # s; with the start of the command, a scheduler that is not there is known of within 10 s
_BACK_WITHIN = 60.0  # s; for a lost worker to be started anew, on a busy machine
_UNBURDENED = {  # Dask's own settings cost a third of the speed of these workers, and a twentieth of idle processors
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,  # given back, and asked for again at once
    "distributed.worker.profile.enabled": False,  # a look at every thread each 10 ms
    "distributed.admin.tick.interval": "1s",  # every loop asks itself each 20 ms whether it is late
    "distributed.admin.system-monitor.interval": "5s",  # and looks at its process each 0.5 s
    "distributed.worker.memory.monitor-interval": "1s",  # and at its memory each 0.1 s
}
_COUNTED_FOR = 2.0  # s; the workers of a queue come and go
_AHEAD = 2 * AHEAD  # messages take their time, and cost less together
_log = logging.getLogger(__name__)


class Cluster(Pool):
    """The workers of a Dask scheduler as an executor.

    Parameters
    ----------
    client
        Connected to the scheduler.
    address
        The scheduler's address, for messages.
    call
        What a worker does with a call as bytes.
    """

    def __init__(self, client: Any, address: str, call: Callable[[bytes], Any]) -> None:
        self.client, self.address, self._call = client, address, call
        self._counted, self._workers = -_COUNTED_FOR, 0
        self._loop: asyncio.AbstractEventLoop = client.loop.asyncio_loop
        self._begun: set[asyncio.Task[Any]] = set()

    @property
    def ahead(self) -> int:  # type: ignore[override]
        """How many parts may be in flight, by the workers that there are now."""
        if time.monotonic() - self._counted > _COUNTED_FOR and self.client.status == "running":
            self._counted = time.monotonic()
            with suppress(OSError):  # a scheduler that is just going away; what is in flight will tell
                self._workers = len(self.client.nthreads())
        return _AHEAD * max(self._workers, 2)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker call the function."""
        future: Future[Any] = Future()
        self._loop.call_soon_threadsafe(self._begin, pickled(fn, args, kwargs), future)
        return future

    def _begin(self, call: bytes, future: Future[Any]) -> None:
        """Begin a task, in the client's own loop: an interrupt of the caller's thread then leaves none half made."""
        task = asyncio.ensure_future(self._computed(call), loop=self._loop)
        self._begun.add(task)  # the loop itself holds it weakly
        task.add_done_callback(partial(self._settle, future))
        future.add_done_callback(lambda one: one.cancelled() and self._loop.call_soon_threadsafe(task.cancel))

    def _settle(self, future: Future[Any], task: asyncio.Task[Any]) -> None:
        """Give a task's result to whoever waits for it."""
        self._begun.discard(task)
        if not future.set_running_or_notify_cancel():
            return
        fault = CancelledError() if task.cancelled() else task.exception()
        if fault is not None:
            future.set_exception(fault)
        else:
            future.set_result(task.result())

    async def _computed(self, call: bytes) -> Any:
        """Return what a worker makes of a task; runs in the client's own loop, so that no thread waits for it."""
        self._check_connection()
        try:
            return await self.client.submit(pickle.loads, pickle.dumps(_Task(self._call, call)), pure=False)
        except (CancelledError, _dask().comm.CommClosedError) as fault:
            self._check_connection()
            raise BrokenExecutor(str(fault)) from fault  # the scheduler forgot it, or its result did not arrive
        except ModuleNotFoundError as fault:
            if fault.name is None or fault.name.partition(".")[0] != "percuta":
                raise
            raise PlanError(
                "a worker has no Percuta, or an older one",
                value=f"no {fault.name} with {self.address}",
                do="install the same versions on the workers and start them anew",
            ) from fault
        except _dask().KilledWorker as fault:
            raise PercutaError(
                "the workers that computed one part ended one after the other",
                value=self.address,
                do="see whether their memory ran out; what was finished before is not lost",
            ) from fault

    def _check_connection(self) -> None:
        """Raise an error where the scheduler is gone; one that comes back knows nothing of what it was asked."""
        if self.client.status != "running":
            raise PercutaError(
                "the scheduler went away",
                value=self.address,
                do="start it again and give the command once more; what was finished before is not lost",
            )


@dataclass(frozen=True)
class _Task:
    """A call that is done where it is unpickled: what a worker lacks for it is then an error of the task."""

    function: Callable[[bytes], Any]
    call: bytes

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return self.function, (self.call,)


def _dask() -> Any:
    """Return Dask's package for clusters, which comes with an extra."""
    try:
        import distributed
    except ImportError as fault:
        raise PercutaError("Dask is not installed", do='pip install "percuta[cluster]"') from fault
    return distributed


@contextmanager
def cluster_pool(workers: int, scheduler: str) -> Iterator[Cluster]:
    """Give the executor of a Dask cluster: one that is started here, or one that exists.

    Parameters
    ----------
    workers
        Processes to start with ``scheduler = "local"``.
    scheduler
        ``local`` or an address.

    Raises
    ------
    PlanError
        If the scheduler does not answer.
    PercutaError
        If Dask is not installed.
    """
    if scheduler != LOCAL and "://" not in scheduler:
        raise PlanError("not the address of a scheduler", value=scheduler, allowed="local, or such as tcp://host:8786")
    _dask()
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        if scheduler == LOCAL:
            client = _connected(stack, _started(stack, workers))
            stack.callback(_wait_until_all_are_back, client, workers)
            stack.callback(_let_all_begin, client)
            yield Cluster(client, scheduler, unpickled_and_called)
        else:
            _ask(scheduler)
            checked = partial(_checked_and_called, pickle.dumps(_installation()))
            client = _connected(stack, scheduler)
            stack.callback(_let_all_begin, client)
            yield Cluster(client, scheduler, checked)


def _started(stack: ExitStack, workers: int) -> Any:
    """Start worker processes of one thread that nothing outside this machine can reach."""
    import dask

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="percuta-dask-", ignore_cleanup_errors=True))
    own = {"temporary-directory": folder, "distributed.deploy.lost-worker-timeout": _BACK_WITHIN}
    stack.enter_context(dask.config.set(own | _UNBURDENED))
    return stack.enter_context(
        _dask().LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host=_LOOPBACK,
            dashboard_address=f"{_LOOPBACK}:0",
            memory_limit=0,  # as in a pool of processes: a worker that is paused near a limit would wait for ever
            preload=[__name__],  # calls dask_setup in each worker process
            silence_logs=logging.CRITICAL,
        )
    )


def _wait_until_all_are_back(client: Any, workers: int) -> None:
    """Wait for workers that are being started anew; Dask can neither end them nor itself before."""
    with suppress(TimeoutError):
        client.wait_for_workers(workers, timeout=_BACK_WITHIN)


def _let_all_begin(client: Any) -> None:
    """Let the loop take up what was submitted just before an interrupt; it else complains of it when it ends."""
    if client.status == "running":
        with suppress(OSError, TimeoutError):
            client.sync(asyncio.sleep, 0, callback_timeout=_ANSWER_WITHIN)


def dask_setup(_: Any) -> None:
    """Have a worker process that was started here leave an interrupt of the keyboard to the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _connected(stack: ExitStack, where: Any) -> Any:
    """Return a client of a cluster that was started here, or of the scheduler at an address."""
    client = stack.enter_context(_dask().Client(where, timeout=_ANSWER_WITHIN, set_as_default=False))
    if not client.nthreads():
        _log.warning("the scheduler at %s has no workers yet; waiting for them", where)
    return client


def _ask(address: str) -> None:
    """Shake hands with a scheduler; Dask's client waits for ever where one takes the call and says nothing."""
    dask = _dask()

    async def shake() -> None:
        keys = dask.Security().get_connection_args("client")
        comm = await asyncio.wait_for(dask.comm.connect(address, timeout=_ANSWER_WITHIN, **keys), _ANSWER_WITHIN)
        comm.abort()

    try:
        with ThreadPoolExecutor(1) as apart:  # the caller's thread may run a loop of its own
            apart.submit(asyncio.run, shake()).result()
    except Exception as fault:  # what is no scheduler may answer with anything, such as an absurd length
        raise PlanError(
            "the scheduler does not answer",
            value=address,
            do="see that it runs, that its address is right, and that it can be reached from here",
        ) from fault


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from logging what is said here in words, such as that a lost worker was started anew."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)


def _installation() -> dict[str, str]:
    """Return what has to be the same here and on a worker for the same bytes."""
    return {"percuta": __version__, "its source": source_digest(("percuta",))[:12], **versions()}


def _checked_and_called(here: bytes, call: bytes) -> Any:
    """Do a call on a worker that somebody else started."""
    _check_worker(here)
    return unpickled_and_called(call)


@cache
def _check_worker(here: bytes) -> None:
    """Compare a worker's installation with the caller's, once."""
    worker = _dask().get_worker()
    if worker.state.nthreads != 1:
        raise PlanError(
            "a worker has to run on one thread",
            value=f"{worker.state.nthreads} threads on {worker.address}",
            do="start the workers with --nthreads 1, and more of them",
        )
    wanted, found = pickle.loads(here), _installation()
    other = [
        f"{name} {found.get(name)} in place of {wanted[name]}" for name in wanted if wanted[name] != found.get(name)
    ]
    if other:
        raise PlanError(
            "a worker has another installation than this process",
            value=f"{', '.join(other)} on {worker.address}",
            do="install the same versions on the workers and start them anew",
        )
