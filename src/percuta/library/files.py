"""Reading the library's TOML files: where they lie, and errors that name the file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from percuta.errors import LibraryError, PercutaError, Where
from percuta.manifest import digest

ENTRY_POINTS = "percuta.library"
LARGEST_FILE = 1_000_000  # bytes; the largest shipped file has a few tens of kilobytes
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
# tomllib takes time with the square of a key's depth, and reads integers that cannot be shown
_DEEP_KEY = re.compile(r"""(?:(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""", re.ASCII)
_LARGE_INTEGER = re.compile(r"\b0[xob][0-9A-Fa-f_]{1000}")


def shipped() -> Traversable:
    """Return the folder of the data files that come with the package."""
    return resources.files("percuta.library") / "data"


def folders() -> list[Traversable]:
    """Return the shipped data folder and those that installed packages register.

    A third party registers a package that holds folders ``devices``, ``sites``, ``products`` or ``drugs``, and may
    hold a ``references.bib``, under the entry point group ``percuta.library``.
    """
    found = [shipped()]
    for point in sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        try:
            found.append(resources.files(point.value))
        except (ModuleNotFoundError, TypeError) as fault:
            raise LibraryError(
                "a library registered by an installed package cannot be read",
                value=f"{point.name} = {point.value}",
                do="reinstall or remove that package",
            ) from fault
    return found


def toml_files(folder: str) -> Iterator[tuple[str, Traversable]]:
    """Yield identifier and file of every TOML file of one folder, in every library."""
    for root in folders():
        place = root / folder
        if place.is_dir():
            for file in sorted(place.iterdir(), key=lambda file: file.name):
                if file.name.endswith(".toml"):
                    yield file.name.removesuffix(".toml"), file


def read_toml(file: Traversable | Path) -> dict[str, Any]:
    """Read one TOML file of the library.

    Raises
    ------
    LibraryError
        If it cannot be read, is too large or is not TOML.
    """
    where = Where(file=file.name)
    return parse_toml(read_text(file, where, LibraryError), where, LibraryError)


def read_text(file: Traversable | Path, where: Where, error: type[PercutaError], missing: str | None = None) -> str:
    """Return the text of a TOML file; a missing, huge or undecodable one is an ``error``.

    ``missing`` says what to do where there is no such file.
    """
    try:
        if file.is_dir():
            raise error("this is a folder, not a file", where=where)
        with file.open("rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError as fault:
        raise error("there is no such file", where=where, do=missing) from fault
    except OSError as fault:
        raise error("the file cannot be read", value=fault.strerror, where=where) from fault
    except ValueError as fault:
        raise error("not the name of a file", value=file, where=where) from fault
    if len(raw) > LARGEST_FILE:
        raise error("the file is too large", allowed=f"{LARGEST_FILE:,} bytes", where=where)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise error("the file is not text in UTF-8", where=Where(where.file, line)) from fault


def parse_toml(text: str, where: Where, error: type[PercutaError]) -> dict[str, Any]:
    """Return the tables of a TOML text; what is not TOML is an ``error`` that names the line."""
    for form, what in ((_DEEP_KEY, "a key of more than 20 parts"), (_LARGE_INTEGER, "a number out of range")):
        if found := form.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise error(what, value=found[0], where=Where(where.file, line))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        place = _PLACE.search(str(fault))
        at = Where(where.file, int(place[1]) if place and place[1] else None)
        raise error(f"not valid TOML: {_PLACE.sub('', str(fault))}", where=at) from None
    except (RecursionError, ValueError) as fault:
        raise error("not valid TOML: nested too deeply, or a number out of range", where=where) from fault


def library_digest(extra: Iterable[str] = ()) -> str:
    """Return a hash over the data files of every library, so that a result names the values it was computed from.

    Parameters
    ----------
    extra
        Texts of files given besides; their order does not matter.
    """
    parts: list[bytes] = []

    def add(place: Traversable, name: str) -> None:
        for item in sorted(place.iterdir(), key=lambda item: item.name):
            if item.is_dir():
                add(item, f"{name}{item.name}/")
            elif item.name.endswith((".toml", ".bib", ".csv")):
                parts.extend((f"{name}{item.name}".encode(), item.read_bytes()))

    for number, root in enumerate(folders()):
        add(root, f"{number}/")
    return digest([*parts, *sorted(text.encode() for text in extra)])
