"""The run manifest: what was computed, from which inputs, with which versions, when and how long.

Time stamps stand here and nowhere else, so that all other files of a result repeat byte for byte.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

DISCLAIMER = "Decision support for research and education. Not a medical device."
LIBRARIES = ("numpy", "scipy", "numba", "xarray", "h5netcdf", "h5py", "pydantic", "pint")


def digest(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little"))
        total.update(part)
    return total.hexdigest()


def versions() -> dict[str, str]:
    """Return the installed versions of the libraries that numbers depend on."""
    from importlib import metadata  # slow to import, and not needed for the command's help

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def manifest(
    *,
    version: str,
    plan_text: str,
    library_digest: str,
    members: int,
    seed: int,
    accuracy: str,
    study: bool,
    verdict: str,
    overrides: list[dict[str, str]],
    started: datetime,
) -> dict[str, Any]:
    """Return the manifest of a plan's run that ends now; ``overrides`` have rule, name and reason each."""
    return {
        **_installation(version),
        "plan_sha256": digest([plan_text.encode()]),
        "library_sha256": library_digest,
        "members": members,
        "seed": seed,
        "accuracy": accuracy,
        "study": study,
        "verdict": verdict,
        "overrides": overrides,
        **_times(started),
    }


def pulse_manifest(
    *,
    version: str,
    pulse_text: str,
    library_digest: str,
    accuracy: str,
    sweep: dict[str, list[Any]],
    started: datetime,
) -> dict[str, Any]:
    """Return the manifest of a pulse's run that ends now; ``sweep`` has the values of every key that was varied."""
    return {
        **_installation(version),
        "pulse": pulse_text,
        "pulse_sha256": digest([pulse_text.encode()]),
        "library_sha256": library_digest,
        "accuracy": accuracy,
        "sweep": sweep,
        **_times(started),
    }


def _installation(version: str) -> dict[str, Any]:
    return {
        "percuta": version,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "libraries": versions(),
    }


def _times(started: datetime) -> dict[str, Any]:
    finished = now()
    return {
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "seconds": round((finished - started).total_seconds(), 3),
    }
