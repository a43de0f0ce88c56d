"""A computed plan that many tests only read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from percuta.plan.reading import load_plan
from percuta.workflows.plan import run_plan

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def cheek_pen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of a pen plan that no rule stops; not to be written into."""
    folder = tmp_path_factory.mktemp("cheek_pen") / "result"
    run_plan(load_plan(EXAMPLES / "cheek_pen.toml"), folder, members=16)
    return folder


@pytest.fixture
def own_copy(cheek_pen: Path, tmp_path: Path) -> Callable[[], Path]:
    """Gives a copy of that folder to write into."""

    def made() -> Path:
        shutil.copytree(cheek_pen, tmp_path / "own")
        return tmp_path / "own"

    return made
