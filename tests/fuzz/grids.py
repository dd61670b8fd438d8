"""Ways in which the rows and columns of an export get broken. Each takes a random generator and the cells of all rows, and
returns the broken ones."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.fuzz.corpus import Grid, pick
from tests.fuzz.values import CELLS, LABELS


def cells(rng: random.Random, grid: Grid) -> Grid:
    """Some cells replaced."""
    for _ in range(rng.choice((1, 3, 30))):
        row = rng.choice(grid)
        if row:
            row[rng.randrange(len(row))] = rng.choice(CELLS)
    return grid


def column(rng: random.Random, grid: Grid) -> Grid:
    """A whole column of odd cells of one or a few kinds, below the header."""
    at, some = rng.randrange(max(map(len, grid))), rng.sample(CELLS, rng.choice((1, 2, 5)))
    for row in grid[1:]:
        if at < len(row) and rng.random() < 0.9:
            row[at] = rng.choice(some)
    return grid


def labels(rng: random.Random, grid: Grid) -> Grid:
    """A label changed, or two of them exchanged."""
    row = grid[rng.choice((0, 0, min(2, len(grid) - 1)))]
    if row:
        at, other = rng.randrange(len(row)), rng.randrange(len(row))
        if rng.random() < 0.5:
            row[at] = rng.choice(
                (rng.choice(LABELS), row[at].upper(), row[at] + " ", row[at] + " (UTC)", f'"{row[at]}"')
            )
        else:
            row[at], row[other] = row[other], row[at]
    return grid


def columns(rng: random.Random, grid: Grid) -> Grid:
    """Columns dropped, doubled, or in another order."""
    width = max(map(len, grid))
    order = list(range(width))
    how = rng.randrange(3)
    if how == 0:
        order.remove(rng.randrange(width)) if width > 1 else None
    elif how == 1:
        order.insert(rng.randrange(width + 1), rng.randrange(width))
    else:
        rng.shuffle(order)
    return [[row[at] for at in order if at < len(row)] for row in grid]


def rows(rng: random.Random, grid: Grid) -> Grid:
    """Rows dropped, doubled, shuffled, or in blocks."""
    how = rng.randrange(4)
    if how == 0:
        return rng.sample(grid, rng.randint(1, len(grid)))
    if how == 1:
        return [row for row in grid for _ in range(rng.choice((1, 1, 1, 2)))]
    head, body = grid[:1], grid[1:]
    if how == 2:
        rng.shuffle(body)
        return head + body
    return grid[: rng.randint(1, len(grid))]


def headers(rng: random.Random, grid: Grid) -> Grid:
    """The header once or more again, at once or among the records."""
    for _ in range(rng.choice((1, 1, 3))):
        grid.insert(rng.choice((1, rng.randint(1, len(grid)))), list(grid[0]))
    return grid


def around(rng: random.Random, grid: Grid) -> Grid:
    """Title lines above, totals and notes below, blank lines anywhere."""
    width, rest = len(grid[0]), rng.choice((0, 1))
    above = [["Report"], ["All time"], [], ["Created by", "Ann"], ["x"] + [""] * (width - 1), ["sep=,"]]
    below = [
        ["Total"],
        ["Grand Totals (3 records)"],
        [],
        ["Total", *["9"] * (width - 1)],
        ["Confidential, do not share"],
    ]
    padded = lambda line: line + [""] * (width - len(line)) * rest  # noqa: E731
    grid[:0] = [padded(line) for line in rng.sample(above, rng.randint(0, 4))]
    grid += [padded(line) for line in rng.sample(below, rng.randint(0, 4))]
    for _ in range(rng.choice((0, 0, 5))):
        grid.insert(rng.randint(0, len(grid)), [""] * rng.choice((0, 1, width)))
    return grid


def ragged(rng: random.Random, grid: Grid) -> Grid:
    """Rows with cells too many or too few."""
    share = rng.choice((0.02, 0.3, 1.0))
    for at, row in enumerate(grid):
        if at >= rng.choice((0, 1)) and rng.random() < share:
            more = rng.choice((["x"], [""], ["", ""]))
            grid[at] = row + more if rng.random() < 0.5 else row[: rng.randint(0, len(row))]
    return grid


def spliced(rng: random.Random, grid: Grid) -> Grid:
    """Rows of another export below or above."""
    other = pick(rng).grid()
    return grid + other if rng.random() < 0.7 else other + grid


GRID: tuple[Callable[[random.Random, Grid], Grid], ...] = (
    *(cells, cells, column, column, labels, columns, rows, headers, around, ragged, spliced),
)
