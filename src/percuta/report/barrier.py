"""How the skin closes again in the first week: water loss, channels, and redness beside them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from percuta.evidence.measurements import publication
from percuta.plan.model import Zone
from percuta.plan.steps import RfPulses
from percuta.report import charts
from percuta.report.barrier_chart import Closing, Week, week_after
from percuta.report.material import Picture, ReportMaterial
from percuta.report.wording import endpoint_value, hours, measured, whole_days

_HOURS = 24.0  # of a day
_PEN_STUDY = "sasaki_2019"


def first_week(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return sentences and chart of each needled zone."""
    found = []
    for number, zone in enumerate(material.plan.zones):
        week = _week(material, zone)
        if week is not None:
            picture = Picture(Markup(week_after(f"week-{number}", zone.name, week)), "Water loss and redness")
            found.append({"name": zone.name, "sentences": _sentences(material, zone), "pictures": [picture]})
    return found


def seen_after_a_pen() -> dict[str, Any]:
    """Return what was measured of water loss after a pen, which outlasts what is computed: a sentence, references."""
    study = publication(_PEN_STUDY)
    last = study.measurements["last_water_loss"]
    says = (
        "The one study of water loss after a pen still found it slightly above its start when it ended, after "
        f"{last.shown(last.value):g} {last.unit}: the barrier may take longer than computed."
    )
    return {"says": says, "source": [study.source]}


def _week(material: ReportMaterial, zone: Zone) -> Week | None:
    place = f"/zones/{zone.name}/barrier"
    time, loss, baseline = (
        material.values(f"{place}/{name}") for name in ("time", "water_loss", "baseline_water_loss")
    )
    if time is None or loss is None or baseline is None:
        return None
    closings = []
    for name, label in (
        ("barrier_closure_time", "barrier back (95 %)"),
        ("pore_closure_time", "channels closed (95 %)"),
    ):
        values = material.values(f"{place}/{name}")
        if values is not None:
            span = charts.quantiles(values)
            middle, range_ = hours(*span)
            low, central, high = (each / _HOURS for each in span)
            closings.append(Closing(label, f"{middle} ({range_})", low, central, high))
    closings += _redness(material, zone)
    return Week(time / _HOURS, loss, charts.quantiles(baseline), closings)


def _redness(material: ReportMaterial, zone: Zone) -> list[Closing]:
    """Return the days of redness, or the downtime where redness was not counted."""
    for name, label in (("redness_duration", "redness gone"), ("downtime", "end of the downtime")):
        found = material.known_endpoint(name, zone.name)
        if found is not None:
            low, middle, high = found["p5"], found["p50"], found["p95"]
            return [Closing(label, whole_days(low, middle, high), low, middle, high)]
    return []


def _sentences(material: ReportMaterial, zone: Zone) -> list[str]:
    said = []
    peak = material.known_endpoint("water_loss_peak", zone.name)
    baseline = material.values(f"/zones/{zone.name}/barrier/baseline_water_loss")
    if peak is not None and baseline is not None:
        middle, span = endpoint_value(peak)
        before = measured(*charts.quantiles(baseline), str(peak["unit"]))
        said.append(f"Right after the needles the skin loses {middle} of water ({span}); before, it lost {before[0]}.")
    closed = [material.known_endpoint(name, zone.name) for name in ("barrier_closure_time", "pore_closure_time")]
    times = [endpoint_value(one) for one in closed if one is not None]
    if len(times) == 2:
        (barrier, wide), (pores, longest) = times
        said.append(
            f"The barrier is computed to be back after {barrier} ({wide}); the channels themselves close more slowly, "
            f"after {pores} ({longest}), and until then the skin takes up what is put on it."
        )
    if any(isinstance(step, RfPulses) and zone.name in step.zones for step in material.plan.session.steps):
        said.append("Heat and dead epidermis are not in it: both may open the skin more, and for longer.")
    return said
