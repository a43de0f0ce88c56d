"""The take-away page: what it offers, what each answer may do, and how files are named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from percuta.errors import PercutaError
from percuta.library.registry import library
from percuta.report.documents import KEYS
from percuta.report.pdf import can_print
from percuta.web.desk import Desk
from percuta.web.pages.home import new_data
from percuta.web.plan_store import StoredPlan
from percuta.web.printing import printed

PAGE = '<!doctype html><html lang="en"><head><title>{0}</title></head><body><h1>{0}</h1></body></html>'
TITLE = 'Cheeks "quoted"\r\nX: y, Zoë'
NAME = "cheeks-quoted-x-y-zoe"


@pytest.fixture
def stored(desk: Desk) -> StoredPlan:
    """A plan with a title that tries to be a header."""
    return desk.plans.create(new_data(desk.known) | {"title": TITLE}, "a test")


@pytest.fixture
def folder(desk: Desk, stored: StoredPlan) -> Path:
    """The folder of its result, with pages that are quickly printed."""
    job = desk.jobs.ask(stored.id, stored.version, "simulate", "schema = 1\n", {})
    assert desk.jobs.claim() is not None
    assert desk.jobs.end(job.id, "done", "Done")
    job.folder.mkdir(parents=True)
    (job.folder / "findings.json").write_text(json.dumps({"verdict": "passes", "sentence": "", "findings": []}))
    (job.folder / "endpoints.json").write_text("[]")
    for key in ("report", "consent", "session"):
        (job.folder / f"{key}.html").write_text(PAGE.format(key), encoding="utf-8")
    return job.folder


def test_a_plan_that_was_not_simulated_says_so(client: TestClient, stored: StoredPlan) -> None:
    answer = client.get(f"/plans/{stored.id}/documents")
    assert answer.status_code == 200
    assert "No documents yet" in answer.text
    assert f'href="/plans/{stored.id}/simulation"' in answer.text
    assert client.get(f"/plans/{stored.id}/documents/report.html").status_code == 404


@pytest.mark.usefixtures("folder")
def test_what_is_there_can_be_opened_and_what_is_not_says_why(client: TestClient, stored: StoredPlan) -> None:
    text = client.get(f"/plans/{stored.id}/documents").text
    start = f"/plans/{stored.id}/documents"
    for key in ("report", "consent", "session"):
        assert f'href="{start}/{key}.html"' in text
    assert f'href="{start}/aftercare.html"' not in text
    assert "No steel needle of this plan goes into the skin" in text
    assert f'href="{start}/fields.vti"' not in text
    assert "radiofrequency pulses only" in text
    for file in ("endpoints.csv", "archive.zip"):
        assert f'href="{start}/{file}"' in text
    assert f'href="/plans/{stored.id}/file"' in text
    assert " style=" not in text


@pytest.mark.usefixtures("folder")
def test_a_plan_that_was_changed_since_is_told(client: TestClient, stored: StoredPlan) -> None:
    assert "The plan was changed after this simulation." in client.get(f"/plans/{stored.id}/documents").text


@pytest.mark.usefixtures("folder")
def test_a_document_may_load_run_and_send_nothing(client: TestClient, stored: StoredPlan) -> None:
    answer = client.get(f"/plans/{stored.id}/documents/report.html")
    assert "<h1>report</h1>" in answer.text
    policy = [part.strip() for part in answer.headers["content-security-policy"].split(";")]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert answer.headers["content-disposition"] == f'inline; filename="{NAME}-report.html"'
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "wrong", ["aftercare.html", "aftercare.pdf", "other.html", "../findings.json", "fields.vti", "report.exe"]
)
def test_what_is_not_there_is_an_error_and_no_fault(client: TestClient, stored: StoredPlan, wrong: str) -> None:
    assert client.get(f"/plans/{stored.id}/documents/{wrong}").status_code in (404, 422)


@pytest.mark.usefixtures("folder")
def test_the_table_is_sent_as_a_file(client: TestClient, stored: StoredPlan) -> None:
    answer = client.get(f"/plans/{stored.id}/documents/endpoints.csv")
    assert answer.status_code == 200
    assert answer.text.startswith("name,label,zone")
    assert answer.headers["content-disposition"] == f'attachment; filename="{NAME}-endpoints.csv"'


@pytest.mark.skipif(not can_print(), reason="WeasyPrint is not there")
def test_a_pdf_is_made_once_and_sent(client: TestClient, stored: StoredPlan, folder: Path) -> None:
    answer = client.get(f"/plans/{stored.id}/documents/consent.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="{NAME}-consent.pdf"'
    (folder / "consent.pdf").write_bytes(b"%PDF kept")
    assert client.get(f"/plans/{stored.id}/documents/consent.pdf").content == b"%PDF kept"


def test_what_goes_wrong_in_the_printing_process_is_told(folder: Path) -> None:
    with pytest.raises(PercutaError, match="not complete"):  # no datasets, so no archive
        printed(folder, "archive", library())
    assert not (folder / "plan.zip").exists()


def test_a_printing_process_that_dies_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = subprocess.CompletedProcess([sys.executable], -9, b"")
    monkeypatch.setattr("percuta.web.printing.subprocess.run", lambda *_, **__: dead)
    with pytest.raises(PercutaError, match="fault of the program"):
        printed(folder, "consent", library())


@pytest.mark.parametrize("key", KEYS)
def test_nothing_is_offered_of_a_plan_that_is_not_kept(client: TestClient, key: str) -> None:
    assert client.get(f"/plans/0123456789ab/documents/{key}.html").status_code == 404
