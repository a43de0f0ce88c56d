"""``percuta optimise`` as a practitioner meets it: the short answer, JSON, where things lie, exit codes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import validate
from typer.testing import CliRunner, Result

from percuta.cli.main import app
from percuta.errors import PlanError
from percuta.manifest import DISCLAIMER
from percuta.workflows.schemas import schema

from ..searched import nothing_feasible, pen_search

PEN = Path(__file__).parents[2] / "examples" / "cheek_pen.toml"
WISHES = '[[optimise.objectives]]\nendpoint = "pain_peak"  # [default]\n'


def optimise(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["optimise", *map(str, arguments)])


def plainly(text: str) -> str:
    """Output with single spaces, so that no width of a column matters."""
    return re.sub(r"\s+", " ", text)


def searching(
    monkeypatch: pytest.MonkeyPatch, table: dict[str, Any], *, fault: BaseException | None = None
) -> dict[str, Any]:
    """Let the search be made up, and return what it is asked."""
    asked: dict[str, Any] = {}

    def made_up(plan: Any, folder: Path, *, progress: Callable[[int, int], None], **settings: Any) -> SimpleNamespace:
        asked.update(settings | {"title": plan.title, "folder": folder})
        progress(1, settings["trials"])
        if fault is not None:
            raise fault
        chosen = None if table["recommended"] is None else folder / "recommended.toml"
        return SimpleNamespace(table=table, folder=folder, recommended=chosen, exit_code=0)

    stand_in = SimpleNamespace(optimise=made_up, shown_wishes=lambda plan, known: WISHES)
    monkeypatch.setitem(sys.modules, "percuta.workflows.optimise", stand_in)
    return asked


def test_the_answer_is_short_and_says_where_things_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = pen_search()
    asked = searching(monkeypatch, table)
    done = optimise(PEN, "--out", tmp_path, "--trials", 26, "--workers", 2)
    assert done.exit_code == 0, done.stderr
    assert (asked["trials"], asked["workers"], asked["scheduler"], asked["fresh"]) == (26, 2, None, 256)
    assert asked["folder"] == tmp_path
    assert len(done.stdout.splitlines()) < 45
    said = plainly(done.stdout)
    assert said.startswith(table["sentences"]["verdict"])
    for words in (
        "Set depth 1 mm 0.75 mm",
        "Interval between sessions 4 weeks 4 weeks",
        "search, 64 fresh, 256",
        "Strongest pain (cheeks) below 7 of 10 at least 90 %",
        "97.7 % (95.4 to 99.0 %) met",
        table["binding"]["sentence"],
        "no figure to give to the person treated",
        str(tmp_path / "optimisation.html"),
        str(tmp_path / "recommended.toml"),
        DISCLAIMER,
    ):
        assert words in said


def test_what_to_be_careful_about_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = pen_search()
    table["recommended"] = 17  # met by luck in the search sample
    table["candidates"][17]["beyond_label"] = True
    searching(monkeypatch, table)
    said = plainly(optimise(PEN, "--out", tmp_path).stdout)
    assert "Met in the search sample and not in the fresh one: Share of punctures" in said
    assert "beyond the label" in said


def test_nothing_is_called_safe_or_optimal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for table in (pen_search(), nothing_feasible()):
        searching(monkeypatch, table)
        done = optimise(PEN, "--out", tmp_path)
        assert not re.search(r"\b(safe|safely|optimal|optimum|best)\b", done.stdout, re.IGNORECASE)
    assert not re.search(r"\b(safe|safely|optimal|optimum|best)\b", optimise("--help").stdout, re.IGNORECASE)


def test_when_nothing_is_feasible_it_says_what_to_relax(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = nothing_feasible()
    searching(monkeypatch, table)
    said = plainly(optimise(PEN, "--out", tmp_path).stdout)
    assert "Strongest pain (cheeks) below 1.5 of 10 at least 90 % 20 of 20" in said
    assert table["relax"][0]["sentence"] in said
    assert "set_depth 0.5 mm, passes 2" in said
    assert "recommended.toml" not in said


@pytest.mark.parametrize("table", [pen_search(), nothing_feasible()], ids=["found", "stuck"])
def test_json_meets_its_schema(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: dict[str, Any]) -> None:
    searching(monkeypatch, table)
    done = optimise(PEN, "--out", tmp_path, "--json")
    found = json.loads(done.stdout)
    validate(found, schema("optimised"))
    assert found == {"folder": str(tmp_path), **table}
    assert json.loads(done.stderr.splitlines()[0])["progress"] == "trials"


def test_wishes_are_shown_as_text_and_nothing_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = searching(monkeypatch, pen_search())
    done = optimise(PEN, "--show")
    assert done.stdout == WISHES  # brackets are no markup
    in_json = json.loads(optimise(PEN, "--show", "--json").stdout)
    validate(in_json, schema("wishes"))
    assert in_json["toml"] == WISHES
    assert not asked


def test_without_a_folder_nothing_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = searching(monkeypatch, pen_search())
    done = optimise(PEN)
    assert done.exit_code == 2
    assert "--out" in done.stderr
    assert not asked


@pytest.mark.parametrize(("fault", "code"), [(PlanError("a study of another plan"), 2), (KeyboardInterrupt(), 130)])
def test_faults_and_interrupts_end_with_their_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: BaseException, code: int
) -> None:
    searching(monkeypatch, pen_search(), fault=fault)
    done = optimise(PEN, "--out", tmp_path)
    assert done.exit_code == code
    assert ("run the same command again" if code == 130 else "a study of another plan") in done.stderr
    assert "Traceback" not in done.stderr
