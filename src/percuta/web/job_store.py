"""Jobs: what is to be computed, how far it is, and what became of it."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from percuta.errors import PercutaError, PlanError, SafetyRefusal
from percuta.web.database import Database, utc
from percuta.workflows.result_folder import (
    BLOCK,
    BLOCK_PICTURE,
    BLOCK_SURFACES,
    MANIFEST,
    PICTURE,
    STUDY,
    UNFINISHED_BLOCK,
)

Kind = Literal["simulate", "optimise", "compare"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")
RESULTS = "results"
_WAITING = "Waiting for its turn"
_REFUSAL = SafetyRefusal.__name__
_DRAWN = (BLOCK, BLOCK_PICTURE, BLOCK_SURFACES, PICTURE)  # after a result; the first is the last to be written


def without_block(why: str) -> str:
    """Return what is said of a simulation whose block of skin could not be drawn."""
    return f"Done, without the block of skin: {why}"


class NoSuchJob(PlanError):
    """A job that is not kept here, or no longer."""


@dataclass(frozen=True)
class Job:
    """One thing to compute.

    Attributes
    ----------
    id, plan
        Its own identifier and the plan's.
    version
        Of the plan when it was asked.
    kind, state
        What is computed, and whether it is.
    share, left
        What is done of it, 0 to 1, and the seconds to go as far as they are known.
    said
        What is being done, in words.
    fault
        Why it failed: ``what``, ``value``, ``allowed``, ``do`` as an error has them.
    asked
        Its options.
    plan_text
        The plan file that is computed.
    created, started, ended
        UTC, ISO 8601.
    folder
        Where its files lie once it is done.
    """

    id: str
    plan: str
    version: int
    kind: Kind
    state: State
    share: float
    left: float | None
    said: str
    fault: dict[str, Any] | None
    asked: dict[str, Any]
    plan_text: str
    created: str
    started: str | None
    ended: str | None
    folder: Path

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED

    @property
    def has_result(self) -> bool:
        """Whether what it gives can be read: a simulation's already while its block of skin is drawn."""
        if self.state == "running" and self.kind == "simulate":
            return (self.folder / MANIFEST).is_file()
        return self.state == "done"

    @property
    def refused(self) -> bool:
        """Whether the rules stopped what was to be computed; what they found lies in its folder."""
        return self.state == "failed" and (self.fault or {}).get("error") == _REFUSAL

    @property
    def has_an_answer(self) -> bool:
        """Whether it says if the plan should be done: by a result, or since the rules stopped it."""
        return self.has_result or self.refused

    def computes(self, text: str) -> bool:
        """Tell whether it is of the plan of a plan file, in whatever order that is written."""
        return tomllib.loads(self.plan_text) == tomllib.loads(text)

    @property
    def took(self) -> float | None:
        """Seconds from its start to its end, where both were."""
        if self.started is None or self.ended is None:
            return None
        return (datetime.fromisoformat(self.ended) - datetime.fromisoformat(self.started)).total_seconds()


