"""Doses and depths against their limits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from percuta.engine.bench import Bench
from percuta.engine.scenarios import scenario_batch
from percuta.engine.session import channels_of
from percuta.engine.skin import layers_of
from percuta.errors import LibraryError
from percuta.library.device_fields import PATCH_KINDS
from percuta.library.registry import Library, library
from percuta.plan.model import Plan
from percuta.safety.check import check_plan
from percuta.safety.findings import Finding, Findings

Data = dict[str, Any]
Check = Callable[[Data], Findings]


def details(findings: Findings, rule: str) -> list[str]:
    return [finding.detail for finding in findings.findings if finding.rule == rule]


def cream(data: Data, **changes: object) -> None:
    next(step for step in data["session"]["steps"] if step["do"] == "topical_anaesthetic").update(changes)


def needles(data: Data, **changes: object) -> None:
    next(step for step in data["session"]["steps"] if step["do"] == "needling").update(changes)


@pytest.mark.parametrize(
    ("changes", "area", "said"),
    [
        ({"amount": "61 g"}, "500 cm^2", "amount 61 g; the label allows 60 g"),
        ({"amount": "50 g"}, "650 cm^2", "area 650 cm^2; the label allows 600 cm^2"),
        ({"duration": "6 hours"}, "76 cm^2", "duration 6 h; the label allows 5 h"),
    ],
)
def test_label_limits(changes: Data, area: str, said: str, cheek_pen: Data, checked: Check) -> None:
    cream(cheek_pen, **changes)
    cheek_pen["zones"][0]["area"] = area
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert said in found


def test_amounts_of_one_cream_add_up(cheek_pen: Data, checked: Check) -> None:
    steps = cheek_pen["session"]["steps"]
    cream(cheek_pen, amount="35 g")
    steps.insert(2, dict(next(step for step in steps if step["do"] == "topical_anaesthetic")))
    assert any("amount 70 g" in said for said in details(checked(cheek_pen), "anaesthetic_overdose"))


def again(data: Data, **changes: object) -> None:
    """Put cream on a second time, before it is removed."""
    steps = data["session"]["steps"]
    index = next(number for number, step in enumerate(steps) if step["do"] == "topical_anaesthetic")
    steps.insert(index + 1, steps[index] | changes)


def test_time_of_one_cream_adds_up_on_each_zone(cheek_pen: Data, checked: Check) -> None:
    cream(cheek_pen, duration="3 h", amount="4 g")
    assert not details(checked(cheek_pen), "anaesthetic_overdose")
    again(cheek_pen)
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "duration 6.05 h; the label allows 5 h" in found  # 3 h, 3 min of spreading it again, 3 h
    cheek_pen["zones"].append({"name": "forehead", "site": "forehead", "area": "50 cm^2"})
    steps = cheek_pen["session"]["steps"]
    creams = [step for step in steps if step["do"] == "topical_anaesthetic"]
    for each, zone in zip(creams, ("cheeks", "forehead"), strict=True):
        each["zones"] = [zone]
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")  # the cheeks wait for the forehead
    assert "duration 6.05 h; the label allows 5 h" in found
    steps.insert(steps.index(creams[1]), {"do": "remove_anaesthetic", "zones": ["cheeks"]})
    assert not details(checked(cheek_pen), "anaesthetic_overdose")


def test_area_of_one_cream_is_that_of_all_its_zones(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["zones"][0]["area"] = "350 cm^2"
    cheek_pen["zones"].append({"name": "neck", "site": "neck", "area": "350 cm^2"})
    cream(cheek_pen, zones=["cheeks"])
    again(cheek_pen)
    assert not details(checked(cheek_pen), "anaesthetic_overdose")  # the same zone twice
    again(cheek_pen, zones=["neck"])
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "area 700 cm^2; the label allows 600 cm^2" in found


def test_layers_of_one_cream_add_up(cheek_pen: Data, checked: Check) -> None:
    again(cheek_pen)
    (found,) = details(checked(cheek_pen), "anaesthetic_amount_per_area")
    assert "0.289 g/cm^2" in found  # 2 * 11 g / 76 cm^2


def test_absorbed_lidocaine_of_a_light_person_by_hand(cheek_pen: Data, checked: Check) -> None:
    # 60 g of 2.5 % lidocaine hold 1500 mg; 5 % of it are 75 mg. 4.5 mg/kg of 17 kg are 76.5 mg, of 16 kg 72 mg.
    cheek_pen["zones"][0]["site"] = "thigh"
    cream(cheek_pen, amount="60 g")
    cheek_pen["patient"]["mass"] = "17 kg"
    assert not details(checked(cheek_pen), "anaesthetic_overdose")
    cheek_pen["patient"]["mass"] = "16 kg"
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "75 mg expected to be absorbed through intact skin (5 % of other skin)" in found
    assert "72 mg" in found


def test_the_face_absorbs_twice_as_much_as_other_skin(cheek_pen: Data, checked: Check) -> None:
    # 10 % of 1500 mg are 150 mg. 4.5 mg/kg of 34 kg are 153 mg, of 33 kg 148.5 mg.
    cream(cheek_pen, amount="60 g")
    cheek_pen["patient"]["mass"] = "34 kg"
    assert not details(checked(cheek_pen), "anaesthetic_overdose")
    cheek_pen["patient"]["mass"] = "33 kg"
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "150 mg expected to be absorbed through intact skin (10 % on the face)" in found


def test_face_and_other_skin_add_up_by_their_areas(cheek_pen: Data, checked: Check) -> None:
    # A third of 60 g on the face, 500 mg of which 10 % are 50 mg; 1000 mg elsewhere, of which 5 % are 50 mg as well.
    cheek_pen["zones"][0]["area"] = "100 cm^2"
    cheek_pen["zones"].append({"name": "thighs", "site": "thigh", "area": "200 cm^2"})
    cream(cheek_pen, amount="60 g", zones=["cheeks", "thighs"])
    cheek_pen["patient"]["mass"] = "22 kg"
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "100 mg expected to be absorbed through intact skin (10 % on the face, 5 % of other skin)" in found


def test_without_a_fraction_of_the_face_that_of_other_skin_holds_there(cheek_pen: Data) -> None:
    shipped = library()
    usual = shipped.product("lidocaine-prilocaine-2.5-2.5")
    fields = {name: entry for name, entry in usual.fields.items() if name != "absorbed_fraction_face"}
    known = Library()
    known.__dict__["products"] = shipped.products | {usual.id: replace(usual, fields=fields)}
    cream(cheek_pen, amount="60 g")
    cheek_pen["patient"]["mass"] = "16 kg"
    (found,) = details(check_plan(Plan.model_validate(cheek_pen), known), "anaesthetic_overdose")
    assert "75 mg expected to be absorbed through intact skin (5 % of other skin)" in found


def test_cream_that_was_seen_above_the_first_signs_is_refused(cheek_pen: Data, checked: Check) -> None:
    cream(cheek_pen, product="compounded-lidocaine-23-tetracaine-7", amount="5 g")
    cheek_pen["overrides"] = [{"rule": "anaesthetic_overdose", "name": "Dr. A. Example", "reason": "Tried before."}]
    findings = checked(cheek_pen)
    (found,) = (each for each in findings.findings if each.rule == "anaesthetic_overdose" and each.severity == "refuse")
    assert findings.verdict == "refused"
    assert found.override == "none"
    assert "up to 3400 ng/ml" in found.detail
    assert "1000 ng/ml" in found.detail
    assert "mccleskey_2013" in found.source
    assert not details(findings, "anaesthetic_dose_unknown")


def test_fraction_of_one_cream_is_not_used_for_another() -> None:
    assert "absorbed_fraction" not in library().protocol["anaesthetic_overdose"].thresholds


def test_lidocaine_of_two_creams_adds_up(cheek_pen: Data, checked: Check) -> None:
    # 0.44 of 1 ug/ml and, for 24 kg, 30 g * 2.5 % * 10 % = 75 mg of 108 mg: 0.44 + 0.694 = 113 %.
    cheek_pen["patient"]["mass"] = "24 kg"
    cream(cheek_pen, amount="30 g")
    assert not details(checked(cheek_pen), "anaesthetic_overdose")
    again(cheek_pen, product="lidocaine-4", amount="5 g")
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "Together these make 113 %" in found


def test_cream_of_which_nothing_is_known_defers(cheek_pen: Data) -> None:
    shipped = library()
    unknown = replace(shipped.product("compounded-lidocaine-23-tetracaine-7"), id="unknown", fields={})
    known = Library()
    known.__dict__["products"] = shipped.products | {"unknown": unknown}
    cream(cheek_pen, product="unknown")
    findings = check_plan(Plan.model_validate(cheek_pen), known)
    assert findings.verdict == "deferred"
    assert details(findings, "anaesthetic_dose_unknown") == [f"{unknown.name}."]


@pytest.mark.parametrize(
    ("age", "amount", "area", "said"),
    [
        ("4 years", "11 g", "100 cm^2", "amount 11 g; the label allows 10 g at 4 years"),
        ("5.5 years", "10 g", "110 cm^2", "area 110 cm^2; the label allows 100 cm^2 at 5.5 years"),
        ("6 years", "21 g", "200 cm^2", "amount 21 g; the label allows 20 g at 6 years"),
        ("11 years", "20 g", "210 cm^2", "area 210 cm^2; the label allows 200 cm^2 at 11 years"),
    ],
)
def test_children_have_limits_of_their_own(
    age: str, amount: str, area: str, said: str, cheek_pen: Data, checked: Check
) -> None:
    cream(cheek_pen, amount=amount)
    cheek_pen["zones"][0]["area"] = area
    assert not details(checked(cheek_pen), "anaesthetic_overdose")
    cheek_pen["patient"]["age"] = age
    del cheek_pen["patient"]["menopause_age"]
    findings = checked(cheek_pen)
    (found,) = details(findings, "anaesthetic_overdose")
    assert said in found
    assert not details(findings, "anaesthetic_label_unknown")


def test_limits_of_adults_are_said_to_be_theirs(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["patient"]["age"] = "14 years"
    del cheek_pen["patient"]["menopause_age"]
    (found,) = details(checked(cheek_pen), "anaesthetic_label_unknown")
    assert "limit of adults only: amount, area, duration" in found


def test_amount_per_area_of_the_example(cheek_pen: Data, checked: Check) -> None:
    # 12 g on 76 cm^2 are 0.158 g/cm^2; the example's 11 g are 0.145.
    cream(cheek_pen, amount="12 g")
    (found,) = details(checked(cheek_pen), "anaesthetic_amount_per_area")
    assert "0.158 g/cm^2" in found
    assert "0.15 g/cm^2" in found


def test_depth_names_every_dataset_with_its_band(cheek_pen: Data, checked: Check) -> None:
    needles(cheek_pen, set_depth="1.25 mm")
    (found,) = details(checked(cheek_pen), "depth_against_layers")
    for layers in library().layers("cheek", "female", 52.0):
        low, centre, high = (f"{1e3 * depth:.2f}" for depth in layers.depth_band())
        assert f"{layers.label}, {centre} mm ({low} to {high} mm)" in found
        assert found.count(layers.label) == 1
        assert layers.dataset not in found
        assert "[" not in found
    likely, rest = found.split("Not exceeded: ")
    assert "Likely exceeded: " in likely
    assert likely.count(" to ") - 1 == 2  # meng_2022 with 1.07 mm and iyengar_2018 with 1.00 mm
    assert "Possibly" not in rest


def test_depth_beyond_the_thin_end_of_a_dataset_warns(cheek_pen: Data, checked: Check) -> None:
    # The centres are at least 1.00 mm, the 5 % ends of two datasets 0.55 and 0.62 mm.
    (found,) = details(checked(cheek_pen), "depth_against_layers")
    assert "Possibly exceeded: " in found
    assert "Likely exceeded: " not in found
    needles(cheek_pen, set_depth="0.5 mm")
    assert not details(checked(cheek_pen), "depth_against_layers")


def test_depth_alone_never_stops_a_mechanical_plan(cheek_pen: Data, checked: Check) -> None:
    needles(cheek_pen, set_depth="2.5 mm")
    findings = checked(cheek_pen)
    assert details(findings, "depth_against_layers")
    assert findings.verdict == "passes_with_warnings"


def test_pen_without_a_label_depth_takes_that_of_the_face(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["device"] = {
        "kind": "pen",
        "needle_count": 12,
        "needle_diameter": "0.25 mm",
        "maximum_depth": "2.5 mm",
        "rate": "90 Hz",
    }
    needles(cheek_pen, set_depth="1.6 mm")
    (found,) = details(checked(cheek_pen), "depth_beyond_label")
    assert "evaluated up to 1.5 mm" in found
    cheek_pen["zones"][0]["site"] = "abdomen"
    assert not details(checked(cheek_pen), "depth_beyond_label")


@pytest.mark.parametrize(
    ("device", "changes", "named"),
    [
        ({"model": "skinpen-precision"}, {}, "needle_diameter"),
        ({"model": "skinpen-precision", "needle_diameter": "0.25 mm"}, {}, None),
        ({"model": "exceed"}, {}, "rate (or frequency in each needling step)"),
        ({"model": "exceed"}, {"frequency": "90 Hz"}, None),
        ({"model": "dermaroller-c8"}, {}, "needle_diameter, drum_diameter, swath_width"),
        ({"model": "generic-pen-12"}, {}, None),
    ],
)
def test_figures_that_the_computation_needs(
    device: Data, changes: Data, named: str | None, cheek_pen: Data, checked: Check
) -> None:
    cheek_pen["device"] = device
    needles(cheek_pen, **changes)
    found = details(checked(cheek_pen), "device_fields_needed")
    assert [said.split(": ")[1] for said in found] == ([f"{named}."] if named else [])


@pytest.mark.parametrize(
    "model", [name for name, each in library().devices.items() if each.kind not in ("rf_array", *PATCH_KINDS)]
)
def test_figures_are_named_exactly_where_the_computation_fails(model: str, cheek_pen: Data, checked: Check) -> None:
    cheek_pen["device"] = {"model": model}
    needles(cheek_pen, set_depth="0.5 mm")
    plan = Plan.model_validate(cheek_pen)
    bench = Bench(plan, library().device(model), library(), scenario_batch(16, 0, 0))
    layers = layers_of(bench, plan.zones[0])
    failing = bool(details(checked(cheek_pen), "device_fields_needed"))
    with pytest.raises(LibraryError, match="not published") if failing else nullcontext():
        channels_of(bench, "cheeks", layers)


def test_kinds_of_findings(cheek_pen: Data, checked: Check) -> None:
    cream(cheek_pen, amount="12 g")
    kinds: dict[str, Finding] = {finding.rule: finding for finding in checked(cheek_pen).findings}
    assert kinds["anaesthetic_amount_per_area"].kind == "limit"
    assert kinds["consult_provider"].kind == "protocol"
