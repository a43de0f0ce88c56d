"""The same plan with another device and other depths: what changes, scenario by scenario."""

from pathlib import Path

import percuta
from percuta.library.registry import Library
from percuta.plan.reading import read_plan

known = Library([Path("examples/own/my_pen.toml")])
text = Path("examples/cheek_pen.toml").read_text(encoding="utf-8")

for device in ("generic-pen-12", "my-pen"):
    for depth in ("0.5 mm", "1.0 mm", "1.5 mm"):
        plan = read_plan(text.replace("generic-pen-12", device).replace('"1.0 mm"', f'"{depth}"'), known=known)
        result = percuta.simulate(plan, members=64, seed=0, known=known)
        density = result.endpoint("puncture_density")
        papillary = result.endpoint("papillary_punctured_fraction")
        print(
            f"{device:15} {depth}  {density.p50:6.0f} ({density.p5:.0f} to {density.p95:.0f}) {density.unit}"
            f"  papillary dermis punctured {papillary.p50:.2f} ({papillary.p5:.2f} to {papillary.p95:.2f})"
        )
