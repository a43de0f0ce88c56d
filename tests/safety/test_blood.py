"""Anaesthetic that reaches the blood: as computed, from patches, and where nothing bounds it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import run
from percuta.library.entries import Product
from percuta.library.registry import library
from percuta.plan.model import Plan
from percuta.safety.blood import Level
from percuta.safety.findings import Finding, Findings
from percuta.sources import Sourced
from percuta.units import convert

from .test_left_on import checked_with
from .test_protocol import PATCH_STEP, labelled, last, much_cream, place, radiofrequency, remove, step

Data = dict[str, Any]
Check = Callable[[Data], Findings]
LEVELS = ("anaesthetic_level_computed", "anaesthetic_level_raised")
USUAL = library().product("lidocaine-prilocaine-2.5-2.5")


def found(findings: Findings, rule: str) -> list[Finding]:
    return [each for each in findings.findings if each.rule == rule]


def unlabelled(*kept: str) -> Product:
    """The usual cream as one's own, without most of what bounds its dose."""
    figures = {key: entry for key, entry in USUAL.fields.items() if not key.startswith(("label", "absorbed", "observ"))}
    return replace(USUAL, id="own", fields=figures | {name: USUAL.fields[name] for name in kept})


def lidocaine(*peaks: float) -> Level:
    first, toxic = (Sourced(f"drug.{level}", level, "ug/ml", None, "measured") for level in (1.0, 5.0))
    return Level("Lidocaine", np.array(peaks), first, toxic)


@pytest.mark.parametrize(
    ("peaks", "stops", "warns"),
    [
        ((0.5, 0.6, 0.9), False, False),
        ((0.5, 0.6, 1.0), False, True),
        ((0.5, 1.0, 1.0), True, True),
        ((0.5, 0.6, 5.0), True, True),
    ],
)
def test_what_is_compared_with_the_levels(peaks: tuple[float, ...], stops: bool, warns: bool) -> None:
    level = lidocaine(*peaks)
    assert (level.stops(1.0), level.warns(1.0)) == (stops, warns)


def test_the_numbers_are_those_of_the_simulation(cheek_pen: Data, checked: Check) -> None:
    much_cream("600 cm^2", "60 g")(cheek_pen)
    plan = Plan.model_validate(cheek_pen)
    exposure = run(plan, library(), scenario_batch(64, 0, 0)).exposure
    assert exposure is not None
    plasma = exposure.plasma[:, :, exposure.drugs.index("lidocaine")]
    middle, high = (convert(float(np.quantile(plasma.max(axis=1), share)), "ug/ml") for share in (0.5, 0.95))
    (hit,) = found(checked(cheek_pen), "anaesthetic_level_raised")
    assert f"as computed: {middle:.2g} ug/ml in the median, {high:.2g} ug/ml at the 95 % end" in hit.detail
    assert "first signs may come from 1 ug/ml" in hit.detail
    assert "pliaglis_label" in hit.source


def test_zones_alike_count_together(cheek_pen: Data, checked: Check) -> None:
    much_cream("300 cm^2", "60 g")(cheek_pen)
    assert not found(checked(cheek_pen), "anaesthetic_level_raised")
    cheek_pen["zones"].append(cheek_pen["zones"][0] | {"name": "other"})
    step(cheek_pen, "needling", zones=["cheeks", "other"])
    (two,) = found(checked(cheek_pen), "anaesthetic_level_raised")
    cheek_pen["zones"].pop()
    step(cheek_pen, "needling", zones=["cheeks"])
    much_cream("600 cm^2", "60 g")(cheek_pen)
    (one,) = found(checked(cheek_pen), "anaesthetic_level_raised")
    assert two.detail == one.detail


def test_one_finding_not_two(cheek_pen: Data, checked: Check) -> None:
    much_cream("1500 cm^2", "225 g")(cheek_pen)
    findings = checked(cheek_pen)
    assert [rule for rule in LEVELS for _ in found(findings, rule)] == ["anaesthetic_level_computed"]


def test_a_cream_whose_label_is_not_known_is_bounded_by_the_simulation(cheek_pen: Data) -> None:
    much_cream("1500 cm^2", "225 g")(cheek_pen)
    step(cheek_pen, "topical_anaesthetic", product="own")
    findings = checked_with(unlabelled("absorbed_fraction"), cheek_pen)
    assert not found(findings, "anaesthetic_dose_unknown")
    assert found(findings, "anaesthetic_level_computed")


def test_needles_and_other_creams_do_not_hide_it(cheek_pen: Data, checked: Check) -> None:
    much_cream("1500 cm^2", "225 g")(cheek_pen)
    last(cheek_pen, do="topical_anaesthetic", product="lidocaine-4", amount="1 g", duration="30 min")
    (hit,) = found(checked(cheek_pen), "anaesthetic_level_computed")
    assert "as computed:" in hit.detail
    last(cheek_pen, do="topical_anaesthetic", product=USUAL.id, amount="1 g", duration="30 min")
    (hit,) = found(checked(cheek_pen), "anaesthetic_level_computed")
    assert "as if all skin were intact" in hit.detail


