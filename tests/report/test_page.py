from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xarray as xr

from percuta.manifest import DISCLAIMER
from percuta.plan.reading import read_plan
from percuta.report.judgement import overrides, sorted_findings, verdict
from percuta.report.outcome import recovery
from percuta.report.page import ReportMaterial, render_report
from percuta.results.dataset import read_tree, write_tree

VOID = {"meta", "br", "hr", "img", "input", "link", "col", "wbr"}


class Page(HTMLParser):
    """Collects what the tests ask of a page: elements, identifiers, links, headings, and whether tags close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((tag, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.unbalanced.append(tag)
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            tag, before = self.headings[-1]
            self.headings[-1] = (tag, before + data)


def words(html: str) -> str:
    """Return the text of a page as a reader sees it, without its style sheet and charts."""
    bare = re.sub(r"<(style|figure|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare))).strip()


def practitioners_part(html: str) -> str:
    return words(html[html.index("<main>") : html.index('id="research"')])


def researchers_part(html: str) -> str:
    return words(html[html.index('id="research"') : html.index('id="sheet"')])


def sheet(html: str) -> str:
    return words(html[html.index('id="sheet"') : html.index("</main>")])


@pytest.fixture(scope="module")
def pen_page(pen: ReportMaterial) -> str:
    return render_report(pen)


@pytest.fixture(scope="module")
def refused_page(refused: ReportMaterial) -> str:
    return render_report(refused)


@pytest.fixture(scope="module")
def deferred_page(deferred: ReportMaterial) -> str:
    return render_report(deferred)


@pytest.fixture(scope="module")
def pulses_page(pulses_only: ReportMaterial) -> str:
    return render_report(pulses_only)


@pytest.fixture(params=["pen_page", "refused_page", "deferred_page", "pulses_page"])
def any_page(request: pytest.FixtureRequest) -> str:
    page = request.getfixturevalue(request.param)
    assert isinstance(page, str)
    return page


def test_a_page_is_well_formed_with_unique_identifiers_and_links_that_lead_somewhere(any_page: str) -> None:
    page = Page(any_page)
    assert page.unbalanced == []
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_a_page_has_one_first_heading_and_skips_no_level(any_page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(any_page).headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_page_needs_nothing_from_elsewhere_and_no_script(any_page: str) -> None:
    tags = {tag for tag, _ in Page(any_page).elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form"}
    addresses = set(re.findall(r"https?://[^\s\"'<]+", any_page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|\son\w+=", any_page)


def test_every_chart_is_valid_xml_with_title_and_description(any_page: str) -> None:
    charts = re.findall(r"</figcaption>(<svg\b.*?</svg>)</figure>", any_page, flags=re.DOTALL)
    assert len(charts) == any_page.count("<figure>")
    assert charts
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert root.get("role") == "img"
        named = [node.get("id") for node in root if node.tag.endswith(("title", "desc"))]
        assert (root.get("aria-labelledby") or "").split() == named
        assert all((node.text or "").strip() for node in root if node.tag.endswith(("title", "desc")))


def test_every_table_heading_has_a_scope(any_page: str) -> None:
    scopes = [given.get("scope") for tag, given in Page(any_page).elements if tag == "th"]
    assert set(scopes) <= {"row", "col", "rowgroup", "colgroup"}


def test_the_sentence_of_what_this_is_stands_at_top_and_bottom_and_repeats_in_print(any_page: str) -> None:
    body = words(any_page)
    assert body.startswith(DISCLAIMER)
    assert body.endswith(DISCLAIMER)
    assert DISCLAIMER == "Decision support for research and education. Not a medical device."
    in_print = any_page[any_page.index("@media print") :]
    assert re.search(r"\.running \{[^}]*position: fixed", in_print)
    assert "table-header-group" in in_print


def test_text_of_a_person_is_escaped(refused_page: str) -> None:
    assert "<script" not in refused_page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in refused_page
    assert "Second course &amp; &lt;first&gt; a year ago" in refused_page
    assert "naevus &lt;left&gt;" in refused_page


def test_the_first_line_answers_whether_it_should_be_done(pen_page: str, refused_page: str, deferred_page: str) -> None:
    answers = [Page(page).headings[0][1] for page in (pen_page, refused_page, deferred_page)]
    assert answers[1:] == ["No. This plan should not be carried out.", "Not now. This plan has to wait."]
    assert answers[0] not in answers[1:]
    assert "Active herpes in the field excludes a session" in refused_page.split("<h2", maxsplit=1)[0]
    assert "2 screening questions have no answer yet." in words(deferred_page)


def test_a_refused_study_says_so_on_every_page(refused_page: str, deferred_page: str, pen_page: str) -> None:
    for page in (refused_page, deferred_page):
        banner = page[page.index('<header class="running running-top">') : page.index("</header>")]
        assert "REFUSED." in banner
        assert 'class="is-refused"' in page
        assert re.search(r"<title>REFUSED: ", page)
    assert "REFUSED" not in pen_page
    in_print = refused_page[refused_page.index("@media print") :]
    assert ".is-refused .frame-top > div" in in_print


def test_a_stopped_plan_gets_no_session_sheet(refused_page: str, deferred_page: str, pen_page: str) -> None:
    for page in (refused_page, deferred_page):
        assert "No session sheet is given out" in sheet(page)
        assert "Signature" not in sheet(page)
    for blank in ("lot", "On at", "Off at", "delivered", "seen", "Deviations", "Signature", "pinpoint bleeding"):
        assert blank in sheet(pen_page)


def test_the_session_sheet_states_what_was_planned(pen_page: str) -> None:
    for planned in ("1.0 mm", "4 passes", "11 g, on for 60 min", "naevus <left>"):
        assert planned in sheet(pen_page)


def test_parts_come_in_their_order(pen_page: str) -> None:
    sections = [given["id"] for tag, given in Page(pen_page).elements if tag == "section" and "id" in given]
    asked = "plan findings depth session numbing blood recovery week benefit endpoints research sheet"
    assert sections == asked.split()


def test_no_collagen_percentage_stands_in_the_practitioners_part(pen_page: str, pen: ReportMaterial) -> None:
    part = practitioners_part(pen_page)
    assert not re.search(r"collagen[^.]{0,80}\d\s?%", part, re.IGNORECASE)
    assert "Change of dermal thickness" not in part
    assert "modelled_collagen_vs_untreated" in researchers_part(pen_page)
    assert pen.known_endpoint("modelled_collagen_vs_untreated", "cheeks") is not None


def test_withheld_endpoints_are_shown_with_their_sentence(pen_page: str) -> None:
    part = practitioners_part(pen_page)
    assert "Not given: only the grade of the wanted effect is computed" in part
    assert "Not predicted: recoil follows the elastic fibres" in part
    benefit = part[part.index("What is known of the benefit") :]
    assert "change of recoil" in benefit


def test_the_grade_of_the_wanted_effect_is_said_with_its_weakness(pen_page: str) -> None:
    benefit = pen_page.split('<section id="benefit">')[1].split("</section>", maxsplit=1)[0]
    assert "What the model expects of this plan" in benefit
    assert re.search(r"wrinkle grade \(Lemperle, 0 to 5\) lower by about \d", benefit)
    assert "one trial without an untreated group" in benefit
    assert "only the grade of the wanted effect" not in benefit


def test_recovery_is_said_in_whole_days_and_shares(pen_page: str) -> None:
    part = practitioners_part(pen_page)
    recovery = part[part.index("Recovery Pain follows") : part.index("What is known of the benefit")]
    assert re.search(r"about \d+ days \(\d+ to \d+ days\)", recovery)
    assert re.search(r"about \d+ of 10 \(\d+ to \d+ of 10\)", recovery)
    assert re.search(r"(pinpoint bleeding|even redness): (about|nearly|less)", recovery)
    assert not re.search(r"\d\.\d+ days", part)


def test_pigment_trials_are_rows_of_counts_and_never_a_rate(build_page_of_type_5: str, pen_page: str) -> None:
    part = practitioners_part(build_page_of_type_5)
    assert "5 of 30 , one trial, types IV to V, roller, 5 sessions" in part
    assert "No trial of needles without current that counted them in phototype III was found" in practitioners_part(
        pen_page
    )


@pytest.fixture(scope="module")
def build_page_of_type_5(pen: ReportMaterial) -> str:
    text = pen.plan_text.replace("phototype = 3", "phototype = 5")
    return render_report(replace(pen, plan=read_plan(text)))


def test_the_needle_is_drawn_in_every_dataset_that_covers_the_person(pen_page: str, pen: ReportMaterial) -> None:
    chart = re.search(r'<svg[^>]*aria-labelledby="needle-0-title.*?</svg>', pen_page, flags=re.DOTALL)
    assert chart is not None
    datasets = pen.library.layers("cheek", "female", 52.0)
    assert len(datasets) >= 2
    assert chart[0].count("--percuta-needle") == len(datasets)
    assert "Needle set to 1 mm." in chart[0]
    assert "Predicted reach of the typical needle" in chart[0]


def test_units_stand_in_charts_and_tables(pen_page: str) -> None:
    charts = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", pen_page))
    for label in ("depth (mm)", "(%)", "(min)", "days after a session", "weeks since the first session"):
        assert label in charts
    part = practitioners_part(pen_page)
    for shown in (" per cm²", " mm", " min", " days", "76 cm²"):
        assert shown in part
    assert "cm^2" not in part


def test_every_drawn_input_is_listed_with_grade_and_reference(pen_page: str, pen: ReportMaterial) -> None:
    part = researchers_part(pen_page)
    names = [str(name).replace("__", ".") for name in pen.tree["/inputs"].data_vars]
    assert len(names) > 40
    assert [name for name in names if name not in part] == []
    for grade in ("measured", "derived", "fitted", "assumed"):
        assert grade in part
    assert "skibidy_2026" in part
    assert "normal, standard deviation" in part


def test_an_input_shows_the_value_of_the_library_and_not_of_the_draw(pen_page: str, pen: ReportMaterial) -> None:
    entry = pen.library.parameter("puncture.scatter_between_needles")
    row = re.search(r"<tr><th[^>]*>[^<]*<code>puncture.scatter_between_needles</code>.*?</tr>", pen_page, re.DOTALL)
    assert row is not None
    cells = [words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row[0], flags=re.DOTALL)]
    assert cells[0] == entry.text == "0.12"
    assert cells[1:3] == ["0.05 to 0.2, all alike", "assumed"]


def test_the_manifest_is_shown(pen_page: str, pen: ReportMaterial) -> None:
    part = researchers_part(pen_page)
    assert str(pen.manifest["plan_sha256"]) in part
    assert f"Scenarios {pen.manifest['members']}" in part


def test_a_page_says_where_the_library_is_not_that_of_the_result(pen: ReportMaterial, pen_page: str) -> None:
    note = "This page was written with another state of the library"
    assert note not in words(pen_page)
    other = render_report(replace(pen, manifest=pen.manifest | {"library_sha256": "0"}))
    assert note in researchers_part(other)
    assert pen.library.digest in researchers_part(other)


def test_the_first_card_gives_the_reason_and_what_in_this_plan_it_speaks_of(refused: ReportMaterial) -> None:
    finding = next(one for one in refused.findings["findings"] if one["rule"] == "active_herpes")
    below = {"kind": "limit", "rule": "depth_against_layers"}
    reason = "Needles spread it. It has to heal first."
    given = [
        finding | {"reason": reason, "detail": "Site: Upper lip.", "zone": "lip", "step": 5},
        finding | {"reason": "The set depth is too great.", "detail": "A table."} | below,
    ]
    shown = verdict(replace(refused, findings=refused.findings | {"findings": given}))["reasons"]
    assert [one["text"] for one in shown] == ["Needles spread it. Site: Upper lip.", "The set depth is too great."]
    assert shown[0]["place"] == "zone lip, step 5"


def test_what_a_section_shows_whole_is_not_repeated_in_the_findings(pen: ReportMaterial, pen_page: str) -> None:
    rules = {one["rule"]: one for group in sorted_findings(pen) for one in group["rows"]}
    assert rules["pigment_trials"]["below"] == ("pigment", "Dark marks afterwards")
    assert rules["cartridge_reuse"]["below"] is None
    part = practitioners_part(pen_page)
    part = part[part.index("Dark marks after needling were counted") : part.index("Rule pigment trials")]
    assert "In this plan: see Dark marks afterwards ." in part
    assert "one trial" not in part
    assert "one trial" in rules["pigment_trials"]["detail"]


def test_shares_of_each_grade_are_shown_where_they_were_computed(with_influence: ReportMaterial) -> None:
    part = researchers_part(render_report(with_influence))
    assert re.search(r"assumed 80 % \(70 to 90\) measured 25 % \(20 to 90\)", part)
    assert "What two grades do only together counts for both" in part


def test_the_ranking_of_inputs_is_shown_where_it_was_computed(with_influence: ReportMaterial, pen_page: str) -> None:
    page = render_report(with_influence)
    part = researchers_part(page)
    assert "What to measure next" in part
    assert (
        "Reached share (puncture) puncture.reached_share assumed Depth that the typical needle reaches 70 % (60 to 80)"
        in part
    )
    assert "What it hangs on: Depth that the typical needle reaches, cheeks" in page
    assert "What to measure next" not in practitioners_part(page)
    assert "What to measure next" not in pen_page


def test_pulses_are_said_like_needling_and_recovery_by_what_trials_counted(pulses_page: str) -> None:
    part = practitioners_part(pulses_page)
    assert "Set to 2 mm, the typical needle is expected to reach" in part
    recovered = part[part.index("Recovery Pain follows the numbness alone") :]
    assert re.search(r"Zone Downtime Strongest pain Seen at the end of needling cheeks about \d+ days", recovered)
    assert "not predicted" in recovered[: recovered.index("Dark marks")]
    assert "Papillary dermis, collagen" in pulses_page


def test_an_override_is_visible_with_name_and_reason(pulses_page: str) -> None:
    first = words(pulses_page[pulses_page.index("<main>") : pulses_page.index('id="plan"')])
    assert "Overridden by Dr <A. Example>:" in first
    assert "stopped & recovered" in first
    part = practitioners_part(pulses_page)
    assert part.count("Dr <A. Example>") >= 2
    assert "Overridden by the prescriber 1" in part


def test_an_override_stands_on_the_session_sheet(pulses_page: str, pulses_only: ReportMaterial) -> None:
    assert overrides(pulses_only.findings) == pulses_only.manifest["overrides"]
    assert pulses_only.manifest["overrides"] == [
        {"rule": "isotretinoin_current", "name": "Dr <A. Example>", "reason": "stopped & recovered"}
    ]
    said = "Overridden by Dr <A. Example>: rule isotretinoin current. Reason given: stopped & recovered"
    assert said in sheet(pulses_page)


def test_disagreeing_views_stand_side_by_side(pulses_page: str) -> None:
    views = re.findall(r'<div class="views">(.*?)</div>', pulses_page, flags=re.DOTALL)
    assert max(view.count("<blockquote>") for view in views) >= 2


def test_questions_without_an_answer_are_listed_as_questions(deferred_page: str, deferred: ReportMaterial) -> None:
    part = practitioners_part(deferred_page)
    assert "Questions without an answer 2" in part
    assert deferred.library.screening["metal_allergy"].question in part
    assert deferred.library.screening["melasma"].question in part


def test_the_report_is_the_same_from_files(pen: ReportMaterial, pen_page: str, tmp_path: Path) -> None:
    write_tree(pen.tree, tmp_path / "result.nc")
    assert render_report(replace(pen, tree=read_tree(tmp_path / "result.nc"))) == pen_page


def test_an_aim_without_an_outcome_model_says_so(build_page_of_striae: str) -> None:
    part = practitioners_part(build_page_of_striae)
    assert "No outcome model exists for this aim." in part
    assert "No outcome model exists for this indication" in part
    research = researchers_part(build_page_of_striae)
    assert "No outcome model exists for this indication, so no course is computed." in research
    assert "weeks since the first session" not in build_page_of_striae


@pytest.fixture(scope="module")
def build_page_of_striae(request: pytest.FixtureRequest) -> str:
    build = request.getfixturevalue("build")
    material = build(effect="striae")
    groups = {place: node for place, node in material.tree.to_dict().items() if "course" not in place}
    return render_report(replace(material, tree=xr.DataTree.from_dict(groups)))


def test_a_zone_that_no_step_needles_says_so(pen: ReportMaterial) -> None:
    head = ("name", "zone", "unit", "definition")
    rows = [
        {key: one[key] for key in head} | {"withheld": "not needled in this plan"} if one["zone"] else one
        for one in pen.endpoints
    ]
    row = recovery(replace(pen, endpoints=rows))["rows"][0]
    assert {row["days"], row["pain"], row["no_end_point"]} == {"not needled in this plan"}
    assert "Not needled in this plan" in practitioners_part(render_report(replace(pen, endpoints=rows)))


def test_a_plan_is_called_neither_safe_nor_optimal(any_page: str) -> None:
    assert not re.search(r"\b(safe|optimal)\b|[✓✔✅]", practitioners_part(any_page), re.IGNORECASE)
