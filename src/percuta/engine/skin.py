"""The person's skin: layers of each zone, drawn from the datasets that measured them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Layers
from percuta.library.thickness import LayerSet
from percuta.plan.model import Zone
from percuta.sources import Sourced, Unpublished
from percuta.units import convert

Floats = NDArray[np.float64]


def layers_of(bench: Bench, zone: Zone) -> Layers:
    """Draw the layers of a zone.

    Which dataset is right is not known, so that each scenario takes one of those that cover its person, all equally
    likely. A person has thin or thick skin everywhere: the columns are the same for all zones.
    """
    scenarios, library = bench.scenarios, bench.library
    position = scenarios.draw(library.parameter("skin.thickness_dataset"))
    papillary = library.tissues["dermis"]["papillary_fraction"]
    if isinstance(papillary, Unpublished):
        raise papillary.needed()
    epidermis, dermis = np.empty((2, scenarios.members))
    dataset = np.empty(scenarios.members, dtype=np.int64)
    names: dict[str, int] = {}
    for sets, rows in _covered(bench, zone):
        which = np.minimum((position[rows] * len(sets)).astype(np.int64), len(sets) - 1)
        drawn = np.array([_draw(bench, one) for one in sets])
        epidermis[rows], dermis[rows] = drawn[which, 0, rows], drawn[which, 1, rows]
        dataset[rows] = np.array([names.setdefault(one.dataset, len(names)) for one in sets])[which]
    return Layers(
        epidermis=epidermis,
        dermis=dermis,
        papillary_share=scenarios.draw(papillary, "tissue.dermis.papillary_fraction"),
        dataset=dataset,
        datasets=tuple(names),
    )


def _covered(bench: Bench, zone: Zone) -> list[tuple[list[LayerSet], NDArray[np.int64]]]:
    """Return the people whom the same datasets cover, in the same bands of age: the layer sets, and the rows."""
    people = bench.people
    found: dict[tuple[int, ...], tuple[list[LayerSet], list[int]]] = {}
    known: dict[tuple[bool, float], list[int]] = {}
    for row, (female, age) in enumerate(zip(people.female.tolist(), people.age.tolist(), strict=True)):
        if (female, age) not in known:
            sets = bench.library.layers(zone.site, "female" if female else "male", convert(age, "years"))
            measured = tuple(id(entry) for one in sets for entry in (one.epidermis, one.dermis, one.full_skin))
            known[female, age] = found.setdefault(measured, (sets, []))[1]
        known[female, age].append(row)
    return [(sets, np.array(rows)) for sets, rows in found.values()]


def _draw(bench: Bench, one: LayerSet) -> tuple[Floats, Floats]:
    draw = bench.scenarios.draw
    epidermis = draw(one.epidermis, "skin.epidermis")
    if one.dermis is not None:
        return epidermis, draw(one.dermis, "skin.dermis")
    assert isinstance(one.full_skin, Sourced)
    whole = draw(one.full_skin, "skin.dermis")
    return epidermis, np.maximum(whole - epidermis, bench.library.parameter("skin.thinnest_dermis_share").si * whole)
