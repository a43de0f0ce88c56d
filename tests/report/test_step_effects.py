"""What the step table says a step changes is what the result and the engine know."""

from __future__ import annotations

from dataclasses import replace

from percuta.plan.steps import STEP_KINDS
from percuta.report.material import ReportMaterial
from percuta.report.plan_summary import steps
from percuta.report.step_effects import effects

NOTHING = ["Takes its time; no other effect is computed."]


def made(material: ReportMaterial, kind: str, **given: object) -> list[str]:
    """Return what is said of one more step of a plan, at its end."""
    return said(with_step(material, kind, **given))[-1]


def with_step(material: ReportMaterial, kind: str, **given: object) -> ReportMaterial:
    """Return the same result with one more step in its plan."""
    new = STEP_KINDS[kind].model_validate({"do": kind, **given})
    session = material.plan.session.model_copy(update={"steps": (*material.plan.session.steps, new)})
    return replace(material, plan=material.plan.model_copy(update={"session": session}))


def without(material: ReportMaterial, group: str) -> ReportMaterial:
    """Return a result that lacks a group of every zone."""
    return replace(material, tree=material.tree.filter(lambda node: node.name != group))


def said(material: ReportMaterial) -> list[list[str]]:
    return [effects(step, material) for step in material.plan.session.steps]


def test_every_step_says_what_it_changes(pen: ReportMaterial, pulses_only: ReportMaterial) -> None:
    for material in (pen, pulses_only):
        assert all(row["effects"] for row in steps(material))


def test_needles_say_whether_healing_is_computed(pen: ReportMaterial) -> None:
    needles = {step.do: text for step, text in zip(pen.plan.session.steps, said(pen), strict=True)}["needling"]
    assert needles == ["Opens channels and injures the dermis, to which cells and new collagen answer."]
    found = said(without(pen, "course"))
    assert ["Opens channels and injures the dermis."] in found


def test_a_cream_numbs_only_where_the_result_has_its_block(pen: ReportMaterial) -> None:
    cream = {"product": "lidocaine-4", "amount": "5 g", "duration": "30 min"}
    zones = [zone.name for zone in pen.plan.zones]
    computed = any(pen.values(f"zones/{zone}/anaesthesia/block_depth") is not None for zone in zones)
    (text,) = made(pen, "topical_anaesthetic", **cream)
    assert text.startswith("Numbs") is computed
    (text,) = made(without(pen, "anaesthesia"), "topical_anaesthetic", **cream)
    assert text.startswith("Neither")


def test_a_peel_counts_for_a_cream_that_comes_after_it(pen: ReportMaterial) -> None:
    peeled = with_step(pen, "peel", product="glycolic-acid-peel")
    assert "No computed number follows it" in " ".join(said(peeled)[-1])
    creamed = with_step(peeled, "topical_anaesthetic", product="lidocaine-4", amount="5 g", duration="30 min")
    assert "the cream that comes after it counts this" in " ".join(said(creamed)[-2])


def test_gels_and_what_they_hold(pen: ReportMaterial) -> None:
    collagen = " ".join(made(pen, "glide_gel", product="collagen-gel-vitamins-aloe"))
    assert "friction" in collagen
    assert "no credit" in collagen
    assert "How much ascorbic acid passes the skin was sought and not found" in collagen
    plain = made(pen, "gel", product="sterile-plain-hydrogel")
    assert plain == ["Wets the skin; by how much was not found, so that no number changes for it."]


def test_a_steroid_says_whether_the_course_counts_it(pen: ReportMaterial) -> None:
    gel = " ".join(made(pen, "steroid_gel", product="hydrocortisone-1-gel"))
    assert "Lowers the synthesis of collagen" in gel
    assert "intact skin" in gel
    injected = made(pen, "medication", product="triamcinolone-injection", effect="other", route="injection")
    assert "leaves this one out" in " ".join(injected)


def test_closing_is_said_as_the_engine_counts_it(pen: ReportMaterial) -> None:
    computed = any(pen.values(f"zones/{zone.name}/barrier/open_fraction") is not None for zone in pen.plan.zones)
    for kind, given, words in (
        ("medication", {"effect": "anti_inflammatory", "route": "topical"}, "more slowly"),
        ("gel", {"product": "dexpanthenol-ointment"}, "sooner"),
        ("gel", {"product": "sterile-plain-hydrogel", "occluded": True}, "film"),
    ):
        assert (words in " ".join(made(pen, kind, **given))) is computed


def test_what_has_no_computed_effect_says_so(pen: ReportMaterial) -> None:
    assert made(pen, "photograph") == NOTHING
    assert made(pen, "sun_protection") == NOTHING
    assert made(pen, "medication", effect="analgesic", route="oral") == NOTHING
    assert "not computed" in made(pen, "cool")[0]
