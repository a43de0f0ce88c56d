"""The report as one self-contained HTML page.

First for the practitioner: verdict, plan, findings, needle in the skin, session, recovery, benefit, endpoints.
Apart from it what researchers ask for, and the session sheet as a page of its own.
"""

from __future__ import annotations

from typing import Any

from percuta.report import wording
from percuta.report.aftercare_sheet import has_sheet
from percuta.report.anaesthesia import numbed_zones
from percuta.report.barrier import first_week, seen_after_a_pen
from percuta.report.blood import in_the_blood
from percuta.report.depth import zones_in_depth
from percuta.report.influence import what_to_measure
from percuta.report.judgement import answered_claims, benefit, overridden, overrides, pigment, sorted_findings, verdict
from percuta.report.material import Citations, ReportMaterial
from percuta.report.outcome import courses, endpoint_groups, endpoint_rows, no_course, recovery, session
from percuta.report.patch import worn_zones
from percuta.report.plan_summary import facts, label_facts, steps
from percuta.report.provenance import device_fields, inputs, manifest_rows, other_library
from percuta.report.rendering import rendered
from percuta.report.sheet import session_sheet
from percuta.report.thermal import heated_zones

__all__ = ["ReportMaterial", "asked_of_rules", "parts_of", "render_report"]


def render_report(material: ReportMaterial) -> str:
    """Return a result as one HTML page that needs nothing else.

    Parameters
    ----------
    material
        Plan, findings, endpoints, datasets, manifest and library of one result.

    Returns
    -------
    str
        HTML with its style sheet and charts inside; no script and no address is loaded.
    """
    return rendered(
        "report.html.j2",
        **parts_of(material),
        notes=material.plan.notes,
        banner=_banner(material),
        stopped=material.stopped,
        facts=facts(material),
        label_facts=label_facts(material),
        steps=steps(material),
        claims=answered_claims(material),
        research_endpoints=endpoint_rows(material.endpoints),
        influence=what_to_measure(material),
        shares_computed=any(each.get("spread_shares") for each in material.endpoints),
        inputs=inputs(material),
        grades=wording.GRADES,
        device_fields=device_fields(material),
        manifest=manifest_rows(material),
        plan_text=material.plan_text,
        other_library=other_library(material),
        overrides=overrides(material.findings),
        sheet=session_sheet(material.plan, material.library, material.device),
    )


def parts_of(material: ReportMaterial) -> dict[str, Any]:
    """Return what the templates of the parts take: each question that a result answers, for any page that asks it.

    Parameters
    ----------
    material
        Plan, findings, endpoints, datasets, manifest and library of one result.
    """
    return asked_of_rules(material) | {
        "aftercare": has_sheet(material),
        "zones": zones_in_depth(material),
        "heated": heated_zones(material),
        "worn": worn_zones(material),
        "session": session(material),
        "numbed": numbed_zones(material),
        "blood": in_the_blood(material),
        "recovery": recovery(material),
        "first_week": first_week(material),
        "seen_after_a_pen": seen_after_a_pen(),
        "pigment": pigment(material),
        "benefit": benefit(material),
        "endpoints": endpoint_groups(material),
        "courses": courses(material),
        "no_course": no_course(material),
        "members": material.manifest.get("members", ""),
    }


def asked_of_rules(material: ReportMaterial) -> dict[str, Any]:
    """Return the parts that need no computed scenario: whether it should be done, why not, and the findings."""
    citations = Citations()
    return {
        "cite": citations,
        "references": citations.listed,
        "title": material.plan.title,
        "device": material.device,
        "verdict": verdict(material),
        "overridden": overridden(material),
        "findings": sorted_findings(material),
    }


def _banner(material: ReportMaterial) -> str:
    if not material.marked_refused:
        return ""
    why = "The checks refuse this plan." if material.verdict == "refused" else "The checks defer this plan."
    return f"REFUSED. {why} Computed for study only, not to be carried out."
