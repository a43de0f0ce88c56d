"""Closing of the zones of a plan: films after the needles, age, what is put on, and two rates."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.engine.barrier import closing_times
from percuta.engine.bench import Bench
from percuta.engine.handovers import Barrier
from percuta.engine.scenarios import scenario_batch
from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan

from .test_simulate import PLAN, outcome

HOUR, DAY = 3600.0, 86_400.0
MEDICINE = '[[session.steps]]\ndo = "medication"\neffect = "other"\nroute = "{}"\nproduct = "{}"\n'
AFTERCARE = '[[session.steps]]\ndo = "aftercare"\n'


def plan_with(*steps: str) -> str:
    return PLAN.replace("[course]", "".join(steps) + "[course]")


def barrier(text: str = PLAN, zone: str = "cheeks") -> Barrier:
    found = outcome(text).zones[zone].barrier
    assert found is not None
    return found


def pores(text: str) -> np.ndarray:
    """Return the time constants of a plan's pores [s]."""
    plan = read_plan(text, "test")
    bench = Bench(plan, resolve_device(plan.device, library()), library(), scenario_batch(64, 0, 0))
    return closing_times(bench, "cheeks")[1]


def gel(product: str = "sterile-plain-hydrogel", more: str = "") -> str:
    return f'[[session.steps]]\ndo = "gel"\nproduct = "{product}"\n{more}\n'


def test_a_week_is_followed_from_the_last_needle_on() -> None:
    found = barrier()
    assert found.time[0] == 0.0
    assert found.time[-1] == pytest.approx(7 * DAY)
    assert (np.diff(found.time) > 0).all()
    assert found.open_fraction.shape == found.water_loss.shape == (64, found.time.size)


def test_skin_starts_as_open_as_the_channels_and_ends_intact() -> None:
    zone = outcome().zones["cheeks"]
    assert zone.barrier is not None
    assert zone.channels is not None
    assert zone.barrier.open_fraction[:, 0] == pytest.approx(zone.channels.open[:, 0])
    assert (np.diff(zone.barrier.open_fraction, axis=1) <= 0).all()
    assert (zone.barrier.water_loss[:, 0] >= zone.barrier.baseline).all()
    assert (zone.barrier.water_loss[:, 0] > zone.barrier.baseline).mean() > 0.9
    assert zone.barrier.water_loss[:, -1] == pytest.approx(zone.barrier.baseline, rel=1e-3)


def test_pores_never_close_before_the_barrier() -> None:
    for text in (PLAN, plan_with(AFTERCARE + "occluded = true\n")):
        found = barrier(text)
        assert (found.pore_closure >= found.barrier_closure).all()


def test_a_film_of_the_first_day_delays_what_would_close_within_it() -> None:
    free, covered = barrier(), barrier(plan_with(AFTERCARE + "occluded = true\n"))
    quick = free.barrier_closure < DAY
    assert np.median(free.barrier_closure) < 6 * HOUR
    assert (covered.barrier_closure[quick] > free.barrier_closure[quick]).all()
    assert (covered.barrier_closure <= DAY + free.barrier_closure + 1.0).all()  # afterwards it closes as ever
    assert np.median(covered.barrier_closure) > DAY


def test_an_aftercare_counts_wherever_it_is_written() -> None:
    film = AFTERCARE + "occluded = true\n"
    early = PLAN.replace("[[session.steps]]", film + "[[session.steps]]", 1)
    assert barrier(early).pore_closure == pytest.approx(barrier(plan_with(film)).pore_closure)


def test_a_gel_under_a_film_counts_for_its_duration() -> None:
    covered = barrier(plan_with(gel(more='occluded = true\nduration = "2 h"')))
    free = barrier(plan_with(gel()))
    longer = covered.barrier_closure - free.barrier_closure
    assert (longer > 0).all()
    assert (longer <= 2 * HOUR + 1.0).all()


def test_a_film_before_the_needles_or_on_another_zone_changes_nothing() -> None:
    film = gel(more='occluded = true\nduration = "2 h"')
    before = PLAN.replace("[[session.steps]]", film + "[[session.steps]]", 1)
    elsewhere = plan_with(gel(more='occluded = true\nzones = ["forehead"]'))
    for text in (before, elsewhere):
        assert barrier(text).pore_closure == pytest.approx(barrier().pore_closure)
    assert (barrier(elsewhere, "forehead").pore_closure > barrier().pore_closure).any()


def test_old_skin_closes_more_slowly() -> None:
    young, old = (pores(PLAN.replace("52 years", f"{years} years")) for years in (26, 77))
    ratio = old / young
    assert ratio.min() >= 1.0
    assert ratio.max() <= 3.0
    assert np.median(ratio) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("step", "least", "most"),
    [
        ('[[session.steps]]\ndo = "medication"\neffect = "anti_inflammatory"\nroute = "topical"\n', 1.0, 3.0),
        ('[[session.steps]]\ndo = "medication"\neffect = "anti_inflammatory"\nroute = "oral"\n', 1.0, 1.0),
        ('[[session.steps]]\ndo = "medication"\neffect = "analgesic"\nroute = "topical"\n', 1.0, 1.0),
        ('[[session.steps]]\ndo = "steroid_gel"\nproduct = "hydrocortisone-1-gel"\n', 1.0, 3.0),
        (AFTERCARE + 'products = ["hydrocortisone-1-gel"]\n', 1.0, 3.0),
        (MEDICINE.format("topical", "triamcinolone-injection"), 1.0, 3.0),
        (MEDICINE.format("injection", "triamcinolone-injection"), 1.0, 1.0),
        (AFTERCARE + 'products = ["dexpanthenol-ointment"]\n', 0.5, 1.0),
        (gel(), 1.0, 1.0),
    ],
)
def test_what_is_put_on_slows_or_hastens(step: str, least: float, most: float) -> None:
    ratio = pores(plan_with(step)) / pores(PLAN)
    assert ratio.min() >= least - 1e-9
    assert ratio.max() <= most + 1e-9
    assert (ratio.max() - ratio.min() > 0.1) == (least < most)


def test_faces_and_other_skin_lose_water_of_their_own() -> None:
    arm = PLAN.replace('site = "forehead"', 'site = "volar-forearm"')
    assert not np.array_equal(barrier(arm, "forehead").baseline, barrier(arm).baseline)
    assert np.array_equal(barrier(PLAN, "forehead").baseline, barrier(PLAN).baseline)


def test_a_zone_without_needles_has_no_barrier() -> None:
    text = PLAN.replace('zones = ["cheeks", "forehead"]', 'zones = ["cheeks"]')
    assert outcome(text).zones["forehead"].barrier is None


def test_a_film_over_cream_stays_on_through_the_needles_and_until_it_is_removed() -> None:
    cream = """[[session.steps]]
do = "topical_anaesthetic"
product = "lidocaine-prilocaine-2.5-2.5"
amount = "11 g"
duration = "60 min"
occluded = true
"""
    wait = """[[session.steps]]
do = "cool"
duration = "20 h"
"""
    remove = """[[session.steps]]
do = "remove_anaesthetic"
"""
    needling = PLAN[PLAN.index("[[session.steps]]") : PLAN.index("[course]")]
    bare, through, before = (
        barrier(PLAN.replace(needling, steps))
        for steps in (needling + wait, cream + needling + wait + remove, cream + remove + needling + wait)
    )
    assert (through.pore_closure > bare.pore_closure).all()
    assert before.pore_closure == pytest.approx(bare.pore_closure)
