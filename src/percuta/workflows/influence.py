"""Which input to measure next: a plan's uncertain inputs ranked by what each does to every endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from percuta import __version__
from percuta.engine.executors import InThisProcess, worker_pool
from percuta.engine.pulse import PulseSolver
from percuta.errors import PlanError, Where
from percuta.library.registry import Library, library
from percuta.manifest import digest
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.results.influence import MEMBERS, MEMBERS_WITH_PULSES, check_influence_members, influence
from percuta.results.pick_freeze import LEVEL, REPLICATES
from percuta.results.variance import PlanModel
from percuta.safety.findings import Findings
from percuta.workflows.check import check
from percuta.workflows.report import rebuild_report
from percuta.workflows.result_folder import (
    ENDPOINTS,
    INFLUENCE,
    INFLUENCE_PAGE,
    MANIFEST,
    add_files,
    as_json,
    check_writable,
    read_json,
)

Progress = Callable[[float, float], None]
Warn = Callable[[str], None]

_ACCURACY: Accuracy = "draft"  # of pulses; they are compared with each other


@dataclass(frozen=True)
class Ranked:
    """What became of a plan's inputs.

    Attributes
    ----------
    findings
        What the safety rules found.
    table
        Content of ``influence.json``; empty where the plan was refused and not studied.
    page
        The page that was written, or None.
    report
        The report of the same plan that now shows the ranking, or None.
    """

    findings: Findings
    table: dict[str, Any]
    page: Path | None = None
    report: Path | None = None


def rank_inputs(
    plan: Plan,
    folder: Path | None = None,
    *,
    members: int | None = None,
    seed: int = 0,
    endpoint: str | None = None,
    study: bool = False,
    workers: int = 1,
    known: Library | None = None,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Ranked:
    """Check a plan and rank its uncertain inputs by their total effect on every endpoint.

    Parameters
    ----------
    plan
        The plan.
    folder
        Where to write ``influence.json`` and ``influence.html``; nothing is written when left out. The report of the
        same plan in this folder is written anew and shows what to measure next.
    members
        Scenarios that each input is varied in, a power of two; few for a plan with RF pulses when left out.
    seed, workers, known, progress
        See :func:`percuta.workflows.simulate.simulate`.
    endpoint
        The only endpoint that is wanted.
    study
        Compute a refused plan all the same.
    warn
        Told what a plan with RF pulses will take.

    Raises
    ------
    PlanError
        If the plan cannot be computed, there is no such endpoint, the folder cannot be written, or it holds the result
        of another plan.
    """
    known = known or library()
    if members is None:
        members = MEMBERS_WITH_PULSES if plan.rf_pulses else MEMBERS
    check_influence_members(members)
    digested = digest([write_plan(plan).encode()])
    with_report = folder is not None and _holds_result(folder, digested)
    findings = check(plan, known)
    stopped = findings.exit_code != 0
    if stopped and not study:
        return Ranked(findings, {})
    if folder is not None:
        check_writable(folder, (INFLUENCE, INFLUENCE_PAGE))
    head = {
        "plan": plan.title,
        "plan_sha256": digested,
        "percuta": __version__,
        "library_sha256": known.digest,
        "verdict": findings.verdict,
        "accuracy": _ACCURACY,
        "members": members,
        "replicates": REPLICATES,
        "interval": LEVEL,
        "seed": seed,
    }
    with worker_pool(workers) as pool:
        pulses = bool(plan.rf_pulses)
        # the pulses of one input are shared among the processes, or else the inputs are
        model = PlanModel(plan, known, PulseSolver(_ACCURACY, pool) if pulses else None)
        told = _Told(progress, warn if pulses else None)
        ranked = influence(
            model, members, seed, endpoint=endpoint, pool=InThisProcess() if pulses else pool, progress=told
        )
    table = head | ranked
    if folder is None:
        return Ranked(findings, table)
    page = _write(folder, table)
    return Ranked(findings, table, page, rebuild_report(folder, known=known).report if with_report else None)


class _Told:
    """Passes progress on, and says once how long a plan with pulses will take at the pace of its first scenarios."""

    def __init__(self, progress: Progress | None, warn: Warn | None) -> None:
        self.progress, self.warn, self.start = progress, warn, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if self.warn is not None:
            minutes = (time.monotonic() - self.start) / done * (total - done) / 60.0
            self.warn(
                f"up to {total:,} scenarios have pulses of their own; at the pace of the first {done} this takes "
                f"{f'about {minutes:.0f} min' if minutes >= 1.0 else 'less than a minute'} more, and less where an "
                "input leaves the pulse as it was; computed pulses are kept"
            )
            self.warn = None
        if self.progress is not None:
            self.progress(done, total)


def _holds_result(folder: Path, digested: str) -> bool:
    """Tell whether a folder holds the result of this plan."""
    if not (folder / MANIFEST).exists():
        return False
    record = read_json(folder / MANIFEST)
    if not isinstance(record, dict) or record.get("plan_sha256") != digested:
        raise PlanError(
            "this folder holds the result of something else",
            where=Where(folder),
            do="choose another folder, or run `percuta plan` of this plan into it first",
        )
    return (folder / ENDPOINTS).exists()


def _write(folder: Path, table: dict[str, Any]) -> Path:
    """Write table and page into a folder, and return where the page lies."""
    from percuta.report.influence_page import render_influence

    add_files(folder, {INFLUENCE: as_json(table), INFLUENCE_PAGE: render_influence(table)})
    return folder / INFLUENCE_PAGE
