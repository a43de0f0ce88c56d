"""``percuta compare`` as it is met: the tables, JSON, files, exit codes and bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate
from typer.testing import CliRunner, Result

from percuta.cli.main import app
from percuta.workflows.schemas import schema

EXAMPLES = Path(__file__).parents[2] / "examples"
CHEEK = EXAMPLES / "cheek_pen.toml"
REFUSED = EXAMPLES / "eyelid_inside_orbital_rim.toml"


def compare(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


@pytest.fixture(scope="module")
def fewer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pen example with fewer passes."""
    path = tmp_path_factory.mktemp("plan") / "fewer.toml"
    path.write_text(CHEEK.read_text("utf-8").replace("passes = 4", "passes = 2"), encoding="utf-8")
    return path


def test_plans_side_by_side(fewer: Path, tmp_path: Path) -> None:
    done = compare(CHEEK, fewer, "--members", 16, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "fewer.toml" in done.stdout
    assert "needling.passes" in done.stdout
    assert "B less A" in done.stdout
    assert "favours B" in done.stdout  # less time, in every scenario
    assert "recoil_change" in done.stdout.partition("Not compared")[2]
    assert str(tmp_path / "out" / "compare.html") in done.stdout
    validate(json.loads((tmp_path / "out" / "compare.json").read_text("utf-8")), schema("compare"))


def test_json_meets_its_schema(fewer: Path) -> None:
    done = compare(CHEEK, fewer, "--members", 16, "--json")
    found: Any = json.loads(done.stdout)
    validate(found, schema("compare"))
    assert [one["file"] for one in found["plans"]] == ["cheek_pen.toml", "fewer.toml"]


def test_a_refused_plan_ends_with_3_and_says_how_to_go_on() -> None:
    done = compare(CHEEK, REFUSED, "--members", 16)
    assert done.exit_code == 3
    assert "Refused" in done.stdout
    assert "--study compares a refused plan" in done.stdout
    in_json = compare(CHEEK, REFUSED, "--members", 16, "--json")
    assert in_json.exit_code == 3
    validate(json.loads(in_json.stdout), schema("compare"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((CHEEK,), "2 or 3 plan files"),
        ((CHEEK, CHEEK, CHEEK, CHEEK), "2 or 3 plan files"),
        ((CHEEK, "not_there.toml"), "not_there.toml"),
        ((CHEEK, CHEEK, "--members", 100), "nearest"),
        ((CHEEK, CHEEK, "--accuracy", "standart"), "did you mean standard?"),
    ],
)
def test_bad_input_ends_with_2(arguments: tuple[object, ...], said: str) -> None:
    done = compare(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_an_unreadable_plan_is_named_with_its_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("schema = 1\ntitle = 3\n", encoding="utf-8")
    done = compare(CHEEK, broken)
    assert done.exit_code == 2
    assert "broken.toml, line 2" in done.stderr


def test_help_has_an_example_and_json() -> None:
    text = compare("--help").stdout
    assert "Example: percuta compare" in text
    assert "--json" in text
