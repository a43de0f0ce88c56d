"""Jobs computed by a worker process: done, given up, the worker or the whole server killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import tomlkit

from percuta.plan.reading import read_plan
from percuta.web.database import Database
from percuta.web.desk import Desk, desk_in
from percuta.web.job_store import Job, JobStore
from percuta.web.plan_store import PlanStore
from percuta.workflows.result_folder import BLOCK, BLOCK_PICTURE, ENDPOINTS, FILES, FINDINGS
from percuta.workflows.simulate import simulate

EXAMPLES = Path(__file__).parents[2] / "examples"
_STEPS = ("cleanse", "antisepsis", "glide_gel", "needling", "aftercare", "sun_protection")  # those that cost no time
WITHIN = 300.0  # s, for a machine with much else to do; nothing here takes as long
FEW = {"members": 16}

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")


def _until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def _small() -> dict[str, Any]:
    data = tomllib.loads((EXAMPLES / "cheek_pen.toml").read_text())
    data["session"]["steps"] = [step for step in data["session"]["steps"] if step["do"] in _STEPS]
    return data


def _ask(desk: Desk, data: dict[str, Any] | None = None) -> Job:
    stored = desk.plans.create(data or _small())
    return desk.runs.ask(stored, read_plan(tomlkit.dumps(stored.data)), "simulate", FEW)


def _ended(jobs: JobStore, job: Job) -> Job:
    _until(lambda: jobs.job(job.id).has_ended, "it has no end")
    return jobs.job(job.id)


def _running(jobs: JobStore, job: Job) -> None:
    _until(lambda: jobs.job(job.id).said not in ("Waiting for its turn", "Starting"), "it is not begun")
    assert jobs.job(job.id).state == "running"


def _files(job: Job) -> set[str]:
    return {one.name for one in job.folder.iterdir()} if job.folder.exists() else set()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with a worker; it computes one job after the other for all tests here."""
    found = desk_in(tmp_path_factory.mktemp("planner"))
    found.runs.start()
    yield found
    found.runs.stop()
    assert found.runs.process is None


def test_a_job_whose_worker_is_lost_or_that_is_given_up_can_be_started_again_and_is_computed(desk: Desk) -> None:
    job = _ask(desk)
    _running(desk.jobs, job)
    lost = desk.runs.process
    assert lost is not None
    os.kill(lost, signal.SIGKILL)
    failed = _ended(desk.jobs, job)
    assert (failed.state, (failed.fault or {})["what"]) == (
        "failed",
        "the worker process ended with signal 9 (SIGKILL)",
    )
    assert "start it again" in (failed.fault or {})["do"]
    _until(lambda: not job.folder.exists(), "something was left")

    desk.runs.again(job.id)
    _running(desk.jobs, job)
    assert desk.runs.process not in (None, lost)
    cancelled = desk.runs.cancel(job.id)
    assert (cancelled.state, cancelled.fault) == ("cancelled", None)
    _until(lambda: not job.folder.exists(), "something was left")

    desk.runs.again(job.id)
    done = _ended(desk.jobs, job)
    assert (done.state, done.share, done.fault, done.said) == ("done", 1.0, None, "Done")
    assert desk.jobs.newest_result(job.plan, "simulate") == done
    assert {*FILES, BLOCK, BLOCK_PICTURE} <= _files(job)
    assert not [name for name in _files(job) if name.startswith(".")]
    kept = json.loads((job.folder / ENDPOINTS).read_text())
    assert kept == json.loads(json.dumps([one.as_dict() for one in simulate(read_plan(job.plan_text), 16).endpoints]))


def test_a_refused_plan_fails_with_the_verdict_and_leaves_what_the_rules_found_alone(desk: Desk) -> None:
    job = _ended(desk.jobs, _ask(desk, tomllib.loads((EXAMPLES / "as_in_the_article.toml").read_text())))
    assert job.state == "failed"
    assert job.fault is not None
    assert job.fault["what"].startswith("Refused:")
    assert _files(job) == {FINDINGS}
    assert desk.jobs.newest_result(job.plan, "simulate") is None


def test_a_plan_that_is_forgotten_while_it_is_computed_leaves_nothing(desk: Desk) -> None:
    job = _ask(desk)
    _running(desk.jobs, job)
    desk.delete(job.plan, job.version)
    assert not job.folder.exists()


def _children(process: int) -> list[int]:
    lists = Path(f"/proc/{process}/task").glob("*/children")  # of each thread
    return [int(one) for each in lists for one in each.read_text().split()]


def _lives(process: int) -> bool:
    """Tell whether a process is there; one that has ended and was not yet asked for is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "percuta", "serve", "--port", "0", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline().split()[-1]
        finally:
            server.kill()


def test_a_killed_server_loses_nothing_that_was_finished_and_leaves_no_process(tmp_path: Path) -> None:
    database = Database(tmp_path)
    plans, jobs = PlanStore(database), JobStore(database, tmp_path)
    stored = plans.create(_small())
    done = jobs.ask(stored.id, stored.version, "simulate", tomlkit.dumps(stored.data), FEW)
    jobs.claim()
    done.folder.mkdir(parents=True)
    (done.folder / "report.html").write_text("a report")
    jobs.end(done.id, "done", "Done")
    with _serving(tmp_path) as (server, address):

        def asked(seed: int) -> Job:
            form = {"version": stored.version, "seed": seed, "members": 16}
            assert httpx.post(f"{address}plans/{stored.id}/simulate", data=form, timeout=WITHIN).status_code == 303
            return jobs.jobs_of(stored.id)[0]

        running, queued = asked(1), asked(2)
        _running(jobs, running)
        workers = _children(server.pid)
        assert workers
        server.kill()
        _until(lambda: not any(map(_lives, workers)), "a worker outlived its server")
    with _serving(tmp_path) as (server, address):
        cut_off = _ended(jobs, running)
        assert cut_off.state == "failed"
        assert cut_off.fault is not None
        assert "planner was ended" in cut_off.fault["what"]
        assert not running.folder.exists()
        assert _ended(jobs, queued).state == "done"
        assert jobs.job(done.id).state == "done"
        assert (done.folder / "report.html").read_text() == "a report"
        assert stored.title in httpx.get(address, timeout=WITHIN).text
        workers = _children(server.pid)
        server.send_signal(signal.SIGINT)
        assert server.wait(WITHIN) in (0, 130)
        _until(lambda: not any(map(_lives, workers)), "a worker outlived its server")
