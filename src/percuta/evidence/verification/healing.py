"""Healing: against an independent solver, against converged peaks, its order, and superposition."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from percuta.engine.scenarios import FEWEST, scenario_batch
from percuta.evidence.cases import Case, Row, verified
from percuta.evidence.rates import central_rates, drawn_rates
from percuta.physics.ageing import YEAR, reference_collagen, reference_collagen_rate
from percuta.physics.cascade import CASCADE, HealingRates, cascade_peaks
from percuta.physics.healing import Course, SessionInjuries, SynthesisWindow, healing_course

Floats = NDArray[np.float64]

DAY = 86_400.0
WEEK = 7.0 * DAY

# What the same rates gave in an independent computation.
_PEAKS = {"mediator": 1.65, "macrophage": 3.35, "secreting_fibroblast": 12.65}  # d
_PEAK_TOLERANCE = 0.2  # d
_MATURE = {56: 0.85, 84: 0.96, 112: 0.99}  # share of the end value, by day
_MATURE_TOLERANCE = 0.01
_LONG_AFTER = 1000.0 * DAY  # no immature collagen is left
_SOLVER_TOLERANCE = 1e-6  # of each state's peak
_ORDER_TOLERANCE = 0.25
_ROUNDING = 1e-10  # of each state's peak
_DECLINE = 0.01 / YEAR  # ageing of the persons in the comparison with the solver


def _injuries(
    times: list[float], members: int, punctured: float, coagulated: float = 0.0, heated: float = 0.0
) -> SessionInjuries:
    """Return equal injuries of one compartment at every session."""
    shape = (members, 1, len(times))
    return SessionInjuries(np.array(times), *(np.full(shape, dose) for dose in (punctured, coagulated, heated)))


def _ageless(time: Floats) -> Floats:
    """Return no collagen at all, so that what is computed is what the injuries add."""
    return np.zeros((time.size, 1))


def _linear_rates() -> HealingRates:
    """Return the reference's rates without loss of mature collagen and without limit."""
    return central_rates(mature_loss=0.0, collagen_capacity=np.inf, synthesis_gain=1.0)


@dataclass(frozen=True)
class _Person:
    """One person of the comparison, in the equations as the literature writes them."""

    rates: HealingRates
    member: int
    age: float
    capacity: float
    injuries: SessionInjuries
    windows: tuple[SynthesisWindow, ...]

    def states(self, nodes: Floats) -> Floats:
        """Return seven linear states, waiting, immature and mature collagen at the nodes, by LSODA."""
        edges = {0.0, float(nodes[-1]), *self.injuries.times.tolist()}
        edges |= {edge for window in self.windows for edge in (window.start, window.end)}
        result = np.empty((nodes.size, 10))
        state = np.zeros(10)
        state[9] = self._reference(0.0)[0]
        for start, stop in pairwise(sorted(edges)):
            state = self._injured(state, start)
            inside = np.flatnonzero((nodes >= start) & (nodes <= stop))
            factor = np.prod([window.factor.item() for window in self.windows if window.start <= start < window.end])
            solution = solve_ivp(
                self._slope, (start, stop), state, "LSODA", nodes[inside], args=(float(factor),), rtol=1e-10, atol=1e-14
            )
            result[inside] = solution.y.T
            state = solution.y[:, -1]
        return result

    def _reference(self, time: float) -> tuple[float, float]:
        never = np.inf
        law = (self.age + time, _DECLINE, never, 0.0, YEAR, 0.0)
        return float(reference_collagen(*law)), float(reference_collagen_rate(*law))

    def _injured(self, state: Floats, time: float) -> Floats:
        state = state.copy()
        for session in np.flatnonzero(self.injuries.times == time):
            punctured, coagulated, heated = self.injuries.doses(int(session))[self.member, :, 0]
            lost = coagulated * state[9]
            state[[0, 1]] += punctured, coagulated
            state[4] += self.rates.heat_shock_drive[self.member] * heated
            state[[7, 9]] += lost, -lost
        return state

    def _slope(self, time: float, state: Floats, factor: float) -> Floats:
        def rate(name: str) -> float:
            return float(getattr(self.rates, name)[self.member])

        debris, coagulated, mediator, macrophage, growth, activated, secreting, waiting, immature, mature = state
        stage, loss = rate("fibroblast_stage_rate"), rate("mature_loss")
        cleared, cooked = rate("debris_clearance") * debris, rate("coagulated_clearance") * coagulated
        eaten, called = rate("macrophage_clearance") * macrophage, rate("mediator_clearance") * mediator
        room = 1.0 - (mature + immature) / rate("collagen_capacity")
        made = rate("synthesis_gain") * self.capacity * factor * stage * secreting * room
        replaced = rate("coagulated_clearance") * waiting
        matured = rate("maturation") * immature
        untreated, ageing = self._reference(time)
        return np.array(
            [
                -cleared,
                -cooked,
                cleared + rate("coagulated_mediator_ratio") * cooked - called,
                called - eaten,
                eaten - stage * growth,
                stage * (growth - activated),
                stage * (activated - secreting),
                -replaced,
                made - matured + rate("coagulated_replacement") * replaced,
                matured - loss * mature + loss * untreated + ageing,
            ]
        )


