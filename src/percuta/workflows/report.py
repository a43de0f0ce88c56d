"""Writing the report of a result folder anew, and its aftercare sheet."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from percuta.errors import PlanError, Where
from percuta.library.registry import Library, library
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan
from percuta.report.aftercare_sheet import aftercare_sheet
from percuta.report.page import ReportMaterial, render_report
from percuta.results.dataset import read_tree
from percuta.workflows.result_folder import (
    AFTERCARE,
    ENDPOINTS,
    FINDINGS,
    INFLUENCE,
    MANIFEST,
    REPORT,
    TREE,
    read_json,
)


@dataclass(frozen=True)
class Rebuilt:
    """Where the report lies, and the aftercare sheet; None where none was written."""

    report: Path
    aftercare: Path | None


def rebuild_report(folder: Path, out: Path | None = None, known: Library | None = None) -> Rebuilt:
    """Write the report of a result folder from its files, and return where it lies.

    Parameters
    ----------
    folder
        A folder that ``percuta plan`` wrote.
    out
        Where to write the report alone; into the folder, with the aftercare sheet beside it, when left out.
    known
        The library; the shipped one when left out.

    Raises
    ------
    PlanError
        If a file is missing or broken.
    """
    known = known or library()
    try:
        there = folder.is_dir()
    except OSError:
        there = False
    if not there:
        raise PlanError("there is no such result folder", where=Where(folder))
    try:
        material = _material(folder, known)
        page, sheet = render_report(material), None if out is not None else aftercare_sheet(material)
    except (KeyError, TypeError, ValueError, AttributeError, AssertionError, IndexError) as fault:
        raise PlanError(
            "the files of this folder are not one whole result",
            where=Where(folder),
            do="run `percuta plan` again into this folder",
        ) from fault
    _write(out or folder / REPORT, page)
    if sheet is None:
        return Rebuilt(out or folder / REPORT, None)
    _write(folder / AFTERCARE, sheet)
    return Rebuilt(folder / REPORT, folder / AFTERCARE)


def _write(target: Path, page: str) -> None:
    beside = target.parent / f".{target.name}.unfinished"
    try:
        beside.write_text(page, encoding="utf-8")
        os.replace(beside, target)
    except OSError as fault:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise PlanError("the report cannot be written", value=fault.strerror, where=Where(target)) from fault


def _material(folder: Path, known: Library) -> ReportMaterial:
    findings, endpoints = read_json(folder / FINDINGS), read_json(folder / ENDPOINTS)
    record = read_json(folder / MANIFEST)
    try:
        tree = read_tree(folder / TREE)
    except (OSError, ValueError, KeyError) as fault:
        raise PlanError("the datasets cannot be read", where=Where(folder / TREE)) from fault
    text = str(tree.attrs["plan"])
    plan = read_plan(text, f"{TREE}, attribute plan", known)
    device = resolve_device(plan.device, known)
    ranked = read_json(folder / INFLUENCE) if (folder / INFLUENCE).exists() else None
    if ranked is not None and ranked["plan_sha256"] != record["plan_sha256"]:
        ranked = None  # of another plan
    return ReportMaterial(plan, text, device, findings, endpoints, tree, record, known, ranked)
