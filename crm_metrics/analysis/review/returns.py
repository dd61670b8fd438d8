"""Campaigns that do not pay: so few deals won that chance does not bring so few to one that earns what it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crm_metrics.engine.cells import Cells
from crm_metrics.engine.currencies import split
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import NONE, Dataset

_BY = ("campaign",)


@dataclass(frozen=True)
class Unpaid:
    """A campaign that cost more than it earned: its cost, what it brought (the revenue, or the margin of it), of how many
    deals won, and its return on investment."""

    campaign: str
    cost: float
    brought: float
    deals: int
    roi: float
    currency: str | None


def unpaid(dataset: Dataset, catalog: Catalog, window: Window, risk: float) -> list[Unpaid]:
    """The campaigns that do not pay, the dearest first; all these claims together risk `risk`.

    A campaign that earned just its cost would have won cost / value deals, and the number of deals won is then a Poisson
    count. The value is the mean of its own deals, or the upper limit of the mean of all deals won until then, whichever is
    larger: the larger, the fewer deals are needed."""
    from scipy.special import pdtr

    until_then = replace(window, start=np.iinfo(np.int64).min // 2, is_all=True)
    usual = _cells(Engine(dataset, catalog, [until_then]), catalog["average_deal_value"])
    engine = Engine(dataset, catalog, [window], _BY)
    revenue, cost, roi = (_cells(engine, catalog[name]) for name in ("attributed_revenue", "acquisition_spend", "roi"))
    if usual is None or np.isnan(usual.high[0, 0]) or revenue is None or cost is None or roi is None or roi.dims != _BY:
        return []
    labels = [label[0] for label in engine.segments(_BY).labels]
    margin = dataset.settings.gross_margin
    earned = np.nan_to_num(revenue.value[0]) * margin
    deals = np.where(np.isnan(revenue.value[0]), 0, revenue.n[0])
    paid = np.nan_to_num(cost.value[0])
    with np.errstate(all="ignore"):
        value = np.fmax(earned / deals, usual.high[0, 0] * margin)
    priced = (paid > 0) & np.array([label != NONE for label in labels])
    chance = np.where(priced, pdtr(deals, paid / value), 1.0)
    significant = chance <= 1 - (1 - risk) ** (1 / max(int(priced.sum()), 1))
    currency = split(engine, catalog["acquisition_spend"], cost)[0].currency[0]
    campaigns = [
        Unpaid(labels[at], float(paid[at]), float(earned[at]), int(deals[at]), float(roi.value[0, at]), currency[at])
        for at in np.flatnonzero(significant & (roi.value[0] < 0)).tolist()
    ]
    return sorted(campaigns, key=lambda campaign: -campaign.cost)


def _cells(engine: Engine, metric: Metric) -> Cells | None:
    cells = engine.cells(metric.name)
    return cells if isinstance(cells, Cells) else None
