"""The SQLite file in the user's folder: plans with their earlier states, and jobs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from percuta.errors import PlanError, Where

FILE = "percuta.sqlite"
_SCHEMA = 1
_WAIT = 10.0  # s, for another process that writes
_TABLES = """
CREATE TABLE plans (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,      -- counts every change, undo included: what a page was made from
    position INTEGER NOT NULL,     -- of the state that holds now
    created TEXT NOT NULL,
    changed TEXT NOT NULL
) STRICT;
CREATE TABLE states (
    plan TEXT NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    data TEXT NOT NULL,            -- the plan file's content as JSON, complete or not
    what TEXT NOT NULL,            -- what was changed, in words
    PRIMARY KEY (plan, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
    version INTEGER NOT NULL,      -- of the plan when it was asked
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    share REAL NOT NULL,           -- of the work that is done, 0 to 1
    left_s REAL,                   -- seconds to go, as far as known
    said TEXT NOT NULL,            -- what is being done, in words
    fault TEXT,                    -- JSON, where it failed
    asked TEXT NOT NULL,           -- JSON, its options
    plan_text TEXT NOT NULL,       -- the plan file that is computed
    created TEXT NOT NULL,
    started TEXT,
    ended TEXT
) STRICT;
CREATE INDEX jobs_of_a_plan ON jobs (plan, created);
CREATE INDEX jobs_by_state ON jobs (state, created);
"""


def utc() -> str:
    """Return the time now as ISO 8601 in UTC, to the microsecond, so that texts sort as times do."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Database:
    """Gives short transactions on the file; every thread and process may have one at a time.

    Parameters
    ----------
    folder
        Where the file lies, or shall lie.

    Raises
    ------
    PlanError
        If the file cannot be opened, or was written by a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        try:
            with closing(self._connection()) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                self._set_up(connection)
        except sqlite3.Error as fault:
            raise PlanError("the file of plans cannot be used", value=fault, where=Where(self.path)) from fault

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes: all of it holds, or nothing."""
        with closing(self._connection()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that only reads."""
        with closing(self._connection()) as connection:
            yield connection

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        """Make the tables where there are none; two processes may try at the same time."""
        connection.execute("BEGIN IMMEDIATE")
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if found == 0:
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_SCHEMA}")
        connection.commit()
        if found > _SCHEMA:
            raise PlanError(
                "the file of plans was written by a newer version of Percuta",
                value=f"schema {found}",
                allowed=f"up to {_SCHEMA}",
                where=Where(self.path),
            )
