"""Jobs: what is computed of a plan, how far it is, and its files."""

from __future__ import annotations

import mimetypes
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse, JSONResponse, Response

from percuta.errors import PlanError, Where
from percuta.web.api.description import answers, ref, taken
from percuta.web.api.plans import PlanId
from percuta.web.api.problems import Refused
from percuta.web.api.questions import Table
from percuta.web.api.shapes import Job, JobList
from percuta.web.desk import DeskOf
from percuta.web.drafts import judged
from percuta.web.job_store import Job as StoredJob
from percuta.web.job_store import Kind
from percuta.workflows.result_folder import COMPARISON, ENDPOINTS, FINDINGS, OPTIMISATION, read_json

router = APIRouter(tags=["jobs"])
JobId = Annotated[str, Path(description="Identifier of a job.", examples=["8b1e6f20c4aa"])]
_KINDS: dict[str, Kind] = {"simulate": "simulate", "optimise": "optimise"}
_RESULT = {"simulate": ENDPOINTS, "optimise": OPTIMISATION, "compare": COMPARISON}
_OPTIONS = {"simulate": "SimulateOptions", "optimise": "OptimiseOptions"}
_ASKED: dict[str, Any] = {
    "oneOf": [
        {
            "type": "object",
            "properties": {"kind": {"const": kind}, "options": ref(options)},
            "required": ["kind"],
            "additionalProperties": False,
        }
        for kind, options in _OPTIONS.items()
    ]
}
_RESULT_SCHEMA = {"oneOf": [ref("Endpoints"), ref("Findings"), ref("Optimisation"), ref("Comparison")]}


@router.get("/plans/{identifier}/jobs", responses=answers(404))
def jobs(desk: DeskOf, identifier: PlanId) -> JobList:
    """List the jobs of a plan, the newest first."""
    desk.plans.plan(identifier)
    return JobList(jobs=[_shown(one) for one in desk.jobs.jobs_of(identifier)])


@router.post(
    "/plans/{identifier}/jobs",
    status_code=202,
    responses=answers(400, 404, 413, 415, 422)
    | {202: {"headers": {"Location": {"description": "Address of the job.", "schema": {"type": "string"}}}}},
    openapi_extra=taken(_ASKED, {"kind": "simulate", "options": {"members": 64}}, "What is to be computed."),
)
def ask(desk: DeskOf, identifier: PlanId, asked: Table, response: Response) -> Job:
    """Have a plan computed; jobs are computed one at a time, in their order."""
    stored = desk.plans.plan(identifier)
    kind, options = _read(asked)
    found = judged(desk, stored)
    if found.draft.usable is None:
        raise Refused(422, *found.draft.faults)
    job = desk.runs.ask(stored, found.draft.usable, kind, options)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return _shown(job)


@router.get("/jobs/{identifier}", responses=answers(404))
def job(desk: DeskOf, identifier: JobId) -> Job:
    """Say how far a job is, and which files it has once it is done."""
    return _shown(desk.jobs.job(identifier))


@router.post("/jobs/{identifier}/cancel", responses=answers(404))
def cancel(desk: DeskOf, identifier: JobId) -> Job:
    """Give a job up; one that has ended stays as it is."""
    desk.jobs.job(identifier)
    return _shown(desk.runs.cancel(identifier))


@router.get("/jobs/{identifier}/result", responses=answers(404, 409, schema=_RESULT_SCHEMA))
def result(desk: DeskOf, identifier: JobId) -> Response:
    """Give the endpoints of a simulation, or the table of a search; the findings where the rules stop the plan."""
    job = _done(desk.jobs.job(identifier))
    name = _RESULT[job.kind] if _RESULT[job.kind] in _files(job) else FINDINGS
    return JSONResponse(read_json(job.folder / name))


@router.get(
    "/jobs/{identifier}/files/{name}",
    responses=answers(404, 409, schema={"type": "string", "format": "binary"}, media="application/octet-stream")
    | {200: {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}},
    response_class=FileResponse,
)
def result_file(
    desk: DeskOf,
    identifier: JobId,
    name: Annotated[str, Path(description="Of a file of the result.", examples=[ENDPOINTS])],
) -> Response:
    """Give a file of a result, as the command line writes it."""
    job = _done(desk.jobs.job(identifier))
    names = _files(job)
    if name not in names:
        raise Refused(404, PlanError("the result has no file of this name", value=name, allowed=", ".join(names)))
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FileResponse(job.folder / name, media_type=kind, filename=name)


def _read(asked: dict[str, Any]) -> tuple[Kind, dict[str, Any]]:
    """Return what is to be computed, and its options."""
    kind, options = asked.get("kind"), asked.get("options", {})
    faults = [PlanError("unknown key", value=key, where=Where(key=key)) for key in asked.keys() - {"kind", "options"}]
    if not isinstance(kind, str) or kind not in _KINDS:
        allowed = " or ".join(_KINDS)
        faults.append(PlanError("no such kind of job", value=kind, allowed=allowed, where=Where(key="kind")))
    if not isinstance(options, dict):
        faults.append(PlanError("not a table", allowed="a table", where=Where(key="options")))
    if faults:
        raise Refused(422, *faults)
    return _KINDS[str(kind)], options


def _done(job: StoredJob) -> StoredJob:
    if job.state != "done" and not _files(job):
        raise Refused(409, PlanError("the job has no result", value=job.state, allowed="done", do=job.said))
    return job


def _files(job: StoredJob) -> list[str]:
    """Return the names of a job's files; folders and what is being written are none."""
    if not (job.state == "done" or job.refused) or not job.folder.is_dir():
        return []
    return sorted(one.name for one in job.folder.iterdir() if one.is_file() and not one.name.startswith("."))


def _shown(job: StoredJob) -> Job:
    return Job(
        id=job.id,
        plan=job.plan,
        version=job.version,
        kind=job.kind,
        state=job.state,
        share=job.share,
        left=job.left,
        said=job.said,
        fault=job.fault,
        options=job.asked,
        files=_files(job),
        created=job.created,
        started=job.started,
        ended=job.ended,
    )
