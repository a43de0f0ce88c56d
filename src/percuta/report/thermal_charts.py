"""Charts of what the current of one session does to the skin: zones around the needles, and damage by depth.

Depths are mm. Across and down share one scale where needles are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.report import svg
from percuta.report.charts import Quantiles, band_of
from percuta.report.svg import Layer, Scale

Floats = NDArray[np.float64]

_LEFT, _RIGHT, _SURFACE = 40.0, 350.0, 42.0
_HEAD = 18.0  # needle above the surface
_TALLEST = 270.0
_NEEDLES = 2.4  # pitches that are shown
_SEEN = 1e-3  # fraction below which nothing is drawn
_SHOCKED = "#d9a441"
KINDS = {
    "coagulated": ("collagen", "collagen denatured"),
    "necrotic": ("cell", "cells die"),
    "heat_shocked": (_SHOCKED, "heat-shocked, lives"),
}


@dataclass(frozen=True)
class HeatedSkin:
    """What is drawn of one zone.

    Attributes
    ----------
    depth : (z,)
        [mm].
    fractions
        By kind, each (member, z): ``coagulated``, ``necrotic``, ``heat_shocked``.
    epidermis, dermis
        Depth of the lower faces, 5, 50 and 95 % [mm].
    """

    depth: Floats
    fractions: dict[str, Floats]
    epidermis: Quantiles
    dermis: Quantiles

    @property
    def layers(self) -> list[Layer]:
        """Epidermis, dermis and fat at their medians."""
        return [Layer("epidermis", self.epidermis[1]), Layer("dermis", self.dermis[1]), Layer("below", float("inf"))]


@dataclass(frozen=True)
class HeatedNeedles:
    """The needles as drawn [mm].

    Attributes
    ----------
    diameter, taper, exposed, pitch
        Of a needle and of the array.
    tips
        Depths that the tips reach in one insertion, the deepest first.
    coverings
        How many times the stamps cover the zone.
    angle
        To the skin surface [rad].
    """

    diameter: float
    taper: float
    exposed: float
    pitch: float
    tips: tuple[float, ...]
    coverings: float
    angle: float = 0.5 * np.pi

    def radius(self, depth: Floats) -> Floats:
        """Return the needle's radius at some depths, 0 below its tip."""
        above = self.tips[0] - depth
        taper = np.clip(above / self.taper, 0.0, 1.0) if self.taper > 0.0 else np.ones_like(depth)
        return np.asarray(np.where(above >= 0.0, 0.5 * self.diameter * taper, 0.0))


def deepest_drawn(skin: HeatedSkin, tip: float) -> float:
    """Return the depth at which the drawings of a zone end [mm]."""
    damaged = np.max([np.quantile(skin.fractions[kind], 0.95, axis=0) for kind in ("coagulated", "necrotic")], axis=0)
    met = np.flatnonzero(damaged > _SEEN)
    end = float(skin.depth[met[-1]]) if met.size else 0.0
    return svg.round_up(1.08 * max(end, tip, skin.dermis[2]))


def zone_radius(fraction: Floats, depth: Floats, needles: HeatedNeedles) -> Floats:
    """Return how far from a needle's axis damage reaches if it is one round zone about each needle [mm].

    Parameters
    ----------
    fraction : (z,)
        Damaged share of the skin at each depth after all stamps.
    depth : (z,)
        [mm].
    needles
        The array; stamps at places left to chance cover one another as 1 - (1 - f)^k.
    """
    once = 1.0 - (1.0 - np.clip(fraction, 0.0, 1.0)) ** (1.0 / needles.coverings)
    radius = np.sqrt(once * needles.pitch**2 / np.pi + needles.radius(depth) ** 2)
    return np.where(once > _SEEN, radius, 0.0)


