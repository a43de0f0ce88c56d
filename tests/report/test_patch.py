"""A patch in the report: said apart from steel needles, drawn to scale, and silent about what nobody knows."""

from __future__ import annotations

import re
from functools import cache

import pytest

from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan
from percuta.report.aftercare_sheet import aftercare_sheet
from percuta.report.page import ReportMaterial, render_report
from percuta.report.patch import worn_zones
from percuta.workflows.check import check
from percuta.workflows.simulate import simulate

from ..patched import DISSOLVING, LOADED, PLAN, POROUS


def material_of(text: str) -> ReportMaterial:
    """What the report of a plan is made of."""
    plan = read_plan(text, "test")
    found = simulate(plan, 16)
    return ReportMaterial(
        plan=plan,
        plan_text=text,
        device=resolve_device(plan.device, library()),
        findings=check(plan).as_dict(),
        endpoints=[one.as_dict() for one in found.endpoints],
        tree=found.tree,
        manifest={"members": 16},
        library=library(),
    )


@cache
def material(device: str) -> ReportMaterial:
    """What a report of a patch is made of."""
    return material_of(PLAN.replace("DEVICE", device))


@cache
def page(device: str) -> str:
    return render_report(material(device))


def test_the_page_says_that_these_are_no_steel_needles() -> None:
    shown = page(DISSOLVING + LOADED)
    section = shown[shown.index('<section id="patch">') : shown.index('<section id="session">')]
    assert "not the steel needles" in section
    assert "never absorbed" in section
    assert "dissolve there" in section
    assert "stay whole" in page(POROUS)
    assert "No steel needle goes into the skin" in shown


def test_no_aftercare_sheet_is_written_and_none_is_pointed_to() -> None:
    assert aftercare_sheet(material(DISSOLVING)) is None
    assert "The first week" in page(DISSOLVING)
    assert "aftercare sheet" not in page(DISSOLVING).lower()


def test_trials_of_steel_needles_are_not_shown_as_known() -> None:
    shown = page(DISSOLVING)
    assert "Trials of steel needles say nothing of a patch" in shown
    assert "Redness, pain and end points were counted after steel needles" in shown
    assert "No trial of dissolving or porous needles that counted them" in shown


def test_a_dose_is_said_where_the_load_is_known_and_how_to_give_it_where_not() -> None:
    [loaded], [bare] = (worn_zones(material(device)) for device in (DISSOLVING + LOADED, DISSOLVING))
    assert any("44.80 µg/cm²" in sentence for sentence in loaded["sentences"])  # 100 ug/cm^2 0.8^3 (1 - 0.5^3)
    assert any("load_per_patch" in sentence for sentence in bare["sentences"])


@pytest.mark.parametrize("device", [DISSOLVING + LOADED, POROUS + LOADED])
def test_three_pictures_stand_alone(device: str) -> None:
    [zone] = worn_zones(material(device))
    assert len(zone["pictures"]) == 3
    for picture in zone["pictures"]:
        assert picture.drawing.startswith("<svg")
        assert "nan" not in re.sub(r"<title.*?</desc>", "", picture.drawing)


def test_the_needle_is_drawn_with_what_is_left_of_it() -> None:
    """Half of the time worn of 2 h lies at a quarter of the dissolution time of 4 h."""
    [zone] = worn_zones(material(DISSOLVING + LOADED))
    needle = zone["pictures"][0].drawing
    assert "0 min: 100 % of the needle in the skin is left." in needle
    assert "1 h: 42 % of the needle in the skin is left." in needle  # 0.75^3


def test_where_the_load_ends_up_names_what_never_gets_in() -> None:
    [zone] = worn_zones(material(DISSOLVING + LOADED))
    described = zone["pictures"][2].drawing
    assert "never in the skin" in described
    assert "still in the needles when they come off" in described
    assert "below the dermis" not in described


def test_a_plan_without_a_patch_has_no_such_part(minimal_plan: str) -> None:
    other = material_of(minimal_plan)
    assert worn_zones(other) == []
    assert 'id="patch"' not in render_report(other)
