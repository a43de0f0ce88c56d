"""The REST interface: every operation, and every fault as problem details."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.web.desk import Desk
from percuta.workflows.browse import SHELVES, list_shelf
from percuta.workflows.check import check

V1 = "/api/v1"
JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"


@pytest.fixture
def plan(minimal_plan: str) -> dict[str, Any]:
    """A whole plan as JSON."""
    return tomllib.loads(minimal_plan)


@pytest.fixture
def kept(client: TestClient, plan: dict[str, Any]) -> str:
    """Address of a plan that is kept."""
    address: str = client.post(f"{V1}/plans", json=plan).headers["Location"]
    return address


def refused(answer: Any, status: int) -> dict[str, Any]:
    """Check that an answer is a problem of a status, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["type"].startswith("urn:percuta:problem:")
    assert told["title"]
    assert told["detail"]
    assert told["instance"].startswith(V1)
    return told


def test_it_says_which_version_answers_and_what_it_is_not(client: TestClient) -> None:
    told = client.get(f"{V1}/").json()
    assert told["api"] == "v1"
    assert told["library_sha256"] == library().digest
    assert "Not a medical device" in told["disclaimer"]
    description = client.get(told["description"]).json()
    assert description["openapi"].startswith("3.1")


def test_every_operation_says_what_it_does_and_how_it_fails(client: TestClient) -> None:
    description = client.get(f"{V1}/openapi.json").json()
    for path, operations in description["paths"].items():
        for method, one in operations.items():
            assert one["description"], (method, path)
            assert PROBLEM in one["responses"]["default"]["content"]
            for code, answer in one["responses"].items():
                assert code.startswith("2") or PROBLEM in answer["content"], (method, path, code)
            if method in ("post", "put") and not path.endswith("/cancel"):
                assert one["requestBody"]["content"]["application/json"]["example"], (method, path)
    assert "HTTPValidationError" not in json.dumps(description)


@pytest.mark.parametrize("shelf", SHELVES)
def test_the_library_is_what_the_command_line_prints(client: TestClient, shelf: str) -> None:
    rows = client.get(f"{V1}/library/{shelf}").json()
    assert rows == list_shelf(library(), shelf)
    entry = client.get(f"{V1}/library/{shelf}/{rows[0]['id']}").json()
    assert entry["id"] == rows[0]["id"]
    assert "values" in entry


def test_a_misspelt_name_of_the_library_is_not_found_and_answered_with_the_nearest(client: TestClient) -> None:
    assert "devices" in refused(client.get(f"{V1}/library/devicess"), 404)["do"]
    assert "skinpen-precision" in refused(client.get(f"{V1}/library/devices/skinpen-precison"), 404)["do"]


def test_the_evidence_is_filtered_and_given_whole(client: TestClient) -> None:
    every, fits = client.get(f"{V1}/evidence").json(), client.get(f"{V1}/evidence?role=fit&modality=pen").json()
    assert 0 < len(fits) < len(every)
    assert client.get(f"{V1}/evidence/ablon_2018").json()["n"] == 48
    refused(client.get(f"{V1}/evidence/nobody"), 404)
    assert "collagen" in refused(client.get(f"{V1}/evidence?outcome=colagen"), 422)["do"]


def test_a_plan_is_checked_as_everywhere_else(client: TestClient, plan: dict[str, Any], minimal_plan: str) -> None:
    assert client.post(f"{V1}/check", json=plan).json() == check(read_plan(minimal_plan)).as_dict()


def test_every_fault_of_a_plan_is_told_with_its_key(client: TestClient, plan: dict[str, Any]) -> None:
    plan["patient"]["age"] = "52"
    plan["zones"][0]["area"] = "76 mm"
    del plan["course"]["sessions"]
    told = refused(client.post(f"{V1}/check", json=plan), 422)
    assert {one["key"] for one in told["faults"]} == {"patient.age", "zones[1].area", "course.sessions"}


def test_a_single_fault_stands_at_the_head(client: TestClient, plan: dict[str, Any]) -> None:
    plan["session"]["steps"][1]["passes"] = 0
    told = refused(client.post(f"{V1}/check", json=plan), 422)
    assert (told["key"], told["value"], told["allowed"]) == ("session.steps[2].passes", "0", "1 or more")
    assert "faults" not in told


def test_a_glance_tells_how_deep_the_needles_reach(client: TestClient, plan: dict[str, Any]) -> None:
    asked = {"plan": plan, "zone": "cheeks", "step": 2}
    shallow = client.post(f"{V1}/glance", json=asked | {"depths": ["0.5 mm"]}).json()
    written = client.post(f"{V1}/glance", json=asked).json()
    assert shallow["typical"][1] < written["typical"][1]
    assert written["drawing"].lstrip().startswith("<")
    assert refused(client.post(f"{V1}/glance", json=asked | {"step": 1}), 422)["allowed"] == "2"
    assert refused(client.post(f"{V1}/glance", json=asked | {"step": "two"}), 422)["key"] == "step"
    refused(client.post(f"{V1}/glance", json=asked | {"zone": "chin"}), 422)
    refused(client.post(f"{V1}/glance", json=asked | {"depths": ["1 kg"]}), 422)


