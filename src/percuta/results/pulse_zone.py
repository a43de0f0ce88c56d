"""The figures of one pulse as plain data: power, resistance, energy, temperatures and zones, each with its unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from percuta.physics.pulse_record import DamageField, PulseRecord
from percuta.plan.pulse_tables import UnitOfArray
from percuta.units import convert

Figure = dict[str, Any]  # {"value": number or None, "unit": text}


def figure(si: float, unit: str) -> Figure:
    """Return a value with its unit; what is not known is None."""
    return {"value": None if math.isnan(si) else float(convert(si, unit)), "unit": unit}


def pulse_zone(record: PulseRecord, accuracy: str, unit_of_array: UnitOfArray) -> dict[str, Any]:
    """Return what ``zone.json`` holds.

    Power, resistance, energy and volumes belong to one unit of the array; the mean rise and the volume above 60 degC
    to the end of the pulse. The start is when current first flows. ``zone_width`` and ``zone_height`` are those of
    ``zone_set``, the first collagen set.

    Parameters
    ----------
    record
        The computed pulse.
    accuracy
        Setting it was computed with.
    unit_of_array
        What a unit of the array is.
    """
    traces, end = record.traces, record.pulse_end
    on = np.flatnonzero(traces.power[: end + 1] > 0.0)  # a temperature control begins and may end without current
    first_on, last_on = (on[0], on[-1]) if on.size else (0, end)
    collagen = [one for one in record.damage if one.collagen]
    cells = [one for one in record.damage if not one.collagen]
    first = collagen[0]
    return {
        "unit_of_array": unit_of_array,
        "accuracy": accuracy,
        "cells": record.cells,
        "steps": record.steps,
        "power_start": figure(traces.power[first_on], "W"),
        "power_end": figure(traces.power[end], "W"),
        "resistance_start": figure(traces.resistance[first_on], "ohm"),
        "resistance_end": figure(traces.resistance[last_on], "ohm"),
        "energy": figure(record.energy, "J"),
        "energy_per_needle": figure(record.energy_per_needle, "J"),
        "peak_voltage": figure(record.peak_voltage, "V"),
        "temperature_mean_rise": figure(traces.mean_rise[end], "K"),
        "temperature_peak": figure(float(np.max(traces.tissue_peak)), "degC"),
        "sensor_reached": figure(record.sensor_reached, "s"),
        "volume_above_60": figure(record.volume_above_60, "mm^3"),
        "coagulated_volume": {one.name: figure(one.volume, "mm^3") for one in collagen},
        "necrotic_volume": {one.name: figure(one.volume, "mm^3") for one in cells},
        "zone_set": first.name,
        "zone_width": figure(first.width, "mm"),
        "zone_height": figure(first.height, "mm"),
        "zones": {one.name: _zone(one) for one in record.damage},
        "energy_balance_error": figure(record.energy_balance_error, "1"),
        "discretisation_error": figure(record.discretisation_error, "1"),
    }


def _zone(one: DamageField) -> dict[str, Any]:
    return {
        "end_point": "collagen" if one.collagen else "cell",
        "width": figure(one.width, "mm"),
        "height": figure(one.height, "mm"),
        "top": figure(one.top, "mm"),
    }


def flat_figures(zone: dict[str, Any]) -> list[tuple[str, Figure]]:
    """Return the figures of a zone as one row: dotted keys such as ``coagulated_volume.agah``, in order."""
    found: list[tuple[str, Figure]] = []
    for key, value in zone.items():
        if isinstance(value, dict) and set(value) == {"value", "unit"}:
            found.append((key, value))
        elif isinstance(value, dict):
            found += [(f"{key}.{name}", one) for name, one in flat_figures(value)]
    return found
