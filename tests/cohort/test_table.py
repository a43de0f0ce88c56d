"""The table of a cohort: what is written is what xarray reads, with units, and the same bytes each time."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path

import numpy as np
import pytest

from percuta.cohort import table as module
from percuta.cohort.members import Column, Members
from percuta.cohort.table import CohortTable, bytes_of
from percuta.errors import PercutaError

COLUMNS = (
    Column("session_duration", None, "min", "from the first step to the last"),
    Column("pain_peak", "cheeks", "0-10", "pain"),
    Column("pain_peak", "upper lip", "0-10", "pain"),
    Column("redness_duration", "upper lip", "day", "days until redness is gone"),
    Column("expected_end_point", "cheeks", "category", "what is seen", ("nothing", "bleeding")),
)


def people(count: int, first: int) -> Members:
    """Return members whose numbers follow from their place."""
    row = np.arange(first, first + count, dtype=np.float64)
    traits = np.array([30.0 + row / 100, row % 2, 1 + row % 6, 50.0 + row / 10])
    values = np.array([row, row / 7, row / 9, row / 11, row % 2])
    return Members(traits, values, ("",) * count)


def written(folder: Path, patients: int = 300, chunk: int = 256) -> CohortTable:
    """Write a table in chunks, one member of it failed."""
    table = CohortTable(folder, COLUMNS, patients, {"title": "test"})
    for start in range(0, patients, chunk):
        part = people(min(chunk, patients - start), start)
        if start == 0:
            part.values[:, 3] = np.nan
            part.traits[:, 3] = np.nan
            part = Members(part.traits, part.values, ("", "", "", "never converged: ≥ 5", *part.reasons[4:]))
        table.append(part)
    table.close()
    verdicts = np.zeros(patients, np.int8)
    verdicts[3] = -1
    table.write_verdicts(verdicts)
    return table


def test_xarray_reads_it_with_units(tmp_path: Path) -> None:
    import xarray as xr

    written(tmp_path / "cohort.zarr")
    with xr.open_zarr(tmp_path / "cohort.zarr") as read:
        assert read.attrs["title"] == "test"
        assert dict(read.sizes) == {"patient": 300, "zone": 2}
        assert read["session_duration"].dims == ("patient",)
        pain = read["pain_peak"].sel(zone="upper lip", patient=[255, 256, 299])
        np.testing.assert_allclose(pain, np.array([255, 256, 299]) / 9)
        assert pain.attrs == {"units": "0-10", "long_name": "pain"}
        assert np.isnan(read["redness_duration"].sel(zone="cheeks")).all()
        assert read["pain_peak"].encoding["chunks"] == (256, 2)
        assert read["age"].attrs["units"] == "year"
        assert read["sex"].attrs["flag_meanings"] == "male female"
        seen = read["expected_end_point"]
        assert (seen.attrs["flag_meanings"], int(seen[5, 0]), int(seen[3, 0])) == ("nothing bleeding", 1, -1)
        assert str(read["reason"][3].values) == "never converged: ≥ 5"
        assert read["status"].values.tolist() == [0, 0, 0, 1] + [0] * 296
        assert int(read["verdict"][3]) == -1
        named = [one for one in read.variables if one not in ("patient", "zone")]
        assert all(read[name].attrs["long_name"] for name in named)


def test_columns_read_back(tmp_path: Path) -> None:
    table = written(tmp_path / "cohort.zarr")
    row = np.arange(300.0)
    known = row != 3
    np.testing.assert_array_equal(table.column(COLUMNS[2])[known], (row / 9)[known])
    np.testing.assert_array_equal(table.column(COLUMNS[4])[known], (row % 2)[known])
    np.testing.assert_array_equal(table.trait("phototype")[known], (1 + row % 6)[known])
    for values in (*(table.column(column) for column in COLUMNS), table.trait("female"), table.trait("age")):
        assert np.isnan(values[3])
    assert table.failed() == {3: "never converged: ≥ 5"}


def test_bytes_do_not_hang_on_how_the_members_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "first", 600)
    monkeypatch.setattr(module, "_AT_ONCE", 256)
    written(tmp_path / "second", 600, 8)
    first, second = bytes_of(tmp_path / "first"), bytes_of(tmp_path / "second")
    assert first == second
    assert {"zarr.json", "pain_peak/c/0/0", "pain_peak/c/2/0"} <= set(first)


def test_a_cohort_without_any_number_has_its_people(tmp_path: Path) -> None:
    table = CohortTable(tmp_path / "cohort.zarr", (), 2)
    table.append(Members(people(2, 0).traits, np.zeros((0, 2)), ("", "")))
    table.close()
    assert table.trait("age").tolist() == [30.0, 30.01]


def test_without_zarr_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *given: object, **named: object) -> object:
        if name == "zarr":
            raise ModuleNotFoundError(name)
        return imported(name, *given, **named)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "zarr", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PercutaError, match=r"percuta\[cluster\]"):
        CohortTable(tmp_path / "cohort.zarr", COLUMNS, 3)
