"""What the pages say of a plan by the rules that were asked of it, and that a refusal stays in sight everywhere."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from percuta.engine.pulse_store import store_in
from percuta.errors import PercutaError
from percuta.plan.drafts import read_draft
from percuta.plan.reading import read_plan
from percuta.plan.writing import write_plan
from percuta.safety.findings import Findings
from percuta.web.desk import Desk, desk_in
from percuta.web.drafts import judged
from percuta.web.edits import changed
from percuta.web.job_store import Job
from percuta.web.pages.home import new_data
from percuta.web.plan_store import StoredPlan
from percuta.web.rendering import fragment
from percuta.workflows.check import check, check_draft, questions
from percuta.workflows.result_folder import FINDINGS, write_json

from .with_results import EXAMPLES, computed, kept

PAGES = ("planner", "consultation", "simulation", "results", "documents")
NOT_ASKED = "the rules about heat are asked with the simulation"
BURN = "Half of the epidermis or more is predicted to die of heat"
RF = "session.steps[6]"


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def flags(page: str) -> str:
    found = re.findall(r'<section class="flags is-refused".*?</section>', page, re.DOTALL)
    return words(" ".join(found))


def with_pulses(desk: Desk, energy: str, **more: str) -> StoredPlan:
    """Keep the example with current at another energy, whose pulses no other test computes."""
    stored = kept(desk, "cheek_rf")
    data = stored.data
    for name, text in {"energy_per_pin": energy, **more}.items():
        data = changed(data, f"{RF}.{name}", [text])
    return desk.plans.save(stored.id, stored.version, data, "pulses")


@pytest.fixture
def no_pulse_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, what solves a pulse fails."""

    def solved(*_: Any, **__: Any) -> None:
        raise AssertionError("a pulse is solved")

    monkeypatch.setattr("percuta.physics.pulse.compute_pulse", solved)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No folder for pulses, and this process knows of none that another one computed."""
    monkeypatch.setenv("PERCUTA_CACHE", "off")
    store_in.cache_clear()
    yield
    store_in.cache_clear()


def screened(desk: Desk) -> StoredPlan:
    """Keep a new plan in which every question is answered with no and nothing else is said."""
    data = new_data(desk.known)
    answers = {one.id: "no" for one in questions(read_draft(data, desk.known), desk.known)}
    return desk.plans.create(data | {"patient": {"screening": answers}})


def test_a_plan_that_was_only_screened_does_not_pass(client: TestClient, desk: Desk) -> None:
    stored = screened(desk)
    assert judged(desk, stored).findings.asked == "screening"
    for page in (client.get("/").text, *(client.get(f"/plans/{stored.id}/{name}").text for name in PAGES)):
        assert "No rule stops" not in words(page)
        assert "is-passes" not in page
    page = client.get(f"/plans/{stored.id}/planner").text
    assert re.search(r'<p class="verdict is-open"[^>]*>The plan is not whole yet. Only the screening was asked', page)
    assert "No rule asked so far has anything to say." in words(page)


def test_a_mistyped_field_makes_no_plan_pass(client: TestClient, desk: Desk) -> None:
    stored = kept(desk)
    stored = desk.plans.save(stored.id, 1, changed(stored.data, "patient.mass", ["much"]), "mass")
    told = client.get(f"/api/v1/plans/{stored.id}").json()["findings"]
    assert told["verdict"] == "open"
    assert told["sentence"] == "Only the screening was asked so far; nothing in it stops this plan."


@pytest.mark.usefixtures("no_pulse_is_solved")
def test_pulses_that_were_not_computed_are_not_solved_for_a_page_and_it_says_so(client: TestClient, desk: Desk) -> None:
    stored, other = with_pulses(desk, "57.1 mJ"), with_pulses(desk, "57.2 mJ")
    addresses = ["/", f"/compare?plans={stored.id},{other.id}", *(f"/plans/{stored.id}/{name}" for name in PAGES)]
    for address in addresses:
        page = client.get(address).text
        assert NOT_ASKED in words(page), address
        assert "No rule stops" not in words(page), address
        assert "is-passes" not in page, address
    assert client.post("/api/v1/check", json=stored.data).json()["verdict"] == "open"
    assert client.get(f"/api/v1/plans/{stored.id}").json()["findings"]["verdict"] == "open"
    assert "Not known yet" in words(client.get(addresses[1]).text)


def test_an_override_of_a_rule_about_heat_is_not_called_idle_before_it_is_asked(desk: Desk) -> None:
    stored = with_pulses(desk, "57.3 mJ")
    override = {"rule": "rf_epidermis_burn", "name": "Dr A. Example", "reason": "a test patch healed well"}
    draft = read_draft(stored.data | {"overrides": [override]}, desk.known)
    findings = check_draft(draft, desk.known).findings
    assert findings.asked == "without_heat"
    assert "rf_epidermis_burn" not in [one.rule for one in findings.findings]


@pytest.fixture
def burning(desk: Desk, forgetful: None, request: pytest.FixtureRequest) -> tuple[StoredPlan, Job]:
    """A plan that the worker refused for the heat of its pulses, of which nothing but its findings is known."""
    stored = with_pulses(desk, "59.2 mJ", set_depth="0.5 mm", passes="20")
    assert not judged(desk, stored).red_flags
    job = computed(desk, stored, "simulate", {"members": 16})
    assert job.refused
    store_in.cache_clear()
    request.getfixturevalue("no_pulse_is_solved")
    return stored, job


def test_a_burn_stands_as_red_flag_on_every_page_and_after_a_restart(
    burning: tuple[StoredPlan, Job], client: TestClient, desk: Desk
) -> None:
    stored, job = burning
    again = desk_in(desk.folder, worker=False)
    assert [one.rule for one in judged(again, stored).red_flags] == ["rf_epidermis_burn"]
    for name in PAGES:
        assert BURN in flags(client.get(f"/plans/{stored.id}/{name}").text), name
    assert BURN in flags(client.get(f"/compare?plans={stored.id},{kept(desk).id}").text)
    assert BURN in flags(client.get(f"/plans/{stored.id}/documents/report.html").text)  # an error: there is none
    assert "Refused: 1 finding forbids this plan." in words(client.get("/").text)
    assert client.get(f"/api/v1/plans/{stored.id}").json()["findings"]["verdict"] == "refused"
    assert client.get(f"/api/v1/jobs/{job.id}/result").json()["verdict"] == "refused"
    desk.jobs.clear(job.id)  # as when the worker is lost right after
    assert (job.folder / FINDINGS).is_file()


def test_a_comparison_that_the_rules_stop_names_the_plan(desk: Desk) -> None:
    stored, other = with_pulses(desk, "59.1 mJ", set_depth="0.5 mm", passes="20"), with_pulses(desk, "57.5 mJ")
    plan = judged(desk, other).plan
    assert plan is not None
    others = [{"plan": other.id, "text": write_plan(plan)}]
    job = computed(desk, stored, "compare", {"others": others, "members": 16})
    assert job.refused
    assert (job.fault or {})["what"].startswith(f"{stored.title}: Refused: 1 finding forbids this plan.")
    assert judged(desk, stored).red_flags  # its pulses are kept now


def test_what_was_found_of_heat_holds_for_the_plan_that_was_computed(
    burning: tuple[StoredPlan, Job], desk: Desk
) -> None:
    stored, _ = burning
    deeper = desk.plans.save(stored.id, stored.version, changed(stored.data, f"{RF}.set_depth", ["1.5 mm"]), "depth")
    assert judged(desk, deeper).findings.verdict == "open"
    back = desk.plans.undo(stored.id, deeper.version)
    assert judged(desk, back).findings.verdict == "refused"


def test_a_plan_passes_once_a_simulation_has_asked_about_heat(desk: Desk, forgetful: None) -> None:
    stored = with_pulses(desk, "57.6 mJ")
    plan = judged(desk, stored).plan
    assert plan is not None
    job = desk.runs.ask(stored, plan, "simulate", {"members": 16})
    desk.jobs.claim()
    job.folder.mkdir(parents=True)
    write_json(job.folder / FINDINGS, Findings(()).as_dict())
    desk.jobs.end(job.id, "done", "Done")
    assert judged(desk, stored).findings.verdict == "passes_with_warnings"
    (job.folder / FINDINGS).unlink()
    assert judged(desk, stored).findings.verdict == "open"


def test_pulses_that_another_job_computed_are_looked_up(desk: Desk) -> None:
    stored = with_pulses(desk, "57.4 mJ")
    plan = judged(desk, stored).plan
    assert plan is not None
    check(plan, desk.known)  # as a comparison does
    other = kept(desk)
    job = desk.runs.ask(other, read_plan((EXAMPLES / "cheek_pen.toml").read_text()), "optimise", {})
    desk.jobs.claim()
    desk.jobs.end(job.id, "done", "Done")
    assert judged(desk, stored).findings.asked == "all"


def test_folded_red_flags_are_named_in_the_line_that_folds_them(client: TestClient, desk: Desk) -> None:
    data = tomllib.loads((EXAMPLES / "as_in_the_article.toml").read_text(encoding="utf-8"))
    stored = desk.plans.create(data)
    folded = judged(desk, stored).red_flags[2:]
    assert folded
    page = client.get(f"/plans/{stored.id}/planner").text
    line = re.search(r'<section class="flags is-refused".*?<summary>(.*?)</summary>', page, re.DOTALL)
    assert line is not None
    for one in folded:
        assert one.rule.replace("_", " ") in words(line[1])


@pytest.mark.parametrize("template", ["message.html", "error.html"])
def test_names_keep_their_letters_where_a_sentence_is_begun(template: str) -> None:
    fault = PercutaError("the Dermapen 4 has no RF array", do="choose an RF array of Endymed")
    about = {"stored": None, "judged": None, "path": "/", "message": None, "title": "", "newer": False}
    said = fragment(template, fault=fault, **about)
    assert "Dermapen 4 has no RF array" in said
    assert "RF array of Endymed" in said


def test_an_error_that_is_about_no_plan_has_no_flags(client: TestClient) -> None:
    answer = client.get("/plans/0123456789ab/planner")
    assert answer.status_code == 404
    assert "plan-bar" not in answer.text
