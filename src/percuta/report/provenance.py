"""For researchers: where every number of a report comes from."""

from __future__ import annotations

from typing import Any

import numpy as np

from percuta.report.material import Floats, ReportMaterial
from percuta.report.wording import DEVICE_KINDS, figures, pretty, unit
from percuta.sources import Sourced, Unpublished

_GROUPS = {
    "device": "Device",
    "site": "Layer thickness",
    "tissue": "Tissue",
    "rf": "Radiofrequency",
    "puncture": "Punctures",
    "timing": "Time taken",
    "tolerance": "Pain, recovery and end point",
    "healing": "Healing",
    "steroid": "Steroid",
    "ageing": "Ageing",
    "appearance": "Appearance",
    "product": "Products",
}


def inputs(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return the inputs of a result in groups: each with value, unit, spread, grade and reference."""
    known = {entry.name: entry for entry in material.library.values() if isinstance(entry, Sourced)}
    known |= {entry.name: entry for entry in material.device.fields.values() if isinstance(entry, Sourced)}
    groups: dict[str, list[dict[str, Any]]] = {}
    variables = material.tree["/inputs"].data_vars if "inputs" in material.tree.children else {}
    for key, variable in variables.items():
        name = str(key).replace("__", ".")
        group = _GROUPS.get(name.split(".", maxsplit=1)[0], "Other")
        drawn = np.asarray(variable.values, dtype=np.float64)
        groups.setdefault(group, []).append(_input(name, drawn, variable.attrs, known.get(name)))
    return [{"title": title, "rows": groups[title]} for title in [*_GROUPS.values(), "Other"] if title in groups]


def _input(name: str, drawn: Floats, attributes: dict[str, Any], entry: Sourced | None) -> dict[str, Any]:
    sources = attributes.get("source", "")
    cited = [key for key in str(sources).replace(",", " ").replace("|", " ").split() if key]
    low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95]).tolist()
    written = str(attributes.get("units", ""))
    row = {
        "name": name,
        "label": name.rsplit(".", maxsplit=1)[-1].replace("_", " ").capitalize(),
        "value": f"{figures([middle])[0]} {unit(written)}".strip(),
        "spread": f"drawn from {figures([low])[0]} to {figures([high])[0]} {unit(written)}".strip(),
        "grade": str(attributes.get("grade", "")),
        "source": list(entry.source) if entry is not None else cited,
        "details": [],
    }
    if entry is not None:
        row["value"] = entry.text
        row["spread"] = pretty(entry.spread_text)
        row["details"] = [part for part in (entry.formula, entry.population, entry.method, entry.note) if part]
    return row


def device_fields(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return what is published of the device, and what is not."""
    return [{"label": name.replace("_", " ")} | _field(entry) for name, entry in material.device.fields.items()]


def _field(entry: Sourced | Unpublished) -> dict[str, Any]:
    if isinstance(entry, Unpublished):
        sought = f"sought in: {entry.where_sought}"
        return {"value": "not published", "grade": "", "source": [], "details": [sought]}
    details = [part for part in (pretty(entry.spread_text) if entry.spread else "", entry.method, entry.note) if part]
    return {"value": entry.text, "grade": entry.grade, "source": list(entry.source), "details": details}


def manifest_rows(material: ReportMaterial) -> list[tuple[str, str]]:
    """Return how the result was made, as pairs of label and value."""
    manifest = material.manifest
    libraries = manifest.get("libraries", {})
    rows = [
        ("Percuta", manifest.get("percuta", "")),
        ("Python", manifest.get("python", "")),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in libraries.items())),
        ("Device", f"{material.device.name} ({DEVICE_KINDS.get(material.device.kind, material.device.kind)})"),
        ("Scenarios", manifest.get("members", "")),
        ("Accuracy of the pulses", manifest.get("accuracy", "") if material.plan.rf_pulses else ""),
        ("Seed", manifest.get("seed", "")),
        ("Plan, SHA-256", manifest.get("plan_sha256", "")),
        ("Library, SHA-256", manifest.get("library_sha256", "")),
        ("Verdict", str(manifest.get("verdict", material.verdict)).replace("_", " ")),
        ("Computed for study", "yes" if manifest.get("study") else "no"),
        ("Machine", manifest.get("platform", "")),
    ]
    return [(label, str(value)) for label, value in rows if str(value)]


def other_library(material: ReportMaterial) -> str:
    """Return a note where the library is not the one that the result was computed with, else an empty text."""
    if material.manifest.get("library_sha256") == material.library.digest:
        return ""
    return (
        "This page was written with another state of the library than the result was computed with (SHA-256 "
        f"{material.library.digest}). Texts, layers, values and references shown here are those of the present library."
    )
