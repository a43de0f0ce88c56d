"""A table of pulses as one HTML page."""

from __future__ import annotations

from typing import Any

from percuta.report.rendering import rendered
from percuta.report.sweep_charts import sweep_pictures
from percuta.report.wording import significant, unit
from percuta.report.zone_styles import kinetic_label

_FIGURES = {
    "power_start": "Power at the start",
    "power_end": "Power at the end",
    "resistance_start": "Resistance at the start",
    "resistance_end": "Resistance at the end",
    "energy": "Energy",
    "temperature_mean_rise": "Mean rise",
    "temperature_peak": "Peak",
    "volume_above_60": "Above 60 °C",
    "energy_balance_error": "Error, energy balance",
    "discretisation_error": "Error, grid",
}
_EXTENTS = (("Volume, mm³", "volumes"), ("Width × height, mm", "sizes"))


def render_sweep(sweep: dict[str, Any], manifest: dict[str, Any]) -> str:
    """Return the table of a sweep as one HTML page that needs nothing else.

    Parameters
    ----------
    sweep
        What ``sweep.json`` holds: title, varied values, accuracy and rows.
    manifest
        Its manifest.
    """
    zones = [row["zone"] for row in sweep["rows"] if row["zone"] is not None]
    sets = list(dict.fromkeys(name for zone in zones for name in zone["zones"]))
    return rendered(
        "sweep.html.j2",
        title=sweep["title"],
        accuracy=sweep["accuracy"],
        unit_of_array=" or ".join(dict.fromkeys(zone["unit_of_array"] for zone in zones)),
        varied=list(sweep["varied"]),
        figures=[(label, _unit(zones, key)) for key, label in _FIGURES.items()],
        pictures=sweep_pictures(sweep),
        sets=[(kinetic_label(name), "") for name in sets],
        extents=_EXTENTS,
        rows=[_row(row, sets) for row in sweep["rows"]],
        manifest=manifest,
    )


def _unit(zones: list[dict[str, Any]], key: str) -> str:
    """Return the unit of a column as people write it; a share is shown in percent."""
    written = str(zones[0][key]["unit"]) if zones else ""
    return {"1": "%", "ohm": "Ω"}.get(written, unit(written))


def _row(row: dict[str, Any], sets: list[str]) -> dict[str, Any]:
    zone = row["zone"]
    said = {"values": list(row["values"].values()), "error": (row["error"] or {}).get("what")}
    if zone is None:
        return said
    volumes = zone["necrotic_volume"] | zone["coagulated_volume"]
    sizes = [(zone["zones"][name]["width"], zone["zones"][name]["height"]) for name in sets]
    return said | {
        "figures": [_shown(zone[key]) for key in _FIGURES],
        "volumes": [_shown(volumes[name]) for name in sets],
        "sizes": [_size(width, height) for width, height in sizes],
    }


def _size(width: dict[str, Any], height: dict[str, Any]) -> str:
    both = (width["value"], height["value"])
    return " × ".join(significant(one, 2) for one in both) if all(both) else "none"


def _shown(figure: dict[str, Any]) -> str:
    """Return a number to three digits; a share is shown in percent."""
    value = figure["value"]
    if value is None:
        return "–"
    if figure["unit"] == "1":
        return "< 0.001" if abs(value) < 1e-5 else significant(100.0 * value, 2)
    return significant(value, 3)
