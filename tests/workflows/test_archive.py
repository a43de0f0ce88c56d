"""The archive of a plan: what stands in it, the same bytes, and names that can be trusted."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from percuta.errors import PlanError
from percuta.manifest import DISCLAIMER
from percuta.plan.reading import read_plan
from percuta.report.pdf import can_print
from percuta.workflows.archive import archive, plain_name, write_archive

TOP = "cheek-wrinkles-52-years/"


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


@pytest.fixture(scope="module")
def whole(cheek_pen: Path) -> bytes:
    return archive(cheek_pen, pdf=False)


def test_everything_of_the_plan_stands_in_it(whole: bytes, cheek_pen: Path) -> None:
    packed = opened(whole)
    names = {name.removeprefix(TOP) for name in packed.namelist()}
    assert names == {
        "README.txt",
        "plan.toml",
        "report.html",
        "consent.html",
        "session.html",
        "aftercare.html",
        "endpoints.json",
        "endpoints.csv",
        "findings.json",
        "result.nc",
        "manifest.json",
    }
    assert packed.read(f"{TOP}result.nc") == (cheek_pen / "result.nc").read_bytes()
    assert read_plan(packed.read(f"{TOP}plan.toml").decode()).title == "Cheek wrinkles, 52 years"


def test_the_same_result_gives_the_same_bytes(whole: bytes, cheek_pen: Path) -> None:
    assert archive(cheek_pen, pdf=False) == whole
    packed = opened(whole)
    assert packed.namelist() == sorted(packed.namelist())
    assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_name_lies_below_one_folder(whole: bytes) -> None:
    for name in opened(whole).namelist():
        assert name.startswith(TOP)
        assert ".." not in name


def test_the_readme_says_what_each_file_is_and_what_is_not_there(whole: bytes) -> None:
    said = opened(whole).read(f"{TOP}README.txt").decode()
    assert DISCLAIMER in said
    for name in opened(whole).namelist():
        if not name.endswith("README.txt"):
            assert name.removeprefix(TOP) in said
    assert "they need WeasyPrint" in said


def test_the_table_holds_every_endpoint(whole: bytes) -> None:
    packed = opened(whole)
    rows = list(csv.DictReader(io.StringIO(packed.read(f"{TOP}endpoints.csv").decode(), newline="")))
    given = json.loads(packed.read(f"{TOP}endpoints.json"))
    assert [(row["name"], row["zone"]) for row in rows] == [(one["name"], one["zone"] or "") for one in given]


def test_a_block_and_fields_stand_in_it_where_they_are(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    (folder / "block").mkdir()
    for name in ("block.json", "block.svg", "fields.vti", "block/00.bin", "block/other.txt"):
        (folder / name).write_text(name)
    names = {name.removeprefix(TOP) for name in opened(archive(folder, pdf=False)).namelist()}
    assert names >= {"block.json", "block.svg", "fields.vti", "block/00.bin"}
    assert "block/other.txt" not in names


def test_files_of_a_folder_that_are_no_part_of_the_result_stay_out(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    (folder / "private.txt").write_text("not ours")
    assert not any("private" in name for name in opened(archive(folder, pdf=False)).namelist())


@pytest.mark.skipif(not can_print(), reason="WeasyPrint is not there")
def test_pdf_files_stand_beside_their_pages(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    (folder / "report.html").unlink()  # long to print
    packed = opened(archive(folder))
    for key in ("consent", "session", "aftercare"):
        assert packed.read(f"{TOP}{key}.pdf").startswith(b"%PDF")
    assert "WeasyPrint" not in packed.read(f"{TOP}README.txt").decode()


def test_it_is_written_into_the_folder_or_elsewhere(own_copy: Callable[[], Path], tmp_path: Path) -> None:
    folder = own_copy()
    assert write_archive(folder, pdf=False) == folder / "plan.zip"
    assert write_archive(folder, tmp_path / "all.zip", pdf=False).read_bytes() == (folder / "plan.zip").read_bytes()


def test_half_a_result_has_no_archive(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    (folder / "findings.json").unlink()
    with pytest.raises(PlanError):
        write_archive(folder, pdf=False)
    assert not (folder / "plan.zip").exists()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Cheek wrinkles, 52 years", "cheek-wrinkles-52-years"),
        ("../../etc/passwd", "etc-passwd"),
        ("Français: été", "francais-ete"),
        ("皮肤", "plan"),
        ('a"; filename="b\r\nX: y', "a-filename-b-x-y"),
        ("a" * 200, "a" * 60),
    ],
)
def test_a_title_becomes_a_plain_name(title: str, name: str) -> None:
    assert plain_name(title) == name
