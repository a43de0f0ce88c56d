"""``percuta cohort`` as a researcher meets it: the table, JSON, files and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import validate
from typer.testing import CliRunner, Result

from percuta.cli.main import app
from percuta.cohort import spread, table
from percuta.workflows.schemas import schema

from ..cohort.cohorts import EXAMPLES, dry_text

REFUSED = EXAMPLES / "eyelid_inside_orbital_rim.toml"


def cohort(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["cohort", *map(str, arguments)])


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pen example with its needling alone."""
    path = tmp_path_factory.mktemp("plan") / "dry.toml"
    path.write_text(dry_text(), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _few_in_the_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "IN_A_REPLICATE", 2)


def test_the_table_names_people_verdicts_and_endpoints(dry: Path, tmp_path: Path) -> None:
    done = cohort(dry, "--patients", 30, "--out", tmp_path / "out", "--sex", "female")
    assert done.exit_code == 0
    assert "30 people computed, 100 % women" in done.stdout
    assert "warnings have to be weighed: 30 people" in done.stdout
    [depth] = [line for line in done.stdout.splitlines() if line.startswith("reached_depth_typical")]
    assert depth.split()[1] == "cheeks"
    assert "expected_end_point: pinpoint_bleeding" in done.stdout
    assert "recoil_change" not in done.stdout
    assert str(tmp_path / "out" / "cohort.html") in done.stdout
    assert {one.name for one in (tmp_path / "out").iterdir()} >= {"cohort.zarr", "cohort.json", "cohort.html"}


def test_json_meets_its_schema_and_tells_progress(dry: Path, tmp_path: Path) -> None:
    done = cohort(dry, "--patients", 3, "--out", tmp_path / "out", "--study", "--json", "--phototype", "4")
    found = json.loads(done.stdout)
    validate(found, schema("treated"))
    assert found["asked"]["phototype"] == [4]
    last = json.loads(done.stderr.splitlines()[-1])
    assert last["done"] == last["total"] == 3 + 32


def test_a_refused_plan_ends_with_3_and_says_why(tmp_path: Path) -> None:
    done = cohort(REFUSED, "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert "Nothing was computed" in done.stdout
    in_json = cohort(REFUSED, "--out", tmp_path / "out", "--json")
    assert in_json.exit_code == 3
    validate(json.loads(in_json.stdout), schema("findings"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--patients", 0), "1 to 65536"),
        (("--patients", -5), "1 to 65536"),
        (("--patients", 65_537), "1 to 65536"),
        (("--age", "60 to 30 years"), "lower age first"),
        (("--age", "5 to 30 years"), "adults"),
        (("--age", "30 to 60 kg"), "cannot be read"),
        (("--sex", "femal"), "did you mean female?"),
        (("--phototype", "7"), "1 to 6"),
        (("--accuracy", "drafty"), "draft"),
        (("--scheduler", "here"), "tcp://"),
    ],
)
def test_bad_input_ends_with_2(dry: Path, tmp_path: Path, arguments: tuple[object, ...], said: str) -> None:
    done = cohort(dry, "--out", tmp_path / "out", "--study", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_ends_with_2(dry: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cohort(dry, "--out", tmp_path / "file", "--patients", 3)
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr


def test_without_zarr_the_extra_is_named(dry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)  # as if it were not installed
    done = cohort(dry, "--out", tmp_path / "out", "--patients", 3)
    assert done.exit_code == 1
    assert 'pip install "percuta[cluster]"' in done.stderr
    assert table.VERDICTS  # what does not need it can be imported all the same
