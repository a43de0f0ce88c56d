from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from percuta.library.registry import library
from percuta.manifest import DISCLAIMER
from percuta.physics.pulse import compute_pulse
from percuta.report.pulse_charts import current_on, while_on
from percuta.report.pulse_page import render_pulse

from .hot_spots import Pulse, changed, hot_spots, unharmed
from .test_page import Page, words
from .test_section import PAIR, finite

HOSTILE = '</title><script>alert("x")</script> & 5 < 6'


def page_of(pulse: Pulse, outline: tuple[tuple[float, float], ...] | None = None) -> str:
    return render_pulse(*pulse, outline)


@pytest.fixture(scope="module")
def pulse() -> Pulse:
    return hot_spots(changed())


@pytest.fixture(scope="module")
def page(pulse: Pulse) -> str:
    return page_of(pulse)


@pytest.fixture(
    scope="module", params=["endless", "odd", "even", "monopolar", "pair", "inclined", "layers", "unharmed", "power"]
)
def any_pulse(request: pytest.FixtureRequest) -> Pulse:
    layers = (
        'perfusion               = "0 1/s"',
        'perfusion = "0 1/s"\n[[layers]]\nname = "sub <b>cutis"\nthickness = "3 mm"\nelectrical_conductivity = '
        '"0.05 S/m"\nthermal_conductivity = "0.2 W/m/K"\nheat_capacity = "2 MJ/m^3/K"',
    )
    changes: dict[str, tuple[tuple[str, str], ...]] = {
        "odd": (finite(3, 5),),
        "even": (finite(4, 2),),
        "monopolar": (('pattern = "checkerboard"', 'pattern = "monopolar"'), finite(3, 3)),
        "pair": PAIR[:1],
        "inclined": PAIR,
        "layers": (layers,),
        "power": (('voltage     = "28 V"         # rms, between the polarities', 'power = "0.2 W"\npulses = 2'),),
    }
    made = hot_spots(changed(*changes.get(request.param, ())))
    return (unharmed(made[0]), *made[1:]) if request.param == "unharmed" else made


def test_a_page_is_well_formed_and_needs_nothing_from_elsewhere(any_pulse: Pulse) -> None:
    html = page_of(any_pulse)
    found = Page(html)
    assert (found.unbalanced, found.open) == ([], [])
    assert len(set(found.ids)) == len(found.ids)
    assert not {tag for tag, _ in found.elements} & {"script", "link", "img", "iframe", "object", "embed", "form"}
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|\son\w+=", html)
    pictures = [given["href"] for tag, given in found.elements if tag == "image"]
    assert pictures
    assert all(address.startswith("data:image/png;base64,") for address in pictures)
    assert re.search(r"\bnan\b|\binf\b|None", words(html)) is None


def test_every_drawing_is_valid_xml_of_finite_numbers_with_title_and_description(any_pulse: Pulse) -> None:
    html = page_of(any_pulse)
    drawings = re.findall(r"</figcaption>(<svg\b.*?</svg>)</figure>", html, flags=re.DOTALL)
    assert len(drawings) == html.count("<figure>") >= 7
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert [bool((node.text or "").strip()) for node in root if node.tag.endswith(("title", "desc"))] == [
            True,
            True,
        ]
        numbers = [
            value
            for node in root.iter()
            for key, value in node.attrib.items()
            if key not in ("fill", "stroke", "id", "aria-labelledby", "href", "font-family")
        ]
        assert not any(re.search(r"\b(nan|inf)\b", value) for value in numbers)
        width = float(root.attrib["viewBox"].split()[2])
        for node in root.iter("{http://www.w3.org/2000/svg}text"):
            assert -1 <= float(node.attrib["x"]) <= width


