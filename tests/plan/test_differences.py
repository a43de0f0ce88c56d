"""Where plans differ: only what differs is listed, steps by their kind, quantities by what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from percuta.plan.differences import BY_NAME, LEFT_OUT, WHOLE, differences
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXT = (EXAMPLES / "cheek_pen.toml").read_text("utf-8")
ZONE = """
[[zones]]
name = "chin"
site = "chin"
area = "20 cm^2"
"""


def found(*changes: tuple[str, str]) -> dict[str, tuple[str | None, ...]]:
    """Return what differs between the pen example and itself with some texts replaced."""
    other = TEXT
    for old, new in changes:
        assert old in other
        other = other.replace(old, new, 1)
    return {one.key: one.values for one in differences([read_plan(TEXT), read_plan(other)])}


def test_every_part_of_a_plan_is_compared_or_left_out_on_purpose() -> None:
    assert {*WHOLE, *BY_NAME, *LEFT_OUT} == set(Plan.model_fields)


def test_a_plan_does_not_differ_from_itself() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"1.0 mm"', '"1000 um"'),
        ('title = "Cheek wrinkles, 52 years"', 'title = "Another"'),
        ('note = "with sterile saline"', 'note = "with tap water"'),
        ('side = "both"\n', ""),  # what is left out is at its default
    ],
)
def test_what_means_the_same_or_changes_nothing_is_no_difference(old: str, new: str) -> None:
    assert found((old, new)) == {}


def test_settings_that_differ_are_shown_as_written() -> None:
    changes = (('set_depth = "1.0 mm"', 'set_depth = "750 um"'), ("sessions = 4", "sessions = 3"))
    assert found(*changes) == {"needling.set_depth": ("1.0 mm", "750 um"), "course.sessions": ("4", "3")}


def test_a_step_put_before_others_is_one_line() -> None:
    peel = '[[session.steps]]\ndo = "peel"\nproduct = "glycolic-acid-peel"\n\n[[session.steps]]\ndo = "glide_gel"'
    assert found(('[[session.steps]]\ndo = "glide_gel"', peel)) == {"peel": (None, "product glycolic-acid-peel")}


def test_steps_without_a_setting_are_done_or_not() -> None:
    assert found(('[[session.steps]]\ndo = "cool"\n', "")) == {"cool": ("done", None)}


def test_a_second_step_of_a_kind_has_a_number() -> None:
    second = '[[session.steps]]\ndo = "cool"\n\n[[session.steps]]\ndo = "cool"\nduration = "10 min"\n'
    assert found(('[[session.steps]]\ndo = "cool"\n', second)) == {"cool 2": (None, "duration 10 min")}


def test_another_order_of_the_same_steps_is_said() -> None:
    cool, rinse = (
        '[[session.steps]]\ndo = "cool"\n\n',
        '[[session.steps]]\ndo = "rinse"\nnote = "with sterile saline"\n\n',
    )
    [(key, (first, second))] = found((rinse + cool, cool + rinse)).items()
    assert key == "order of the steps"
    assert "rinse, cool" in str(first)
    assert "cool, rinse" in str(second)


def test_a_zone_of_one_plan_alone_is_one_line_and_the_steps_say_where_they_act() -> None:
    differing = found(("[device]", f"{ZONE}\n[device]"), ('zones = ["cheeks"]', 'zones = ["cheeks", "chin"]'))
    assert differing["zones.chin"][0] is None
    assert "site chin" in str(differing["zones.chin"][1])
    assert differing["needling.zones"] == ("cheeks", "cheeks, chin")


def test_the_only_zones_are_compared_whatever_their_names() -> None:
    changes = (('name = "cheeks"', 'name = "face"'), ('["cheeks"]', '["face"]'), ("76 cm^2", "70 cm^2"))
    assert found(*changes) == {"zone.name": ("cheeks", "face"), "zone.area": ("76 cm^2", "70 cm^2")}


def test_one_answer_is_named_and_many_are_counted() -> None:
    one = found(('nursing                          = "no"', 'nursing                          = "yes"'))
    assert one == {"patient.screening.nursing": ("no", "yes")}
    start, end = TEXT.index("[patient.screening]"), TEXT.index("[[zones]]")
    asked = TEXT[start:end].count('"no"')
    many = found((TEXT[start:end], ""))
    assert many == {f"patient.screening, {asked} questions": (f"{asked} answers", None)}


def test_what_two_of_three_plans_share_is_listed_for_all() -> None:
    plans = [read_plan(TEXT.replace("passes = 4", f"passes = {number}")) for number in (4, 4, 6)]
    assert [(one.key, one.values) for one in differences(plans)] == [("needling.passes", ("4", "4", "6"))]


def test_overrides_are_compared_by_their_rule() -> None:
    override = '\n[[overrides]]\nrule = "chlorhexidine_near_eyes"\nname = "Dr A"\nreason = "scar"\n'
    assert "chlorhexidine_near_eyes" in read_plan(TEXT + override).overrides[0].rule
    differing = {one.key: one.values for one in differences([read_plan(TEXT), read_plan(TEXT + override)])}
    assert differing["overrides.chlorhexidine_near_eyes"] == (
        None,
        "rule chlorhexidine_near_eyes; name Dr A; reason scar",
    )
