"""Reading a plan file: TOML to the model, with errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from percuta.errors import PercutaError, PlanError, Where
from percuta.library.files import parse_toml, read_text
from percuta.library.registry import Library, find, library
from percuta.plan.device import check_device, resolve_device
from percuta.plan.faults import Check, Form, placed, validated
from percuta.plan.lines import key_lines
from percuta.plan.model import ZONE_NAME, Plan
from percuta.plan.steps import PLAIN_TEXT, PRODUCT_KINDS, STEP_KINDS

PLAN_FILE = Form(
    Plan,
    {
        PLAIN_TEXT: ("text with control characters", "letters, digits, signs, spaces and line ends"),
        ZONE_NAME: ("not the name of a zone", "40 letters, digits, spaces, _ and - at most, no space first"),
    },
    kinds_at=("session", "steps"),
    kinds=STEP_KINDS,
)


def load_plan(path: str | Path, known: Library | None = None) -> Plan:
    """Read a plan file and check it against the library.

    Parameters
    ----------
    path
        The TOML file.
    known
        The library to look names up in; the shipped one when left out.

    Raises
    ------
    PlanError
        For anything in the file that cannot be used, with file, line, key, value and what is expected.
    """
    where = Where(Path(path))
    text = read_text(Path(path), where, PlanError, "`percuta new` writes a plan to start from")
    return read_plan(text, str(path), known)


def read_plan(text: str, name: str = "plan", known: Library | None = None) -> Plan:
    """Read a plan from TOML text; see :func:`load_plan`."""
    raw = parse_toml(text, Where(name), PlanError)
    lines = key_lines(text)
    plan = validated(raw, name, lines, PLAN_FILE)
    try:
        check_names(plan, known or library())
    except PercutaError as fault:
        raise placed(fault, name, lines) from fault.__cause__
    return plan


@contextmanager
def in_file(path: str | Path) -> Iterator[None]:
    """Give what is found wrong with a plan after it was read the file and the line of its key."""
    try:
        yield
    except PercutaError as fault:
        if fault.where is None or not fault.where.key or fault.where.file is not None:
            raise
        lines = key_lines(read_text(Path(path), Where(Path(path)), PlanError))
        raise placed(fault, str(path), lines) from fault.__cause__


def check_names(plan: Plan, known: Library) -> None:
    """Check every name of a plan against the library, and every setting against its device.

    Raises
    ------
    PlanError, LibraryError, DeviceLimitError
        With the key in ``where``.
    """
    for check in name_checks(plan, known):
        check()
    check_device(plan, resolve_device(plan.device, known))


def name_checks(plan: Plan, known: Library) -> Iterator[Check]:
    """Yield what looks up each name of a plan."""
    for number, zone in enumerate(plan.zones, 1):
        yield partial(look_up, "site", known.sites, zone.site, f"zones[{number}].site")
    for item in plan.patient.screening:
        yield partial(look_up, "screening item", known.screening, item, f"patient.screening.{item}")
    rules = {**known.screening, **known.protocol}
    for number, override in enumerate(plan.overrides, 1):
        yield partial(look_up, "rule", rules, override.rule, f"overrides[{number}].rule")
    for number, step in enumerate(plan.session.steps, 1):
        key = f"session.steps[{number}]"
        if (product := getattr(step, "product", None)) is not None:
            yield partial(_check_product, step.do, product, known, f"{key}.product")
        for product in getattr(step, "products", ()):
            yield partial(_check_product, step.do, product, known, f"{key}.products")
    if plan.device.model is not None:
        yield partial(look_up, "device", known.devices, plan.device.model, "device.model")


def _check_product(step: str, name: str, known: Library, key: str) -> None:
    """Check that a product exists and is of a kind that the step puts on."""
    look_up("product", known.products, name, key)
    product = known.products[name]
    if product.kind not in PRODUCT_KINDS[step]:
        fitting = [step for step, kinds in PRODUCT_KINDS.items() if product.kind in kinds]
        raise PlanError(
            f"{product.name} is of the kind {product.kind}, which this step does not put on",
            value=name,
            allowed=f"for {step}: products of the kind {' or '.join(PRODUCT_KINDS[step])}",
            do=f"write it in a step of its own: {' or '.join(fitting)}",
            where=Where(key=key),
        )


def look_up(kind: str, known: Mapping[str, Any], name: str, key: str) -> None:
    """Check that a name is known; an unknown one is a fault of the key, not of the library."""
    try:
        find(kind, known, name)
    except PercutaError as fault:
        raise PlanError(fault.what, value=name, where=Where(key=key), do=fault.do) from None
