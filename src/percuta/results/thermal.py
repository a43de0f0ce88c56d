"""Endpoints of radiofrequency needles: what the current heats, coagulates and kills in one session."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from percuta.engine.handovers import COMPARTMENTS, ThermalZone
from percuta.engine.heating import UPPER_FAT
from percuta.results.samples import Sample, convert_array
from percuta.units import show

Floats = NDArray[np.float64]

_BY_SET = "by the kinetic set that the scenario draws"
_COAGULATED = f"in which collagen is denatured in one session, all depths, passes and steps, {_BY_SET}"
_NECROTIC = f"in which cells die in one session, all depths, passes and steps, {_BY_SET}"
_ZONE = "of the largest zone that one pulse coagulates around a needle (Omega of collagen at least 1)"
_LAYERS = {
    "papillary_coagulated_fraction": f"share of the papillary dermis {_COAGULATED}",
    "reticular_coagulated_fraction": f"share of the reticular dermis {_COAGULATED}",
    "epidermis_necrotic_fraction": f"share of the epidermis {_NECROTIC}",
    "papillary_necrotic_fraction": f"share of the papillary dermis {_NECROTIC}",
    "reticular_necrotic_fraction": f"share of the reticular dermis {_NECROTIC}",
    "subcutis_necrotic_fraction": f"share of the uppermost {show(UPPER_FAT, 'mm')} of the fat {_NECROTIC}",
}
THERMAL = {name: ("1", definition) for name, definition in _LAYERS.items()} | {
    "zone_width": ("mm", f"width {_ZONE}"),
    "zone_height": ("mm", f"height {_ZONE}"),
    "zone_volume": ("mm^3", f"volume {_ZONE}"),
    "peak_temperature": ("degC", "highest temperature in the tissue, beside the bare metal"),
    "surface_temperature_peak": ("degC", "highest temperature of the skin surface, beside a needle"),
    "energy_per_needle": ("J", "delivered to one needle by one pulse, within the limits of the generator"),
    "resistance": ("ohm", "of the array (of one pair where pairs have a generator each) when the current comes on"),
}


def of_thermal(name: str, thermal: ThermalZone) -> Iterator[Sample]:
    """Return the endpoints of a zone that gets pulses."""
    values = {endpoint: _in_layer(thermal, endpoint) for endpoint in _LAYERS} | {
        "zone_width": thermal.width,
        "zone_height": thermal.height,
        "zone_volume": thermal.volume,
        "peak_temperature": thermal.peak_temperature,
        "surface_temperature_peak": thermal.surface_temperature,
        "energy_per_needle": thermal.energy_per_needle,
        "resistance": thermal.resistance,
    }
    for endpoint, (unit, definition) in THERMAL.items():
        yield Sample(endpoint, name, unit, definition, convert_array(values[endpoint], unit))


def _in_layer(thermal: ThermalZone, endpoint: str) -> Floats:
    layer, kind, _ = endpoint.split("_")
    means: Floats = thermal.coagulated_in if kind == "coagulated" else thermal.necrotic_in
    return means[:, COMPARTMENTS.index(layer)]
