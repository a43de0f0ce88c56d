"""Generated plan files thrown at the loader: a plan comes out, or one clear error, and nothing else ever."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from percuta.errors import PercutaError
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan, read_plan
from percuta.plan.schema import plan_schema
from percuta.plan.steps import STEP_KINDS
from percuta.plan.writing import plan_as_data, write_plan

if TYPE_CHECKING:
    from tests.conftest import TimeLimit

Data = dict[str, Any]
SchemaOf = Callable[[Data], str]
VALIDATOR = Draft202012Validator(plan_schema())


def read(text: str) -> Plan | PercutaError:
    try:
        return read_plan(text, "my.toml")
    except PercutaError as fault:
        return fault


def check(outcome: Plan | PercutaError) -> None:
    """A plan can be written and read again and fits the schema; an error is one short message of a user's fault."""
    if isinstance(outcome, Plan):
        assert read_plan(write_plan(outcome)) == outcome
        VALIDATOR.validate(plan_as_data(outcome))
        return
    message = str(outcome)
    assert outcome.exit_code == 2
    assert message.startswith("my.toml")
    assert len(message) < 2000
    assert all(line.isprintable() for line in message.split("\n"))
    assert message.count("\n") <= 3
    assert not re.search(r"Traceback|pydantic|Input should|NoneType|<class", outcome.what)


# --- valid plans ---


@settings(max_examples=100)
@given(st.data())
def test_a_valid_plan_is_read_as_it_was_meant(
    generated_plans: st.SearchStrategy[Data], as_toml: SchemaOf, data: st.DataObject
) -> None:
    plan = data.draw(generated_plans)
    found = read_plan(as_toml(plan))
    check(found)
    assert found.title == plan["title"]
    assert [zone.name for zone in found.zones] == [zone["name"] for zone in plan["zones"]]
    assert [step.do for step in found.session.steps] == [step["do"] for step in plan["session"]["steps"]]
    assert found.course.interval.text == plan["course"]["interval"]


# --- valid plans with something wrong ---