def zones_in_layers(name: str, zone: str, kind: str, skin: HeatedSkin, needles: HeatedNeedles) -> str:
    """Draw the zones of one kind around the needles in the layers: median, and 5 to 95 % of the scenarios."""
    paint, label = KINDS[kind]
    bottom = deepest_drawn(skin, needles.tips[0])
    room = _RIGHT - _LEFT
    per_mm = min(room / (_NEEDLES * needles.pitch), _TALLEST / bottom)
    width = min(room, per_mm * 2.0 * _NEEDLES * needles.pitch)
    left = _LEFT + 0.5 * (room - width)
    down = Scale(0.0, bottom, _SURFACE, _SURFACE + per_mm * bottom)
    across = Scale(-0.5 * width / per_mm, 0.5 * width / per_mm, left, left + width)
    quantiles = np.quantile(skin.fractions[kind], [0.95, 0.5, 0.05], axis=0)
    radii = [zone_radius(_smooth(fraction), skin.depth, needles) for fraction in quantiles]
    inside = [svg.layer_stack(down, left, left + width, skin.layers), *_dermis_ends(skin, down, left, left + width)]
    places = np.arange(-np.ceil(across.high / needles.pitch), np.ceil(across.high / needles.pitch) + 1) * needles.pitch
    over = []
    for place in places:
        for radius, fill, edge in zip(radii, (0.22, 0.34, 0.5), (0.0, 1.6, 0.0), strict=True):
            outline = _outline(float(place), skin.depth, radius, left, per_mm, across, down)
            over += [svg.region(part, paint=paint, fill=fill, width=edge) for part in outline]
        over += _needle(float(place), needles, left, per_mm, across, down)
    parts = [
        svg.window(left, _SURFACE, width, down.end - _SURFACE, inside),
        svg.window(left, _SURFACE - _HEAD, width, down.end - _SURFACE + _HEAD, over),
        svg.line(left, _SURFACE, left + width, _SURFACE, width=1.5),
        svg.axis_down(down, left, "depth (mm)", above=_SURFACE - 12),
        svg.axis_across(across, down.end, "distance along the surface (mm)"),
    ]
    items, height = svg.legend(_keys(kind, needles), 4, down.end + 54, _RIGHT)
    widest = [2.0 * float(radius.max()) for radius in radii]
    described = (
        f"{label.capitalize()} around each needle, as wide as {widest[1]:.2f} mm in the median and {widest[2]:.2f} to "
        f"{widest[0]:.2f} mm in 9 of 10 scenarios."
    )
    return svg.drawing(
        name, f"Zones in the layers, {label}, {zone}", described, down.end + 44 + height, [*parts, items]
    )


def _smooth(fraction: Floats) -> Floats:
    """Return a profile without the steps that a few scenarios leave in its quantiles."""
    return np.convolve(np.pad(fraction, 2, mode="edge"), np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0, mode="valid")


def _keys(kind: str, needles: HeatedNeedles) -> list[tuple[str, str, str]]:
    paint, label = KINDS[kind]
    marks = [
        ("line", paint, f"{label}, median"),
        ("band", paint, "9 in 10 scenarios"),
        ("patch", "metal", "bare metal"),
        ("patch", "insulation", "insulated"),
    ]
    if len(needles.tips) > 1:
        marks.append(("1.5 1.5", "metal", "bare metal at a shallower pulse"))
    return [*marks, *_LAYERS]


_LAYERS = [
    ("patch", "epidermis", "epidermis"),
    ("patch", "dermis", "dermis"),
    ("patch", "below", "fat"),
    ("dash", "ink", "dermis ends, 9 in 10"),
]


def _dermis_ends(skin: HeatedSkin, down: Scale, left: float, right: float) -> list[str]:
    return [svg.line(left, down(end), right, down(end), dash="3 3") for end in (skin.dermis[0], skin.dermis[2])]


