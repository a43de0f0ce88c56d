"""The dose of an RF step against what is published of the array."""

from __future__ import annotations

import pytest

from percuta.errors import DeviceLimitError
from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.model import DeviceChoice
from percuta.plan.pulse_dose import NO_CONVERSION, check_dose, figures_needed
from percuta.plan.reading import read_plan
from percuta.plan.steps import RfPulses

STEP = {"do": "rf_pulses", "zones": ["cheeks"], "set_depth": "2 mm", "pulse_width": "100 ms"}


def step(**changes: object) -> RfPulses:
    return RfPulses.model_validate(STEP | changes)


def array(model: str = "generic-rf-7x7-insulated", label: dict[str, object] | None = None) -> DeviceChoice:
    return DeviceChoice.model_validate({"model": model} | (label or {}))


@pytest.mark.parametrize(
    ("changes", "key", "allowed"),
    [
        ({"power": "101 W"}, "power", "at most 100 W"),
        ({"voltage": "141 V"}, "voltage", "at most 140 V"),
        ({"energy_per_pin": "201 mJ", "pulse_width": "1 s"}, "energy_per_pin", "at most 200 mJ"),
        ({"power": "10 W", "pulse_width": "9 ms"}, "pulse_width", "at least 10 ms, at most 1,000 ms"),
        ({"power": "10 W", "pulse_width": "1.1 s"}, "pulse_width", "at least 10 ms, at most 1,000 ms"),
        # 49 needles at 100 W for 50 ms: 102 mJ each
        (
            {"energy_per_pin": "110 mJ", "pulse_width": "50 ms"},
            "energy_per_pin",
            "at most 102 mJ for each of 49 needles",
        ),
        ({"sensor_temperature": "67 degC"}, "sensor_temperature", "energy_per_pin, power or voltage"),
    ],
)
def test_beyond_what_the_array_can_deliver(changes: dict[str, object], key: str, allowed: str) -> None:
    with pytest.raises(DeviceLimitError) as caught:
        check_dose(resolve_device(array(), library()), step(**changes), "session.steps[1]")
    assert caught.value.where is not None
    assert caught.value.where.key == f"session.steps[1].{key}"
    assert allowed in str(caught.value.allowed)


@pytest.mark.parametrize(
    "changes",
    [
        {"power": "100 W"},
        {"voltage": "140 V", "pulse_width": "1000 ms"},
        {"energy_per_pin": "200 mJ"},
        {"power": "10 W", "pulse_width": "10 ms"},
        {"level": 12},
    ],
)
def test_up_to_the_limits_it_can(changes: dict[str, object]) -> None:
    check_dose(resolve_device(array(), library()), step(**changes), "session.steps[1]")


def test_temperatures_are_held_within_the_devices_range() -> None:
    pairs = resolve_device(array("generic-rf-pairs-20-degrees"), library())
    check_dose(pairs, step(sensor_temperature="60 degC", pulse_width="4 s"), "key")
    with pytest.raises(DeviceLimitError, match="beyond what") as caught:
        check_dose(pairs, step(sensor_temperature="59 degC", pulse_width="4 s"), "key")
    assert caught.value.allowed == "at least 60 degC, at most 80 degC"


def test_what_is_not_published_is_no_limit() -> None:
    check_dose(resolve_device(array("virtue-rf"), library()), step(power="900 W"), "key")


def test_a_plan_beyond_the_limits_names_its_line(minimal_plan: str) -> None:
    text = minimal_plan.replace("generic-pen-12", "generic-rf-7x7-insulated")
    text = text.replace('do = "needling"', 'do = "rf_pulses"\npower = "200 W"\npulse_width = "50 ms"')
    with pytest.raises(DeviceLimitError) as caught:
        read_plan(text, "my.toml")
    assert caught.value.where is not None
    assert caught.value.where.key == "session.steps[2].power"
    assert caught.value.where.line == text[: text.index('power = "200 W"')].count("\n") + 1


def test_figures_that_are_missing_are_named_in_the_words_of_the_plan() -> None:
    device = resolve_device(array("virtue-rf"), library())
    missing = figures_needed(device, step(power="10 W"))
    assert {"pitch", "pattern", "exposed_length", "tip_length"} <= set(missing)
    given = {name: value for name, value in LABEL.items() if name in missing}
    assert set(given) == set(missing)
    assert figures_needed(resolve_device(array("virtue-rf", given), library()), step(power="10 W")) == []


LABEL = {
    "needle_diameter": "0.2 mm",
    "rows": 6,
    "columns": 6,
    "pitch": "1.5 mm",
    "pattern": "alternating_rows",
    "exposed_length": "0.3 mm",
    "frequency": "1 MHz",
    "tip_length": "0.2 mm",
}


def test_pairs_sensors_and_levels_need_figures_of_their_own() -> None:
    unlisted = DeviceChoice.model_validate({"kind": "rf_array", "maximum_depth": "2 mm"} | LABEL | {"pattern": "pair"})
    device = resolve_device(unlisted, library())
    assert figures_needed(device, step(power="10 W")) == ["insertion_angle", "swath_width"]
    held = figures_needed(device, step(sensor_temperature="67 degC"))
    assert held == ["insertion_angle", "swath_width", "sensor_length", "maximum_power"]
    assert figures_needed(resolve_device(array(), library()), step(level=3)) == [NO_CONVERSION]
    flat = DeviceChoice.model_validate({"kind": "rf_array", "maximum_depth": "2 mm"} | LABEL | {"tip_shape": "flat"})
    assert "tip_length" not in figures_needed(resolve_device(flat, library()), step(power="10 W"))


@pytest.mark.parametrize(
    ("label", "what"),
    [
        ({"pitch": "1.2 mm"}, "in the library already"),
        ({"sensor_length": "1 mm"}, "has no sensors"),
        ({"drum_diameter": "20 mm"}, "a rf_array has no drum_diameter"),
        ({"rate": "90 Hz"}, "a rf_array has no rate"),
    ],
)
def test_only_what_nobody_published_can_be_given(label: dict[str, object], what: str) -> None:
    with pytest.raises(DeviceLimitError, match=what):
        resolve_device(array(label=label), library())
