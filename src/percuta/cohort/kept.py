"""Parts of a cohort, each computed once: what is found in the store is not computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import cache
from pathlib import Path
from typing import Protocol

from percuta.engine.executors import in_order
from percuta.engine.store import Store, cache_folder

_MOST_BYTES = 500_000_000  # about a million members


class Part(Protocol):
    """A part of the work that can be computed by itself, anywhere."""

    def key(self) -> str:
        """Return a name that no other part has, nor the same part by other code."""

    def computed(self) -> bytes:
        """Compute the part."""


@cache
def _store_in(folder: Path | None) -> Store:
    return Store(folder, _MOST_BYTES)


def members_store() -> Store:
    """Return this process' store of parts of cohorts, in the user's cache folder."""
    return _store_in(cache_folder("members"))


def kept(part: Part) -> tuple[str, bytes]:
    """Return a part's key and bytes, computed and put into the store where they are not in it."""
    store, key = members_store(), part.key()
    raw = store.get(key)
    if raw is None:
        raw = part.computed()
        store.put(key, raw)
    return key, raw


def every_part(pool: Executor, parts: Sequence[Part], told: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """Yield the bytes of all parts in their order; those that are in the store are not computed.

    A worker puts what it has computed into its own store at once, so that nothing is lost where this process ends.
    A worker elsewhere has a store of its own; its parts are put into the one here when they arrive.

    Parameters
    ----------
    pool
        Who computes.
    parts
        The parts.
    told
        Told the number of parts that are done.
    """
    store = members_store()
    missing = {place for place, part in enumerate(parts) if store.get(part.key()) is None}
    computed = in_order(pool, kept, [part for place, part in enumerate(parts) if place in missing])
    for place, part in enumerate(parts):
        found = None if place in missing else store.get(part.key())
        if found is None:  # missing, or removed meanwhile
            key, found = next(computed) if place in missing else kept(part)
            if store.get(key) is None and key == part.key():
                store.put(key, found)
        yield found
        if told is not None:
            told(place + 1)
