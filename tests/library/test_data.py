"""The shipped data: every value has what the design asks of a value, and nothing stands twice or hangs loose."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from percuta.library.bibliography import Reference, bibliography
from percuta.library.entries import DEVICE_FIELDS, Device, Site
from percuta.library.files import shipped
from percuta.library.registry import library
from percuta.sources import GRADES, Sourced, Unpublished

LIBRARY = library()
VALUES = list(LIBRARY.values())
SOURCED = [value for value in VALUES if isinstance(value, Sourced)]
UNPUBLISHED = [value for value in VALUES if isinstance(value, Unpublished)]
LISTED = [device for device in LIBRARY.devices.values() if not device.generic]
GENERIC = [device for device in LIBRARY.devices.values() if device.generic]


def by_name(value: object) -> str:
    return str(getattr(value, "name", getattr(value, "id", getattr(value, "key", value))))


def files(place: Traversable) -> Iterator[Traversable]:
    for item in sorted(place.iterdir(), key=lambda item: item.name):
        yield from files(item) if item.is_dir() else [item]


def cited(table: Any) -> Iterator[str]:
    """Every key that stands as ``source`` anywhere in a table."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        if key == "source":
            yield from [value] if isinstance(value, str) else value
        elif isinstance(value, dict | list):
            yield from cited(value)


# --- every value ---


def test_the_library_is_not_empty_and_reads_to_the_end() -> None:
    assert len(SOURCED) > 400
    for part in (LIBRARY.tissues, LIBRARY.parameters, LIBRARY.screening, LIBRARY.protocol, LIBRARY.terms):
        assert len(part) > 0
    assert LIBRARY.pigment_trials


def test_every_toml_file_lies_in_a_folder_that_is_read() -> None:
    folders = {"devices", "sites", "products", "tissues", "parameters", "rules", "evidence"}
    for place in shipped().iterdir():
        assert place.name in folders or place.name == "references.bib" or place.name.startswith("__")


def test_no_value_stands_twice() -> None:
    twice = [name for name, count in Counter(value.name for value in VALUES).items() if count > 1]
    assert twice == []


@pytest.mark.parametrize("value", SOURCED, ids=by_name)
def test_every_value_lies_inside_its_spread_and_can_be_drawn(value: Sourced) -> None:
    assert value.grade in GRADES
    if isinstance(value.value, str):
        assert value.value.strip()
        if value.spread is None:
            return
    drawn = value.quantile(np.array([1e-6, 0.05, 0.5, 0.95, 1 - 1e-6]))
    assert np.isfinite(drawn).all()
    assert (np.diff(drawn) >= 0).all()
    if not isinstance(value.value, str):
        assert np.isfinite(value.si)
        low, high = value.band(0.0, 1.0)
        rounding = 1e-9 * abs(value.si)
        assert low - rounding <= value.si <= high + rounding


@pytest.mark.parametrize("value", [value for value in SOURCED if value.grade == "assumed"], ids=by_name)
def test_an_assumed_value_has_a_range_a_source_or_a_reason(value: Sourced) -> None:
    assert value.spread is not None or value.source or value.note


@pytest.mark.parametrize("value", [value for value in SOURCED if "memory" in value.note.lower()], ids=by_name)
def test_what_stands_from_memory_is_assumed(value: Sourced) -> None:
    assert value.grade == "assumed"


@pytest.mark.parametrize("value", UNPUBLISHED, ids=by_name)
def test_what_nobody_published_says_where_it_was_sought(value: Unpublished) -> None:
    assert len(value.where_sought) >= 12
    assert re.search(r"[A-Za-z]{3,} [A-Za-z0-9(]", value.where_sought)
    assert value.where_sought.lower() not in ("unknown", "not published", "not available", "nobody knows")


# --- devices ---


def test_at_least_ten_listed_rollers_and_pens() -> None:
    kinds = Counter(device.kind for device in LISTED)
    assert kinds["roller"] + kinds["pen"] >= 10
    assert kinds["roller"] >= 3
    assert kinds["pen"] >= 3


def test_there_is_a_generic_device_of_each_common_kind() -> None:
    assert {"pen", "roller", "rf_array"} <= {device.kind for device in GENERIC}
    assert {"generic-pen-12"} <= {device.id for device in GENERIC}


