"""Our answers to the open problems: each module has ``LEVELS``, ``solve(problem, level)`` and ``independent(problem)``.

``TWICE`` says how many levels lie between cells, steps or nodes and those of twice the size.
"""
