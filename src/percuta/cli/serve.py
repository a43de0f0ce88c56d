"""``percuta serve``: the planner in the browser."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from percuta.cli.console import LibraryOption, command, library_with, say


def _serving(function: Callable[..., int]) -> Callable[..., None]:
    return command(function, kept="plans and finished results are kept")


@_serving
def serve(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Of this machine's loopback; 0 takes any that is free.")
    ] = 8765,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            help="Where plans and results are kept; PERCUTA_DATA or ~/.local/share/percuta when left out.",
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
) -> int:
    """Plan in the browser: consultation, plan, simulation, results, documents. Ctrl-C ends it; nothing is lost.

    Nobody but this machine can reach it, and it loads nothing from anywhere. Needs `pip install "percuta[web,report]"`.

    Example: percuta serve --port 8765
    """
    from percuta.errors import PercutaError
    from percuta.web.folder import data_folder

    try:
        from percuta.web.server import serve as run
    except ImportError as fault:
        do = 'pip install "percuta[web,report]"'
        raise PercutaError(
            "the planner in the browser needs packages that are not installed", value=fault.name, do=do
        ) from fault

    def ready(address: str) -> None:
        say(f"The planner: {address}")
        say("It answers this machine alone. Ctrl-C ends it.")
        sys.stdout.flush()  # a program that waits for the address reads it from a pipe

    run(folder or data_folder(), port, library_with(library), ready=ready)
    return 0
