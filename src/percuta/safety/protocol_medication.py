"""Protocol rules on medicines against inflammation and pain, by the way they are given."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.plan.steps import Medication
from percuta.safety.protocol import Case, Hit, RuleBook, hits

rule = RuleBook()


@rule("injected_medication")
def injected_medication(case: Case) -> Iterator[Hit]:
    """A medicine is injected."""
    yield from _given(case, ("injection",))


@rule("oral_anti_inflammatory")
def oral_anti_inflammatory(case: Case) -> Iterator[Hit]:
    """A medicine against inflammation is swallowed."""
    yield from _given(case, ("oral",), "anti_inflammatory")


@rule("topical_anti_inflammatory")
def topical_anti_inflammatory(case: Case) -> Iterator[Hit]:
    """A medicine against inflammation is put on the skin."""
    yield from _given(case, ("topical",), "anti_inflammatory")


@rule("analgesic_medication")
def analgesic_medication(case: Case) -> Iterator[Hit]:
    """A painkiller is swallowed or put on the skin."""
    yield from _given(case, ("oral", "topical"), "analgesic")


def _given(case: Case, routes: tuple[str, ...], effect: str = "") -> Iterator[Hit]:
    """Yield where a medicine is given by some routes, for an effect or for any."""
    for placed in case.steps(Medication):
        step = placed.step
        if step.route in routes and effect in ("", step.effect):
            named = [product.name for product in case.products(step)] or ["A medicine that is not named"]
            yield from hits(
                placed.zones, placed.number, f"{', '.join(named)}: {step.effect.replace('_', '-')}, {step.route}."
            )
