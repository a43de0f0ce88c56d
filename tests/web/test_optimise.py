"""Searching settings from the page: wishes kept as a change, a search, its result, a choice taken over."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from percuta.web.app import create_app
from percuta.web.desk import Desk
from percuta.web.drafts import judged
from percuta.web.edits import changed, value_at
from percuta.web.job_store import Job
from percuta.web.plan_store import StoredPlan
from percuta.workflows.result_folder import OPTIMISATION, read_json

from .with_results import computed, finished, kept

SEARCH = {"trials": 12, "members": 16, "fresh": 16}
Searched = tuple[TestClient, Desk, StoredPlan, Job]
Form = dict[str, str | list[str]]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    app = create_app(tmp_path_factory.mktemp("search"), worker=False)
    desk: Desk = app.state.desk
    with TestClient(app, base_url="http://127.0.0.1") as client:
        stored = kept(desk)
        job = computed(desk, stored, "optimise", SEARCH)
        assert job.state == "done", job.fault
        yield client, desk, stored, job


def words(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def form_of(page: str) -> Form:
    """Return what a browser would post of the form of wishes, untouched."""
    form = page[page.index('id="asked"') : page.index("</form>", page.index('id="asked"'))]
    posted: Form = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kind = re.search(r'type="(\w+)"', tag)
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and not (kind and kind[1] in ("checkbox", "radio") and " checked" not in tag):
            posted[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        taken = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        assert taken is not None
        posted[name] = taken[1]
    return posted


def test_the_default_wishes_stand_there_with_reasons_and_sources(searched: Searched) -> None:
    client, _, stored, _ = searched
    page = client.get(f"/plans/{stored.id}/optimise").text
    posted = form_of(page)
    assert posted["constraints[1].limit"] == "7"
    assert posted["constraints[1].probability"] == "90"
    assert "Redness beyond five days is longer than what people are usually told to expect." in words(page)
    assert "miller_roll_cit" in page
    assert "settings[1].on" in posted


def test_an_untouched_form_changes_nothing_and_a_changed_limit_is_one_change(searched: Searched) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    address = f"/plans/{stored.id}/optimise"
    posted = form_of(client.get(address).text)
    assert client.post(address, data=posted | {"do": "keep"}, follow_redirects=False).status_code == 303
    assert desk.plans.plan(stored.id).version == stored.version
    client.post(address, data=posted | {"constraints[1].limit": "5", "do": "keep"})
    after = desk.plans.plan(stored.id)
    assert after.version == stored.version + 1
    assert set(after.data["optimise"]) == {"constraints"}  # the other lists go on following the library
    pain = after.data["optimise"]["constraints"][0]
    assert (pain["endpoint"], pain["below"], pain["probability"]) == ("pain_peak", 5.0, 0.9)
    assert judged(desk, after).draft.usable is not None
    assert form_of(client.get(address).text)["constraints[1].limit"] == "5"
    client.post(address, data=posted | {"version": str(after.version), "do": "usual"})
    assert "optimise" not in desk.plans.plan(stored.id).data


def test_rows_can_be_left_out_narrowed_and_added(searched: Searched) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    address = f"/plans/{stored.id}/optimise"
    posted = form_of(client.get(address).text)
    del posted["constraints[2].on"], posted["settings[2].on"]
    posted |= {
        **{"settings[1].first": "1", "settings[1].last": "3", "first": "1", "do": "keep"},
        **{"new_constraint.endpoint": "session_duration", "new_constraint.way": "below"},
        **{"new_constraint.limit": "100", "new_constraint.probability": "90"},
    }
    answer = client.post(address, data=posted, follow_redirects=False)
    assert answer.status_code == 303, words(answer.text)
    table = desk.plans.plan(stored.id).data["optimise"]
    assert table["objectives"][0]["endpoint"] == "pain_peak"
    assert "redness_duration" not in [one["endpoint"] for one in table["constraints"]]
    assert table["constraints"][-1] | {"below": "100 min", "probability": 0.9} == table["constraints"][-1]
    assert table["settings"][0]["values"] == ["0.5 mm", "0.75 mm", "1.0 mm"]
    assert "passes" not in [one["setting"] for one in table["settings"]]
    again = client.get(address).text
    assert "settings[1].on" in form_of(again)
    assert "Redness" in words(again)  # still on offer, not ticked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"constraints[1].limit": "eleven"}, "constraints-1"),
        ({"constraints[1].limit": "11"}, "constraints-1"),
        ({"constraints[2].probability": "3"}, "constraints-2"),
        ({"new_constraint.endpoint": "pain_peak", "new_constraint.limit": "8 weeks"}, "new-limit"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_its_row_and_nothing_is_lost(
    searched: Searched, change: Form, said: str
) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    address = f"/plans/{stored.id}/optimise"
    posted = form_of(client.get(address).text) | change | {"do": "search"}
    answer = client.post(address, data=posted)
    assert answer.status_code == 422
    row = answer.text[answer.text.index(f'id="{said}"') :]
    row = row[: row.index("</li>" if said.startswith("constraints") else "</details>")]
    told = re.search(r'<p class="fault" id="([\w-]+)">', row)
    assert told is not None
    field = next(name for name in change if not name.endswith("endpoint"))
    assert re.search(rf'name="{re.escape(field)}"[^>]* aria-invalid="true" aria-describedby="{told[1]}"', row)
    assert row.count("aria-invalid") == 1
    key, typed = next(iter(change.items()))
    assert form_of(answer.text).get(key, typed) == typed
    assert desk.plans.plan(stored.id).version == stored.version
    assert desk.jobs.jobs_of(stored.id) == []


def test_a_search_is_asked_once_and_its_progress_is_shown(searched: Searched) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    address = f"/plans/{stored.id}/optimise"
    posted = form_of(client.get(address).text) | {"do": "search", "trials": "7", "size": "quick"}
    for _ in range(2):
        assert client.post(address, data=posted, follow_redirects=False).status_code == 303
    jobs = desk.jobs.jobs_of(stored.id)
    assert len(jobs) == 1
    assert jobs[0].asked["trials"] == 7
    page = client.get(address).text
    assert f'data-job="{jobs[0].id}"' in page
    desk.jobs.end(jobs[0].id, "cancelled", "Cancelled")


@pytest.mark.parametrize("trials", ["0", "501", "many"])
def test_a_number_of_choices_that_cannot_be_tried_is_said_beside_it_before_anything_is_kept(
    searched: Searched, trials: str
) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    address = f"/plans/{stored.id}/optimise"
    change: Form = {"trials": trials, "constraints[1].limit": "5", "new_constraint.endpoint": "session_duration"}
    answer = client.post(address, data=form_of(client.get(address).text) | change | {"do": "search"})
    assert answer.status_code == 422
    assert re.search(r'id="trials"[^>]*aria-invalid="true"[^>]*why-not-trials"', answer.text)
    assert re.search(r'<p class="fault" id="why-not-trials">.*?allowed: ', answer.text)
    shown = form_of(answer.text)
    assert {key: shown[key] for key in change} == change
    assert desk.plans.plan(stored.id) == stored
    assert desk.jobs.jobs_of(stored.id) == []


def test_wishes_over_a_plan_that_was_changed_elsewhere_are_not_kept_and_not_lost(searched: Searched) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    address = f"/plans/{stored.id}/optimise"
    posted = form_of(client.get(address).text)
    limit = {"endpoint": "needling_duration", "zone": "cheeks", "below": "30 min", "probability": 0.9}
    with_own = stored.data | {"optimise": {"constraints": [limit]}}
    newest = desk.plans.save(stored.id, stored.version, with_own, "in another tab")
    del posted["settings[2].on"]
    posted |= {"settings[1].first": "1", "constraints[2].limit": "4", "first": "1", "new_objective.way": "minimise"}
    answer = client.post(address, data=posted | {"do": "search"})
    assert answer.status_code == 409
    assert "changed since this page was made" in words(answer.text)
    again = form_of(answer.text)
    assert again["version"] == str(newest.version)
    abouts = {key: str(value) for key, value in again.items() if re.fullmatch(r"constraints\[\d+\]\.about", key)}
    where = {about: again[key.replace("about", "limit")] for key, about in abouts.items()}
    about = str(posted["constraints[2].about"])
    assert where[about] == "4"
    assert where["needling_duration, cheeks"] == "30"
    assert "settings[1].on" in again
    assert "settings[2].on" not in again
    assert (again["settings[1].first"], again["first"], again["new_objective.way"]) == ("1", "1", "minimise")
    assert desk.plans.plan(stored.id) == newest
    assert desk.jobs.jobs_of(stored.id) == []
    answer = client.post(address, data=again | {"do": "keep"}, follow_redirects=False)
    assert answer.status_code == 303, words(answer.text)
    assert "passes" not in [one["setting"] for one in desk.plans.plan(stored.id).data["optimise"]["settings"]]


def test_the_result_stands_in_the_words_of_the_report(searched: Searched) -> None:
    client, _, stored, job = searched
    page = client.get(f"/plans/{stored.id}/optimise").text
    table = read_json(job.folder / OPTIMISATION)
    said = words(page)
    assert table["sentences"]["verdict"] in said
    for sentence in table["chosen_because"]:
        assert " ".join(sentence.replace("\u00a0", " ").split()) in said.replace("\u00a0", " ")
    assert "The trade-off" in said
    assert "<svg" in page
    assert "One step around" in said
    assert not re.search(r"\b(optimal|safe)\b", said, re.IGNORECASE)
    assert not re.search(r"\sstyle=|<style", page)


def test_a_choice_is_taken_over_as_one_change_that_undo_takes_back(searched: Searched) -> None:
    client, desk, stored, job = searched
    table = read_json(job.folder / OPTIMISATION)
    page = client.get(f"/plans/{stored.id}/optimise").text
    numbers = [int(one) for one in re.findall(r'name="number" value="(\d+)"', page)]
    assert numbers
    before = desk.plans.plan(stored.id)
    for number in numbers:
        at = desk.plans.plan(stored.id)
        asked = {"version": str(at.version), "job": job.id, "number": str(number)}
        answer = client.post(f"/plans/{stored.id}/optimise/take", data=asked, follow_redirects=False)
        assert answer.status_code == 303, words(answer.text)
        taken = desk.plans.plan(stored.id)
        chosen = next(one for one in table["candidates"] if one["number"] == number)["settings"]
        plan = judged(desk, taken).draft.usable
        assert plan is not None
        assert str(plan.needling[0].set_depth) == chosen["set_depth"]
        assert str(plan.needling[0].passes) == chosen["passes"]
        assert str(plan.course.sessions) == chosen["sessions"]
        assert taken.data["patient"] == before.data["patient"]
    for _ in range(desk.plans.plan(stored.id).version - before.version):
        desk.plans.undo(stored.id, desk.plans.plan(stored.id).version)
    assert desk.plans.plan(stored.id).data == before.data


def test_a_plan_changed_in_more_than_the_settings_is_not_overwritten(searched: Searched) -> None:
    client, desk, stored, job = searched
    at = desk.plans.plan(stored.id)
    changed_plan = desk.plans.save(stored.id, at.version, changed(at.data, "zones[1].area", ["40"]), "area")
    asked = {"version": str(changed_plan.version), "job": job.id, "number": "1"}
    answer = client.post(f"/plans/{stored.id}/optimise/take", data=asked)
    assert answer.status_code == 422
    assert "changed since the search" in words(answer.text)
    assert desk.plans.plan(stored.id).data == changed_plan.data
    assert "was changed since this search" in words(client.get(f"/plans/{stored.id}/optimise").text)
    desk.plans.undo(stored.id, changed_plan.version)


def test_another_tab_or_a_number_that_was_not_tried_changes_nothing(searched: Searched) -> None:
    client, desk, stored, job = searched
    at = desk.plans.plan(stored.id)
    address = f"/plans/{stored.id}/optimise/take"
    old = {"version": str(at.version - 1), "job": job.id, "number": "1"}
    assert client.post(address, data=old).status_code == 409
    none = {"version": str(at.version), "job": job.id, "number": "999"}
    assert client.post(address, data=none).status_code == 422
    other = {"version": str(at.version), "job": "0123456789ab", "number": "1"}
    assert client.post(address, data=other).status_code == 404
    assert desk.plans.plan(stored.id).data == at.data


def test_where_nothing_is_feasible_the_page_says_what_to_relax(searched: Searched) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    address = f"/plans/{stored.id}/optimise"
    posted = form_of(client.get(address).text) | {"constraints[1].limit": "0.01", "do": "search", "trials": "5"}
    posted |= {"size": "quick"}
    client.post(address, data=posted)
    (asked,) = desk.jobs.jobs_of(stored.id)
    assert value_at(desk.plans.plan(stored.id).data, "optimise.constraints[1].below") == 0.01
    assert finished(desk, asked.id).state == "done"
    said = words(client.get(address).text)
    assert "Nothing is recommended" in said
    assert "Which constraint to relax" in said
    assert "Take the recommended settings over" not in said


def test_a_person_whom_the_screening_stops_is_not_searched_for(searched: Searched) -> None:
    client, desk, _, _ = searched
    stored = kept(desk)
    desk.plans.save(stored.id, stored.version, changed(stored.data, "patient.screening.active_herpes", ["yes"]), "x")
    page = client.get(f"/plans/{stored.id}/optimise").text
    assert "The screening stops this plan" in words(page)
    assert 'id="asked"' not in page


def test_a_plan_with_pulses_is_simulated_first(searched: Searched) -> None:
    client, desk, _, _ = searched
    page = client.get(f"/plans/{kept(desk, 'cheek_rf').id}/optimise").text
    assert "Simulate this plan first" in words(page)
