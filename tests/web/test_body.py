"""The drawn face and body: every site can be chosen, on the right side, and what a click does to the plan."""

from __future__ import annotations

import itertools
import re
from importlib import resources
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from percuta.errors import PlanError
from percuta.library.entries import Site
from percuta.library.registry import library
from percuta.plan.drafts import read_draft
from percuta.sources import Unpublished
from percuta.web.body import SEXES, Region, View, sides_of, views
from percuta.web.desk import Desk
from percuta.web.drawing_paths import Point, area, mirrored, outline
from percuta.web.pages.home import new_data
from percuta.web.zone_choice import chart_of, toggled

ALL_VIEWS = [pytest.param(view, id=f"{sex}-{view.key}") for sex in SEXES for view in views(sex)]
KNOWN = library()


def inside(point: Point, ring: list[Point]) -> bool:
    """Tell whether a point lies in a closed outline, by the crossings of a ray to its right."""
    x, y = point
    crossings = 0
    for (u, v), (w, z) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (v > y) != (z > y) and x < u + (y - v) * (w - u) / (z - v):
            crossings += 1
    return crossings % 2 == 1


def middle(region: Region) -> float:
    """The horizontal middle of a region."""
    across = [x for x, _ in outline(region.path)]
    return (min(across) + max(across)) / 2


def share_in_sight(region: Region, above: list[Region]) -> float:
    """Return the share of a region, on a grid of points, that no region painted above it covers."""
    others = [outline(other.path) for other in above]
    mine = points_in(region)
    return sum(not any(inside(point, other) for other in others) for point in mine) / len(mine)


def points_in(region: Region) -> list[Point]:
    """Return the points of a grid that lie in a region."""
    ring = outline(region.path)
    left, right = min(x for x, _ in ring), max(x for x, _ in ring)
    top, bottom = heights(region)
    steps = [(number + 0.5) / 12 for number in range(12)]
    grid = [(left + (right - left) * across, top + (bottom - top) * down) for across in steps for down in steps]
    return [point for point in grid if inside(point, ring)]


def heights(region: Region) -> tuple[float, float]:
    """The top and the bottom of a region."""
    down = [y for _, y in outline(region.path)]
    return min(down), max(down)


def named(sex: str, key: str) -> View:
    """The view that the page calls so."""
    return next(view for view in views(sex) if view.key == key)


def painted(view: View) -> list[str]:
    """The outlines of skin and hair in a view, with what is mirrored in it or as a whole."""
    parts = [part for part in view.parts if part.kind in ("skin", "hair")]
    paths = [part.path for part in parts]
    paths += [mirrored(part.path, part.axis) for part in parts if part.axis is not None]
    return paths if view.axis is None else [mirrored(path, view.axis) for path in paths]


@pytest.mark.parametrize("sex", SEXES)
def test_every_site_of_the_library_is_drawn_and_nothing_else(sex: str) -> None:
    assert {region.site for view in views(sex) for region in view.regions} == set(KNOWN.sites)


@pytest.mark.parametrize("sex", SEXES)
def test_a_pair_has_both_its_sides_and_no_middle(sex: str) -> None:
    drawn: dict[str, set[str]] = {}
    for view in views(sex):
        for region in view.regions:
            drawn.setdefault(region.site, set()).add(region.side)
    assert set(map(frozenset, drawn.values())) == {frozenset({"left", "right"}), frozenset({"middle"})}
    assert {site: set(sides_of(site)) for site in drawn} == drawn
    assert drawn["cheek"] == {"left", "right"}
    assert drawn["forehead"] == {"middle"}
    assert sides_of("no-such-site") == ()


@pytest.mark.parametrize("view", ALL_VIEWS)
def test_regions_stay_in_the_view_and_their_numbers_in_them(view: View) -> None:
    left, top, width, height = view.box
    for region in view.regions:
        ring = outline(region.path)
        assert all(left <= x <= left + width and top <= y <= top + height for x, y in ring), region
        assert inside(region.centre, ring), (region.site, region.centre)
        assert region.path.startswith("M")
        assert region.path.endswith("Z")


@pytest.mark.parametrize("view", ALL_VIEWS)
def test_the_picture_can_be_read_and_stays_in_the_file(view: View) -> None:
    assert len(view.parts) > 30
    for part in view.parts:
        assert outline(part.path), part.kind


