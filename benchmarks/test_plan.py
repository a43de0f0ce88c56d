"""A plan of two zones, four sessions and 52 weeks: a bar of 1 s for 64 scenarios, and cost linear in scenarios."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from percuta.plan.reading import read_plan
from percuta.workflows.simulate import simulate

PLAN = """
schema = 1
title = "two zones, four sessions, 52 weeks"
[patient]
age = "52 years"
sex = "female"
phototype = 3
mass = "68 kg"
desired_effect = "wrinkles"
[[zones]]
name = "cheeks"
site = "cheek"
area = "76 cm^2"
[[zones]]
name = "forehead"
site = "forehead"
area = "52 cm^2"
[device]
model = "generic-pen-12"
[[session.steps]]
do = "needling"
zones = ["cheeks", "forehead"]
set_depth = "1.0 mm"
passes = 4
[course]
sessions = 4
interval = "4 weeks"
follow_up_after_last_session = "40 weeks"
"""


@pytest.mark.parametrize("members", [64, 256, 1024, 4096])
def test_plan(benchmark: BenchmarkFixture, members: int) -> None:
    plan = read_plan(PLAN, "benchmark")
    result = benchmark.pedantic(simulate, (plan, members), rounds=3, warmup_rounds=1)
    assert result.tree["inputs"].sizes["member"] == members
