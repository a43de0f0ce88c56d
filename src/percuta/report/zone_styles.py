"""How the zones of kinetic sets are drawn and named: cells in one colour, collagen in another, sets by their dashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from percuta.physics.pulse_record import DamageField
from percuta.report import svg
from percuta.units import convert

KINETICS = {
    "henriques_moritz": "Henriques–Moritz",
    "weaver_stoll": "Weaver–Stoll",
    "takata": "Takata",
    "diller_klutke": "Diller–Klutke",
    "mehta_wong": "Mehta–Wong, dermis",
    "liver": "Liver cells",
    "agah": "Agah, artery",
    "pearce": "Pearce, rat skin",
}
_DASHES = ("", "7 2.5", "3 2", "7 2 2 2", "1.2 1.8", "7 2 1.2 2 1.2 2", "12 3", "4 4")


@dataclass(frozen=True)
class Style:
    """How the outline of one kinetic set is drawn."""

    paint: str
    dash: str
    width: float


def kinetic_styles(sets: Sequence[tuple[str, bool]]) -> dict[str, Style]:
    """Return a line style for every kinetic set, given by its name and whether it is for collagen."""
    styles, counted = {}, {True: 0, False: 0}
    for name, collagen in sets:
        dash = _DASHES[counted[collagen] % len(_DASHES)]
        counted[collagen] += 1
        styles[name] = Style("collagen" if collagen else "cell", dash, 2.2 if collagen else 1.5)
    return styles


def kinetic_label(name: str) -> str:
    """Return the name of a kinetic set for people."""
    return KINETICS.get(name, name.replace("_", " ").capitalize())


def zone_size(one: DamageField) -> str:
    """Return width and height of a zone in words."""
    if one.width <= 0.0:
        return "no zone"
    return f"{convert(one.width, 'mm'):.2f} × {convert(one.height, 'mm'):.2f} mm"


def zone_legend(damage: Sequence[DamageField], measured: str, y: float, right: float) -> tuple[str, float]:
    """Return the legend of outlines, the widest zone of each family first, and its height.

    Parameters
    ----------
    damage
        The zones.
    measured
        What a measured outline is called; empty where there is none.
    y
        First baseline.
    right
        Where lines break.
    """
    styles = kinetic_styles([(one.name, one.collagen) for one in damage])
    parts, start = [], y
    for collagen, title in ((False, "Cells die"), (True, "Collagen is denatured")):
        family = sorted((one for one in damage if one.collagen == collagen), key=lambda one: -one.width)
        if not family:
            continue
        parts.append(svg.text(4, y, title, size=11, bold=True))
        parts.append(svg.text(right - 4, y, "width × height", anchor="end", paint="muted", size=11))
        y += 16
        for one in family:
            style = styles[one.name]
            parts.append(svg.line(4, y - 4, 34, y - 4, paint=style.paint, width=style.width, dash=style.dash))
            parts.append(svg.text(40, y, kinetic_label(one.name)[:34], size=11))
            parts.append(svg.text(right - 4, y, zone_size(one), anchor="end", paint="muted", size=11))
            y += 15
        y += 5
    if measured:
        parts.append(svg.line(4, y - 4, 34, y - 4, paint="ink", width=2.2))
        for words in svg.wrapped(measured, right - 50, 11):
            parts.append(svg.text(40, y, words, size=11))
            y += 15
        y += 5
    return "".join(parts), y - start
