"""The results page: its order, its honesty, and what it does with older results, changed plans and refusals."""

from __future__ import annotations

import html
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from percuta.library.registry import library
from percuta.web.app import create_app
from percuta.web.desk import Desk
from percuta.web.drafts import judged
from percuta.web.edits import changed
from percuta.web.job_store import Job
from percuta.web.plan_store import StoredPlan
from percuta.web.worker import _note_what_was_cut_off
from percuta.workflows.result_folder import BLOCK, BLOCK_PICTURE, BLOCK_SURFACES, FILES, PICTURE, UNFINISHED_BLOCK

from .with_results import computed, finished, kept

Asked = tuple[TestClient, Desk, StoredPlan, Job]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    app = create_app(tmp_path_factory.mktemp("results"), worker=False)
    desk: Desk = app.state.desk
    with TestClient(app, base_url="http://127.0.0.1") as client:
        stored = kept(desk)
        job = computed(desk, stored, "simulate", {"members": 64})
        assert job.state == "done", job.fault
        yield client, desk, stored, job


@pytest.fixture
def page(asked: Asked) -> str:
    client, _, stored, _ = asked
    answer = client.get(f"/plans/{stored.id}/results")
    assert answer.status_code == 200
    return answer.text


def words(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_the_order_is_verdict_burden_benefit_and_then_the_rest(page: str) -> None:
    found = re.findall(r'<section class="(?:card|block card)[^"]*"(?: id="(\w+)"| aria-labelledby="([\w-]+)")', page)
    assert [one or other for one, other in found] == [
        *("answer", "recovery", "benefit", "course", "session", "numbing", "week", "risks", "blood", "endpoints"),
        *("block-title", "depth", "computed", "more"),
    ]


def test_the_first_heading_says_whether_it_should_be_done_and_promises_nothing(page: str) -> None:
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    assert heading is not None
    assert heading[1].startswith("It can be considered")
    before_the_course = words(page)[: words(page).index("For researchers")]
    assert "collagen" not in before_the_course.split("What is known of the benefit")[0]
    assert not re.search(r"\b(optimal|safe)\b", words(page), re.IGNORECASE)


def test_burden_and_endpoints_carry_their_ranges(page: str) -> None:
    said = words(page)
    assert re.search(r"about \d+ days \(\d+ to \d+ days\)", said)
    assert re.search(r"about \d+ of 10 \(\d+ to \d+ of 10\)", said)
    rows = re.findall(r'<td data-label="Median">(.*?)</td><td data-label="9 in 10">(.*?)</td>', page)
    assert len(rows) > 15
    assert all(middle and span for middle, span in rows)


def test_what_can_go_wrong_names_own_risks_and_those_of_all_with_grade_source_and_range(page: str) -> None:
    section = page[page.index('id="risks"') : page.index('id="blood"')]
    own, _, of_all = words(f"<main {section}</main>").partition("For anybody")
    for harm in library().harms:
        assert (harm.says in own) == (harm.id == "beyond_the_skin"), harm.id
        assert (harm.says in of_all) == (not harm.rule and harm.needles == "any"), harm.id
    assert re.search(r'<li>Infection\..*?<span class="grade">measured</span>.*?class="source"', section, re.DOTALL)
    assert re.search(r"share of the needle tracks that end below the dermis .*?\d to .*?%", own)
    assert "Dark marks afterwards" in of_all


def test_endpoints_say_how_they_are_founded_and_why_others_are_withheld(page: str) -> None:
    assert re.search(r"(Mostly assumed|Assumed in part): \d+ \w+", words(page))
    assert "Not predicted: recoil follows the elastic fibres" in words(page)


def test_nothing_of_the_page_needs_inline_style_or_script(page: str) -> None:
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son\w+=", page)


def test_a_changed_plan_is_told_with_what_was_changed_and_an_undone_change_is_none(asked: Asked) -> None:
    client, desk, stored, _ = asked
    address = f"/plans/{stored.id}/results"
    assert "was changed since" not in client.get(address).text
    other = desk.plans.save(stored.id, stored.version, changed(stored.data, "course.sessions", ["3"]), "sessions")
    said = words(client.get(address).text)
    assert "The plan was changed since this was computed" in said
    assert "Sessions 4 3" in said
    desk.plans.undo(stored.id, other.version)
    assert "was changed since" not in client.get(address).text


def test_an_older_result_can_be_opened_and_says_so(asked: Asked) -> None:
    client, desk, stored, old = asked
    newer = computed(desk, desk.plans.plan(stored.id), "simulate", {"members": 16})
    newest = client.get(f"/plans/{stored.id}/results").text
    assert f"results?job={old.id}" in newest
    assert "earlier simulation" not in newest
    assert "This is an earlier simulation" in client.get(f"/plans/{stored.id}/results?job={old.id}").text
    desk.jobs.remove(newer.id)


@pytest.mark.parametrize("job", ["0123456789ab", "../../etc"])
def test_a_result_of_another_plan_is_not_found(asked: Asked, job: str) -> None:
    client, _, stored, _ = asked
    assert client.get(f"/plans/{stored.id}/results", params={"job": job}).status_code == 404


def test_a_plan_without_a_result_points_to_the_simulation(asked: Asked) -> None:
    client, desk, _, _ = asked
    answer = client.get(f"/plans/{kept(desk).id}/results")
    assert answer.status_code == 200
    assert "/simulation" in answer.text
    assert "No result yet" in answer.text


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_refused_plan_shows_the_verdict_and_the_findings_only(asked: Asked, asked_before: bool) -> None:
    client, desk, _, _ = asked
    stored = kept(desk)
    data = changed(stored.data, "patient.screening.active_herpes", ["yes"])
    stored = desk.plans.save(stored.id, stored.version, data, "herpes")
    if asked_before:
        job = computed(desk, stored, "simulate", {"members": 16})
        assert job.fault is not None
        assert job.fault["error"] == "SafetyRefusal"
    page = client.get(f"/plans/{stored.id}/results").text
    assert re.search("should not be carried out|has to wait", words(page))
    assert "Findings" in words(page)
    assert 'id="endpoints"' not in page
    assert 'id="course"' not in page
    main = page[page.index("<main") :]
    assert set(re.findall(r'href="#([^"]+)"', main)) <= set(re.findall(r'id="([^"]+)"', main))


Drawn = Callable[[float], None]
STILL = "The block of skin is still being drawn"


def drawn_by(desk: Desk, monkeypatch: pytest.MonkeyPatch, draw: Callable[[Job, Drawn], None]) -> Job:
    """Compute a plan; while its block would be drawn, do something else."""
    stored = kept(desk)
    plan = judged(desk, stored).plan
    assert plan is not None
    asked = desk.runs.ask(stored, plan, "simulate", {"members": 16})

    def instead(_plan: object, folder: Path, _known: object, progress: Drawn) -> None:
        draw(desk.jobs.job(folder.name), progress)

    monkeypatch.setattr("percuta.workflows.block.write_block", instead)
    return finished(desk, asked.id)


def test_the_results_can_be_read_while_the_block_is_drawn(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    client, desk, _, old = asked

    def look(job: Job, progress: Drawn) -> None:
        assert (job.state, job.said) == ("running", "Drawing the block of skin")
        address = f"/plans/{job.plan}/results"
        for found in (client.get(address), client.get(f"{address}?job={job.id}")):
            assert 'id="endpoints"' in found.text
            assert STILL in words(found.text)
            assert f'hx-get="/results/{job.id}/block"' in found.text
        assert STILL in client.get(f"/results/{job.id}/block").text
        progress_page = client.get(f"/plans/{job.plan}/simulation").text
        assert re.search(rf'<div class="job-results">.*?href="{address}\?job={job.id}"', progress_page, re.DOTALL)
        takeaway = client.get(f"/plans/{job.plan}/documents")
        assert "archive.zip" not in takeaway.text
        assert client.get(f"/plans/{job.plan}/documents/report.html").status_code == 200
        assert client.get(f"/plans/{job.plan}/documents/archive.zip").status_code == 422
        for name in (BLOCK, BLOCK_PICTURE):
            shutil.copy(old.folder / name, job.folder / name)

    job = drawn_by(desk, monkeypatch, look)
    assert (job.state, job.said) == ("done", "Done")
    for address in (f"/plans/{job.plan}/results", f"/results/{job.id}/block"):
        found = client.get(address).text
        assert "data-block=" in found
        assert STILL not in found


def test_giving_up_the_block_keeps_the_results(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    client, desk, _, _ = asked

    def cancel(job: Job, progress: Drawn) -> None:
        (job.folder / BLOCK_SURFACES).mkdir()
        (job.folder / PICTURE).write_text("half")
        client.post(f"/jobs/{job.id}/cancel", follow_redirects=False)
        time.sleep(0.25)
        progress(0.5)
        raise AssertionError("it was given up")

    job = drawn_by(desk, monkeypatch, cancel)
    assert (job.state, job.said) == ("done", "Done, without the block of skin: its drawing was given up")
    assert {one.name for one in job.folder.iterdir()} == set(FILES)
    said = words(client.get(f"/plans/{job.plan}/results").text)
    assert "without the block of skin: its drawing was given up" in said
    assert STILL not in said


def test_a_job_that_is_lost_while_the_block_is_drawn_keeps_its_results(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, desk, _, _ = asked

    def lose(job: Job, progress: Drawn) -> None:
        (job.folder / f"{UNFINISHED_BLOCK}x").mkdir()
        _note_what_was_cut_off(desk.jobs)

    job = drawn_by(desk, monkeypatch, lose)
    assert (job.state, job.said) == (
        "done",
        "Done, without the block of skin: the planner was ended while this was computed",
    )
    assert {one.name for one in job.folder.iterdir()} == set(FILES)


def test_a_result_whose_files_are_gone_is_told(asked: Asked) -> None:
    client, desk, _, _ = asked
    stored = kept(desk)
    plan = judged(desk, stored).plan
    assert plan is not None
    job = desk.runs.ask(stored, plan, "simulate", {"members": 16})
    desk.jobs.claim()
    desk.jobs.end(job.id, "done", "Done")
    Path(job.folder).mkdir(parents=True)
    answer = client.get(f"/plans/{stored.id}/results")
    assert answer.status_code == 422
    assert "not complete" in words(answer.text)
