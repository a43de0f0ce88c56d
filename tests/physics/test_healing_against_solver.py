"""Healing judged by LSODA at tight tolerance, in the equations' original form with the basal term b(t)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from percuta.physics.ageing import YEAR, reference_collagen, reference_collagen_rate
from percuta.physics.cascade import CASCADE, HealingRates
from percuta.physics.healing import Course, SessionInjuries, SynthesisWindow, healing_course

FloatArray = NDArray[np.float64]
DAY = 86400.0
WEEK = 7.0 * DAY
MEMBERS = 3
COLUMNS = 2
STATES = (*CASCADE, "waiting", "immature_collagen", "mature_collagen")


def drawn_rates(members: int, seed: int) -> HealingRates:
    """Rates spread more widely than the reference's log standard deviations, with ageing turnover on."""
    random = np.random.default_rng(seed)

    def lognormal(median: float, log_sd: float) -> FloatArray:
        return np.asarray(median * np.exp(log_sd * random.standard_normal(members)))

    return HealingRates(
        debris_clearance=lognormal(1.18 / DAY, 0.24),
        coagulated_clearance=lognormal(0.043 / DAY, 0.3),
        mediator_clearance=lognormal(0.259 / DAY, 0.18),
        macrophage_clearance=lognormal(0.687 / DAY, 0.24),
        fibroblast_stage_rate=lognormal(0.308 / DAY, 0.2),
        maturation=lognormal(0.049 / DAY, 0.32),
        mature_loss=lognormal(np.log(2.0) / (15.0 * YEAR), 0.3),
        coagulated_mediator_ratio=random.uniform(0.2, 2.0, members),
        heat_shock_drive=random.uniform(0.0, 1.0, members),
        synthesis_gain=random.uniform(0.1, 4.0, members),
        collagen_capacity=random.uniform(1.5, 2.5, members),
        coagulated_replacement=random.uniform(0.5, 1.0, members),
    )


