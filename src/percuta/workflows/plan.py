"""A plan from file to result folder: check, simulate, write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from percuta import __version__
from percuta.library.registry import Library, library
from percuta.manifest import manifest, now
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.safety.findings import Findings
from percuta.workflows.check import check
from percuta.workflows.result_folder import (
    AFTERCARE,
    ENDPOINTS,
    FINDINGS,
    MANIFEST,
    PAGES,
    REPORT,
    TREE,
    new_result,
    write_json,
)
from percuta.workflows.simulate import Progress, simulate


@dataclass(frozen=True)
class Planned:
    """What became of a plan.

    Attributes
    ----------
    findings
        What the safety rules found.
    endpoints
        The endpoints as plain data; empty where the plan was refused and not studied.
    folder
        Where the files lie.
    aftercare
        The aftercare sheet, or None where there is none to hand out.
    """

    findings: Findings
    endpoints: list[dict[str, Any]]
    folder: Path
    aftercare: Path | None = None

    @property
    def report(self) -> Path | None:
        """The report, or None where none was written."""
        path = self.folder / REPORT
        return path if self.endpoints else None


def run_plan(
    plan: Plan,
    folder: Path,
    *,
    members: int = 64,
    seed: int = 0,
    accuracy: Accuracy = "draft",
    study: bool = False,
    influence: bool = False,
    workers: int = 1,
    known: Library | None = None,
    progress: Progress | None = None,
) -> Planned:
    """Check and compute a plan and write its result folder.

    A refused or deferred plan writes its findings only, unless ``study`` asks for the computation all the
    same; the report then says REFUSED on every page.

    Parameters
    ----------
    plan
        The plan.
    folder
        Where to write.
    members, seed, accuracy, influence, workers, known, progress
        See :func:`percuta.workflows.simulate.simulate`.
    study
        Compute a refused plan all the same.
    """
    started = now()
    known = known or library()
    findings = check(plan, known)
    stopped = findings.exit_code != 0
    with new_result(folder) as scratch:
        write_json(scratch / FINDINGS, findings.as_dict())
        if stopped and not study:
            return Planned(findings, [], folder)
        from percuta.report.documents import pages
        from percuta.report.judgement import overrides
        from percuta.report.material import ReportMaterial
        from percuta.results.dataset import write_tree

        result = simulate(
            plan,
            members,
            seed,
            accuracy=accuracy,
            influence=influence,
            workers=workers,
            known=known,
            progress=progress,
        )
        endpoints = [one.as_dict() for one in result.endpoints]
        text = write_plan(plan)
        write_tree(result.tree, scratch / TREE)
        write_json(scratch / ENDPOINTS, endpoints)
        record = manifest(
            version=__version__,
            plan_text=text,
            library_digest=known.digest,
            members=members,
            seed=seed,
            accuracy=accuracy,
            study=study and stopped,
            verdict=findings.verdict,
            overrides=overrides(findings.as_dict()),
            started=started,
        )
        write_json(scratch / MANIFEST, record)
        device = resolve_device(plan.device, known)
        material = ReportMaterial(plan, text, device, findings.as_dict(), endpoints, result.tree, record, known)
        made = pages(material)
        for key, page in made.items():
            (scratch / PAGES[key]).write_text(page, encoding="utf-8")
    return Planned(findings, endpoints, folder, folder / AFTERCARE if "aftercare" in made else None)
