"""Endpoints and dataset of the barrier: how long skin stays open, and the water that it loses until then."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from percuta.engine.handovers import Barrier
from percuta.results.samples import Sample, convert_array, variable

_SINCE = "after the last needle; measured after needles without current"
WATER = "g/m^2/h"
BARRIER = {
    "barrier_closure_time": (
        "h",
        f"until 95 % of the barrier is back, {_SINCE}, few of them; a pen left water loss slightly raised for two "
        "days, so that this may be too short",
    ),
    "pore_closure_time": ("h", f"until 95 % of the channels' area is closed to a dye, {_SINCE}, in rats"),
    "water_loss_peak": (
        WATER,
        "most water that the zone's skin loses, films taken off; the open share of the surface loses as much as skin "
        "without its stratum corneum",
    ),
}


def of_barrier(name: str, barrier: Barrier) -> Iterator[Sample]:
    """Return the endpoints of a zone with needles."""
    values = {
        "barrier_closure_time": barrier.barrier_closure,
        "pore_closure_time": barrier.pore_closure,
        "water_loss_peak": barrier.water_loss.max(axis=1),
    }
    for endpoint, (unit, definition) in BARRIER.items():
        yield Sample(endpoint, name, unit, definition, convert_array(values[endpoint], unit))


def barrier_dataset(barrier: Barrier) -> xr.Dataset:
    """Return the dataset of a zone with needles."""
    rows, one = ("member", "time"), ("member",)
    return xr.Dataset(
        {
            "open_fraction": variable(rows, barrier.open_fraction, "1", "open share of the surface, by the pores"),
            "water_loss": variable(rows, barrier.water_loss, WATER, "water lost through the skin"),
            "baseline_water_loss": variable(one, barrier.baseline, WATER, "water lost through intact skin"),
            "barrier_closure_time": variable(one, barrier.barrier_closure, "h", "until 95 % of the barrier is back"),
            "pore_closure_time": variable(one, barrier.pore_closure, "h", "until 95 % of the pores' area is closed"),
        },
        coords={"time": variable(("time",), barrier.time, "h", "time since the last needle")},
    )