@pytest.mark.parametrize("view", ALL_VIEWS)
def test_no_region_hides_another(view: View) -> None:
    for place, region in enumerate(view.regions):
        assert share_in_sight(region, list(view.regions[place + 1 :])) > 0.85, (region.site, region.side)
    for one, other in itertools.combinations(view.regions, 2):
        assert (one.site, one.side) != (other.site, other.side)
        assert one.path != other.path


@pytest.mark.parametrize("view", ALL_VIEWS)
def test_sides_are_the_persons_own(view: View) -> None:
    """Who looks at a face has the person's right on his left; who looks at a back, the person's left."""
    paired = [region for region in view.regions if region.side != "middle"]
    assert paired
    if not view.edges:
        assert {region.side for region in paired} == {view.key.rpartition("-")[2]}
        return
    centre = view.box[0] + view.box[2] / 2
    assert view.edges == (("left", "right") if view.key == "body-back" else ("right", "left"))
    for region in view.regions:
        at = middle(region)
        if region.side == "middle":
            assert at == pytest.approx(centre, abs=0.5), region.site
        else:
            assert (at < centre) == (region.side == view.edges[0]), (region.site, region.side)


@pytest.mark.parametrize(
    ("part", "front_to_back"), [("face", ("nose", "cheek", "scalp")), ("body", ("abdomen", "waist", "buttock"))]
)
def test_who_is_seen_from_the_left_looks_to_the_viewers_left(part: str, front_to_back: tuple[str, ...]) -> None:
    for sex in SEXES:
        for side in ("left", "right"):
            at = {region.site: middle(region) for region in named(sex, f"{part}-{side}").regions}
            across = [at[site] for site in front_to_back]
            assert across == sorted(across, reverse=side == "right")


@pytest.mark.parametrize("sex", SEXES)
@pytest.mark.parametrize("part", ["face", "body"])
def test_the_right_is_the_mirrored_left(sex: str, part: str) -> None:
    left, right = named(sex, f"{part}-left"), named(sex, f"{part}-right")
    axis = left.box[0] + left.box[2] / 2
    assert (right.drawing, right.box, right.axis, left.axis) == (left.drawing, left.box, axis, None)
    for one, other in zip(left.regions, right.regions, strict=True):
        assert (one.site, one.side == "middle") == (other.site, other.side == "middle")
        assert outline(mirrored(one.path, axis)) == outline(other.path)
        assert other.centre == pytest.approx((2 * axis - one.centre[0], one.centre[1]))


@pytest.mark.parametrize("view", ALL_VIEWS)
def test_regions_lie_on_the_person(view: View) -> None:
    """Within the outline of skin or hair, on a grid of points in each region."""
    figure = [outline(path) for path in painted(view)]
    for region in view.regions:
        points = points_in(region)
        outside = [point for point in points if not any(inside(point, ring) for ring in figure)]
        assert len(outside) < 0.05 * len(points), (region.site, region.side, outside[:3])
        assert view.drawing != "body-side" or not outside, (region.site, region.side, outside[:3])


@pytest.mark.parametrize("sex", SEXES)
def test_the_body_from_the_side_agrees_with_front_and_back(sex: str) -> None:
    """The same size, the same sides, and each place as high as there."""
    seen = [region for key in ("body-front", "body-back") for region in named(sex, key).regions]
    flank = named(sex, "body-left")
    assert flank.view_box == named(sex, "body-front").view_box
    assert {region.site for region in flank.regions} >= {"deltoid", "abdomen", "waist", "back", "buttock", "thigh"}
    for region in flank.regions:
        same = [other for other in seen if (other.site, other.side) == (region.site, region.side)]
        assert same, (region.site, region.side)
        top, bottom = heights(region)
        for other in same:
            higher, lower = heights(other)
            shared = min(bottom, lower) - max(top, higher)
            assert shared > 0.7 * min(bottom - top, lower - higher), region.site


