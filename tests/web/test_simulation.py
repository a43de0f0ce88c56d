"""The page of a simulation and what a job tells while it is computed; the worker's part is played by the test."""

from __future__ import annotations

import html
import re
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from percuta.errors import PercutaError
from percuta.plan.reading import read_plan
from percuta.report.wording import pretty
from percuta.web.desk import Desk
from percuta.web.job_store import Job
from percuta.web.job_words import about, likely
from percuta.web.plan_store import StoredPlan
from percuta.web.runs import MOST_WAITING
from percuta.web.server import HOST, _listening
from percuta.workflows.glance import glance
from percuta.workflows.result_folder import MANIFEST

EXAMPLES = Path(__file__).parents[2] / "examples"
WITHIN = 20.0  # s, far longer than anything here takes


def _kept(desk: Desk, example: str = "cheek_pen", **changed: Any) -> StoredPlan:
    return desk.plans.create(tomllib.loads((EXAMPLES / f"{example}.toml").read_text()) | changed)


def _start(client: TestClient, stored: StoredPlan, **options: Any) -> tuple[int, str]:
    asked = {"version": stored.version, **options}
    answer = client.post(f"/plans/{stored.id}/simulate", data=asked, follow_redirects=False)
    return answer.status_code, answer.text


def _asked(client: TestClient, desk: Desk, **options: Any) -> Job:
    stored = _kept(desk)
    assert _start(client, stored, **options)[0] == 303
    return desk.jobs.jobs_of(stored.id)[0]


def test_a_plan_is_started_with_what_was_chosen(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk, members="256", seed=" 7 ")
    assert job.state == "queued"
    assert job.asked == {"members": 256, "seed": 7, "accuracy": "draft"}
    assert read_plan(job.plan_text) == read_plan((EXAMPLES / "cheek_pen.toml").read_text())
    page = client.get(f"/plans/{job.plan}/simulation").text
    assert f'data-job="{job.id}"' in page
    assert "Simulation of 256 scenarios" in page
    assert "Start the simulation" not in page


def test_the_same_start_twice_is_one(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk)
    stored = desk.plans.plan(job.plan)
    _start(client, stored)
    assert len(desk.jobs.jobs_of(stored.id)) == 1
    _start(client, stored, seed="1")
    assert len(desk.jobs.jobs_of(stored.id)) == 2


@pytest.mark.parametrize(
    ("typed", "at", "said"),
    [
        ({"seed": "x"}, "seed", "not a whole number"),
        ({"seed": "-1"}, "seed", "not a whole number"),
        ({"seed": str(2**32)}, "seed", "4294967295 or less"),
        ({"members": "65"}, "members", "64, 256 or 1024"),
        ({"accuracy": "<b>"}, "accuracy", ""),
    ],
)
def test_a_wrong_option_is_said_beside_it_and_kept(
    client: TestClient, desk: Desk, typed: dict[str, str], at: str, said: str
) -> None:
    stored = _kept(desk, "cheek_rf")
    status, text = _start(client, stored, **typed)
    assert status == 422
    found = re.search(rf'<p class="fault" id="fault-{at}">(.*?)</p>', text)
    assert found
    assert said in found[1]
    assert "<b>" not in found[1]
    assert at != "seed" or f'value="{typed["seed"]}"' in text
    assert desk.jobs.jobs_of(stored.id) == []


def test_a_plan_that_was_changed_elsewhere_is_looked_at_again_first(client: TestClient, desk: Desk) -> None:
    stored = _kept(desk)
    desk.plans.save(stored.id, stored.version, stored.data | {"title": "Another"}, "title")
    status, text = _start(client, stored)
    assert status == 409
    assert "changed since this page was made" in text
    assert desk.jobs.jobs_of(stored.id) == []


def test_a_plan_that_is_not_whole_says_what_is_missing_and_where(client: TestClient, desk: Desk) -> None:
    stored = _kept(desk, patient={"age": "52 years", "sex": "female", "phototype": 3, "desired_effect": "wrinkles"})
    page = client.get(f"/plans/{stored.id}/simulation").text
    assert f'href="/plans/{stored.id}/consultation#field-patient-mass"' in page
    assert "Start the simulation" not in page
    assert _start(client, stored)[0] == 422
    assert desk.jobs.jobs_of(stored.id) == []


