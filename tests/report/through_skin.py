"""Results of what goes through the skin, made up: block depth, exposure and barrier of one zone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from percuta.report.page import ReportMaterial

Array = np.ndarray[Any, Any]


def with_groups(material: ReportMaterial, groups: dict[str, xr.Dataset | None]) -> ReportMaterial:
    """The same with other groups of its result; None takes a group away."""
    found = {f"/{path}".replace("/.", "/"): node.to_dataset() for path, node in material.tree.subtree_with_keys}
    found |= {place: one for place, one in groups.items() if one is not None}
    return replace(
        material,
        tree=xr.DataTree.from_dict({place: one for place, one in found.items() if groups.get(place, one) is not None}),
    )


def with_endpoints(material: ReportMaterial, *given: dict[str, Any]) -> ReportMaterial:
    """The same with other endpoints in place of those of the same name and zone."""
    named = {(one["name"], one["zone"]) for one in given}
    kept = [one for one in material.endpoints if (one["name"], one["zone"]) not in named]
    return replace(material, endpoints=[*kept, *given])


def endpoint(name: str, zone: str | None, unit: str, low: float, middle: float, high: float) -> dict[str, Any]:
    numbers = {"p5": low, "p50": middle, "p95": high, "tail_error": 0.0, "spread_shares": None}
    return {"name": name, "zone": zone, "unit": unit, "definition": "as made up", **numbers}


def withheld(name: str, zone: str | None, unit: str, sentence: str) -> dict[str, Any]:
    return {"name": name, "zone": zone, "unit": unit, "definition": "as made up", "withheld": sentence}


def members(material: ReportMaterial) -> Array:
    """A number from 0 to 1 for each scenario, evenly spread."""
    count = int(material.tree["inputs"].sizes["member"])
    return (np.arange(count) + 0.5) / count


def anaesthesia(
    material: ReportMaterial, depth_per_root_minute: float = 0.35, start: float = 70.0, lasting: float = 15.0
) -> xr.Dataset:
    """Block that deepens with the square root of time for 60 min and then fades; needles for some minutes."""
    spread, time = members(material), np.linspace(0.0, 240.0, 121)
    on = np.clip(time - 4.0, 0.0, 64.0)
    left = np.exp(-np.clip(time - 90.0, 0.0, None) / 60.0)
    block = depth_per_root_minute * (0.5 + spread[:, None]) * np.sqrt(on) * left
    one = np.ones_like(spread)
    least = block[:, (time >= start) & (time <= start + lasting)].min(axis=1)
    return xr.Dataset(
        {
            "block_depth": (("member", "stimulus", "time"), np.stack([block, 1.5 * block], axis=1), {"units": "mm"}),
            "block_depth_at_needling": ("member", least, {"units": "mm"}),
            "needles_start": ("member", start * one, {"units": "min"}),
            "needles_end": ("member", (start + lasting) * one, {"units": "min"}),
        },
        coords={"time": ("time", time, {"units": "min"})},
    )


def exposure(material: ReportMaterial, peak: float = 0.2, on_channels: int = 0, lateral: float = 1.0) -> xr.Dataset:
    """Lidocaine with a course in plasma, and prilocaine without one; on needled skin neither, but their multiple."""
    spread, hours = members(material), np.linspace(0.0, 24.0, 97)
    course = np.exp(-hours / 6.0) - np.exp(-hours / 1.5)
    plasma = peak * 10.0 ** (spread[:, None] - 0.5) * course / course.max()
    coords = {
        "time": ("time", hours, {"units": "h"}),
        "drug": ("drug", np.array(["lidocaine", "prilocaine"], dtype=object)),
    }
    if on_channels:
        given = {
            "multiple": ("member", 3.0 + 30.0 * spread, {"units": "1"}),
            "absorbed_on_intact_skin": ("member", 5.0 + 10.0 * spread, {"units": "mg"}),
            "lateral_equilibration_time": ("member", lateral * (0.5 + spread), {"units": "min"}),
        }
        return xr.Dataset(given, coords=coords, attrs={"on_channels": on_channels})
    taken = 25.0 * (0.5 + spread[:, None]) * (1.0 - np.exp(-hours / 3.0))
    return xr.Dataset(
        {
            "absorbed": (("member", "time", "drug"), np.stack([taken, taken], axis=2), {"units": "mg"}),
            "plasma": (("member", "time", "drug"), np.stack([plasma, np.nan * plasma], axis=2), {"units": "ug/ml"}),
        },
        coords=coords,
        attrs={"on_channels": on_channels},
    )


def barrier(material: ReportMaterial, barrier_hours: float = 6.0, pore_hours: float = 15.0) -> xr.Dataset:
    """Skin that closes at two rates."""
    spread, time = members(material), np.concatenate([np.linspace(0.0, 24.0, 49), np.linspace(26.0, 168.0, 72)])
    faster = 10.0 ** (spread - 0.5)
    left = np.exp(-3.0 * time / (barrier_hours * faster[:, None]))
    return xr.Dataset(
        {
            "open_fraction": (("member", "time"), 0.05 * left, {"units": "1"}),
            "water_loss": (("member", "time"), 12.0 + 4.0 * spread[:, None] + 30.0 * left, {"units": "g/m^2/h"}),
            "baseline_water_loss": ("member", 12.0 + 4.0 * spread, {"units": "g/m^2/h"}),
            "barrier_closure_time": ("member", barrier_hours * faster, {"units": "h"}),
            "pore_closure_time": ("member", pore_hours * faster, {"units": "h"}),
        },
        coords={"time": ("time", time, {"units": "h"})},
    )


def numbed(material: ReportMaterial, zone: str = "cheeks") -> ReportMaterial:
    """The same with all of it, cream on intact skin."""
    changed = with_groups(
        material,
        {
            f"/zones/{zone}/anaesthesia": anaesthesia(material),
            "/exposure": exposure(material),
            f"/zones/{zone}/barrier": barrier(material),
        },
    )
    return with_endpoints(
        changed,
        endpoint("block_depth_at_needling", zone, "mm", 1.0, 2.0, 3.0),
        endpoint("block_onset", zone, "min", 10.0, 25.0, 50.0),
        endpoint("block_duration_after_removal", zone, "min", 30.0, 60.0, 110.0),
        endpoint("anaesthetic_absorbed", None, "mg", 20.0, 48.0, 90.0),
        endpoint("anaesthetic_peak_plasma", None, "ug/ml", 0.07, 0.2, 0.6),
        endpoint("barrier_closure_time", zone, "h", 2.0, 6.0, 19.0),
        endpoint("pore_closure_time", zone, "h", 5.0, 15.0, 46.0),
        endpoint("water_loss_peak", zone, "g/m^2/h", 42.5, 44.0, 45.5),
    )


def on_channels(material: ReportMaterial, zone: str = "cheeks") -> ReportMaterial:
    """The same with the cream after the needles."""
    changed = with_groups(
        numbed(material, zone),
        {
            f"/zones/{zone}/anaesthesia": anaesthesia(material, start=2.0),
            "/exposure": exposure(material, on_channels=1),
        },
    )
    return with_endpoints(changed, endpoint("anaesthetic_exposure_multiple", None, "1", 3.2, 9.6, 31.0))
