"""``percuta library``: the values that Percuta works with, each with its spread, grade and source."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from percuta.cli.console import JsonOption, LibraryOption, command, library_with, plain, print_json, stdout


@command
def library(
    shelf: Annotated[
        str,
        typer.Argument(
            help="devices, sites, products, drugs, tissues, parameters, screening, protocol, or schemas.",
            show_default=False,
        ),
    ],
    name: Annotated[str | None, typer.Argument(help="One entry of that shelf.", show_default=False)] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Browse the library: what is known, from where, and what nobody published.

    Example: percuta library devices skinpen-precision
    """
    from percuta.workflows.browse import list_shelf, show_entry
    from percuta.workflows.schemas import SCHEMAS, schema

    if shelf == "schemas":
        print_json(schema(name) if name else list(SCHEMAS))
        return
    known = library_with(library)
    if name is None:
        rows = list_shelf(known, shelf)
        if as_json:
            print_json(rows)
        else:
            _print_rows(rows)
        return
    head, values = show_entry(known, shelf, name)
    if as_json:
        print_json(head | {"values": values})
    else:
        _print_entry(head, values)


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(plain(cell) for cell in row.values()))
    stdout().print(table)


def _print_entry(head: dict[str, Any], values: list[dict[str, Any]]) -> None:
    console = stdout()
    for key, value in head.items():
        if value not in ("", [], {}, None):
            console.print(f"[bold]{plain(key)}[/bold]  {plain(_listed(value))}")
    if values:
        print()
        _print_rows(
            [{key: one[key] for key in ("name", "value", "spread", "grade", "source", "note")} for one in values]
        )


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_listed(item)}" for key, item in value.items())
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
