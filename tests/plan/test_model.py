"""The plan's model: what holds between its parts, its bounds, and that nothing changes after reading."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from percuta.plan.model import DeviceChoice, Patient, Plan
from percuta.plan.quantities import Age, Area, Depth, FollowUp, Frequency, Interval, SensorTemperature, StepTime
from percuta.plan.reading import read_plan
from percuta.plan.steps import STEP_KINDS, AnyStep, Needling, RfPulses, Step
from percuta.units import Quantity

PATIENT = {"age": "52 years", "sex": "female", "phototype": 3, "mass": "68 kg", "desired_effect": "wrinkles"}
NEEDLING = {"do": "needling", "zones": ["cheeks"], "set_depth": "1 mm"}
RF = {"do": "rf_pulses", "zones": ["cheeks"], "set_depth": "1 mm"}
STEPS_OF_THE_DESIGN = {
    "photograph", "cleanse", "topical_anaesthetic", "remove_anaesthetic", "antisepsis", "peel", "glide_gel", "needling",
    "rf_pulses", "medication", "rinse", "cool", "gel", "steroid_gel", "aftercare", "sun_protection", "patch",
}  # fmt: skip


def fault(model: type[BaseModel], data: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(data)
    return str(caught.value)


def test_every_step_of_the_design_has_a_model_and_no_other() -> None:
    assert set(STEP_KINDS) == STEPS_OF_THE_DESIGN
    assert set(STEP_KINDS.values()) == set(get_args(AnyStep))
    for name, kind in STEP_KINDS.items():
        assert issubclass(kind, Step)
        assert kind.model_fields["do"].annotation is not None
        assert kind.__doc__, name


def test_a_plan_cannot_be_changed(minimal: Plan) -> None:
    for part in (minimal, minimal.patient, minimal.zones[0], minimal.session.steps[0]):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, next(iter(type(part).model_fields)), None)
    assert hash(minimal.zones[0].area) == hash(Quantity("76 cm^2", minimal.zones[0].area.si))


def test_quantities_are_kept_as_written_and_in_si(minimal: Plan) -> None:
    needling = minimal.needling[0]
    assert needling.set_depth == Quantity("1.0 mm", 1e-3)
    assert minimal.course.interval.si == 28 * 86400


def test_zones_and_steps_are_found(minimal: Plan) -> None:
    assert minimal.zone("cheeks").site == "cheek"
    assert minimal.zones_of(minimal.session.steps[0]) == ("cheeks",)
    assert minimal.zones_of(minimal.session.steps[1]) == ("cheeks",)
    assert [type(step) for step in minimal.needling] == [Needling]
    assert minimal.rf_pulses == ()


def test_what_was_not_asked_is_unknown() -> None:
    patient = Patient.model_validate(PATIENT | {"screening": {"nursing": "no"}})
    assert patient.answer("nursing") == "no"
    assert patient.answer("pregnancy") == "unknown"


def test_acne_scars_need_their_types() -> None:
    assert "scar_types" in fault(Patient, PATIENT | {"desired_effect": "acne_scars"})
    scars = PATIENT | {"desired_effect": "acne_scars", "scar_types": ["rolling", "ice_pick"]}
    assert Patient.model_validate(scars).scar_types == ("rolling", "ice_pick")
    assert "scar_types" in fault(Patient, scars | {"scar_types": ["deep"]})
    assert "scar_types" in fault(Patient, scars | {"scar_types": ["rolling"] * 4})


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        ({}, "give passes"),
        ({"glide_speed": "10 mm/s"}, "give passes"),
        ({"passes": 4, "glide_speed": "10 mm/s", "needling_time": "5 min"}, "either glide_speed or needling_time"),
        ({"passes": 0}, "passes"),
        ({"passes": 201}, "passes"),
        ({"passes": 4.0}, "passes"),
        ({"passes": True}, "passes"),
        ({"passes": "4"}, "passes"),
        ({"passes": 4, "zones": []}, "zones"),
        ({"passes": 4, "end_point": "bleeding"}, "end_point"),
    ],
)
def test_needling_states_its_speed_in_one_way(speed: dict[str, Any], words: str) -> None:
    assert words in fault(Needling, NEEDLING | speed)


@pytest.mark.parametrize("speed", [{"passes": 4}, {"needling_time": "5 min"}, {"passes": 4, "glide_speed": "10 mm/s"}])
def test_needling_with_a_speed_is_taken(speed: dict[str, Any]) -> None:
    assert Needling.model_validate(NEEDLING | speed).set_depth.si == 1e-3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "exactly one of"),
        ({"power": "10 W", "level": 3}, "exactly one of"),
        ({"power": "10 W", "set_depth": None}, "either set_depth or set_depths"),
        ({"power": "10 W", "set_depths": ["1 mm"]}, "either set_depth or set_depths"),
        ({"power": "10 W", "set_depth": None, "set_depths": []}, "set_depths"),
        ({"power": "10 W", "overlap": 1.0}, "overlap"),
        ({"power": "10 W", "overlap": -0.1}, "overlap"),
        ({"power": "10 W", "pulse_width": "61 s"}, "pulse_width"),
        ({"power": "10 W"}, "give the pulse_width"),
        ({"level": 0}, "level"),
        ({"level": "3"}, "level"),
        ({"level": float("nan")}, "level"),
        ({"level": float("inf")}, "level"),
        ({"level": True}, "level"),
        ({"sensor_temperature": "67 K"}, "out of bounds"),
        ({"sensor_temperature": "200 degC"}, "out of bounds"),
    ],
)
def test_rf_pulses_have_one_depth_setting_and_one_dose(change: dict[str, Any], words: str) -> None:
    assert words in fault(RfPulses, RF | change)


def test_rf_pulses_at_several_depths_keep_their_order() -> None:
    one = RfPulses.model_validate(RF | {"sensor_temperature": "67 °C", "pulse_width": "4 s"})
    assert [depth.text for depth in one.depths] == ["1 mm"]
    assert one.sensor_temperature is not None
    assert one.sensor_temperature.si == pytest.approx(340.15)
    data = {"do": "rf_pulses", "zones": ["cheeks"], "level": 3, "set_depths": ["3 mm", "2 mm", "1 mm"]}
    assert [depth.text for depth in RfPulses.model_validate(data).depths] == ["3 mm", "2 mm", "1 mm"]


LABEL = {"needle_count": 12, "needle_diameter": "0.25 mm", "maximum_depth": "2.5 mm"}


@pytest.mark.parametrize("kind", ["pen", "stamp", "roller"])
def test_a_device_that_is_not_listed_needs_four_entries_of_its_label(kind: str) -> None:
    more = {"drum_diameter": "20 mm", "swath_width": "20 mm"} if kind == "roller" else {"rate": "90 Hz"}
    whole = {"kind": kind, **LABEL, **more}
    assert DeviceChoice.model_validate(whole).kind == kind
    for name in (*LABEL, *more):
        words = fault(DeviceChoice, {key: value for key, value in whole.items() if key != name})
        assert f"an unlisted {kind} needs from its label: {name}" in words


def test_a_device_is_of_the_library_or_has_a_kind() -> None:
    assert "give the model" in fault(DeviceChoice, {})
    assert "has its kind already" in fault(DeviceChoice, {"model": "generic-pen-12", "kind": "pen"})


@pytest.mark.parametrize("name", ["", " cheeks", "-cheeks", "a/b", "a.b", "x" * 41, "wängchen", "a\n", "..", "a\0b"])
def test_a_zone_has_a_name_that_can_name_a_folder(name: str, minimal_plan: str) -> None:
    data = read_plan(minimal_plan).model_dump()
    data["zones"] = [{**data["zones"][0], "name": name}]
    assert "zones.0.name" in fault(Plan, data)


class OneOfEach(BaseModel):
    """One field of each kind of quantity."""

    age: Age | None = None
    area: Area | None = None
    depth: Depth | None = None
    follow_up: FollowUp | None = None
    frequency: Frequency | None = None
    interval: Interval | None = None
    sensor_temperature: SensorTemperature | None = None
    step_time: StepTime | None = None


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        ("age", ["120 years", "1 day", "1440 months"], ["0 years", "-1 years", "120.1 years", "200 years"]),
        ("area", ["0.01 cm^2", "1 mm^2", "2 m^2"], ["0 cm^2", "0.009 cm^2", "1e-300 cm^2", "-1 cm^2", "2.1 m^2"]),
        ("depth", ["10 mm", "1 cm", "10 um"], ["0 mm", "-0.5 mm", "10.1 mm", "1e-300 mm", "1 m"]),
        ("follow_up", ["0 weeks", "-0 weeks", "0 days", "3 years"], ["-1 weeks", "-1e-9 weeks", "261 weeks"]),
        ("frequency", ["0.1 Hz", "7000 rpm", "1 kHz"], ["0 Hz", "1e-300 Hz", "1.1 kHz", "100000 rpm"]),
        ("interval", ["1 h", "4 weeks", "104 weeks"], ["0 days", "-1 days", "3 years"]),
        ("sensor_temperature", ["30 degC", "120 °C", "340 K"], ["29.9 degC", "121 degC", "67 K"]),
        ("step_time", ["1 s", "24 h"], ["0 min", "0.1 s", "25 h"]),
    ],
)
def test_bounds_of_quantities(field: str, inside: list[str], outside: list[str]) -> None:
    for text in inside:
        assert getattr(OneOfEach.model_validate({field: text}), field).text == text
    for text in outside:
        assert "out of bounds" in fault(OneOfEach, {field: text}), text


def test_ten_times_a_tenth_is_not_beyond_a_bound_of_one() -> None:
    assert OneOfEach.model_validate({"depth": f"{0.1 * 3 + 9.7:.17f} mm"}).depth is not None