@pytest.mark.parametrize("device", LIBRARY.devices.values(), ids=by_name)
def test_every_device_has_exactly_the_fields_of_its_kind(device: Device) -> None:
    assert set(device.fields) == set(DEVICE_FIELDS[device.kind])
    assert device.summary


@pytest.mark.parametrize("device", GENERIC, ids=by_name)
def test_every_generic_device_is_fully_specified(device: Device) -> None:
    for name in device.fields:
        entry = device.known(name)
        assert entry.grade in ("assumed", "derived")
        assert entry.note


def test_no_name_belongs_to_two_devices() -> None:
    names = [name.lower() for device in LIBRARY.devices.values() for name in {device.name, *device.aliases}]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def values_of(device: Device, *names: str) -> list[float] | None:
    """The values of some fields, or None where one of them is not published."""
    found = [device.published(name) for name in names]
    return [entry.si for entry in found if entry is not None] if None not in found else None


@pytest.mark.parametrize("device", LIBRARY.devices.values(), ids=by_name)
def test_the_settings_of_a_device_fit_together(device: Device) -> None:
    for names in (
        ("minimum_depth", "maximum_depth"),
        ("label_maximum_depth", "maximum_depth"),
        ("minimum_rate", "puncture_rate", "maximum_rate"),
        ("minimum_rate", "maximum_rate"),
        ("maximum_depth", "needle_length"),
        ("tip_radius", "needle_diameter"),
        ("needle_diameter", "needle_length"),
        ("exposed_length", "needle_length"),
        ("swath_width", "drum_diameter") if device.kind == "pen" else (),
    ):
        values = values_of(device, *names) or []
        assert all(low <= high * (1 + 1e-9) for low, high in pairwise(values)), names
    if lengths := values_of(device, "rows", "columns", "needle_count"):
        assert lengths[0] * lengths[1] == lengths[2]
    if dial := values_of(device, "minimum_depth", "maximum_depth", "depth_step"):
        low, high, step = dial
        if step > 0:
            assert low / step == pytest.approx(round(low / step), abs=1e-6)
            assert high / step == pytest.approx(round(high / step), abs=1e-6)


@pytest.mark.parametrize("device", [device for device in LISTED if device.kind == "roller"], ids=by_name)
def test_the_needles_of_a_roller_have_one_length(device: Device) -> None:
    lengths = values_of(device, "minimum_depth", "maximum_depth") or []
    length = values_of(device, "needle_length") or lengths[:1]
    assert all(value == pytest.approx(length[0]) for value in lengths)


# --- sites ---


def test_face_and_body_are_covered() -> None:
    regions = Counter(site.region for site in LIBRARY.sites.values())
    assert regions["face"] >= 8
    assert regions["body"] >= 3
    assert LIBRARY.site("upper-eyelid").inside_orbital_rim
    assert not LIBRARY.site("cheek").inside_orbital_rim


@pytest.mark.parametrize("site", LIBRARY.sites.values(), ids=by_name)
def test_every_site_has_a_dataset_for_each_sex(site: Site) -> None:
    for sex in ("female", "male"):
        assert LIBRARY.layers(site.id, sex, 45)


@pytest.mark.parametrize("site", [site for site in LIBRARY.sites.values() if site.region == "face"], ids=by_name)
def test_every_face_site_has_two_datasets_or_says_why_not(site: Site) -> None:
    fewest = min(len(LIBRARY.layers(site.id, sex, 45)) for sex in ("female", "male"))
    assert fewest >= 2 or "one dataset" in site.summary.lower()


@pytest.mark.parametrize("site", LIBRARY.sites.values(), ids=by_name)
def test_the_blocks_of_one_dataset_do_not_overlap(site: Site) -> None:
    for first, second in ((a, b) for a in site.thickness for b in site.thickness if a is not b):
        if first.dataset == second.dataset and (first.sex == second.sex or "any" in (first.sex, second.sex)):
            assert first.age is not None
            assert second.age is not None
            assert first.age[1] < second.age[0] or second.age[1] < first.age[0]


@pytest.mark.parametrize("site", LIBRARY.sites.values(), ids=by_name)
def test_a_dataset_is_named_by_its_reference(site: Site) -> None:
    for block in site.thickness:
        assert block.dataset in bibliography()
        for layer in (block.epidermis, block.dermis, block.full_skin):
            assert layer is None or block.dataset in layer.source


