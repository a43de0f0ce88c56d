"""Writing a plan: what is written is what was read, in the same words and units."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.plan.writing import plan_as_data, write_plan

Data = dict[str, Any]


def test_the_minimal_plan_is_written_with_headers_and_in_order(minimal: Plan) -> None:
    text = write_plan(minimal)
    assert text.splitlines()[:2] == ["schema = 1", 'title = "Cheek wrinkles, 52 years"']
    headers = [line for line in text.splitlines() if line.startswith("[")]
    assert headers == ["[patient]", "[[zones]]", "[device]", "[[session.steps]]", "[[session.steps]]", "[course]"]
    assert read_plan(text) == minimal


def test_what_was_left_at_its_default_is_not_written(minimal: Plan) -> None:
    data = plan_as_data(minimal)
    assert data["patient"].keys() == {"age", "sex", "phototype", "mass", "desired_effect"}
    assert data["zones"] == [{"name": "cheeks", "site": "cheek", "area": "76 cm^2"}]
    assert data["session"]["steps"][0] == {"do": "cleanse"}
    assert "overrides" not in data


@settings(max_examples=100)
@given(st.data())
def test_reading_what_was_written_gives_the_same_plan_and_the_same_text(
    generated_plans: st.SearchStrategy[Data], as_toml: Callable[[Data], str], data: st.DataObject
) -> None:
    given = data.draw(generated_plans)
    plan = read_plan(as_toml(given))
    text = write_plan(plan)
    assert read_plan(text) == plan
    assert write_plan(read_plan(text)) == text
    assert tomllib.loads(text) == plan_as_data(plan)


@settings(max_examples=50)
@given(st.data())
def test_what_was_given_is_written_word_by_word(
    generated_plans: st.SearchStrategy[Data], as_toml: Callable[[Data], str], data: st.DataObject
) -> None:
    given = data.draw(generated_plans)
    again = tomllib.loads(write_plan(read_plan(as_toml(given))))
    assert without_defaults(given) == without_defaults(again)


DEFAULTS: Data = {"use": "professional", "side": "both", "overlap_": None, "occluded": False}
DEFAULTS |= {"quantile": 0.5, "probability": 0.95}


def without_defaults(data: Any) -> Any:
    """Plain data without what may be left out."""
    if isinstance(data, list):
        return [without_defaults(item) for item in data]
    if not isinstance(data, dict):
        return data
    kept = {key: without_defaults(value) for key, value in data.items() if DEFAULTS.get(key, ...) != value}
    if data.get("do") == "rf_pulses" and data.get("passes") == 1:
        del kept["passes"]
    if data.get("do") == "steroid_gel" and data.get("days") == 1:
        del kept["days"]
    if kept.get("screening") == {}:
        del kept["screening"]
    return kept
