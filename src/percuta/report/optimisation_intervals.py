"""Intervals of a search as charts: the chance of each constraint in both samples, and one step around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from percuta.report import svg
from percuta.report.optimisation_words import asked, chance, endpoint_name, percent, rounded, setting_label, step_text
from percuta.report.svg import Scale
from percuta.report.symbols import Symbol, symbol_key
from percuta.report.wording import unit

_LEFT, _RIGHT = 8.0, 348.0
_SEARCH, _FRESH = Symbol("round", "untreated", 3.8, filled=False), Symbol("round", "treated", 4.2)
_SAMPLES = (("search", _SEARCH, "search sample"), ("fresh", _FRESH, "fresh sample"))
_LINE = 14.0  # between lines of text


def chances_chart(name: str, constraints: Sequence[dict[str, Any]], candidate: dict[str, Any]) -> str:
    """Draw the share of scenarios that meet each constraint, with its interval, in the search and the fresh sample.

    Parameters
    ----------
    name
        Identifier of the drawing, unique on the page.
    constraints
        The constraints of ``optimisation.json``.
    candidate
        The settings that are shown, one of its candidates.
    """
    samples = [(candidate[key], symbol, label) for key, symbol, label in _SAMPLES if candidate[key] is not None]
    lows = [one["low"] for sampled, _, _ in samples for one in sampled["constraints"]]
    least = min([*lows, *(one["probability"] for one in constraints)])
    across = Scale(max(10.0 * int(10.0 * least - 0.2), 0.0), 100.0, _LEFT, _RIGHT - 6)
    parts, said, y = [], [], 4.0
    for index, one in enumerate(constraints):
        words, y = _row_head(asked(one), f"asked: {percent(one['probability'])}", y)
        parts.append(words)
        top = y
        for sampled, symbol, label in samples:
            held = sampled["constraints"][index]
            parts.append(_interval(across, y + 6, 100 * held["low"], 100 * held["share"], 100 * held["high"], symbol))
            said.append(f"{asked(one)}, {label} of {sampled['members']}: {chance(held)}.")
            y += 13.0
        wanted = across(100.0 * one["probability"])
        parts.append(svg.line(wanted, top - 1, wanted, y, paint="open", width=2, dash="3 2"))
        y += 9.0
    frame = svg.axis_across(across, y, "scenarios that meet it (%)", top=2.0)
    items = [(symbol, f"{label}, {sampled['members']} scenarios") for sampled, symbol, label in samples]
    key, height = symbol_key(items, 2, y + 54, _RIGHT)
    key += svg.line(4, y + 50 + height, 18, y + 50 + height, paint="open", width=2, dash="3 2")
    key += svg.text(22, y + 54 + height, "asked for", size=11)
    return svg.drawing(name, "Chance of each constraint", " ".join(said), y + 62 + height, [frame, *parts, key])


def around_chart(name: str, table: dict[str, Any]) -> str:
    """Draw how the first objective differs one step around the recommended settings, scenario by scenario.

    Parameters
    ----------
    name
        Identifier of the drawing, unique on the page.
    table
        What ``optimisation.json`` holds.
    """
    objective = table["objectives"][0]
    rows = [one for one in table["around"] if one["difference"] is not None]
    factor = 100.0 if objective["unit"] == "1" else 1.0
    ends = [factor * one["difference"][key] for one in rows for key in ("p5", "p95")]
    low, high = min(*ends, 0.0), max(*ends, 0.0)
    room = 0.05 * (high - low) or 1.0
    across = Scale(low - room, high + room, _LEFT, _RIGHT)
    parts, y = [], 4.0
    for one in rows:
        words, y = _row_head(_step(one), _median(one, factor), y)
        p5, p50, p95 = (factor * one["difference"][key] for key in ("p5", "p50", "p95"))
        paint = "open" if one["breaks"] else "treated"
        parts += [words, svg.range_bar(across, y + 6, p5, p50, p95, paint=paint, width=8)]
        y += 17.0
        for text in _broken(table, one):
            parts.append(svg.text(_LEFT, y + 9, text, paint="open", size=11, halo=True))
            y += _LINE
        y += 5.0
    written = "%" if objective["unit"] == "1" else unit(objective["unit"])
    frame = [
        svg.axis_across(
            across, y, f"difference to the recommended settings{f' ({written})' if written else ''}", top=2.0
        ),
        svg.line(across(0.0), 2.0, across(0.0), y, paint="ink", width=1.2),
    ]
    better = "right" if objective["goal"] == "maximise" else "left"
    note = svg.text(
        (_LEFT + _RIGHT) / 2, y + 46, f"{better} of the line is what is wanted", anchor="middle", paint="muted", size=11
    )
    marks = [("bar", "treated", "meets every constraint")]
    marks += [("bar", "open", "misses a constraint")] if any(one["breaks"] for one in rows) else []
    key, height = svg.legend(marks, 4, y + 68, _RIGHT)
    said = " ".join(_said(table, one, factor, written) for one in rows)
    title = f"{endpoint_name(objective)}, one step around"
    return svg.drawing(name, title, said, y + 58 + height, [*frame, *parts, note, key])


def _row_head(label: str, says: str, y: float) -> tuple[str, float]:
    return svg.labelled_row(label, says, _LEFT, _RIGHT, y)


def _interval(across: Scale, y: float, low: float, middle: float, high: float, symbol: Symbol) -> str:
    start, end = across(low), across(high)
    return (
        svg.line(start, y, end, y, paint=symbol.paint, width=1.8)
        + svg.line(start, y - 3.5, start, y + 3.5, paint=symbol.paint, width=1.8)
        + svg.line(end, y - 3.5, end, y + 3.5, paint=symbol.paint, width=1.8)
        + symbol.at(across(middle), y)
    )


def _step(one: dict[str, Any]) -> str:
    return step_text(setting_label(one["setting"]), one["from"], one["to"])


def _median(one: dict[str, Any], factor: float) -> str:
    value = factor * one["difference"]["p50"]
    return f"median {'+' if value > 0 else ''}{rounded(value)}"


def _broken(table: dict[str, Any], one: dict[str, Any]) -> list[str]:
    """Return the constraints that a step would break, in lines that fit."""
    if not one["breaks"]:
        return []
    names = "; ".join(asked(table["constraints"][index] | {"zone": None}) for index in one["breaks"])
    return svg.wrapped(f"misses: {names}", _RIGHT - _LEFT, 11)


def _said(table: dict[str, Any], one: dict[str, Any], factor: float, written: str) -> str:
    p5, p50, p95 = (rounded(factor * one["difference"][key]) for key in ("p5", "p50", "p95"))
    missed = " ".join(_broken(table, one))
    return f"{_step(one)}: median {p50} {written}, 5 to 95 % {p5} to {p95} {written}{f', {missed}' if missed else ''}."