def test_tables_have_scopes_and_headings_skip_no_level(page: str) -> None:
    found = Page(page)
    assert {given.get("scope") for tag, given in found.elements if tag == "th"} <= {"row", "col"}
    levels = [int(tag[1]) for tag, _ in found.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    body = words(page)
    assert body.startswith(DISCLAIMER)
    assert body.endswith(DISCLAIMER)


def test_key_figures_are_those_of_the_record(page: str, pulse: Pulse) -> None:
    said = words(page)
    for figure in (
        "Power 7.84 W",  # 28 V over 100 ohm
        "Resistance 100 Ω",
        "Voltage 28.0 V rms, start to end; highest peak 39.6 V",
        "Energy 3.92 J 3.92 J a needle",
        "Hottest tissue 37.9 °C",  # 34 degC and 1 K for every joule
        "Above 60 °C 0.200 mm³",
    ):
        assert figure in said
    cells = [one for one in pulse[0].damage if not one.collagen]
    widths = [1e3 * one.width for one in cells]
    assert f"Zone of cell death {min(widths):.2f}–{max(widths):.2f} mm wide" in said
    assert f"{len(cells)} kinetic sets" in said


def test_each_zone_is_a_row_with_its_measures(page: str, pulse: Pulse) -> None:
    rows = [words(row) for row in re.findall(r"<tr>(.*?)</tr>", page, flags=re.DOTALL)]
    for one in pulse[0].damage:
        (row,) = [row for row in rows if f" {one.name} " in f"{row} "]
        assert f"{1e3 * one.width:.3f} mm {1e3 * one.height:.3f} mm" in row
        assert row.endswith(f"{1e3 * one.top:.3f} mm")
        assert ("collagen" in row) == one.collagen


def test_isotherms_from_45_degrees_up_to_the_hottest_are_drawn_and_named(page: str) -> None:
    drawing = re.search(r'<svg[^>]*aria-labelledby="temperature-title.*?</figure>', page, flags=re.DOTALL)
    assert drawing is not None
    named = set(re.findall(r">(\d+)</text>", drawing[0]))
    assert {"45", "55", "60", "70", "80"} <= named
    assert "99" not in named  # the hottest is at 95 degC
    assert drawing[0].count('stroke-width="0.6"') == 5  # each is led to its line


def test_cells_and_collagen_have_lines_of_two_families_that_differ_within_each(page: str, pulse: Pulse) -> None:
    drawing = re.search(r'<svg[^>]*aria-labelledby="zones-title.*?</figure>', page, flags=re.DOTALL)
    assert drawing is not None
    lines = re.findall(
        r'<line x1="4"[^>]*stroke="var\(--percuta-(\w+)[^>]*?(?:stroke-dasharray="([^"]*)")?/>', drawing[0]
    )
    assert len(lines) == len(set(lines)) == len(pulse[0].damage)
    assert [paint for paint, _ in lines].count("collagen") == sum(one.collagen for one in pulse[0].damage)


def test_a_title_and_a_label_cannot_be_markup(tmp_path: object) -> None:
    record, setup, file, manifest = hot_spots(changed())
    layer = replace(setup.layers[0], name=HOSTILE)
    compared = file.model_validate(
        file.model_dump(mode="json")
        | {"title": HOSTILE, "notes": HOSTILE, "compare": {"outline": "a.csv", "label": HOSTILE}}
    )
    outline = ((0.0, 1.8e-3), (0.3e-3, 2.0e-3), (0.0, 2.4e-3))
    hostile = render_pulse(record, replace(setup, layers=(layer,)), compared, manifest | {"pulse": HOSTILE}, outline)
    assert "<script" not in hostile
    assert Page(hostile).unbalanced == []
    assert unescape(hostile).count(HOSTILE) >= 4
    assert f"measured outline, {HOSTILE}" in words(hostile)


def test_a_measured_outline_lies_at_its_points(pulse: Pulse) -> None:
    record, setup, file, manifest = pulse
    outline = ((-0.3e-3, 1.7e-3), (0.3e-3, 1.7e-3), (0.3e-3, 2.3e-3), (-0.3e-3, 2.3e-3))
    html = render_pulse(record, setup, file, manifest, outline)
    assert "The measured outline is drawn as it was given" in words(html)
    drawing = html[html.index('aria-labelledby="zones-title') :]
    path = re.search(r'<path d="M([^Z"]+)Z"[^>]*stroke="var\(--percuta-ink', drawing)
    assert path is not None
    points = np.array([[float(part) for part in point.split(",")] for point in path[1].split("L")])
    bare = re.search(r'<polygon points="([^"]+)" fill="var\(--percuta-metal', drawing)
    assert bare is not None
    metal = np.array([[float(part) for part in point.split(",")] for point in bare[1].split()])
    per_mm = np.ptp(metal[:, 1]) / 0.5
    assert np.ptp(points, axis=0) == pytest.approx([0.6 * per_mm, 0.6 * per_mm], abs=0.05)
    assert points[:, 1].max() - metal[:, 1].max() == pytest.approx(0.3 * per_mm, abs=0.05)  # 2.3 mm against the tip
    assert points[:, 0].mean() == pytest.approx(metal[:, 0].mean(), abs=0.05)
    assert "measured outline" not in words(page_of(pulse))


def test_no_damage_is_said_and_not_drawn(pulse: Pulse) -> None:
    html = page_of((unharmed(pulse[0]), *pulse[1:]))
    assert "No kinetic set reaches Ω = 1." in html
    assert "Zone of cell death none" in words(html)
    assert "no zone no zone 0 mm³" in words(html)
    assert "by kinetic set alone" not in words(html)
    assert 'aria-labelledby="shares-title' not in html


def test_no_current_at_the_end_leaves_the_joule_heat_out(pulse: Pulse) -> None:
    record = replace(pulse[0], joule=np.zeros_like(pulse[0].joule))
    assert "Joule heat at the end of the pulse" not in words(page_of((record, *pulse[1:])))


def test_what_was_not_asked_for_is_called_so_and_a_rough_grid_is_a_caution(pulse: Pulse) -> None:
    record = pulse[0]
    assert "Error from the grid 0.40 %" in words(page_of(pulse))
    missing = words(page_of((replace(record, discretisation_error=float("nan")), *pulse[1:])))
    assert "Error from the grid not asked for" in missing
    assert "The grid alone" not in missing
    rough = words(page_of((replace(record, discretisation_error=0.18), *pulse[1:])))
    assert "The grid alone leaves an error of about 18 %." in rough


def test_tissue_above_boiling_is_a_caution_where_boiling_was_left_out(pulse: Pulse) -> None:
    record = pulse[0]
    hot = replace(record, traces=replace(record.traces, tissue_peak=record.traces.tissue_peak + 80.0))
    assert "Boiling was left out, and yet tissue comes to 118 °C" in words(page_of((hot, *pulse[1:])))
    assert "Boiling was left out, and" not in words(page_of(pulse))


def test_a_bottom_that_heat_reaches_is_a_caution(pulse: Pulse) -> None:
    record, setup = pulse[0], pulse[1]
    near = replace(setup, layers=(*setup.layers[:-1], replace(setup.layers[-1], conductivity=1e3)))
    assert "A deeper last layer is needed" in words(page_of((record, near, *pulse[2:])))
    assert "A deeper last layer is needed" not in words(page_of(pulse))


def test_needles_that_differ_are_mapped_and_the_strongest_is_shown() -> None:
    record, setup, file, manifest = hot_spots(changed(finite(3, 3)))
    assert "Needle by needle" not in page_of((record, setup, file, manifest))
    energy = record.needle_energy.copy()
    energy[:, 2] = [0.010, 0.020, 0.030, 0.040]  # (0, 0), (0, p), (p, 0), (p, p)
    html = page_of((replace(record, needle_energy=energy), setup, file, manifest))
    drawing = html[html.index('aria-labelledby="needle-energy') :]
    shown = re.findall(r">(\d+\.\d)</text>", drawing[: drawing.index("</svg>")])
    assert sorted(shown) == ["10.0", "20.0", "20.0", "30.0", "30.0", "40.0", "40.0", "40.0", "40.0"]
    assert "deliver from 10.0 mJ to 40.0 mJ each. The sections show the one that delivers most." in words(html)


def test_stretches_of_current_begin_where_it_comes_on() -> None:
    time = np.arange(9.0)
    power = np.array([2.0, 2, 2, 0, 0, 3, 3, 0, 0])
    stretches = current_on(time, power, 6)
    assert stretches == [(0, 2), (4, 6)]
    resistance = np.where(power > 0, 50.0 + time, np.nan)
    (first, second) = while_on(time, resistance, power, stretches)
    assert first[1].tolist() == [50, 51, 52]
    assert second[0].tolist() == [4, 5, 6]
    assert second[1].tolist() == [55, 55, 56]  # what it is at the very moment of coming on is not noted
    held = current_on(time, np.array([0.0, 1, 1, 1, 0, 0, 0, 0, 0]), 3)
    assert held == [(0, 3)]


def test_a_computed_pulse_fills_the_page() -> None:
    _, setup, file, manifest = hot_spots(changed())
    record = compute_pulse(setup, "draft", heat_shock_peak=library().parameter("rf.heat_shock_peak").si)
    html = render_pulse(record, setup, file, manifest)
    said, traces = words(html), record.traces
    assert f"Power {traces.power[0]:.3f} to {traces.power[record.pulse_end]:.3f} W" in said
    assert f"{1e3 * record.energy:.0f} mJ" in said
    assert f"{record.steps} and {record.field_solves} solutions" in said
    assert len(html) < 400_000
