"""What lies on skin that is needled or peeled: anaesthetics of any kind, actives, steroids, films."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from percuta.errors import LibraryError
from percuta.library.entries import Product, read_product
from percuta.library.registry import Library, library
from percuta.plan.model import Plan
from percuta.safety.check import check_plan
from percuta.safety.findings import Finding, Findings

from .test_protocol import after_needles, before_needles, last, peeled_before_the_cream, place, remove, step

Data = dict[str, Any]
Check = Callable[[Data], Findings]


def found(findings: Findings, rule: str) -> list[Finding]:
    return [each for each in findings.findings if each.rule == rule]


def own(**table: object) -> Product:
    """A product of a file of one's own, which says nothing of intact skin."""
    return read_product("own", {"name": "Own product", **table}, library().drugs)


def checked_with(product: Product, data: Data) -> Findings:
    known = Library()
    known.__dict__["products"] = library().products | {product.id: product}
    return check_plan(Plan.model_validate(data), known)


NUMBING = own(kind="gel", drugs=["lidocaine"], sterile=True, plain=True)


@pytest.mark.parametrize(
    ("new", "severity"),
    [
        ({"do": "gel", "product": "own"}, "refuse"),
        ({"do": "aftercare", "products": ["own"]}, "refuse"),
        ({"do": "medication", "effect": "analgesic", "route": "topical", "product": "own"}, "refuse"),
        ({"do": "medication", "effect": "analgesic", "route": "oral", "product": "own"}, None),
    ],
)
def test_an_anaesthetic_is_known_by_its_drug(new: Data, severity: str | None, cheek_pen: Data) -> None:
    last(cheek_pen, **new)
    findings = checked_with(NUMBING, cheek_pen)
    assert [each.severity for each in found(findings, "anaesthetic_on_channelled_skin")] == [severity] * bool(severity)
    (hit,) = found(findings, "anaesthetic_dose_unknown")
    assert "states no amount" in hit.detail


def test_a_numbing_gel_to_glide_on_is_driven_in(cheek_pen: Data) -> None:
    step(cheek_pen, "glide_gel", product="own")
    assert found(checked_with(NUMBING, cheek_pen), "anaesthetic_on_channelled_skin")
    before_needles(cheek_pen, do="rinse")
    assert not found(checked_with(NUMBING, cheek_pen), "anaesthetic_on_channelled_skin")


@pytest.mark.parametrize(("interval", "sessions", "hits"), [("2 days", 3, 1), ("2 days", 1, 0), ("3 days", 3, 0)])
def test_the_next_session_finds_the_channels_open(
    interval: str, sessions: int, hits: int, cheek_pen: Data, checked: Check
) -> None:
    cheek_pen["course"] |= {"interval": interval, "sessions": sessions}
    late = found(checked(cheek_pen), "anaesthetic_on_channelled_skin")
    assert len(late) == hits
    assert all("From the second session on" in hit.detail for hit in late)


def test_cream_on_another_zone_than_the_needles_may_be_repeated(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["zones"].append({"name": "forehead", "site": "forehead", "area": "40 cm^2"})
    cheek_pen["course"] |= {"interval": "2 days"}
    step(cheek_pen, "topical_anaesthetic", zones=["forehead"])
    assert not found(checked(cheek_pen), "anaesthetic_on_channelled_skin")


@pytest.mark.parametrize("new", [{"do": "cleanse"}, {"do": "rinse"}])
def test_washing_takes_a_cream_off(new: Data, cheek_pen: Data, checked: Check) -> None:
    remove(cheek_pen, "remove_anaesthetic")
    assert found(checked(cheek_pen), "anaesthetic_removed_before_needles")
    before_needles(cheek_pen, **new)
    assert not found(checked(cheek_pen), "anaesthetic_removed_before_needles")


def test_cream_on_peeled_skin(cheek_pen: Data, checked: Check) -> None:
    assert not found(checked(cheek_pen), "anaesthetic_on_peeled_skin")
    peeled_before_the_cream(cheek_pen)
    (hit,) = found(checked(cheek_pen), "anaesthetic_on_peeled_skin")
    assert (hit.severity, hit.override) == ("refuse", "prescriber")
    assert hit.step == place(cheek_pen, "topical_anaesthetic") + 1


@pytest.mark.parametrize(("where", "hits"), [("remove_anaesthetic", 1), ("antisepsis", 0)])
def test_a_peel_under_the_cream(where: str, hits: int, cheek_pen: Data, checked: Check) -> None:
    cheek_pen["session"]["steps"].insert(place(cheek_pen, where), {"do": "peel", "product": "glycolic-acid-peel"})
    assert len(found(checked(cheek_pen), "anaesthetic_on_peeled_skin")) == hits


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "serum", "contains": ["vitamin_c"]},
        {"kind": "gel", "drugs": ["tretinoin"], "sterile": True, "plain": True},
        {"kind": "steroid", "drugs": ["hydrocortisone", "tretinoin"]},
        {"kind": "aftercare", "contains": ["preservative"], "intact_skin_only": False},
    ],
)
@pytest.mark.parametrize("put_on", ["gel", "aftercare", "steroid_gel", "cleanse"])
def test_actives_count_whatever_a_product_says_of_itself(table: Data, put_on: str, cheek_pen: Data) -> None:
    product = {"products": ["own"]} if put_on == "aftercare" else {"product": "own"}
    last(cheek_pen, do=put_on, **product)
    assert found(checked_with(own(**table), cheek_pen), "actives_while_channels_open")


