"""How far a measurement keeps its constraints, and what it reaches of its objectives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percuta.optimisation.measuring import Measured
from percuta.optimisation.wishes import Aim, Limit, Wishes
from percuta.results.judging import Better
from percuta.results.proportions import clopper_pearson

Floats = NDArray[np.float64]
Verdict = Literal["met", "met, not shown", "not met"]

LEVEL = 0.90  # of the two-sided interval, so that its lower end is one-sided at 95 %
_HOPELESS = 0.99  # level at which few scenarios have to exclude a constraint before the rest is not computed
_ROUNDING = 1e-12
_BEYOND = 1e300  # beyond the value of any endpoint


@dataclass(frozen=True)
class Kept:
    """How far one constraint is kept over a sample.

    Attributes
    ----------
    share, low, high
        Share of the scenarios within the limit, and its interval by Clopper and Pearson (:data:`LEVEL`).
    quantile
        The value that the required share of scenarios keeps, in the endpoint's unit; within the limit exactly where the
        constraint is met. NaN where too few scenarios have a value.
    violation
        By how much that value is beyond the limit, of the limit's own size; above zero where the constraint is not met.
    verdict
        ``met`` where the whole interval is at least the required probability; ``met, not shown`` where only the share
        itself is.
    """

    share: float
    low: float
    high: float
    quantile: float
    violation: float
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        quantile = None if math.isnan(self.quantile) else self.quantile
        return {
            "share": self.share,
            "low": self.low,
            "high": self.high,
            "quantile": quantile,
            "verdict": self.verdict,
        }


def better(aim: Aim) -> Better:
    """Return which way an objective is better."""
    return "higher" if aim.goal == "maximise" else "lower"


def reached(aim: Aim, values: Floats) -> float:
    """Return what an objective reaches: its quantile over all scenarios, one without a value being the worst.

    NaN where the quantile lies among those without a value.
    """
    known = np.isfinite(values)
    worst = -_BEYOND if aim.goal == "maximise" else _BEYOND  # finite, since nothing times infinity is no number
    value = float(np.quantile(np.where(known, values, worst), aim.quantile))
    return value if abs(value) <= np.abs(values[known]).max(initial=0.0) else math.nan


def kept(limit: Limit, values: Floats) -> Kept:
    """Judge one constraint; a scenario without a value is not within the limit."""
    inside = int(_inside(limit, values).sum())
    share = inside / values.size
    low, high = clopper_pearson(inside, values.size, LEVEL)
    quantile = kept_by_most(limit, values)
    size = max(abs(limit.limit), 1e-3 if limit.limit == 0.0 else 0.0)
    beyond = (quantile - limit.limit) / size if limit.side == "below" else (limit.limit - quantile) / size
    met = share >= limit.probability - _ROUNDING
    if not met:
        violation = max(beyond, limit.probability - share) if math.isfinite(beyond) else limit.probability - share
        return Kept(share, low, high, quantile, violation, "not met")
    verdict: Verdict = "met" if low >= limit.probability else "met, not shown"
    return Kept(share, low, high, quantile, min(beyond, 0.0), verdict)


def kept_by_most(limit: Limit, values: Floats) -> float:
    """Return the tightest limit that the required share of the scenarios would keep; NaN where none would do."""
    needed = max(math.ceil(limit.probability * values.size - _ROUNDING), 1)
    known = np.sort(values[np.isfinite(values)])
    if known.size < needed:
        return math.nan
    return float(known[needed - 1] if limit.side == "below" else known[known.size - needed])


def _inside(limit: Limit, values: Floats) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(values <= limit.limit if limit.side == "below" else values >= limit.limit)


def every_kept(wishes: Wishes, measured: Measured) -> list[Kept]:
    """Judge every constraint."""
    return [kept(limit, values) for limit, values in zip(wishes.limits, measured.limits, strict=True)]


def feasible(wishes: Wishes, measured: Measured) -> bool:
    """Tell whether a plan could be computed and meets every constraint over the sample."""
    if not all(math.isfinite(value) for value in every_reached(wishes, measured)):
        return False
    return all(one.verdict != "not met" for one in every_kept(wishes, measured))


def every_reached(wishes: Wishes, measured: Measured) -> list[float]:
    """Return what every objective reaches."""
    return [reached(aim, values) for aim, values in zip(wishes.aims, measured.aims, strict=True)]


def hopeless(wishes: Wishes, measured: Measured) -> bool:
    """Tell whether few scenarios already exclude that a constraint is met."""
    if measured.impossible:
        return True
    for limit, values in zip(wishes.limits, measured.limits, strict=True):
        inside = int(_inside(limit, values).sum())
        if clopper_pearson(inside, values.size, _HOPELESS)[1] < limit.probability:
            return True
    return False


def gain(aim: Aim, value: float) -> float:
    """Return a value of an objective with more being better; NaN is the worst."""
    if math.isnan(value):
        return -math.inf
    return value if aim.goal == "maximise" else -value


def dominated(wishes: Wishes, one: list[float], others: list[list[float]]) -> bool:
    """Tell whether another choice is as good on every objective and better on one."""
    own = [gain(aim, value) for aim, value in zip(wishes.aims, one, strict=True)]
    for other in others:
        theirs = [gain(aim, value) for aim, value in zip(wishes.aims, other, strict=True)]
        if all(a >= b for a, b in zip(theirs, own, strict=True)) and theirs != own:
            return True
    return False


def sampled(wishes: Wishes, measured: Measured) -> dict[str, Any] | None:
    """Return a measurement as it stands in ``optimisation.json``; None where an objective has no value."""
    objectives = []
    for aim, values in zip(wishes.aims, measured.aims, strict=True):
        value = reached(aim, values)
        if math.isnan(value):
            return None
        low, middle, high = (float(one) for one in np.quantile(values[np.isfinite(values)], [0.05, 0.5, 0.95]))
        objectives.append({"p5": low, "p50": middle, "p95": high, "value": value})
    constraints = [one.as_dict() for one in every_kept(wishes, measured)]
    return {"members": measured.members, "lost": measured.lost, "objectives": objectives, "constraints": constraints}
