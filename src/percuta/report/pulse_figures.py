"""What came of a pulse, in words: key figures, cautions, zones by kinetic set, numerics, and what is not known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from percuta.physics.pulse_record import DamageField, PulseRecord
from percuta.physics.pulse_setup import PulseSetup
from percuta.report.quantities import degrees, energy, figure, from_to, percent
from percuta.report.wording import joined, significant
from percuta.report.zone_styles import kinetic_label
from percuta.units import convert

_ROUGH = 0.05  # error of the grid above which the page warns
_BOILING, _DRIED = 373.15, 378.15  # K
_COMPANION = "largest change of energy and mean rise against cells of twice the size"


def key_figures(record: PulseRecord) -> list[tuple[str, str, str]]:
    """Return label, value and a remark of what is asked first."""
    traces, end = record.traces, record.pulse_end
    on = np.flatnonzero(traces.power[: end + 1] > 0.0)
    first, last = (int(on[0]), int(on[-1])) if on.size else (0, end)
    surface = traces.surface_peak[np.isfinite(traces.surface_peak)]
    course = "start to end of the pulse"
    figures = [
        ("Power", from_to(traces.power[first], traces.power[last], "W"), course),
        ("Resistance", from_to(traces.resistance[first], traces.resistance[last], "ohm"), course),
        ("Voltage", from_to(traces.voltage[first], traces.voltage[last], "V"), _peak_in_words(record)),
        ("Energy", energy(record.energy), f"{energy(record.energy_per_needle)} a needle"),
        ("Hottest tissue", degrees(float(np.max(traces.tissue_peak))), "at any time"),
        ("Hottest surface", degrees(float(surface.max()) if surface.size else math.nan), "at any time"),
        ("Above 60 °C", figure(record.volume_above_60, "mm^3"), "at the end of the pulse"),
    ]
    if math.isfinite(record.sensor_reached):
        figures.append(("Sensor on target", figure(record.sensor_reached, "s"), "after the start, within 1 K"))
    for collagen, label in ((False, "Zone of cell death"), (True, "Zone of denatured collagen")):
        family = [one for one in record.damage if one.collagen == collagen]
        if family:
            figures.append((label, *_family(family)))
    return figures


def _peak_in_words(record: PulseRecord) -> str:
    return f"rms, start to end; highest peak {figure(record.peak_voltage, 'V')}"


def _family(family: Sequence[DamageField]) -> tuple[str, str]:
    """Return over all kinetic sets of one kind the range of the zone's width, and of its height with their number."""
    sets = f"{len(family)} kinetic sets" if len(family) > 1 else f"{kinetic_label(family[0].name)}"
    there = [one for one in family if one.width > 0.0]
    if not there:
        return "none", sets
    width, height = (_span(getattr(one, key) for one in there) for key in ("width", "height"))
    missing = len(family) - len(there)
    return f"{width} mm wide", f"{height} mm high; {sets}" + (f", no zone in {missing}" if missing else "")


def _span(values: Iterable[float]) -> str:
    shown = [f"{convert(value, 'mm'):.2f}" for value in values]
    low, high = min(shown, key=float), max(shown, key=float)
    return low if low == high else f"{low}–{high}"


def cautions(record: PulseRecord, setup: PulseSetup) -> list[str]:
    """Return why the figures may not be relied on as they stand, where there is a reason."""
    said = []
    if record.discretisation_error > _ROUGH:
        said.append(
            f"The grid alone leaves an error of about {percent(record.discretisation_error)}. "
            "A finer accuracy is needed before these figures are relied on."
        )
    hottest = float(np.max(record.traces.tissue_peak))
    if setup.boiling is None and hottest > _BOILING:
        said.append(f"Boiling was left out, and yet tissue comes to {degrees(hottest)}: water would boil before.")
    elif hottest > _DRIED:
        said.append(
            f"Tissue dries out and comes to {degrees(hottest)}. What happens there follows an assumed law of drying."
        )
    below, spread = setup.depth - setup.needle.depth, _spread(record, setup)
    if below < spread:
        said.append(
            f"The bottom lies {figure(below, 'mm')} below the tips, and heat spreads {figure(spread, 'mm')} while the "
            "current is on. A deeper last layer is needed, or the bottom decides too."
        )
    return said


