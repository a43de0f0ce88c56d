"""Endpoints and datasets of anaesthetic creams: how deep they block, and what of them reaches the blood."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from percuta.engine.handovers import Anaesthesia, Exposure
from percuta.results.samples import Sample, convert_array, variable

Floats = NDArray[np.float64]

NO_CREAM = "no anaesthetic cream in this plan"
NO_CREAM_HERE = "no anaesthetic cream comes on this zone"
NEVER_DEEP_ENOUGH = (
    "not given: in no scenario is the block as deep as the typical needle, or nothing takes the cream off"
)
ON_NEEDLED_SKIN = (
    "not given: cream lies on needled skin, and no human blood levels after needling have been published; see how many "
    "times the dose through intact skin it may be"
)
NO_LIDOCAINE = "not given: no cream of this plan holds lidocaine, the drug whose clearance is known"

BLOCK = {
    "block_depth_at_needling": (
        "mm",
        "depth down to which needles are not felt, the least while the needles are in this zone; the threshold is that "
        "of one study with a biopsy punch on the thigh",
    ),
    "block_onset": (
        "min",
        "from the cream's coming on until the block is as deep as the typical needle, over the scenarios in which it "
        "gets there",
    ),
    "block_duration_after_removal": (
        "min",
        "how long the block stays as deep as the typical needle once the cream is off, at most for as long as anybody "
        "looked (4 h), over the scenarios in which it is",
    ),
}
BLOOD = {
    "anaesthetic_absorbed": (
        "mg",
        "all anaesthetic drugs of all creams that the blood takes up within a day and a quarter",
    ),
    "anaesthetic_peak_plasma": (
        "ug/ml",
        "highest lidocaine in plasma; one compartment whose volume follows body mass, with the clearance of adults",
    ),
}
MULTIPLE = (
    "anaesthetic_exposure_multiple",
    "1",
    "dose or highest level in the blood, whichever is more, of the creams that lie on needled skin, over that of the "
    "same creams on intact skin; what passes the channels carries a tenfold band, since nobody has measured it",
)
LATERAL = (
    "lateral_equilibration_time",
    "min",
    "time in which a drug evens out between channels, s^2/(4 D) for channels a distance s apart; what is computed "
    "takes each depth as even, and holds for times well beyond this one while the channels are open",
)


def not_computed(figures: tuple[str, ...]) -> str:
    """Return the sentence that names the figures nobody published, and what to do."""
    return (
        f"not computed: nobody published {', '.join(figures)}; write the product down in a file of your own and name "
        "it with --library"
    )


def of_block(name: str, numbed: Anaesthesia | None, withheld: str) -> Iterator[Sample]:
    """Return the endpoints of one zone with needles; ``withheld`` says why where there are none."""
    values: dict[str, Floats] = {}
    if numbed is not None:
        values = {
            "block_depth_at_needling": numbed.at_needling,
            "block_onset": numbed.onset,
            "block_duration_after_removal": numbed.lasting,
        }
    for endpoint, (unit, definition) in BLOCK.items():
        if numbed is None:
            yield Sample(endpoint, name, unit, definition, withheld=withheld)
        else:
            shown = convert_array(values[endpoint], unit)
            yield Sample(endpoint, name, unit, definition, shown, withheld=NEVER_DEEP_ENOUGH)


def of_exposure(exposure: Exposure | None, withheld: str) -> Iterator[Sample]:
    """Return the endpoints of the whole plan; ``withheld`` says why where nothing was computed."""
    if exposure is not None and exposure.multiple is None:
        lidocaine = "lidocaine" in exposure.drugs
        values = {
            "anaesthetic_absorbed": exposure.absorbed[:, -1].sum(axis=1),
            "anaesthetic_peak_plasma": _peak(exposure) if lidocaine else None,
        }
        for endpoint, (unit, definition) in BLOOD.items():
            value = values[endpoint]
            shown = None if value is None else convert_array(value, unit)
            yield Sample(endpoint, None, unit, definition, shown, withheld="" if lidocaine else NO_LIDOCAINE)
        return
    for endpoint, (unit, definition) in BLOOD.items():
        yield Sample(endpoint, None, unit, definition, withheld=withheld if exposure is None else ON_NEEDLED_SKIN)
    if exposure is not None and exposure.multiple is not None:
        name, unit, definition = MULTIPLE
        yield Sample(name, None, unit, definition, exposure.multiple)
    if exposure is not None and exposure.lateral is not None:
        name, unit, definition = LATERAL
        yield Sample(name, None, unit, definition, convert_array(exposure.lateral, unit))


def _peak(exposure: Exposure) -> Floats:
    return np.asarray(exposure.plasma[:, :, exposure.drugs.index("lidocaine")].max(axis=1))


def anaesthesia_dataset(numbed: Anaesthesia) -> xr.Dataset:
    """Return the dataset of one zone."""
    one = ("member",)
    return xr.Dataset(
        {
            "block_depth": variable(
                ("member", "stimulus", "time"), numbed.block_depth, "mm", "depth down to which the stimulus is not felt"
            ),
            "block_depth_at_needling": variable(one, numbed.at_needling, "mm", "least block depth during needling"),
            "needles_start": variable(one, numbed.needles_start, "min", "first needle, since the first step"),
            "needles_end": variable(one, numbed.needles_end, "min", "last needle, since the first step"),
        },
        coords={
            "time": variable(("time",), numbed.time, "min", "time since the first step"),
            "stimulus": ("stimulus", np.array(numbed.stimuli, dtype=object), {"long_name": "what is not felt"}),
        },
    )


def exposure_dataset(exposure: Exposure) -> xr.Dataset:
    """Return the dataset of the whole plan; of cream on needled skin no dose and no level, see :data:`MULTIPLE`."""
    one = ("member",)
    variables = {
        name: variable(one, values, unit, label)
        for name, values, unit, label in (
            ("multiple", exposure.multiple, "1", "dose or highest level over that of the same creams on intact skin"),
            ("absorbed_on_intact_skin", exposure.intact, "mg", "dose absorbed of the same creams on intact skin"),
            ("lateral_equilibration_time", exposure.lateral, "min", "time in which a drug evens out between channels"),
        )
        if values is not None
    }
    if exposure.multiple is None:
        rows = ("member", "time", "drug")
        variables["absorbed"] = variable(rows, exposure.absorbed, "mg", "drug taken up by the blood so far")
        variables["plasma"] = variable(rows, exposure.plasma, "ug/ml", "drug in plasma")
    return xr.Dataset(
        variables,
        coords={
            "time": variable(("time",), exposure.time, "h", "time since the first step"),
            "drug": ("drug", np.array(exposure.drugs, dtype=object), {"long_name": "drug"}),
        },
        attrs={"on_channels": int(exposure.multiple is not None)},
    )
