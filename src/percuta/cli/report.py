"""``percuta report``: write the report of a result folder anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from percuta.cli.console import JsonOption, LibraryOption, command, library_with, print_json, say


@command
def report(
    folder: Annotated[Path, typer.Argument(help="A folder that `percuta plan` wrote.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the page.", show_default=False)] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write report.html of a result folder anew from its files.

    Example: percuta report out/cheek_pen
    """
    from percuta.workflows.report import rebuild_report

    path = rebuild_report(folder, out, library_with(library))
    if as_json:
        print_json({"report": str(path)})
    else:
        say(f"The report is {path}")
