"""Plans side by side on a page: what differs at once, what is computed by a job, and what is refused."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from percuta.web.app import create_app
from percuta.web.desk import Desk
from percuta.web.drafts import judged
from percuta.web.edits import changed
from percuta.web.plan_store import StoredPlan

from .with_results import finished, kept

Pair = tuple[TestClient, Desk, StoredPlan, StoredPlan]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    app = create_app(tmp_path_factory.mktemp("compare"), worker=False)
    desk: Desk = app.state.desk
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client, desk, kept(desk), kept(desk, sessions=2)


def words(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_what_differs_stands_there_before_anything_is_computed(pair: Pair) -> None:
    client, desk, first, second = pair
    page = client.get("/compare", params={"plans": [first.id, second.id]}).text
    said = words(page)
    assert "Sessions 4 2" in said
    assert said.count("It can be considered") == 2
    assert desk.jobs.jobs_of(first.id) == []
    assert "better in" not in said


def test_a_comparison_is_computed_once_and_shown_with_chances_and_charts(pair: Pair) -> None:
    client, desk, first, second = pair
    asked = {"plans": [first.id, second.id], "members": "64"}
    for _ in range(2):
        answer = client.post("/compare", data=asked, follow_redirects=False)
        assert answer.status_code == 303
    address = answer.headers["location"]
    (job,) = desk.jobs.jobs_of(first.id)
    assert f'data-job="{job.id}"' in client.get(address).text
    assert finished(desk, job.id).state == "done"
    page = client.get(address).text
    said = words(page).replace("\u00a0", " ")
    assert re.search(r"B better in \d+ % of scenarios \(\d+ to \d+ %\)", said)
    assert re.search(r"favours [AB]", said)
    assert "<svg" in page
    assert "Which endpoint counts for more is not computed." in said
    assert not re.search(r"\b(optimal|safe)\b", said, re.IGNORECASE)
    assert not re.search(r"\sstyle=|<style", page)
    desk.plans.save(second.id, second.version, changed(second.data, "course.sessions", ["3"]), "sessions")
    assert "better in" not in words(client.get(address).text)  # of the plans as they are now


def test_a_stopped_plan_is_not_computed(pair: Pair) -> None:
    client, desk, first, _ = pair
    stopped = kept(desk)
    screening = changed(stopped.data, "patient.screening.active_herpes", ["yes"])
    desk.plans.save(stopped.id, stopped.version, screening, "herpes")
    page = client.get("/compare", params={"plans": f"{first.id},{stopped.id}"}).text
    assert "A plan that the rules stop is not computed" in words(page)
    assert "<button" not in page[page.index("<main") :]
    answer = client.post("/compare", data={"plans": [first.id, stopped.id]})
    assert answer.status_code == 422
    assert desk.jobs.jobs_of(stopped.id) == []


@pytest.mark.parametrize("many", [0, 1, 4])
def test_two_or_three_plans_are_compared(pair: Pair, many: int) -> None:
    client, desk, _, _ = pair
    chosen = [kept(desk).id for _ in range(many)]
    answer = client.get("/compare", params={"plans": chosen})
    assert answer.status_code == 422
    form = answer.text[answer.text.index('action="/compare"') :]
    assert re.findall(r'value="(\w+)" checked', form)[::-1] == chosen  # nothing is lost; the last changed is the first
    assert 'role="group" aria-labelledby="compare-title" aria-describedby="help-compare fault-compare"' in form
    told = re.search(r'<p class="fault" id="fault-compare">(.*?)</p>', form)
    assert told is not None
    assert "twos or threes" in told[1]


def test_a_plan_of_another_sheet_stays_chosen(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    client, desk, first, _ = pair
    kept(desk)
    monkeypatch.setattr("percuta.web.pages.home.ON_A_SHEET", 1)
    assert f'value="{first.id}" checked' in client.get("/compare", params={"plans": first.id}).text


def test_only_plans_that_can_be_computed_are_offered(pair: Pair) -> None:
    client, desk, first, _ = pair
    faulty = desk.plans.create(changed(first.data, "zones[1].site", ["nowhere"]))
    assert judged(desk, faulty).plan is not None
    whole = kept(desk)
    form = client.get("/").text.partition('action="/compare"')[2]
    assert f'value="{whole.id}"' in form
    assert f'value="{faulty.id}"' not in form


def test_three_plans_stand_side_by_side(pair: Pair) -> None:
    client, desk, first, second = pair
    said = words(client.get("/compare", params={"plans": [first.id, second.id, kept(desk, sessions=6).id]}).text)
    assert "Plans A, B and C, side by side" in said


def test_a_plan_that_is_not_there_or_not_whole_is_told(pair: Pair) -> None:
    client, desk, first, _ = pair
    assert client.get("/compare", params={"plans": f"{first.id},0123456789ab"}).status_code == 404
    unfinished = desk.plans.create({"title": "Begun"})
    answer = client.get("/compare", params={"plans": f"{first.id},{unfinished.id}"})
    assert answer.status_code == 422
    assert "not whole yet" in words(answer.text)
    assert client.post("/compare", data={"plans": [first.id, first.id]}).status_code == 422
    assert client.post("/compare", data={"plans": [first.id, kept(desk).id], "members": "7"}).status_code == 422


def test_with_a_plan_go_the_comparisons_it_stands_in(pair: Pair) -> None:
    client, desk, first, _ = pair
    other = kept(desk, sessions=5)
    client.post("/compare", data={"plans": [first.id, other.id], "members": "64"}, follow_redirects=False)
    [asked] = [one for one in desk.jobs.jobs_of(first.id) if other.id in str(one.asked)]
    client.post(f"/plans/{other.id}/delete", data={"version": other.version}, follow_redirects=False)
    assert asked.id not in [one.id for one in desk.jobs.jobs_of(first.id)]
    assert not asked.folder.exists()
    assert desk.plans.plan(first.id) == first
