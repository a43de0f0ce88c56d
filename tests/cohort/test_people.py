"""People drawn for a cohort: as published, within the bounds that are asked for, and clear about what cannot be drawn.

The published figures stand here, not in the library: percentiles of body mass (Fryar 2025) and the table of thicknesses
(Meng 2022, through the evidence files), so that the generator is held against them and not against itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from percuta.cohort.people import (
    OLDEST,
    PHOTOTYPES,
    TREATED_FOR,
    YOUNGEST,
    CohortSpec,
    Patients,
    drawn_people,
    spec_of,
)
from percuta.engine.bench import Bench
from percuta.engine.scenarios import BATCH, FromSecond, Scenarios, never, scenario_batch
from percuta.engine.simulate import run
from percuta.engine.skin import layers_of
from percuta.errors import PlanError
from percuta.evidence.measurements import Measurement, publication
from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.model import DesiredEffect, Plan, Zone
from percuta.plan.quantities import Age, BodyMass
from percuta.plan.reading import read_plan
from percuta.units import parse

MEMBERS = 8192
YEAR = parse("1 years", "years").si
FOUR = 4.0  # standard errors, which chance exceeds once in 16 000 comparisons

# Body mass [kg] of adults of the United States by sex and age: mean, then percentiles 5, 10, 25, 50, 75, 90, 95.
PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
PUBLISHED = {
    ("female", 20, 29): (74.8, 47.6, 52.9, 59.4, 68.9, 82.9, 107.3, 121.3),
    ("female", 50, 59): (81.6, 53.1, 57.9, 65.2, 78.5, 95.5, 111.5, 121.4),
    ("female", 80, 120): (67.9, 46.8, 50.6, 57.9, 65.7, 75.2, 87.3, 94.2),
    ("male", 18, 19): (77.0, 51.8, 53.9, 62.6, 72.3, 86.3, 103.1, 110.3),
    ("male", 40, 49): (95.3, 66.0, 69.7, 78.5, 88.4, 107.7, 125.1, 141.9),
    ("male", 70, 79): (87.7, 60.8, 66.2, 74.5, 86.6, 96.5, 111.7, 121.3),
}


@pytest.fixture
def plan(minimal_plan: str) -> Plan:
    return read_plan(minimal_plan)


def years(low: float, high: float) -> tuple[float, float]:
    return low * YEAR, high * YEAR


@cache
def scenarios(members: int = MEMBERS, seed: int = 0) -> Scenarios:
    """Return the scenarios of a cohort as one batch."""
    parts = [scenario_batch(members, seed, number) for number in range(-(-members // BATCH))]
    first, second = (np.concatenate([getattr(part, half) for part in parts]) for half in ("points", "second"))
    return Scenarios(first, second)


def drawn(plan: Plan, from_second: FromSecond = never, **spec: Any) -> Patients:
    return drawn_people(plan, library(), replace(scenarios(), from_second=from_second), CohortSpec(**spec))


def for_effect(plan: Plan, effect: str) -> Plan:
    scars = ("rolling",) if effect == "acne_scars" else ()
    return plan.model_copy(
        update={"patient": plan.patient.model_copy(update={"desired_effect": effect, "scar_types": scars})}
    )


# --- as published ---


@pytest.mark.parametrize(
    ("effect", "mean", "sd", "share"), [("wrinkles", 48.0, 10.0, 0.72), ("acne_scars", 30.92, 6.19, 130 / 170)]
)
def test_age_and_sex_are_those_of_the_people_who_are_treated(
    plan: Plan, effect: str, mean: float, sd: float, share: float
) -> None:
    people = drawn(for_effect(plan, effect)).people
    ages = people.age / YEAR
    assert ages.mean() == pytest.approx(mean, abs=FOUR * sd / MEMBERS**0.5)
    assert ages.std() == pytest.approx(sd, rel=0.11)  # cut at 2.8 and 2.1 sd, which narrows it by 2 and 10 %
    assert people.female.mean() == pytest.approx(share, abs=FOUR * (share * (1 - share) / MEMBERS) ** 0.5)
    assert abs(stats.pearsonr(ages, people.female).statistic) < FOUR / MEMBERS**0.5


@pytest.mark.parametrize("effect", DesiredEffect.__args__)  # type: ignore[attr-defined]
def test_every_aim_of_a_plan_has_its_people(plan: Plan, effect: str) -> None:
    people = drawn(for_effect(plan, effect)).people
    assert people.members == MEMBERS
    assert np.isfinite(people.mass).all()
    assert 0.5 < people.female.mean() < 0.9
    assert set(TREATED_FOR) <= set(DesiredEffect.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("group", PUBLISHED, ids=str)
def test_body_mass_has_the_published_percentiles_of_its_sex_and_age(plan: Plan, group: tuple[str, int, int]) -> None:
    sex, low, high = group
    mean, *percentiles = PUBLISHED[group]
    mass = drawn(plan, sex=sex, age=years(low, min(high + 0.999, OLDEST))).people.mass
    assert mass.mean() == pytest.approx(mean, rel=0.03)
    assert np.percentile(mass, PERCENTILES) == pytest.approx(percentiles, rel=0.08)


def test_people_grow_heavier_to_middle_age_and_lighter_after_it(plan: Plan) -> None:
    people = drawn(plan, age=years(YOUNGEST, OLDEST)).people
    for sex in (people.female, ~people.female):
        young, middle, old = (
            np.median(people.mass[sex & (people.age >= low * YEAR) & (people.age < high * YEAR)])
            for low, high in ((18, 30), (40, 60), (70, 121))
        )
        assert young < middle
        assert old < middle
    assert people.mass[~people.female].mean() > people.mass[people.female].mean() + 8.0


def test_phototypes_are_as_common_as_in_the_library(plan: Plan) -> None:
    phototype = drawn(plan).phototype
    assert (phototype == 3).mean() == pytest.approx(0.48, abs=0.01)
    assert (phototype <= 2).mean() == pytest.approx(0.35, abs=0.01)
    assert set(phototype.tolist()) == set(PHOTOTYPES)


MENG = list(publication("meng_2022").measurements.values())
# published standard deviations so large that layers would have no thickness; the library cuts the normal
CUT = ("cheek_female_epidermis", "cheek_female_dermis", "jawline_female_dermis")


def of_the_table(plan: Plan, measured: Measurement) -> tuple[Any, Any]:
    """Return what a cohort's layers of one site and sex are, as that dataset has them, and the library's entry."""
    patients = drawn(plan)
    bench = Bench(plan, resolve_device(plan.device, library()), library(), scenarios(), patients.people)
    zone = Zone.model_validate({"name": "field", "site": measured.site, "area": "10 cm^2"})
    layers = layers_of(bench, zone)
    of_sex = patients.people.female == (measured.sex == "female")
    rows = of_sex & (layers.dataset == layers.datasets.index("meng_2022"))
    sets = library().layers(measured.site, measured.sex, 45.0)
    entry = getattr(next(one for one in sets if one.dataset == "meng_2022"), measured.layer)
    return getattr(layers, measured.layer)[rows], entry


@pytest.mark.parametrize("measured", MENG, ids=lambda one: one.id)
def test_the_layers_of_a_cohort_are_those_of_the_table_of_meng(plan: Plan, measured: Measurement) -> None:
    thickness, entry = of_the_table(plan, measured)
    assert thickness.size > 200
    assert measured.spread is not None
    assert measured.n is not None
    spread, error = entry.spread, FOUR / thickness.size**0.5
    ends = [(end - entry.si) / spread.sd for end in (spread.low, spread.high)]
    cut = measured.spread * float(stats.truncnorm(*ends).std())
    assert thickness.mean() == pytest.approx(measured.value, abs=error * measured.spread)
    assert thickness.std(ddof=1) == pytest.approx(cut, rel=error / 2**0.5)
    # the study's own error, which says whether the cut of the normal matters
    low, high = (
        measured.spread * ((measured.n - 1) / stats.chi2.ppf(p, measured.n - 1)) ** 0.5 for p in (0.975, 0.025)
    )
    assert (low < thickness.std(ddof=1) < high) == (measured.id not in CUT)


# --- as asked for ---


@pytest.mark.parametrize("bounds", [(30, 60), (18, 18.5), (80, 90), (119, 120), (45, 45)])
@pytest.mark.parametrize("effect", ["wrinkles", "acne_scars", "melasma"])
def test_ages_lie_between_the_bounds(plan: Plan, bounds: tuple[float, float], effect: str) -> None:
    people = drawn(for_effect(plan, effect), age=years(*bounds)).people
    assert people.age.min() >= bounds[0] * YEAR
    assert people.age.max() <= bounds[1] * YEAR
    assert np.isfinite(people.mass).all()
    assert np.unique(people.age).size > 1000 or bounds[0] == bounds[1]


def test_within_bounds_ages_are_as_common_as_among_all(plan: Plan) -> None:
    among = drawn(plan).people.age / YEAR
    bounded = drawn(plan, age=years(40, 55)).people.age / YEAR
    kept = among[(among > 40) & (among < 55)]
    assert np.percentile(bounded, [10, 50, 90]) == pytest.approx(np.percentile(kept, [10, 50, 90]), abs=0.3)


@pytest.mark.parametrize(("sex", "women"), [("female", 1.0), ("male", 0.0), ("as planned", 1.0)])
def test_one_sex_can_be_asked_for(plan: Plan, sex: str, women: float) -> None:
    assert drawn(plan, sex=sex).people.female.mean() == women


def test_the_planned_sex_is_that_of_the_plan(plan: Plan) -> None:
    man = plan.model_copy(update={"patient": plan.patient.model_copy(update={"sex": "male", "menopause_age": None})})
    assert not drawn(man, sex="as planned").people.female.any()


def test_phototypes_left_out_give_their_share_to_the_others(plan: Plan) -> None:
    phototype = drawn(plan, phototype=(4, 5)).phototype
    assert set(phototype.tolist()) == {4, 5}
    assert (phototype == 4).mean() == pytest.approx(0.09 / 0.14, abs=0.01)
    assert (drawn(plan, phototype=(6,)).phototype == 6).all()


def test_menopause_is_drawn_with_the_other_inputs(plan: Plan) -> None:
    assert np.isnan(drawn(plan).people.menopause_age).all()


# --- as a draw ---


def test_each_trait_has_a_column_of_its_own(plan: Plan) -> None:
    def mass_anew(column: str, entry: object) -> bool:
        return column == "people.mass"

    first, other = drawn(plan), drawn(plan, mass_anew)
    assert np.array_equal(first.people.age, other.people.age)
    assert np.array_equal(first.people.female, other.people.female)
    assert np.array_equal(first.phototype, other.phototype)
    assert (first.people.mass != other.people.mass).mean() > 0.99
    assert abs(stats.pearsonr(first.people.mass, other.people.mass).statistic) < 0.2  # sex and age are shared


def test_the_heavy_of_one_age_are_as_likely_heavy_at_another(plan: Plan) -> None:
    young, old = (drawn(plan, sex="female", age=years(age, age)).people.mass for age in (25, 65))
    assert stats.spearmanr(young, old).statistic == pytest.approx(1.0)


def test_a_member_is_the_same_whoever_draws_it(plan: Plan) -> None:
    spec = CohortSpec()
    whole = drawn_people(plan, library(), scenario_batch(512, 3, 1), spec)
    part = drawn_people(plan, library(), scenario_batch(512, 3, 1).rows(100, 110), spec)
    for name in ("age", "female", "mass"):
        assert np.array_equal(getattr(whole.people, name)[100:110], getattr(part.people, name))
    assert np.array_equal(whole.phototype[100:110], part.phototype)


def test_a_plan_is_computed_for_drawn_people(plan: Plan) -> None:
    patients = drawn_people(plan, library(), scenario_batch(64, 0, 0), CohortSpec())
    outcome = run(plan, library(), scenario_batch(64, 0, 0), people=patients.people)
    dermis = outcome.zones[plan.zones[0].name].layers.dermis
    assert np.isfinite(dermis).all()
    assert dermis[~patients.people.female].mean() > dermis[patients.people.female].mean()


def test_the_ages_and_masses_are_those_that_a_plan_file_takes(plan: Plan) -> None:
    for age in (YOUNGEST, OLDEST):
        TypeAdapter(Age).validate_python(f"{age} years")
    with pytest.raises(ValueError, match="out of bounds"):
        TypeAdapter(Age).validate_python(f"{OLDEST + 1} years")
    mass = drawn(plan, age=years(YOUNGEST, OLDEST)).people.mass
    for extreme in (mass.min(), mass.max()):
        TypeAdapter(BodyMass).validate_python(f"{extreme} kg")


# --- what cannot be drawn ---


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: CohortSpec(age=years(60, 30)), "60 years to 30 years"),
        (lambda: CohortSpec(age=years(0, 30)), "18 to 120 years"),
        (lambda: CohortSpec(age=years(17.9, 30)), "adults"),
        (lambda: CohortSpec(age=years(30, 121)), "30 years to 121 years"),
        (lambda: CohortSpec(age=(float("nan"), 60 * YEAR)), "older"),
        (lambda: CohortSpec(phototype=()), "at least one"),
        (lambda: CohortSpec(phototype=(3, 0)), "found: 0"),
        (lambda: CohortSpec(phototype=(7,)), "1 to 6"),
        (lambda: CohortSpec(sex="femal"), "did you mean female"),  # type: ignore[arg-type]
        (lambda: spec_of(sex="both"), "female, male, any, as planned"),
        (lambda: spec_of(age="30 to 60"), "30 to 60 years"),
        (lambda: spec_of(age="30 to 60 kg"), "30 to 60 years"),
        (lambda: spec_of(age="young"), "found: young"),
        (lambda: spec_of(age=""), "cannot be read"),
        (lambda: spec_of(age="60 to 30 years"), "lower age first"),
        (lambda: spec_of(phototype="4 to 1"), "lower one first"),
        (lambda: spec_of(phototype="0"), "found: 0"),
        (lambda: spec_of(phototype="III"), "cannot be read"),
        (lambda: spec_of(phototype=""), "cannot be read"),
    ],
)
def test_what_cannot_be_drawn_is_refused(refused: Callable[[], CohortSpec], said: str) -> None:
    with pytest.raises(PlanError) as fault:
        refused()
    assert said in str(fault.value)
    assert fault.value.exit_code == 2


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({}, CohortSpec()),
        ({"age": "30 to 60 years"}, CohortSpec(age=years(30, 60))),
        ({"age": "45 years", "sex": "male"}, CohortSpec(age=years(45, 45), sex="male")),
        ({"age": "216 months to 60 years"}, CohortSpec(age=years(18, 60))),
        ({"phototype": "3"}, CohortSpec(phototype=(3,))),
        ({"phototype": "1 to 3, 6"}, CohortSpec(phototype=(1, 2, 3, 6))),
        ({"phototype": "5, 2,2"}, CohortSpec(phototype=(2, 5))),
    ],
)
def test_people_are_read_as_they_are_written(given: dict[str, str], meant: CohortSpec) -> None:
    read = spec_of(**given)
    assert read.age == (None if meant.age is None else pytest.approx(meant.age))
    assert replace(read, age=None) == replace(meant, age=None)
