"""Searching the settings of a plan: check, search, confirm over a fresh sample, write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from percuta import __version__
from percuta.engine.executors import worker_pool
from percuta.engine.pulse import PulseSolver
from percuta.engine.scenarios import check_members
from percuta.engine.store import COMPUTING, code_origin
from percuta.errors import PlanError, Where
from percuta.library.registry import Library, library
from percuta.manifest import digest, manifest, now
from percuta.optimisation.around import Step, around
from percuta.optimisation.candidates import Candidate, Trials
from percuta.optimisation.choosing import Confirmed, confirm
from percuta.optimisation.measurer import Measurer
from percuta.optimisation.measuring import Sampling
from percuta.optimisation.relaxing import Relaxed, relaxed
from percuta.optimisation.search import Direction, Search, optuna_version
from percuta.optimisation.settings import Setting, settings_of
from percuta.optimisation.shown import shown
from percuta.optimisation.wishes import Wishes, tried, wishes_of
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.safety.findings import Findings
from percuta.workflows.check import check
from percuta.workflows.pulse import checked_accuracy
from percuta.workflows.result_folder import (
    FINDINGS,
    MANIFEST,
    OPTIMISATION,
    OPTIMISATION_FILES,
    OPTIMISATION_PAGE,
    RECOMMENDED,
    STUDY,
    check_writable,
    new_result,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Progress = Callable[[float, float], None]

FEWEST_FRESH = 16
NOTHING_FEASIBLE = 4  # exit code: the search did not come to a result
_REFUSED = 3


@dataclass(frozen=True)
class Asked:
    """What a search is about: the plan, what is wanted, what may be set, and the two samples."""

    plan: Plan
    known: Library
    wishes: Wishes
    settings: tuple[Setting, ...]
    sampling: Sampling
    fresh: Sampling

    def identity(self) -> str:
        """Return a name for what the search's study belongs to."""
        asked = repr((self.sampling, self.wishes, self.settings))
        parts = [write_plan(self.plan), self.known.digest, code_origin(COMPUTING), optuna_version(), asked]
        return digest(part.encode() for part in parts)


@dataclass
class Found:
    """What a search found.

    Attributes
    ----------
    candidates
        Every choice that was tried, in order.
    confirmed
        Those that were computed anew over the fresh sample, and the recommended one.
    steps
        One step around the recommended choice.
    relaxed
        What would have to give where nothing is feasible.
    """

    candidates: list[Candidate] = field(default_factory=list)
    confirmed: Confirmed = field(default_factory=Confirmed)
    steps: list[Step] = field(default_factory=list)
    relaxed: list[Relaxed] = field(default_factory=list)

    @property
    def refused(self) -> list[Candidate]:
        """What keeps every constraint over the search sample and is stopped by rules, where nothing else does so."""
        if any(one.outcome == "computed" for one in self.candidates):
            return []
        return [one for one in self.candidates if one.outcome == "refused"]

    def written(self, settings: tuple[Setting, ...]) -> Candidate | None:
        """Return the plan as written, where it was tried."""
        places = tuple(one.current for one in settings)
        return next((one for one in self.candidates if one.choice == places), None)


@dataclass(frozen=True)
class Optimised:
    """What became of a search.

    Attributes
    ----------
    findings
        What the safety rules found in the plan as written.
    table
        Content of ``optimisation.json``; empty where the person must not be treated whatever the settings.
    folder
        Where the files lie.
    recommended
        The plan with the recommended settings, or None.
    exit_code
        0; 3 where screening stops the plan, or the rules stop all that would keep the constraints; 4 where nothing is
        feasible.
    """

    findings: Findings
    table: dict[str, Any]
    folder: Path
    recommended: Path | None
    exit_code: int


def shown_wishes(plan: Plan, known: Library | None = None) -> str:
    """Return what a search over a plan would be asked, as TOML; see :func:`percuta.optimisation.shown.shown`."""
    return shown(plan, known or library())


