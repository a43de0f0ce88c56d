"""The reference of the commands, from the command line's own definitions."""

from __future__ import annotations

import re
from typing import Any

import typer.main

from percuta import errors
from percuta.cli.console import INTERRUPTED
from percuta.cli.main import app
from percuta_book.markdown import code, escaped, heading, table

_EXAMPLE = re.compile(r"^Example: +(.+)$", re.M)
_WORDS = {"Path": "path", "str": "text", "int": "number", "float": "number", "bool": "switch"}
_ENDS = (
    (0, "done; of a checked plan: no rule stops it"),
    (1, "a fault of the program or of the installation; of `percuta validate`: a verification case fails"),
    (
        errors.PlanError.exit_code,
        "a plan, a pulse, a library file, a unit or an option is wrong, or a device cannot do it",
    ),
    (
        errors.SafetyRefusal.exit_code,
        "a plan is refused or deferred by a rule; of a search: so is all that it could recommend",
    ),
    (errors.ConvergenceError.exit_code, "a computation did not converge; of a search: nothing keeps every constraint"),
    (INTERRUPTED, "interrupted; no half result is left, and what was computed may be kept for the same command"),
)


def reference() -> str:
    """Return the page: how every command is called, its arguments and options, an example, and the exit codes."""
    root: Any = typer.main.get_command(app)
    ends = table(("code", "meaning"), [(code(str(number)), says) for number, says in _ENDS])
    parts = [heading(2, "Exit codes", "exit-codes"), ends]
    parts += ["`percuta --version` prints the version, `percuta COMMAND --help` what stands on this page."]
    for name, one in root.commands.items():
        parts += _command(name, one)
    return "\n\n".join(parts) + "\n"


def _command(name: str, one: Any) -> list[str]:
    arguments = [each for each in one.params if each.param_type_name == "argument"]
    options = [each for each in one.params if each.param_type_name == "option"]
    needed = [each for each in options if each.required]
    call = " ".join(["percuta", name, *map(_placed, arguments), *map(_asked, needed), "[OPTIONS]"])
    example = _EXAMPLE.search(one.help)
    parts = [heading(2, code(f"percuta {name}"), f"command-{name}")]
    parts += [_prose(paragraph) for paragraph in _EXAMPLE.sub("", one.help).split("\n\n") if paragraph.strip()]
    parts += [f"```text\n{call}\n```"]
    parts += [table(("argument or option", "takes", "meaning"), [_row(each) for each in (*arguments, *options)])]
    return [*parts, f"Example:\n\n```text\n{example[1]}\n```"] if example else parts


def _placed(argument: Any) -> str:
    name = argument.name.upper()
    return name if argument.required else f"[{name}]"


def _asked(option: Any) -> str:
    return f"{option.opts[0]} {option.name.upper()}"


def _row(one: Any) -> tuple[str, str, str]:
    name = one.name.upper() if one.param_type_name == "argument" else ", ".join(one.opts)
    kind = one.type_descriptor.annotation
    words = _WORDS.get(getattr(kind, "__name__", ""), "")
    if one.multiple:
        words = "path, may be repeated" if "Path" in str(kind) else "text, may be repeated"
    given = f" Default: `{one.default}`." if one.show_default and one.default not in (None, False) else ""
    needed = " Needed." if one.required else ""
    return code(name), words, f"{_prose(one.help or '')}{needed}{given}"


def _prose(text: str) -> str:
    """Return a help text as Markdown; what it writes as code stays code."""
    return escaped(text).replace("\\`", "`")
