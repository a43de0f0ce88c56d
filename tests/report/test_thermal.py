from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.report.page import ReportMaterial, render_report
from percuta.report.sheet import settings
from percuta.report.thermal import heated_zones
from percuta.report.thermal_charts import (
    HeatedNeedles,
    HeatedSkin,
    deepest_drawn,
    fractions_by_depth,
    shades_in_layers,
    zone_radius,
    zones_in_layers,
)
from percuta.report.wording import endpoint_value
from percuta.results.thermal import THERMAL

from .conftest import Build
from .test_page import practitioners_part, sheet, words

DEPTH = np.linspace(0.0, 3.0, 121)
ARRAY = HeatedNeedles(diameter=0.2, taper=0.0, exposed=0.5, pitch=1.5, tips=(1.2,), coverings=1.0)
FIXED = {"epidermis": (0.05, 0.1, 0.15), "dermis": (0.9, 1.2, 1.5)}


def skin(fraction: np.ndarray[Any, Any], members: int = 16) -> HeatedSkin:
    rows = np.tile(fraction, (members, 1))
    return HeatedSkin(DEPTH, {"coagulated": rows, "necrotic": rows, "heat_shocked": rows}, **FIXED)


def slab(share: float) -> np.ndarray[Any, Any]:
    """A share of the skin from 1.4 to 1.8 mm, below the tip."""
    return np.where((DEPTH > 1.4) & (DEPTH < 1.8), share, 0.0)


def test_a_zone_is_drawn_as_wide_as_its_share_of_a_pitch_cell() -> None:
    radius = zone_radius(slab(0.1), DEPTH, ARRAY)
    inside = (DEPTH > 1.45) & (DEPTH < 1.75)
    assert np.pi * radius[inside] ** 2 == pytest.approx(0.1 * 1.5**2)
    assert not radius[DEPTH < 1.3].any()


def test_passes_at_chance_do_not_widen_the_zone_of_one_stamp() -> None:
    once = zone_radius(slab(0.1), DEPTH, ARRAY)
    thrice = zone_radius(slab(1.0 - 0.9**3), DEPTH, replace(ARRAY, coverings=3.0))
    assert thrice == pytest.approx(once)


def test_beside_a_needle_the_zone_lies_about_its_metal() -> None:
    radius = zone_radius(np.full_like(DEPTH, 0.05), DEPTH, ARRAY)
    beside = radius[DEPTH < 1.1]
    assert np.pi * (beside**2 - 0.1**2) == pytest.approx(0.05 * 1.5**2)


def test_the_drawing_holds_layers_zones_and_tips() -> None:
    assert deepest_drawn(skin(slab(0.0)), 1.2) >= 1.5  # where the dermis ends at the latest
    assert deepest_drawn(skin(slab(0.2)), 1.2) >= 1.75
    assert deepest_drawn(skin(slab(0.0)), 2.9) > 2.9


def outlines(drawing: str, paint: str) -> list[np.ndarray[Any, Any]]:
    paths = re.findall(rf'<path d="M([^Z"]+)Z"[^>]*percuta-{paint}', drawing)
    return [np.array([[float(part) for part in at.split(",")] for at in path.split("L")]) for path in paths]


def test_zones_needles_and_axes_share_one_scale() -> None:
    drawing = zones_in_layers("zones", "cheeks", "coagulated", skin(slab(0.1)), ARRAY)
    metal = re.findall(r'<polygon points="([^"]+)" fill="var\(--percuta-metal', drawing)
    shape = np.array([[float(part) for part in at.split(",")] for at in metal[0].split()])
    per_mm = np.ptp(shape[:, 0]) / 0.2
    assert np.ptp(shape[:, 1]) == pytest.approx(0.5 * per_mm, abs=0.05)
    zones = outlines(drawing, "collagen")
    widths = {round(float(np.ptp(zone[:, 0]) / per_mm), 2) for zone in zones}
    assert widths == {round(2.0 * np.sqrt(0.1 * 1.5**2 / np.pi), 2)}  # all scenarios are alike
    centres = sorted({round(float(zone[:, 0].mean()), 1) for zone in zones})
    assert np.diff(centres) == pytest.approx(1.5 * per_mm, abs=0.3)
    assert zones[0][:, 1].max() > shape[:, 1].max()  # below the tip


@pytest.mark.parametrize("draw", [zones_in_layers, shades_in_layers])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_drawings_are_valid_without_damage_and_with_all_of_it(draw: Any, share: float) -> None:
    needles = replace(ARRAY, angle=np.radians(20.0), taper=0.2, tips=(2.0, 1.2))
    for kind in ("coagulated", "necrotic"):
        drawing = draw("zones", "cheeks & <chin>", kind, skin(slab(share)), needles)
        assert ElementTree.fromstring(drawing).get("role") == "img"
        assert not re.search(r"\b(nan|inf)\b", drawing)
    chart = fractions_by_depth("by-depth", "cheeks", skin(slab(share)), 1.2)
    assert ElementTree.fromstring(chart).get("role") == "img"
    assert not re.search(r"\b(nan|inf)\b", chart)


# --- in the report -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pulses_page(pulses_only: ReportMaterial) -> str:
    return render_report(pulses_only)


