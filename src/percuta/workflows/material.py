"""What a result folder holds, read back for its report and its documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from percuta.errors import PlanError, Where
from percuta.library.registry import Library
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan
from percuta.report.material import ReportMaterial
from percuta.results.dataset import read_tree
from percuta.workflows.result_folder import ENDPOINTS, FINDINGS, INFLUENCE, MANIFEST, TREE, read_json

_NOT_WHOLE = (KeyError, TypeError, ValueError, AttributeError, AssertionError, IndexError)


def check_there(folder: Path) -> None:
    """Check that there is such a folder.

    Raises
    ------
    PlanError
        If there is none.
    """
    try:
        there = folder.is_dir()
    except OSError:
        there = False
    if not there:
        raise PlanError("there is no such result folder", where=Where(folder))


@contextmanager
def one_whole_result(folder: Path) -> Iterator[None]:
    """Tell of files that do not belong together as such, whatever they trip over.

    Raises
    ------
    PlanError
        If the files are not those of one result.
    """
    try:
        yield
    except _NOT_WHOLE as fault:
        raise PlanError(
            "the files of this folder are not one whole result",
            where=Where(folder),
            do="run `percuta plan` again into this folder",
        ) from fault


def read_material(folder: Path, known: Library) -> ReportMaterial:
    """Return everything that a report shows, from the files of a result folder.

    Parameters
    ----------
    folder
        A folder that ``percuta plan`` wrote.
    known
        The library, with the same extra files as when the plan was computed.

    Raises
    ------
    PlanError
        If a file is missing or broken, or the files are not those of one result.
    """
    check_there(folder)
    with one_whole_result(folder):
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
