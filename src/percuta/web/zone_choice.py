"""Zones chosen by their place: what a click on the drawn body does to a plan, and what the picture then shows."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from percuta.errors import PlanError, Where
from percuta.library.entries import Site
from percuta.library.registry import Library
from percuta.plan.starter import starting_area
from percuta.sources import Sourced
from percuta.web.body import SEXES, View, sides_of, views
from percuta.web.edits import rows_of

Data = dict[str, Any]

PAIR = ("left", "right")
SIDES = {"left": "left", "right": "right", "both": "left and right", "middle": ""}
_REGIONS = {"face": "Face", "neck": "Neck", "body": "Scalp and body"}
_LONGEST_NAME = 36  # characters; a number may follow
_AREA = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*(\S.*?)\s*")


@dataclass(frozen=True)
class Chosen:
    """A zone of the plan as the picture shows it.

    Attributes
    ----------
    number
        Its place in the plan, counted from 1.
    name, words
        What it is called, and where it lies in words.
    area, note
        Its area as it was typed, and what has to be known about that figure; the note is empty for a measured one.
    """

    number: int
    name: str
    words: str
    area: str
    note: str


@dataclass(frozen=True)
class Place:
    """A site of the list: its name, and each side that can be chosen with the number of its zone, or None."""

    site: str
    name: str
    known_as: str
    sides: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Chart:
    """Everything that the drawn body shows of a plan.

    Attributes
    ----------
    sex
        Whose body is drawn.
    sex_known
        Whether the plan says so.
    views
        The pictures.
    names
        The sites by identifier.
    numbers
        The number of the zone that lies at a site and side.
    zones
        The plan's zones at sites of the library.
    groups
        All sites, by region of the body.
    """

    sex: str
    sex_known: bool
    views: tuple[View, ...]
    names: Mapping[str, str]
    numbers: Mapping[tuple[str, str], int]
    zones: tuple[Chosen, ...]
    groups: tuple[tuple[str, tuple[Place, ...]], ...]


def chart_of(data: Data, known: Library) -> Chart:
    """Return what the drawn body shows of a plan in the making."""
    patient = data.get("patient")
    sex = patient.get("sex") if isinstance(patient, dict) else None
    numbers: dict[tuple[str, str], int] = {}
    for number, zone in _zones(data):
        for side in _sides(zone):
            numbers.setdefault((zone["site"], side), number)
    zones = tuple(_chosen(number, zone, known) for number, zone in _zones(data) if zone["site"] in known.sites)
    drawn = sex if sex in SEXES else SEXES[0]
    names = {identifier: site.name for identifier, site in known.sites.items()}
    return Chart(drawn, sex in SEXES, views(drawn), names, numbers, zones, _groups(known, numbers))


def toggled(data: Data, site: str, side: str, known: Library) -> tuple[Data, str]:
    """Return a plan's data with a site chosen, or given up where it was chosen, and what was done in words.

    A site of a pair that is chosen on one side and then on the other is one zone on both; its area is then that of
    both sides together. A new zone goes into every step that names zones.

    Parameters
    ----------
    data
        The plan file's content, complete or not; it is left as it is.
    site
        Identifier of the site.
    side
        ``left``, ``right`` or ``both`` of a pair, else ``middle``.
    known
        The library.

    Raises
    ------
    PlanError
        If the library has no such site, or the site no such side.
    """
    entry = known.site(site)
    allowed = (*PAIR, "both") if _paired(site) else ("middle",)
    if side not in allowed:
        raise PlanError("this site has no such side", value=side, allowed=", ".join(allowed), where=Where(key="side"))
    data = copy.deepcopy(data)
    held = {one for _, zone in _zones(data) if zone["site"] == site for one in _sides(zone)}
    asked = set(PAIR) if side == "both" else {side}
    words = f"{entry.name}{', ' if SIDES[side] else ''}{SIDES[side]}"
    if asked <= held:
        _give_up(data, site, asked)
        return data, f"{words}: taken out"
    _choose(data, entry, asked - held)
    return data, f"{words}: added"


def _choose(data: Data, site: Site, sides: set[str]) -> None:
    other = [zone for _, zone in _zones(data) if zone["site"] == site.id]
    if other:
        other[0].update(side="both", area=_scaled(other[0].get("area"), 2.0))
        return
    side = _side_of(sides)
    name = _free_name(data, site)
    rows_of(data, "zones").append({"name": name, "site": site.id, "side": side, "area": _area_to_start(site, side)})
    for names in _named_zones(data):
        names.append(name)


def _give_up(data: Data, site: str, sides: set[str]) -> None:
    for _, zone in list(_zones(data)):
        if zone["site"] != site or not sides & _sides(zone):
            continue
        left = _sides(zone) - sides
        if left:
            zone.update(side=_side_of(left), area=_scaled(zone.get("area"), 0.5))
            continue
        data["zones"].remove(zone)
        for names in _named_zones(data):
            names[:] = [name for name in names if name != zone.get("name")]


def _zones(data: Data) -> Iterator[tuple[int, Data]]:
    """Yield the zones that say where they lie, with their place in the plan."""
    rows = data.get("zones")
    for number, zone in enumerate(rows if isinstance(rows, list) else (), 1):
        if isinstance(zone, dict) and isinstance(zone.get("site"), str):
            yield number, zone


def _named_zones(data: Data) -> Iterator[list[Any]]:
    """Yield the list of zones of every step that has one; an empty list stays, and is a fault that the page shows."""
    session = data.get("session")
    steps = session.get("steps") if isinstance(session, dict) else None
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and isinstance(step.get("zones"), list):
            yield step["zones"]


def _sides(zone: Data) -> set[str]:
    """Return the sides that a zone covers, as its site is drawn; a plan leaves ``both`` out."""
    if not _paired(zone["site"]):
        return {"middle"}
    return {zone["side"]} if zone.get("side") in PAIR else set(PAIR)


def _paired(site: str) -> bool:
    """Tell whether a site has a left and a right one; one of a third party, which is not drawn, may have."""
    return sides_of(site) != ("middle",)


def _side_of(sides: set[str]) -> str:
    return "both" if len(sides) == len(PAIR) else next(iter(sides))


def _free_name(data: Data, site: Site) -> str:
    wanted = re.sub(r"[^A-Za-z0-9]+", " ", site.id).strip()[:_LONGEST_NAME]
    rows = data.get("zones")
    taken = [zone.get("name") for zone in (rows if isinstance(rows, list) else ()) if isinstance(zone, dict)]
    return next(name for name in (wanted, *(f"{wanted} {n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _area_to_start(site: Site, side: str) -> str:
    """Return the area that a new zone is given: a site's area is that of both sides together."""
    return f"{(0.5 if side in PAIR else 1.0) * starting_area(site):.3g} cm^2"


