"""Our answers to the open problems: `python problems/compute.py NAME` (all of them: `all`).

Computes a problem at every level of refinement and writes `answer.json` and `answer_template.json` into its folder.
With `--level N` it computes one level, prints the outputs as an answer that `score.py` reads, and writes nothing. With
`--compare` it computes no level anew, and sets the independent answer beside what is there. With `--markdown FILE` it
writes the part of that page that lies between the marks, and its charts, from the files as they are.

The error of an output is the largest relative difference of the finest level from the levels with cells, steps or nodes
up to twice as large, or, where that is larger, the difference from an independent answer.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import percuta
from problem_files import FOLDER, NAMES, Output, Problem, as_text, read_problem, read_reference, template
from problem_page import BEGIN, END, write_page
from refinement import ROUNDING, observed_order, relative_difference, round_up, spread

DIGITS = 12
"""Significant digits of the numbers that are written."""


def rounded(value: Any) -> Any:
    """Return a number or a list of numbers at the digits that are written."""
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.{DIGITS - 1}e}")


def level_answer(problem: Problem, level: int) -> dict[str, Any]:
    """Return one level's answer, in the form that is scored."""
    values = solver(problem.name).solve(problem, level)
    answer = template(problem)
    answer["code"] = {"name": "Percuta", "version": percuta.__version__, "note": f"level {level}"}
    for output in problem.outputs:
        answer["outputs"][output.name]["value"] = rounded(values[output.name])
    return answer


def solver(name: str) -> Any:
    """Return the module that solves a problem."""
    return importlib.import_module(f"solutions.{name}")


def refined(problem: Problem) -> dict[str, Any]:
    """Return the answer of the finest level, with the error of every output."""
    module = solver(problem.name)
    runs, seconds = [], 0.0
    for level in range(1, module.LEVELS + 1):
        began = time.perf_counter()
        runs.append(module.solve(problem, level))
        seconds = time.perf_counter() - began
        print(f"{problem.name}, level {level}: {seconds:.1f} s", file=sys.stderr, flush=True)
    answer = template(problem)
    answer["code"] = {"name": "Percuta", "version": percuta.__version__, "note": module.METHOD}
    answer["levels"], answer["seconds_of_finest"] = module.LEVELS, round(seconds, 1)
    for output in problem.outputs:
        answer["outputs"][output.name] |= judged(output, [run[output.name] for run in runs], module.TWICE)
    return answer


def judged(output: Output, values: list[Any], twice: int) -> dict[str, Any]:
    """Return value, error and how the error came about of one output."""
    found: dict[str, Any] = {
        "value": rounded(values[-1]),
        "error": 0.0,
        "error_from_levels": round_up(max(spread(values, twice), ROUNDING)),
        "differences_from_finest": [round_up(relative_difference(one, values[-1])) for one in values[:-1]],
        "observed_order": observed_order(values, twice),
        # rounding and the processor may move the coarsest level a little
        "quick_error": round_up(1.05 * relative_difference(values[0], values[-1]) + ROUNDING),
    }
    return found | ({"by_level": rounded(list(values))} if output.at is None else {})


def compared(problem: Problem, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the independent one beside it, and the larger of both errors."""
    other, by = other_answer(problem)
    if by:
        answer["independent"] = by
    for name, output in answer["outputs"].items():
        errors = [output["error_from_levels"]]
        if name in other:
            output["independent"] = rounded(other[name])
            errors.append(round_up(relative_difference(output["value"], other[name])))
            output["difference_from_independent"] = errors[-1]
        output["error"] = max(errors)
    return answer


def other_answer(problem: Problem) -> tuple[dict[str, Any], str]:
    """Return an independent answer and how it was found; empty where there is none."""
    module = solver(problem.name)
    if hasattr(module, "independent"):
        return module.independent(problem), module.INDEPENDENT
    kept = FOLDER / problem.name / "independent.json"
    if not kept.exists():
        return {}, ""
    found = json.loads(kept.read_text("utf-8"))
    return found["outputs"], found["by"]


def write_answer(problem: Problem, *, anew: bool) -> None:
    """Write the two files of a problem, after computing all its levels where it is done anew."""
    folder = FOLDER / problem.name
    answer = compared(problem, refined(problem) if anew else read_reference(problem.name))
    (folder / "answer.json").write_text(as_text(answer) + "\n", "utf-8")
    (folder / "answer_template.json").write_text(as_text(template(problem)) + "\n", "utf-8")


def _has_marks(page: Path) -> bool:
    return page.is_file() and BEGIN in (text := page.read_text("utf-8")) and END in text.partition(BEGIN)[2]


def main() -> int:
    """Read the command line and do what it asks for."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("name", nargs="?", choices=[*NAMES, "all"], help="which problem")
    reader.add_argument("--level", type=int, help="one level only, from 1; printed, nothing is written")
    reader.add_argument("--compare", action="store_true", help="only set the independent answer beside what is there")
    reader.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables of this page")
    asked = reader.parse_args()
    if asked.name is None and asked.markdown is None:
        reader.error("name a problem, or give --markdown")
    if asked.level is not None and asked.name in (None, "all"):
        reader.error("--level is for one problem")
    if asked.markdown is not None and not _has_marks(asked.markdown):
        reader.error(f"--markdown needs a page that holds {BEGIN} and {END}")
    names = {None: (), "all": NAMES}.get(asked.name, (asked.name,))
    for name in names:
        problem = read_problem(name)
        if asked.level is None:
            write_answer(problem, anew=not asked.compare)
        elif 1 <= asked.level <= solver(name).LEVELS:
            print(as_text(level_answer(problem, asked.level)))
        else:
            reader.error(f"--level of {name} is from 1 to {solver(name).LEVELS}")
    if asked.markdown is not None:
        write_page(asked.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
