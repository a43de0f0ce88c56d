"""Reading what a program sends: strict JSON of a bounded size and depth, and the version that it saw."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Header, Request

from percuta.errors import PlanError
from percuta.web.api.problems import Refused
from percuta.web.bounds import LARGEST_PLAN, unusable
from percuta.web.plan_store import PlanChanged, StoredPlan

_TAG = re.compile(r'\s*"(\d{1,18})"\s*')
Data = dict[str, Any]


async def _table(request: Request) -> Data:
    """Return the JSON object that was sent."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, PlanError("not sent as JSON", value=kind or None, allowed="Content-Type: application/json"))
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST_PLAN:
            raise Refused(413, PlanError("the content is too large", allowed=f"up to {LARGEST_PLAN} bytes"))
    try:
        data = json.loads(bytes(content), parse_constant=_no_number)
    except (ValueError, RecursionError) as fault:
        raise Refused(400, PlanError("the content is no JSON", value=fault, allowed="one JSON object")) from fault
    if not isinstance(data, dict):
        raise Refused(422, PlanError("not a table", value=type(data).__name__, allowed="one JSON object"))
    if faults := tuple(unusable(data)):
        raise Refused(422, *faults)
    return data


Table = Annotated[Data, Depends(_table)]


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def tag(stored: StoredPlan) -> dict[str, str]:
    """Return the header that names a plan's version."""
    return {"ETag": f'"{stored.version}"'}


def version_seen(
    if_match: Annotated[
        str | None,
        Header(
            description='The ETag of the version that is changed, such as `"4"`; without it the answer is 428.',
            examples=['"4"'],
        ),
    ] = None,
) -> int:
    """Return the version of a plan that the question was made from."""
    if if_match is None:
        do = "ask for the plan, then send its ETag as If-Match"
        raise Refused(428, PlanError("the question does not say which version of the plan it changes", do=do))
    found = _TAG.fullmatch(if_match)
    if found is None:
        told = PlanChanged("not the version of a plan", value=if_match, allowed='an ETag of the plan, such as "4"')
        raise Refused(412, told)
    return int(found[1])


VersionSeen = Annotated[int, Depends(version_seen)]
