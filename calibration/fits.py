"""Repeat every fit by which a value of the library was chosen, and set it beside the value that is shipped.

    python calibration/fits.py            print shipped and repeated values
    python calibration/fits.py --check    and end with 1 where one differs

The fits stand in `percuta.evidence.calibration`, one module for each subject.
"""

from __future__ import annotations

import argparse
import sys

from percuta.evidence.calibration.fit import Compared, Fit, compare
from percuta.evidence.calibration.registry import fits

_MOST_SHOWN = 12  # figures of one fit; of a longer table only what differs


def main() -> int:
    """Print what every fit gives; with ``--check`` end with 1 where the library ships something else."""
    parser = argparse.ArgumentParser(description="Repeat every fit behind the values of the library.")
    parser.add_argument("--check", action="store_true", help="end with 1 where a shipped value differs")
    asked = parser.parse_args()
    differing = [one for fit in fits().values() for one in _printed(fit) if not one.agrees]
    print(f"\n{len(fits())} fits, {len(differing)} figures that differ")
    return 1 if asked.check and differing else 0


def _printed(fit: Fit) -> list[Compared]:
    compared = compare(fit)
    print(f"\n{fit.name} ({fit.grade}): {fit.says}")
    shown = compared if len(compared) <= _MOST_SHOWN else [one for one in compared if not one.agrees]
    if len(shown) < len(compared):
        print(f"  {len(compared) - len(shown)} figures of {len(fit.sets)} values, as shipped")
    for one in shown:
        holds = "holds" if one.part == "holds" else "repeated"
        print(f"  {one.name}, {one.part}: {one.shipped}; {holds} {one.repeated}{'' if one.agrees else '  DIFFERS'}")
    return compared


if __name__ == "__main__":
    sys.exit(main())
