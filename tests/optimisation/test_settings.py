"""Settings of a search: which a plan has, at which values, and the plan with some of them chosen."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from percuta.errors import DeviceLimitError, PlanError
from percuta.library.registry import library
from percuta.optimisation.places import USUAL
from percuta.optimisation.settings import Setting, labels, settings_of, with_settings
from percuta.plan.model import Plan
from percuta.plan.reading import check_names, in_file, load_plan, read_plan
from percuta.plan.wishes import in_unit, read_setting
from percuta.plan.writing import write_plan

EXAMPLES = Path(__file__).parents[2] / "examples"
KNOWN = library()


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.toml").read_text("utf-8")


PEN, RF, ROLLER = example("cheek_pen"), example("cheek_rf"), example("forehead_roller")


def asked(text: str, *tables: str) -> Plan:
    """Return a plan with settings of its own, each as the lines of its table."""
    return read_plan(text + "".join(f"\n[[optimise.settings]]\n{lines}\n" for lines in tables))


def numbers(setting: Setting) -> list[float]:
    return [in_unit(setting.name, read_setting(setting.name, one)) for one in setting.values]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (PEN, ["set_depth", "passes", "frequency", "sessions", "interval"]),
        (RF, ["set_depth", "energy_per_pin", "pulse_width", "passes", "sessions", "interval"]),
        (ROLLER, ["device", "passes", "sessions", "interval"]),
    ],
    ids=["pen", "rf", "roller"],
)
def test_the_settings_by_default_are_in_order_and_hold_the_plans_own(text: str, names: list[str]) -> None:
    plan = read_plan(text)
    found = settings_of(plan, KNOWN)
    assert [one.name for one in found] == names
    assert all(one.default and one.reason for one in found)
    for one in found:
        assert one.current is not None
        if one.ordered:
            assert numbers(one) == sorted(set(numbers(one)))
    current = tuple(one.current or 0 for one in found)
    assert with_settings(plan, found, current) == plan


@pytest.mark.parametrize("text", [PEN, RF, ROLLER], ids=["pen", "rf", "roller"])
def test_the_device_can_do_each_default_and_what_is_chosen_can_be_written(text: str) -> None:
    plan = read_plan(text)
    found = settings_of(plan, KNOWN)
    for place, one in enumerate(found):
        for index in range(len(one.values)):
            choice = [other.current or 0 for other in found]
            choice[place] = index
            chosen = with_settings(plan, found, tuple(choice))
            assert (
                read_plan(write_plan(chosen)) == chosen
                if fits(chosen)
                else one.name in ("pulse_width", "energy_per_pin")
            )
            assert (chosen == plan) == (index == one.current)


def fits(plan: Plan) -> bool:
    """Tell whether the device can do it: an energy may need a longer pulse than the plan's."""
    try:
        check_names(plan, KNOWN)
    except DeviceLimitError:
        return False
    return True


def test_depths_by_default_lie_within_the_label_and_on_the_dial() -> None:
    pen, array = KNOWN.device("generic-pen-12"), KNOWN.device("generic-rf-7x7-insulated")
    for text, device in ((PEN, pen), (RF, array)):
        depths = numbers(settings_of(read_plan(text), KNOWN)[0])
        step, least, most = (
            device.known(name).si * 1e3 for name in ("depth_step", "minimum_depth", "label_maximum_depth")
        )
        assert depths == pytest.approx([least + number * step for number in range(len(depths))])
        assert depths[-1] == pytest.approx(most)


def test_an_own_value_beyond_the_label_is_kept_among_the_others() -> None:
    [depth] = [
        one for one in settings_of(read_plan(PEN.replace('"1.0 mm"', '"2.25 mm"')), KNOWN) if one.name == "set_depth"
    ]
    assert depth.values[-2:] == ("1.5 mm", "2.25 mm")
    assert depth.current == len(depth.values) - 1


def test_energies_and_pulse_widths_lie_in_equal_ratios_within_the_generators_limits() -> None:
    by_name = {one.name: numbers(one) for one in settings_of(read_plan(RF), KNOWN)}
    assert (by_name["energy_per_pin"][0], by_name["energy_per_pin"][-1]) == (15.0, 200.0)
    assert (by_name["pulse_width"][0], by_name["pulse_width"][-1]) == (10.0, 1000.0)
    widths = by_name["pulse_width"]
    assert all(1.7 < high / low < 1.9 for low, high in pairwise(widths))


def test_sensor_temperatures_by_default_are_those_of_the_trial() -> None:
    text = RF.replace("generic-rf-7x7-insulated", "generic-rf-pairs-20-degrees").replace('"1.5 mm"', '"2 mm"')
    text = text.replace('energy_per_pin = "60 mJ"', 'sensor_temperature = "67 degC"').replace('"100 ms"', '"4 s"')
    by_name = {one.name: one for one in settings_of(read_plan(text), KNOWN)}
    found = numbers(by_name["sensor_temperature"])
    assert found == pytest.approx([62, 64, 66, 67, 68, 70, 72, 74, 76, 78])


