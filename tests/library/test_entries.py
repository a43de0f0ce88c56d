"""Library entries: what a device, site, product or rule must say, and files of third parties."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.errors import LibraryError
from percuta.library.device_fields import DEVICE_FIELDS, DRIVES, WORDS
from percuta.library.drugs import DRUG_FIELDS, read_drug
from percuta.library.entries import (
    Product,
    read_device,
    read_pigment_trial,
    read_product,
    read_rule,
    read_site,
    read_term,
)
from percuta.library.registry import Library, find, library
from percuta.library.tables import read_fields
from percuta.sources import Sourced, Unpublished

Raw = dict[str, Any]

VALUES = {"1": 12, "mm": "1 mm", "um": "5 um", "Hz": "90 Hz", "MHz": "1 MHz", "deg": "90 deg", "text": "steel"}
VALUES |= {"W": "25 W", "V": "70 V", "A": "1 A", "ms": "100 ms", "mJ": "50 mJ", "degC": "70 degC"}
VALUES |= {"cm^2": "6 cm^2", "ug": "50 ug", "min": "30 min"}
CHOSEN = {"polarity": "bipolar", "pattern": "checkerboard", "drive": "sensor_temperature", "cooling": "none"}
SENSOR_FIELDS = {"minimum_sensor_temperature", "maximum_sensor_temperature", "sensor_position", "sensor_length"}


def device_table(kind: str = "pen") -> Raw:
    """A device with every field of its kind."""
    values = {name: CHOSEN.get(name, VALUES[unit]) for name, unit in DEVICE_FIELDS[kind].items()}
    fields = {name: {"value": value, "grade": "assumed"} for name, value in values.items()}
    return {"name": "Test device", "kind": kind, "fields": fields}


SITE: Raw = {
    "name": "Cheek",
    "region": "face",
    "near_eyes": False,
    "thickness": [
        {
            "dataset": "meng_2022",
            "label": "Ultrasound",
            "method": "ultrasound",
            "sex": "female",
            "age": [20, 29],
            "epidermis": {"value": "0.2 mm", "grade": "assumed"},
            "dermis": {"value": "1.0 mm", "grade": "assumed"},
        }
    ],
}
PRODUCT: Raw = {
    "name": "Gel",
    "kind": "gel",
    "drugs": ["lidocaine"],
    "fields": {"strength_lidocaine": {"value": "25 mg/g", "grade": "assumed"}},
}
DRUGS = ("lidocaine", "betamethasone-valerate")
HORNY = ("elsewhere", "cheek")


def spread_saturation(kind: str, **spread: float) -> Raw:
    """A saturation of 1 with a spread."""
    return {"value": 1, "grade": "assumed", "spread": {"kind": kind} | spread}


UNITS_OF_DRUGS: dict[str, object] = {
    "g/mol": "234 g/mol",
    "mg/ml": "4 mg/ml",
    "L/min": "0.6 L/min",
    "L/kg": "1 L/kg",
    "ug/ml": "5 ug/ml",
}
UNITS_OF_DRUGS |= {"1": 2, "text": "base"}


def drug_table(kind: str) -> Raw:
    """A drug with every field of its kind."""
    fields = {name: {"value": UNITS_OF_DRUGS[unit], "grade": "assumed"} for name, unit in DRUG_FIELDS[kind].items()}
    return {"name": "Test drug", "kind": kind, "fields": fields}


RULE: Raw = {"id": "fever", "severity": "defer", "reason": "Because.", "change": "Wait."}


@pytest.mark.parametrize("kind", DEVICE_FIELDS)
def test_a_device_with_every_field_of_its_kind_is_read(kind: str) -> None:
    device = read_device("test", device_table(kind))
    assert set(device.fields) == set(DEVICE_FIELDS[kind])
    assert device.known("needle_length").si == pytest.approx(1e-3)
    assert device.known("needle_count").name == "device.test.needle_count"
    assert device.published("no_such_field") is None
    with pytest.raises(LibraryError, match="has no such field") as caught:
        device.known("no_such_field")
    assert caught.value.value == "no_such_field"
    assert not device.generic


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in DEVICE_FIELDS.items() for field in fields]
)
def test_a_device_that_lacks_a_required_field_is_refused_by_its_name(kind: str, field: str) -> None:
    table = device_table(kind)
    del table["fields"][field]
    with pytest.raises(LibraryError, match=f"device.test lacks the required field {field}"):
        read_device("test", table)


def test_what_nobody_published_is_said_where_it_is_needed() -> None:
    table = device_table()
    table["fields"]["tip_length"] = {"unpublished": "the 510(k) summary"}
    device = read_device("test", table)
    assert device.published("tip_length") is None
    with pytest.raises(LibraryError, match=r"tip_length is not published \(sought in: the 510\(k\) summary\)"):
        device.known("tip_length")


def changed(table: Raw, path: tuple[str | int, ...], value: object) -> Raw:
    """A copy of a table with one value replaced, or removed where the value is ``...``."""
    table = copy.deepcopy(table)
    inner: Any = table
    for part in path[:-1]:
        inner = inner[part]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return table


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("name",), ..., "required field name"),
        (("name",), 5, "required field name"),
        (("kind",), "laser", "no such kind"),
        (("kind",), ["pen"], "required field kind"),
        (("fields",), [], "required field fields"),
        (("aliases",), "SkinPen", "wrong kind of aliases"),
        (("aliases",), [5], "wrong kind of aliases"),
        (("generic",), "yes", "wrong kind of generic"),
        (("regulatory",), "K202243", "wrong kind of regulatory"),
        (("makers",), "x", "unknown key"),
        (("fields", "needle_count"), 12, "required field needle_count"),
        (("fields", "needle_count"), {"value": "1 mm", "grade": "assumed"}, "wrong kind of unit"),
        (("fields", "needle_material"), {"value": 5, "grade": "assumed"}, "not text"),
        (("fields", "maximum_depth"), {"value": 2.5, "grade": "assumed"}, "must be text with its unit"),
        (("fields", "drum_diameter"), {"value": "1 mm", "grade": "assumed"}, "unknown key"),
    ],
)
def test_a_malformed_device_is_refused(path: tuple[str | int, ...], value: object, words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        read_device("test", changed(device_table(), path, value))


@pytest.mark.parametrize("drive", [drive for drive in DRIVES if drive != "sensor_temperature"])
def test_an_array_that_is_not_set_by_temperature_has_no_sensors(drive: str) -> None:
    table = device_table("rf_array")
    table["fields"]["drive"]["value"] = drive
    with pytest.raises(LibraryError, match="unknown key") as caught:
        read_device("test", table)
    assert caught.value.value in SENSOR_FIELDS
    fields = {name: value for name, value in table["fields"].items() if name not in SENSOR_FIELDS}
    device = read_device("test", table | {"fields": fields})
    assert device.published("sensor_length") is None
    with pytest.raises(LibraryError, match="Test device has no such field"):
        device.known("sensor_length")


def test_an_array_of_which_nobody_published_the_drive_may_have_sensors() -> None:
    table = device_table("rf_array")
    table["fields"]["drive"] = {"unpublished": "the 510(k) summary"}
    assert set(read_device("test", table).fields) == set(DEVICE_FIELDS["rf_array"])


@pytest.mark.parametrize("field", WORDS)
def test_a_word_that_no_calculation_knows_is_refused(field: str) -> None:
    with pytest.raises(LibraryError, match=f"device.test.{field} has no such word") as caught:
        read_device("test", changed(device_table("rf_array"), ("fields", field, "value"), "hexagonal"))
    assert caught.value.allowed == ", ".join(WORDS[field])
    for word in WORDS[field]:
        if field != "drive":
            read_device("test", changed(device_table("rf_array"), ("fields", field, "value"), word))


@pytest.mark.parametrize(
    ("field", "slip"),
    [
        ("insertion_angle", "91 deg"),
        ("insertion_angle", "20 rad"),
        ("maximum_power", "35 kW"),
        ("maximum_voltage", "-1 V"),
        ("maximum_current", "0 A"),
        ("maximum_pulse_width", "4 h"),
        ("maximum_energy_per_needle", "50 kJ"),
        ("maximum_sensor_temperature", "70 K"),
        ("maximum_sensor_temperature", "700 degC"),
    ],
)
def test_a_slip_of_unit_is_out_of_bounds(field: str, slip: str) -> None:
    with pytest.raises(LibraryError, match=f"device.test.{field} is out of bounds"):
        read_device("test", changed(device_table("rf_array"), ("fields", field, "value"), slip))


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(LibraryError) as caught:
        read_device("test", device_table() | {"makr": "x"})
    assert caught.value.do == "did you mean maker?"


def test_a_site_is_read_with_the_name_of_each_value() -> None:
    site = read_site("cheek", SITE, HORNY)
    block = site.thickness[0]
    assert block.age == (20.0, 29.0)
    assert block.epidermis is not None
    assert block.epidermis.name == "site.cheek.meng_2022.female.20-29.epidermis"
    assert site.area is None
    area = {"both_sides": {"value": "76 cm^2", "grade": "assumed"}}
    with_area = read_site("cheek", SITE | {"area": area}, HORNY)
    assert isinstance(with_area.area, Sourced)
    assert with_area.area.si == pytest.approx(76e-4)
    sought = read_site("cheek", SITE | {"area": {"both_sides": {"unpublished": "everywhere"}}}, HORNY)
    assert isinstance(sought.area, Unpublished)
    assert (site.fat, site.nerve_exits) == ("", ())
    face = read_site("cheek", SITE | {"fat": "perioral", "nerve_exits": ["mental"]}, HORNY)
    assert (face.fat, face.nerve_exits) == ("perioral", ("mental",))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("region",), "leg", "no such region"),
        (("thickness",), {}, "required field thickness"),
        (("thickness",), ["thin"], "must be a table"),
        (("thickness", 0, "sex"), "both", "no such sex"),
        (("thickness", 0, "age"), 20, "no such band of age"),
        (("thickness", 0, "age"), [20], "no such band of age"),
        (("thickness", 0, "age"), [29, 20], "no such band of age"),
        (("thickness", 0, "age"), ["20", "29"], "no such band of age"),
        (("thickness", 0, "age"), [20, float("nan")], "no such band of age"),
        (("thickness", 0, "dermis"), ..., "either epidermis and dermis, or full_skin"),
        (("thickness", 0, "full_skin"), {"value": "2 mm", "grade": "assumed"}, "either epidermis and dermis"),
        (("thickness", 0, "dermis"), {"unpublished": "everywhere"}, "without its thickness"),
        (("thickness", 0, "dermis"), "1 mm", "must be a table"),
        (("area",), "76 cm^2", "wrong kind of area"),
        (("area",), {"both": {"value": "76 cm^2", "grade": "assumed"}}, "unknown key"),
        (("area",), {"both_sides": {"value": "76 mm", "grade": "assumed"}}, "wrong kind of unit"),
        (("inside_orbital_rim",), 1, "wrong kind of inside_orbital_rim"),
        (("fat",), "cheek", "no such fat"),
        (("stratum_corneum",), "palm", "no such stratum_corneum"),
        (("nerve_exits",), "mental", "wrong kind of nerve_exits"),
        (("nerve_exits",), [1], "wrong kind of nerve_exits"),
    ],
)
def test_a_malformed_site_is_refused(path: tuple[str | int, ...], value: object, words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        read_site("cheek", changed(SITE, path, value), HORNY)


def test_a_product_is_read() -> None:
    product = read_product("gel", PRODUCT, DRUGS)
    strength = product.published("strength_lidocaine")
    assert strength is not None
    assert strength.si == pytest.approx(0.025)
    assert (product.drugs, product.sterile, product.plain) == (("lidocaine",), False, False)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kind",), "cream", "no such kind"),
        (("drugs",), "lidocaine", "wrong kind of drugs"),
        (("contains",), [1], "wrong kind of contains"),
        (("sterile",), "yes", "wrong kind of sterile"),
        (("fields",), ["x"], "wrong kind of fields"),
        (("fields", "strength_lidocaine"), "25 mg/g", "must be a table"),
        (("fields", "strength_lidocaine", "value"), "1200 mg/g", "above 100 %"),
        (("fields", "strength_lidocaine", "value"), "101 %", "above 100 %"),
        (("fields", "strength_lidocaine", "value"), "50 mg/ml", "no mass by mass; its unit is mg/ml"),
        (("fields", "strength_lidocaine", "value"), "a little", "is text, not a number"),
        (("fields", "saturation_lidocaine"), {"value": 2.1, "grade": "assumed"}, "above 2 times the solubility"),
        (("fields", "saturation_lidocaine"), spread_saturation("uniform", low=0.5, high=2.1), "above 2 times"),
        (("fields", "saturation_lidocaine"), spread_saturation("lognormal", log_sd=0.7), "above 2 times"),
        (("fields", "vehicle_ph"), {"value": 14.5, "grade": "assumed"}, "no pH"),
        (("fields", "saturation_lidocaine"), {"value": "1 mg/ml", "grade": "assumed"}, "wrong unit"),
        (("fields", "permeability_lidocaine"), {"value": 0.01, "grade": "assumed"}, "wrong unit"),
        (("fields", "saturation_prilocaine"), {"value": 1, "grade": "assumed"}, "a drug that it does not hold"),
        (("drugs",), ["lidocain"], "a drug that the library does not know"),
    ],
)
def test_a_malformed_product_is_refused(path: tuple[str | int, ...], value: object, words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        read_product("gel", changed(PRODUCT, path, value), DRUGS)


def test_a_wrong_unit_of_a_strength_says_what_is_allowed() -> None:
    with pytest.raises(LibraryError) as fault:
        read_product("gel", changed(PRODUCT, ("fields", "strength_lidocaine", "value"), "50 mg/ml"), DRUGS)
    assert (fault.value.value, fault.value.allowed) == ("50 mg/ml", "a share in mg/g or %")


@pytest.mark.parametrize("entry", [{"value": 2, "grade": "assumed"}, spread_saturation("lognormal", log_sd=0.3)])
def test_a_saturation_up_to_twice_the_solubility_is_read(entry: dict[str, object]) -> None:
    fields = PRODUCT["fields"] | {"saturation_lidocaine": entry}
    assert read_product("gel", PRODUCT | {"fields": fields}, DRUGS).known("saturation_lidocaine").si <= 2.0


def test_a_volume_fraction_of_what_is_no_drug_is_read() -> None:
    fields = {"strength_isopropyl_alcohol": {"value": 0.7, "grade": "assumed"}}
    product = read_product("wipe", PRODUCT | {"drugs": [], "fields": fields}, DRUGS)
    assert product.known("strength_isopropyl_alcohol").si == pytest.approx(0.7)


def test_what_a_product_says_of_a_drug_is_found_by_the_drug() -> None:
    assert Product.field_of("saturation", "betamethasone-valerate") == "saturation_betamethasone_valerate"
    fields = {"saturation_betamethasone_valerate": {"value": 1, "grade": "assumed"}}
    product = read_product("gel", PRODUCT | {"drugs": ["betamethasone-valerate"], "fields": fields}, DRUGS)
    assert product.known(Product.field_of("saturation", product.drugs[0])).si == 1.0


@pytest.mark.parametrize("kind", DRUG_FIELDS)
def test_a_drug_with_every_field_of_its_kind_is_read(kind: str) -> None:
    drug = read_drug("test", drug_table(kind))
    assert set(drug.fields) == set(DRUG_FIELDS[kind])
    assert drug.known("molecular_mass").si == pytest.approx(0.234)
    assert drug.known("plasma_clearance").si == pytest.approx(1e-5)
    assert ("toxic_level" in drug.fields) == (kind == "anaesthetic")


def test_a_drug_may_prefer_water_to_octanol() -> None:
    path = ("fields", "log_octanol_water", "value")
    assert read_drug("test", changed(drug_table("active"), path, -1.85)).known("log_octanol_water").si == -1.85


NOTHING_OR_MUCH = {"kind": "categories", "values": ["0 mg/ml", "4 mg/ml"], "weights": [0.5, 0.5]}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kind",), "vitamin", "no such kind"),
        (("fields", "pka"), ..., "lacks the required field pka"),
        (("fields", "ionises_as", "value"), "salt", "no such word"),
        (("fields", "aqueous_solubility", "value"), "-4 mg/ml", "out of bounds"),
        (("fields", "aqueous_solubility", "spread"), NOTHING_OR_MUCH, "out of bounds"),
        (("fields", "molecular_mass", "value"), "234 g", "wrong kind of unit"),
        (("fields", "toxic_level"), {"value": "5 ug/ml", "grade": "assumed"}, "unknown key"),
    ],
)
def test_a_malformed_drug_is_refused(path: tuple[str | int, ...], value: object, words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        read_drug("test", changed(drug_table("steroid"), path, value))


def test_a_rule_is_read_with_what_it_leaves_out() -> None:
    rule = read_rule(RULE | {"source": "a_2020", "thresholds": {"days": {"value": "7 days", "grade": "assumed"}}})
    assert (rule.unknown, rule.override, rule.when, rule.source) == ("defer", "none", {}, ("a_2020",))
    assert rule.thresholds["days"].si == 7 * 86400
    assert read_rule(RULE).source == ()


@pytest.mark.parametrize("key", ["severity", "unknown", "override"])
def test_a_rule_with_an_unknown_word_is_refused(key: str) -> None:
    with pytest.raises(LibraryError, match=f"no such {key}"):
        read_rule(RULE | {key: "perhaps"})


def test_a_question_has_a_topic_and_a_rule_that_asks_nothing_needs_none() -> None:
    asking = RULE | {"question": "Is there a wound?"}
    assert read_rule(asking | {"topic": "field"}).topic == "field"
    assert read_rule(RULE | {"question": ""}).topic == ""
    with pytest.raises(LibraryError, match="no such topic"):
        read_rule(asking | {"topic": "weather"})
    with pytest.raises(LibraryError, match="no such topic"):
        read_rule(asking)


def test_a_misleading_term_and_a_pigment_trial_are_read() -> None:
    term = read_term({"pattern": "x", "says": "y", "claims": [3], "source": "a_2020"})
    assert (term.claims, term.source) == ((3,), ("a_2020",))
    trial = read_pigment_trial({"label": "x", "phototypes": [4, 5], "modality": "roller", "events": 5, "people": 30})
    assert (trial.events, trial.people, trial.sessions, trial.source) == (5, 30, None, ())
    reported = read_pigment_trial({"label": "x", "phototypes": [], "modality": "rf", "reported": "13.6 %"})
    assert (reported.events, reported.people, reported.reported) == (None, None, "13.6 %")


def test_fields_must_be_a_table_of_entries() -> None:
    with pytest.raises(LibraryError, match="must be a table of entries"):
        read_fields("tissue.x", None, None)
    with pytest.raises(LibraryError, match="must be a table with value"):
        read_fields("tissue.x", {"density": 5}, None)


def toml_of(table: Raw) -> str:
    """TOML of a table as inline tables, written apart from the code under test."""

    def item(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(key)} = {item(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(item, value)) + "]"
        return json.dumps(value)

    return "\n".join(f"{json.dumps(key)} = {item(value)}" for key, value in table.items())


def own_file(folder: Path, kind: str, table: Raw, identifier: str = "my-own", name: str = "own.toml") -> Path:
    file = folder / name
    file.write_text(toml_of({"type": kind, "id": identifier, **table}), encoding="utf-8")
    return file


def test_a_file_of_ones_own_adds_to_the_shipped_library(tmp_path: Path) -> None:
    extra = [
        own_file(tmp_path, "device", device_table(), name="device.toml"),
        own_file(tmp_path, "site", SITE, name="site.toml"),
        own_file(tmp_path, "product", PRODUCT, name="product.toml"),
    ]
    known = Library(extra)
    assert known.device("my-own").name == "Test device"
    assert known.site("my-own").region == "face"
    assert known.product("my-own").kind == "gel"
    assert "generic-pen-12" in known.devices
    assert "my-own" not in library().devices


def test_two_files_of_ones_own_may_not_have_one_name(tmp_path: Path) -> None:
    extra = [own_file(tmp_path, "product", PRODUCT, name=name) for name in ("a.toml", "b.toml")]
    with pytest.raises(LibraryError, match="two files have a product of this name"):
        Library(extra)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'type = "device"',
        'id = "x"',
        'type = "rule"\nid = "x"',
        'type = ["device"]\nid = "x"',
        'type = "device"\nid = 5',
    ],
)
def test_a_file_of_ones_own_must_state_type_and_id(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text)
    with pytest.raises(LibraryError, match="must state its type and id") as caught:
        Library([file])
    assert caught.value.where is not None
    assert caught.value.where.file == file


def test_an_error_in_a_file_of_ones_own_names_the_file_and_the_field(tmp_path: Path) -> None:
    table = device_table()
    del table["fields"]["needle_count"]
    file = own_file(tmp_path, "device", table, "my-pen")
    with pytest.raises(LibraryError) as caught:
        _ = Library([file]).devices
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(f"{file}: device.my-pen lacks the required field needle_count")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    known = library()
    for look_up, name in ((known.device, "generic-pen-21"), (known.site, "cheeks"), (known.product, "lidocain-4")):
        with pytest.raises(LibraryError) as caught:
            look_up(name)
        assert caught.value.value == name
        assert caught.value.do is not None
        assert caught.value.do.startswith("did you mean ")
    with pytest.raises(LibraryError) as caught:
        find("device", known.devices, "\0")
    assert "percuta library" in str(caught.value.do)


TOML_VALUE = st.recursive(
    st.booleans()
    | st.integers(-3, 30)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1 mm", "pen", "face", "female"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def paths(table: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path into a table."""
    inner = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    return [found for key, value in inner for found in ((*path, key), *paths(value, (*path, key)))]


READERS: list[tuple[Callable[[Raw], object], Raw]] = [
    (lambda raw: read_device("x", raw), device_table("pen")),
    (lambda raw: read_device("x", raw), device_table("rf_array")),
    (lambda raw: read_site("x", raw, HORNY), SITE),
    (lambda raw: read_product("x", raw, DRUGS), PRODUCT),
    (lambda raw: read_drug("x", raw), drug_table("anaesthetic")),
]


@given(st.data())
def test_any_change_of_a_file_gives_an_entry_or_a_library_error(data: st.DataObject) -> None:
    read, table = data.draw(st.sampled_from(READERS))
    path = data.draw(st.sampled_from(paths(table)))
    value = data.draw(TOML_VALUE | st.just(...))
    with contextlib.suppress(LibraryError):
        read(changed(table, path, value))