def test_a_refused_plan_says_so_and_cannot_be_started(client: TestClient, desk: Desk) -> None:
    stored = _kept(desk, "as_in_the_article")
    page = client.get(f"/plans/{stored.id}/simulation").text
    assert page.index("Refused:") < page.index("<h1>")
    assert "Start the simulation" not in page
    assert _start(client, stored)[0] == 422
    assert desk.jobs.jobs_of(stored.id) == []


def test_what_is_known_at_once_is_shown_before_anything_is_computed(client: TestClient, desk: Desk) -> None:
    stored, plan = _kept(desk), read_plan((EXAMPLES / "cheek_pen.toml").read_text())
    place = plan.session.steps.index(plan.needling[0]) + 1
    sentences = glance(plan, "cheeks", place).sentences
    page = client.get(f"/plans/{stored.id}/simulation").text
    assert "One visit takes about" in page
    assert f"Step {place}, cheeks" in page
    assert sentences
    for sentence in sentences:
        assert html.escape(pretty(sentence)) in page


def test_accuracy_is_asked_where_there_are_pulses(client: TestClient, desk: Desk) -> None:
    assert 'name="accuracy"' not in client.get(f"/plans/{_kept(desk).id}/simulation").text
    assert 'name="accuracy"' in client.get(f"/plans/{_kept(desk, 'cheek_rf').id}/simulation").text


def test_a_run_that_failed_says_why_and_is_started_again_as_it_was(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk, seed="3")
    desk.jobs.claim()
    desk.jobs.end(job.id, "failed", "Failed", {"what": "memory <ran> out", "value": None, "do": "take fewer"})
    page = client.get(f"/plans/{job.plan}/simulation").text
    assert "Memory &lt;ran&gt; out." in page
    assert "What to do: take fewer." in page
    answer = client.post(f"/jobs/{job.id}/again", follow_redirects=False)
    assert answer.headers["location"] == f"/plans/{job.plan}/simulation"
    again = desk.jobs.job(job.id)
    assert (again.state, again.fault, again.share, again.asked) == ("queued", None, 0.0, job.asked)


def test_what_is_done_is_not_started_again(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk)
    desk.jobs.claim()
    desk.jobs.end(job.id, "done", "Done")
    client.post(f"/jobs/{job.id}/again")
    client.post(f"/jobs/{job.id}/cancel")
    assert desk.jobs.job(job.id).state == "done"


def test_a_run_says_whether_the_plan_was_changed_since(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk)
    desk.jobs.claim()
    desk.jobs.end(job.id, "done", "Done")
    address = f"/plans/{job.plan}/simulation"
    assert "as it is now" in client.get(address).text
    stored = desk.plans.plan(job.plan)
    desk.plans.save(stored.id, stored.version, stored.data | {"title": "Another"}, "title")
    assert "changed since" in client.get(address).text
    client.post(f"/plans/{stored.id}/undo", data={"version": stored.version + 1})
    assert "as it is now" in client.get(address).text


def test_a_cancelled_job_waits_no_more(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk)
    client.post(f"/jobs/{job.id}/cancel", follow_redirects=False)
    assert desk.jobs.job(job.id).state == "cancelled"
    assert desk.jobs.claim() is None
    assert not desk.jobs.tell(job.id, 0.5, None, "late")


def test_no_more_waits_than_can_be_looked_over(client: TestClient, desk: Desk) -> None:
    stored = _kept(desk)
    plan = read_plan((EXAMPLES / "cheek_pen.toml").read_text())
    for seed in range(MOST_WAITING):
        desk.runs.ask(stored, plan, "simulate", {"seed": seed})
    with pytest.raises(PercutaError, match="too many computations wait"):
        desk.runs.ask(stored, plan, "simulate", {"seed": MOST_WAITING})
    desk.jobs.claim()
    desk.jobs.end(desk.jobs.jobs_of(stored.id)[-1].id, "done", "Done")
    desk.runs.ask(stored, plan, "simulate", {"seed": MOST_WAITING})


