"""Two plans scenario by scenario: the difference, and how often one is better.

Both plans are computed over the same scenarios, so that what they share (the person, the skin, the healing) is the
same in each pair and drops out of the difference. Its quantiles are those of the differences, which is not the
difference of the quantiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from percuta.results.judging import Better
from percuta.results.proportions import LEVEL, clopper_pearson

Floats = NDArray[np.float64]
Standing = Literal["better", "worse", "same", "not separated"]

_ROUNDING = 1e-9  # of the largest value; less is no difference


@dataclass(frozen=True)
class Paired:
    """What the second plan's endpoint is against the first plan's, over the scenarios that have both.

    Attributes
    ----------
    better
        Which way the endpoint is better; None where neither is.
    pairs
        Scenarios in which both plans have a value.
    p5, p50, p95
        Quantiles of the second value less the first, in the endpoint's unit (kelvin where that is degC).
    mean, mean_error
        Mean of the differences, and its standard error for independent scenarios; an upper estimate, since these are
        spread more evenly.
    p_better, p_worse, p_same
        Share of the pairs in which the second is better, worse, or the same; NaN where neither way is better.
    low, high
        95 % interval of ``p_better`` (Clopper-Pearson); NaN where that is NaN.
    """

    better: Better | None
    pairs: int
    p5: float
    p50: float
    p95: float
    mean: float
    mean_error: float
    p_better: float = math.nan
    p_worse: float = math.nan
    p_same: float = math.nan
    low: float = math.nan
    high: float = math.nan

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data; the shares are null where neither way is better."""
        names = ("pairs", "p5", "p50", "p95", "mean", "mean_error", "p_better", "p_worse", "p_same", "low", "high")
        values = {name: getattr(self, name) for name in names}
        return {name: None if math.isnan(value) else value for name, value in values.items()}


def paired(first: Floats, second: Floats, better: Better | None) -> Paired:
    """Compare an endpoint of two plans scenario by scenario.

    Differences that are rounding against the largest value of either plan count as none.

    Parameters
    ----------
    first, second : (m,)
        The endpoint of each plan in the same scenarios; NaN where a scenario has none.
    better
        Which way the endpoint is better.

    Raises
    ------
    ValueError
        If no scenario has both values, or the plans have different numbers of scenarios.
    """
    if first.shape != second.shape:
        raise ValueError(f"{first.size} and {second.size} scenarios cannot be paired")
    both = np.isfinite(first) & np.isfinite(second)
    if not both.any():
        raise ValueError("no scenario has a value of both plans")
    known = first[both], second[both]
    difference = known[1] - known[0]
    difference[np.abs(difference) <= _ROUNDING * np.abs(known).max()] = 0.0
    low, middle, high = (float(value) for value in np.quantile(difference, [0.05, 0.5, 0.95]))
    mean, error = float(difference.mean()), _mean_error(difference)
    whole = Paired(better, difference.size, low, middle, high, mean, error)
    return whole if better is None else _judged(whole, difference, better)


def _judged(whole: Paired, difference: Floats, better: Better) -> Paired:
    gain = difference if better == "higher" else -difference
    won, lost = int((gain > 0.0).sum()), int((gain < 0.0).sum())
    low, high = clopper_pearson(won, whole.pairs, LEVEL)
    p_better, p_worse, p_same = (count / whole.pairs for count in (won, lost, whole.pairs - won - lost))
    return replace(whole, p_better=p_better, p_worse=p_worse, p_same=p_same, low=low, high=high)


def _mean_error(difference: Floats) -> float:
    return float(difference.std(ddof=1) / math.sqrt(difference.size)) if difference.size > 1 else math.nan


def separates(one: Paired) -> bool:
    """Tell whether the comparison separates the second plan from the first one as better.

    It does where the second is better in the median of the differences and not worse at their unfavourable 5 % end.
    Where it does not, and neither does the comparison the other way, no evidence separates the two plans.
    """
    if one.better is None:
        return False
    worst, middle = (one.p5, one.p50) if one.better == "higher" else (-one.p95, -one.p50)
    return middle > 0.0 and worst >= 0.0


def turned(one: Paired) -> Paired:
    """Return the comparison the other way round: of the first plan against the second."""
    p5, p50, p95, mean = (0.0 - value for value in (one.p95, one.p50, one.p5, one.mean))
    other = replace(one, p5=p5, p50=p50, p95=p95, mean=mean, p_better=one.p_worse, p_worse=one.p_better)
    if one.better is None:
        return other
    low, high = clopper_pearson(round(one.p_worse * one.pairs), one.pairs, LEVEL)
    return replace(other, low=low, high=high)


def standing(one: Paired) -> Standing | None:
    """Return in a word how the second plan stands to the first; None where neither way is better."""
    if one.better is None:
        return None
    if one.p_same == 1.0:
        return "same"
    return "better" if separates(one) else "worse" if separates(turned(one)) else "not separated"
