"""Plans in the making: every change is a state of its own, so that it can be undone, and none overwrites another's."""

from __future__ import annotations

import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from percuta.errors import PlanError
from percuta.web.database import Database, utc

KEPT = 200  # states of a plan that can be gone back to
Data = dict[str, Any]


class NoSuchPlan(PlanError):
    """A plan that is not kept here, or no longer."""


class PlanChanged(PlanError):
    """A change to a version of a plan that is not its newest."""


@dataclass(frozen=True)
class StoredPlan:
    """A plan as it is kept.

    Attributes
    ----------
    id
        Twelve hexadecimal digits.
    version
        Counts every change; whoever changes the plan says which version he saw.
    data
        The plan file's content, complete or not.
    undo, redo
        What going back or forward would do, in words; empty where there is nothing.
    created, changed
        UTC, ISO 8601.
    """

    id: str
    version: int
    data: Data
    undo: str
    redo: str
    created: str
    changed: str

    @property
    def title(self) -> str:
        """The plan's title; a stand-in where it has none."""
        title = self.data.get("title")
        return title if isinstance(title, str) and title.strip() else "Plan without a title"


class PlanStore:
    """The plans of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, data: Data, what: str = "new plan") -> StoredPlan:
        """Keep a new plan."""
        identifier, time = secrets.token_hex(6), utc()
        with self._database.writing() as connection:
            connection.execute("INSERT INTO plans VALUES (?, 1, 0, ?, ?)", (identifier, time, time))
            _add_state(connection, identifier, 0, data, what)
            return _read(connection, identifier)

    def count(self) -> int:
        """Return the number of plans."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM plans").fetchone()[0])

    def plans(self, first: int = 0, most: int = -1) -> list[StoredPlan]:
        """Return the plans, the last changed first; of all, or so many from the first that is asked for."""
        with self._database.reading() as connection:
            listed = "SELECT id FROM plans ORDER BY changed DESC, id LIMIT ? OFFSET ?"
            rows = connection.execute(listed, (most, first)).fetchall()
            return [_read(connection, row["id"]) for row in rows]

    def plan(self, identifier: str) -> StoredPlan:
        """Return one plan.

        Raises
        ------
        NoSuchPlan
            If it is not kept here.
        """
        with self._database.reading() as connection:
            return _read(connection, identifier)

    def save(self, identifier: str, version: int, data: Data, what: str) -> StoredPlan:
        """Keep a changed plan; what could be redone is given up.

        Parameters
        ----------
        identifier
            Of the plan.
        version
            The version that the change was made to.
        data
            The whole plan after the change.
        what
            What was changed, in words.

        Raises
        ------
        NoSuchPlan, PlanChanged
            If the plan is not there, or was changed since that version.
        """
        with self._database.writing() as connection:
            stored, position = _checked(connection, identifier, version)
            if stored.data == data:
                return stored
            connection.execute("DELETE FROM states WHERE plan = ? AND position > ?", (identifier, position))
            connection.execute("DELETE FROM states WHERE plan = ? AND position <= ?", (identifier, position - KEPT))
            _add_state(connection, identifier, position + 1, data, what)
            return _moved(connection, identifier, position + 1)

    def undo(self, identifier: str, version: int) -> StoredPlan:
        """Go back by one change, where there is one."""
        return self._step(identifier, version, -1)

    def redo(self, identifier: str, version: int) -> StoredPlan:
        """Go forward again by one change, where there is one."""
        return self._step(identifier, version, 1)

    def newest(self, identifier: str, version: int) -> StoredPlan:
        """Return a plan whose newest version is this one.

        Raises
        ------
        NoSuchPlan, PlanChanged
            If the plan is not there, or was changed since that version.
        """
        with self._database.reading() as connection:
            return _checked(connection, identifier, version)[0]

    def delete(self, identifier: str, version: int) -> None:
        """Forget a plan, its states and its jobs.

        Raises
        ------
        NoSuchPlan, PlanChanged
            If the plan is not there, or was changed since that version.
        """
        with self._database.writing() as connection:
            _checked(connection, identifier, version)
            connection.execute("DELETE FROM plans WHERE id = ?", (identifier,))

    def _step(self, identifier: str, version: int, by: int) -> StoredPlan:
        with self._database.writing() as connection:
            stored, position = _checked(connection, identifier, version)
            there = "SELECT 1 FROM states WHERE plan = ? AND position = ?"
            if connection.execute(there, (identifier, position + by)).fetchone() is None:
                return stored
            return _moved(connection, identifier, position + by)


def _add_state(connection: sqlite3.Connection, identifier: str, position: int, data: Data, what: str) -> None:
    text = json.dumps(data, ensure_ascii=False, default=str)
    connection.execute("INSERT INTO states VALUES (?, ?, ?, ?)", (identifier, position, text, what))


def _moved(connection: sqlite3.Connection, identifier: str, position: int) -> StoredPlan:
    change = "UPDATE plans SET version = version + 1, position = ?, changed = ? WHERE id = ?"
    connection.execute(change, (position, utc(), identifier))
    return _read(connection, identifier)


def _checked(connection: sqlite3.Connection, identifier: str, version: int) -> tuple[StoredPlan, int]:
    """Return a plan and the position of its state, if its version is the newest."""
    stored = _read(connection, identifier)
    if stored.version != version:
        raise PlanChanged(
            "this plan was changed elsewhere since you opened it, perhaps in another tab",
            value=f"version {version}",
            allowed=f"version {stored.version}",
            do="load the newest version, then make your change again",
        )
    row = connection.execute("SELECT position FROM plans WHERE id = ?", (identifier,)).fetchone()
    return stored, int(row["position"])


def _read(connection: sqlite3.Connection, identifier: str) -> StoredPlan:
    row = connection.execute("SELECT * FROM plans WHERE id = ?", (identifier,)).fetchone()
    if row is None:
        raise NoSuchPlan("there is no such plan here", value=identifier, do="choose one from the list of plans")
    position = row["position"]
    near = "SELECT position, data, what FROM states WHERE plan = ? AND position BETWEEN ? AND ?"
    states = {each["position"]: each for each in connection.execute(near, (identifier, position - 1, position + 1))}
    after = states.get(position + 1)
    return StoredPlan(
        identifier,
        row["version"],
        json.loads(states[position]["data"]),
        states[position]["what"] if position - 1 in states else "",
        "" if after is None else after["what"],
        row["created"],
        row["changed"],
    )
