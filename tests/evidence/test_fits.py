"""Fits behind the library's values: repeated, found out where they differ, and agreed with the evidence both ways."""

from __future__ import annotations

import runpy
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest

from percuta.evidence.calibration import fit as fitting
from percuta.evidence.calibration.fit import Fit, compare, shipped_value
from percuta.evidence.calibration.registry import fit_of, fits
from percuta.evidence.measurements import Curve, Direction, Measurement, Publication, publications
from percuta.library.registry import library
from percuta.sources import GRADES, Sourced

ROOT = Path(__file__).parents[2]
FITS = list(fits().values())

# The amplitude and the grades have a calibration of their own, which takes minutes (calibration/healing.py).
AMPLITUDE = ("healing.collagen_per_punctured_fraction", "healing.responds", "appearance.*_grade_per_gain")


def by_name(fit: Fit) -> str:
    return fit.name


def findings(study: Publication, role: str) -> dict[str, tuple[str, ...]]:
    """What each finding of a role sets, by its identifier."""
    every: list[Measurement | Direction | Curve] = [
        *study.measurements.values(),
        *study.directions.values(),
        *study.curves.values(),
    ]
    return {one.id: one.sets for one in every if one.role == role}


def of_amplitude(names: tuple[str, ...]) -> bool:
    """Whether values are set by the calibration of the amplitude and the grades."""
    return bool(names) and all(any(fnmatch(name, pattern) for pattern in AMPLITUDE) for name in names)


def stated() -> dict[tuple[str, str], tuple[str, ...]]:
    """What each finding of role fit says that it set, but for those of the amplitude."""
    return {
        (source, name): sets
        for source, study in publications().items()
        for name, sets in findings(study, "fit").items()
        if not of_amplitude(sets)
    }


@pytest.mark.parametrize("fit", FITS, ids=by_name)
def test_the_library_ships_what_the_fit_gives(fit: Fit) -> None:
    compared = compare(fit)
    assert compared
    assert [one for one in compared if not one.agrees] == []
    assert {one.name for one in compared} == set(fit.sets)


@pytest.mark.parametrize("fit", FITS, ids=by_name)
def test_what_a_fit_sets_has_its_grade(fit: Fit) -> None:
    assert fit.grade in GRADES
    assert {shipped_value(name).grade for name in fit.sets} == {fit.grade}


def test_no_value_is_set_by_two_fits() -> None:
    assert len({fit.name for fit in FITS}) == len(FITS)
    assert [name for name, count in Counter(name for fit in FITS for name in fit.sets).items() if count > 1] == []


def test_every_fitted_value_of_the_library_is_set_by_a_fit() -> None:
    fitted = [value for value in library().values() if isinstance(value, Sourced) and value.grade == "fitted"]
    alone = [value for value in fitted if value.spread is None or value.spread.kind != "draws"]
    assert alone
    assert [value.name for value in alone if fit_of(value.name) is None] == []


def test_findings_of_role_fit_and_fits_agree_both_ways() -> None:
    assert {use for fit in FITS if not of_amplitude(fit.sets) for use in fit.uses} == set(stated())


@pytest.mark.parametrize("finding", stated(), ids=".".join)
def test_a_finding_names_the_values_that_it_set(finding: tuple[str, str]) -> None:
    patterns = stated()[finding]
    values = [name for fit in FITS if finding in fit.uses for name in fit.sets]
    assert [name for name in values if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in values)] == []


def test_a_value_that_was_changed_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(shipped_value("tolerance.pain_length_exponent"), value=1.8)
    monkeypatch.setattr(fitting, "shipped_value", lambda name: changed)
    (one,) = compare(fits()["pain and length"])
    assert (one.shipped, one.repeated, one.agrees) == ("1.8", "1.771", False)


def test_a_spread_that_no_longer_holds_a_figure_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = shipped_value("closure.barrier_time")
    assert entry.spread is not None
    narrow = replace(entry, spread=replace(entry.spread, log_sd=0.2))
    monkeypatch.setattr(fitting, "shipped_value", lambda name: narrow)
    assert [one.part for one in compare(fits()["barrier without a film"]) if not one.agrees] == ["holds"]


def test_the_residual_of_lidocaine_by_hand() -> None:
    # 208 ug/cm^2/h over 19.58 mg/ml is 0.0106 cm/h; the correlation gives 0.00365 cm/h; prior and noise are both 0.6
    repeated = fits()["residual of lidocaine"].run()["permeation.permeability_residual_lidocaine"]
    assert repeated.value == pytest.approx(0.5 * 0.4632, abs=0.001)
    assert repeated.spread["sd"] == pytest.approx(0.6 * 0.5**0.5)


def test_half_lives_as_a_lognormal_have_their_mean_and_standard_deviation() -> None:
    repeated = fits()["barrier under a film"].run()["closure.barrier_time_occluded"]
    assert repeated.value is not None
    median, log_sd = repeated.value * 0.693147, repeated.spread["log_sd"]
    growth = 2.718282 ** (log_sd**2)
    assert median * growth**0.5 == pytest.approx(23.25 * 3600.0, rel=1e-3)
    assert median * (growth * (growth - 1.0)) ** 0.5 == pytest.approx(13.6 * 3600.0, rel=1e-2)


@pytest.mark.parametrize("script", ["fits.py", "rates.py"])
def test_the_scripts_end_well_and_print_what_they_compare(
    script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [script, "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "calibration" / script), run_name="__main__")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "healing.maturation, value" in said
    assert "DIFFERS" not in said


def test_a_script_ends_with_one_where_a_value_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = shipped_value
    wrong = replace(known("permeation.lag_time"), value=1.0)
    monkeypatch.setattr(fitting, "shipped_value", lambda name: wrong if name == wrong.name else known(name))
    for arguments, code in (([], 0), (["--check"], 1)):
        monkeypatch.setattr("sys.argv", ["fits.py", *arguments])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / "calibration" / "fits.py"), run_name="__main__")
        assert ended.value.code == code
    assert capsys.readouterr().out.count("DIFFERS") == 2