def test_a_plan_is_kept_read_changed_and_forgotten(client: TestClient, plan: dict[str, Any]) -> None:
    made = client.post(f"{V1}/plans", json=plan)
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    address = made.headers["Location"]
    assert [one["id"] for one in client.get(f"{V1}/plans").json()["plans"]] == [made.json()["id"]]
    read = client.get(address)
    assert (read.json()["plan"], read.json()["whole"], read.json()["faults"]) == (plan, True, [])
    assert len(read.json()["minutes"]) == 3
    changed = client.put(address, json=plan | {"title": "Another"}, headers={"If-Match": read.headers["ETag"]})
    assert (changed.json()["title"], changed.headers["ETag"]) == ("Another", '"2"')
    assert client.delete(address, headers={"If-Match": '"2"'}).status_code == 204
    refused(client.get(address), 404)


def test_a_plan_in_the_making_is_kept_with_everything_that_is_wrong_with_it(client: TestClient) -> None:
    told = client.post(f"{V1}/plans", json={"title": "Begun", "zones": [{"site": "nowhere"}]}).json()
    assert not told["whole"]
    assert {"zones[1].name", "zones[1].area", "patient.age"} <= {one["key"] for one in told["faults"]}
    assert told["findings"]["verdict"] == "deferred"
    assert told["minutes"] is None


def test_a_change_says_which_version_it_was_made_to(client: TestClient, kept: str, plan: dict[str, Any]) -> None:
    refused(client.put(kept, json=plan), 428)
    refused(client.delete(kept), 428)
    assert client.put(kept, json=plan | {"title": "First"}, headers={"If-Match": '"1"'}).status_code == 200
    for seen in ('"1"', '"99999999999999999999999"', 'W/"2"', "2", "*", '"-1"', ""):
        refused(client.put(kept, json=plan | {"title": "Second"}, headers={"If-Match": seen}), 412)
        refused(client.delete(kept, headers={"If-Match": seen}), 412)
    assert client.get(kept).json()["title"] == "First"


def test_the_plan_file_is_the_plan(client: TestClient, kept: str, minimal_plan: str) -> None:
    file = client.get(f"{kept}/file")
    assert file.headers["Content-Type"].startswith("application/toml")
    assert read_plan(file.text) == read_plan(minimal_plan)


def test_a_job_is_asked_followed_and_cancelled(client: TestClient, kept: str) -> None:
    asked = client.post(f"{kept}/jobs", json={"kind": "simulate", "options": {"members": 16}})
    assert asked.status_code == 202
    address = asked.headers["Location"]
    assert client.get(address).json() == asked.json()
    assert asked.json()["options"]["members"] == 16
    assert asked.json()["state"] == "queued"
    assert "queued" in refused(client.get(f"{address}/result"), 409)["value"]
    refused(client.get(f"{address}/files/endpoints.json"), 409)
    assert client.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert [one["id"] for one in client.get(f"{kept}/jobs").json()["jobs"]] == [asked.json()["id"]]


def test_the_files_of_a_result_are_given_and_nothing_else(client: TestClient, desk: Desk, kept: str) -> None:
    job = client.post(f"{kept}/jobs", json={"kind": "simulate"}).json()["id"]
    folder = desk.jobs.job(job).folder
    folder.mkdir(parents=True)
    (folder / "endpoints.json").write_text("[]")
    (folder / ".secret").write_text("x")
    desk.jobs.claim()
    desk.jobs.end(job, "done", "Done")
    assert client.get(f"{V1}/jobs/{job}").json()["files"] == ["endpoints.json"]
    assert client.get(f"{V1}/jobs/{job}/result").json() == []
    given = client.get(f"{V1}/jobs/{job}/files/endpoints.json")
    assert (given.text, given.headers["Content-Disposition"]) == ("[]", 'attachment; filename="endpoints.json"')
    for name in (".secret", "%2e%2e", "%2e%2e%2f%2e%2e%2fpercuta.sqlite", "..%5cpercuta.sqlite", "nothing", "%00"):
        refused(client.get(f"{V1}/jobs/{job}/files/{name}"), 404)
    assert client.get(f"{V1}/jobs/{job}/files/../../../percuta.sqlite").status_code == 404


