"""The consent summary: what stands in it, what does not, and what a stopped plan gets instead."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from percuta.evidence.measurements import publications
from percuta.library.registry import library
from percuta.manifest import DISCLAIMER
from percuta.report.consent_summary import compared, consent_summary
from percuta.report.page import ReportMaterial
from percuta.report.wording import VERDICTS

from .conftest import Build
from .test_page import Page, words

SIGNS = ("a metal taste", "ringing in the ears", "numb lips or tongue", "grey or blue lips")


@pytest.fixture(scope="module")
def summary(pen: ReportMaterial) -> str:
    return consent_summary(pen)


def section(html: str, name: str) -> str:
    found = re.search(rf'<section[^>]*aria-labelledby="{name}">.*?</section>', html, re.DOTALL)
    assert found, name
    return words(found[0])


def test_it_is_one_well_formed_page_that_needs_nothing_else(summary: str) -> None:
    page = Page(summary)
    assert page.unbalanced == []
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "form"}
    assert not re.search(r"https?://|@import|url\(|\son\w+=|\sstyle=", summary)
    assert page.headings[0] == ("h1", "Before you decide")


def test_it_says_what_is_wanted_and_what_will_be_done(summary: str) -> None:
    assert "wrinkles" in section(summary, "goal")
    assert "In your own words" in section(summary, "goal")
    done = section(summary, "done")
    assert "a motorised pen with fine needles" in done
    assert "set to 1.0 mm deep, and go over each place 4 times" in done
    assert "3 sessions, 4 weeks apart" in done
    assert re.search(r"Each takes about 1 h \d+ min", done)


def test_no_treatment_is_a_choice_and_others_are_named_from_trials_alone(summary: str) -> None:
    choices = section(summary, "choices")
    assert "No treatment." in choices
    assert "fractional Er:YAG laser" in choices
    assert "Robati 2020" in choices


@pytest.mark.parametrize("aim", ["wrinkles", "acne_scars", "striae", "laxity", "texture", "alopecia"])
def test_only_randomised_trials_against_another_treatment_are_compared(aim: str) -> None:
    for row in compared(aim):
        study = publications()[row["source"][0]]
        assert study.design.startswith("randomised")
        assert not re.search(r"untreated|no treatment|sham|saline", study.controlled)


def test_an_aim_without_such_a_trial_says_so(build: Build) -> None:
    assert "nobody can tell you here which is better" in section(
        consent_summary(build(effect="alopecia", needles='[[session.steps]]\ndo = "cool"\nduration = "5 min"\n')),
        "choices",
    )


def test_a_benefit_stands_with_what_its_study_can_show_and_what_is_withheld(summary: str) -> None:
    gain = section(summary, "gain")
    assert "So nobody can tell how much of it came from the treatment." in gain
    assert "Nobody can tell you" in gain
    assert "recoil" in gain


def test_a_study_with_other_needles_says_so(pen: ReportMaterial, pulses_only: ReportMaterial) -> None:
    assert "It used other needles than yours." not in section(consent_summary(pen), "gain")
    assert "It used other needles than yours." in section(consent_summary(pulses_only), "gain")


def test_what_the_plan_leaves_out_is_not_told_as_unknown(summary: str) -> None:
    gain = section(summary, "gain")
    assert not re.search(r"lidocaine|laxity grade|scar grade|collagen", gain)


def test_risks_of_the_device_and_of_anybody_have_their_sources(summary: str) -> None:
    risks = section(summary, "risks")
    for harm in library().harms:
        if not harm.rule and harm.needles == "any":
            assert harm.says in risks
    assert "Chu 2021" in risks
    assert "phototype III" in risks
    assert "burns" not in risks.lower()


def test_needles_with_current_bring_the_warning_of_2025(pulses_only: ReportMaterial) -> None:
    risks = section(consent_summary(pulses_only), "risks")
    assert "Burns, scars, loss of fat" in risks
    assert "Dr <A. Example> goes on in spite of it, for this reason: stopped & recovered" in risks


def test_what_was_answered_speaks_to_the_person(build: Build) -> None:
    said = section(consent_summary(build(answers="herpes_history=yes")), "risks")
    assert "You have had cold sores: needles can wake the virus." in said


def test_signs_of_poisoning_are_those_of_the_creams_drugs(summary: str) -> None:
    cream = section(summary, "cream")
    for sign in SIGNS:
        assert sign in cream
    assert "emergency number" in cream
    assert "Kapitanyan 2019" in cream


def test_a_plan_without_cream_tells_no_signs_of_it(pen: ReportMaterial) -> None:
    steps = [step for step in pen.plan.session.steps if "anaesthetic" not in step.do]
    session = pen.plan.session.model_copy(update={"steps": steps})
    bare = consent_summary(replace(pen, plan=pen.plan.model_copy(update={"session": session})))
    assert 'id="cream"' not in bare
    assert not any(sign in bare for sign in SIGNS)


def test_it_ends_with_lines_to_sign(summary: str) -> None:
    said = section(summary, "sign")
    for line in ("Name", "Date and time", "Signature", "Explained by"):
        assert line in said
    assert "may change my mind" in said
    assert DISCLAIMER in words(summary)


@pytest.mark.parametrize("kind", ["refused", "deferred"])
def test_a_stopped_plan_cannot_be_signed(kind: str, request: pytest.FixtureRequest) -> None:
    summary = consent_summary(request.getfixturevalue(kind))
    assert VERDICTS[kind] in section(summary, "stopped")
    assert "nothing to sign" in section(summary, "sign")
    assert "Signature" not in words(summary)
    assert "<script>" not in summary


def test_it_promises_nothing(summary: str) -> None:
    said = words(re.sub(r'<p class="references">.*?</p>', "", summary, flags=re.DOTALL))
    assert not re.search(r"\bsafe|optimal|guarantee|collagen|\d\s?%(?!/)(?! cream)(?!/2\.5)", said.replace("2.5 %", ""))
    assert not re.search(r"\d\.\d+ days", said)


def test_it_reads_easily(summary: str) -> None:
    """Flesch and Kincaid's grade of our own sentences: an age of about six years more."""
    own = re.sub(
        r"<small>.*?</small>|<footer>.*?</footer>|<style>.*?</style>|<h\d.*?</h\d>", "", summary, flags=re.DOTALL
    )
    text = words(re.sub(r"</(li|p)>", ". ", own))
    sentences = [part for part in re.split(r"[.:;?!]\s", text) if re.search(r"[a-z]", part)]
    found = re.findall(r"[A-Za-z]+", text)
    syllables = sum(max(len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower()))), 1) for word in found)
    grade = 0.39 * len(found) / len(sentences) + 11.8 * syllables / len(found) - 15.59
    assert grade < 7.5


def test_every_warning_sign_and_harm_has_its_source_and_a_known_rule() -> None:
    known = library()
    rules = {*known.screening, *known.protocol}
    assert {harm.rule for harm in known.harms if harm.rule} <= rules
    assert len({harm.id for harm in known.harms}) == len(known.harms)
    for harm in known.harms:
        assert harm.source or harm.grade == "assumed"
    for signs in known.warning_signs:
        assert signs.early
        assert signs.grave
        assert signs.source
