"""Every example behaves as its header says, and its pinned number is what Percuta computes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from percuta.engine.pulse_bench import setup_of
from percuta.library.registry import library
from percuta.plan.pulse_reading import load_pulse
from percuta.plan.reading import load_plan, read_plan
from percuta.plan.writing import write_plan
from percuta.workflows.check import check
from percuta.workflows.simulate import simulate

FOLDER = Path(__file__).parents[1] / "examples"
PULSES = sorted(FOLDER.glob("pulse_*.toml"))  # of the bench, without a patient
EXAMPLES = sorted(set(FOLDER.glob("*.toml")) - set(PULSES))
PINNED = re.compile(r"^# Pinned: (\w+) ([\d.]+) (\S+) in ([\w ]+), median of 64 scenarios\.$", re.MULTILINE)
EXIT_CODE = re.compile(r"ends with (\d)")


def header(file: Path) -> str:
    """Return the comment at the head of an example."""
    return file.read_text().split("\nschema = 1")[0]


def test_the_eight_examples_are_there() -> None:
    assert [file.stem for file in EXAMPLES] == [
        "acne_scar_pen",
        "article_corrected",
        "as_in_the_article",
        "cheek_pen",
        "cheek_rf",
        "dissolving_patch",
        "eyelid_inside_orbital_rim",
        "forehead_roller",
    ]


def test_the_pulse_examples_are_there() -> None:
    assert [file.stem for file in PULSES] == ["pulse_bipolar", "pulse_dermis_7x7"]


@pytest.mark.parametrize("file", PULSES, ids=lambda file: file.stem)
def test_a_pulse_example_can_be_computed_and_its_header_says_how(file: Path) -> None:
    known = library()
    setup = setup_of(load_pulse(file, known), known)
    assert setup.depth > setup.needle.depth
    assert f"`percuta pulse examples/{file.name} --out" in " ".join(
        re.sub("^# ?", "", header(file), flags=re.M).split()
    )


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_check_ends_as_the_header_says(file: Path) -> None:
    said = EXIT_CODE.search(header(file))
    assert said is not None
    assert check(load_plan(file)).exit_code == int(said[1])


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_pinned_number(file: Path) -> None:
    said = PINNED.search(header(file))
    assert said is not None
    zone = None if said[4] == "the whole session" else said[4]
    found = simulate(load_plan(file)).endpoint(said[1], zone)
    assert found.unit == said[3]
    assert found.p50 is not None
    assert f"{found.p50:.3g}" == said[2]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_reads_as_it_is_written(file: Path) -> None:
    plan = load_plan(file)
    assert read_plan(write_plan(plan)) == plan
