"""How many needling trials of the library state each setting and detail of their result, as far as they were read."""

from percuta.evidence.measurements import Publication, publications
from percuta.evidence.words import UNPUBLISHED

TREATMENTS = ("pen", "roller", "stamp", "rf", "needling")  # no patches, and no single needles of pain studies
TRIALS = [one for one in publications().values() if one.needling_trial and one.modality in TREATMENTS]
HEAT = [one for one in TRIALS if one.modality == "rf"]


def stated(trial: Publication, *settings: str) -> bool:
    """Tell whether a trial states one of these settings."""
    return any(trial.settings.get(name, UNPUBLISHED) != UNPUBLISHED for name in settings)


def line(item: str, found: int, trials: int) -> None:
    """Print one item with its count and share."""
    print(f"{item:44} {found:3d} of {trials:3d}  {found / trials:4.0%}")


for item, settings in {
    "needle length or set depth": ("needle_length", "set_depth"),
    "reached depth": ("reached_depth",),
    "passes": ("passes",),
    "puncture density": ("density",),
    "number of needles": ("needles",),
    "needle diameter": ("needle_diameter",),
    "rate": ("rate",),
    "end point": ("end_point",),
    "time of the cream": ("contact_time",),
    "sessions": ("sessions",),
    "interval": ("interval",),
}.items():
    line(item, sum(stated(one, *settings) for one in TRIALS), len(TRIALS))
for item, settings in {
    "RF: energy or power": ("energy", "power"),
    "RF: pulse or dwell": ("duration",),
    "RF: temperature": ("temperature",),
    "RF: frequency": ("frequency",),
    "RF: polarity": ("polarity",),
}.items():
    line(item, sum(stated(one, *settings) for one in HEAT), len(HEAT))

print()
line("control of any kind", sum(bool(one.controlled) for one in TRIALS), len(TRIALS))
line("randomised", sum(one.design.startswith("randomised") for one in TRIALS), len(TRIALS))
line("number of people", sum(one.n is not None for one in TRIALS), len(TRIALS))
line("number who completed", sum(one.completed is not None for one in TRIALS), len(TRIALS))
values = [found for one in TRIALS for found in one.measurements.values()]
line(
    "values with sd, standard error or interval",
    sum(found.spread is not None or found.interval is not None for found in values),
    len(values),
)
line("values with a named scale", sum(bool(found.scale) for found in values), len(values))
line("values with a time, and from when it counts", sum(bool(found.time_from) for found in values), len(values))
