"""Tables and heads of entries on the terminal."""

from __future__ import annotations

from typing import Any

from percuta.cli.console import plain, stdout


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Print rows that all have the same keys as a table."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(plain(_listed(cell)) for cell in row.values()))
    stdout().print(table)


def print_head(head: dict[str, Any]) -> None:
    """Print what an entry says in words, a line for each key that says something."""
    console = stdout()
    for key, value in head.items():
        if value not in ("", [], {}, None):
            console.print(f"[bold]{plain(key)}[/bold]  {plain(_listed(value))}")


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_listed(item)}" for key, item in value.items())
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
