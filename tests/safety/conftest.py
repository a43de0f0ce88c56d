"""The example plan of a pen on the cheeks as plain data, to be changed by a test, and a way to check it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from percuta.library.registry import library
from percuta.plan.model import Plan
from percuta.safety.check import check_plan
from percuta.safety.findings import Findings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CHEEK_PEN = tomllib.loads((EXAMPLES / "cheek_pen.toml").read_text("utf-8"))


@pytest.fixture
def cheek_pen() -> dict[str, Any]:
    """The data of ``examples/cheek_pen.toml``, free to be changed."""
    return deepcopy(CHEEK_PEN)


@pytest.fixture(scope="session")
def checked() -> Callable[[dict[str, Any]], Findings]:
    """Check a plan that is given as plain data."""

    def check(data: dict[str, Any]) -> Findings:
        return check_plan(Plan.model_validate(data), library())

    return check
