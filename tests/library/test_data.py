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
from percuta.library.device_fields import fields_of
from percuta.library.entries import TOPICS, Device, Product, Site
from percuta.library.files import shipped
from percuta.library.registry import library
from percuta.sources import GRADES, Sourced, Unpublished
from percuta.units import dimension

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
    folders = {
        "devices",
        "sites",
        "products",
        "drugs",
        "tissues",
        "parameters",
        "rules",
        "evidence",
        "posterior",
        "aims",
    }
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
    if value.spread is None or value.spread.kind != "draws":  # rows of a posterior are sorted by another column
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
    arrays = {"7x7-insulated", "5x5-non-insulated", "pairs-20-degrees", "monopolar"}
    assert {"generic-pen-12", *(f"generic-rf-{array}" for array in arrays)} <= {device.id for device in GENERIC}


@pytest.mark.parametrize("device", LIBRARY.devices.values(), ids=by_name)
def test_every_device_has_exactly_the_fields_of_its_kind(device: Device) -> None:
    drive = device.published("drive")
    assert set(device.fields) == set(fields_of(device.kind, drive.value if drive else None))
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
        ("minimum_pulse_width", "maximum_pulse_width"),
        ("minimum_sensor_temperature", "maximum_sensor_temperature"),
        ("sensor_length", "needle_length"),
        ("needle_diameter", "pitch"),
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


ARRAYS = [device for device in LIBRARY.devices.values() if device.kind == "rf_array"]


def word(device: Device, name: str) -> str | None:
    entry = device.published(name)
    return entry.text if entry is not None else None


def test_at_least_twelve_listed_arrays() -> None:
    listed = [device for device in ARRAYS if not device.generic]
    assert len(listed) >= 12
    assert sum(any(entry.grade == "measured" for entry in sourced(device)) for device in listed) >= 8


def sourced(device: Device) -> list[Sourced]:
    return [entry for entry in device.fields.values() if isinstance(entry, Sourced)]


@pytest.mark.parametrize("device", ARRAYS, ids=by_name)
def test_what_an_array_says_of_its_polarity_fits_together(device: Device) -> None:
    polarity, pattern = word(device, "polarity"), word(device, "pattern")
    if polarity in ("bipolar", "monopolar") and pattern is not None:
        assert (polarity == "monopolar") == (pattern == "monopolar")
    if pattern == "pair" and (columns := values_of(device, "columns")):
        assert columns == [2]


@pytest.mark.parametrize("device", ARRAYS, ids=by_name)
def test_what_is_remembered_of_an_array_has_a_wide_spread(device: Device) -> None:
    for entry in sourced(device):
        if entry.note.startswith("from memory") and not isinstance(entry.value, str):
            low, high = entry.band(0.01, 0.99)
            assert high - low >= 0.3 * entry.si, entry.name


@pytest.mark.parametrize("device", [device for device in ARRAYS if device.generic], ids=by_name)
def test_a_generic_array_is_of_one_piece(device: Device) -> None:
    of = {
        name: device.known(name).si for name in ("insulated_length", "exposed_length", "needle_length", "maximum_depth")
    }
    assert of["insulated_length"] + of["exposed_length"] == pytest.approx(of["needle_length"])
    upright = np.sin(device.known("insertion_angle").si)
    assert of["maximum_depth"] <= upright * of["needle_length"] * (1 + 1e-9)
    power, needles = device.known("maximum_power").si, device.known("needle_count").si
    longest = device.known("maximum_pulse_width").si
    assert device.known("maximum_energy_per_needle").si <= power * longest / needles * (1 + 1e-9)


def test_the_pairs_reach_the_depth_of_the_2009_studies() -> None:
    pairs = LIBRARY.device("generic-rf-pairs-20-degrees")
    reached = pairs.known("needle_length").si * np.sin(pairs.known("insertion_angle").si)
    assert reached == pytest.approx(pairs.known("maximum_depth").si, rel=0.03)  # 6 mm at 20 degrees: 2.05 mm


@pytest.mark.parametrize("device", [device for device in LISTED if device.kind == "roller"], ids=by_name)
def test_the_needles_of_a_roller_have_one_length(device: Device) -> None:
    lengths = values_of(device, "minimum_depth", "maximum_depth") or []
    length = values_of(device, "needle_length") or lengths[:1]
    assert all(value == pytest.approx(length[0]) for value in lengths)


