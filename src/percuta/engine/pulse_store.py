"""Computed pulses: in memory, and in the user's cache folder by what they were computed from."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from percuta.engine.pulse_summary import PulseSummary
from percuta.engine.store import Store, cache_folder, code_origin
from percuta.manifest import digest
from percuta.physics.pulse_setup import Accuracy, PulseSetup

_MOST_BYTES = 200_000_000  # in the folder; about 40 thousand pulses
_MOST_IN_MEMORY = 4096
_SOURCES = ("percuta.physics", "percuta.numerics", "percuta.engine.pulse_summary")


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


def _origin() -> str:
    """Return a hash over what computes the pulses: source, versions, processor."""
    return code_origin(_SOURCES)


def pulse_folder() -> Path | None:
    """Return the folder for computed pulses, or None where the environment asks for none."""
    return cache_folder("pulses")


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
        self.folder = folder
        self._files = Store(folder, most_bytes)
        self._kept: OrderedDict[str, PulseSummary] = OrderedDict()

    def get(self, key: str) -> PulseSummary | None:
        """Return a pulse that was computed before; a file that is not whole counts as none."""
        if key not in self._kept:
            raw = self._files.get(key)
            if raw is None:
                return None
            try:
                self.remember(key, PulseSummary.from_bytes(raw))
            except ValueError:
                return None
        return self._kept[key]

    def remember(self, key: str, summary: PulseSummary) -> None:
        """Keep a pulse in memory."""
        self._kept[key] = summary
        while len(self._kept) > _MOST_IN_MEMORY:
            self._kept.popitem(last=False)

    def write(self, key: str, summary: PulseSummary) -> None:
        """Keep a pulse in the folder; a reader sees all of it or nothing."""
        self._files.put(key, summary.as_bytes())


@cache
def store_in(folder: Path | None) -> PulseStore:
    """Return this process' store in a folder."""
    return PulseStore(folder)


def pulse_store() -> PulseStore:
    """Return this process' store in the user's cache folder."""
    return store_in(pulse_folder())
