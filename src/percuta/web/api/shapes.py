"""What the interface answers that the command line does not: each with what its fields mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from pydantic.config import JsonDict

from percuta.web.api.problems import Fault
from percuta.web.job_store import Kind, State

_ID: JsonDict = {"pattern": "^[0-9a-f]{12}$", "examples": ["3f9a0c51d7be"]}
_UTC = "UTC, ISO 8601."
_QUANTILES = "5 %, 50 % and 95 % of the scenarios"


Three = Annotated[list[float], Field(min_length=3, max_length=3)]


class About(BaseModel):
    """What answers here."""

    percuta: str = Field(description="Version of Percuta.")
    api: Literal["v1"] = Field("v1", description="Version of this interface; a change that breaks programs is a v2.")
    library_sha256: str = Field(description="Hash over every file of the library.")
    disclaimer: str
    description: str = Field(description="Address of the OpenAPI description.")


class PlanRow(BaseModel):
    """A plan in the list."""

    id: str = Field(json_schema_extra=_ID)
    version: int = Field(description="Counts every change; the ETag holds it.", ge=1)
    title: str
    created: str = Field(description=_UTC)
    changed: str = Field(description=_UTC)


class PlanList(BaseModel):
    """The plans that are kept, the last changed first."""

    plans: list[PlanRow]


class KeptPlan(PlanRow):
    """A plan as it is kept, with everything that is wrong with it and what the rules find."""

    plan: dict[str, Any] = Field(description="The plan in the structure of the plan file, whole or not.")
    whole: bool = Field(description="Whether it can be computed.")
    faults: list[Fault] = Field(description="What is wrong with it; empty where it is whole.")
    findings: dict[str, Any] = Field(
        description="What the rules find; the verdict is open where not all were asked and none of them stops it."
    )
    minutes: Three | None = Field(description=f"How long one session takes: {_QUANTILES} [min].")


class Job(BaseModel):
    """Something that is computed, or waits for it."""

    id: str = Field(json_schema_extra=_ID)
    plan: str = Field(description="Of the plan.", json_schema_extra=_ID)
    version: int = Field(description="Of the plan when it was asked.", ge=1)
    kind: Kind
    state: State
    share: float = Field(description="What is done of it.", ge=0, le=1)
    left: float | None = Field(description="Seconds to go, as far as they are known.")
    said: str = Field(description="What is being done, in words.")
    fault: dict[str, Any] | None = Field(description="Why it failed, as the command line prints an error.")
    options: dict[str, Any] = Field(description="What was asked, defaults included.")
    files: list[str] = Field(description="Names of its files, once it is done or the rules have stopped it.")
    created: str = Field(description=_UTC)
    started: str | None = Field(description=_UTC)
    ended: str | None = Field(description=_UTC)


class JobList(BaseModel):
    """The jobs of a plan, the newest first."""

    jobs: list[Job]


class GlanceAsked(BaseModel, extra="forbid"):
    """What is asked of a step's needles, answered from a fast model."""

    plan: dict[str, Any] = Field(description="The plan, in the structure of the plan file.")
    zone: str = Field(description="Name of a zone of the plan.", examples=["cheeks"], max_length=40)
    step: int = Field(description="Number of a step with needles.", ge=1, le=1000)
    depths: tuple[str, ...] | None = Field(
        None, description="Settings in place of the step's own, in mm or another length.", max_length=10
    )


class Glance(BaseModel):
    """What the needles of one step do in one zone."""

    zone: str
    site: str
    set_depth: float = Field(description="The deepest setting [mm].")
    layers: list[dict[str, Any]] = Field(description="A row for each dataset of skin thickness, in mm.")
    typical: Three = Field(description=f"Depth that the typical needle reaches: {_QUANTILES} [mm].")
    deepest: Three = Field(description=f"Of the deepest 1 in 20 needles: {_QUANTILES} [mm].")
    past_epidermis: Three = Field(description=f"Share of the needles that pass the epidermis: {_QUANTILES}.")
    past_dermis: Three = Field(
        description=f"Share of the needles that go through the dermis into the fat: {_QUANTILES}."
    )
    sentences: list[str] = Field(description="The same in words.")
    notes: list[str] = Field(description="What had to be assumed for the picture.")
    drawing: str = Field(description="The needle in the skin of every dataset, as SVG.")
