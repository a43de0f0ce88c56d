"""What the description of the interface allows, and what it does not, is asked at random: nothing breaks."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from percuta.web.app import create_app

HOST = {"Host": "127.0.0.1"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WITH_A_PLAN = ("/check", "/glance")  # a plan at random takes a while to make


@pytest.fixture(scope="module")
def interface(tmp_path_factory: pytest.TempPathFactory) -> OpenApiSchema:
    """The description as it is served, with the application behind it."""
    app = create_app(tmp_path_factory.mktemp("interface"), worker=False)
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=HOST)


def at_random(examples: int) -> settings:
    """Return what to ask: the same on every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_question_breaks_it_and_no_answer_is_undescribed(interface: OpenApiSchema, mode: GenerationMode) -> None:
    asked = 0
    for found in interface.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
            continue  # any text may stand in an address
        examples = 6 if operation.path in WITH_A_PLAN else 20

        @given(case=operation.as_strategy(generation_mode=mode))
        @at_random(examples)
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKS, headers=HOST)

        ask()
    assert asked > 50
