"""The page of the evidence: trials side by side with the settings that they state, then each publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from percuta.evidence.figures import Curve, Direction, Measurement
from percuta.evidence.measurements import Publication
from percuta.library.bibliography import cited
from percuta.report.value_tables import Link, scrolled
from percuta.units import show
from percuta_book.addresses import study_anchor
from percuta_book.markdown import escaped, heading

_REPORTED = ("needle_length", "set_depth", "passes", "density", "reached_depth", "sessions", "interval")
_SILENT = "unpublished"
_FINDINGS = ("finding", "value", "control", "n", "time", "role")


def page(studies: Mapping[str, Publication], link: Link) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    studies
        The publications by their keys.
    link
        Address of a reference by its key.
    """
    ordered = sorted(studies.values(), key=lambda one: cited(one.source).short.casefold())
    trials = [one for one in ordered if one.needling_trial]
    parts = [
        heading(2, "What needling trials reported"),
        _counted(trials),
        _trials(trials),
        heading(2, "Publication by publication"),
        *(part for one in ordered for part in _study(one, link)),
    ]
    return "\n\n".join(parts) + "\n"


def _counted(trials: list[Publication]) -> str:
    """Return in how many trials nothing was read of a setting."""
    silent = {key: sum(one.settings.get(key, _SILENT) == _SILENT for one in trials) for key in _REPORTED}
    said = ", ".join(f"{key.replace('_', ' ')} by {count}" for key, count in silent.items() if count)
    return (
        f"{len(trials)} trials in which people were needled. What was read of them, often the abstract only, does not "
        f"state: {said}."
    )


def _trials(trials: Iterable[Publication]) -> str:
    heads = ("publication", "design", "people", "by", *(key.replace("_", " ") for key in _REPORTED), "risk of bias")
    rows = []
    for one in trials:
        bias = (
            f'<span title="{escape(one.risk_of_bias.why)}">{one.risk_of_bias.level}</span>' if one.risk_of_bias else ""
        )
        settings = (_setting(one.settings.get(key, _SILENT)) for key in _REPORTED)
        cells = (escape(one.design), _people(one), escape(one.modality), *settings, bias)
        name = f'<a href="#{study_anchor(one.source)}">{escape(cited(one.source).short)}</a>'
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n')
    return _table(heads, rows, "percuta-side", "Needling trials and the settings that they reported")


def _setting(text: str) -> str:
    return f'<span class="percuta-unpublished">{_SILENT}</span>' if text == _SILENT else escape(text)


def _people(one: Publication) -> str:
    if one.n is None:
        return ""
    return f"{one.n}" if one.completed in (None, one.n) else f"{one.n}, {one.completed} completed"


def _table(heads: Iterable[str], rows: Iterable[str], kind: str, label: str) -> str:
    head = "".join(f"<th scope='col'>{escape(one)}</th>" for one in heads)
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return scrolled(f'<table class="percuta-table {kind}">{body}</table>', label)


def _study(one: Publication, link: Link) -> Iterator[str]:
    name = cited(one.source).short
    yield heading(3, escaped(name), study_anchor(one.source))
    yield escaped(one.summary)
    settings = "; ".join(f"{key.replace('_', ' ')}: {said}" for key, said in one.settings.items())
    bias = f"{one.risk_of_bias.level}. {one.risk_of_bias.why}" if one.risk_of_bias else ""
    facts = (
        ("design", escape(one.design)),
        ("people", escape(one.population)),
        ("number", escape(_people(one))),
        ("device", escape(one.device)),
        ("settings", escape(settings)),
        ("compared with", escape(one.controlled)),
        ("risk of bias", escape(bias)),
        ("remark", escape(one.note)),
        ("reference", f'<a href="{escape(link(one.source))}">{escape(one.source)}</a>'),
    )
    items = "".join(f"<dt>{key}</dt><dd>{said}</dd>" for key, said in facts if said)
    yield f'<dl class="percuta-facts">{items}</dl>\n'
    rows = [
        *map(_measured, one.measurements.values()),
        *map(_direction, one.directions.values()),
        *map(_curve, one.curves.values()),
    ]
    if rows:
        yield _table(_FINDINGS, rows, "", f"Findings of {name}")


def _finding(quantity: str, note: str, value: str, more: Iterable[str]) -> str:
    said = f"<small>{escape(note)}</small>" if note else ""
    cells = "".join(f"<td>{cell}</td>" for cell in (value, *more))
    return f'<tr><th scope="row">{escape(quantity)}{said}</th>{cells}</tr>\n'


def _measured(one: Measurement) -> str:
    value = escape(show(one.value, one.unit))
    if one.spread is not None:
        value += f"<small>± {escape(show(one.spread, one.unit))} ({escape(one.spread_is)})</small>"
    value += _interval(one.interval, one)
    control = escape(show(one.control, one.unit)) if one.control is not None else ""
    note = "; ".join(part for part in (one.scale, one.method, one.note) if part)
    more = (control + _interval(one.control_interval, one), str(one.n or ""), _when(one), _role(one.role))
    return _finding(one.quantity, note, f'<span class="percuta-number">{value}</span>', more)


def _interval(ends: tuple[float, float] | None, one: Measurement) -> str:
    if ends is None:
        return ""
    level = f"{100 * one.interval_level:g} %: " if one.interval_level else ""
    return f"<small>{level}{escape(show(ends[0], one.unit))} to {escape(show(ends[1], one.unit))}</small>"


def _when(one: Measurement | Direction) -> str:
    since = f" from {one.time_from}" if one.time_from else ""
    return escape(f"{one.time.text}{since}") if one.time else ""


def _role(role: str) -> str:
    words = {"fit": "used in a fit", "judge": "judges", "context": "context"}
    return words.get(role, escape(role))


def _direction(one: Direction) -> str:
    note = "; ".join(part for part in (one.scale, one.method, one.note) if part)
    return _finding(one.quantity, note, escape(one.found), ("", str(one.n or ""), _when(one), _role(one.role)))


def _curve(one: Curve) -> str:
    days = one.time / 86_400.0
    said = f"{one.time.size} points, day {days[0]:.3g} to {days[-1]:.3g}"
    note = "; ".join(part for part in (one.normalised, one.note) if part)
    return _finding(one.quantity, note, said, ("", "", "", _role(one.role)))
