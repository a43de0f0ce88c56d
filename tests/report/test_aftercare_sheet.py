from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from percuta.library.registry import library
from percuta.manifest import DISCLAIMER
from percuta.plan.reading import read_plan
from percuta.report.aftercare_sheet import aftercare_sheet, expected_days, in_words, waits
from percuta.report.page import ReportMaterial
from percuta.results.aftercare import AftercareTimes, Wait, aftercare_of

from .conftest import Build
from .test_page import Page, words
from .through_skin import barrier, numbed, with_groups

HOUR = 3600.0


def sheet_of(material: ReportMaterial) -> str:
    sheet = aftercare_sheet(material)
    assert sheet is not None
    return sheet


@pytest.fixture(scope="module")
def sheet(pen: ReportMaterial) -> str:
    return sheet_of(numbed(pen))


def test_the_sheet_is_one_well_formed_page_that_needs_nothing_else(sheet: str) -> None:
    page = Page(sheet)
    assert page.unbalanced == []
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe"}
    assert not re.search(r"https?://|@import|url\(|\son\w+=", sheet)
    assert "@page { size: A4" in sheet
    assert page.headings[0] == ("h1", "After your session")


def test_it_says_what_to_expect_by_whole_days(sheet: str) -> None:
    said = words(sheet)
    for day in ("Today", "Day 1", "Day 2", "Day 3", "Days 4 to 7"):
        assert day in said
    assert "Your skin is red and warm" in said
    assert "feels tight and dry" in said
    assert re.search(r"Redness: about \d days? \(\d to \d days\)\.", said)
    assert not re.search(r"\d\.\d", said)


def test_it_says_what_to_wait_with_and_when_to_call(sheet: str) -> None:
    said = words(sheet)
    for what in (
        "a plain sterile gel",
        "Make-up",
        "Sport, swimming, sauna",
        "Wash and shower",
        "Vitamin C, retinol",
        "Sunscreen",
        "shade",
    ):
        assert what in said
    for sign in ("Redness that spreads", "Pus", "Fever", "Blisters or cold sores", "Pain that grows", "eye"):
        assert sign in said
    for sign in ("dizziness", "metal taste", "ringing ears"):
        assert sign in said[said.index("Get help at once") :]
    assert "Phone" in said
    assert "Clinic" in said


def test_it_promises_nothing_and_speaks_of_no_collagen(sheet: str) -> None:
    said = words(sheet)
    assert DISCLAIMER in said
    assert not re.search(r"collagen|\d\s?%|\bsafe\b|guarantee|result", said, re.IGNORECASE)
    assert "no promise" in said


def test_sentences_are_short(sheet: str) -> None:
    said = words(sheet[sheet.index("<main>") :])
    sentences = [one for one in re.split(r"[.!?:;]\s", said) if one]
    assert sum(len(one.split()) for one in sentences) / len(sentences) < 14


def test_a_plan_that_is_stopped_or_opens_no_skin_has_no_sheet(
    refused: ReportMaterial, deferred: ReportMaterial, build: Build
) -> None:
    assert aftercare_sheet(refused) is None
    assert aftercare_sheet(deferred) is None
    assert aftercare_sheet(build(needles="")) is None


def test_names_of_zones_are_escaped(pen: ReportMaterial) -> None:
    text = pen.plan_text.replace('name = "cheeks"', 'name = "<b>cheeks"').replace('["cheeks"]', '["<b>cheeks"]')
    assert text != pen.plan_text
    assert "<b>" not in sheet_of(pen)


def test_days_follow_the_model(pen: ReportMaterial) -> None:
    quick, slow = (with_groups(pen, {"/zones/cheeks/barrier": barrier(pen, hours, hours)}) for hours in (0.5, 400.0))
    first = {row["day"]: " ".join(row["says"]) for row in expected_days(quick, ["cheeks"])}
    last = {row["day"]: " ".join(row["says"]) for row in expected_days(slow, ["cheeks"])}
    assert "tight" not in first["Day 1"]
    assert "holes" not in first["Day 1"]
    assert "It still feels tight and dry." in last["Day 3"]
    assert "The tiny holes are still open." in last["Day 3"]


