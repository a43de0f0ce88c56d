"""What all commands share: errors as messages, exit codes, JSON, progress on stderr."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from percuta.workflows.pace import Pace

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
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, max=256, help="Processes to compute with; their number changes no result.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        help='Compute with Dask: "local" for --workers processes here, or the address of a cluster, tcp://HOST:PORT.',
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


def command(
    function: Callable[_ARGUMENTS, int | None], *, kept: str = "no half result was left"
) -> Callable[_ARGUMENTS, None]:
    """Turn a function that returns an exit code into a command that never shows a traceback.

    Parameters
    ----------
    function
        The function.
    kept
        What an interrupt leaves, in words.
    """

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
            print(f"percuta: interrupted; {kept}", file=sys.stderr)
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


def resumable(function: Callable[_ARGUMENTS, int | None]) -> Callable[_ARGUMENTS, None]:
    """Turn a function into a :func:`command` that goes on where it was interrupted."""
    return command(function, kept="run the same command again to go on where it stopped")


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
def progress(label: str, *, counted: bool = True, as_json: bool = False) -> Iterator[Callable[[float, float], None]]:
    """Show on stderr how far a command is, at what rate, and the time left.

    On a terminal this is a bar; elsewhere nothing. With ``as_json`` it is one line of JSON a second at most, with
    ``progress`` (the label), ``done``, ``total``, ``per_second`` and ``seconds_left`` (null as long as not known).

    Parameters
    ----------
    label
        What is computed.
    counted
        Whether things are counted; otherwise a share is shown.
    as_json
        Whether a script reads it.
    """
    if as_json:
        yield _Lines(label)
        return
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
    done = (MofNCompleteColumn(), TextColumn("{task.fields[rate]}")) if counted else (TaskProgressColumn(),)
    columns = (TextColumn("{task.description}"), BarColumn(), *done, TimeRemainingColumn())
    pace = Pace()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None, rate="")

        def update(done: float, total: float) -> None:
            per_second = pace.per_second(done)
            bar.update(task, completed=done, total=total, rate="" if per_second is None else _rate(per_second))

        yield update


class _Lines:
    """Progress as lines of JSON on stderr; the first, the last, and one a second in between."""

    def __init__(self, label: str) -> None:
        self.label, self.pace, self.told = label, Pace(), -math.inf

    def __call__(self, done: float, total: float) -> None:
        per_second, now = self.pace.per_second(done), time.monotonic()
        if now - self.told < 1.0 and done < total:
            return
        self.told = now
        line = {
            "progress": self.label,
            "done": done,
            "total": total,
            "per_second": None if per_second is None else float(f"{per_second:.4g}"),
            "seconds_left": None if per_second is None else round((total - done) / per_second, 1),
        }
        print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)


def _rate(per_second: float) -> str:
    """Return a rate in words; a slow one is told by the minute or hour."""
    for factor, unit in ((1.0, "s"), (60.0, "min")):
        if factor * per_second >= 1.0:
            return f"{factor * per_second:.3g}/{unit}"
    return f"{3600.0 * per_second:.3g}/h"
