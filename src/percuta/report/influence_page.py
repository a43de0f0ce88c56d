"""The ranking of a plan's inputs as one HTML page."""

from __future__ import annotations

from typing import Any

from percuta.report.influence import LIMITS, READING, leaders, not_ranked, picture
from percuta.report.influence_charts import input_label
from percuta.report.material import Picture
from percuta.report.rendering import rendered
from percuta.report.wording import GRADES

_BARS = 8  # of one endpoint


def render_influence(table: dict[str, Any]) -> str:
    """Return what ``influence.json`` holds as one HTML page that needs nothing else.

    Parameters
    ----------
    table
        Content of ``influence.json``.
    """
    return rendered(
        "influence.html.j2",
        title=table["plan"],
        banner="REFUSED. Computed for study only." if table["verdict"] in ("refused", "deferred") else "",
        leaders=leaders(table["endpoints"]),
        zones=_by_zone(table),
        left_out=not_ranked(table),
        without_effect=[input_label(name) for name in table["without_effect"]],
        reading=READING,
        limits=LIMITS,
        grades=GRADES,
        table=table,
    )


def _by_zone(table: dict[str, Any]) -> list[tuple[str, list[Picture]]]:
    zones: dict[str, list[Picture]] = {}
    for number, one in enumerate(table["endpoints"]):
        zones.setdefault(one["zone"] or "Whole plan", []).append(picture(number, one, _BARS))
    return list(zones.items())
