"""``percuta new``: a plan file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from percuta.cli.console import JsonOption, LibraryOption, command, library_with, print_json, say


@command
def new(
    file: Annotated[Path, typer.Argument(help="The plan file to write; it must not exist.", show_default=False)],
    site: Annotated[str, typer.Option("--site", help="Where, see `percuta library sites`.")] = "cheek",
    device: Annotated[
        str, typer.Option("--device", help="With what, see `percuta library devices`.")
    ] = "generic-pen-12",
    effect: Annotated[str, typer.Option("--effect", help="What is wanted.")] = "wrinkles",
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a plan file to start from, with the whole questionnaire.

    Example: percuta new my_plan.toml --site forehead --device generic-roller-1.0
    """
    from percuta.workflows.new import new_plan

    new_plan(file, site, device, effect, library_with(library))
    if as_json:
        print_json({"plan": str(file)})
    else:
        say(f"The plan is {file}\nAnswer its questions, then run: percuta check {file}")
