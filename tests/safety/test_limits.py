"""Doses and depths against their limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from percuta.library.registry import library
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


def test_absorbed_lidocaine_by_hand(cheek_pen: Data, checked: Check) -> None:
    # 27 g of 23 % lidocaine hold 6210 mg; 5 % of it are 310.5 mg, above 300 mg. 26 g give 299 mg.
    cream(cheek_pen, product="compounded-lidocaine-23-tetracaine-7", amount="27 g")
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "310 mg" in found
    assert "300 mg" in found
    cream(cheek_pen, amount="26 g")
    assert not details(checked(cheek_pen), "anaesthetic_overdose")


def test_a_light_person_has_a_smaller_dose(cheek_pen: Data, checked: Check) -> None:
    # 4.5 mg/kg of 40 kg are 180 mg; 16 g of 23 % lidocaine give 184 mg.
    cream(cheek_pen, product="compounded-lidocaine-23-tetracaine-7", amount="16 g")
    assert not details(checked(cheek_pen), "anaesthetic_overdose")
    cheek_pen["patient"]["mass"] = "40 kg"
    (found,) = details(checked(cheek_pen), "anaesthetic_overdose")
    assert "180 mg" in found


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
        assert f"[{layers.dataset}]" in found
        low, centre, high = (f"{1e3 * depth:.2f}" for depth in layers.depth_band())
        assert f"{centre} mm ({low} to {high} mm" in found
    assert found.count("exceeded") == 2  # meng_2022 with 1.07 mm and iyengar_2018 with 1.00 mm


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


def test_kinds_of_findings(cheek_pen: Data, checked: Check) -> None:
    cream(cheek_pen, amount="12 g")
    kinds: dict[str, Finding] = {finding.rule: finding for finding in checked(cheek_pen).findings}
    assert kinds["anaesthetic_amount_per_area"].kind == "limit"
    assert kinds["consult_provider"].kind == "protocol"
