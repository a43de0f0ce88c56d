"""Reading a plan file: a malformed one ends with one message that names file, line, key, value, what is allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from percuta.errors import DeviceLimitError, LibraryError, PercutaError, PlanError
from percuta.library.device_fields import DEVICE_FIELDS, PATCH_KINDS
from percuta.library.registry import Library, library
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan, read_plan

if TYPE_CHECKING:
    from tests.conftest import TimeLimit


def failing(text: str, name: str = "my.toml", known: Library | None = None) -> PercutaError:
    """The error of a text; its message is short, printable and says no class of the program."""
    with pytest.raises(PercutaError) as caught:
        read_plan(text, name, known)
    fault = caught.value
    message = str(fault)
    assert fault.exit_code == 2
    assert len(message) < 1500
    assert all(line.isprintable() for line in message.split("\n"))
    assert not re.search(r"pydantic|Traceback|tuple|dict|Input should|Quantity|NoneType", message)
    return fault


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


def line_with(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if words in line)


def test_the_minimal_plan_is_read(minimal_plan: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(minimal_plan, encoding="utf-8")
    assert load_plan(file) == load_plan(str(file)) == read_plan(minimal_plan)


@pytest.mark.parametrize(
    "change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")], ids=["mark", "crlf"]
)
def test_files_of_other_editors_are_read(minimal_plan: str, tmp_path: Path, minimal: Plan, change: Any) -> None:
    file = tmp_path / "plan.toml"
    file.write_bytes(change(minimal_plan).encode())
    assert load_plan(file) == minimal


# --- one value is wrong: file, line, key, value, allowed ---

WRONG_VALUES = [
    # old, new, key, value shown, words of what is allowed
    ('age = "52 years"', "age = 52", "patient.age", "52", "52 years"),
    ('age = "52 years"', "age = 52.5", "patient.age", "52.5", "years"),
    ('age = "52 years"', "age = nan", "patient.age", "nan", "years"),
    ('age = "52 years"', "age = inf", "patient.age", "inf", "years"),
    ('age = "52 years"', "age = true", "patient.age", "True", "years"),
    ('age = "52 years"', "age = 1974-01-01", "patient.age", "1974-01-01", "years"),
    ('age = "52 years"', 'age = "52"', "patient.age", "52", "years"),
    ('age = "52 years"', 'age = "52 kg"', "patient.age", "52 kg", "years"),
    ('age = "52 years"', 'age = "52 yeers"', "patient.age", "52 yeers", "years"),
    ('age = "52 years"', 'age = "200 years"', "patient.age", "200 years", "120 years"),
    ('age = "52 years"', 'age = "nan years"', "patient.age", "nan years", "years"),
    ('age = "52 years"', 'age = ""', "patient.age", "", "years"),
    ('mass = "68 kg"', 'mass = "inf kg"', "patient.mass", "inf kg", "kg"),
    ('mass = "68 kg"', 'mass = "1e999 kg"', "patient.mass", "1e999 kg", "kg"),
    ('mass = "68 kg"', 'mass = "-68 kg"', "patient.mass", "-68 kg", "from 1 to 400 kg"),
    ('sex = "female"', 'sex = "Female"', "patient.sex", "Female", "'female' or 'male'"),
    ('sex = "female"', "sex = 1", "patient.sex", "1", "'female' or 'male'"),
    ('"wrinkles"', '"wrinkle"', "patient.desired_effect", "wrinkle", "'wrinkles', 'laxity'"),
    ("phototype = 3", "phototype = 0", "patient.phototype", "0", "1 or more"),
    ("phototype = 3", "phototype = 7", "patient.phototype", "7", "6 or less"),
    ("phototype = 3", "phototype = 3.0", "patient.phototype", "3.0", "a whole number"),
    ("phototype = 3", "phototype = true", "patient.phototype", "True", "a whole number"),
    ("phototype = 3", 'phototype = "3"', "patient.phototype", "3", "a whole number"),
    ("phototype = 3", "phototype = 99999999999999999999999999", "patient.phototype", "9999999999", "6 or less"),
    ("phototype = 3", "phototype = nan", "patient.phototype", "nan", "a whole number"),
    ("phototype = 3", "phototype = inf", "patient.phototype", "inf", "a whole number"),
    ('area = "76 cm^2"', 'area = "0 cm^2"', "zones[1].area", "0 cm^2", "from 0.01 to 20000 cm^2"),
    ('area = "76 cm^2"', 'area = "-76 cm^2"', "zones[1].area", "-76 cm^2", "20000 cm^2"),
    ('area = "76 cm^2"', 'area = "76 cm"', "zones[1].area", "76 cm", "cm^2"),
    ('area = "76 cm^2"', "area = 76", "zones[1].area", "76", "76 cm^2"),
    ('area = "76 cm^2"', 'area = "1e-300 cm^2"', "zones[1].area", "1e-300 cm^2", "0.01"),
    ('name = "cheeks"', 'name = "a/b"', "zones[1].name", "a/b", "letters, digits"),
    ('name = "cheeks"', 'name = "ch\\u0000eek"', "zones[1].name", "ch\\x00eek", "letters, digits"),
    ('"1.0 mm"', '"-1.0 mm"', "session.steps[2].set_depth", "-1.0 mm", "10 mm"),
    ('"1.0 mm"', '"0 mm"', "session.steps[2].set_depth", "0 mm", "10 mm"),
    ('"1.0 mm"', '"1.0 mg"', "session.steps[2].set_depth", "1.0 mg", '"mm"'),
    ('"1.0 mm"', '"1,0 mm"', "session.steps[2].set_depth", "1,0 mm", '"mm"'),
    ('"1.0 mm"', '"1.0-1.5 mm"', "session.steps[2].set_depth", "1.0-1.5 mm", '"mm"'),
    ('"1.0 mm"', '"1 m"', "session.steps[2].set_depth", "1 m", "10 mm"),
    ('"1.0 mm"', '"1 mm**9**9**9"', "session.steps[2].set_depth", "1 mm**9**9**9", '"mm"'),
    ("passes = 4", "passes = 0", "session.steps[2].passes", "0", "1 or more"),
    ("passes = 4", "passes = 1000000", "session.steps[2].passes", "1000000", "200 or less"),
    ("passes = 4", 'passes = "4"', "session.steps[2].passes", "4", "a whole number"),
    ('zones = ["cheeks"]', 'zones = "cheeks"', "session.steps[2].zones", "cheeks", "a list"),
    ('zones = ["cheeks"]', "zones = []", "session.steps[2].zones", None, "1 or more"),
    ('zones = ["cheeks"]', 'zones = ["cheeks", 5]', "session.steps[2].zones[2]", "5", "text in quotes"),
    ('zones = ["cheeks"]', 'zones = ["chin"]', "session.steps[2].zones", "chin", "cheeks"),
    ("sessions = 4", "sessions = 10000", "course.sessions", "10000", "24 or less"),
    ("sessions = 4", "sessions = 10_000", "course.sessions", "10000", "24 or less"),
    ("sessions = 4", "sessions = 0", "course.sessions", "0", "1 or more"),
    ("sessions = 4", "sessions = -1", "course.sessions", "-1", "1 or more"),
    ('interval = "4 weeks"', 'interval = "0 weeks"', "course.interval", "0 weeks", "above 0 to 730 days"),
    ('interval = "4 weeks"', 'interval = "monthly"', "course.interval", "monthly", "days"),
    ('"26 weeks"', '"-1 weeks"', "course.follow_up_after_last_session", "-1 weeks", "from 0 to 260 weeks"),
    ("schema = 1", "schema = 2", "schema", "2", "1"),
    ("schema = 1", 'schema = "1"', "schema", "1", "1"),
    ("schema = 1", "schema = true", "schema", "True", "1"),
    ("schema = 1", "schema = 1.0", "schema", "1.0", "1"),
    ('title = "Cheek wrinkles, 52 years"', 'title = ""', "title", "", "1 or more characters"),
    ('title = "Cheek wrinkles, 52 years"', "title = 5", "title", "5", "text in quotes"),
    ('title = "Cheek wrinkles, 52 years"', 'title = "a\\u0000b"', "title", "a\\x00b", "letters, digits"),
    ('title = "Cheek wrinkles, 52 years"', 'title = "\\u001b[2J"', "title", "\\x1b[2J", "letters, digits"),
    ('title = "Cheek', f'title = "{"x" * 3000}', "title", "xxxx", "2000 or fewer characters"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "key", "value", "allowed"), WRONG_VALUES, ids=[case[1][:40] for case in WRONG_VALUES]
)
def test_a_wrong_value_is_named_with_place_and_what_is_allowed(
    minimal_plan: str, old: str, new: str, key: str, value: str | None, allowed: str
) -> None:
    text = changed(minimal_plan, old, new)
    fault = failing(text)
    assert fault.where is not None
    assert fault.where.file == "my.toml"
    assert fault.where.key == key
    assert fault.where.line == line_with(text, new.partition("\n")[0])
    assert fault.allowed is not None
    assert allowed in fault.allowed
    if value is None:
        assert fault.value is None
    else:
        assert f"found: {value}" in str(fault)


@pytest.mark.parametrize(
    ("old", "new", "key", "line"),
    [
        ("[patient]", "[[patient]]", "patient", "[[patient]]"),
        ("[course]", "[[course]]", "course", "[[course]]"),
        ("[[zones]]", "[zones]", "zones", "[zones]"),
        ('[device]\nmodel = "generic-pen-12"', '[device.model]\nname = "x"', "device.model", "[device.model]"),
        ('[[session.steps]]\ndo = "cleanse"\n[[session.steps]]', "[session.steps]", "session.steps", "[session.steps]"),
    ],
)
def test_a_table_where_a_list_belongs_and_the_reverse(
    minimal_plan: str, old: str, new: str, key: str, line: str
) -> None:
    text = changed(minimal_plan, old, new)
    fault = failing(text)
    assert fault.where is not None
    assert fault.where.key == key
    assert fault.where.line == line_with(text, line)
    assert fault.allowed in ("a table", "a list", "text in quotes")


# --- something is missing, too much, or unknown ---


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("schema = 1\n", "schema"),
        ('title = "Cheek wrinkles, 52 years"\n', "title"),
        ('age = "52 years"\n', "patient.age"),
        ('mass = "68 kg"\n', "patient.mass"),
        ('site = "cheek"\n', "zones[1].site"),
        ('area = "76 cm^2"\n', "zones[1].area"),
        ('set_depth = "1.0 mm"\n', "session.steps[2].set_depth"),
        ('zones = ["cheeks"]\n', "session.steps[2].zones"),
        ('interval = "4 weeks"\n', "course.interval"),
        ('[device]\nmodel = "generic-pen-12"\n', "device"),
    ],
)
def test_a_missing_key_is_named_with_the_line_of_its_table(minimal_plan: str, line: str, key: str) -> None:
    text = changed(minimal_plan, line, "")
    fault = failing(text)
    assert fault.what == "a required key is missing"
    assert fault.where is not None
    assert fault.where.key == key
    if "." in key:
        table = {"patient": "[patient]", "zones": "[[zones]]", "course": "[course]"}.get(re.split(r"\W", key)[0])
        expected = line_with(text, table) if table else line_with(text, 'do = "needling"') - 1
        assert fault.where.line == expected


@pytest.mark.parametrize(
    ("old", "new", "key", "nearest"),
    [
        ("passes = 4", "passes = 4\nfrequancy = \"90 Hz\"", "session.steps[2].frequancy", "frequency"),
        ("passes = 4", "pases = 4", "session.steps[2].pases", "passes"),
        ('mass = "68 kg"', 'mas = "68 kg"', "patient.mas", "mass"),
        ('area = "76 cm^2"', 'aria = "76 cm^2"', "zones[1].aria", "area"),
        ('model = "generic-pen-12"', 'modell = "generic-pen-12"', "device.modell", "model"),
        ("[course]", "[cours]", "cours", "course"),
        ("[patient]", "[patients]", "patients", "patient"),
        ("schema = 1", "scheme = 1", "scheme", "schema"),
        ("schema = 1", "schema_number = 1", "schema_number", "schema"),
        ("sessions = 4", "session = 4", "course.session", "sessions"),
        ('do = "cleanse"', 'do = "cleanse"\ncleanse = 1', "session.steps[1].cleanse", None),
        ("phototype = 3", "phototype = 3\nqqqqqqqqq = 1", "patient.qqqqqqqqq", None),
        ("schema = 1", 'schema = 1\n"" = 1', "", None),
        ("schema = 1", 'schema = 1\n"\\u0007" = 1', "\x07", None),
    ],
)  # fmt: skip
def test_an_unknown_key_is_named_with_the_nearest(
    minimal_plan: str, old: str, new: str, key: str, nearest: str | None
) -> None:
    text = changed(minimal_plan, old, new)
    fault = failing(text)
    assert fault.what == "unknown key"
    assert fault.where is not None
    assert (fault.where.key or "") == key
    assert fault.where.line is not None or key == "\x07"
    assert fault.value == key.rpartition(".")[2]
    if nearest is not None:
        assert f"did you mean {nearest}?" in str(fault.do)
        assert nearest in str(fault.allowed)
    else:
        assert "did you mean" not in str(fault.do)


@pytest.mark.parametrize(
    ("old", "new", "value", "nearest"),
    [
        ('do = "cleanse"', 'do = "clense"', "clense", "cleanse"),
        ('do = "cleanse"', 'do = "rf_pulse"', "rf_pulse", "rf_pulses"),
        ('do = "cleanse"', 'do = "qqqqqqqqqqq"', "qqqqqqqqqqq", None),
        ('do = "cleanse"', "do = 5", 5, None),
        ('do = "cleanse"', "do = []", None, None),
        ('do = "cleanse"', 'make = "cleanse"', None, None),
    ],
)
def test_an_unknown_step_is_named_with_all_that_exist(
    minimal_plan: str, old: str, new: str, value: object, nearest: str | None
) -> None:
    fault = failing(changed(minimal_plan, old, new))
    assert fault.what == "no such step"
    assert fault.value == value
    assert "photograph, cleanse, topical_anaesthetic" in str(fault.allowed)
    assert fault.where is not None
    assert fault.where.key == "session.steps[1].do"
    assert fault.where.line in (
        line_with(minimal_plan, "[[session.steps]]"),
        line_with(minimal_plan, "[[session.steps]]") + 1,
    )
    assert fault.do == (f"did you mean {nearest}?" if nearest else None)


def test_an_empty_session_is_refused(minimal_plan: str) -> None:
    before, after = minimal_plan.index("[[session.steps]]"), minimal_plan.index("[course]")
    without = minimal_plan[:before] + minimal_plan[after:]
    assert failing(without).what == "a required key is missing"
    for session in ("[session]\nsteps = []\n", "session = {steps = []}\n"):
        text = without.replace("[course]", f"{session}[course]") if session.startswith("[") else session + without
        fault = failing(text)
        assert (fault.what, fault.allowed) == ("too few entries", "1 or more")
        assert fault.where is not None
        assert fault.where.key == "session.steps"
        assert fault.where.line == line_with(text, "steps")


def test_too_many_of_anything_is_refused(minimal_plan: str) -> None:
    for text, key in (
        (minimal_plan + '[[session.steps]]\ndo = "rinse"\n' * 60, "session.steps"),
        (minimal_plan + '[[zones]]\nname = "a"\nsite = "cheek"\narea = "1 cm^2"\n' * 20, "zones"),
        (changed(minimal_plan, "phototype", f"scar_types = {['rolling'] * 4}\nphototype"), "patient.scar_types"),
        (changed(minimal_plan, 'site = "cheek"', 'site = "cheek"\nmasked = [' + '"x",' * 51 + "]"), "zones[1].masked"),
    ):  # fmt: skip
        fault = failing(text)
        assert fault.what == "too many entries"
        assert fault.where is not None
        assert fault.where.key == key
        assert "or fewer" in str(fault.allowed)


def test_several_faults_are_told_one_at_a_time(minimal_plan: str) -> None:
    text = changed(
        changed(changed(minimal_plan, '"52 years"', "52"), '"68 kg"', "68"), "phototype = 3", "phototype = 9"
    )
    fault = failing(text)
    assert fault.where is not None
    assert fault.where.key == "patient.age"
    assert fault.do == "mend this first; 2 more problems after it"
    two = failing(changed(changed(minimal_plan, '"52 years"', "52"), '"68 kg"', "68"))
    assert two.do == "mend this first; 1 more problem after it"


# --- names that the plan or the library has not ---


@pytest.mark.parametrize(
    ("old", "new", "key", "value", "nearest"),
    [
        ('site = "cheek"', 'site = "chek"', "zones[1].site", "chek", "cheek"),
        ('site = "cheek"', 'site = "moon"', "zones[1].site", "moon", None),
        ('"generic-pen-12"', '"generic-pen-13"', "device.model", "generic-pen-13", "generic-pen-"),
        ('do = "cleanse"', 'do = "gel"\nproduct = "aloegel"', "session.steps[1].product", "aloegel", "aloe-gel"),
        (
            'do = "cleanse"',
            'do = "aftercare"\nproducts = ["aloe-gel", "mild-clenser"]',
            "session.steps[1].products",
            "mild-clenser",
            "mild-cleanser",
        ),
        (
            "\n[[zones]]",
            '[patient.screening]\nactive_herpez = "no"\n[[zones]]',
            "patient.screening.active_herpez",
            "active_herpez",
            "active_herpes",
        ),
        (
            "\n[[zones]]",
            '[patient.screening]\n"hsv-2 active" = "no"\n[[zones]]',
            "patient.screening.hsv-2 active",
            "hsv-2 active",
            None,
        ),
        (
            "[course]",
            '[[overrides]]\nrule = "active_herpis"\nname = "x"\nreason = "y"\n[course]',
            "overrides[1].rule",
            "active_herpis",
            "active_herpes",
        ),
        ('zones = ["cheeks"]', 'zones = ["cheecks"]', "session.steps[2].zones", "cheecks", "cheeks"),
        ('do = "cleanse"', 'do = "cleanse"\nzones = ["nose"]', "session.steps[1].zones", "nose", None),
    ],
)
def test_an_unknown_name_is_named_with_the_nearest(
    minimal_plan: str, old: str, new: str, key: str, value: str, nearest: str | None
) -> None:
    text = changed(minimal_plan, old, new)
    fault = failing(text)
    assert isinstance(fault, PlanError)
    assert fault.value == value
    assert fault.where is not None
    assert (fault.where.file, fault.where.key) == ("my.toml", key)
    assert fault.where.line == line_with(text, value)
    if nearest is None:
        assert "did you mean" not in str(fault.do)
    else:
        assert f"did you mean {nearest}" in str(fault.do)


def test_two_zones_of_one_name(minimal_plan: str) -> None:
    text = minimal_plan + '[[zones]]\nname = "cheeks"\nsite = "chin"\narea = "9 cm^2"\n'
    fault = failing(text)
    assert fault.what == "two zones have the same name"
    assert fault.value == "cheeks"
    assert fault.where is not None
    assert fault.where.key == "zones[2].name"
    assert fault.where.line == text.count("\n") - 2


def test_a_zone_twice_in_a_step(minimal_plan: str) -> None:
    text = changed(minimal_plan, 'zones = ["cheeks"]', 'zones = ["cheeks", "cheeks"]')
    fault = failing(text)
    assert fault.what == "the step names a zone twice"
    assert fault.where is not None
    assert (fault.where.key, fault.where.line) == ("session.steps[2].zones", line_with(text, "zones = "))


def test_two_overrides_of_one_rule(minimal_plan: str) -> None:
    text = minimal_plan + '[[overrides]]\nrule = "nursing"\nname = "x"\nreason = "y"\n' * 2
    fault = failing(text)
    assert fault.what == "two overrides name the same rule"
    assert fault.where is not None
    assert fault.where.key == "overrides[2].rule"


# --- what the device cannot do ---

TOO_FAST = 'passes = 4\nfrequency = "200 Hz"'
TOO_SLOW = 'passes = 4\nfrequency = "49 Hz"'
ROLLER = ('model = "generic-pen-12"', 'model = "generic-roller-1.0"')


@pytest.mark.parametrize(
    ("changes", "key", "value", "allowed"),
    [
        ([('"1.0 mm"', '"2.75 mm"')], "session.steps[2].set_depth", "2.75 mm", "0.25 mm to 2.5 mm"),
        ([('"1.0 mm"', '"0.1 mm"')], "session.steps[2].set_depth", "0.1 mm", "0.25 mm to 2.5 mm"),
        ([('"1.0 mm"', '"1.1 mm"')], "session.steps[2].set_depth", "1.1 mm", "1 mm or 1.25 mm"),
        ([("passes = 4", TOO_FAST)], "session.steps[2].frequency", "200 Hz", "50 Hz to 150 Hz"),
        ([("passes = 4", TOO_SLOW)], "session.steps[2].frequency", "49 Hz", "50 Hz to 150 Hz"),
        ([ROLLER, ('"1.0 mm"', '"1.5 mm"')], "session.steps[2].set_depth", "1.5 mm", "1 mm"),
        ([ROLLER, ("passes = 4", 'passes = 4\nfrequency = "90 Hz"')], "session.steps[2].frequency", "90 Hz", None),
        ([ROLLER, ("passes = 4", 'needling_time = "5 min"')], "session.steps[2].passes", None, None),
        ([("generic-pen-12", "generic-rf-7x7-insulated")], "session.steps[2].do", "needling", "rf_pulses with an RF"),
        (
            [('do = "needling"', 'do = "rf_pulses"\npulse_width = "1 s"\npower = "9 W"')],
            "session.steps[2].do",
            "rf_pulses",
            "needling with a pen",
        ),
        ([(ROLLER[0], ROLLER[1] + '\nrate = "90 Hz"')], "device.rate", "90 Hz", None),
        (
            [
                ("generic-pen-12", "generic-rf-7x7-insulated"),
                ('do = "needling"', 'do = "rf_pulses"\nlevel = 3'),
                ('set_depth = "1.0 mm"\npasses', 'set_depths = ["3 mm", "9 mm"]\npasses'),
            ],
            "session.steps[2].set_depths",
            "9 mm",
            "0.5 mm to 3.5 mm",
        ),
    ],
)  # fmt: skip
def test_what_the_device_cannot_do(
    minimal_plan: str, changes: list[tuple[str, str]], key: str, value: str | None, allowed: str | None
) -> None:
    text = minimal_plan
    for old, new in changes:
        text = changed(text, old, new)
    fault = failing(text)
    assert isinstance(fault, DeviceLimitError)
    assert fault.where is not None
    assert (fault.where.file, fault.where.key) == ("my.toml", key)
    assert fault.where.line is not None
    assert value is None or f"found: {value}" in str(fault)
    assert allowed is None or allowed in str(fault.allowed)


def test_the_label_in_the_plan_completes_the_library_and_replaces_nothing(minimal_plan: str) -> None:
    deeper = changed(minimal_plan, '"generic-pen-12"', '"generic-pen-12"\nmaximum_depth = "3 mm"')
    fault = failing(deeper)
    assert "has this figure in the library already" in fault.what
    assert "key device.maximum_depth" in str(fault)
    pen = '"skinpen-precision"\nneedle_diameter = "0.25 mm"'
    assert read_plan(changed(minimal_plan, '"generic-pen-12"', pen)).device.needle_diameter is not None


def test_a_cartridge_is_one_of_the_plans_own(minimal_plan: str) -> None:
    text = changed(minimal_plan, "passes = 4", 'passes = 4\ncartridge = "nano"')
    assert "no cartridge of this name" in failing(text).what
    named = changed(text, '"generic-pen-12"', '"generic-pen-12"\n[device.cartridges.nano]\nneedle_count = 36')
    assert read_plan(named).needling[0].cartridge == "nano"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('needling_time = "5 min"', "passes would change nothing"),
        ('duration = "5 min"', "needling has no duration"),
    ],
)
def test_what_would_change_nothing_is_refused(minimal_plan: str, more: str, words: str) -> None:
    assert words in str(failing(changed(minimal_plan, "passes = 4", f"passes = 4\n{more}")))


def test_menopause_is_for_women(minimal_plan: str) -> None:
    text = changed(minimal_plan, 'mass = "68 kg"', 'mass = "68 kg"\nmenopause_age = "50 years"')
    assert read_plan(text).patient.menopause_age is not None
    assert "for women" in str(failing(changed(text, '"female"', '"male"')))


def own_device(folder: Path, without: str = "", **changes: str) -> Path:
    """A file with a pen of one's own; ``changes`` are entries in TOML."""
    values = {"text": '"steel"', "1": "12", "mm": '"1 mm"', "um": '"5 um"', "Hz": '"90 Hz"'}
    entries = {name: f'{{ value = {values[unit]}, grade = "assumed" }}' for name, unit in DEVICE_FIELDS["pen"].items()}
    fields = "\n".join(f"{name} = {entry}" for name, entry in (entries | changes).items() if name != without)
    file = folder / "own.toml"
    header = 'type = "device"\nid = "own-pen"\nname = "Own"\nkind = "pen"\n[fields]\n'
    file.write_text(header + fields, encoding="utf-8")
    return file


