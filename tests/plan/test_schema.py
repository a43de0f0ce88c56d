"""The published JSON Schema: valid in itself, and never stricter than the loader."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from percuta.plan.reading import read_plan
from percuta.plan.schema import plan_schema
from percuta.plan.steps import STEP_KINDS
from percuta.plan.writing import plan_as_data
from percuta.units import parse

Data = dict[str, Any]
SCHEMA = plan_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_a_valid_schema_and_plain_json() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "Percuta plan"


def test_the_schema_names_every_step_and_the_schema_number() -> None:
    text = json.dumps(SCHEMA)
    assert all(f'"{name}"' in text for name in STEP_KINDS)
    assert "schema" in SCHEMA["required"]
    assert "schema_number" not in text


def objects(schema: Any) -> Iterator[Data]:
    """Every object within a schema."""
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from objects(inner)


def test_no_part_takes_unknown_keys_and_the_examples_are_quantities() -> None:
    examples = 0
    for part in objects(SCHEMA):
        if part.get("type") == "object" and "properties" in part:
            assert part["additionalProperties"] is False
        for example in part.get("examples", []) if part.get("type") == "string" else []:
            unit = part["description"].split("same kind as ")[1].split(",")[0]
            assert parse(example, unit).si > 0
            assert VALIDATOR.evolve(schema=part).is_valid(example)
            examples += 1
    assert examples > 20


def test_the_minimal_plan_is_valid(minimal_plan: str) -> None:
    VALIDATOR.validate(tomllib.loads(minimal_plan))


@settings(max_examples=100)
@given(st.data())
def test_every_plan_that_the_loader_takes_is_valid(
    generated_plans: st.SearchStrategy[Data], as_toml: Callable[[Data], str], data: st.DataObject
) -> None:
    plan = data.draw(generated_plans)
    VALIDATOR.validate(plan)
    VALIDATOR.validate(plan_as_data(read_plan(as_toml(plan))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema = 1", "schema = 2"),
        ("schema = 1", "schema = true"),
        ("schema = 1", ""),
        ('age = "52 years"', "age = 52"),
        ('age = "52 years"', 'age = "52"'),
        ('age = "52 years"', 'age = "fifty"'),
        ("phototype = 3", "phototype = 7"),
        ('sex = "female"', 'sex = "Female"'),
        ("passes = 4", "pases = 4"),
        ('zones = ["cheeks"]', "zones = []"),
        ('do = "cleanse"', 'do = "clense"'),
        ("sessions = 4", "sessions = 10000"),
        ('name = "cheeks"', 'name = "a/b"'),
        ('title = "', 'title = "\\u0000'),
    ],
)
def test_the_schema_finds_what_can_be_found_without_the_library(old: str, new: str, minimal_plan: str) -> None:
    assert old in minimal_plan
    assert not VALIDATOR.is_valid(tomllib.loads(minimal_plan.replace(old, new, 1)))
