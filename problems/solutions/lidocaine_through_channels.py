"""Lidocaine through channelled skin: cells and steps halved from level to level, and another discretisation."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from percuta.physics.diffusion import OpenChannels, Phase, Skin, Vehicle, diffuse
from percuta.physics.pharmacokinetics import plasma_course
from problem_files import Problem

Floats = NDArray[np.float64]
Answer = dict[str, Any]

LEVELS, TWICE = 5, 1
METHOD = (
    "cell-centred finite volumes, TR-BDF2; 40 to 640 cells and 24 to 384 steps between two times that are asked for"
)
INDEPENDENT = "values at the faces of 1160 cells (linear elements, lumped), SciPy's BDF with relative tolerance 1e-9"

_CELLS = {"stratum_corneum": 4, "epidermis": 4, "upper": 16, "lower": 16}  # at the first level
_STEPS = 24
_STIRRED = 1e3  # m^2/s
_LAYERS = ("stratum_corneum", "epidermis", "dermis")


def _parts(problem: Problem) -> list[tuple[str, str, float]]:
    """Return name, layer and thickness of what is uniform, from the surface down."""
    upper = problem["channels.depth"] - sum(problem[f"{layer}.thickness"] for layer in _LAYERS[:2])
    lower = problem["dermis.thickness"] - upper
    thin = [(layer, layer, problem[f"{layer}.thickness"]) for layer in _LAYERS[:2]]
    return [*thin, ("upper", "dermis", upper), ("lower", "dermis", lower)]


def _times(problem: Problem) -> list[float]:
    """Return all times that are asked for, with that at which the cream is wiped off."""
    asked = {at for name in ("absorbed", "content_at_half_millimetre") for at in problem.points(name)}
    return sorted({0.0, problem["cream.duration"], problem["time.end"], *asked})


def solve(problem: Problem, level: int) -> Answer:
    """Return the outputs with 40 cells and 24 steps, doubled from level to level."""
    skin, channels = _skin(problem, 2 ** (level - 1))
    one, closing = np.ones(1), problem["channels.closing_time"]
    cream = Vehicle(
        problem["cream.thickness"] * one,
        problem["cream.concentration"] * one,
        problem["cream.partition"] * one,
        _STIRRED * one,
    )
    phases = []
    for begin, end in pairwise(_times(problem)):
        left = channels * np.exp(-begin / closing)
        vehicle = cream if begin < problem["cream.duration"] else None
        tracks = OpenChannels(left, problem["channels.mobility"] * one, closing * one)
        steps = _STEPS * 2 ** (level - 1)
        phases.append(Phase((end - begin) * one, vehicle, begin == 0.0, one, one, tracks, steps))
    course = diffuse(skin, phases)
    time, held, depth = course.time[0], course.concentration[0], skin.depth[0]
    at = {moment: int(np.argmin(np.abs(time - moment))) for moment in _times(problem)}
    plasma = plasma_course(
        time,
        course.absorbed * problem["body.area"],
        np.array([problem["body.volume"]]),
        np.array([problem["body.clearance"]]),
    )[0]
    peak_time, peak = _peak(time, plasma)
    return {
        "left_in_cream": float(course.wiped[0]),
        "absorbed_share": float(course.absorbed[0, -1] / course.applied[0]),
        "plasma_peak": peak,
        "plasma_peak_time": peak_time,
        "absorbed": [float(course.absorbed[0, at[moment]]) for moment in problem.points("absorbed")],
        "content_under_cream": [
            _between(depth, held[at[problem["cream.duration"]]], place)
            for place in problem.points("content_under_cream")
        ],
        "content_at_half_millimetre": [
            _between(depth, held[at[moment]], 5e-4) for moment in problem.points("content_at_half_millimetre")
        ],
    }


def _skin(problem: Problem, finer: int) -> tuple[Skin, Floats]:
    """Return the cells, and the open share at time 0 in each."""
    columns: list[Floats] = []
    for part, layer, thickness in _parts(problem):
        cells = _CELLS[part] * finer
        partition = problem[f"{layer}.partition"]
        values = (
            thickness / cells,
            partition,
            partition * problem[f"{layer}.diffusivity"],
            problem["dermis.clearance"] if layer == "dermis" else 0.0,
            problem["channels.open_share"] if part != "lower" else 0.0,
        )
        columns.append(np.repeat(np.array(values)[:, None], cells, axis=1))
    width, capacity, mobility, clearance, share = np.hstack(columns)[:, None]
    return Skin(width, capacity, mobility, clearance, _CELLS["stratum_corneum"] * finer), share


def _between(places: Floats, values: Floats, at: float) -> float:
    """Return a value between places by the cubic through the four nearest."""
    near = np.argsort(np.abs(places - at))[:4]
    scale = float(np.ptp(places[near]))
    return float(np.polyfit((places[near] - at) / scale, values[near], 3)[-1])


def _peak(time: Floats, plasma: Floats) -> tuple[float, float]:
    """Return time and height of the highest value of a spline through the course."""
    spline = CubicSpline(time, plasma)
    flat = [float(one) for one in spline.derivative().roots(extrapolate=False) if one > 0.0]
    best = max(flat, key=lambda one: float(spline(one)))
    return best, float(spline(best))


def independent(problem: Problem) -> Answer:
    """Return the outputs by values at the faces of layers and cells, integrated by BDF; the blood along with them."""
    z, held, tissue, open_here, lost = _faces(problem)
    size = np.diff(z)
    cream = problem["cream.thickness"] * problem["cream.partition"]
    kept: dict[float, Floats] = {}
    # cream and skin share the first value as long as the cream lies on it
    state = np.zeros(z.size + 2)
    state[0] = problem["cream.concentration"] / problem["cream.partition"] * cream / (cream + held[0])
    ratio = problem["body.clearance"] / problem["body.volume"]

    def slope(time: float, now: Floats, hold: Floats) -> Floats:
        share = open_here * np.exp(-time / problem["channels.closing_time"])
        flow = ((1.0 - share) * tissue + share * problem["channels.mobility"]) / size * np.diff(now[:-2])
        gain = -lost * now[:-2]
        gain[:-1] += flow
        gain[1:] -= flow
        taken = float(lost @ now[:-2])
        plasma = problem["body.area"] * taken / problem["body.volume"] - ratio * now[-1]
        return np.concatenate([gain / hold, [taken, plasma]])

    wiped, plasma_time, plasma = 0.0, [0.0], [0.0]
    for begin, end in pairwise(_times(problem)):
        covered = begin < problem["cream.duration"]
        hold = held.copy()
        hold[0] += cream * covered
        if begin == problem["cream.duration"]:
            wiped = cream * state[0]
        bands = _bands(z.size)
        found = solve_ivp(
            slope, (begin, end), state, "BDF", args=(hold,), rtol=1e-9, atol=1e-13, jac_sparsity=bands,
            first_step=1e-6,
        )  # fmt: skip
        state = found.y[:, -1]
        kept[end] = state.copy()
        plasma_time.extend(found.t[1:])
        plasma.extend(found.y[-1, 1:])
    peak_time, peak = _peak(np.array(plasma_time), np.array(plasma))
    dose = problem["cream.thickness"] * problem["cream.concentration"]
    partition, wiping = problem["dermis.partition"], problem["cream.duration"]

    def content(moment: float, place: float) -> float:
        return partition * float(np.interp(place, z, kept[moment][:-2]))

    return {
        "left_in_cream": wiped,
        "absorbed_share": float(kept[problem["time.end"]][-2]) / dose,
        "plasma_peak": peak,
        "plasma_peak_time": peak_time,
        "absorbed": [float(kept[moment][-2]) for moment in problem.points("absorbed")],
        "content_under_cream": [content(wiping, place) for place in problem.points("content_under_cream")],
        "content_at_half_millimetre": [
            content(moment, 5e-4) for moment in problem.points("content_at_half_millimetre")
        ],
    }


def _faces(problem: Problem) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return places, what each holds [m], mobility and open share between them, and what the blood takes [m/s]."""
    finer = {"stratum_corneum": 15, "epidermis": 10, "upper": 25, "lower": 25}
    z, mobility, share, held, lost = [0.0], [], [], [0.0], [0.0]
    for part, layer, thickness in _parts(problem):
        cells = _CELLS[part] * finer[part]
        half = 0.5 * thickness / cells * problem[f"{layer}.partition"]
        clearance = problem["dermis.clearance"] if layer == "dermis" else 0.0
        for _ in range(cells):
            z.append(z[-1] + thickness / cells)
            held[-1] += half
            lost[-1] += clearance * half
            held.append(half)
            lost.append(clearance * half)
            mobility.append(problem[f"{layer}.partition"] * problem[f"{layer}.diffusivity"])
            share.append(problem["channels.open_share"] if part != "lower" else 0.0)
    return np.array(z), np.array(held), np.array(mobility), np.array(share), np.array(lost)


def _bands(places: int) -> NDArray[np.bool_]:
    """Return which values change which: neighbours, all of them the blood, and the blood itself."""
    count = places + 2
    pattern = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) <= 1
    pattern[places:] = True
    pattern[:places, places:] = False
    return pattern
