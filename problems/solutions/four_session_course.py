"""The healing course of four sessions: Runge-Kutta steps of half the length from level to level, and LSODA."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from percuta.physics.cascade import HealingRates
from percuta.physics.healing import SessionInjuries, SynthesisWindow, healing_course
from problem_files import Problem

Floats = NDArray[np.float64]
Answer = dict[str, Any]

LEVELS, TWICE = 5, 1
METHOD = "linear states by matrix exponential, collagen by Runge-Kutta of order 4; steps of 3 d to 4.5 h"
INDEPENDENT = "SciPy's LSODA on the equations as they stand, relative tolerance 1e-11"

_LONGEST = 3.0 * 86_400.0  # s, at the first level
_COMPARTMENTS = ("papillary", "reticular")
_INJURIES = ("punctured", "coagulated", "heat_shocked")
_MEDIATOR, _IMMATURE, _MATURE = 2, 7, 8


def _untreated(problem: Problem, time: Floats) -> Floats:
    return problem["ageing.untreated_start"] * np.exp(-problem["ageing.decline"] * time)


def solve(problem: Problem, level: int) -> Answer:
    """Return the outputs with steps of 3 days, halved from level to level."""
    times = np.array(problem.row("sessions.times"))
    injuries = [np.array([[problem.row(f"{one}.{kind}") for one in _COMPARTMENTS]]) for kind in _INJURIES]
    begin = float(times[1])
    course = healing_course(
        _rates(problem),
        SessionInjuries(times, *injuries),
        end=problem["time.end"],
        synthesis_capacity=np.array([problem["sizes.capacity"]]),
        reference=lambda time: _untreated(problem, time)[:, None],
        windows=[
            SynthesisWindow(begin, begin + problem["steroid.duration"], np.array([[problem["steroid.factor"]]])),
            # a window that changes nothing makes its edges nodes of the course
            *(SynthesisWindow(at, at + 0.5 * problem["time.end"], np.ones((1, 1))) for at in _asked(problem)),
        ],
        longest_step=_LONGEST / 2.0 ** (level - 1),
    )
    node = {round(float(time), 3): index for index, time in enumerate(course.time)}

    def curve(name: str, values: Floats) -> list[float]:
        return [float(values[node[round(at, 3)]]) for at in problem.points(name)]

    mature, mediator = course.mature_collagen[:, 0], course.mediator[:, 0]
    gain = mature[-1] - course.untreated[-1]
    return {
        "papillary_gain_at_end": float(gain[0]),
        "reticular_gain_at_end": float(gain[1]),
        "reticular_lowest_collagen": float(mature[node[round(float(times[2]), 3)], 1]),
        "papillary_mature": curve("papillary_mature", mature[:, 0]),
        "reticular_mature": curve("reticular_mature", mature[:, 1]),
        "papillary_immature": curve("papillary_immature", course.immature_collagen[:, 0, 0]),
        "reticular_mediator": curve("reticular_mediator", mediator[:, 1]),
    }


def _asked(problem: Problem) -> list[float]:
    """Return the times that any curve is asked at, inside the course."""
    times = {at for one in problem.outputs if one.at is not None for at in one.at.values}
    return sorted(at for at in times if 0.0 < at < problem["time.end"])


def _rates(problem: Problem) -> HealingRates:
    names = ("debris_clearance", "coagulated_clearance", "mediator_clearance", "macrophage_clearance")
    same = {name: np.array([problem[f"rates.{name}"]]) for name in (*names, "maturation", "mature_loss")}
    return HealingRates(
        **same,
        fibroblast_stage_rate=np.array([problem["rates.stage_rate"]]),
        coagulated_mediator_ratio=np.array([problem["sizes.mediator_ratio"]]),
        heat_shock_drive=np.array([problem["sizes.heat_drive"]]),
        synthesis_gain=np.array([problem["sizes.gain"]]),
        collagen_capacity=np.array([problem["sizes.collagen_limit"]]),
        coagulated_replacement=np.array([problem["sizes.replacement"]]),
    )


def independent(problem: Problem) -> Answer:
    """Return the outputs by LSODA, one compartment after the other."""
    papillary, reticular = (_by_lsoda(problem, name) for name in _COMPARTMENTS)
    end = problem["time.end"]

    def curve(name: str, states: dict[float, Floats], state: int) -> list[float]:
        return [float(states[at][state]) for at in problem.points(name)]

    untreated = float(_untreated(problem, np.array(end)))
    return {
        "papillary_gain_at_end": float(papillary[end][_MATURE]) - untreated,
        "reticular_gain_at_end": float(reticular[end][_MATURE]) - untreated,
        "reticular_lowest_collagen": float(reticular[problem.row("sessions.times")[2]][_MATURE]),
        "papillary_mature": curve("papillary_mature", papillary, _MATURE),
        "reticular_mature": curve("reticular_mature", reticular, _MATURE),
        "papillary_immature": curve("papillary_immature", papillary, _IMMATURE),
        "reticular_mediator": curve("reticular_mediator", reticular, _MEDIATOR),
    }


def _by_lsoda(problem: Problem, compartment: str) -> dict[float, Floats]:
    """Return the ten states at every time that is asked for, those of a session just after it."""
    sessions, length = problem.row("sessions.times"), problem["steroid.duration"]
    window = (sessions[1], sessions[1] + length)
    edges = sorted({0.0, *sessions, *window, *_asked(problem), problem["time.end"]})
    state = np.zeros(10)
    state[_MATURE] = problem["ageing.untreated_start"]
    kept = {}
    for begin, end in pairwise([*edges, edges[-1] + 1.0]):
        if begin in sessions:
            state = _injured(problem, compartment, state, sessions.index(begin))
        kept[begin] = state
        factor = problem["steroid.factor"] if window[0] <= begin < window[1] else 1.0
        found = solve_ivp(_slope, (begin, end), state, "LSODA", args=(_values(problem), factor), rtol=1e-11, atol=1e-15)
        state = found.y[:, -1]
    return kept


def _injured(problem: Problem, compartment: str, state: Floats, session: int) -> Floats:
    punctured, coagulated, heated = (problem.row(f"{compartment}.{kind}")[session] for kind in _INJURIES)
    after = state.copy()
    after[9] += coagulated * state[_MATURE]
    after[_MATURE] -= coagulated * state[_MATURE]
    after[0] += punctured
    after[1] += coagulated
    after[4] += problem["sizes.heat_drive"] * heated
    return after


def _values(problem: Problem) -> dict[str, float]:
    tables = ("rates", "sizes", "ageing")
    return {name: problem[f"{table}.{name}"] for table in tables for name in problem.inputs[table]}


def _slope(time: float, state: Floats, v: dict[str, float], factor: float) -> Floats:
    debris, coagulated, mediator, macrophage, growth, activated, secreting, immature, mature, waiting = state
    untreated = v["untreated_start"] * np.exp(-v["decline"] * time)
    supply = (v["mature_loss"] - v["decline"]) * untreated
    room = 1.0 - (mature + immature) / v["collagen_limit"]
    made = v["gain"] * v["capacity"] * factor * v["stage_rate"] * secreting * room
    cleared, cooked = v["debris_clearance"] * debris, v["coagulated_clearance"] * coagulated
    return np.array(
        [
            -cleared,
            -cooked,
            cleared + v["mediator_ratio"] * cooked - v["mediator_clearance"] * mediator,
            v["mediator_clearance"] * mediator - v["macrophage_clearance"] * macrophage,
            v["macrophage_clearance"] * macrophage - v["stage_rate"] * growth,
            v["stage_rate"] * (growth - activated),
            v["stage_rate"] * (activated - secreting),
            made - v["maturation"] * immature + v["replacement"] * v["coagulated_clearance"] * waiting,
            v["maturation"] * immature - v["mature_loss"] * mature + supply,
            -v["coagulated_clearance"] * waiting,
        ]
    )
