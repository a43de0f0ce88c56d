from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr

from percuta.plan.reading import read_plan
from percuta.report.anaesthesia import numbed_zones
from percuta.report.anaesthesia_charts import Limit, Numbing, block_against_needles, multiple_of_intact, over_hours
from percuta.report.blood import in_the_blood
from percuta.report.charts import Reach
from percuta.report.page import ReportMaterial, render_report

from .conftest import NEEDLING, Build
from .test_page import Page, practitioners_part, words
from .through_skin import anaesthesia, endpoint, exposure, numbed, on_channels, with_endpoints, with_groups, withheld

REACH = Reach((0.6, 0.8, 1.0), (0.8, 1.0, 1.2))
TIME = np.linspace(0.0, 120.0, 61)


@pytest.fixture(scope="module")
def with_cream(pen: ReportMaterial) -> ReportMaterial:
    return numbed(pen)


@pytest.fixture(scope="module")
def after_needles(refused: ReportMaterial) -> ReportMaterial:
    return on_channels(refused)


def part(html: str, identifier: str) -> str:
    found = re.search(rf'<section id="{identifier}">.*?</section>', html, flags=re.DOTALL)
    assert found is not None
    return found[0]


def rectangles(drawing: str, paint: str) -> list[tuple[float, float, float, float]]:
    found = re.findall(
        rf'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.-]+)" height="([\d.-]+)"[^>]*percuta-{paint}', drawing
    )
    return [(float(x), float(y), float(width), float(height)) for x, y, width, height in found]


def block(depth: float, needles: tuple[float, float] = (60.0, 80.0)) -> str:
    rows = np.full((16, TIME.size), depth)
    return block_against_needles(
        "block", "cheeks & <chin>", Numbing(TIME, rows, 1.5 * rows, [(4.0, 50.0)], needles, REACH, 100.0)
    )


@pytest.mark.parametrize("depth", [0.0, 2.0, 500.0])
@pytest.mark.parametrize("needles", [(60.0, 80.0), (60.0, 60.0), (0.0, 1.0)])
def test_the_timeline_is_valid_at_every_depth(depth: float, needles: tuple[float, float]) -> None:
    drawing = block(depth, needles)
    assert ElementTree.fromstring(drawing).get("role") == "img"
    assert not re.search(r"\b(nan|inf)\b", drawing)


def test_cream_and_needles_stand_at_their_times_and_depths() -> None:
    drawing = block(2.0)
    (cream,) = rectangles(drawing, "untreated")[:1]
    deepest = rectangles(drawing, "open")[0]
    typical = rectangles(drawing, "needle")[0]
    per_minute = cream[2] / 46.0
    assert deepest[0] - cream[0] == pytest.approx(56.0 * per_minute, abs=0.05)
    assert deepest[2] == typical[2] == pytest.approx(20.0 * per_minute, abs=0.05)
    assert deepest[3] / typical[3] == pytest.approx(1.0 / 0.8, rel=1e-3)


def test_a_block_below_the_chart_is_cut_off_and_not_squeezed_in() -> None:
    drawing = block(500.0)
    inner = re.search(r'<svg x="40" y="42".*?</svg>', drawing, flags=re.DOTALL)
    assert inner is not None
    line = re.search(r'<polyline points="([^"]+)"', inner[0])
    assert line is not None
    assert all(float(point.split(",")[1]) > 300.0 for point in line[1].split())
    assert "numb down to here, or deeper than the chart" in drawing
    assert "It goes deeper than the" in drawing
    assert "deeper than the chart" not in block(2.0)


def test_levels_are_drawn_on_powers_of_ten_with_their_limits() -> None:
    values = np.full((16, TIME.size), 0.1)
    limits = [Limit("first signs from 1 µg/ml", 1.0, "open"), Limit("toxic from 5 µg/ml", 5.0, "collagen")]
    drawing = over_hours("plasma", "title", TIME, values, "lidocaine (µg/ml)", "µg/ml", limits)
    lines = re.findall(r'y1="([\d.]+)"[^>]*percuta-(?:open|collagen)[^>]*stroke-dasharray="7 3"', drawing)
    first, toxic = (float(y) for y in lines)
    course = float(re.findall(r'<polyline points="[\d.]+,([\d.]+)', drawing)[0])
    decade = course - first
    assert first - toxic == pytest.approx(np.log10(5.0) * decade, abs=0.05)
    assert ElementTree.fromstring(drawing).get("role") == "img"


