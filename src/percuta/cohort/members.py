"""Members of a cohort, computed in chunks; whoever cannot be computed is a row with the reason.

Member ``i`` is row ``i`` of one sequence of scenarios, whatever the number of members. A chunk is a function of plan,
library, people, seed, code and its own place, and of nothing else: neither who computes it nor when changes a bit.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from percuta.cohort.people import CohortSpec, drawn_people
from percuta.engine.executors import InThisProcess
from percuta.engine.people import People
from percuta.engine.pulse import PulseSolver
from percuta.engine.scenarios import BATCH, MOST, Scenarios, scenario_batch
from percuta.engine.simulate import run
from percuta.engine.store import COMPUTING, code_origin
from percuta.errors import PercutaError, PlanError
from percuta.library.registry import Library
from percuta.manifest import digest
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.results.endpoints import samples
from percuta.results.samples import Sample
from percuta.units import convert

Floats = NDArray[np.float64]

MOST_PATIENTS = MOST
CHUNK_WITH_PULSES = 8  # each member with pulses takes a fraction of a second, and a chunk is what is lost at most
TRAITS = ("age", "female", "phototype", "mass")  # [year], 0 or 1, 1 to 6, [kg]

_AS_PLANNED = 4  # scenarios in which a plan may be computed as it is written, before its members are
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Cohort:
    """All that decides the numbers of a cohort, but how many members there are."""

    plan: Plan
    library: Library
    people: CohortSpec
    seed: int = 0
    accuracy: Accuracy = "draft"

    @cached_property
    def inputs(self) -> str:
        """A hash over everything that was put in."""
        parts = (write_plan(self.plan), self.library.digest, repr(self.people), str(self.seed), self.accuracy)
        return digest([part.encode() for part in parts])

    def key(self, *part: object) -> str:
        """Return the name of a part of this cohort as the code of this process computes it."""
        return digest([self.inputs.encode(), code_origin(COMPUTING).encode(), repr(part).encode()])

    @property
    def chunk(self) -> int:
        """Number of members in a chunk."""
        return CHUNK_WITH_PULSES if self.plan.rf_pulses else BATCH

    def scenarios(self, start: int, stop: int) -> Scenarios:
        """Return the draws of some members, all in one batch of the sequence."""
        number, first = divmod(start, BATCH)
        return scenario_batch(MOST, self.seed, number).rows(first, first + stop - start)

    def outcome(self, scenarios: Scenarios, people: People | None) -> list[Sample]:
        """Return the endpoints of some people, or of the plan's own person."""
        solve = PulseSolver(self.accuracy, InThisProcess()) if self.plan.rf_pulses else None
        return samples(run(self.plan, self.library, scenarios, solve, people))


@dataclass(frozen=True)
class Column:
    """An endpoint of the cohort: what it is, and why it is withheld where it is."""

    name: str
    zone: str | None
    unit: str
    definition: str
    words: tuple[str, ...] = ()
    withheld: str = ""


@dataclass(frozen=True)
class Members:
    """Some members of a cohort.

    Attributes
    ----------
    traits : (len(TRAITS), m)
        Who they are; see :data:`TRAITS`. NaN where not even that could be drawn.
    values : (columns, m)
        Endpoints in their units, one row for each column that is not withheld; NaN where a member has none.
    reasons
        Why a member could not be computed, "" where it could.
    """

    traits: Floats
    values: Floats
    reasons: tuple[str, ...]

    def as_bytes(self) -> bytes:
        """Return all of it as bytes; the same members always give the same."""
        failed = {place: reason for place, reason in enumerate(self.reasons) if reason}
        head = {"members": len(self.reasons), "columns": len(self.values), "failed": failed}
        numbers = np.concatenate([self.traits, self.values]).astype("<f8")
        return json.dumps(head, ensure_ascii=False).encode() + b"\n" + numbers.tobytes()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Members:
        """Read what :meth:`as_bytes` gave."""
        first, _, rest = raw.partition(b"\n")
        head = json.loads(first)
        numbers = np.frombuffer(rest, "<f8").reshape(-1, head["members"]).astype(np.float64)
        reasons = tuple(head["failed"].get(str(place), "") for place in range(head["members"]))
        return cls(numbers[: len(TRAITS)], numbers[len(TRAITS) :], reasons)

    @classmethod
    def joined(cls, first: Members, second: Members) -> Members:
        """Return the members of two parts together."""
        return cls(
            np.hstack([first.traits, second.traits]),
            np.hstack([first.values, second.values]),
            first.reasons + second.reasons,
        )


