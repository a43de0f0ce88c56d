"""The house itself: layers, lightness of the first import, and statements that have to agree."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import percuta

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"h5py", "jinja2", "numba", "numpy", "pandas", "pint", "pydantic", "scipy", "xarray"}
MADE_HERE = {"__pycache__", "build", "dist", "out"}
TEXT = {".bib", ".cff", ".css", ".html", ".j2", ".json", ".md", ".py", ".sh", ".toml", ".txt", ""}

# A home folder of one person, whichever system; it would work on one machine only.
HOME = re.compile(r"(?<![\w.])/(home|root|Users)/\w|[A-Z]:\\Users\\")
ADDRESS = re.compile(r"://|--(extra-)?index|--find-links|@ ")


def project_files() -> Iterator[Path]:
    """Every text file of the checkout, without hidden folders and what the tools made."""
    for path in sorted(ROOT.rglob("*")):
        folders = path.relative_to(ROOT).parts[:-1]
        if any(part in MADE_HERE or (part.startswith(".") and part != ".ci") for part in folders):
            continue
        if path.is_file() and path.suffix in TEXT:
            yield path


def citation(key: str) -> str:
    found = re.search(rf'^{key}: "?([^"\n]+)"?$', (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert found, f"CITATION.cff has no {key}"
    return found[1]


def project_table() -> dict[str, object]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert isinstance(table, dict)
    return table


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_go_downwards_only() -> None:
    lint = "from importlinter.cli import lint_imports; exit(lint_imports(no_logo=True, no_cache=True))"
    done = python("-c", lint)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [["-c", "import percuta"], ["-m", "percuta", "--help"]], ids=["import", "help"])
def test_first_import_is_light(command: list[str]) -> None:
    done = python("-X", "importtime", *command)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "percuta" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("name", ["check", "load_plan", "simulate"])
def test_public_names_are_offered(name: str) -> None:
    assert name in dir(percuta)
    assert callable(getattr(percuta, name))


def test_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'treat'"):
        _ = percuta.treat


def test_versions_agree() -> None:
    assert metadata.version("percuta") == percuta.__version__ == citation("version")


def test_licence_statements_agree() -> None:
    assert project_table()["license"] == citation("license") == "BSD-3-Clause"
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert licence.startswith("BSD 3-Clause License")
    assert "The Percuta contributors" in licence
    assert "BSD-3-Clause" in (ROOT / "README.md").read_text("utf-8")


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.!+]*", line)] == []
    assert not ADDRESS.search("\n".join(lines))


def test_every_requirement_is_pinned() -> None:
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE))
    table = project_table()
    base, extras = table["dependencies"], table["optional-dependencies"]
    assert isinstance(base, list)
    assert isinstance(extras, dict)
    asked = [*base, *(requirement for extra in extras.values() for requirement in extra)]
    names = {re.sub(r"[._]", "-", re.split(r"[<>=~ ]", requirement)[0]).lower() for requirement in asked}
    assert names - pinned == set()


def test_no_file_names_a_home_folder() -> None:
    files = list(project_files())
    assert ROOT / "pyproject.toml" in files
    named = [path for path in files if HOME.search(path.read_text("utf-8", errors="replace"))]
    assert named == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "helpers", "common", "misc"}
    assert [str(path) for path in (ROOT / "src").rglob("*") if path.stem in drawers] == []


def test_every_folder_of_the_package_says_what_it_is() -> None:
    package = ROOT / "src" / "percuta"
    folders = {path.parent for path in package.rglob("*.py")}
    silent = [folder for folder in folders if not (folder / "__init__.py").read_text("utf-8").startswith('"""')]
    assert silent == []