def test_a_device_of_ones_own_can_be_planned_with(minimal_plan: str, tmp_path: Path) -> None:
    known = Library([own_device(tmp_path)])
    text = changed(minimal_plan, "generic-pen-12", "own-pen")
    assert read_plan(text, known=known).device.model == "own-pen"
    assert "no device of this name" in failing(text).what


def test_a_device_file_that_lacks_a_required_field_is_named_and_not_the_plan(minimal_plan: str, tmp_path: Path) -> None:
    file = own_device(tmp_path, without="needle_count")
    fault = failing(changed(minimal_plan, "generic-pen-12", "own-pen"), known=Library([file]))
    assert isinstance(fault, LibraryError)
    assert str(fault).startswith(f"{file}: device.own-pen lacks the required field needle_count")


def test_a_dial_without_steps_takes_every_depth(minimal_plan: str, tmp_path: Path) -> None:
    nothing = '{ value = "0 mm", grade = "assumed" }'
    file = own_device(tmp_path, depth_step=nothing, minimum_depth=nothing)
    text = changed(changed(minimal_plan, "generic-pen-12", "own-pen"), '"1.0 mm"', '"0.333 mm"')
    assert read_plan(text, known=Library([file])).needling


def test_a_rate_that_nobody_published_is_asked_of_the_plan(minimal_plan: str, tmp_path: Path) -> None:
    known = Library([own_device(tmp_path, puncture_rate='{ unpublished = "the maker\'s page" }')])
    text = changed(minimal_plan, "generic-pen-12", "own-pen")
    fault = failing(text, known=known)
    assert "puncture_rate is not published (sought in: the maker's page)" in fault.what
    assert fault.where is not None
    assert (fault.where.file, fault.where.key) == ("my.toml", "session.steps[2].frequency")
    assert fault.where.line is not None
    assert fault.do
    in_step = read_plan(changed(text, "passes = 4", 'passes = 4\nfrequency = "90 Hz"'), known=known)
    assert in_step.needling[0].frequency is not None
    assert read_plan(changed(text, "own-pen", 'own-pen"\nrate = "90 Hz'), known=known).device.rate is not None


