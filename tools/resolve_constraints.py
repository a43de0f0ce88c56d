"""Resolve all extras on the running interpreter and write ``constraints.txt``: names and versions only.

Run through ``make constraints``, which uses the oldest supported Python, so that one file serves all of them.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
HEADER = """\
# Versions of all that Percuta and its extras need, resolved together on Python {python}: `make constraints`.
# Names and versions only; the same file serves Python 3.11, 3.12 and 3.13.
"""


def resolve(requirement: str) -> dict[str, str]:
    """Ask pip what it would install for a requirement: normalised name -> version."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        subprocess.run([*command, "--report", str(report), requirement], check=True, cwd=ROOT)
        installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    metadata = (item["metadata"] for item in installed)
    return {re.sub(r"[-_.]+", "-", entry["name"]).lower(): entry["version"] for entry in metadata}


def main() -> None:
    if sys.version_info[:2] != OLDEST:
        sys.exit(f"resolve on Python {OLDEST[0]}.{OLDEST[1]}, not {sys.version.split()[0]}")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = ",".join(project["optional-dependencies"])
    versions = resolve(f".[{extras}]")
    versions.pop(project["name"])
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items())]
    header = HEADER.format(python=".".join(map(str, OLDEST)))
    (ROOT / "constraints.txt").write_text(header + "".join(lines), encoding="utf-8")
    print(f"constraints.txt: {len(lines)} packages")


if __name__ == "__main__":
    main()
