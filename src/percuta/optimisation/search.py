"""The search: Optuna proposes settings, all of them are tried on the same scenarios, and a file remembers them.

Settings are lists of values, so that a choice is a tuple of indices. Choices come in generations of a fixed size,
whatever computes them: the first are the plan as written and points spread evenly over all settings, then those of a
tree-structured Parzen estimator that knows every earlier generation (Optuna's ``TPESampler``, with the constraints),
and at last the neighbours of whichever choice is best so far, until it has none that is better. Each generation has a
seed of its own, so that a search that is cut off and started again proposes what it would have proposed.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.stats import qmc

from percuta.errors import PercutaError, PlanError, Where
from percuta.optimisation.settings import Setting, labels

if TYPE_CHECKING:
    import optuna

Choice = tuple[int, ...]
Direction = Literal["minimize", "maximize"]

GENERATION = 8  # choices that are tried together, whatever the number of workers
_SPREAD_SHARE, _FEWEST_SPREAD = 0.2, 16  # of the trials, spread evenly before the estimator proposes
_NEIGHBOURS_FROM = 0.6  # of the trials; from then on the neighbours of the best choice come first
_ASKED_AGAIN = 2  # times, where a choice was tried before; then one is taken at random
_IDENTITY = "percuta"


@dataclass(frozen=True)
class Tried:
    """What the search is told of a choice: its objectives, or None, and by how much it violates each constraint."""

    values: tuple[float, ...] | None
    violations: tuple[float, ...]


class Search:
    """A search over settings that goes on where it stopped.

    Parameters
    ----------
    settings
        What may be set.
    directions
        Which way each objective is better.
    trials
        How many choices will be tried at most; never more than there are.
    seed
        Of the proposals.
    file
        Optuna's SQLite study, made where it is not there; None keeps nothing.
    identity
        What the study belongs to: plan, wishes, sample, library.

    Raises
    ------
    PlanError
        If the file holds the study of something else, or cannot be used.
    PercutaError
        If Optuna is not installed.
    """

    def __init__(
        self,
        settings: tuple[Setting, ...],
        directions: Sequence[Direction],
        trials: int,
        seed: int,
        file: Path | None = None,
        identity: str = "",
    ) -> None:
        self.optuna = _optuna()
        self.names, self.sizes = labels(settings), [len(one.values) for one in settings]
        self.trials, self.seed = min(trials, prod(self.sizes)), seed
        self.tried: list[Choice] = []
        self._told: dict[Choice, Tried] = {}
        self._first = directions[0]
        self._asked: list[optuna.Trial] = []
        self._spread = self._spread_choices(tuple(one.current for one in settings))
        self.study = self.optuna.create_study(directions=list(directions))
        self._written = 0
        self._open = ExitStack()
        self._kept = None
        if file is not None:
            try:
                self._kept = self._opened(file, directions, identity)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the study's file."""
        self._open.close()

    @property
    def done(self) -> bool:
        """Whether all trials were told."""
        return len(self.tried) >= self.trials

    def ask(self) -> list[Choice]:
        """Return the choices of the next generation."""
        self.study.sampler = self._sampler(len(self.tried))
        self._asked = []
        choices: list[Choice] = []
        near = self._near() if len(self.tried) >= _NEIGHBOURS_FROM * self.trials else []
        for _ in range(min(GENERATION, self.trials - len(self.tried))):
            trial, choice = self._next({*self.tried, *choices}, len(self.tried) + len(choices), near)
            self._asked.append(trial)
            choices.append(choice)
        return choices

    def tell(self, generation: Sequence[Tried]) -> None:
        """Tell what the choices of the generation that was asked for gave, in their order."""
        for trial, one in zip(self._asked, generation, strict=True):
            for number, violation in enumerate(one.violations):
                trial.set_constraint(f"limit {number}", violation)
            state = None if one.values is not None else self.optuna.trial.TrialState.FAIL
            told = self.study.tell(trial, one.values, state=state)
            self._keep(told)
            self._remember(told)

    def _next(self, seen: set[Choice], number: int, near: list[Choice]) -> tuple[optuna.Trial, Choice]:
        """Return a choice that was not tried: the next of those that are fixed, or what the estimator proposes."""
        fixed = self._spread if number < len(self._spread) else near
        fresh = next((choice for choice in fixed if choice not in seen), None)
        if fresh is not None:
            return self._fixed(fresh)
        for _ in range(_ASKED_AGAIN):
            trial = self.study.ask()
            choice = tuple(trial.suggest_int(name, 0, size - 1) for name, size in self._of_settings())
            if choice not in seen:
                return trial, choice
            self.study.tell(trial, state=self.optuna.trial.TrialState.FAIL)
        return self._fixed(self._any(seen, number))

    def _near(self) -> list[Choice]:
        """Return the choices one step away from the best one so far."""
        known = {choice: one for choice, one in self._told.items() if one.values is not None}
        if not known:
            return []
        best = min(known, key=lambda choice: self._rank(known[choice]))
        return neighbours(best, self.sizes)

    def _rank(self, one: Tried) -> tuple[float, float]:
        """Return a sort key: what violates least first, then what is best on the first objective."""
        assert one.values is not None
        value = one.values[0]
        return sum(max(each, 0.0) for each in one.violations), value if self._first == "minimize" else -value

    def _fixed(self, choice: Choice) -> tuple[optuna.Trial, Choice]:
        self.study.enqueue_trial(dict(zip(self.names, choice, strict=True)))
        trial = self.study.ask()
        for name, size in self._of_settings():
            trial.suggest_int(name, 0, size - 1)
        return trial, choice

    def _any(self, seen: set[Choice], number: int) -> Choice:
        """Return some choice that was not tried; there is one, since no more are tried than there are."""
        start = np.random.default_rng((self.seed, number)).integers(self.sizes)
        for step in range(len(seen) + 1):
            choice: Choice = ()
            rest = step
            for first, size in zip(start, self.sizes, strict=True):
                rest, by = divmod(rest, size)
                choice = (*choice, int(first + by) % size)
            if choice not in seen:
                return choice
        raise AssertionError("every choice was tried")

    def _of_settings(self) -> Iterator[tuple[str, int]]:
        return zip(self.names, self.sizes, strict=True)

    def _spread_choices(self, written: tuple[int | None, ...]) -> list[Choice]:
        """Return the plan as written, and choices spread evenly over all settings."""
        count = min(max(round(_SPREAD_SHARE * self.trials), _FEWEST_SPREAD), self.trials)
        sequence = qmc.Sobol(len(self.sizes), scramble=True, rng=np.random.default_rng((self.seed, 1)))
        points = sequence.random(1 << max(count - 1, 1).bit_length())
        spread = [tuple(int(one) for one in row) for row in np.floor(points * self.sizes)]
        first = [tuple(one for one in written if one is not None)] if None not in written else []
        return list(dict.fromkeys([*first, *spread]))[:count]

    def _sampler(self, number: int) -> optuna.samplers.BaseSampler:
        with _quiet():
            seed = int(np.random.SeedSequence((self.seed, 2, number)).generate_state(1)[0])
            sampler: optuna.samplers.BaseSampler = self.optuna.samplers.TPESampler(seed=seed, multivariate=True)
            return sampler

    def _opened(self, file: Path, directions: Sequence[Direction], identity: str) -> optuna.Study:
        """Open the study of the file, or make it; searches of other numbers of trials lie beside it."""
        import sqlalchemy.event

        with _clear("used", "make room on the disk, choose another folder, or remove this file to begin anew", file):
            storage = self.optuna.storages.RDBStorage(f"sqlite:///{file}")
            sqlalchemy.event.listen(storage.engine, "connect", _without_waiting)
            storage.engine.dispose()  # the connections that are open already
            self._open.callback(storage.engine.dispose)
            self._open.enter_context(_locked(file))
            for one in self.optuna.get_all_study_summaries(storage, include_best_trial=False):
                begun = one.n_trials > 0  # one without a trial may have been cut off before it was named
                if one.user_attrs.get(_IDENTITY, None if begun else identity) != identity:
                    raise PlanError(
                        "this is the study of another search",
                        value="its plan, wishes, settings, sample, library or version differ",
                        where=Where(file),
                        do="choose another folder, or remove this file to begin anew",
                    )
            kept: optuna.Study = self.optuna.create_study(
                storage=storage, study_name=f"{self.trials} trials", directions=list(directions), load_if_exists=True
            )
            if _IDENTITY not in kept.user_attrs:
                kept.set_user_attr(_IDENTITY, identity)
            self._take_up(kept.get_trials(deepcopy=False))
        return kept

    def _take_up(self, told: list[optuna.trial.FrozenTrial]) -> None:
        """Take up the whole generations of a study; what a part of one told is asked for again, and found kept."""
        whole = told if len(told) == self.trials else told[: len(told) // GENERATION * GENERATION]
        self._written = len(told)
        self.study.add_trials(whole)
        for trial in whole:
            self._remember(trial)

    def _keep(self, told: optuna.trial.FrozenTrial) -> None:
        """Write a trial to the file, unless it was written before the search was cut off."""
        if self._kept is None or self._written > len(self.tried):
            return
        with _clear("written", "make room on the disk and run the same command again; it goes on where it stopped"):
            self._kept.add_trial(told)
        self._written += 1

    def _remember(self, told: optuna.trial.FrozenTrial) -> None:
        values = None if told.values is None else tuple(told.values)
        choice = self._choice(told.params)
        self.tried.append(choice)
        self._told[choice] = Tried(values, tuple(told.constraints.values()))

    def _choice(self, params: dict[str, Any]) -> Choice:
        return tuple(int(params[name]) for name in self.names)


def neighbours(choice: Choice, sizes: Sequence[int]) -> list[Choice]:
    """Return the choices that differ by one step of one setting, less before more."""
    found = []
    for place, size in enumerate(sizes):
        for step in (-1, 1):
            if 0 <= choice[place] + step < size:
                found.append((*choice[:place], choice[place] + step, *choice[place + 1 :]))
    return found


def optuna_version() -> str:
    """Return the version of Optuna, which decides what is proposed."""
    return str(_optuna().__version__)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Take a study for this search alone; nothing where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with file.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise PlanError(
                "another search is at work in this folder",
                where=Where(file),
                do="wait for it, or choose another folder",
            ) from fault
        yield


def _without_waiting(connection: Any, _: object) -> None:
    """Let SQLite leave it to the system when the disk is written: what a killed process wrote is there all the same."""
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def _clear(what: str, do: str, file: Path | None = None) -> Iterator[None]:
    """Turn what SQLAlchemy and Optuna raise over a study into one clear message."""
    import optuna
    import sqlalchemy.exc

    try:
        yield
    except (
        sqlalchemy.exc.SQLAlchemyError,
        optuna.exceptions.OptunaError,
        RuntimeError,
        LookupError,
        ValueError,
    ) as fault:
        raise PlanError(
            f"the study of the search cannot be {what}",
            value=next(iter(str(fault.__cause__ or fault).splitlines()), type(fault).__name__),
            where=None if file is None else Where(file),
            do=do,
        ) from fault


def _optuna() -> Any:
    try:
        with _quiet():
            import optuna
    except ImportError as fault:
        raise PercutaError(
            "the search needs Optuna, which is not installed", do='install it: pip install "percuta[optimise]"'
        ) from fault
    optuna.logging.set_verbosity(logging.ERROR)
    return optuna


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what Optuna says of features that may change; its version is pinned."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*experimental.*")
        yield
