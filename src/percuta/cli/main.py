"""The command ``percuta``: its subcommands, each in a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from percuta import __version__
from percuta.cli.check import check
from percuta.cli.cite import cite
from percuta.cli.cohort import cohort
from percuta.cli.compare import compare
from percuta.cli.doctor import doctor
from percuta.cli.influence import influence
from percuta.cli.library import library
from percuta.cli.new import new
from percuta.cli.optimise import optimise
from percuta.cli.plan import plan
from percuta.cli.pulse import pulse
from percuta.cli.report import report
from percuta.cli.serve import serve
from percuta.cli.validate import validate
from percuta.manifest import DISCLAIMER

app = typer.Typer(
    name="percuta",
    help="Plan microneedling before it is delivered: reach, duration, pain, recovery and months of collagen.",
    epilog=DISCLAIMER,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "new": new,
    "check": check,
    "plan": plan,
    "influence": influence,
    "compare": compare,
    "optimise": optimise,
    "cohort": cohort,
    "pulse": pulse,
    "report": report,
    "serve": serve,
    "library": library,
    "cite": cite,
    "validate": validate,
    "doctor": doctor,
}
for _name, _function in _COMMANDS.items():
    app.command(_name)(_function)


def _version(asked: bool) -> None:
    if asked:
        print(f"percuta {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def run() -> None:
    """Run the command line."""
    app()
