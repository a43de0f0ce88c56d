"""Computed pulses by what they were computed from, so that a run that was cut off goes on where it stopped.

Each pulse is a file in the user's cache folder, named by a hash over all that decides it: the exact setup, the
accuracy, the versions of Percuta and of the libraries, the source of the physics, the processor. A summary is kept to
the last bit: what is found there is what would be computed. The folder is ``percuta/pulses`` in ``XDG_CACHE_HOME`` or
``~/.cache``; ``PERCUTA_CACHE`` names another one, or is ``off``. Where it cannot be written nothing is kept, and
nothing fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from percuta import __version__
from percuta.engine.pulse_summary import PulseSummary
from percuta.manifest import digest, versions
from percuta.physics.pulse_setup import Accuracy, PulseSetup

_MOST_BYTES = 200_000_000  # in the folder; about 40 thousand pulses
_MOST_IN_MEMORY = 4096
_BETWEEN_CHECKS = 0.1  # of what the folder may hold is written before its size is looked at again
_DIGEST = hashlib.sha256().digest_size
_SOURCES = ("percuta.physics", "percuta.numerics")


@dataclass(frozen=True)
class PulseTask:
    """One pulse to be computed.

    Attributes
    ----------
    setup
        Layers, needle, array, drive.
    heat_shock_peak
        Least peak temperature of living tissue that counts as heat-shocked [K].
    place
        Key of the step in the plan file, for messages.
    """

    setup: PulseSetup
    heat_shock_peak: float
    place: str = field(default="", repr=False, compare=False)

    def key(self, accuracy: Accuracy) -> str:
        """Return a name that no other pulse has; numbers are written so that they read back to the last bit."""
        return digest([repr(self).encode(), accuracy.encode(), _origin().encode()])


@cache
def _origin() -> str:
    """Return a hash over what computes the pulses: source, versions, processor."""
    from llvmlite.binding import get_host_cpu_name

    libraries = [f"{name} {version}" for name, version in versions().items()]
    parts = [__version__, platform.machine(), get_host_cpu_name(), *libraries]
    sources = [
        file.read_bytes()
        for package in _SOURCES
        for file in sorted(files(package).iterdir(), key=lambda one: one.name)
        if file.name.endswith(".py")
    ]
    here = [Path(__file__).with_name("pulse_summary.py").read_bytes()]
    return digest([*(part.encode() for part in parts), *sources, *here])


def pulse_folder() -> Path | None:
    """Return the folder for computed pulses, or None where the environment asks for none."""
    asked = os.environ.get("PERCUTA_CACHE", "")
    if asked == "off":
        return None
    if asked:
        return Path(asked)
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return Path(base if os.path.isabs(base) else Path.home() / ".cache") / "percuta" / "pulses"
    except RuntimeError:  # nobody's home
        return None


class PulseStore:
    """Computed pulses in memory and, where it can be written, in a folder.

    Parameters
    ----------
    folder
        Where the files lie; None for memory alone.
    most_bytes
        What the folder may hold; the pulses that were not used for longest are removed beyond it.
    """

    def __init__(self, folder: Path | None, most_bytes: int = _MOST_BYTES) -> None:
        self.folder, self.most_bytes = folder, most_bytes
        self._kept: OrderedDict[str, PulseSummary] = OrderedDict()
        self._unchecked = float(most_bytes)  # the size of the folder is looked at when the first pulse is written

    def get(self, key: str) -> PulseSummary | None:
        """Return a pulse that was computed before; a file that is not whole counts as none."""
        if key not in self._kept and self.folder is not None:
            with contextlib.suppress(OSError, ValueError):
                place = self._place(key)
                raw = place.read_bytes()
                if hashlib.sha256(raw[:-_DIGEST]).digest() == raw[-_DIGEST:]:
                    self.remember(key, PulseSummary.from_bytes(raw[:-_DIGEST]))
                    os.utime(place)
        return self._kept.get(key)

    def remember(self, key: str, summary: PulseSummary) -> None:
        """Keep a pulse in memory."""
        self._kept[key] = summary
        while len(self._kept) > _MOST_IN_MEMORY:
            self._kept.popitem(last=False)

    def write(self, key: str, summary: PulseSummary) -> None:
        """Keep a pulse in the folder; a reader sees all of it or nothing."""
        if self.folder is None:
            return
        raw = summary.as_bytes()
        place = self._place(key)
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(prefix=".unfinished-", dir=place.parent)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(raw + hashlib.sha256(raw).digest())
                os.replace(beside, place)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
            self._unchecked += len(raw) + _DIGEST
            if self._unchecked > _BETWEEN_CHECKS * self.most_bytes:
                self._unchecked = 0.0
                self.prune()

    def prune(self) -> None:
        """Remove the pulses that were not used for longest, so that more may be written up to the bound."""
        if self.folder is None:
            return
        found = []
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


@cache
def store_in(folder: Path | None) -> PulseStore:
    """Return this process' store in a folder."""
    return PulseStore(folder)


def pulse_store() -> PulseStore:
    """Return this process' store in the user's cache folder."""
    return store_in(pulse_folder())
