"""The plan file's model: patient, zones, device, session, course."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from percuta.library.device_fields import PATCH_FIGURES
from percuta.plan.faults import misfit
from percuta.plan.quantities import (
    Age,
    Angle,
    Area,
    BodyMass,
    Current,
    Depth,
    Energy,
    FollowUp,
    Frequency,
    Interval,
    Length,
    Load,
    Power,
    PulseWidth,
    RadioFrequency,
    SensorTemperature,
    StepTime,
    Voltage,
)
from percuta.plan.steps import PLAIN_TEXT, AnyStep, Name, Needling, RfPulses, Strict, WearPatch
from percuta.plan.wishes import Optimise, Sessions

_OTHER = "another name"
Answer = Literal["yes", "no", "unknown"]
DesiredEffect = Literal[
    "wrinkles", "laxity", "acne_scars", "texture", "striae", "other_scars", "alopecia", "melasma", "other"
]
WITHOUT_OUTCOME_MODEL = ("striae", "other_scars", "alopecia", "melasma", "other")
Text = Annotated[str, Field(min_length=1, max_length=2000, pattern=PLAIN_TEXT)]
# One line with a letter or a digit in it: names and reasons that have to be somebody's and something.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*\w[^\x00-\x1f\x7f-\x9f]*$"
Line = Annotated[str, Field(min_length=1, max_length=2000, pattern=ONE_LINE)]
ZONE_NAME = r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,39}$"
ZoneName = Annotated[str, Field(pattern=ZONE_NAME)]
Rows = Annotated[int, Field(ge=1, le=40, strict=True)]


def _whole(number: object) -> object:
    if type(number) is not int:
        raise PydanticCustomError("schema", "not a whole number", {"allowed": "1"})
    return number


SchemaNumber = Annotated[Literal[1], BeforeValidator(_whole)]  # a literal alone takes true and 1.0 as well


class Patient(Strict):
    """The person: age, sex, phototype, mass, what is wanted, and the screening answers."""

    age: Age
    sex: Literal["female", "male"]
    phototype: Annotated[int, Field(ge=1, le=6, strict=True)]
    mass: BodyMass
    desired_effect: DesiredEffect
    scar_types: Annotated[tuple[Literal["ice_pick", "boxcar", "rolling"], ...], Field(max_length=3)] = ()
    menopause_age: Age | None = None
    screening: dict[str, Answer] = {}

    @model_validator(mode="after")
    def _scars_are_named(self) -> Patient:
        if self.sex == "male" and self.menopause_age is not None:
            raise misfit("menopause_age is for women", ("menopause_age",))
        if self.desired_effect == "acne_scars" and not self.scar_types:
            raise misfit('acne_scars needs scar_types, for example scar_types = ["rolling"]', ("scar_types",))
        return self

    def answer(self, item: str) -> Answer:
        """Return the answer to a screening item; what was not asked is unknown."""
        return self.screening.get(item, "unknown")


class Zone(Strict):
    """A part of the skin that is treated: where it lies and how large it is."""

    name: ZoneName
    site: Name
    area: Area
    side: Literal["both", "left", "right", "middle"] = "both"
    masked: Annotated[tuple[Line, ...], Field(max_length=50)] = ()


class Cartridge(Strict):
    """A cartridge of a pen or stamp that differs from the usual one: what its label says."""

    needle_count: Annotated[int, Field(ge=1, le=2000, strict=True)] | None = None
    needle_diameter: Length | None = None
    swath_width: Length | None = None


_OF_EVERY_KIND = ("needle_diameter", "maximum_depth")
_OF_A_PEN = ("needle_count", *_OF_EVERY_KIND, "rate")
LABEL_NEEDED = {
    "pen": _OF_A_PEN,
    "stamp": _OF_A_PEN,
    "roller": ("needle_count", *_OF_EVERY_KIND, "drum_diameter", "swath_width"),
    "rf_array": (*_OF_EVERY_KIND, "rows", "columns", "pitch", "pattern", "exposed_length", "frequency"),
    **PATCH_FIGURES,
}


class DeviceChoice(Strict):
    """A device of the library, or an unlisted one from its label.

    With ``model``, every other field gives what nobody published; what the library has cannot be replaced.
    ``cartridges`` are named in the plan and chosen by the needling steps. Without ``model`` the entries of its
    label that its kind needs have to be given; see :data:`LABEL_NEEDED`.
    """

    model: Name | None = None
    kind: Literal["pen", "stamp", "roller", "rf_array", "dissolving_patch", "porous_patch"] | None = None
    name: Text | None = None
    needle_count: Annotated[int, Field(ge=1, le=20_000, strict=True)] | None = None
    needle_diameter: Length | None = None
    needle_length: Depth | None = None
    maximum_depth: Depth | None = None
    label_maximum_depth: Depth | None = None
    rate: Frequency | None = None
    swath_width: Length | None = None
    drum_diameter: Length | None = None
    rows: Rows | None = None
    columns: Rows | None = None
    pitch: Length | None = None
    pattern: Literal["checkerboard", "alternating_rows", "pair", "monopolar"] | None = None
    tip_shape: Literal["cone", "flat"] | None = None
    tip_length: Length | None = None
    exposed_length: Depth | None = None
    insertion_angle: Angle | None = None
    frequency: RadioFrequency | None = None
    cooling: Literal["none", "contact"] | None = None
    maximum_power: Power | None = None
    maximum_voltage: Voltage | None = None
    maximum_current: Current | None = None
    maximum_energy_per_needle: Energy | None = None
    minimum_pulse_width: PulseWidth | None = None
    maximum_pulse_width: PulseWidth | None = None
    minimum_sensor_temperature: SensorTemperature | None = None
    maximum_sensor_temperature: SensorTemperature | None = None
    sensor_length: Depth | None = None
    patch_area: Area | None = None
    drug: Line | None = None
    load_per_patch: Load | None = None
    loaded_length: Depth | None = None
    inserted_share: Annotated[float, Field(gt=0, le=1, strict=True)] | None = None
    dissolution_time: StepTime | None = None
    release_time: StepTime | None = None
    label_wear_time: StepTime | None = None
    cartridges: Annotated[dict[Name, Cartridge], Field(max_length=20)] = {}

    @model_validator(mode="after")
    def _label_is_complete(self) -> DeviceChoice:
        if self.model is not None:
            if self.kind is not None:
                raise misfit("a device of the library has its kind already; remove kind", ("kind",))
            return self
        if self.kind is None:
            raise misfit("give the model of a library device, or the kind of an unlisted one", ("model",))
        missing = [name for name in LABEL_NEEDED[self.kind] if getattr(self, name) is None]
        if missing:
            raise misfit(f"an unlisted {self.kind} needs from its label: {', '.join(missing)}", (missing[0],))
        return self


class Session(Strict):
    """What is done at one visit, step by step."""

    steps: Annotated[tuple[Annotated[AnyStep, Field(discriminator="do")], ...], Field(min_length=1, max_length=60)]


class Course(Strict):
    """How often the session is repeated, and how long the skin is followed."""

    sessions: Sessions
    interval: Interval
    follow_up_after_last_session: FollowUp


class Override(Strict):
    """A prescriber's decision to go on in spite of a rule, with name and reason."""

    rule: Name
    name: Line
    reason: Line


