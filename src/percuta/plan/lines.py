"""Which line of a TOML text a key stands on, so that an error can name it."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

# Strings and comments are tokens of their own, so that nothing inside them is taken for a header or a key.
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""+'''
    r"""|'''.*?'''+"""
    r'''|"(?:[^"\\]|\\.)*"'''
    r"""|'[^']*'|\#[^\n]*|\n|[\[\]{}=.,]|[^\s\[\]{}=.,"'\#]+""",
    re.DOTALL,
)
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


def key_lines(text: str) -> dict[Path, int]:
    """Return the line number of every header and key of a valid TOML text.

    Keys inside inline tables and arrays are not listed: the nearest listed parent stands for them.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    statement: list[str] = []
    number, depth, in_value = 1, 0, False
    for token in _TOKEN.findall(f"{text}\n"):
        if in_value:
            depth += _DEPTH.get(token, 0)
            in_value = token != "\n" or depth > 0
        elif token == "=":
            _note(lines, table + tuple(_parts(statement)), number)
            statement, in_value = [], True
        elif token == "\n" and statement:
            table = _resolved(_parts(statement), counts, statement[:2] == ["[", "["])
            _note(lines, table, number)
            statement = []
        elif token != "\n" and not token.startswith("#"):
            statement.append(token)
        number += token.count("\n")
    return lines


def line_of(path: Path, lines: dict[Path, int]) -> int | None:
    """Return the line of a key, or of the nearest parent that has one."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def written(path: Path) -> str:
    """Return a key path as it is spoken of: ``session.steps[3].set_depth`` is the third step."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _note(lines: dict[Path, int], path: Path, number: int) -> None:
    """Note the line of a path, and of parents that have none of their own yet."""
    lines[path] = number
    for length in range(1, len(path)):
        lines.setdefault(path[:length], number)


def _parts(statement: list[str]) -> list[str]:
    return [token.strip("\"'") for token in statement if token not in ("[", "]", ".")]


def _resolved(parts: list[str], counts: dict[Path, int], array: bool) -> Path:
    """Return the path of a header with the indices of the arrays of tables that it lies in."""
    path: Path = ()
    for position, part in enumerate(parts):
        path += (part,)
        last = position == len(parts) - 1
        if last and array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path += (counts[path],)
    return path
