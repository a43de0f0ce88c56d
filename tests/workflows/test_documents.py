"""The documents of result folders: what there is, what there is not and why, as pages and as PDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from percuta.errors import PercutaError, PlanError
from percuta.plan.reading import load_plan
from percuta.report.documents import KEYS
from percuta.report.pdf import can_print
from percuta.workflows.documents import as_html, as_pdf, documents, write_pages, write_pdf
from percuta.workflows.plan import run_plan

EXAMPLES = Path(__file__).parents[2] / "examples"
prints = pytest.mark.skipif(not can_print(), reason="WeasyPrint is not there")


def test_a_plan_that_passes_has_every_document(cheek_pen: Path) -> None:
    found = documents(cheek_pen)
    assert [one.key for one in found] == list(KEYS)
    for one in found:
        assert one.page is not None
        assert one.page.is_file()
        assert one.why_not == ""
        assert one.says.endswith(".")


@pytest.mark.parametrize(
    ("key", "heading"),
    [
        ("report", "What is known of the benefit"),
        ("consent", "Before you decide"),
        ("session", "Session sheet"),
        ("aftercare", "After your session"),
    ],
)
def test_each_is_a_page_of_its_own(cheek_pen: Path, key: str, heading: str) -> None:
    page = as_html(cheek_pen, key)  # type: ignore[arg-type]
    assert page.startswith("<!doctype html>")
    assert heading in page
    assert "<script" not in page
    assert "Not a medical device" in page


def test_pages_are_written_anew_as_they_were(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    before = {key: as_html(folder, key) for key in KEYS}
    for one in documents(folder):
        assert one.page is not None
        one.page.unlink()
    assert set(write_pages(folder)) == set(KEYS)
    assert {key: as_html(folder, key) for key in KEYS} == before


def test_one_page_is_written_alone(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    for one in documents(folder):
        assert one.page is not None
        one.page.unlink()
    assert write_pages(folder, ("consent",)) == {"consent": folder / "consent.html"}
    assert not (folder / "report.html").exists()


def test_a_refused_plan_has_no_documents_and_says_why(tmp_path: Path) -> None:
    run_plan(load_plan(EXAMPLES / "eyelid_inside_orbital_rim.toml"), tmp_path / "refused")
    for one in documents(tmp_path / "refused"):
        assert one.page is None
        assert "The checks stop this plan" in one.why_not
    with pytest.raises(PlanError, match="no consent summary") as caught:
        as_html(tmp_path / "refused", "consent")
    assert "stop this plan" in str(caught.value)


def test_a_refused_plan_that_is_studied_has_a_summary_and_no_sheets(tmp_path: Path) -> None:
    plan = load_plan(EXAMPLES / "eyelid_inside_orbital_rim.toml")
    run_plan(plan, tmp_path / "refused", members=16, study=True)
    there = {one.key: one.page is not None for one in documents(tmp_path / "refused")}
    assert there == {"report": True, "consent": True, "session": False, "aftercare": False}
    assert "This plan cannot be signed" in as_html(tmp_path / "refused", "consent")


def test_documents_of_an_earlier_result_go_with_it(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    (folder / "consent.pdf").write_bytes(b"%PDF-earlier")
    (folder / "plan.zip").write_bytes(b"PK-earlier")
    run_plan(load_plan(EXAMPLES / "eyelid_inside_orbital_rim.toml"), folder)
    assert {path.name for path in folder.iterdir()} == {"findings.json"}


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_a_result_is_told(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PlanError, match=r"no such result folder|not complete"):
        documents(tmp_path / folder)


@prints
def test_pdf_files_are_those_that_there_are(own_copy: Callable[[], Path]) -> None:
    folder = own_copy()
    (folder / "aftercare.html").unlink()
    written = write_pdf(folder, ("consent", "aftercare"))
    assert written == {"consent": folder / "consent.pdf"}
    assert written["consent"].read_bytes() == as_pdf(folder, "consent")


def test_without_weasyprint_nothing_is_written(own_copy: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_copy()
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(PercutaError, match="WeasyPrint"):
        write_pdf(folder)
    assert not list(folder.glob("*.pdf*"))
