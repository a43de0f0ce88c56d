"""The open problems: files that agree, answers that score, bad files that are told apart, and our answers repeated."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import compute
import problem_page
import score
from percuta.physics.placed_punctures import placed_coverage
from problem_files import FOLDER, NAMES, Problem, as_text, read_problem, read_reference, template
from refinement import observed_order, relative_difference, round_up, spread

PAGE = FOLDER.parent / "docs" / "problems.md"
ROUNDED = 1e-9  # relative, of the numbers in the files


@pytest.fixture
def ours() -> dict[str, Any]:
    """Our answer to the first problem, in the form of another code's."""
    return as_answer("pulse_in_one_layer")


def as_answer(name: str) -> dict[str, Any]:
    answer = template(read_problem(name))
    for output, kept in read_reference(name)["outputs"].items():
        answer["outputs"][output]["value"] = copy.deepcopy(kept["value"])
    return answer


def scored(tmp_path: Path, answer: object, *more: str) -> int:
    path = tmp_path / "answer.json"
    path.write_text(answer if isinstance(answer, str) else json.dumps(answer), "utf-8")
    return score.main([str(path), *more])


# --- the files ---------------------------------------------------------------------------------------------------


def test_every_problem_has_its_folder_and_no_other() -> None:
    assert {path.parent.name for path in FOLDER.glob("*/problem.toml")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_problem_is_whole(name: str) -> None:
    problem = read_problem(name)
    assert problem.name == name
    assert problem.title
    assert problem.statement.strip()
    assert problem.equations.strip()
    for entries in problem.inputs.values():
        for entry in entries.values():
            assert entry["unit"]
            assert entry["meaning"]
            assert np.isfinite(np.asarray(entry["value"], dtype=np.float64)).all()
    names = [output.name for output in problem.outputs]
    assert len(names) == len(set(names)) >= 5
    for output in problem.outputs:
        assert output.unit
        assert output.meaning
        assert 0.0 < output.requested < 0.1
        if output.at is not None:
            assert sorted(set(output.at.values)) == list(output.at.values)
    assert any(output.at is None for output in problem.outputs)
    assert any(output.at is not None for output in problem.outputs)


@pytest.mark.parametrize("name", NAMES)
def test_template_and_answer_are_those_of_the_problem(name: str) -> None:
    problem, reference = read_problem(name), read_reference(name)
    assert json.loads((FOLDER / name / "answer_template.json").read_text("utf-8")) == template(problem)
    assert list(reference["outputs"]) == [output.name for output in problem.outputs]
    assert score.checked(problem, reference)
    assert reference["levels"] == compute.solver(name).LEVELS >= 3


@pytest.mark.parametrize("name", NAMES)
def test_every_error_is_at_least_that_of_levels_and_of_the_independent_answer(name: str) -> None:
    for kept in read_reference(name)["outputs"].values():
        assert kept["error"] == max(kept["error_from_levels"], kept.get("difference_from_independent", 0.0))
        if "independent" in kept:
            assert relative_difference(kept["value"], kept["independent"]) <= kept["error"]


@pytest.mark.parametrize("name", NAMES)
def test_our_error_is_small_beside_what_is_requested(name: str) -> None:
    reference = read_reference(name)["outputs"]
    for output in read_problem(name).outputs:
        assert reference[output.name]["error"] <= output.requested


@pytest.mark.parametrize("name", NAMES)
def test_the_quick_level_agrees_within_its_stated_error(name: str) -> None:
    values = compute.solver(name).solve(read_problem(name), 1)
    for output, kept in read_reference(name)["outputs"].items():
        assert relative_difference(values[output], kept["value"]) <= kept["quick_error"] + ROUNDED, output


# --- exact and independent answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["random_puncture_coverage", "four_session_course"])
def test_the_independent_answer_is_repeated(name: str) -> None:
    found = compute.solver(name).independent(read_problem(name))
    for output, kept in read_reference(name)["outputs"].items():
        assert relative_difference(found[output], kept["value"]) <= kept["error"] + ROUNDED, output


def test_coverage_is_that_of_punctures_placed_at_random() -> None:
    problem = read_problem("random_puncture_coverage")
    pen = problem["pen.passes"] * problem["pen.needle_count"] * problem["pen.rate"]
    pen /= problem["pen.glide_speed"] * problem["pen.swath_width"]
    smear = problem["pen.glide_speed"] / (2.0 * problem["pen.rate"])
    placed = placed_coverage(pen, problem["pen.diameter"], smear, needles=500, points=500, squares=48, seed=5)
    area = 0.25 * math.pi * problem["pen.diameter"] ** 2 + problem["pen.diameter"] * smear
    # at the surface nearly every needle of the pen has its whole width
    assert placed.mean == pytest.approx(-math.expm1(-pen * area), abs=4.0 * placed.standard_error)


def test_heat_that_cannot_leave_is_the_energy_delivered() -> None:
    problem, kept = read_problem("pulse_in_one_layer"), read_reference("pulse_in_one_layer")["outputs"]
    needle = 0.25 * math.pi * problem["needle.diameter"] ** 2 * problem["needle.tip_depth"]
    gel = problem["array.pitch"] ** 2 * problem["layer.thickness"] - needle
    rise = kept["energy"]["value"] / (problem["layer.heat_capacity"] * gel)
    assert kept["mean_rise"]["value"] == pytest.approx(rise, rel=1e-3)


def test_drug_is_neither_made_nor_lost() -> None:
    problem, kept = read_problem("lidocaine_through_channels"), read_reference("lidocaine_through_channels")["outputs"]
    dose = problem["cream.thickness"] * problem["cream.concentration"]
    assert kept["absorbed"]["value"][-1] / dose == pytest.approx(kept["absorbed_share"]["value"], rel=1e-9)
    assert kept["left_in_cream"]["value"] + kept["absorbed"]["value"][-1] < dose


def test_the_gain_is_collagen_less_the_untreated_course() -> None:
    problem, kept = read_problem("four_session_course"), read_reference("four_session_course")["outputs"]
    untreated = problem["ageing.untreated_start"] * math.exp(-problem["ageing.decline"] * problem["time.end"])
    gain = kept["papillary_mature"]["value"][-1] - untreated
    assert kept["papillary_gain_at_end"]["value"] == pytest.approx(gain, rel=1e-6)


# --- scoring -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_our_answer_scores_full(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scored(tmp_path, as_answer(name), "--json") == score.PASSED
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] == told["total"] == len(read_problem(name).outputs)
    assert all(one["error"] == 0.0 for one in told["outputs"])


