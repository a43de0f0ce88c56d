"""Tables of the library's values for people: one value a row, or one entry a row and its values side by side.

Each value comes with its spread, grade and source; what nobody published says so. A page gives ``link``, which
turns a key of the bibliography into an address, so that the same tables stand in any page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from percuta.library.bibliography import cited
from percuta.library.tables import Fields
from percuta.sources import Sourced, Unpublished

Link = Callable[[str], str]
Entry = Sourced | Unpublished
GRADE_LETTERS = {"measured": "m", "derived": "d", "fitted": "f", "assumed": "a"}
_COLUMNS = ("name", "value and spread", "grade", "source")


@dataclass(frozen=True)
class Holder:
    """One row of a table side by side: an entry of the library by its name, with an address, and its values."""

    name: str
    address: str
    fields: Fields


def scrolled(table: str, label: str) -> str:
    """Return a table in a box that scrolls by itself, named for screen readers."""
    return f'<div class="percuta-scroll" tabindex="0" role="region" aria-label="{escape(label)}">{table}</div>\n'


def anchor(name: str) -> str:
    """Return the identifier under which a value stands in a page."""
    return "value-" + "".join(letter if letter.isalnum() else "-" for letter in name)


def grade_mark(grade: str) -> str:
    """Return a grade as a coloured word."""
    return f'<span class="percuta-grade percuta-{escape(grade)}">{escape(grade)}</span>' if grade else ""


def source_links(keys: Iterable[str], link: Link) -> str:
    """Return the publications of a value, short, each leading to its place in the bibliography."""
    return "; ".join(f'<a href="{escape(link(key))}">{escape(cited(key).short)}</a>' for key in keys)


def value_text(entry: Entry) -> str:
    """Return a value with its unit, or that nobody published it."""
    return "unpublished" if isinstance(entry, Unpublished) else _one_line(entry.text)


def spread_text(entry: Entry) -> str:
    """Return the spread of a value in words; words without a spread have none to state."""
    if isinstance(entry, Unpublished) or (entry.spread is None and isinstance(entry.value, str)):
        return ""
    return entry.spread_text


def remark(entry: Entry) -> str:
    """Return all that is said of a value beside its source: who, how, by which formula, and what to know."""
    if isinstance(entry, Unpublished):
        return _one_line(f"sought in: {entry.where_sought}")
    parts = (entry.population, entry.method, f"= {entry.formula}" if entry.formula else "", entry.note)
    return _one_line("; ".join(part for part in parts if part))


def _one_line(text: str) -> str:
    """Return text without line ends: an empty line would end a table that stands in Markdown."""
    return " ".join(text.split())


def value_table(
    entries: Sequence[Entry], link: Link, *, label: str, prefix: str = "", place: Link | None = None
) -> str:
    """Return a table with one value a row.

    Parameters
    ----------
    entries
        The values.
    link
        Address of a reference by its key.
    label
        What the table holds.
    prefix
        Cut off the names.
    place
        Address of a value by its name, where the table only repeats it; without it the row is its place, and carries
        its anchor.
    """
    rows = "".join(_value_row(entry, link, prefix, place) for entry in entries)
    head = "".join(f"<th scope='col'>{column}</th>" for column in _COLUMNS)
    table = f'<table class="percuta-table percuta-values"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return scrolled(table, label)


def _value_row(entry: Entry, link: Link, prefix: str, place: Link | None) -> str:
    breakable = re.sub(r"([._])", r"\1<wbr>", escape(entry.name.removeprefix(prefix)))
    name = f"<code>{breakable}</code>"
    if place is None:
        identifier = f' id="{anchor(entry.name)}"'
    else:
        identifier, name = "", f'<a href="{escape(place(entry.name))}">{name}</a>'
    kind = "unpublished" if isinstance(entry, Unpublished) else "number"
    grade, source = ("", ()) if isinstance(entry, Unpublished) else (entry.grade, entry.source)
    spread, said = spread_text(entry), remark(entry)
    below = f"<small>{escape(spread)}</small>" if spread else ""
    cells = (
        f'<td><span class="percuta-{kind}">{escape(value_text(entry))}</span>{below}</td>',
        f"<td>{grade_mark(grade)}</td>",
        f"<td>{source_links(source, link)}</td>",
    )
    noted, over_both = (' class="percuta-noted"', ' rowspan="2"') if said else ("", "")
    head = f'<th scope="row"{over_both}>{name}</th>'
    note = f'<tr class="percuta-note"><td colspan="{len(cells)}">{escape(said)}</td></tr>\n' if said else ""
    row = f"<tr{identifier}{noted}>{head}{''.join(cells)}</tr>"
    return f"{row}\n{note}"


def side_by_side(holders: Sequence[Holder], link: Link, *, label: str) -> str:
    """Return a table with one entry a row and one field a column, over the fields that any of them has.

    A cell holds the value, the first letter of its grade and its sources; the entry's name leads to the full row.
    """
    fields = list(dict.fromkeys(name for holder in holders for name in holder.fields))
    head = "".join(f"<th scope='col'>{escape(name.replace('_', ' '))}</th>" for name in ("", *fields))
    rows = "".join(
        f'<tr><th scope="row"><a href="{escape(holder.address)}">{escape(holder.name)}</a></th>'
        + "".join(_cell(holder.fields, field, link) for field in fields)
        + "</tr>\n"
        for holder in holders
    )
    table = f'<table class="percuta-table percuta-side"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return scrolled(table, label)


def _cell(fields: Mapping[str, Entry], name: str, link: Link) -> str:
    entry = fields.get(name)
    if entry is None:
        return '<td class="percuta-none">–</td>'
    if isinstance(entry, Unpublished):
        return f'<td class="percuta-unpublished" title="{escape(remark(entry))}">unpublished</td>'
    said = "; ".join(part for part in (spread_text(entry), remark(entry)) if part)
    letter = f'<abbr class="percuta-{entry.grade}" title="{entry.grade}">{GRADE_LETTERS[entry.grade]}</abbr>'
    source = f'<span class="percuta-source">{source_links(entry.source, link)}</span>' if entry.source else ""
    value = f'<span class="percuta-number">{escape(value_text(entry))}</span>'
    return f'<td title="{escape(said)}">{value} {letter}{source}</td>'
