"""How a protocol rule is tested: what its predicate sees, and how it says where it applies.

A predicate has the name of its rule. It looks at a :class:`Case` and yields a :class:`Hit` for each place of the
plan that the rule concerns. Severity, wording, sources and every number stand with the rule in the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from percuta.library.entries import Device, Product, Rule
from percuta.library.registry import Library
from percuta.plan.model import Plan, Zone
from percuta.plan.steps import OPENINGS, STEEL_NEEDLES, Needling, RfPulses, Step
from percuta.safety.conditions import facts_of, holds, products_of
from percuta.safety.findings import Finding, Kind
from percuta.sources import Sourced
from percuta.units import Quantity

if TYPE_CHECKING:
    from percuta.engine.pulse import Solve

Computed = TypeVar("Computed")
StepKind = TypeVar("StepKind", bound=Step)
StepKind_co = TypeVar("StepKind_co", bound=Step, covariant=True)


@dataclass(frozen=True)
class Placed(Generic[StepKind_co]):
    """A step with its number, from 1, and the zones it acts on that the rule concerns."""

    number: int
    step: StepKind_co
    zones: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """Where a rule applies: zone, step, what in this plan it is about, and sources beyond the rule's own."""

    zone: str | None = None
    step: int | None = None
    detail: str = ""
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A plan in the eyes of one rule.

    Attributes
    ----------
    plan, device, library
        The plan, its device completed by the plan's label entries, and the library.
    rule
        The rule that is tested.
    zones
        The zones for which the rule's conditions hold.
    solve
        Gives the pulses of the plan; see :func:`percuta.safety.reach.heat_of`.
    kept
        What the rules of one book have computed of this plan so far; see :meth:`once`.
    """

    plan: Plan
    device: Device
    library: Library
    rule: Rule
    zones: tuple[Zone, ...]
    solve: Solve | None = None
    kept: dict[Callable[[Case], Any], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, compute: Callable[[Case], Computed]) -> Computed:
        """Return what is computed of the plan, once for all rules of a book that ask for it."""
        if compute not in self.kept:
            self.kept[compute] = compute(self)
        found: Computed = self.kept[compute]
        return found

    def threshold(self, name: str) -> Sourced:
        """Return a number of the rule."""
        return self.rule.thresholds[name]

    def steps(self, *kinds: type[StepKind]) -> Iterator[Placed[StepKind]]:
        """Yield the steps of some kinds that act on a zone of the case, in order."""
        names = [zone.name for zone in self.zones]
        for number, step in enumerate(self.plan.session.steps, 1):
            zones = tuple(zone for zone in self.plan.zones_of(step) if zone in names)
            if zones and isinstance(step, kinds):
                yield Placed(number, step, zones)

    def needles(self) -> Iterator[Placed[Needling | RfPulses]]:
        """Yield the steps that put needles into the skin, in order."""
        for placed in self.steps(Step):
            if isinstance(placed.step, STEEL_NEEDLES):
                yield Placed(placed.number, placed.step, placed.zones)

    def first_needles(self) -> dict[str, int]:
        """Return the number of the first step that needles each zone; zones without needles are left out."""
        return self._first(STEEL_NEEDLES)

    def first_openings(self) -> dict[str, int]:
        """Return the number of the first step that opens each zone, by needles or a patch; others are left out."""
        return self._first(OPENINGS)

    def _first(self, kinds: tuple[type[Step], ...]) -> dict[str, int]:
        first: dict[str, int] = {}
        for placed in self.steps(*kinds):
            for zone in placed.zones:
                first.setdefault(zone, placed.number)
        return first

    def products(self, step: Step) -> list[Product]:
        """Return the products that a step names."""
        return products_of(step, self.library)

    def area(self, zones: Iterable[str]) -> float:
        """Return the area of some zones together [m^2]."""
        return sum(self.plan.zone(name).area.si for name in zones)


def depths_of(step: Needling | RfPulses) -> tuple[Quantity, ...]:
    """Return every depth that a step sets."""
    return (step.set_depth,) if isinstance(step, Needling) else step.depths


def above(value: float, limit: float) -> bool:
    """Tell whether a value exceeds a limit by more than rounding."""
    return value > limit * (1.0 + 1e-9)


def hits(zones: Iterable[str], step: int | None = None, detail: str = "") -> Iterator[Hit]:
    """Yield one hit for each zone."""
    for zone in zones:
        yield Hit(zone, step, detail)


def merged(found: Iterable[Hit]) -> Iterator[Hit]:
    """Yield the hits, those that say the same of several zones as one that names them."""
    zones: dict[Hit, list[str]] = {}
    for hit in found:
        named = zones.setdefault(replace(hit, zone=None), [])
        named += [hit.zone] if hit.zone is not None else []
    for hit, names in zones.items():
        if len(names) > 1:
            yield replace(hit, detail=f"Zones: {', '.join(names)}. {hit.detail}".strip())
        else:
            yield replace(hit, zone=next(iter(names), None))


Predicate = Callable[[Case], Iterator[Hit]]


class RuleBook(dict[str, Predicate]):
    """The predicates of one subject by the identifier of their rule; used as a decorator it adds one.

    Parameters
    ----------
    kind
        The kind of the findings that these rules make.
    """

    def __init__(self, kind: Kind = "protocol") -> None:
        super().__init__()
        self.kind = kind

    def __call__(self, identifier: str) -> Callable[[Predicate], Predicate]:
        """Return a decorator that adds the predicate of a rule."""

        def add(predicate: Predicate) -> Predicate:
            self[identifier] = predicate
            return predicate

        return add

    def findings(self, plan: Plan, device: Device, library: Library, solve: Solve | None = None) -> Iterator[Finding]:
        """Yield what the rules of this book have to say about a plan; ``solve`` gives its pulses."""
        kept: dict[Callable[[Case], Any], Any] = {}
        facts = {zone.name: facts_of(plan, library, [zone.name]) for zone in plan.zones}
        for identifier, predicate in self.items():
            rule = library.protocol[identifier]
            zones = tuple(zone for zone in plan.zones if holds(rule.when, facts[zone.name]))
            if zones:
                for hit in merged(predicate(Case(plan, device, library, rule, zones, solve, kept))):
                    yield self._finding(rule, hit)

    def _finding(self, rule: Rule, hit: Hit) -> Finding:
        return Finding(
            rule=rule.id,
            severity=rule.severity,
            reason=rule.reason,
            change=rule.change,
            kind=self.kind,
            detail=hit.detail,
            zone=hit.zone,
            step=hit.step,
            override=rule.override,
            source=tuple(dict.fromkeys((*rule.source, *hit.source))),
            claims=rule.claims,
            views=rule.views,
        )
