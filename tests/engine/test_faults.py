"""Faults done for real: workers, main processes and schedulers that are killed, do not answer or do not fit."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest

from percuta.engine import cluster
from percuta.engine.executors import in_order, worker_pool
from percuta.engine.store import source_digest
from percuta.errors import PercutaError, PlanError

SLOWLY = "__import__('time').sleep(0.05) or {} ** 2"  # evaluated by workers, which cannot import this file
KILL = "__import__('os').kill(__import__('os').getpid(), 9)"
PATIENCE = 60.0  # s; for what should take one or two


@pytest.fixture(autouse=True)
def _folders_of_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask's programs leave their folders where they are killed."""
    monkeypatch.setenv("DASK_TEMPORARY_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def until(true: Callable[[], bool]) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(process: int) -> bool:
    """Tell whether a process runs; one that is dead and not yet waited for does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("scheduler", [None, "local"], ids=["processes", "dask"])
def test_a_killed_worker_costs_no_result_and_none_comes_twice(
    scheduler: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    with worker_pool(2, scheduler) as pool:
        [worker] = {pool.submit(os.getpid).result()}
        assert worker != os.getpid()
        results = in_order(pool, eval, [SLOWLY.format(number) for number in range(60)])
        found = [next(results) for _ in range(5)]
        os.kill(worker, signal.SIGKILL)
        found += results
        assert found == [number**2 for number in range(60)]
        assert pool.submit(abs, -1).result() == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("scheduler", [None, "local"], ids=["processes", "dask"])
def test_a_part_that_kills_every_worker_is_an_error_that_says_so(scheduler: str | None) -> None:
    with worker_pool(1 if scheduler else 2, scheduler) as pool:
        results = in_order(pool, eval, ["1 + 1", KILL, "2 + 2"], ahead=1)
        assert next(results) == 2
        with pytest.raises(PercutaError, match="ended") as caught:
            next(results)
        assert caught.value.do is not None
        assert "memory" in caught.value.do


RUN = """
import os, sys
from functools import partial
from percuta.cli.console import resumable
from percuta.engine.executors import in_order, worker_pool

@resumable
def main() -> int:
    with worker_pool(2, {scheduler!r}) as pool:
        workers = set()
        while len(workers) < 2:
            workers.update(pool.map(eval, ["__import__('time').sleep(0.1) or __import__('os').getpid()"] * 4))
        print(*workers, flush=True)
        for _ in in_order(pool, eval, ["__import__('time').sleep(0.2)"] * 1000):
            pass
    return 0

if __name__ == "__main__":
    import typer
    try:
        main()
    except typer.Exit as end:
        sys.exit(end.exit_code)
"""


@contextmanager
def main_process(folder: Path, scheduler: str | None) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run a command with two workers, in a group of processes of its own as a terminal would; give their numbers."""
    script = folder / "run.py"
    script.write_text(RUN.format(scheduler=scheduler), "utf-8")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as main:
        assert main.stdout is not None
        try:
            yield main, [int(word) for word in main.stdout.readline().split()]
        finally:
            main.kill()


def interrupted(main: subprocess.Popen[str]) -> tuple[str, str]:
    """Interrupt a command and return what it said; once more where Python lost the first in a finaliser, as it may."""
    os.killpg(main.pid, signal.SIGINT)
    try:
        return main.communicate(timeout=PATIENCE / 3)
    except subprocess.TimeoutExpired:
        os.killpg(main.pid, signal.SIGINT)
        return main.communicate(timeout=PATIENCE)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("scheduler", [None, "local"], ids=["processes", "dask"])
def test_an_interrupt_ends_all_processes_and_says_one_line(scheduler: str | None, tmp_path: Path) -> None:
    with main_process(tmp_path, scheduler) as (main, workers):
        assert len(workers) == 2
        out, err = interrupted(main)
        assert (main.returncode, out) == (130, "")
        assert err == "percuta: interrupted; run the same command again to go on where it stopped\n"
        until(lambda: not any(map(alive, workers)))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("scheduler", [None, "local"], ids=["processes", "dask"])
def test_workers_do_not_outlive_a_main_process_that_was_killed(scheduler: str | None, tmp_path: Path) -> None:
    with main_process(tmp_path, scheduler) as (main, workers):
        assert len(workers) == 2
        assert all(map(alive, workers))
        main.kill()
        until(lambda: not any(map(alive, workers)))


# --- a scheduler that exists ---


@contextmanager
def started(program: str, *arguments: str, lacking: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Start one of Dask's own programs, as if a package was not installed where one is lacking."""
    code = f"import sys; sys.modules[{lacking!r}] = None; from distributed.cli.{program} import main; main()"
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=quiet, stderr=quiet) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def scheduler_in(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a scheduler as a user would, one that needs no Percuta; give it and its address."""
    source_digest.cache_clear()  # source that was edited since the tests began counts as it is now, as for the workers
    file = folder / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    with started("dask_scheduler", *words, lacking="percuta") as process:
        until(file.exists)
        until(lambda: file.read_text("utf-8").endswith("}"))
        yield process, json.loads(file.read_text("utf-8"))["address"]


def worker_at(address: str, threads: int = 1, lacking: str = "") -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Start a worker as a user would."""
    words = ("--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    return started("dask_worker", address, *words, lacking=lacking)


@pytest.mark.parametrize("address", ["elsewhere", "ftp://127.0.0.1:21", "tcp://127.0.0.1:1"])
def test_an_address_without_a_scheduler_is_an_error_that_names_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_WITHIN", 0.5)
    with pytest.raises(PlanError) as caught, worker_pool(1, address):
        pass
    assert address in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_scheduler_that_does_not_answer_is_given_up_within_ten_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        before = time.monotonic()
        with pytest.raises(PlanError, match=address), worker_pool(1, address):
            pass
        assert time.monotonic() - before < 10.0


def test_what_answers_and_is_no_scheduler_is_given_up() -> None:
    def answer(listening: socket.socket) -> None:
        caller, _ = listening.accept()
        with caller:
            caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)  # read as a length, more than any memory

    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=answer, args=(other,), daemon=True).start()
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(PlanError, match=address), worker_pool(1, address):
            pass


def test_a_cluster_that_exists_computes_and_is_left_running(tmp_path: Path) -> None:
    with scheduler_in(tmp_path) as (scheduler, address), worker_at(address) as worker:
        for _ in range(2):
            with worker_pool(1, address) as pool:
                assert pool.submit(os.getpid).result() == worker.pid
                assert list(in_order(pool, partial(pow, exp=2), range(20))) == [number**2 for number in range(20)]
        assert scheduler.poll() is None
        assert worker.poll() is None


def test_a_worker_that_does_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(address: str) -> str:
        with worker_pool(1, address) as pool, pytest.raises(PlanError) as caught:
            pool.submit(abs, 1).result()
        return str(caught.value)

    with scheduler_in(tmp_path) as (_, address):
        with worker_at(address), monkeypatch.context() as changed:
            changed.setattr(cluster, "__version__", "0.0.0")
            assert "in place of 0.0.0" in refusal(address)
        with worker_at(address, lacking="percuta"):
            assert "a worker has no Percuta" in refusal(address)
        with worker_at(address, threads=2):
            assert "2 threads" in refusal(address)


def test_a_scheduler_that_dies_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_WITHIN", 2.0)  # for coming back, too
    with scheduler_in(tmp_path) as (scheduler, address), worker_at(address), worker_pool(1, address) as pool:
        results = in_order(pool, eval, [SLOWLY.format(number) for number in range(100)])
        assert [next(results) for _ in range(3)] == [0, 1, 4]
        scheduler.kill()
        with pytest.raises(PercutaError, match=address):
            list(results)
