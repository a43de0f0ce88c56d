"""The commands as a user meets them: output, files, exit codes, and never a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate
from typer.testing import CliRunner, Result

from percuta.cli.main import app
from percuta.manifest import DISCLAIMER
from percuta.workflows.result_folder import FILES, PAGES
from percuta.workflows.schemas import SCHEMAS, schema

EXAMPLES = Path(__file__).parents[2] / "examples"
CHEEK = EXAMPLES / "cheek_pen.toml"
REFUSED = EXAMPLES / "eyelid_inside_orbital_rim.toml"
KEYS = tuple(PAGES)


def percuta(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def parsed(result: Result) -> Any:
    """Return what a command printed as JSON."""
    return json.loads(result.stdout)


def files(folder: Path) -> set[str]:
    """Return the names of all files below a folder."""
    return {item.name for item in folder.rglob("*")}


def test_plan_writes_its_files_and_says_where(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = percuta("plan", CHEEK, "--out", out, "--members", 16)
    assert done.exit_code == 0
    assert files(out) == set(FILES)
    assert "reached_depth_typical" in done.stdout
    assert str(out / "report.html") in done.stdout
    assert str(out / "aftercare.html") in done.stdout
    assert DISCLAIMER in done.stdout
    for name in ("endpoints", "findings", "manifest"):
        validate(json.loads((out / f"{name}.json").read_text()), schema(name))


def test_same_plan_same_bytes_but_for_the_manifest(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert percuta("plan", CHEEK, "--out", tmp_path / name, "--members", 16, "--seed", 4).exit_code == 0
    for name in ("result.nc", "endpoints.json", "findings.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_refused_plan_writes_its_findings_only(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert percuta("plan", CHEEK, "--out", out, "--members", 16).exit_code == 0
    done = percuta("plan", REFUSED, "--out", out, "--members", 16)
    assert done.exit_code == 3
    assert files(out) == {"findings.json"}  # nothing of the earlier plan is left to be mistaken for this one


def test_study_computes_a_refused_plan_and_still_ends_with_3(tmp_path: Path) -> None:
    assert percuta("plan", CHEEK, "--out", tmp_path, "--members", 16).exit_code == 0
    done = percuta("plan", REFUSED, "--out", tmp_path, "--members", 16, "--study")
    assert done.exit_code == 3
    assert files(tmp_path) == set(FILES) - {"session.html", "aftercare.html"}  # not even that of the earlier plan
    assert "aftercare.html" not in done.stdout
    assert "REFUSED" in (tmp_path / "report.html").read_text()
    assert json.loads((tmp_path / "manifest.json").read_text())["study"] is True


def test_plan_in_json(tmp_path: Path) -> None:
    done = percuta("plan", CHEEK, "--out", tmp_path / "out", "--members", 16, "--json")
    validate(parsed(done), schema("planned"))
    assert parsed(done)["aftercare"] == str(tmp_path / "out" / "aftercare.html")


def test_influence_fills_the_shares_of_the_spread(tmp_path: Path) -> None:
    done = percuta("plan", CHEEK, "--out", tmp_path / "out", "--members", 16, "--influence", "--json")
    validate(parsed(done), schema("planned"))
    shares = {one["name"]: one.get("spread_shares") for one in parsed(done)["endpoints"]}
    assert 0.5 < shares["puncture_density"]["assumed"]["value"] <= 1.0
    assert shares["puncture_density"]["measured"]["value"] == 0.0
    assert shares["tracks_beyond_dermis_fraction"]["measured"]["value"] > 0.0


def test_pulses_are_computed_as_finely_as_asked_and_the_manifest_says_so(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = percuta("plan", EXAMPLES / "cheek_rf.toml", "--out", out, "--members", 16)
    assert done.exit_code == 0
    assert "zone_width" in done.stdout
    record = json.loads((out / "manifest.json").read_text("utf-8"))
    assert record["accuracy"] == "draft"
    validate(record, schema("manifest"))
    wrong = percuta("plan", EXAMPLES / "cheek_rf.toml", "--out", tmp_path / "other", "--accuracy", "standart")
    assert wrong.exit_code == 2
    assert "did you mean standard?" in wrong.stderr
    assert not (tmp_path / "other").exists()


def test_the_article_can_be_studied(tmp_path: Path) -> None:
    article = EXAMPLES / "as_in_the_article.toml"
    done = percuta("plan", article, "--out", tmp_path / "out", "--members", 16, "--study", "--json")
    assert done.exit_code == 3
    found = {one["name"]: one for one in parsed(done)["endpoints"]}
    assert found["reticular_necrotic_fraction"]["p50"] > 0.0
    assert "REFUSED" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_level_is_checked_and_its_computation_says_what_is_missing(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    text = (EXAMPLES / "cheek_rf.toml").read_text("utf-8")
    plan.write_text(text.replace('energy_per_pin = "60 mJ"', "level = 4"), encoding="utf-8")
    assert percuta("check", plan).exit_code == 0
    done = percuta("plan", plan, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "what a level of this device delivers is not published" in done.stderr


@pytest.mark.parametrize("members", ["100", "8", "131072"])
def test_other_numbers_of_scenarios_end_with_2(tmp_path: Path, members: str) -> None:
    done = percuta("plan", CHEEK, "--out", tmp_path / "out", "--members", members)
    assert done.exit_code == 2
    assert "nearest" in done.stderr
    assert not (tmp_path / "out").exists()


def test_check_speaks_and_ends_with_its_code() -> None:
    passes, refused = percuta("check", CHEEK), percuta("check", REFUSED)
    assert (passes.exit_code, refused.exit_code) == (0, 3)
    assert "inside_orbital_rim" in refused.stdout
    validate(parsed(percuta("check", REFUSED, "--json")), schema("findings"))


def test_bad_plan_is_one_message_without_half_a_result(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(CHEEK.read_text().replace('"52 years"', "52"))
    out = tmp_path / "out"
    done = percuta("plan", bad, "--out", out)
    assert done.exit_code == 2
    assert "patient.age" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    as_json = percuta("check", bad, "--json")
    assert parsed(as_json)["where"]["key"] == "patient.age"
    validate(parsed(as_json), schema("error"))


def test_a_result_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = percuta("plan", CHEEK, "--out", tmp_path / "file", "--members", 16)
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
    assert (tmp_path / "file").read_text() == "in the way"


def test_report_is_rebuilt_from_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert percuta("plan", CHEEK, "--out", out, "--members", 16).exit_code == 0
    pages = [out / f"{key}.html" for key in KEYS]
    before = [page.read_text() for page in pages]
    for page in pages:
        page.unlink()
    done = percuta("report", out, "--json")
    assert done.exit_code == 0
    validate(parsed(done), schema("report"))
    assert parsed(done) == {key: str(page) for key, page in zip(KEYS, pages, strict=True)}
    assert [page.read_text() for page in pages] == before


def test_report_elsewhere_comes_alone(tmp_path: Path) -> None:
    assert percuta("plan", CHEEK, "--out", tmp_path / "out", "--members", 16).exit_code == 0
    done = percuta("report", tmp_path / "out", "--out", tmp_path / "page.html", "--json")
    assert parsed(done) == dict.fromkeys(KEYS) | {"report": str(tmp_path / "page.html")}
    assert files(tmp_path) == {"out", "page.html", *FILES}


def test_one_document_is_written_as_page_and_as_pdf(tmp_path: Path) -> None:
    assert percuta("plan", CHEEK, "--out", tmp_path, "--members", 16).exit_code == 0
    (tmp_path / "report.html").unlink()
    done = percuta("report", tmp_path, "--document", "consent", "--pdf", "--json")
    assert done.exit_code == 0
    validate(parsed(done), schema("report"))
    assert parsed(done) == dict.fromkeys(KEYS) | {"consent": str(tmp_path / "consent.pdf")}
    assert (tmp_path / "consent.pdf").read_bytes().startswith(b"%PDF")
    assert files(tmp_path) == {*FILES, "consent.pdf"} - {"report.html"}


def test_a_document_that_a_plan_has_not_is_told(tmp_path: Path) -> None:
    assert percuta("plan", REFUSED, "--out", tmp_path, "--members", 16, "--study").exit_code == 3
    done = percuta("report", tmp_path, "--document", "session")
    assert done.exit_code == 2
    assert "there is no session sheet here" in done.stderr
    assert "The checks stop this plan" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--document", "letter"], "report, consent, session, aftercare, all"),
        (["--document", "consent", "--out", "x.html"], "leave it out"),
        (["--archive", "--pdf"], "leave --document and --pdf out"),
    ],
)
def test_what_does_not_go_together_is_told(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = percuta("report", tmp_path, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_the_archive_is_told_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("percuta.report.pdf.can_print", lambda: False)
    assert percuta("plan", CHEEK, "--out", tmp_path, "--members", 16).exit_code == 0
    done = percuta("report", tmp_path, "--archive", "--json")
    assert done.exit_code == 0
    validate(parsed(done), schema("archive"))
    assert parsed(done) == {"archive": str(tmp_path / "plan.zip")}
    assert (tmp_path / "plan.zip").read_bytes().startswith(b"PK")


@pytest.mark.parametrize("missing", ["endpoints.json", "manifest.json", "result.nc"])
def test_report_of_half_a_folder_is_refused(tmp_path: Path, missing: str) -> None:
    assert percuta("plan", CHEEK, "--out", tmp_path, "--members", 16).exit_code == 0
    (tmp_path / missing).unlink()
    done = percuta("report", tmp_path)
    assert done.exit_code == 2
    assert missing in done.stderr


def test_new_plan_defers_until_its_questions_are_answered(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert percuta("new", file, "--site", "forehead", "--device", "generic-roller-1.0").exit_code == 0
    assert percuta("check", file).exit_code == 3
    answered = file.read_text().replace('"unknown"', '"no"')
    file.write_text(answered)
    assert percuta("check", file).exit_code == 0, percuta("check", file).stdout
    assert percuta("new", file).exit_code == 2  # never overwritten
    assert file.read_text() == answered


@pytest.mark.parametrize(
    ("option", "value"), [("--site", "foreheat"), ("--device", "generic-pan-12"), ("--effect", "wrinkle")]
)
def test_new_names_the_nearest(tmp_path: Path, option: str, value: str) -> None:
    done = percuta("new", tmp_path / "mine.toml", option, value)
    assert done.exit_code == 2
    assert "did you mean" in done.stderr
    assert not (tmp_path / "mine.toml").exists()


@pytest.mark.parametrize(
    "shelf", ["devices", "sites", "products", "drugs", "tissues", "parameters", "screening", "protocol"]
)
def test_library_shelves(shelf: str) -> None:
    rows = parsed(percuta("library", shelf, "--json"))
    assert len(rows) >= 4
    entry = parsed(percuta("library", shelf, rows[0]["id"], "--json"))
    assert entry["id"] == rows[0]["id"]
    assert percuta("library", shelf).exit_code == 0
    assert percuta("library", shelf, rows[0]["id"]).exit_code == 0


def test_library_shows_the_default_wishes() -> None:
    assert {row["id"] for row in parsed(percuta("library", "aims", "--json"))} == {"mechanical", "rf"}
    entry = parsed(percuta("library", "aims", "rf", "--json"))
    assert any("subcutis_necrotic_fraction below 5 %" in said for said in entry["constraints"])
    assert "subcutis_necrotic_fraction_below" in {value["name"] for value in entry["values"]}


def test_library_names_the_nearest() -> None:
    assert "did you mean devices" in percuta("library", "device").stderr
    assert "skinpen-precision" in percuta("library", "devices", "skinpen-precison").stderr


def test_library_lists_and_filters_the_evidence() -> None:
    every = parsed(percuta("library", "evidence", "--json"))
    fitted = parsed(percuta("library", "evidence", "--outcome", "collagen", "--role", "fit", "--json"))
    assert "lotfi_2013" in {row["id"] for row in fitted}
    assert len(fitted) < len(every)
    assert "lotfi_2013" in percuta("library", "evidence", "--modality", "roller").stdout
    assert percuta("library", "evidence", "--modality", "steroid", "--outcome", "pain").stdout.startswith(
        "no publication"
    )


def test_library_shows_a_publication_whole() -> None:
    shown = percuta("library", "evidence", "alam_2014").stdout
    for words in ("-3.4 (95 % interval -6.5 to", "-0.4 (-3.5 to 2.3)", "risk of bias", "unpublished"):
        assert words in " ".join(shown.split())


def test_library_names_the_nearest_of_the_evidence() -> None:
    for arguments, words in (
        (("evidence", "alam_2013"), "did you mean alam_2014"),
        (("evidence", "--outcome", "colagen"), "did you mean collagen"),
        (("evidence", "--modality", "rolller"), "did you mean roller"),
        (("evidence", "alam_2014", "--role", "fit"), "filters are for the list"),
        (("devices", "--role", "fit"), "only the evidence is filtered"),
        (("evidense",), "did you mean evidence"),
    ):
        done = percuta("library", *arguments)
        assert done.exit_code == 2
        assert words in done.stderr


def test_library_takes_a_device_from_a_file(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "src/percuta/library/data/devices/generic-pen-12.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text('type = "device"\nid = "my-pen"\n' + shipped.read_text())
    plan = tmp_path / "plan.toml"
    plan.write_text(CHEEK.read_text().replace('"generic-pen-12"', '"my-pen"'))
    assert percuta("check", plan).exit_code == 2
    assert percuta("check", plan, "--library", mine).exit_code == 0
    mine.write_text(mine.read_text().replace("needle_count", "needle_cuont"))
    broken = percuta("check", plan, "--library", mine)
    assert broken.exit_code == 2
    assert "did you mean needle_count" in broken.stderr


OVERRIDE = """
[[overrides]]
rule = "isotretinoin_current"
name = "Dr A [/x] B"
reason = "stopped [red]in May[/red] [/]"
"""


def test_brackets_that_a_person_wrote_are_no_markup(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    text = re.sub(r'(?m)^isotretinoin_current *= *"no"', 'isotretinoin_current = "yes"', CHEEK.read_text())
    title = next(line for line in text.splitlines() if line.startswith("title"))
    plan.write_text(text.replace(title, 'title = "Cheeks [/bold] [x]"') + OVERRIDE)
    checked = percuta("check", plan)
    assert checked.exit_code == 0, checked.stderr
    assert "overridden by Dr A [/x] B: stopped [red]in May[/red] [/]" in checked.stdout
    planned = percuta("plan", plan, "--out", tmp_path / "out", "--members", 16)
    assert planned.exit_code == 0, planned.stderr
    assert "Dr A [/x] B" in planned.stdout
    record = json.loads((tmp_path / "out" / "manifest.json").read_text())
    validate(record, schema("manifest"))
    assert record["overrides"] == [
        {"rule": "isotretinoin_current", "name": "Dr A [/x] B", "reason": "stopped [red]in May[/red] [/]"}
    ]


def own_device(folder: Path, **changed: str) -> Path:
    """Write a device file of one's own: the generic pen with other texts."""
    shipped = Path(__file__).parents[2] / "src/percuta/library/data/devices/generic-pen-12.toml"
    text = shipped.read_text()
    for key, value in changed.items():
        old = next(line for line in text.splitlines() if line.startswith(key))
        text = text.replace(old, f"{key} = {value}")
    (folder / "mine.toml").write_text('type = "device"\nid = "my-pen"\n' + text)
    return folder / "mine.toml"


