"""PDF files and archives, made by a process of its own so that the server goes on answering.

``python -m percuta.web.printing FOLDER WHAT`` is started by :func:`printed`. It is handed the library on standard
input, writes the file into the result folder, and says on standard output what went wrong, as JSON.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal, get_args

from percuta.errors import PercutaError
from percuta.library.registry import Library
from percuta.report.documents import Key
from percuta.workflows.documents import check_document, pdf_name
from percuta.workflows.result_folder import ARCHIVE

What = Key | Literal["archive"]
ARCHIVED: Literal["archive"] = "archive"
_NICER = 10  # than the server, which answers first
_LONGEST = 300.0  # s
_one_at_a_time = threading.Lock()


def printed(folder: Path, what: What, known: Library) -> Path:
    """Return a document of a result as PDF, or its archive; made where it is not there yet.

    Parameters
    ----------
    folder
        The result folder.
    what
        Which document, or ``archive``.
    known
        The library.

    Raises
    ------
    PercutaError
        If the document is not there, or the file cannot be made.
    """
    if what != ARCHIVED:
        check_document(folder, what)
    target = folder / (ARCHIVE if what == ARCHIVED else pdf_name(what))
    with _one_at_a_time:
        if not target.is_file():
            _make(folder, what, known)
    return target


def _make(folder: Path, what: What, known: Library) -> None:
    command = [sys.executable, "-m", "percuta.web.printing", str(folder), what]
    try:
        done = subprocess.run(command, input=pickle.dumps(known), stdout=subprocess.PIPE, timeout=_LONGEST, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise PercutaError("the file was not made in time", do="try again later") from fault
    if done.returncode != 0:
        raise _told(done.stdout)


def _told(said: bytes) -> PercutaError:
    try:
        fault = json.loads(said)
    except ValueError:
        return PercutaError("a fault of the program kept the file from being made", do="the server's log says more")
    return PercutaError(fault["what"], value=fault["value"], allowed=fault["allowed"], do=fault["do"])


def main(folder: Path, what: What) -> int:
    """Make one file; returns the exit code."""
    from percuta.workflows.archive import write_archive
    from percuta.workflows.documents import write_pdf

    if sys.platform != "win32":
        os.nice(_NICER)
    known: Library = pickle.load(sys.stdin.buffer)
    try:
        if what == ARCHIVED:
            write_archive(folder, known=known)
        else:
            write_pdf(folder, (what,))
    except PercutaError as fault:
        print(json.dumps(fault.as_dict()))
        return 1
    return 0


if __name__ == "__main__":
    asked = next(one for one in (*get_args(Key), ARCHIVED) if one == sys.argv[2])
    sys.exit(main(Path(sys.argv[1]), asked))
