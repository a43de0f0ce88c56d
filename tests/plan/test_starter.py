"""A plan to start from is a plan that can be read, for every device and every site."""

from __future__ import annotations

import pytest

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.plan.starter import starter_plan
from percuta.plan.steps import TopicalAnaesthetic

LIBRARY = library()


@pytest.mark.parametrize("device", LIBRARY.devices)
def test_every_device_has_a_plan_to_start_from(device: str) -> None:
    plan = read_plan(starter_plan(LIBRARY, LIBRARY.site("cheek"), LIBRARY.device(device), "acne_scars"))
    assert plan.device.model == device
    assert plan.needling or plan.rf_pulses or plan.patches
    asked = {name for name, rule in LIBRARY.screening.items() if rule.when.get("modality") != "rf"}
    assert asked <= set(plan.patient.screening)
    assert set(plan.patient.screening.values()) == {"unknown"}


@pytest.mark.parametrize("site", LIBRARY.sites)
def test_every_site_has_a_plan_to_start_from(site: str) -> None:
    plan = read_plan(starter_plan(LIBRARY, LIBRARY.site(site), LIBRARY.device("generic-pen-12"), "wrinkles"))
    assert plan.zones[0].site == site


def test_an_array_is_asked_about_implants_too() -> None:
    array = LIBRARY.device("generic-rf-7x7-insulated")
    plan = read_plan(starter_plan(LIBRARY, LIBRARY.site("cheek"), array, "laxity"))
    assert set(plan.patient.screening) == set(LIBRARY.screening)


@pytest.mark.parametrize("site", LIBRARY.sites)
def test_the_cream_is_as_thick_as_its_label_says(site: str) -> None:
    plan = read_plan(starter_plan(LIBRARY, LIBRARY.site(site), LIBRARY.device("generic-pen-12"), "wrinkles"))
    [cream] = [step for step in plan.session.steps if isinstance(step, TopicalAnaesthetic)]
    product = LIBRARY.product(cream.product)
    label, most = product.known("label_amount_per_area").si, product.known("label_maximum_amount").si
    layer = cream.amount.si / plan.zones[0].area.si
    assert layer <= label * (1 + 1e-9)
    assert layer > 0.97 * label or cream.amount.si == pytest.approx(most)