@pytest.mark.parametrize("arguments", [["devices"], ["devices", "my-pen"], ["devices", "my-pen", "--json"]])
def test_control_characters_never_reach_the_terminal(tmp_path: Path, arguments: list[str]) -> None:
    mine = own_device(tmp_path, name=r'"Pen \u001b[31m [/x] \u009b2J"')
    done = percuta("library", *arguments, "--library", mine)
    assert done.exit_code == 0, done.stderr
    assert "Pen" in done.stdout
    assert "[/x]" in done.stdout
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stdout)
    if "--json" in arguments:
        assert parsed(done)["name"] == "Pen \x1b[31m [/x] \x9b2J"


def test_a_result_names_the_library_with_its_extra_files(tmp_path: Path) -> None:
    mine, out = own_device(tmp_path), tmp_path / "out"
    assert percuta("plan", CHEEK, "--out", out, "--members", 16, "--library", mine).exit_code == 0
    note = "written with another state of the library"
    assert note not in (out / "report.html").read_text()
    assert percuta("report", out, "--library", mine).exit_code == 0
    assert note not in (out / "report.html").read_text()
    assert percuta("report", out).exit_code == 0
    assert note in (out / "report.html").read_text()


def test_a_file_of_ones_own_replaces_no_device(tmp_path: Path) -> None:
    mine = own_device(tmp_path)
    mine.write_text(mine.read_text().replace('"my-pen"', '"generic-pen-12"'))
    done = percuta("check", CHEEK, "--library", mine)
    assert done.exit_code == 2
    assert "two files have a device of this name" in done.stderr
    assert "mine.toml" in done.stderr


