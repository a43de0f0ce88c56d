"""Where a measurement of one's own lies in what Percuta predicted for it."""

import numpy as np

import percuta

# Depth of 12 channels seen in a tomograph, in mm, pen set to 1.0 mm. Made up to show the form: put in your own.
measured = np.array([0.61, 0.72, 0.55, 0.80, 0.68, 0.74, 0.59, 0.66, 0.83, 0.70, 0.63, 0.77])

plan = percuta.load_plan("examples/cheek_pen.toml")
result = percuta.simulate(plan, members=256, seed=0)
predicted = result.tree["zones/cheeks/channels"]["reached_depth_typical"].to_numpy()

mean, error = measured.mean(), measured.std(ddof=1) / np.sqrt(measured.size)
low, middle, high = np.quantile(predicted, [0.05, 0.5, 0.95])
met = "inside" if low - error <= mean <= high + error else "outside"
print(f"measured  {mean:.2f} ± {error:.2f} mm, {measured.size} channels")
print(f"predicted {middle:.2f} mm, 5 to 95 % {low:.2f} to {high:.2f} mm")
print(f"share of the scenarios below the measured mean: {np.mean(predicted < mean):.0%}; {met}")