@pytest.mark.parametrize("peak", [0.0, 1e-9, 0.1, 40.0])
def test_levels_of_any_height_can_be_drawn(peak: float) -> None:
    for limits in ([], [Limit("toxic", 5.0, "collagen")]):
        drawing = over_hours("plasma", "t", TIME, np.full((16, TIME.size), peak), "label", "µg/ml", limits)
        assert not re.search(r"\b(nan|inf)\b", drawing)


def test_the_multiple_is_drawn_with_its_band() -> None:
    drawing = multiple_of_intact("multiple", "title", (3.2, 9.6, 31.0))
    assert ElementTree.fromstring(drawing).get("role") == "img"
    ticks = {word: float(x) for x, word in re.findall(r'<text x="([\d.]+)"[^>]*>(10*)</text>', drawing)}
    (bar,) = rectangles(drawing, "open")[:1]
    decade = ticks["10"] - ticks["1"]
    assert bar[2] == pytest.approx(np.log10(31.0 / 3.2) * decade, abs=0.1)
    assert bar[0] == pytest.approx(ticks["1"] + np.log10(3.2) * decade, abs=0.1)


# --- in the report -------------------------------------------------------------------------------------------------


def test_how_often_the_block_is_deeper_than_the_needles_is_said(with_cream: ReportMaterial) -> None:
    (zone,) = numbed_zones(with_cream)
    said = " ".join(zone["sentences"])
    assert "In nearly all scenarios that is deeper than the typical needle" in said
    assert "numb 25 min after the cream goes on (10 min to 50 min)." in said
    assert (
        "stays numb so deep for 1 h after the cream is wiped off (30 min to 1 h 50 min), which is a long estimate;"
        in said
    )
    assert said.endswith("also where the block was deeper than the needle.")
    cut = endpoint("block_duration_after_removal", "cheeks", "min", 30.0, 60.0, 240.0)
    (zone,) = numbed_zones(with_endpoints(with_cream, cut))
    assert "(30 min to at least 4 h)" in " ".join(zone["sentences"])
    shallow = with_groups(with_cream, {"/zones/cheeks/anaesthesia": anaesthesia(with_cream, 0.08)})
    (zone,) = numbed_zones(shallow)
    assert re.search(r"In about \S+ .* scenarios? that is deeper than the typical needle, and in", zone["sentences"][0])
    assert re.search(r"; in about .* it never is\.", " ".join(zone["sentences"]))


def test_needles_before_the_cream_meet_no_block(with_cream: ReportMaterial) -> None:
    before = with_groups(with_cream, {"/zones/cheeks/anaesthesia": anaesthesia(with_cream, start=0.0, lasting=2.0)})
    (zone,) = numbed_zones(before)
    assert zone["sentences"][0] == "The cream is put on after the needles, so it numbs nothing while they are in."
    assert not any("numb down to" in one for one in zone["sentences"])


def test_the_dose_and_the_level_stand_beside_their_limits(with_cream: ReportMaterial) -> None:
    html = render_report(with_cream)
    blood = words(part(html, "blood"))
    assert "About 48 mg of lidocaine and prilocaine (9 % of what is put on) reaches the blood over a day" in blood
    assert "it can raise methaemoglobin" in blood
    source = with_cream.library.screening["g6pd_deficiency"].source
    assert all(f'href="#ref-{key}"' in part(html, "blood") for key in source)
    assert "from 1 µg/ml, which is reached in none of the scenarios" in blood
    signs = with_cream.library.drug("lidocaine").published("first_signs_level")
    assert signs is not None
    assert all(f'href="#ref-{key}"' in part(html, "blood") for key in signs.source)
    assert part(html, "blood").count('stroke-dasharray="7 3"') == 2
    assert part(html, "blood").count("<svg") == 1


def test_a_drug_without_a_clearance_gets_a_dose_and_no_level(with_cream: ReportMaterial) -> None:
    unknown = exposure(with_cream)
    unknown["plasma"] = unknown["plasma"] * np.nan
    blood = in_the_blood(with_groups(with_cream, {"/exposure": unknown}))
    assert blood is not None
    assert blood["pictures"] == []
    assert any("No plasma level is given" in one for one in blood["sentences"])


def test_cream_on_needled_skin_is_a_multiple_and_never_a_level(after_needles: ReportMaterial) -> None:
    html = render_report(after_needles)
    blood = part(html, "blood")
    said = words(blood)
    assert "Expect 3.2 to 31 times what the same cream gives on intact skin" in said
    assert "no human blood levels after needling have been published" in said
    assert "µg/ml" not in blood
    assert not re.search(r"\d mg\b", re.sub(r"Put on intact skin .*? into the blood \(.*?\)", "", said))
    assert not re.search(r"\bwithin\b|\bsafe|\bharmless|\bno risk|\bbelow the\b", said, re.IGNORECASE)
    assert "9.6 times" in practitioners_part(html)


