"""The files of the open problems: what is given, what is asked for, and the form of an answer.

Needs Python 3.11 and nothing else.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent

NAMES = (
    "pulse_in_one_layer",
    "pulse_in_layered_skin",
    "temperature_controlled_pair",
    "lidocaine_through_channels",
    "random_puncture_coverage",
    "four_session_course",
)
"""The problems in their order."""


@dataclass(frozen=True)
class Points:
    """Where a curve is sampled: name of the coordinate, its unit, its values."""

    name: str
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Output:
    """One required output.

    Attributes
    ----------
    name, unit, meaning
        What it is.
    requested
        Relative error that an answer may have besides that of the reference.
    at
        Sample points of a curve; None for a single number.
    """

    name: str
    unit: str
    meaning: str
    requested: float
    at: Points | None

    @property
    def empty(self) -> list[None] | None:
        """What stands in the template in the place of the value."""
        return None if self.at is None else [None] * len(self.at.values)


@dataclass(frozen=True)
class Problem:
    """One problem: ``inputs`` are tables of ``{value, unit, meaning}``."""

    name: str
    title: str
    tags: tuple[str, ...]
    statement: str
    equations: str
    inputs: dict[str, dict[str, dict[str, Any]]]
    outputs: tuple[Output, ...]

    def __getitem__(self, key: str) -> float:
        """Return an input by its dotted name, in the unit of the file."""
        table, _, name = key.partition(".")
        return float(self.inputs[table][name]["value"])

    def row(self, key: str) -> list[float]:
        """Return an input that is a list of numbers, by its dotted name."""
        table, _, name = key.partition(".")
        return [float(value) for value in self.inputs[table][name]["value"]]

    def points(self, output: str) -> list[float]:
        """Return the sample points of a curve."""
        at = next(one.at for one in self.outputs if one.name == output)
        return [] if at is None else list(at.values)


def read_problem(name: str) -> Problem:
    """Return a problem by its name."""
    table = tomllib.loads((FOLDER / name / "problem.toml").read_text("utf-8"))
    return Problem(
        table["name"],
        table["title"],
        tuple(table["tags"]),
        table["statement"],
        table["equations"],
        table["inputs"],
        tuple(map(_output, table["outputs"])),
    )


def _output(table: dict[str, Any]) -> Output:
    at = table.get("at")
    points = None if at is None else Points(at["name"], at["unit"], tuple(map(float, at["values"])))
    return Output(table["name"], table["unit"], table["meaning"], float(table["requested"]), points)


def read_reference(name: str) -> dict[str, Any]:
    """Return our own answer to a problem, with its errors."""
    answer = json.loads((FOLDER / name / "answer.json").read_text("utf-8"))
    assert isinstance(answer, dict)
    return answer


def template(problem: Problem) -> dict[str, Any]:
    """Return an answer that is still to be filled in."""
    return {
        "schema": 1,
        "problem": problem.name,
        "code": {"name": "", "version": "", "note": ""},
        "outputs": {one.name: {"unit": one.unit, "value": one.empty} for one in problem.outputs},
    }


def as_text(content: object, depth: int = 0) -> str:
    """Return JSON with one key a line and every list on one line."""
    if not isinstance(content, dict) or not content:
        return json.dumps(content, ensure_ascii=False)
    pad = "  " * (depth + 1)
    lines = [f"{pad}{json.dumps(key)}: {as_text(value, depth + 1)}" for key, value in content.items()]
    return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"
