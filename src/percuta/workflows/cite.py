"""Which publications a plan's values come from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from percuta.engine.scenarios import FEWEST, scenario_batch
from percuta.engine.simulate import run
from percuta.library.bibliography import bibliography, cited
from percuta.library.registry import Library
from percuta.plan.reading import load_plan
from percuta.sources import Sourced
from percuta.workflows.check import check

Cited = list[tuple[dict[str, Any], str]]


def references_of(what: Path, known: Library) -> Cited:
    """Return one reference by its key, or those of a plan file."""
    if not what.exists() and str(what) in bibliography():
        return [_cited(str(what))]
    return references_of_plan(what, known)


def references_of_plan(file: Path, known: Library) -> Cited:
    """Return the references of the inputs that a plan draws and of the rules that it meets."""
    plan = load_plan(file, known)
    keys = {key for finding in check(plan, known).findings for key in finding.source}
    outcome = run(plan, known, scenario_batch(FEWEST, 0, 0))
    keys |= {key for entry, _ in outcome.scenarios.drawn.values() for key in entry.source}
    return [_cited(key) for key in sorted(keys)]


def references_of_library(known: Library) -> Cited:
    """Return the whole bibliography, and what values of the library name besides."""
    named = {key for entry in known.values() if isinstance(entry, Sourced) for key in entry.source}
    return [_cited(key) for key in sorted(named | set(bibliography()))]


def _cited(key: str) -> tuple[dict[str, Any], str]:
    one = cited(key)
    return asdict(one), one.text
