"""The folder of a result: written beside, then moved into place, so that no half result is ever seen."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from percuta.errors import PlanError, Where

TREE, ENDPOINTS, FINDINGS = "result.nc", "endpoints.json", "findings.json"
REPORT, AFTERCARE, MANIFEST = "report.html", "aftercare.html", "manifest.json"
FILES = (TREE, ENDPOINTS, FINDINGS, REPORT, AFTERCARE, MANIFEST)  # no aftercare sheet where there is none to hand out
INFLUENCE, INFLUENCE_PAGE = "influence.json", "influence.html"  # added to a result by `percuta influence`
FIELDS, PICTURE, ZONE, PULSE_PAGE = "fields.nc", "fields.vti", "zone.json", "pulse.html"
PULSE_FILES = (FIELDS, PICTURE, ZONE, PULSE_PAGE, MANIFEST)
SWEEP_TABLE, SWEEP_ROWS, SWEEP_PAGE = "sweep.csv", "sweep.json", "sweep.html"
SWEEP_FILES = (SWEEP_TABLE, SWEEP_ROWS, SWEEP_PAGE, MANIFEST)
_ADDED = (INFLUENCE, INFLUENCE_PAGE)
# a folder holds one result, of a plan or a pulse
_EVERY = tuple(dict.fromkeys((*FILES, *_ADDED, *PULSE_FILES, *SWEEP_FILES)))


def check_writable(folder: Path, names: Iterable[str]) -> None:
    """Check that files can be written into a folder, there or still to be made, before anything is computed.

    Raises
    ------
    PlanError
        If the folder cannot be made or written, or something that is no file stands in the way.
    """
    nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not nearest.is_dir():
        raise PlanError("the result folder cannot be written", value="this is no folder", where=Where(nearest))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PlanError("the result folder cannot be written", value="no permission", where=Where(nearest))
    _check_nothing_in_the_way(folder, names)


def _check_nothing_in_the_way(folder: Path, names: Iterable[str]) -> None:
    in_the_way = [name for name in names if (folder / name).exists() and not (folder / name).is_file()]
    if in_the_way:
        raise PlanError("something that is no file stands where the result goes", where=Where(folder / in_the_way[0]))


@contextmanager
def new_result(folder: Path) -> Iterator[Path]:
    """Give a scratch folder; on success its files replace those of an earlier result.

    Files of an earlier result that are not written anew are removed, whether of a plan or of a pulse; other files
    are left alone. After an error nothing has changed.

    Parameters
    ----------
    folder
        Where the result shall lie.

    Raises
    ------
    PlanError
        If the folder cannot be written.
    """
    made = False
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        _check_nothing_in_the_way(folder, _EVERY)
        scratch = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
    except OSError as fault:
        raise PlanError("the result folder cannot be written", value=fault.strerror, where=Where(folder)) from fault
    try:
        yield scratch
        written = [name for name in _EVERY if (scratch / name).exists()]
        for name in _EVERY:
            if name not in written:
                (folder / name).unlink(missing_ok=True)
        for name in written:
            os.replace(scratch / name, folder / name)
    except OSError as fault:
        raise PlanError("the result cannot be written", value=fault.strerror, where=Where(folder)) from fault
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if made and not any(folder.iterdir()):
            folder.rmdir()


def write_json(path: Path, data: Any) -> None:
    """Write plain data as JSON; a number that is not finite is an error."""
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON of a result folder.

    Raises
    ------
    PlanError
        If the file is missing or broken.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise PlanError(
            "the result folder is not complete", where=Where(path), do="run `percuta plan` again into this folder"
        ) from fault
