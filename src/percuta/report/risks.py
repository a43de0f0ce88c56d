"""What can go wrong: for this person and this plan, for anybody, and how near a plan comes to it."""

from __future__ import annotations

from typing import Any

from percuta.report.endpoint_evidence import founded, grades_of_inputs
from percuta.report.judgement import sorted_findings
from percuta.report.material import ReportMaterial
from percuta.report.outcome import endpoint_rows

# Endpoints that say how near a plan comes to a harm.
_TOWARDS = (
    "tracks_beyond_dermis_fraction",
    "epidermis_necrotic_fraction",
    "subcutis_necrotic_fraction",
    "surface_temperature_peak",
    "anaesthetic_peak_plasma",
)


def risks(material: ReportMaterial) -> dict[str, Any]:
    """Return what a page says of the risks of a result.

    Parameters
    ----------
    material
        Plan, findings, endpoints, datasets, manifest and library of one result.

    Returns
    -------
    dict
        ``own`` and ``of_all``, see :func:`own_risks` and :func:`risks_of_all`; ``computed``, rows of endpoints with
        their middles and ranges over the scenarios; ``worn``, whether the needles are those of a patch, whose harms
        nobody counted.
    """
    grades = grades_of_inputs(material)
    rows = endpoint_rows([one for one in material.endpoints if one["name"] in _TOWARDS and "withheld" not in one])
    return {
        "own": own_risks(material),
        "of_all": [] if material.plan.patches else risks_of_all(material),
        "computed": [row | {"founded": founded(grades, row["name"])} for row in rows],
        "worn": bool(material.plan.patches),
    }


def own_risks(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return what speaks against this plan for this person, in plain words where the library has them; each once."""
    plain = {harm.rule: harm for harm in material.library.harms if harm.rule}
    groups = {group["kind"]: group["rows"] for group in sorted_findings(material)}
    rows = {row["rule"]: row for row in groups.get("warn", ())}
    return [
        {
            "says": plain[rule].says if rule in plain else row["reason"],
            "grade": plain[rule].grade if rule in plain else "",
            "source": row["source"],
        }
        for rule, row in rows.items()
    ]


def risks_of_all(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return what can come to anybody from needles such as these."""
    kind = "rf" if material.device.kind == "rf_array" else "mechanical"
    found = (harm for harm in material.library.harms if not harm.rule and harm.needles in ("any", kind))
    return [{"says": harm.says, "grade": harm.grade, "source": list(harm.source)} for harm in found]
