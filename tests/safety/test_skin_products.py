"""Products by what they hold whichever step puts them on, medicines by route, and the time that a cream is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from percuta.errors import LibraryError, PercutaError
from percuta.library.entries import read_product
from percuta.library.registry import library
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.plan.writing import write_plan
from percuta.safety.findings import Finding, Findings

Data = dict[str, Any]
Check = Callable[[Data], Findings]


def found(findings: Findings, rule: str) -> list[Finding]:
    return [each for each in findings.findings if each.rule == rule]


def steps(data: Data) -> list[Data]:
    listed: list[Data] = data["session"]["steps"]
    return listed


def place(data: Data, kind: str) -> int:
    return next(index for index, step in enumerate(steps(data)) if step["do"] == kind)


def insert(data: Data, where: str, shift: int = 0, **new: object) -> None:
    steps(data).insert(place(data, where) + shift, new)


@pytest.mark.parametrize(
    "new",
    [
        {"do": "sun_protection", "product": "retinoid-cream"},
        {"do": "antisepsis", "product": "vitamin-c-serum"},
        {"do": "medication", "product": "retinoid-cream", "effect": "other", "route": "topical"},
        {"do": "aftercare", "products": ["retinoid-cream"]},
        {"do": "gel", "product": "vitamin-c-serum"},
    ],
)
def test_actives_are_refused_whichever_step_puts_them_on(new: Data, cheek_pen: Data, checked: Check) -> None:
    steps(cheek_pen).append(new)
    (hit,) = found(checked(cheek_pen), "actives_while_channels_open")
    assert hit.severity == "refuse"
    assert "holds" in hit.detail


def test_actives_by_mouth_are_no_matter_of_the_channels(cheek_pen: Data, checked: Check) -> None:
    steps(cheek_pen).append({"do": "medication", "product": "retinoid-cream", "effect": "other", "route": "oral"})
    assert not found(checked(cheek_pen), "actives_while_channels_open")


@pytest.mark.parametrize("kind", ["sun_protection", "antisepsis", "gel"])
def test_actives_before_the_needles_count_unless_rinsed_off(kind: str, cheek_pen: Data, checked: Check) -> None:
    insert(cheek_pen, "needling", do=kind, product="retinoid-cream")
    assert found(checked(cheek_pen), "actives_while_channels_open")
    insert(cheek_pen, "needling", do="rinse")
    assert not found(checked(cheek_pen), "actives_while_channels_open")


def test_sunscreen_waits_and_is_not_refused(cheek_pen: Data, checked: Check) -> None:
    steps(cheek_pen)[place(cheek_pen, "sun_protection")]["product"] = "tinted-sunscreen"
    findings = checked(cheek_pen)
    assert not found(findings, "actives_while_channels_open")
    (hit,) = found(findings, "sunscreen_waits")
    assert "fragrance" in hit.detail


@pytest.mark.parametrize(
    ("antiseptic", "warned"),
    [
        ({"agent": "alcohol"}, True),
        ({"product": "isopropyl-alcohol-70"}, True),
        ({}, True),
        ({"agent": "hypochlorous"}, False),
        ({"product": "povidone-iodine"}, False),
    ],
)
def test_alcohol_after_the_needles(antiseptic: Data, warned: bool, cheek_pen: Data, checked: Check) -> None:
    steps(cheek_pen)[place(cheek_pen, "antisepsis")] = {"do": "antisepsis", **antiseptic}
    assert not found(checked(cheek_pen), "alcohol_on_channelled_skin")  # before them
    insert(cheek_pen, "needling", 1, do="antisepsis", **antiseptic)
    hits = found(checked(cheek_pen), "alcohol_on_channelled_skin")
    assert bool(hits) is warned
    assert all(("does not say" in hit.detail) is (not antiseptic) for hit in hits)


@pytest.mark.parametrize(
    ("effect", "route", "rules"),
    [
        ("anti_inflammatory", "injection", {"injected_medication"}),
        ("analgesic", "injection", {"injected_medication"}),
        ("anti_inflammatory", "oral", {"oral_anti_inflammatory"}),
        ("anti_inflammatory", "topical", {"topical_anti_inflammatory"}),
        ("analgesic", "oral", {"analgesic_medication"}),
        ("analgesic", "topical", {"analgesic_medication"}),
        ("antiviral", "oral", set()),
    ],
)
def test_medicine_is_judged_by_its_route(
    effect: str, route: str, rules: set[str], cheek_pen: Data, checked: Check
) -> None:
    steps(cheek_pen).append({"do": "medication", "effect": effect, "route": route})
    every = {"injected_medication", "oral_anti_inflammatory", "topical_anti_inflammatory", "analgesic_medication"}
    hits = [each for each in checked(cheek_pen).findings if each.rule in every]
    assert {each.rule for each in hits} == rules
    assert all(f"{effect.replace('_', '-')}, {route}." in each.detail for each in hits)
    assert all("found" in each.reason for each in hits)  # what nobody measured is said


def test_a_cream_without_its_figures_names_them(cheek_pen: Data, checked: Check) -> None:
    assert not found(checked(cheek_pen), "product_figures_needed")
    cream = steps(cheek_pen)[place(cheek_pen, "topical_anaesthetic")]
    cream["product"] = "compounded-lidocaine-23-tetracaine-7"
    (hit,) = found(checked(cheek_pen), "product_figures_needed")
    assert "saturation_lidocaine" in hit.detail
    assert "saturation_tetracaine" in hit.detail
    assert "--library" in hit.change


def test_removal_before_application(cheek_pen: Data, checked: Check) -> None:
    insert(cheek_pen, "topical_anaesthetic", do="remove_anaesthetic")
    (hit,) = found(checked(cheek_pen), "removal_without_anaesthetic")
    assert hit.step == place(cheek_pen, "remove_anaesthetic") + 1
    assert not found(checked(cheek_pen), "anaesthetic_removed_before_needles")


def test_removal_from_all_zones_is_right_where_one_has_cream(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["zones"].append({"name": "forehead", "site": "forehead", "area": "40 cm^2"})
    steps(cheek_pen)[place(cheek_pen, "topical_anaesthetic")]["zones"] = ["cheeks"]
    assert not found(checked(cheek_pen), "removal_without_anaesthetic")
    steps(cheek_pen)[place(cheek_pen, "remove_anaesthetic")]["zones"] = ["cheeks", "forehead"]
    (hit,) = found(checked(cheek_pen), "removal_without_anaesthetic")
    assert hit.zone == "forehead"


@pytest.mark.parametrize(("shift", "said"), [(0, "before the needles"), (1, "onto open channels")])
def test_a_peel_is_refused_on_either_side_of_the_needles(
    shift: int, said: str, cheek_pen: Data, checked: Check
) -> None:
    insert(cheek_pen, "needling", shift, do="peel", product="glycolic-acid-peel")
    (hit,) = found(checked(cheek_pen), "peel_in_session")
    assert hit.severity == "refuse"
    assert said in hit.detail


def test_waiting_before_the_removal_counts_for_the_labels_least_time(cheek_pen: Data, checked: Check) -> None:
    steps(cheek_pen)[place(cheek_pen, "topical_anaesthetic")]["duration"] = "50 min"
    (hit,) = found(checked(cheek_pen), "anaesthetic_duration")
    assert "50 min; the label gives at least 60 min" in hit.detail
    insert(cheek_pen, "remove_anaesthetic", do="photograph", duration="10 min")
    assert not found(checked(cheek_pen), "anaesthetic_duration")


def test_waiting_before_the_removal_counts_for_the_labels_most_time(cheek_pen: Data, checked: Check) -> None:
    steps(cheek_pen)[place(cheek_pen, "topical_anaesthetic")]["duration"] = "5 h"
    assert not found(checked(cheek_pen), "anaesthetic_overdose")
    insert(cheek_pen, "remove_anaesthetic", do="photograph")  # 3 min typically
    (hit,) = found(checked(cheek_pen), "anaesthetic_overdose")
    assert "duration 5.05 h; the label allows 5 h" in hit.detail


def test_cream_on_a_second_zone_is_waiting_for_the_first(cheek_pen: Data, checked: Check) -> None:
    # 3 h on the cheeks, then 3 min of spreading and 2 h on the forehead: 5.05 h on the cheeks, 2 h on the forehead.
    cheek_pen["zones"].append({"name": "forehead", "site": "forehead", "area": "40 cm^2"})
    cream = steps(cheek_pen)[place(cheek_pen, "topical_anaesthetic")]
    cream |= {"zones": ["cheeks"], "duration": "3 h", "amount": "4 g"}
    insert(cheek_pen, "topical_anaesthetic", 1, **(cream | {"zones": ["forehead"], "duration": "2 h"}))
    (hit,) = found(checked(cheek_pen), "anaesthetic_overdose")
    assert hit.zone == "cheeks"
    assert "duration 5.05 h" in hit.detail


def test_a_strength_above_100_percent_is_an_error_of_the_library() -> None:
    raw = {
        "name": "Too much",
        "kind": "anaesthetic",
        "drugs": ["lidocaine"],
        "fields": {"strength_lidocaine": {"value": "1.2 g/g", "grade": "assumed", "source": []}},
    }
    with pytest.raises(LibraryError, match="above 100 %"):
        read_product("too-much", raw, library().drugs)


def test_an_unknown_product_is_an_error_that_names_the_nearest(cheek_pen: Data) -> None:
    text = write_plan(Plan.model_validate(cheek_pen)).replace("lidocaine-prilocaine-2.5-2.5", "lidocaine-prilocaine")
    with pytest.raises(PercutaError, match=r"lidocaine-prilocaine-2\.5-2\.5"):
        read_plan(text, "test")
