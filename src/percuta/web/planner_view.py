"""What the planner shows of a plan in the making: its zones, device, steps and course as fields with their words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from percuta.errors import UnitError
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.drafts import drafted_device
from percuta.plan.fields import Field, fields_of
from percuta.plan.label import Dial, dial_of
from percuta.plan.model import Course, Zone
from percuta.plan.steps import DOSES, PRODUCT_KINDS, STEEL_NEEDLES, STEP_KINDS
from percuta.report.wording import STEPS
from percuta.units import parse
from percuta.web.words import help_of, label_of, words_of

Data = Mapping[str, Any]
Choices = list[tuple[str, str]]

# Fields that are seldom needed stand behind "More"; a length of needling is its needling time.
_SELDOM = ("zones", "duration", "note", "needling_time", "glide_speed", "set_depths", "overlap", "masked")
_ASKED = ("set_depth", "passes", "pulse_width")
_NEVER = {("needling", "duration")}


@dataclass(frozen=True)
class Entry:
    """One field of the plan as it stands on the page; ``choices`` are values with their words, None for free text."""

    key: str
    shape: Field
    label: str
    help: str
    choices: Choices | None = None


@dataclass(frozen=True)
class ZoneCard:
    """One zone: its number, its name, what its site is called, its fields, and whether one of them is faulty."""

    number: int
    name: str
    site: str
    entries: tuple[Entry, ...]
    faulty: bool


@dataclass(frozen=True)
class StepCard:
    """One step of the session.

    Attributes
    ----------
    number, do, name
        Its place, from 1, its kind, and what that is called.
    entries, more
        Its fields, and those that are seldom needed.
    open
        Whether one of those is filled in, or faulty.
    needles
        Whether it is a step with needles that are set to a depth.
    dial
        What that depth can be set to; None where the device has no dial or its end is not published.
    depth
        The setting [mm], where it can be read.
    zones
        Numbers and names of the zones that its needles enter.
    """

    number: int
    do: str
    name: str
    entries: tuple[Entry, ...]
    more: tuple[Entry, ...]
    open: bool
    needles: bool
    dial: Dial | None
    depth: float | None
    zones: tuple[tuple[int, str], ...]

    @property
    def key(self) -> str:
        """Its key in the plan."""
        return f"session.steps[{self.number}]"


def rows_at(data: Data, *path: str) -> list[Any]:
    """Return the list at a path of a plan in the making, empty where there is none."""
    place: Any = data
    for part in path:
        place = place.get(part) if isinstance(place, Mapping) else None
    return place if isinstance(place, list) else []


def set_depth_of(data: Data, number: int) -> float | None:
    """Return what the dial of a step is set to [mm], where that can be read; steps count from 1."""
    rows = rows_at(data, "session", "steps")
    step = rows[number - 1] if 1 <= number <= len(rows) else None
    try:
        return parse(step["set_depth"], "mm").to("mm") if isinstance(step, Mapping) and "set_depth" in step else None
    except UnitError:
        return None


def zone_names(data: Data) -> list[str]:
    """Return the names of the zones."""
    return [str(zone["name"]) for zone in rows_at(data, "zones") if isinstance(zone, Mapping) and "name" in zone]


def zone_cards(data: Data, known: Library, faults: Collection[str]) -> tuple[ZoneCard, ...]:
    """Return the zones of a plan in the making; ``faults`` are the keys with something wrong."""
    sites = sorted(((one.id, one.name) for one in known.sites.values()), key=lambda pair: pair[1])
    cards = []
    for number, zone in enumerate(rows_at(data, "zones"), 1):
        held: Data = zone if isinstance(zone, Mapping) else {}
        fields = fields_of(Zone)
        entries = tuple(
            entry_of(f"zones[{number}].{name}", fields[name], choices=sites if name == "site" else None)
            for name in ("site", "side", "area", "masked")
        )
        site = known.sites.get(str(held.get("site")))
        faulty = any(key.startswith(f"zones[{number}]") for key in faults)
        cards.append(ZoneCard(number, str(held.get("name", "")), "" if site is None else site.name, entries, faulty))
    return tuple(cards)


def step_cards(data: Data, known: Library, faults: Collection[str]) -> tuple[StepCard, ...]:
    """Return the steps of a plan in the making; ``faults`` are the keys with something wrong."""
    device = drafted_device(data, known)
    steps = enumerate(rows_at(data, "session", "steps"), 1)
    cards = (_step_card(data, number, step, known, device) for number, step in steps)
    return tuple(replace(card, open=card.open or any(one.key in faults for one in card.more)) for card in cards)


def _step_card(data: Data, number: int, step: Any, known: Library, device: Device | None) -> StepCard:
    held: Data = step if isinstance(step, Mapping) else {}
    do = str(held.get("do", ""))
    kind = STEP_KINDS.get(do)
    needles = kind in STEEL_NEEDLES
    drive = _drive(device)
    entries = [_asked_for(one, drive) for one in _step_entries(data, number, do, known)]
    more = [one for one in entries if _seldom(one.shape, drive)]
    named = held.get("zones")
    zones = [
        (place, name) for place, name in enumerate(zone_names(data), 1) if isinstance(named, list) and name in named
    ]
    return StepCard(
        number=number,
        do=do,
        name=STEPS.get(do, do.replace("_", " ") or "Step without a kind"),
        entries=tuple(one for one in entries if one not in more),
        more=tuple(more),
        open=any(one.shape.name in held for one in more),
        needles=needles,
        dial=dial_of(device) if needles and device is not None and "set_depths" not in held else None,
        depth=set_depth_of(data, number),
        zones=tuple(zones),
    )


def _asked_for(entry: Entry, drive: str) -> Entry:
    """Return a field of a step; what is usually asked for is not called optional, though another may stand for it."""
    usual = entry.shape.name in (*_ASKED, drive)
    return replace(entry, shape=replace(entry.shape, required=True)) if usual else entry


def _seldom(shape: Field, drive: str) -> bool:
    """Tell whether a field stands behind "More": of the doses all by which the device, where known, is not set."""
    if shape.name in DOSES:
        return drive not in ("", shape.name)
    return shape.name in _SELDOM and not shape.required


def _drive(device: Device | None) -> str:
    """Return how the dose of an array is set, where that is known."""
    drive = device.published("drive") if device is not None else None
    return "" if drive is None else drive.text


def _step_entries(data: Data, number: int, do: str, known: Library) -> Iterator[Entry]:
    """Yield the fields of a step, those of its kind first."""
    if do not in STEP_KINDS:
        return
    shared = ("duration", "note")
    fields = fields_of(STEP_KINDS[do])
    own = [name for name in fields if name not in (*shared, "zones")]
    for name in (
        *([] if fields["zones"].required else own),
        "zones",
        *(own if fields["zones"].required else []),
        *shared,
    ):
        unused = name == "cartridge" and not cartridges_of(data)
        if (do, name) not in _NEVER and not unused:
            yield entry_of(f"session.steps[{number}].{name}", fields[name], do, _step_choices(data, do, name, known))


def _step_choices(data: Data, do: str, name: str, known: Library) -> Choices | None:
    if name == "zones":
        return [(zone, zone) for zone in zone_names(data)]
    if name in ("product", "products"):
        fitting = [one for one in known.products.values() if one.kind in PRODUCT_KINDS[do]]
        return sorted(((one.id, one.name) for one in fitting), key=lambda pair: pair[1])
    if name == "cartridge":
        return [(one, one) for one in cartridges_of(data)]
    return None


def cartridges_of(data: Data) -> list[str]:
    """Return the names of the cartridges that the plan describes."""
    device = data.get("device")
    held = device.get("cartridges") if isinstance(device, Mapping) else None
    return [str(name) for name in held] if isinstance(held, Mapping) else []


def course_entries() -> tuple[Entry, ...]:
    """Return the fields of the course."""
    return tuple(entry_of(f"course.{name}", shape) for name, shape in fields_of(Course).items())


def entry_of(key: str, shape: Field, step: str = "", choices: Choices | None = None) -> Entry:
    """Return a field with its words."""
    if choices is None and shape.kind in ("word", "words"):
        choices = words_of(shape.name, shape.words)
    if shape.default is not None:  # there always is a value, so that nothing is said of leaving it out
        shape = replace(shape, required=True)
    return Entry(key, shape, label_of(key, step), help_of(key, step), choices)