@dataclass(frozen=True)
class Case:
    """Everything that is drawn at random: persons, sessions, steroid."""

    rates: HealingRates
    injuries: SessionInjuries
    ages: FloatArray
    ageing: dict[str, FloatArray]
    capacity: FloatArray
    windows: tuple[SynthesisWindow, ...]

    @classmethod
    def draw(cls, seed: int) -> Case:
        """Three sessions of all three injuries, two steroid windows, one across a session."""
        random = np.random.default_rng(seed)
        times = np.array([0.0, 3.0, 9.5]) * WEEK
        return cls(
            rates=drawn_rates(MEMBERS, seed),
            injuries=SessionInjuries(times, *random.uniform(0.0, 0.15, (3, MEMBERS, COLUMNS, 3))),
            ages=random.uniform(30.0, 70.0, MEMBERS) * YEAR,
            ageing={
                "decline": random.uniform(0.005, 0.015, MEMBERS) / YEAR,
                "menopause_age": random.uniform(45.0, 55.0, MEMBERS) * YEAR,
                "menopause_loss": random.uniform(0.1, 0.4, MEMBERS),
                "menopause_duration": np.full(MEMBERS, 5.0) * YEAR,
                "later_decline": random.uniform(0.01, 0.03, MEMBERS) / YEAR,
            },
            capacity=random.uniform(0.68, 1.0, MEMBERS),
            windows=(
                SynthesisWindow(3.0 * WEEK, 3.0 * WEEK + 5.1 * DAY, random.uniform(0.1, 0.5, (MEMBERS, 1))),
                SynthesisWindow(9.2 * WEEK, 11.0 * WEEK, random.uniform(0.1, 0.5, (MEMBERS, 1))),
            ),
        )

    def course(self) -> Course:
        """The course that is judged."""
        return healing_course(
            self.rates,
            self.injuries,
            end=26 * WEEK,
            synthesis_capacity=self.capacity,
            reference=lambda time: reference_collagen(self.ages + time[:, None], **self.ageing),
            windows=self.windows,
            keep="all",
        )

    def judge(self, nodes: FloatArray, member: int, column: int) -> FloatArray:
        """All ten states of one member and column at the nodes, by LSODA between the events."""
        injuries = self.injuries
        events = {0.0, float(nodes[-1]), *injuries.times.tolist()}
        events |= {edge for window in self.windows for edge in (window.start, window.end)}
        result = np.empty((nodes.size, len(STATES)))
        state = np.zeros(len(STATES))
        state[9] = self.ageing_of(member, 0.0)[0]
        for start, end in pairwise(sorted(events)):
            for session in np.flatnonzero(injuries.times == start):
                lost = injuries.coagulated[member, column, session] * state[9]
                state[0] += injuries.punctured[member, column, session]
                state[1] += injuries.coagulated[member, column, session]
                state[4] += self.rates.heat_shock_drive[member] * injuries.heat_shocked[member, column, session]
                state[7] += lost
                state[9] -= lost
            inside = np.flatnonzero((nodes >= start) & (nodes <= end))
            holding = [w.factor[member, 0] for w in self.windows if w.start <= start < w.end]
            solution = solve_ivp(
                self.slope,
                (start, end),
                state,
                "LSODA",
                nodes[inside],
                args=(member, float(np.prod(holding))),
                rtol=1e-12,
                atol=1e-16,
            )
            assert solution.success
            result[inside] = solution.y.T
            state = solution.y[:, -1].copy()
        return result

    def ageing_of(self, member: int, time: float) -> tuple[float, float]:
        """Reference collagen and its rate of one member."""
        law = {name: value[member] for name, value in self.ageing.items()}
        age = self.ages[member] + time
        return float(reference_collagen(age, **law)), float(reference_collagen_rate(age, **law))

    def slope(self, time: float, state: FloatArray, member: int, factor: float) -> list[float]:
        """The right-hand side as it is written in the literature."""
        constants = (float(getattr(self.rates, field.name)[member]) for field in fields(HealingRates))
        k_m, k_t, k_J, k_M, a, kappa, mu, g_t, _, A, C_max, r = constants
        D_m, D_t, J, M, G, P, Y, W, C_n, C = state
        C_ref, C_ref_rate = self.ageing_of(member, time)
        made = A * self.capacity[member] * factor * a * Y * (1.0 - (C + C_n) / C_max)
        return [
            -k_m * D_m,
            -k_t * D_t,
            k_m * D_m + g_t * k_t * D_t - k_J * J,
            k_J * J - k_M * M,
            k_M * M - a * G,
            a * G - a * P,
            a * P - a * Y,
            -k_t * W,
            made - kappa * C_n + r * k_t * W,
            kappa * C_n - mu * C + mu * C_ref + C_ref_rate,
        ]


@pytest.fixture(scope="module", params=[11, 12])
def courses(request: pytest.FixtureRequest) -> tuple[Course, FloatArray]:
    """A course and LSODA's states of shape (times, members, columns, 10)."""
    case = Case.draw(request.param)
    course = case.course()
    judged = [[case.judge(course.time, member, column) for column in range(COLUMNS)] for member in range(MEMBERS)]
    return course, np.moveaxis(np.array(judged), 2, 0)


@pytest.mark.parametrize("name", [name for name in STATES if name != "waiting"])
def test_state_within_a_millionth_of_its_peak(courses: tuple[Course, FloatArray], name: str) -> None:
    course, judged = courses
    exact = judged[..., STATES.index(name)]
    error = np.abs(course.state(name) - exact).max(axis=0)
    assert np.all(error <= 1e-6 * exact.max(axis=0))


def test_change_against_untreated_within_a_millionth_of_its_peak(courses: tuple[Course, FloatArray]) -> None:
    course, judged = courses
    untreated = course.untreated[..., None]
    exact = judged[..., STATES.index("mature_collagen")] - untreated
    error = np.abs(course.mature_collagen - untreated - exact).max(axis=0)
    assert np.all(error <= 1e-6 * np.abs(exact).max(axis=0))
