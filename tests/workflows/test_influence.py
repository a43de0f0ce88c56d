"""Ranking a plan's inputs: what leads, what is refused, what is written, and that the report shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import validate

from percuta.engine.scenarios import Scenarios, scenario_batch
from percuta.errors import PlanError
from percuta.plan.reading import load_plan, read_plan
from percuta.results.influence import (
    MEMBERS,
    MEMBERS_WITH_PULSES,
    NO_SPREAD,
    NO_VARIANCE,
    OfColumn,
    influence,
    input_of,
    inputs_of,
)
from percuta.results.pick_freeze import Progress
from percuta.results.samples import Sample
from percuta.sources import Sourced, Spread
from percuta.workflows import influence as workflow
from percuta.workflows.influence import rank_inputs
from percuta.workflows.plan import run_plan
from percuta.workflows.report import rebuild_report
from percuta.workflows.schemas import schema

from ..engine.pulsed import changed

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def plan_text() -> str:
    """The pen example with its needling alone, quick to compute."""
    text = (EXAMPLES / "cheek_pen.toml").read_text("utf-8")
    steps = text.split("[[session.steps]]")
    needling = next(one for one in steps if one.startswith('\ndo = "needling"'))
    return f"{steps[0]}[[session.steps]]{needling}{text[text.index('[course]') :]}"


@pytest.fixture(scope="module")
def depth(plan_text: str) -> dict[str, Any]:
    """What the depth of the typical needle hangs on."""
    return rank_inputs(read_plan(plan_text), members=32, endpoint="reached_depth_typical", study=True).table


def test_the_reached_share_leads_the_reached_depth(depth: dict[str, Any]) -> None:
    validate(depth, schema("influence"))
    [one] = depth["endpoints"]
    assert (one["name"], one["zone"], one["unit"]) == ("reached_depth_typical", "cheeks", "mm")
    first = one["inputs"][0]
    assert first["input"] == "puncture.reached_share"  # two entries, by needle length, of one column
    assert first["grade"] == "assumed"
    assert first["entries"] == ["puncture.pen_reached_share_long", "puncture.pen_reached_share_short"]
    assert first["total"]["value"] > 0.5
    totals = [each["total"]["value"] for each in one["inputs"]]
    assert totals == sorted(totals, reverse=True)
    assert "healing.maturation" in depth["without_effect"]
    assert depth["members"] == depth["screened"] == 32


def test_an_endpoint_that_does_not_exist_names_the_nearest(plan_text: str) -> None:
    with pytest.raises(PlanError, match="did you mean reached_depth_typical") as fault:
        rank_inputs(read_plan(plan_text), members=32, endpoint="reached_depth", study=True)
    assert fault.value.exit_code == 2


@pytest.mark.parametrize(("members", "said"), [(100, "power of two"), (16, "too few")])
def test_numbers_of_scenarios_that_do_not_do(plan_text: str, members: int, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        rank_inputs(read_plan(plan_text), members=members)


def test_a_category_and_a_withheld_endpoint_say_why_they_are_not_ranked() -> None:
    def model(scenarios: Scenarios) -> list[Sample]:
        value = scenarios.draw(entry("healing.maturation", "assumed", "1"))
        seen = Sample("seen", "cheeks", "category", "", np.round(value), ("no", "yes"))
        return [seen, Sample("hidden", None, "1", "", withheld="why"), Sample("same", None, "1", "", 0.0 * value)]

    table = influence(model, 32, 0)
    assert table["endpoints"] == []
    assert table["without_effect"] == []
    reasons = {one["name"]: one["reason"] for one in table["left_out"]}
    assert reasons == {"seen": NO_VARIANCE, "hidden": "why", "same": NO_SPREAD}
    with pytest.raises(PlanError, match="did you mean same"):
        influence(model, 32, 0, endpoint="sam")


def test_a_refused_plan_is_not_computed_unless_studied() -> None:
    plan = load_plan(EXAMPLES / "eyelid_inside_orbital_rim.toml")
    ranked = rank_inputs(plan, members=32)
    assert ranked.findings.exit_code == 3
    assert ranked.table == {}


def test_the_report_in_the_folder_of_the_same_plan_shows_the_ranking(plan_text: str, tmp_path: Path) -> None:
    plan, other = read_plan(plan_text), read_plan(plan_text.replace("52 years", "53 years"))
    run_plan(plan, tmp_path, members=16, study=True)
    assert "What to measure next" not in (tmp_path / "report.html").read_text("utf-8")
    ranked = rank_inputs(plan, tmp_path, members=32, endpoint="reached_depth_typical", study=True)
    assert ranked.page == tmp_path / "influence.html"
    assert ranked.report == tmp_path / "report.html"
    assert "What to measure next" in ranked.report.read_text("utf-8")
    assert json.loads((tmp_path / "influence.json").read_text("utf-8")) == ranked.table
    with pytest.raises(PlanError, match="something else"):
        rank_inputs(other, tmp_path, members=32, study=True)
    damaged = json.loads(json.dumps(ranked.table))
    damaged["endpoints"][0]["inputs"][0]["total"]["value"] = "x"
    (tmp_path / "influence.json").write_text(json.dumps(damaged), encoding="utf-8")
    with pytest.raises(PlanError, match="not one whole result"):
        rebuild_report(tmp_path)
    run_plan(other, tmp_path, members=16, study=True)  # a new result takes the ranking of the old one away
    assert not list(tmp_path.glob("influence.*"))


def test_a_ranking_alone_fills_a_folder_of_its_own_and_is_the_same_each_time(
    plan_text: str, depth: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    again = rank_inputs(read_plan(plan_text), folder, members=32, endpoint="reached_depth_typical", study=True)
    assert again.report is None
    assert {item.name for item in folder.iterdir()} == {"influence.json", "influence.html"}
    assert again.table == depth


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_computed(
    plan_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed(*_: Any, **__: Any) -> dict[str, Any]:
        raise AssertionError("computed all the same")

    monkeypatch.setattr(workflow, "influence", computed)
    file, taken = tmp_path / "file", tmp_path / "taken"
    file.write_text("", encoding="utf-8")
    (taken / "influence.json").mkdir(parents=True)
    for folder, said in ((file, "cannot be written"), (file / "below", "cannot be written"), (taken, "no file stands")):
        with pytest.raises(PlanError, match=said):
            rank_inputs(read_plan(plan_text), folder, members=32, study=True)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(PlanError, match="no permission"):
        rank_inputs(read_plan(plan_text), tmp_path / "new", members=32, study=True)


def test_pulses_take_few_scenarios_and_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def ranked(model: Any, members: int, seed: int, *, progress: Progress, **_: Any) -> dict[str, Any]:
        asked.append(members)
        progress(64, 6400)
        progress(128, 6400)
        return {}

    monkeypatch.setattr(workflow, "influence", ranked)
    told: list[str] = []
    rank_inputs(read_plan(changed()), study=True, warn=told.append)
    rank_inputs(load_plan(EXAMPLES / "cheek_pen.toml"), warn=told.append)
    assert asked == [MEMBERS_WITH_PULSES, MEMBERS]
    [sentence] = told
    assert sentence.startswith("up to 6,400 scenarios have pulses of their own")


def entry(name: str, grade: str, unit: str) -> Sourced:
    return Sourced(name, 0.5, unit, Spread("uniform", low=0.0, high=1.0), grade)


def test_what_shares_a_column_is_one_input() -> None:
    alone = input_of("device.swath_width", {"device.pen.swath_width": entry("device.pen.swath_width", "assumed", "mm")})
    assert (alone.name, alone.grade, alone.unit) == ("device.pen.swath_width", "assumed", "mm")
    both = {name: entry(name, grade, "mm") for name, grade in (("b", "assumed"), ("a", "measured"))}
    shared = input_of("skin.dermis", both)
    assert (shared.name, shared.grade, shared.unit, shared.entries) == (
        "skin.dermis",
        "measured and assumed",
        "mm",
        ("a", "b"),
    )
    assert input_of("x", both | {"c": entry("c", "assumed", "1")}).unit == ""


def test_entries_of_one_calibration_are_exchanged_together() -> None:
    draws = Spread("draws", values=(0.0, 1.0, 2.0, 3.0), of="healing", column="x")
    entries = [Sourced(name, 1.0, "1", draws, "fitted") for name in ("healing.a", "healing.b")]
    batch = scenario_batch(16, 0, 0)
    base = [batch.draw(one) for one in entries]
    [(column, found)] = inputs_of(batch).items()
    assert (column, found.name, found.grade) == ("posterior.healing", "posterior.healing", "fitted")
    swapped = Scenarios(batch.points, batch.second, OfColumn(column))
    moved = [swapped.draw(one) for one in entries]
    assert (base[0] == base[1]).all()
    assert (moved[0] == moved[1]).all()
    assert (moved[0] != base[0]).any()
