"""Answers of NGSolve to problems that Percuta's solvers are tested on: `python benchmarks/ngsolve_reference.py`.

Writes `tests/physics/data/ngsolve_reference.json` (about a quarter of an hour on two cores). Each value is that of the
finest solution; ``error_estimate`` is the largest relative difference to it of coarser ones: fewer levels at the edges
of the electrodes, larger elements, and for potentials an order less.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from pathlib import Path
from typing import Any

import ngsolve as ng
from ngsolve_heating import Heating, HeatingRun, Slab
from ngsolve_potential import Metal, Problem, cell, finite_array, inclined_pair

FILE = Path(__file__).resolve().parents[1] / "tests/physics/data/ngsolve_reference.json"

CELL = (
    "Quarter cell [0, 0.75] x [0, 0.75] x [0, 4] mm of an infinite checkerboard of pitch 1.5 mm. Upright needle at "
    "x = y = 0, diameter 0.25 mm, tip 2.0 mm deep, flat end; end face and the lowest 0.5 mm of its side at +14 V "
    "(28 V rms between polarities), the rest of its side insulated, its volume cut out; V = 0 on x = 0.75 and "
    "y = 0.75 mm; no flux elsewhere. Power per pitch x pitch cell, four times that of the quarter. "
)
ARRAY = (
    "One quarter of a finite square array, pitch 1.5 mm, centre at x = y = 0, depth 4 mm, needles as in the quarter "
    "cell of `checkerboard`, outer faces 4 mm beyond the axes of the outermost needles and insulated. Power of the "
    "whole array. "
)

POTENTIALS: dict[str, tuple[str, Problem, float]] = {
    "checkerboard": (CELL + "sigma 0.3 S/m.", cell(), 0.3),
    "alternating_rows": (CELL + "sigma 0.3 S/m, but no flux on y = 0.75 mm.", cell(faces={"x1": "ground"}), 0.3),
    "anisotropic": (
        CELL + "sigma 0.38 S/m in plane and 0.27 S/m in depth.",
        cell(layers=((math.inf, 0.38, 0.27),)),
        0.3,
    ),
    "two_layers": (
        CELL + "sigma 0.3 S/m down to 1.75 mm, 0.05 S/m below.",
        cell(layers=((1.75, 0.3, 0.3), (math.inf, 0.05, 0.05))),
        0.3,
    ),
    "tapered": (
        CELL
        + "sigma 0.3 S/m, but 0.8 mm of the needle are bare, the lowest 0.5 mm of them a cone to a point at 2.0 mm.",
        cell(needles=(Metal((0.0, 0.0, 2.0), bare=0.8, taper=0.5),)),
        0.3,
    ),
    "finite_2x2": (
        ARRAY
        + "2 x 2 checkerboard, +14 and -14 V, sigma 0.3 S/m: needle at x = y = 0.75 mm in a box to 4.75 mm, V = 0 on "
        "x = 0 and y = 0.",
        finite_array(2, 4.0),
        0.8,
    ),
    "finite_3x3": (
        ARRAY + "3 x 3 checkerboard, the five needles of the centre and the corners at +14 V, the other four at -14 V, "
        "sigma 0.3 S/m, box to 5.5 mm, no flux on x = 0 and y = 0.",
        finite_array(3, 4.0),
        0.8,
    ),
    "monopolar_2x2": (
        ARRAY
        + "2 x 2 needles, all at 14 V against far away, sigma 0.3 S/m, no flux on x = 0, y = 0 and z = 0; on the outer "
        "sides and the bottom instead dV/dn + V cos(theta) / r = 0 with r from the point x = y = z = 0. Power is "
        "voltage times current of the whole array, without the body's resistance.",
        finite_array(
            2,
            4.0,
            faces={"x1": "far", "y1": "far", "z1": "far"},
            voltage={"electrode": 14.0},
            outflow=("far", (0.0, 0.0, 0.0)),
        ),
        0.8,
    ),
    "inclined_pair": (
        "Half of a pair of needles 1.25 mm apart (axis to axis), diameter 0.25 mm, at 20 degrees to the surface. The "
        "axis starts at x = 0.625, y = 0, z = 0 and runs in the plane x = 0.625 mm towards greater y to its end at "
        "z = 2.0, y = 2.0 / tan(20 degrees) = 5.495 mm. Flat end at right angles to the axis; end face and the last "
        "3.0 mm of the side at +5 V (10 V rms between needles), the rest of the side insulated; the needle's whole "
        "volume is cut out. Box x 0 to 4.625, y -4 to 9.495, z 0 to 6 mm; V = 0 on x = 0, no flux elsewhere; "
        "sigma 0.25 S/m. Power of the pair.",
        inclined_pair(),
        0.8,
    ),
}

PULSE = (
    CELL
    + "All of it from 34 degC; sigma rises by 1.5 % of its value at 37 degC per kelvin; 0.5 s in 50 equal steps, each "
    "the potential with sigma at the start of the step, then implicit Euler; power_end is that of the last step, from "
    "the temperature at its start. No boiling. mean_rise and volume_above_60 are of tissue, stored of tissue and "
    "needle. "
)
GEL = Slab(4.0, 0.3, 0.3, 0.4, 3.706e6)
SKIN = (
    Slab(0.1, 0.1, 0.1, 0.25, 3.6e6),
    Slab(1.75, 0.38, 0.27, 0.4, 3.7e6, perfusion=2e5),
    Slab(4.0, 0.05, 0.05, 0.2, 2.1e6, perfusion=5e4),
)
STEEL = (16.0, 4e6)
PULSES: dict[str, tuple[str, Heating]] = {
    "gel": (
        PULSE + "One layer: sigma 0.3 S/m, k 0.4 W/(m K), rho c 3.706 MJ/(m3 K); insulated; no heat in the needle.",
        Heating((GEL,)),
    ),
    "gel_conducting_needle": (
        PULSE
        + "As `gel`, but the needle conducts: k 16 W/(m K), rho c 4 MJ/(m3 K), from z = 0 (insulated there) to its "
        "tip. needle_mean_rise is that of its lowest 0.5 mm.",
        Heating((GEL,), metal=STEEL),
    ),
    "layers_blood_and_cooling": (
        PULSE
        + "Needle as in `gel_conducting_needle`. Layers down to 0.1, 1.75 and 4 mm: sigma in plane 0.1, 0.38, 0.05 "
        "and in depth 0.1, 0.27, 0.05 S/m; k 0.25, 0.4, 0.2 W/(m K); rho c 3.6, 3.7, 2.1 MJ/(m3 K); perfusion (blood's "
        "rho c times rate) 0, 0.2, 0.05 MJ/(m3 s K), blood 37 degC, never stopped, implicit; tissue at z = 0 loses "
        "2000 W/(m2 K) to 5 degC.",
        Heating(SKIN, metal=STEEL, transfer=2000.0, outside=5.0),
    ),
}
# size of elements on the electrode, elsewhere (times that of the problem), levels at edges, order; finest last
SOLUTIONS = ((0.14, 1.4, 4, 4), (0.1, 1.0, 2, 4), (0.1, 1.0, 4, 3), (0.1, 1.0, 4, 4))
PULSE_SOLUTIONS = ((0.14, 0.4, 2, 3), (0.1, 0.3, 1, 3), (0.1, 0.3, 2, 3), (0.08, 0.25, 3, 3))


def potential(name: str) -> dict[str, Any]:
    """Solve one potential on all meshes."""
    said, problem, far = POTENTIALS[name]
    powers, unknowns = [], 0
    for near, coarser, levels, order in SOLUTIONS:
        power, unknowns = problem.power(near, far * coarser, levels, order)
        powers.append(power)
    estimate = max(abs(power / powers[-1] - 1) for power in powers[:-1])
    return {"problem": said, "power": rounded(powers[-1]), "error_estimate": rounded(estimate, 2), "unknowns": unknowns}


def pulse(name: str) -> dict[str, Any]:
    """Solve one pulse on all meshes."""
    said, heating = PULSES[name]
    runs = [HeatingRun(heating, heating.mesh(*size), order, 50).answers() for *size, order in PULSE_SOLUTIONS]
    return {"problem": said} | compared(runs)


def pulse_without_time_steps() -> dict[str, Any]:
    """Extrapolate the pulse in the gel to steps of no length; errors of implicit Euler are of first order."""
    heating = PULSES["gel"][1]
    runs = []
    for steps in (100, 200, 400):
        near, far, levels, order = PULSE_SOLUTIONS[-2]
        runs.append(HeatingRun(heating, heating.mesh(near, far, levels), order, steps).answers())
    limits = [{name: 2 * fine[name] - coarse[name] for name in fine} for coarse, fine in itertools.pairwise(runs)]
    said = "As `gel`, extrapolated from 200 and 400 steps to steps of no length; error_estimate is of time alone."
    return {"problem": said} | compared(limits)


def compared(runs: list[dict[str, float]]) -> dict[str, Any]:
    """Return the last run, and how far the others are from it at most."""
    last = runs[-1]
    estimate = {name: max(abs(run[name] / value - 1) for run in runs[:-1]) for name, value in last.items()}
    return {name: rounded(value) for name, value in last.items()} | {
        "error_estimate": {name: rounded(value, 2) for name, value in estimate.items()}
    }


def rounded(value: float, digits: int = 6) -> float:
    """Round to significant digits."""
    return float(f"{value:.{digits}g}")


def main() -> None:
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--only", nargs="*", help="problems to solve again; the others are kept")
    asked = reader.parse_args().only
    found = json.loads(FILE.read_text()) if FILE.exists() else {}
    found |= {"made_by": "benchmarks/ngsolve_reference.py", "ngsolve": ng.__version__}
    found["units"] = {
        "power": "W rms",
        "energy and stored": "J",
        "mean_rise": "K",
        "volume_above_60": "mm3",
        "error": "relative",
    }
    tasks = {("potential", name): lambda name=name: potential(name) for name in POTENTIALS}
    tasks |= {("pulse", name): lambda name=name: pulse(name) for name in PULSES}
    tasks[("pulse", "gel_no_time_steps")] = pulse_without_time_steps
    with ng.TaskManager():
        for (kind, name), task in tasks.items():
            if asked and name not in asked:
                continue
            began = time.perf_counter()
            found.setdefault(kind, {})[name] = task()
            print(f"{kind} {name}: {time.perf_counter() - began:.0f} s, {found[kind][name]}", flush=True)
            FILE.parent.mkdir(exist_ok=True)
            FILE.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
