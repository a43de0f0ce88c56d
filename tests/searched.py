"""Content of ``optimisation.json``, made up: a pen on the cheeks, searched over five settings, and one with no way out.

A few formulas stand in for the model; the scenarios, the shares with their intervals, the front and the paired
differences are then computed from them, so that the parts of the content agree with each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]
Choice = tuple[float, int, int, int, int]

SETTINGS: dict[str, tuple[str, tuple[float, ...]]] = {
    "set_depth": ("mm", (0.5, 0.75, 1.0, 1.25, 1.5)),
    "passes": ("", (2, 3, 4, 5, 6, 8)),
    "frequency": ("Hz", (90, 110, 130)),
    "sessions": ("", (3, 4, 5, 6)),
    "interval": ("weeks", (3, 4, 5, 6)),
}
WRITTEN: Choice = (1.0, 4, 110, 4, 4)
TRIED: tuple[Choice, ...] = (
    WRITTEN,
    (0.75, 4, 110, 4, 4),
    (0.75, 4, 110, 6, 4),
    (0.75, 3, 110, 6, 4),
    (0.75, 4, 90, 6, 4),
    (0.75, 2, 90, 6, 4),
    (0.75, 5, 110, 6, 4),
    (0.75, 6, 130, 6, 4),
    (0.75, 8, 130, 6, 4),
    (0.75, 4, 110, 6, 3),
    (0.75, 4, 110, 6, 5),
    (0.5, 8, 130, 6, 4),
    (0.5, 6, 110, 6, 4),
    (0.5, 4, 110, 4, 4),
    (0.5, 2, 90, 3, 6),
    (1.0, 2, 90, 6, 4),
    (1.0, 3, 110, 5, 4),
    (1.0, 4, 110, 6, 4),
    (1.25, 3, 110, 6, 4),
    (1.25, 6, 130, 6, 4),
)
STOPPED: tuple[Choice, ...] = ((1.5, 6, 130, 6, 3), (1.5, 8, 130, 5, 4))
REFUSED: Choice = (1.5, 4, 110, 6, 3)
OBJECTIVES = (
    ("modelled_collagen_vs_untreated", "maximise", "%", "the wanted effect, wrinkles, has no calibrated grade"),
    ("pain_peak", "minimise", "0-10", "the burden that is felt in every session"),
)
CONSTRAINTS = (
    ("pain_peak", 7.0, "0-10", 0.9, "above this, people ask to stop"),
    ("redness_duration", 5.0, "day", 0.95, "a working week"),
    ("tracks_beyond_dermis_fraction", 0.5, "1", 0.95, "needles are meant for the dermis"),
    ("session_duration", 110.0, "min", 0.95, ""),
)
LEVEL = 0.9


def text(name: str, value: float) -> str:
    unit = SETTINGS[name][0]
    return f"{value:g} {unit}".strip()


def texts(choice: Choice) -> dict[str, str]:
    return {name: text(name, value) for name, value in zip(SETTINGS, choice, strict=True)}


def endpoints(choice: Choice, members: int) -> dict[str, Array]:
    """What the stand-in gives in every scenario; the same scenarios for every choice."""
    depth, passes, frequency, sessions, interval = choice
    draw = np.random.default_rng(members).standard_normal((6, members))
    covered = 1.0 - np.exp(-0.3 * passes * frequency / 110.0)
    reached = 0.74 * depth * np.exp(0.18 * draw[0])
    responds = np.exp(0.9 * draw[1]) * (draw[5] > -1.3)
    injury = covered * np.minimum(reached, 0.9)
    return {
        "modelled_collagen_vs_untreated": 11.0 * responds * sessions * injury * (1.0 - 0.03 * abs(interval - 4)),
        "pain_peak": np.minimum(2.9 * depth * (passes * frequency / 440.0) ** 0.3 * np.exp(0.6 * draw[2]), 10.0),
        "redness_duration": 3.4 * (covered * depth) ** 0.35 * np.exp(0.2 * draw[3]),
        "tracks_beyond_dermis_fraction": stats.norm.cdf((reached - 1.1 - 0.16 * draw[4]) / 0.08),
        "session_duration": 86.0 + (2.5 + 0.4 * draw[0]) * passes,
    }


def share(count: int, members: int) -> dict[str, float]:
    half = (1.0 - LEVEL) / 2.0
    low = stats.beta.ppf(half, count, members - count + 1) if count else 0.0
    high = stats.beta.ppf(1.0 - half, count + 1, members - count) if count < members else 1.0
    return {"share": count / members, "low": float(low), "high": float(high)}


def sampled(choice: Choice, members: int, limits: tuple[float, ...]) -> dict[str, Any]:
    found = endpoints(choice, members)
    objectives, constraints = [], []
    for name, *_ in OBJECTIVES:
        p5, p50, p95 = (float(one) for one in np.quantile(found[name], (0.05, 0.5, 0.95)))
        objectives.append({"p5": p5, "p50": p50, "p95": p95, "value": p50})
    for (name, _, _, probability, _), limit in zip(CONSTRAINTS, limits, strict=True):
        held = share(int((found[name] < limit).sum()), members)
        shown = "met" if held["low"] >= probability else "met, not shown"
        verdict = shown if held["share"] >= probability else "not met"
        constraints.append(held | {"quantile": float(np.quantile(found[name], probability)), "verdict": verdict})
    return {"members": members, "lost": 0, "objectives": objectives, "constraints": constraints}


def _candidates(limits: tuple[float, ...]) -> list[dict[str, Any]]:
    rows = []
    for number, choice in enumerate(TRIED):
        search = sampled(choice, 64, limits)
        rows.append(_row(number, choice, "dominated", None, search, sampled(choice, 256, limits)))
    feasible = [row for row in rows if all(one["verdict"] != "not met" for one in row["search"]["constraints"])]
    for row in rows:
        gain, burden = (one["value"] for one in row["search"]["objectives"])
        beaten = any(
            other["search"]["objectives"][0]["value"] > gain and other["search"]["objectives"][1]["value"] <= burden
            for other in feasible
        )
        row["status"] = "infeasible" if row not in feasible else "dominated" if beaten else "front"
        if row["status"] != "front" and not row["current"]:
            row["fresh"] = None
    for choice in STOPPED:
        rows.append(_row(len(rows), choice, "stopped early", "pain_peak below 7 in 9 of 16 scenarios", None, None))
    why = "reach_beyond_dermis: the needles would go through the dermis into the fat"
    rows.append(_row(len(rows), REFUSED, "refused", why, None, None))
    return rows


def _row(
    number: int,
    choice: Choice,
    status: str,
    why: str | None,
    search: dict[str, Any] | None,
    fresh: dict[str, Any] | None,
) -> dict[str, Any]:
    injury = None if search is None else choice[0] * choice[1] * choice[3] / 16.0
    return {
        "number": number,
        "settings": texts(choice),
        "current": choice == WRITTEN,
        "status": status,
        "why": why,
        "injury": injury,
        "beyond_label": choice[0] > 1.25,
        "search": search,
        "fresh": fresh,
    }


def _around(chosen: Choice, limits: tuple[float, ...]) -> list[dict[str, Any]]:
    rows = []
    for place, (name, (_, values)) in enumerate(SETTINGS.items()):
        at = values.index(chosen[place])
        for direction, other in (("less", at - 1), ("more", at + 1)):
            if 0 <= other < len(values):
                beside = (*chosen[:place], values[other], *chosen[place + 1 :])
                rows.append(_neighbour(chosen, beside, name, place, direction, limits))  # type: ignore[arg-type]
    return rows


def _neighbour(
    chosen: Choice, beside: Choice, name: str, place: int, direction: str, limits: tuple[float, ...]
) -> dict[str, Any]:
    key = OBJECTIVES[0][0]
    difference = endpoints(beside, 256)[key] - endpoints(chosen, 256)[key]
    p5, p50, p95 = (float(one) for one in np.quantile(difference, (0.05, 0.5, 0.95)))
    held = sampled(beside, 256, limits)["constraints"]
    breaks = [index for index, one in enumerate(held) if one["verdict"] == "not met"]
    word = "breaks a constraint" if breaks else "keeps every constraint"
    return {
        "setting": name,
        "direction": direction,
        "from": text(name, chosen[place]),
        "to": text(name, beside[place]),
        "status": "infeasible" if breaks else "dominated",
        "difference": {"p5": p5, "p50": p50, "p95": p95},
        "better": float((difference > 0).mean()),
        "breaks": breaks,
        "why": None,
        "sentence": f"{name} {text(name, beside[place])} {word}.",
    }


def _head(limits: tuple[float, ...]) -> dict[str, Any]:
    settings = [
        {
            "name": name,
            "step": 7 if name in ("set_depth", "passes", "frequency") else None,
            "unit": unit,
            "values": [text(name, value) for value in values],
            "current": texts(WRITTEN)[name],
            "default": name != "set_depth",
            "reason": "what published protocols used" if name != "set_depth" else "",
        }
        for name, (unit, values) in SETTINGS.items()
    ]
    objectives = [
        {"endpoint": name, "zone": "cheeks", "goal": goal, "quantile": 0.5, "time": None, "unit": unit, "reason": why}
        | {"default": True, "source": []}
        for name, goal, unit, why in OBJECTIVES
    ]
    constraints = [
        {"endpoint": name, "zone": None if name == "session_duration" else "cheeks", "side": "below", "limit": limit}
        | {"unit": unit, "probability": probability, "time": None, "reason": why}
        | {"default": name != "session_duration", "source": ["skinpen_consent"] if name == "redness_duration" else []}
        for (name, _, unit, probability, why), limit in zip(CONSTRAINTS, limits, strict=True)
    ]
    return {
        "plan": "Cheek wrinkles, 52 years",
        "plan_sha256": "0" * 64,
        "percuta": "0.6.0",
        "library_sha256": "1" * 64,
        "seed": 0,
        "members": 64,
        "accuracy": "draft",
        "fresh_members": 256,
        "fresh_accuracy": "standard",
        "fresh_seed": 1,
        "interval": LEVEL,
        "trials": {"done": 26, "computed": 20, "stopped_early": 2, "refused": 1, "impossible": 3},
        "objectives": objectives,
        "constraints": constraints,
        "settings": settings,
    }


def pen_search() -> dict[str, Any]:
    """A search that found settings: 0.75 mm and six sessions in place of 1.0 mm and four."""
    limits = tuple(one[1] for one in CONSTRAINTS)
    candidates = _candidates(limits)
    chosen: Choice = (0.75, 4, 110, 6, 4)
    number = TRIED.index(chosen)
    return _head(limits) | {
        "candidates": candidates,
        "recommended": number,
        "chosen_because": [
            "Of the 9 settings on the front, 8 meet every constraint in the fresh sample.",
            "Of those whose gain no evidence separates, these injure least.",
        ],
        "unseparated": [TRIED.index((0.75, 4, 110, 6, 5)), TRIED.index((0.75, 5, 110, 6, 4))],
        "binding": {
            "constraint": 0,
            "margin": 2.9,
            "sentence": "Strongest pain binds: 90 % of scenarios stay below 4.1 of 10, and 7 is the limit.",
        },
        "around": _around(chosen, limits),
        "relax": [],
        "sentences": {"verdict": "Settings were found that gain more than the plan as written and hurt less."},
    }


def nothing_feasible() -> dict[str, Any]:
    """The same with a limit of the pain that no setting keeps."""
    limits = (1.5, 5.0, 0.5, 110.0)
    sentence = "With a limit of 2.9 in place of 1.5 of 10 for the strongest pain, these settings meet every constraint."
    return _head(limits) | {
        "candidates": _candidates(limits),
        "recommended": None,
        "chosen_because": [],
        "unseparated": [],
        "binding": None,
        "around": [],
        "relax": [
            {"constraint": 0, "limit": 1.5, "to": 2.9, "settings": texts((0.5, 2, 90, 3, 6)), "sentence": sentence}
        ],
        "sentences": {"verdict": "No setting that was tried meets every constraint."},
    }
