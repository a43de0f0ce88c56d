"""RF needles against publications: which observations are met and which are missed, and how a zone is read."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from percuta.evidence.cases import Row
from percuta.evidence.registry import case
from percuta.evidence.validation import radiofrequency
from percuta.evidence.validation.radiofrequency import _SHRINKAGE, _held, _width_at

MISSED = {
    "RF-V6": {"denatured zones at the lowest temperature tried, 60 degC for 25 s"},
    "RF-V9": set(),
    "RF-V10": {"reaction between the electrodes, ten packs"},
    "RF-V11": {"2 MHz against 1 MHz, insulated needles, pig"},
    "RF-V12": {
        "where the columns join first",
        "width of the zone of a bare needle, near the surface and near the tip",
    },
}


@cache
def rows(identifier: str) -> dict[str, Row]:
    return {row.quantity: row for row in case(identifier).run()}


@pytest.mark.parametrize("identifier", MISSED)
def test_misses_are_printed(identifier: str) -> None:
    # a change of the model that moves one of these has to be seen
    assert {name for name, row in rows(identifier).items() if row.verdict == "outside"} == MISSED[identifier]


def test_nothing_of_the_observations_was_fitted() -> None:
    assert not any(case(identifier).fitted for identifier in MISSED)


def test_bands_at_the_corners_are_not_judged_without_sizes() -> None:
    bands = {name: row for name, row in rows("RF-V6").items() if name.startswith("width of the zone at")}
    assert len(bands) == 4
    assert all(row.verdict == "not comparable" and "unpublished" in row.note for row in bands.values())


def test_hotter_and_longer_dwells_have_larger_zones() -> None:
    # by the sensor's temperature and by time, in every damage set
    for less, more in (((72, "4 s"), (80, "25 s")), ((60, "1 s"), (60, "25 s")), ((60, "25 s"), (80, "25 s"))):
        low, high = (_held(*corner, *radiofrequency._SENSORS[0]) for corner in (less, more))
        for one, other in zip(low.damage, high.damage, strict=True):
            assert one.volume <= other.volume


def test_the_sensor_holds_its_target() -> None:
    record = _held(72, "4 s")
    traces, end = record.traces, record.pulse_end
    held = traces.sensor[: end + 1][traces.time[: end + 1] >= record.sensor_reached]
    assert np.abs(held - 345.15).max() < 1.01
    assert held[-1] == pytest.approx(345.15, abs=0.2)
    assert traces.time[end] == pytest.approx(record.sensor_reached + 4.0, abs=1e-6)
    # steel averages the field: the tissue between the needles is hotter than the sensor says
    assert traces.tissue_peak.max() > 345.15 + 5.0


def test_a_width_is_read_at_a_depth() -> None:
    record = _held(72, "4 s")
    assert _width_at(record, 0.01) == 0.0  # the epidermis is spared
    assert 0.0 < _SHRINKAGE < 0.2
