"""How often a first answer that takes a quarter longer is seen, from one month to the next, with 1,000 tickets a month: in
all tickets, and in those of one of four teams."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics import api
from tests.coverage import _companies as companies

_BATCH = 20
_SIZE = 1000 / 420  # of the generator's company
_TEAMS = ("North", "South", "East", "West")
SEEN = ("worse", "maybe worse")


def seen(runs: int, *, first: int = 1, independent: bool, longer: float = 1.25) -> dict[str, list[float]]:
    """By where it happened, in which share of companies the signal of the median is worse, and worse or maybe worse."""
    found: dict[str, list[str]] = {"all": [], _TEAMS[0]: []}
    for start in range(first, first + runs, _BATCH):
        seeds = range(start, min(start + _BATCH, first + runs))
        tickets = companies.tables(seeds, ("tickets",), size=_SIZE, independent=independent)["tickets"]
        tickets["Team"] = np.random.default_rng(start).choice(_TEAMS, len(tickets))
        for where in found:
            by = [companies.BY] if where == "all" else [companies.BY, "team"]
            query = api.query(metrics=["first_response_time"], period="2024-12", by=by, compare="previous")
            rows = api.compute(companies.load({"tickets": _slower(tickets, where, longer)}, query), query).rows
            found[where] += list((rows if where == "all" else rows[rows["team"] == where])["signal"])
    return {where: [float(np.isin(said, SEEN[:many]).mean()) for many in (1, 2)] for where, said in found.items()}


def _slower(tickets: pd.DataFrame, where: str, longer: float) -> pd.DataFrame:
    """The tickets with the answers of December so much later."""
    late = tickets["Created"] >= pd.Timestamp("2024-12-01")
    if where != "all":
        late &= tickets["Team"] == where
    waited = tickets["First response at"] - tickets["Created"]
    return tickets.assign(**{"First response at": tickets["Created"] + waited.where(~late, waited * longer)})


def measured(runs: int, seed: int) -> tuple[list[str], bool]:
    """What is said of so many companies: found in all of them, and of one team in half of them at least."""
    if not companies.is_there():
        return ["left out: the generator of companies whose customers repeat does not lie beside the project"], True
    said, kept = [], True
    for kind, independent in (("customers repeat", False), ("each ticket of its own", True)):
        found = seen(runs, first=seed + 1, independent=independent)
        for where, (sure, likely) in found.items():
            said.append(f"{kind:24} {where:8} worse in {100 * sure:5.1f} %, worse or maybe in {100 * likely:5.1f} %")
        kept &= found["all"][1] >= 0.98 and found[_TEAMS[0]][1] >= 0.5
    return said, kept
