"""The table ``optimise`` of a plan file: what it takes, and what is wrong with it, with key and line."""

from __future__ import annotations

import pytest

from percuta.errors import PlanError
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.plan.wishes import SETTING_NAMES, Optimise, SettingRange, in_unit, read_setting, unit_of_setting, value_at
from percuta.plan.writing import write_plan

WISHES = """
[[optimise.objectives]]
endpoint = "wrinkle_grade_change"
goal = "minimise"
time = "20 weeks"

[[optimise.constraints]]
endpoint = "session_duration"
below = "45 min"

[[optimise.constraints]]
endpoint = "pain_peak"
below = 4
probability = 0.8

[[optimise.settings]]
setting = "set_depth"
step = 2
low = "0.5 mm"
high = "1.5 mm"
by = "0.25 mm"
"""


def wished(text: str, minimal_plan: str) -> Optimise:
    plan = read_plan(minimal_plan + text)
    assert plan.optimise is not None
    return plan.optimise


def test_wishes_are_read_with_their_defaults(minimal_plan: str) -> None:
    found = wished(WISHES, minimal_plan)
    assert (found.objectives[0].quantile, found.objectives[0].zone) == (0.5, None)
    assert found.objectives[0].time is not None
    assert found.objectives[0].time.to("weeks") == pytest.approx(20.0)
    assert found.constraints is not None
    assert [one.probability for one in found.constraints] == [0.95, 0.8]
    assert [one.below for one in found.constraints] == ["45 min", 4]


def test_a_plan_without_the_table_has_no_wishes_and_one_with_it_is_written_back(
    minimal: Plan, minimal_plan: str
) -> None:
    assert minimal.optimise is None
    assert "optimise" not in write_plan(minimal)
    plan = read_plan(minimal_plan + WISHES)
    assert read_plan(write_plan(plan)) == plan


def test_no_constraints_are_something_else_than_those_by_default(minimal_plan: str) -> None:
    assert wished("[optimise]\nconstraints = []\n", minimal_plan).constraints == ()
    assert wished("[optimise]\n", minimal_plan).constraints is None


def test_a_range_holds_both_ends() -> None:
    asked = SettingRange.model_validate({"setting": "set_depth", "low": "500 um", "high": "1.5 mm", "by": "0.25 mm"})
    assert [in_unit("set_depth", one) for one in asked.all_values()] == pytest.approx([0.5, 0.75, 1.0, 1.25, 1.5])


def test_a_range_that_its_step_does_not_divide_ends_below() -> None:
    asked = SettingRange.model_validate({"setting": "passes", "low": 1, "high": 6, "by": 2})
    assert asked.all_values() == (1, 3, 5)


@pytest.mark.parametrize("by", ["2 degC", "2 K", "2 delta_degC"])
def test_a_step_of_temperature_is_a_difference(by: str) -> None:
    asked = {"setting": "sensor_temperature", "low": "60 degC", "high": "66 degC", "by": by}
    if "delta" in by:
        with pytest.raises(ValueError, match="not a unit"):
            SettingRange.model_validate(asked)
        return
    values = SettingRange.model_validate(asked).all_values()
    assert [in_unit("sensor_temperature", one) for one in values] == pytest.approx([60.0, 62.0, 64.0, 66.0])


def test_values_are_put_in_order_and_names_are_not() -> None:
    depths = SettingRange.model_validate({"setting": "set_depth", "values": ["1 mm", "500 um"]}).all_values()
    assert [str(one) for one in depths] == ["500 um", "1 mm"]
    names = SettingRange.model_validate({"setting": "cartridge", "values": ["wide", "narrow"]}).all_values()
    assert names == ("wide", "narrow")


@pytest.mark.parametrize("name", SETTING_NAMES)
def test_a_value_at_a_number_is_that_number(name: str) -> None:
    if unit_of_setting(name) == "text":
        assert read_setting(name, "wide") == "wide"
        return
    number = {"overlap": 0.5, "passes": 3.0, "sessions": 3.0}.get(name, 50.0 if "temperature" in name else 5.0)
    assert in_unit(name, value_at(name, number)) == pytest.approx(number)


