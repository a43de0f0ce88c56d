"""The steps of a session, in the words of the plan file. Steps act in the order in which they are written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from percuta.plan.faults import misfit
from percuta.plan.quantities import (
    Amount,
    Depth,
    Energy,
    Frequency,
    Power,
    PulseWidth,
    SensorTemperature,
    Speed,
    StepTime,
    Voltage,
)

PLAIN_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
DOSES = ("energy_per_pin", "power", "voltage", "sensor_temperature", "level")
"""The ways to state the dose of a pulse, of which a step takes one."""
EndPoint = Literal["uniform_erythema", "pinpoint_bleeding"]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=PLAIN_TEXT)]
Passes = Annotated[int, Field(ge=1, le=200, strict=True)]
Share = Annotated[float, Field(ge=0, lt=1, strict=True)]


class Strict(BaseModel):
    """Base of every part of a plan: unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Step(Strict):
    """What every step may state: its zones (all when left out), its duration and a note."""

    zones: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)] | None = None
    duration: StepTime | None = None
    note: Annotated[str, Field(max_length=2000, pattern=PLAIN_TEXT)] | None = None

    @property
    def product_names(self) -> tuple[str, ...]:
        """The products that the step names, as the library knows them."""
        one: str | None = getattr(self, "product", None)
        return (*(() if one is None else (one,)), *getattr(self, "products", ()))


class Photograph(Step):
    """Photographs for the record."""

    do: Literal["photograph"]


class Cleanse(Step):
    """Make-up and dirt are washed off."""

    do: Literal["cleanse"]
    product: Name | None = None


class TopicalAnaesthetic(Step):
    """Anaesthetic cream is put on; ``duration`` is the time it stays on."""

    do: Literal["topical_anaesthetic"]
    product: Name
    amount: Amount
    duration: StepTime
    occluded: StrictBool = False


class RemoveAnaesthetic(Step):
    """The anaesthetic is wiped off."""

    do: Literal["remove_anaesthetic"]


class Antisepsis(Step):
    """The field is disinfected; ``dry`` says whether it is let dry before the next step."""

    do: Literal["antisepsis"]
    agent: Literal["alcohol", "chlorhexidine", "povidone_iodine", "hypochlorous", "other"] | None = None
    product: Name | None = None
    dry: StrictBool | None = None


class Peel(Step):
    """The top layer of the skin is peeled."""

    do: Literal["peel"]
    product: Name | None = None


class GlideGel(Step):
    """Gel on which the needles glide."""

    do: Literal["glide_gel"]
    product: Name


class Needling(Step):
    """Needles without current: pen, stamp or roller.

    ``passes`` counts how often the whole zone is covered, once in one direction each, by a hand that moves at
    ``glide_speed``. In place of both a pen may be given its ``needling_time`` on each of the zones, pauses
    between strokes included. ``cartridge`` names one of the device's cartridges in the plan.
    """

    do: Literal["needling"]
    zones: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    set_depth: Depth
    passes: Passes | None = None
    needling_time: StepTime | None = None
    glide_speed: Speed | None = None
    frequency: Frequency | None = None
    cartridge: Name | None = None
    end_point: EndPoint | None = None

    @model_validator(mode="after")
    def _one_way_to_state_the_speed(self) -> Needling:
        if self.needling_time is not None and self.glide_speed is not None:
            raise misfit("give either glide_speed or needling_time, not both", ("glide_speed",))
        if self.needling_time is None and self.passes is None:
            raise misfit("give passes, or the needling_time in their place", ("passes",))
        if self.duration is not None:
            raise misfit("needling has no duration; give its needling_time, on each zone", ("duration",))
        return self


