"""The wishes and settings of a plan as the text of its table ``optimise``, to be read, changed and pasted into it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from percuta.library.registry import Library
from percuta.optimisation.places import USUAL
from percuta.optimisation.settings import Setting, settings_of
from percuta.optimisation.wishes import Aim, Limit, limit_text, tried, wishes_of
from percuta.plan.model import Plan
from percuta.results.samples import Sample
from percuta.units import convert


def shown(plan: Plan, library: Library, samples: list[Sample] | None = None) -> str:
    """Return what a search over a plan would be asked, as TOML.

    Parameters
    ----------
    plan
        The plan, with or without wishes of its own.
    library
        Holds the defaults.
    samples
        Endpoints of some scenarios of the plan as written; a few are computed when left out.

    Returns
    -------
    str
        Tables ``optimise`` that read back to the same objectives, constraints and settings. What came from the
        defaults says so, with its sources, in a comment.
    """
    wishes = wishes_of(plan, library, tried(plan, library) if samples is None else samples)
    lines = ["# What is searched for, in the order of its weight.", ""]
    for aim in wishes.aims:
        lines += [*_aim_lines(aim), ""]
    lines += ["# What must not happen.", ""]
    if not wishes.limits:
        lines = ["[optimise]", "constraints = []", "", *lines]
    for limit in wishes.limits:
        lines += [*_limit_lines(limit), ""]
    lines += ["# What may be set otherwise; the plan's own values are always among those tried.", ""]
    for setting in settings_of(plan, library):
        lines += [*_setting_lines(setting), ""]
    return "\n".join(lines)


def _aim_lines(aim: Aim) -> Iterator[str]:
    yield from _origin(aim)
    yield "[[optimise.objectives]]"
    yield f"endpoint = {_text(aim.endpoint)}"
    yield f"goal = {_text(aim.goal)}"
    yield f"quantile = {_number(aim.quantile)}"
    yield from _place(aim)


def _limit_lines(limit: Limit) -> Iterator[str]:
    yield from _origin(limit)
    yield "[[optimise.constraints]]"
    yield f"endpoint = {_text(limit.endpoint)}"
    yield f"{limit.side} = {_text(limit_text(limit))}"
    yield f"probability = {_number(limit.probability)}"
    yield from _place(limit)


def _place(wish: Aim | Limit) -> Iterator[str]:
    if wish.zone is not None:
        yield f"zone = {_text(wish.zone)}"
    if wish.time is not None:
        weeks = f"{convert(wish.time, 'weeks'):.12g} weeks"
        yield f"time = {_text(weeks)}"
    yield f"reason = {_text(wish.reason)}"


def _origin(wish: Aim | Limit) -> Iterator[str]:
    if wish.default:
        yield f"# default, see {', '.join(wish.source)}" if wish.source else "# default, assumed"


def _setting_lines(setting: Setting) -> Iterator[str]:
    yield f"# {'default: ' if setting.default else ''}{' '.join(setting.reason.split())}"
    if setting.current is not None:
        yield f"# the plan has {setting.values[setting.current]}"
    yield "[[optimise.settings]]"
    yield f"setting = {_text(setting.name)}"
    if setting.step is not None:
        yield f"step = {setting.step}"
    written = (_text(one) if isinstance(one, str) else f"{one}" for one in setting.values if one != USUAL)
    yield f"values = [{', '.join(written)}]"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(number: float) -> str:
    return f"{number!r}"
