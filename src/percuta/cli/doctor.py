"""``percuta doctor``: versions, threads, caches, and whether the library is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from percuta.cli.console import JsonOption, command, print_json, say


@command
def doctor(
    warm: Annotated[
        bool, typer.Option("--warm", help="Compile the loops now, so that the first pulse does not wait for them.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Look at the installation: versions, threads, where compiled loops are cached, and the library.

    Example: percuta doctor --warm
    """
    from percuta.workflows.doctor import examine

    report = examine(warm=warm)
    if as_json:
        print_json(report)
    else:
        for key, value in report.items():
            shown = ", ".join(f"{name} {one}" for name, one in value.items()) if isinstance(value, dict) else value
            say(f"{key + ':':<20}{shown}")
    return 0 if report["library"] == "whole" else 1
