"""The drawn face and body: views of a woman and a man, with a region for every site of the library.

The drawings are SVG files under ``drawings/``, one for each sex and view, that any drawing program opens. Group
``drawing`` holds the picture, group ``regions`` a closed path for each site with its side (``left``, ``right`` or
``middle``, the person's own) and the point where its number goes. What is marked ``data-mirrored`` is reflected at
the file's ``data-axis`` on loading, so that both halves stay alike. Paths have absolute ``M``, ``L``, ``C`` and ``Z``
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from xml.etree import ElementTree

from percuta.web.drawing_paths import Point, area, mirrored

SEXES = ("female", "male")
Box = tuple[float, float, float, float]

_SVG = "{http://www.w3.org/2000/svg}"
_OTHER_SIDE = {"left": "right", "right": "left", "middle": "middle"}
_SMALL = 0.012  # share of a view, below which a region is given a wider rim to be hit


@dataclass(frozen=True)
class Part:
    """One path of a picture; ``kind`` says how it is drawn, ``axis`` that its mirror image is drawn as well."""

    kind: str
    path: str
    axis: float | None = None


@dataclass(frozen=True)
class Region:
    """Where a site lies in a view.

    Attributes
    ----------
    site
        Identifier in the library.
    side
        The person's own: ``left``, ``right``, or ``middle`` where the site is not one of a pair.
    path
        Its outline.
    centre
        Where its number goes.
    small
        Whether it needs a wider rim to be hit with a finger.
    """

    site: str
    side: str
    path: str
    centre: Point
    small: bool


@dataclass(frozen=True)
class View:
    """One picture with its regions.

    Attributes
    ----------
    key, title
        What it is called in the page and in words.
    box
        The part of the drawing that it shows: left, top, width, height.
    drawing
        Name of the file with its picture.
    axis
        Where the picture is reflected as a whole, or None.
    edges
        The person's own side at the viewer's left and right; empty where the view shows one side alone.
    parts
        The picture, in the order it is painted.
    regions
        The larger first, so that a small one lies on top.
    """

    key: str
    title: str
    box: Box
    drawing: str
    axis: float | None
    edges: tuple[str, str] | tuple[()]
    parts: tuple[Part, ...]
    regions: tuple[Region, ...]

    @property
    def view_box(self) -> str:
        """The box as SVG writes it."""
        return " ".join(f"{number:g}" for number in self.box)


@cache
def views(sex: str) -> tuple[View, ...]:
    """Return the views of a woman (``female``) or a man (``male``).

    Raises
    ------
    KeyError
        If the sex is neither.
    """
    if sex not in SEXES:
        raise KeyError(sex)
    face, profile, body, back, flank = (_read(sex, name) for name in _DRAWINGS)
    front, behind = ("right", "left"), ("left", "right")
    return (
        replace(face, key="face-front", title="Face", edges=front),
        replace(_cut(face, _EYES, _AROUND_EYES), key="eyes", title="Eyes", edges=front),
        replace(profile, key="face-left", title="Face, left"),
        replace(_reflected(profile), key="face-right", title="Face, right"),
        replace(body, key="body-front", title="Body", edges=front),
        replace(back, key="body-back", title="Back", edges=behind),
        replace(flank, key="body-left", title="Body, left"),
        replace(_reflected(flank), key="body-right", title="Body, right"),
    )


_DRAWINGS = ("face-front", "face-side", "body-front", "body-back", "body-side")
_EYES: Box = (98.0, 164.0, 204.0, 102.0)
_AROUND_EYES = ("glabella", "upper-eyelid", "lower-eyelid", "lateral-canthus", "infraorbital-cheek")


@cache
def sides_of(site: str) -> tuple[str, ...]:
    """Return the sides of a site: left and right of a pair, else the middle; nothing where it is not drawn."""
    drawn = {region.side for view in views(SEXES[0]) for region in view.regions if region.site == site}
    return tuple(side for side in _OTHER_SIDE if side in drawn)


def _read(sex: str, name: str) -> View:
    """Return a view as its file has it."""
    file = resources.files("percuta.web") / "drawings" / sex / f"{name}.svg"
    root = ElementTree.fromstring(file.read_text("utf-8"))
    left, top, width, height = (float(number) for number in root.attrib["viewBox"].split())
    axis = float(root.attrib["data-axis"]) if "data-axis" in root.attrib else None
    groups = {group.attrib["id"]: group for group in root.iter(f"{_SVG}g")}
    parts = tuple(
        Part(path.attrib["class"], path.attrib["d"], axis if "data-mirrored" in path.attrib else None)
        for path in groups["drawing"].iter(f"{_SVG}path")
    )
    return View(
        name, "", (left, top, width, height), name, None, (), parts, _regions(groups["regions"], axis, width * height)
    )


def _regions(group: ElementTree.Element, axis: float | None, whole: float) -> tuple[Region, ...]:
    found = list(_each_region(group, axis, whole))
    return tuple(sorted(found, key=lambda region: -area(region.path)))


def _each_region(group: ElementTree.Element, axis: float | None, whole: float) -> Iterator[Region]:
    for path in group.iter(f"{_SVG}path"):
        x, y = (float(number) for number in path.attrib["data-centre"].split())
        outline = path.attrib["d"]
        one = Region(
            path.attrib["data-site"], path.attrib["data-side"], outline, (x, y), area(outline) < _SMALL * whole
        )
        yield one
        if axis is not None and "data-mirrored" in path.attrib:
            yield _other_side(one, axis)


def _other_side(region: Region, axis: float) -> Region:
    x, y = region.centre
    path = mirrored(region.path, axis)
    return replace(region, side=_OTHER_SIDE[region.side], path=path, centre=(2.0 * axis - x, y))


def _reflected(view: View) -> View:
    """Return a view as a mirror shows it: the person's other side."""
    left, _, width, _ = view.box
    axis = left + width / 2.0
    return replace(view, axis=axis, regions=tuple(_other_side(region, axis) for region in view.regions))


def _cut(view: View, box: Box, sites: tuple[str, ...]) -> View:
    """Return a part of a view, enlarged, with the regions of some sites."""
    whole = box[2] * box[3]
    regions = (replace(one, small=area(one.path) < _SMALL * whole) for one in view.regions if one.site in sites)
    return replace(view, box=box, regions=tuple(regions))