def test_a_perturbed_answer_fails_where_it_is_perturbed(
    ours: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours["outputs"]["energy"]["value"] *= 1.05
    ours["outputs"]["rise_in_depth"]["value"][3] += 0.1 * max(ours["outputs"]["rise_in_depth"]["value"])
    assert scored(tmp_path, ours, "--json") == score.FAILED
    failed = {one["output"]: one for one in json.loads(capsys.readouterr().out)["outputs"] if not one["passed"]}
    assert set(failed) == {"energy", "rise_in_depth"}
    assert failed["energy"]["error"] == pytest.approx(0.05)
    assert failed["rise_in_depth"]["error"] == pytest.approx(0.1)


def test_the_table_names_what_fails(ours: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours["outputs"]["energy"]["value"] *= 1.05
    scored(tmp_path, ours)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("FAIL")] == ["energy"]
    assert lines[-1] == "6 of 7 outputs pass"


GONE = object()
CURVE = "outputs.rise_in_depth.value"
FAULTS: list[tuple[dict[str, object], str]] = [
    ({"outputs.energy": GONE}, "output energy is missing"),
    (
        {"outputs.energy": GONE, "outputs.enregy": {"unit": "J", "value": 0.07}},
        'there is no output "enregy"; is "energy" meant?',
    ),
    ({"outputs.colour": {"unit": "1", "value": 1.0}}, 'there is no output "colour"; known are'),
    ({"outputs.energy.unit": "mJ"}, 'output energy: its unit has to be "J", not "mJ"'),
    ({"outputs.energy.value": None}, "output energy: it is not filled in"),
    ({"outputs.energy.value": "0.07"}, 'output energy: "0.07" is not a number'),
    ({"outputs.energy.value": float("nan")}, "output energy: nan is not a finite number"),
    ({"outputs.energy": 0.07}, 'output energy: it has to be an object with "unit" and "value"'),
    ({CURVE: [1.0] * 11}, "output rise_in_depth: 11 numbers, but 12 values of z are asked for"),
    ({CURVE: 1.0}, "output rise_in_depth: it is a curve: a list of 12 numbers"),
    ({CURVE: [1.0, 1.0, float("inf"), *[1.0] * 9]}, "output rise_in_depth: number 3: inf is not a finite number"),
    ({"problem": "pulse_in_one_lyer"}, 'there is no problem "pulse_in_one_lyer"; is "pulse_in_one_layer" meant?'),
    ({"problem": GONE}, "the file does not say which problem it answers"),
    ({"schema": 2}, "schema has to be 1, not 2"),
    ({"outputs": []}, '"outputs" has to be an object of outputs by name'),
]


def changed(answer: dict[str, Any], changes: dict[str, object]) -> dict[str, Any]:
    """Return an answer with entries set by their dotted names, or taken out."""
    for name, value in changes.items():
        *folders, last = name.split(".")
        table = answer
        for folder in folders:
            table = table[folder]
        if value is GONE:
            del table[last]
        else:
            table[last] = value
    return answer


def one_message(answer: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert scored(tmp_path, answer) == score.BAD
    said = capsys.readouterr()
    assert not said.out
    assert len(said.err.splitlines()) == 1
    return said.err


@pytest.mark.parametrize(("changes", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_a_bad_answer_gives_one_clear_message(
    changes: dict[str, object],
    told: str,
    ours: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told in one_message(changed(ours, changes), tmp_path, capsys)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([1, 2], "the file has to hold one JSON object"),
        ('{"schema": 1,\n"x"}', "line 2: not JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"schema": 1, "schema": 1}', '"schema" stands twice'),
    ],
)
def test_a_file_of_another_kind_gives_one_clear_message(
    answer: object, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in one_message(answer, tmp_path, capsys)


@pytest.mark.parametrize("zeros", [400, 6000])  # the first is no float, the second not even an int that is read
def test_a_whole_number_beyond_all_floats_is_not_finite(
    zeros: int, ours: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps(changed(ours, {"outputs.energy.value": "huge"})).replace('"huge"', "1" + "0" * zeros)
    assert "output energy: inf is not a finite number" in one_message(text, tmp_path, capsys)


def test_a_message_repeats_no_long_value(
    ours: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = one_message(changed(ours, {"outputs.energy.value": [0.07] * 10_000}), tmp_path, capsys)
    assert said.endswith("... is not a number\n")
    assert len(said) < 300


def test_scores_of_an_absurd_answer_are_json(
    ours: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scored(tmp_path, changed(ours, {"outputs.energy.value": -1.7e308}), "--json") == score.FAILED
    assert "Infinity" not in capsys.readouterr().out


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score.main([str(tmp_path / "none.json")]) == score.BAD
    assert "the file cannot be read" in capsys.readouterr().err


def test_an_answer_may_leave_its_problem_to_the_command_line(tmp_path: Path, ours: dict[str, Any]) -> None:
    del ours["problem"]
    assert scored(tmp_path, ours, "--problem", "pulse_in_one_layer") == score.PASSED


def test_an_answer_to_another_problem_is_refused(
    tmp_path: Path, ours: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert scored(tmp_path, ours, "--problem", "four_session_course") == score.BAD
    assert 'answers "pulse_in_one_layer", not "four_session_course"' in capsys.readouterr().err


def test_an_empty_template_is_not_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = read_problem("four_session_course")
    assert scored(tmp_path, template(problem)) == score.BAD
    assert len(capsys.readouterr().err.splitlines()) == len(problem.outputs)


def test_scoring_needs_the_standard_library_only(tmp_path: Path, ours: dict[str, Any]) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(ours), "utf-8")
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import score; "]
    command[-1] += f"sys.exit(score.main([{str(path)!r}]))"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == score.PASSED, done.stderr


# --- refinement, files and page ----------------------------------------------------------------------------------


def test_errors_of_second_order_are_seen_as_such() -> None:
    values = [1.0 + 0.01 / 4.0**level for level in range(4)]
    assert observed_order(values, 1) == pytest.approx(2.0, abs=0.01)
    assert spread(values, 1) == pytest.approx(3.0 * abs(values[-1] - 1.0), rel=1e-3)
    assert observed_order(values[:2], 1) is None
    assert observed_order([1.0, 1.0, 1.0], 1) is None


def test_errors_are_rounded_up() -> None:
    assert round_up(1.2301e-4) == 1.3e-4
    assert round_up(0.5) == 0.5
    assert round_up(0.0) == 0.0


def test_written_json_reads_back() -> None:
    content = {"a": {"b": [1.5, None], "c": "µm"}, "d": {}}
    assert json.loads(as_text(content)) == content


def test_a_level_is_an_answer_that_can_be_scored(tmp_path: Path) -> None:
    problem: Problem = read_problem("four_session_course")
    assert scored(tmp_path, compute.level_answer(problem, 2)) == score.PASSED


def test_the_page_is_what_the_files_say() -> None:
    text = PAGE.read_text("utf-8")
    _, _, rest = text.partition(problem_page.BEGIN)
    assert rest.partition(problem_page.END)[0].strip() == problem_page.written().strip(), (
        "run python problems/compute.py --markdown docs/problems.md"
    )


def test_the_charts_of_the_page_are_those_of_the_files() -> None:
    kept = {path.name: path.read_text("utf-8") for path in (PAGE.parent / problem_page.CHARTS).glob("*.svg")}
    assert kept == {name: drawing + "\n" for name, drawing in problem_page.charts().items()}


@pytest.mark.parametrize("text", [None, "# A page\n", f"{problem_page.END}\n{problem_page.BEGIN}\n"])
def test_a_page_without_marks_is_refused_before_anything_is_computed(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text, "utf-8")
    monkeypatch.setattr(sys, "argv", ["compute.py", "--markdown", str(page)])
    with pytest.raises(SystemExit, match="2"):
        compute.main()
    assert "--markdown needs a page" in capsys.readouterr().err
    assert not (tmp_path / "images").exists()
