"""Addresses of a block, its fragment, and the programs of others that are served as they came."""

from __future__ import annotations

import hashlib
import json
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from percuta.web.desk import Desk
from percuta.web.pages.block import block_values
from percuta.web.rendering import fragment

from .drawn_block import write_hot_block, write_pierced_block

JOB = "0123456789ab"
VENDOR = Path(str(resources.files("percuta.web"))) / "static" / "vendor"


@pytest.fixture
def folder(desk: Desk) -> Path:
    return desk.folder / "results" / JOB


def test_block_and_surfaces_are_served_and_not_kept_by_the_browser(client: TestClient, folder: Path) -> None:
    write_hot_block(folder)
    answer = client.get(f"/results/{JOB}/block/block.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads((folder / "block.json").read_text())
    time = answer.json()["times"][1]
    surfaces = client.get(f"/results/{JOB}/block/{time['file']}")
    assert surfaces.content == (folder / "block" / time["file"]).read_bytes()
    for one in (answer, surfaces):
        assert one.headers["cache-control"] == "no-store"  # with a plan goes what was computed of it
        assert one.headers["etag"]
        assert one.headers["content-security-policy"].startswith("default-src 'self'")


@pytest.mark.parametrize(
    "place",
    [
        f"{JOB}/block/99.bin",
        f"{JOB}/block/result.nc",
        f"{JOB}/block/..%2F..%2Fpercuta.sqlite",
        f"{JOB}/block/%2e%2e%2fblock.json",
        "..%2F..%2Fetc/block/block.json",
        "0123456789AB/block/block.json",
        "0123456789abc/block/block.json",
        "ffffffffffff/block/block.json",
    ],
)
def test_nothing_else_is_served(client: TestClient, folder: Path, place: str) -> None:
    write_hot_block(folder)
    (folder / "result.nc").write_bytes(b"not for here")
    answer = client.get(f"/results/{place}")
    assert answer.status_code == 404
    assert b"not for here" not in answer.content


def test_job_without_a_block_has_none(desk: Desk) -> None:
    assert block_values(desk, JOB)["block"] is None
    assert block_values(desk, "../../etc")["block"] is None


def test_broken_block_counts_as_none(desk: Desk, folder: Path) -> None:
    write_hot_block(folder)
    (folder / "block.json").write_text('{"schema": 1, ')
    assert block_values(desk, JOB)["block"] is None


def test_fragment_says_in_words_what_the_block_holds(desk: Desk, folder: Path) -> None:
    write_hot_block(folder)
    values = block_values(desk, JOB)
    text = fragment("block.html", **values)
    block = values["block"]
    assert text.count("data-time=") == len(block["times"])
    for table in block["tables"]:
        assert table["caption"] in text
        for row in table["rows"]:
            assert all(str(cell).replace("<", "&lt;") in text for cell in (row["head"], *row["cells"]))
    for level in block["levels"]:
        assert f'data-level="{level["key"]}"' in text
    assert block["times"][block["first"]]["said"] in text
    assert "<svg" in text
    assert "style=" not in text  # the policy of the pages allows none
    assert "onclick" not in text


def test_names_are_escaped(desk: Desk, folder: Path) -> None:
    write_hot_block(folder)
    block = json.loads((folder / "block.json").read_text())
    (folder / "block.json").write_text(json.dumps(block | {"zone": "<script>bad()</script>"}))
    assert "<script>bad()" not in fragment("block.html", **block_values(desk, JOB))


def test_fragment_of_channels_has_no_time(desk: Desk, folder: Path) -> None:
    write_pierced_block(folder)
    text = fragment("block.html", **block_values(desk, JOB))
    assert 'data-part="time"' not in text
    assert "Pass the dermis into the fat: 1" in text


def test_programs_of_others_are_what_they_were() -> None:
    listed = tomllib.loads((VENDOR / "VENDORED.toml").read_text())
    hashes = {name: digest for one in listed.values() for name, digest in one["files"].items()}
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDORED.toml"
    }
    assert found == hashes
    for one in listed.values():
        assert one["version"]
        assert one["licence"]
