"""Writing a plan file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from percuta.errors import PlanError, Where, nearest
from percuta.library.registry import Library
from percuta.plan.model import DesiredEffect
from percuta.plan.reading import read_plan
from percuta.plan.starter import starter_plan


def new_plan(file: Path, site: str, device: str, effect: str, known: Library) -> None:
    """Write a plan file for one zone; an existing file is never overwritten.

    Raises
    ------
    PlanError
        If the file exists or cannot be written, or a name is unknown.
    """
    effects = get_args(DesiredEffect)
    if effect not in effects:
        alike = nearest(effect, effects)
        raise PlanError(
            "no such effect", value=effect, allowed=", ".join(effects), do=f"did you mean {alike}?" if alike else None
        )
    chosen = known.device(device)
    if chosen.kind == "rf_array":
        raise PlanError(
            "`percuta new` writes needling plans only",
            value=device,
            do="start from examples/cheek_rf.toml for a radiofrequency plan",
        )
    text = starter_plan(known, known.site(site), chosen, effect)
    read_plan(text, str(file), known)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as fault:
        raise PlanError("the file exists already", where=Where(file), do="choose another name") from fault
    except OSError as fault:
        file.unlink(missing_ok=True)
        raise PlanError("the file cannot be written", value=fault.strerror, where=Where(file)) from fault
