"""The aftercare sheet for the person treated: one page in plain words that they take home.

Days are whole, nothing is promised, and no figure of collagen stands here. The times of waiting are fixed floors that
the computed closing may lengthen; see :mod:`percuta.results.aftercare`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from percuta.plan.steps import TopicalAnaesthetic
from percuta.report.material import Floats, ReportMaterial
from percuta.report.rendering import rendered
from percuta.report.wording import joined, share, whole_days
from percuta.results.aftercare import AftercareTimes, aftercare_of

_HOUR = 3_600.0
_DAY_HOURS = 24.0
_DAYS = (("Today", 0), ("Day 1", 1), ("Day 2", 2), ("Day 3", 3), ("Days 4 to 7", 4))
_LAST_DAY = 7
_NEARLY_ALL, _MOST, _SOME = 0.97, 0.5, 0.05  # share of the scenarios above which so many people are spoken of


def aftercare_sheet(material: ReportMaterial) -> str | None:
    """Return the sheet as one HTML page, or None where there is nothing to hand out.

    A plan that must not be carried out has no sheet, nor has one whose needles are none, or are those of a patch.
    """
    zones = [zone.name for zone in material.plan.zones if _needled(material, zone.name)]
    if material.stopped or material.plan.patches or not zones:
        return None
    return rendered(
        "aftercare.html.j2",
        style="aftercare.css",
        zones=joined(zones),
        days=expected_days(material, zones),
        lasting=_lasting(material, zones),
        waits=waits(aftercare_of(material.tree, material.library)),
        gel=_gel(material),
        numbed=any(isinstance(step, TopicalAnaesthetic) for step in material.plan.session.steps),
        call_after=_call_after(material, zones),
        sessions=material.plan.course.sessions,
    )


def _needled(material: ReportMaterial, zone: str) -> bool:
    return material.values(f"/zones/{zone}/channels/punctured_fraction") is not None


def _gel(material: ReportMaterial) -> str:
    """Return the names of the plain gels that the plan sends home, or what to call them."""
    named = [
        product.name[:1].lower() + product.name[1:]
        for step in material.plan.session.steps
        if step.do == "aftercare"
        for name in step.products
        if (product := material.library.products.get(name)) is not None and product.plain
    ]
    return joined(dict.fromkeys(named))


# --- what to expect ------------------------------------------------------------------------------------------------


def expected_days(material: ReportMaterial, zones: list[str]) -> list[dict[str, Any]]:
    """Return for each of the first days what most and what some people see and feel."""
    redness, downtime = (_longest(material, zones, f"tolerance/{name}") for name in ("redness_duration", "downtime"))
    barrier, pores = (_longest(material, zones, f"barrier/{name}_closure_time") for name in ("barrier", "pore"))
    cream = any(isinstance(step, TopicalAnaesthetic) for step in material.plan.session.steps)
    rows = []
    for label, day in _DAYS:
        if day == 0:
            said = _today(redness is not None, barrier is not None, _bleeding(material, zones), cream)
        else:
            said = _red(redness, day) + _about_as_usual(downtime, day) + _tight(barrier, day) + _open(pores, day)
        rows.append({"day": label, "says": said})
    return rows


def _longest(material: ReportMaterial, zones: Iterable[str], place: str) -> Floats | None:
    """Return the longest duration of all zones in each scenario, in the unit of the dataset."""
    found = [values for zone in zones if (values := material.values(f"/zones/{zone}/{place}")) is not None]
    return np.max(found, axis=0) if found else None


def _lasts(times: Floats | None, until: float) -> float:
    """Return the share of the scenarios in which something lasts longer."""
    return 0.0 if times is None else float(np.mean(times > until))


def _bleeding(material: ReportMaterial, zones: Iterable[str]) -> bool:
    seen = [material.known_endpoint("expected_end_point", zone) for zone in zones]
    return any(each["probabilities"].get("pinpoint_bleeding", 0.0) >= _SOME for each in seen if each is not None)


def _today(counted: bool, measured: bool, bleeding: bool, cream: bool) -> list[str]:
    """Return what is seen and felt right after the session."""
    said = ["Your skin is red and warm, as after too much sun, and it may swell a little."]
    said += [] if counted else ["Nobody has counted how many days the redness lasts after this kind of session."]
    said += ["You may see tiny spots of blood."] if bleeding else []
    said += ["Your skin loses more water than before, so it feels tight and dry."] if measured else []
    said += ["It gets sore as the numbness goes. Numb skin does not feel heat, so keep away from it."] if cream else []
    return [*said, "The tiny holes are open. Touch your skin with clean hands only."]


def _red(redness: Floats | None, day: int) -> list[str]:
    if redness is None:
        return []
    still = _lasts(redness, float(day))
    if still > _NEARLY_ALL:
        return ["Your skin is still red."]
    if still <= _SOME:
        return ["Nearly everyone's redness has gone."]
    said = [f"{_people(still)} are still red."]
    if day == _DAYS[-1][1]:
        said.append(f"By day {_late(redness)} the redness has gone in nearly everyone.")
    return said


def _about_as_usual(downtime: Floats | None, day: int) -> list[str]:
    if downtime is None:
        return []
    still = _lasts(downtime, float(day))
    if still > _NEARLY_ALL:
        return ["You may not want to go about as usual yet."]
    if still <= _SOME:
        return ["Nearly everyone goes about as usual."]
    said = [f"{_people(still)} do not go about as usual yet."]
    if day == _DAYS[-1][1]:
        said.append(f"By day {_late(downtime)} nearly everyone does.")
    return said


def _people(part: float) -> str:
    """Return a share of the scenarios as people: "Most people (about 4 in 5)"."""
    often = share(part)
    if often == "about half":
        return "About half of people"
    return f"{'Most' if part > _MOST else 'Some'} people ({often})"


def _late(days: Floats) -> int:
    """Return the day by which something is over in 19 of 20 scenarios."""
    return math.ceil(float(np.quantile(days, 0.95)) - 1e-9)


def _tight(barrier: Floats | None, day: int) -> list[str]:
    still = _lasts(barrier, _DAY_HOURS * day)
    if still >= _MOST:
        return ["It still feels tight and dry."]
    return ["In some people it still feels tight and dry."] if still > _SOME else []


def _open(pores: Floats | None, day: int) -> list[str]:
    still = _lasts(pores, _DAY_HOURS * day)
    if still >= _MOST:
        return ["The tiny holes are still open."]
    return ["In some people the tiny holes are still open."] if still > _SOME else []


def _lasting(material: ReportMaterial, zones: Iterable[str]) -> str:
    """Return in one line how long redness, or what was counted in its place, lasts."""
    for name, words in (("redness_duration", "Redness"), ("downtime", "Time until people go about as usual")):
        values = _longest(material, zones, f"tolerance/{name}")
        if values is not None:
            low, middle, high = (float(value) for value in np.quantile(values, [0.05, 0.5, 0.95]))
            return f"{words}: {whole_days(low, middle, high)}."
    return ""


def _call_after(material: ReportMaterial, zones: Iterable[str]) -> int:
    """Return the day after which redness is a reason to call: the last of the sheet, or later where it lasts longer."""
    redness = _longest(material, zones, "tolerance/redness_duration")
    return _LAST_DAY if redness is None else max(_LAST_DAY, _late(redness))


# --- what to wait with ---------------------------------------------------------------------------------------------


def waits(times: AftercareTimes) -> list[dict[str, str]]:
    """Return what to wait with, and how long, the shortest first."""
    sunscreen = in_words(times.sunscreen.time)
    rows = (
        (times.label_gel.time, "Anything on your skin but the gel we gave you", "No cream, no lotion."),
        (times.sunscreen.time, "Sunscreen", f"Until then stay in the shade and wear a hat. After {sunscreen} use it "
         "each day, without colour, and keep out of strong sun."),
        (times.makeup.time, "Make-up", ""),
        (times.exercise.time, "Sport, sauna, hot baths and all that makes you sweat", ""),
        (times.actives.time, "Vitamin C, retinol, fruit acids, scrubs, perfume", "Also in creams: read the label."),
    )  # fmt: skip
    ranked = sorted(rows, key=lambda row: row[0])
    return [{"time": in_words(time), "what": what, "note": note} for time, what, note in ranked]


def in_words(time: float) -> str:
    """Return a time of waiting [s] as "36 hours" or "2½ days"; it is never rounded down."""
    halves = math.ceil(time / (12.0 * _HOUR) - 1e-9)
    return f"{halves // 2}{'½' if halves % 2 else ''} days" if halves > 3 else f"{12 * halves} hours"
