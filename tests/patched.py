"""A plan with a patch, and labels of patches whose doses can be told by hand."""

from __future__ import annotations

PLAN = """
schema = 1
title = "test"
[patient]
age = "52 years"
sex = "female"
phototype = 3
mass = "68 kg"
desired_effect = "wrinkles"
[[zones]]
name = "eyes"
site = "lateral-canthus"
area = "12 cm^2"
[[zones]]
name = "forehead"
site = "forehead"
area = "52 cm^2"
[device]
DEVICE
[[session.steps]]
do = "patch"
zones = ["eyes"]
duration = "2 hours"
[course]
sessions = 3
interval = "1 week"
follow_up_after_last_session = "12 weeks"
"""
LABEL = """
needle_count = 100
patch_area = "1 cm^2"
needle_length = "0.5 mm"
needle_diameter = "0.25 mm"
inserted_share = 0.8
"""
DISSOLVING = f'kind = "dissolving_patch"\n{LABEL}dissolution_time = "4 hours"\n'
POROUS = f'kind = "porous_patch"\n{LABEL}release_time = "2 hours"\n'
LOADED = 'load_per_patch = "100 ug"\n'
