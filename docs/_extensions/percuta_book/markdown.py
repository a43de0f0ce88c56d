"""Small pieces of Markdown that the generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MEANING = "\\`*_{}[]<>#$|~^"


def escaped(text: str) -> str:
    """Return text as one line in which no letter has a meaning in Markdown or HTML."""
    return "".join(f"\\{letter}" if letter in _MEANING else letter for letter in " ".join(text.split()))


def code(text: str) -> str:
    """Return text as code; a vertical line in it may stand in a table."""
    return f"`{text}`".replace("|", "\\|")


def heading(level: int, text: str, target: str = "") -> str:
    """Return a heading, with a target to link to; what is written as code stays code."""
    return (f"({target})=\n" if target else "") + f"{'#' * level} {text}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
