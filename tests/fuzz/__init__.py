"""Exports broken at random: each ends in a report or in an error a user can act on.

`python -m tests.fuzz 20000` runs the full size on all cores; `python -m tests.fuzz 1 --seed 4711` runs one again.
"""
