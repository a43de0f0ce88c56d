"""Differences between plans in the words of the pages: no key and no identifier is left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from percuta.library.registry import library
from percuta.plan.differences import differences
from percuta.plan.reading import load_plan
from percuta.web.changes_in_words import in_words, key_in_words

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("patient.age", "Age"),
        ("patient.screening, 9 questions", "Screening, 9 questions"),
        ("zone", "Zone"),
        ("zone.area", "Zone: Area"),
        ("zones.left cheek", "Zone left cheek"),
        ("zones.no. 2", "Zone no. 2"),
        ("zones.left cheek.side", "Zone left cheek: Side"),
        ("device.model", "Device"),
        ("needling", "Needling"),
        ("needling 2.set_depth", "Needling 2: Needle depth"),
        ("topical_anaesthetic.duration", "Anaesthetic cream: Time on the skin"),
        ("order of the steps", "Order of the steps"),
        ("course.interval", "Time between sessions"),
        ("overrides.active-implant.name", "Prescriber's decision on “active implant”: Name"),
    ],
)
def test_a_key_is_what_the_pages_call_it(key: str, said: str) -> None:
    assert key_in_words(key, library()) == said


def test_a_screening_key_is_its_question() -> None:
    for name, rule in library().screening.items():
        assert key_in_words(f"patient.screening.{name}", library()) == rule.question


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("device.model", "generic-pen-12", library().device("generic-pen-12").name),
        ("needling", "passes 4; end point uniform_erythema", "passes 4; end point even redness"),
        ("zone.side", "both", "both sides"),
        ("needling.set_depth", "1.0 mm", "1.0 mm"),
        ("order of the steps", "photograph, cleanse", "Photographs, Cleansing"),
        ("overrides.x.reason", "a well-known patient", "a well-known patient"),
    ],
)
def test_a_value_has_names_in_place_of_identifiers(key: str, value: str, said: str) -> None:
    ((_, values),) = [(one.key, one.values) for one in in_words([(key, (value, None))], library())]
    assert values == (said, None)


def test_no_key_of_the_examples_is_left() -> None:
    plans = [load_plan(one) for one in sorted(EXAMPLES.glob("cheek_*.toml"))]
    found = in_words([(one.key, one.values) for one in differences(plans)], library())
    assert found
    for one in found:
        for text in (one.key, *(value for value in one.values if value)):
            assert not re.search(r"\w_\w|\w\.[a-z]", text), text