def test_only_what_differs_is_written_anew() -> None:
    plan = asked(PEN, 'setting = "frequency"\nvalues = ["90 Hz", "120 Hz"]')
    [frequency] = settings_of(plan, KNOWN)
    assert frequency.current == 0  # the plan leaves it out; the pen's usual rate is 90 Hz
    assert with_settings(plan, (frequency,), (0,)) == plan
    changed = with_settings(plan, (frequency,), (1,)).session.steps[6]
    assert str(getattr(changed, "frequency", None)) == "120 Hz"


def test_a_range_in_another_unit_holds_the_plans_own_once() -> None:
    [depth] = settings_of(asked(PEN, 'setting = "set_depth"\nvalues = ["1000 um", "500 um"]'), KNOWN)
    assert depth.values == ("500 um", "1.0 mm")
    assert (depth.current, depth.default) == (1, False)


def test_a_setting_without_a_step_is_one_in_each_step_that_has_it() -> None:
    step = '[[session.steps]]\ndo = "needling"\nzones = ["cheeks"]\nset_depth = "0.5 mm"\npasses = 2\n'
    text = PEN.replace('[[session.steps]]\ndo = "rinse"', f'{step}\n[[session.steps]]\ndo = "rinse"')
    settings = settings_of(asked(text, 'setting = "passes"\nvalues = [2, 3]'), KNOWN)
    assert [(one.step, one.values, one.current) for one in settings] == [(7, (2, 3, 4), 2), (8, (2, 3), 0)]
    assert labels(settings) == ("passes (step 7)", "passes (step 8)")
    plan = with_settings(read_plan(text), settings, (1, 1))
    assert [one.passes for one in plan.needling] == [3, 3]


def test_course_and_cream_are_set() -> None:
    plan = asked(
        PEN, 'setting = "interval"\nvalues = ["8 weeks"]', 'setting = "anaesthetic_duration"\nvalues = ["90 min"]'
    )
    settings = settings_of(plan, KNOWN)
    changed = with_settings(plan, settings, (1, 1))
    assert changed.course.interval.to("weeks") == pytest.approx(8.0)
    assert changed.session.steps[2].duration is not None
    assert changed.session.steps[2].duration.to("min") == pytest.approx(90.0)


def test_another_roller_brings_its_own_depth() -> None:
    plan = asked(ROLLER, 'setting = "device"\nvalues = ["generic-roller-0.5", "generic-roller-1.5"]')
    [device] = settings_of(plan, KNOWN)
    assert plan.device.model in device.values
    changed = with_settings(plan, (device,), (device.values.index("generic-roller-0.5"),))
    assert changed.device.model == "generic-roller-0.5"
    assert changed.needling[0].set_depth.to("mm") == pytest.approx(0.5)
    check_names(changed, KNOWN)


def test_a_cartridge_is_chosen_by_name_and_the_usual_one_is_never_written() -> None:
    text = PEN.replace(
        'model = "generic-pen-12"', 'model = "generic-pen-12"\n\n[device.cartridges.wide]\nneedle_count = 36'
    )
    plan = asked(text, 'setting = "cartridge"\nvalues = ["wide"]')
    [cartridge] = settings_of(plan, KNOWN)
    assert cartridge.values == (USUAL, "wide")
    assert with_settings(plan, (cartridge,), (0,)) == plan
    assert with_settings(plan, (cartridge,), (1,)).needling[0].cartridge == "wide"


def test_a_setting_named_alone_takes_its_default_range() -> None:
    [own] = settings_of(asked(PEN, 'setting = "passes"'), KNOWN)
    [passes] = [one for one in settings_of(read_plan(PEN), KNOWN) if one.name == "passes"]
    assert own == passes


def test_an_energy_that_needs_a_longer_pulse_is_possible_where_one_is_offered() -> None:
    energy, width = 'setting = "energy_per_pin"\nvalues = ["200 mJ"]', 'setting = "pulse_width"\nvalues = ["{}"]'
    short = RF.replace('"100 ms"', '"50 ms"')  # 49 needles with 200 mJ each take 98 ms of 100 W
    assert len(settings_of(asked(short, energy, width.format("100 ms")), KNOWN)) == 2
    for plan in (asked(short, energy), asked(short, energy, width.format("90 ms"))):
        with pytest.raises(DeviceLimitError, match="beyond what Generic RF array") as found:
            settings_of(plan, KNOWN)
        assert "or a longer pulse" in str(found.value)


