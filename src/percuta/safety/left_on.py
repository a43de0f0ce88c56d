"""What stays on the skin: which steps take a product off, and whether it reaches open channels."""

from __future__ import annotations

from percuta.plan.steps import OPENINGS, Aftercare, Cleanse, Medication, RemoveAnaesthetic, Rinse, Step
from percuta.safety.protocol import Case, Placed

WASHES_OFF = (Cleanse, Rinse)
TAKES_OFF = (RemoveAnaesthetic, *WASHES_OFF)
"""What takes an anaesthetic off, in the simulation as here."""


def put_on_skin(step: Step) -> bool:
    """Tell whether a step puts its products on the skin; a medicine may be swallowed or injected."""
    return not isinstance(step, Medication) or step.route == "topical"


def on_open_channels(case: Case, placed: Placed[Step], taken_off_by: tuple[type[Step], ...] = WASHES_OFF) -> list[str]:
    """Return the zones whose channels a product reaches: opened before, or opened while it is still on.

    Parameters
    ----------
    case
        The plan.
    placed
        The step that puts the product on.
    taken_off_by
        The steps that take it off again.
    """
    if not put_on_skin(placed.step):
        return []
    return [zone for zone in placed.zones if _reaches(case, placed, zone, taken_off_by)]


def _reaches(case: Case, placed: Placed[Step], zone: str, taken_off_by: tuple[type[Step], ...]) -> bool:
    if case.first_openings().get(zone, placed.number) < placed.number:
        return True
    if isinstance(placed.step, Aftercare):  # used at home, wherever it is written
        return True
    if isinstance(placed.step, WASHES_OFF):  # gone with the dirt
        return False
    for later in case.steps(Step):
        if later.number > placed.number and zone in later.zones:
            if isinstance(later.step, taken_off_by):
                return False
            if isinstance(later.step, OPENINGS):
                return True
    return False
