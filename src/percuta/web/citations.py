"""Publications as pages cite them: short beside a value, whole in a list below, with a link where one is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from percuta.library.bibliography import UNLISTED, Reference, cited
from percuta.workflows.evidence import has_evidence


@dataclass(frozen=True)
class Citation:
    """One publication.

    Attributes
    ----------
    key
        Of the bibliography.
    short, text
        Author and year; the whole reference without its identifiers.
    said
        What it is, where nothing else tells: author and year of an article; of what is no article, its title and who
        wrote it.
    doi, pmid
        Identifiers that were seen, with their addresses; None where there is none.
    note
        What has to be known of the reference.
    confirmed
        Whether authors, year, journal and an identifier were all seen.
    read
        Whether findings were read from it, so that it has a page.
    """

    key: str
    short: str
    said: str
    text: str
    doi: tuple[str, str] | None
    pmid: tuple[str, str] | None
    note: str
    confirmed: bool
    read: bool


def citation(key: str) -> Citation:
    """Return a publication by its key; one that no bibliography holds is named by the key."""
    one = cited(key)
    return Citation(
        key,
        key if one.kind == UNLISTED else one.short,
        f"{one.title} ({one.short})"
        if one.title and one.author and one.kind not in ("article", UNLISTED)
        else one.short,
        replace(one, doi="", pmid="").text,
        (one.doi, f"https://doi.org/{quote(one.doi, safe='/()')}") if one.doi else None,
        (one.pmid, f"https://pubmed.ncbi.nlm.nih.gov/{quote(one.pmid)}/") if one.pmid else None,
        one.note,
        one.verified == "yes",
        has_evidence(key),
    )


def _said(one: Reference) -> str:
    if one.kind in ("article", UNLISTED) or not (one.title and one.author):
        return one.short
    return f"{replace(one, author='', year='', journal='', doi='', pmid='').text.rstrip('.')} ({one.short})"


def citations(keys: Iterable[str]) -> list[Citation]:
    """Return publications, each once, in the order of their short names."""
    return sorted((citation(key) for key in dict.fromkeys(keys)), key=lambda one: (one.short.casefold(), one.key))