JUNK_TEXT = st.text(max_size=20) | st.sampled_from(
    [
        "",
        "1 mm",
        "-1 mm",
        "0 mm",
        "nan mm",
        "1e400 mm",
        "1 kg",
        "1",
        "mm",
        "1 mm**9**9",
        "52 years",
        "{0}",
        "%s",
        "\x00",
        "\x1b[2J",
    ]
)
JUNK_NUMBER = st.integers() | st.floats() | st.sampled_from([0, -1, 1e308, 1 << 63, 1 << 3000])
JUNK = st.recursive(
    JUNK_TEXT | JUNK_NUMBER | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.text(max_size=10) | st.sampled_from(
    [
        "schema",
        "do",
        "zones",
        "zone",
        "set_depth",
        "passes",
        "model",
        "kind",
        "screening",
        "scar_types",
        "duration",
        *STEP_KINDS,
    ]
)


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in inner for found in ((*path, key), *places(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, plan: Data) -> Data:
    """A plan with one to three values replaced, removed, added, or taken from elsewhere in the plan."""
    plan = copy.deepcopy(plan)
    for _ in range(draw(st.integers(1, 3))):
        known = places(plan)
        if not known:
            break
        path = draw(st.sampled_from(known))
        parent = plan
        for part in path[:-1]:
            parent = parent[part]  # type: ignore[index]
        how = draw(st.sampled_from(["replace", "remove", "add", "move"]))
        if how == "remove":
            del parent[path[-1]]  # type: ignore[arg-type]
        elif how == "add" and isinstance(parent, dict):
            parent[draw(KEYS)] = draw(JUNK)
        elif how == "move":
            value: Any = plan
            for part in draw(st.sampled_from(known)):
                value = value[part]
            parent[path[-1]] = copy.deepcopy(value)  # type: ignore[index]
        else:
            parent[path[-1]] = draw(JUNK)  # type: ignore[index]
    return plan


@settings(max_examples=200)
@given(st.data())
def test_a_plan_with_something_wrong_gives_a_plan_or_an_error(
    generated_plans: st.SearchStrategy[Data], as_toml: SchemaOf, data: st.DataObject
) -> None:
    plan = data.draw(mutated(data.draw(generated_plans)))
    outcome = read(as_toml(plan))
    check(outcome)
    if isinstance(outcome, Plan):
        VALIDATOR.validate(plan)


@settings(max_examples=200)
@given(st.data())
def test_the_minimal_plan_with_something_wrong_gives_a_plan_or_an_error(
    minimal_data: Data, as_toml: SchemaOf, data: st.DataObject
) -> None:
    check(read(as_toml(data.draw(mutated(minimal_data)))))


@settings(max_examples=200)
@given(st.data())
def test_a_text_with_something_cut_put_in_or_doubled_gives_a_plan_or_an_error(
    minimal_plan: str, data: st.DataObject
) -> None:
    text = minimal_plan
    for _ in range(data.draw(st.integers(1, 3))):
        start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
        inserted = data.draw(
            JUNK_TEXT | st.sampled_from(["\n", "[", "]", "=", '"', '"""', "#", "{", "."]) | st.just(text[start:end])
        )
        text = text[:start] + inserted + text[data.draw(st.sampled_from([start, end])) :]
    check(read(text))


# --- what is no plan ---

TOML_PARTS = [
    "schema", "title", "patient", "zones", "session.steps", "course", "do", "a", '"', "'", '"""', "'''", "=", " = ",
    ".", ",",
    "[", "]", "[[", "]]", "{", "}", "#", "\n", "\r\n", " ", "1", "-", "0x", "1e9", "nan", "inf", "true", "1979-05-27",
    "07:32:00", '"1 mm"', "\\", "\\u0000", "\x00", "\ufeff", "é", "_", "+", "\u2028",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(TOML_PARTS), max_size=40).map("".join))
@example("[" * 3000)
@example("a.b.c = 1\na.b = 2")
@example('schema = 1\n"" = {"" = [{}]}')
@example("[[a]]\n[a.b]\n[[a]]\n[a.b]\n")
def test_what_looks_like_toml_gives_an_error(text: str) -> None:
    outcome = read(text)
    assert isinstance(outcome, PercutaError)
    check(outcome)


@settings(max_examples=200)
@given(st.text())
def test_any_text_gives_an_error(text: str) -> None:
    outcome = read(text)
    assert isinstance(outcome, PercutaError)
    check(outcome)


@settings(max_examples=100)
@given(st.dictionaries(KEYS, JUNK, max_size=5))
def test_any_tables_give_an_error(as_toml: SchemaOf, data: Data) -> None:
    outcome = read(as_toml(data))
    assert isinstance(outcome, PercutaError)
    check(outcome)


@settings(max_examples=200)
@given(st.binary(max_size=500))
@example(b"\xef\xbb\xbf")
@example(b"\xff" * 100)
def test_any_bytes_give_an_error(any_file: Path, raw: bytes) -> None:
    any_file.write_bytes(raw)
    with pytest.raises(PercutaError) as caught:
        load_plan(any_file)
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(str(any_file))


@pytest.fixture(scope="module")
def any_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans") / "any.toml"


# --- long inputs, in seconds ---


@settings(max_examples=40)
@given(
    st.sampled_from(TOML_PARTS),
    st.sampled_from(TOML_PARTS),
    st.sampled_from(["", "a = ", 'a = "', 'a = """\n', "[", "a."]),
    st.sampled_from(["", "\n", '"', '\n"""\n', "]"]),
)
def test_nothing_that_repeats_takes_long(time_limit: TimeLimit, one: str, two: str, before: str, after: str) -> None:
    text = before + (one + two) * (300_000 // len(one + two)) + after
    with time_limit(20):
        outcome = read(text)
    assert isinstance(outcome, PercutaError)
    check(outcome)