# --- tissues and kinetics ---


@pytest.mark.parametrize("tissue", LIBRARY.tissues)
def test_every_tissue_has_what_a_pulse_needs(tissue: str) -> None:
    fields = LIBRARY.tissues[tissue]
    kinds = {"density": "kg/m^3", "thermal_conductivity": "W/m/K", "specific_heat": "J/kg/K", "perfusion": "1/s"}
    kinds |= {"electrical_conductivity_in_plane": "S/m", "electrical_anisotropy": "1", "water_fraction": "1"}
    for name, unit in kinds.items():
        entry = fields[name]
        assert isinstance(entry, Sourced), name
        assert dimension(entry.unit) == dimension(unit), name
    water = fields["water_fraction"]
    assert isinstance(water, Sourced)
    assert 0.0 < water.band(0.0, 1.0)[0] < water.band(0.0, 1.0)[1] < 1.0
    chosen = fields["dielectric_set"]
    assert isinstance(chosen, Sourced)
    assert f"dielectric.{chosen.text}_sigma_ionic" in LIBRARY.parameters


# Conductivity [S/m] and relative permittivity at 1 MHz in a published table (biomedical_engineering_online_0473).
AT_ONE_MEGAHERTZ = {
    "skin_dry": (0.0132, 990.76),
    "skin_wet": (0.2214, 1832.8),
    "fat_not_infiltrated": (0.0251, 27.222),
    "muscle": (0.5027, 1836.4),
}


@pytest.mark.parametrize("tissue", AT_ONE_MEGAHERTZ)
def test_cole_cole_sets_give_the_published_table(tissue: str) -> None:
    """Public code has two of these figures wrong; either would miss the table by far more than half a per cent."""
    angular, vacuum = 2 * np.pi * 1e6, 8.8541878128e-12

    def of(name: str) -> float:
        return LIBRARY.parameter(f"dielectric.{tissue}_{name}").si

    found = of("eps_infinity") + of("sigma_ionic") / (1j * angular * vacuum)
    for number in range(1, 5):
        steep = (1j * angular * of(f"tau_{number}")) ** (1 - of(f"alpha_{number}"))
        found += of(f"delta_eps_{number}") / (1 + steep)
    conductivity, permittivity = AT_ONE_MEGAHERTZ[tissue]
    assert -found.imag * angular * vacuum == pytest.approx(conductivity, rel=5e-3)
    assert found.real == pytest.approx(permittivity, rel=5e-3)


DWELLS = (0.02, 0.1, 0.5, 1.0, 4.0, 10.0, 60.0)  # s
# Temperature [degC] at which a constant dwell brings the damage integral to 1, computed independently of this library.
DAMAGED_AT = {
    "henriques_moritz": (65.8, 63.3, 60.9, 59.9, 57.9, 56.6, 54.0),
    "weaver_stoll": (69.6, 64.8, 60.2, 58.2, 54.4, 51.9, 49.0),
    "takata": (63.3, 61.0, 58.8, 57.8, 55.9, 54.7, 52.3),
    "mehta_wong": (79.4, 75.8, 72.2, 70.8, 67.8, 65.9, 62.2),
    "liver": (79.5, 73.2, 67.0, 64.5, 59.5, 56.2, 50.1),
    "agah": (88.8, 84.8, 80.9, 79.2, 75.9, 73.7, 69.6),
    "pearce": (94.2, 88.4, 82.8, 80.4, 75.8, 72.8, 67.0),
}


@pytest.mark.parametrize("kinetics", DAMAGED_AT)
def test_damage_sets_give_the_temperatures_of_the_dwell_table(kinetics: str) -> None:
    def of(name: str) -> float:
        return LIBRARY.parameter(f"kinetics.{kinetics}_{name}").si

    for dwell, celsius in zip(DWELLS, DAMAGED_AT[kinetics], strict=True):
        found = of("activation") / (of("log_factor") + np.log(dwell))  # Omega = dwell exp(log_factor - activation / T)
        if f"kinetics.{kinetics}_break" in LIBRARY.parameters and found > of("break"):
            found = of("activation_above") / (of("log_factor_above") + np.log(dwell))
            assert found > of("break")
        assert found - 273.15 == pytest.approx(celsius, abs=0.1)


