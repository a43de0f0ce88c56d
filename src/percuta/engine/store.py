"""What was computed before, by what it was computed from, so that a run that was cut off goes on where it stopped.

Each result is a file in the user's cache folder, named by a hash over all that decides it: its inputs, the versions of
Percuta and of the libraries, the source of what computes it, the processor (:func:`code_origin`). It is kept to the
last bit: what is found there is what would be computed. The folder is ``percuta`` in ``XDG_CACHE_HOME`` or
``~/.cache``; ``PERCUTA_CACHE`` names another one, or is ``off``. Each kind of result has a folder of its own in it,
with a bound of its own. Where it cannot be written nothing is kept, and nothing fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from percuta import __version__
from percuta.manifest import digest, versions

Kind = Literal["pulses", "members", "trials"]
COMPUTING = tuple(
    f"percuta.{name}"
    for name in (
        "units",
        "sources",
        "library",
        "plan",
        "numerics",
        "physics",
        "engine",
        "results",
        "safety",
        "cohort",
        "optimisation",
    )
)
"""All that decides what is computed of a plan; pages, commands and the order of their work are left out."""

_BETWEEN_CHECKS = 0.1  # of what the folder may hold is written before its size is looked at again
_DIGEST = hashlib.sha256().digest_size


def cache_folder(kind: Kind) -> Path | None:
    """Return the folder for one kind of results, or None where the environment asks for none."""
    asked = os.environ.get("PERCUTA_CACHE", "")
    if asked == "off":
        return None
    if asked:
        return Path(asked) / kind
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return Path(base if os.path.isabs(base) else Path.home() / ".cache") / "percuta" / kind
    except RuntimeError:  # nobody's home
        return None


@cache
def code_origin(packages: tuple[str, ...]) -> str:
    """Return a hash over what computes: source of some packages, versions of the libraries, processor.

    Parameters
    ----------
    packages
        Full names of packages or modules of Percuta, such as ``percuta.physics``; a package counts with all in it.
    """
    from llvmlite.binding import get_host_cpu_name

    libraries = [f"{name} {version}" for name, version in versions().items()]
    parts = (__version__, platform.machine(), get_host_cpu_name(), *libraries, source_digest(packages))
    return digest(part.encode() for part in parts)


@cache
def source_digest(packages: tuple[str, ...]) -> str:
    """Return a hash over the source of some packages; see :func:`code_origin`."""
    parts: list[bytes] = []
    for package in packages:
        for name, source in _sources(package):
            parts += [f"{package}/{name}".encode(), source.read_bytes()]
    return digest(parts)


def _sources(package: str) -> Iterator[tuple[str, Traversable]]:
    """Yield name and file of every source file of a package, or of a module, in order."""
    root, _, last = package.rpartition(".")
    module = files(root) / f"{last}.py" if root else None
    if module is not None and module.is_file():
        yield "", module
    else:
        yield from _sources_in(files(package), "")


def _sources_in(folder: Traversable, place: str) -> Iterator[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda one: one.name):
        if item.name.endswith(".py"):
            yield place + item.name, item
        elif item.is_dir() and item.name != "__pycache__":
            yield from _sources_in(item, f"{place}{item.name}/")


class Store:
    """Results as bytes under keys, in a folder that several processes may share.

    Parameters
    ----------
    folder
        Where the files lie; None keeps nothing.
    most_bytes
        What the folder may hold; the results that were not used for longest are removed beyond it.
    """

    def __init__(self, folder: Path | None, most_bytes: int) -> None:
        self.folder, self.most_bytes = folder, most_bytes
        self._unchecked = float(most_bytes)  # the size of the folder is looked at when the first result is put

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key; a file that is not whole counts as none."""
        if self.folder is None:
            return None
        with contextlib.suppress(OSError):
            place = self._place(key)
            raw = place.read_bytes()
            if hashlib.sha256(raw[:-_DIGEST]).digest() == raw[-_DIGEST:]:
                with contextlib.suppress(OSError):  # a folder that can be read and not written
                    os.utime(place)
                return raw[:-_DIGEST]
        return None

    def put(self, key: str, raw: bytes) -> bool:
        """Keep bytes under a key, and tell whether that could be done; a reader sees all of them or nothing."""
        if self.folder is None:
            return False
        place = self._place(key)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(prefix=".unfinished-", dir=place.parent)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(raw + hashlib.sha256(raw).digest())
                os.replace(beside, place)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
        except OSError:
            return False
        self._unchecked += len(raw) + _DIGEST
        if self._unchecked > _BETWEEN_CHECKS * self.most_bytes:
            self._unchecked = 0.0
            self.prune()
        return True

    def prune(self) -> None:
        """Remove the results that were not used for longest, so that more may be put up to the bound."""
        if self.folder is None:
            return
        found = []
        with contextlib.suppress(OSError):
            for file in self.folder.glob("*/*"):
                with contextlib.suppress(OSError):
                    about = file.stat()
                    found.append((about.st_mtime, about.st_size, file))
        total = sum(size for _, size, _ in found)
        for _, size, file in sorted(found):
            if total <= (1.0 - _BETWEEN_CHECKS) * self.most_bytes:
                return
            with contextlib.suppress(OSError):
                file.unlink()
                total -= size

    def _place(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / key[:2] / key[2:]
