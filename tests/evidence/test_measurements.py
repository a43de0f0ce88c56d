"""Published measurements as data: what the reader takes, what it refuses, and agreement with the library."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from percuta.errors import PercutaError
from percuta.evidence.measurements import Benefit, Measurement, benefits, publication, publications, read_publication
from percuta.library.bibliography import bibliography
from percuta.library.files import shipped
from percuta.library.registry import library

MM = 1e-3


def study(**measurement: Any) -> dict[str, Any]:
    """Return a publication with one measurement."""
    usual = {"id": "depth", "quantity": "depth", "value": "1.5 mm", "role": "judge"}
    return {
        "source": "somebody_2020",
        "summary": "Depths.",
        "design": "laboratory study",
        "population": "nobody",
        "measurement": [usual | measurement],
    }


def read(**measurement: Any) -> Measurement:
    """Read one measurement."""
    return read_publication(study(**measurement)).measurements["depth"]


@pytest.mark.parametrize("source", publications())
def test_every_publication_is_in_the_bibliography_and_in_a_file_of_its_name(source: str) -> None:
    assert source in bibliography()
    assert (shipped() / "evidence" / f"{source}.toml").is_file()


def test_numbers_are_in_si_and_shown_in_their_unit() -> None:
    one = read(spread="0.1 mm", spread_is="sd")
    assert one.value == pytest.approx(1.5 * MM)
    assert one.spread == pytest.approx(0.1 * MM)
    assert one.shown(2.0 * MM) == pytest.approx(2.0)
    assert one.shown(np.array([MM, 3.0 * MM])) == pytest.approx([1.0, 3.0])


def test_half_width_is_the_standard_error_only_where_it_is_known() -> None:
    spread = 0.2 * MM
    assert read(spread="0.2 mm", spread_is="sd", n=16).half_width == pytest.approx(spread / 4.0)
    assert read(spread="0.2 mm", spread_is="sd").half_width == pytest.approx(spread)
    assert read(spread="0.2 mm", spread_is="standard error", n=16).half_width == pytest.approx(spread)
    assert read(spread="0.2 mm", spread_is="not stated", n=16).half_width == pytest.approx(spread)
    assert read(reading_band="0.3 mm").half_width == pytest.approx(0.3 * MM)
    assert read().half_width is None


def test_keys_at_the_top_hold_for_all_measurements() -> None:
    raw = study(spread="0.1 mm") | {"spread_is": "sd", "method": "ruler"}
    one = read_publication(raw).measurements["depth"]
    assert (one.spread_is, one.method, one.population) == ("sd", "ruler", "nobody")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rolle": "fit"}, "did you mean role"),
        ({"role": "hope"}, "fit, judge, context"),
        ({"spread": "0.1 mm", "spread_is": "range"}, "not stated"),
        ({"spread": "0.1 mm"}, "spread and spread_is go together"),
        ({"spread_is": "sd"}, "spread and spread_is go together"),
        ({"spread": "0.1 kg", "spread_is": "sd"}, "wrong kind of unit"),
        ({"value": "deep"}, "not a number"),
    ],
)
def test_what_is_not_understood_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(PercutaError, match=re.escape(says)):
        read(**change)


def test_a_missing_key_and_a_second_id_are_refused() -> None:
    raw = study()
    del raw["measurement"][0]["value"]
    with pytest.raises(PercutaError, match="lacks value"):
        read_publication(raw)
    raw = study()
    raw["measurement"] *= 2
    with pytest.raises(PercutaError, match="the same id"):
        read_publication(raw)


def test_a_curve_needs_rising_times_and_as_many_values() -> None:
    curve = {
        "id": "cells",
        "quantity": "cells",
        "normalised": "peak = 1",
        "time_unit": "days",
        "time": [1, 2, 4],
        "value": [0.5, 1.0, 0.2],
        "role": "judge",
    }
    raw = study() | {"curve": [curve]}
    assert read_publication(raw).curves["cells"].time == pytest.approx([86_400.0, 172_800.0, 345_600.0])
    for fault in ({"time": [1, 4, 2]}, {"value": [0.5, 1.0]}):
        with pytest.raises(PercutaError, match="times must rise"):
            read_publication(study() | {"curve": [curve | fault]})


def test_a_benefit_is_a_sentence_for_one_aim_and_names_its_trial() -> None:
    benefit = {"aim": "laxity", "says": "Of 12 people 3 improved."}
    one = read_publication(study() | {"benefit": [benefit]})
    assert one.benefits == (Benefit("somebody_2020", "laxity", "Of 12 people 3 improved."),)
    for fault, says in (({"aim": "beauty"}, "no such aim"), ({"says_so": "x"}, "unknown key")):
        with pytest.raises(PercutaError, match=says):
            read_publication(study() | {"benefit": [benefit | fault]})
    with pytest.raises(PercutaError, match="lacks says"):
        read_publication(study() | {"benefit": [{"aim": "laxity"}]})


def test_randomised_trials_are_told_first_and_nothing_is_called_safe_or_optimal() -> None:
    assert [one.source for one in benefits("acne_scars")][-1] == "dogra_2014"
    assert {one.source for one in benefits("wrinkles")} == {"ablon_2018"}
    assert benefits("melasma") == []
    said = [one.says for each in publications().values() for one in each.benefits]
    assert not [text for text in said if re.search(r"\b(safe|safely|optimal|best)\b", text, re.IGNORECASE)]


def test_an_unknown_publication_is_an_error() -> None:
    with pytest.raises(PercutaError, match="no evidence"):
        publication("nobody_1900")


def test_the_thickness_table_is_the_one_of_the_library() -> None:
    """One thing has one value, although the table stands as evidence and as the library's layers."""
    for measured in publication("meng_2022").measurements.values():
        blocks = [
            block
            for block in library().site(measured.site).thickness
            if block.dataset == "meng_2022" and block.sex == measured.sex
        ]
        entry = getattr(blocks[0], measured.layer)
        assert entry.si == pytest.approx(measured.value)
        assert entry.spread.sd == pytest.approx(measured.spread)