def check_patients(patients: int) -> None:
    """Check a number of members.

    Raises
    ------
    PlanError
        Unless it is between one and :data:`MOST_PATIENTS`.
    """
    if not 1 <= patients <= MOST_PATIENTS:
        raise PlanError("not a number of patients", value=patients, allowed=f"1 to {MOST_PATIENTS}")


@dataclass(frozen=True)
class Columns:
    """The columns of a cohort: a part that is computed first, for the plan's own person.

    Whatever is wrong with the plan itself shows here, before any member is computed.
    """

    cohort: Cohort

    def key(self) -> str:
        """Return the name of this part."""
        return self.cohort.key("columns")

    def computed(self) -> bytes:
        """Compute the plan as it is written.

        Raises
        ------
        PercutaError
            What the first scenario raises, if none of a few can be computed.
        """
        first: Exception | None = None
        for row in range(_AS_PLANNED):
            try:
                found = self.cohort.outcome(self.cohort.scenarios(row, row + 1), None)
            except Exception as fault:
                first = first or fault
            else:
                return json.dumps([asdict(_column(one)) for one in found], ensure_ascii=False).encode()
        assert first is not None
        raise first

    @staticmethod
    def read(raw: bytes) -> tuple[Column, ...]:
        """Read what :meth:`computed` gave."""
        return tuple(Column(**row | {"words": tuple(row["words"])}) for row in json.loads(raw))


def _column(sample: Sample) -> Column:
    withheld = sample.withheld if sample.values is None else ""
    return Column(sample.name, sample.zone, sample.unit, sample.definition, sample.words, withheld)


@dataclass(frozen=True)
class Chunk:
    """Some members that are computed together; ``columns`` are those that are not withheld."""

    cohort: Cohort
    columns: tuple[Column, ...]
    start: int
    stop: int

    def key(self) -> str:
        """Return the name of this part."""
        return self.cohort.key("members", self.start, self.stop)

    def computed(self) -> bytes:
        """Compute the members."""
        return members_of(self.cohort, self.columns, self.cohort.scenarios(self.start, self.stop)).as_bytes()


def chunks(cohort: Cohort, columns: tuple[Column, ...], patients: int) -> list[Chunk]:
    """Return the chunks of a cohort; the last one may be shorter."""
    starts = range(0, patients, cohort.chunk)
    return [Chunk(cohort, columns, start, min(start + cohort.chunk, patients)) for start in starts]


def members_of(cohort: Cohort, columns: tuple[Column, ...], scenarios: Scenarios) -> Members:
    """Compute some members.

    Where that raises, each half is computed by itself, until those that cannot be computed are alone.
    """
    try:
        return _together(cohort, columns, scenarios)
    except (MemoryError, OSError):  # faults of the machine, not of a member
        raise
    except Exception as fault:
        half = scenarios.members // 2
        if half == 0:
            return Members(_traits_of_failed(cohort, scenarios), _nothing(columns), (_reason(fault),))
        first, second = scenarios.rows(0, half), scenarios.rows(half, scenarios.members)
        return Members.joined(members_of(cohort, columns, first), members_of(cohort, columns, second))


def _together(cohort: Cohort, columns: tuple[Column, ...], scenarios: Scenarios) -> Members:
    traits, people = _people(cohort, scenarios)
    found = {(one.name, one.zone): one.values for one in cohort.outcome(scenarios, people)}
    empty = np.full(scenarios.members, np.nan)
    own = (found.get((column.name, column.zone)) for column in columns)
    values = [empty if each is None else each for each in own]
    return Members(traits, np.array(values).reshape(len(columns), scenarios.members), ("",) * scenarios.members)


def _people(cohort: Cohort, scenarios: Scenarios) -> tuple[Floats, People]:
    drawn = drawn_people(cohort.plan, cohort.library, scenarios, cohort.people)
    people = drawn.people
    years = people.age * convert(1.0, "year")
    return np.array([years, people.female, drawn.phototype, people.mass], np.float64), people


def _traits_of_failed(cohort: Cohort, scenarios: Scenarios) -> Floats:
    try:
        return _people(cohort, scenarios.rows(0, 1))[0]
    except Exception:  # what was raised first is the reason
        return np.full((len(TRAITS), 1), np.nan)


def _nothing(columns: tuple[Column, ...]) -> Floats:
    return np.full((len(columns), 1), np.nan)


def _reason(fault: Exception) -> str:
    """Return why a member could not be computed, on one line."""
    said = str(fault) if isinstance(fault, PercutaError) else f"{type(fault).__name__}: {fault}"
    line = " ".join(said.split())
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"
