"""Sourced values: what a library entry must say, and the distribution it stands for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from percuta.errors import LibraryError
from percuta.sources import GRADES, Sourced, Unpublished, read_entry, read_source

MIDDLE = np.linspace(0.001, 0.999, 999)


def entry(value: object = "1.0 mm", grade: str = "assumed", **more: object) -> dict[str, Any]:
    return {"value": value, "grade": grade, **more}


def read(raw: object, unit: str | None = "mm") -> Sourced:
    found = read_entry("thing.field", raw, unit)
    assert isinstance(found, Sourced)
    return found


def test_everything_that_is_known_is_kept() -> None:
    found = read(
        {
            "value": "0.20 mm",
            "spread": {"kind": "normal", "sd": "0.03 mm"},
            "grade": "derived",
            "source": ["meng_2022", "chopra_2015"],
            "population": "69 women",
            "method": "ultrasound",
            "note": "zygoma",
            "formula": "a / b",
        }
    )
    assert found.name == "thing.field"
    assert found.si == pytest.approx(2e-4)
    assert (found.unit, found.grade) == ("mm", "derived")
    assert found.source == ("meng_2022", "chopra_2015")
    assert (found.population, found.method, found.note, found.formula) == ("69 women", "ultrasound", "zygoma", "a / b")
    assert found.spread is not None
    assert found.spread.sd == pytest.approx(3e-5)
    assert found.text == "0.2 mm"


def test_the_unit_is_taken_as_written_where_none_is_expected() -> None:
    assert read(entry("25 mg/g"), None).unit == "mg/g"
    assert read(entry("25mg/g"), None).si == pytest.approx(0.025)
    assert read(entry("0.049 / day"), None).unit == "/ day"
    assert read(entry(3), None).unit == "1"
    assert read(entry("3"), None).unit == "1"
    assert read(entry("bipolar"), None).value == "bipolar"


def test_a_large_number_is_shown_without_a_power_of_ten() -> None:
    assert read({"value": "93534.9 K", "grade": "assumed"}, "K").text == "93,530 K"
    assert read({"value": "25 s", "grade": "assumed"}, "ms").text == "25,000 ms"


def test_text_has_no_number_and_a_number_no_other_text() -> None:
    word = read(entry("stainless steel"), "text")
    assert word.text == "stainless steel"
    with pytest.raises(LibraryError, match="is text, not a number"):
        _ = word.si
    assert read(entry(14), "1").text == "14"


def test_unpublished_says_where_it_was_sought_and_fails_where_it_is_needed() -> None:
    found = read_entry("device.x.tip_length", {"unpublished": "the 510(k) summary"}, "mm")
    assert isinstance(found, Unpublished)
    fault = found.needed()
    assert "device.x.tip_length" in str(fault)
    assert "the 510(k) summary" in str(fault)
    assert fault.do
    assert fault.exit_code == 2


@pytest.mark.parametrize("grade", GRADES)
def test_only_assumed_may_stand_without_source(grade: str) -> None:
    raw = entry(grade=grade, formula="a + b")
    if grade == "assumed":
        assert read(raw).source == ()
    else:
        with pytest.raises(LibraryError, match="names no source"):
            read(raw)
        assert read(raw | {"source": "meng_2022"}).source == ("meng_2022",)


@pytest.mark.parametrize(
    ("raw", "unit", "words"),
    [
        ("1.0 mm", "mm", "must be a table"),
        (1.0, "mm", "must be a table"),
        ([], "mm", "must be a table"),
        ({}, "mm", "lacks grade, value"),
        ({"value": "1.0 mm"}, "mm", "lacks grade"),
        ({"grade": "assumed"}, "mm", "lacks value"),
        (entry(sauce="x"), "mm", "unknown key"),
        ({"unpublished": "somewhere", "value": "1 mm"}, "mm", "unknown key"),
        (entry(grade="guessed"), "mm", "no such evidence grade"),
        (entry(grade=["assumed"]), "mm", "no such evidence grade"),  # type: ignore[arg-type]
        (entry(grade="derived", source="x"), "mm", "states no formula"),
        (entry(grade="derived", source="x", formula=""), "mm", "states no formula"),
        (entry(source=5), "mm", "wrong kind of source"),
        (entry(source=[5]), "mm", "wrong kind of source"),
        (entry(source={"key": "x"}), "mm", "wrong kind of source"),
        (entry(1.0), "mm", "must be text with its unit"),
        (entry(True), "1", "must be text with its unit"),
        (entry(True), None, "not a number or text"),
        (entry([1]), None, "not a number or text"),
        (entry({}), None, "not a number or text"),
        (entry(5), "text", "not text"),
        (entry("1.0 kg"), "mm", "wrong kind of unit"),
        (entry("nan mm"), None, "not a number with a unit"),
        (entry("inf mm"), None, "not a number with a unit"),
        (entry("1 furlongue"), None, "not a known unit"),
        (entry(math.nan), "1", "not finite"),
        (entry(math.inf), None, "not finite"),
        (entry(1 << 20_000), "1", "not finite"),
        (entry(spread="normal"), "mm", "no such spread"),
        (entry(spread={"sd": "1 mm"}), "mm", "no such spread"),
        (entry(spread={"kind": "gaussian"}), "mm", "no such spread"),
        (entry(spread={"kind": ["normal"]}), "mm", "no such spread"),
        (entry(spread={"kind": "normal"}), "mm", "not the keys of a normal spread"),
        (entry(spread={"kind": "normal", "sd": "1 mm", "mean": "1 mm"}), "mm", "not the keys of a normal spread"),
        (entry(spread={"kind": "normal", "sd": 1.0}), "mm", "must be text with its unit"),
        (entry(spread={"kind": "normal", "sd": "1 kg"}), "mm", "wrong kind of unit"),
        (entry(spread={"kind": "lognormal", "log_sd": "wide"}), "mm", "not a number"),
        (entry(spread={"kind": "lognormal", "log_sd": math.inf}), "mm", "not finite"),
        (entry(spread={"kind": "categories", "values": "ab", "weights": [1]}), "text", "list of values"),
        (entry("a", spread={"kind": "normal", "sd": "b"}), "text", "no such spread"),
    ],
)
def test_a_malformed_entry_is_refused_by_name(raw: object, unit: str | None, words: str) -> None:
    with pytest.raises(LibraryError, match=words) as caught:
        read_entry("thing.field", raw, unit)
    assert "thing.field" in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("value", "spread"),
    [
        ("3 mm", {"kind": "uniform", "low": "1 mm", "high": "2 mm"}),
        ("1 mm", {"kind": "uniform", "low": "2 mm", "high": "1 mm"}),
        ("1 mm", {"kind": "uniform", "low": "1 mm", "high": "1 mm"}),
        ("1 mm", {"kind": "normal", "sd": "0 mm"}),
        ("1 mm", {"kind": "normal", "sd": "-1 mm"}),
        ("3 mm", {"kind": "normal", "sd": "1 mm", "high": "2 mm"}),
        ("1 mm", {"kind": "normal", "sd": "1 mm", "low": "2 mm"}),
        ("1 mm", {"kind": "lognormal", "log_sd": 0}),
        ("0 mm", {"kind": "lognormal", "log_sd": 0.3}),
        ("-1 mm", {"kind": "lognormal", "log_sd": 0.3}),
        ("1 mm", {"kind": "lognormal", "log_sd": 0.3, "low": "1.1 mm"}),
        ("1 mm", {"kind": "beta", "a": 0, "b": 1, "low": "0 mm", "high": "2 mm"}),
        ("3 mm", {"kind": "beta", "a": 2, "b": 2, "low": "0 mm", "high": "2 mm"}),
        ("3 mm", {"kind": "categories", "values": ["1 mm", "2 mm"], "weights": [0.5, 0.5]}),
        ("1 mm", {"kind": "categories", "values": ["1 mm", "2 mm"], "weights": [0.5, 0.4]}),
        ("1 mm", {"kind": "categories", "values": ["1 mm", "2 mm"], "weights": [1.5, -0.5]}),
        ("1 mm", {"kind": "categories", "values": ["1 mm", "2 mm"], "weights": [1.0]}),
        ("1 mm", {"kind": "categories", "values": [], "weights": []}),
    ],
)
def test_a_value_outside_its_spread_or_a_spread_that_is_none_is_refused(value: str, spread: dict[str, Any]) -> None:
    with pytest.raises(LibraryError, match="outside its spread"):
        read(entry(value, spread=spread))


def test_the_spread_of_a_temperature_is_a_difference() -> None:
    found = read(entry("37 degC", spread={"kind": "normal", "sd": "0.5 K"}), "degC")
    assert found.spread is not None
    assert found.spread.sd == 0.5
    assert found.band() == pytest.approx((310.15 - 0.8224, 310.15 + 0.8224), abs=1e-3)
    with pytest.raises(LibraryError, match="difference") as caught:
        read(entry("37 degC", spread={"kind": "normal", "sd": "0.5 degC"}), "degC")
    assert caught.value.allowed == "K"


def test_source_is_none_one_key_or_a_list() -> None:
    assert read_source("x", None) == ()
    assert read_source("x", []) == ()
    assert read_source("x", "a_2020") == ("a_2020",)
    assert read_source("x", ["a_2020", "b_2021"]) == ("a_2020", "b_2021")


def against(spread: dict[str, Any], distribution: Any, value: object = 2.0) -> None:
    found = read(entry(value, spread=spread), "1")
    assert np.allclose(found.quantile(MIDDLE), distribution.ppf(MIDDLE), rtol=1e-9, atol=1e-12)


def test_normal_quantiles_are_those_of_scipy() -> None:
    against({"kind": "normal", "sd": 0.5}, stats.norm(2, 0.5))
    against({"kind": "normal", "sd": 0.5, "low": 1.2, "high": 2.1}, stats.truncnorm(-1.6, 0.2, 2, 0.5))
    against({"kind": "normal", "sd": 0.5, "low": 2.0}, stats.truncnorm(0, np.inf, 2, 0.5))


@pytest.mark.parametrize("away", [-12.0, 12.0])
def test_a_normal_cut_far_from_its_middle_keeps_its_shape(away: float) -> None:
    found = read(entry(2.0, spread={"kind": "normal", "sd": 0.5}), "1")
    assert found.spread is not None
    low, high = 2.0 + 0.5 * away, 2.0 + 0.5 * (away + 1.0)
    cut = replace(found, spread=replace(found.spread, low=low, high=high))
    assert cut.quantile(MIDDLE) == pytest.approx(stats.truncnorm(away, away + 1.0, 2, 0.5).ppf(MIDDLE), rel=1e-9)


def test_lognormal_quantiles_have_the_value_as_median() -> None:
    against({"kind": "lognormal", "log_sd": 0.3}, stats.lognorm(0.3, scale=2))
    found = read(entry(2.0, spread={"kind": "lognormal", "log_sd": 0.3, "low": 1.0, "high": 4.0}), "1")
    assert found.quantile(np.array([0.5]))[0] == pytest.approx(2.0)
    assert found.quantile(MIDDLE).min() >= 1.0
    assert found.quantile(MIDDLE).max() <= 4.0


def test_uniform_and_beta_quantiles_are_those_of_scipy() -> None:
    against({"kind": "uniform", "low": 1, "high": 3}, stats.uniform(1, 2))
    against({"kind": "beta", "a": 2, "b": 5, "low": 1, "high": 3}, stats.beta(2, 5, 1, 2))


def test_categories_are_drawn_with_their_weights() -> None:
    numbers = read(entry("1 mm", spread={"kind": "categories", "values": ["1 mm", "2 mm"], "weights": [0.25, 0.75]}))
    assert np.array_equal(numbers.quantile(np.array([0.1, 0.2499, 0.25, 0.9])), [1e-3, 1e-3, 2e-3, 2e-3])
    words = read(
        entry("b", spread={"kind": "categories", "values": ["a", "b", "c"], "weights": [0.5, 0.5, 0.0]}), "text"
    )
    assert np.array_equal(words.quantile(np.array([0.0001, 0.4999, 0.5, 0.9999])), [0, 0, 1, 1])
    never = read(entry("b", spread={"kind": "categories", "values": ["a", "b"], "weights": [0, 1]}), "text")
    assert np.array_equal(never.quantile(np.array([1e-12, 0.5])), [1, 1])


def test_without_spread_the_value_is_constant() -> None:
    found = read(entry("1 mm"))
    assert np.array_equal(found.quantile(MIDDLE), np.full(999, 1e-3))
    assert found.band() == (1e-3, 1e-3)


NUMBERS = st.floats(-1e3, 1e3).map(lambda number: round(number, 3))
POSITIVE = st.floats(1e-3, 1e3).map(lambda number: round(number, 3)).filter(lambda number: number > 0)


@st.composite
def spreads(draw: st.DrawFn) -> tuple[float, dict[str, Any]]:
    """A value, and a spread around it."""
    kind = draw(st.sampled_from(["normal", "lognormal", "uniform", "beta", "categories"]))
    value = draw(POSITIVE if kind == "lognormal" else NUMBERS)
    low, high = value - draw(POSITIVE), value + draw(POSITIVE)
    bounds = draw(st.sampled_from([{}, {"low": low}, {"high": high}, {"low": low, "high": high}]))
    if kind == "normal":
        return value, {"kind": kind, "sd": draw(POSITIVE), **bounds}
    if kind == "lognormal":
        return value, {"kind": kind, "log_sd": draw(st.floats(0.01, 3)), **bounds}
    if kind == "uniform":
        return value, {"kind": kind, "low": low, "high": high}
    if kind == "beta":
        return value, {
            "kind": kind,
            "a": draw(st.floats(0.5, 9)),
            "b": draw(st.floats(0.5, 9)),
            "low": low,
            "high": high,
        }
    return value, {"kind": kind, "values": [low, value, high], "weights": [0.25, 0.5, 0.25]}


@given(spreads(), st.lists(st.floats(1e-9, 1 - 1e-9), min_size=2, max_size=8))
def test_quantiles_rise_stay_finite_and_stay_inside_the_bounds(
    drawn: tuple[float, dict[str, Any]], probabilities: list[float]
) -> None:
    value, spread = drawn
    found = read(entry(value, spread=spread), "1")
    values = found.quantile(np.sort(np.array(probabilities)))
    assert np.isfinite(values).all()
    assert (np.diff(values) >= 0).all()
    scale = max(1.0, abs(value))
    assert (values >= spread.get("low", -np.inf) - 1e-9 * scale).all()
    assert (values <= spread.get("high", np.inf) + 1e-9 * scale).all()
    low, high = found.band()
    assert low <= high


def entry_or_fault(raw: object, unit: str | None) -> Sourced | Unpublished | LibraryError:
    try:
        return read_entry("thing.field", raw, unit)
    except LibraryError as fault:
        return fault


TOML_LIKE = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1 mm", "2 mm", "3 kg", "normal"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "sd", "low", "high", "values", "weights", "a", "b", "log_sd"]), inner
        )
    ),
    max_leaves=6,
)
KEYS = ["value", "spread", "grade", "source", "population", "method", "note", "formula", "unpublished", "sauce"]
ANY_ENTRY = st.dictionaries(st.sampled_from(KEYS), TOML_LIKE) | st.fixed_dictionaries(
    {"value": TOML_LIKE, "grade": st.sampled_from(GRADES)},
    optional={"spread": TOML_LIKE, "source": TOML_LIKE, "formula": TOML_LIKE},
)


@given(TOML_LIKE | ANY_ENTRY, st.sampled_from([None, "mm", "1", "text", "degC"]))
def test_any_table_is_an_entry_or_a_library_error(raw: object, unit: str | None) -> None:
    found = entry_or_fault(raw, unit)
    if isinstance(found, LibraryError):
        assert "thing.field" in str(found)
    elif isinstance(found, Sourced) and (found.spread is not None or not isinstance(found.value, str)):
        assert np.isfinite(found.quantile(np.array([0.05, 0.5, 0.95]))).all()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"value": "1 mm"}, "taken as exact"),
        ({"value": "1 mm", "grade": "measured", "source": "a"}, "no spread published"),
        (
            {"value": "1 mm", "spread": {"kind": "uniform", "low": "0.5 mm", "high": "2 mm"}},
            "0.5 mm to 2 mm, all alike",
        ),
        (
            {"value": "1 mm", "spread": {"kind": "normal", "sd": "0.2 mm", "low": "0 mm"}},
            "normal, standard deviation 0.2 mm, not below 0 mm",
        ),
        ({"value": "20 degC", "spread": {"kind": "normal", "sd": "2 K"}}, "normal, standard deviation 2 degC"),
        ({"value": 2, "spread": {"kind": "lognormal", "log_sd": 0.6931}}, "log-normal, a factor of 2 up or down"),
        ({"value": 0.5, "spread": {"kind": "beta", "a": 2, "b": 3, "low": 0, "high": 1}}, "beta (2, 3), 0 to 1"),
        (
            {"value": "a", "spread": {"kind": "categories", "values": ["a", "b"], "weights": [0.25, 0.75]}},
            "25 %: a; 75 %: b",
        ),
    ],
)
def test_a_spread_is_said_in_words(raw: dict[str, object], said: str) -> None:
    entry = read_entry("entry", {"grade": "assumed"} | raw)
    assert isinstance(entry, Sourced)
    assert entry.spread_text == said
