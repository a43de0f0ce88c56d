"""Patches in a plan file: their step, their device, and what neither may be mixed with."""

from __future__ import annotations

import pytest

from percuta.errors import DeviceLimitError, PercutaError, PlanError
from percuta.library.registry import library
from percuta.plan.device import patches_to_cover
from percuta.plan.reading import read_plan
from percuta.plan.starter import starter_plan
from percuta.plan.writing import write_plan

STEP = 'do = "patch"\nzones = ["cheeks"]\nduration = "2 hours"\n'
UNLISTED = """kind = "dissolving_patch"
needle_count = 100
needle_diameter = "0.25 mm"
needle_length = "0.5 mm"
patch_area = "1 cm^2"
dissolution_time = "30 min"
"""


@pytest.fixture
def patched(minimal_plan: str) -> str:
    """The smallest plan with a patch in place of the pen."""
    needles = 'do = "needling"\nzones = ["cheeks"]\nset_depth = "1.0 mm"\npasses = 4\n'
    assert needles in minimal_plan
    return minimal_plan.replace(needles, STEP).replace("generic-pen-12", "generic-dissolving-patch")


def failing(text: str) -> PercutaError:
    with pytest.raises(PercutaError) as caught:
        read_plan(text, "my.toml")
    return caught.value


def test_a_patch_is_read_and_written(patched: str) -> None:
    plan = read_plan(patched)
    [step] = plan.patches
    assert step.duration.si == 7200.0
    assert step.patches is None
    assert read_plan(write_plan(plan)) == plan


@pytest.mark.parametrize("without", ['zones = ["cheeks"]\n', 'duration = "2 hours"\n'])
def test_zones_and_the_time_worn_are_needed(patched: str, without: str) -> None:
    assert "required key is missing" in str(failing(patched.replace(STEP, STEP.replace(without, ""))))


@pytest.mark.parametrize("device", ["generic-pen-12", "generic-roller-1.0", "generic-rf-7x7-insulated"])
def test_steel_needles_are_no_patch(patched: str, device: str) -> None:
    fault = failing(patched.replace("generic-dissolving-patch", device))
    assert isinstance(fault, DeviceLimitError)
    assert "patch with a dissolving or porous patch" in str(fault)


def test_a_patch_does_no_needling(minimal_plan: str) -> None:
    fault = failing(minimal_plan.replace("generic-pen-12", "generic-dissolving-patch"))
    assert isinstance(fault, DeviceLimitError)
    assert "cannot do this step" in str(fault)


def test_a_zone_has_room_for_so_many_patches(patched: str) -> None:
    read_plan(patched.replace(STEP, STEP + "patches = 13\n"))  # 76 cm^2 in patches of 6 cm^2
    assert "1 to 13" in str(failing(patched.replace(STEP, STEP + "patches = 14\n")))
    assert patches_to_cover(12.0, 6.0) == 2
    assert patches_to_cover(1.0, 6.0) == 1


def test_a_zone_wears_a_patch_once(patched: str) -> None:
    assert "once in a session" in str(failing(patched.replace("[course]", f"[[session.steps]]\n{STEP}[course]")))


def test_an_unlisted_patch_needs_its_label(patched: str) -> None:
    text = patched.replace('model = "generic-dissolving-patch"', UNLISTED)
    read_plan(text)
    fault = failing(text.replace('dissolution_time = "30 min"\n', ""))
    assert isinstance(fault, PlanError)
    assert "dissolution_time" in str(fault)
    assert "release_time" in str(failing(text.replace('"dissolving_patch"', '"porous_patch"')))
    assert "has no maximum_depth" in str(failing(text.replace("patch_area", 'maximum_depth = "1 mm"\npatch_area')))


def test_what_nobody_published_can_be_filled_in(patched: str) -> None:
    text = patched.replace("generic-dissolving-patch", 'salicylic-acid-blemish-patch"\npatch_area = "1 cm^2')
    assert read_plan(text).device.patch_area is not None
    text = patched.replace("generic-dissolving-patch", 'salicylic-acid-blemish-patch"\nload_per_patch = "1 mg')
    assert "has this figure in the library already" in str(failing(text))


@pytest.mark.parametrize("device", ["generic-dissolving-patch", "hydrogel-array-2014"])
def test_a_plan_to_start_from(device: str) -> None:
    known = library()
    text = starter_plan(known, known.site("lateral-canthus"), known.device(device), "wrinkles")
    assert read_plan(text).patches
    assert ("# release_time" in text) == (device == "hydrogel-array-2014")
