"""The aftercare sheet for the person treated: one page in plain words that they take home.

Days are whole, nothing is promised, and no figure of collagen stands here. The times of waiting are fixed floors that
the computed closing may lengthen; see :mod:`percuta.results.aftercare`. What the plan sends home is named with the time
from which it may be used, so that the sheet forbids nothing that was handed out and allows nothing that a rule refuses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from percuta.library.entries import Product
from percuta.plan.steps import Aftercare, TopicalAnaesthetic
from percuta.report.material import Floats, ReportMaterial
from percuta.report.rendering import rendered
from percuta.report.wording import joined, share, whole_days
from percuta.results.aftercare import AftercareTimes, Wait, aftercare_of

_HOUR = 3_600.0
_DAY_HOURS = 24.0
_DAYS = (("Today", 0), ("Day 1", 1), ("Day 2", 2), ("Day 3", 3), ("Days 4 to 7", 4))
_LAST_DAY = 7
_LATE_ACTIVES = frozenset(("acid", "fragrance", "retinoid", "vitamin_c"))  # those of the last row
_NEARLY_ALL, _MOST, _SOME = 0.97, 0.5, 0.05  # share of the scenarios above which so many people are spoken of


def aftercare_sheet(material: ReportMaterial) -> str | None:
    """Return the sheet as one HTML page, or None where there is nothing to hand out.

    A plan that must not be carried out has no sheet, nor has one whose needles are none, or are those of a patch.
    """
    if not has_sheet(material):
        return None
    zones, times = _needled(material), aftercare_of(material.tree, material.library)
    gels, later = _sent_home(material, times)
    return rendered(
        "aftercare.html.j2",
        style="aftercare.css",
        zones=joined(zones),
        days=expected_days(material, zones),
        lasting=_lasting(material, zones),
        waits=waits(times, gels=bool(gels)),
        gel=joined(gels),
        later=later,
        numbed=any(isinstance(step, TopicalAnaesthetic) for step in material.plan.session.steps),
        call_after=_call_after(material, zones),
        sessions=material.plan.course.sessions,
    )


def has_sheet(material: ReportMaterial) -> bool:
    """Tell whether a plan has an aftercare sheet: none that is stopped, that needles nothing, or that wears a patch."""
    return not material.stopped and not material.plan.patches and bool(_needled(material))


def _needled(material: ReportMaterial) -> list[str]:
    return [
        zone.name
        for zone in material.plan.zones
        if material.values(f"/zones/{zone.name}/channels/punctured_fraction") is not None
    ]


def _sent_home(material: ReportMaterial, times: AftercareTimes) -> tuple[list[str], list[str]]:
    """Return the gels that the plan sends home for today, and from when on whatever else it sends home is used."""
    gels: list[str] = []
    later: dict[str, Wait] = {}
    for number, step in enumerate(material.plan.session.steps, 1):
        if not isinstance(step, Aftercare):
            continue
        for product in (material.library.product(name) for name in step.products):
            refused = _refused(material, number, product)
            if product.sterile and product.plain and not refused:
                gels.append(product.name[:1].lower() + product.name[1:])
                continue
            wait = _wait(product, times, refused=refused)
            later[product.name] = max(wait, later.get(product.name, wait), key=lambda one: one.time)
    said = [f"{name}: from {in_words(wait.time)} on, not before." for name, wait in later.items()]
    return list(dict.fromkeys(gels)), said


def _refused(material: ReportMaterial, number: int, product: Product) -> bool:
    """Tell whether a finding refuses what a step puts on; one that a prescriber overrides still does."""
    return any(
        finding["severity"] == "refuse" and finding["step"] == number and product.name in finding["detail"]
        for finding in material.findings["findings"]
    )


def _wait(product: Product, times: AftercareTimes, *, refused: bool) -> Wait:
    """Return how long a product waits: as its row has it, and as make-up does where a rule refuses it on channels."""
    if _LATE_ACTIVES & set(product.contains):
        return times.actives
    return times.makeup if refused else times.label_gel


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
    if cream:
        said.append("Your skin stays numb for some hours, then gets sore. Numb skin feels no heat: keep away from it.")
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
    """Return the day after which redness is a reason to call: the last of the sheet, or later where it lasts longer.

    Where nobody counted redness the downtime stands in its place.
    """
    for name in ("redness_duration", "downtime"):
        counted = _longest(material, zones, f"tolerance/{name}")
        if counted is not None:
            return max(_LAST_DAY, _late(counted))
    return _LAST_DAY


# --- what to wait with ---------------------------------------------------------------------------------------------


def waits(times: AftercareTimes, *, gels: bool = True) -> list[dict[str, str]]:
    """Return what to wait with, and how long, the shortest first; ``gels`` tells whether a gel was sent home."""
    sunscreen = in_words(times.sunscreen.time)
    rows = (
        (times.label_gel.time, f"Anything on your skin but {'the gel we gave you' if gels else 'a plain sterile gel'}",
         "No cream, no soap. Wash and shower with lukewarm water and clean hands, briefly, and pat dry."),
        (times.sunscreen.time, "Sunscreen without colour", "Until then stay in the shade and wear a hat. After "
         f"{sunscreen} use it each day, and keep out of strong sun."),
        (times.makeup.time, "Make-up, and sunscreen with colour", ""),
        (times.exercise.time, "Sport, swimming, sauna, hot baths and all that makes you sweat", ""),
        (times.actives.time, "Vitamin C, retinol, fruit acids, scrubs, perfume", "Also in creams: read the label."),
    )  # fmt: skip
    ranked = sorted(rows, key=lambda row: row[0])
    return [{"time": in_words(time), "what": what, "note": note} for time, what, note in ranked]


def in_words(time: float) -> str:
    """Return a time of waiting [s] as "36 hours" or "2½ days"; it is never rounded down."""
    halves = math.ceil(time / (12.0 * _HOUR) - 1e-9)
    return f"{halves // 2}{'½' if halves % 2 else ''} days" if halves > 3 else f"{12 * halves} hours"
