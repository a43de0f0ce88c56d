"""How fast the course clock is: two zones of two compartments, four sessions, 52 weeks.

Run with ``pytest benchmarks/test_course.py``. Cost should grow in proportion to the members.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from percuta.physics.ageing import YEAR, reference_collagen, synthesis_capacity
from percuta.physics.cascade import HealingRates, residual_at_interval
from percuta.physics.healing import Course, SessionInjuries, SynthesisWindow, healing_course

DAY = 86400.0
WEEK = 7.0 * DAY
COLUMNS = 4


def drawn_rates(members: int) -> HealingRates:
    random = np.random.default_rng(1)

    def around(median: float) -> NDArray[np.float64]:
        return np.asarray(median * np.exp(0.1 * random.standard_normal(members)))

    return HealingRates(
        debris_clearance=around(1.18 / DAY),
        coagulated_clearance=around(0.043 / DAY),
        mediator_clearance=around(0.259 / DAY),
        macrophage_clearance=around(0.687 / DAY),
        fibroblast_stage_rate=around(0.308 / DAY),
        maturation=around(0.049 / DAY),
        mature_loss=around(np.log(2.0) / (15.0 * YEAR)),
        coagulated_mediator_ratio=around(1.0),
        heat_shock_drive=np.zeros(members),
        synthesis_gain=around(1.0),
        collagen_capacity=around(2.0),
        coagulated_replacement=np.ones(members),
    )


def four_sessions(members: int, windows: tuple[SynthesisWindow, ...] = ()) -> Course:
    ages = np.linspace(30.0, 70.0, members) * YEAR
    fractions = np.random.default_rng(2).uniform(0.0, 0.1, (3, members, COLUMNS, 4))
    injuries = SessionInjuries(np.array([0.0, 4.0, 8.0, 12.0]) * WEEK, *fractions)
    return healing_course(
        drawn_rates(members),
        injuries,
        end=52 * WEEK,
        synthesis_capacity=synthesis_capacity(ages, 0.68),
        reference=lambda time: reference_collagen(
            ages + time[:, None], 0.01 / YEAR, 51.0 * YEAR, 0.3, 5.0 * YEAR, 0.02 / YEAR
        ),
        windows=windows,
    )


@pytest.mark.parametrize("members", [16, 64, 256, 1024])
def test_course_of_four_sessions(benchmark: BenchmarkFixture, members: int) -> None:
    course = benchmark(four_sessions, members)
    assert course.mature_collagen.shape == (1457, members, COLUMNS)


def test_course_with_a_steroid_after_every_session(benchmark: BenchmarkFixture) -> None:
    windows = tuple(SynthesisWindow(start, start + 5.3 * DAY, np.array([[0.3]])) for start in np.arange(4) * 4 * WEEK)
    course = benchmark(four_sessions, 64, windows)
    assert np.all(np.isfinite(course.mature_collagen))


def test_residual_at_the_next_session(benchmark: BenchmarkFixture) -> None:
    residual = benchmark(residual_at_interval, drawn_rates(64), 4 * WEEK)
    assert residual.mediator.shape == (64,)
