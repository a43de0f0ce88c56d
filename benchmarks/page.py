"""A page of figures of several scripts: each writes its own section and leaves those of the others as they are."""

from __future__ import annotations

import re
from pathlib import Path

_HEADING = re.compile(r"^## ", re.MULTILINE)
_TOP = "# How fast it is\n\n"


def write_section(page: Path, title: str, command: str, text: str) -> None:
    """Replace the section of this title, or add it at the end of the page.

    Parameters
    ----------
    page
        A Markdown file, made where it is not there.
    title
        Heading of the section.
    command
        What writes it.
    text
        What it shows, as it is printed; no line of it is a heading of the page.
    """
    if _HEADING.search(text):
        raise ValueError("a line of the text reads as a heading of the page")
    top, *sections = _HEADING.split(page.read_text(encoding="utf-8") if page.exists() else _TOP)
    section = f"{title}\n\nWritten by `{command}`.\n\n```\n{text}\n```\n"
    titles = [one.partition("\n")[0] for one in sections]
    if title in titles:
        sections[titles.index(title)] = section
    else:
        sections.append(section)
    parts = [top.rstrip(), *(f"## {one.rstrip()}" for one in sections)]
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
