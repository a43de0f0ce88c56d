"""One pulse as a self-contained HTML page for the device engineer: fields, zones, traces, numerics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from percuta.physics.pulse_record import DamageField, PulseRecord
from percuta.physics.pulse_setup import PulseSetup, Surface, TissueLayer
from percuta.plan.outline import Point
from percuta.plan.pulse_file import PulseFile
from percuta.report import pulse_charts, pulse_sections
from percuta.report.material import Picture
from percuta.report.needle_map import needle_energies
from percuta.report.pulse_charts import Course, current_on, while_on
from percuta.report.pulse_sections import Measured
from percuta.report.rendering import rendered
from percuta.report.section import Section
from percuta.report.wording import joined, significant
from percuta.report.zone_styles import kinetic_label
from percuta.units import convert

_PATTERNS = {
    "checkerboard": "checkerboard, neighbours of opposite polarity",
    "alternating_rows": "rows of alternating polarity",
    "pair": "independent pairs",
    "monopolar": "monopolar, return electrode elsewhere",
}
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
        summary=_summary(setup),
        keys=_key_figures(record),
        sections=_sections(record, setup, measured),
        measured=measured.label if measured else "",
        zones=[_zone(one) for one in record.damage],
        agreement=_agreement(record.damage),
        traces=_traces(record, setup),
        needles=needle_energies(record, setup),
        layers=[_layer(layer) for layer in setup.layers],
        setting=_setting(setup),
        numerics=_numerics(record),
        unknown=_unknown(record, setup),
        manifest=manifest,
    )


# --- in words ------------------------------------------------------------------------------------------------------


def _of(si: float, unit: str, digits: int = 3) -> str:
    """Return a value with its unit."""
    if not math.isfinite(si):
        return "–"
    shown = {"degC": "°C", "ohm": "Ω", "mm^3": "mm³", "W/m/K": "W/(m K)", "1/K": "/K"}.get(unit, unit)
    return f"{significant(convert(si, unit), digits)} {shown}"


def _degrees(kelvin: float) -> str:
    return f"{significant(convert(kelvin, 'degC'), 3)} °C" if math.isfinite(kelvin) else "–"


def _energy(joule: float) -> str:
    return _of(joule, "mJ") if abs(joule) < 1.0 else _of(joule, "J")


def _time(seconds: float) -> str:
    return _of(seconds, "ms") if seconds < 1.0 else _of(seconds, "s")


def _summary(setup: PulseSetup) -> str:
    """Return array, needle and drive in one sentence."""
    needle, array = setup.needle, setup.array
    size = "without edges" if array.infinite else f"of {array.rows} × {array.columns} needles"
    if array.pattern == "pair":
        size = "of needles"
    bare = needle.exposed_length >= needle.depth / math.sin(needle.angle) * (1 - 1e-9)
    lean = "" if abs(needle.angle - math.pi / 2) < 1e-6 else f" at {math.degrees(needle.angle):.3g}° to the surface"
    length = "bare throughout" if bare else f"bare over {_of(needle.exposed_length, 'mm')} from the tip"
    return (
        f"{_PATTERNS[array.pattern].capitalize()}, {size}, pitch {_of(array.pitch, 'mm')}. Needles "
        f"{_of(needle.diameter, 'mm')} thick, tip at {_of(needle.depth, 'mm')}{lean}, {length}. {_drive(setup)}."
    )


def _drive(setup: PulseSetup) -> str:
    drive = setup.drive
    if drive.control is not None:
        said = f"Sensor held at {_degrees(drive.control.target)} for {_time(drive.width)}"
    elif drive.voltage is not None:
        said = f"{_of(drive.voltage, 'V')} rms for {_time(drive.width)}"
    else:
        said = f"{_of(drive.power or 0.0, 'W')} for {_time(drive.width)}"
    if drive.sub_pulses > 1:
        said += f" in {drive.sub_pulses} sub-pulses with gaps of {_time(drive.gap)}"
    if drive.pulses > 1:
        said += f", {drive.pulses} pulses with pauses of {_time(drive.pause)}"
    return said


def _key_figures(record: PulseRecord) -> list[tuple[str, str, str]]:
    """Return label, value and a remark of what is asked first."""
    traces, end = record.traces, record.pulse_end
    on = np.flatnonzero(traces.power[: end + 1] > 0.0)
    first, last = (int(on[0]), int(on[-1])) if on.size else (0, end)
    figures = [
        ("Power", _from_to(traces.power[first], traces.power[last], "W"), "start to end of the pulse"),
        ("Resistance", _from_to(traces.resistance[first], traces.resistance[last], "ohm"), "start to end of the pulse"),
        ("Energy", _energy(record.energy), f"{_energy(record.energy_per_needle)} a needle"),
        ("Hottest tissue", _degrees(float(np.max(traces.tissue_peak))), "at any time"),
        (
            "Hottest surface",
            _degrees(float(np.nanmax(traces.surface_peak))) if np.isfinite(traces.surface_peak).any() else "–",
            "at any time",
        ),
        ("Above 60 °C", _of(record.volume_above_60, "mm^3"), "at the end of the pulse"),
    ]
    for collagen, label in ((False, "Zone of cell death"), (True, "Zone of denatured collagen")):
        family = [one for one in record.damage if one.collagen == collagen]
        if family:
            figures.append((label, *_family(family)))
    return figures


def _from_to(start: float, end: float, unit: str) -> str:
    first, second = _of(start, unit), _of(end, unit)
    ending = first.rpartition(" ")[2]
    return second if first == second else f"{first.removesuffix(f' {ending}')} to {second}" if first != "–" else second


def _family(family: Sequence[DamageField]) -> tuple[str, str]:
    """Return over all kinetic sets of one kind the range of the zone's width and height, and how many there are."""
    sets = f"{len(family)} kinetic sets" if len(family) > 1 else f"{kinetic_label(family[0].name)}"
    none = sum(one.width <= 0.0 for one in family)
    if none == len(family):
        return "none", sets
    width, height = (_span(getattr(one, key) for one in family if one.width > 0) for key in ("width", "height"))
    return f"{width} × {height} mm", f"{sets}, width × height" + (f"; none in {none} of them" if none else "")


