"""Errors that say what was wrong, where, what is allowed and what to do.

Every error Percuta raises on purpose is a :class:`PercutaError`. The command line prints its text and
ends with its ``exit_code``; nothing else is ever shown as a message to the user.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Where:
    """A place in a file that a person wrote: file, line and key, as far as they are known."""

    file: str | Path | None = None
    line: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = _printable(str(self.file)) if self.file is not None else ""
        if self.line is not None:
            place += f", line {self.line}" if place else f"line {self.line}"
        if self.key:
            place += f", key {_shortened(self.key)}" if place else f"key {_shortened(self.key)}"
        return place


class PercutaError(Exception):
    """Base of all errors that Percuta raises on purpose.

    Parameters
    ----------
    what
        What was wrong, as one sentence without a full stop.
    value
        The offending value, shown as it was written.
    allowed
        What is allowed in its place.
    where
        File, line and key.
    do
        What to do about it.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        value: object = None,
        allowed: str | None = None,
        where: Where | None = None,
        do: str | None = None,
    ) -> None:
        self.what = what
        self.value = value
        self.allowed = allowed
        self.where = where
        self.do = do
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where and str(self.where) else self.what]
        if self.value is not None:
            parts.append(f"found: {_shortened(self.value)}")
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.do:
            parts.append(f"what to do: {self.do}")
        return "\n  ".join(parts)

    def at(self, where: Where) -> PercutaError:
        """Return the same error with its place filled in."""
        return type(self)(self.what, value=self.value, allowed=self.allowed, where=where, do=self.do)

    def as_dict(self) -> dict[str, object]:
        """Return the error as plain data for ``--json`` output."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "value": None if self.value is None else _shortened(self.value),
            "allowed": self.allowed,
            "where": None
            if self.where is None
            else {
                "file": None if self.where.file is None else str(self.where.file),
                "line": self.where.line,
                "key": self.where.key,
            },
            "do": self.do,
            "exit_code": self.exit_code,
        }


class UnitError(PercutaError):
    """A quantity without a unit, with a unit of another dimension, or that is not a number."""

    exit_code = 2


class PlanError(PercutaError):
    """A plan file or a command-line argument that cannot be used."""

    exit_code = 2


class LibraryError(PercutaError):
    """A library file or entry that is missing, unpublished or malformed."""

    exit_code = 2


class DeviceLimitError(PercutaError):
    """A setting that the chosen device cannot deliver."""

    exit_code = 2


class SafetyRefusal(PercutaError):
    """A plan that is refused or deferred by a safety rule."""

    exit_code = 3


class ConvergenceError(PercutaError):
    """A numerical result that missed its tolerance or is not a number."""

    exit_code = 4


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, or None where none is alike."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def _shortened(value: object, longest: int = 120) -> str:
    """Return a value as one short line."""
    try:
        text = str(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a table in a table without end
        text = f"{type(value).__name__} too large to show"
    return _printable(text if len(text) <= longest else text[: longest - 1] + "…")


def _printable(text: str) -> str:
    """Return a text with its control characters shown, not sent to the terminal."""
    return "".join(part if part.isprintable() else part.encode("unicode_escape").decode("ascii") for part in text)
