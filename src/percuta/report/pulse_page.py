"""One pulse as a self-contained HTML page for the device engineer: fields, zones, traces, numerics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import PulseSetup
from percuta.plan.outline import Point
from percuta.plan.pulse_file import PulseFile
from percuta.report import pulse_charts, pulse_sections
from percuta.report.material import Picture
from percuta.report.needle_map import needle_energies
from percuta.report.pulse_charts import Course, current_on, while_on
from percuta.report.pulse_figures import agreement, cautions, key_figures, numerics, unknown, zone_row
from percuta.report.pulse_inputs import layer_row, setting_rows, summary
from percuta.report.pulse_sections import Measured
from percuta.report.quantities import energy
from percuta.report.rendering import rendered
from percuta.report.section import ALIKE, Section, focus
from percuta.units import convert

_UNITS_OF_ARRAY = {
    "one pitch x pitch cell": "one pitch × pitch cell, that is one needle",
    "one pair": "one pair",
    "whole array": "the whole array",
}
_SHOWN_COOLING = 3.0  # pulse lengths after the pulse
_WARM = 318.15  # K; temperatures are shown until all tissue is cooler again, if that takes longer


def render_pulse(
    record: PulseRecord,
    setup: PulseSetup,
    pulse_file: PulseFile,
    manifest: dict[str, Any],
    outline: Sequence[Point] | None = None,
) -> str:
    """Return one pulse as one HTML page that needs nothing else.

    Parameters
    ----------
    record, setup
        The computed pulse and what was computed.
    pulse_file
        The file it was read from, for its title, notes and labels.
    manifest
        Its manifest.
    outline
        A measured outline in the plane through the needles: places along the surface and depths [m].
    """
    label = pulse_file.compare.label if pulse_file.compare is not None else None
    measured = None
    if outline is not None:
        points = tuple((convert(x, "mm"), convert(depth, "mm")) for x, depth in outline)
        measured = Measured(points, f"measured outline, {label}" if label else "measured outline")
    return rendered(
        "pulse.html.j2",
        title=pulse_file.title,
        notes=pulse_file.notes or "",
        accuracy=manifest["accuracy"],
        unit_of_array=_UNITS_OF_ARRAY[pulse_file.array.unit],
        summary=summary(setup),
        keys=key_figures(record),
        cautions=cautions(record, setup),
        sections=_sections(record, setup, measured),
        measured=measured.label if measured else "",
        shown=_shown(record),
        zones=[zone_row(one) for one in record.damage],
        agreement=agreement(record.damage),
        traces=_traces(record, setup),
        needles=needle_energies(record, setup),
        layers=[layer_row(layer) for layer in setup.layers],
        setting=setting_rows(setup),
        numerics=numerics(record),
        unknown=unknown(record, setup),
        manifest=manifest,
    )


# --- pictures ------------------------------------------------------------------------------------------------------


def _sections(record: PulseRecord, setup: PulseSetup, measured: Measured | None) -> list[Picture]:
    section = Section(record, setup)
    drawn = [
        ("Temperature at the end of the pulse", pulse_sections.temperature_section("temperature", section)),
        ("Joule heat at the end of the pulse", pulse_sections.joule_section("joule", section)),
        ("Zones: where the damage integral Ω is 1", pulse_sections.zones_section("zones", section, measured)),
        ("Damaged share of the tissue by depth", pulse_charts.damage_by_depth("shares", record, setup)),
    ]
    return [Picture(Markup(drawing), caption) for caption, drawing in drawn if drawing]


def _shown(record: PulseRecord) -> str:
    """Return which needle the sections show, where needles differ."""
    needles = np.asarray(record.needle_energy, dtype=np.float64)
    low, high, drawn = float(needles[:, 2].min()), float(needles[:, 2].max()), needles[focus(needles), 2]
    if high <= (1.0 + ALIKE) * max(low, 0.0):
        return ""
    which = "that delivers most" if drawn == high else "nearest the middle"
    span = f"{energy(low)} to {energy(high)}"
    return f"The needles of this array deliver from {span} each. The sections show the one {which}."


def _traces(record: PulseRecord, setup: PulseSetup) -> list[Picture]:
    traces, end = record.traces, record.pulse_end
    time, stop = traces.time, float(traces.time[end])
    stretches = current_on(time, traces.power, end)
    shaded = [(float(time[first]), float(time[last])) for first, last in stretches]
    pictures = []
    for name, label, unit, values, from_zero in (
        ("power", "Power", "W", traces.power, True),
        ("voltage", "Voltage, rms", "V", traces.voltage, True),
        ("resistance", "Resistance", "Ω", traces.resistance, False),
    ):
        pieces = while_on(time, values, traces.power, stretches)
        most = max((float(np.max(piece)) for _, piece in pieces), default=0.0)
        factor, prefix = (1e-3, "k") if most >= 1e4 else (1e3, "m") if 0.0 < most < 0.1 else (1.0, "")
        course = Course(label, "treated", [(at, factor * piece) for at, piece in pieces])
        drawn = pulse_charts.history(
            f"trace-{name}",
            f"{label} over time",
            f"{label} ({prefix}{unit})",
            [course],
            shaded,
            end=stop,
            from_zero=from_zero,
        )
        pictures.append(Picture(Markup(drawn), label))
    drawn = pulse_charts.history(
        "trace-temperature",
        "Temperatures over time",
        "Temperature (°C)",
        _temperatures(record, setup),
        shaded,
        end=_end_of_interest(record),
        from_zero=False,
    )
    return [*pictures, Picture(Markup(drawn), "Temperatures")]


def _temperatures(record: PulseRecord, setup: PulseSetup) -> list[Course]:
    traces, held = record.traces, setup.drive.control is not None
    last = record.pulse_end if held else traces.time.size - 1  # a sensor is read as long as it controls
    lines = [
        ("hottest tissue", "collagen", traces.tissue_peak, "", traces.time.size - 1),
        ("hottest surface", "open", traces.surface_peak, "6 3", traces.time.size - 1),
    ]
    if setup.needle.conductivity > 0.0:
        lines.append(("sensor" if held else "bare metal, mean", "cell", traces.sensor, "2 2", last))
    return [
        Course(label, paint, [(traces.time[: end + 1], values[: end + 1] - 273.15)], dash)
        for label, paint, values, dash, end in lines
        if np.isfinite(values).all()
    ]


def _end_of_interest(record: PulseRecord) -> float:
    """Return until when temperatures are shown [s]."""
    time, stop = record.traces.time, float(record.traces.time[record.pulse_end])
    warm = np.flatnonzero(record.traces.tissue_peak > _WARM)
    cooled = float(time[min(int(warm[-1]) + 1, time.size - 1)]) if warm.size else 0.0
    return min(max((1.0 + _SHOWN_COOLING) * stop, cooled), float(time[-1]))
