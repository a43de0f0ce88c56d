"""Having jobs computed: a worker process is started, watched, and started anew where it was lost."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percuta.errors import PercutaError
from percuta.library.registry import Library, library
from percuta.numerics.compiled import one_thread
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.web.job_options import checked_options
from percuta.web.job_store import Job, JobStore, Kind, NoSuchJob
from percuta.web.plan_store import StoredPlan

MOST_WAITING = 50  # jobs; one is computed at a time
_MOST_STARTS, _IN = 5, 60.0  # workers that may be lost in so many seconds before the next has to wait
_ENDS_WITHIN = 5.0  # s, after a signal that nothing can hold up
_log = logging.getLogger(__name__)


class Runs:
    """Has jobs computed, one at a time, by a process of its own.

    The process ends when this one does, however that happens: it holds the other end of a pipe. What it computes
    stands in the rows of the jobs alone, so that every page and every server over the same folder sees the same.

    Parameters
    ----------
    folder
        Where plans and results are kept.
    jobs
        The jobs.
    known
        The library; the shipped one when left out.
    worker
        Whether there is a worker; without one, jobs wait.
    """

    def __init__(self, folder: Path, jobs: JobStore, known: Library | None = None, *, worker: bool) -> None:
        self._folder, self._jobs, self._known, self._wanted = folder, jobs, known or library(), worker
        self._turn = threading.Lock()
        self._ending = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._worker: subprocess.Popen[bytes] | None = None
        self._at: str | None = None  # the job that the worker is on
        self._keeper: threading.Thread | None = None
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why nothing is computed although jobs wait, in words; empty where nothing is wrong."""
        return self._trouble

    @property
    def process(self) -> int | None:
        """Number of the worker process, or None where there is none."""
        return None if self._worker is None else self._worker.pid

    def start(self) -> None:
        """Start the worker; returns at once."""
        if self._wanted and self._keeper is None:
            self._ending.clear()
            self._keeper = threading.Thread(target=self._keep_a_worker, name="percuta-runs", daemon=True)
            self._keeper.start()

    def stop(self) -> None:
        """End the worker; what it was on is noted as failed, what waits goes on at the next start."""
        self._ending.set()
        with self._turn:
            self._kill()
        if self._keeper is not None:
            self._keeper.join(_ENDS_WITHIN)
            self._keeper = None

    def ask(self, stored: StoredPlan, plan: Plan, kind: Kind, options: Mapping[str, Any]) -> Job:
        """Queue a job.

        Parameters
        ----------
        stored, plan
            The plan as it is kept, and as it is computed.
        kind, options
            What is computed; see :mod:`percuta.web.job_options`.

        Raises
        ------
        PlanError
            If an option is unknown or out of its bounds.
        PercutaError
            If too many jobs wait already.
        """
        if len(self._jobs.unfinished()) >= MOST_WAITING:
            what = "too many computations wait already"
            raise PercutaError(what, value=MOST_WAITING, do="cancel some of them, or wait until they are done")
        return self._jobs.ask(stored.id, stored.version, kind, write_plan(plan), checked_options(kind, options))

    def again(self, identifier: str) -> Job:
        """Queue a job anew that was cancelled or failed."""
        return self._jobs.again(identifier)

    def cancel(self, identifier: str) -> Job:
        """Give a job up, whether it waits or is being computed; one that has ended stays as it is.

        Of a simulation that only its block of skin is drawn of, the result is kept.
        """
        if self._jobs.cut_off(identifier):
            with self._turn:
                if self._at == identifier:
                    self._kill()
                    self._idle.clear()
        return self._jobs.job(identifier)

    def forget(self, plan: str) -> None:
        """Give up and remove every job with a plan in it, and the files of its results."""
        jobs = self._jobs.jobs_with(plan)
        for job in jobs:
            self.cancel(job.id)
        self._idle.wait(_ENDS_WITHIN)  # until a worker that was on one of them is gone
        for job in jobs:
            self._jobs.remove(job.id)

    def _keep_a_worker(self) -> None:
        """Have a worker, and a new one where it ends, until the end is asked for."""
        lost: deque[float] = deque(maxlen=_MOST_STARTS)
        while not self._ending.is_set():
            if self._has_one_lost():
                lost.append(time.monotonic())
            if len(lost) == _MOST_STARTS and (wait := lost[0] + _IN - time.monotonic()) > 0.0:
                self._trouble = f"The worker process was lost {len(lost)} times in a minute; the server's log says more"
                _log.error("%s; the next one starts in %.0f s", self._trouble, wait)
                self._ending.wait(wait)
                self._trouble = ""

    def _has_one_lost(self) -> bool:
        """Have a worker until it ends; tells whether it was lost, and not ended by us."""
        try:
            worker = self._begun()
        except OSError:
            _log.exception("the worker process cannot be started")
            return True
        if worker is None:
            return False
        assert worker.stdout is not None
        for line in worker.stdout:
            self._heard(line.decode().strip())
        return self._ended(worker)

    def _begun(self) -> subprocess.Popen[bytes] | None:
        """Start a worker and hand it the library; None where the end was asked for."""
        with self._turn:
            if self._ending.is_set():
                return None
            worker = subprocess.Popen(
                [sys.executable, "-m", "percuta.web.worker", str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | one_thread(),
            )
            self._worker = worker
        assert worker.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is gone already; whoever reads from it will see
            pickle.dump(self._known, worker.stdin)
            worker.stdin.flush()
        return worker

    def _heard(self, job: str) -> None:
        """Note which job the worker is on; empty for none. One that was given up meanwhile is ended."""
        with self._turn:
            self._at = job or None
            if job and not self._is_running(job):
                self._kill()

    def _is_running(self, job: str) -> bool:
        try:
            return self._jobs.job(job).state == "running"
        except NoSuchJob:
            return False

    def _ended(self, worker: subprocess.Popen[bytes]) -> bool:
        """Note what the end of a worker means for the job it was on; tells whether it was lost, and not ended by us."""
        code = worker.wait()
        for pipe in filter(None, (worker.stdin, worker.stdout)):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        with self._turn:
            job, self._at, self._worker = self._at, None, None
        lost = not self._ending.is_set()
        try:
            if job is not None:
                lost = self._jobs.cut_off(job, self._reason(code)) and lost
                self._jobs.clear(job)
        except (sqlite3.Error, OSError):
            _log.exception("what became of job %s could not be noted", job)
        finally:
            self._idle.set()
        if lost:
            _log.error("%s", self._reason(code).what)
        return lost

    def _reason(self, code: int) -> PercutaError:
        if self._ending.is_set():
            return PercutaError("the planner was ended while this was computed", do="start it again")
        how = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"
        do = "start it again; where memory ran out, take fewer scenarios"
        return PercutaError(f"the worker process ended with {how}", do=do)

    def _kill(self) -> None:
        if self._worker is not None:
            self._worker.kill()
