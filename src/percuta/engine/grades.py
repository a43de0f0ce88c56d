"""The clinical scale of the wanted effect: how its grade follows collagen, where a trial of needling printed one."""

from __future__ import annotations

from percuta.engine.bench import Bench
from percuta.engine.handovers import GradeMap

SCALES = {"wrinkles": "wrinkle", "laxity": "laxity", "acne_scars": "scar"}
"""The scale of each wanted effect, as a part of its library entries' names."""


def grade_map_of(bench: Bench) -> GradeMap | None:
    """Return how the grade of the plan's wanted effect follows collagen.

    None where no trial printed a change of such a grade, and for pulses: the trials that did used needles without
    current.
    """
    scale = SCALES.get(bench.plan.patient.desired_effect)
    if scale is None or bench.plan.rf_pulses:
        return None
    people = bench.library.parameter("healing.response_between_people")
    return GradeMap(
        scale,
        slope=bench.parameter(f"appearance.{scale}_grade_per_gain"),
        grades=bench.library.parameter(f"appearance.{scale}_grade_range").si,
        person=bench.scenarios.draw(people) / people.si,  # the entry holds the mean person at 1
        between_people=people.spread.log_sd if people.spread is not None else 0.0,
    )