def test_cite_lists_a_source_that_no_bibliography_holds(tmp_path: Path) -> None:
    count = '{ value = 12, grade = "measured", source = "my_own_2025" }'
    mine = own_device(tmp_path, needle_count=count)
    plan = tmp_path / "plan.toml"
    plan.write_text(CHEEK.read_text().replace('"generic-pen-12"', '"my-pen"'))
    for arguments in (["cite", plan], ["cite"]):
        done = percuta(*arguments, "--library", mine)
        assert done.exit_code == 0, done.stderr
        assert "my_own_2025: not in the bibliography\n" in done.stdout
        validate(parsed(percuta(*arguments, "--library", mine, "--json")), schema("references"))


def test_cite_takes_one_key() -> None:
    [one] = parsed(percuta("cite", "varani_2006", "--json"))
    assert one["key"] == "varani_2006"


def test_cite_lists_what_a_plan_rests_on() -> None:
    used = {one["key"] for one in parsed(percuta("cite", CHEEK, "--json"))}
    every = {one["key"] for one in parsed(percuta("cite", "--json"))}
    assert "meng_2022" in used
    assert used < every


def test_doctor_finds_the_library_whole() -> None:
    report = parsed(percuta("doctor", "--json"))
    assert report["library"] == "whole"
    assert report["libraries"]["numpy"] != "not installed"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["library", "devices"], "library_list"),
        (["library", "sites", "cheek"], "library_entry"),
        (["library", "evidence", "--role", "judge"], "evidence_list"),
        (["library", "evidence", "skibidy_2026"], "evidence_entry"),
        (["cite"], "references"),
        (["validate", "--case", "MECH-V6"], "validated"),
        (["doctor"], "doctor"),
    ],
)
def test_output_meets_its_published_schema(arguments: list[str], name: str) -> None:
    validate(parsed(percuta(*arguments, "--json")), schema(name))


