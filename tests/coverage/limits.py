"""How often 95 % limits of a month hold the truth, which is the value that the same month has in all companies together (of
a sum, its mean); and how far this share differs between companies, whose months are not independent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics import api
from tests.coverage import _companies as companies

METRICS = (
    *("revenue_won", "average_deal_value", "average_order_value", "arpu", "first_response_time"),
    *("first_response_time_mean", "nps", "csat", "nrr", "grr", "churn_rate", "cac"),
)
SUMS = ("revenue_won",)
LOW, HIGH = 0.92, 0.98
_BATCH = 40
_MONTHS = "2023-01..2024-12"


@dataclass(frozen=True)
class Held:
    """Of a metric the share of limits that hold the truth, that of which the truth lies below and above them, of all figures
    that which has limits, and the standard error of the first between companies."""

    share: float
    below: float
    above: float
    limited: float
    error: float


def held(
    runs: int, *, first: int = 1, independent: bool = False, metrics: tuple[str, ...] = METRICS
) -> dict[str, Held]:
    """By metric, how often the limits of so many companies hold."""
    parts = [
        _rows(range(start, min(start + _BATCH, first + runs)), independent=independent, metrics=metrics)
        for start in range(first, first + runs, _BATCH)
    ]
    rows = pd.concat([own for own, _ in parts])
    whole = pd.concat([together for _, together in parts]).groupby(["metric", "period"])["value"].mean()
    sums = rows[rows["metric"].isin(SUMS)].groupby(["metric", "period"])["value"].mean()
    truth = pd.concat([whole[~whole.index.get_level_values("metric").isin(SUMS)], sums]).rename("truth")
    return {name: _held(rows[rows["metric"] == name].join(truth, on=["metric", "period"])) for name in metrics}


def _rows(seeds: range, *, independent: bool, metrics: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The figures of each month and company, and of each month of all together."""
    made = companies.tables(seeds, independent=independent)
    each = api.query(metrics=list(metrics), period=_MONTHS, by=["month", companies.BY], compare="none")
    dataset = companies.load(made, each)
    together = api.query(metrics=list(metrics), period=_MONTHS, by=["month"], compare="none")
    own, whole = api.compute(dataset, each).rows, api.compute(dataset, together).rows
    columns = ["metric", "period", "value", "low", "high"]
    return own[[*columns, companies.BY]], whole[columns]


def _held(rows: pd.DataFrame) -> Held:
    there = rows[rows["value"].notna()]
    known = there[there["low"].notna() | there["high"].notna()]
    below, above = known["truth"] < known["low"], known["truth"] > known["high"]
    own = (~below & ~above).groupby(known[companies.BY]).mean()
    return Held(
        1 - below.mean() - above.mean(),
        below.mean(),
        above.mean(),
        len(known) / max(len(there), 1),
        float(np.std(own) / np.sqrt(max(len(own), 1))),
    )


def measured(runs: int, seed: int) -> tuple[list[str], bool]:
    """What is said of so many companies, and whether all limits hold as often as they should."""
    if not companies.is_there():
        return ["left out: the generator of companies whose customers repeat does not lie beside the project"], True
    said = [
        f"{'95 % limits, months of two years':32}{'inside':>10}{'below':>9}{'above':>9}{'± se':>8}{'have limits':>14}"
    ]
    right = True
    for name, one in held(runs, first=seed + 1).items():
        is_right = LOW <= one.share <= HIGH
        right &= is_right
        shares = "".join(
            f"{100 * share:{width}.1f} %" for share, width in ((one.share, 8), (one.below, 7), (one.above, 7))
        )
        note = "" if is_right else "  <-- not 92 to 98 %"
        said.append(f"{name:32}{shares}{100 * one.error:8.2f}{100 * one.limited:12.0f} %{note}")
    return said, right
