"""What glossary, checklist, limits and how-to pages name is there: terms, keys, rules, cases and endpoints."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from pydantic import BaseModel

from percuta.evidence.registry import cases
from percuta.library.bibliography import bibliography
from percuta.library.registry import Library, library
from percuta.plan.model import DeviceChoice, Patient, Plan, Zone
from percuta.plan.reading import read_plan
from percuta.plan.steps import STEP_KINDS, Step
from percuta.workflows.check import check

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [DOCS / f"{name}.md" for name in ("glossary", "limits", "reporting_checklist", "the_article")] + sorted(
    [*(DOCS / "how_to").glob("*.md"), *(DOCS / "tutorials").glob("*.md")]
)
GLOSSARY = (DOCS / "glossary.md").read_text("utf-8")
TERMS = re.findall(r"^([^\s`#:].*)\n  \S", GLOSSARY, re.MULTILINE)
CHECKLIST = (DOCS / "reporting_checklist.md").read_text("utf-8")
OWN_FIELDS = {"tip_length", "needle_length", "puncture_rate"}  # of a device file, beside the keys of a plan


def test_the_glossary_explains_many_words_once_each() -> None:
    assert len(TERMS) >= 60
    assert len({term.casefold() for term in TERMS}) == len(TERMS)


def test_the_glossary_refers_to_its_own_words() -> None:
    assert set(re.findall(r"\{term\}`([^`]+)`", GLOSSARY)) <= set(TERMS)


def test_what_the_checklist_would_fix_are_keys_of_plans_and_devices() -> None:
    rows = re.findall(r"^\| ☐ [^|]+ \| ([^|]+) \|$", CHECKLIST, re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}
    models: list[type[BaseModel]] = [Plan, Patient, Zone, DeviceChoice, Step, *STEP_KINDS.values()]
    keys = {key for model in models for key in model.model_fields} | {"sessions", "interval"} | OWN_FIELDS
    assert len(rows) >= 40
    assert named <= keys
    assert library().device("generic-pen-12").fields.keys() >= OWN_FIELDS


def test_what_trials_state_is_counted_over_the_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "python" / "what_trials_state.py"))
    counts = {
        item.strip(): (int(found), int(trials))
        for item, found, trials in re.findall(r"^(\S.*?) +(\d+) of +(\d+) ", capsys.readouterr().out, re.MULTILINE)
    }
    assert all(0 <= found <= trials for found, trials in counts.values())
    most = counts["sessions"]
    assert all(counts[item] < most for item in ("passes", "puncture density", "reached depth"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_publications_and_cases_named_on_a_page_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    keys = {key for group in re.findall(r"\{cite:[pt]\}`([^`]+)`", text) for key in group.split(",")}
    keys |= set(re.findall(r"percuta cite ([a-z]+_[a-z0-9_]+)$", text, re.MULTILINE))
    named = {
        name.casefold()
        for name in re.findall(r"--case ([\w-]+)|`((?:MECH|BIO|RF)-V\w+)`", text)
        for name in name
        if name
    }
    assert keys <= set(bibliography())
    assert named <= {name.casefold() for name in cases()}


def test_the_override_that_is_shown_takes_effect() -> None:
    [shown] = re.findall(
        r"^```toml\n(.*?)^```$", (DOCS / "how_to" / "rules_and_overrides.md").read_text("utf-8"), re.M | re.S
    )
    plan = (
        (ROOT / "examples" / "cheek_pen.toml").read_text("utf-8").replace('interval = "4 weeks"', 'interval = "5 days"')
    )
    assert check(read_plan(plan)).exit_code == 3
    overridden = check(read_plan(f"{plan}\n{shown}"))
    assert [one.rule for one in overridden.findings if one.overridden] == ["interval_floor"]
    assert overridden.exit_code == 0


def test_the_device_of_ones_own_can_be_planned_with() -> None:
    known = Library([ROOT / "examples" / "own" / "my_pen.toml"])
    plan = (ROOT / "examples" / "cheek_pen.toml").read_text("utf-8").replace("generic-pen-12", "my-pen")
    assert check(read_plan(plan, known=known), known).exit_code == 0
