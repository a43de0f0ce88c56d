"""Posterior draws of the calibrations, shipped as data: one row for each draw, one column for each quantity.

``posterior/NAME.csv`` holds the rows, ``posterior/NAME.toml`` what they are: the script and seed that made them, how
well the chains mixed, what each column means, and the SHA-256 of the rows, so that a changed file does not go unseen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from percuta.errors import LibraryError, Where
from percuta.library.files import read_toml, shipped


@dataclass(frozen=True)
class Posterior:
    """The draws of one calibration.

    Attributes
    ----------
    columns
        Draws by the name of the column; all of one length, row by row one joint draw.
    about
        What stands beside the rows: script, seed, convergence, meaning of the columns.
    sha256
        Hash of the rows.
    """

    columns: dict[str, tuple[float, ...]]
    about: dict[str, Any]
    sha256: str

    def __len__(self) -> int:
        """Number of draws."""
        return len(next(iter(self.columns.values())))


@cache
def about(name: str) -> dict[str, Any]:
    """Return what stands beside the draws of a calibration.

    Raises
    ------
    LibraryError
        If there is none of this name.
    """
    file = shipped() / "posterior" / f"{name}.toml"
    if not file.is_file():
        raise LibraryError("no posterior draws of this name", value=name, where=Where(file.name))
    return read_toml(file)


def posterior_rows(table: str, name: str = "healing") -> str:
    """Return a table that a calibration ships, as text of comma separated values.

    Raises
    ------
    LibraryError
        If its rows are not those that were hashed.
    """
    file = shipped() / "posterior" / f"{table}.csv"
    raw = file.read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != about(name)["sha256"][table]:
        raise LibraryError("the rows are not those of the calibration", value=found, where=Where(file.name))
    return raw.decode("ascii")


@cache
def posterior(name: str) -> Posterior:
    """Return the draws of one calibration.

    Raises
    ------
    LibraryError
        If there is none of this name, or its rows are not those that were hashed.
    """
    known = about(name)
    head, *lines = posterior_rows(name, name).splitlines()
    table = [tuple(float(cell) for cell in line.split(",")) for line in lines]
    columns = dict(zip(head.split(","), zip(*table, strict=True), strict=True))
    return Posterior(columns, known, known["sha256"][name])


def with_draws(raw: Any) -> Any:
    """Return the table of an entry with the draws put in that its spread names; any other table as it is.

    Raises
    ------
    LibraryError
        If there is no such calibration or column.
    """
    spread = raw.get("spread") if isinstance(raw, dict) else None
    if not isinstance(spread, dict) or spread.get("kind") != "draws":
        return raw
    columns = posterior(str(spread.get("of"))).columns
    column = spread.get("column")
    if column not in columns:
        raise LibraryError("no such column of posterior draws", value=column, allowed=", ".join(columns))
    return raw | {"spread": spread | {"values": list(columns[column])}}