def _solver() -> list[Row]:
    """Compare three persons: three sessions of all injuries, a steroid across the second, ageing."""
    members = 3
    scenarios = scenario_batch(FEWEST, 0, 0)
    scenarios.points = scenarios.points[:members]
    rates = drawn_rates(scenarios, heat_shock_drive=0.5)
    ages, capacity = np.linspace(30.0, 70.0, members) * YEAR, np.linspace(1.0, 0.7, members)
    injuries = _injuries([0.0, 4.0 * WEEK, 8.0 * WEEK], members, 0.15, 0.05, 0.1)
    windows = (SynthesisWindow(4.0 * WEEK, 5.5 * WEEK, np.array([[0.3]])),)
    never = np.inf
    course = healing_course(
        rates,
        injuries,
        end=26.0 * WEEK,
        synthesis_capacity=capacity,
        reference=lambda time: reference_collagen(ages + time[:, None], _DECLINE, never, 0.0, YEAR, 0.0),
        windows=windows,
        keep="all",
    )
    persons = [_Person(rates, m, float(ages[m]), float(capacity[m]), injuries, windows) for m in range(members)]
    exact = np.stack([person.states(course.time) for person in persons], axis=1)
    states = [(name, exact[..., number], course.state(name)[..., 0]) for number, name in enumerate(CASCADE)]
    states.append(("immature_collagen", exact[..., 8], course.immature_collagen[..., 0]))
    states.append(("mature_collagen", exact[..., 9], course.mature_collagen[..., 0]))
    gained = exact[..., 9] - course.untreated, course.mature_collagen[..., 0] - course.untreated
    return [_against_solver(*state) for state in states] + [
        _against_solver("mature collagen against untreated", *gained)
    ]


def _against_solver(name: str, exact: Floats, computed: Floats) -> Row:
    peak = np.abs(exact).max(axis=0)
    return verified(
        name.replace("_", " "),
        "1",
        float(exact.max()),
        float(computed.max()),
        error=float((np.abs(computed - exact).max(axis=0) / peak).max()),
        tolerance=_SOLVER_TOLERANCE,
        error_in="of the peak",
        note="expected and predicted are the highest values of three persons; the error is the largest at any time",
    )


def _peaks() -> list[Row]:
    rates = _linear_rates()
    times = cascade_peaks(rates)[0][0] / DAY
    rows = []
    for state, expected in _PEAKS.items():
        day = float(times[CASCADE.index(state)])
        rows.append(
            verified(
                f"peak of {state.replace('_', ' ')}",
                "d",
                expected,
                day,
                error=abs(day - expected),
                tolerance=_PEAK_TOLERANCE,
                error_in="d",
            )
        )
    days = np.array([*_MATURE, _LONG_AFTER / DAY])
    mature = _course_of_one(rates, longest_step=0.25 * DAY).mature_collagen[:, 0, 0]
    share = np.interp(days, np.linspace(0.0, _LONG_AFTER / DAY, mature.size), mature)
    for (day, expected), value in zip(_MATURE.items(), share / share[-1], strict=False):
        rows.append(
            verified(
                f"mature collagen at {day} d, of its end value",
                "1",
                expected,
                float(value),
                error=abs(float(value) - expected),
                tolerance=_MATURE_TOLERANCE,
                error_in="of the end value",
            )
        )
    return rows