@pytest.mark.parametrize(
    ("text", "table", "key", "words"),
    [
        (PEN, 'setting = "set_depth"\nstep = 1\nvalues = ["1 mm"]', "[1].step", "the step photograph has no set_depth"),
        (PEN, 'setting = "pulse_width"\nvalues = ["1 ms"]', "[1].setting", "the step needling has no pulse_width"),
        (PEN, 'setting = "needling_time"\nvalues = ["1 min"]', "[1].setting", "states its passes"),
        (PEN, 'setting = "cartridge"\nvalues = ["wide"]', "[1].setting", "no cartridges"),
        (PEN, 'setting = "device"\nvalues = ["generic-pen-36"]', "[1].setting", "chooses among rollers"),
        (PEN, 'setting = "anaesthetic_duration"\nstep = 7\nvalues = ["1 min"]', "[1].step", "puts no anaesthetic on"),
        (PEN, 'setting = "glide_speed"', "[1].setting", "no range by default"),
        (ROLLER, 'setting = "set_depth"\nvalues = ["1 mm"]', "[1].setting", "take the setting device"),
        (ROLLER, 'setting = "frequency"\nvalues = ["1 Hz"]', "[1].setting", "a roller has no frequency"),
        (ROLLER, 'setting = "device"\nvalues = ["generic-roler-0.5"]', "values[1]", "did you mean generic-roller-0.5"),
        (ROLLER, 'setting = "device"\nvalues = ["generic-pen-12"]', "values[1]", "not a roller"),
        (RF, 'setting = "power"\nvalues = ["10 W"]', "[1].setting", "the dose of the step is its energy_per_pin"),
    ],
)
def test_a_setting_that_the_plan_does_not_have_says_why(text: str, table: str, key: str, words: str) -> None:
    with pytest.raises(PlanError) as found:
        settings_of(asked(text, table), KNOWN)
    assert words in str(found.value)
    assert found.value.where is not None
    assert str(found.value.where.key).endswith(key)


def test_what_the_plan_does_have_is_listed() -> None:
    with pytest.raises(PlanError) as found:
        settings_of(asked(PEN, 'setting = "power"\nvalues = ["10 W"]'), KNOWN)
    allowed = "set_depth, passes, frequency, glide_speed, sessions, interval, anaesthetic_duration"
    assert found.value.allowed == f"in this plan: {allowed}"


def test_a_setting_asked_for_twice_is_refused() -> None:
    table = 'setting = "passes"\nstep = 7\nvalues = [1]'
    with pytest.raises(PlanError, match="asked for twice"):
        settings_of(asked(PEN, table, table.replace("step = 7\n", "")), KNOWN)


@pytest.mark.parametrize(
    ("text", "table", "words"),
    [
        (PEN, 'setting = "set_depth"\nvalues = ["0.6 mm"]', "the dial of"),
        (PEN, 'setting = "set_depth"\nvalues = ["5 mm"]', "beyond what"),
        (PEN, 'setting = "frequency"\nvalues = ["500 Hz"]', "beyond the rate of"),
        (RF, 'setting = "pulse_width"\nvalues = ["5 ms"]', "at least 10 ms"),
    ],
)
def test_a_value_that_the_device_cannot_do_is_refused_as_in_a_plan(text: str, table: str, words: str) -> None:
    with pytest.raises(DeviceLimitError, match=words) as found:
        settings_of(asked(text, table), KNOWN)
    assert found.value.where is not None
    assert found.value.where.key == "optimise.settings[1]"  # not the step, which the device can do


def test_a_fault_found_after_reading_gets_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'{PEN}\n[[optimise.settings]]\nsetting = "power"\nvalues = ["10 W"]\n', encoding="utf-8")
    plan = load_plan(file)
    with pytest.raises(PlanError) as found, in_file(file):
        settings_of(plan, KNOWN)
    where = found.value.where
    assert where is not None
    assert where.file == str(file)
    assert where.line is not None
    assert file.read_text("utf-8").splitlines()[where.line - 1] == 'setting = "power"'


def test_a_patch_has_no_setting_by_default() -> None:
    with pytest.raises(PlanError, match="no setting of this plan has a range by default"):
        settings_of(read_plan(example("dissolving_patch")), KNOWN)


def test_every_default_range_gives_values_somewhere() -> None:
    """What the library says of a setting is used: no default is dead."""
    found = {(modality, one.name) for modality, aims in KNOWN.aims.items() for one in aims.settings}
    doses = {("rf", "power"), ("rf", "voltage"), ("rf", "sensor_temperature")}
    used = {("mechanical", one.name) for text in (PEN, ROLLER) for one in settings_of(read_plan(text), KNOWN)}
    used |= {("rf", one.name) for one in settings_of(read_plan(RF), KNOWN)}
    for dose in ("power", "voltage"):
        unit = {"power": "30 W", "voltage": "50 V"}[dose]
        plan = read_plan(RF.replace('energy_per_pin = "60 mJ"', f'{dose} = "{unit}"'))
        used |= {("rf", one.name) for one in settings_of(plan, KNOWN)}
    assert found - used <= {("rf", "sensor_temperature")}
    assert doses <= found


def test_no_default_is_offered_where_an_end_is_not_published() -> None:
    text = PEN.replace(
        'model = "generic-pen-12"',
        'kind = "pen"\nneedle_count = 12\nneedle_diameter = "0.25 mm"\nmaximum_depth = "2.5 mm"\nrate = "90 Hz"',
    )
    names = [one.name for one in settings_of(read_plan(text), KNOWN)]
    assert names == ["set_depth", "passes", "sessions", "interval"]