@pytest.mark.parametrize("model", ["skinpen-precision", "generic-rf-7x7-insulated", "generic-dissolving-patch"])
def test_every_kind_of_needle_can_be_checked(model: str, cheek_pen: Data, checked: Check) -> None:
    much_cream("600 cm^2", "60 g")(cheek_pen)
    if "rf" in model:
        radiofrequency(cheek_pen)
    elif "patch" in model:
        cheek_pen["session"]["steps"][place(cheek_pen, "needling")] = dict(PATCH_STEP)
    cheek_pen["device"] = {"model": model}
    (hit,) = found(checked(cheek_pen), "anaesthetic_level_raised")
    assert ("as if all skin were intact" in hit.detail) is (model == "skinpen-precision")  # whose figures lack


@pytest.mark.parametrize(
    ("kept", "bounded"),
    [
        ((), False),
        (("label_maximum_area",), False),
        (("label_maximum_amount",), True),
        (("absorbed_fraction",), True),
        (("observed_highest_peak_lidocaine",), True),
    ],
)
def test_an_area_alone_does_not_bound_a_dose(kept: tuple[str, ...], bounded: bool, cheek_pen: Data) -> None:
    step(cheek_pen, "topical_anaesthetic", product="own")
    findings = checked_with(unlabelled(*kept), cheek_pen)
    assert bool(found(findings, "anaesthetic_dose_unknown")) is not bounded
    (hit,) = found(findings, "anaesthetic_label_unknown")
    assert ("amount" in hit.detail) is ("label_maximum_amount" not in kept)
    assert ("area" in hit.detail) is ("label_maximum_area" not in kept)


@pytest.mark.parametrize(("amount", "thin"), [("7 g", True), ("7.6 g", False), ("11 g", False)])
def test_a_thin_layer(amount: str, thin: bool, cheek_pen: Data, checked: Check) -> None:
    # on 76 cm^2; 7.6 g are 0.1 g/cm^2, which the label gives for large areas, and 7 g are 0.0921
    step(cheek_pen, "topical_anaesthetic", amount=amount)
    hits = found(checked(cheek_pen), "anaesthetic_layer_thin")
    assert [hit.detail.rpartition(": ")[2] for hit in hits] == (
        ["0.0921 g/cm^2; the label recommends 0.15 g/cm^2."] if thin else []
    )


def test_a_load_that_does_not_fit_is_told_with_its_numbers(cheek_pen: Data, checked: Check) -> None:
    most = 100 * math.pi / 12 * 0.25**2 * 0.5 * 1.5  # mg
    labelled(load_per_patch=f"{0.99 * most:.4f} mg")(cheek_pen)
    assert not found(checked(cheek_pen), "patch_load_too_large")
    cheek_pen["device"]["load_per_patch"] = f"{1.01 * most:.4f} mg"
    (hit,) = found(checked(cheek_pen), "patch_load_too_large")
    assert "100 cones of together 0.818 mm^3" in hit.detail
    assert "at 1.5 g/cm^3 these hold 1,230 ug at most" in hit.detail


@pytest.mark.parametrize("model", [name for name, each in library().devices.items() if "patch" in each.kind])
def test_no_patch_of_the_library_is_overfull(model: str, cheek_pen: Data, checked: Check) -> None:
    labelled()(cheek_pen)
    cheek_pen["device"] = {"model": model}
    assert not found(checked(cheek_pen), "patch_load_too_large")


@pytest.mark.parametrize(
    ("drug", "factor", "word"),
    [("lidocaine", 1.0, "lidocaine"), ("Lidocaine hydrochloride", 1.0, "lidocaine"), ("tetracaine", 4.0, "tetracaine")],
)
def test_the_load_of_numbing_patches_counts_whole(
    drug: str, factor: float, word: str, cheek_pen: Data, checked: Check
) -> None:
    labelled(drug=drug, load_per_patch="1 mg")(cheek_pen)
    step(cheek_pen, "patch", patches=76)
    cheek_pen["patient"]["mass"] = "40 kg"
    limit = 4.5 * 40  # mg
    assert not found(checked(cheek_pen), "anaesthetic_overdose") or factor * 76 > limit
    per_patch = 1.02 * limit / factor / 76
    cheek_pen["device"]["load_per_patch"] = f"{per_patch:.4f} mg"
    (hit,) = found(checked(cheek_pen), "anaesthetic_overdose")
    assert f"76 patches: {76 * per_patch:.4g}"[:14] in hit.detail
    assert f"mg {word}, all of it absorbed" in hit.detail


@pytest.mark.parametrize(
    ("drug", "refused"),
    [("vitamin C", True), ("L-ascorbic acid", True), ("tretinoin", True), ("retinol", True),
     ("hyaluronic acid", False), ("none", False)],
)  # fmt: skip
def test_what_does_not_belong_under_the_skin(drug: str, refused: bool, cheek_pen: Data, checked: Check) -> None:
    labelled(drug=drug, load_per_patch="0.1 mg")(cheek_pen)
    assert bool(found(checked(cheek_pen), "patch_drug_sensitising")) is refused


def test_without_a_cream_nothing_is_computed(cheek_pen: Data, checked: Check) -> None:
    remove(cheek_pen, "topical_anaesthetic")
    assert not any(found(checked(cheek_pen), rule) for rule in LEVELS)
