"""What tests of cohorts share: a plan that is quick to compute, its cohort, and its columns."""

from __future__ import annotations

from pathlib import Path

from percuta.cohort.members import Cohort, Column, Columns
from percuta.cohort.people import CohortSpec
from percuta.library.registry import library
from percuta.plan.reading import read_plan

EXAMPLES = Path(__file__).parents[2] / "examples"


def dry_text() -> str:
    """Return the pen example with its needling alone: quick, and no longer what the rules ask for."""
    text = (EXAMPLES / "cheek_pen.toml").read_text("utf-8")
    steps = text.split("[[session.steps]]")
    needling = next(one for one in steps if one.startswith('\ndo = "needling"'))
    return f"{steps[0]}[[session.steps]]{needling}{text[text.index('[course]') :]}"


def dry_cohort(seed: int = 0, people: CohortSpec | None = None) -> Cohort:
    """Return a cohort of the dry plan."""
    return Cohort(read_plan(dry_text()), library(), people or CohortSpec(), seed)


def given(cohort: Cohort) -> tuple[Column, ...]:
    """Return the columns of a cohort that have numbers."""
    return tuple(column for column in Columns.read(Columns(cohort).computed()) if not column.withheld)
