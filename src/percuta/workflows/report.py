"""Writing the report of a result folder anew."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from percuta.errors import PlanError, Where
from percuta.library.registry import Library, library
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan
from percuta.report.page import ReportMaterial, render_report
from percuta.results.dataset import read_tree
from percuta.workflows.result_folder import ENDPOINTS, FINDINGS, MANIFEST, REPORT, TREE, read_json


def rebuild_report(folder: Path, out: Path | None = None, known: Library | None = None) -> Path:
    """Write the report of a result folder from its files, and return where it lies.

    Parameters
    ----------
    folder
        A folder that ``percuta plan`` wrote.
    out
        Where to write; into the folder when left out.
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
        page = _page(folder, known)
    except (KeyError, TypeError, AttributeError, AssertionError, IndexError) as fault:
        raise PlanError(
            "the files of this folder are not one whole result",
            where=Where(folder),
            do="run `percuta plan` again into this folder",
        ) from fault
    target = out or folder / REPORT
    beside = target.parent / f".{target.name}.unfinished"
    try:
        beside.write_text(page, encoding="utf-8")
        os.replace(beside, target)
    except OSError as fault:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise PlanError("the report cannot be written", value=fault.strerror, where=Where(target)) from fault
    return target


def _page(folder: Path, known: Library) -> str:
    findings, endpoints = read_json(folder / FINDINGS), read_json(folder / ENDPOINTS)
    record = read_json(folder / MANIFEST)
    try:
        tree = read_tree(folder / TREE)
    except (OSError, ValueError, KeyError) as fault:
        raise PlanError("the datasets cannot be read", where=Where(folder / TREE)) from fault
    text = str(tree.attrs["plan"])
    plan = read_plan(text, f"{TREE}, attribute plan", known)
    device = resolve_device(plan.device, known)
    return render_report(ReportMaterial(plan, text, device, findings, endpoints, tree, record, known))