def optimise(
    plan: Plan,
    folder: Path,
    *,
    trials: int = 100,
    members: int = 64,
    seed: int = 0,
    accuracy: str = "draft",
    fresh: int = 256,
    fresh_accuracy: str = "standard",
    workers: int = 1,
    scheduler: str | None = None,
    known: Library | None = None,
    progress: Progress | None = None,
) -> Optimised:
    """Search the settings of a plan for what is wanted, within what must not happen.

    Parameters
    ----------
    plan
        The plan, with or without wishes of its own.
    folder
        Where to write. Its ``study.db`` is Optuna's study: the same search goes on from there.
    trials
        Choices of settings to try.
    members, seed, accuracy
        The scenarios of the search, the same for every choice, and the accuracy of RF pulses.
    fresh, fresh_accuracy
        The scenarios that the best are confirmed with: another seed, drawn once the search is over.
    workers, scheduler
        Who computes; see :func:`percuta.engine.executors.worker_pool`. Changes no result.
    known
        The library; the shipped one when left out.
    progress
        Called with the number of steps of the search done and their total.

    Raises
    ------
    PlanError, DeviceLimitError, LibraryError
        If the plan or what is wished of it cannot be used, or the folder cannot be written.
    """
    started, known = now(), known or library()
    if trials < 1:
        raise PlanError("a search takes a trial at least", value=trials, allowed="1 or more", do="give more --trials")
    check_members(members)
    check_members(fresh, FEWEST_FRESH, "--fresh")
    search_accuracy, confirmed_accuracy = checked_accuracy(accuracy), checked_accuracy(fresh_accuracy)
    check_writable(folder, (*OPTIMISATION_FILES, STUDY))
    with worker_pool(workers, scheduler) as pool:  # first of all, since a cluster may not answer
        findings = check(plan, known)
        if any(one.kind == "screening" and one.stops for one in findings.findings):
            with new_result(folder) as scratch:
                write_json(scratch / FINDINGS, findings.as_dict())
            return Optimised(findings, {}, folder, None, findings.exit_code)
        settings = settings_of(plan, known)
        wishes = wishes_of(plan, known, tried(plan, known, PulseSolver(search_accuracy, pool)))
        asked = Asked(
            plan,
            known,
            wishes,
            settings,
            Sampling(seed, members, search_accuracy),
            Sampling(fresh_seed(seed), fresh, confirmed_accuracy),
        )
        found = _searched(asked, Measurer(wishes, known, pool), folder, trials, progress)
    from percuta.workflows.optimisation_table import optimisation_table

    table = optimisation_table(asked, found)
    return _written(asked, table, found, folder, findings, started)


def _searched(asked: Asked, measurer: Measurer, folder: Path, trials: int, progress: Progress | None) -> Found:
    """Search, confirm, and look around."""
    directions: list[Direction] = ["maximize" if aim.goal == "maximise" else "minimize" for aim in asked.wishes.aims]
    seed = asked.sampling.seed
    with (
        _folder_made(folder),
        closing(Search(asked.settings, directions, trials, seed, folder / STUDY, asked.identity())) as search,
    ):
        tries = Trials(asked.plan, asked.settings, measurer, asked.sampling)
        found = Found(tries.candidates(search.tried, 0))
        count = _Count(search.trials, len(asked.settings), progress)
        count.tell(len(found.candidates))
        while not search.done:
            generation = tries.candidates(search.ask(), len(found.candidates))
            search.tell([tries.told(one) for one in generation])
            found.candidates += generation
            count.tell(len(found.candidates))
        found.confirmed = confirm(measurer, found.candidates, found.written(asked.settings), asked.fresh)
        count.tell(search.trials + count.confirming)
        if found.confirmed.recommended is not None:
            known = {one.choice: one for one in found.candidates}
            found.steps = around(tries, found.confirmed.recommended, known)
        else:
            found.relaxed = relaxed(tries, found.candidates, found.confirmed, asked.fresh)
        count.tell(count.total)
        return found


def fresh_seed(seed: int) -> int:
    """Return the seed of the fresh sample, which is that of no search with a seed near by."""
    return int(np.random.SeedSequence((seed, 3)).generate_state(1)[0])


@dataclass
class _Count:
    """Steps of a search: its trials, then the fresh sample and the neighbours in about as many as settings."""

    trials: int
    confirming: int
    progress: Progress | None

    @property
    def total(self) -> int:
        return self.trials + 2 * self.confirming

    def tell(self, done: int) -> None:
        if self.progress is not None:
            self.progress(done, self.total)


@contextmanager
def _folder_made(folder: Path) -> Iterator[None]:
    """Make the folder for the study; where that fails and it was not there, it goes again."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise PlanError("the result folder cannot be written", value=fault.strerror, where=Where(folder)) from fault
    try:
        yield
    except BaseException:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise


def _written(
    asked: Asked, table: dict[str, Any], found: Found, folder: Path, findings: Findings, started: Any
) -> Optimised:
    from percuta.report.optimisation import render_optimisation

    chosen = found.confirmed.recommended
    record = manifest(
        version=__version__,
        plan_text=write_plan(asked.plan),
        library_digest=asked.known.digest,
        members=asked.sampling.members,
        seed=asked.sampling.seed,
        accuracy=asked.sampling.accuracy,
        study=False,
        verdict=findings.verdict,
        overrides=[],
        started=started,
    )
    with new_result(folder) as scratch:
        write_json(scratch / OPTIMISATION, table)
        write_json(scratch / MANIFEST, record)
        (scratch / OPTIMISATION_PAGE).write_text(render_optimisation(table), encoding="utf-8")
        if chosen is not None:
            (scratch / RECOMMENDED).write_text(write_plan(chosen.plan), encoding="utf-8")
    return Optimised(
        findings,
        table,
        folder,
        None if chosen is None else folder / RECOMMENDED,
        0 if chosen is not None else _REFUSED if found.refused else NOTHING_FEASIBLE,
    )