def test_deleting_a_plan_removes_the_files_of_its_results(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk)
    desk.jobs.claim()
    (job.folder / "block").mkdir(parents=True)
    (job.folder / "report.html").write_text("report")
    desk.jobs.end(job.id, "done", "Done")
    client.post(f"/plans/{job.plan}/delete", data={"version": job.version}, follow_redirects=False)
    assert not job.folder.exists()
    assert client.get(f"/jobs/{job.id}/events").status_code == 404


def test_what_was_cut_off_leaves_nothing_but_what_a_search_tried(desk: Desk) -> None:
    stored = _kept(desk)
    job = desk.runs.ask(stored, read_plan((EXAMPLES / "cheek_pen.toml").read_text()), "optimise", {"trials": 3})
    (job.folder / ".unfinished-here-1-x").mkdir(parents=True)
    (job.folder / "study.db").write_text("tried")
    (job.folder / "findings.json").write_text("{}")
    desk.jobs.clear(job.id)
    assert [one.name for one in job.folder.iterdir()] == ["study.db"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "a few seconds"), (41.0, "about 40 s"), (170.0, "about 3 min"), (4000.0, "about 1 h 7 min")],
)
def test_times_are_rounded_as_far_as_they_are_worth(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_how_long_it_takes_is_judged_by_what_was_done_here(client: TestClient, desk: Desk) -> None:
    job = _asked(client, desk)
    assert likely(desk.jobs.done("simulate", 9), job.plan_text, 64, "draft") == ""
    desk.jobs.claim()
    desk.jobs.end(job.id, "done", "Done")
    assert likely(desk.jobs.done("simulate", 9), job.plan_text, 64, "draft") == "a few seconds"
    assert likely(desk.jobs.done("simulate", 9), 'do = "rf_pulses"', 64, "draft") == ""


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    """Serve on a free port of the loopback; what is streamed arrives as it is sent."""
    listening = _listening(0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        _until(lambda: server.started)
        yield f"http://{HOST}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(WITHIN)
        listening.close()


def _until(holds: Any) -> None:
    end = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def _events(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Give the events of a stream as they arrive: name and data."""
    name, data = "", []
    for line in lines:
        field, _, rest = line.partition(": ")
        if field == "event":
            name = rest
        elif field == "data":
            data.append(rest)
        elif not line and name:
            yield name, "\n".join(data)
            name, data = "", []


def test_progress_is_told_as_it_is_made_and_a_reload_sees_the_same(app: FastAPI, desk: Desk) -> None:
    job = desk.runs.ask(_kept(desk), read_plan((EXAMPLES / "cheek_pen.toml").read_text()), "simulate", {})
    headers = {"Accept-Encoding": "gzip"}
    with (
        _served(app) as address,
        httpx.Client(base_url=address, headers=headers, timeout=WITHIN) as client,
        client.stream("GET", f"/jobs/{job.id}/events") as answer,
    ):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert "Content-Encoding" not in answer.headers
        told = _events(answer.iter_lines())
        assert "Waiting for its turn" in next(told)[1]
        desk.jobs.claim()
        assert "Starting" in next(told)[1]
        desk.jobs.tell(job.id, 0.4, 42.0, "Computing scenarios: 26 of 64")
        name, data = next(told)
        assert name == "progress"
        assert "26 of 64" in data
        assert "40 % · about 40 s left" in data
        with client.stream("GET", f"/jobs/{job.id}/events") as second:
            assert next(_events(second.iter_lines())) == (name, data)
        assert data.strip() in client.get(f"/plans/{job.plan}/simulation").text
        job.folder.mkdir(parents=True)
        (job.folder / MANIFEST).write_text("{}")
        assert next(told) == ("results", f"/plans/{job.plan}/results?job={job.id}")
        desk.jobs.end(job.id, "done", "Done")
        assert list(told)[-1] == ("ended", f"/plans/{job.plan}/results?job={job.id}")
