"""What an entry of the library says besides its values, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from percuta.report.wording import DEVICE_KINDS, SEVERITIES, pretty, upper
from percuta.web.citations import Citation, citation

_SAID_ABOVE = ("id", "name", "summary", "question", "topic")
_LABELS = {
    "aliases": "Also called",
    "generic": "Stands for a class of devices",
    "regulatory": "Cleared or authorised",
    "drugs": "Drugs",
    "plain": "Without additions",
    "intact_skin_only": "For intact skin only",
    "inside_orbital_rim": "Inside the rim of the eye socket",
    "near_eyes": "Near the eyes",
    "fat": "Fat measured at",
    "stratum_corneum": "Horny layer measured at",
    "nerve_exits": "Nerves that come out of the bone below",
    "severity": "What follows",
    "unknown": "If nobody knows",
    "override": "Can be overridden",
    "change": "What to do instead",
    "when": "Holds where",
    "claims": "Claims of the reference article",
    "views": "Where sources disagree",
    "source": "Rests on",
    "objectives": "What is wanted",
    "constraints": "What must not happen",
    "settings": "What may be set otherwise",
}
_ANSWERED = ("sterile", "plain", "intact_skin_only")  # where a no says as much as a yes


_WHOSE = {"female": "women", "male": "men", "any": "women and men"}
_SENTENCES = ("objectives", "constraints", "settings")


@dataclass(frozen=True)
class Fact:
    """One thing that an entry says: a label, lines of text, and the publications behind them."""

    label: str
    lines: tuple[str, ...]
    sources: tuple[Citation, ...] = ()


def facts_of(head: Mapping[str, Any]) -> list[Fact]:
    """Return what stands at the head of an entry, without what its page says in its first lines."""
    asked = bool(head.get("question"))
    found = [
        _fact(key, value, _LABELS.get(key) or in_words(key))
        for key, value in head.items()
        if key not in _SAID_ABOVE and not (key == "reason" and not asked) and not (key == "unknown" and not asked)
    ]
    return [one for one in found if one.lines or one.sources]


def in_words(name: str) -> str:
    """Return a name of the library as words: ``set_depth`` is "Set depth"."""
    return upper(name.replace("_", " ").replace("-", " ").replace(".", ", "))


def layer_in_words(name: str) -> str:
    """Return the name of a site's value as words: whose layer it is, without the dataset, which is its source."""
    *whose, layer = name.split(".")
    said = [_WHOSE.get(one) or f"{one.replace('-', ' to ')} years" for one in whose[1:]]
    return ", ".join((in_words(layer), *said))


def _fact(key: str, value: Any, label: str) -> Fact:
    sources: list[str] = []
    if key == "source":
        sources, lines = value, []
    elif key == "views":
        sources, lines = [one["source"] for one in value], [one["says"] for one in value]
    elif isinstance(value, Mapping):
        named = value.get("source", [])
        sources, lines = [named] if isinstance(named, str) else named, _pairs(value, ("source",))
    elif isinstance(value, bool):
        lines = ["yes" if value else "no"] if value or key in _ANSWERED else []
    elif isinstance(value, list) and key in _SENTENCES:
        lines = [upper(pretty(one)).replace("_", " ") for one in value]
    elif isinstance(value, list):
        lines = [_listed(value)] if value else []
    else:
        lines = [_word(key, value)] if value not in ("", None) else []
    return Fact(label, tuple(lines), tuple(citation(one) for one in sources))


def _pairs(table: Mapping[str, Any], without: Iterable[str] = ()) -> list[str]:
    return [f"{in_words(key)}: {_listed(value)}" for key, value in table.items() if key not in without]


def _listed(value: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return pretty(shown.replace("_", " "))


def _word(key: str, value: Any) -> str:
    if key == "kind":
        return DEVICE_KINDS.get(value, str(value).replace("_", " "))
    if key in ("severity", "unknown"):
        return SEVERITIES.get(value, str(value))
    if key == "override":
        return "no" if value == "none" else f"by a {value} who gives name and reason"
    if key in ("fat", "stratum_corneum", "region"):
        return str(value).replace("_", " ")
    return pretty(value)
