"""The session sheet as a page of its own: what was planned, with room for what was done."""

from __future__ import annotations

from percuta.report.judgement import overrides
from percuta.report.material import ReportMaterial
from percuta.report.rendering import rendered
from percuta.report.sheet import session_sheet


def session_page(material: ReportMaterial) -> str | None:
    """Return the sheet as one HTML page, or None where there is none: a plan that the checks stop has no session."""
    if material.stopped:
        return None
    return rendered(
        "session.html.j2",
        title=material.plan.title,
        stopped=False,
        worn=bool(material.plan.patches),
        sheet=session_sheet(material.plan, material.library, material.device),
        overrides=overrides(material.findings),
    )
