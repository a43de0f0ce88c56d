"""Lines of keys: the line that an error names is the line where the key stands."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percuta.plan.lines import key_lines, line_of, written

if TYPE_CHECKING:
    from tests.conftest import TimeLimit

TEXT = '''\
a = 1 # x = 2
"b c" . 'd' = """
[z]
y = 1
"""
[t]
k = [ [1,
  2], "]", # ]
  {q = 1}]
m = "a # b"
[[s.t]] # comment
x.y = 1
[[s.t]]
x = 1
[s.t.u]
w = \'\'\'[no]\'\'\'
"" = 3
[x] # [y]
p = 1
'''


def test_headers_keys_and_arrays_of_tables_have_their_lines() -> None:
    assert tomllib.loads(TEXT)
    assert key_lines(TEXT) == {
        ("a",): 1,
        ("b c",): 2,
        ("b c", "d"): 2,
        ("t",): 6,
        ("t", "k"): 7,
        ("t", "m"): 10,
        ("s",): 11,
        ("s", "t"): 11,
        ("s", "t", 0): 11,
        ("s", "t", 0, "x"): 12,
        ("s", "t", 0, "x", "y"): 12,
        ("s", "t", 1): 13,
        ("s", "t", 1, "x"): 14,
        ("s", "t", 1, "u"): 15,
        ("s", "t", 1, "u", "w"): 16,
        ("s", "t", 1, "u", ""): 17,
        ("x",): 18,
        ("x", "p"): 19,
    }


def test_a_header_has_its_own_line_also_after_its_children() -> None:
    assert key_lines("[a.b]\nx = 1\n[a]\ny = 1\n") == {("a",): 3, ("a", "b"): 1, ("a", "b", "x"): 2, ("a", "y"): 4}


@pytest.mark.parametrize(
    "quoted",
    [
        '"""\n[patient]\nage = 3\n"""',
        "'''\n[patient]\nage = 3\n'''",
        '"""\n\\"""[patient]\nage = "x"\n"""',
        '"""\n""""',
    ],
)
def test_text_over_several_lines_is_no_header(quoted: str) -> None:
    text = f'notes = {quoted}\n[patient]\nage = "52 years"\n'
    assert "age" in tomllib.loads(text)["patient"]
    lines = key_lines(text)
    assert text.split("\n")[lines[("patient",)] - 1] == "[patient]"
    assert lines["patient", "age"] == lines[("patient",)] + 1


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\xa0"])
def test_only_line_feeds_end_a_line(character: str) -> None:
    assert key_lines(f'a = "{character}"\nb = 1 # {character}\nc = 1\n') == {("a",): 1, ("b",): 2, ("c",): 3}
    assert key_lines("a = 1\r\n[b]\r\nc = 1\r\n") == {("a",): 1, ("b",): 2, ("b", "c"): 3}


def test_nothing_has_no_lines() -> None:
    assert key_lines("") == {}
    assert key_lines("# only a comment") == {}


@pytest.mark.parametrize(
    "text",
    [
        'notes = """\n[' + " " * 900_000 + '\n"""\n',
        'notes = """\n' + "[a" * 400_000 + '\n"""\n',
        "a = [" + "\n" * 900_000 + "]\n",
        "a = 1" + " " * 900_000 + "\n",
        "# " + "'" * 900_000 + "\n",
        "".join(f"[t{number}]\n" for number in range(100_000)),
        'a = """' + '\\"""' * 200_000 + '"""\n',
    ],
    ids=["spaces", "brackets", "empty lines", "end of line", "quotes", "headers", "escaped quotes"],
)
def test_long_texts_take_no_long_time(text: str, time_limit: TimeLimit) -> None:
    with time_limit(5):
        assert len(key_lines(text)) == text.count(" = ") + text.count("[t")


def test_a_key_without_line_has_that_of_its_nearest_parent() -> None:
    lines = key_lines("[a]\nb = {c = 1}\n[[d]]\n")
    assert line_of(("a", "b", "c", "x"), lines) == 2
    assert line_of(("a", "x"), lines) == 1
    assert line_of(("d", 0, "x"), lines) == 3
    assert line_of(("x", "y"), lines) is None
    assert line_of((), lines) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("session", "steps", 2, "set_depth"), "session.steps[3].set_depth"),
        (("zones", 0), "zones[1]"),
        (("schema",), "schema"),
        ((), ""),
    ],
)
def test_paths_are_written_with_counts_from_one(path: tuple[str | int, ...], text: str) -> None:
    assert written(path) == text


def paths(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in inner for found in ((*path, key), *paths(value, (*path, key)))]


@settings(max_examples=60)
@given(st.data())
def test_every_key_of_a_plan_stands_on_the_line_that_is_named(
    generated_plans: st.SearchStrategy[dict[str, Any]], as_toml: Callable[[dict[str, Any]], str], data: st.DataObject
) -> None:
    plan = data.draw(generated_plans)
    text = as_toml(plan)
    lines = key_lines(text)
    for path in paths(plan):
        number = line_of(path, lines)
        assert number is not None
        line = text.split("\n")[number - 1]
        listed = next(path[:length] for length in range(len(path), 0, -1) if path[:length] in lines)
        name = next(part for part in reversed(listed) if isinstance(part, str))
        assert line.startswith((f"{name} =", "[")), (path, line)
        assert name in line
