"""Errors: everything they know is in the message, and nothing in them can spoil the message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.errors import (
    ConvergenceError,
    DeviceLimitError,
    LibraryError,
    PercutaError,
    PlanError,
    SafetyRefusal,
    UnitError,
    Where,
    nearest,
)


def test_message_names_place_fault_value_allowed_and_remedy() -> None:
    fault = PlanError(
        "unknown key",
        value="pases",
        allowed="passes",
        where=Where("plan.toml", 7, "session.steps[2].pases"),
        do="did you mean passes?",
    )
    assert str(fault) == (
        "plan.toml, line 7, key session.steps[2].pases: unknown key\n"
        "  found: pases\n"
        "  allowed: passes\n"
        "  what to do: did you mean passes?"
    )


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (Where("a.toml", 3, "k"), "a.toml, line 3, key k"),
        (Where(Path("a.toml"), 3), "a.toml, line 3"),
        (Where("a.toml", key="k"), "a.toml, key k"),
        (Where(line=3, key="k"), "line 3, key k"),
        (Where(key="k"), "key k"),
        (Where(), ""),
    ],
)
def test_place_names_what_is_known(where: Where, text: str) -> None:
    assert str(where) == text
    assert str(PlanError("bad", where=where)) == (f"{text}: bad" if text else "bad")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (PercutaError, 1),
        (UnitError, 2),
        (PlanError, 2),
        (LibraryError, 2),
        (DeviceLimitError, 2),
        (SafetyRefusal, 3),
        (ConvergenceError, 4),
    ],
)
def test_exit_codes_are_those_of_the_design(kind: type[PercutaError], code: int) -> None:
    fault = kind("bad")
    assert fault.exit_code == code
    assert isinstance(fault, PercutaError)
    assert fault.as_dict()["exit_code"] == code
    assert fault.as_dict()["error"] == kind.__name__


def test_at_fills_in_the_place_and_keeps_kind_and_content() -> None:
    fault = UnitError("bad", value=3, allowed="text", do="mend")
    placed = fault.at(Where("plan.toml", 2, "age"))
    assert type(placed) is UnitError
    assert (placed.what, placed.value, placed.allowed, placed.do) == ("bad", 3, "text", "mend")
    assert str(placed).startswith("plan.toml, line 2, key age: bad")
    assert fault.where is None


def test_false_and_zero_are_values_and_none_is_not() -> None:
    assert "found: False" in str(PlanError("bad", value=False))
    assert "found: 0" in str(PlanError("bad", value=0))
    assert "found" not in str(PlanError("bad", value=None))


@pytest.mark.parametrize(
    "value",
    [1 << 100_000, "x" * 1_000_000, ["x"] * 100_000, "\x1b[2J\x07\x00", "line\nline\r\u2028line"],
    ids=["huge integer", "long text", "long list", "control characters", "line ends"],
)
def test_no_value_spoils_the_message(value: object) -> None:
    message = str(PlanError("bad", value=value, where=Where("plan.toml", 1, "k")))
    assert len(message) < 300
    assert message.count("\n") == 1
    assert all(part.isprintable() for part in message.split("\n"))


def test_a_value_nested_without_end_is_shown_as_too_large() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert "list too large to show" in str(PlanError("bad", value=value))


def test_a_long_or_strange_key_and_file_do_not_spoil_the_message() -> None:
    message = str(PlanError("bad", where=Where("pl\x1b[2Jan.toml", 1, "k" * 100_000)))
    assert len(message) < 300
    assert message.isprintable()


@given(st.text(), st.text(), st.text())
def test_as_dict_is_json_and_holds_the_same(what: str, value: str, key: str) -> None:
    fault = PlanError(what, value=value, where=Where(Path("plan.toml"), 4, key))
    again = json.loads(json.dumps(fault.as_dict()))
    assert again["what"] == what
    assert again["where"] == {"file": "plan.toml", "line": 4, "key": key}
    assert again["exit_code"] == 2


def test_as_dict_without_value_or_place() -> None:
    plain = PlanError("bad").as_dict()
    assert plain["value"] is None
    assert plain["where"] is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("pases", "passes"), ("sets_depth", "set_depth"), ("qqqqqqqq", None), ("", None), ("x" * 500_000, None)],
)
def test_nearest_known_name(name: str, expected: str | None) -> None:
    assert nearest(name, ["passes", "set_depth", "zones"]) == expected


def test_nearest_of_nothing_is_none() -> None:
    assert nearest("passes", []) is None
