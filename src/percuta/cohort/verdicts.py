"""What the safety rules say of a plan for each person of a cohort.

The rules are asked about the plan with the person's age, sex, phototype and body mass put in; answers to the screening
are those of the plan. What the plan's own person is not asked, such as a man about pregnancy, is asked of nobody: a
missing answer to it counts for nothing. Asking takes a tenth of a second and more, and most people are alike to the
rules, so that few are asked about:

- Of the age the rules see which thickness datasets cover the person, and on which side of the ages in the rules it
  lies. Labels of creams have limits of their own for children alone, and a cohort has none. Of the phototype they see
  on which side of the phototypes in the rules it lies. People who are alike in this, and in sex, stand together.
- A heavier person is never judged more harshly: limits of drugs are by mass, and the same amount gives a lower level.
  Of those who stand together the lightest and the heaviest are asked about, and those between only where the two
  differ, by halving.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from percuta.cohort.members import TRAITS, Cohort
from percuta.cohort.table import VERDICTS
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.safety.check import check_plan
from percuta.safety.findings import Findings, Verdict
from percuta.units import Quantity, convert

Floats = NDArray[np.float64]

NOT_ASKED = -1


@dataclass(frozen=True)
class Alike:
    """People whom the rules can tell apart by their mass alone.

    Attributes
    ----------
    cohort
        The cohort.
    age, female, phototype
        Of one of them [year].
    masses
        Of all of them [kg], in increasing order, each once.
    open_questions
        The rules whose questions have no answer for the plan's own person.
    """

    cohort: Cohort
    age: float
    female: bool
    phototype: int
    masses: tuple[float, ...]
    open_questions: tuple[str, ...] = ()

    def key(self) -> str:
        """Return the name of this part."""
        return self.cohort.key("verdicts", self.age, self.female, self.phototype, self.masses, self.open_questions)

    def computed(self) -> bytes:
        """Ask the rules; return a verdict for each mass, as its place in :data:`VERDICTS`."""

        @cache
        def asked(place: int) -> int:
            person = person_of(self.cohort.plan, self.age, self.female, self.phototype, self.masses[place])
            return VERDICTS.index(verdict_of(person, self.cohort.library, self.open_questions))

        found = [NOT_ASKED] * len(self.masses)
        waiting = [(0, len(self.masses) - 1)]
        while waiting:
            first, last = waiting.pop()
            if asked(first) == asked(last):
                found[first : last + 1] = [asked(first)] * (last + 1 - first)
            else:
                middle = (first + last) // 2
                waiting += [(first, middle), (middle + 1, last)]
        return json.dumps(found).encode()


def verdict_of(person: Plan, library: Library, open_questions: Collection[str]) -> Verdict:
    """Return what the rules say of a person's plan, with no missing answers but to some questions."""
    found = check_plan(person, library).findings
    return Findings(tuple(one for one in found if not one.unanswered or one.rule in open_questions)).verdict


def person_of(plan: Plan, age: float, female: bool, phototype: int, mass: float) -> Plan:
    """Return the plan for another person: age [year], sex, phototype, mass [kg]."""
    person = {
        "age": Quantity(f"{age:.4g} years", age / convert(1.0, "year")),
        "sex": "female" if female else "male",
        "phototype": phototype,
        "mass": Quantity(f"{mass:.4g} kg", mass),
        "menopause_age": None,
    }
    return plan.model_copy(update={"patient": plan.patient.model_copy(update=person)})


def people_alike(cohort: Cohort, traits: Floats, findings: Findings) -> list[tuple[Alike, NDArray[np.int64]]]:
    """Return people who stand together, with their rows.

    Parameters
    ----------
    cohort
        The cohort.
    traits : (len(TRAITS), m)
        Who they are; people of whom nothing is known stand nowhere.
    findings
        What the rules say of the plan as it is written.
    """
    open_questions = tuple(sorted({one.rule for one in findings.findings if one.unanswered}))
    together: dict[object, list[int]] = {}
    stand = _Standing(cohort.plan, cohort.library)
    for row in np.flatnonzero(np.isfinite(traits).all(axis=0)):
        age, female, phototype, _ = traits[:, row]
        together.setdefault(stand(float(age), bool(female), int(phototype)), []).append(int(row))
    mass = traits[TRAITS.index("mass")]
    found = []
    for rows in together.values():
        age, female, phototype, _ = traits[:, rows[0]]
        masses = tuple(sorted({float(one) for one in mass[rows]}))
        alike = Alike(cohort, float(age), bool(female), int(phototype), masses, open_questions)
        found.append((alike, np.array(rows)))
    return found


def spread_out(found: list[tuple[Alike, NDArray[np.int64]]], parts: list[bytes], traits: Floats) -> NDArray[np.int8]:
    """Return the verdict of each person from those of people alike, (m,); :data:`NOT_ASKED` where there is none."""
    verdicts = np.full(traits.shape[1], NOT_ASKED, np.int8)
    mass = traits[TRAITS.index("mass")]
    for (alike, rows), raw in zip(found, parts, strict=True):
        of_mass = np.array(json.loads(raw), np.int8)
        verdicts[rows] = of_mass[np.searchsorted(alike.masses, mass[rows])]
    return verdicts


class _Standing:
    """Where the rules see a person stand, by age, sex and phototype."""

    def __init__(self, plan: Plan, library: Library) -> None:
        self.sites, self.library = tuple(dict.fromkeys(zone.site for zone in plan.zones)), library
        thresholds = [entry for rule in library.protocol.values() for entry in rule.thresholds.items()]
        self.ages = sorted({entry.si * convert(1.0, "year") for name, entry in thresholds if name == "age"})
        self.phototypes = sorted({entry.si for name, entry in thresholds if name == "phototype"})

    def __call__(self, age: float, female: bool, phototype: int) -> object:
        sex = "female" if female else "male"
        layers = tuple(tuple(self.library.layers(site, sex, age)) for site in self.sites)
        return (
            sex,
            layers,
            sum(age >= one for one in self.ages),
            sum(phototype >= one for one in self.phototypes),
        )
