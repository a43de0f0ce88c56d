"""Steroids and pain against what was published: what is hit, what is missed, and by how much."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.evidence.cases import Row
from percuta.evidence.registry import case


@pytest.fixture(scope="module")
def steroid() -> dict[str, Row]:
    return {row.quantity: row for row in case("BIO-V2").run()}


def test_what_chose_a_parameter_is_met(steroid: dict[str, Row]) -> None:
    fitted = [row for row in steroid.values() if row.fitted]
    assert len(fitted) == 3
    for row in fitted:
        assert row.verdict == "inside"
        assert row.predicted == pytest.approx(row.expected, rel=0.01)


def test_use_on_three_days_a_week_is_missed_and_printed(steroid: dict[str, Row]) -> None:
    # at a factor of 0.11 and two weeks of recovery: 3 days at 0.11, then 4 days to 0.11 + 0.89 * 4 / 14 = 0.364
    by_hand = (3 * 0.11 + 4 * (0.11 + 0.364) / 2) / 7
    for kind in ("type I (PINP)", "type III (PIIINP)"):
        row = steroid[f"{kind}, 3 days of each of 3 weeks"]
        assert row.predicted == pytest.approx(by_hand, abs=0.01)
        assert row.verdict == "outside"
        assert not row.fitted
        assert row.error is not None
        assert row.error < -0.5


def test_the_week_after_betamethasone_by_hand(steroid: dict[str, Row]) -> None:
    # half way to 0.5 from a factor that is uniform from 0.02 to 0.4: (0.5 - f) / 2, median at f = 0.21
    row = steroid["share of normal synthesis regained 7 days after 3 days of betamethasone"]
    assert row.predicted == pytest.approx((0.5 - 0.21) / 2, abs=0.005)
    assert row.band == pytest.approx(((0.5 - 0.381) / 2, (0.5 - 0.039) / 2), abs=0.005)
    assert row.error == row.predicted


def test_pain_grows_as_the_exponents_that_came_from_it() -> None:
    rows = {row.quantity: row for row in case("MECH-V12").run()}
    assert [row.fitted for row in rows.values()] == [True, True, False]
    judged = rows["most over least painful of all microneedles"]
    assert judged.predicted == pytest.approx((1.45 / 0.48) ** (np.log(7) / np.log(3)), rel=0.02)
    assert judged.verdict == "inside"
