"""What no plan holds, whatever else is wrong with it: looked at before anything is read, kept or shown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from percuta.errors import PlanError, Where
from percuta.plan.lines import Path, written

LARGEST_PLAN = 256 * 1024  # bytes of a plan file; usual are some kilobytes
DEEPEST = 12  # tables and lists in one another; a plan needs five
MOST_ROWS = 200  # of one list or table; the plan's model allows fewer
MOST_FAULTS = 100  # that are looked for
_WHOLE = 2**63  # TOML and SQLite hold whole numbers of 64 bits
_LONGEST_KEY = 100
_DIGITS = re.compile(r"[0-9]{1,12}")
_LETTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # of no text that can be shown and kept


def unusable(data: Mapping[str, Any]) -> Iterator[PlanError]:
    """Yield what JSON or TOML can say and no plan holds, each with its key; the first hundred at most."""
    ahead: list[tuple[Path, Any]] = [((), data)]
    told = 0
    while ahead and told < MOST_FAULTS:
        path, value = ahead.pop()
        faults = [_at(path, *said) for said in _unusable_here(value, len(path))]
        told += len(faults)
        yield from faults
        if isinstance(value, Mapping) and not faults:
            ahead.extend(((*path, key), one) for key, one in value.items())
        elif isinstance(value, list) and not faults:
            ahead.extend(((*path, place), one) for place, one in enumerate(value))


def whole_number(text: str) -> int | None:
    """Return what digits of a form or a header say; None where they are others than 0 to 9, or too many."""
    return int(text) if _DIGITS.fullmatch(text) else None


_Said = tuple[str, Any, str]  # what is wrong, what was found, what is allowed


def _unusable_here(value: Any, depth: int) -> Iterator[_Said]:
    if isinstance(value, Mapping | list):
        if depth >= DEEPEST:
            yield "nested too deep", None, f"{DEEPEST} tables and lists in one another"
        if len(value) > MOST_ROWS:
            yield "too many entries", len(value), f"{MOST_ROWS} or fewer"
        elif isinstance(value, Mapping):
            for key in value:
                if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
                    yield "not a key", key, f"1 to {_LONGEST_KEY} letters, digits and signs"
    elif value is None:
        yield "a plan file has no null", None, "a value, or the key left out"
    elif isinstance(value, str) and _LETTERS.search(value):
        yield "text with control characters", value, "letters, digits, signs, spaces and line ends"
    elif isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
        yield "out of bounds", value, "a whole number of 64 bits"
    elif isinstance(value, float) and not math.isfinite(value):
        yield "not a finite number", value, "a finite number"


def _at(path: Path, what: str, found: Any, allowed: str) -> PlanError:
    return PlanError(what, value=found, allowed=allowed, where=Where(key=written(path)))
