"""A prescriber's decision to go on in spite of a rule: into a plan's data, and out of it again."""

from __future__ import annotations

import copy
from typing import Any

from percuta.errors import PercutaError, PlanError, Where
from percuta.plan.faults import Form, read_model
from percuta.plan.model import Override
from percuta.plan.reading import PLAN_FILE
from percuta.safety.findings import Findings

Data = dict[str, Any]
_OVERRIDE = Form(Override, PLAN_FILE.patterns)


def open_to_decision(findings: Findings, rule: str) -> None:
    """Check that a prescriber may decide on a rule in a plan as it stands.

    Raises
    ------
    PlanError
        If the rule does not stop the plan, or nobody may override it.
    """
    stopping = [one for one in findings.findings if one.rule == rule and one.stops and not one.unanswered]
    if not stopping:
        raise PlanError("this rule does not stop the plan", value=rule, do="answer its question first")
    if any(one.override != "prescriber" for one in stopping):
        raise PlanError("nobody can override this rule", value=rule, do=stopping[0].change)


def faults_of(rule: str, name: str, reason: str, *, prescriber: bool) -> dict[str, PercutaError]:
    """Return what is wrong with a decision, by field: ``name``, ``reason``, ``prescriber``."""
    typed = {"name": name, "reason": reason}
    read = read_model({"rule": rule, **typed}, _OVERRIDE)
    found: dict[str, PercutaError] = {}
    if isinstance(read, list):
        found = {str(path[-1]): fault for path, fault in read}
    found |= {key: PlanError("not filled in yet", where=Where(key=key)) for key, text in typed.items() if not text}
    if not prescriber:
        what = "only a prescriber can decide this"
        found["prescriber"] = PlanError(what, allowed="the box is ticked", where=Where(key="prescriber"))
    return found


def decided(data: Data, rule: str, name: str, reason: str) -> Data:
    """Return a plan's data with a decision on a rule; an earlier one on the same rule is replaced."""
    changed = withdrawn(data, rule)
    changed["overrides"] = [*changed.get("overrides", ()), {"rule": rule, "name": name, "reason": reason}]
    return changed


def withdrawn(data: Data, rule: str) -> Data:
    """Return a plan's data without the decisions on a rule."""
    changed = copy.deepcopy(data)
    given = changed.get("overrides")
    rows = given if isinstance(given, list) else []
    left = [one for one in rows if not (isinstance(one, dict) and one.get("rule") == rule)]
    changed.pop("overrides", None)
    return changed | {"overrides": left} if left else changed
