"""A cohort in a process of its own, for tests that end it: plan, folder, patients and workers from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from percuta.cohort import spread
from percuta.errors import PercutaError
from percuta.plan.reading import load_plan
from percuta.workflows.cohort import run_cohort


def main() -> None:
    """Compute the cohort; a line on stdout says how many people are done."""
    plan, folder, patients, workers, scheduler, size = sys.argv[1:]
    spread.IN_A_REPLICATE = int(size)
    try:
        run_cohort(
            load_plan(plan),
            Path(folder),
            patients=int(patients),
            study=True,
            workers=int(workers),
            scheduler=scheduler or None,
            progress=lambda done, total: print(done, total, flush=True),
        )
    except PercutaError as fault:
        print(f"fault: {fault}", file=sys.stderr)
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
