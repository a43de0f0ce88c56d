"""What the anaesthetic does to the skin: how deep each zone is numb when the needles come, and for how long."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from percuta.plan.model import Zone
from percuta.plan.steps import AnyStep, Cleanse, RemoveAnaesthetic, Rinse, TopicalAnaesthetic
from percuta.report import charts
from percuta.report.anaesthesia_charts import Numbing, Span, block_against_needles
from percuta.report.charts import Reach
from percuta.report.material import Picture, ReportMaterial
from percuta.report.wording import duration, endpoint_value, in_scenarios, measured, upper
from percuta.units import convert

_NEARLY = 0.98  # of the longest time that anybody looked, from which on a time counts as cut off
_PAIN_BESIDE_BLOCK = (
    "Numb is by the threshold of one study with a biopsy punch. Pain is what people with cream reported in trials, "
    "also where the block was deeper than the needle."
)


def numbed_zones(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return sentences and chart of each zone with needles and an anaesthetic, or why its block is not computed."""
    found: list[dict[str, Any]] = []
    for number, zone in enumerate(material.plan.zones):
        numbing = _numbing(material, zone)
        if numbing is not None:
            drawn = block_against_needles(f"block-{number}", zone.name, numbing)
            picture = Picture(Markup(drawn), "Numb depth against needle depth")
            said = _sentences(material, zone, numbing)
            found.append({"name": zone.name, "sentences": said, "pictures": [picture]})
        elif any(isinstance(step, TopicalAnaesthetic) for step in _steps_on(material, zone)):
            endpoint = material.endpoint("block_depth_at_needling", zone.name) or {}
            if "withheld" in endpoint:
                found.append({"name": zone.name, "sentences": [f"{upper(endpoint['withheld'])}."], "pictures": []})
    return found


def _steps_on(material: ReportMaterial, zone: Zone) -> list[AnyStep]:
    return [step for step in material.plan.session.steps if zone.name in material.plan.zones_of(step)]


def _numbing(material: ReportMaterial, zone: Zone) -> Numbing | None:
    place = f"/zones/{zone.name}"
    time, block, first, last = (
        material.values(f"{place}/anaesthesia/{name}")
        for name in ("time", "block_depth", "needles_start", "needles_end")
    )
    typical, deepest = (
        material.values(f"{place}/channels/reached_depth_{name}") for name in ("typical", "deepest_5_percent")
    )
    if time is None or block is None or first is None or last is None or typical is None or deepest is None:
        return None
    creams = [(on, min(off, _end_of_session(material))) for on, off in creams_on(material, zone)]
    return Numbing(
        time=time,
        block_depth=block[:, 0],
        thin_needle=block[:, -1],
        creams=creams,
        needles=(float(np.median(first)), float(np.median(last))),
        reach=Reach(charts.quantiles(typical), charts.quantiles(deepest)),
        end=1.03 * max([float(np.quantile(last, 0.95)), *(off for _, off in creams)]),
    )


def _end_of_session(material: ReportMaterial) -> float:
    taken = material.values("/session/duration")
    return 0.0 if taken is None else float(np.median(taken.sum(axis=1)))


def creams_on(material: ReportMaterial, zone: Zone) -> list[Span]:
    """Return when each cream comes on a zone and is off again, at the median [min since the first step].

    What nothing takes off stays on without end.
    """
    taken = material.values("/session/duration")
    if taken is None:
        return []
    ends = np.median(np.cumsum(taken, axis=1), axis=0)
    steps = [
        (step, float(end))
        for step, end in zip(material.plan.session.steps, ends, strict=True)
        if zone.name in material.plan.zones_of(step)
    ]
    return [
        (end - step.duration.to("min"), next((off for off in map(_off, steps[place + 1 :]) if off), np.inf))
        for place, (step, end) in enumerate(steps)
        if isinstance(step, TopicalAnaesthetic)
    ]


def _off(later: tuple[AnyStep, float]) -> float | None:
    """Return when a later step takes a cream off: by washing at its end, by another cream when that comes on."""
    step, end = later
    if isinstance(step, TopicalAnaesthetic):
        return end - step.duration.to("min")
    return end if isinstance(step, RemoveAnaesthetic | Cleanse | Rinse) else None


def _sentences(material: ReportMaterial, zone: Zone, numbing: Numbing) -> list[str]:
    if numbing.creams and all(on >= numbing.needles[1] for on, _ in numbing.creams):
        return ["The cream is put on after the needles, so it numbs nothing while they are in.", _pain(material, zone)]
    said = [_against_needles(material, zone), _onset(material, zone, numbing), _lasting(material, zone)]
    pain = _pain(material, zone)
    return [one for one in (*said, pain, _PAIN_BESIDE_BLOCK if pain else "") if one]


def _against_needles(material: ReportMaterial, zone: Zone) -> str:
    least = material.values(f"/zones/{zone.name}/anaesthesia/block_depth_at_needling")
    typical, deepest = (
        material.values(f"/zones/{zone.name}/channels/reached_depth_{name}")
        for name in ("typical", "deepest_5_percent")
    )
    if least is None or typical is None or deepest is None:
        return ""
    beyond, all_of_them = (in_scenarios(float(np.mean(least > depth))) for depth in (typical, deepest))
    if not least.any():
        return "Some needles come while nothing is numb."
    depth = measured(*charts.quantiles(least), "mm")
    said = f"While the needles are in, the skin is numb down to {depth[0]} ({depth[1]})."
    if beyond == all_of_them:
        return f"{said} {upper(beyond)} that is deeper than the typical needle, and than the deepest 1 in 20 needles."
    return (
        f"{said} {upper(beyond)} that is deeper than the typical needle, and {all_of_them} deeper than the deepest "
        "1 in 20 needles."
    )


def _onset(material: ReportMaterial, zone: Zone, numbing: Numbing) -> str:
    found = material.known_endpoint("block_onset", zone.name)
    typical = material.values(f"/zones/{zone.name}/channels/reached_depth_typical")
    if found is None or typical is None:
        return ""
    middle, span = endpoint_value(found)
    never = float(np.mean(numbing.block_depth.max(axis=1) < typical))
    said = f"The depth of the typical needle is numb {middle} after the cream goes on ({span})"
    return f"{said}; {in_scenarios(never)} it never is." if never > 0.0 else f"{said}."


def _lasting(material: ReportMaterial, zone: Zone) -> str:
    """Return how long the block stays so deep; what lasts for as long as anybody looked is said to last so at least."""
    found = material.known_endpoint("block_duration_after_removal", zone.name)
    washed = any(isinstance(step, RemoveAnaesthetic | Cleanse | Rinse) for step in material.plan.session.steps)
    if found is None or not washed:
        return ""
    cut = _NEARLY * float(convert(material.library.parameter("anaesthesia.followed_after_removal").si, "min"))
    low, middle, high = (
        f"at least {duration(minutes)}" if minutes >= cut else duration(minutes)
        for minutes in (found["p5"], found["p50"], found["p95"])
    )
    return (
        f"In the calculation it stays numb so deep for {middle} after the cream is wiped off ({low} to {high}), which "
        "is a long estimate; nobody looked for longer than 4 h. Labels count on less, so plan with the label."
    )


def _pain(material: ReportMaterial, zone: Zone) -> str:
    found = material.known_endpoint("pain_peak", zone.name)
    if found is None:
        return ""
    middle, span = endpoint_value(found)
    return f"The strongest pain that remains is about {middle} ({span})."
