"""A mutant: an export broken in a few ways in a row, first its rows, then its bytes, then what it is packed in."""

from __future__ import annotations

import random

from tests.fuzz.corpus import pick
from tests.fuzz.files import damaged, encoded, packed, text, web_page, workbook
from tests.fuzz.grids import GRID


def mutant(seed: int) -> dict[str, bytes]:
    """The files of a mutant by name, one or two of them."""
    rng = random.Random(seed)
    files: dict[str, bytes] = {}
    for number in range(rng.choice((1, 1, 1, 1, 2, 3))):
        name, data = _file(rng)
        files[f"{number}-{name}"] = data
    if rng.random() < 0.02:
        files["again-" + next(iter(files))] = next(iter(files.values()))
    return files


def _file(rng: random.Random) -> tuple[str, bytes]:
    base = pick(rng)
    grid = base.grid()
    for mutate in rng.choices(GRID, k=rng.choice((0, 1, 1, 2, 3))):
        grid = mutate(rng, grid) or [[""]]
    name, kind = base.name, rng.random()
    if kind < 0.12:
        name, data = name.rsplit(".", 1)[0] + ".xlsx", workbook(rng, grid)
    elif kind < 0.17:
        name, data = name.rsplit(".", 1)[0] + rng.choice((".xls", ".html", ".csv")), web_page(rng, grid)
    else:
        data = encoded(rng, text(rng, grid))
    if rng.random() < 0.2:
        data = damaged(rng, data)
    if rng.random() < 0.07:
        name, data = packed(rng, name, data)
        data = damaged(rng, data) if rng.random() < 0.3 else data
    if rng.random() < 0.03:
        name = name.rsplit(".", 1)[0] + rng.choice((".xlsx", ".xls", ".ods", ".zip", ".gz", ".txt", ""))
    return name, data
