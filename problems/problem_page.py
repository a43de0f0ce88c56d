"""The part of the page on the open problems that is written from their files, and its charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from percuta.report.svg import WIDTH, Scale
from percuta.report.sweep_charts import Series, line_chart
from problem_files import NAMES, Output, Problem, read_problem, read_reference

BEGIN = "<!-- begin: written by problems/compute.py -->"
END = "<!-- end: written by problems/compute.py -->"
CHARTS = "images/problems"

_HOUR, _DAY, _WEEK = 3600.0, 86_400.0, 604_800.0
_DRAWN = {"m": ("mm", 1e3), "kg/m^2": ("g/m²", 1e3), "kg/m^3": ("kg/m³", 1.0), "1": ("1", 1.0)}
_LEFT, _RIGHT = 56.0, 12.0  # of a chart's axis across


def write_page(page: Path) -> None:
    """Write the tables between the marks of a page, and the charts beside it."""
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{written()}\n{END}{after}", "utf-8")
    folder = page.parent / CHARTS
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.svg"):
        path.unlink()
    for name, drawing in charts().items():
        (folder / name).write_text(drawing + "\n", "utf-8")


def written() -> str:
    """Return what stands between the marks."""
    problems = [(read_problem(name), read_reference(name)) for name in NAMES]
    rows = [
        f"| {number} | [{problem.title}](#{_anchor(number, problem)}) | {', '.join(problem.tags)} | "
        f"{len(problem.outputs)} | {_largest(reference)} |"
        for number, (problem, reference) in enumerate(problems, 1)
    ]
    table = [
        "| | problem | what it tries | outputs | largest error of our answer |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
    return "\n".join([*table, *(part for number, each in enumerate(problems, 1) for part in _section(number, *each))])


def _anchor(number: int, problem: Problem) -> str:
    return f"{number}-{problem.title.lower().replace(' ', '-')}"


def _largest(reference: dict[str, Any]) -> str:
    return _percent(max(one["error"] for one in reference["outputs"].values()))


def _percent(share: float) -> str:
    return f"{100.0 * share:.2g}\u00a0%" if share >= 1e-5 else f"{share:.1e}"


def _section(number: int, problem: Problem, reference: dict[str, Any]) -> list[str]:
    made = f"Percuta {reference['code']['version']}, {reference['levels']} levels: {reference['code']['note']}."
    if "independent" in reference:
        made += f" Independent answer: {reference['independent']}."
    return [
        f"## {number}. {problem.title}",
        "",
        f"`problems/{problem.name}/`",
        "",
        problem.statement.strip(),
        "",
        "```text",
        problem.equations.strip(),
        "```",
        "",
        *_inputs(problem),
        *_outputs(problem),
        *_answers(problem, reference),
        made,
        "",
        *(
            f"![Our answer: {_words(output.name)}]({CHARTS}/{_chart(problem, output)})"
            for output in problem.outputs
            if output.at is not None
        ),
        "",
    ]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _inputs(problem: Problem) -> list[str]:
    rows = [
        f"| `{table}.{name}` | {_value(entry['value'])} | {entry['unit']} | {entry['meaning']} |"
        for table, entries in problem.inputs.items()
        for name, entry in entries.items()
    ]
    return ["| input | value | unit | meaning |", "|---|---|---|---|", *rows, ""]


def _value(value: Any) -> str:
    return ", ".join(f"{one:.10g}" for one in (value if isinstance(value, list) else [value]))


def _outputs(problem: Problem) -> list[str]:
    rows = [
        f"| `{output.name}` | {output.meaning}{_places(output)} | {output.unit} | {_percent(output.requested)} |"
        for output in problem.outputs
    ]
    return ["| output | what it is | unit | requested error |", "|---|---|---|---|", *rows, ""]


def _answers(problem: Problem, reference: dict[str, Any]) -> list[str]:
    rows = []
    for output in problem.outputs:
        ours = reference["outputs"][output.name]
        away, order = ours.get("difference_from_independent"), ours["observed_order"]
        rows.append(
            f"| `{output.name}` | {_answer(output, ours)} | {_percent(ours['error'])} | "
            f"{'' if order is None else f'{order:.1f}'} | {'' if away is None else _percent(away)} |"
        )
    head = "| output | our answer | its error | observed order | from the independent answer |"
    return [head, "|---|---|---|---|---|", *rows, ""]


def _places(output: Output) -> str:
    return "" if output.at is None else f", at {len(output.at.values)} values of {output.at.name}"


def _answer(output: Output, ours: dict[str, Any]) -> str:
    value, unit = ours["value"], "" if output.unit == "1" else output.unit
    if output.at is None:
        return f"{value:.6g} {unit}".strip()
    return f"{min(value):.4g} to {max(value):.4g} {unit}".strip()


def _chart(problem: Problem, output: Output) -> str:
    return f"{problem.name}--{output.name}.svg"


def charts() -> dict[str, str]:
    """Return the drawing of every curve by its file name."""
    found = {}
    for name in NAMES:
        problem, reference = read_problem(name), read_reference(name)
        for output in problem.outputs:
            if output.at is not None:
                values = reference["outputs"][output.name]["value"]
                found[_chart(problem, output)] = _drawn(problem, output, values)
    return found


def _drawn(problem: Problem, output: Output, values: list[float]) -> str:
    assert output.at is not None
    unit, factor = _along(output)
    shown, size = _DRAWN.get(output.unit, (output.unit, 1.0))
    places = [factor * one for one in output.at.values]
    points = tuple((place, size * value) for place, value in zip(places, values, strict=True))
    name = _words(output.name)
    drawing = line_chart(
        f"{problem.name}-{output.name}",
        f"{problem.title}: {name}",
        f"{output.at.name} ({unit})",
        name if shown == "1" else f"{name} ({shown})",
        Scale(min(places), max(places), _LEFT, WIDTH - _RIGHT),
        [Series("", "treated", points)],
    )
    return drawing.replace("<svg ", f'<svg width="{WIDTH:.0f}" ', 1)  # a picture of its own needs a size


def _along(output: Output) -> tuple[str, float]:
    """Return the unit in which a coordinate is drawn, and the factor to it."""
    assert output.at is not None
    if output.at.unit == "m":
        return "mm", 1e3
    longest = max(output.at.values)
    if longest > 10.0 * _WEEK:
        return "weeks", 1.0 / _WEEK
    return ("h", 1.0 / _HOUR) if longest > _HOUR else ("s", 1.0)
