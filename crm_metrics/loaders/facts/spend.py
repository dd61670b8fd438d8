"""Spend: costs spread over the days they cover, and deals matched with the campaigns that were paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing.columns import by_text
from crm_metrics.loaders.coercing.words import folded
from crm_metrics.loaders.facts import same_spend
from crm_metrics.loaders.facts.costs_by_day import AMOUNTS, evenly
from crm_metrics.loaders.facts.draft import Bools, Draft
from crm_metrics.loaders.versions import day_in_name
from crm_metrics.tables import ROW, SOURCE, Table, Unusable
from crm_metrics.tables.frames import has_value, moments, numbers

# Columns of which one at least says that costs are those of marketing.
_MARKETING = {
    "campaign",
    "ad",
    "channel",
    "source",
    "impressions",
    "clicks",
    "conversions",
    "conversion_value",
    "leads",
}
_A_CLICK = 50_000  # of any currency is hardly paid for one
# What results are taken to be, by what their indicator holds.
_RESULTS = (("conversions", "purchase"), ("leads", "lead"))


def attribute(draft: Draft) -> None:
    """Give each deal its campaign in the spelling of the spend file. This comes before a dimension is carried from one table
    to another: what a report is by must not change which campaign a deal came of."""
    if "deals" in draft.tables and "spend" in draft.tables and draft.tables["spend"].has("campaign"):
        _attribute(draft.tables["deals"], draft.tables["spend"])


def settle(draft: Draft, table: Table) -> None:
    """What results are, and daily spend, which is how far the costs reach: this comes before as-of is known, which depends
    on it."""
    if table.has("spent_to_at"):
        _until_today(draft, table)
        table.frame = _by_day(draft, table)
        table.in_parts = bool(table.frame.duplicated([SOURCE, ROW]).any())
    same_spend.leave_out(draft, table)
    if table.has("results"):
        _results(draft, table)
    if table.has("cost"):
        draft.report("no-cost", table, ~has_value(table.frame, "cost"))
        for i, mine in draft.by_file(table, has_value(table.frame, "cost")):
            if not draft.recognised[i].layout.signature:
                _doubts(draft, table, i, mine)


def _doubts(draft: Draft, table: Table, source: int, mine: Bools) -> None:
    """Say what of a file that no tool is known for may be otherwise: costs of anything, in millionths, counts that are not
    in every row."""
    columns, frame = draft.sources[source].columns, table.frame
    if not columns.keys() & _MARKETING:
        draft.issues.append(
            Issue("perhaps-no-campaign", draft.sources[source].path, detail={"column": columns["cost"]})
        )
    cost, clicks = (np.nan_to_num(numbers(frame, name)[mine]) for name in ("cost", "clicks"))
    if cost.sum() >= _A_CLICK * clicks.sum() > 0:
        seen = f"{cost.sum() / clicks.sum():,.0f}"
        draft.report("perhaps-micros", table, mine, column=columns["cost"], seen=seen)
    paid = mine & (numbers(frame, "cost") > 0)
    for name in ("clicks", "impressions"):
        if name in columns and (has_value(frame, name) & mine).any():
            draft.report("no-count", table, paid & ~has_value(frame, name), column=columns[name])


def _until_today(draft: Draft, table: Table) -> None:
    """The month that had not ended yet when the file was made has cost what is written until that day."""
    frame = table.frame
    named = [day_in_name(source.path) or draft.as_of for source in draft.sources]
    made = np.array([min(day, draft.as_of) for day in named], dtype="datetime64[us]")[frame[SOURCE].to_numpy()]
    has_end = draft.of_files(frame, lambda source: "spent_to_at" in source.columns)
    first, last = moments(frame, "spent_at"), moments(frame, "spent_to_at")
    begun = ~has_end & (first <= made) & ~np.isnat(last)
    frame["spent_to_at"] = np.where(begun, np.fmin(last, made), last)


def _results(draft: Draft, table: Table) -> None:
    """Results as conversions or leads. They count what each campaign was to bring about (clicks, sales, views): results of
    one file that are not all of one kind are never added together."""
    frame = table.frame
    results = numbers(frame, "results")
    for i, mine in draft.by_file(table, ~np.isnan(results)):
        counted = draft.sources[i].columns.keys() & {"conversions", "leads"}
        kinds = _indicators(frame, mine)
        target = next((name for name, ending in _RESULTS if kinds and all(ending in kind for kind in kinds)), None)
        if counted or (target is not None and target in frame and has_value(frame, target)[mine].any()):
            continue
        if target is not None:
            frame[target] = np.where(mine, results, numbers(frame, target))
        elif kinds != {""}:
            shown = ", ".join(sorted(kind or "not said" for kind in kinds)[:4])
            draft.report("mixed-results", table, mine, seen=shown)
            problem = Unusable("missing-column", f"the results count {shown}", "add the column Purchases to the export")
            for column in ("conversions", "leads"):
                if not has_value(frame, column).any():
                    table.unusable[column] = problem


def _indicators(frame: pd.DataFrame, rows: Bools) -> set[str]:
    """What the results of these rows are, in the words of the file: `purchase` of `actions:offsite_conversion.purchase`."""
    if "result_indicator" not in frame:
        return {""}
    written = frame.loc[rows, "result_indicator"].astype(object)
    return {str(kind).casefold() if isinstance(kind, str) else "" for kind in written.unique()}


def _by_day(draft: Draft, table: Table) -> pd.DataFrame:
    """One row per day for a cost that covers several, with an equal part of every amount; both ends are inclusive."""
    frame = table.frame
    first, last = moments(frame, "spent_at"), moments(frame, "spent_to_at")
    draft.report("ended-before-started", table, last < first)
    span = (draft.days(last) - draft.days(first)).astype(float)
    often = np.where(np.isnan(span) | (span < 0), 1, span + 1).astype(np.int64)
    if (often == 1).all():
        return frame
    rows = np.repeat(np.arange(len(frame)), often)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(often) - often, often)
    spread = frame.iloc[rows].reset_index(drop=True)
    spread["spent_at"] = first[rows] + step.astype("timedelta64[D]").astype("timedelta64[us]")
    for column in AMOUNTS:
        if column in spread:
            spread[column] = evenly(numbers(frame, column), often, rows)
    return spread


def _attribute(deals: Table, spend: Table) -> None:
    """A deal belongs to the campaign that its own campaign names, else its source, case and spaces aside."""
    campaigns = spend.frame["campaign"].astype("category").cat.categories
    spelling = {folded(str(name)): str(name) for name in campaigns}
    if "campaign_id" in spend.frame:  # Salesforce's opportunities name their campaign by its id
        named = spend.frame[["campaign_id", "campaign"]].dropna().drop_duplicates()
        spelling |= {folded(str(key)): str(name) for key, name in named.itertuples(index=False)}
    result = np.full(len(deals.frame), None, dtype=object)
    if "source" in deals.frame:  # it only matches
        result = by_text(deals.frame["source"], lambda text: spelling.get(folded(text)), None, object)
    if "campaign" in deals.frame:  # what it says stands, in the spelling of the spend file where that names it
        own = by_text(deals.frame["campaign"], lambda text: spelling.get(folded(text), text), None, object)
        result = np.where(has_value(deals.frame, "campaign"), own, result)
    deals.frame["campaign"] = pd.Categorical(result)