# --- products, rules, trials ---


def test_a_plain_sterile_gel_and_the_usual_anaesthetic_are_there() -> None:
    assert LIBRARY.product("lidocaine-prilocaine-2.5-2.5").drugs == ("lidocaine", "prilocaine")
    gel = LIBRARY.product("sterile-plain-hydrogel")
    assert gel.plain
    assert gel.sterile


def test_nothing_is_plain_that_contains_something() -> None:
    for product in LIBRARY.products.values():
        assert not (product.plain and (product.drugs or product.contains)), product.id
        assert product.summary, product.id


def test_rules_have_reason_change_and_source_unless_they_speak_of_percuta_itself() -> None:
    for rule in (*LIBRARY.screening.values(), *LIBRARY.protocol.values()):
        assert rule.reason.strip(), rule.id
        assert rule.change.strip(), rule.id
        assert rule.source or re.search("Percuta|The library|not computed", rule.reason), rule.id
        assert rule.severity in ("refuse", "defer") or rule.override == "none", rule.id
    for rule in LIBRARY.screening.values():
        assert rule.question.endswith("?"), rule.id
    assert not set(LIBRARY.screening) & set(LIBRARY.protocol)


def test_terms_are_patterns_and_trials_count_no_more_than_their_people() -> None:
    for term in LIBRARY.terms:
        assert re.compile(term.pattern, re.IGNORECASE).search("") is None
        assert term.says
    for trial in LIBRARY.pigment_trials:
        assert set(trial.phototypes) <= set(range(1, 7))
        if trial.events is not None and trial.people is not None:
            assert 0 <= trial.events <= trial.people
        else:
            assert trial.reported, trial.label


# --- bibliography ---

REFERENCES = list(bibliography().values())
CITED = {
    key
    for file in files(shipped())
    if file.name.endswith(".toml")
    for key in cited(tomllib.loads(file.read_text(encoding="utf-8")))
}
# Organisations that are named after their address.
NAMED_BY_ADDRESS = re.compile(r"\b(acne\.org|ClinicalTrials\.gov|pharmacologicalsciences\.us)\b")
ADDRESS = re.compile(
    r"://|\bwww\.|\bmirror|\bproxy\b|\blocalhost\b|\b\d{1,3}(\.\d{1,3}){3}\b"
    r"|\b[\w-]+\.(com|org|net|io|gov|edu|info|dev|app|cloud|internal|local|us|uk|de|cn|eu)\b",
    re.IGNORECASE,
)


def test_every_source_is_a_reference() -> None:
    assert sorted(CITED - set(bibliography())) == []


def test_no_reference_is_an_orphan() -> None:
    package = shipped().parent.parent  # type: ignore[attr-defined]
    programs = " ".join(file.read_text(encoding="utf-8") for file in files(package) if file.name.endswith(".py"))
    assert [key for key in bibliography() if key not in CITED and not re.search(rf"\b{key}\b", programs)] == []


@pytest.mark.parametrize("one", REFERENCES, ids=by_name)
def test_a_reference_names_no_address(one: Reference) -> None:
    for text in (one.author, one.title, one.year, one.journal, one.pmid, one.note):
        assert not ADDRESS.search(NAMED_BY_ADDRESS.sub("", text)), text


@pytest.mark.parametrize("one", REFERENCES, ids=by_name)
def test_a_reference_is_of_the_agreed_form(one: Reference) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", one.key)
    assert one.verified in ("yes", "no")
    assert one.year == "" or re.fullmatch(r"(18|19|20)\d\d", one.year)
    assert one.doi == "" or re.fullmatch(r"10\.\d{4,9}/\S+", one.doi)
    assert one.pmid == "" or re.fullmatch(r"\d{4,8}", one.pmid)
    assert one.author or one.title or one.journal or one.note
    if one.verified == "yes":
        assert one.author
        assert one.title
        assert one.year
        assert one.doi or one.pmid
    if year := re.search(r"_((?:19|20)\d\d)(?:_|$)", one.key):
        assert one.year in ("", year[1])


@pytest.mark.parametrize("field", ["doi", "pmid"])
def test_no_publication_has_two_keys(field: str) -> None:
    found = Counter(getattr(one, field).lower() for one in REFERENCES if getattr(one, field))
    assert [identifier for identifier, count in found.items() if count > 1] == []
