"""The list of plans, new plans, plans from files, and what can be done to any plan."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.web.bounds import LARGEST_PLAN
from percuta.web.desk import Desk
from percuta.web.pages.home import ON_A_SHEET, new_data

EXAMPLE = Path(__file__).parents[2] / "examples" / "cheek_pen.toml"


def _imported(client: TestClient, content: bytes, name: str = "plan.toml") -> tuple[int, str]:
    answer = client.post("/plans/import", files={"file": (name, content)}, follow_redirects=False)
    return answer.status_code, answer.text


def test_an_empty_list_says_how_to_begin(client: TestClient) -> None:
    page = client.get("/").text
    assert "Start a new plan" in page
    assert "None yet" in page


def test_a_new_plan_tells_nothing_about_a_person(client: TestClient, desk: Desk) -> None:
    answer = client.post("/plans/new", follow_redirects=False)
    stored = desk.plans.plans()[0]
    assert answer.headers["location"] == f"/plans/{stored.id}/consultation"
    assert stored.data["patient"] == {}
    assert stored.data["zones"] == []
    assert [step["do"] for step in stored.data["session"]["steps"]][:3] == [
        "photograph",
        "cleanse",
        "topical_anaesthetic",
    ]
    assert new_data(desk.known) == stored.data


def test_a_plan_file_comes_in_and_goes_out_again_as_the_same_plan(client: TestClient, desk: Desk) -> None:
    status, _ = _imported(client, EXAMPLE.read_bytes())
    stored = desk.plans.plans()[0]
    assert status == 303
    answer = client.get(f"/plans/{stored.id}/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Cheek-wrinkles--52-years.toml"'
    assert read_plan(answer.text) == read_plan(EXAMPLE.read_text())


def test_a_plan_that_is_not_whole_comes_in_with_all_it_has(client: TestClient, desk: Desk) -> None:
    half = b'schema = 1\ntitle = "Half"\n[patient]\nage = "old"\nheight = "180 cm"\n'
    assert _imported(client, half)[0] == 303
    stored = desk.plans.plans()[0]
    assert stored.data == tomllib.loads(half.decode())
    assert tomllib.loads(client.get(f"/plans/{stored.id}/file").text) == stored.data


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no plan"),
        (b"title = ", "TOML"),
        (b"\x00\xff\xfe", "no text"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "no text"),
        (b"[tool.other]\nname = 1\n", "no plan"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, ""),
        (b'title = "' + b"x" * LARGEST_PLAN + b'"', "too large"),
    ],
    ids=["empty", "broken", "bytes", "picture", "other", "deep", "large"],
)
def test_what_is_no_plan_is_told_in_one_message_and_not_kept(
    client: TestClient, desk: Desk, content: bytes, says: str
) -> None:
    status, page = _imported(client, content)
    assert status == 422
    assert "was not opened" in page
    assert says in page
    assert desk.plans.plans() == []


def test_no_file_at_all_is_an_error_and_no_fault_of_the_program(client: TestClient) -> None:
    assert client.post("/plans/import").status_code == 422


def test_a_long_list_comes_in_sheets(client: TestClient, desk: Desk) -> None:
    for number in range(ON_A_SHEET + 2):
        desk.plans.create({"title": f"Plan {number}."})
    first, second = client.get("/").text, client.get("/?sheet=2").text
    assert f"Plan {ON_A_SHEET + 1}." in first
    assert "Plan 1." not in first
    assert "Plan 0." in second
    assert "Sheet 2 of 2" in second
    assert client.get("/?sheet=9").text == second
    assert client.get("/?sheet=0").status_code == 422


def test_a_copy_is_a_plan_of_its_own(client: TestClient, desk: Desk) -> None:
    _imported(client, EXAMPLE.read_bytes())
    first = desk.plans.plans()[0]
    client.post(f"/plans/{first.id}/copy", follow_redirects=False)
    assert [one.title for one in desk.plans.plans()] == ["Cheek wrinkles, 52 years (copy)", "Cheek wrinkles, 52 years"]


def test_a_copy_for_another_person_holds_nothing_of_this_one(client: TestClient, desk: Desk) -> None:
    data = new_data(library()) | {
        "patient": {"age": 52, "screening": {"pregnancy": "no"}},
        "overrides": [{"rule": "x"}],
    }
    first = desk.plans.create(data)
    answer = client.post(f"/plans/{first.id}/copy", data={"person": "another"}, follow_redirects=False)
    copy = next(one for one in desk.plans.plans() if one.id != first.id)
    assert answer.headers["location"] == f"/plans/{copy.id}/consultation"
    assert copy.data["patient"] == {}
    assert "overrides" not in copy.data
    assert copy.data["session"] == first.data["session"]


def test_a_plan_that_was_changed_elsewhere_is_not_deleted(client: TestClient, desk: Desk) -> None:
    stored = desk.plans.create(new_data(library()))
    desk.plans.save(stored.id, 1, stored.data | {"title": "Changed in another tab"}, "title")
    answer = client.post(f"/plans/{stored.id}/delete", data={"version": 1}, follow_redirects=False)
    assert answer.status_code == 409
    assert "changed elsewhere" in answer.text
    assert desk.plans.plan(stored.id).title == "Changed in another tab"


def test_what_no_page_of_ours_sends_is_told_as_a_page(client: TestClient, desk: Desk) -> None:
    stored = desk.plans.create(new_data(library()))
    answer = client.post(f"/plans/{stored.id}/undo", follow_redirects=False)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "version" in answer.text
    for version in ("²", "9" * 5000, "-1", ""):
        form = {"version": version, "title": "Another"}
        assert client.post(f"/plans/{stored.id}/edit", data=form).status_code == 409
    assert desk.plans.plan(stored.id).version == 1


def test_a_deleted_plan_is_gone_and_says_so(client: TestClient, desk: Desk) -> None:
    stored = desk.plans.create(new_data(library()))
    answer = client.post(f"/plans/{stored.id}/delete", data={"version": 1}, follow_redirects=False)
    assert answer.status_code == 303
    assert desk.plans.plans() == []
    answer = client.get(f"/plans/{stored.id}/planner")
    assert answer.status_code == 404
    assert "no such plan" in answer.text.lower()


@pytest.mark.parametrize(
    "path", ["/nothing", "/plans", "/plans/../../etc/passwd", "/static/../app.py", "/plans/%00/planner"]
)
def test_what_is_not_there_is_a_page_that_says_so(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)
