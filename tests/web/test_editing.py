"""A field that changes is kept at once; two tabs do not overwrite each other."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from percuta.web.desk import Desk
from percuta.web.plan_store import StoredPlan

EXAMPLE = Path(__file__).parents[2] / "examples" / "cheek_pen.toml"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def stored(desk: Desk) -> StoredPlan:
    return desk.plans.create(tomllib.loads(EXAMPLE.read_text()))


def _edit(client: TestClient, stored: StoredPlan, version: object, **fields: str) -> tuple[int, str]:
    answer = client.post(f"/plans/{stored.id}/edit", data={"version": str(version), **fields}, headers=HTMX)
    return answer.status_code, answer.text


def test_a_change_is_kept_and_what_follows_from_it_is_answered(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    status, text = _edit(client, stored, 1, **{"patient.screening.active_herpes": "yes"})
    assert status == 200
    assert desk.plans.plan(stored.id).data["patient"]["screening"]["active_herpes"] == "yes"
    for part in ('id="live"', 'id="flags"', 'id="status"', 'name="version" value="2"'):
        assert part in text
    assert "Refused" in text
    assert "Active herpes in the field excludes a session" in text


def test_a_wrong_value_is_kept_as_typed_and_told_beside_its_field(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    status, text = _edit(client, stored, 1, **{"patient.age": "fifty"})
    assert status == 200
    assert desk.plans.plan(stored.id).data["patient"]["age"] == "fifty"
    assert 'data-fault="patient-age"' in text
    page = client.get(f"/plans/{stored.id}/consultation").text
    assert 'value="fifty"' in page


def test_every_fault_is_told_not_the_first_alone(client: TestClient, stored: StoredPlan) -> None:
    _edit(client, stored, 1, **{"patient.age": "fifty"})
    _, text = _edit(client, stored, 2, **{"session.steps[7].set_depth": "40"})
    assert 'data-fault="patient-age"' in text
    assert 'data-fault="session-steps-7-set-depth"' in text


@pytest.mark.parametrize("version", [0, 2, -1, "x", "", "1" * 400])
def test_a_change_to_what_is_no_longer_there_is_not_kept_and_says_so(
    client: TestClient, desk: Desk, stored: StoredPlan, version: object
) -> None:
    status, text = _edit(client, stored, version, title="From the second tab")
    assert status == 409
    assert "Load the newest version" in text
    assert 'id="message"' in text
    assert desk.plans.plan(stored.id) == stored


@pytest.mark.parametrize("key", ["nothing", "zones[9].area", "patient.screening", "__proto__"])
def test_a_field_that_no_plan_has_is_refused_in_words(
    client: TestClient, desk: Desk, stored: StoredPlan, key: str
) -> None:
    status, text = _edit(client, stored, 1, **{key: "1"})
    assert status == 422
    assert "was not kept" in text
    assert desk.plans.plan(stored.id) == stored


def test_without_htmx_the_page_itself_is_answered(client: TestClient, stored: StoredPlan) -> None:
    answer = client.post(
        f"/plans/{stored.id}/edit", data={"version": "1", "back": "planner", "title": "New"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/plans/{stored.id}/planner")


def test_undo_takes_the_last_change_back(client: TestClient, desk: Desk, stored: StoredPlan) -> None:
    _edit(client, stored, 1, title="Another")
    answer = client.post(f"/plans/{stored.id}/undo", data={"version": "2", "back": "planner"}, follow_redirects=False)
    assert answer.status_code == 303
    assert desk.plans.plan(stored.id).data == stored.data
    client.post(f"/plans/{stored.id}/redo", data={"version": "3", "back": "planner"}, follow_redirects=False)
    assert desk.plans.plan(stored.id).title == "Another"
    stale = client.post(f"/plans/{stored.id}/undo", data={"version": "2", "back": "planner"})
    assert stale.status_code == 409
