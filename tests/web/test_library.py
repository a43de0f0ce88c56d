"""The library in the browser: every shelf, every entry, what is found in them, and names that are none."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from percuta.library.bibliography import bibliography
from percuta.library.registry import library
from percuta.report.wording import pretty
from percuta.sources import Sourced, Unpublished
from percuta.web.app import create_app
from percuta.workflows.browse import SHELVES, entry_values, list_shelf, show_entry, values_by_source

HOSTILE = (
    "nothing",
    "%2e%2e",
    "%2e%2e%2fetc%2fpasswd",
    "%00",
    "a" * 3000,
    "%ED%A0%80",
    "'%20OR%201=1--",
    "%7B%7B7*7%7D%7D",
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Asks an application that nothing is written to."""
    folder: Path = tmp_path_factory.mktemp("library")
    with TestClient(create_app(folder, worker=False), base_url="http://127.0.0.1") as asking:
        yield asking


@pytest.mark.parametrize("shelf", SHELVES)
def test_every_entry_of_a_shelf_is_listed_and_answers_with_each_of_its_values(reader: TestClient, shelf: str) -> None:
    known, page = library(), reader.get(f"/library/{shelf}").text
    for row in list_shelf(known, shelf):
        assert f'href="/library/{shelf}/{row["id"]}"' in page
        answer = reader.get(f"/library/{shelf}/{row['id']}")
        assert answer.status_code == 200
        for _, value in entry_values(known, shelf, row["id"]):
            said = value.where_sought if isinstance(value, Unpublished) else pretty(value.text)
            assert _escaped(said) in answer.text, (shelf, row["id"], said)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_none_is_not_found(reader: TestClient, name: str) -> None:
    assert reader.get(f"/library/{name}").status_code == 404
    assert reader.get(f"/library/devices/{name}").status_code == 404


def test_a_misspelt_entry_is_answered_with_the_nearest_name(reader: TestClient) -> None:
    assert "did you mean skinpen-precision?" in reader.get("/library/devices/skinpen-precison").text


def test_what_is_sought_is_found_without_a_script_and_said_to_be_missing_where_it_is(reader: TestClient) -> None:
    every = len(list_shelf(library(), "devices"))
    found = reader.get("/library/devices", params={"find": "CROWN aesthetics"}).text
    assert f"of {every} entries hold" in found
    assert 'href="/library/devices/skinpen-precision"' in found
    assert 'href="/library/devices/agnes"' not in found
    assert f"0 of {every} entries" in reader.get("/library/devices", params={"find": "no such thing"}).text


def test_what_is_sought_stands_in_the_page_as_text(reader: TestClient) -> None:
    page = reader.get("/library/devices", params={"find": '"><script>alert(1)</script>' + "x" * 5000}).text
    assert "<script>alert" not in page
    assert len(page) < 60_000


def test_a_value_shows_its_spread_grade_and_source_with_a_link_to_the_publication(reader: TestClient) -> None:
    entry = next(
        one
        for one in library().parameters.values()
        if one.spread and any(key in bibliography() and bibliography()[key].doi for key in one.source)
    )
    page = reader.get(f"/library/parameters/{entry.name}").text
    source = next(bibliography()[key] for key in entry.source if key in bibliography() and bibliography()[key].doi)
    assert _escaped(pretty(entry.spread_text)) in page
    assert f">{entry.grade.capitalize()}<" in page
    assert f'href="https://doi.org/{source.doi}" rel="noreferrer"' in page


def test_the_values_of_an_entry_are_those_that_the_command_line_shows() -> None:
    known = library()
    for shelf in SHELVES:
        for row in list_shelf(known, shelf):
            _, shown = show_entry(known, shelf, row["id"])
            assert [one["name"] for one in shown] == [name for name, _ in entry_values(known, shelf, row["id"])]


def test_every_source_of_a_value_leads_back_to_it() -> None:
    known = library()
    resting = values_by_source(known)
    named = {key for value in known.values() if isinstance(value, Sourced) for key in value.source}
    assert resting.keys() == named
    assert ("sites", "cheek") in {place[:2] for place in resting["meng_2022"]}


def _escaped(text: str) -> str:
    return escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
