"""What figures are of: the machine, and the versions of what was measured on it."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path


def machine(*packages: str) -> dict[str, str]:
    """Name the machine, and the versions of Percuta and of some packages, that times depend on."""
    from percuta import __version__

    information = Path("/proc/cpuinfo")
    named = (
        [line for line in information.read_text().splitlines() if "model name" in line] if information.exists() else []
    )
    versions = {"percuta": __version__}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "processor": named[0].partition(":")[2].strip() if named else platform.processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions,
    }
