"""The evidence in the browser: every publication, what is filtered, and the table of comparisons with its misses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from percuta.evidence.registry import cases
from percuta.library.registry import library
from percuta.web.app import create_app
from percuta.workflows.evidence import evidence_rows, trials
from percuta.workflows.validate import kept_table, validate, write_table

HOSTILE = ("nothing", "%2e%2e", "%2e%2e%2fetc%2fpasswd", "%00", "a" * 3000, "%ED%A0%80")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Asks an application that nothing is written to."""
    folder: Path = tmp_path_factory.mktemp("evidence")
    with TestClient(create_app(folder, worker=False), base_url="http://127.0.0.1") as asking:
        yield asking


def test_every_publication_is_listed_and_answers(reader: TestClient) -> None:
    page = reader.get("/evidence").text
    for row in evidence_rows():
        assert f'href="/evidence/{row["id"]}"' in page
        assert reader.get(f"/evidence/{row['id']}").status_code == 200


def test_a_trial_tells_what_it_left_unpublished_and_what_it_is_used_for(reader: TestClient) -> None:
    silent = next(one for one in trials() if one["id"] == "ablon_2018")
    assert silent["unpublished"] == ["passes", "density", "reached_depth"]
    page = reader.get("/evidence/ablon_2018").text
    assert "passes, density, reached depth" in page
    assert "setting a parameter" in page
    assert "Risk of bias" in page


@pytest.mark.parametrize("name", HOSTILE)
def test_a_publication_that_is_none_is_not_found(reader: TestClient, name: str) -> None:
    assert reader.get(f"/evidence/{name}").status_code == 404


def test_filters_leave_what_meets_each_of_them(reader: TestClient) -> None:
    page = reader.get("/evidence", params={"outcome": "collagen", "modality": "rf"}).text
    kept = {row["id"] for row in evidence_rows("collagen", "rf")}
    assert kept
    for row in evidence_rows():
        assert (f'href="/evidence/{row["id"]}"' in page) == (row["id"] in kept)
    assert 'href="/evidence/ablon_2018"' in reader.get("/evidence", params={"find": "ABLON pen"}).text
    assert reader.get("/evidence", params={"role": "nothing"}).status_code == 404


def test_the_kept_table_holds_every_case() -> None:
    """`percuta validate --out src/percuta/evidence/validated.json` writes it anew."""
    kept = {case.id: case for case, _ in kept_table().table.results}
    assert list(kept) == list(cases())
    assert kept_table().library_sha256 == library().digest
    for name, case in cases().items():
        assert (kept[name].title, kept[name].kind, kept[name].source) == (case.title, case.kind, case.source)


def test_every_miss_stands_in_the_page_and_before_what_is_met(reader: TestClient) -> None:
    page = reader.get("/validation").text
    results = kept_table().table.results
    missed = [case.id for case, rows in results if any(row.verdict in ("outside", "fail") for row in rows)]
    assert missed
    first = page.index("Against published measurements")
    for name in missed:
        assert 0 < page.index(f"{name}</a>:") < first
    for case, _ in results:
        assert case.id in page
    table = kept_table().table
    assert f"{table.count('outside')} outside" in page


def test_the_kept_table_is_read_as_the_command_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = validate("roller-slit")
    write_table(computed, tmp_path / "table.json")
    monkeypatch.setattr("percuta.workflows.validate.KEPT", str(tmp_path / "table.json"))
    kept_table.cache_clear()
    try:
        kept = kept_table()
    finally:
        kept_table.cache_clear()
    assert kept.table.as_dict() == computed.as_dict()
    assert kept.library_sha256 == library().digest
    assert kept.made_by.startswith("percuta validate --out table.json. Python ")