def test_a_plan_with_pulses_has_a_section_of_heat_and_a_pen_has_none(pulses_page: str, pen: ReportMaterial) -> None:
    assert '<section id="heat">' in pulses_page
    assert 'href="#heat"' in pulses_page
    assert 'id="heat"' not in render_report(pen)
    assert heated_zones(pen) == []


def test_every_endpoint_of_the_current_stands_in_plain_words(pulses_page: str, pulses_only: ReportMaterial) -> None:
    part = words(pulses_page[pulses_page.index('id="heat"') : pulses_page.index('id="session"')])
    for name in THERMAL:
        found = pulses_only.known_endpoint(name, "cheeks")
        assert found is not None
        middle, span = endpoint_value(found)
        assert words(f"{middle} {span}") in part
    (zone,) = heated_zones(pulses_only)
    assert len(zone["rows"]) == len(THERMAL)
    assert not any("_" in row["label"] for row in zone["rows"])
    assert zone["settings"] == "2.0 mm deep, 25 W for 100 ms"


def with_thermal(material: ReportMaterial, **values: np.ndarray[Any, Any]) -> ReportMaterial:
    """The same with other results of one zone."""
    place = "/zones/cheeks/thermal"
    groups = {path: node.to_dataset() for path, node in material.tree.subtree_with_keys}
    groups = {f"/{path}".replace("/.", "/"): one for path, one in groups.items()}
    found = groups[place]
    groups[place] = found.assign({name: (found[name].dims, value) for name, value in values.items()})
    return replace(material, tree=xr.DataTree.from_dict(groups))


def test_how_often_no_zone_forms_is_said(pulses_only: ReportMaterial) -> None:
    members = pulses_only.values("/zones/cheeks/thermal/width")
    assert members is not None
    some = np.where(np.arange(members.size) < members.size // 2, 0.0, 0.4)
    half = heated_zones(with_thermal(pulses_only, width=some, height=some))[0]["sentences"]
    assert any("In about half of the scenarios no zone of coagulated collagen forms." in one for one in half)
    assert any("is 0.40 mm (0.40 to 0.40 mm) wide" in one for one in half)
    none = heated_zones(with_thermal(pulses_only, width=0.0 * some))[0]["sentences"]
    assert "In no scenario does a pulse coagulate a zone around its needle." in none
    every = heated_zones(with_thermal(pulses_only, width=0.0 * some + 0.3))[0]["sentences"]
    assert not any("no zone" in one for one in every)


def test_the_kinetic_sets_are_set_against_each_other(pulses_only: ReportMaterial) -> None:
    means = pulses_only.values("/zones/cheeks/thermal/coagulated_fraction_of_compartment")
    drawn = pulses_only.values("/zones/cheeks/thermal/collagen_set")
    assert means is not None
    assert drawn is not None
    assert set(drawn.tolist()) == {0, 1}
    apart = np.where(drawn[:, None] == 0, 0.02, 0.10) * np.ones_like(means)
    said = heated_zones(with_thermal(pulses_only, coagulated_fraction_of_compartment=apart))[0]["sentences"][-1]
    assert "typical share of the lower dermis is 2.0 %" in said
    assert "10 %" in said or "10.0 %" in said


def test_a_generator_that_cannot_give_what_is_set_is_named(build: Build) -> None:
    pulses = (
        '[[session.steps]]\ndo = "rf_pulses"\nzones = ["cheeks"]\nset_depths = ["2.0 mm", "1.0 mm"]\npasses = 2\n'
        'energy_per_pin = "50 mJ"\npulse_width = "100 ms"\noverlap = 0.2\n'
    )
    material = build(device="generic-rf-7x7-insulated", needles=pulses, study=True)
    energy = material.values("/zones/cheeks/thermal/energy_per_needle")
    assert energy is not None
    held = with_thermal(material, energy_per_needle=np.full_like(energy, 0.04))
    said = heated_zones(held)[0]["sentences"]
    assert any("keep a needle below the 50 mJ that are set: 40 mJ" in one for one in said)
    (zone,) = heated_zones(material)
    assert "bare metal at a shallower pulse" in str(zone["pictures"][0].drawing)
    assert any("Zones are those of one stamp" in note for note in zone["notes"])
    text = words(render_report(material))
    assert "set depth 2.0 mm and 1.0 mm" in text
    assert "pulses of 100 ms; 50 mJ per pin; stamps overlap by 20 %" in text


def test_the_session_sheet_states_dose_and_pulse_width(pulses_page: str) -> None:
    assert "pulses of 100 ms, 25 W" in sheet(pulses_page)


def test_inclined_pairs_are_drawn_from_the_side(pulses_only: ReportMaterial) -> None:
    pairs = replace(pulses_only, device=library().devices["generic-rf-pairs-20-degrees"])
    (zone,) = heated_zones(pairs)
    assert "drawn from the side" in zone["notes"][0]
    assert "enter at 20 deg; here they are drawn upright" in practitioners_part(render_report(pairs))


def test_a_sensor_temperature_is_written_with_its_sign(pulses_only: ReportMaterial) -> None:
    text = pulses_only.plan_text.replace('power = "25 W"', 'sensor_temperature = "60 degC"').replace("100 ms", "2 s")
    plan = read_plan(text.replace("generic-rf-7x7-insulated", "generic-rf-pairs-20-degrees"))
    (step,) = plan.rf_pulses
    assert "sensor at 60 °C" in settings(step, library())
