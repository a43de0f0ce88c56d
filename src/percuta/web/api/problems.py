"""Faults as problem details (RFC 9457), the same words as everywhere else."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from percuta.errors import PercutaError, PlanError, Where
from percuta.web.job_store import NoSuchJob
from percuta.web.plan_store import NoSuchPlan, PlanChanged

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 100  # that one answer lists
_STATUS: dict[type[PercutaError], int] = {NoSuchPlan: 404, NoSuchJob: 404, PlanChanged: 412}
_TITLES = {422: "The content cannot be used", 428: "The version of the plan is missing"}
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_log = logging.getLogger(__name__)


class Fault(BaseModel):
    """One thing that is wrong, and what to do about it."""

    detail: str = Field(description="What is wrong, as a sentence without a full stop.")
    key: str | None = Field(None, description="Where, as a plan file writes it.", examples=["session.steps[3].passes"])
    value: str | None = Field(None, description="What was found there.")
    allowed: str | None = Field(None, description="What is allowed in its place.")
    do: str | None = Field(None, description="What to do.")


class Problem(Fault):
    """Problem details (RFC 9457) of a question that was not answered."""

    type: str = Field(description="Kind of the problem.", examples=["urn:percuta:problem:plan"])
    title: str = Field(description="The same for every problem of a status.")
    status: int = Field(description="The HTTP status again.", ge=400, le=599)
    instance: str = Field(description="What was asked.", examples=["/api/v1/check"])
    faults: list[Fault] | None = Field(None, description=f"Each fault of a plan; {MOST_FAULTS} at most are listed.")


class Refused(Exception):
    """A question that is answered with a problem of a status of its own.

    Parameters
    ----------
    status
        HTTP status.
    faults
        What is wrong; one at least.
    headers
        Headers of the answer.
    """

    def __init__(self, status: int, *faults: PercutaError, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.faults, self.headers = status, faults, headers
        super().__init__(faults[0].what)


def as_problem(
    status: int, faults: Sequence[PercutaError], instance: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer for faults; where there are several, each is listed."""
    every = [_fault(one) for one in faults]
    kind = _WORD.sub("-", type(faults[0]).__name__.removesuffix("Error")).lower()
    head = every[0]
    if len(every) > 1:
        head = Fault(detail=f"{len(every)} faults", do="mend each of them")
    told = Problem(
        **head.model_dump(),
        type=f"urn:percuta:problem:{kind}",
        title=_TITLES.get(status, HTTPStatus(status).phrase),
        status=status,
        instance=instance,
        faults=every[:MOST_FAULTS] if len(every) > 1 else None,
    )
    return JSONResponse(told.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


def as_fault(one: PercutaError) -> Fault:
    """Return a fault as it stands in an answer."""
    return _fault(one)


def add_handlers(api: FastAPI) -> None:
    """Have every fault answered as a problem, those of the framework too."""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(PercutaError, _told)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, by_status)
    api.add_exception_handler(Exception, _broken)


def _fault(one: PercutaError) -> Fault:
    plain = one.as_dict()
    key = None if one.where is None else one.where.key
    texts = {name: None if plain[name] is None else str(plain[name]) for name in ("value", "allowed", "do")}
    return Fault(detail=one.what, key=key or None, **texts)


async def _refused(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Refused)
    return as_problem(fault.status, fault.faults, request.url.path, fault.headers)


async def _told(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, PercutaError)
    status = next((code for kind, code in _STATUS.items() if isinstance(fault, kind)), 422)
    return as_problem(status, [fault], request.url.path)


async def _invalid(request: Request, fault: Exception) -> Response:
    """Answer what is wrong with a part of the address."""
    assert isinstance(fault, RequestValidationError)
    found = [PlanError(one["msg"], value=one["input"], where=Where(key=str(one["loc"][-1]))) for one in fault.errors()]
    return as_problem(422, found, request.url.path)


async def by_status(request: Request, fault: Exception) -> Response:
    """Answer what the framework refuses, such as an address where there is nothing."""
    assert isinstance(fault, HTTPException)
    if fault.status_code == 404:
        told = PlanError("there is nothing at this address", value=request.url.path, do="see /api/v1/openapi.json")
    else:
        told = PlanError(str(fault.detail), value=f"{request.method} {request.url.path}")
    return as_problem(fault.status_code, [told], request.url.path, fault.headers)


async def _broken(request: Request, fault: Exception) -> Response:
    _log.error("a fault of the program at %s", request.url.path, exc_info=fault)
    told = PercutaError("a fault of the program", do="nothing was changed; the server's log says more")
    return as_problem(500, [told], request.url.path)
