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
    """Write report.html of a result folder anew from its files, and aftercare.html beside it.

    With --out only the report is written.

    Example: percuta report out/cheek_pen
    """
    from percuta.workflows.report import rebuild_report

    rebuilt = rebuild_report(folder, out, library_with(library))
    if as_json:
        sheet = None if rebuilt.aftercare is None else str(rebuilt.aftercare)
        print_json({"report": str(rebuilt.report), "aftercare": sheet})
        return
    say(f"The report is {rebuilt.report}")
    if rebuilt.aftercare is not None:
        say(f"The aftercare sheet is {rebuilt.aftercare}")
