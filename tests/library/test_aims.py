"""Default wishes: reading them, whom each is for, and what the shipped ones say."""

from __future__ import annotations

from typing import Any

import pytest

from percuta.errors import LibraryError
from percuta.library.aims import Aims, When, read_aims
from percuta.library.registry import library
from percuta.plan.wishes import SETTING_NAMES
from percuta.sources import Sourced

AIMS = library().aims
OBJECTIVE = {"endpoint": "a", "goal": "maximise", "role": "benefit", "reason": "why"}
LIMIT = {"value": "5 days", "grade": "assumed", "source": [], "note": "a choice"}
CONSTRAINT = {"endpoint": "a", "below": LIMIT, "probability": 0.9, "reason": "why"}
SETTING = {"setting": "passes", "reason": "why", "range": {"least": LIMIT | {"value": 1}}}


def aims(**more: Any) -> Aims:
    return read_aims("rf", {"objective": [OBJECTIVE], "constraint": [CONSTRAINT], "setting": [SETTING]} | more)


def test_defaults_are_read() -> None:
    found = aims()
    assert found.wanted[0].quantile == 0.5
    assert (found.limits[0].side, found.limits[0].limit.si) == ("below", 432_000.0)
    assert {value.name for value in found.values()} == {"aims.rf.a_below", "aims.rf.passes.least"}


def test_values_of_one_endpoint_for_different_people_have_names_of_their_own() -> None:
    darker = CONSTRAINT | {"when": {"phototype": [4, 5, 6]}}
    scars = CONSTRAINT | {"when": {"desired_effect": ["acne_scars"]}}
    names = [value.name for value in aims(constraint=[CONSTRAINT, darker, scars], setting=[]).values()]
    assert names == ["aims.rf.a_below", "aims.rf.a_below.phototype_4", "aims.rf.a_below.acne_scars"]


def test_a_default_holds_for_those_that_it_names() -> None:
    when = When(("wrinkles", "laxity"), (4, 5), ("pen",))
    assert When().holds("wrinkles", 1, "roller")
    assert when.holds("laxity", 5, "pen")
    assert not any(when.holds(*who) for who in (("texture", 5, "pen"), ("laxity", 3, "pen"), ("laxity", 5, "stamp")))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"objective": [OBJECTIVE | {"goal": "more"}]}, "no such goal"),
        ({"objective": [OBJECTIVE | {"role": "cost"}]}, "no such role"),
        ({"objective": [OBJECTIVE | {"qantile": 0.5}]}, "did you mean quantile"),
        ({"constraint": [CONSTRAINT | {"above": LIMIT}]}, "one of below and above"),
        ({"constraint": [CONSTRAINT | {"below": {"unpublished": "sought everywhere"}}]}, "is not published"),
        ({"constraint": [{key: CONSTRAINT[key] for key in ("endpoint", "below", "reason")}]}, "probability"),
        ({"constraint": [CONSTRAINT | {"when": {"phototype": [7]}}]}, "no such phototype"),
        ({"setting": [SETTING | {"when": {"effect": ["wrinkles"]}}]}, "unknown key"),
        ({"setting": [{"reason": "why"}]}, "setting"),
        ({"wish": []}, "unknown key"),
    ],
)
def test_a_wrong_default_is_an_error(more: dict[str, Any], words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        aims(**more)


@pytest.mark.parametrize("modality", AIMS)
def test_the_shipped_defaults_have_reasons_and_probabilities_that_a_plan_may_have(modality: str) -> None:
    found = AIMS[modality]
    assert any(one.role == "benefit" and one.when == When() for one in found.wanted)
    assert any(one.role == "burden" for one in found.wanted)
    assert all(0.5 <= one.probability <= 0.999 for one in found.limits)
    assert {one.name for one in found.settings} <= set(SETTING_NAMES)
    reasons = [*(one.reason for one in found.wanted), *(one.reason for one in found.limits)]
    reasons += [one.reason for one in found.settings]
    assert all(one.endswith(".") for one in reasons)
    assert all(isinstance(value, Sourced) for value in found.values())


@pytest.mark.parametrize("modality", AIMS)
def test_a_limit_for_darker_skin_is_stricter_than_that_for_all(modality: str) -> None:
    limits = AIMS[modality].limits
    darker = [one for one in limits if 4 in one.when.phototype and 1 not in one.when.phototype]
    assert darker
    for one in darker:
        [general] = [other for other in limits if other.endpoint == one.endpoint and other.when == When()]
        assert one.limit.si < general.limit.si
