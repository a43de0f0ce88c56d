"""Generated plans: whole plan files as plain data, and TOML written apart from the code under test."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import strategies as st

from percuta.library.registry import Library, library
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.plan.steps import PRODUCT_KINDS

Data = dict[str, Any]

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t\r"), min_size=1, max_size=30)
LINE = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30).map(lambda text: f"a{text}")  # has a letter
ZONE_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,10}", fullmatch=True)


@cache
def quantity(low: float, high: float, *units: str) -> st.SearchStrategy[str]:
    """Text of a quantity from ``low`` to ``high`` in many ways of writing; ``units`` have one size.

    One draw from a list made beforehand, since a plan holds many quantities.
    """
    numbers = [f"{low + (high - low) * step / 20:.6g}" for step in range(21)]
    numbers += [f"{float(number):.6e}" for number in numbers[1:-1:4]] + [f"{high:.3f}", f"+{low:.6g}"]
    return st.sampled_from(
        [
            f"{start}{number}{gap}{unit}"
            for number in numbers
            for unit in units
            for start in ("", " ")
            for gap in (" ", "", "  ")
        ]
    )


LENGTH = quantity(0.1, 5, "mm", "millimetre")
TIME = quantity(0.5, 90, "min", "minutes")


def optional(draw: st.DrawFn, **fields: st.SearchStrategy[Any]) -> Data:
    """Some of the fields."""
    return {name: draw(field) for name, field in fields.items() if draw(st.booleans())}


@st.composite
def patients(draw: st.DrawFn, known: Library) -> Data:
    effect = draw(
        st.sampled_from(
            ["wrinkles", "laxity", "acne_scars", "texture", "striae", "other_scars", "alopecia", "melasma", "other"]
        )
    )
    answers = st.dictionaries(
        st.sampled_from(sorted(known.screening)), st.sampled_from(["yes", "no", "unknown"]), max_size=6
    )
    patient = {
        "age": draw(quantity(18, 90, "years", "year", "yr")),
        "sex": draw(st.sampled_from(["female", "male"])),
        "phototype": draw(st.integers(1, 6)),
        "mass": draw(quantity(40, 120, "kg", "kilogram")),
        "desired_effect": effect,
        **optional(draw, screening=answers),
    }
    if patient["sex"] == "female":
        patient |= optional(draw, menopause_age=quantity(40, 60, "years"))
    if effect == "acne_scars":
        kinds = st.sampled_from(["ice_pick", "boxcar", "rolling"])
        patient["scar_types"] = draw(st.lists(kinds, min_size=1, max_size=3, unique=True))
    return patient


@st.composite
def zones(draw: st.DrawFn, known: Library, name: str) -> Data:
    return {
        "name": name,
        "site": draw(st.sampled_from(sorted(known.sites))),
        "area": draw(quantity(1, 600, "cm^2", "cm**2", "cm * cm")),
        **optional(
            draw,
            side=st.sampled_from(["both", "left", "right", "middle"]),
            masked=st.lists(LINE, min_size=1, max_size=2),
        ),
    }


CARTRIDGES = st.dictionaries(
    st.sampled_from(["nano", "36 needles", "0.2 mm"]),
    st.fixed_dictionaries({"needle_count": st.integers(1, 60)}, optional={"swath_width": st.just("6 mm")}),
    min_size=1,
)


@st.composite
def devices(draw: st.DrawFn) -> tuple[Data, list[str]]:
    """A device, and the depths it can be set to."""
    kinds = ["generic pen", "generic roller", "generic array", "generic pairs", "pen", "stamp", "roller"]
    kind = draw(st.sampled_from(kinds))
    if kind == "generic pen":
        quarters = [f"{number / 4:g} mm" for number in range(1, 11)] + ["1000 um", "0.1 cm"]
        chosen: Data = {"model": draw(st.sampled_from(["generic-pen-12", "generic-pen-36"]))}
        return chosen | optional(draw, cartridges=CARTRIDGES), quarters
    if kind == "generic roller":
        length = draw(st.sampled_from(["0.5", "1.0", "1.5"]))
        return {"model": f"generic-roller-{length}"}, [f"{length} mm"]
    if kind == "generic array":
        return {"model": "generic-rf-7x7-insulated"}, ["0.5 mm", "2.0 mm", "3500 um"]
    if kind == "generic pairs":
        return {"model": "generic-rf-pairs-20-degrees"}, ["2 mm", "2000 um"]
    label: Data = {
        "kind": kind,
        "needle_count": draw(st.integers(1, 2000)),
        "needle_diameter": draw(quantity(0.1, 0.5, "mm")),
        "maximum_depth": "2.5 mm",
        **optional(draw, name=TEXT, label_maximum_depth=st.just("1.5 mm")),
    }
    if kind == "roller":
        return label | {"drum_diameter": draw(LENGTH), "swath_width": draw(LENGTH)}, ["2.5 mm"]
    return label | {"rate": draw(quantity(20, 150, "Hz", "/s", "hertz"))}, ["2.5 mm", "0.333 mm", "1 mm"]


@st.composite
def pulses(draw: st.DrawFn, device: Data, step: Data) -> Data:
    """Pulses that the generic array or the generic pairs can deliver."""
    if "pairs" in device["model"]:
        doses: dict[str, st.SearchStrategy[Any]] = {
            "sensor_temperature": st.sampled_from(["60 degC", "67 °C", "340 K"])
        }
        width = quantity(1, 25, "s", "seconds")
    else:
        doses = {
            "energy_per_pin": quantity(10, 200, "mJ"),
            "power": quantity(1, 100, "W"),
            "voltage": quantity(10, 140, "V"),
            "level": st.floats(0.5, 9) | st.integers(1, 9),
        }
        width = quantity(100, 999, "ms")
    dose = draw(st.sampled_from(sorted(doses)))
    more = optional(draw, passes=st.integers(1, 4), overlap=st.sampled_from([0, 0.0, 0.5]))
    if dose != "level" or draw(st.booleans()):
        more["pulse_width"] = draw(width)
    if draw(st.booleans()):
        more["set_depths"] = [step.pop("set_depth")]
    return {"do": "rf_pulses", **step, dose: draw(doses[dose]), **more}


@st.composite
def needling(draw: st.DrawFn, device: Data, depths: list[str], names: list[str]) -> Data:
    step = {
        "zones": draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)),
        "set_depth": draw(st.sampled_from(depths)),
        **optional(draw, end_point=st.sampled_from(["uniform_erythema", "pinpoint_bleeding"])),
    }
    if device.get("model", "").startswith("generic-rf"):
        return draw(pulses(device, step))
    rolled = device.get("kind") == "roller" or "roller" in device.get("model", "")
    step |= optional(draw, **({} if rolled else {"frequency": quantity(60, 120, "Hz")}))
    if "cartridges" in device:
        step |= optional(draw, cartridge=st.sampled_from(sorted(device["cartridges"])))
    speed = draw(st.sampled_from(["passes", "glide_speed"] + ([] if rolled else ["needling_time"])))
    if speed == "needling_time":
        return {"do": "needling", **step, "needling_time": draw(TIME)}
    glide = {"glide_speed": draw(quantity(1, 100, "mm/s", "mm / s"))} if speed == "glide_speed" else {}
    return {"do": "needling", **step, "passes": draw(st.integers(1, 20)), **glide}


@st.composite
def other_steps(draw: st.DrawFn, known: Library) -> Data:
    """A step without needles, with the fields it must have and some of those it may have."""

    def product(step: str) -> st.SearchStrategy[str]:
        return st.sampled_from([name for name, one in known.products.items() if one.kind in PRODUCT_KINDS[step]])

    agents = st.sampled_from(["alcohol", "chlorhexidine", "povidone_iodine", "hypochlorous", "other"])
    must: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "topical_anaesthetic": {
            "product": product("topical_anaesthetic"),
            "amount": quantity(1, 60, "g", "gram"),
            "duration": TIME,
        },
        "glide_gel": {"product": product("glide_gel")},
        "gel": {"product": product("gel")},
        "steroid_gel": {"product": product("steroid_gel")},
        "medication": {
            "effect": st.sampled_from(["anti_inflammatory", "analgesic", "antiviral", "other"]),
            "route": st.sampled_from(["injection", "oral", "topical"]),
        },
    }
    may: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "topical_anaesthetic": {"occluded": st.booleans()},
        "antisepsis": {"agent": agents, "product": product("antisepsis"), "dry": st.booleans()},
        "cleanse": {"product": product("cleanse")},
        "peel": {"product": product("peel")},
        "medication": {"product": product("medication")},
        "steroid_gel": {"days": st.integers(1, 60)},
        "aftercare": {"products": st.lists(product("aftercare"), min_size=1, max_size=3)},
        "sun_protection": {"product": product("sun_protection")},
    }
    plain = ["photograph", "remove_anaesthetic", "rinse", "cool"]
    kind = draw(st.sampled_from(sorted({*must, *may, *plain})))
    step = {"do": kind} | {name: draw(field) for name, field in must.get(kind, {}).items()}
    return (
        {"duration": draw(TIME), **step}
        if draw(st.booleans())
        else step | optional(draw, note=TEXT, **may.get(kind, {}))
    )


@st.composite
def wishes(draw: st.DrawFn, names: list[str]) -> Data:
    """Objectives, constraints and settings; which endpoints there are is not known to the loader."""
    place = {"zone": st.sampled_from(names), "time": quantity(1, 50, "weeks", "week"), "reason": LINE}
    objective = st.fixed_dictionaries(
        {"endpoint": st.just("firmness_change"), "goal": st.sampled_from(["maximise", "minimise"])},
        optional={"quantile": st.sampled_from([0.05, 0.5, 0.9]), **place},
    )
    side = draw(st.sampled_from(["below", "above"]))
    constraint = st.fixed_dictionaries(
        {"endpoint": st.just("pain_peak"), side: st.sampled_from(["4", "1 %", "5 days", 4, 0.5])},
        optional={"probability": st.sampled_from([0.5, 0.95]), **place},
    )
    setting = st.sampled_from(
        [
            {"setting": "passes"},
            {"setting": "passes", "step": 1, "values": [2, 4]},
            {"setting": "set_depth", "low": "0.5 mm", "high": "1 mm", "by": "0.25 mm"},
            {"setting": "overlap", "low": 0, "high": 0.5, "by": 0.1},
            {"setting": "device", "values": ["generic-roller-0.5", "generic-roller-1.0"]},
        ]
    )
    return optional(
        draw,
        objectives=st.lists(objective, min_size=1, max_size=2),
        constraints=st.lists(constraint, max_size=2),
        settings=st.lists(setting, min_size=1, max_size=2),
    )


@st.composite
def plans(draw: st.DrawFn) -> Data:
    """A whole plan that is valid."""
    known = library()
    names = draw(st.lists(ZONE_NAMES, min_size=1, max_size=3, unique=True))
    device, depths = draw(devices())
    steps = draw(st.lists(other_steps(known) | needling(device, depths, names), min_size=1, max_size=6))
    rules = st.sampled_from(sorted({*known.screening, *known.protocol}))
    override = st.fixed_dictionaries({"rule": rules, "name": LINE, "reason": LINE})
    return {
        "schema": 1,
        "title": draw(TEXT),
        **optional(draw, notes=TEXT, use=st.sampled_from(["professional", "home"])),
        "patient": draw(patients(known)),
        "zones": [draw(zones(known, name)) for name in names],
        "device": device,
        "session": {"steps": steps},
        "course": {
            "sessions": draw(st.integers(1, 24)),
            "interval": draw(quantity(1, 100, "days", "d", "weeks")),
            "follow_up_after_last_session": draw(quantity(0, 200, "weeks", "days")),
        },
        **optional(
            draw,
            overrides=st.lists(override, min_size=1, max_size=2, unique_by=lambda one: one["rule"]),
            optimise=wishes(names),
        ),
    }


def toml_value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_key(key)} = {toml_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


def toml_key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else toml_value(key)


def toml_text(data: Data, header: str = "") -> str:
    """TOML with headers, as a person writes it."""
    values = {key: value for key, value in data.items() if not isinstance(value, dict) and not is_tables(value)}
    lines = [f"{toml_key(key)} = {toml_value(value)}" for key, value in values.items()]
    for key, value in data.items():
        path = f"{header}.{toml_key(key)}" if header else toml_key(key)
        if isinstance(value, dict):
            lines += ["", f"[{path}]", toml_text(value, path)]
        elif is_tables(value):
            lines += [line for table in value for line in ("", f"[[{path}]]", toml_text(table, path))]
    return "\n".join(lines)


def is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


@pytest.fixture(scope="session")
def generated_plans() -> st.SearchStrategy[Data]:
    """Valid plans as plain data."""
    return plans()


@pytest.fixture(scope="session")
def as_toml() -> Callable[[Data], str]:
    """TOML of plain data, written apart from the code under test."""
    return toml_text


@pytest.fixture(scope="session")
def minimal_data(minimal_plan: str) -> Data:
    """The smallest plan as plain data."""
    return tomllib.loads(minimal_plan)


@pytest.fixture
def minimal(minimal_plan: str) -> Plan:
    """The smallest plan that computes something, read."""
    return read_plan(minimal_plan)
