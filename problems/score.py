"""Score an answer to an open problem: `python problems/score.py ANSWER.json`. Needs Python 3.11 and nothing else.

The file has the form of `problems/<name>/answer_template.json`: a number or a list of numbers for every output, in
the unit that stands there. The error of an output is its largest difference from our answer over the largest size of
our answer; it passes where that is at most the tolerance: the error of our answer and the requested error together.

Ends with 0 if every output passes, with 1 if one fails, with 2 if the file cannot be scored.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from problem_files import NAMES, Output, Points, Problem, read_problem, read_reference

PASSED, FAILED, BAD = 0, 1, 2
_LONGEST = 60  # characters of a value that a message repeats


class BadAnswerError(Exception):
    """What is wrong with a file, one message a line."""


@dataclass(frozen=True)
class Score:
    """How one output compares: relative error and tolerance."""

    output: str
    error: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the error is within the tolerance."""
        return self.error <= self.tolerance


def read_answer(path: Path) -> dict[str, Any]:
    """Return what a file holds.

    Raises
    ------
    BadAnswerError
        If it cannot be read, is no table, or names something twice.
    """
    try:
        answer = json.loads(path.read_text("utf-8"), object_pairs_hook=_table, parse_int=_whole)
    except OSError as fault:
        raise BadAnswerError(f"the file cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise BadAnswerError("the file is not UTF-8 text") from None
    except json.JSONDecodeError as fault:
        raise BadAnswerError(f"line {fault.lineno}: not JSON: {fault.msg}") from None
    except RecursionError:
        raise BadAnswerError("its brackets are nested too deep for an answer") from None
    if not isinstance(answer, dict):
        raise BadAnswerError("the file has to hold one JSON object, as answer_template.json does")
    return answer


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in pairs:
        if name in table:
            raise BadAnswerError(f"{json.dumps(name)} stands twice in one object")
        table[name] = value
    return table


def _whole(digits: str) -> int | float:
    """Return an integer; as a float, infinite, where it is larger than every float."""
    return int(digits) if math.isfinite(float(digits)) else float(digits)


def problem_of(answer: dict[str, Any], asked: str | None) -> Problem:
    """Return the problem that an answer is for.

    Raises
    ------
    BadAnswerError
        If the answer names none, an unknown one, or another than is asked for.
    """
    if answer.get("schema") != 1:
        raise BadAnswerError(f"schema has to be 1, not {json.dumps(answer.get('schema'))}")
    named = answer.get("problem", asked)
    if not isinstance(named, str) or not named:
        raise BadAnswerError('the file does not say which problem it answers: "problem", or --problem NAME')
    if named not in NAMES:
        raise BadAnswerError(f'there is no problem "{named}"; {_meant(named, NAMES)}')
    if asked is not None and asked != named:
        raise BadAnswerError(f'the file answers "{named}", not "{asked}"')
    return read_problem(named)


def checked(problem: Problem, answer: dict[str, Any]) -> dict[str, list[float]]:
    """Return the numbers of every output, that of a single number as a list of one.

    Raises
    ------
    BadAnswerError
        If an output is missing, unknown, of another unit or length, or not finite.
    """
    given = answer.get("outputs")
    if not isinstance(given, dict):
        raise BadAnswerError('"outputs" has to be an object of outputs by name')
    faults, mistaken = _unknown(problem, given)
    found = {}
    for output in problem.outputs:
        if output.name in given:
            fault = _fault(output, given[output.name])
            if fault:
                faults.append(f"output {output.name}: {fault}")
            else:
                value = given[output.name]["value"]
                found[output.name] = [float(one) for one in (value if output.at else [value])]
        elif output.name not in mistaken:
            faults.append(f"output {output.name} is missing")
    if faults:
        raise BadAnswerError("\n".join(faults))
    return found


def _unknown(problem: Problem, given: dict[str, Any]) -> tuple[list[str], set[str]]:
    """Return what is said of unknown outputs, and the missing outputs that they seem to mean."""
    names = [output.name for output in problem.outputs]
    faults, mistaken = [], set()
    for name in given:
        if name not in names:
            missing = [one for one in names if one not in given]
            mistaken |= set(difflib.get_close_matches(name, missing, 1))
            faults.append(f'there is no output "{name}"; {_meant(name, missing or names)}')
    return faults, mistaken


def _meant(name: str, names: list[str] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f'is "{near[0]}" meant?' if near else f"known are {', '.join(names)}"


def _fault(output: Output, given: Any) -> str:
    """Return what is wrong with one output; empty where nothing is."""
    if not isinstance(given, dict) or "value" not in given:
        return 'it has to be an object with "unit" and "value"'
    if given.get("unit") != output.unit:
        return f"its unit has to be {json.dumps(output.unit)}, not {json.dumps(given.get('unit'))}"
    value = given["value"]
    return _not_a_number(value) if output.at is None else _not_a_curve(output.at, value)


def _not_a_curve(at: Points, value: Any) -> str:
    if not isinstance(value, list):
        return f"it is a curve: a list of {len(at.values)} numbers"
    if len(value) != len(at.values):
        return f"{len(value)} numbers, but {len(at.values)} values of {at.name} are asked for"
    faults = (f"number {place}: {_not_a_number(one)}" for place, one in enumerate(value, 1) if _not_a_number(one))
    return next(faults, "")


def _not_a_number(value: Any) -> str:
    if value is None:
        return "it is not filled in"
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = json.dumps(value)
        return f"{text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'} is not a number"
    return "" if math.isfinite(value) else f"{value} is not a finite number"


def scores(problem: Problem, found: dict[str, list[float]]) -> list[Score]:
    """Return how every output compares with our answer."""
    reference = read_reference(problem.name)["outputs"]
    result = []
    for output in problem.outputs:
        ours = reference[output.name]
        expected = ours["value"] if output.at else [ours["value"]]
        size = max(abs(one) for one in expected)
        away = max(abs(one - other) for one, other in zip(found[output.name], expected, strict=True))
        error = min(away / size, sys.float_info.max)  # JSON knows no infinity
        result.append(Score(output.name, error, ours["error"] + output.requested))
    return result


def as_lines(problem: Problem, result: list[Score]) -> str:
    """Return the scores as a table."""
    wide = max(len(one.output) for one in result)
    lines = [problem.title, f"{'output':{wide}}  {'error':>9}  {'tolerance':>9}"]
    lines += [
        f"{one.output:{wide}}  {one.error:9.2e}  {one.tolerance:9.2e}  {'pass' if one.passed else 'FAIL'}"
        for one in result
    ]
    return "\n".join([*lines, f"{sum(one.passed for one in result)} of {len(result)} outputs pass"])


def as_json(problem: Problem, result: list[Score]) -> str:
    """Return the scores as JSON."""
    rows = [
        {"output": one.output, "error": one.error, "tolerance": one.tolerance, "passed": one.passed} for one in result
    ]
    passed = sum(one.passed for one in result)
    return json.dumps({"problem": problem.name, "passed": passed, "total": len(result), "outputs": rows}, indent=2)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, score the file, print the scores."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("answer", type=Path, help="file of the form of answer_template.json")
    reader.add_argument("--problem", choices=NAMES, help="the problem, where the file does not name it")
    reader.add_argument("--json", action="store_true", help="print JSON")
    asked = reader.parse_args(arguments)
    try:
        answer = read_answer(asked.answer)
        problem = problem_of(answer, asked.problem)
        result = scores(problem, checked(problem, answer))
    except BadAnswerError as fault:
        for line in str(fault).splitlines():
            print(f"{asked.answer}: {line}", file=sys.stderr)
        return BAD
    print((as_json if asked.json else as_lines)(problem, result))
    return PASSED if all(one.passed for one in result) else FAILED


if __name__ == "__main__":
    sys.exit(main())