@pytest.mark.parametrize("sex", SEXES)
def test_regions_lie_where_they_belong(sex: str) -> None:
    """Heights and distances from the middle on the face, which a slip of the pen would break."""
    face = named(sex, "face-front")
    at = {region.site: region.centre for region in face.regions if region.side in ("left", "middle")}
    down = ["scalp", "forehead", "glabella", "nose", "upper-lip", "perioral", "chin", "neck"]
    assert sorted(down, key=lambda site: at[site][1]) == down
    eye = ["upper-eyelid", "lower-eyelid", "infraorbital-cheek", "cheek"]
    assert sorted(eye, key=lambda site: at[site][1]) == eye
    out = ["nose", "infraorbital-cheek", "lateral-canthus"]
    assert sorted(out, key=lambda site: at[site][0]) == out
    assert at["upper-eyelid"][1] < at["lateral-canthus"][1] < at["infraorbital-cheek"][1]
    assert at["cheek"][1] < at["jawline"][1] < at["neck"][1]


def test_a_mirrored_path_is_as_large_and_mirrored_back_the_same() -> None:
    path = "M10 20C12.5 18 15 20 18 24L10 30Z"
    assert outline(mirrored(path, 50.0))[0] == (90.0, 20.0)
    assert outline(mirrored(mirrored(path, 50.0), 50.0)) == outline(path)
    assert area(mirrored(path, 50.0)) == pytest.approx(area(path))
    assert area("M0 0L4 0L4 3L0 3Z") == pytest.approx(12.0)


@pytest.mark.parametrize("path", ["m1 1L2 2", "M1", "M1 1C2 2 3 3Z", "M1 1A2 2 0 0 0 3 3"])
def test_a_path_of_another_kind_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="a path"):
        outline(path)


def test_the_drawings_are_svg_files_with_nothing_foreign() -> None:
    for sex in SEXES:
        files = [file for file in (resources.files("percuta.web") / "drawings" / sex).iterdir()]
        assert {file.name for file in files} >= {f"{view.drawing}.svg" for view in views(sex)}
        for file in files:
            root = ElementTree.fromstring(file.read_text("utf-8"))
            assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "g", "path"}


def start(**more: Any) -> dict[str, Any]:
    return new_data(KNOWN) | more


def needled(data: dict[str, Any]) -> list[list[str]]:
    return [step["zones"] for step in data["session"]["steps"] if "zones" in step]


def published(site: Site) -> float:
    assert site.area is not None
    assert not isinstance(site.area, Unpublished)
    return 1e4 * site.area.si


def square_centimetres(zone: dict[str, Any]) -> float:
    number, unit = zone["area"].split()
    assert unit == "cm^2"
    return float(number)


def test_a_new_zone_has_its_name_side_and_area_and_stands_in_the_steps() -> None:
    before = start()
    data, what = toggled(before, "forehead", "middle", KNOWN)
    (zone,) = data["zones"]
    assert (zone["name"], zone["site"], zone["side"]) == ("forehead", "forehead", "middle")
    assert square_centimetres(zone) == pytest.approx(published(KNOWN.site("forehead")), rel=0.01)
    assert needled(data) == [["forehead"]]
    assert what == "Forehead: added"
    assert before["zones"] == []
    assert needled(before) == [[]]


def test_one_side_then_the_other_is_one_zone_on_both_with_the_area_of_both() -> None:
    whole = published(KNOWN.site("cheek"))
    one, _ = toggled(start(), "cheek", "left", KNOWN)
    assert one["zones"][0]["side"] == "left"
    assert square_centimetres(one["zones"][0]) == pytest.approx(whole / 2, rel=0.01)
    both, what = toggled(one, "cheek", "right", KNOWN)
    assert [zone["side"] for zone in both["zones"]] == ["both"]
    assert square_centimetres(both["zones"][0]) == pytest.approx(whole, rel=0.01)
    assert needled(both) == [["cheek"]]
    assert what == "Cheek, right: added"
    right, _ = toggled(both, "cheek", "left", KNOWN)
    assert right["zones"][0]["side"] == "right"
    assert square_centimetres(right["zones"][0]) == pytest.approx(whole / 2, rel=0.01)
    none, _ = toggled(right, "cheek", "right", KNOWN)
    assert none["zones"] == []


def test_both_sides_at_once_from_the_list_and_away_again() -> None:
    both, _ = toggled(start(), "temple", "both", KNOWN)
    assert [(zone["side"], zone["name"]) for zone in both["zones"]] == [("both", "temple")]
    assert square_centimetres(both["zones"][0]) == pytest.approx(published(KNOWN.site("temple")), rel=0.01)
    assert toggled(both, "temple", "both", KNOWN)[0]["zones"] == []


