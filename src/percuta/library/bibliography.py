"""The bibliography: ``references.bib`` of every library, in a strict form with one field per line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from percuta.errors import LibraryError, Where, nearest
from percuta.library.files import folders, read_text

FILE = "references.bib"
UNLISTED = "unlisted"  # kind of a key that stands as a source and in no bibliography
_START = re.compile(r"^@(article|book|misc|techreport|thesis)\{([a-z0-9_]+),$")
_FIELD = re.compile(r"^  ([a-z]+) = \{(.*)\},?$")
_NO_BRACES = str.maketrans("", "", "{}")
FIELDS = ("author", "title", "year", "journal", "doi", "pmid", "verified", "note")


@dataclass(frozen=True)
class Reference:
    """One publication; a field that nobody has confirmed is empty."""

    key: str
    kind: str
    author: str = ""
    title: str = ""
    year: str = ""
    journal: str = ""
    doi: str = ""
    pmid: str = ""
    verified: str = "no"
    note: str = ""

    @property
    def text(self) -> str:
        """The reference as one line."""
        head = " ".join(part for part in (self.author, f"({self.year})" if self.year else "") if part)
        identifiers = [f"doi:{self.doi}" if self.doi else "", f"PMID {self.pmid}" if self.pmid else ""]
        parts = [head, self.title, self.journal, ", ".join(item for item in identifiers if item)]
        line = " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part)
        return line.translate(_NO_BRACES)

    @property
    def short(self) -> str:
        """Author and year, for use beside a value; an organisation stands in braces of its own.

        Where no author was seen, the journal or the first words of the title stand in the place.
        """
        first = self.author if self.author.startswith("{") else re.split(r",| and ", self.author)[0].strip()
        first = first or self.journal or " ".join(self.title.split()[:5]) or self.note.split(";")[0]
        return f"{first or self.key} {self.year}".strip().translate(_NO_BRACES)


def read_bibliography(text: str, file: str = FILE) -> dict[str, Reference]:
    """Read references in the strict form; ``file`` is named where they are not.

    Raises
    ------
    LibraryError
        For a line outside that form, an unknown or missing field, or a key that stands twice.
    """
    found: dict[str, Reference] = {}
    kind = key = ""
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        where = Where(file, number)
        if not key and (start := _START.match(line)):
            kind, key, fields = start[1], start[2], {}
            if key in found:
                raise LibraryError("a reference stands twice", value=key, where=where)
        elif (field := _FIELD.match(line)) and field[1] in FIELDS and key and field[1] not in fields:
            fields[field[1]] = field[2].strip()
        elif line == "}" and key:
            missing = [name for name in FIELDS if name not in fields]
            if missing:
                raise LibraryError("a reference lacks fields", value=f"{key}: {', '.join(missing)}", where=where)
            found[key] = Reference(key, kind, **fields)
            key = ""
        elif line.strip() and not line.startswith("%"):
            raise LibraryError("not a line of the bibliography's form", value=line, where=where)
    if key:
        raise LibraryError("a reference is not closed", value=key, where=Where(file))
    return found


@cache
def bibliography() -> dict[str, Reference]:
    """Return the references of every library by key.

    Raises
    ------
    LibraryError
        If two libraries have a reference of the same key.
    """
    found: dict[str, Reference] = {}
    for root in folders():
        file = root / FILE
        if not file.is_file():
            continue
        own = read_bibliography(read_text(file, Where(str(file)), LibraryError), str(file))
        if twice := sorted(found.keys() & own.keys()):
            raise LibraryError(
                "a reference of this key is in another library already", value=twice[0], where=Where(str(file))
            )
        found |= own
    return found


def reference(key: str) -> Reference:
    """Return one reference.

    Raises
    ------
    LibraryError
        If no reference has that key.
    """
    try:
        return bibliography()[key]
    except KeyError:
        alike = nearest(key, bibliography())
        raise LibraryError(
            "no such reference", value=key, do=f"did you mean {alike}?" if alike else "see `percuta cite`"
        ) from None


def cited(key: str) -> Reference:
    """Return the reference of a key that stands as a source.

    Entries of third parties may name what no bibliography holds; such a reference has the kind ``unlisted``.
    """
    listed = bibliography().get(key)
    return listed or Reference(key, UNLISTED, author=key, note="not in the bibliography")
