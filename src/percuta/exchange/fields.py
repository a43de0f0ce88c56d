"""The fields of one pulse for other programs: NetCDF with all that is known, an image for the eye.

Lengths are mm, temperatures degC; depth is positive downwards. The NetCDF file holds the computed cells as they are;
the image shows the whole unit or array, on uniform cells (:mod:`percuta.exchange.vti`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from percuta import __version__
from percuta.exchange.beside import written_beside
from percuta.exchange.vti import MOST_CELLS, write_vti
from percuta.manifest import DISCLAIMER
from percuta.physics.pulse_record import PulseRecord, Traces
from percuta.physics.pulse_setup import NeedleArray, PulseSetup
from percuta.physics.zones import LOWEST
from percuta.units import convert

Values = NDArray[np.float64] | NDArray[np.float32]
Variable = tuple[tuple[str, ...], NDArray[Any], dict[str, str]]

_CELLS = ("x", "y", "z")
_COMPRESSED = {"zlib": True, "complevel": 1, "shuffle": True}
_CEM43_LIMIT = 325.15  # K; the equivalent minutes at 43 degC mean nothing above

# Name in files, attribute of the record, unit, what it is.
_FIELDS = (
    ("potential", "potential", "V", "electric potential at the end of the pulse, rms"),
    ("temperature", "temperature", "degC", "temperature at the end of the pulse"),
    ("peak_temperature", "peak", "degC", "highest temperature ever"),
    ("joule_heat", "joule", "W/mm^3", "Joule heat at the end of the pulse, per volume of cell"),
    ("vaporised_fraction", "vaporised", "1", "highest vaporised share of the water"),
    ("tissue_share", "tissue_share", "1", "share of the cell that is tissue"),
)
_TRACES = (
    ("voltage", "V", "voltage between the polarities, rms"),
    ("current", "A", "current of one unit of the array, rms"),
    ("power", "W", "power of one unit of the array"),
    ("resistance", "ohm", "resistance of one unit of the array"),
    ("sensor", "degC", "reading of the sensor"),
    ("tissue_peak", "degC", "highest temperature in the tissue"),
    ("surface_peak", "degC", "highest temperature at the skin surface"),
    ("mean_rise", "K", "mean rise of the tissue's temperature"),
    ("stored", "J", "heat stored in one unit of the array"),
    ("lost", "J", "heat lost by one unit of the array"),
)
_EXTENTS = (
    ("zone_volume", "volume", "mm^3", "volume of the zone in one unit of the array"),
    ("zone_width", "width", "mm", "width of the zone along the surface"),
    ("zone_height", "height", "mm", "height of the zone in depth"),
    ("zone_top", "top", "mm", "depth at which the zone begins"),
)


def fields_dataset(record: PulseRecord, setup: PulseSetup) -> xr.Dataset:
    """Return all fields, profiles and traces of a pulse as one dataset.

    Parameters
    ----------
    record
        The computed pulse.
    setup
        What was computed, for the names of layers and the kind of array.

    Returns
    -------
    xarray.Dataset
        Dimensions x, y, z (centres of the computed cells, with their bounds), time, kinetic_set and needle; every
        variable has ``units`` and ``long_name``. Damage is the natural logarithm of the damage integral, -inf where
        nothing happened; the equivalent minutes at 43 degC are NaN where the peak was 52 degC or more.
    """
    variables = {
        **_bounds(record),
        **{name: _shown(_CELLS, getattr(record, field), unit, what) for name, field, unit, what in _FIELDS},
        **_exposure(record),
        **_damage(record),
        **_profiles(record, setup),
        **_traces(record.traces),
        **_needles(record),
    }
    dataset = xr.Dataset(variables, coords=_coordinates(record), attrs=_attributes(record, setup.array))
    for variable in dataset.data_vars.values():
        if variable.ndim >= len(_CELLS):
            variable.encoding.update(_COMPRESSED)
    return dataset


def write_fields(record: PulseRecord, setup: PulseSetup, path: Path) -> None:
    """Write the dataset of a pulse as NetCDF; the same record gives the same bytes.

    The file is made in memory: on a full disk the HDF5 library would end the process.

    Raises
    ------
    OSError
        If the file cannot be written; nothing has changed then.
    """
    content = fields_dataset(record, setup).to_netcdf(engine="h5netcdf")
    with written_beside(path) as stream:
        stream.write(content)


def write_picture(record: PulseRecord, setup: PulseSetup, path: Path, most_cells: int = MOST_CELLS) -> None:
    """Write the fields of a pulse as image data for ParaView, mirrored so that needles stand whole.

    The logarithm of the damage integral is cut off below, so that it can be interpolated; 0 is the outline of a zone.

    Parameters
    ----------
    record, setup
        The computed pulse and what was computed.
    path
        The file, usually ``*.vti``.
    most_cells
        Size of the image.

    Raises
    ------
    OSError
        If the file cannot be written; nothing has changed then.
    """
    arrays: dict[str, tuple[NDArray[Any], str]] = {
        name: (_converted(getattr(record, field), unit), unit) for name, field, unit, _ in _FIELDS
    }
    for one in record.damage:
        arrays[f"log_damage_{one.name}"] = (np.maximum(one.log_integral, np.float32(LOWEST)), "1")
    arrays["layer"] = (np.broadcast_to(record.layer, record.temperature.shape), "1")
    write_vti(
        path,
        _converted(record.x, "mm"),
        _converted(record.y, "mm"),
        _converted(record.z, "mm"),
        arrays,
        mirrored=record.mirrored,
        mirror_signs={"potential": potential_signs(setup.array)},
        about={
            "units": "x, y and z in mm; z is the depth below the skin surface, positive downwards",
            "layers": ", ".join(f"{number} {layer.name}" for number, layer in enumerate(setup.layers)),
            "log_damage": f"natural logarithm of the damage integral, {LOWEST:g} where it is less",
            "made_by": f"percuta {__version__}",
            "comment": DISCLAIMER,
        },
        most_cells=most_cells,
    )


def potential_signs(array: NeedleArray) -> tuple[int, int]:
    """Return the signs of the potential's mirror images beyond the least x and the least y.

    Through the middle of a pair, and of an even number of alternating needles, goes a plane of zero potential;
    polarities of alternating rows alternate along x only.
    """
    if array.pattern == "pair":
        return -1, 1
    even = tuple(-1 if count and count % 2 == 0 else 1 for count in (array.rows, array.columns))
    if array.pattern == "checkerboard":
        return even[0], even[1]
    return (even[0], 1) if array.pattern == "alternating_rows" else (1, 1)


def _converted(si: Values, unit: str) -> NDArray[Any]:
    """Return SI values in another unit, in the precision that they have."""
    zero, one = convert(0.0, unit), convert(1.0, unit)
    return np.asarray(si * (one - zero) + zero).astype(si.dtype, copy=False)


def _shown(dims: tuple[str, ...], si: Values, unit: str, long_name: str) -> Variable:
    return dims, _converted(si, unit), {"units": unit, "long_name": long_name}


def _coordinates(record: PulseRecord) -> dict[str, Variable]:
    found = {}
    for name, what in (("x", "across the rows"), ("y", "along the rows"), ("z", "depth below the skin surface")):
        edges = getattr(record, name)
        found[name] = _shown((name,), 0.5 * (edges[:-1] + edges[1:]), "mm", what)
        found[name][2].update({"bounds": f"{name}_bounds", "axis": name.upper()})
    found["z"][2]["positive"] = "down"
    found["time"] = _shown(("time",), record.traces.time, "s", "time since the start of the pulse")
    sets = np.array([one.name for one in record.damage], dtype=object)
    found["kinetic_set"] = ("kinetic_set",), sets, {"long_name": "set of damage kinetics"}
    return found


def _bounds(record: PulseRecord) -> dict[str, Variable]:
    found = {}
    for name in _CELLS:
        edges = getattr(record, name)
        sides = np.stack([edges[:-1], edges[1:]], axis=1)
        found[f"{name}_bounds"] = _shown((name, "side"), sides, "mm", f"faces of the cells along {name}")
    return found


def _exposure(record: PulseRecord) -> dict[str, Variable]:
    """Return the equivalent minutes at 43 degC."""
    valid = record.peak < _CEM43_LIMIT
    minutes = np.exp(record.cem43_log, where=valid, out=np.full_like(record.cem43_log, np.nan))
    attrs = {"units": "min", "long_name": "equivalent minutes at 43 degC, where the peak stayed below 52 degC"}
    return {"cem43": (_CELLS, minutes, attrs)}


def _damage(record: PulseRecord) -> dict[str, Variable]:
    rows = ("kinetic_set",)
    ends = np.array(["collagen" if one.collagen else "cell" for one in record.damage], dtype=object)
    logarithm = np.stack([one.log_integral for one in record.damage]) if record.damage else _no_rows(record.peak)
    fraction = np.stack([one.fraction for one in record.damage]) if record.damage else _no_rows(record.heat_shocked)
    found: dict[str, Variable] = {
        "end_point": (rows, ends, {"long_name": "whether cells die or collagen is denatured"}),
        "log_damage": _shown((*rows, *_CELLS), logarithm, "1", "natural logarithm of the damage integral"),
        "damaged_fraction": _shown((*rows, "z"), fraction, "1", "damaged share of the tissue in each layer of cells"),
    }
    for name, field, unit, what in _EXTENTS:
        values = np.array([getattr(one, field) for one in record.damage], dtype=np.float64)
        found[name] = _shown(rows, values, unit, what)
    return found


def _no_rows(like: Values) -> Values:
    return np.empty((0, *like.shape), dtype=like.dtype)


def _profiles(record: PulseRecord, setup: PulseSetup) -> dict[str, Variable]:
    layers = "|".join(layer.name for layer in setup.layers)
    depth = ("z",)
    return {
        "layer": (depth, record.layer, {"units": "1", "long_name": "tissue layer", "flag_meanings": layers}),
        "heat_shocked_fraction": _shown(depth, record.heat_shocked, "1", "share of the tissue that is heat-shocked"),
        "thermal_reaction_fraction": _shown(
            depth, record.thermal_reaction, "1", "share of the tissue that reacts between the electrodes and lives"
        ),
    }


def _traces(traces: Traces) -> dict[str, Variable]:
    return {f"trace_{name}": _shown(("time",), getattr(traces, name), unit, what) for name, unit, what in _TRACES}


def _needles(record: PulseRecord) -> dict[str, Variable]:
    x, y, energy = np.asarray(record.needle_energy, dtype=np.float64).T
    rows = ("needle",)
    return {
        "needle_x": _shown(rows, x, "mm", "place of the needle across the rows"),
        "needle_y": _shown(rows, y, "mm", "place of the needle along the rows"),
        "needle_energy": _shown(rows, energy, "J", "energy delivered by the needle, as if it were whole"),
    }


def _attributes(record: PulseRecord, array: NeedleArray) -> dict[str, str | int | float]:
    planes = [name for name, image in zip(("x", "y"), record.mirrored, strict=True) if image]
    return {
        "Conventions": "CF-1.11",
        "title": "Fields of one radiofrequency pulse",
        "version": __version__,
        "pattern": array.pattern,
        "copies": record.copies,
        "symmetry": ("planes at the least " + " and ".join(planes)) if planes else "none",
        "pulse_end": float(record.traces.time[record.pulse_end]),
        "comment": DISCLAIMER,
    }