def test_a_measured_area_is_kept_and_follows_the_sides() -> None:
    data, _ = toggled(start(), "cheek", "left", KNOWN)
    data["zones"][0]["area"] = "40 cm^2"
    assert toggled(data, "cheek", "right", KNOWN)[0]["zones"][0]["area"] == "80 cm^2"
    data["zones"][0]["area"] = "a palm"
    assert toggled(data, "cheek", "right", KNOWN)[0]["zones"][0]["area"] == "a palm"


def test_what_was_taken_out_leaves_the_steps_and_their_fault_shows() -> None:
    data, _ = toggled(start(), "cheek", "both", KNOWN)
    data, _ = toggled(data, "nose", "middle", KNOWN)
    assert needled(data) == [["cheek", "nose"]]
    data, _ = toggled(data, "cheek", "both", KNOWN)
    assert needled(data) == [["nose"]]
    data, _ = toggled(data, "nose", "middle", KNOWN)
    assert needled(data) == [[]]
    keys = {fault.where.key for fault in read_draft(data, KNOWN).faults if fault.where}
    assert {"zones"} <= keys
    assert any(re.fullmatch(r"session\.steps\[\d+\]\.zones", key or "") for key in keys)


def test_a_name_that_is_taken_is_not_given_twice() -> None:
    data = start(zones=[{"name": "nose", "site": "cheek", "area": "10 cm^2"}])
    data, _ = toggled(data, "nose", "middle", KNOWN)
    assert [zone["name"] for zone in data["zones"]] == ["nose", "nose 2"]


@pytest.mark.parametrize("site", sorted(KNOWN.sites))
def test_every_site_makes_a_zone_without_a_fault_of_its_own(site: str) -> None:
    for side in sides_of(site):
        data, _ = toggled(start(), site, side, KNOWN)
        faults = [fault.where.key or "" for fault in read_draft(data, KNOWN).faults if fault.where]
        assert not [key for key in faults if key.startswith("zones")]


@pytest.mark.parametrize("side", ["middle", "up", ""])
def test_a_side_that_a_site_has_not_is_refused(side: str) -> None:
    with pytest.raises(PlanError, match="no such side"):
        toggled(start(), "cheek", side, KNOWN)


@pytest.mark.parametrize(
    "zones", [3, "cheek", [7, {"site": 4}, {"site": "cheek"}, {"site": "gone", "name": ["x"]}], None]
)
def test_a_plan_that_is_wrong_is_drawn_and_can_be_added_to(zones: object) -> None:
    data = start(zones=zones, patient={"sex": 3})
    assert not chart_of(data, KNOWN).sex_known
    chosen, _ = toggled(data, "chin", "middle", KNOWN)
    assert chart_of(chosen, KNOWN).numbers[("chin", "middle")] == len(chosen["zones"])


def test_the_page_marks_what_is_chosen_by_number_words_and_state(stored: Any) -> None:
    data, _ = toggled(start(patient={"sex": "male"}), "nose", "middle", KNOWN)
    data, _ = toggled(data, "cheek", "left", KNOWN)
    stored.data = data
    html = shown(stored)
    assert 'id="face-front-cheek-left" aria-pressed="true" aria-label="Cheek, left: zone 2"' in html
    assert 'id="face-front-cheek-right" aria-pressed="false" aria-label="Cheek, right: add as a zone"' in html
    assert "style=" not in html
    assert "a woman is drawn" not in html
    assert html.count('id="') == len(set(re.findall(r'id="([^"]+)"', html)))


def test_each_drawing_is_put_into_the_page_once(stored: Any) -> None:
    html = shown(stored)
    drawn = re.findall(r'id="picture-([^"]+)"', html)
    assert sorted(drawn) == ["body-back", "body-front", "body-side", "face-front", "face-side"]
    assert [used for used in re.findall(r'href="#picture-([^"]+)"', html) if used not in drawn] == []