def test_a_cleanser_is_gone_before_the_needles(cheek_pen: Data, checked: Check) -> None:
    before_needles(cheek_pen, do="cleanse", product="mild-cleanser")
    assert not found(checked(cheek_pen), "actives_while_channels_open")
    after_needles(cheek_pen, do="cleanse", product="mild-cleanser")
    (hit,) = found(checked(cheek_pen), "actives_while_channels_open")
    assert "preservative" in hit.detail


def test_a_cream_with_actives_counts_unless_it_is_taken_off(cheek_pen: Data) -> None:
    cream = own(kind="anaesthetic", drugs=["lidocaine"], contains=["preservative"])
    step(cheek_pen, "topical_anaesthetic", product="own")
    assert not found(checked_with(cream, cheek_pen), "actives_while_channels_open")
    remove(cheek_pen, "remove_anaesthetic")
    assert found(checked_with(cream, cheek_pen), "actives_while_channels_open")


def test_an_active_drug_is_named(cheek_pen: Data) -> None:
    last(cheek_pen, do="gel", product="own")
    (hit,) = found(checked_with(own(kind="gel", drugs=["ascorbic-acid"]), cheek_pen), "actives_while_channels_open")
    assert "holds ascorbic acid" in hit.detail


def test_dexpanthenol_is_refused_with_what_speaks_for_it(cheek_pen: Data, checked: Check) -> None:
    step(cheek_pen, "aftercare", products=["dexpanthenol-ointment"])
    (hit,) = found(checked(cheek_pen), "actives_while_channels_open")
    assert hit.override == "prescriber"
    assert any("dexpanthenol" in view["says"] for view in hit.views)


@pytest.mark.parametrize("put_on", ["steroid_gel", "gel", "aftercare"])
def test_a_steroid_is_judged_alike_by_whatever_step(put_on: str, cheek_pen: Data, checked: Check) -> None:
    name = "hydrocortisone-1-gel"
    last(cheek_pen, do=put_on, **({"products": [name]} if put_on == "aftercare" else {"product": name}))
    findings = checked(cheek_pen)
    about = {each.rule: each.severity for each in findings.findings if "Hydrocortisone" in each.detail}
    assert about == {"steroid_gel": "warn"}
    assert findings.verdict == "passes_with_warnings"


def test_aftercare_that_is_not_sterile_is_warned_of(cheek_pen: Data) -> None:
    plain = own(kind="aftercare", sterile=False, plain=True)
    step(cheek_pen, "aftercare", products=["own"])
    findings = checked_with(plain, cheek_pen)
    (hit,) = found(findings, "aftercare_sterile_plain")
    assert "not sterile" in hit.detail
    assert "not plain" not in hit.detail
    assert findings.verdict == "passes_with_warnings"


@pytest.mark.parametrize("ends", [None, "remove_anaesthetic", "cleanse", "rinse"])
@pytest.mark.parametrize("put_on", ["topical_anaesthetic", "gel"])
def test_a_film_stays_until_something_takes_it_off(
    put_on: str, ends: str | None, cheek_pen: Data, checked: Check
) -> None:
    remove(cheek_pen, "remove_anaesthetic")
    if put_on == "gel":
        remove(cheek_pen, "topical_anaesthetic")
        before_needles(cheek_pen, do="gel", product="sterile-plain-hydrogel", occluded=True)
    if ends is not None:
        before_needles(cheek_pen, do=ends)
    hits = found(checked(cheek_pen), "occlusion_of_needled_zone")
    assert [hit.step for hit in hits] == ([] if ends else [place(cheek_pen, put_on) + 1])
    assert all("before the needles" in hit.detail for hit in hits)


def test_an_anaesthetic_without_a_drug_is_an_error_of_the_library() -> None:
    with pytest.raises(LibraryError, match="an anaesthetic without a drug"):
        own(kind="anaesthetic", drugs=[])
