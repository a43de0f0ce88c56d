"""Should this plan be carried out: every rule asked, every override weighed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from percuta.library.registry import Library
from percuta.plan.device import resolve_device
from percuta.plan.model import Override, Plan
from percuta.safety import (
    anaesthetic,
    blood,
    current,
    limits,
    patch_load,
    protocol_course,
    protocol_medication,
    protocol_order,
    protocol_patch,
    protocol_person,
    protocol_products,
)
from percuta.safety.findings import STOPPING, Finding, Findings, Kind
from percuta.safety.screening import screening_findings
from percuta.safety.terms import term_findings

if TYPE_CHECKING:
    from percuta.engine.pulse import Solve

RULE_BOOKS = (
    protocol_order.rule,
    protocol_products.rule,
    protocol_medication.rule,
    protocol_course.rule,
    protocol_person.rule,
    protocol_patch.rule,
    patch_load.rule,
    anaesthetic.rule,
    blood.rule,
    limits.rule,
    current.heat,
    current.rule,
)


def check_plan(plan: Plan, library: Library, solve: Solve | None = None) -> Findings:
    """Ask every rule about a plan.

    Parameters
    ----------
    plan
        A plan whose names the library knows.
    library
        Holds the rules, and the devices, sites and products that the plan names.
    solve
        Gives the pulses of the plan; see :func:`percuta.safety.reach.heat_of`.

    Returns
    -------
    Findings
        Gravest first. Findings that a prescriber overrode stay among them, with name and reason.
    """
    found = [
        *screening_findings(plan, library),
        *_protocol_findings(plan, library, solve),
        *term_findings(plan, library),
    ]
    return _judged(plan, found)


def screen_plan(plan: Plan, library: Library) -> Findings:
    """Ask the questionnaire alone about a plan; see :func:`check_plan`."""
    return replace(_judged(plan, list(screening_findings(plan, library))), asked="screening")


def _judged(plan: Plan, found: list[Finding]) -> Findings:
    """Weigh what was found against the overrides of a plan."""
    overrides: dict[str, Override] = {}
    for override in plan.overrides:
        overrides.setdefault(override.rule, override)
    weighed = [_weighed(finding, overrides.get(finding.rule)) for finding in found]
    weighed += [remark for override in overrides.values() for remark in _remarks(override, found)]
    return Findings(tuple(sorted(weighed, key=lambda finding: finding.rank)))


def _protocol_findings(plan: Plan, library: Library, solve: Solve | None) -> Iterator[Finding]:
    device = resolve_device(plan.device, library)
    for book in RULE_BOOKS:
        yield from book.findings(plan, device, library, solve)


def _weighed(finding: Finding, override: Override | None) -> Finding:
    """Return the finding, marked as overridden where its rule leaves that to a prescriber.

    A question that nobody answered is not overridden: there is nothing yet to decide on.
    """
    if override is None or finding.severity not in STOPPING or not _may_be_overridden(finding):
        return finding
    return replace(finding, overridden={"name": override.name, "reason": override.reason})


def _may_be_overridden(finding: Finding) -> bool:
    return finding.override == "prescriber" and not finding.unanswered


def _remarks(override: Override, found: list[Finding]) -> Iterator[Finding]:
    """Yield what has to be said of an override that has no effect."""
    stopping = [finding for finding in found if finding.rule == override.rule and finding.severity in STOPPING]
    detail = f"Override by {override.name}: {override.reason}"
    if not stopping:
        yield Finding(
            rule=override.rule,
            severity="advise",
            reason="The plan overrides this rule, which does not stop it. The override has no effect.",
            change="Remove the override.",
            kind=_kind_of(override.rule),
            detail=detail,
        )
    elif not all(_may_be_overridden(finding) for finding in stopping):
        yield Finding(
            rule=override.rule,
            severity="warn",
            reason="The plan overrides this rule, which nobody can override or whose question has no answer yet. "
            "The plan stays as it was judged.",
            change=stopping[0].change,
            kind=stopping[0].kind,
            detail=detail,
            source=stopping[0].source,
        )


def _kind_of(identifier: str) -> Kind:
    return next((book.kind for book in RULE_BOOKS if identifier in book), "screening")
