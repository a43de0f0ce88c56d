"""Material of reports: a pen plan that passes, a refused plan computed for study, and a plan without needling."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Protocol

import pytest

from percuta.library.registry import library
from percuta.manifest import manifest, now
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan
from percuta.report.judgement import overrides
from percuta.report.page import ReportMaterial
from percuta.workflows.check import check
from percuta.workflows.simulate import simulate

PLAN = """\
schema = 1
title = "{title}"
notes = "Second course & <first> a year ago"

[patient]
age = "52 years"
sex = "female"
phototype = {phototype}
mass = "68 kg"
desired_effect = "{effect}"
{scars}

[patient.screening]
{screening}

[[zones]]
name = "cheeks"
site = "cheek"
area = "76 cm^2"
masked = ["naevus <left>"]

[device]
model = "{device}"

[[session.steps]]
do = "topical_anaesthetic"
product = "lidocaine-prilocaine-2.5-2.5"
amount = "11 g"
duration = "60 min"
occluded = true
[[session.steps]]
do = "remove_anaesthetic"
[[session.steps]]
do = "antisepsis"
agent = "hypochlorous"
[[session.steps]]
do = "glide_gel"
product = "sterile-plain-hydrogel"
{needles}

[course]
sessions = 3
interval = "4 weeks"
follow_up_after_last_session = "12 weeks"
"""
NEEDLING = '[[session.steps]]\ndo = "needling"\nzones = ["cheeks"]\nset_depth = "1.0 mm"\npasses = 4\n'
PULSES = """\
[[session.steps]]
do = "rf_pulses"
zones = ["cheeks"]
set_depth = "2.0 mm"
power = "25 W"
pulse_width = "100 ms"
"""
OVERRIDE = '[[overrides]]\nrule = "{rule}"\nname = "Dr <A. Example>"\nreason = "stopped & recovered"\n'


class Build(Protocol):
    """What the fixture ``build`` gives."""

    def __call__(self, *, study: bool = False, end: str = "", answers: str = "", **fields: str) -> ReportMaterial: ...


def _plan_text(end: str, answers: str, fields: dict[str, str]) -> str:
    given = {"title": "Cheek wrinkles", "phototype": "3", "effect": "wrinkles", "scars": ""}
    given |= {"device": "generic-pen-12", "needles": NEEDLING} | fields
    screening = {item: "no" for item in library().screening} | dict(
        pair.split("=") for pair in answers.split(",") if pair
    )
    rows = "\n".join(f'{item} = "{answer}"' for item, answer in screening.items() if answer != "missing")
    return PLAN.format(screening=rows, **given) + end


def _ranked(name: str, grade: str, total: float) -> dict[str, Any]:
    index = {"value": total, "low": total - 0.1, "high": total + 0.1}
    return {"input": name, "grade": grade, "unit": "1", "entries": [name], "first": index, "total": index}


RANKED: dict[str, Any] = {  # what influence.json holds
    "plan": "test",
    "plan_sha256": "0" * 64,
    "percuta": "0",
    "library_sha256": "0" * 64,
    "verdict": "passes",
    "accuracy": "draft",
    "members": 256,
    "replicates": 16,
    "interval": 0.9,
    "seed": 0,
    "endpoints": [
        {
            "name": "reached_depth_typical",
            "zone": "cheeks",
            "unit": "mm",
            "inputs": [
                _ranked("puncture.reached_share", "assumed", 0.7),
                _ranked("skin.dermis", "measured and derived", 0.2),
            ],
        },
    ],
    "left_out": [{"name": "expected_end_point", "zone": "cheeks", "reason": "a category"}],
    "without_effect": ["ageing.later_decline"],
    "screened": 64,
}


@pytest.fixture(scope="session")
def build() -> Build:
    """Build the material of a report from fields of a plan, the way the workflow does."""

    def made(*, study: bool = False, end: str = "", answers: str = "", **fields: str) -> ReportMaterial:
        text = _plan_text(end, answers, fields)
        plan, known = read_plan(text), library()
        findings, result = check(plan, known), simulate(plan, 16, 0)
        endpoints: list[dict[str, Any]] = json.loads(json.dumps([one.as_dict() for one in result.endpoints]))
        record = manifest(
            version="0",
            plan_text=text,
            library_digest=known.digest,
            members=16,
            seed=0,
            accuracy="draft",
            study=study,
            verdict=findings.verdict,
            overrides=overrides(findings.as_dict()),
            started=now(),
        )
        device = resolve_device(plan.device, known)
        return ReportMaterial(plan, text, device, findings.as_dict(), endpoints, result.tree, record, known)

    return made


@pytest.fixture(scope="session")
def pen(build: Build) -> ReportMaterial:
    """A pen plan that no rule stops."""
    return build()


@pytest.fixture(scope="session")
def refused(build: Build) -> ReportMaterial:
    """A plan over active herpes, computed for study; its title tries to be markup."""
    return build(study=True, answers="active_herpes=yes", title="<script>alert(1)</script> & more")


@pytest.fixture(scope="session")
def deferred(build: Build) -> ReportMaterial:
    """A plan with a question that nobody answered, computed for study."""
    return build(study=True, answers="metal_allergy=unknown,melasma=missing")


@pytest.fixture(scope="session")
def pulses_only(build: Build) -> ReportMaterial:
    """A plan of radiofrequency needles alone, whose effect is not computed, with an overridden rule."""
    end = OVERRIDE.format(rule="isotretinoin_current")
    return build(device="generic-rf-7x7-insulated", needles=PULSES, answers="isotretinoin_current=yes", end=end)


@pytest.fixture
def with_influence(pen: ReportMaterial) -> ReportMaterial:
    """The pen plan with the share of variance that hangs on inputs of each grade, and with its inputs ranked."""
    share, none = {"value": 0.8, "low": 0.7, "high": 0.9}, {"value": 0.0, "low": 0.0, "high": 0.0}
    shares = {"measured": share | {"value": 0.25, "low": 0.2}, "derived": none, "fitted": none, "assumed": share}
    rows = [each | {"spread_shares": shares} if each["name"] == "puncture_density" else each for each in pen.endpoints]
    return replace(pen, endpoints=rows, influence=RANKED)
