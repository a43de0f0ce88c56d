"""Endpoints and dataset of patches whose needles dissolve or let a drug out: how much, where, and how soon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from percuta.engine.handovers import COMPARTMENTS, Patch
from percuta.results.samples import Sample, convert_array, variable

Floats = NDArray[np.float64]

NO_OUTCOME_PATCH = "not predicted: no trial read calibrates collagen from dissolving or porous needles"
NO_TOLERANCE_PATCH = (
    "not predicted: no trial read relates this to the length and number of dissolving or porous needles"
)
NO_LOAD = (
    "not given: the load of this patch is not known; write load_per_patch (and the drug) under [device], for example "
    'load_per_patch = "50 ug"'
)
_LAYERS = {
    "epidermis": "the epidermis",
    "papillary": "the papillary dermis",
    "reticular": "the reticular dermis",
    "subcutis": "the fat below the dermis",
}
_WORN = "by the time the patch is taken off"
PATCH = {
    "patch_delivered_dose": ("ug/cm^2", f"load that has left the needles per area of covered skin, {_WORN}"),
    "patch_delivered_amount": ("ug", f"load that has left the needles of all patches of this zone, {_WORN}"),
    "patch_delivered_share": ("%", f"share of the whole load that has left the needles, {_WORN}"),
    "patch_inserted_share": ("%", "share of the whole load that is pressed into the skin; the rest stays outside"),
    "patch_dissolved_share": ("%", f"share of the load in the skin that has left the needles, {_WORN}"),
    "patch_dissolution_time": ("min", "until 95 % of the load in the skin has left the needles, if worn that long"),
} | {
    f"patch_delivered_{layer}_share": ("%", f"share of what has left the needles that is given up in {words}")
    for layer, words in _LAYERS.items()
}
_OF_THE_LOAD = ("patch_delivered_dose", "patch_delivered_amount")


def of_patch(name: str, patch: Patch) -> Iterator[Sample]:
    """Return the endpoints of a zone that wears a patch."""
    total = patch.share_in.sum(axis=1)
    values: dict[str, Floats | None] = {
        "patch_delivered_dose": patch.delivered,
        "patch_delivered_amount": patch.amount,
        "patch_delivered_share": total,
        "patch_inserted_share": patch.inserted,
        "patch_dissolved_share": patch.given_up[:, -1],
        "patch_dissolution_time": patch.time_to_95,
    }
    values |= {
        f"patch_delivered_{layer}_share": patch.share_in[:, number] / total for number, layer in enumerate(COMPARTMENTS)
    }
    for endpoint, (unit, definition) in PATCH.items():
        found = values[endpoint]
        if found is None:
            yield Sample(endpoint, name, unit, definition, withheld=NO_LOAD)
        else:
            yield Sample(endpoint, name, unit, definition, convert_array(found, unit))


def without_needles(name: str, own: dict[str, tuple[str, str]]) -> Iterator[Sample]:
    """Return the endpoints that were measured after steel needles only, all withheld."""
    for endpoint, (unit, definition) in own.items():
        yield Sample(endpoint, name, unit, definition, withheld=NO_TOLERANCE_PATCH)


def patch_dataset(patch: Patch) -> xr.Dataset:
    """Return what a patch gives to one zone as a dataset; doses only where the load is known."""
    one, layers = ("member",), ("member", "compartment")
    variables: dict[str, Any] = {
        "dissolved_share": variable(("member", "time"), patch.given_up, "1", "share of the load in the skin given up"),
        "tip_depth": variable(one, patch.tip, "mm", "depth that the tips reach"),
        "inserted_share": variable(one, patch.inserted, "1", "share of the whole load that is in the skin"),
        "delivered_share": variable(layers, patch.share_in, "1", "share of the whole load given up, by compartment"),
        "dissolution_time": variable(one, patch.time_to_95, "min", "until 95 % of the load in the skin is given up"),
        "time_constant": variable(one, patch.time_constant, "min", "until the needle is gone, or of its pores"),
        "covered_share": variable((), np.asarray(patch.covered), "1", "share of the zone that patches cover"),
        "patches": ((), patch.patches, {"long_name": "patches on this zone"}),
    }
    if patch.delivered_in is not None and patch.amount is not None:
        words = "dose per area of covered skin, by compartment"
        variables["delivered_dose"] = variable(layers, patch.delivered_in, "ug/cm^2", words)
        variables["delivered_amount"] = variable(one, patch.amount, "ug", "given up by all patches of the zone")
    time = variable(("time",), patch.time, "min", "time since the patch came on")
    return xr.Dataset(
        variables, coords={"time": time, "compartment": ("compartment", np.array(COMPARTMENTS, dtype=object))}
    )
