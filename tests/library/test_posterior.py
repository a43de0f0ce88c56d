"""Posterior draws as data: read whole, refused where they were changed or are not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from percuta.engine.scenarios import group_of, scenario_batch
from percuta.errors import LibraryError
from percuta.library import posterior as reading
from percuta.library.files import shipped
from percuta.library.registry import library
from percuta.sources import Sourced, read_entry


def entry(values: list[float], value: float = 1.0) -> Sourced:
    """An entry that is drawn from a calibration."""
    spread = {"kind": "draws", "of": "healing", "column": "x", "values": values}
    found = read_entry("made.up", {"value": value, "spread": spread, "grade": "fitted", "source": "lotfi_2013"})
    assert isinstance(found, Sourced)
    return found


def test_draws_are_taken_in_their_order() -> None:
    one = entry([0.0, 1.0, 2.0, 4.0])
    assert one.quantile(np.array([0.01, 0.3, 0.6, 0.99])) == pytest.approx([0.0, 1.0, 2.0, 4.0])
    assert "4 posterior draws" in one.spread_text
    assert "25 % of them zero" in one.spread_text


def test_a_value_outside_its_draws_is_refused() -> None:
    with pytest.raises(LibraryError, match="outside its spread"):
        entry([0.0, 1.0], value=2.0)


def test_entries_of_one_calibration_take_the_same_row() -> None:
    drawn = scenario_batch(64, 0, 0)
    acts, size = (library().parameter(f"healing.{name}") for name in ("responds", "collagen_per_punctured_fraction"))
    assert group_of(acts) == group_of(size) == "posterior.healing"
    columns = reading.posterior("healing").columns
    rows = set(zip(columns["responds"], columns["amplitude"], strict=True))
    assert set(zip(drawn.draw(acts), drawn.draw(size), strict=True)) <= rows


def test_an_unknown_column_or_calibration_is_refused() -> None:
    with pytest.raises(LibraryError, match="no such column"):
        reading.with_draws({"spread": {"kind": "draws", "of": "healing", "column": "nothing"}})
    with pytest.raises(LibraryError, match="no posterior draws of this name"):
        reading.with_draws({"spread": {"kind": "draws", "of": "nothing", "column": "x"}})


def test_rows_that_were_changed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(Path(str(shipped() / "posterior")), tmp_path / "posterior")
    rows = tmp_path / "posterior" / "healing.csv"
    rows.write_text(rows.read_text("ascii").replace("1,", "2,", 1), encoding="ascii")
    monkeypatch.setattr(reading, "shipped", lambda: tmp_path)
    reading.posterior.cache_clear()
    reading.about.cache_clear()
    with pytest.raises(LibraryError, match="not those of the calibration"):
        reading.posterior("healing")
    reading.posterior.cache_clear()
    reading.about.cache_clear()
