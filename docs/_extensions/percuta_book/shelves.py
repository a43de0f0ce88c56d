"""The pages of the library: every entry of a shelf, its values side by side, and each with all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape

from percuta.library.aims import LimitDefault, SettingDefault, WantedDefault, When
from percuta.library.drugs import Drug
from percuta.library.entries import Device, Product, Rule, Site
from percuta.library.registry import Library
from percuta.report.value_tables import (
    Entry,
    Holder,
    Link,
    scrolled,
    side_by_side,
    source_links,
    spread_text,
    value_table,
)
from percuta.sources import Sourced
from percuta_book.markdown import escaped, heading

KIND_NAMES = {
    "pen": "Pens",
    "stamp": "Stamps",
    "roller": "Rollers",
    "rf_array": "Radiofrequency arrays",
    "dissolving_patch": "Dissolving patches",
    "porous_patch": "Porous patches",
}


@dataclass(frozen=True)
class Shelf:
    """What a page of the library says: Markdown, and the names of the values that stand in it."""

    markdown: str
    names: frozenset[str]


def shelf(known: Library, name: str, link: Link) -> Shelf:
    """Return one shelf of the library as a page.

    Parameters
    ----------
    known
        The library.
    name
        One of ``SHELVES``.
    link
        Address of a reference by its key, as seen from that page.
    """
    parts = list(SHELVES[name](known, link))
    shown = frozenset(one for _, names in parts for one in names)
    return Shelf("\n\n".join(text for text, _ in parts) + "\n", shown)


def all_names(known: Library) -> frozenset[str]:
    """Return the names of every value of the library."""
    return frozenset(entry.name for entry in known.values())


Part = tuple[str, frozenset[str]]


def _plain(text: str) -> Part:
    return text, frozenset()


def _values(entries: Iterable[Entry], link: Link, label: str, prefix: str) -> Part:
    listed = list(entries)
    return value_table(listed, link, label=label, prefix=prefix), frozenset(entry.name for entry in listed)


def _heading(level: int, text: str, target: str = "") -> str:
    return heading(level, escaped(text), target)


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{html}</dd>" for name, html in rows if html)
    return f'<dl class="percuta-facts">{items}</dl>\n' if items else ""


def _by_kind(holders: Iterable[Device | Product | Drug]) -> dict[str, list[Device | Product | Drug]]:
    found: dict[str, list[Device | Product | Drug]] = {}
    for holder in holders:
        found.setdefault(holder.kind, []).append(holder)
    order = [*(kind for kind in KIND_NAMES if kind in found), *found]
    return {kind: found[kind] for kind in order}


def _with_fields(kind: str, holders: Iterable[Device | Product | Drug], link: Link) -> Iterator[Part]:
    """Yield for each kind of holder the values side by side, then every holder with all its values."""
    for group, members in _by_kind(holders).items():
        yield _plain(_heading(2, KIND_NAMES.get(group, f"{group.capitalize()}s"), f"{kind}s-{group}"))
        rows = [Holder(one.name, f"#{kind}-{_target(one.id)}", one.fields) for one in members if one.fields]
        if rows:
            yield _plain(side_by_side(rows, link, label=f"All values of {group.replace('_', ' ')}, side by side"))
        for one in members:
            yield _plain(_heading(3, one.name, f"{kind}-{_target(one.id)}"))
            yield _plain(escaped(one.summary))
            yield _plain(_facts([("identifier", f"<code>{escape(one.id)}</code>"), *_words(one, link)]))
            if one.fields:
                yield _values(one.fields.values(), link, f"Values of {one.name}", f"{kind}.{one.id}.")


def _target(identifier: str) -> str:
    return identifier.replace(".", "-").replace("_", "-")


def _words(one: Device | Product | Drug, link: Link) -> list[tuple[str, str]]:
    if isinstance(one, Device):
        regulatory = one.regulatory
        source = regulatory.get("source", [])
        keys = [source] if isinstance(source, str) else list(source)
        said = [(key.replace("_", " "), _listed(value)) for key, value in regulatory.items() if key != "source"]
        return [("maker", escape(one.maker)), *said, ("cleared by", source_links(keys, link) if said else "")]
    if isinstance(one, Product):
        flags = [name.replace("_", " ") for name in ("sterile", "plain", "intact_skin_only") if getattr(one, name)]
        return [("drugs", _listed(one.drugs)), ("contains", _listed(one.contains)), ("is", _listed(flags))]
    return []


def _listed(value: object) -> str:
    shown = ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    return escape(shown.replace("_", " ") if isinstance(value, list | tuple) else shown)


def _devices(known: Library, link: Link) -> Iterator[Part]:
    yield from _with_fields("device", known.devices.values(), link)


def _products(known: Library, link: Link) -> Iterator[Part]:
    yield from _with_fields("product", known.products.values(), link)


def _drugs(known: Library, link: Link) -> Iterator[Part]:
    yield from _with_fields("drug", known.drugs.values(), link)


def _sites(known: Library, link: Link) -> Iterator[Part]:
    yield _plain(_heading(2, "All layers side by side"))
    yield _plain(_layers_side_by_side(known.sites.values(), link))
    yield _plain(_heading(2, "Site by site"))
    for site in known.sites.values():
        yield _plain(_heading(3, site.name, f"site-{_target(site.id)}"))
        yield _plain(escaped(site.summary))
        yield _plain(_facts(_words_of_site(site)))
        yield _values(_values_of_site(site), link, f"Values of {site.name}", f"site.{site.id}.")


def _words_of_site(site: Site) -> list[tuple[str, str]]:
    flags = [name.replace("_", " ") for name in ("inside_orbital_rim", "near_eyes") if getattr(site, name)]
    return [
        ("identifier", f"<code>{escape(site.id)}</code>"),
        ("region", escape(site.region)),
        ("also called", _listed(site.aliases)),
        ("is", _listed(flags)),
        ("nerves that come out below", _listed(site.nerve_exits)),
    ]


def _values_of_site(site: Site) -> list[Entry]:
    layers = [layer for block in site.thickness for layer in (block.epidermis, block.dermis, block.full_skin)]
    return [value for value in (*layers, site.area) if value is not None]


def _layers_side_by_side(sites: Iterable[Site], link: Link) -> str:
    heads = ("site", "dataset", "sex", "age", "epidermis", "dermis", "full skin")
    rows = []
    for site in sites:
        name = f'<a href="#site-{_target(site.id)}">{escape(site.name)}</a>'
        for block in site.thickness:
            age = f"{block.age[0]:g} to {block.age[1]:g}" if block.age else "any"
            words = (source_links([block.dataset], link), escape(block.sex), age)
            layers = (_layer(block.epidermis), _layer(block.dermis), _layer(block.full_skin))
            cells = "".join(f"<td>{cell}</td>" for cell in (*words, *layers))
            rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>\n')
    head = "".join(f"<th scope='col'>{one}</th>" for one in heads)
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return scrolled(
        f'<table class="percuta-table percuta-side">{body}</table>', "Thickness of skin at every site, in every dataset"
    )


def _layer(entry: Sourced | None) -> str:
    return "–" if entry is None else f"{escape(entry.text)}<small>{escape(spread_text(entry))}</small>"


def _tissues(known: Library, link: Link) -> Iterator[Part]:
    for tissue, fields in known.tissues.items():
        yield _plain(_heading(2, tissue.replace("-", " ").capitalize(), f"tissue-{_target(tissue)}"))
        yield _values(fields.values(), link, f"Values of {tissue}", f"tissue.{tissue}.")


def _parameters(known: Library, link: Link) -> Iterator[Part]:
    topics: dict[str, list[Sourced]] = {}
    for name, entry in known.parameters.items():
        topics.setdefault(name.partition(".")[0], []).append(entry)
    for topic, entries in topics.items():
        yield _plain(_heading(2, topic.replace("_", " ").capitalize(), f"parameters-{_target(topic)}"))
        yield _values(entries, link, f"Parameters of {topic}", f"{topic}.")


def _screening(known: Library, link: Link) -> Iterator[Part]:
    yield from _rules(known.screening.values(), link)


def _protocol(known: Library, link: Link) -> Iterator[Part]:
    yield from _rules(known.protocol.values(), link)


def _rules(rules: Iterable[Rule], link: Link) -> Iterator[Part]:
    for rule in rules:
        yield _plain(_heading(2, rule.id.replace("_", " ").capitalize(), f"rule-{_target(rule.id)}"))
        yield _plain(escaped(rule.question or rule.reason))
        yield _plain(_facts(_words_of_rule(rule, link)))
        if rule.thresholds:
            yield _values(rule.thresholds.values(), link, f"Thresholds of {rule.id}", f"rule.{rule.id}.")


def _words_of_rule(rule: Rule, link: Link) -> list[tuple[str, str]]:
    weight = f"{rule.severity}, {rule.unknown} where nobody knows" if rule.question else rule.severity
    overridden = "no" if rule.override == "none" else f"by the {rule.override}"
    conditions = "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in rule.when.items())
    views = "; ".join(f"{escape(one['says'])} ({source_links([one['source']], link)})" for one in rule.views)
    return [
        ("identifier", f"<code>{escape(rule.id)}</code>"),
        ("weight", escape(weight)),
        ("can be overridden", escape(overridden) if rule.severity in ("refuse", "defer") else ""),
        ("asked where", escape(conditions)),
        ("reason", escape(rule.reason) if rule.question else ""),
        ("what to do instead", escape(rule.change)),
        ("where sources disagree", views),
        ("claims of the article", ", ".join(map(str, rule.claims))),
        ("sources", source_links(rule.source, link)),
    ]


_MODALITIES = {"mechanical": "Needles without current", "rf": "Needles with radiofrequency current"}


def _aims(known: Library, link: Link) -> Iterator[Part]:
    for modality, aims in known.aims.items():
        yield _plain(_heading(2, _MODALITIES.get(modality, modality), f"aims-{_target(modality)}"))
        yield _plain(_heading(3, "What is wanted"))
        yield _plain(_facts((f"{one.goal} {one.endpoint}", _wanted(one, link)) for one in aims.wanted))
        yield _plain(_heading(3, "What must not happen"))
        yield _plain(_facts((_limit_said(one), _reason(one)) for one in aims.limits))
        yield _plain(_heading(3, "What may be set otherwise"))
        yield _plain(_facts((one.name, _reason(one)) for one in aims.settings))
        yield _values(aims.values(), link, f"Values of the defaults, {modality}", f"aims.{modality}.")


def _wanted(one: WantedDefault, link: Link) -> str:
    sources = f" ({source_links(one.source, link)})" if one.source else ""
    return f"{_reason(one)} {one.role.capitalize()}, quantile {one.quantile:g}{sources}."


def _limit_said(one: LimitDefault) -> str:
    return f"{one.endpoint} {one.side} {one.limit.text} with a probability of {100 * one.probability:g} %"


def _reason(one: WantedDefault | LimitDefault | SettingDefault) -> str:
    return f"{escape(one.reason)}{escape(_for_whom(one.when))}"


def _for_whom(when: When) -> str:
    """Return whom a default is for, as a sentence; nothing where it is for all."""
    lists = (
        ("wanted effect", when.desired_effect),
        ("phototype", tuple(map(str, when.phototype))),
        ("device", when.device),
    )
    said = [f"{name} {' or '.join(known).replace('_', ' ')}" for name, known in lists if known]
    return f" For {', '.join(said)}." if said else ""


SHELVES: dict[str, Callable[[Library, Link], Iterator[Part]]] = {
    "devices": _devices,
    "sites": _sites,
    "products": _products,
    "drugs": _drugs,
    "tissues": _tissues,
    "parameters": _parameters,
    "screening": _screening,
    "protocol": _protocol,
    "aims": _aims,
}
