"""What a period brought that is more than chance: headline figures that changed, with what the change came of, segments that
stand out from the others, and campaigns that do not pay.

Everything that is claimed is claimed together: at most 5 of 100 reviews of data in which nothing happened claim anything. Of
this risk two fifths each are spent on changes and on segments, one fifth on campaigns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_metrics.analysis import drivers
from crm_metrics.analysis.customers import Customers
from crm_metrics.analysis.drivers import Change, Dimension
from crm_metrics.analysis.review.headlines import UNKNOWN, Headline, Standout, headlines, standouts
from crm_metrics.engine.currencies import split
from crm_metrics.engine.windows import Window
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import NONE, Dataset

RISK = 0.05

__all__ = ["RISK", "Findings", "Headline", "Standout", "Unpaid", "findings"]


@dataclass(frozen=True)
class Findings:
    """What was looked at and what is claimed: the headline figures, the changes that are more than chance with what they
    came of, the segments that stand out, and the campaigns that do not pay; the clearest first."""

    headlines: list[Headline]
    changes: list[Change]
    standouts: list[Standout]
    unpaid: list[Unpaid]

    @property
    def claims(self) -> list[str]:
        """What is claimed, a few words each."""
        changed = [f"change of {headline.metric.name}" for headline in self.headlines if headline.detectable]
        apart = [f"{standout.metric.name} by {standout.dimension} {standout.segment}" for standout in self.standouts]
        return [*changed, *apart, *(f"{campaign.campaign} does not pay" for campaign in self.unpaid)]


def findings(
    dataset: Dataset,
    catalog: Catalog,
    metrics: Sequence[Metric],
    windows: tuple[Window, Window],
    dims: Mapping[str, Sequence[str]],
) -> Findings:
    """What the later of two windows (before, now) brought. `dims` are the dimensions by which each metric can be looked
    at."""
    chosen = [metric for metric in metrics if not metric.per]
    lines = headlines(dataset, catalog, chosen, windows, RISK * 0.4)
    detectable = [line.metric for line in lines if line.detectable]
    changes = [_change(dataset, catalog, metric, windows, dims.get(metric.name, ())) for metric in detectable]
    wholes = {line.metric.name: line for line in lines if line.value is not None}
    return Findings(
        lines,
        [change for change in changes if change is not None],
        standouts(dataset, catalog, chosen, windows[1], dims, wholes, RISK * 0.4),
        unpaid(dataset, catalog, windows[1], RISK * 0.2),
    )


def _change(
    dataset: Dataset, catalog: Catalog, metric: Metric, windows: tuple[Window, Window], dims: Sequence[str]
) -> Change | None:
    """What a change came of; None for a metric that has no parts which add up. Dimensions that many records lack say more of
    who has one than of the change."""
    try:
        change = drivers.change(dataset, catalog, metric, *windows, dims)
    except (UsageError, NothingToReport):
        return None
    return replace(change, dimensions=[dimension for dimension in change.dimensions if _is_recorded(dimension)])


def _is_recorded(dimension: Dimension) -> bool:
    total = sum(driver.n + driver.n_before for driver in dimension.drivers)
    return sum(driver.n + driver.n_before for driver in dimension.drivers if driver.segment == NONE) <= UNKNOWN * total


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
    usual = Engine(dataset, catalog, [until_then]).available("average_deal_value")
    engine = Engine(dataset, catalog, [window], _BY)
    revenue, cost, roi = map(engine.available, ("attributed_revenue", "acquisition_spend", "roi"))
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


_DETRACTOR = 6
_TICKETS = 2
_ALIVE = 0.5
_SILENT = 2  # times as long as between two purchases before


@dataclass(frozen=True)
class Call:
    """A customer with the reasons to call, and what they are worth: recurring revenue a month and revenue so far, None where
    it is not known."""

    customer: str
    name: str | None
    reasons: tuple[str, ...]
    mrr: float | None
    revenue: float | None
    currency: str | None


def calls(customers: Customers, *, most: int) -> list[Call]:
    """The `most` dearest of the customers to call: by recurring revenue, then revenue."""
    frame = customers.frame[~(customers.frame["mrr"] == 0)]  # who pays nothing any more has left
    reasons = _reasons(frame, _silent(frame, customers.until))
    wrong = [place for place, reason in enumerate(reasons) if reason]
    order = (
        frame.iloc[wrong]
        .assign(place=wrong)
        .sort_values(["mrr", "revenue", "customer"], ascending=[False, False, True])
    )
    return [_call(frame.iloc[place], reasons[place]) for place in order["place"].head(most)]


def _silent(frame: pd.DataFrame, until: int) -> pd.Series:
    """Whether each customer has not bought for more than twice as long as they used to from one purchase to the next: scores
    only say that others bought later, which of people who buy every day may be a day."""
    first, last = (pd.to_datetime(frame[name]) for name in ("first_purchase", "last_purchase"))
    since = pd.Timestamp(until, unit="D") - last
    return since > _SILENT * (last - first) / (frame["orders"] - 1)


def _reasons(frame: pd.DataFrame, silent: pd.Series) -> list[tuple[str, ...]]:
    by_customer = []
    names = ("last_nps", "open_tickets", "rfm_segment", "alive", "orders", "last_purchase")
    columns = [*(frame[name] for name in names), silent]
    for score, tickets, segment, alive, orders, last, is_silent in zip(*columns, strict=True):
        reasons = []
        if score <= _DETRACTOR:
            reasons.append(f"answered {score:g} of 10")
        if tickets >= _TICKETS:
            reasons.append(f"{tickets:g} open tickets")
        if segment == "at risk" and is_silent:
            reasons.append(f"bought {orders:,.0f} times, the last on {last}")
        elif alive < _ALIVE and orders > 1:
            reasons.append(f"{100 * alive:.0f} % likely to buy again")
        by_customer.append(tuple(reasons))
    return by_customer


def _call(row: pd.Series, reasons: tuple[str, ...]) -> Call:
    values = {name: None if pd.isna(row[name]) else row[name] for name in ("name", "mrr", "revenue", "currency")}
    return Call(str(row["customer"]), values["name"], reasons, values["mrr"], values["revenue"], values["currency"])
