"""Overrides, verdicts, order, wording and the example plans."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from percuta.library.bibliography import bibliography
from percuta.library.registry import library
from percuta.plan.model import Override
from percuta.plan.reading import load_plan
from percuta.safety.check import check_plan
from percuta.safety.findings import Asked, Finding, Findings, Kind

Data = dict[str, Any]
Check = Callable[[Data], Findings]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PLANS = [path for path in sorted(EXAMPLES.glob("*.toml")) if not path.stem.startswith("pulse_")]
DOCTOR = {"name": "Dr. A. Example", "reason": "Discussed with the person, test area without findings."}
SCREENING = library().screening
FORBIDDEN = re.compile(r"\b(safe|safely|optimal|optimally|perfect|guaranteed)\b", re.IGNORECASE)

NEVER = {
    "active_skin_cancer",
    "suspicious_pigmented_lesion",
    "active_herpes",
    "infection_in_field",
    "pregnant",
    "active_implant",
    "cartridge_used_on_another_person",
    "anaesthetic_overdose",
    "inside_orbital_rim",
}


def finding(severity: str = "advise", kind: Kind = "protocol", **more: Any) -> Finding:
    return Finding("a_rule", severity, "Because.", "Change it.", kind, **more)


def example(name: str) -> Findings:
    return check_plan(load_plan(EXAMPLES / f"{name}.toml"), library())


def make_fire(rule: str, data: Data) -> None:
    """Change the plan so that a rule fires that nobody can override."""
    if rule == "active_implant":
        steps = data["session"]["steps"]
        index = next(number for number, step in enumerate(steps) if step["do"] == "needling")
        dose = {"power": "25 W", "pulse_width": "100 ms"}
        steps[index] = {"do": "rf_pulses", "zones": ["cheeks"], "set_depth": "1.0 mm"} | dose
        data["device"] = {"model": "generic-rf-7x7-insulated"}
    if rule in SCREENING:
        data["patient"]["screening"][rule] = "yes"
    elif rule == "anaesthetic_overdose":
        next(step for step in data["session"]["steps"] if step["do"] == "topical_anaesthetic")["amount"] = "70 g"
    elif rule == "inside_orbital_rim":
        data["zones"][0]["site"] = "lower-eyelid"


def test_the_rules_that_nobody_overrides() -> None:
    rules = (*SCREENING.values(), *library().protocol.values())
    assert {rule.id for rule in rules if rule.severity in ("refuse", "defer") and rule.override == "none"} == NEVER
    assert all(rule.override == "none" for rule in rules if rule.severity in ("warn", "advise"))


@pytest.mark.parametrize("rule", sorted(NEVER))
def test_override_of_such_a_rule_has_no_effect(rule: str, cheek_pen: Data, checked: Check) -> None:
    make_fire(rule, cheek_pen)
    cheek_pen["overrides"] = [{"rule": rule, **DOCTOR}]
    findings = checked(cheek_pen)
    assert findings.verdict == "refused"
    severities = [each.severity for each in findings.findings if each.rule == rule]
    assert "refuse" in severities
    assert "warn" in severities
    remark = next(each for each in findings.findings if each.rule == rule and each.severity == "warn")
    assert "nobody can override" in remark.reason
    assert DOCTOR["name"] in remark.detail
    assert all(each.overridden is None for each in findings.findings)


@pytest.mark.parametrize("rule", ["isotretinoin_current", "nursing", "keloid_elsewhere", "bleeding_disorder"])
def test_prescriber_overrides_and_stays_visible(rule: str, cheek_pen: Data, checked: Check) -> None:
    cheek_pen["patient"]["screening"][rule] = "yes"
    assert checked(cheek_pen).exit_code == 3
    cheek_pen["overrides"] = [{"rule": rule, **DOCTOR}]
    findings = checked(cheek_pen)
    (found,) = (each for each in findings.findings if each.rule == rule)
    assert found.overridden == DOCTOR
    assert found.severity in ("refuse", "defer")
    assert findings.verdict == "passes_with_warnings"
    assert findings.exit_code == 0
    assert f"1 finding is overridden by {DOCTOR['name']}." in findings.sentence
    assert found.as_dict()["overridden"] == DOCTOR


def test_disagreeing_sources_are_shown(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["patient"]["screening"]["isotretinoin_current"] = "yes"
    (found,) = (each for each in checked(cheek_pen).findings if each.rule == "isotretinoin_current")
    assert {view["source"] for view in found.views} >= {"skinpen_consent", "mysore_2017"}


def test_prescriber_may_override_a_protocol_rule(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["course"]["interval"] = "3 days"
    cheek_pen["overrides"] = [{"rule": "interval_floor", **DOCTOR}]
    assert checked(cheek_pen).verdict == "passes_with_warnings"


def test_override_of_one_rule_leaves_the_others(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["patient"]["screening"] |= {"nursing": "yes", "bleeding_disorder": "yes"}
    cheek_pen["overrides"] = [{"rule": "nursing", **DOCTOR}]
    findings = checked(cheek_pen)
    assert findings.verdict == "refused"
    assert findings.findings[0].rule == "bleeding_disorder"


def test_override_without_a_finding_is_advised_against(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["overrides"] = [{"rule": "nursing", **DOCTOR}]
    findings = checked(cheek_pen)
    (remark,) = (each for each in findings.findings if each.rule == "nursing")
    assert (remark.severity, remark.kind) == ("advise", "screening")
    assert findings.verdict == "passes_with_warnings"


def test_question_of_a_warning_is_answered_and_not_overridden(cheek_pen: Data, checked: Check) -> None:
    del cheek_pen["patient"]["screening"]["herpes_history"]
    cheek_pen["overrides"] = [{"rule": "herpes_history", **DOCTOR}]
    assert checked(cheek_pen).verdict == "deferred"


@pytest.mark.parametrize(
    ("found", "verdict", "code"),
    [
        ([], "passes", 0),
        ([finding()], "passes", 0),
        ([finding("warn")], "passes_with_warnings", 0),
        ([finding("defer"), finding("warn")], "deferred", 3),
        ([finding("defer"), finding("refuse")], "refused", 3),
        ([finding("refuse", overridden=DOCTOR)], "passes_with_warnings", 0),
        ([finding("refuse", overridden=DOCTOR), finding("defer")], "deferred", 3),
    ],
)
def test_verdicts(found: list[Finding], verdict: str, code: int) -> None:
    findings = Findings(tuple(found))
    assert (findings.verdict, findings.exit_code) == (verdict, code)


@pytest.mark.parametrize(
    ("asked", "found", "verdict", "said"),
    [
        ("screening", [], "open", "Only the screening was asked so far; nothing in it stops this plan."),
        ("without_heat", [finding()], "open", "No rule asked so far stops this plan; the rules about heat are asked"),
        ("without_heat", [finding("warn")], "open", "1 warning has to be weighed."),
        ("screening", [finding("defer")], "deferred", "Deferred: this plan has to wait."),
        ("without_heat", [finding("refuse")], "refused", "Refused: 1 finding forbids this plan."),
    ],
)
def test_a_plan_passes_only_once_every_rule_was_asked(
    asked: Asked, found: list[Finding], verdict: str, said: str
) -> None:
    findings = Findings(tuple(found), asked)
    assert (findings.verdict, findings.exit_code) == (verdict, 0 if verdict == "open" else 3)
    assert said in findings.sentence


def test_a_finding_is_read_as_it_was_written() -> None:
    for one in example("as_in_the_article").findings:
        if not one.unanswered:
            assert Finding.read(json.loads(json.dumps(one.as_dict()))) == one


def test_sentences() -> None:
    assert Findings(()).sentence == "No rule stops this plan or warns against it."
    both = Findings(
        (finding("refuse"), finding("defer"), finding("defer", "screening", unanswered=True), finding("warn"))
    )
    assert both.sentence == (
        "Refused: 1 finding forbids this plan. 1 finding has to be settled first. "
        "1 screening question has no answer yet. 1 warning has to be weighed."
    )


def test_gravest_first_then_by_step() -> None:
    findings = example("as_in_the_article").findings
    ranks = [each.rank for each in findings]
    assert ranks == sorted(ranks)
    assert [each.severity for each in findings] == sorted(
        (each.severity for each in findings), key=["refuse", "defer", "warn", "advise"].index
    )
    steps = [each.step or 0 for each in findings if each.severity == "refuse"]
    assert steps == sorted(steps)


def test_plain_data_goes_through_json() -> None:
    data = example("as_in_the_article").as_dict()
    assert json.loads(json.dumps(data)) == data
    assert set(data["findings"][0]) == {
        "rule", "severity", "reason", "change", "kind", "detail", "zone", "step", "override", "source", "claims",
        "views", "overridden",
    }  # fmt: skip


def test_the_article_is_refused_with_the_claims_it_makes() -> None:
    findings = example("as_in_the_article")
    claims = {claim for each in findings.findings for claim in each.claims}
    assert findings.exit_code == 3
    assert claims >= {13, 14, 15, 16, 17, 18, 20, 21, 22}
    header = (EXAMPLES / "as_in_the_article.toml").read_text("utf-8").split("\n\n")[0]
    assert {int(number) for number in re.findall(r"\b1[3-8]\b|\b2[0-2]\b", header)} <= claims


def test_the_article_keeps_its_order() -> None:
    kinds = [step.do for step in load_plan(EXAMPLES / "as_in_the_article.toml").session.steps]
    assert kinds == [
        "rf_pulses", "topical_anaesthetic", "gel", "peel", "rf_pulses", "topical_anaesthetic", "medication",
        "steroid_gel",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "verdict", "warned"),
    [
        ("cheek_pen", "passes_with_warnings", {"depth_against_layers"}),
        ("forehead_roller", "passes_with_warnings", {"depth_against_layers"}),
        ("acne_scar_pen", "passes_with_warnings", {"depth_against_layers"}),
        ("article_corrected", "passes_with_warnings", {"rf_2025_communication", "depth_against_layers"}),
        ("cheek_rf", "passes_with_warnings", {"rf_2025_communication", "depth_against_layers"}),
        ("eyelid_inside_orbital_rim", "refused", {"inside_orbital_rim"}),
    ],
)
def test_examples_behave_as_their_headers_say(name: str, verdict: str, warned: set[str]) -> None:
    findings = example(name)
    assert findings.verdict == verdict
    assert {each.rule for each in findings.findings if each.severity != "advise"} == warned
    header = (EXAMPLES / f"{name}.toml").read_text("utf-8").split("\n\n")[0].replace("\n# ", " ")
    assert f"`percuta check` ends with {findings.exit_code}" in header


def test_numbers_of_the_headers() -> None:
    def header(name: str) -> str:
        return (EXAMPLES / f"{name}.toml").read_text("utf-8").split("\n\n")[0].replace("\n# ", " ")

    def bands(site: str, sex: str, age: float) -> list[tuple[float, ...]]:
        return sorted(tuple(depth * 1e3 for depth in each.depth_band()) for each in library().layers(site, sex, age))

    assert f"{11 / 76:.3f} g/cm^2" in header("cheek_pen")
    woman = bands("cheek", "female", 52.0)
    assert "({:.2f} and {:.2f} mm)".format(*(low for low, _, _ in woman if low < 1.0)) in header("cheek_pen")
    assert (len(woman), min(centre for _, centre, _ in woman) >= 1.0 - 1e-9) == (5, True)
    forehead = bands("forehead", "male", 41.0)
    assert f"{forehead[0][1]:.2f} mm, its 5 % end at {forehead[0][0]:.2f} mm" in header("forehead_roller")
    assert [low < 1.0 for low, _, _ in forehead] == [True, False, False, False]
    cheek = bands("cheek", "male", 28.0)
    centres = sorted(centre for _, centre, _ in cheek)
    assert f"between {centres[0]:.2f} and {centres[-1]:.2f} mm" in header("acne_scar_pen")
    assert (len(cheek), sum(depth < 1.5 for depth in centres), sum(low < 1.5 for low, _, _ in cheek)) == (5, 2, 3)


def test_every_source_is_in_the_bibliography() -> None:
    for path in PLANS:
        for each in example(path.stem).findings:
            assert set(each.source) <= set(bibliography())


def test_wording_promises_nothing() -> None:
    rules = (*SCREENING.values(), *library().protocol.values())
    texts = [text for rule in rules for text in (rule.reason, rule.change, rule.question)]
    texts += [term.says for term in library().terms]
    for path in PLANS:
        findings = example(path.stem)
        texts += [findings.sentence, *(each.detail for each in findings.findings)]
    assert not [text for text in texts if FORBIDDEN.search(text)]


TERMS = [
    ("A needleless treatment", 3),
    ("Needle-free rejuvenation", 3),
    ("Microdermabrasion of the cheeks", 2),
    ("The needles create cold sores", 17),
    ("Safer than injections", 7),
    ("It has no risks", 7),
    ("Microporous needles", 5),
    ("Keep the needles in a cotton ball", 8),
    ("A painless session", 6),
    ("The body makes less collagen to prevent lines", 10),
    ("The collagen gel penetrates and builds up", 14),
    ("Aloe makes it work faster", 15),
    ("The top layer is peeled off", 16),
    ("Repeat three times a day", 22),
]


@pytest.mark.parametrize(("text", "claim"), TERMS)
@pytest.mark.parametrize("place", ["title", "notes", "step"])
def test_misleading_terms(text: str, claim: int, place: str, cheek_pen: Data, checked: Check) -> None:
    if place == "step":
        cheek_pen["session"]["steps"][0]["note"] = text
    else:
        cheek_pen[place] = text
    found = [each for each in checked(cheek_pen).findings if each.kind == "term"]
    assert claim in {number for each in found for number in each.claims}
    assert all(each.severity == "advise" for each in found)
    assert [each.step for each in found] == [1 if place == "step" else None] * len(found)


@pytest.mark.parametrize(
    "text",
    [
        "Cold sores as a child, aciclovir planned",
        "Pen needling, make-up removed",
        "Cheek wrinkles, 52 years",
        "Peeling skin",
    ],
)
def test_plain_words_are_left_alone(text: str, cheek_pen: Data, checked: Check) -> None:
    cheek_pen["title"] = text
    assert not [each for each in checked(cheek_pen).findings if each.kind == "term"]


def test_every_term_has_a_test() -> None:
    for term in library().terms:
        assert any(re.search(term.pattern, text, re.IGNORECASE) for text, _ in TERMS), term.pattern


def test_examples_are_valid_toml_with_a_header() -> None:
    for path in sorted(EXAMPLES.glob("*.toml")):
        text = path.read_text("utf-8")
        assert text.startswith("# ")
        assert tomllib.loads(text)["schema"] == 1


def test_an_unanswered_question_is_not_overridden() -> None:
    plan = load_plan(EXAMPLES / "cheek_pen.toml")
    answers = {item: answer for item, answer in plan.patient.screening.items() if item != "nursing"}
    patient = plan.patient.model_copy(update={"screening": answers})
    override = Override(rule="nursing", name="Dr A", reason="decided")
    found = check_plan(plan.model_copy(update={"patient": patient, "overrides": (override,)}), library())
    assert found.verdict == "deferred"
    assert any("has no answer yet" in one.reason for one in found.findings if one.rule == "nursing")
