"""The result as a tree of datasets (xarray, NetCDF): units outside, one row per scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from percuta.engine.handovers import COMPARTMENTS, Channels, Remodelling, ThermalZone, Tolerance, Zone
from percuta.engine.session import deepest_setting
from percuta.engine.simulate import Outcome
from percuta.manifest import DISCLAIMER
from percuta.physics.tolerance import END_POINTS
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.results.anaesthesia import anaesthesia_dataset, exposure_dataset
from percuta.results.barrier import barrier_dataset
from percuta.results.patch import patch_dataset
from percuta.results.samples import convert_array, variable
from percuta.sources import Sourced
from percuta.units import show

Floats = NDArray[np.float64]

_WEEK = 604_800.0
_FEWEST_TIMES, _MOST_TIMES = 60, 400
_MOST_VALUES = 400_000  # points of the course times scenarios, for each state and compartment


def datasets(outcome: Outcome, times: int) -> dict[str, xr.Dataset]:
    """Return the datasets of one batch by their place in the tree.

    Parameters
    ----------
    outcome
        What was computed.
    times
        Points of the course that are kept; see :func:`kept_times`.
    """
    groups = {"/inputs": _inputs(outcome), "/session": _session(outcome)}
    if outcome.exposure is not None:
        groups["/exposure"] = exposure_dataset(outcome.exposure)
    for name, zone in outcome.zones.items():
        groups |= _zone(outcome, name, zone, times)
    return groups


def kept_times(members: int) -> int:
    """Return how many points of the course a result keeps: daily for few scenarios, fewer for many."""
    return int(np.clip(_MOST_VALUES // members, _FEWEST_TIMES, _MOST_TIMES))


def result_tree(plan: Plan, batches: list[dict[str, xr.Dataset]], seed: int, version: str) -> xr.DataTree:
    """Return the tree of a whole run.

    Parameters
    ----------
    plan
        The plan that was computed.
    batches
        The datasets of all batches, in order.
    seed, version
        Seed of the scenarios and version of the package, for the attributes.
    """
    groups = {place: _along_members([batch[place] for batch in batches]) for place in batches[0]}
    members = groups["/inputs"].sizes["member"]
    return xr.DataTree.from_dict({"/": _root(plan, members, seed, version), **groups})


def _along_members(parts: list[xr.Dataset]) -> xr.Dataset:
    if len(parts) == 1:
        return parts[0]
    return xr.concat(
        parts, "member", data_vars="minimal", coords="minimal", compat="equals", join="exact", combine_attrs="override"
    )


def write_tree(tree: xr.DataTree, path: Path) -> None:
    """Write a result tree as NetCDF; the same tree gives the same bytes.

    The file is made in memory: on a full disk the HDF5 library would end the process.
    """
    path.write_bytes(tree.to_netcdf(engine="h5netcdf"))


def read_tree(path: Path) -> xr.DataTree:
    """Read a result tree into memory."""
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        return tree.load()


def _root(plan: Plan, members: int, seed: int, version: str) -> xr.Dataset:
    return xr.Dataset(
        attrs={
            "Conventions": "CF-1.11",
            "title": plan.title,
            "plan": write_plan(plan),
            "version": version,
            "members": members,
            "seed": seed,
            "indication": plan.patient.desired_effect,
            "comment": DISCLAIMER,
        }
    )


def _inputs(outcome: Outcome) -> xr.Dataset:
    variables = {}
    for name, (entry, values) in sorted(outcome.scenarios.drawn.items()):
        attrs = {
            "units": entry.unit,
            "long_name": name,
            "grade": entry.grade,
            "source": " ".join(entry.source),
            "central": _central(entry),
            "spread": entry.spread.kind if entry.spread else "none",
            "note": entry.note,
        }
        if isinstance(entry.value, str) and entry.spread is not None:
            attrs["flag_meanings"] = "|".join(str(word) for word in entry.spread.values)
        variables[name.replace(".", "__")] = ("member", convert_array(values, entry.unit), attrs)
    return xr.Dataset(variables)


def _central(entry: Sourced) -> float | str:
    if isinstance(entry.value, str):
        return entry.value
    return entry.si if entry.unit == "1" else show(entry.si, entry.unit, 6)


def _session(outcome: Outcome) -> xr.Dataset:
    steps = outcome.plan.session.steps
    zones = [", ".join(step.zones or ()) for step in steps]
    return xr.Dataset(
        {
            "duration": variable(("member", "step"), outcome.times.steps, "min", "duration of the step"),
            "step_kind": ("step", np.array([step.do for step in steps], dtype=object), {"long_name": "kind of step"}),
            "step_zones": ("step", np.array(zones, dtype=object), {"long_name": "zones the step names"}),
        },
        coords={"step": ("step", np.arange(1, len(steps) + 1), {"long_name": "number of the step"})},
    )


def _zone(outcome: Outcome, name: str, zone: Zone, times: int) -> dict[str, xr.Dataset]:
    root = f"/zones/{name}"
    layers = zone.layers
    groups = {
        f"{root}/layers": xr.Dataset(
            {
                "epidermis_thickness": variable(("member",), layers.epidermis, "mm", "thickness of the epidermis"),
                "dermis_thickness": variable(("member",), layers.dermis, "mm", "thickness of the dermis"),
                "papillary_share": variable(("member",), layers.papillary_share, "1", "papillary share of the dermis"),
                "thickness_dataset": (
                    "member",
                    layers.dataset,
                    {"long_name": "dataset of the thickness", "flag_meanings": "|".join(layers.datasets)},
                ),
            }
        )
    }
    if zone.channels is not None:
        groups[f"{root}/channels"] = _channels(zone.channels, deepest_setting(outcome.plan, name))
    if zone.barrier is not None:
        groups[f"{root}/barrier"] = barrier_dataset(zone.barrier)
    if zone.anaesthesia is not None:
        groups[f"{root}/anaesthesia"] = anaesthesia_dataset(zone.anaesthesia)
    if zone.patch is not None:
        groups[f"{root}/patch"] = patch_dataset(zone.patch)
    if zone.tolerance is not None:
        groups[f"{root}/tolerance"] = _tolerance(zone.tolerance)
        if zone.thermal is not None:
            groups[f"{root}/thermal"] = _thermal(zone.thermal)
        if outcome.remodelling is not None:
            groups[f"{root}/course"] = _course(outcome.remodelling, name, times)
    return groups


def _channels(channels: Channels, set_depth: float) -> xr.Dataset:
    rows = ("member", "depth")
    depth = variable(("depth",), channels.depth, "mm", "depth below the skin surface")
    depth[2].update({"positive": "down", "axis": "Z"})
    one = ("member",)
    return xr.Dataset(
        {
            "punctured_fraction": variable(rows, channels.punctured, "1", "punctured fraction of skin area"),
            "open_fraction": variable(rows, channels.open, "1", "fraction of skin area open after withdrawal"),
            "reached_share": variable(rows, channels.reached_share, "1", "share of needle tracks that reach the depth"),
            "puncture_density": variable(one, channels.density, "1/cm^2", "punctures per area of skin"),
            "reached_depth_typical": variable(one, channels.reached_typical, "mm", "depth half of the tracks pass"),
            "reached_depth_deepest_5_percent": variable(
                one, channels.reached_deepest, "mm", "depth 5 of 100 tracks pass"
            ),
            "channel_diameter": variable(one, channels.channel_diameter, "um", "diameter of the open channel"),
            **({"set_depth": variable((), np.asarray(set_depth), "mm", "deepest setting")} if set_depth else {}),
        },
        coords={"depth": depth},
    )


def _thermal(thermal: ThermalZone) -> xr.Dataset:
    rows, layers, one = ("member", "depth"), ("member", "compartment"), ("member",)
    depth = variable(("depth",), thermal.depth, "mm", "depth below the skin surface")
    depth[2].update({"positive": "down", "axis": "Z"})
    kinds = {
        "coagulated": "fraction of skin area with denatured collagen",
        "necrotic": "fraction of skin area with dead cells",
        "heat_shocked": "fraction of skin area that lives on after a heat shock",
    }
    variables: dict[str, Any] = {}
    for kind, label in kinds.items():
        variables[f"{kind}_fraction"] = variable(rows, getattr(thermal, kind), "1", label)
        means = getattr(thermal, f"{kind}_in")
        variables[f"{kind}_fraction_of_compartment"] = variable(layers, means, "1", f"mean over depth of the {label}")
    for name, unit, label in _THERMAL_NUMBERS:
        variables[name] = variable(one, getattr(thermal, name), unit, label)
    for end_point, label in (("cell", "death of cells"), ("collagen", "denaturation of collagen")):
        words = "|".join(getattr(thermal, f"{end_point}_sets"))
        attrs = {"long_name": f"kinetic set of the {label}", "flag_meanings": words}
        variables[f"{end_point}_set"] = ("member", getattr(thermal, f"{end_point}_set"), attrs)
    compartment = ("compartment", np.array(COMPARTMENTS, dtype=object))
    return xr.Dataset(variables, coords={"depth": depth, "compartment": compartment})


_THERMAL_NUMBERS = (
    ("width", "mm", "width of the largest zone that one pulse coagulates"),
    ("height", "mm", "height of the largest zone that one pulse coagulates"),
    ("volume", "mm^3", "volume of the largest zone that one pulse coagulates around a needle"),
    ("top", "mm", "depth at which the largest zone begins"),
    ("peak_temperature", "degC", "highest temperature in the tissue"),
    ("surface_temperature", "degC", "highest temperature of the skin surface"),
    ("energy_per_needle", "J", "energy that the strongest pulse delivers to one needle"),
    ("resistance", "ohm", "resistance when the current comes on"),
    ("sensor_reached", "s", "time until the sensors are at their target"),
)


def _tolerance(tolerance: Tolerance) -> xr.Dataset:
    variables: dict[str, Any] = {
        "pain_peak": ("member", tolerance.pain, {"units": "1", "long_name": "pain on a scale of 0 to 10"})
    }
    for name, days in (("redness", tolerance.redness), ("downtime", tolerance.downtime)):
        if days is not None:
            key = "redness_duration" if name == "redness" else name
            variables[key] = variable(("member",), days, "day", f"duration of {name}")
    if tolerance.end_point is not None:
        seen = {"long_name": "end point seen", "flag_meanings": "|".join(END_POINTS)}
        variables["expected_end_point"] = ("member", tolerance.end_point, seen)
    return xr.Dataset(variables)


def _course(remodelling: Remodelling, name: str, times: int) -> xr.Dataset:
    course = remodelling.course
    kept = np.unique(np.linspace(0, course.time.size - 1, min(course.time.size, times)).astype(np.int64))
    rows = ("member", "compartment", "time")
    labels = {
        "mature_collagen": "mature collagen relative to age 25",
        "immature_collagen": "immature collagen relative to age 25",
        "mediator": "inflammatory mediator",
        "macrophage": "macrophage activity",
        "secreting_fibroblast": "secreting fibroblasts",
    }
    variables: dict[str, Any] = {
        state: variable(rows, remodelling.compartment(course.state(state), name)[kept].transpose(1, 2, 0), "1", label)
        for state, label in labels.items()
    }
    untreated = course.untreated[kept].T
    variables["untreated_collagen"] = variable(("member", "time"), untreated, "1", "collagen without treatment")
    weeks = variable(("time",), course.time[kept] / _WEEK, "1", "weeks after the first session")
    weeks[2]["units"] = "week"
    return xr.Dataset(
        variables,
        coords={
            "time": weeks,
            "compartment": ("compartment", np.array(["papillary", "reticular"], dtype=object)),
            "session_time": (
                "session",
                remodelling.sessions / _WEEK,
                {"units": "week", "long_name": "times of the sessions"},
            ),
        },
    )
