"""Checking a plan against the safety rules."""

from __future__ import annotations

from percuta.library.registry import Library, library
from percuta.plan.model import Plan
from percuta.safety.check import check_plan
from percuta.safety.findings import Findings


def check(plan: Plan, known: Library | None = None) -> Findings:
    """Return what the safety rules find in a plan.

    Parameters
    ----------
    plan
        The plan.
    known
        The library; the shipped one when left out.

    Examples
    --------
    >>> import percuta
    >>> findings = percuta.check(percuta.load_plan("examples/cheek_pen.toml"))  # doctest: +SKIP
    """
    return check_plan(plan, known or library())
