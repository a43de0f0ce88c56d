"""The block of skin of a result: its description, and the surfaces at each time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from percuta.web.desk import Desk, DeskOf
from percuta.workflows.result_folder import BLOCK, BLOCK_PICTURE, BLOCK_SURFACES

router = APIRouter()

_JOB = re.compile(r"[0-9a-f]{12}")
_SURFACES = re.compile(r"[0-9]{2}\.bin")


@router.get("/results/{job_id}/block/{name}")
def block_file(desk: DeskOf, job_id: str, name: str) -> Response:
    """Return ``block.json`` or the surfaces of one time."""
    folder = _folder(desk, job_id)
    if folder is None:
        return _none()
    if name == BLOCK:
        return _file(folder / BLOCK, "application/json")
    if _SURFACES.fullmatch(name):
        return _file(folder / BLOCK_SURFACES / name, "application/octet-stream")
    return _none()


def block_values(desk: Desk, job_id: str) -> dict[str, Any]:
    """Return what the fragment ``block.html`` takes; ``block`` is None where a job has written none."""
    folder = _folder(desk, job_id)
    try:
        block = json.loads((folder / BLOCK).read_text(encoding="utf-8")) if folder else None
        picture = (folder / BLOCK_PICTURE).read_text(encoding="utf-8") if folder else ""
    except (OSError, ValueError):
        block, picture = None, ""
    return {"block": block, "block_address": f"/results/{job_id}/block", "block_picture": picture}


def _folder(desk: Desk, job_id: str) -> Path | None:
    return desk.folder / "results" / job_id if _JOB.fullmatch(job_id) else None


def _file(path: Path, kind: str) -> Response:
    if not path.is_file():
        return _none()
    return FileResponse(path, media_type=kind)


def _none() -> Response:
    return Response("There is no such block.\n", 404, media_type="text/plain")
