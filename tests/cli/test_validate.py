"""``percuta validate`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from percuta.cli.main import app
from percuta.evidence.cases import Case, Row, verified
from percuta.evidence.registry import cases
from percuta.workflows import validate as workflow
from percuta.workflows.schemas import schema


def percuta(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, ["validate", *arguments])


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> str:
    """A verification whose result is not a number at all, as the only case."""
    row = verified("thing", "mm", 1.0, float("nan"), error=float("inf"), tolerance=0.1, error_in="mm")
    wrong = Case("wrong", "A wrong model", "verification", (), False, lambda: [row])
    monkeypatch.setattr("percuta.evidence.registry.cases", lambda: {"wrong": wrong})
    return "wrong"


def test_table_of_a_case_that_misses_a_measurement_ends_with_0() -> None:
    done = percuta("--case", "MECH-V9")
    assert done.exit_code == 0
    for part in ("measured", "used in a fit", "152.5 ± 9.6 um", "outside", "2 inside, 1 outside"):
        assert part in done.stdout
    assert "chosen with this figure known" in done.stdout


def test_table_of_a_verification_has_errors_and_verdicts() -> None:
    done = percuta("--case", "roller-slit")
    assert done.exit_code == 0
    assert "8 pass" in done.stdout
    assert "measured" not in done.stdout


def test_json_follows_its_schema() -> None:
    done = percuta("--case", "bio-v4", "--json")
    table = json.loads(done.stdout)
    jsonschema.validate(table, schema("validated"))
    assert table["counts"]["not comparable"] == 1
    assert [one["case"] for one in table["cases"]] == ["BIO-V4"]


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_an_unknown_case_ends_with_2_and_names_the_nearest(as_json: tuple[str, ...]) -> None:
    done = percuta("--case", "BIO-V8x", *as_json)
    assert done.exit_code == 2
    assert "did you mean BIO-V8?" in done.stderr
    assert bool(done.stdout) == bool(as_json)


def test_a_failed_verification_ends_with_1(failing: str) -> None:
    done = percuta()
    assert done.exit_code == 1
    assert "1 fail" in done.stdout


def test_numbers_that_are_not_finite_are_null_in_json(failing: str) -> None:
    done = percuta("--json")
    assert done.exit_code == 1
    table = json.loads(done.stdout)
    jsonschema.validate(table, schema("validated"))
    (row,) = table["cases"][0]["rows"]
    assert row["predicted"] is None
    assert row["error"] is None


def test_progress_counts_the_cases() -> None:
    seen: list[tuple[int, int]] = []
    workflow.validate("MECH-V6", lambda done, total: seen.append((done, total)))
    assert seen == [(0, 1)]
    assert len(cases()) > 10


def test_a_table_that_cannot_be_written_is_refused_before_any_case_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> list[Row]:
        raise AssertionError("run all the same")

    case = Case("slow", "A case", "verification", (), False, run)
    monkeypatch.setattr("percuta.evidence.registry.cases", lambda: {"slow": case})
    for out in (tmp_path, tmp_path / "none" / "table.md"):
        done = percuta("--out", str(out))
        assert done.exit_code == 2
        assert "the table cannot be written" in done.stderr