def _span(values: Iterable[float]) -> str:
    shown = [f"{convert(value, 'mm'):.2f}" for value in values]
    low, high = min(shown, key=float), max(shown, key=float)
    return low if low == high else f"{low}–{high}"


# --- pictures ------------------------------------------------------------------------------------------------------


def _sections(record: PulseRecord, setup: PulseSetup, measured: Measured | None) -> list[Picture]:
    section = Section(record, setup)
    drawn = [
        ("Temperature at the end of the pulse", pulse_sections.temperature_section("temperature", section)),
        ("Zones: where the damage integral Ω is 1", pulse_sections.zones_section("zones", section, measured)),
        ("Joule heat at the end of the pulse", pulse_sections.joule_section("joule", section)),
    ]
    return [Picture(Markup(drawing), caption) for caption, drawing in drawn if drawing]


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
        course = Course(label, "treated", while_on(time, values, traces.power, stretches))
        drawn = pulse_charts.history(
            f"trace-{name}", f"{label} over time", f"{label} ({unit})", [course], shaded, end=stop, from_zero=from_zero
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
    traces = record.traces
    lines = [
        ("hottest tissue", "collagen", traces.tissue_peak, ""),
        ("hottest surface", "open", traces.surface_peak, "6 3"),
    ]
    if setup.needle.conductivity > 0.0:
        lines.append(("sensor" if setup.drive.control else "bare metal, mean", "cell", traces.sensor, "2 2"))
    return [
        Course(label, paint, [(traces.time, values - 273.15)], dash)
        for label, paint, values, dash in lines
        if np.isfinite(values).all()
    ]


def _end_of_interest(record: PulseRecord) -> float:
    """Return until when temperatures are shown [s]."""
    time, stop = record.traces.time, float(record.traces.time[record.pulse_end])
    warm = np.flatnonzero(record.traces.tissue_peak > _WARM)
    cooled = float(time[min(int(warm[-1]) + 1, time.size - 1)]) if warm.size else 0.0
    return min(max((1.0 + _SHOWN_COOLING) * stop, cooled), float(time[-1]))


# --- tables --------------------------------------------------------------------------------------------------------


def _zone(one: DamageField) -> dict[str, str]:
    there = one.width > 0.0
    return {
        "name": kinetic_label(one.name),
        "key": one.name,
        "end_point": "collagen" if one.collagen else "cells",
        "width": f"{convert(one.width, 'mm'):.3f} mm" if there else "no zone",
        "height": f"{convert(one.height, 'mm'):.3f} mm" if there else "no zone",
        "volume": _of(one.volume, "mm^3") if one.volume > 0.0 else "0 mm³",
        "top": f"{convert(one.top, 'mm'):.3f} mm" if math.isfinite(one.top) else "–",
    }


def _agreement(damage: Sequence[DamageField]) -> str:
    """Return how far the kinetic sets agree, in words."""
    said = []
    for collagen, label in ((False, "cell death"), (True, "collagen")):
        volumes = [one.volume for one in damage if one.collagen == collagen]
        if len(volumes) < 2 or max(volumes) <= 0.0:
            continue
        least, most = _of(min(volumes), "mm^3"), _of(max(volumes), "mm^3")
        if min(volumes) <= 0.0:
            said.append(f"from no zone at all to {most} for {label}")
        else:
            said.append(f"from {least} to {most} for {label}")
    return f"The same temperatures give zones {joined(said)}, by kinetic set alone." if said else ""


def _layer(layer: TissueLayer) -> dict[str, str]:
    in_plane, in_depth = _of(layer.sigma_in_plane, "S/m"), _of(layer.sigma_in_depth, "S/m")
    return {
        "name": layer.name,
        "thickness": _of(layer.thickness, "mm"),
        "sigma": in_plane if in_plane == in_depth else f"{in_plane} along, {in_depth} across",
        "slope": f"{significant(100.0 * layer.sigma_slope, 2)} %/K from {_degrees(layer.sigma_reference)}",
        "conductivity": _of(layer.conductivity, "W/m/K"),
        "heat_capacity": f"{significant(1e-6 * layer.heat_capacity)} MJ/(m³ K)",
        "latent": f"{significant(1e-6 * layer.latent_heat)} MJ/m³" if layer.latent_heat > 0 else "does not boil",
        "perfusion": f"{significant(1e-3 * layer.perfusion)} kW/(m³ K)" if layer.perfusion > 0 else "none",
    }


def _setting(setup: PulseSetup) -> list[tuple[str, str]]:
    needle, drive, array = setup.needle, setup.drive, setup.array
    metal = f"conducts heat, {_of(needle.conductivity, 'W/m/K')}" if needle.conductivity > 0 else "left out of the heat"
    rows = [
        ("Drive", _drive(setup)),
        ("Tip", f"tapered over {_of(needle.taper, 'mm')}" if needle.taper > 0 else "flat, its face is electrode"),
        ("Needle metal", metal),
    ]
    if not array.infinite or array.pattern == "pair":
        rows.append(("Skin beyond the needles", _of(array.margin, "mm")))
    if array.pattern == "monopolar":
        rows.append(("Resistance of body and return electrode", _of(array.body_resistance, "ohm")))
    limits = [
        _of(value, unit)
        for value, unit in ((drive.voltage_limit, "V"), (drive.current_limit, "A"), (drive.power_limit, "W"))
        if math.isfinite(value)
    ]
    rows.append(("Limits of the generator", joined(limits) or "none given"))
    if drive.control is not None:
        control = drive.control
        kind = "ideal control" if control.ideal else f"PI control every {_time(control.interval)}"
        offset = f", reads {_of(control.offset, 'K', 2)} off" if control.offset else ""
        rows.append(("Sensor", f"{kind}; mean over {_of(control.length, 'mm')} from the tip{offset}"))
    start, core = _degrees(setup.start_surface), _degrees(setup.start_core)
    rows.append(("Before the pulse", f"{start} everywhere" if start == core else f"{start} at the surface, {core} below"))
    rows.append(("Skin surface", _face(setup.top)))
    rows.append(("Bottom", _face(setup.bottom)))
    boiling = setup.boiling
    rows.append(
        (
            "Boiling",
            "left out"
            if boiling is None
            else f"from 99 °C; dry when {_percent(boiling.dry_limit)} of the water is vapour, "
            f"{_percent(boiling.recovered)} condenses again in place",
        )
    )
    return rows


def _face(surface: Surface) -> str:
    if surface.transfer == 0.0:
        return "insulated"
    if math.isinf(surface.transfer):
        return f"held at {_degrees(surface.temperature)}"
    return f"{significant(surface.transfer, 2)} W/(m² K) to {_degrees(surface.temperature)}"


def _percent(share: float, digits: int = 2) -> str:
    if math.isnan(share):
        return "not asked for"
    if abs(share) < 1e-6:
        return "below 0.0001 %"
    return f"{significant(100.0 * abs(share), digits)} %"


def _numerics(record: PulseRecord) -> list[tuple[str, str, str]]:
    """Return label, figure and what it means."""
    nx, ny, nz = record.temperature.shape
    return [
        ("Error from the grid", _percent(record.discretisation_error), _COMPANION),
        ("Error of the energy balance", _percent(record.energy_balance_error), "Joule heat less stored less lost heat"),
        ("Joule heat against V I", _percent(record.joule_error), "their difference"),
        ("Residual", f"{record.residual:.1e}", "largest of any solve, relative"),
        ("Cells", f"{record.cells:,}".replace(",", "\u202f"), f"{nx} × {ny} × {nz}, smallest {_smallest(record)}"),
        ("Steps in time", f"{record.steps}", f"of which the field was solved again {record.field_solves} times"),
    ]


_COMPANION = "largest change of energy, mean rise and volume above 60 °C against cells of twice the size"


def _smallest(record: PulseRecord) -> str:
    size = min(float(np.diff(edges).min()) for edges in (record.x, record.y, record.z))
    return f"{significant(1e6 * size, 2)} µm"


def _unknown(record: PulseRecord, setup: PulseSetup) -> list[str]:
    """Return what the figures do not tell, in sentences."""
    said = [
        "Which kinetics hold for this tissue. Rates were measured in other tissues and over other times, and nobody "
        f"has compared them on these zones. {_agreement(record.damage)}",
        "What the generator delivers. A setting is nominal: voltage, current and energy at the needles are published "
        "for hardly any device. Where they were measured, put them in place of the setting.",
        "How this tissue conducts. Layers are level and uniform; hair, glands, vessels and the contact of metal and "
        "tissue are left out.",
    ]
    if setup.boiling is not None and float(np.max(record.vaporised)) > 0.0:
        share = _percent(float(np.max(record.vaporised)))
        said.append(
            f"How tissue dries. Up to {share} of the water boils here; how far it may go before the current stops, "
            "and how much vapour stays, are assumptions."
        )
    said.append(
        "What a section under the microscope shows. Zones are those of living tissue: a specimen shrinks when it is "
        "fixed, a section rarely passes through the axis, and each stain shows its own end point."
    )
    return [one.strip() for one in said]
