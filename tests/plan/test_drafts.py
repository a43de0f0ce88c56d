"""A plan in the making: every fault at the key it belongs to, and nothing is raised."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from percuta.errors import PercutaError
from percuta.plan.drafts import read_draft
from percuta.plan.model import Plan

Data = dict[str, Any]


def keys(data: Data) -> dict[str, PercutaError]:
    """The faults of a draft by their keys; each has a key and lies in no file."""
    draft = read_draft(data)
    found: dict[str, PercutaError] = {}
    for fault in draft.faults:
        assert fault.where is not None
        assert fault.where.key is not None
        assert (fault.where.file, fault.where.line) == (None, None)
        found[fault.where.key] = fault
    return found


@pytest.fixture
def data(minimal_data: Data) -> Data:
    return copy.deepcopy(minimal_data)


def step_of(data: Data, kind: str) -> tuple[str, Data]:
    steps = data["session"]["steps"]
    place = next(place for place, step in enumerate(steps) if step["do"] == kind)
    return f"session.steps[{place + 1}]", steps[place]


def test_a_whole_plan_has_no_faults(data: Data, minimal: Plan) -> None:
    draft = read_draft(data)
    assert draft.faults == ()
    assert draft.plan == draft.usable == minimal
    assert draft.data is data


def test_nothing_at_all_asks_for_every_field_of_its_own() -> None:
    assert set(keys({})) == {
        "schema",
        "title",
        "zones",
        "patient.age",
        "patient.sex",
        "patient.phototype",
        "patient.mass",
        "patient.desired_effect",
        "device.model",
        "session.steps",
        "course.sessions",
        "course.interval",
        "course.follow_up_after_last_session",
    }


def test_faults_of_the_model_come_all_at_once(data: Data) -> None:
    data["patient"]["age"] = "53"
    data["zones"][0]["area"] = "many"
    key, needling = step_of(data, "needling")
    needling["depth"] = needling.pop("set_depth")
    assert set(keys(data)) == {"patient.age", "zones[1].area", f"{key}.set_depth", f"{key}.depth"}
    assert read_draft(data).plan is None


PAIRS = [
    (("patient", {"desired_effect": "acne_scars"}), "patient.scar_types"),
    (("patient", {"sex": "male", "menopause_age": "50 years"}), "patient.menopause_age"),
    (("device", {"kind": "pen"}), "device.kind"),
    (("device", {"model": None}), "device.model"),
    (("optimise", {"constraints": [{"endpoint": "pain_peak"}]}), "optimise.constraints[1].below"),
    (
        ("optimise", {"constraints": [{"endpoint": "pain_peak", "below": 1, "above": 1}]}),
        "optimise.constraints[1].above",
    ),
]


@pytest.mark.parametrize(("change", "key"), PAIRS, ids=[key for _, key in PAIRS])
def test_what_does_not_go_together_stands_at_the_field_to_change(data: Data, change: Any, key: str) -> None:
    table, entries = change
    merged = data.get(table, {}) | entries
    data[table] = {name: value for name, value in merged.items() if value is not None}
    assert set(keys(data)) == {key}


def test_an_unlisted_device_is_asked_for_all_that_its_label_lacks(data: Data) -> None:
    data["device"] = {"kind": "pen", "needle_count": 12}
    assert set(keys(data)) == {"device.needle_diameter", "device.maximum_depth", "device.rate"}
    data["device"] = {"kind": "pen", "needle_count": "many"}  # so that the model does not look at the rest
    lacking = {"device.needle_diameter", "device.maximum_depth", "device.rate"}
    assert set(keys(data)) == {"device.needle_count", *lacking}


NEEDLES = [
    ({"passes": None}, "passes"),
    ({"needling_time": "5 min", "glide_speed": "10 mm/s"}, "glide_speed"),
    ({"duration": "5 min"}, "duration"),
]


@pytest.mark.parametrize(("change", "name"), NEEDLES, ids=[name for _, name in NEEDLES])
def test_what_does_not_go_together_in_a_step(data: Data, change: Data, name: str) -> None:
    key, needling = step_of(data, "needling")
    needling |= {"passes": 4} | change
    data["session"]["steps"][int(key[-2]) - 1] = {name: value for name, value in needling.items() if value is not None}
    assert set(keys(data)) == {f"{key}.{name}"}


DOSES = [
    ({"set_depth": "2 mm", "level": 3.0}, None),
    ({"level": 3.0}, "set_depth"),
    ({"set_depth": "2 mm", "set_depths": ["1 mm"], "level": 3.0}, "set_depths"),
    ({"set_depth": "2 mm"}, "energy_per_pin"),
    ({"set_depth": "2 mm", "power": "10 W", "level": 3.0}, "level"),
    ({"set_depth": "2 mm", "power": "10 W"}, "pulse_width"),
]


@pytest.mark.parametrize(("step", "name"), DOSES, ids=[str(name) for _, name in DOSES])
def test_a_dose_is_asked_for_where_it_is_entered(data: Data, step: Data, name: str | None) -> None:
    _, needling = step_of(data, "needling")
    data["session"]["steps"] = [{"do": "rf_pulses", "zones": needling["zones"], **step}]
    data["device"] = {"model": "generic-rf-7x7-insulated"}
    assert set(keys(data)) == (set() if name is None else {f"session.steps[1].{name}"})


def test_names_and_settings_are_looked_at_each_on_its_own(data: Data) -> None:
    data["zones"][0]["site"] = "check"
    data["patient"]["screening"] = {"pregnent": "no"}
    data["overrides"] = [{"rule": "rul", "name": "Dr A", "reason": "known"}]
    key, needling = step_of(data, "needling")
    data["device"] = {"model": "generic-pen-12"}
    needling |= {"set_depth": "9 mm", "frequency": "900 Hz", "cartridge": "none"}
    data["session"]["steps"].append({"do": "gel", "product": "snake-oil"})
    last = f"session.steps[{len(data['session']['steps'])}]"
    found = keys(data)
    assert set(found) == {
        "zones[1].site",
        "patient.screening.pregnent",
        "overrides[1].rule",
        f"{last}.product",
        f"{key}.set_depth",
        f"{key}.frequency",
        f"{key}.cartridge",
    }
    assert found["zones[1].site"].do is not None
    assert "cheek" in found["zones[1].site"].do
    draft = read_draft(data)
    assert draft.plan is not None
    assert draft.usable is None


def test_an_unknown_device_is_one_fault(data: Data) -> None:
    data["device"] = {"model": "pen-of-nobody"}
    assert set(keys(data)) == {"device.model"}


def test_every_figure_that_the_library_has_already_is_named(data: Data) -> None:
    data["device"] = {"model": "generic-pen-12", "needle_count": 12, "drum_diameter": "20 mm"}
    assert set(keys(data)) == {"device.needle_count", "device.drum_diameter"}


def test_a_step_that_the_device_cannot_do_is_one_fault(data: Data) -> None:
    key, _ = step_of(data, "needling")
    data["device"] = {"model": "generic-rf-7x7-insulated"}
    assert set(keys(data)) == {f"{key}.do"}


@pytest.mark.parametrize(
    "data",
    [{"zones": 3}, {"zones": [None]}, {"session": {"steps": [{"do": []}]}}, {"patient": "me"}, {"device": []}],
    ids=str,
)
def test_odd_data_are_faults_and_nothing_is_raised(data: Data) -> None:
    draft = read_draft(data)
    assert draft.plan is None
    assert draft.faults