def test_every_shipped_device_can_be_planned_with(minimal_plan: str) -> None:
    for device in library().devices.values():
        text = changed(minimal_plan, "generic-pen-12", device.id)
        deepest = device.published("needle_length") if device.kind == "roller" else device.published("maximum_depth")
        if deepest is not None:
            text = changed(text, '"1.0 mm"', f'"{deepest.shown(deepest.si, 12)}"')
        if device.kind == "rf_array":
            text = changed(text, 'do = "needling"', 'do = "rf_pulses"\nlevel = 3')
        elif device.kind in PATCH_KINDS:
            text = changed(text, 'do = "needling"', 'do = "patch"\nduration = "1 hour"')
            text = changed(changed(text, 'set_depth = "1.0 mm"\n', ""), "passes = 4\n", "")
        elif device.kind != "roller" and device.published("puncture_rate") is None:
            slowest = device.published("minimum_rate")
            text = changed(text, "passes = 4", f'passes = 4\nfrequency = "{slowest.text if slowest else "90 Hz"}"')
        assert read_plan(text).device.model == device.id


# --- not a plan at all ---


def test_no_file_names_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="there is no such file") as caught:
        load_plan(tmp_path / "nothing.toml")
    assert str(tmp_path / "nothing.toml") in str(caught.value)
    assert "percuta new" in str(caught.value.do)


