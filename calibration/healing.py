"""Repeat the calibration of healing and write the posterior draws that the library ships.

    python calibration/healing.py                  sample, and say how the result lies to the shipped draws
    python calibration/healing.py --write          the same, and write them into the library
    python calibration/healing.py --responses      compute anew what the model gives for each study (some minutes)

Needs the extra ``uncertainty`` (emcee). The same seed gives the same draws on the same machine and versions; elsewhere
they agree within the Monte Carlo error that is printed. Ends with 1 where they do not.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.calibration import sampling
from percuta.evidence.calibration.amplitude import FITTED, HELD_BACK, PARAMETERS
from percuta.evidence.calibration.sampling import Chains
from percuta.evidence.calibration.studies import responses_as_csv
from percuta.library.files import shipped

FARTHEST = 4.0  # Monte Carlo errors
FEWEST_DRAWS = 2000  # independent ones of every parameter, before anything is written
FEWEST_STEPS = 100  # with fewer there are too few draws to choose the rows from, left-out studies included
_DIGITS = 5


def main() -> int:
    """Sample, compare, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the draws into the library")
    parser.add_argument("--responses", action="store_true", help="compute the responses of the studies anew and stop")
    parser.add_argument("--steps", type=int, default=sampling.STEPS, help="steps of each walker")
    arguments = parser.parse_args()
    folder = Path(str(shipped())) / "posterior"
    if arguments.responses:
        write_responses(folder)
        return 0
    if arguments.steps < FEWEST_STEPS:
        parser.error(f"--steps has to be at least {FEWEST_STEPS}")
    if importlib.util.find_spec("emcee") is None:
        parser.error("the sampler emcee is not installed; it comes with the extra: pip install 'percuta[uncertainty]'")
    burn_in = min(sampling.BURN_IN, arguments.steps // 4)
    chains = sampling.sample(arguments.steps, burn_in)
    print_convergence(chains)
    if arguments.write:
        if chains.effective.min() < FEWEST_DRAWS:
            print(f"nothing was written: fewer than {FEWEST_DRAWS} effective draws; use more --steps", file=sys.stderr)
            return 1
        write(folder, chains, arguments.steps, burn_in)
        return 0
    off = sampling.disagreement(chains)
    for name, value in off.items():
        print(f"{name:28} {value:+.2f} Monte Carlo errors from the shipped draws")
    return int(not all(abs(value) <= FARTHEST for value in off.values()))  # also where one is not a number


def write_responses(folder: Path) -> None:
    """Write what the model gives for each study, and its hash."""
    text = responses_as_csv()
    made = '# Written by `python calibration/healing.py --responses`.\n\nscript = "calibration/healing.py"\n'
    written(folder / "responses.csv", text)
    written(folder / "responses.toml", f'{made}\n[sha256]\nresponses = "{sha256(text)}"\n')


def sha256(text: str) -> str:
    """Return the hash of a table."""
    return hashlib.sha256(text.encode()).hexdigest()


def print_convergence(chains: Chains) -> None:
    """Print what was found for each parameter, and how well its chains mixed."""
    print(f"{chains.rows.shape[0]} draws, {100 * chains.accepted:.0f} % of moves accepted")
    low, middle, high = np.quantile(chains.rows, [0.05, 0.5, 0.95], axis=0)
    mixed = zip(PARAMETERS, low, middle, high, chains.split_r_hat, chains.effective, strict=True)
    for name, p5, p50, p95, r_hat, effective in mixed:
        print(f"{name:28} {p50:8.3f} ({p5:.3f} to {p95:.3f})  R-hat {r_hat:.3f}  effective draws {effective:.0f}")


def write(folder: Path, chains: Chains, steps: int, burn_in: int) -> None:
    """Write the rows that scenarios draw from, those that predict trials, and what they are."""
    every = {sampling.ALL: chains}
    for study in sampling.LEFT_OUT:
        rest = tuple(source for source in FITTED if source != study)
        print(f"without {study}:")
        every[study] = sampling.sample(steps, burn_in, sources=rest)
        print_convergence(every[study])
    lines = ["without," + ",".join(PARAMETERS)]
    for left_out, kept in every.items():
        lines += labelled(left_out, sampling.thinned(kept, sampling.PREDICTIVE_ROWS))
    tables = {
        "healing": as_csv(",".join(sampling.MEANING), sampling.shipped_rows(chains)),
        "healing_parameters": "\n".join(lines) + "\n",
        "responses": (folder / "responses.csv").read_text("ascii"),
    }
    for name in ("healing", "healing_parameters"):
        written(folder / f"{name}.csv", tables[name])
    written(folder / "healing.toml", about(every, steps, burn_in, tables))


def about(every: dict[str, Chains], steps: int, burn_in: int, tables: dict[str, str]) -> str:
    """Return what stands beside the draws."""
    lines = [
        "# Written by `python calibration/healing.py --write`.",
        "",
        'script = "calibration/healing.py"',
        f"seed = {sampling.SEED}",
        f"walkers = {sampling.WALKERS}",
        f"steps = {steps}",
        f"burn_in = {burn_in}",
        f"fitted = {list(FITTED)}".replace("'", '"'),
        f"held_back = {list(HELD_BACK)}".replace("'", '"'),
        "",
        "[sha256]",
        *(f'{name} = "{sha256(text)}"' for name, text in tables.items()),
        "",
        "[columns]",
        *(f'{name} = "{meaning}"' for name, meaning in sampling.MEANING.items()),
    ]
    for left_out, chains in every.items():
        mixed = zip(PARAMETERS, chains.split_r_hat, chains.effective, strict=True)
        lines += ["", f"[without_{left_out}]", f"accepted = {chains.accepted:.3f}"]
        lines += [f"{name} = {{ r_hat = {r_hat:.4f}, effective_draws = {draws:.0f} }}" for name, r_hat, draws in mixed]
    return "\n".join(lines) + "\n"


def as_csv(head: str, rows: NDArray[np.float64]) -> str:
    """Return rows as comma separated text."""
    return "\n".join([head, *(",".join(f"{cell:.{_DIGITS}g}" for cell in row) for row in rows)]) + "\n"


def labelled(label: str, rows: NDArray[np.float64]) -> list[str]:
    """Return rows as lines that begin with a label."""
    return [",".join([label, *(f"{cell:.{_DIGITS}g}" for cell in row)]) for row in rows]


def written(file: Path, text: str) -> None:
    """Write a file beside and move it into place."""
    beside = file.with_suffix(file.suffix + ".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
    print(f"wrote {file.name}")


if __name__ == "__main__":
    sys.exit(main())
