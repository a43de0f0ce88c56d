"""``percuta influence`` as a researcher meets it: the table, JSON, files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate
from typer.testing import CliRunner, Result

from percuta.cli.main import app
from percuta.workflows import influence as workflow
from percuta.workflows.schemas import schema

EXAMPLES = Path(__file__).parents[2] / "examples"
REFUSED = EXAMPLES / "eyelid_inside_orbital_rim.toml"
DEPTH = ("--members", 32, "--endpoint", "reached_depth_typical")


def influence(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["influence", *map(str, arguments)])


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pen example without its steps but the needling: quick to compute, and no longer what the rules ask for."""
    text = (EXAMPLES / "cheek_pen.toml").read_text("utf-8")
    steps = text.split("[[session.steps]]")
    needling = next(one for one in steps if one.startswith('\ndo = "needling"'))
    course = text[text.index("[course]") :]
    path = tmp_path_factory.mktemp("plan") / "dry.toml"
    path.write_text(f"{steps[0]}[[session.steps]]{needling}{course}", encoding="utf-8")
    return path


def test_the_table_names_input_grade_total_and_first_order(dry: Path, tmp_path: Path) -> None:
    done = influence(dry, *DEPTH, "--top", 1, "--out", tmp_path / "out", "--study")
    assert "reached_depth_typical (cheeks)" in done.stdout
    assert "puncture.reached_share" in done.stdout
    assert "with less" in done.stdout
    assert "Moved nothing in the first 32 scenarios" in done.stdout
    assert str(tmp_path / "out" / "influence.html") in done.stdout
    page = (tmp_path / "out" / "influence.html").read_text("utf-8")
    assert "What to measure next" in page
    validate(json.loads((tmp_path / "out" / "influence.json").read_text("utf-8")), schema("influence"))


def test_json_meets_its_schema(dry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked = {"endpoints": [], "left_out": [], "without_effect": ["healing.maturation"], "screened": 32}
    monkeypatch.setattr(workflow, "influence", lambda *given, **settings: ranked)
    done = influence(dry, *DEPTH, "--study", "--json")
    found: Any = json.loads(done.stdout)
    validate(found, schema("influence"))
    assert found["members"] == 32


def test_a_refused_plan_ends_with_3_and_says_why() -> None:
    done = influence(REFUSED, "--members", 32)
    assert done.exit_code == 3
    assert "Nothing was computed" in done.stdout
    in_json = influence(REFUSED, "--members", 32, "--json")
    assert in_json.exit_code == 3
    validate(json.loads(in_json.stdout), schema("findings"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--members", 100), "nearest"),
        (("--members", 33), "32 to 65536"),
        (("--members", 0), "at least 32"),
        (("--members", 16), "at least 32"),
        (("--members", 32, "--study", "--endpoint", "pain"), "did you mean pain_peak?"),
    ],
)
def test_bad_input_ends_with_2(dry: Path, arguments: tuple[object, ...], said: str) -> None:
    done = influence(dry, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
