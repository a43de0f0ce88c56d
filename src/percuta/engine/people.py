"""Who is treated in each scenario: the plan's one person, or a person of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.plan.model import Plan

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class People:
    """What the models ask of a person, one row per scenario.

    Attributes
    ----------
    age : (m,)
        Age at the first session [s].
    female : (m,)
        Whether the person is a woman.
    mass : (m,)
        Body mass [kg].
    menopause_age : (m,)
        Age at menopause [s] where it is known; NaN where it is drawn. Of no meaning for men.
    """

    age: Floats
    female: NDArray[np.bool_]
    mass: Floats
    menopause_age: Floats

    @property
    def members(self) -> int:
        """Number of people."""
        return int(self.age.size)

    def rows(self, start: int, stop: int) -> People:
        """Return some of the people."""
        part = slice(start, stop)
        return People(self.age[part], self.female[part], self.mass[part], self.menopause_age[part])


def people_of(plan: Plan, members: int) -> People:
    """Return the person of a plan, once for each scenario."""
    patient = plan.patient
    menopause = np.nan if patient.menopause_age is None else patient.menopause_age.si
    return People(
        np.full(members, patient.age.si),
        np.full(members, patient.sex == "female"),
        np.full(members, patient.mass.si),
        np.full(members, menopause),
    )
