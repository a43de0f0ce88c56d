"""The process that computes jobs: ``python -m percuta.web.worker FOLDER``, started by :class:`percuta.web.runs.Runs`.

It is handed the library on standard input, and ends when that pipe is closed, so that it never outlives the server. On
standard output it says which job it is on, one identifier a line, and an empty line when it is done with it.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from percuta.errors import PercutaError, SafetyRefusal
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.web.database import Database
from percuta.web.job_options import compare_options, optimise_options, simulate_options
from percuta.web.job_store import Job, JobStore, Kind, State, without_block
from percuta.workflows.pace import Pace

_NICER = 10  # than the server, which answers first
_LOOKS_EVERY, _TELLS_EVERY = 0.25, 0.2  # s
_ONLY_ONE = "worker.lock"
_HEATED, _PIERCED = (0.6, 0.75), (0.4, 0.7)  # shares of a simulation at which its report and its block begin
_log = logging.getLogger(__name__)


class _GivenUp(Exception):
    """Nobody wants the job any more."""


def main(folder: Path) -> None:
    """Compute the jobs of a folder until the server is gone."""
    logging.basicConfig(format="worker: %(levelname)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the server's, which ends this process
    if sys.platform != "win32":
        os.nice(_NICER)
    say = _own_output()
    known: Library = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    jobs = JobStore(Database(folder), folder)
    with _alone(folder):
        _note_what_was_cut_off(jobs)
        warm = False
        while True:
            if (job := jobs.claim() if jobs.waits() else None) is not None:
                say(job.id)
                compute(job, jobs, known)
                say("")
            elif not warm:
                _warm_up(known)
                warm = True
            else:
                time.sleep(_LOOKS_EVERY)


def compute(job: Job, jobs: JobStore, known: Library) -> None:
    """Compute one job and note what became of it."""
    told = _Told(job, jobs)
    try:
        said = _COMPUTED[job.kind](job, known, told)
    except _GivenUp:
        jobs.clear(job.id)
    except SafetyRefusal as refusal:  # what the rules found stays in the folder
        _ended(job, jobs, "failed", "Failed", refusal)
    except PercutaError as fault:
        _failed(job, jobs, fault)
    except Exception as fault:
        _log.exception("job %s", job.id)
        do = "start it again; if it fails again, report what the log of the server says"
        _failed(job, jobs, PercutaError("a fault of the program", value=f"{type(fault).__name__}: {fault}", do=do))
    else:
        _ended(job, jobs, "done", said)


def _ended(job: Job, jobs: JobStore, state: State, said: str, fault: PercutaError | None = None) -> None:
    """Note an end that leaves files; they go where the job was given up meanwhile."""
    if not jobs.end(job.id, state, said, None if fault is None else fault.as_dict()):
        jobs.clear(job.id)


def _failed(job: Job, jobs: JobStore, fault: PercutaError) -> None:
    jobs.clear(job.id)
    jobs.end(job.id, "failed", "Failed", fault.as_dict())


def _simulated(job: Job, known: Library, told: _Told) -> str:
    from percuta.workflows.plan import run_plan

    options, plan = simulate_options(job.asked), read_plan(job.plan_text, "the plan", known)
    report_from, block_from = _HEATED if plan.rf_pulses else _PIERCED

    def scenarios(done: float, total: float) -> None:
        told(report_from * done / total, "Computing scenarios", f"{done:.0f} of {total:.0f}")
        if done == total:
            told(report_from, "Writing the report")

    def drawn(share: float) -> None:
        told(block_from + (1.0 - block_from) * share, "Drawing the block of skin")

    told(0.0, "Computing scenarios")
    planned = run_plan(
        plan,
        job.folder,
        members=options.members,
        seed=options.seed,
        accuracy=options.accuracy,
        known=known,
        progress=scenarios,
    )
    if not planned.endpoints:
        raise SafetyRefusal(planned.findings.sentence.rstrip("."), do="see what the rules find on the planner")
    return _with_block(plan, job.folder, known, drawn)


def _with_block(plan: Plan, folder: Path, known: Library, drawn: Callable[[float], None]) -> str:
    """Add the block of skin; the result stands without it."""
    from percuta.workflows.block import write_block

    drawn(0.0)
    try:
        write_block(plan, folder, known, progress=drawn)
    except _GivenUp:
        raise
    except Exception as fault:
        _log.exception("the block of skin in %s", folder)
        return without_block(getattr(fault, "what", type(fault).__name__))
    return "Done"


def _optimised(job: Job, known: Library, told: _Told) -> str:
    from percuta.workflows.optimise import optimise

    options, plan = optimise_options(job.asked), read_plan(job.plan_text, "the plan", known)
    told(0.0, "Preparing the search")
    found = optimise(
        plan,
        job.folder,
        **options.model_dump(),
        known=known,
        progress=lambda done, total: told(done / total, "Searching", f"step {done:.0f} of {total:.0f}"),
    )
    if not found.table:
        raise SafetyRefusal(found.findings.sentence.rstrip("."), do="see what the rules find on the planner")
    return "Done"


def _compared(job: Job, known: Library, told: _Told) -> str:
    from percuta.workflows.compare import PlanFile, compare

    options = compare_options(job.asked)
    texts = (job.plan_text, *(one.text for one in options.others))
    plans = [read_plan(text, "the plan", known) for text in texts]
    told(0.0, "Computing scenarios")
    compared = compare(
        [PlanFile("", plan) for plan in plans],
        job.folder,
        members=options.members,
        seed=options.seed,
        accuracy=options.accuracy,
        known=known,
        progress=lambda done, total: told(done / total, "Computing scenarios", f"{done:.0f} of {total:.0f}"),
    )
    if compared.page is None:
        stopped = [(plan, found) for plan, found in zip(plans, compared.findings, strict=True) if found.exit_code]
        said = "; ".join(f"{plan.title}: {found.sentence.rstrip('.')}" for plan, found in stopped)
        raise SafetyRefusal(said, do="simulate it, and see what the rules find")
    return "Done"


_COMPUTED: dict[Kind, Callable[[Job, Library, _Told], str]] = {
    "simulate": _simulated,
    "optimise": _optimised,
    "compare": _compared,
}


class _Told:
    """Notes in a job's row how far it is, a few times a second at most and whenever something else is being done.

    Raises
    ------
    _GivenUp
        When the job is no longer to be computed.
    """

    def __init__(self, job: Job, jobs: JobStore) -> None:
        self._job, self._jobs, self._pace, self._last = job, jobs, Pace(), (0.0, "")

    def __call__(self, share: float, what: str, count: str = "") -> None:
        now, (before, last) = time.monotonic(), self._last
        left = self._pace.left(share, 1.0)
        if what == last and now - before < _TELLS_EVERY:
            return
        self._last = now, what
        if not self._jobs.tell(self._job.id, share, left, f"{what}: {count}" if count else what):
            raise _GivenUp


def _note_what_was_cut_off(jobs: JobStore) -> None:
    """Note what became of a job that ran when a server and its worker were lost.

    It is not begun again by itself: it may be what brought them down, and perhaps nobody waits for it any more.
    """
    for job in jobs.unfinished():
        if job.state == "running":
            jobs.cut_off(job.id, PercutaError("the planner was ended while this was computed", do="start it again"))
            jobs.clear(job.id)


def _warm_up(known: Library) -> None:
    """Import what computes, and load its compiled loops, so that the first job begins at once."""
    from percuta.engine.scenarios import FEWEST
    from percuta.plan.starter import starter_plan
    from percuta.report import page  # noqa: F401
    from percuta.workflows import block, plan  # noqa: F401
    from percuta.workflows.simulate import simulate

    text = starter_plan(known, known.site("cheek"), known.device("generic-pen-12"), "other")
    simulate(read_plan(text, "the plan", known), FEWEST, known=known)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other worker computes for this folder; the system gives the place free when a process ends."""
    with closing(sqlite3.connect(folder / _ONLY_ONE, isolation_level=None, timeout=_LOOKS_EVERY)) as place:
        while True:
            try:
                place.execute("BEGIN EXCLUSIVE")
                break
            except sqlite3.OperationalError as fault:
                if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
        yield


def _own_output() -> Callable[[str], None]:
    """Keep standard output for the server; what else is printed goes to standard error."""
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    return lambda line: print(line, file=kept)


def _end_with_the_server() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
