"""The page of a cohort: every endpoint, verdict and failure is on it, in words of the house."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from percuta.cohort import spread
from percuta.plan.reading import read_plan
from percuta.report.cohort import endpoint_rows, failures_in_words, people_in_words, rows_of_page, verdicts_in_words
from percuta.report.cohort_charts import over_people, people_by_age, spread_bars
from percuta.report.cohort_page import render_cohort
from percuta.report.wording import endpoint_label
from percuta.workflows.cohort import run_cohort

from ..cohort.cohorts import dry_text

QUANTILES = {"p5": 1.0, "p25": 2.0, "p50": 3.0, "p75": 4.0, "p95": 5.0, "median_low": 2.9, "median_high": 3.1}
SHARE = {"value": 0.5, "low": 0.4, "high": 0.6}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A cohort of 60 people, as it is computed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "IN_A_REPLICATE", 2)
        folder: Path = tmp_path_factory.mktemp("cohort") / "out"
        return run_cohort(read_plan(dry_text()), folder, patients=60, study=True).table


def altered(table: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**table, **changes}


def text_of(page: str) -> str:
    """Return what a reader sees of a page."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[str] = []

        def handle_data(self, data: str) -> None:
            self.seen.append(data)

    reader = Reader()
    reader.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    return " ".join(" ".join(reader.seen).split())


def test_every_endpoint_is_on_the_page(table: dict[str, Any]) -> None:
    seen = text_of(render_cohort(altered(table, verdict="refused")))
    for one in table["endpoints"]:
        assert endpoint_label(one["name"]) in seen
    assert "REFUSED. Computed for study only." in seen
    assert "Between people" in seen
    assert "Share of the spread".lower() in seen.lower()


def test_the_house_words_hold(table: dict[str, Any]) -> None:
    seen = text_of(render_cohort(table)).lower()
    assert not re.search(r"\b(safe|safely|optimal|optimum|best)\b", seen)
    assert "patient" not in seen  # they are nobody's


def test_research_stands_apart(table: dict[str, Any]) -> None:
    names = {row["label"] for row in rows_of_page(table, research=False)}
    apart = {row["label"] for row in rows_of_page(table, research=True)}
    assert endpoint_label("modelled_collagen_vs_untreated") in apart - names
    assert endpoint_label("pain_peak") in names - apart


def test_identifiers_of_drawings_are_unique(table: dict[str, Any]) -> None:
    found = re.findall(r'id="([^"]+)"', render_cohort(table))
    assert len(found) == len(set(found))


def test_what_is_written_by_others_is_escaped(table: dict[str, Any]) -> None:
    failures = [{"reason": "<script>alert(1)</script>", "patients": 1, "first": [4]}]
    page = render_cohort(altered(table, plan="<b>title</b>", failures=failures))
    assert "<script>alert" not in page
    assert "<b>title" not in page


def test_failures_name_the_people(table: dict[str, Any]) -> None:
    failures = [
        {"reason": "never converged", "patients": 13, "first": list(range(13))},
        {"reason": "nought", "patients": 1, "first": [40]},
    ]
    assert failures_in_words(altered(table, failures=failures)) == [
        "Not computed, people 0, 1, 2, 3, 4, 5, 6, 7, 8 and 9 and 3 more: never converged",
        "Not computed, person 40: nought",
    ]


def test_verdicts_and_people_in_words(table: dict[str, Any]) -> None:
    verdicts = [
        {"verdict": "passes", "people": 50, "share": 5 / 6, "low": 0.7, "high": 0.9},
        {"verdict": "refused", "people": 10, "share": 1 / 6, "low": 0.08, "high": 0.29},
        {"verdict": "deferred", "people": 0, "share": 0.0, "low": 0.0, "high": 0.06},
    ]
    [first, second] = verdicts_in_words(altered(table, verdicts=verdicts))
    assert first == "The plan is refused: 10 people, 16.7 % (95 % interval 8 to 29)."
    assert second.startswith("No rule stops the plan or warns against it: 50 people")
    page = text_of(render_cohort(altered(table, verdicts=verdicts)))
    assert "What the rules say of the plan, by share of the people" in page
    some = people_in_words(altered(table, statuses={"computed": 59, "failed": 1}))
    assert some.startswith("59 of 60 people computed")


def test_rows_for_a_terminal(table: dict[str, Any]) -> None:
    rows = {row[0]: row for row in endpoint_rows(table)}
    assert rows["reached_depth_typical"][1] == "cheeks"
    assert rows["reached_depth_typical"][5] == "mm"
    assert rows["reached_depth_typical"][6].startswith("0 %")
    shares = [row for name, row in rows.items() if name.startswith("expected_end_point: ")]
    assert sum(float(row[3]) for row in shares) == pytest.approx(100.0, abs=0.5)


def endpoint(**changes: Any) -> dict[str, Any]:
    group = {"group": "everyone", "of": "all", "people": 100, **QUANTILES}
    histogram = {"edges": [0.0, 2.0, 4.0, 6.0], "counts": [10, 70, 20], "below": 0, "above": 0}
    every = {"name": "pain_peak", "zone": "cheeks", "unit": "0-10", "groups": [group], "histogram": histogram}
    return (
        every
        | {"spread": {kind: SHARE for kind in ("between people", "between occasions or devices", "not known")}}
        | changes
    )


def test_a_chart_says_in_words_what_it_shows() -> None:
    drawn = over_people("chart", "Strongest pain", endpoint())
    assert "everyone: median 3.0 of 10, 9 in 10 computed people between 1.0 and 5.0." in drawn
    shares = over_people("chart", "Share", endpoint(name="tracks_beyond_dermis_fraction", unit="1"))
    assert "median 300 %" in shares
    ages = people_by_age("ages", "Ages", {"edges": [20.0, 25.0], "women": [3], "men": [4]})
    assert "20 to 25 years: 3 women, 4 men." in ages


def test_shares_that_make_more_than_the_whole_stay_within_their_bar() -> None:
    drawn = spread_bars("chart", "Spread", [endpoint()])
    widths = [
        float(one) for one in re.findall(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="10" rx="0"', drawn)
    ]
    legend = 4 * 18.0
    assert sum(widths) - legend == pytest.approx(346.0 - 8.0, abs=0.1)
    assert "people differ 50 % (40 to 60)" in drawn
