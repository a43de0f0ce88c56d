"""``percuta cite``: what the values of a plan, or of the library, rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from percuta.cli.console import JsonOption, LibraryOption, command, library_with, print_json, say


@command
def cite(
    file: Annotated[
        Path | None, typer.Argument(help="A plan file, or one key; without it the whole library.", show_default=False)
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the publications that the values used by a plan come from.

    Example: percuta cite examples/cheek_pen.toml
    """
    from percuta.library.bibliography import UNLISTED
    from percuta.workflows.cite import references_of, references_of_library

    known = library_with(library)
    found = references_of_library(known) if file is None else references_of(file, known)
    if as_json:
        print_json([one | {"text": text} for one, text in found])
        return
    for one, text in found:
        if one["kind"] == UNLISTED:
            say(f"{one['key']}: {one['note']}")
        else:
            say(f"{one['key']}: {text}{'' if one['verified'] == 'yes' else '  [details not verified]'}")
