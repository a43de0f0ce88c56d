"""The bibliography of the book: every reference, what is known of it, and which values rest on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from percuta.library.bibliography import Reference, bibliography
from percuta.library.registry import Library
from percuta.report.value_tables import Link
from percuta.sources import Sourced
from percuta_book.addresses import reference_anchor

_SHOWN = 6  # values named one by one; more are folded away
_YEAR = re.compile(r"^(.*) ((?:1[6-9]|20)\d\d)$")


def in_text(reference: Reference) -> tuple[str, str]:
    """Return a reference as it is named in a sentence: who, and the year or nothing."""
    found = _YEAR.match(reference.short)
    return (found[1], found[2]) if found else (reference.short, "")


def users(known: Library) -> dict[str, list[str]]:
    """Return the names of the library's values by the key of the reference that they rest on."""
    found: dict[str, list[str]] = {}
    for entry in known.values():
        for key in entry.source if isinstance(entry, Sourced) else ():
            found.setdefault(key, []).append(entry.name)
    return found


def listed(known: Library, place: Link, study: Callable[[str], str | None]) -> str:
    """Return the whole bibliography as HTML, in the order of its short names.

    Parameters
    ----------
    known
        The library, whose values are named where they rest on a reference.
    place
        Address of a value by its name.
    study
        Address of what was read from a reference, by its key, or None.
    """
    used = users(known)
    ordered = sorted(bibliography().values(), key=lambda one: (one.short.casefold(), one.key))
    items = "".join(_item(one, used.get(one.key, []), place, study(one.key)) for one in ordered)
    confirmed = sum(one.verified == "yes" for one in ordered)
    head = f"{len(ordered)} references; of {confirmed} authors, year, journal and an identifier were all seen."
    return f'<p>{head}</p>\n<ul class="percuta-references">{items}</ul>\n'


def _item(one: Reference, values: list[str], place: Link, study: str | None) -> str:
    mark = "" if one.verified == "yes" else ' <span class="percuta-grade percuta-assumed">details not verified</span>'
    note = f" <small>{escape(one.note)}</small>" if one.note else ""
    text = escape(" ".join(one.text.split()))
    if one.doi:
        text = text.replace(
            escape(f"doi:{one.doi}"), f'<a href="https://doi.org/{escape(one.doi)}">doi:{escape(one.doi)}</a>'
        )
    code = f"<code>{escape(one.key)}</code>"
    read = f' <a href="{escape(study)}">what was read</a>' if study else ""
    rests = _rests(values, place)
    return f'<li id="{reference_anchor(one.key)}">{text}{mark} {code}{note}{read}{rests}</li>\n'


def _rests(values: list[str], place: Link) -> str:
    if not values:
        return ""
    links = ", ".join(f'<a href="{escape(place(name))}"><code>{escape(name)}</code></a>' for name in values)
    count = "1 value rests on it" if len(values) == 1 else f"{len(values)} values rest on it"
    if len(values) <= _SHOWN:
        return f'<div class="percuta-note">{count}: {links}</div>'
    return f'<details class="percuta-note"><summary>{count}</summary>{links}</details>'