def test_contact_is_held_against_how_fast_a_drug_evens_out(after_needles: ReportMaterial) -> None:
    contact = re.compile(r"The cream lies on needled skin for [\dhmin. ]+; a drug evens out")
    short = "The calculation does not hold for so short a time."
    for lateral, held in ((0.1, True), (400.0, False)):
        changed: dict[str, xr.Dataset | None] = {"/exposure": exposure(after_needles, on_channels=1, lateral=lateral)}
        blood = in_the_blood(with_groups(after_needles, changed))
        assert blood is not None
        said = " ".join(blood["sentences"])
        assert contact.search(said) is not None
        assert re.search(r"and the channels close in \d+ h \(\d+ h to \d+ h\)\.", said)
        assert (short not in said) == held


def test_a_cream_whose_figures_nobody_published_keeps_its_sections(build: Build) -> None:
    text = NEEDLING + '[[session.steps]]\ndo = "rinse"\n'
    known = build(needles=text)
    plan = read_plan(known.plan_text.replace("lidocaine-prilocaine-2.5-2.5", "lidocaine-4"))
    bare: dict[str, Any] = {"/zones/cheeks/anaesthesia": None, "/exposure": None}
    why = "not computed: nobody published saturation_lidocaine"
    material = with_endpoints(
        replace(with_groups(known, bare), plan=plan),
        withheld("block_depth_at_needling", "cheeks", "mm", why),
        withheld("anaesthetic_absorbed", None, "mg", why),
    )
    html = render_report(material)
    for name in ("numbing", "blood"):
        assert "Not computed: nobody published saturation_lidocaine." in words(part(html, name))
        assert f'href="#{name}"' in html
    assert "0.44 µg/ml" in words(part(html, "blood"))
    assert "methaemoglobin" not in words(part(html, "blood"))
    assert "is computed; how much" not in words(part(html, "numbing"))


def test_without_its_endpoint_the_multiple_is_not_made_up(refused: ReportMaterial) -> None:
    material = with_groups(refused, {"/exposure": exposure(refused, on_channels=1)})
    endpoints = [one for one in material.endpoints if one["name"] != "anaesthetic_exposure_multiple"]
    blood = in_the_blood(ReportMaterial(**(vars(material) | {"endpoints": endpoints})))
    assert blood is not None
    assert blood["pictures"] == []
    assert "no human blood levels" in blood["sentences"][0]


def test_nothing_is_called_safe_and_no_limit_is_kept(with_cream: ReportMaterial, after_needles: ReportMaterial) -> None:
    for material in (with_cream, after_needles):
        text = words("".join(part(render_report(material), name) for name in ("numbing", "blood", "week")))
        assert not re.search(r"\bsafe|\boptimal|within (the )?limits?|\bharmless", text, re.IGNORECASE)


def test_sections_come_with_their_parts_and_go_without(with_cream: ReportMaterial, pen: ReportMaterial) -> None:
    html = render_report(with_cream)
    sections = [given["id"] for tag, given in Page(html).elements if tag == "section" and "id" in given]
    assert [one for one in sections if one in {"session", "numbing", "blood", "recovery", "week", "benefit"}] == [
        *("session", "numbing", "blood", "recovery", "week", "benefit")
    ]
    assert Page(html).unbalanced == []
    groups: dict[str, Any] = {"/zones/cheeks/anaesthesia": None, "/exposure": None, "/zones/cheeks/barrier": None}
    bare = render_report(with_groups(with_cream, groups))  # and no endpoint says why
    assert not any(f'id="{name}"' in bare or f'href="#{name}"' in bare for name in ("numbing", "blood", "week"))


def test_what_is_computed_is_shown(pen: ReportMaterial, build: Build) -> None:
    (zone,) = numbed_zones(pen)
    assert zone["sentences"][0].startswith("While the needles are in, the skin is numb down to")
    blood = in_the_blood(pen)
    assert blood is not None
    assert not blood["on_channels"]
    assert len(blood["pictures"]) == 1
    cream = re.search(r'\[\[session.steps\]\]\ndo = "topical_anaesthetic".*?(?=\[\[session)', pen.plan_text, re.DOTALL)
    assert cream is not None
    last = build(study=True, needles='[[session.steps]]\ndo = "needling"\nzones = ["cheeks"]\nset_depth = "1.0 mm"\n'
                 f"passes = 4\n{cream[0]}")  # fmt: skip
    blood = in_the_blood(last)
    assert blood is not None
    assert blood["on_channels"]
    assert "times what the same cream gives on intact skin" in blood["sentences"][1]
