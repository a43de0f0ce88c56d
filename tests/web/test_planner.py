"""The planner: what it shows of a plan, and every change of its build."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from percuta.plan.drafts import read_draft
from percuta.plan.fields import fields_of
from percuta.plan.model import LABEL_NEEDED, Course, DeviceChoice, Zone
from percuta.plan.steps import STEP_KINDS
from percuta.report.wording import STEPS
from percuta.web.desk import Desk
from percuta.web.plan_store import StoredPlan
from percuta.web.words import LABELS, label_of, page_of, place_of

EXAMPLES = Path(__file__).parents[2] / "examples"
HTMX = {"HX-Request": "true"}
Data = dict[str, Any]


def kept(desk: Desk, name: str = "cheek_pen") -> StoredPlan:
    return desk.plans.create(tomllib.loads((EXAMPLES / f"{name}.toml").read_text("utf-8")))


def asked(client: TestClient, desk: Desk, stored: StoredPlan, change: str, **form: object) -> Response:
    """A change of the newest version, as htmx asks for it."""
    version = desk.plans.plan(stored.id).version
    return client.post(f"/plans/{stored.id}/{change}", data={"version": version, **form}, headers=HTMX)


def order(desk: Desk, stored: StoredPlan) -> list[str]:
    return [step["do"] for step in desk.plans.plan(stored.id).data["session"]["steps"]]


def step_number(stored: StoredPlan, do: str) -> int:
    return next(number for number, step in enumerate(stored.data["session"]["steps"], 1) if step["do"] == do)


def test_the_page_shows_every_step_zone_and_field_with_its_unit(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    page = client.get(f"/plans/{stored.id}/planner")
    assert page.status_code == 200
    for number, step in enumerate(stored.data["session"]["steps"], 1):
        assert f'id="step-{number}"' in page.text
        assert STEPS[step["do"]] in page.text
        for name in step.keys() - {"do"}:
            assert f'name="session.steps[{number}].{name}"' in page.text, (number, name)
    assert 'name="zones[1].area"' in page.text
    assert 'aria-label="Area in cm²"' in page.text
    assert 'name="course.sessions"' in page.text
    assert f'value="model:{stored.data["device"]["model"]}" selected' in page.text
    assert "style=" not in page.text.split("<main", 1)[1]


def test_a_plan_with_nothing_in_it_is_shown(client: TestClient, desk: Desk) -> None:
    stored = desk.plans.create({})
    page = client.get(f"/plans/{stored.id}/planner")
    assert page.status_code == 200
    assert "Choose…" in page.text


@pytest.mark.parametrize(
    "data",
    [
        {"zones": "none", "device": [], "session": {"steps": [None, {}, {"do": "dance"}, {"do": "needling"}]}},
        {"zones": [{}], "device": {"model": 3, "cartridges": []}, "session": {"steps": {}}, "course": 1},
        {"zones": [None], "device": {"kind": "spoon"}, "session": 3},
        {"zones": [{"name": "a", "site": "nowhere", "area": 3}], "device": {"model": "of-nobody"}},
    ],
    ids=["steps", "device", "kinds", "names"],
)
def test_odd_plans_are_shown_so_that_they_can_be_mended(client: TestClient, desk: Desk, data: Data) -> None:
    stored = desk.plans.create(data)
    assert client.get(f"/plans/{stored.id}/planner").status_code == 200


def test_the_slider_turns_as_the_dial_does(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    page = client.get(f"/plans/{stored.id}/planner").text
    [slider] = re.findall(r'<input type="range"[^>]*>', page)
    for part in ('min="0.25"', 'max="2.5"', 'step="0.25"', 'value="1"', 'aria-valuetext="1 mm"'):
        assert part in slider
    roller = client.get(f"/plans/{kept(desk, 'forehead_roller').id}/planner").text
    assert 'type="range"' not in roller  # its needles have one length
    assert "Needle set to" in roller


def test_a_glance_follows_the_depth_and_keeps_nothing(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    number = step_number(stored, "needling")

    def seen(depth: str) -> str:
        answer = client.get(f"/plans/{stored.id}/glance", params={"step": number, "zone": 1, "depth": depth})
        assert answer.status_code == 200
        return answer.text

    assert "Needle set to 0.5 mm" in seen("0.5")
    assert "Needle set to 2.5 mm" in seen("2.5 mm")
    assert seen("0.5") != seen("2.5")
    assert "<svg" in seen("0.5")
    assert "Still needed" in seen("deep")
    assert desk.plans.plan(stored.id) == stored


@pytest.mark.parametrize(
    ("held", "said"), [("1.5 mm", "1.5 mm"), ("0.06 in", "1.524 mm"), ("3 mm", "3 mm"), ("1,5", "–")]
)
def test_a_glance_at_the_plan_says_how_deep_it_is_set(client: TestClient, desk: Desk, held: str, said: str) -> None:
    stored = kept(desk)
    number = step_number(stored, "needling")
    asked(client, desk, stored, "edit", **{f"session.steps[{number}].set_depth": held})
    address = f"/plans/{stored.id}/glance?step={number}"
    assert re.search(rf'<data class="set-depth"[^>]*>{said}</data>', client.get(address).text)
    assert "set-depth" not in client.get(f"{address}&depth=1").text  # of the slider, which is ahead of the plan


def test_a_glance_needs_no_more_than_person_zone_and_device(client: TestClient, desk: Desk) -> None:
    data = kept(desk).data
    whole = desk.plans.create(data | {"patient": {"age": "52 years", "sex": "female"}, "course": {}})
    number = step_number(whole, "needling")
    assert "<svg" in client.get(f"/plans/{whole.id}/glance", params={"step": number}).text
    unknown = desk.plans.create(data | {"patient": {}})
    answer = client.get(f"/plans/{unknown.id}/glance", params={"step": number}).text
    assert "Still needed for it: age, sex." in answer


@pytest.mark.parametrize(("step", "status"), [(0, 422), (1, 200), (99, 200), ("x", 422)])
def test_a_glance_at_a_step_without_needles_says_so(client: TestClient, desk: Desk, step: object, status: int) -> None:
    answer = client.get(f"/plans/{kept(desk).id}/glance", params={"step": str(step)})
    assert answer.status_code == status
    assert "Needle set to" not in answer.text


def test_steps_move_by_their_buttons_and_keep_the_focus(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    before = order(desk, stored)
    answer = asked(client, desk, stored, "steps/3/up")
    assert order(desk, stored) == [before[0], before[2], before[1], *before[3:]]
    assert "Anaesthetic cream is now step 2 of" in answer.text
    assert 'data-focus="up-2"' in answer.text
    answer = asked(client, desk, stored, "steps/2/up")
    assert 'data-focus="down-1"' in answer.text  # there is no way further up
    asked(client, desk, stored, "steps/1/move", to=3)
    assert order(desk, stored) == before
    assert desk.plans.plan(stored.id).undo == "Anaesthetic cream is now step 3 of " + str(len(before))


def test_steps_are_added_copied_and_removed(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    before = order(desk, stored)
    for do in STEP_KINDS:
        answer = asked(client, desk, stored, "steps/add", do=do)
        assert answer.status_code == 200
        assert f'id="step-{len(order(desk, stored))}"' in answer.text
    assert order(desk, stored) == [*before, *STEP_KINDS]
    added = desk.plans.plan(stored.id).data["session"]["steps"]
    assert added[-len(STEP_KINDS) :][list(STEP_KINDS).index("needling")]["zones"] == ["cheeks"]
    asked(client, desk, stored, "steps/2/copy")
    steps = desk.plans.plan(stored.id).data["session"]["steps"]
    assert steps[1] == steps[2]
    asked(client, desk, stored, "steps/2/remove")
    assert order(desk, stored) == [*before, *STEP_KINDS]


@pytest.mark.parametrize(
    ("change", "form"),
    [
        ("steps/add", {"do": "dance"}),
        ("steps/99/up", {}),
        ("steps/0/copy", {}),
        ("steps/99/remove", {}),
        ("device", {"choice": "model:of-nobody"}),
        ("device", {"choice": "spoon"}),
        ("zones/9/remove", {}),
        ("zones/9/rename", {"name": "a"}),
        ("zones/1/rename", {"name": "?"}),
        ("zones/1/rename", {"name": ""}),
        ("cartridges/add", {"name": "<b>"}),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(
    client: TestClient, desk: Desk, change: str, form: Data
) -> None:
    stored = kept(desk)
    answer = asked(client, desk, stored, change, **form)
    assert answer.status_code == 422
    assert answer.headers["HX-Reswap"] == "none"
    assert "This change was not kept" in answer.text
    assert desk.plans.plan(stored.id) == stored


@pytest.mark.parametrize(
    ("change", "form", "slot"),
    [
        ("zones/1/rename", {"name": "?"}, "zones-1-name"),
        ("cartridges/add", {"name": "<b>"}, "device-cartridges"),
        ("edit", {"notes": "x" * 4001}, "notes"),
    ],
)
def test_what_was_not_kept_is_told_for_the_field_it_was_typed_into(
    client: TestClient, desk: Desk, change: str, form: Data, slot: str
) -> None:
    stored = kept(desk)
    answer = asked(client, desk, stored, change, **form)
    assert answer.status_code == 422
    assert f'<span data-fault="{slot}">' in answer.text
    page = client.get(f"/plans/{stored.id}/planner").text
    assert f'id="fault-{slot}"' in page
    assert re.search(rf'<(input|textarea)[^>]*aria-describedby="fault-{slot}"', page)


def test_a_version_that_is_not_the_newest_overwrites_nothing(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    asked(client, desk, stored, "steps/3/up")
    newest = desk.plans.plan(stored.id)
    answer = client.post(f"/plans/{stored.id}/steps/1/remove", data={"version": stored.version}, headers=HTMX)
    assert answer.status_code == 409
    assert "Load the newest version" in answer.text
    assert desk.plans.plan(stored.id) == newest


def test_without_htmx_the_answer_leads_back_to_the_page(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    answer = client.post(f"/plans/{stored.id}/steps/3/up", data={"version": stored.version}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/plans/{stored.id}/planner#up-2"


def test_another_device_takes_the_steps_with_it(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    asked(client, desk, stored, "device", choice="model:generic-rf-7x7-insulated")
    data = desk.plans.plan(stored.id).data
    assert data["device"] == {"model": "generic-rf-7x7-insulated"}
    assert "rf_pulses" in order(desk, stored)
    keys = {fault.where.key for fault in read_draft(data).faults if fault.where is not None}
    number = order(desk, stored).index("rf_pulses") + 1
    assert keys == {f"session.steps[{number}].energy_per_pin"}
    asked(client, desk, stored, "device", choice="model:generic-roller-1.5")
    data = desk.plans.plan(stored.id).data
    assert read_draft(data).faults == ()


def test_a_device_is_taken_with_a_button(client: TestClient, desk: Desk) -> None:
    page = client.get(f"/plans/{kept(desk).id}/planner").text
    form = page.split('id="field-device-model"')[1].split("</form>")[0]
    assert "hx-trigger" not in form  # a closed list changes at every arrow key
    assert "<button>Use this device</button>" in form


def test_an_unlisted_pen_is_asked_for_its_label(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    page = asked(client, desk, stored, "device", choice="kind:pen").text
    for name in LABEL_NEEDED["pen"]:
        assert f'name="device.{name}"' in page
    form = {
        "device.needle_count": "12",
        "device.needle_diameter": "0.25",
        "device.maximum_depth": "2.5",
        "device.rate": "90",
    }
    assert asked(client, desk, stored, "edit", **form).status_code == 200
    assert read_draft(desk.plans.plan(stored.id).data).faults == ()
    assert 'type="range"' in client.get(f"/plans/{stored.id}/planner").text


def test_figures_that_nobody_published_are_asked_for(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    page = asked(client, desk, stored, "device", choice="model:dermapen-4").text
    entries = page.split("From the label of your device")[1].split("</details>")[0]
    assert 'name="device.needle_diameter"' in entries
    assert "Not published:" in page
    assert 'name="device.needle_count"' not in page  # published


def test_cartridges_are_described_chosen_and_forgotten(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    number = step_number(stored, "needling")
    assert f'name="session.steps[{number}].cartridge"' not in client.get(f"/plans/{stored.id}/planner").text
    page = asked(client, desk, stored, "cartridges/add", name="36 needles").text
    assert 'name="device.cartridges.36 needles.needle_count"' in page
    form = {"device.cartridges.36 needles.needle_count": "36", f"session.steps[{number}].cartridge": "36 needles"}
    asked(client, desk, stored, "edit", **form)
    data = desk.plans.plan(stored.id).data
    assert data["device"]["cartridges"] == {"36 needles": {"needle_count": 36}}
    assert read_draft(data).faults == ()
    asked(client, desk, stored, "cartridges/remove", name="36 needles")
    data = desk.plans.plan(stored.id).data
    assert "cartridge" not in data["session"]["steps"][number - 1]
    assert read_draft(data).faults == ()


def test_a_zone_keeps_its_steps_when_it_gets_another_name(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    asked(client, desk, stored, "zones/1/rename", name=" both cheeks ")
    data = desk.plans.plan(stored.id).data
    assert data["zones"][0]["name"] == "both cheeks"
    assert read_draft(data).faults == ()
    asked(client, desk, stored, "zones/1/remove")
    data = desk.plans.plan(stored.id).data
    assert data["zones"] == []
    assert all(not step.get("zones") for step in data["session"]["steps"])


def test_a_name_that_another_zone_has_is_refused(client: TestClient, desk: Desk) -> None:
    data = kept(desk).data
    stored = desk.plans.create(data | {"zones": [*data["zones"], {"name": "chin", "site": "chin", "area": "5 cm^2"}]})
    assert asked(client, desk, stored, "zones/2/rename", name="cheeks").status_code == 422


def test_several_and_lists_are_kept_as_they_are_typed(client: TestClient, desk: Desk) -> None:
    stored = kept(desk, "cheek_rf")
    number = step_number(stored, "rf_pulses")
    key = f"session.steps[{number}]"
    asked(client, desk, stored, "edit", **{f"{key}.set_depths": "2.5, 2 mm;1.5", f"{key}.set_depth": ""})
    asked(client, desk, stored, "edit", **{"zones[1].masked": "a mole\n\n two spots \n"})
    data = desk.plans.plan(stored.id).data
    assert data["session"]["steps"][number - 1]["set_depths"] == ["2.5 mm", "2 mm", "1.5 mm"]
    assert data["zones"][0]["masked"] == ["a mole", "two spots"]
    page = client.get(f"/plans/{stored.id}/planner").text
    assert 'value="2.5 mm, 2 mm, 1.5 mm"' in page
    assert "a mole\ntwo spots</textarea>" in page
    assert "Needle set to 2.5 mm" in page  # the deepest
    assert 'type="range"' not in page


def test_the_fault_of_a_field_that_is_seldom_needed_is_not_hidden(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    number = step_number(stored, "photograph")
    assert f'id="more-{number}" open' not in client.get(f"/plans/{stored.id}/planner").text
    asked(client, desk, stored, "edit", **{f"session.steps[{number}].duration": "soon"})
    assert f'id="more-{number}" open' in client.get(f"/plans/{stored.id}/planner").text


def test_every_field_of_the_planner_has_a_name_of_its_own() -> None:
    models = [DeviceChoice, Zone, Course, *STEP_KINDS.values()]
    named = {name for model in models for name in fields_of(model)}
    known = {key.rsplit(".", 1)[-1] for key in LABELS}
    assert named <= known | {"name"}


def test_keys_are_told_as_places_of_the_pages() -> None:
    assert place_of("session.steps[3].amount") == "Step 3: Amount"
    assert place_of("session.steps[3]") == "Step 3"
    assert place_of("zones[1].area") == "Zone 1: Area"
    assert place_of("course.interval") == "Time between sessions"
    assert place_of("") == "The plan"
    assert label_of("session.steps[2].duration", "topical_anaesthetic") == "Time on the skin"
    assert label_of("device.frequency") == "Frequency of the current"
    assert (page_of("patient.age"), page_of("zones[1].area")) == ("consultation", "planner")
