"""``percuta compare``: two or three plans side by side in the same scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from percuta.cli.console import (
    JsonOption,
    LibraryOption,
    WorkersOption,
    command,
    library_with,
    plain,
    print_json,
    progress,
    say,
    stdout,
)

if TYPE_CHECKING:
    from rich.table import Table


@command
def compare(
    files: Annotated[list[Path], typer.Argument(help="Two or three plan files.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for compare.json and compare.html.", show_default=False)
    ] = None,
    members: Annotated[int, typer.Option("--members", help="Number of scenarios, a power of two.")] = 64,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of the scenarios.")] = 0,
    accuracy: Annotated[
        str, typer.Option("--accuracy", help="Of radiofrequency pulses: draft, standard or reference.")
    ] = "draft",
    study: Annotated[bool, typer.Option("--study", help="Compare refused plans all the same, marked REFUSED.")] = False,
    workers: WorkersOption = 1,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Compare two or three plans in the same scenarios: differences to the first, and how often one is better.

    Example: percuta compare examples/cheek_pen.toml examples/forehead_roller.toml --out out/compared
    """
    from percuta.engine.scenarios import check_members
    from percuta.manifest import DISCLAIMER
    from percuta.plan.reading import load_plan
    from percuta.workflows import compare as workflow
    from percuta.workflows.pulse import checked_accuracy

    workflow.check_count(len(files))
    check_members(members)
    setting = checked_accuracy(accuracy)
    known = library_with(library)
    plans = [workflow.PlanFile(file.name, load_plan(file, known)) for file in files]
    with progress("scenarios", as_json=as_json) as update:
        compared = workflow.compare(
            plans,
            out,
            members=members,
            seed=seed,
            accuracy=setting,
            study=study,
            workers=workers,
            known=known,
            progress=update,
        )
    if as_json:
        print_json(compared.table)
        return compared.exit_code
    print_head(compared.table)
    if not compared.table["endpoints"]:
        say("\nNothing was computed; --study compares a refused plan all the same, and `percuta check` says why it is.")
        return compared.exit_code
    print_endpoints(compared.table)
    if compared.page is not None:
        say(f"\nThe page is {compared.page}")
    say(DISCLAIMER)
    return compared.exit_code


def print_head(table: dict[str, Any]) -> None:
    """Print the plans with their verdicts, what differs between them, and what to know before reading on."""
    from rich.table import Table

    console = stdout()
    for one in table["plans"]:
        console.print(f"[bold]{one['letter']}  {plain(one['title'])}[/bold]  {plain(one['file'])}")
        say(f"   {one['sentence']}")
    for remark in table["remarks"]:
        say(f"\n{remark}")
    if table["differences"]:
        differing = Table(box=None, pad_edge=False)
        for column in ("differs", *(one["letter"] for one in table["plans"])):
            differing.add_column(column, overflow="fold")
        for one in table["differences"]:
            differing.add_row(plain(one["key"]), *(plain(value or "–") for value in one["values"]))
        say("")
        console.print(differing)


def print_endpoints(table: dict[str, Any]) -> None:
    """Print the endpoints that are compared, place by place, and those that are not."""
    console = stdout()
    compared = [row for row in table["endpoints"] if any(row["against_first"])]
    for place in dict.fromkeys(row["zone"] for row in compared):
        console.print(f"\n[bold]{plain(place or 'Whole plan')}[/bold]")
        console.print(_table(table, [row for row in compared if row["zone"] == place]))
    reasons: dict[str, list[str]] = {}
    for row in table["endpoints"]:
        if row not in compared:
            why = next((cell["withheld"] for cell in row["plans"] if cell and "withheld" in cell), "not in both plans")
            reasons.setdefault(why, []).append(row["name"])
    for reason, names in reasons.items():
        say(f"\nNot compared, {reason}:\n  {', '.join(dict.fromkeys(names))}")


def _table(table: dict[str, Any], rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    letters = [one["letter"] for one in table["plans"]]
    shown = Table(box=None, pad_edge=False)
    heads = [head for letter in letters[1:] for head in (f"{letter} less {letters[0]}", "", f"{letter} better in")]
    for column in ("endpoint", *letters, *heads):
        shown.add_column(column, overflow="fold", no_wrap=column == "endpoint")
    for row in rows:
        shown.add_row(*map(plain, _cells(table, row)))
    return shown


def _cells(table: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """Return the cells of one row; of a category the commonest alone."""
    from percuta.report.comparison_of_plans import difference_cell, value_cell
    from percuta.report.comparison_of_plans_wording import better_share

    cells = [row["name"], *(value_cell(row, cell)["middle"].partition(":")[0] for cell in row["plans"])]
    for number, one in enumerate(row["against_first"][1:], 1):
        said = difference_cell(table, row, number)
        difference = f"{said['middle']} ({said['range']})" if said["range"] else said["middle"]
        cells += [difference or said["chance"], said["words"], "" if one is None else better_share(one)]
    return cells