class Plan(Strict):
    """A whole treatment plan; see ``percuta new`` for a starting point."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, serialize_by_alias=True)

    schema_number: Annotated[SchemaNumber, Field(alias="schema")]
    title: Text
    notes: Text | None = None
    use: Literal["professional", "home"] = "professional"
    patient: Patient
    zones: Annotated[tuple[Zone, ...], Field(min_length=1, max_length=20)]
    device: DeviceChoice
    session: Session
    course: Course
    overrides: Annotated[tuple[Override, ...], Field(max_length=50)] = ()
    optimise: Optimise | None = None

    @model_validator(mode="after")
    def _names_are_clear(self) -> Plan:
        names = [zone.name for zone in self.zones]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise misfit("two zones have the same name", ("zones", number, "name"), name, allowed=_OTHER)
        rules = [override.rule for override in self.overrides]
        for number, rule in enumerate(rules):
            if rule in rules[:number]:
                raise misfit("two overrides name the same rule", ("overrides", number, "rule"), rule, allowed=_OTHER)
        for number, step in enumerate(self.session.steps):
            path = ("session", "steps", number, "zones")
            for position, zone in enumerate(step.zones or ()):
                if zone not in names:
                    raise misfit("the plan has no zone of this name", path, zone, allowed=", ".join(names), known=names)
                if zone in (step.zones or ())[:position]:
                    raise misfit("the step names a zone twice", path, zone, allowed=_OTHER)
        self._wishes_name_what_there_is(names)
        return self

    def _wishes_name_what_there_is(self, zones: list[str]) -> None:
        wished = self.optimise
        if wished is None:
            return
        for kind in ("objectives", "constraints"):
            for number, wish in enumerate(getattr(wished, kind) or ()):
                path = ("optimise", kind, number, "zone")
                if wish.zone is not None and wish.zone not in zones:
                    allowed = ", ".join(zones)
                    raise misfit("the plan has no zone of this name", path, wish.zone, allowed=allowed, known=zones)
        steps = len(self.session.steps)
        for number, setting in enumerate(wished.settings or ()):
            if setting.step is not None and setting.step > steps:
                path = ("optimise", "settings", number, "step")
                raise misfit("the session has no step of this number", path, setting.step, allowed=f"1 to {steps}")

    def zone(self, name: str) -> Zone:
        """Return a zone by its name."""
        return next(zone for zone in self.zones if zone.name == name)

    def zones_of(self, step: AnyStep) -> tuple[str, ...]:
        """Return the names of the zones a step acts on; all where it names none."""
        return step.zones or tuple(zone.name for zone in self.zones)

    @property
    def needling(self) -> tuple[Needling, ...]:
        """The needling steps, in order."""
        return tuple(step for step in self.session.steps if isinstance(step, Needling))

    @property
    def rf_pulses(self) -> tuple[RfPulses, ...]:
        """The RF steps, in order."""
        return tuple(step for step in self.session.steps if isinstance(step, RfPulses))

    @property
    def patches(self) -> tuple[WearPatch, ...]:
        """The steps with patches, in order."""
        return tuple(step for step in self.session.steps if isinstance(step, WearPatch))
