"""What every page has at hand: the plans, the jobs, the library, the templates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from percuta.library.registry import Library, library
from percuta.web.database import Database
from percuta.web.folder import made
from percuta.web.plan_store import PlanStore

if TYPE_CHECKING:
    from percuta.web.job_store import JobStore
    from percuta.web.runs import Runs


@dataclass(frozen=True)
class Desk:
    """What every page has at hand.

    Attributes
    ----------
    folder
        Where everything is kept.
    known
        The library.
    plans, jobs
        What is kept there.
    runs
        Has jobs computed.
    """

    folder: Path
    known: Library
    plans: PlanStore
    jobs: JobStore
    runs: Runs

    def delete(self, plan: str, version: int) -> None:
        """Forget a plan and all that was computed of it.

        Raises
        ------
        NoSuchPlan, PlanChanged
            If the plan is not there, or was changed since that version.
        """
        self.plans.newest(plan, version)
        self.runs.forget(plan)
        self.plans.delete(plan, version)


def desk_in(folder: Path, known: Library | None = None, *, worker: bool = True) -> Desk:
    """Return a desk over a folder, which is made where it is missing; ``worker`` says whether jobs are computed."""
    from percuta.web.job_store import JobStore
    from percuta.web.runs import Runs

    database = Database(made(folder))
    jobs = JobStore(database, folder)
    known = known or library()
    return Desk(folder, known, PlanStore(database), jobs, Runs(folder, jobs, known, worker=worker))


def _desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(_desk_of)]
