"""Published measurements as data: what the reader takes, what it refuses, and agreement with the library."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import Any

import numpy as np
import pytest

from percuta.errors import PercutaError
from percuta.evidence.measurements import (
    Benefit,
    Measurement,
    benefits,
    publication,
    publication_keys,
    publications,
    read_publication,
)
from percuta.evidence.words import ALWAYS_STATED, UNPUBLISHED
from percuta.library.bibliography import bibliography
from percuta.library.files import shipped
from percuta.library.registry import library
from percuta.workflows.evidence import findings

MM = 1e-3


def study(**measurement: Any) -> dict[str, Any]:
    """Return a publication with one measurement."""
    usual = {"id": "depth", "quantity": "depth", "outcome": "puncture", "value": "1.5 mm", "role": "judge"}
    return {
        "source": "somebody_2020",
        "summary": "Depths.",
        "design": "laboratory study",
        "modality": "none",
        "population": "nobody",
        "measurement": [usual | measurement],
    }


def read(**measurement: Any) -> Measurement:
    """Read one measurement."""
    return read_publication(study(**measurement)).measurements["depth"]


def test_a_file_of_evidence_is_named_by_its_source() -> None:
    assert publication_keys() == set(publications())


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
    assert read(spread="0.2 mm", spread_is="interquartile range", n=16).half_width == pytest.approx(
        spread / 1.349 / 4.0, rel=1e-4
    )
    assert read(spread="0.2 mm", spread_is="standard error", n=16).half_width == pytest.approx(spread)
    assert read(spread="0.2 mm", spread_is="not stated", n=16).half_width == pytest.approx(spread)
    assert read(reading_band="0.3 mm").half_width == pytest.approx(0.3 * MM)
    assert read().half_width is None


def test_an_interval_gives_the_standard_error_by_its_level() -> None:
    assert read(interval=["1.1 mm", "1.9 mm"], interval_level=0.95).half_width == pytest.approx(
        0.4 * MM / 1.95996, rel=1e-4
    )
    # 99 %: 0.115 / 2.5758, and 48 people, so that the standard deviation is 0.31
    wrinkles = publication("ablon_2018").measurements["lemperle"]
    assert wrinkles.half_width == pytest.approx(0.0447, abs=1e-4)
    assert wrinkles.n == 48


def test_a_control_is_in_the_unit_of_the_value() -> None:
    one = read(interval=["1 mm", "2 mm"], interval_level=0.9, control="100 um", control_interval=["-0.2 mm", "0.4 mm"])
    assert one.control == pytest.approx(0.1 * MM)
    assert one.control_interval == pytest.approx((-0.2 * MM, 0.4 * MM))
    assert one.standard_error_of((-0.2 * MM, 0.4 * MM)) == pytest.approx(0.3 * MM / 1.6449, rel=1e-4)


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
        ({"outcome": "colagen"}, "did you mean collagen"),
        ({"interval": ["1 mm", "2 mm"]}, "interval and interval_level go together"),
        ({"interval_level": 0.95}, "interval and interval_level go together"),
        ({"control_interval": ["1 mm", "2 mm"]}, "interval and interval_level go together"),
        ({"interval": ["2 mm", "1 mm"], "interval_level": 0.95}, "rise"),
        ({"interval": ["1 mm"], "interval_level": 0.95}, "two ends"),
        ({"interval": ["1.6 mm", "2 mm"], "interval_level": 0.95}, "outside its interval"),
        ({"interval": ["1 mm", "2 mm"], "interval_level": 95}, "not the level"),
        ({"control": "1 s"}, "wrong kind of unit"),
        ({"time": "3 mm"}, "wrong kind of unit"),
        ({"time": "3 months", "time_from": "birth"}, "last session"),
        ({"time_from": "last session"}, "needs time"),
        ({"n": "many"}, "whole number above zero"),
        ({"n": 0}, "whole number above zero"),
        ({"note": 3}, "note has to be text"),
        ({"value": float("nan")}, "not a finite number"),
        ({"reading_band": "-0.1 mm"}, "below zero"),
        ({"interval": ["1 mm", "2 mm"], "interval_level": "high"}, "not a number"),
    ],
)
def test_what_is_not_understood_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(PercutaError, match=re.escape(says)):
        read(**change)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"design": "trial"}, "no such design"),
        ({"modality": "roler"}, "did you mean roller"),
        ({"design": "series", "modality": "pen"}, "lack passes, density, reached_depth"),
        ({"settings": {"deepth": "1 mm"}}, "unknown key"),
        ({"settings": {"set_depth": "deep"}}, "not a setting"),
        ({"settings": {"set_depth": "1 to 2 J"}}, "wrong kind of unit"),
        ({"risk_of_bias": {"level": "large", "why": "x"}}, "no such level"),
        ({"risk_of_bias": {"level": "high"}}, "lacks why"),
        ({"n": 10, "completed": 11}, "more people completed"),
        ({"completed": -1}, "whole number above zero"),
        ({"settings": {"passes": 3}}, "passes has to be text"),
        ({"settings": []}, "have to be tables"),
        ({"measurement": {"id": "depth"}}, "write [[measurement]]"),
    ],
)
def test_a_publication_that_is_not_understood_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(PercutaError, match=re.escape(says)):
        read_publication(study() | change)


def test_a_trial_of_needling_states_settings_and_risk_of_bias() -> None:
    trial = study() | {"design": "series", "modality": "pen"}
    settings = dict.fromkeys(ALWAYS_STATED, UNPUBLISHED) | {"set_depth": "0.5 to 1.5 mm", "sessions": "1 or 4"}
    with pytest.raises(PercutaError, match="lacks risk_of_bias"):
        read_publication(trial | {"settings": settings})
    bias = {"level": "high", "why": "No untreated group."}
    one = read_publication(trial | {"settings": settings, "risk_of_bias": bias})
    assert one.needling_trial
    assert one.settings["set_depth"] == "0.5 to 1.5 mm"
    assert one.risk_of_bias is not None
    assert one.risk_of_bias.level == "high"


def test_a_direction_has_words_and_no_number() -> None:
    direction = {"id": "up", "quantity": "collagen", "outcome": "collagen", "found": "increase", "role": "context"}
    one = read_publication(study() | {"direction": [direction | {"time": "8 weeks"}]}).directions["up"]
    assert one.found == "increase"
    assert one.time is not None
    assert one.time.si == pytest.approx(8 * 7 * 86_400)
    for fault, says in (
        ({"found": "more"}, "no such found"),
        ({"value": 1.0}, "unknown key"),
        ({"id": "depth"}, "same id"),
    ):
        with pytest.raises(PercutaError, match=says):
            read_publication(study() | {"direction": [direction | fault]})


def test_only_what_was_used_in_a_fit_sets_values() -> None:
    raw = study(role="fit") | {"sets": ["healing.maturation"]}
    assert read_publication(raw).measurements["depth"].sets == ("healing.maturation",)
    raw["measurement"][0]["role"] = "judge"
    assert read_publication(raw).measurements["depth"].sets == ()


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
        "outcome": "healing",
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
    said += [text for each in publications().values() for text in (each.summary, each.note)]
    assert not [text for text in said if re.search(r"\b(safe|safely|optimal|best)\b", text, re.IGNORECASE)]


TRIALS = [one.source for one in publications().values() if one.needling_trial]


@pytest.mark.parametrize("source", TRIALS)
def test_a_shipped_trial_states_passes_density_and_depth_or_that_nobody_did(source: str) -> None:
    trial = publication(source)
    assert all(trial.settings[key] for key in ALWAYS_STATED)
    assert trial.risk_of_bias is not None
    assert trial.risk_of_bias.why.endswith(".")


def test_no_trial_with_pen_or_roller_states_its_density() -> None:
    """What the field leaves out, and why the dose of a trial has to be spanned by a prior."""
    stated = {source for source in TRIALS if publication(source).settings["density"] != UNPUBLISHED}
    assert {publication(source).modality for source in stated} <= {"patch"}


def test_every_finding_of_a_fit_names_values_of_the_library() -> None:
    names = [value.name for value in library().values()]
    for study in publications().values():
        for one in findings(study):
            assert bool(one.sets) == (one.role == "fit"), (study.source, one.id)
            unknown = [name for name in one.sets if not any(fnmatch(known, name) for known in names)]
            assert unknown == [], (study.source, one.id)


def test_a_named_device_of_the_library_is_there() -> None:
    named = [one.device for one in publications().values() if re.fullmatch(r"[a-z0-9.]+(-[a-z0-9.]+)*", one.device)]
    assert len(named) > 5
    assert [device for device in named if device not in library().devices] == []


def test_an_unknown_publication_is_an_error() -> None:
    with pytest.raises(PercutaError, match="no evidence"):
        publication("nobody_1900")
    with pytest.raises(PercutaError, match="did you mean alam_2014"):
        publication("alam_2013")


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
