"""How often segments that are all alike are marked ▲ or ▼, in companies whose customers differ, repeat and come in bursts; a
segment is the customers', as it is in real exports."""

from __future__ import annotations

import numpy as np

from crm_metrics import api
from crm_metrics.analysis.ranks import standings
from crm_metrics.engine.cells import Cells, Figures
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from tests.coverage import _companies as companies

METRICS = ("first_response_time", "first_response_time_mean", "nps", "csat", "average_order_value", "tickets_created")
MOST = 0.06
_BATCH = 40
_QUARTER = Window(*(int(np.datetime64(day, "us").astype(np.int64)) for day in ("2024-04-01", "2024-07-01")))


def marked(runs: int, *, first: int = 1) -> dict[str, float]:
    """By metric, in which share of companies a segment is marked."""
    found: dict[str, list[bool]] = {name: [] for name in METRICS}
    query = api.query(metrics=list(METRICS), period="2024-Q2", by=[companies.BY, "segment"], compare="none")
    for start in range(first, first + runs, _BATCH):
        made = companies.tables(range(start, min(start + _BATCH, first + runs)), ("tickets", "responses", "orders"))
        made.pop("spend")
        engine = Engine(companies.load(made, query), query.catalog, [_QUARTER], (companies.BY, "segment"))
        for name in METRICS:
            cells = engine.cells(name)
            assert isinstance(cells, Cells)
            owner = np.array([label[0] for label in engine.segments(cells.dims).labels])
            for one in np.unique(owner):
                at = np.flatnonzero((owner == one) & (cells.n[0] > 0))
                grids = (cells.value, cells.low, cells.high, cells.effective)
                figures = Figures(*(grid[0, at] for grid in grids))
                mark = standings(query.catalog[name], figures, cells.n[0, at], cells.reason[0, at] == 0).mark
                found[name].append(any(mark))
    return {name: float(np.mean(said)) for name, said in found.items()}


def measured(runs: int, seed: int) -> tuple[list[str], bool]:
    """What is said of so many companies, and whether few enough are marked; by chance alone some more may be."""
    if not companies.is_there():
        return ["left out: the generator of companies whose customers repeat does not lie beside the project"], True
    found = marked(runs, first=seed + 1)
    said = [f"{name:32}{100 * share:6.1f} % of companies hold a mark" for name, share in found.items()]
    return said, bool(np.mean(list(found.values())) <= MOST)
