"""The result of a search of settings as one HTML page."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from markupsafe import Markup

from percuta.report.material import Picture
from percuta.report.optimisation_charts import trade_off
from percuta.report.optimisation_intervals import around_chart, chances_chart
from percuta.report.optimisation_tables import (
    came_to,
    chances,
    constraint_rows,
    front_heads,
    front_rows,
    gains,
    lucky,
    missed,
    modelled,
    objective_rows,
    setting_changes,
    setting_rows,
)
from percuta.report.optimisation_words import BEYOND_LABEL, endpoint_name, lower, setting_label, step_text
from percuta.report.rendering import rendered
from percuta.report.wording import pretty, upper

_UNDONE = ("stopped early", "refused", "impossible")


def render_optimisation(table: dict[str, Any]) -> str:
    """Return what ``optimisation.json`` holds as one HTML page that needs nothing else.

    Parameters
    ----------
    table
        Content of ``optimisation.json``.
    """
    return rendered("optimisation.html.j2", **parts_of_search(table))


def parts_of_search(table: dict[str, Any]) -> dict[str, Any]:
    """Return what the templates of a search's parts take, from the content of ``optimisation.json``."""
    numbered = {one["number"]: one for one in table["candidates"]}
    chosen = numbered.get(table["recommended"])
    written = next((one for one in table["candidates"] if one["current"]), None)
    return dict(
        table=table,
        title=table["plan"],
        objectives=objective_rows(table),
        constraints=constraint_rows(table),
        settings=setting_rows(table),
        chosen=chosen,
        written=written,
        same=chosen is not None and chosen["current"],
        changes=setting_changes(table, written, chosen) if chosen else [],
        gains=gains(table, written, chosen) if chosen else [],
        chances=chances(table, written, chosen) if chosen else [],
        lucky=lucky(table, chosen) if chosen else "",
        chance_picture=_chance_picture(table, chosen),
        alike=[came_to(table, numbered[one]) for one in table["unseparated"] if one != table["recommended"]],
        steps=_steps(table, written, chosen),
        pictures=trade_off(table),
        front=front_rows(table),
        front_heads=front_heads(table),
        around_picture=_around_picture(table),
        around=[_neighbour(one) for one in table["around"]],
        missed=[] if chosen else missed(table),
        relax=[_relaxed(one) for one in table["relax"]],
        research=modelled(table),
        beyond_label=BEYOND_LABEL,
        combinations=math.prod(len(one["values"]) for one in table["settings"]),
        undone=_undone(table),
        first=lower(endpoint_name(table["objectives"][0])),
        written_sample="fresh" if written and written["fresh"] else "search",
        level=f"{100 * table['interval']:g}",
    )


def _steps(table: dict[str, Any], written: dict[str, Any] | None, chosen: dict[str, Any] | None) -> list[str]:
    """Return the settings that change, as written and as recommended."""
    if chosen is None:
        return []
    rows = setting_changes(table, written, chosen)
    return [step_text(label, before, after) for label, before, after, changed in rows if changed]


def _chance_picture(table: dict[str, Any], chosen: dict[str, Any] | None) -> Picture | None:
    if chosen is None or not table["constraints"] or chosen["search"] is None:
        return None
    drawn = chances_chart("chances", table["constraints"], chosen)
    return Picture(Markup(drawn), "Recommended settings: how often each constraint is met")


def _around_picture(table: dict[str, Any]) -> Picture | None:
    if all(one["difference"] is None for one in table["around"]):
        return None
    name = endpoint_name(table["objectives"][0])
    return Picture(
        Markup(around_chart("around", table)),
        f"{name}, one step from the recommended settings: paired difference, median and 5 to 95 %",
    )


def _neighbour(one: dict[str, Any]) -> tuple[str, str]:
    """Return what one step is, and what is said of it."""
    said = f"{one['sentence']} {one['why']}." if one["why"] else one["sentence"]
    return step_text(setting_label(one["setting"]), one["from"], one["to"]), said


def _relaxed(one: dict[str, Any]) -> tuple[str, str]:
    """Return what is said of a constraint that is relaxed, and the settings it leads to."""
    settings = ", ".join(f"{lower(setting_label(name))} {value}" for name, value in one["settings"].items())
    return one["sentence"], pretty(settings)


def _undone(table: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Return why settings were not computed to the end: status, reason, and how many."""
    rows = Counter(
        (one["status"], one["why"]) for one in table["candidates"] if one["status"] in _UNDONE and one["why"]
    )
    return [(upper(status), why, count) for (status, why), count in rows.most_common()]
