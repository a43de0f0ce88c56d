"""The figures of a pulse: their start is when current first flows, and what is not known is null."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from percuta.engine.pulse_bench import setup_of
from percuta.library.registry import library
from percuta.physics.pulse_record import PulseRecord
from percuta.plan.pulse_reading import load_pulse
from percuta.results.pulse_zone import figure, flat_figures, pulse_zone

from ..stand_in_pulse import stand_in

BIPOLAR = Path(__file__).parents[2] / "examples" / "pulse_bipolar.toml"


@pytest.fixture
def record() -> PulseRecord:
    return stand_in(setup_of(load_pulse(BIPOLAR), library()), "standard", library())


def test_a_figure_is_shown_in_its_unit() -> None:
    assert figure(0.25e-9, "mm^3") == {"value": pytest.approx(0.25), "unit": "mm^3"}
    assert figure(373.15, "degC") == {"value": pytest.approx(100.0), "unit": "degC"}
    assert figure(2.5, "K") == {"value": pytest.approx(2.5), "unit": "K"}
    assert figure(float("nan"), "1") == {"value": None, "unit": "1"}


def test_a_temperature_control_starts_and_ends_without_current(record: PulseRecord) -> None:
    power = np.array([0.0, 5.0, 3.0, 2.0, 0.0, 0.0])
    resistance = np.where(power > 0.0, 100.0 - power, np.nan)
    controlled = replace(record, pulse_end=4, traces=replace(record.traces, power=power, resistance=resistance))
    zone = pulse_zone(controlled, "standard", "one pair")
    assert zone["power_start"]["value"] == 5.0
    assert zone["power_end"]["value"] == 0.0
    assert zone["resistance_start"]["value"] == 95.0
    assert zone["resistance_end"]["value"] == 98.0


def test_current_after_the_pulse_does_not_count(record: PulseRecord) -> None:
    power = np.array([4.0, 3.0, 2.0, 0.0, 0.0, 9.0])
    zone = pulse_zone(replace(record, traces=replace(record.traces, power=power)), "draft", "whole array")
    assert (zone["power_start"]["value"], zone["power_end"]["value"]) == (4.0, 2.0)


def test_a_zone_is_one_row_of_figures(record: PulseRecord) -> None:
    row = dict(flat_figures(pulse_zone(record, "standard", "one pair")))
    assert row["coagulated_volume.agah"]["unit"] == "mm^3"
    assert row["zones.pearce.width"]["value"] == pytest.approx(1.0)
    assert all(set(one) == {"value", "unit"} for one in row.values())
    assert not {"cells", "accuracy", "zones.agah.end_point"} & set(row)
