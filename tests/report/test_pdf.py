"""Pages as PDF: their text, their tags, the same bytes, and nothing loaded."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest

from percuta.errors import PercutaError
from percuta.manifest import DISCLAIMER
from percuta.report import svg
from percuta.report.consent_summary import consent_summary
from percuta.report.page import ReportMaterial
from percuta.report.pdf import as_pdf, can_print, prepared
from percuta.report.session_page import session_page

pypdf = pytest.importorskip("pypdf")
pytestmark = pytest.mark.skipif(not can_print(), reason="WeasyPrint is not there")


def page_of(body: str) -> str:
    return f'<!doctype html><html lang="en"><head><title>One page</title></head><body>{body}</body></html>'


def read(pdf: bytes) -> Any:
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


@pytest.fixture(scope="module")
def consent(pen: ReportMaterial) -> bytes:
    return as_pdf(consent_summary(pen))


def test_the_text_of_a_page_can_be_read_back(consent: bytes) -> None:
    said = text_of(consent)
    assert "Before you decide" in said
    assert "a motorised pen with fine needles" in said
    assert DISCLAIMER in said


def test_a_document_is_tagged_with_title_and_language(consent: bytes) -> None:
    document = read(consent)
    catalog = document.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/StructTreeRoot"]["/K"]
    assert catalog["/Lang"] == "en"
    assert document.metadata is not None
    assert document.metadata.title == "Cheek wrinkles – before you decide"
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data() or b"pdfuaid" in catalog["/Metadata"].get_data()


def test_headings_are_tagged_as_such(consent: bytes) -> None:
    kinds: list[str] = []

    def collect(node: object) -> None:
        found = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(found, list):
            for one in found:
                collect(one)
        elif isinstance(found, dict):
            kinds.extend([str(found["/S"])] if "/S" in found else [])
            collect(found.get("/K"))

    collect(read(consent).trailer["/Root"]["/StructTreeRoot"]["/K"])
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") >= 8
    assert "/L" in kinds


def test_the_same_page_gives_the_same_bytes_without_a_time(consent: bytes, pen: ReportMaterial) -> None:
    assert as_pdf(consent_summary(pen)) == consent
    metadata = read(consent).metadata
    assert metadata is not None
    assert metadata.creation_date is None
    assert metadata.modification_date is None


def test_a_consent_summary_has_two_pages_at_most_and_a_session_sheet_one(consent: bytes, pen: ReportMaterial) -> None:
    assert len(read(consent).pages) <= 2
    sheet = session_page(pen)
    assert sheet is not None
    assert len(read(as_pdf(sheet)).pages) == 1


@pytest.mark.parametrize(
    "body",
    [
        '<img src="https://example.org/a.png" alt="a">',
        '<img src="file:///etc/hostname" alt="a">',
        '<style>body { background: url("http://example.org/b.png") }</style>',
        '<link rel="stylesheet" href="http://example.org/c.css">',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/hostname" width="9" height="9"/></svg>',
    ],
)
def test_a_page_that_loads_something_is_refused(body: str) -> None:
    with pytest.raises(PercutaError, match="loads something"):
        as_pdf(page_of(body))


def test_a_picture_within_the_page_is_no_address() -> None:
    dot = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    assert as_pdf(page_of(f'<img src="{dot}" alt="a dot">')).startswith(b"%PDF")


def test_colours_of_charts_are_written_out() -> None:
    drawn = svg.drawing("c", "A chart", "What it shows", 20, [svg.rectangle(0, 0, 9, 9, paint="treated")])
    ready = prepared(page_of(drawn))
    assert "var(--percuta" not in ready
    assert f'fill="{svg.COLOURS["treated"]}"' in ready


def test_a_halo_lies_behind_its_label_and_not_over_it() -> None:
    ready = prepared(page_of(svg.text(1, 2, "of 10 & more", halo=True)))
    behind, label = re.findall(r"<text [^>]*>", ready)
    assert 'fill="none"' in behind
    assert f'stroke="{svg.COLOURS["paper"]}"' in behind
    assert f'fill="{svg.COLOURS["ink"]}"' in label
    assert "stroke" not in label
    assert ready.index(behind) < ready.index(label)


def test_columns_of_a_printed_sheet_stay_columns() -> None:
    style = (
        "<style>@media (min-width: 42rem) { p { columns: 2 } } @media (min-width: 66rem) { p { color: red } }</style>"
    )
    ready = prepared(page_of(style))
    assert "@media print { p { columns: 2 } }" in ready
    assert "@media screen { p { color: red } }" in ready


def test_a_missing_weasyprint_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert not can_print()
    with pytest.raises(PercutaError, match="WeasyPrint is not there") as caught:
        as_pdf(page_of("<p>Text</p>"))
    assert caught.value.do is not None
    assert "percuta[report]" in caught.value.do
