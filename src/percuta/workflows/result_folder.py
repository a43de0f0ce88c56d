"""The folder of a result: written beside, then moved into place, so that no half result is ever seen."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from percuta.errors import PlanError, Where
from percuta.exchange.beside import written_beside

TREE, ENDPOINTS, FINDINGS = "result.nc", "endpoints.json", "findings.json"
REPORT, AFTERCARE, MANIFEST = "report.html", "aftercare.html", "manifest.json"
CONSENT, SESSION = "consent.html", "session.html"
PAGES = {"report": REPORT, "consent": CONSENT, "session": SESSION, "aftercare": AFTERCARE}
# No sheets where there are none to hand out. The last is moved into place last: where it lies, the result is whole.
FILES = (TREE, ENDPOINTS, FINDINGS, *PAGES.values(), MANIFEST)
INFLUENCE, INFLUENCE_PAGE = "influence.json", "influence.html"  # added to a result by `percuta influence`
ENDPOINT_TABLE, ARCHIVE = "endpoints.csv", "plan.zip"  # of a plan, written when they are asked for, as are:
PRINTED = tuple(f"{name}.pdf" for name in PAGES)
BLOCK, BLOCK_PICTURE, BLOCK_SURFACES = "block.json", "block.svg", "block"  # the last is a folder; of a plan
COMPARISON, COMPARISON_PAGE = "compare.json", "compare.html"  # of several plans, beside whatever the folder holds
FIELDS, PICTURE, ZONE, PULSE_PAGE = "fields.nc", "fields.vti", "zone.json", "pulse.html"
PULSE_FILES = (FIELDS, PICTURE, ZONE, PULSE_PAGE, MANIFEST)
SWEEP_TABLE, SWEEP_ROWS, SWEEP_PAGE = "sweep.csv", "sweep.json", "sweep.html"
SWEEP_FILES = (SWEEP_TABLE, SWEEP_ROWS, SWEEP_PAGE, MANIFEST)
OPTIMISATION, OPTIMISATION_PAGE = "optimisation.json", "optimisation.html"  # of a search of settings
RECOMMENDED, STUDY = "recommended.toml", "study.db"  # the study is kept while a search goes on, and after it
OPTIMISATION_FILES = (OPTIMISATION, OPTIMISATION_PAGE, RECOMMENDED, MANIFEST)
COHORT_TABLE, COHORT, COHORT_PAGE = "cohort.zarr", "cohort.json", "cohort.html"  # the first is a folder
COHORT_FILES = (COHORT_TABLE, COHORT, COHORT_PAGE, MANIFEST)
_ADDED = (INFLUENCE, INFLUENCE_PAGE, BLOCK, BLOCK_PICTURE, ENDPOINT_TABLE, ARCHIVE, *PRINTED)
# a folder holds one result, of a plan, a pulse, a search or a cohort
_EVERY = tuple(dict.fromkeys((*FILES, *_ADDED, *PULSE_FILES, *SWEEP_FILES, *OPTIMISATION_FILES, *COHORT_FILES)))
_SCRATCH = ".unfinished-"
UNFINISHED_BLOCK = f"{_SCRATCH}block-"


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
    for place in (folder / name for name in names):
        if place.name == COHORT_TABLE:
            if place.exists() and not (place / "zarr.json").is_file():
                raise PlanError("something that is no Zarr store stands where the result goes", where=Where(place))
        elif place.exists() and not place.is_file():
            raise PlanError("something that is no file stands where the result goes", where=Where(place))


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
        _clear_what_was_cut_off(folder)
        scratch = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{platform.node()}-{os.getpid()}-", dir=folder))
    except OSError as fault:
        raise PlanError("the result folder cannot be written", value=fault.strerror, where=Where(folder)) from fault
    try:
        yield scratch
        written = [name for name in _EVERY if (scratch / name).exists()]
        for name in _EVERY:
            if name not in written or (folder / name).is_dir():  # a folder takes the place of no other
                _take_away(folder / name, scratch)
        for name in written:
            os.replace(scratch / name, folder / name)
    except OSError as fault:
        raise PlanError("the result cannot be written", value=fault.strerror, where=Where(folder)) from fault
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if made and not any(folder.iterdir()):
            folder.rmdir()


def _take_away(place: Path, scratch: Path) -> None:
    if place.is_dir():
        os.replace(place, scratch / f"earlier-{place.name}")  # and goes with the scratch folder
    else:
        place.unlink(missing_ok=True)


def _clear_what_was_cut_off(folder: Path) -> None:
    """Remove the scratch folders of processes of this machine that were killed."""
    start = f"{_SCRATCH}{platform.node()}-"
    for left in folder.iterdir():
        process = left.name.removeprefix(start).partition("-")[0]
        if left.name.startswith(start) and left.is_dir() and process.isdigit() and not _lives(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    """Tell whether a process may still be there; where a signal cannot ask, it may."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it is another user's
    return True


def add_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into a folder, each in one go, and leave all others alone.

    Raises
    ------
    PlanError
        If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with written_beside(folder / name) as stream:
                stream.write(text.encode())
    except OSError as fault:
        raise PlanError("the result cannot be written", value=fault.strerror, where=Where(folder)) from fault


def as_json(data: Any) -> str:
    """Return plain data as JSON; a number that is not finite is an error."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, data: Any) -> None:
    """Write plain data as JSON; a number that is not finite is an error."""
    path.write_text(as_json(data), encoding="utf-8")


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