@pytest.mark.parametrize("kind", ["cell", "collagen"])
def test_every_damage_set_that_can_be_drawn_is_there(kind: str) -> None:
    spread = LIBRARY.parameter(f"rf.{kind}_kinetics").spread
    assert spread is not None
    for name in spread.values:
        above = {
            part: f"kinetics.{name}_{part}" in LIBRARY.parameters for part in ("log_factor_above", "activation_above")
        }
        assert len(set(above.values())) == 1
        assert above["log_factor_above"] == (f"kinetics.{name}_break" in LIBRARY.parameters)
        assert LIBRARY.parameter(f"kinetics.{name}_log_factor").si > 0
        assert LIBRARY.parameter(f"kinetics.{name}_activation").si > 0
    sets = {
        name.removeprefix("kinetics.").removesuffix("_activation")
        for name in LIBRARY.parameters
        if name.endswith("_activation")
    }
    assert set(spread.values) <= sets


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
    assert {rule.topic for rule in LIBRARY.screening.values()} == set(TOPICS)
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


def test_every_site_of_the_face_says_which_fat_lies_below_it() -> None:
    for site in LIBRARY.sites.values():
        assert bool(site.fat) == (site.region == "face")
        assert (LIBRARY.fat(site.id) is not None) == bool(site.fat)


def test_nerves_come_out_where_common_anatomy_has_them() -> None:
    assert {site.id: site.nerve_exits for site in LIBRARY.sites.values() if site.nerve_exits} == {
        "chin": ("mental",),
        "forehead": ("supraorbital", "supratrochlear"),
        "glabella": ("supratrochlear",),
        "infraorbital-cheek": ("infraorbital",),
    }


# --- drugs and the products that hold them ---


ANAESTHETICS = [product for product in LIBRARY.products.values() if product.kind == "anaesthetic"]


def test_every_drug_is_held_by_a_product_and_every_anaesthetic_is_one() -> None:
    assert set(LIBRARY.drugs) == {drug for product in LIBRARY.products.values() for drug in product.drugs}
    for product in ANAESTHETICS:
        assert {LIBRARY.drug(drug).kind for drug in product.drugs} == {"anaesthetic"}


@pytest.mark.parametrize("product", ANAESTHETICS, ids=by_name)
def test_an_anaesthetic_says_how_its_vehicle_holds_each_drug(product: Product) -> None:
    fields = {Product.field_of(of, drug) for of in ("strength", "saturation") for drug in product.drugs}
    assert fields | {"vehicle_ph"} <= set(product.fields)


def test_what_can_pass_the_skin_has_a_permeability_or_says_where_it_was_sought() -> None:
    for product in LIBRARY.products.values():
        if product.kind != "anaesthetic":
            assert {Product.field_of("permeability", drug) for drug in product.drugs} <= set(product.fields), product.id


def test_the_ratios_of_the_label_are_near_those_of_the_un_ionised_drug() -> None:
    """43 for lidocaine and 25 for prilocaine at pH 7.4 (United States label of EMLA), of which a part is ionised."""
    for name, ratio in (("lidocaine", 43.0), ("prilocaine", 25.0)):
        drug = LIBRARY.drug(name)
        ionised = 10.0 ** (drug.known("pka").si - 7.4)
        assert np.log10(ratio * (1.0 + ionised)) == pytest.approx(drug.known("log_octanol_water").si, abs=0.2)


def test_the_ratio_of_ion_to_base_follows_from_the_fluxes_that_it_names() -> None:
    shares = [1.0 / (1.0 + 10.0 ** (7.9 - ph)) for ph in (7.0, 5.5)]
    found = []
    for at_7, at_5_5 in ((283.9, 41.0), (283.9 / 2.4, 41.0 / 3.2)):
        ratio = at_7 / at_5_5
        found.append((shares[0] - ratio * shares[1]) / (ratio * (1 - shares[1]) - (1 - shares[0])))
    assert found == pytest.approx([0.0140, 0.0091], abs=1e-4)
    assert LIBRARY.parameter("permeation.ion_permeability_ratio").si == pytest.approx(np.sqrt(np.prod(found)), rel=0.05)


def test_the_band_of_channels_spans_tenfold() -> None:
    low, high = LIBRARY.parameter("permeation.channel_uncertainty").band()
    assert high / low == pytest.approx(10.0, rel=0.01)
