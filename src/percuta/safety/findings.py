"""What the checks found, and what follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from percuta.library.entries import SEVERITIES

Verdict = Literal["refused", "deferred", "open", "passes_with_warnings", "passes"]
Asked = Literal["all", "without_heat", "screening"]
Kind = Literal["screening", "protocol", "limit", "term"]

STOPPING = ("refuse", "defer")
REFUSED_EXIT_CODE = 3
_SO_FAR = {
    "without_heat": "No rule asked so far stops this plan; the rules about heat are asked with the simulation.",
    "screening": "Only the screening was asked so far; nothing in it stops this plan.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that a rule has to say about a plan.

    Attributes
    ----------
    rule
        Identifier of the rule.
    severity
        ``refuse``, ``defer``, ``warn`` or ``advise``.
    reason, change
        Why the rule exists, and what to do instead.
    kind
        ``screening``, ``protocol``, ``limit`` or ``term``.
    detail
        What in this plan it is about, with numbers.
    zone, step
        Where it is: a zone's name and the number of a step, from 1; None for the plan as a whole.
    override
        ``prescriber`` where a named prescriber may go on in spite of it, else ``none``.
    source, claims, views
        Bibliography keys, numbers of the article's claims, and what disagreeing sources say.
    overridden
        Name and reason of the prescriber who overrode it.
    unanswered
        Whether it stands for a screening question without an answer; the plan tells as much, so that it is not
        among the plain data.
    """

    rule: str
    severity: str
    reason: str
    change: str
    kind: Kind
    detail: str = ""
    zone: str | None = None
    step: int | None = None
    override: str = "none"
    source: tuple[str, ...] = ()
    claims: tuple[int, ...] = ()
    views: tuple[dict[str, str], ...] = ()
    overridden: dict[str, str] | None = None
    unanswered: bool = False

    @property
    def stops(self) -> bool:
        """Whether the plan must not go on because of this finding."""
        return self.severity in STOPPING and self.overridden is None

    @property
    def rank(self) -> tuple[int, bool, bool, int]:
        """Sort key: by severity, what was overridden or not answered after the rest, then by step."""
        return SEVERITIES.index(self.severity), self.overridden is not None, self.unanswered, self.step or 0

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        plain = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "unanswered"}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Finding:
        """Return a finding from its plain data, which do not tell whether it stands for an unanswered question."""
        given: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in plain.items()}
        return cls(**given)


@dataclass(frozen=True)
class Findings:
    """All findings about one plan, gravest first.

    Attributes
    ----------
    findings
        What the rules have to say.
    asked
        Which rules were asked: ``all`` of them, all ``without_heat``, which take the pulses of the plan, or the
        ``screening`` alone.
    """

    findings: tuple[Finding, ...]
    asked: Asked = "all"

    @property
    def verdict(self) -> Verdict:
        """``refused``, ``deferred``, ``passes_with_warnings`` or ``passes``; ``open`` where nothing stops the plan yet.

        A plan passes only once every rule was asked.
        """
        stopping = {finding.severity for finding in self.findings if finding.stops}
        if "refuse" in stopping:
            return "refused"
        if "defer" in stopping:
            return "deferred"
        if self.asked != "all":
            return "open"
        watched = any(finding.severity != "advise" for finding in self.findings)
        return "passes_with_warnings" if watched else "passes"

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0, or 3 where the plan is refused or deferred."""
        return REFUSED_EXIT_CODE if self.verdict in ("refused", "deferred") else 0

    @property
    def sentence(self) -> str:
        """The verdict with its counts, in plain words."""
        if self.verdict == "refused":
            first = f"Refused: {_some(self._stopping('refuse'), 'finding forbids', 'findings forbid')} this plan."
        elif self.verdict == "deferred":
            first = "Deferred: this plan has to wait."
        elif self.verdict == "open":
            first = _SO_FAR[self.asked]
        elif self.verdict == "passes_with_warnings":
            first = "No rule stops this plan."
        else:
            first = "No rule stops this plan or warns against it."
        return " ".join((first, *self._pending(), *self._warnings(), *self._overrides()))

    def as_dict(self) -> dict[str, Any]:
        """Return verdict and findings as plain data, the content of ``findings.json``."""
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def _stopping(self, severity: str, *, unanswered: bool = False) -> int:
        return sum(each.stops and each.severity == severity and each.unanswered == unanswered for each in self.findings)

    def _pending(self) -> list[str]:
        """What a plan has to wait for: findings to settle, questions to answer."""
        settle = self._stopping("defer")
        ask = sum(self._stopping(severity, unanswered=True) for severity in STOPPING)
        said = [f"{_some(settle, 'finding has', 'findings have')} to be settled first."] if settle else []
        if ask:
            said.append(f"{_some(ask, 'screening question has', 'screening questions have')} no answer yet.")
        return said

    def _warnings(self) -> list[str]:
        count = sum(finding.severity == "warn" for finding in self.findings)
        return [f"{_some(count, 'warning has', 'warnings have')} to be weighed."] if count else []

    def _overrides(self) -> list[str]:
        by = Counter(finding.overridden["name"] for finding in self.findings if finding.overridden)
        return [f"{_some(count, 'finding is', 'findings are')} overridden by {name}." for name, count in by.items()]


def _some(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
