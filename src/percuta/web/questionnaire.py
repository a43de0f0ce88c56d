"""The screening questionnaire of one plan as its page shows it: by topic, with answers and what follows from them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from percuta.errors import LibraryError
from percuta.library.entries import TOPICS, Rule
from percuta.library.registry import Library
from percuta.safety.findings import Finding
from percuta.web.desk import Desk
from percuta.web.drafts import Judged, judged
from percuta.web.edits import value_at
from percuta.web.plan_store import StoredPlan
from percuta.web.rendering import fragment
from percuta.web.words import label_of
from percuta.workflows.check import questions

KEY = "patient.screening."
ANSWERS = {"yes": "Yes", "no": "No", "unknown": "Not known"}
TITLES = {
    "field": "The skin to be treated",
    "skin": "Skin and healing in general",
    "health": "Health",
    "allergies": "Allergies",
    "medicines": "Medicines",
    "treatments": "Earlier treatments",
    "session": "The day of the session",
}
# Fields of the consultation beside the questions, in the order of the page.
FIELDS = (
    "title",
    "patient.age",
    "patient.mass",
    "patient.sex",
    "patient.menopause_age",
    "patient.phototype",
    "patient.desired_effect",
    "patient.scar_types",
)


@dataclass(frozen=True)
class Asked:
    """One question.

    Attributes
    ----------
    rule
        What is asked, and what a yes means.
    answer
        ``yes``, ``no`` or ``unknown``; empty where it was not asked.
    findings
        What follows from the answer.
    """

    rule: Rule
    answer: str
    findings: tuple[Finding, ...]

    @property
    def key(self) -> str:
        """The key of the answer in a plan."""
        return KEY + self.rule.id


@dataclass(frozen=True)
class Topic:
    """The questions on one topic."""

    id: str
    title: str
    questions: tuple[Asked, ...]

    @property
    def not_asked(self) -> tuple[Asked, ...]:
        """The questions that nobody asked yet."""
        return tuple(one for one in self.questions if not one.answer)


@dataclass(frozen=True)
class Questionnaire:
    """All questions that are to be asked for a plan."""

    topics: tuple[Topic, ...]

    @property
    def questions(self) -> tuple[Asked, ...]:
        """Every question, in the order in which they are asked."""
        return tuple(one for topic in self.topics for one in topic.questions)

    @property
    def not_asked(self) -> tuple[Asked, ...]:
        """The questions that nobody asked yet."""
        return tuple(one for one in self.questions if not one.answer)

    @property
    def not_known(self) -> int:
        """How many questions were asked and could not be answered."""
        return sum(one.answer == "unknown" for one in self.questions)

    def topic(self, identifier: str) -> Topic:
        """Return one topic.

        Raises
        ------
        LibraryError
            If nothing is asked on such a topic.
        """
        found = next((one for one in self.topics if one.id == identifier), None)
        if found is None:
            allowed = ", ".join(one.id for one in self.topics)
            raise LibraryError("nothing is asked on such a topic", value=identifier, allowed=allowed)
        return found


def questionnaire(desk: Desk, stored: StoredPlan) -> Questionnaire:
    """Return the questionnaire of a plan as it stands."""
    now = judged(desk, stored)
    asked = [_asked(rule, stored.data, now) for rule in questions(now.draft, desk.known)]
    by_topic = {name: tuple(one for one in asked if one.rule.topic == name) for name in TOPICS}
    return Questionnaire(tuple(Topic(name, TITLES[name], rows) for name, rows in by_topic.items() if rows))


def _asked(rule: Rule, data: dict[str, Any], now: Judged) -> Asked:
    said = value_at(data, KEY + rule.id)
    answer = said if isinstance(said, str) and said in ANSWERS else ""
    found = [one for one in now.findings.findings if one.kind == "screening" and one.rule == rule.id]
    return Asked(rule, answer, tuple(found) if answer else ())


def followed(desk: Desk, before: StoredPlan, stored: StoredPlan, keys: Collection[str]) -> str:
    """Return the parts of the page that follow from a change, each to be put in its place.

    An answer is followed by what it means, below its question. A topic of which several questions were answered at
    once is drawn again, and all topics where other questions are to be asked now.

    Parameters
    ----------
    desk
        What every page has at hand.
    before, stored
        The plan before and after the change.
    keys
        Keys of the plan that were touched.
    """
    was, now = questionnaire(desk, before), questionnaire(desk, stored)
    touched = [(topic, [one for one in topic.questions if one.key in keys]) for topic in now.topics]
    same = [one.key for one in was.questions] == [one.key for one in now.questions]
    known = judged(desk, stored)
    return fragment(
        "consultation/follows.html",
        plan={"stored": stored, "judged": known},
        questionnaire=now,
        answers=ANSWERS,
        anew=[topic for topic, rows in touched if len(rows) > 1] if same else now.topics,
        touched=[(topic, rows[0]) for topic, rows in touched if same and len(rows) == 1],
        missing=still_missing(known),
        decisions=decisions(stored, desk.known),
    )


@dataclass(frozen=True)
class Decision:
    """A prescriber's decision as it stands in a plan: on which rule, by whom and why."""

    rule: str
    about: str
    name: str
    reason: str


def decisions(stored: StoredPlan, known: Library) -> list[Decision]:
    """Return every decision in a plan, with what it is about."""
    given = stored.data.get("overrides")
    rules = {**known.screening, **known.protocol}
    found = []
    for one in given if isinstance(given, list) else []:
        if isinstance(one, dict):
            rule, name, reason = (str(one.get(key, "")) for key in ("rule", "name", "reason"))
            found.append(Decision(rule, _about(rules.get(rule), rule), name, reason))
    return found


def _about(rule: Rule | None, name: str) -> str:
    if rule is None:
        return name
    return f"{rule.question} Yes." if rule.question else rule.reason


def still_missing(now: Judged) -> list[tuple[str, str]]:
    """Return key and label of the fields of the consultation that are not filled in, or not rightly."""
    return [(key, label_of(key)) for key in FIELDS if key in now.faults]
