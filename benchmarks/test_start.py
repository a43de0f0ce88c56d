"""How long the command takes to answer: bars of 0.3 s for `percuta --help` and `import percuta`."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture


@pytest.mark.parametrize("arguments", [["-c", "import percuta"], ["-m", "percuta", "--help"]], ids=["import", "help"])
def test_start(benchmark: BenchmarkFixture, arguments: list[str]) -> None:
    done = benchmark.pedantic(
        subprocess.run,
        ([sys.executable, *arguments],),
        {"capture_output": True, "check": True},
        rounds=7,
        warmup_rounds=1,
    )
    assert done.returncode == 0
