"""The amount of a cream follows the zones, as its label gives it, until somebody enters another."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from percuta.library.registry import library
from percuta.plan.creams import creams_follow, label_amount
from percuta.units import parse

CREAM = "lidocaine-prilocaine-2.5-2.5"
NONE: dict[str, Any] = {
    "zones": [],
    "session": {"steps": [{"do": "cleanse"}, {"do": "topical_anaesthetic", "product": CREAM}]},
}
ONE = NONE | {"zones": [{"name": "cheeks", "site": "cheek", "area": "76 cm^2"}]}
TWO = NONE | {"zones": [*ONE["zones"], {"name": "chin", "site": "chin", "area": "26 cm^2"}]}


def amount(data: dict[str, Any]) -> object:
    return data["session"]["steps"][1].get("amount")


def test_the_label_gives_an_amount_for_an_area_and_no_more_than_it_allows() -> None:
    cream = library().product(CREAM)
    layer, most = cream.known("label_amount_per_area").si, cream.known("label_maximum_amount").si
    for area in (76e-4, 0.5 * most / layer):
        text = label_amount(cream, area)
        assert text is not None
        assert 0.98 * area * layer <= parse(text, "g").si <= area * layer * (1 + 1e-9)
    large = label_amount(cream, 10.0 * most / layer)
    assert large is not None
    assert parse(large, "g").si == pytest.approx(most)


def test_an_amount_that_nobody_entered_follows_the_zones() -> None:
    before = copy.deepcopy(ONE)
    first = creams_follow(NONE, ONE, library())
    assert amount(first) == label_amount(library().product(CREAM), 76e-4)
    assert before == ONE
    second = creams_follow(first, TWO | {"session": first["session"]}, library())
    assert amount(second) == label_amount(library().product(CREAM), 102e-4)
    assert amount(creams_follow(second, NONE | {"session": second["session"]}, library())) is None


def test_an_amount_that_was_entered_stays() -> None:
    entered = copy.deepcopy(ONE)
    entered["session"]["steps"][1]["amount"] = "7 g"
    assert amount(creams_follow(entered, TWO | {"session": entered["session"]}, library())) == "7 g"


def test_a_cream_on_one_zone_is_for_that_zone() -> None:
    named = copy.deepcopy(TWO)
    named["session"]["steps"][1]["zones"] = ["chin"]
    assert amount(creams_follow(NONE, named, library())) == label_amount(library().product(CREAM), 26e-4)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"session": 3},
        {"session": {"steps": "many"}},
        {"session": {"steps": [None, 7, {"do": "topical_anaesthetic", "product": ["a"]}]}},
        {"zones": 5, "session": {"steps": [{"do": "topical_anaesthetic", "product": CREAM}]}},
        {"zones": [1, {"area": 3}], "session": {"steps": [{"do": "topical_anaesthetic", "product": CREAM}]}},
    ],
)
def test_what_is_no_plan_is_left_as_it_is(odd: dict[str, Any]) -> None:
    assert creams_follow(NONE, odd, library()) == odd