def test_a_zone_has_its_number_in_every_view_that_shows_it(stored: Any) -> None:
    stored.data, _ = toggled(start(), "waist", "right", KNOWN)
    html = shown(stored)
    for key, side in (("body-front", "right"), ("body-back", "right"), ("body-right", "right"), ("body-left", "left")):
        chosen = side == "right"
        region = re.search(rf'<g class="region"[^>]* id="{key}-waist-{side}".*?</g>', html, re.DOTALL)
        assert region is not None, key
        assert (f'aria-pressed="{str(chosen).lower()}"' in region[0], 'class="number"' in region[0]) == (True, chosen)


def test_an_area_that_nobody_measured_is_told_as_such() -> None:
    data = start()
    for site, side in (("cheek", "both"), ("temple", "left"), ("nose", "middle"), ("scalp", "middle")):
        data, _ = toggled(data, site, side, KNOWN)
    notes = [zone.note for zone in chart_of(data, KNOWN).zones]
    assert "both sides together" in notes[0]
    assert "half of what it has for both sides" in notes[1]
    assert "template" in notes[2]
    assert "none is published" in notes[3]
    assert all("measure yours" in note for note in notes)
    for zone in data["zones"]:
        zone["area"] = "41 cm^2"
    assert not any(zone.note for zone in chart_of(data, KNOWN).zones)


def test_every_site_is_in_the_list_too(stored: Any) -> None:
    html = shown(stored)
    for site in KNOWN.sites:
        for side in (*sides_of(site), *(["both"] if len(sides_of(site)) > 1 else [])):
            assert f'id="list-{site}-{side}"' in html
    assert "a woman is drawn" in html


class Kept:
    """A plan as the page takes it."""

    id, version = "0123456789ab", 3

    def __init__(self) -> None:
        self.data = start()


@pytest.fixture
def stored() -> Kept:
    return Kept()


def shown(stored: Kept) -> str:
    from percuta.web.rendering import _environment

    macro = _environment().get_template("body.html").module.body  # type: ignore[attr-defined]
    return str(macro(stored, chart_of(stored.data, KNOWN)))


def ask(client: TestClient, identifier: str, version: int, site: str, side: str, **headers: str) -> Any:
    form = {"version": str(version), "site": site, "side": side}
    return client.post(f"/plans/{identifier}/zones/toggle", data=form, headers=headers, follow_redirects=False)


def test_a_click_keeps_the_zone_and_shows_the_planner_again(client: TestClient, desk: Desk) -> None:
    plan = desk.plans.create(start())
    answer = ask(client, plan.id, plan.version, "cheek", "left")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/plans/{plan.id}/planner")
    kept = desk.plans.plan(plan.id)
    assert [zone["side"] for zone in kept.data["zones"]] == ["left"]
    assert kept.undo == "Cheek, left: added"
    shown_again = client.get(f"/plans/{plan.id}/planner").text
    assert 'id="face-front-cheek-left" aria-pressed="true"' in shown_again
    assert f'id="version" name="version" value="{kept.version}"' in shown_again
    ask(client, plan.id, kept.version, "cheek", "left")
    assert desk.plans.plan(plan.id).data["zones"] == []


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_click_in_an_old_tab_changes_nothing_and_says_so(
    client: TestClient, desk: Desk, headers: dict[str, str]
) -> None:
    plan = desk.plans.create(start())
    ask(client, plan.id, plan.version, "nose", "middle")
    answer = ask(client, plan.id, plan.version, "chin", "middle", **headers)
    assert answer.status_code == 409
    assert "changed elsewhere" in answer.text
    assert [zone["site"] for zone in desk.plans.plan(plan.id).data["zones"]] == ["nose"]
    if headers:
        assert answer.headers["HX-Reswap"] == "none"


@pytest.mark.parametrize(
    ("site", "side"), [("knee", "left"), ("cheek", "middle"), ("nose", "left"), ("x" * 500, "left")]
)
def test_a_place_that_is_none_is_refused(client: TestClient, desk: Desk, site: str, side: str) -> None:
    plan = desk.plans.create(start())
    assert ask(client, plan.id, plan.version, site, side).status_code == 422
    assert ask(client, plan.id, plan.version, site, side, **{"HX-Request": "true"}).status_code == 422
    assert desk.plans.plan(plan.id).data["zones"] == []


def test_a_plan_that_is_not_kept_has_no_zones(client: TestClient) -> None:
    assert ask(client, "0" * 12, 1, "nose", "middle").status_code == 404
