"""``percuta pulse`` as a device engineer meets it: what is printed, files, exit codes, never a traceback."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import validate
from typer.testing import CliRunner, Result

from percuta.cli.main import app
from percuta.errors import ConvergenceError
from percuta.manifest import DISCLAIMER
from percuta.workflows.result_folder import PULSE_FILES, SWEEP_FILES
from percuta.workflows.schemas import schema
from percuta.workflows.sweep import UNFINISHED

from ..stand_in_pulse import stand_in

BIPOLAR = Path(__file__).parents[2] / "examples" / "pulse_bipolar.toml"


def percuta(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def files(folder: Path) -> set[str]:
    return {item.name for item in folder.rglob("*")}


@pytest.fixture(autouse=True)
def _without_a_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    solver(monkeypatch, stand_in)


def solver(monkeypatch: pytest.MonkeyPatch, function: Any) -> None:
    for module in ("pulse", "sweep"):
        monkeypatch.setattr(f"percuta.workflows.{module}.solve", function)


def test_a_pulse_is_computed_and_summed_up(tmp_path: Path) -> None:
    done = percuta("pulse", BIPOLAR, "--out", tmp_path)
    assert done.exit_code == 0, done.stderr
    assert files(tmp_path) == set(PULSE_FILES)
    for words in (
        "Per one pitch x pitch cell",
        "power at the start 7.84 W",
        "resistance at the end 100 ohm",
        "agah collagen 0.7 1 0.5 1",
        "grid, estimated 0.4 %; 72 cells, 5 steps",
        DISCLAIMER,
    ):
        assert words in re.sub(" +", " ", done.stdout)
    assert "target reached" not in done.stdout  # there is no sensor
    assert str(tmp_path / "pulse.html") in done.stdout


def test_a_pulse_in_json_meets_its_schema(tmp_path: Path) -> None:
    done = percuta("pulse", BIPOLAR, "--out", tmp_path, "--accuracy", "draft", "--json")
    data = json.loads(done.stdout)
    validate(data, schema("pulsed"))
    assert data["zone"] == json.loads((tmp_path / "zone.json").read_text())
    assert data["zone"]["accuracy"] == "draft"


def test_a_table_is_printed_and_written(tmp_path: Path) -> None:
    done = percuta("pulse", BIPOLAR, "--out", tmp_path, "--sweep", "drive.voltage=20 V,28 V")
    assert done.exit_code == 0, done.stderr
    assert files(tmp_path) == set(SWEEP_FILES)
    assert "drive.voltage" in done.stdout
    assert "20 V" in done.stdout
    assert str(tmp_path / "sweep.html") in done.stdout
    as_json = percuta("pulse", BIPOLAR, "--out", tmp_path, "--sweep", "drive.voltage=20 V,28 V", "--json")
    validate(json.loads(as_json.stdout), schema("swept"))


@pytest.mark.parametrize(
    ("changes", "arguments", "words"),
    [
        ([('"0.25 mm"', '"1.5 mm"')], [], "key needle.diameter: the needles overlap"),
        ([('"2.0 mm"', '"4.1 mm"')], [], "the tip leaves the stack of layers"),
        ([('"28 V"', '"0 V"')], [], "key drive.voltage: out of bounds"),
        ([('"0.3 S/m"', '"-0.3 S/m"')], [], "electrical_conductivity: out of bounds"),
        ([('"0.5 s"', '"0.5 s"\nfrequency = "20 MHz"')], [], "key drive.frequency: out of bounds"),
        ([], ["--accuracy", "standart"], "did you mean standard?"),
        ([], ["--sweep", "drive.voltage"], "not a list of values"),
        ([], ["--sweep", "drive.voltge=20 V"], "did you mean voltage?"),
        ([], ["--sweep", "drive.voltage=20"], "must be text with its unit"),
    ],
)
def test_bad_input_is_one_message_and_no_folder(
    tmp_path: Path, changes: list[tuple[str, str]], arguments: list[str], words: str
) -> None:
    text = BIPOLAR.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = tmp_path / "bad.toml"
    file.write_text(text, "utf-8")
    done = percuta("pulse", file, "--out", tmp_path / "out", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
    as_json = percuta("pulse", file, "--out", tmp_path / "out", *arguments, "--json")
    validate(json.loads(as_json.stdout), schema("error"))


def test_a_solve_that_misses_its_tolerance_ends_with_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missed(*_: object) -> None:
        raise ConvergenceError("the solve missed its tolerance", value="1e-3 after 200 steps")

    solver(monkeypatch, missed)
    done = percuta("pulse", BIPOLAR, "--out", tmp_path / "out")
    assert done.exit_code == 4
    assert "1e-3 after 200 steps" in done.stderr
    assert not (tmp_path / "out").exists()
    table = percuta("pulse", BIPOLAR, "--out", tmp_path / "out", "--sweep", "drive.voltage=20 V,28 V")
    assert table.exit_code == 4
    assert "no result for drive.voltage = 20 V: the solve missed its tolerance" in table.stderr
    assert files(tmp_path / "out") == set(SWEEP_FILES)


def test_an_interrupted_table_says_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(setup: Any, accuracy: str, known: Any, progress: Any = None) -> Any:
        if setup.drive.voltage == 28.0:
            raise KeyboardInterrupt
        return stand_in(setup, accuracy, known, progress)

    asked = ("pulse", BIPOLAR, "--out", tmp_path, "--sweep", "drive.voltage=20 V,28 V")
    with monkeypatch.context() as once:
        solver(once, interrupted)
        done = percuta(*asked)
    assert done.exit_code == 130
    assert "1 finished row is kept" in done.stderr
    assert files(tmp_path) == {UNFINISHED}
    assert percuta(*asked).exit_code == 0
    assert files(tmp_path) == set(SWEEP_FILES)


def test_help_has_an_example_and_the_schemas_are_published() -> None:
    text = percuta("pulse", "--help").stdout
    for words in ("--json", "--sweep", "--accuracy", "Example: percuta pulse examples/pulse_bipolar.toml"):
        assert words in text
    for name in ("pulse", "zone", "sweep"):
        assert "2020-12/schema" in percuta("library", "schemas", name).stdout


def test_brackets_and_controls_in_a_file_reach_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(BIPOLAR.read_text("utf-8").replace('"28 V"', '"[/x] \\u001b[2J"'), "utf-8")
    done = percuta("pulse", file, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "[/x]" in done.stderr
    assert "\x1b" not in done.stderr


def test_the_loops_can_be_compiled_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[bool] = []
    module = SimpleNamespace(warm=lambda: compiled.append(True))
    monkeypatch.setitem(sys.modules, "percuta.physics.pulse", module)
    report = json.loads(percuta("doctor", "--warm", "--json").stdout)
    validate(report, schema("doctor"))
    assert compiled == [True]
    assert report["seconds to compile"] >= 0.0
    assert "seconds to compile" not in json.loads(percuta("doctor", "--json").stdout)
