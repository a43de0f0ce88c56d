"""Browsing the evidence: what a row and an entry hold, filters, and figures in words."""

from __future__ import annotations

import pytest
from jsonschema import validate

from percuta.errors import PercutaError
from percuta.evidence.measurements import publication, publications
from percuta.workflows.evidence import evidence_entry, evidence_rows, finding_row, findings
from percuta.workflows.schemas import schema


def test_every_publication_is_listed_with_its_year_and_outcomes() -> None:
    rows = {row["id"]: row for row in evidence_rows()}
    assert list(rows) == list(publications())
    alam = rows["alam_2014"]
    assert (alam["year"], alam["n"], alam["modality"]) == ("2014", 20, "roller")
    assert alam["outcomes"] == ["scar_score", "pain", "satisfaction"]
    assert alam["roles"] == ["fit", "context"]
    validate(list(rows.values()), schema("evidence_list"))


@pytest.mark.parametrize("source", ["alam_2014", "wu_2022", "skibidy_2026", "meng_2022", "striae_laser_or_needling"])
def test_an_entry_meets_its_schema_and_holds_every_finding(source: str) -> None:
    entry = evidence_entry(source)
    validate(entry, schema("evidence_entry"))
    assert [one["id"] for one in entry["findings"]] == [one.id for one in findings(publication(source))]
    assert entry["reference"]


def test_filters_ask_for_outcome_and_role_of_one_finding() -> None:
    # Ablon's texture is context only, although other findings of it are used in a fit
    assert "ablon_2018" in {row["id"] for row in evidence_rows(outcome="texture_grade", role="context")}
    assert "ablon_2018" not in {row["id"] for row in evidence_rows(outcome="texture_grade", role="fit")}
    assert {row["modality"] for row in evidence_rows(modality="rf")} == {"rf"}
    with pytest.raises(PercutaError, match="no such role"):
        evidence_rows(role="hope")


def test_figures_in_words() -> None:
    def text(source: str, name: str) -> str:
        return str(finding_row({one.id: one for one in findings(publication(source))}[name])["text"])

    assert text("ablon_2018", "lemperle") == "-1.23 (99 % interval -1.34 to -1.11)"
    assert text("dou_2022", "downtime") == "6.96 days ± 3.27 days (sd)"
    assert text("varani_2006", "procollagen_young") == "82 ng/ml ± 16 ng/ml (kind of spread not stated)"
    assert text("wahlgren_2000", "block_60_min") == "2.9 mm (read within ± 1 mm)"
    assert text("wu_2022", "dermal_density") == "no significant change"
    assert text("skibidy_2026", "tensile_strength") == "3 points, unwounded skin = 1"
    laser = finding_row(publication("dou_2022").measurements["downtime"])
    assert laser["control_text"] == "4.56 days ± 2.72 days"
    assert laser["half_width"] == pytest.approx(3.27 / 15**0.5)