@pytest.mark.parametrize("name", ["", ".", "/", "a\0b", "x" * 5000, "nothing/plan.toml", "/dev/zero"])
def test_what_is_no_file_of_text(name: str, time_limit: TimeLimit) -> None:
    with time_limit(10), pytest.raises(PlanError) as caught:
        load_plan(name)
    assert caught.value.exit_code == 2
    assert caught.value.where is not None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "a required key is missing"),
        (b"\n\n\n", "a required key is missing"),
        (b"\x00" * 1000, "not valid TOML"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        ("schema = 1".encode("utf-16"), "not text in UTF-8"),
        ('title = "é"'.encode("latin-1"), "not text in UTF-8"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not text in UTF-8"),
        (b"PK\x03\x04\x14\x00", "not valid TOML"),
        (b"<html><body>plan</body></html>", "not valid TOML"),
        (b'{"schema": 1}', "not valid TOML"),
        (b"schema: 1\ntitle: x\n", "not valid TOML"),
        (b"schema = 1\nschema = 1\n", "not valid TOML"),
        (b"schema = 1\n[patient]\nage = 'x'\n[patient]\n", "not valid TOML"),
        (b"schema = 1\ntitle = \"open\n", "not valid TOML"),
        (b"schema = " + b"9" * 5000, "out of range"),
        (b"schema = 0x" + b"f" * 5000, "out of range"),
        (b"schema = " + b"[" * 5000, "nested too deeply"),
        (b"schema" + b".a" * 5000 + b" = 1", "a key of more than 20 parts"),
        (b"a = 1\n" * 100, "not valid TOML"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_plan(raw: bytes, words: str, tmp_path: Path, time_limit: TimeLimit) -> None:
    file = tmp_path / "plan.toml"
    file.write_bytes(raw)
    with time_limit(10), pytest.raises(PlanError, match=words) as caught:
        load_plan(file)
    assert str(caught.value).startswith(str(file))
    assert caught.value.exit_code == 2


def test_a_file_of_100_megabytes(tmp_path: Path, time_limit: TimeLimit) -> None:
    file = tmp_path / "plan.toml"
    with file.open("wb") as stream:
        stream.truncate(100_000_000)
    with time_limit(5), pytest.raises(PlanError, match="too large") as caught:
        load_plan(file)
    assert caught.value.allowed == "1,000,000 bytes"


def test_toml_faults_name_their_line(minimal_plan: str) -> None:
    text = changed(minimal_plan, 'sex = "female"', "sex = female")
    fault = failing(text)
    assert fault.what.startswith("not valid TOML: Invalid value")
    assert fault.where is not None
    assert fault.where.line == line_with(text, "sex = female")


# --- inputs built to take long ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema = 1", "schema = 1\nnotes = \"\"\"\n[" + " " * 900_000 + '\n"""'),
        ("[course]", '[[session.steps]]\ndo = "rinse"\n' * 20_000 + "[course]"),
        ("[[zones]]", "[[zones]]\n" * 60_000 + "[[zones]]"),
        ("schema = 1", "schema = 1\n" + "".join(f"k{number} = 1\n" for number in range(60_000))),
        ("schema = 1", "schema = 1\n" + "k" * 900_000 + " = 1"),
        ("\n[[zones]]", "[patient.screening]\n" + "k" * 900_000 + ' = "no"\n[[zones]]'),
        ("\n[[zones]]", "[patient.screening]\n" + "".join(f"k{n} = 'no'\n" for n in range(50_000)) + "[[zones]]"),
        ('"52 years"', '"' + "5" * 900_000 + '"'),
        ('"52 years"', '"5' + " " * 900_000 + '"'),
        ('"52 years"', "[" * 5_000),
        ('site = "cheek"', 'site = "' + "cheek" * 150_000 + '"'),
        ("schema = 1", "zones = [" + "[]," * 300_000 + "]\nschema = 1"),
    ],
    ids=[
        "spaces", "steps", "zones", "unknown keys", "long key", "long item", "items", "digits", "gap", "brackets",
        "long site", "lists",
    ],
)  # fmt: skip
def test_large_plans_are_refused_within_seconds(minimal_plan: str, old: str, new: str, time_limit: TimeLimit) -> None:
    with time_limit(30):
        failing(changed(minimal_plan, old, new))