def _course_of_one(rates: HealingRates, longest_step: float) -> Course:
    return healing_course(
        rates,
        _injuries([0.0], 1, 0.2),
        end=_LONG_AFTER,
        synthesis_capacity=np.ones(1),
        reference=_ageless,
        longest_step=longest_step,
    )


def _order() -> list[Row]:
    """Halve the step: the largest error of collagen falls by 16 where the order is four."""
    rates = central_rates(synthesis_gain=3.0)  # strong, so that the limit of collagen bends the course

    def collagen(step: float) -> Floats:
        """Return mature and immature collagen every day, (2, days), computed with steps of a part of a day."""
        course = healing_course(
            rates,
            _injuries([0.0, 32.0 * DAY], 1, 0.2),
            end=64.0 * DAY,
            synthesis_capacity=np.ones(1),
            reference=lambda time: np.ones((time.size, 1)),
            longest_step=step * DAY,
        )
        daily = slice(None, None, round(1.0 / step))
        return np.stack([course.mature_collagen[daily, 0, 0], course.immature_collagen[daily, 0, 0]])

    converged = collagen(1.0 / 64.0)
    errors = [np.abs(collagen(step) - converged).max(axis=1) for step in (1.0, 0.5, 0.25)]
    rows = []
    for number, name in enumerate(("mature", "immature")):
        for (coarse, fine), steps in zip(pairwise(errors), ("1 d to 0.5 d", "0.5 d to 0.25 d"), strict=True):
            order = float(np.log2(coarse[number] / fine[number]))
            rows.append(
                verified(
                    f"order of {name} collagen, step {steps}",
                    "1",
                    4.0,
                    order,
                    error=abs(order - 4.0),
                    tolerance=_ORDER_TOLERANCE,
                    error_in="of an order",
                )
            )
    return rows


def _superposition() -> list[Row]:
    """Sum shifted single sessions, and end with as much collagen whatever the interval."""
    rates, times = _linear_rates(), [0.0, 20.0 * DAY, 40.0 * DAY, 60.0 * DAY]

    def course(sessions: list[float]) -> Course:
        injuries = _injuries(sessions, 1, 0.2)
        return healing_course(
            rates,
            injuries,
            end=200.0 * DAY,
            synthesis_capacity=np.ones(1),
            reference=_ageless,
            keep="all",
            longest_step=0.5 * DAY,
        )

    together, alone = course(times), course([0.0])
    rows = []
    for name in (*CASCADE[:1], *CASCADE[2:], "immature_collagen", "mature_collagen"):
        one = alone.state(name)[:, 0, 0]
        shifted = [round(time / (0.5 * DAY)) for time in times]
        summed = sum(np.concatenate([np.zeros(shift), one[: one.size - shift]]) for shift in shifted)
        computed = together.state(name)[:, 0, 0]
        rows.append(
            verified(
                f"{name.replace('_', ' ')} of four sessions",
                "1",
                float(np.max(summed)),
                float(computed.max()),
                error=float(np.abs(computed - summed).max() / np.max(summed)),
                tolerance=_ROUNDING,
                error_in="of the peak",
            )
        )
    return rows


CASES = (
    Case(
        "healing-solver",
        "Healing course against LSODA, every state within a millionth of its peak",
        "verification",
        (),
        False,
        _solver,
    ),
    Case(
        "healing-peaks",
        "Peaks and maturation with the reference's rates",
        "verification",
        ("skibidy_2026",),
        False,
        _peaks,
    ),
    Case("healing-order", "Order of the collagen integration", "verification", (), False, _order),
    Case("superposition", "Four sessions are the sum of four single ones", "verification", (), False, _superposition),
)
