"""Fit the healing rates to the curves of healing wounds, and say how sure they are.

    python calibration/rates.py            print the fit
    python calibration/rates.py --check    and end with 1 where the library ships something else

The model, its objective and both kinds of spread stand in `percuta.evidence.calibration.rates`.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from percuta.evidence.calibration.fit import compare
from percuta.evidence.calibration.rates import (
    CURVES,
    DAY,
    FITS,
    RATES,
    STAGES,
    FittedRates,
    fit_curves,
    fitted_rates,
    misses,
)


def main() -> int:
    """Print the fit; with ``--check`` compare it with the library."""
    parser = argparse.ArgumentParser(description="Fit the healing rates to the curves of healing wounds.")
    parser.add_argument("--check", action="store_true", help="end with 1 where the library ships something else")
    asked = parser.parse_args()
    _print_fit(fitted_rates())
    _print_left_out()
    _print_stages()
    if not asked.check:
        return 0
    compared = compare(*FITS)
    for one in compared:
        agrees = "as repeated" if one.agrees else "DIFFERS"
        print(f"{one.name}, {one.part}: shipped {one.shipped}, repeated {one.repeated}: {agrees}")
    return 0 if all(one.agrees for one in compared) else 1


def _print_fit(found: FittedRates) -> None:
    print("Rates of wounds of 4 to 6 mm, with the standard deviation of their logarithms\n")
    print(f"{'':24}{'per day':>10}{'by point':>10}{'by curve':>10}")
    for name, rate, by_point, by_curve in zip(RATES, found.rates, found.by_point, found.by_curve, strict=True):
        print(f"{name:24}{rate * DAY:10.4f}{by_point:10.3f}{by_curve:10.3f}")
    print("\nCorrelation of their logarithms, by curve")
    for name, row in zip(RATES, found.correlation, strict=True):
        print(f"{name:24}" + "".join(f"{value:7.2f}" for value in row))


def _print_left_out() -> None:
    print("\nPer day, one curve left out; without tensile strength maturation has no data")
    for left, name in enumerate(CURVES[:-1]):
        weights = np.ones((1, len(CURVES)))
        weights[0, left] = 0.0
        print(f"{'without ' + name:24}" + "".join(f"{rate:8.4f}" for rate in np.exp(fit_curves(weights)[0]) * DAY))


def _print_stages() -> None:
    print("\nRoot mean square by curve and mean passage time of all fibroblast stages, by their number")
    print(f"{'':10}" + "".join(f"{name:>18}" for name in CURVES) + f"{'days':>8}")
    for stages in range(1, 6):
        best = fit_curves(np.ones((1, len(CURVES))), stages)
        row = "".join(f"{miss:18.3f}" for miss in misses(best, stages).values())
        passage = stages / (np.exp(best[0, RATES.index("fibroblast_stage_rate")]) * DAY)
        print(f"{stages:<10}{row}{passage:8.2f}" + ("  the model" if stages == STAGES else ""))


if __name__ == "__main__":
    sys.exit(main())
