"""What every answer carries, and what is refused before any page sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from percuta.web.bounds import LARGEST_PLAN
from percuta.web.desk import Desk
from percuta.web.security import LARGEST_BODY, POLICY

ADDRESS = "http://127.0.0.1"


@pytest.mark.parametrize(
    "path", ["/", "/about", "/library/devices", "/nothing", "/plans/000000000000/planner", "/static/css/base.css"]
)
def test_every_answer_carries_the_policy(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_about_people_are_not_kept_by_the_browser_and_named_files_are(client: TestClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert "immutable" in client.get("/static/css/base.css?v=1").headers["Cache-Control"]
    assert client.get("/static/css/base.css").headers["Cache-Control"] == "no-cache"
    assert client.get("/static/css/nothing.css?v=1").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "host", ["example.org", "percuta.example.org:8765", "127.0.0.1.example.org", "10.0.0.1", "[::1", ""]
)
def test_another_name_for_this_machine_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:1"])
def test_the_loopback_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/about", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": ADDRESS}, 303),
        ({"Origin": ADDRESS}, 303),
        ({}, 303),
    ],
)
def test_only_our_pages_and_programs_change_anything(
    client: TestClient, desk: Desk, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/plans/new", headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert len(desk.plans.plans()) == (status == 303)


def test_a_body_that_says_it_is_too_large_is_not_read(client: TestClient) -> None:
    answer = client.post("/plans/import", content=b"x", headers={"Content-Length": str(100 * 1024 * 1024)})
    assert answer.status_code == 413
    assert f"{LARGEST_PLAN // 1024} kB of a plan file" in answer.text


def test_a_body_that_does_not_say_how_large_it_is_is_read_no_further_than_allowed(client: TestClient) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2 * LARGEST_BODY // 65536):
            sent += 65536
            yield b"x" * 65536

    answer = client.post(
        "/plans/import", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=abc"}
    )
    assert answer.status_code in (400, 413, 422)


def test_pages_hold_no_script_and_no_style_of_their_own(client: TestClient, desk: Desk) -> None:
    stored = desk.plans.create({"title": "<script>alert(1)</script>", "patient": {"age": '"><img src=x>'}})
    for path in ("/", f"/plans/{stored.id}/consultation", f"/plans/{stored.id}/planner"):
        text = client.get(path).text
        assert "<script>" not in text
        assert "<img" not in text
        assert " style=" not in text
        assert "<style" not in text
        assert " onclick" not in text
