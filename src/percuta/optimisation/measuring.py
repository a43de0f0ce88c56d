"""What one choice of settings gives: the wished endpoints in every scenario, how much skin it injures, what rules say.

A measurement is a pure function of plan, wishes, library, scenarios and code. It is kept under a hash of all of them
(:mod:`percuta.engine.store`), so that a search that was cut off, or is done again, computes nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.engine.executors import InThisProcess
from percuta.engine.pulse import PulseSolver
from percuta.engine.scenarios import BATCH, scenario_batch
from percuta.engine.simulate import run
from percuta.engine.store import COMPUTING, code_origin
from percuta.errors import DeviceLimitError, LibraryError, PercutaError, PlanError
from percuta.library.registry import Library
from percuta.manifest import digest
from percuta.optimisation.wishes import Aim, Limit, Wishes, values_of
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.model import Plan
from percuta.results.endpoints import samples
from percuta.results.samples import Sample
from percuta.safety.check import check_plan

Floats = NDArray[np.float64]

_INJURED = (  # shares of the two layers of the dermis, in one session
    ("papillary_punctured_fraction", "reticular_punctured_fraction"),
    ("papillary_necrotic_fraction", "reticular_necrotic_fraction"),
)
_SEQUENCE = 65_536  # scenarios of the sequence that every sample is the beginning of


@dataclass(frozen=True)
class Sampling:
    """Which scenarios, and how finely pulses are computed.

    Attributes
    ----------
    seed
        Of the sequence of scenarios.
    members
        How many of its first scenarios, at most :data:`~percuta.engine.scenarios.BATCH` in one measurement.
    accuracy
        Of RF pulses.
    """

    seed: int
    members: int
    accuracy: Accuracy


@dataclass(frozen=True)
class Task:
    """Some scenarios of one plan to be measured.

    Attributes
    ----------
    plan
        The plan, its settings chosen and without wishes.
    wishes, library
        What is asked, and from which library it is computed.
    sampling
        The sample that the scenarios belong to.
    start, stop
        Which of its scenarios.
    """

    plan: Plan
    wishes: Wishes
    library: Library
    sampling: Sampling
    start: int
    stop: int

    def key(self) -> str:
        """Return a name that no other measurement has."""
        one, wishes = self.sampling, self.wishes
        asked = [[_what(wish) for wish in wished] for wished in (wishes.aims, wishes.limits)]
        parts = [self.plan.model_dump_json(), self.library.digest, code_origin(COMPUTING), repr(asked)]
        parts.append(repr((one.seed, one.accuracy, self.start, self.stop)))
        return digest(part.encode() for part in parts)


@dataclass(frozen=True)
class Measured:
    """The wished endpoints of one plan.

    Attributes
    ----------
    aims, limits : (n, m)
        One row for each objective and each constraint, in the unit of its endpoint; NaN where a scenario has none.
    injury : (m,)
        Share of the dermis that one course pierces or kills, each session counted: the mean over its two layers and
        the largest of all zones. The smaller of two is the gentler.
    fault
        Why some scenarios, or all of them, could not be computed.
    """

    aims: Floats
    limits: Floats
    injury: Floats
    fault: str = ""

    @property
    def members(self) -> int:
        """Number of scenarios."""
        return int(self.injury.size)

    @property
    def lost(self) -> int:
        """Number of scenarios that could not be computed; their values are NaN."""
        return int(np.isnan(self.injury).sum())

    @property
    def impossible(self) -> bool:
        """Whether no scenario could be computed."""
        return self.lost == self.members

    def as_bytes(self) -> bytes:
        """Return the measurement so that it reads back to the last bit."""
        return json.dumps(
            {
                "aims": self.aims.tolist(),
                "limits": self.limits.tolist(),
                "injury": self.injury.tolist(),
                "fault": self.fault,
            }
        ).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Measured:
        """Read what :meth:`as_bytes` wrote."""
        data: dict[str, Any] = json.loads(raw)
        injury = np.array(data["injury"], dtype=np.float64)
        aims, limits = (np.array(data[key], dtype=np.float64).reshape(-1, injury.size) for key in ("aims", "limits"))
        return cls(aims, limits, injury, data["fault"])


def joined(parts: Iterable[Measured]) -> Measured:
    """Return measurements of successive scenarios as one."""
    every = list(parts)
    aims, limits = (np.concatenate([getattr(one, name) for one in every], axis=1) for name in ("aims", "limits"))
    injury = np.concatenate([one.injury for one in every])
    return Measured(aims, limits, injury, next((one.fault for one in every if one.fault), ""))


def measure(task: Task) -> Measured:
    """Compute the wished endpoints of some scenarios.

    A scenario that cannot be computed, such as one whose pulse does not converge, has no values, and so keeps no
    constraint; the others are not lost with it.
    """
    try:
        return _measured(task)
    except (PlanError, LibraryError, DeviceLimitError) as fault:
        return impossible(task.wishes, task.stop - task.start, str(fault))
    except (MemoryError, OSError):  # of the machine, not of what is computed
        raise
    except Exception as fault:
        if task.stop - task.start > 1:
            middle = (task.start + task.stop) // 2
            return joined(
                measure(replace(task, start=a, stop=b)) for a, b in ((task.start, middle), (middle, task.stop))
            )
        known = isinstance(fault, PercutaError)
        what = str(fault) if known else f"a fault of the program: {type(fault).__name__}: {fault}"
        return impossible(task.wishes, 1, what)


def _measured(task: Task) -> Measured:
    wishes, one = task.wishes, task.sampling
    first = task.start % BATCH
    scenarios = scenario_batch(_SEQUENCE, one.seed, task.start // BATCH).rows(first, first + task.stop - task.start)
    outcome = run(task.plan, task.library, scenarios, PulseSolver(one.accuracy, InThisProcess()))
    at = {time: samples(outcome, time) for time in {wish.time for wish in wishes.every} | {None}}
    aims, limits = (
        np.array([values_of(wish, at[wish.time]) for wish in wished]).reshape(-1, scenarios.members)
        for wished in (wishes.aims, wishes.limits)
    )
    return Measured(aims, limits, injury_of(task.plan, at[None]))


def impossible(wishes: Wishes, members: int, fault: str) -> Measured:
    """Return the measurement of what cannot be computed."""
    aims, limits = (np.full((len(wished), members), np.nan) for wished in (wishes.aims, wishes.limits))
    return Measured(aims, limits, np.full(members, np.nan), fault)


def injury_of(plan: Plan, every: list[Sample]) -> Floats:
    """Return the share of the dermis that a course pierces or kills, (m,); see :class:`Measured`."""
    of_zones: dict[str | None, Floats] = {}
    for pair in _INJURED:
        for one in every:
            if one.name in pair and one.values is not None:
                of_zones[one.zone] = of_zones.get(one.zone, np.zeros_like(one.values)) + 0.5 * one.values
    if not of_zones:
        return np.zeros(next(one.values.size for one in every if one.values is not None))
    return np.asarray(plan.course.sessions * np.max(list(of_zones.values()), axis=0))


@dataclass(frozen=True)
class Ruled:
    """What the safety rules say of a plan.

    Attributes
    ----------
    stopped
        Rules that refuse or defer it.
    warned
        Rules that warn.
    beyond_label
        Whether a depth is beyond what the device's label was evaluated for.
    """

    stopped: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    beyond_label: bool = field(default=False)


@dataclass(frozen=True)
class RulesTask:
    """A plan to be checked."""

    plan: Plan
    library: Library

    def key(self) -> str:
        """Return a name that no other check has."""
        parts = [self.plan.model_dump_json(), self.library.digest, code_origin(COMPUTING), "rules"]
        return digest(part.encode() for part in parts)


def ruled(task: RulesTask) -> Ruled:
    """Ask the safety rules."""
    findings = check_plan(task.plan, task.library)
    stopping = tuple(dict.fromkeys(one.rule for one in findings.findings if one.severity in ("refuse", "defer")))
    warned = tuple(dict.fromkeys(one.rule for one in findings.findings if one.severity == "warn"))
    stopped = stopping if findings.exit_code != 0 else ()
    return Ruled(stopped, warned, "depth_beyond_label" in (*stopping, *warned))


def without_wishes(plan: Plan) -> Plan:
    """Return a plan without its wishes, on which nothing that is computed hangs."""
    return plan.model_copy(update={"optimise": None})


def _what(wish: Aim | Limit) -> tuple[object, ...]:
    """Return what of a wish decides its values."""
    lowest = wish.goal == "maximise" if isinstance(wish, Aim) else wish.side == "above"
    return wish.endpoint, wish.zone, wish.time, lowest


def only(measured: Measured, members: int) -> Measured:
    """Return the first scenarios of a measurement."""
    return replace(
        measured,
        aims=measured.aims[:, :members],
        limits=measured.limits[:, :members],
        injury=measured.injury[:members],
    )
