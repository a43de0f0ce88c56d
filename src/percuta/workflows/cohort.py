"""A plan over a population: the same plan for many people, each with a row of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from percuta import __version__
from percuta.cohort.kept import every_part
from percuta.cohort.members import TRAITS, Chunk, Cohort, Column, Columns, Members, check_patients, chunks
from percuta.cohort.people import CohortSpec
from percuta.cohort.spread import people_in_split, replicates, split
from percuta.cohort.summary import Shares, summary
from percuta.cohort.table import CohortTable, zarr_installed
from percuta.cohort.verdicts import people_alike, spread_out
from percuta.engine.executors import InThisProcess, worker_pool
from percuta.library.registry import Library, library
from percuta.manifest import digest, manifest, now
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.report.judgement import overrides
from percuta.safety.findings import Findings
from percuta.workflows.check import check
from percuta.workflows.result_folder import (
    COHORT,
    COHORT_FILES,
    COHORT_PAGE,
    COHORT_TABLE,
    MANIFEST,
    check_writable,
    new_result,
    write_json,
)

Progress = Callable[[float, float], None]

PATIENTS = 1000
NOBODY_EXIT_CODE = 1


@dataclass(frozen=True)
class Treated:
    """What became of a plan over a cohort.

    Attributes
    ----------
    findings
        What the safety rules say of the plan as it is written.
    table
        Content of ``cohort.json``; empty where the plan was refused and not studied.
    folder
        Where the files lie.
    """

    findings: Findings
    table: dict[str, Any]
    folder: Path

    @property
    def page(self) -> Path | None:
        """The page, or None where none was written."""
        return self.folder / COHORT_PAGE if self.table else None

    @property
    def exit_code(self) -> int:
        """That of the verdict on the plan as it is written; 1 where nobody could be computed."""
        nobody = bool(self.table) and self.table["statuses"]["computed"] == 0
        return self.findings.exit_code or (NOBODY_EXIT_CODE if nobody else 0)


def run_cohort(
    plan: Plan,
    folder: Path,
    *,
    patients: int = PATIENTS,
    seed: int = 0,
    people: CohortSpec | None = None,
    accuracy: Accuracy = "draft",
    study: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    known: Library | None = None,
    progress: Progress | None = None,
) -> Treated:
    """Compute a plan for many people and write cohort.zarr, cohort.json, cohort.html and manifest.json.

    What is computed is kept: a run that was cut off goes on where it stopped, and one that is repeated computes
    nothing. The files, the manifest apart, have the same bytes whoever computes.

    Parameters
    ----------
    plan
        The plan.
    folder
        Where to write.
    patients
        How many people.
    seed
        Seed of the people and of all other draws.
    people
        Which people; adults as they come for what the plan wants when left out.
    accuracy
        Of RF pulses; see :func:`percuta.workflows.simulate.simulate`.
    study
        Compute a plan that is refused as it is written all the same.
    workers, scheduler
        Who computes; see :func:`percuta.engine.executors.worker_pool`.
    known
        The library; the shipped one when left out.
    progress
        Called with the number of people done and of all, those of the split of the spread included.

    Raises
    ------
    PlanError, DeviceLimitError, LibraryError
        If the plan cannot be computed as it is written, for a number of patients that does not do, or a folder that
        cannot be written.
    PercutaError
        If Zarr is not installed.
    """
    check_patients(patients)
    check_writable(folder, COHORT_FILES)
    zarr_installed()
    started, known = now(), known or library()
    with worker_pool(workers, scheduler) as pool:  # first of all, since a cluster may not answer
        findings = check(plan, known)
        stopped = findings.exit_code != 0
        if stopped and not study:
            return Treated(findings, {}, folder)
        cohort = Cohort(plan, known, people or CohortSpec(), seed, accuracy)
        columns = Columns.read(next(every_part(InThisProcess(), [Columns(cohort)])))
        text = write_plan(plan)
        head = {
            "plan": plan.title,
            "plan_sha256": digest([text.encode()]),
            "percuta": __version__,
            "library_sha256": known.digest,
            "verdict": findings.verdict,
            "seed": seed,
            "patients": patients,
            "accuracy": accuracy,
        }
        with new_result(folder) as scratch:
            from percuta.report.cohort_page import render_cohort

            attributes = head | {"title": plan.title, "plan": text}
            store = CohortTable(scratch / COHORT_TABLE, _given(columns), patients, attributes)
            table = head | _computed(cohort, columns, findings, store, pool, progress)
            write_json(scratch / COHORT, table)
            (scratch / COHORT_PAGE).write_text(render_cohort(table), encoding="utf-8")
            record = manifest(
                version=__version__,
                plan_text=text,
                library_digest=known.digest,
                members=patients,
                seed=seed,
                accuracy=accuracy,
                study=study and stopped,
                verdict=findings.verdict,
                overrides=overrides(findings.as_dict()),
                started=started,
            )
            write_json(scratch / MANIFEST, record)
    return Treated(findings, table, folder)


def _given(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(column for column in columns if not column.withheld)


def _computed(
    cohort: Cohort,
    columns: tuple[Column, ...],
    findings: Findings,
    store: CohortTable,
    pool: Executor,
    progress: Progress | None,
) -> dict[str, Any]:
    """Compute members, split of the spread and verdicts; fill the store, and return the summary."""
    given, count = _given(columns), _Count(store.patients + people_in_split(cohort.plan), progress)
    parts: list[Chunk] = chunks(cohort, given, store.patients)
    for raw in every_part(pool, parts, lambda done: count.tell(min(done * cohort.chunk, store.patients))):
        store.append(Members.from_bytes(raw))
    store.close()
    shares = _shares(cohort, given, pool, lambda share: count.tell(store.patients, share))
    traits = np.stack([store.trait(name) for name in TRAITS])
    alike = people_alike(cohort, traits, findings)
    verdicts = spread_out(alike, list(every_part(pool, [part for part, _ in alike])), traits)
    store.write_verdicts(verdicts)
    return summary(cohort, store, columns, verdicts, shares)


def _shares(cohort: Cohort, given: tuple[Column, ...], pool: Executor, told: Callable[[float], None]) -> Shares:
    parts = replicates(cohort, given)
    return split(given, every_part(pool, parts, lambda done: told(done / len(parts))))


@dataclass
class _Count:
    """People done of all that are to be computed, told to whoever watches."""

    total: int
    progress: Progress | None

    def tell(self, patients: int, share_of_split: float = 0.0) -> None:
        """Tell how many patients are done, and which share of the split."""
        if self.progress is not None:
            self.progress(patients + round(share_of_split * (self.total - patients)), self.total)
