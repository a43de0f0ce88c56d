"""People for a cohort: sex, age, phototype and body mass as published, each in a column of the scenarios.

Sex and age hang on what the plan wants; body mass hangs on sex and age. The layers of the skin follow from sex and age
through the datasets of a site, and the age at menopause is drawn where the course of ageing asks for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from percuta.engine.people import People
from percuta.engine.scenarios import Scenarios
from percuta.errors import PercutaError, PlanError, nearest
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.sources import Sourced
from percuta.units import convert, parse, show

Floats = NDArray[np.float64]
Sex = Literal["female", "male", "any", "as planned"]

SEXES: tuple[str, ...] = get_args(Sex)
PHOTOTYPES = (1, 2, 3, 4, 5, 6)
YOUNGEST, OLDEST = 18, 120  # years: from the youngest adult to the oldest person whom a plan file takes
TREATED_FOR = {"wrinkles": "ageing", "laxity": "ageing", "texture": "ageing", "acne_scars": "scars"}
_AGES = re.compile(r"(?P<low>.+?)(?:\s+to\s+(?P<high>.+))?")
_TYPES = re.compile(r"(?P<low>[+-]?\d+)(?:\s+to\s+(?P<high>[+-]?\d+))?", re.ASCII)
_BAND = re.compile(r"people\.mass_(?P<sex>female|male)_(?P<first>\d+)_to_(?P<last>\d+)_years")
_ROUNDING = 1e-9  # years


@dataclass(frozen=True)
class CohortSpec:
    """Which people a cohort is made of.

    Attributes
    ----------
    age
        Youngest and oldest [s]; None for all adults who are treated for what the plan wants. Within the bounds ages are
        as common as among those.
    sex
        ``female``, ``male``, ``any`` as common as among those who are treated, or ``as planned`` for the sex of the
        plan's person.
    phototype
        The phototypes that occur, each as common among the others as in the library; None for all six.

    Raises
    ------
    PlanError
        For bounds that contradict each other or lie outside adult ages, an unknown sex, or no or an unknown phototype.
    """

    age: tuple[float, float] | None = None
    sex: Sex = "any"
    phototype: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.sex not in SEXES:
            alike = nearest(str(self.sex), SEXES)
            raise PlanError(
                "no such sex of a cohort",
                value=self.sex,
                allowed=", ".join(SEXES),
                do=f"did you mean {alike}?" if alike else None,
            )
        if self.age is not None:
            _check_ages(*self.age)
        if self.phototype is not None:
            _check_phototypes(self.phototype)


@dataclass(frozen=True)
class Patients:
    """The people of a cohort, one row per scenario.

    Attributes
    ----------
    people
        What the models ask of a person.
    phototype : (m,)
        Fitzpatrick phototype, 1 to 6. No model asks for it; the rules do.
    """

    people: People
    phototype: NDArray[np.int64]


def spec_of(age: str | None = None, sex: str = "any", phototype: str | None = None) -> CohortSpec:
    """Return the people of a cohort as they are written on a command line.

    Parameters
    ----------
    age
        ``"30 to 60 years"``, or one age; a unit that the first bound lacks is that of the second.
    sex
        See :class:`CohortSpec`.
    phototype
        ``"3"``, ``"1 to 4"`` or ``"2, 3, 5"``.

    Raises
    ------
    PlanError
        If one of them cannot be read, or says nothing that can be drawn.
    """
    ages = None if age is None else _read_ages(age)
    types = None if phototype is None else _read_phototypes(phototype)
    return CohortSpec(ages, sex, types)  # type: ignore[arg-type]  # an unknown sex is refused there


def drawn_people(plan: Plan, library: Library, scenarios: Scenarios, spec: CohortSpec) -> Patients:
    """Draw the person of each scenario.

    Parameters
    ----------
    plan
        The plan: what is wanted decides who comes for it; of its person nothing but the sex is taken, where ``spec``
        asks for it.
    library
        Where the distributions come from.
    scenarios
        The draws; each trait has a column of its own.
    spec
        Which people.

    Returns
    -------
    Patients
        With ages [s] and masses [kg]. The age at menopause is NaN: it is drawn with the other inputs.
    """
    treated_for = TREATED_FOR.get(plan.patient.desired_effect, "other")
    female = _female(plan, library.parameter(f"people.sex_{treated_for}"), scenarios, spec)
    age = _age(library.parameter(f"people.age_{treated_for}"), scenarios, spec)
    mass = _mass(library, scenarios, age, female)
    phototype = _phototype(library.parameter("people.phototype"), scenarios, spec)
    return Patients(People(age, female, mass, np.full(scenarios.members, np.nan)), phototype)


def _female(plan: Plan, entry: Sourced, scenarios: Scenarios, spec: CohortSpec) -> NDArray[np.bool_]:
    sex = plan.patient.sex if spec.sex == "as planned" else spec.sex
    if sex != "any":
        return np.full(scenarios.members, sex == "female")
    assert entry.spread is not None
    women = entry.spread.values.index("female")
    return np.asarray(scenarios.draw(entry, "people.sex") == women)  # of words the index of the category is drawn


def _age(entry: Sourced, scenarios: Scenarios, spec: CohortSpec) -> Floats:
    """Return ages, between the bounds of a cohort distributed as the entry is."""
    if spec.age is None:
        return scenarios.draw(entry, "people.age")
    assert entry.spread is not None
    low, high = spec.age
    within = replace(entry, spread=replace(entry.spread, low=low, high=high))
    return np.clip(scenarios.draw(within, "people.age"), low, high)


def _mass(library: Library, scenarios: Scenarios, age: Floats, female: NDArray[np.bool_]) -> Floats:
    """Return masses: one probability for each person, taken from the distribution of their sex and band of age."""
    years = np.floor(age * convert(1.0, "years") + _ROUNDING)
    mass = np.full(scenarios.members, np.nan)
    for name, entry in library.parameters.items():
        band = _BAND.fullmatch(name)
        if band is not None:
            rows = (female == (band["sex"] == "female")) & (years >= int(band["first"])) & (years <= int(band["last"]))
            mass[rows] = scenarios.draw(entry, "people.mass")[rows]
    return mass


def _phototype(entry: Sourced, scenarios: Scenarios, spec: CohortSpec) -> NDArray[np.int64]:
    """Return phototypes; those that a cohort leaves out give their share to the others."""
    assert entry.spread is not None
    taken = PHOTOTYPES if spec.phototype is None else spec.phototype
    pairs = [pair for pair in zip(entry.spread.values, entry.spread.weights, strict=True) if pair[0] in taken]
    values, weights = zip(*pairs, strict=True)
    shares = tuple(weight / sum(weights) for weight in weights)
    among = replace(entry, spread=replace(entry.spread, values=values, weights=shares))
    return scenarios.draw(among, "people.phototype").astype(np.int64)


def _check_ages(low: float, high: float) -> None:
    allowed = f"{YOUNGEST} to {OLDEST} years"
    shown = f"{show(low, 'years')} to {show(high, 'years')}"
    if not low <= high:
        raise PlanError(
            "the youngest of the cohort is older than the oldest", value=shown, do="write the lower age first"
        )
    if convert(low, "years") < YOUNGEST - _ROUNDING or convert(high, "years") > OLDEST + _ROUNDING:
        raise PlanError("the distributions of people are those of adults", value=shown, allowed=allowed)


def _check_phototypes(phototypes: tuple[int, ...]) -> None:
    allowed = f"{PHOTOTYPES[0]} to {PHOTOTYPES[-1]}"
    if not phototypes:
        raise PlanError("a cohort needs at least one phototype", allowed=allowed)
    for one in phototypes:
        if one not in PHOTOTYPES:
            raise PlanError("no such phototype", value=one, allowed=allowed)


def _read_ages(text: str) -> tuple[float, float]:
    found = _AGES.fullmatch(text.strip())
    if found is None:
        raise _unread("age", text, '"30 to 60 years"')
    high = found["high"] or found["low"]
    unit = re.sub(r"^[\s\d.+-]*", "", high)
    try:
        oldest = parse(high, "years").si
        low = found["low"] if re.search(r"[A-Za-z]", found["low"]) else f"{found['low']} {unit}"
        return parse(low, "years").si, oldest
    except PercutaError as fault:
        raise _unread("age", text, '"30 to 60 years"') from fault


def _read_phototypes(text: str) -> tuple[int, ...]:
    types: list[int] = []
    for part in text.split(","):
        found = _TYPES.fullmatch(part.strip())
        if found is None:
            raise _unread("phototype", text, '"3", "1 to 4" or "2, 3, 5"')
        low, high = int(found["low"]), int(found["high"] or found["low"])
        _check_phototypes((low, high))
        if low > high:
            raise PlanError("the first phototype is above the last", value=text, do="write the lower one first")
        types += range(low, high + 1)
    return tuple(sorted(set(types)))


def _unread(what: str, text: str, example: str) -> PlanError:
    return PlanError(f"the {what} of the cohort cannot be read", value=text, allowed=example)