def _outline(
    place: float, depth: Floats, radius: Floats, left: float, per_mm: float, across: Scale, down: Scale
) -> list[list[list[tuple[float, float]]]]:
    """Return the outline of every zone about one needle, one below the other."""
    x0 = left + per_mm * (place - across.low)
    zones = []
    for first, last in _stretches(radius > 0.0):
        at = [down.start + per_mm * float(z) for z in depth[first:last]]
        half = [per_mm * float(r) for r in radius[first:last]]
        right = [(x0 + r, z) for r, z in zip(half, at, strict=True)]
        zones.append([right + [(2.0 * x0 - x, z) for x, z in right[::-1]]])
    return zones


def _stretches(inside: NDArray[np.bool_]) -> list[tuple[int, int]]:
    ends = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int64)))
    return [(int(first), int(last)) for first, last in ends.reshape(-1, 2) if last - first > 1]


def _needle(place: float, needles: HeatedNeedles, left: float, per_mm: float, across: Scale, down: Scale) -> list[str]:
    """Return one needle at its deepest, with its bare metal at shallower pulses outlined."""
    x, half = left + per_mm * (place - across.low), 0.5 * per_mm * needles.diameter

    def ring(top: float, end: float, tapered: bool) -> list[tuple[float, float]]:
        shoulder = max(end - needles.taper, top) if tapered else end
        wide = half * min((end - top) / needles.taper, 1.0) if tapered and needles.taper > 0.0 else half
        tip = half if needles.taper <= 0.0 or not tapered else 0.0
        right = [(wide, top), (wide, shoulder), (tip, end)]
        points = right + [(-one, z) for one, z in right[::-1]]
        return [(x + one, down.start + per_mm * z) for one, z in points]

    head, tip = -2.0 * _HEAD / per_mm, needles.tips[0]
    bare = max(tip - needles.exposed, head)
    parts = [
        svg.polygon(ring(head, bare, tapered=False), paint="insulation", edge="metal"),
        svg.polygon(ring(bare, tip, tapered=True), paint="metal", edge="metal"),
    ]
    for other in needles.tips[1:]:
        parts.append(
            svg.region(
                [ring(max(other - needles.exposed, head), other, tapered=True)],
                paint="metal",
                width=1.2,
                dash="1.5 1.5",
            )
        )
    return parts


def shades_in_layers(name: str, zone: str, kind: str, skin: HeatedSkin, needles: HeatedNeedles) -> str:
    """Draw an inclined needle in the layers, and damage of one kind at each depth as a shade: the median."""
    paint, label = KINDS[kind]
    tip, lean = needles.tips[0], 1.0 / np.tan(needles.angle)
    bottom = deepest_drawn(skin, tip)
    span = 1.3 * tip * lean
    per_mm = min((_RIGHT - _LEFT) / max(span, 1e-9), _TALLEST / bottom)
    width = per_mm * max(span, 1.0)
    down = Scale(0.0, bottom, _SURFACE, _SURFACE + per_mm * bottom)
    across = Scale(-0.1 * tip * lean, -0.1 * tip * lean + width / per_mm, _LEFT, _LEFT + width)
    middle = np.median(skin.fractions[kind], axis=0)
    inside = [svg.layer_stack(down, _LEFT, _LEFT + width, skin.layers)]
    inside.append('<g shape-rendering="crispEdges">')
    for top, end, share in zip(skin.depth[:-1], skin.depth[1:], 0.5 * (middle[1:] + middle[:-1]), strict=True):
        if share > _SEEN and end <= bottom:
            height = per_mm * float(end - top)
            inside.append(svg.rectangle(_LEFT, down(float(top)), width, height, paint=paint, opacity=float(share)))
    inside.append("</g>")
    inside += _dermis_ends(skin, down, _LEFT, _LEFT + width)
    parts = [
        svg.window(_LEFT, _SURFACE, width, down.end - _SURFACE, inside),
        svg.window(_LEFT, _SURFACE - _HEAD, width, down.end - _SURFACE + _HEAD, _inclined(needles, per_mm, across)),
        svg.line(_LEFT, _SURFACE, _LEFT + width, _SURFACE, width=1.5),
        svg.axis_down(down, _LEFT, "depth (mm)", above=_SURFACE - 12),
        svg.axis_across(across, down.end, "distance along the surface (mm)"),
    ]
    marks = [("patch", paint, f"{label}: the fuller, the larger the share"), *_keys(kind, needles)[2:]]
    items, height = svg.legend(marks, 4, down.end + 54, _RIGHT)
    described = _peak_in_words(kind, skin.depth.tolist(), (100.0 * middle).tolist())
    return svg.drawing(
        name, f"Damage in the layers, {label}, {zone}", described, down.end + 44 + height, [*parts, items]
    )


