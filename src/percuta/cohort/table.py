"""The table of a cohort as a Zarr store: one row for each member, in chunks, one array for each column.

The members are written as they come, a few chunks at a time, so that memory does not grow with their number. xarray
reads it with ``xarray.open_zarr``; endpoints of a zone have a second dimension ``zone``.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.cohort.members import TRAITS, Column, Members
from percuta.engine.scenarios import BATCH
from percuta.errors import PercutaError

Floats = NDArray[np.float64]

COMPUTED, FAILED = 0, 1
VERDICTS = ("passes", "passes_with_warnings", "deferred", "refused")
_AT_ONCE = 16 * BATCH  # rows that are written together: each write has a cost of its own
_UNKNOWN = -1  # of a category, where a member has none
_OF_TRAITS: dict[str, tuple[str, dict[str, Any]]] = {
    "age": ("f8", {"units": "year", "long_name": "age at the first session"}),
    "female": ("i1", {"long_name": "sex", "flag_values": [0, 1], "flag_meanings": "male female"}),
    "phototype": ("i1", {"units": "1", "long_name": "Fitzpatrick phototype, -1 where it could not be drawn"}),
    "mass": ("f8", {"units": "kg", "long_name": "body mass"}),
}
_NAMED = {"female": "sex"}  # as the table calls it


class CohortTable:
    """Writes the members of a cohort.

    Parameters
    ----------
    folder
        Where the store goes; nothing may be there.
    columns
        The columns that are not withheld.
    patients
        How many members there will be.
    attributes
        What the store says of itself.

    Raises
    ------
    PercutaError
        If Zarr is not installed.
    """

    def __init__(
        self, folder: Path, columns: Sequence[Column], patients: int, attributes: dict[str, Any] | None = None
    ) -> None:
        self.folder, self.columns, self.patients = folder, tuple(columns), patients
        self.zones = tuple(dict.fromkeys(column.zone for column in columns if column.zone is not None))
        self._group = zarr_installed().open_group(str(folder), mode="w-", attributes=attributes or {})
        self._waiting: list[Members] = []
        self._written = 0
        self._create()

    def _create(self) -> None:
        self._array("patient", "i4", {"long_name": "number of the member, from 0"})[:] = np.arange(self.patients)
        status: dict[str, Any] = {"long_name": "whether the member was computed", "flag_values": [COMPUTED, FAILED]}
        self._array("status", "i1", status | {"flag_meanings": "computed failed"})
        self._array("reason", "str", {"long_name": "why the member was not computed"})
        for trait in TRAITS:
            kind, attributes = _OF_TRAITS[trait]
            self._array(_NAMED.get(trait, trait), kind, attributes)
        verdict = {"long_name": "what the safety rules say of the plan for this person; -1 where it was not asked"}
        flags = {"flag_values": list(range(len(VERDICTS))), "flag_meanings": " ".join(VERDICTS)}
        self._array("verdict", "i1", verdict | flags)
        if self.zones:
            names = self._group.create_array("zone", shape=(len(self.zones),), dtype="str", dimension_names=("zone",))
            names[:] = np.array(self.zones, dtype=object)
        for name, own in self._by_name().items():
            kind = "i1" if own[0].words else "f8"
            self._array(name, kind, _attributes(own[0]), in_zones=own[0].zone is not None)

    def _by_name(self) -> dict[str, list[Column]]:
        found: dict[str, list[Column]] = {}
        for column in self.columns:
            found.setdefault(column.name, []).append(column)
        return found

    def _array(self, name: str, kind: str, attributes: dict[str, Any], *, in_zones: bool = False) -> Any:
        more = (len(self.zones),) if in_zones else ()
        fill: Any = {"f8": float("nan"), "str": ""}.get(kind, _UNKNOWN)
        return self._group.create_array(
            name,
            shape=(self.patients, *more),
            chunks=(BATCH, *more),
            dtype=kind,
            fill_value=fill,
            attributes=attributes,
            dimension_names=("patient", "zone")[: 1 + len(more)],
        )

    def append(self, members: Members) -> None:
        """Add members, in their order."""
        self._waiting.append(members)
        if sum(len(one.reasons) for one in self._waiting) >= _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        """Write what waits; but for the last, whole chunks, so that none is written twice."""
        traits = np.hstack([one.traits for one in self._waiting])
        values = np.hstack([one.values for one in self._waiting])
        reasons = [reason for one in self._waiting for reason in one.reasons]
        rows = slice(self._written, self._written + len(reasons))
        self._group["status"][rows] = np.array([FAILED if reason else COMPUTED for reason in reasons], "i1")
        self._group["reason"][rows] = np.array(reasons, dtype=object)
        for trait, row in zip(TRAITS, traits, strict=True):
            self._group[_NAMED.get(trait, trait)][rows] = row if _OF_TRAITS[trait][0] == "f8" else _whole(row)
        places = {(column.name, column.zone): row for column, row in zip(self.columns, values, strict=True)}
        for name, own in self._by_name().items():
            block = self._block(places, own)
            self._group[name][rows] = _whole(block) if own[0].words else block
        self._written = rows.stop
        self._waiting = []

    def _block(self, places: dict[tuple[str, str | None], Floats], own: list[Column]) -> Floats:
        name = own[0].name
        if own[0].zone is None:
            return places[name, None]
        nothing = np.full_like(next(iter(places.values())), np.nan)
        return np.stack([places.get((name, zone), nothing) for zone in self.zones], axis=1)

    def write_verdicts(self, verdicts: NDArray[np.int8]) -> None:
        """Write what the rules say of each member: places in :data:`VERDICTS`, -1 where they were not asked."""
        self._group["verdict"][:] = verdicts

    def close(self) -> None:
        """Write what is left, and the list of all arrays, without which opening the store is slow."""
        if self._waiting:
            self._flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the list is not yet in the specification; xarray looks for it
            zarr_installed().consolidate_metadata(str(self.folder))

    def trait(self, name: str) -> Floats:
        """Return one of :data:`TRAITS`, (patients,); NaN where it is not known."""
        values = np.asarray(self._group[_NAMED.get(name, name)][:], np.float64)
        return values if _OF_TRAITS[name][0] == "f8" else np.where(values == _UNKNOWN, np.nan, values)

    def column(self, column: Column) -> Floats:
        """Return one endpoint, (patients,); NaN where a member has none."""
        array = self._group[column.name]
        values = np.asarray(array[:] if column.zone is None else array[:, self.zones.index(column.zone)], np.float64)
        return np.where(values == _UNKNOWN, np.nan, values) if column.words else values

    def failed(self) -> dict[int, str]:
        """Return the members that were not computed, with the reason."""
        rows = np.flatnonzero(np.asarray(self._group["status"][:]) == FAILED)
        reasons = self._group["reason"][:] if rows.size else ()
        return {int(row): str(reasons[row]) for row in rows}


def _attributes(column: Column) -> dict[str, Any]:
    if column.words:
        flags = {"flag_values": list(range(len(column.words))), "flag_meanings": " ".join(column.words)}
        return {"long_name": f"{column.definition}; -1 where there is none"} | flags
    return {"units": column.unit, "long_name": column.definition}


def _whole(values: Floats) -> NDArray[np.int8]:
    return np.where(np.isfinite(values), values, _UNKNOWN).astype(np.int8)


def zarr_installed() -> ModuleType:
    """Return the Zarr library.

    Raises
    ------
    PercutaError
        If it is not installed.
    """
    try:
        import zarr
    except ImportError as fault:
        raise PercutaError(
            "the table of a cohort needs Zarr, which is not installed",
            do='pip install "percuta[cluster]"',
        ) from fault
    return zarr


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a store by its place in it."""
    files = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(files)}
