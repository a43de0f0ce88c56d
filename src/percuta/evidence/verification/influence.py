"""Influence: Sobol indices against functions whose indices are known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.engine.scenarios import COLUMNS, Scenarios
from percuta.evidence.cases import Case, Row, verified
from percuta.results.influence import influence
from percuta.results.pick_freeze import REPLICATES
from percuta.results.samples import Sample
from percuta.sources import Sourced, Spread

Floats = NDArray[np.float64]
Formula = Callable[..., Floats]

_SIZE = 256  # scenarios of one replicate
_TOLERANCE = 0.03  # about twice the sampling error of the least certain index
_A, _B = 7.0, 0.1
_SLOPES = (1.0, 2.0, 3.0)


@dataclass(frozen=True)
class FunctionOfInputs:
    """A formula of as many inputs as it takes, each drawn from a column of the scenarios like any other input."""

    inputs: tuple[Sourced, ...]
    formula: Formula

    def __call__(self, scenarios: Scenarios) -> list[Sample]:
        """Return the formula's value in every scenario."""
        values = self.formula(*(scenarios.draw(one) for one in self.inputs))
        return [Sample("outcome", None, "1", "value of a formula", values)]


def uniform_inputs(count: int, low: float, high: float) -> tuple[Sourced, ...]:
    """Return inputs that are all alike between two bounds; they take the names of the first columns."""
    spread = Spread("uniform", low=low, high=high)
    return tuple(Sourced(name, 0.5 * (low + high), "1", spread, "assumed") for name in COLUMNS[:count])


def ishigami(first: Floats, second: Floats, third: Floats) -> Floats:
    """Return the function of Ishigami and Homma, sin x + a sin^2 y + b z^4 sin x."""
    return np.asarray(np.sin(first) + _A * np.sin(second) ** 2 + _B * third**4 * np.sin(first))


def ishigami_indices() -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return first-order and total indices of the function of Ishigami and Homma in closed form."""
    alone = 0.5 * (1.0 + _B * np.pi**4 / 5.0) ** 2
    second = _A**2 / 8.0
    together = 8.0 * _B**2 * np.pi**8 / 225.0
    whole = alone + second + together
    return (alone / whole, second / whole, 0.0), ((alone + together) / whole, second / whole, together / whole)


def weighted_sum(first: Floats, second: Floats, third: Floats) -> Floats:
    """Return a sum without interactions, in which an input's index is its squared slope over those of all."""
    return np.asarray(sum(slope * value for slope, value in zip(_SLOPES, (first, second, third), strict=True)))


def _rows(name: str, model: FunctionOfInputs, first: tuple[float, ...], total: tuple[float, ...]) -> list[Row]:
    [found] = influence(model, _SIZE * REPLICATES, 0)["endpoints"]
    ranked = {one["input"]: one for one in found["inputs"]}
    rows = []
    for number, entry in enumerate(model.inputs):
        for order, kind, exact in (("first-order", "first", first[number]), ("total", "total", total[number])):
            index = ranked[entry.name][kind]
            rows.append(
                verified(
                    f"{name}, {order} index of input {number + 1}",
                    "1",
                    exact,
                    index["value"],
                    error=index["value"] - exact,
                    tolerance=_TOLERANCE,
                    error_in="of the variance",
                    note=f"90 % interval {index['low']:.3f} to {index['high']:.3f}",
                )
            )
    return rows


def _ishigami() -> list[Row]:
    model = FunctionOfInputs(uniform_inputs(3, -np.pi, np.pi), ishigami)
    return _rows("Ishigami", model, *ishigami_indices())


def _sum() -> list[Row]:
    squares = [slope**2 for slope in _SLOPES]
    exact = tuple(square / sum(squares) for square in squares)
    return _rows("sum", FunctionOfInputs(uniform_inputs(3, 0.0, 1.0), weighted_sum), exact, exact)


CASES = (
    Case(
        "influence-ishigami",
        "Sobol indices of the function of Ishigami and Homma, and of a sum, against their closed form",
        "verification",
        (),
        False,
        lambda: [*_ishigami(), *_sum()],
    ),
)
