"""A kept plan as a page needs it: what is wrong with it, and what the rules find."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from percuta.errors import PercutaError
from percuta.library.registry import Library
from percuta.plan.drafts import Draft, read_draft
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.safety.findings import Finding, Findings
from percuta.web.desk import Desk
from percuta.web.plan_store import StoredPlan
from percuta.workflows.check import check_draft, with_heat

_KEPT = 256  # judged plans
_ONE_AT_A_TIME = threading.Lock()  # many at once would all be late, and every short answer with them


@dataclass(frozen=True)
class Judged:
    """What is known of a plan in the making.

    Attributes
    ----------
    draft
        The plan and everything that is wrong with it.
    findings
        What the rules find, and which of them were asked.
    minutes
        How long a session takes: 5 %, 50 % and 95 % of the scenarios [min]; None where the plan is not whole.
    """

    draft: Draft
    findings: Findings
    minutes: tuple[float, float, float] | None

    @property
    def plan(self) -> Plan | None:
        """The plan, where it is whole."""
        return self.draft.plan

    @property
    def faults(self) -> dict[str, PercutaError]:
        """The first fault of every key."""
        found: dict[str, PercutaError] = {}
        for fault in self.draft.faults:
            found.setdefault((fault.where.key if fault.where else None) or "", fault)
        return found

    @property
    def red_flags(self) -> tuple[Finding, ...]:
        """What stops the plan and was answered: it stays in sight on every page."""
        return tuple(one for one in self.findings.findings if one.stops and not one.unanswered)

    @property
    def overridden(self) -> tuple[Finding, ...]:
        """What a prescriber overrode; it stays in sight too."""
        return tuple(one for one in self.findings.findings if one.overridden)


def judged(desk: Desk, stored: StoredPlan) -> Judged:
    """Return what is known of a kept plan; the same content is judged once, and its heat again once a job has ended."""
    known, text = KnownLibrary(desk.known), json.dumps(stored.data, sort_keys=True)
    found = _judged(known, text)
    if found.findings.asked == "without_heat":
        found = _judged(known, text, desk.jobs.last_end())
    if found.findings.asked == "without_heat" and found.plan is not None:
        found = replace(found, findings=_as_simulated(desk, stored, found.plan, found.findings))
    return found


def _as_simulated(desk: Desk, stored: StoredPlan, plan: Plan, findings: Findings) -> Findings:
    """Return the findings with what the newest simulation of the very plan has found of heat, where there was one."""
    text = write_plan(plan)
    for job in desk.jobs.answers(stored.id, "simulate"):
        if job.computes(text):
            with suppress(PercutaError):  # its files are gone
                return with_heat(findings, job.folder)
    return findings


@dataclass(frozen=True)
class KnownLibrary:
    """The library as part of a key: the same one is the same key."""

    library: Library

    def __hash__(self) -> int:
        return hash(self.library.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KnownLibrary) and other.library is self.library


@lru_cache(maxsize=_KEPT)
def _judged(known: KnownLibrary, text: str, after: str = "") -> Judged:
    """Judge a plan's content; ``after`` is when the last job ended, since when pulses may be kept that were not."""
    data: dict[str, Any] = json.loads(text)
    with _ONE_AT_A_TIME:
        draft = read_draft(data, known.library)
        checked = check_draft(draft, known.library)
        if checked.fault is not None:
            draft = replace(draft, faults=(*draft.faults, checked.fault))
        return Judged(draft, checked.findings, _minutes(draft, known.library))


def _minutes(draft: Draft, known: Library) -> tuple[float, float, float] | None:
    from percuta.workflows.glance import session_time

    if draft.plan is None:
        return None
    try:
        return session_time(draft.plan, known)
    except PercutaError:
        return None  # a figure that nobody published; the rules name it
