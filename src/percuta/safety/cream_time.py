"""How long a cream is on the skin: from when it has been spread until it is taken off, waiting included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from percuta.library.registry import Library
from percuta.plan.steps import Needling, Step, TopicalAnaesthetic
from percuta.safety.left_on import TAKES_OFF
from percuta.safety.protocol import Case, Placed


@dataclass(frozen=True)
class TimeOn:
    """One application of a cream on one zone.

    Attributes
    ----------
    placed
        The step that puts it on.
    zone
        The zone.
    on, off
        When it has been spread and when a step begins to take it off [s]; without such a step the end of the time
        that the plan states for it.
    """

    placed: Placed[TopicalAnaesthetic]
    zone: str
    on: float
    off: float


def times_on(case: Case) -> list[TimeOn]:
    """Return every application of a cream on every zone, at the typical length of steps that state none."""
    found: list[TimeOn] = []
    open_until_now: dict[str, list[tuple[Placed[TopicalAnaesthetic], float]]] = {}
    now = 0.0
    for number, step in enumerate(case.plan.session.steps, 1):
        zones = case.plan.zones_of(step)
        if isinstance(step, TAKES_OFF):
            found += _taken_off(open_until_now, zones, now)
        now += step_time(case.library, step)
        if isinstance(step, TopicalAnaesthetic):
            placed = Placed(number, step, tuple(zones))
            for zone in zones:
                open_until_now.setdefault(zone, []).append((placed, now - step.duration.si))
    for zone, creams in open_until_now.items():
        found += [TimeOn(placed, zone, on, on + placed.step.duration.si) for placed, on in creams]
    return found


def _taken_off(
    creams: dict[str, list[tuple[Placed[TopicalAnaesthetic], float]]], zones: tuple[str, ...], now: float
) -> Iterator[TimeOn]:
    for zone in zones:
        for placed, on in creams.pop(zone, []):
            yield TimeOn(placed, zone, on, now)


def step_time(library: Library, step: Step) -> float:
    """Return how long a step takes [s]: as it states, else typically; needles that state nothing count as nothing."""
    if isinstance(step, TopicalAnaesthetic):
        return library.parameter("timing.apply_anaesthetic").si + step.duration.si
    if isinstance(step, Needling) and step.needling_time is not None:
        return step.needling_time.si * len(step.zones)
    if step.duration is not None:
        return step.duration.si
    typical = library.parameters.get(f"timing.{getattr(step, 'do', '')}")
    return 0.0 if typical is None else typical.si


def length(times: list[TimeOn]) -> float:
    """Return for how long any of some applications is on [s]; time under two at once counts once."""
    total, reached = 0.0, float("-inf")
    for one in sorted(times, key=lambda one: one.on):
        total += max(one.off - max(one.on, reached), 0.0)
        reached = max(reached, one.off)
    return total
