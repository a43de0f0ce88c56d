"""Signs by which a person notices that an anaesthetic does harm in the body, in plain words and with their sources."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from percuta.errors import LibraryError
from percuta.library.tables import one_of, take, words
from percuta.sources import GRADES, read_source


@dataclass(frozen=True)
class WarningSigns:
    """Signs by which a person notices that an anaesthetic does harm in the body.

    Attributes
    ----------
    id, title
        Identifier, and what is behind the signs in plain words.
    drugs
        The drugs that they belong to.
    early, grave
        The signs in plain words, those that come first apart.
    grade, source
        How they are known, and keys of the bibliography.
    when
        When they come, as a sentence; empty where the source does not tell.
    note
        What the source does not say.
    """

    id: str
    title: str
    drugs: tuple[str, ...]
    early: tuple[str, ...]
    grave: tuple[str, ...]
    grade: str
    source: tuple[str, ...]
    when: str = ""
    note: str = ""


def read_warning_signs(raw: dict[str, Any], drugs: Container[str]) -> WarningSigns:
    """Read the signs of one harm; a drug that the library does not know, or a wrong grade, is an error."""
    needed: dict[str, type] = {
        "id": str,
        "title": str,
        "drugs": list,
        "early": list,
        "grave": list,
        "grade": str,
        "source": list,
    }
    given = take("warning signs", raw, needed, {"when": "", "note": ""})
    name = f"warning signs {given['id']}"
    for drug in given["drugs"]:
        if drug not in drugs:
            raise LibraryError(f"{name} name a drug that the library does not know", value=drug)
    return WarningSigns(
        given["id"],
        given["title"],
        words(name, "drugs", given["drugs"]),
        words(name, "early", given["early"]),
        words(name, "grave", given["grave"]),
        one_of(name, "grade", given["grade"], GRADES),
        read_source(name, given["source"]),
        given["when"],
        given["note"],
    )