def test_redness_goes_by_days(pen: ReportMaterial) -> None:
    tolerance = pen.tree["/zones/cheeks/tolerance"].to_dataset()
    redness = tolerance["redness_duration"]
    for days, said in ((9.5, "Your skin is still red."), (0.2, "Nearly everyone's redness has gone.")):
        changed = with_groups(pen, {"/zones/cheeks/tolerance": tolerance.assign(redness_duration=redness * 0 + days)})
        rows = {row["day"]: row["says"] for row in expected_days(changed, ["cheeks"])}
        assert said in rows["Day 3"]
    late = with_groups(pen, {"/zones/cheeks/tolerance": tolerance.assign(redness_duration=redness * 0 + 9.5)})
    assert "still there after day 10" in words(sheet_of(late))
    half = redness.copy(data=[1.5, 4.5] * (redness.size // 2))
    mixed = with_groups(pen, {"/zones/cheeks/tolerance": tolerance.assign(redness_duration=half)})
    rows = {row["day"]: " ".join(row["says"]) for row in expected_days(mixed, ["cheeks"])}
    assert rows["Days 4 to 7"].startswith("About half of people are still red. By day 5 the redness has gone")


def test_after_radiofrequency_it_speaks_of_downtime(pulses_only: ReportMaterial) -> None:
    said = words(sheet_of(pulses_only))
    assert re.search(r"Time until people go about as usual: about \d+ days \(\d+ to \d+ days\)", said)
    assert "Nobody has counted how many days the redness lasts" in said
    assert "go about as usual" in said[said.index("Day 1") :]
    assert "still red" not in said
    downtime = pulses_only.values("/zones/cheeks/tolerance/downtime")
    assert downtime is not None
    late = float(np.quantile(downtime, 0.95))
    assert f"still there after day {max(7, math.ceil(late))}" in said
    (sport,) = (row for row in waits(aftercare_of(pulses_only.tree, library())) if row["what"].startswith("Sport"))
    assert sport["time"] == f"{max(3, math.ceil(late))} days"


# --- what was sent home --------------------------------------------------------------------------------------------

AFTERCARE = '[[session.steps]]\ndo = "aftercare"\nproducts = [{}]\n\n[course]'


def sent_home(pen: ReportMaterial, *products: str, refused: str = "") -> tuple[str, AftercareTimes]:
    """The sheet of the pen plan with aftercare, and one finding that names a product and is overridden."""
    named = ", ".join(f'"{name}"' for name in products)
    plan = read_plan(pen.plan_text.replace("[course]", AFTERCARE.format(named)))
    finding = {"severity": "refuse", "step": len(plan.session.steps), "detail": f"{refused}, holds things."}
    findings = {"verdict": "passes", "findings": [finding] if refused else []}
    return words(sheet_of(replace(pen, plan=plan, findings=findings))), aftercare_of(pen.tree, pen.library)


def test_a_plain_sterile_gel_is_the_gel_that_was_given(pen: ReportMaterial) -> None:
    said, _ = sent_home(pen, "sterile-plain-hydrogel")
    assert "Anything on your skin but the gel we gave you" in said
    assert "The gel we gave you: sterile plain hydrogel." in said


def test_what_else_was_given_is_named_with_the_time_from_which_it_is_used(pen: ReportMaterial) -> None:
    said, times = sent_home(pen, "sterile-plain-hydrogel", "dexpanthenol-ointment")
    assert f"Dexpanthenol ointment: from {in_words(times.label_gel.time)} on, not before." in said
    said, _ = sent_home(pen, "dexpanthenol-ointment")
    assert "the gel we gave you" not in said
    assert "but a plain sterile gel" in said


def test_what_a_rule_refuses_while_channels_are_open_waits_as_make_up_does(pen: ReportMaterial) -> None:
    slow = with_groups(pen, {"/zones/cheeks/barrier": barrier(pen, 1.0, 1.0)})
    said, times = sent_home(slow, "dexpanthenol-ointment", refused="Dexpanthenol ointment")
    assert times.makeup.time > times.label_gel.time
    assert f"Dexpanthenol ointment: from {in_words(times.makeup.time)} on, not before." in said
    said, _ = sent_home(slow, "dexpanthenol-ointment", refused="Retinoid cream")
    assert f"Dexpanthenol ointment: from {in_words(times.label_gel.time)} on, not before." in said


def test_what_the_last_row_names_waits_as_long_as_that_row_has_it(pen: ReportMaterial) -> None:
    said, times = sent_home(pen, "retinoid-cream", "vitamin-c-serum", refused="Retinoid cream")
    for name in ("Retinoid cream", "Vitamin C serum"):
        assert f"{name}: from {in_words(times.actives.time)} on, not before." in said


@pytest.mark.parametrize(
    ("hours", "said"), [(24, "24 hours"), (36, "36 hours"), (48, "2 days"), (50, "2½ days"), (168, "7 days")]
)
def test_times_are_words_and_never_rounded_down(hours: float, said: str) -> None:
    assert in_words(hours * HOUR) == said


def test_floors_stand_and_the_model_lengthens_them(pen: ReportMaterial) -> None:
    floors = {"24 hours", "2 days", "3 days", "7 days"}
    none = Wait(0.0, "floor")
    at_least = {
        row["time"] for row in waits(aftercare_of(with_groups(pen, {"/zones/cheeks/barrier": None}).tree, library()))
    }
    assert at_least == floors
    slow = aftercare_of(with_groups(pen, {"/zones/cheeks/barrier": barrier(pen, 6.0, 60.0)}).tree, library())
    assert slow.makeup.time > 48 * HOUR
    assert slow.makeup.reason == "model"
    longer = AftercareTimes(none, Wait(96 * HOUR, "model"), none, none, none)
    assert [row["time"] for row in waits(longer) if row["what"].startswith("Make-up")] == ["4 days"]
