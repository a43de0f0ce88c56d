"""What may be entered at each key of a plan, against what the model takes."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from percuta.plan.fields import Field, field_at, fields_of
from percuta.plan.model import Cartridge, Course, DeviceChoice, Override, Patient, Plan, Zone
from percuta.plan.steps import STEP_KINDS

DATA: dict[str, Any] = {
    "zones": [{"name": "cheek"}],
    "session": {
        "steps": [{"do": "photograph"}, {"do": "topical_anaesthetic"}, {"do": "rf_pulses"}, {"do": "dance"}, {}]
    },
    "device": {"cartridges": {"small": {}}},
}
MODELS: list[type[BaseModel]] = [Plan, Patient, Zone, DeviceChoice, Cartridge, Course, Override, *STEP_KINDS.values()]
EVERY = [(model, field) for model in MODELS for field in fields_of(model).values()]

AT = [
    ("patient.age", "quantity", "years"),
    ("patient.phototype", "whole", ""),
    ("patient.desired_effect", "word", ""),
    ("patient.scar_types", "words", ""),
    ("patient.screening.pregnancy", "answer", ""),
    ("zones[1].area", "quantity", "cm^2"),
    ("zones[1].site", "site", ""),
    ("zones[7].masked", "lines", ""),
    ("device.model", "device", ""),
    ("device.inserted_share", "share", ""),
    ("device.cartridges.small.needle_count", "whole", ""),
    ("session.steps[2].amount", "quantity", "g"),
    ("session.steps[2].occluded", "flag", ""),
    ("session.steps[2].product", "product", ""),
    ("session.steps[2].zones", "zones", ""),
    ("session.steps[3].set_depths", "quantities", "mm"),
    ("session.steps[3].level", "number", ""),
    ("session.steps[3].overlap", "share", ""),
    ("course.follow_up_after_last_session", "quantity", "weeks"),
    ("title", "text", ""),
    ("overrides[1].reason", "line", ""),
    ("overrides[1].rule", "rule", ""),
    ("optimise.settings[1].low", "written", ""),
]


@pytest.mark.parametrize(("key", "kind", "unit"), AT, ids=[key for key, _, _ in AT])
def test_fields_are_found_by_their_key(key: str, kind: str, unit: str) -> None:
    field = field_at(key, DATA)
    assert field is not None
    assert (field.kind, field.unit) == (kind, unit)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "patient",
        "patient.height",
        "patient.age.low",
        "patient.screening",
        "patient.screening.a.b",
        "zones",
        "zones.area",
        "zones[1]",
        "schema",
        "session.steps[1].do",
        "session.steps[1].amount",  # of another kind of step
        "session.steps[4].zones",  # no such kind
        "session.steps[5].zones",
        "session.steps[6].zones",
        "device.cartridges.small",
        "nothing.at.all",
    ],
)
def test_what_is_no_field_is_none(key: str) -> None:
    assert field_at(key, DATA) is None


def accepted(model: type[BaseModel], name: str, value: object) -> bool:
    """Whether the model takes a value for one of its fields, whatever else it lacks."""
    info = model.model_fields[name]
    kind: Any = info.annotation
    for note in info.metadata:
        kind = Annotated[kind, note]
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def written(field: Field, number: float) -> object:
    return f"{number:.12g} {field.unit}" if field.unit else int(number) if field.kind == "whole" else float(number)


NUMBERS = [(model, field) for model, field in EVERY if field.kind in ("quantity", "whole", "share", "number")]


@pytest.mark.parametrize(("model", "field"), NUMBERS, ids=[f"{model.__name__}.{one.name}" for model, one in NUMBERS])
def test_the_bounds_are_those_of_the_model(model: type[BaseModel], field: Field) -> None:
    assert field.low is not None
    assert field.high is not None
    inside = (field.low + field.high) / 2
    assert accepted(model, field.name, written(field, inside))
    for outside in (field.low - 1, 1.01 * field.high + 1):
        assert not accepted(model, field.name, written(field, outside))


WORDS = [(model, field) for model, field in EVERY if field.kind in ("word", "words")]


@pytest.mark.parametrize(("model", "field"), WORDS, ids=[f"{model.__name__}.{one.name}" for model, one in WORDS])
def test_the_words_are_those_of_the_model(model: type[BaseModel], field: Field) -> None:
    for word in (*field.words, "another"):
        value = [word] if field.kind == "words" else word
        assert accepted(model, field.name, value) == (word != "another")


@pytest.mark.parametrize(("model", "field"), EVERY, ids=[f"{model.__name__}.{one.name}" for model, one in EVERY])
def test_required_fields_are_those_of_the_model(model: type[BaseModel], field: Field) -> None:
    assert field.required == model.model_fields[field.name].is_required()


def test_a_left_out_key_counts_as_its_default() -> None:
    assert fields_of(Zone)["side"].default == "both"
    assert fields_of(STEP_KINDS["rf_pulses"])["passes"].default == 1
    assert fields_of(STEP_KINDS["antisepsis"])["dry"].default is None
    assert fields_of(Plan)["title"].longest == 2000