SETTING = '[[optimise.settings]]\nsetting = "{}"\n{}\n'
CONSTRAINT = '[[optimise.constraints]]\nendpoint = "pain_peak"\n{}\n'


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (SETTING.format("set_dept", ""), "settings[1].setting", "did you mean set_depth"),
        (SETTING.format("set_depth", 'low = "1 mm"\nhigh = "0.5 mm"\nby = "0.1 mm"'), "[1].low", "low is above high"),
        (SETTING.format("set_depth", 'low = "1 mm"'), "[1].low", "add high"),
        (SETTING.format("set_depth", 'low = "1 mm"\nvalues = ["1 mm"]'), "[1].values", "remove low"),
        (SETTING.format("set_depth", 'values = ["1 mm", "5 s"]'), "values[2]", "wrong kind of unit"),
        (SETTING.format("set_depth", "values = [1.5]"), "values[1]", "text with its unit"),
        (SETTING.format("set_depth", "values = [true]"), "values[1]", "a number, or text"),
        (SETTING.format("set_depth", "values = []"), "[1].values", "too few"),
        (SETTING.format("set_depth", 'low = "0.5 mm"\nhigh = "1 mm"\nby = "0 mm"'), "[1].by", "upwards"),
        (SETTING.format("set_depth", 'low = "0.5 mm"\nhigh = "9 mm"\nby = "1 um"'), "[1].by", "too many values"),
        (SETTING.format("set_depth", 'low = "0.5 mm"\nhigh = "1 mm"\nby = "1 s"'), "[1].by", "wrong kind of unit"),
        (SETTING.format("passes", "values = [0]"), "values[1]", "at least 1"),
        (SETTING.format("passes", "values = [1.5]"), "values[1]", "a whole number"),
        (SETTING.format("passes", f"values = [{10**400}]"), "values[1]", "a number, or text"),
        (SETTING.format("overlap", 'values = ["10 %"]'), "values[1]", "allowed: a number"),
        (SETTING.format("passes", 'low = 1\nhigh = 5\nby = "1"'), "[1].by", "not a number"),
        (SETTING.format("passes", "step = 9\nvalues = [1]"), "[1].step", "1 to 2"),
        (SETTING.format("sessions", "step = 1\nvalues = [1]"), "[1].step", "belongs to no step"),
        (SETTING.format("device", 'low = "a"\nhigh = "b"\nby = "c"'), "[1].low", "no order"),
        (CONSTRAINT.format(""), "constraints[1].below", "either below or above"),
        (CONSTRAINT.format("below = 4\nabove = 1"), "constraints[1].above", "either below or above"),
        (CONSTRAINT.format('below = "four"'), "[1].below", "not a number"),
        (CONSTRAINT.format('below = "4 foos"'), "[1].below", "not a known unit"),
        (CONSTRAINT.format("below = true"), "[1].below", "not a limit"),
        (CONSTRAINT.format(f"below = {10**400}"), "[1].below", "not a limit"),
        (CONSTRAINT.format("below = 4\nprobability = 0.4"), "[1].probability", "0.5 or more"),
        (CONSTRAINT.format("below = 4\nprobability = 1.0"), "[1].probability", "0.999 or less"),
        (CONSTRAINT.format('below = 4\nzone = "cheek"'), "[1].zone", "did you mean cheeks"),
        (CONSTRAINT.format('below = 4\nquantil = "x"'), "[1].quantil", "unknown key"),
        ("[optimise]\nobjectives = []\n", "optimise.objectives", "too few"),
    ],
)
def test_a_fault_names_its_key_and_its_line(text: str, key: str, words: str, minimal_plan: str) -> None:
    with pytest.raises(PlanError) as found:
        read_plan(minimal_plan + "\n" + text, "mine.toml")
    assert words in str(found.value)
    where = found.value.where
    assert where is not None
    assert where.key is not None
    assert where.key.endswith(key)
    assert where.line is not None
    assert where.line > minimal_plan.count("\n")
