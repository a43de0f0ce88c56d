"""Plans with results, computed once for the tests of a module, as the worker computes them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percuta.web.desk import Desk
from percuta.web.drafts import judged
from percuta.web.job_store import Job, Kind
from percuta.web.plan_store import StoredPlan
from percuta.web.worker import compute

EXAMPLES = Path(__file__).parents[2] / "examples"
PEN = "cheek_pen"


def kept(desk: Desk, name: str = PEN, **course: Any) -> StoredPlan:
    """Keep an example, with another course where one is given."""
    data = tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))
    data["course"] |= course
    return desk.plans.create(data)


def computed(desk: Desk, stored: StoredPlan, kind: Kind, options: Mapping[str, Any]) -> Job:
    """Have a job computed in this process."""
    plan = judged(desk, stored).draft.usable
    assert plan is not None
    asked = desk.runs.ask(stored, plan, kind, options)
    return finished(desk, asked.id)


def finished(desk: Desk, job: str) -> Job:
    """Compute the job that waits."""
    claimed = desk.jobs.claim()
    assert claimed is not None
    assert claimed.id == job
    compute(claimed, desk.jobs, desk.known)
    return desk.jobs.job(job)
