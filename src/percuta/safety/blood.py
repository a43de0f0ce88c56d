"""Limits of what reaches the blood: the highest plasma level of each anaesthetic as the simulation computes it.

Labels bound the creams that have one. This bounds every cream whose figures are known, however strong it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from percuta.errors import LibraryError
from percuta.library.anaesthetics import missing_figures
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.plan.steps import OPENINGS, AnyStep, Peel, Photograph, RfPulses, Step, TopicalAnaesthetic
from percuta.safety.protocol import Case, Hit, RuleBook
from percuta.safety.reach import scenarios
from percuta.sources import Sourced
from percuta.units import Quantity, show

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from percuta.engine.handovers import Exposure

    Floats = NDArray[np.float64]

rule = RuleBook("limit")

_CURRENT = Quantity("15 min", 900.0)
_KEPT = 32  # computed exposures
_WITHOUT_PART: Any = {  # in what reaches the blood
    "title": True,
    "notes": True,
    "overrides": True,
    "optimise": True,
    "course": True,
    "patient": {"screening", "phototype", "desired_effect", "scar_types"},
}


@dataclass(frozen=True)
class Level:
    """The highest plasma level of a drug in the scenarios [kg/m^3], (m,), and the levels to compare it with.

    ``of`` says for what it is computed where that is not the session as it is planned.
    """

    drug: str
    peak: Floats
    first_signs: Sourced | None
    toxic: Sourced | None
    of: str = ""

    def stops(self, share: float) -> bool:
        """Tell whether the median reaches first signs, or the end of a share of the scenarios the toxic level."""
        return _reaches(self.at(0.5), self.first_signs) or _reaches(self.at(share), self.toxic)

    def warns(self, share: float) -> bool:
        """Tell whether the end of a share of the scenarios reaches first signs."""
        return _reaches(self.at(share), self.first_signs)

    def at(self, share: float) -> float:
        """Return the level that a share of the scenarios stays below [kg/m^3]."""
        import numpy as np

        return float(np.quantile(self.peak, share))


@rule("anaesthetic_level_computed")
def anaesthetic_level_computed(case: Case) -> Iterator[Hit]:
    """The computed level of an anaesthetic in the blood is likely to give first signs, or may be toxic."""
    share = case.threshold("of_the_scenarios").si
    yield from _hits(case, [level for level in case.once(_levels) if level.stops(share)], share)


@rule("anaesthetic_level_raised")
def anaesthetic_level_raised(case: Case) -> Iterator[Hit]:
    """The computed level of an anaesthetic in the blood may give first signs, and is not yet refused."""
    share = case.threshold("of_the_scenarios").si
    raised = (level for level in case.once(_levels) if level.warns(share) and not level.stops(share))
    yield from _hits(case, raised, share)


def _hits(case: Case, levels: Iterable[Level], share: float) -> Iterator[Hit]:
    last = max((placed.number for placed in case.steps(TopicalAnaesthetic)), default=None)
    for level in levels:
        limits = [(level.first_signs, "first signs may come from {}"), (level.toxic, "the toxic level is {}")]
        known = [(entry, words) for entry, words in limits if entry is not None]
        said = (
            f"{level.drug}, highest level in plasma as computed{level.of}: {show(level.at(0.5), 'ug/ml', 2)} in the "
            f"median, {show(level.at(share), 'ug/ml', 2)} at the {show(share, '%')} end; "
            f"{', '.join(words.format(entry.text) for entry, words in known)}."
        )
        yield Hit(None, last, said, tuple(key for entry, _ in known for key in entry.source))


def _reaches(level: float, limit: Sourced | None) -> bool:
    return limit is not None and level >= limit.si


def _levels(case: Case) -> list[Level]:
    """Return the highest level of each anaesthetic whose clearance is published."""
    exposure, of = _exposure(case), ""
    if exposure is None or exposure.multiple is not None:
        exposure, of = _exposure(case, intact=True), " as if all skin were intact"
    if exposure is None:
        return []
    found = []
    for number, name in enumerate(exposure.drugs):
        drug = case.library.drug(name)
        first, toxic = drug.published("first_signs_level"), drug.published("toxic_level")
        peak = exposure.plasma[:, :, number].max(axis=1)
        if peak[0] == peak[0]:  # not NaN: its clearance is published
            found.append(Level(drug.name, peak, first, toxic, of))
    return found


def _exposure(case: Case, *, intact: bool = False) -> Exposure | None:
    """Return the exposure to the creams whose figures are known; ``intact`` leaves out needles.

    None without such a cream, and where a figure of the needles was never published. What peels let through is always
    left out: rules of their own refuse cream on peeled and on needled skin, where nobody measured what passes.
    """
    plan = _without_unknown(case.plan, case.library, (*OPENINGS, Peel) if intact else (Peel,))
    if not _alike(plan):
        return None
    key = (case.library.digest, repr(case.device.fields), plan.model_dump_json(exclude=_WITHOUT_PART))
    return _computed(_Asked(key, plan, case.device, case.library))


@dataclass(frozen=True)
class _Asked:
    """An exposure to compute; what has the same key is the same."""

    key: tuple[str, ...]
    plan: Plan = field(compare=False)
    device: Device = field(compare=False)
    library: Library = field(compare=False)


@lru_cache(maxsize=_KEPT)
def _computed(asked: _Asked) -> Exposure | None:
    """Compute an exposure; the same is asked again with every answer of the questionnaire."""
    from percuta.engine.bench import Bench
    from percuta.engine.exposure import exposure_of
    from percuta.engine.session import channels_of, session_times
    from percuta.engine.skin import layers_of
    from percuta.engine.topicals import uptake_of

    bench = Bench(asked.plan, asked.device, asked.library, scenarios())
    uptakes = []
    try:
        times = session_times(bench, {})
        for zones in _alike(asked.plan):
            layers = layers_of(bench, asked.plan.zone(zones[0]))
            uptake = uptake_of(bench, zones[0], layers, channels_of(bench, zones[0], layers), times)
            if uptake is not None:
                uptakes.append(replace(uptake, area=sum(asked.plan.zone(zone).area.si for zone in zones)))
    except LibraryError:
        return None
    return exposure_of(bench, uptakes) if uptakes else None


def _without_unknown(plan: Plan, library: Library, left_out: tuple[type[Step], ...]) -> Plan:
    """Return the plan with waiting in place of some steps and of creams whose figures are not known.

    Steps with current that state no length get one: it matters little to a level, and their pulses need not be
    computed for it.
    """

    def kept(step: AnyStep) -> AnyStep:
        unknown = isinstance(step, TopicalAnaesthetic) and missing_figures(library.product(step.product), library)
        if unknown or isinstance(step, left_out):
            return Photograph(do="photograph", zones=step.zones, duration=step.duration)
        if isinstance(step, RfPulses) and step.duration is None:
            return step.model_copy(update={"duration": _CURRENT})
        return step

    session = plan.session.model_copy(update={"steps": tuple(kept(step) for step in plan.session.steps)})
    return plan.model_copy(update={"session": session})


def _alike(plan: Plan) -> list[list[str]]:
    """Return the zones with cream, those together of which one course tells all: same site, size and steps."""
    found: dict[tuple[str, float, tuple[int, ...]], list[str]] = {}
    steps = list(enumerate(plan.session.steps))
    creamed = {zone for _, step in steps if isinstance(step, TopicalAnaesthetic) for zone in plan.zones_of(step)}
    for zone in plan.zones:
        if zone.name in creamed:
            same = tuple(number for number, step in steps if zone.name in plan.zones_of(step))
            found.setdefault((zone.site, zone.area.si, same), []).append(zone.name)
    return list(found.values())
