"""Checking a plan against the safety rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from percuta.errors import PercutaError
from percuta.library.entries import Rule
from percuta.library.registry import Library, library
from percuta.plan.model import Answer, Plan
from percuta.safety.check import check_plan, screen_plan
from percuta.safety.current import heat
from percuta.safety.findings import Finding, Findings
from percuta.safety.screening import items_for
from percuta.workflows.result_folder import FINDINGS, read_json

if TYPE_CHECKING:
    from percuta.plan.drafts import Draft

_MOST_ZONES, _MOST_OVERRIDES = 20, 50  # that a plan may have


def check(plan: Plan, known: Library | None = None) -> Findings:
    """Return what the safety rules find in a plan.

    Parameters
    ----------
    plan
        The plan.
    known
        The library; the shipped one when left out.

    Examples
    --------
    >>> import percuta
    >>> findings = percuta.check(percuta.load_plan("examples/cheek_pen.toml"))  # doctest: +SKIP
    """
    return check_plan(plan, known or library())


@dataclass(frozen=True)
class Checked:
    """What the rules find in a plan in the making.

    Attributes
    ----------
    findings
        What they find, and which of them were asked.
    fault
        What keeps all but the questionnaire from being asked, or None.
    """

    findings: Findings
    fault: PercutaError | None = None


def check_draft(draft: Draft, known: Library) -> Checked:
    """Return what the rules find in a plan in the making, at once: no pulse is computed for it.

    Where the plan is not whole, or a figure is missing that a rule needs, the questionnaire alone is asked. What it
    needs to know and the draft lacks is filled by a stand-in. The rules about heat are asked where the pulses of the
    plan were computed before.

    Parameters
    ----------
    draft
        The plan in the making.
    known
        The library.
    """
    from percuta.engine.pulse import KeptPulses

    if draft.plan is None:
        return Checked(screen_plan(_stand_in(draft.data, known), known))
    pulses = KeptPulses()
    try:
        findings = check_plan(draft.plan, known, pulses)
    except PercutaError as fault:
        return Checked(screen_plan(_stand_in(draft.data, known), known), fault)
    return Checked(_without_heat(findings) if pulses.missing else findings)


def with_heat(findings: Findings, folder: Path) -> Findings:
    """Return findings without those about heat, with them: as a simulation of the same plan has found them.

    Parameters
    ----------
    findings
        What the rules find that were asked so far.
    folder
        Where the simulation left what it found; a refused one leaves nothing else.

    Raises
    ------
    PlanError
        If that is missing or broken.
    """
    kept = (Finding.read(one) for one in read_json(folder / FINDINGS)["findings"] if one["rule"] in heat)
    return Findings(tuple(sorted([*findings.findings, *kept], key=lambda one: one.rank)))


def _without_heat(findings: Findings) -> Findings:
    """Return findings without what is said of overrides of the rules about heat, which were not asked."""
    return Findings(tuple(one for one in findings.findings if one.rule not in heat), "without_heat")


def questions(draft: Draft, known: Library) -> list[Rule]:
    """Return the screening questions that have to be asked for a plan in the making, in the order of the library.

    Parameters
    ----------
    draft
        The plan in the making. What it lacks is filled by a stand-in: where nobody said yet who is treated, where, or
        with what, the questions that may come are asked as well.
    known
        The library.
    """
    return items_for(draft.usable or _stand_in(draft.data, known), known)


def _stand_in(data: Mapping[str, Any], known: Library) -> Plan:
    """Return a plan with what decides about the questions: answers, overrides, sites, kind of device, anaesthetics."""
    patient, device = _table(data.get("patient")), _table(data.get("device"))
    answers = {
        item: answer
        for item, answer in _table(patient.get("screening")).items()
        if item in known.screening and answer in get_args(Answer)
    }
    asked = device.get("model")
    chosen = known.devices.get(asked) if isinstance(asked, str) else None
    kind = chosen.kind if chosen is not None else device.get("kind")
    sites = _sites(data, known)
    zones = [f"zone {number}" for number in range(1, len(sites) + 1)]
    return Plan.model_validate(
        {
            "schema": 1,
            "title": "stand-in",
            "patient": {
                "age": "40 years",
                "sex": "male" if patient.get("sex") == "male" else "female",
                "phototype": 1,
                "mass": "70 kg",
                "desired_effect": "other",
                "screening": answers,
            },
            "zones": [{"name": name, "site": site, "area": "1 cm^2"} for name, site in zip(zones, sites, strict=True)],
            "device": {"model": _device_of_kind(known, kind)},
            "session": {"steps": [*_numbing_steps(data, known), _opening_step(kind, zones)]},
            "course": {"sessions": 1, "interval": "4 weeks", "follow_up_after_last_session": "1 weeks"},
            "overrides": _first_of_each_rule(data, known),
        }
    )


def _sites(data: Mapping[str, Any], known: Library) -> list[str]:
    """Return the sites of a draft; one of each region where it names none, since it may become any of them."""
    named = dict.fromkeys(one["site"] for one in _tables(data.get("zones")) if isinstance(one.get("site"), str))
    of_regions = {site.region: name for name, site in known.sites.items()}
    return [name for name in named if name in known.sites][:_MOST_ZONES] or list(of_regions.values())


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _first_of_each_rule(data: Mapping[str, Any], known: Library) -> list[dict[str, Any]]:
    """Return the overrides of screening rules that are whole."""
    from pydantic import ValidationError

    from percuta.plan.model import Override

    found: dict[str, dict[str, Any]] = {}
    for one in _tables(data.get("overrides")):
        try:
            rule = Override.model_validate(one).rule
        except ValidationError:
            continue
        if rule in known.screening:
            found.setdefault(rule, one)
    return list(found.values())[:_MOST_OVERRIDES]


def _device_of_kind(known: Library, kind: object) -> str:
    return next((name for name, one in known.devices.items() if one.kind == kind), next(iter(known.devices)))


def _numbing_steps(data: Mapping[str, Any], known: Library) -> list[dict[str, Any]]:
    """Return a step for every anaesthetic of a draft: its drugs decide what is asked."""
    steps = _tables(_table(data.get("session")).get("steps"))
    named = [one.get("product") for one in steps if one.get("do") == "topical_anaesthetic"]
    products = dict.fromkeys(one for one in named if isinstance(one, str) and one in known.products)
    return [
        {"do": "topical_anaesthetic", "product": one, "amount": "1 g", "duration": "60 min"}
        for one in products
        if known.products[one].kind == "anaesthetic"
    ]


def _opening_step(kind: object, zones: list[str]) -> dict[str, Any]:
    """Return the step that opens the skin with a kind of device, which is what decides the questions that are asked."""
    if kind == "rf_array":
        return {"do": "rf_pulses", "zones": zones, "set_depth": "1 mm", "level": 1.0}
    if kind in ("dissolving_patch", "porous_patch"):
        return {"do": "patch", "zones": zones, "duration": "60 min"}
    return {"do": "needling", "zones": zones, "set_depth": "1 mm", "passes": 1}
