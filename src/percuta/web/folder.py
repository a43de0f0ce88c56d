"""Where plans and results are kept: a folder of the user, readable by nobody else."""

from __future__ import annotations

import os
from pathlib import Path

from percuta.errors import PlanError, Where

_ONLY_MINE = 0o700  # what is kept here is about people


def data_folder() -> Path:
    """Return the folder that ``PERCUTA_DATA`` names, else ``percuta`` in ``XDG_DATA_HOME`` or ``~/.local/share``.

    Raises
    ------
    PlanError
        If there is no home to keep anything in.
    """
    asked = os.environ.get("PERCUTA_DATA", "")
    if asked:
        return Path(asked).expanduser()
    base = os.environ.get("XDG_DATA_HOME", "")
    try:
        return Path(base if os.path.isabs(base) else Path.home() / ".local" / "share") / "percuta"
    except RuntimeError as fault:
        raise PlanError("there is no home folder to keep plans in", do="name a folder with --folder") from fault


def made(folder: Path) -> Path:
    """Make a folder for the user alone and return it.

    Raises
    ------
    PlanError
        If it cannot be made or written.
    """
    try:
        folder.mkdir(mode=_ONLY_MINE, parents=True, exist_ok=True)
    except OSError as fault:
        raise PlanError("the folder for plans cannot be made", value=fault.strerror, where=Where(folder)) from fault
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PlanError("the folder for plans cannot be written", value="no permission", where=Where(folder))
    return folder
