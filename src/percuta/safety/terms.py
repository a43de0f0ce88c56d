"""Misleading terms in the words of a plan: its title, its notes, and the notes of its steps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.safety.findings import Finding

RULE = "misleading_term"


def term_findings(plan: Plan, library: Library) -> Iterator[Finding]:
    """Yield one finding for each misleading term in each text of a plan."""
    for place, step, text in _texts(plan):
        for term in library.terms:
            match = re.search(term.pattern, text, re.IGNORECASE)
            if match is not None:
                yield Finding(
                    rule=RULE,
                    severity="advise",
                    reason=term.says,
                    change="Write what is meant.",
                    kind="term",
                    detail=f"{place}: “{' '.join(match[0].split())}”.",
                    step=step,
                    source=term.source,
                    claims=term.claims,
                )


def _texts(plan: Plan) -> Iterator[tuple[str, int | None, str]]:
    yield "Title", None, plan.title
    if plan.notes is not None:
        yield "Notes", None, plan.notes
    for number, step in enumerate(plan.session.steps, 1):
        if step.note is not None:
            yield "Note of the step", number, step.note
