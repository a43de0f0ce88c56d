"""Another device in the same session, and what a plan may state of a label."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from percuta.library.registry import library
from percuta.plan.device import unlisted
from percuta.plan.drafts import drafted_device, pared, read_draft
from percuta.plan.label import Dial, dial_of, figures_to_state
from percuta.plan.model import LABEL_NEEDED
from percuta.plan.refit import refitted
from percuta.plan.steps import RfPulses

Data = dict[str, Any]
NEEDLING: Data = {
    "do": "needling",
    "zones": ["cheek"],
    "set_depth": "1.0 mm",
    "passes": 4,
    "glide_speed": "10 mm/s",
    "end_point": "uniform_erythema",
    "note": "gently",
}


def fitted(step: Data, device: str) -> Data:
    [found] = refitted([step], library().device(device))
    return dict(found)


def test_pulses_keep_what_needling_has_as_well() -> None:
    assert fitted(NEEDLING, "generic-rf-7x7-insulated") == {
        "do": "rf_pulses",
        **{name: NEEDLING[name] for name in ("zones", "set_depth", "passes", "end_point", "note")},
    }


def test_a_roller_sets_the_depth_to_the_length_of_its_needles() -> None:
    assert fitted(NEEDLING, "generic-roller-1.5")["set_depth"] == "1.5 mm"


def test_a_patch_is_worn_for_a_time_that_no_other_step_has() -> None:
    worn = {"do": "patch", "zones": ["cheek"], "duration": "60 min", "patches": 2}
    assert fitted(worn, "generic-pen-12") == {"do": "needling", "zones": ["cheek"]}
    assert fitted(worn, "generic-dissolving-patch") == worn


def test_steps_without_needles_and_odd_ones_stay() -> None:
    steps: list[Any] = [{"do": "cool", "note": "ice"}, {"do": "dance"}, None, {}]
    before = copy.deepcopy(steps)
    assert refitted(steps, library().device("generic-rf-7x7-insulated")) == before == steps


def test_the_dial_is_that_of_the_library() -> None:
    assert dial_of(library().device("generic-pen-12")) == Dial(0.25, 2.5, 0.25)
    assert dial_of(library().device("generic-roller-1.5")) is None
    assert dial_of(unlisted("pen", "")) is None


def test_an_unlisted_device_has_to_state_its_label() -> None:
    for kind in LABEL_NEEDED:
        needed, other = figures_to_state(unlisted(kind, ""), ())
        assert set(needed) == set(LABEL_NEEDED[kind])
        assert not set(needed) & set(other)
    assert "drum_diameter" not in figures_to_state(unlisted("pen", ""), ())[1]


def test_a_listed_device_is_asked_for_what_nobody_published() -> None:
    assert figures_to_state(library().device("generic-pen-12"), ())[0] == []
    device = library().device("dermapen-4")
    needed, other = figures_to_state(device, ["swath_width"])
    assert needed == ["needle_diameter", "swath_width"]
    assert "swath_width" not in other
    assert not [name for name in (*needed, *other) if device.published(name) is not None]


def test_a_temperature_asks_for_the_length_of_the_sensor() -> None:
    device = library().device("profound-matrix")
    pulses = RfPulses.model_validate(
        {"do": "rf_pulses", "zones": ["a"], "set_depth": "2 mm", "sensor_temperature": "67 degC", "pulse_width": "4 s"}
    )
    assert "sensor_length" in figures_to_state(device, (), [pulses])[0]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ({"model": "generic-pen-12"}, "Generic pen, 12 needles"),
        ({"model": "generic-pen-12", "needle_count": 12}, "Generic pen, 12 needles"),  # as published all the same
        ({"model": "dermapen-4", "needle_diameter": "thin"}, "Dermapen 4"),
        ({"model": "nothing"}, None),
        ({"kind": "pen"}, None),
        ({"kind": "roller", "name": "R", **dict.fromkeys(LABEL_NEEDED["roller"], "1 mm"), "needle_count": 90}, "R"),
        (None, None),
        ([], None),
    ],
    ids=str,
)
def test_the_device_of_a_draft(table: Any, name: str | None) -> None:
    found = drafted_device({"device": table}, library())
    assert (None if found is None else found.name) == name


def test_a_pared_plan_needs_no_more_than_its_one_step_hangs_on(minimal_data: Data) -> None:
    data = copy.deepcopy(minimal_data)
    steps = data["session"]["steps"]
    number = next(place for place, step in enumerate(steps, 1) if step["do"] == "needling")
    data["patient"] = {"age": "53 years", "sex": "female"}
    del data["course"]
    data["zones"].append({"name": "", "site": "nowhere"})
    assert read_draft(data).plan is None
    plan = read_draft(pared(data, 1, number)).plan
    assert plan is not None
    assert plan.session.steps[0].do == "needling"
    assert [zone.name for zone in plan.zones] == [data["zones"][0]["name"]]
    del data["patient"]["sex"]
    keys = [fault.where.key for fault in read_draft(pared(data, 1, number)).faults if fault.where is not None]
    assert keys == ["patient.sex"]


@pytest.mark.parametrize("data", [{}, {"patient": 1, "zones": {}, "session": []}, {"session": {"steps": [3]}}], ids=str)
def test_paring_odd_data_gives_faults(data: Data) -> None:
    assert read_draft(pared(data, 1, 1)).plan is None
