"""Examining the installation."""

from __future__ import annotations

import os
import platform
import time
from typing import Any

from percuta import __version__
from percuta.errors import PercutaError
from percuta.library.bibliography import bibliography
from percuta.library.registry import library
from percuta.manifest import versions
from percuta.numerics.compiled import THREAD_VARIABLES, cache_folder
from percuta.physics.placed_punctures import covered_points
from percuta.sources import Sourced


def examine(*, warm: bool = False) -> dict[str, Any]:
    """Return versions, threads, caches and the state of the library, as plain data.

    Parameters
    ----------
    warm
        Compile the loops of the RF pulse first; ``seconds to compile`` says how long that took.
    """
    compiled = {"seconds to compile": _seconds_to_compile()} if warm else {}
    threads = {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ}
    return {
        "percuta": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": versions(),
        "processors": os.cpu_count() or 1,
        "threads": threads or "not limited by the environment",
        "kernel cache": cache_folder(covered_points) or "none: compiled at every start",
        **compiled,
        "library": _library_state(),
        "library values": sum(1 for _ in library().values()),
        "references": len(bibliography()),
    }


def _seconds_to_compile() -> float:
    from percuta.physics.pulse import warm

    start = time.perf_counter()
    warm()
    return round(time.perf_counter() - start, 3)


def _library_state() -> str:
    try:
        known = bibliography()
        for value in library().values():
            missing = [key for key in value.source if key not in known] if isinstance(value, Sourced) else []
            if missing:
                return f"{value.name} names unknown references: {', '.join(missing)}"
    except PercutaError as fault:
        return str(fault)
    return "whole"