def _inclined(needles: HeatedNeedles, per_mm: float, across: Scale) -> list[str]:
    """Return an inclined needle that enters the skin at 0: insulated shaft and bare metal."""
    cosine, sine = float(np.cos(needles.angle)), float(np.sin(needles.angle))
    end = needles.tips[0] / sine
    bare = max(end - needles.exposed, -1.0)
    half = 0.5 * needles.diameter

    def ring(first: float, last: float, taper: float) -> list[tuple[float, float]]:
        shoulder = max(last - taper, first)
        places = [(first, half), (shoulder, half), (last, 0.0 if taper > 0.0 else half)]
        sides = [*places, *((along, -off) for along, off in places[::-1])]
        return [
            (
                across.start + per_mm * (along * cosine - off * sine - across.low),
                _SURFACE + per_mm * (along * sine + off * cosine),
            )
            for along, off in sides
        ]

    return [
        svg.polygon(ring(-2.0 * needles.diameter / sine, bare, 0.0), paint="insulation", edge="metal"),
        svg.polygon(ring(bare, end, needles.taper), paint="metal", edge="metal"),
    ]


def fractions_by_depth(name: str, zone: str, skin: HeatedSkin, tip: float) -> str:
    """Draw the coagulated, the necrotic and the heat-shocked share of the skin against depth."""
    end = min(deepest_drawn(skin, tip), float(skin.depth[-1]))
    seen = skin.depth <= end * (1 + 1e-9)
    bands = {kind: band_of(skin.depth[seen], 100.0 * values[:, seen]) for kind, values in skin.fractions.items()}
    most = max(max(each.high) for each in bands.values())
    down = Scale(0.0, end, _SURFACE, _SURFACE + 0.9 * _TALLEST)
    across = Scale(0.0, min(svg.round_up(max(most, 0.1), 4), 100.0), _LEFT, _RIGHT - 8)
    parts = [
        f'<g opacity="0.55">{svg.layer_stack(down, _LEFT, _RIGHT - 8, skin.layers)}</g>',
        *_dermis_ends(skin, down, _LEFT, _RIGHT - 8),
        svg.axis_down(down, _LEFT, "depth (mm)", above=12),
        svg.axis_across(across, down.end, "share of the skin at that depth (%)", top=down.start, count=4),
    ]
    for kind in ("heat_shocked", "necrotic", "coagulated"):
        parts.append(svg.band(bands[kind], down, across, paint=KINDS[kind][0], down=True))
    marks = [("band", *KINDS[kind]) for kind in ("coagulated", "necrotic", "heat_shocked")]
    items, height = svg.legend([*marks, *_LAYERS], 4, down.end + 54, _RIGHT)
    said = [_peak_in_words(kind, bands[kind].at, bands[kind].middle) for kind in bands]
    title = f"Share of the skin that heat changes, by depth, {zone}"
    return svg.drawing(name, title, " ".join(said), down.end + 44 + height, [*parts, items])


def _peak_in_words(kind: str, depth: Sequence[float], middle: Sequence[float]) -> str:
    most = int(np.argmax(middle))
    return f"{KINDS[kind][1].capitalize()}: at most {middle[most]:.2g} % in the median, at {depth[most]:.2g} mm."
