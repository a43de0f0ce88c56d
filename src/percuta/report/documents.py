"""The documents that are made of a result: report, consent summary, session sheet, aftercare sheet."""

from __future__ import annotations

from typing import Literal, get_args

from percuta.report.aftercare_sheet import aftercare_sheet
from percuta.report.consent_summary import consent_summary
from percuta.report.material import ReportMaterial
from percuta.report.page import render_report
from percuta.report.session_page import session_page

Key = Literal["report", "consent", "session", "aftercare"]
KEYS: tuple[Key, ...] = get_args(Key)
TITLES: dict[Key, str] = {
    "report": "Report",
    "consent": "Consent summary",
    "session": "Session sheet",
    "aftercare": "Aftercare sheet",
}
SAYS: dict[Key, str] = {
    "report": "For the practitioner: verdict, plan, findings, depth, recovery, benefit, every input with its source.",
    "consent": "For the person, to read before deciding: goal, choices, what is known and not known, risks.",
    "session": "One page for the session: what is planned, with room for what was done.",
    "aftercare": "One page to take home: what to expect, what to wait with, when to call.",
}


def pages(material: ReportMaterial) -> dict[Key, str]:
    """Return every document that there is of a result, each one HTML page that needs nothing else."""
    made: dict[Key, str | None] = {
        "report": render_report(material),
        "consent": consent_summary(material),
        "session": session_page(material),
        "aftercare": aftercare_sheet(material),
    }
    return {key: page for key, page in made.items() if page is not None}


def why_none(key: Key, verdict: str) -> str:
    """Return why a result has no document of a kind, as a sentence; ``verdict`` is that of its findings."""
    if verdict in ("refused", "deferred"):
        return "The checks stop this plan, so nothing is handed out for a session."
    if key == "aftercare":
        return "No steel needle of this plan goes into the skin, so there are no times of waiting to give."
    return "The result was written without it."
