"""Writing beside a file, then moving into its place, so that no half file is ever seen under its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_beside(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to; on success it takes the place of ``path``, after an error nothing has changed.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full.
    """
    beside = path.with_name(f".{path.name}.unfinished-{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            yield stream
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