def _scaled(area: object, factor: float) -> object:
    """Return an area with its number scaled; what is no area stays as it was typed."""
    read = _AREA.fullmatch(area) if isinstance(area, str) else None
    return area if read is None else f"{factor * float(read[1]):.4g} {read[2]}"


def _chosen(number: int, zone: Data, known: Library) -> Chosen:
    site = known.sites[zone["site"]]
    side = _side_of(_sides(zone))
    words = f"{site.name}{', ' if SIDES[side] else ''}{SIDES[side]}"
    area = zone.get("area")
    text = area if isinstance(area, str) else ""
    return Chosen(number, str(zone.get("name", "")), words, text, _note(site, side, text))


def _note(site: Site, side: str, area: str) -> str:
    """Return what has to be known about an area that nobody has measured on this person."""
    if area != _area_to_start(site, side):
        return ""
    if not isinstance(site.area, Sourced):
        return "only to start from, none is published; measure yours"
    if side == "middle":
        return "from the library's template; measure yours"
    whole = "both sides together" if side == "both" else "half of what it has for both sides together"
    return f"from the library's template, {whole}; measure yours"


def _groups(known: Library, numbers: Mapping[tuple[str, str], int]) -> tuple[tuple[str, tuple[Place, ...]], ...]:
    places: dict[str, list[Place]] = {}
    for identifier, site in sorted(known.sites.items(), key=lambda item: item[1].name):
        sides = PAIR if _paired(identifier) else ("middle",)
        chosen = tuple((side, numbers.get((identifier, side))) for side in sides)
        group = _REGIONS.get(site.region, site.region.capitalize())
        places.setdefault(group, []).append(Place(identifier, site.name, ", ".join(site.aliases), chosen))
    order = [*_REGIONS.values(), *sorted(places)]
    return tuple((group, tuple(places[group])) for group in dict.fromkeys(order) if group in places)
