"""What a paired comparison says in words: the difference with its sign, how often one is better, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from percuta.report.wording import duration, figures, hours, significant, unit

NO_EVIDENCE = "no evidence separates them"
_SAME = "the same in every scenario"
_HOURS_BELOW = 2.0  # days; a smaller difference of days is told in hours
_LEAST, _LEAST_POINTS = 0.005, 0.1  # of the endpoint's size, and of a share; what is less is told as such
_ROUNDING = 1e-6  # of a difference that is the same in all scenarios
_UNITS = {"%": "points", "0-10": "of 10", "1": "", "": ""}

Quantiles = tuple[float, float, float]


def standing_words(one: dict[str, Any], first: str, other: str) -> str:
    """Return what a comparison says of two plans, given their letters; "" where neither way is better."""
    said = {"better": f"favours {other}", "worse": f"favours {first}", "same": _SAME, "not separated": NO_EVIDENCE}
    return said.get(str(one.get("standing")), "")


def chance_words(one: dict[str, Any], other: str, members: int) -> str:
    """Return how often the other plan is better, with the interval, and how often they are the same."""
    if "standing" not in one:
        return f"the same in {_percent(one['p_same'])} of scenarios ({_interval(one)})"
    if one["p_better"] is None or one["standing"] == "same":
        return _pairs(one, members)
    said = f"{other} better in {_percent(one['p_better'])} of scenarios ({_interval(one)})"
    if one["p_same"] >= 0.005:
        said += f", the same in {_percent(one['p_same'])}"
    return "; ".join(filter(None, (said, _pairs(one, members))))


def better_share(one: dict[str, Any]) -> str:
    """Return the share of scenarios in which the other plan is better, with its interval; "" where none is counted."""
    if one.get("p_better") is None or one["standing"] == "same":
        return ""
    return f"{_percent(one['p_better'])} ({_interval(one)})"


def _pairs(one: dict[str, Any], members: int) -> str:
    return "" if one["pairs"] == members else f"over the {one['pairs']} of {members} scenarios in which both have it"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def _interval(one: dict[str, Any]) -> str:
    return f"{100 * one['low']:.0f} to {100 * one['high']:.0f}\u00a0%"


def is_nothing(one: dict[str, Any]) -> bool:
    """Tell whether a comparison finds the same in all or nearly all scenarios."""
    return bool(one["p_same"] == 1.0 if "p5" not in one else not any((one["p5"], one["p50"], one["p95"])))


def difference_words(name: str, written: str, size: float, one: dict[str, Any]) -> tuple[str, str]:
    """Return the median difference and its 5 to 95 % range, both with signs and the unit.

    Parameters
    ----------
    name, written
        The endpoint and its unit.
    size
        The largest quantile of the endpoint in both plans, which tells a difference that is as good as none.
    one
        The comparison, as ``compare.json`` has it.
    """
    values = one["p5"], one["p50"], one["p95"]
    if is_nothing(one):
        return "none", ""
    if written in ("1", "") and name.endswith("_fraction"):
        return _in_points(_times(values, 100.0))
    if max(map(abs, values)) < _LEAST * size:
        return f"under {100 * _LEAST:g} % of it", ""
    if written in _TIMES:
        return _TIMES[written](values)
    if written == "J" and max(map(abs, values)) < 1.0:
        return _numbers(_times(values, 1e3), "mJ")
    ending = "times" if name == "anaesthetic_exposure_multiple" else _UNITS.get(written, unit(written))
    return _numbers(values, ending)


def _times(values: Quantiles, factor: float) -> Quantiles:
    low, middle, high = (factor * value for value in values)
    return low, middle, high


def _in_points(values: Quantiles) -> tuple[str, str]:
    if max(map(abs, values)) < _LEAST_POINTS:
        return f"under {_LEAST_POINTS} points", ""
    return _numbers(values, "points", most=1)


def _hours(magnitude: float) -> str:
    return hours(magnitude, magnitude, magnitude)[0]


def _in_days(values: Quantiles) -> tuple[str, str]:
    if max(map(abs, values)) < _HOURS_BELOW:
        return _each(_times(values, 24.0), _hours)
    return _each(values, lambda days: "1 day" if round(days) == 1 else f"{round(days)} days")


def _each(values: Quantiles, words: Callable[[float], str]) -> tuple[str, str]:
    """Return values whose magnitudes have words of their own."""
    low, middle, high = (_signed(value, words(abs(value))) for value in values)
    return middle, "" if low == middle == high else f"{low} to {high}"


def _numbers(values: Quantiles, ending: str, most: int = 5) -> tuple[str, str]:
    constant = max(values) - min(values) <= _ROUNDING * max(map(abs, values))
    shown = [significant(values[1])] * len(values) if constant else figures(values, most)
    low, middle, high = (_signed(value, one.lstrip("−")) for value, one in zip(values, shown, strict=True))
    after = f" {ending}" if ending else ""
    return f"{middle}{after}", "" if low == middle == high else f"{low} to {high}{after}"


def _signed(value: float, magnitude: str) -> str:
    """Return a magnitude in words with its sign; what rounds to nothing has none."""
    nothing = not any(letter in "123456789" for letter in magnitude)
    return magnitude if nothing else f"{'+' if value > 0 else '−'}{magnitude}"


_TIMES: dict[str, Callable[[Quantiles], tuple[str, str]]] = {
    "min": lambda values: _each(values, duration),
    "h": lambda values: _each(values, _hours),
    "day": _in_days,
}