class RfPulses(Step):
    """Needles with radiofrequency current: one or several depths, one kind of dose.

    ``power`` is that of the whole array; ``pulse_width`` is the time with the current on, or the dwell at the
    ``sensor_temperature``. Several ``set_depths`` are one insertion with a pulse at each, from deep to shallow.
    ``overlap`` is the share of its footprint by which a stamp overlaps the one before.
    """

    do: Literal["rf_pulses"]
    zones: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    set_depth: Depth | None = None
    set_depths: Annotated[tuple[Depth, ...], Field(min_length=1, max_length=8)] | None = None
    passes: Passes = 1
    pulse_width: PulseWidth | None = None
    energy_per_pin: Energy | None = None
    power: Power | None = None
    voltage: Voltage | None = None
    sensor_temperature: SensorTemperature | None = None
    level: Annotated[float, Field(gt=0, le=1000, strict=True)] | None = None
    overlap: Share | None = None
    end_point: EndPoint | None = None

    @model_validator(mode="after")
    def _one_depth_and_one_dose(self) -> RfPulses:
        if (self.set_depth is None) == (self.set_depths is None):
            more = "set_depth" if self.set_depth is None else "set_depths"
            raise misfit("give either set_depth or set_depths", (more,))
        doses = [name for name in DOSES if getattr(self, name) is not None]
        if len(doses) != 1:
            said = f"give exactly one of {', '.join(DOSES[:-1])} and {DOSES[-1]}"
            raise misfit(said, (doses[-1] if doses else DOSES[0],))
        if self.pulse_width is None and self.level is None:
            raise misfit('give the pulse_width of the dose, for example pulse_width = "100 ms"', ("pulse_width",))
        return self

    @property
    def depths(self) -> tuple[Depth, ...]:
        """All depths of one insertion, in the order of the pulses."""
        return (self.set_depth,) if self.set_depth is not None else (self.set_depths or ())


class WearPatch(Step):
    """A patch whose needles dissolve or let a drug out is pressed on; ``duration`` is the time it is worn.

    ``patches`` counts those on each of the zones; as many as it takes to cover a zone when left out.
    """

    do: Literal["patch"]
    zones: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    duration: StepTime
    patches: Annotated[int, Field(ge=1, le=200, strict=True)] | None = None


class Medication(Step):
    """A medicine given for inflammation or pain."""

    do: Literal["medication"]
    effect: Literal["anti_inflammatory", "analgesic", "antiviral", "other"]
    route: Literal["injection", "oral", "topical"]
    product: Name | None = None


class Rinse(Step):
    """The field is rinsed."""

    do: Literal["rinse"]


class Cool(Step):
    """The field is cooled."""

    do: Literal["cool"]


class Gel(Step):
    """A gel, serum or ointment is put on; ``occluded`` says whether a film covers it, for its duration."""

    do: Literal["gel"]
    product: Name
    occluded: StrictBool = False


class SteroidGel(Step):
    """A topical steroid is put on, once or for a number of days; ``occluded`` says whether a film covers it."""

    do: Literal["steroid_gel"]
    product: Name
    occluded: StrictBool = False
    days: Annotated[int, Field(ge=1, le=60, strict=True)] = 1


class Aftercare(Step):
    """What is used at home afterwards; ``occluded`` says whether a film covers the skin on the first day."""

    do: Literal["aftercare"]
    occluded: StrictBool = False
    products: Annotated[tuple[Name, ...], Field(max_length=50)] = ()


class SunProtection(Step):
    """Shade, and sunscreen from the second day."""

    do: Literal["sun_protection"]
    product: Name | None = None


AnyStep = (
    Photograph
    | Cleanse
    | TopicalAnaesthetic
    | RemoveAnaesthetic
    | Antisepsis
    | Peel
    | GlideGel
    | Needling
    | RfPulses
    | WearPatch
    | Medication
    | Rinse
    | Cool
    | Gel
    | SteroidGel
    | Aftercare
    | SunProtection
)
STEEL_NEEDLES = (Needling, RfPulses)
OPENINGS = (*STEEL_NEEDLES, WearPatch)
"""Whatever opens the skin."""
STEP_KINDS: dict[str, type[Step]] = {kind.model_fields["do"].annotation.__args__[0]: kind for kind in AnyStep.__args__}
# What kinds of product a step may name: a rule that asks for a step then finds every product of its kind.
PRODUCT_KINDS: dict[str, tuple[str, ...]] = {
    "cleanse": ("cleanser",),
    "topical_anaesthetic": ("anaesthetic",),
    "antisepsis": ("antiseptic",),
    "peel": ("peel",),
    "glide_gel": ("gel", "serum", "aftercare"),
    "medication": ("medication",),
    "gel": ("gel", "serum", "aftercare", "steroid"),
    "steroid_gel": ("steroid",),
    "aftercare": ("gel", "serum", "aftercare", "steroid"),
    "sun_protection": ("aftercare",),
}
