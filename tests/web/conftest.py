"""The application over a folder of its own, asked without a server and without a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from percuta.web.app import create_app
from percuta.web.desk import Desk

ADDRESS = "http://127.0.0.1"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """The application; nothing that is asked is computed."""
    return create_app(tmp_path / "data", worker=False)


@pytest.fixture
def desk(app: FastAPI) -> Desk:
    """What its pages have at hand."""
    found: Desk = app.state.desk
    return found


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Asks it as a browser on this machine does."""
    with TestClient(app, base_url=ADDRESS) as asking:
        yield asking
