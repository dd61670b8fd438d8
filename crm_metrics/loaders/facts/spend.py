"""Spend: costs spread over the days they cover, and deals matched with the campaigns that were paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.facts.workbench import Workbench, moments, numbers
from crm_metrics.tables import Table

_SPREAD = ("cost", "impressions", "clicks", "conversions", "leads")


def derive(bench: Workbench) -> None:
    """Daily spend; and the campaign of each deal in the spelling of the spend file."""
    if "spend" not in bench.tables:
        return
    table = bench.tables["spend"]
    if "spent_to_at" in table.frame:
        table.frame = _by_day(bench, table)
    if "deals" in bench.tables and "campaign" in table.frame:
        _attribute(bench.tables["deals"], table)


def _by_day(bench: Workbench, table: Table) -> pd.DataFrame:
    """One row per day for a cost that covers several, with an equal part of every amount; both ends are inclusive."""
    frame = table.frame
    first, last = moments(frame, "spent_at"), moments(frame, "spent_to_at")
    bench.report("ended-before-started", table, last < first)
    span = (bench.days(last) - bench.days(first)).astype(float)
    often = np.where(np.isnan(span) | (span < 0), 1, span + 1).astype(np.int64)
    if (often == 1).all():
        return frame
    rows = np.repeat(np.arange(len(frame)), often)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(often) - often, often)
    spread = frame.iloc[rows].reset_index(drop=True)
    spread["spent_at"] = first[rows] + step.astype("timedelta64[D]").astype("timedelta64[us]")
    for column in _SPREAD:
        if column in spread:
            spread[column] = numbers(spread, column) / often[rows]
    return spread


def _attribute(deals: Table, spend: Table) -> None:
    """A deal belongs to the campaign that its own campaign names, else its source, case and spaces aside."""
    campaigns = spend.frame["campaign"].astype("category").cat.categories
    spelling = {folded(str(name)): str(name) for name in campaigns}
    result = np.full(len(deals.frame), None, dtype=object)
    for column in ("source", "campaign"):
        if column not in deals.frame:
            continue
        own = deals.frame[column].astype("category")
        # What a campaign column says stands, in the spelling of the spend file where it names one; a source only matches.
        by_value = [
            spelling.get(folded(str(value)), str(value) if column == "campaign" else None)
            for value in own.cat.categories
        ]
        codes = own.cat.codes.to_numpy()
        result = np.where(codes >= 0, np.array([*by_value, None], dtype=object)[codes], result)
    deals.frame["campaign"] = pd.Categorical(result)