def _spread(record: PulseRecord, setup: PulseSetup) -> float:
    """Return how far heat spreads in the lowest layer until the current ends, 2 sqrt(4 alpha t) [m]."""
    lowest, time = setup.layers[-1], float(record.traces.time[record.pulse_end])
    return 2.0 * math.sqrt(4.0 * lowest.conductivity / lowest.heat_capacity * time)


def zone_row(one: DamageField) -> dict[str, str]:
    """Return the measures of one zone as a row of the table."""
    there = one.width > 0.0
    return {
        "name": kinetic_label(one.name),
        "key": one.name,
        "end_point": "collagen" if one.collagen else "cells",
        "width": f"{convert(one.width, 'mm'):.3f} mm" if there else "no zone",
        "height": f"{convert(one.height, 'mm'):.3f} mm" if there else "no zone",
        "volume": figure(one.volume, "mm^3") if one.volume > 0.0 else "0 mm³",
        "top": f"{convert(one.top, 'mm'):.3f} mm" if math.isfinite(one.top) else "–",
    }


def agreement(damage: Sequence[DamageField]) -> str:
    """Return how far the kinetic sets agree, in words."""
    said = []
    for collagen, label in ((False, "cell death"), (True, "collagen")):
        volumes = [one.volume for one in damage if one.collagen == collagen]
        if len(volumes) < 2 or max(volumes) <= 0.0:
            continue
        least, most = figure(min(volumes), "mm^3"), figure(max(volumes), "mm^3")
        if min(volumes) <= 0.0:
            said.append(f"from no zone at all to {most} for {label}")
        else:
            said.append(f"from {least} to {most} for {label}")
    return f"The same temperatures give zones {joined(said)}, by kinetic set alone." if said else ""


def numerics(record: PulseRecord) -> list[tuple[str, str, str]]:
    """Return label, figure and what it means."""
    nx, ny, nz = record.temperature.shape
    wrong = record.discretisation_error
    return [
        ("Error from the grid", "not asked for" if math.isnan(wrong) else percent(wrong), _COMPANION),
        ("Error of the energy balance", percent(record.energy_balance_error), "Joule heat less stored less lost heat"),
        ("Joule heat against V I", percent(record.joule_error), "their difference"),
        ("Residual", f"{record.residual:.1e}", "largest of any solve, relative"),
        ("Cells", f"{record.cells:,}".replace(",", "\u202f"), f"{nx} × {ny} × {nz}, smallest {_smallest(record)}"),
        ("Steps in time", f"{record.steps}", f"and {record.field_solves} solutions of the electric field"),
    ]


def _smallest(record: PulseRecord) -> str:
    size = min(float(np.diff(edges).min()) for edges in (record.x, record.y, record.z))
    return f"{significant(1e6 * size, 2)} µm"


def unknown(record: PulseRecord, setup: PulseSetup) -> list[str]:
    """Return what the figures do not tell, in sentences."""
    said = [
        "Which kinetics hold for this tissue. Rates were fitted to other tissues or to other times, and they disagree. "
        f"{agreement(record.damage)}",
        "What the generator delivers. A setting is nominal: no published measurement of voltage, current or energy at "
        "the needles was found for any device. Where you have measured them, put them in place of the setting.",
        "How this tissue conducts. Layers are level and uniform; hair, glands, vessels and the contact of metal and "
        "tissue are left out.",
    ]
    if setup.boiling is not None and float(np.max(record.vaporised)) > 0.0:
        share = percent(float(np.max(record.vaporised)))
        said.append(
            f"How tissue dries. Up to {share} of the water boils here; how far it may go before the current stops, "
            "and how much vapour stays, are assumptions."
        )
    said.append(
        "What a section under the microscope shows. Zones are those of living tissue: a specimen shrinks when it is "
        "fixed, a section rarely passes through the axis, and each stain shows its own end point."
    )
    return [one.strip() for one in said]
