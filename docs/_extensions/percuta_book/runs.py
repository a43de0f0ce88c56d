"""Commands that run while the book is built: those of one page in order in a folder of their own, two pages at a time.

What a command printed is kept under the digest of the package, the examples and the page's commands, so that a
second build of the same book runs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

AT_ONCE = 2
LONGEST = 540.0  # s, for one command
_LINES = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONHASHSEED": "0"}
_FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{run\}[ \t]+(?P<command>[^\n]+)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S
)
_WIDE = 84  # letters
_COLUMNS = re.compile(r"\S {2,}\S")
_EXIT = re.compile(r"^:exit:[ \t]*(\d+)[ \t]*$", re.M)


@dataclass(frozen=True)
class Command:
    """One command of a page, and the exit code that it has to end with."""

    line: str
    exit: int = 0


@dataclass(frozen=True)
class Ran:
    """A command that has run: what it printed and how it ended."""

    line: str
    exit: int
    output: str
    errors: str


class WrongExit(Exception):
    """A command ended otherwise than the page says."""


def commands_of(page: str) -> list[Command]:
    """Return the commands of a page's ``{run}`` directives, in order."""
    found = []
    for block in _FENCE.finditer(page):
        ends = _EXIT.search(block["body"])
        found.append(Command(block["command"].strip(), int(ends[1]) if ends else 0))
    return found


def legible(line: str) -> list[str]:
    """Return a line of output as lines that fit a page: prose is broken, the row of a table is left to scroll."""
    if len(line) <= _WIDE or _COLUMNS.search(line.strip()):
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    broken = textwrap.wrap(line, _WIDE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return broken or [line]


def digest_of(files: Iterable[Path], root: Path) -> str:
    """Return a digest over the names and contents of files."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:24]


def package_digest(root: Path) -> str:
    """Return the digest of the package and the examples of a checkout."""
    files = [file for folder in ("src", "examples") for file in (root / folder).rglob("*")]
    return digest_of([file for file in files if file.is_file() and "__pycache__" not in file.parts], root)


class Runner:
    """Runs the commands of pages and keeps what they printed.

    Parameters
    ----------
    root
        The checkout.
    store
        Folder for what is kept.
    digest
        Of everything the commands rest on; another digest is another folder.
    """

    def __init__(self, root: Path, store: Path, digest: str) -> None:
        self.root, self.store, self.digest = root, store / digest, digest

    def clean(self) -> None:
        """Remove what was kept for another state of the package."""
        if self.store.parent.is_dir():
            for folder in self.store.parent.iterdir():
                if folder.is_dir() and folder != self.store:
                    shutil.rmtree(folder)

    def folder(self, page: str, commands: Iterable[Command]) -> Path:
        """Return the folder of a page; ``work`` in it holds a copy of the examples and what the commands wrote."""
        key = json.dumps([page, *(asdict(one) for one in commands)])
        return self.store / hashlib.sha256(key.encode()).hexdigest()[:16]

    def run_all(self, pages: Mapping[str, list[Command]]) -> dict[str, str]:
        """Run the commands of several pages, two pages at a time; return what went wrong, by page."""
        faults = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for page, done in [(page, pool.submit(self.ran, page, commands)) for page, commands in pages.items()]:
                try:
                    done.result()
                except WrongExit as fault:
                    faults[page] = str(fault)
        return faults

    def ran(self, page: str, commands: list[Command]) -> list[Ran]:
        """Return what the commands of a page printed; they run unless that is kept already.

        Raises
        ------
        WrongExit
            If a command ends otherwise than the page says.
        """
        folder = self.folder(page, commands)
        kept = folder / "ran.json"
        if kept.is_file():
            return [Ran(**one) for one in json.loads(kept.read_text("utf-8"))]
        shutil.rmtree(folder, ignore_errors=True)
        work = folder / "work"
        shutil.copytree(self.root / "examples", work / "examples")
        found = [self._one(command, work) for command in commands]
        kept.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
        return found

    def _one(self, command: Command, folder: Path) -> Ran:
        words = shlex.split(command.line)
        if words[0] in ("percuta", "python"):
            words[:1] = [sys.executable, *(["-m", "percuta"] if words[0] == "percuta" else [])]
        environment = os.environ | _LINES | {"PYTHONPATH": str(self.root / "src")}
        try:
            done = subprocess.run(
                words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
            )
        except subprocess.TimeoutExpired as fault:
            raise WrongExit(f"`{command.line}` took longer than {LONGEST:g} s") from fault
        if done.returncode != command.exit:
            said = (done.stderr or done.stdout)[-2000:]
            raise WrongExit(f"`{command.line}` ended with {done.returncode}, not {command.exit}:\n{said}")
        return Ran(command.line, done.returncode, done.stdout, done.stderr)
