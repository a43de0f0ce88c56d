"""Topical steroids in a session: by how much they lower the synthesis of collagen, and for how long.

Every product with a published factor that a step leaves on the skin counts. While it is used, synthesis runs at
the factor; afterwards it returns to normal in a straight line. Where several uses overlap the strongest counts
and they do not multiply: none of the studies gave two steroids at once, or one twice.

A steroid that is injected or swallowed is left out: no study read measured synthesis over the weeks for which a
depot in the dermis acts, and no plan states the dose by mouth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.library.entries import Product
from percuta.library.registry import Library
from percuta.physics.healing import SynthesisWindow
from percuta.plan.model import Plan
from percuta.plan.steps import Aftercare, Gel, Medication, Step, SteroidGel

Floats = NDArray[np.float64]

_DAY = 86_400.0
_PIECES = 4  # equal steps in place of the straight line back to normal


@dataclass(frozen=True)
class Use:
    """One use of a steroid: begin and end [s], factor and time of recovery [s] by scenario, columns it touches."""

    start: float
    end: float
    factor: Floats
    recovery: Floats
    touched: NDArray[np.bool_]

    def lowered(self, time: float) -> Floats:
        """Return the factor on synthesis at a time, shape (m, columns)."""
        back = np.clip((time - self.end) / self.recovery, 0.0, 1.0) if time >= self.start else np.ones_like(self.factor)
        factor = self.factor + (1.0 - self.factor) * back
        return np.where(self.touched, factor[:, None], 1.0)

    @property
    def edges(self) -> list[float]:
        """Times at which the pieces of this use meet [s]."""
        return [self.start, *(self.end + float(self.recovery.max()) * np.linspace(0.0, 1.0, _PIECES + 1))]


def steroid_windows(bench: Bench, zones: tuple[str, ...], sessions: Floats, end: float) -> list[SynthesisWindow]:
    """Return the times in which steroids lower synthesis.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    zones
        The needled zones in the order of the columns, two columns each.
    sessions : (s,)
        Times of the sessions [s].
    end
        End of the course [s].
    """
    return windows_of([use for session in sessions for use in _uses(bench, zones, float(session))], end)


def windows_of(uses: list[Use], end: float) -> list[SynthesisWindow]:
    """Return the times in which some uses, all of the same scenarios and columns, lower synthesis."""
    edges = sorted({min(edge, end) for use in uses for edge in use.edges})
    windows = []
    for start, stop in pairwise(edges):
        factor = np.min([use.lowered(0.5 * (start + stop)) for use in uses], axis=0)
        if stop - start > 1.0 and (factor < 1.0).any():
            windows.append(SynthesisWindow(start, stop, factor))
    return windows


def on_the_skin(step: Step) -> bool:
    """Tell whether a step leaves its products on the skin, where the course counts a steroid among them."""
    return isinstance(step, SteroidGel | Gel | Aftercare) or (isinstance(step, Medication) and step.route == "topical")


def steroids_on_the_skin(library: Library, step: Step) -> list[Product]:
    """Return the steroids among the products that a step leaves on the skin, with or without a published factor."""
    products = (library.product(name) for name in step.product_names)
    return [product for product in products if product.is_steroid] if on_the_skin(step) else []


def left_out(plan: Plan, library: Library) -> frozenset[str]:
    """Return the zones that get a steroid which the course leaves out: one without a factor, or not on the skin."""
    return frozenset(
        zone
        for step in plan.session.steps
        for product in (library.product(name) for name in step.product_names)
        if product.is_steroid and not (on_the_skin(step) and product.published("synthesis_factor"))
        for zone in plan.zones_of(step)
    )


def use_of(bench: Bench, product: str, start: float, days: float, touched: NDArray[np.bool_]) -> Use | None:
    """Return one use of a product; None where no factor of it is published.

    Parameters
    ----------
    bench
        Library and scenarios.
    product
        Its name in the library.
    start, days
        First use [s], and for how many days.
    touched : (columns,)
        Which columns it touches.
    """
    entry = bench.library.product(product).published("synthesis_factor")
    if entry is None:
        return None
    factor = bench.scenarios.draw(entry, "steroid.synthesis_factor")
    return Use(start, start + days * _DAY, factor, _recovery(bench, product, factor), touched)


def _uses(bench: Bench, zones: tuple[str, ...], session: float) -> Iterator[Use]:
    for step in bench.plan.session.steps:
        touched = np.repeat([zone in bench.plan.zones_of(step) for zone in zones], 2)
        if on_the_skin(step):
            for product in step.product_names:
                use = use_of(bench, product, session, _days(bench, step), touched)
                if use is not None:
                    yield use


def _days(bench: Bench, step: Step) -> float:
    """Return for how many days a step's products are used."""
    if isinstance(step, Aftercare):
        return bench.library.parameter("steroid.days_of_aftercare").si / _DAY
    return float(step.days) if isinstance(step, SteroidGel) else 1.0


def _recovery(bench: Bench, name: str, factor: Floats) -> Floats:
    """Return the time that synthesis takes back to normal [s].

    From the product's own figure two weeks after the last day where there is one: on a straight line from
    ``factor`` it is reached at ``14 d (1 - factor) / (figure - factor)``.
    """
    measured = bench.library.product(name).published("synthesis_two_weeks_after")
    if measured is None:
        return bench.parameter("steroid.recovery_time")
    observed = bench.parameter("steroid.observation")
    regained = np.maximum(bench.scenarios.draw(measured, "steroid.two_weeks_after") - factor, 0.1)
    return np.asarray(observed * (1.0 - factor) / regained)
