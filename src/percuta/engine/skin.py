"""The person's skin: layers of each zone, drawn from the datasets that measured them."""

from __future__ import annotations

import numpy as np

from percuta.engine.handovers import Layers
from percuta.engine.scenarios import Scenarios
from percuta.library.registry import Library
from percuta.library.thickness import LayerSet
from percuta.plan.model import Plan, Zone
from percuta.sources import Sourced, Unpublished


def layers_of(plan: Plan, zone: Zone, library: Library, scenarios: Scenarios) -> Layers:
    """Draw the layers of a zone.

    Which dataset is right is not known, so that each scenario takes one of them, all equally likely. A person
    has thin or thick skin everywhere: the columns are the same for all zones.
    """
    sets = library.layers(zone.site, plan.patient.sex, plan.patient.age.to("years"))
    position = scenarios.draw(library.parameter("skin.thickness_dataset"))
    which = np.minimum((position * len(sets)).astype(np.int64), len(sets) - 1)
    drawn = [_draw(one, library, scenarios) for one in sets]
    rows = np.arange(scenarios.members)
    papillary = library.tissues["dermis"]["papillary_fraction"]
    if isinstance(papillary, Unpublished):
        raise papillary.needed()
    return Layers(
        epidermis=np.array([epidermis for epidermis, _ in drawn])[which, rows],
        dermis=np.array([dermis for _, dermis in drawn])[which, rows],
        papillary_share=scenarios.draw(papillary, "tissue.dermis.papillary_fraction"),
        dataset=which,
        datasets=tuple(one.dataset for one in sets),
    )


def _draw(one: LayerSet, library: Library, scenarios: Scenarios) -> tuple[np.ndarray, np.ndarray]:
    epidermis = scenarios.draw(one.epidermis, "skin.epidermis")
    if one.dermis is not None:
        return epidermis, scenarios.draw(one.dermis, "skin.dermis")
    assert isinstance(one.full_skin, Sourced)
    whole = scenarios.draw(one.full_skin, "skin.dermis")
    return epidermis, np.maximum(whole - epidermis, library.parameter("skin.thinnest_dermis_share").si * whole)
