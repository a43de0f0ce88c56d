"""``percuta validate``: what the models get right and what they get wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from percuta.cli.console import JsonOption, command, plain, print_json, progress, stdout

if TYPE_CHECKING:
    from percuta.workflows.validate import Validated

_COLOURS = {"pass": "green", "inside": "green", "fail": "bold red", "outside": "yellow", "not comparable": "dim"}


@command
def validate(
    case: Annotated[str | None, typer.Option("--case", help="Run one case only.", show_default=False)] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the table to this Markdown or JSON file as well.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Run the verification and validation cases; ends with 1 only where a verification fails.

    Example: percuta validate --case MECH-V9
    """
    from percuta.workflows.validate import check_table_file, write_table
    from percuta.workflows.validate import validate as run

    if out is not None:
        check_table_file(out)
    with progress("cases", as_json=as_json) as update:
        validated = run(case, update)
    if out is not None:
        write_table(validated, out)
    if as_json:
        print_json(validated.as_dict())
    else:
        print_table(validated)
    return validated.exit_code


def print_table(validated: Validated) -> None:
    """Print one row for each comparison, the notes of each case, and the counts."""
    from rich.table import Table

    console = stdout()
    for kind, expectation in (("verification", "expected"), ("validation", "measured")):
        chosen = [(one, rows) for one, rows in validated.results if one.kind == kind]
        if not chosen:
            continue
        columns = ("case", "quantity", expectation, "predicted (5 % to 95 %)", "error or coverage", "verdict")
        table = Table(box=None, pad_edge=False)
        for column in (*columns, "used in a fit") if kind == "validation" else columns:
            table.add_column(column, overflow="fold")
        for one, rows in chosen:
            for row in rows:
                verdict = f"[{_COLOURS[row.verdict]}]{row.verdict}[/]"
                cells = (one.id, row.quantity, row.expected_shown, row.predicted_shown, row.error_shown)
                fit = ("yes" if row.fitted else "no",) if kind == "validation" else ()
                table.add_row(*(plain(cell) for cell in cells), verdict, *fit)
        console.print(f"\n[bold]{kind.capitalize()}[/bold]")
        console.print(table)
        for one, rows in chosen:
            for note in dict.fromkeys(row.note for row in rows if row.note):
                console.print(plain(f"{one.id}: {note}"))
    print_counts(validated)


def print_counts(validated: Validated) -> None:
    """Print how many rows have each verdict."""
    counts = {verdict: validated.count(verdict) for verdict in _COLOURS}
    shown = ", ".join(f"{number} {verdict}" for verdict, number in counts.items() if number)
    stdout().print(f"\n{shown}")
