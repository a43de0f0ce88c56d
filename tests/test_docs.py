"""What the pages under docs show is what Percuta takes: every TOML block loads, and what is said of it holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from percuta.engine.pulse_bench import setup_of
from percuta.library.files import ENTRY_POINTS
from percuta.library.registry import Library, library
from percuta.optimisation.settings import settings_of
from percuta.optimisation.wishes import tried, wishes_of
from percuta.plan.model import DeviceChoice, Plan
from percuta.plan.pulse_file import PulseFile
from percuta.plan.pulse_reading import read_pulse
from percuta.plan.reading import read_plan
from percuta.plan.steps import STEP_KINDS, Step
from percuta.plan.wishes import SETTING_NAMES, Optimise
from percuta.results.anaesthesia import BLOCK, BLOOD, LATERAL, MULTIPLE
from percuta.results.barrier import BARRIER
from percuta.results.patch import PATCH
from percuta.workflows.check import check
from percuta.workflows.simulate import simulate

PAGE = Path(__file__).parents[1] / "docs" / "plan_file.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n# ([^\n]+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PLANS = [text for kind, text in BLOCKS if kind == "whole plan"]
DEVICES = [text for kind, text in BLOCKS if kind == "whole device"]
RECORDED = [
    ('side = "both"', 'side = "left"'),
    ('end_point = "pinpoint_bleeding"', 'end_point = "uniform_erythema"'),
    ('masked = ["mole above the right brow"]', 'masked = ["another mole", "a tattoo"]'),
]


def plan_with(*changes: tuple[str, str]) -> Plan:
    """Return the plan of the page with words replaced."""
    text = PLANS[0]
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return read_plan(text)


def test_every_block_says_what_it_is() -> None:
    assert [kind for kind, _ in BLOCKS] == ["whole plan", "whole device", "entry point"]
    assert TEXT.count("```toml") == len(BLOCKS)
    assert len(TEXT.splitlines()) <= 150


@pytest.mark.parametrize("text", PLANS)
def test_a_plan_loads(text: str) -> None:
    read_plan(text, str(PAGE))


@pytest.mark.parametrize("text", DEVICES)
def test_a_device_loads_and_can_be_planned_with(text: str, tmp_path: Path, minimal_plan: str) -> None:
    file = tmp_path / "my_pen.toml"
    file.write_text(text, encoding="utf-8")
    known = Library([file])
    assert known.device("my-pen").kind == "pen"
    plan = read_plan(minimal_plan.replace("generic-pen-12", "my-pen"), known=known)
    assert simulate(plan, 16, known=known).endpoints


def test_the_entry_point_group_is_the_one_that_is_read() -> None:
    [text] = [text for kind, text in BLOCKS if kind == "entry point"]
    assert list(tomllib.loads(text)["project"]["entry-points"]) == [ENTRY_POINTS]


def test_the_plan_is_judged_as_the_page_says() -> None:
    findings = check(plan_with())
    assert findings.exit_code == 3
    assert findings.verdict == "deferred"
    said = re.search(r"because (\d+) screening questions have no answer", TEXT)
    assert said is not None
    assert sum(one.unanswered for one in findings.findings) == int(said[1])
    assert [one.rule for one in findings.findings if one.overridden] == ["keloid_elsewhere"]
    assert "home_use" in {one.rule for one in check(plan_with(('"professional"', '"home"'))).findings}


def test_what_is_recorded_only_changes_no_result() -> None:
    plain, other = plan_with(), plan_with(*RECORDED)
    assert plain != other
    assert simulate(plain, 16).endpoints == simulate(other, 16).endpoints
    judged = [[(one.rule, one.severity, one.zone) for one in check(plan).findings] for plan in (plain, other)]
    assert judged[0] == judged[1]


def test_a_needled_zone_without_its_masked_list_is_a_finding() -> None:
    found = check(plan_with(('masked = ["mole above the right brow"]', ""))).findings
    assert [one.zone for one in found if one.rule == "mask_missing"] == ["forehead"]


def test_every_key_of_steps_and_device_is_on_the_page() -> None:
    pages = [TEXT, *(PAGE.with_name(page).read_text("utf-8") for page in ("radiofrequency.md", "patches.md"))]
    named = set(re.findall(r"`([a-z_]+)(?:\.NAME)?`", "".join(pages)))
    keys = {key for kind in STEP_KINDS.values() for key in kind.model_fields}
    assert keys | set(Step.model_fields) | set(STEP_KINDS) | set(DeviceChoice.model_fields) <= named


PULSE_PAGE = PAGE.with_name("pulse_file.md")
PULSE_TEXT = PULSE_PAGE.read_text("utf-8")
PULSE_BLOCKS = re.findall(r"^```toml\n# ([^\n]+)\n(.*?)^```$", PULSE_TEXT, re.MULTILINE | re.DOTALL)


def test_the_pulse_of_the_page_loads_and_can_be_set_up() -> None:
    known = library()
    [(kind, text)] = PULSE_BLOCKS
    assert kind == "whole pulse"
    setup = setup_of(read_pulse(text, str(PULSE_PAGE), known), known)
    assert [layer.name for layer in setup.layers] == ["dermis", "fat phantom"]
    assert setup.drive.control is not None
    assert not setup.drive.control.ideal


def tables_of(model: type[BaseModel]) -> set[str]:
    """Return the keys of a model and of all tables within it."""
    keys = set()
    for name, field in model.model_fields.items():
        keys.add(field.alias or name)
        for part in (field.annotation, *get_args(field.annotation)):
            for one in (part, *get_args(part)):
                if isinstance(one, type) and issubclass(one, BaseModel) and one is not model:
                    keys |= tables_of(one)
    return keys


def test_every_key_of_a_pulse_file_is_on_the_page() -> None:
    unsaid = {key for key in tables_of(PulseFile) if not re.search(rf"\b{key}\b", PULSE_TEXT)}
    assert unsaid == set()


WISHES_TEXT = (PAGE.parent / "how_to" / "optimise.md").read_text("utf-8")


def test_the_wishes_of_the_page_are_wishes_of_the_example() -> None:
    [(kind, text)] = re.findall(r"^```toml\n# ([^\n]+)\n(.*?)^```$", WISHES_TEXT, re.MULTILINE | re.DOTALL)
    assert kind == "table of a plan"
    example = (PAGE.parents[1] / "examples" / "cheek_pen.toml").read_text("utf-8")
    plan, known = read_plan(f"{example}\n{text}"), library()
    wishes = wishes_of(plan, known, tried(plan, known))
    assert not any(one.default for one in wishes.limits)
    assert [one.name for one in settings_of(plan, known)] == ["set_depth", "passes", "sessions"]


def test_every_key_and_setting_of_a_search_is_on_its_page() -> None:
    unsaid = {key for key in tables_of(Optimise) if not re.search(rf"\b{key}\b", WISHES_TEXT)}
    assert unsaid == set()
    rows = re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \|$", WISHES_TEXT, re.MULTILINE)
    searched = {name: said != "not searched" for names, _, said in rows for name in re.findall(r"`([a-z_]+)`", names)}
    searched.pop("setting")
    assert set(searched) == set(SETTING_NAMES)
    by_default = {one.name for aims in library().aims.values() for one in aims.settings}
    assert {name for name, said in searched.items() if said} == by_default


SKIN_TEXT = PAGE.with_name("topicals.md").read_text("utf-8")


def test_the_cream_of_the_page_can_be_planned_with(tmp_path: Path) -> None:
    [(kind, text)] = re.findall(r"^```toml\n# ([^\n]+)\n(.*?)^```$", SKIN_TEXT, re.MULTILINE | re.DOTALL)
    assert kind == "whole product"
    file = tmp_path / "my_cream.toml"
    file.write_text(text, encoding="utf-8")
    known = Library([file])
    plan = read_plan(PLANS[0].replace("lidocaine-prilocaine-2.5-2.5", "my-cream"), known=known)
    result = simulate(plan, 16, known=known)
    assert result.endpoint("block_depth_at_needling").p50 is not None
    assert result.endpoint("anaesthetic_peak_plasma").p50 is not None


def test_the_page_on_creams_names_every_endpoint_of_theirs() -> None:
    named = set(re.findall(r"`([a-z_]+)`", SKIN_TEXT))
    assert {*BLOCK, *BLOOD, *BARRIER, MULTIPLE[0], LATERAL[0], "steroid_collagen_cost"} <= named


def test_the_page_on_patches_names_every_endpoint_and_rule_of_theirs() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE.with_name("patches.md").read_text("utf-8")))
    assert set(PATCH) | {rule for rule in library().protocol if rule.startswith("patch_")} <= named
