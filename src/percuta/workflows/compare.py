"""Plans side by side over the same scenarios, each against the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from percuta import __version__
from percuta.engine.executors import InThisProcess, worker_pool
from percuta.engine.pulse import PulseSolver, Solve
from percuta.engine.scenarios import BATCH, batch_count, check_members, scenario_batch
from percuta.engine.simulate import run
from percuta.errors import PlanError
from percuta.library.registry import Library, library
from percuta.manifest import digest
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.differences import differences
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.results.endpoints import joined, samples
from percuta.results.proportions import LEVEL
from percuta.results.samples import Sample
from percuta.results.side_by_side import Zones, matched_zones, side_by_side
from percuta.safety.findings import Findings
from percuta.workflows.check import check
from percuta.workflows.comparison_remarks import LETTERS, read_at, remarks
from percuta.workflows.result_folder import COMPARISON, COMPARISON_PAGE, add_files, as_json, check_writable

Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class PlanFile:
    """A plan, and the name of the file that it was read from."""

    name: str
    plan: Plan


@dataclass(frozen=True)
class Compared:
    """What became of a comparison.

    Attributes
    ----------
    findings
        What the safety rules found in each plan.
    table
        Content of ``compare.json``; without endpoints where a plan was refused and not studied.
    page
        The page that was written, or None.
    """

    findings: tuple[Findings, ...]
    table: dict[str, Any]
    page: Path | None = None

    @property
    def exit_code(self) -> int:
        """0, or 3 where any of the plans is refused or deferred."""
        return max(one.exit_code for one in self.findings)


def compare(
    files: Sequence[PlanFile],
    folder: Path | None = None,
    *,
    members: int = 64,
    seed: int = 0,
    accuracy: Accuracy = "draft",
    study: bool = False,
    workers: int = 1,
    known: Library | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Check two or three plans and compare them over the same scenarios.

    Each plan draws its uncertain inputs from the same columns of the same sequence, so that what the plans share is the
    same in both. Where one plan is followed longer than another, the course is read at the earlier end.

    Parameters
    ----------
    files
        The plans; every other one is compared with the first.
    folder
        Where to write ``compare.json`` and ``compare.html``; nothing is written when left out.
    members, seed, accuracy, workers, known, progress
        See :func:`percuta.workflows.simulate.simulate`.
    study
        Compute a refused plan all the same.

    Raises
    ------
    PlanError
        For another number of plans, a plan that cannot be computed, or a folder that cannot be written.
    """
    check_members(members)
    known = known or library()
    plans = [one.plan for one in files]
    looked = look_at(files, [check(plan, known) for plan in plans], known)
    findings, table = looked.findings, looked.table | {"accuracy": accuracy, "members": members, "seed": seed}
    if looked.exit_code and not study:
        return Compared(findings, table)
    if folder is not None:
        check_writable(folder, (COMPARISON, COMPARISON_PAGE))
    with worker_pool(workers) as pool:
        counted = _Count(members * len(plans), progress)
        every = [
            _Computing(plan, known, members, seed, at).samples(accuracy, pool, counted)
            for plan, at in zip(plans, read_at(plans), strict=True)
        ]
    table["endpoints"] = side_by_side(every, _zones(plans))
    if folder is None:
        return Compared(findings, table)
    from percuta.report.comparison_of_plans import render_comparison

    add_files(folder, {COMPARISON: as_json(table), COMPARISON_PAGE: render_comparison(table)})
    return Compared(findings, table, folder / COMPARISON_PAGE)


def look_at(files: Sequence[PlanFile], findings: Sequence[Findings], known: Library) -> Compared:
    """Return what can be said of plans side by side before anything is computed: verdicts, differences, remarks.

    Parameters
    ----------
    files, known
        See :func:`compare`.
    findings
        What the rules find in each of the plans.
    """
    check_count(len(files))
    plans = [one.plan for one in files]
    table = _head(files, findings, known) | {
        "accuracy": "draft",
        "members": 0,
        "seed": 0,
        "interval": LEVEL,
        "differences": [{"key": one.key, "values": list(one.values)} for one in differences(plans)],
        "remarks": remarks(plans, _zones(plans), known),
        "endpoints": [],
    }
    return Compared(tuple(findings), table)


def _zones(plans: Sequence[Plan]) -> list[Zones]:
    return matched_zones([[zone.name for zone in plan.zones] for plan in plans])


def check_count(number: int) -> None:
    """Check how many plans are compared.

    Raises
    ------
    PlanError
        Unless they are two or three.
    """
    if not 2 <= number <= len(LETTERS):
        raise PlanError("plans are compared by twos or threes", value=number, allowed="2 or 3 plan files")


@dataclass
class _Count:
    """Scenarios done of all plans together, told to whoever watches."""

    total: int
    progress: Progress | None
    done: int = 0

    def add(self, scenarios: int) -> None:
        """Count finished scenarios."""
        self.done += scenarios
        self.tell(0.0)

    def tell(self, more: float) -> None:
        """Tell what is done, ``more`` scenarios' worth of pulses included."""
        if self.progress is not None:
            self.progress(min(self.done + more, self.total), self.total)


@dataclass(frozen=True)
class _Computing:
    """One plan, and where its course is read: a time after the first session [s], or its end."""

    plan: Plan
    known: Library
    members: int
    seed: int
    at: float | None

    def samples(self, accuracy: Accuracy, pool: Executor, counted: _Count) -> list[Sample]:
        """Return every endpoint over all scenarios."""
        pulses = bool(self.plan.rf_pulses)
        solver = PulseSolver(accuracy, pool)
        size = min(BATCH, self.members)
        solver.progress = lambda share: counted.tell(share * size)
        # the pulses of one batch are shared among the processes, or else the batches are
        batches = InThisProcess() if pulses else pool
        parts = []
        for part in batches.map(partial(_batch, self, solver if pulses else None), range(batch_count(self.members))):
            parts.append(part)
            counted.add(size)
        return joined(parts)


def _batch(asked: _Computing, solve: Solve | None, number: int) -> list[Sample]:
    outcome = run(asked.plan, asked.known, scenario_batch(asked.members, asked.seed, number), solve)
    return samples(outcome, asked.at)


def _head(files: Sequence[PlanFile], findings: Sequence[Findings], known: Library) -> dict[str, Any]:
    return {
        "percuta": __version__,
        "library_sha256": known.digest,
        "plans": [
            {
                "letter": letter,
                "file": one.name,
                "title": one.plan.title,
                "plan_sha256": digest([write_plan(one.plan).encode()]),
                "verdict": found.verdict,
                "sentence": found.sentence,
                "zones": [zone.name for zone in one.plan.zones],
            }
            for letter, one, found in zip(LETTERS, files, findings, strict=False)
        ],
    }
