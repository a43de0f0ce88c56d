"""Compute a plan in Python and look into its result."""

import numpy as np

import percuta

plan = percuta.load_plan("examples/cheek_pen.toml")
print(percuta.check(plan).sentence)

result = percuta.simulate(plan, members=256, seed=0)
depth = result.endpoint("reached_depth_typical")
print(f"typical depth {depth.p50:.2f} mm, 9 of 10 scenarios {depth.p5:.2f} to {depth.p95:.2f} mm")

# Everything stands in one xarray tree, one row for each scenario.
channels = result.tree["zones/cheeks/channels"]
punctured = channels["punctured_fraction"].sel(depth=0.5, method="nearest")
print("punctured at 0.5 mm:", np.round(np.quantile(punctured, [0.05, 0.5, 0.95]), 2), punctured.attrs["units"])

# Inputs and results of a scenario stand in the same row.
reached = channels["reached_depth_typical"]
layers = result.tree["zones/cheeks/layers"]
skin = layers["epidermis_thickness"] + layers["dermis_thickness"]
print(f"scenarios whose typical needle passes the dermis: {float((reached > skin).mean()):.0%}")

for name in ("wrinkle_grade_change", "recoil_change"):
    endpoint = result.endpoint(name)
    print(f"{name}: {endpoint.withheld or f'{endpoint.p50:.2f} ({endpoint.p5:.2f} to {endpoint.p95:.2f})'}")
