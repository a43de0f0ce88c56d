"""The planner in the browser: pages over the workflows. No science and no rule lives here."""
