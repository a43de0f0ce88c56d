"""What pages of the planner show of what was computed, a plan, a search or a comparison: the parts of its report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from percuta.library.registry import Library
from percuta.plan.device import resolve_device
from percuta.plan.differences import Difference, differences
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.plan.writing import write_plan
from percuta.safety.findings import Findings
from percuta.workflows.material import one_whole_result, read_material
from percuta.workflows.result_folder import COMPARISON, OPTIMISATION, read_json


def shown_result(folder: Path, known: Library) -> dict[str, Any]:
    """Return what the templates of the report's parts take, from the files of a result folder.

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
    from percuta.report.page import parts_of
    from percuta.report.provenance import manifest_rows, other_library
    from percuta.report.risks import risks

    material = read_material(folder, known)
    with one_whole_result(folder):
        return parts_of(material) | {
            "risks": risks(material),
            "manifest": manifest_rows(material),
            "other_library": other_library(material),
        }


def shown_refusal(plan: Plan, findings: dict[str, Any], known: Library) -> dict[str, Any]:
    """Return the parts that a plan has which the checks stop: the verdict and the findings, and nothing computed.

    Parameters
    ----------
    plan, known
        The plan and the library.
    findings
        What the checks found, as ``findings.json`` has it.
    """
    import xarray as xr

    from percuta.report.material import ReportMaterial
    from percuta.report.page import asked_of_rules

    device = resolve_device(plan.device, known)
    parts = asked_of_rules(ReportMaterial(plan, write_plan(plan), device, findings, [], xr.DataTree(), {}, known))
    for group in parts["findings"]:
        group["rows"] = [row | {"below": None} for row in group["rows"]]  # nothing computed stands below
    return parts


def shown_search(folder: Path) -> dict[str, Any]:
    """Return what the templates of a search's parts take, from the files of a folder that ``percuta optimise`` wrote.

    Raises
    ------
    PlanError
        If a file is missing or broken.
    """
    from percuta.report.optimisation import parts_of_search

    table = read_json(folder / OPTIMISATION)
    with one_whole_result(folder):
        return parts_of_search(table)


def shown_comparison(folder: Path) -> dict[str, Any]:
    """Return what the templates of a comparison's parts take, from a folder that ``percuta compare`` wrote.

    Raises
    ------
    PlanError
        If a file is missing or broken.
    """
    table = read_json(folder / COMPARISON)
    with one_whole_result(folder):
        return _parts_of_comparison(table)


def looked_at(plans: Sequence[Plan], findings: Sequence[Findings], known: Library) -> dict[str, Any]:
    """Return the same of plans that were not computed yet: verdicts, what differs, what has to be known.

    Parameters
    ----------
    plans, findings
        The plans, and what the rules that were asked find in each.
    known
        The library.

    Raises
    ------
    PlanError
        Unless they are two or three.
    """
    from percuta.workflows.compare import PlanFile, look_at

    return _parts_of_comparison(look_at([PlanFile("", plan) for plan in plans], findings, known).table)


def _parts_of_comparison(table: dict[str, Any]) -> dict[str, Any]:
    from percuta.report.comparison_of_plans import parts_of_comparison

    return parts_of_comparison(table)


def changed_since(computed: str, plan: Plan | None, known: Library) -> list[Difference] | None:
    """Return what a plan does otherwise than when it was computed; None where it is not whole any more.

    Parameters
    ----------
    computed
        The plan file that was computed.
    plan
        The plan as it is now.
    known
        The library.
    """
    if plan is None:
        return None
    return differences([read_plan(computed, "the computed plan", known), plan])
