"""Comparing plans: common draws, one time of reading, refusals, and what is written and said."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from percuta.engine.executors import InThisProcess
from percuta.errors import PlanError
from percuta.library.registry import library
from percuta.plan.reading import load_plan, read_plan
from percuta.workflows import compare as workflow
from percuta.workflows.compare import Compared, PlanFile, compare
from percuta.workflows.comparison_remarks import followed, read_at
from percuta.workflows.result_folder import COMPARISON, COMPARISON_PAGE
from percuta.workflows.schemas import schema

EXAMPLES = Path(__file__).parents[2] / "examples"
WHOLE = (EXAMPLES / "cheek_pen.toml").read_text("utf-8")
CHIN = '\n[[zones]]\nname = "chin"\nsite = "chin"\narea = "20 cm^2"\n'


def needling_alone(text: str = WHOLE) -> str:
    """Return a plan with its needling alone, quick to compute."""
    steps = text.split("[[session.steps]]")
    needling = next(one for one in steps if one.startswith('\ndo = "needling"'))
    return f"{steps[0]}[[session.steps]]{needling}{text[text.index('[course]') :]}"


PLAN = needling_alone()


def compared(*texts: str, folder: Path | None = None, **settings: Any) -> Compared:
    files = [PlanFile(f"{number}.toml", read_plan(text)) for number, text in enumerate(texts)]
    return compare(files, folder, **{"members": 16} | settings)


def row(found: Compared, name: str) -> dict[str, Any]:
    rows = [one for one in found.table["endpoints"] if one["name"] == name]
    assert len(rows) == 1
    return dict(rows[0])


def other(*changes: tuple[str, str]) -> str:
    text = PLAN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def shallower() -> Compared:
    """The pen example and the same at a smaller depth."""
    return compared(PLAN, other(("1.0 mm", "0.75 mm")))


def test_the_table_meets_its_schema(shallower: Compared) -> None:
    validate(shallower.table, schema("compare"))
    assert shallower.table["differences"] == [{"key": "needling.set_depth", "values": ["1.0 mm", "0.75 mm"]}]
    assert [one["letter"] for one in shallower.table["plans"]] == ["A", "B"]
    assert shallower.table["remarks"] == []


def test_what_plans_share_drops_out_of_the_difference(shallower: Compared) -> None:
    depth, density = row(shallower, "reached_depth_typical"), row(shallower, "puncture_density")
    deep, shallow = depth["plans"]
    assert shallow["p95"] > deep["p5"]  # the ranges of the two plans overlap
    assert depth["against_first"][1]["p95"] < 0.0  # and yet each scenario of the second reaches less deep
    assert density["against_first"][1]["p5"] == density["against_first"][1]["p95"] == 0.0  # drawn alike in both
    assert row(shallower, "redness_duration")["against_first"][1]["standing"] == "better"


def test_the_same_file_twice_is_compared_and_said() -> None:
    found = compared(PLAN, PLAN, PLAN)
    assert found.table["remarks"] == [
        "A and B are the same plan, so that every difference is zero.",
        "A and C are the same plan, so that every difference is zero.",
    ]
    for one in found.table["endpoints"]:
        for against in filter(None, one["against_first"]):
            assert against["p_same"] in (1.0, None)
            assert against.get("p5", 0.0) == against.get("p95", 0.0) == 0.0


def test_the_same_comparison_gives_the_same_table_and_another_seed_another_one(shallower: Compared) -> None:
    again = compared(PLAN, other(("1.0 mm", "0.75 mm")))
    assert json.dumps(again.table) == json.dumps(shallower.table)
    another = compared(PLAN, other(("1.0 mm", "0.75 mm")), seed=1)
    assert row(another, "pain_peak")["plans"] != row(shallower, "pain_peak")["plans"]


def test_the_course_is_read_where_the_shorter_follow_up_ends() -> None:
    short = other(("26 weeks", "10 weeks"))
    found = compared(PLAN, short)
    collagen = row(found, "modelled_collagen_vs_untreated")
    assert all("week 22" in str(one) for one in collagen["definitions"])  # 3 intervals of 4 weeks, and 10
    assert collagen["against_first"][1]["p_same"] == 1.0  # up to there nothing differs
    [remark] = found.table["remarks"]
    assert "A after 38 weeks and B after 22 weeks" in remark
    plans = [read_plan(text) for text in (PLAN, short)]
    assert read_at(plans) == [followed(plans[1]), None]
    assert followed(plans[1]) == 22 * 7 * 86_400.0


def test_plans_without_a_zone_in_common_are_compared_as_wholes() -> None:
    zones = other(("[device]", f"{CHIN}\n[device]"))
    chin = zones.replace('name = "cheeks"', 'name = "forehead"').replace('["cheeks"]', '["forehead"]')
    found = compared(PLAN, chin)
    assert {one["zone"] for one in found.table["endpoints"]} == {None}
    assert "A and B have no zone in common: only what concerns the whole plan is compared." in found.table["remarks"]


def test_the_only_zones_are_compared_and_a_zone_without_a_match_is_named() -> None:
    renamed = other(('name = "cheeks"', 'name = "face"'), ('["cheeks"]', '["face"]'))
    found = compared(PLAN, renamed)
    assert {one["zone"] for one in found.table["endpoints"]} == {None, "cheeks / face"}
    assert "though their names differ: cheeks of A and face of B" in found.table["remarks"][0]
    more = compared(PLAN, other(("[device]", f"{CHIN}\n[device]")))
    assert more.table["remarks"] == ["Not compared, since no zone of A has the name: chin of B."]


def test_another_person_and_another_device_are_said() -> None:
    found = compared(PLAN, other(('mass = "68 kg"', 'mass = "90 kg"')))
    assert "do not say the same of the person (mass)" in found.table["remarks"][0]
    roller = (EXAMPLES / "forehead_roller.toml").read_text("utf-8")
    said = " ".join(compared(PLAN, needling_alone(roller)).table["remarks"])
    assert "of different kinds (pen and roller)" in said
    assert "each device draws its own figures" in said


def test_a_refused_plan_is_compared_only_for_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def computed(*_: Any) -> list[Any]:
        raise AssertionError("computed all the same")

    monkeypatch.setattr(workflow, "samples", computed)
    refused = load_plan(EXAMPLES / "eyelid_inside_orbital_rim.toml")
    files = [PlanFile("a.toml", read_plan(WHOLE)), PlanFile("b.toml", refused)]
    found = compare(files, tmp_path / "out", members=16)
    assert found.exit_code == 3
    assert [one["verdict"] for one in found.table["plans"]] == ["passes_with_warnings", "refused"]
    assert found.table["endpoints"] == []
    validate(found.table, schema("compare"))
    assert not (tmp_path / "out").exists()


def test_json_and_page_are_written_and_other_files_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "endpoints.json"
    kept.write_text("[]", encoding="utf-8")
    refused = other(('active_herpes                    = "no"', 'active_herpes                    = "yes"'))
    found = compared(PLAN, refused, folder=tmp_path, study=True)
    assert found.exit_code == 3  # compared all the same, and marked
    assert found.page == tmp_path / COMPARISON_PAGE
    assert json.loads((tmp_path / COMPARISON).read_text("utf-8")) == found.table
    assert "REFUSED: plan B. Computed for study only." in found.page.read_text("utf-8")
    assert {item.name for item in tmp_path.iterdir()} == {COMPARISON, COMPARISON_PAGE, kept.name}


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed(*_: Any) -> list[Any]:
        raise AssertionError("computed all the same")

    monkeypatch.setattr(workflow, "samples", computed)
    (tmp_path / COMPARISON).mkdir()
    with pytest.raises(PlanError, match="no file stands"):
        compared(PLAN, PLAN, folder=tmp_path)


@pytest.mark.parametrize("number", [0, 1, 4])
def test_plans_are_compared_by_twos_or_threes(number: int) -> None:
    with pytest.raises(PlanError, match="2 or 3 plan files"):
        compared(*[PLAN] * number)


def test_progress_counts_the_scenarios_of_all_plans() -> None:
    told: list[tuple[float, float]] = []
    compared(PLAN, PLAN, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (32.0, 32.0)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_worker_processes_are_sent_gives_the_same_samples() -> None:
    asked = workflow._Computing(read_plan(PLAN), library(), 16, 0, None)
    sent: Any = pickle.loads(pickle.dumps(asked))
    one, two = (workflow._batch(each, None, 0) for each in (asked, sent))
    assert [(each.name, each.zone) for each in one] == [(each.name, each.zone) for each in two]
    values = [[each.values for each in given if each.values is not None] for given in (one, two)]
    assert [each.tobytes() for each in values[0]] == [each.tobytes() for each in values[1]]
    counted = workflow._Count(16, None)
    assert [each.name for each in asked.samples("draft", InThisProcess(), counted)] == [each.name for each in one]
