"""The questionnaire: which items concern a plan, and what their answers mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from percuta.library.entries import Rule
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.safety.conditions import facts_of, holds
from percuta.safety.findings import Finding


def items_for(plan: Plan, library: Library) -> list[Rule]:
    """Return the screening items that have to be asked for a plan, in the order of the questionnaire."""
    facts = facts_of(plan, library)
    return [rule for rule in library.screening.values() if holds(_asked_of(rule, plan), facts)]


def _asked_of(rule: Rule, plan: Plan) -> dict[str, Any]:
    """Return when an item is asked; a yes counts whatever the sex, since one of the two answers is wrong."""
    if plan.patient.answer(rule.id) != "yes":
        return rule.when
    return {fact: value for fact, value in rule.when.items() if fact != "sex"}


def screening_findings(plan: Plan, library: Library) -> Iterator[Finding]:
    """Yield one finding for each item that was answered with yes, or not answered."""
    for rule in items_for(plan, library):
        answer = plan.patient.answer(rule.id)
        if answer == "yes":
            yield _finding(rule, rule.severity, rule.reason, rule.change)
        elif answer == "unknown":
            said = "The answer is not known" if rule.id in plan.patient.screening else "This question was not asked"
            yield _finding(
                rule,
                rule.unknown,
                f"{said}: {rule.question} {rule.reason}",
                "Ask the question and write the answer, yes or no, into the plan.",
                unanswered=True,
            )


def _finding(rule: Rule, severity: str, reason: str, change: str, *, unanswered: bool = False) -> Finding:
    return Finding(
        rule=rule.id,
        severity=severity,
        reason=reason,
        change=change,
        kind="screening",
        override=rule.override,
        source=rule.source,
        claims=rule.claims,
        views=rule.views,
        unanswered=unanswered,
    )