def test_schemas_are_published() -> None:
    assert parsed(percuta("library", "schemas")) == list(SCHEMAS)
    for name in SCHEMAS:
        assert parsed(percuta("library", "schemas", name))["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", ["new", "check", "plan", "pulse", "report", "library", "cite", "validate", "doctor"])
def test_every_command_has_json_and_an_example(name: str) -> None:
    text = percuta(name, "--help").stdout
    assert "--json" in text
    assert "Example" in text


def test_interrupt_ends_with_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("percuta.workflows.plan.simulate", interrupted)
    done = percuta("plan", CHEEK, "--out", tmp_path / "out")
    assert done.exit_code == 130
    assert not (tmp_path / "out").exists()


def test_a_fault_of_the_program_is_1_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("percuta.workflows.plan.simulate", broken)
    done = percuta("plan", CHEEK, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "PERCUTA_TRACEBACK" in done.stderr
    assert not (tmp_path / "out").exists()


def test_output_survives_a_closed_pipe() -> None:
    command = f"{sys.executable} -m percuta cite | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("name", "text"), [("findings", "[]"), ("endpoints", "null"), ("manifest", "[]")])
def test_report_of_a_folder_that_is_not_whole_ends_with_2(tmp_path: Path, name: str, text: str) -> None:
    assert percuta("plan", CHEEK, "--out", tmp_path, "--members", 16).exit_code == 0
    (tmp_path / f"{name}.json").write_text(text)
    assert percuta("report", tmp_path).exit_code == 2


def test_a_folder_in_the_way_changes_nothing(tmp_path: Path) -> None:
    assert percuta("plan", CHEEK, "--out", tmp_path, "--members", 16).exit_code == 0
    (tmp_path / "report.html").unlink()
    (tmp_path / "report.html").mkdir()
    before = (tmp_path / "endpoints.json").read_bytes()
    assert percuta("plan", REFUSED, "--out", tmp_path).exit_code == 2
    assert (tmp_path / "endpoints.json").read_bytes() == before
    assert (tmp_path / "result.nc").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "my-pen"', 'id = "a/b"', "an id is made of"),
        ('needle_diameter = { value = "0.25 mm"', 'needle_diameter = { value = "-1 mm"', "needle_diameter"),
        ("needle_count = { value = 12", "needle_count = { value = 0", "out of bounds"),
    ],
)
def test_a_library_file_that_cannot_be_true_ends_with_2(tmp_path: Path, old: str, new: str, words: str) -> None:
    shipped = Path(__file__).parents[2] / "src/percuta/library/data/devices/generic-pen-12.toml"
    text = 'type = "device"\nid = "my-pen"\n' + shipped.read_text()
    assert old in text
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace(old, new))
    done = percuta("library", "devices", "--library", mine)
    assert done.exit_code == 2
    assert words in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('product = "mild-cleanser"', 'product = "glycolic-acid-peel"', "which this step does not put on"),
        (
            'title = "Cheek wrinkles, 52 years"',
            'title = "x"\noverrides = [{ rule = "nursing", name = " ", reason = "r" }]',
            "overrides",
        ),
    ],
)
def test_plans_that_would_slip_past_a_rule_end_with_2(tmp_path: Path, old: str, new: str, words: str) -> None:
    plan = tmp_path / "plan.toml"
    text = CHEEK.read_text()
    assert old in text
    plan.write_text(text.replace(old, new))
    done = percuta("check", plan)
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_yes_counts_whatever_the_sex(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    text = (EXAMPLES / "forehead_roller.toml").read_text()
    plan.write_text(text.replace("[patient.screening]", '[patient.screening]\npregnant = "yes"'))
    assert percuta("check", plan).exit_code == 3


def test_two_equal_runs_give_the_same_report(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert percuta("plan", CHEEK, "--out", tmp_path / name, "--members", 16).exit_code == 0
    assert (tmp_path / "one" / "report.html").read_bytes() == (tmp_path / "two" / "report.html").read_bytes()


def test_a_reader_that_leaves_does_not_change_the_verdict() -> None:
    command = f"{sys.executable} -m percuta check {REFUSED} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
