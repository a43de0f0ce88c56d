"""The page on the article: all 24 claims, and the rules that it names are those that carry the claim."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from percuta.library.bibliography import bibliography
from percuta.library.registry import library
from percuta.safety.terms import RULE as MISLEADING_TERM

PAGE = (Path(__file__).parents[1] / "docs" / "the_article.md").read_text("utf-8")
CLAIMS = range(1, 25)
VERDICTS = {"supported", "partly", "unsupported", "contradicted", "garbled", "hazard"}
SECTIONS = {
    int(number): text
    for number, text in re.findall(r"^### (\d+)\. (.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
}


def verdicts(section: str) -> list[str]:
    """Return the words of a claim's verdict."""
    said = re.search(r"^\*\*Verdict:\*\* ([a-z, ]+)\.$", section, re.MULTILINE)
    assert said is not None
    return said[1].split(", ")


def rules(section: str) -> list[str]:
    """Return the rules that a claim's last line names."""
    said = re.search(r"^\*\*Rules:\*\* (.+)\.$", section, re.MULTILINE)
    assert said is not None
    return [] if said[1] == "none" else re.findall(r"`([a-z0-9_]+)`", said[1])


def carried() -> dict[int, set[str]]:
    """Return the rules of the library by the claims that they carry."""
    known = library()
    found: dict[int, set[str]] = defaultdict(set)
    for shelf in (known.screening, known.protocol):
        for name, rule in shelf.items():
            for claim in rule.claims:
                found[claim].add(name)
    for term in known.terms:
        for claim in term.claims:
            found[claim].add(MISLEADING_TERM)
    return found


def test_every_claim_is_there_once_and_in_order() -> None:
    assert list(SECTIONS) == list(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_has_a_verdict_and_a_publication(claim: int) -> None:
    section = SECTIONS[claim]
    assert set(verdicts(section)) <= VERDICTS
    assert "{cite:p}" in section or "See claim" in section


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_names_the_rules_that_carry_it(claim: int) -> None:
    named = rules(SECTIONS[claim])
    assert named == sorted(named)
    assert set(named) == carried()[claim]


def test_no_rule_answers_a_claim_that_is_not_there() -> None:
    assert set(carried()) <= set(CLAIMS)


def test_the_table_of_verdicts_agrees_with_the_claims() -> None:
    table = dict(re.findall(r"^\| ([a-z]+) \| [^|]+ \| ([\d, ]+) \|$", PAGE, re.MULTILINE))
    assert set(table) == VERDICTS
    for verdict, listed in table.items():
        said = [claim for claim in CLAIMS if verdict in verdicts(SECTIONS[claim])]
        assert [int(claim) for claim in listed.split(", ")] == said


def test_every_publication_of_the_page_is_in_the_bibliography() -> None:
    keys = {key for group in re.findall(r"\{cite:[pt]\}`([^`]+)`", PAGE) for key in group.split(",")}
    assert keys - set(bibliography()) == set()
