"""What can be chosen for a job: the bounds that pages, the interface for programs and the worker share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from percuta.errors import Where
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.faults import Form, read_model
from percuta.plan.lines import written
from percuta.web.job_store import Kind

Members = Literal[16, 64, 256, 1024]
MOST_SEED, MOST_TRIALS = 2**32 - 1, 500
Options = TypeVar("Options", bound=BaseModel)


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SimulateOptions(_Options):
    """Of a simulation; see :func:`percuta.workflows.plan.run_plan`.

    Attributes
    ----------
    members, seed, accuracy
        Scenarios, the seed they are drawn with, and the accuracy of radiofrequency pulses.
    """

    members: Members = 64
    seed: int = Field(0, ge=0, le=MOST_SEED)
    accuracy: Accuracy = "draft"


class OptimiseOptions(_Options):
    """Of a search of settings; see :func:`percuta.workflows.optimise.optimise`.

    Attributes
    ----------
    trials
        Choices of settings to try.
    members, seed, accuracy
        Scenarios of the search, its seed, and the accuracy of radiofrequency pulses.
    fresh, fresh_accuracy
        The same of the sample that the best are confirmed with.
    """

    trials: int = Field(100, ge=1, le=MOST_TRIALS)
    members: Members = 64
    seed: int = Field(0, ge=0, le=MOST_SEED)
    accuracy: Accuracy = "draft"
    fresh: Members = 256
    fresh_accuracy: Accuracy = "standard"


class OtherPlan(_Options):
    """A plan that another one is compared with, as it was when that was asked: its identifier and its plan file."""

    plan: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1)


class CompareOptions(SimulateOptions):
    """Of a comparison; see :func:`percuta.workflows.compare.compare`.

    Attributes
    ----------
    others
        The plans that the job's own is compared with.
    """

    others: list[OtherPlan] = Field(min_length=1, max_length=2)


def simulate_options(given: Mapping[str, Any]) -> SimulateOptions:
    """Return the options of a simulation; what is left out takes its default.

    Raises
    ------
    PlanError
        If one is unknown or out of its bounds.
    """
    return _read(SimulateOptions, given)


def optimise_options(given: Mapping[str, Any]) -> OptimiseOptions:
    """Return the options of a search; see :func:`simulate_options`."""
    return _read(OptimiseOptions, given)


def compare_options(given: Mapping[str, Any]) -> CompareOptions:
    """Return the options of a comparison; see :func:`simulate_options`."""
    return _read(CompareOptions, given)


_MODELS: dict[Kind, type[_Options]] = {
    "simulate": SimulateOptions,
    "optimise": OptimiseOptions,
    "compare": CompareOptions,
}


def checked_options(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a kind of job as plain data, with those that were left out."""
    return _read(_MODELS[kind], given).model_dump(mode="json")


def _read(model: type[Options], given: Mapping[str, Any]) -> Options:
    read = read_model(given, Form(model))
    if isinstance(read, list):
        path, fault = read[0]
        raise fault.at(Where(key=written(path)))
    return read