def test_what_a_job_cannot_be_is_told(client: TestClient, kept: str) -> None:
    jobs = f"{kept}/jobs"
    assert refused(client.post(jobs, json={"kind": "simulate", "options": {"members": 17}}), 422)["key"] == "members"
    assert refused(client.post(jobs, json={"kind": "simulat"}), 422)["allowed"] == "simulate or optimise"
    told = refused(client.post(jobs, json={"options": [], "more": 1}), 422)
    assert {one["key"] for one in told["faults"]} == {"kind", "options", "more"}
    begun = client.post(f"{V1}/plans", json={}).headers["Location"]
    assert refused(client.post(f"{begun}/jobs", json={"kind": "simulate"}), 422)["faults"]


@pytest.mark.parametrize("path", ["plans/nothing", "jobs/nothing", "plans/%00", "jobs/%00/result", "nothing", "plans/"])
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    refused(client.get(f"{V1}/{path}"), 404)


def test_a_method_that_is_not_there_names_those_that_are(client: TestClient) -> None:
    answer = client.patch(f"{V1}/plans")
    refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


BROKEN = {
    "no JSON": b"{",
    "nothing": b"",
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": -Infinity}',
    "no text": b"\xff\xfe\xfd",
    "nested lists": b"[" * 100_000,
    "nested tables": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "digits": b'{"schema": ' + b"9" * 5_000 + b"}",
}
UNUSABLE = {
    "a list": b"[]",
    "a word": b'"plan"',
    "a whole number too large": b'{"schema": 9223372036854775808}',
    "a number too large": b'{"patient": {"phototype": 1e999}}',
    "a lone surrogate": b'{"title": "\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff": 1}',
    "a NUL": b'{"title": "a\\u0000b"}',
    "a NUL in a key": b'{"a\\u0000b": 1}',
    "null": b'{"title": null}',
    "an empty key": b'{"": 1}',
    "a long key": b'{"' + b"k" * 5_000 + b'": 1}',
    "depth": b'{"a":' * 20 + b"1" + b"}" * 20,
    "rows": b'{"zones": [' + b"{}," * 5_000 + b"{}]}",
    "keys": b"{" + b",".join(b'"k%d": 1' % number for number in range(5_000)) + b"}",
}


@pytest.mark.parametrize("operation", ["check", "plans", "glance"])
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_json_is_a_bad_request(client: TestClient, operation: str, content: bytes) -> None:
    refused(client.post(f"{V1}/{operation}", content=content, headers=JSON), 400)


@pytest.mark.parametrize("operation", ["check", "plans", "glance"])
@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_what_no_plan_holds_is_refused_before_it_is_kept(client: TestClient, operation: str, content: bytes) -> None:
    refused(client.post(f"{V1}/{operation}", content=content, headers=JSON), 422)
    assert client.get(f"{V1}/plans").json()["plans"] == []


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/toml", ""])
def test_only_json_is_taken(client: TestClient, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    refused(client.post(f"{V1}/check", content=b"{}", headers=headers), 415)


@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_what_is_too_large_is_refused(client: TestClient, size: int) -> None:
    refused(client.post(f"{V1}/check", content=b'"' + b"a" * size + b'"', headers=JSON), 413)
    unsized = client.post(f"{V1}/check", content=iter([b'"', *[b"a" * 1000] * (size // 1000)]), headers=JSON)
    refused(unsized, 413)


def test_a_page_of_another_origin_changes_nothing(client: TestClient, plan: dict[str, Any]) -> None:
    refused(client.post(f"{V1}/plans", json=plan, headers={"Origin": "http://elsewhere.example"}), 403)
    refused(client.get(f"{V1}/", headers={"Host": "elsewhere.example"}), 421)


WRONG: tuple[Any, ...] = ("", "0 mm", -1, 1e300, True, [], {}, [[]], {"a": []}, [{}], "yes" * 500)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _places(value[key], (*path, key))


def test_no_value_of_another_kind_breaks_what_looks_at_a_plan(
    client: TestClient, desk: Desk, plan: dict[str, Any]
) -> None:
    """Each value of a plan is replaced in turn by each of some that do not fit."""
    plan["patient"]["screening"] = {"pregnancy": "no"}
    plan["overrides"] = [{"rule": "pregnancy", "name": "A", "reason": "B"}]
    plan["session"]["steps"].insert(0, {"do": "topical_anaesthetic", "product": "emla", "amount": "1 g"})
    stored = desk.plans.create(plan)
    for number, path in enumerate(_places(plan)):
        wrong = copy.deepcopy(plan)
        place = wrong
        for part in path[:-1]:
            place = place[part]
        for value in WRONG[number % 2 :: 2]:
            place[path[-1]] = value
            refused(client.post(f"{V1}/check", json=wrong), 422)
            stored = desk.plans.save(stored.id, stored.version, wrong, "wrong")
            assert client.get(f"{V1}/plans/{stored.id}").status_code == 200, (path, value)
            assert client.get(f"{V1}/plans/{stored.id}/file").status_code == 200, (path, value)
