"""Library files: what lies where, and every way in which a file can be unreadable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.errors import LibraryError, PlanError, Where
from percuta.library.files import (
    LARGEST_FILE,
    folders,
    library_digest,
    parse_toml,
    read_text,
    read_toml,
    shipped,
    toml_files,
)

if TYPE_CHECKING:
    from tests.conftest import TimeLimit

PLACE = Where("x.toml")


def test_shipped_files_come_in_order_by_name_without_ending() -> None:
    names = [name for name, _ in toml_files("devices")]
    assert "generic-pen-12" in names
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert folders()[0] == shipped()


def test_a_folder_that_is_not_there_holds_no_files() -> None:
    assert list(toml_files("no_such_folder")) == []


def test_the_digest_covers_every_folder_and_every_text_given_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = library_digest()
    assert len({alone, library_digest(["a", "b"]), library_digest(["a"]), library_digest(["ab"])}) == 4
    assert library_digest(["a", "b"]) == library_digest(["b", "a"])
    monkeypatch.setattr("percuta.library.files.folders", lambda: [shipped(), tmp_path])
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "mine.toml").write_text("a = 1\n")
    with_folder = library_digest()
    assert with_folder != alone
    (tmp_path / "devices" / "mine.toml").write_text("a = 2\n")
    assert library_digest() not in (alone, with_folder)


def test_a_file_is_read_as_tables(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('a = 1\n[b]\nc = "µm"\n', encoding="utf-8")
    assert read_toml(file) == {"a": 1, "b": {"c": "µm"}}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_and_any_line_end_are_taken(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(("\ufeffa = 1" + ending + "b = 2" + ending).encode())
    assert read_toml(file) == {"a": 1, "b": 2}


def failing(file: Path) -> LibraryError:
    with pytest.raises(LibraryError) as caught:
        read_toml(file)
    assert caught.value.exit_code == 2
    assert caught.value.where is not None
    assert caught.value.where.file == file.name
    return caught.value


def test_a_missing_file(tmp_path: Path) -> None:
    assert failing(tmp_path / "x.toml").what == "there is no such file"


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in failing(tmp_path).what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.touch(mode=0)
    assert "cannot be read" in failing(file).what


def test_a_file_of_100_megabytes_is_refused_without_reading_it(tmp_path: Path, time_limit: TimeLimit) -> None:
    file = tmp_path / "x.toml"
    with file.open("wb") as stream:
        stream.truncate(100_000_000)
    with time_limit(5):
        fault = failing(file)
    assert "too large" in fault.what
    assert fault.allowed == "1,000,000 bytes"


def test_the_largest_file_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("#" * LARGEST_FILE)
    assert read_toml(file) == {}
    file.write_text("#" * (LARGEST_FILE + 1))
    assert "too large" in failing(file).what


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device on this system")
def test_a_file_without_end_is_refused(time_limit: TimeLimit) -> None:
    with time_limit(5):
        assert "too large" in failing(Path("/dev/zero")).what


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_what_is_no_file_name(name: str) -> None:
    with pytest.raises(PlanError):
        read_text(Path(name), PLACE, PlanError)


def test_bytes_that_are_not_utf8_name_their_line(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b'a = 1\nb = "' + "µ".encode("latin-1") + b'"\n')
    fault = failing(file)
    assert "UTF-8" in fault.what
    assert fault.where == Where("x.toml", 2)
    file.write_bytes("a = 1\n".encode("utf-16"))
    assert "UTF-8" in failing(file).what


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb =\n", 2),
        ("a = 1\na = 2\n", 2),
        ("[t]\nx = 1\n[t]\ny = 1\n", 3),
        ('a = "open\n', 1),
        ("a = 1\x00\n", 1),
        ("a = nil\n", 1),
        ("a = 01\n", 1),
        ("a = 2026-13-01\n", 1),
        ('a = "\\ud800"\n', 1),
        ("a = 1\n{}\n", 2),
        ("\n\n\na\n", None),
        ("plain text\n", 1),
        ("<html></html>", 1),
        ('{"a": 1}', 1),
        ("a: 1\n", 1),
    ],
)
def test_what_is_not_toml_names_its_line(text: str, line: int | None) -> None:
    with pytest.raises(LibraryError, match="not valid TOML") as caught:
        parse_toml(text, PLACE, LibraryError)
    assert caught.value.where is not None
    assert caught.value.where.file == "x.toml"
    if line is not None:
        assert caught.value.where.line == line


def test_the_error_is_of_the_kind_that_is_asked_for() -> None:
    with pytest.raises(PlanError):
        parse_toml("=", PLACE, PlanError)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 100_000,
        "a = " + "[" * 100_000 + "]" * 100_000,
        "a" + ".a" * 400_000 + " = 1",
        '""' + '.""' * 300_000 + " = 1",
        "a = {" + "a." * 400_000 + "a = 1}",
        "[" + ".".join("a" * 1000) + "]\n" + "".join(f"k{number} = 1\n" for number in range(50_000)),
        "a = " + "9" * 100_000,
        "a = 0x" + "f" * 100_000,
        "a = 0b" + "1" * 100_000,
    ],
    ids=[
        "open lists", "open tables", "closed lists", "dotted key", "quoted key", "key in a table", "deep header",
        "digits", "hexadecimal digits", "binary digits",
    ],
)  # fmt: skip
def test_what_takes_long_or_goes_deep_is_refused_at_once(text: str, time_limit: TimeLimit) -> None:
    with time_limit(5), pytest.raises(LibraryError):
        parse_toml(text, PLACE, LibraryError)


@pytest.mark.parametrize(
    "text", ["a." * 990_000, "." * 990_000, '"' * 990_000, "'." * 490_000, "a . " * 240_000, "a" * 990_000]
)
def test_no_text_makes_the_look_before_parsing_slow(text: str, time_limit: TimeLimit) -> None:
    with time_limit(5), pytest.raises(LibraryError):
        parse_toml(text, PLACE, LibraryError)


def test_dots_in_text_are_no_deep_key() -> None:
    text = 'a = "1.2.3.4.5. and so on .............................. www.example.org/a.b.c.d.e.f"\n'
    assert "www" in parse_toml(text, PLACE, LibraryError)["a"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_tables_or_a_library_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(raw)
    try:
        assert isinstance(read_toml(file), dict)
    except LibraryError:
        return
