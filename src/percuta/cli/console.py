"""What all commands share: errors as messages, exit codes, JSON, progress on stderr."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from percuta.library.registry import Library

INTERRUPTED = 130
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tabulator and line end
_ARGUMENTS = ParamSpec("_ARGUMENTS")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
LibraryOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--library",
        help="TOML file with a device, site, product or drug of your own; may be repeated.",
        show_default=False,
    ),
]


class _Forgiving(io.TextIOWrapper):
    """Standard output that stays quiet once its reader has gone, so that the exit code is still the verdict."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            return len(text)

    def flush(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            super().flush()


def _forgive_the_terminal() -> None:
    """Let output go on where the reader leaves or cannot show a letter."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - stdout was closed by the caller
    if type(sys.stdout) is io.TextIOWrapper and sys.stdout is sys.__stdout__:
        tty = sys.stdout.line_buffering
        sys.stdout = _Forgiving(sys.stdout.detach(), sys.stdout.encoding, "backslashreplace", line_buffering=tty)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def command(function: Callable[_ARGUMENTS, int | None]) -> Callable[_ARGUMENTS, None]:
    """Turn a function that returns an exit code into a command that never shows a traceback."""

    @functools.wraps(function)
    def wrapped(*args: _ARGUMENTS.args, **kwargs: _ARGUMENTS.kwargs) -> None:
        from percuta.errors import PercutaError

        as_json = bool(kwargs.get("as_json"))
        _forgive_the_terminal()
        try:
            code = function(*args, **kwargs) or 0
        except PercutaError as fault:
            if as_json:
                print_json(fault.as_dict())
            say(f"percuta: {fault}", error=True)
            code = fault.exit_code
        except KeyboardInterrupt:
            print("percuta: interrupted; no half result was left", file=sys.stderr)
            code = INTERRUPTED
        except typer.Exit:
            raise
        except Exception as fault:
            if os.environ.get("PERCUTA_TRACEBACK"):
                raise
            say(
                f"percuta: a fault of the program: {type(fault).__name__}: {fault}\n"
                "  what to do: set PERCUTA_TRACEBACK=1, run again and report what it prints",
                error=True,
            )
            code = 1
        raise typer.Exit(code)

    return wrapped


def print_json(data: Any) -> None:
    """Print plain data as JSON on stdout; control characters are written as escapes."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    print(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def shown(text: object) -> str:
    """Return a text with its control characters as escapes, so that none reaches the terminal."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), str(text))


def plain(text: object) -> str:
    """Return a text for rich to print as it stands: brackets are no markup, control characters are escapes."""
    from rich.markup import escape

    return escape(shown(text))


def say(text: object, *, error: bool = False) -> None:
    """Print a text on stdout, or on stderr, with its control characters as escapes."""
    print(shown(text), file=sys.stderr if error else sys.stdout)


def stdout() -> Console:
    """Return a console for results; plain text where stdout is not a terminal."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 160)


def library_with(files: list[Path] | None) -> Library:
    """Return the shipped library, with the files given on the command line."""
    from percuta.library.registry import Library, library

    return Library(files) if files else library()


@contextmanager
def progress(label: str, *, counted: bool = True) -> Iterator[Callable[[float, float], None]]:
    """Show a bar on stderr with the time left; nothing where stderr is not a terminal.

    Parameters
    ----------
    label
        What is computed.
    counted
        Whether things are counted; otherwise a share is shown.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    done = MofNCompleteColumn() if counted else TaskProgressColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), done, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)

        def update(done: float, total: float) -> None:
            bar.update(task, completed=done, total=total)

        yield update