class JobStore:
    """The jobs of one file; used by the web process and by the worker.

    Parameters
    ----------
    database
        Where rows are kept.
    folder
        Where the files of results lie, each job's in a folder of its own.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._results = database, folder / RESULTS

    def ask(self, plan: str, version: int, kind: Kind, plan_text: str, asked: Mapping[str, Any]) -> Job:
        """Queue a job."""
        identifier = secrets.token_hex(6)
        row = (identifier, plan, version, kind, _WAITING, json.dumps(dict(asked)), plan_text, utc())
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO jobs (id, plan, version, kind, state, share, said, asked, plan_text, created) "
                "VALUES (?, ?, ?, ?, 'queued', 0.0, ?, ?, ?, ?)",
                row,
            )
        return self.job(identifier)

    def job(self, identifier: str) -> Job:
        """Return one job.

        Raises
        ------
        NoSuchJob
            If it is not kept here.
        """
        found = self._found("id = ?", (identifier,))
        if not found:
            raise NoSuchJob("there is no such job here", value=identifier, do="choose a plan from the list of plans")
        return found[0]

    def jobs_of(self, plan: str) -> list[Job]:
        """Return the jobs of a plan, the newest first."""
        return self._found("plan = ? ORDER BY created DESC", (plan,))

    def jobs_with(self, plan: str) -> list[Job]:
        """Return the jobs of a plan, and those of other plans that compare theirs with it."""
        compared = "SELECT 1 FROM json_each(jobs.asked, '$.others') WHERE json_extract(value, '$.plan') = ?"
        return self._found(f"plan = ? OR EXISTS ({compared})", (plan, plan))

    def unfinished(self) -> list[Job]:
        """Return the jobs that are queued or running, the oldest first."""
        return self._found("state IN ('queued', 'running') ORDER BY created", ())

    def newest_result(self, plan: str, kind: Kind) -> Job | None:
        """Return the last job of a kind that has a result for a plan, or None."""
        found = self._found(
            "plan = ? AND kind = ? AND state IN ('done', 'running') ORDER BY created DESC", (plan, kind)
        )
        return next((one for one in found if one.has_result), None)

    def answers(self, plan: str, kind: Kind) -> list[Job]:
        """Return the jobs of a kind that have an answer for a plan, the newest first."""
        return [one for one in self.jobs_of(plan) if one.kind == kind and one.has_an_answer]

    def last_end(self) -> str:
        """Return when a job last ended, of whatever plan; empty where none has."""
        with self._database.reading() as connection:
            return str(connection.execute("SELECT coalesce(max(ended), '') FROM jobs").fetchone()[0])

    def done(self, kind: Kind, most: int) -> list[Job]:
        """Return the last jobs of a kind that were done, of whatever plan, the newest first."""
        return self._found("kind = ? AND state = 'done' ORDER BY ended DESC LIMIT ?", (kind, most))

    def waits(self) -> bool:
        """Tell whether a job is queued."""
        with self._database.reading() as connection:
            return connection.execute("SELECT 1 FROM jobs WHERE state = 'queued' LIMIT 1").fetchone() is not None

    def claim(self) -> Job | None:
        """Take the oldest queued job to compute it, or return None where nothing waits."""
        with self._database.writing() as connection:
            waiting = "SELECT id FROM jobs WHERE state = 'queued' ORDER BY created LIMIT 1"
            row = connection.execute(waiting).fetchone()
            if row is None:
                return None
            taken = "UPDATE jobs SET state = 'running', said = 'Starting', started = ? WHERE id = ?"
            connection.execute(taken, (utc(), row["id"]))
        return self.job(row["id"])

    def tell(self, identifier: str, share: float, left: float | None, said: str) -> bool:
        """Note how far a running job is; returns False where it is no longer to be computed."""
        with self._database.writing() as connection:
            change = "UPDATE jobs SET share = ?, left_s = ?, said = ? WHERE id = ? AND state = 'running'"
            return connection.execute(change, (share, left, said, identifier)).rowcount == 1

    def end(self, identifier: str, state: State, said: str, fault: Mapping[str, Any] | None = None) -> bool:
        """Note what became of a job; one that waits can only be cancelled. Returns False where it had ended before."""
        before = "'queued', 'running'" if state == "cancelled" else "'running'"
        share = ", share = 1.0" if state == "done" else ""
        with self._database.writing() as connection:
            done = connection.execute(
                f"UPDATE jobs SET state = ?, said = ?, fault = ?, ended = ?, left_s = NULL{share} "
                f"WHERE id = ? AND state IN ({before})",
                (state, said, None if fault is None else json.dumps(dict(fault)), utc(), identifier),
            )
            return done.rowcount == 1

    def cut_off(self, identifier: str, why: PercutaError | None = None) -> bool:
        """Note that a job was given up, or why it was lost; a result that is there is kept, without its block of skin.

        Returns False where the job had ended before.
        """
        found = self._found("id = ? AND state = 'running'", (identifier,))
        if found and found[0].has_result:
            return self.end(identifier, "done", without_block("its drawing was given up" if why is None else why.what))
        if why is None:
            return self.end(identifier, "cancelled", "Cancelled")
        return self.end(identifier, "failed", "Failed", why.as_dict())

    def again(self, identifier: str) -> Job:
        """Queue a job anew that was cancelled or failed: the same plan with the same options.

        Raises
        ------
        NoSuchJob
            If it is not kept here.
        """
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'queued', share = 0.0, left_s = NULL, said = ?, fault = NULL, created = ?, "
                "started = NULL, ended = NULL WHERE id = ? AND state IN ('failed', 'cancelled')",
                (_WAITING, utc(), identifier),
            )
        return self.job(identifier)

    def clear(self, identifier: str) -> None:
        """Remove what a job left that did not come to an end; a search keeps what it tried and goes on from there.

        Of a job that is done, only a block of skin that was not drawn to its end is removed; of one that was refused,
        nothing.
        """
        folder = self._results / identifier
        for left in self._not_finished(identifier, folder) if folder.is_dir() else ():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def _not_finished(self, identifier: str, folder: Path) -> list[Path]:
        left = list(folder.iterdir())
        if not any(one.state == "done" or one.refused for one in self._found("id = ?", (identifier,))):
            return [one for one in left if not one.name.startswith(STUDY)]
        if (folder / BLOCK).is_file():
            return []
        return [one for one in left if one.name in _DRAWN or one.name.startswith(UNFINISHED_BLOCK)]

    def remove(self, identifier: str) -> None:
        """Remove a job and its files."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", (identifier,))
        shutil.rmtree(self._results / identifier, ignore_errors=True)

    def _found(self, condition: str, values: tuple[str | int, ...]) -> list[Job]:
        with self._database.reading() as connection:
            return [self._read(row) for row in connection.execute(f"SELECT * FROM jobs WHERE {condition}", values)]

    def _read(self, row: sqlite3.Row) -> Job:
        return Job(
            row["id"],
            row["plan"],
            row["version"],
            row["kind"],
            row["state"],
            row["share"],
            row["left_s"],
            row["said"],
            None if row["fault"] is None else json.loads(row["fault"]),
            json.loads(row["asked"]),
            row["plan_text"],
            row["created"],
            row["started"],
            row["ended"],
            self._results / row["id"],
        )
