"""The rows of a report with time across: a row for each figure and segment, a column for each period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_metrics.book import OF_ROW, Column, Sheet

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report

_LABELS = (Column("metric"), Column("title", "Figure"), Column(OF_ROW))


def across(report: Report) -> Sheet:
    """Values in the unit of their row, missing where there is no figure; of a series the last column is the whole period,
    recomputed from its records; of one period the one that it is compared with comes before it."""
    import numpy as np
    import pandas as pd

    rows, dims = report.rows, [*report.by, *report.per]
    parts = [rows]
    if report.together is not None:
        parts.append(report.together)
    elif report.compare_period:
        earlier = rows.assign(period=rows["compare_period"], value=rows["compare_value"])
        parts.insert(0, earlier[earlier["period"].notna()])
    every = pd.concat(parts, ignore_index=True)
    periods = list(dict.fromkeys(every["period"]))
    # A figure without a value has no currency: it stands in the row of those of its kind that have one.
    kind = every.groupby(["metric", *dims], sort=False, dropna=False)["currency"]
    currency = every["currency"].where(every["currency"].notna(), kind.transform("first"))
    labels = pd.MultiIndex.from_frame(every[["metric", "title", "unit", *dims]].assign(currency=currency))
    row, rows_of = pd.factorize(labels)
    values = np.full((len(rows_of), len(periods)), np.nan)
    place = pd.Index(periods).get_indexer(every["period"])
    values[row, place] = every["value"].to_numpy(dtype=float, na_value=np.nan)
    cells = [
        [None if cell != cell else cell for cell in (*labels, *line)]
        for labels, line in zip(rows_of, values.tolist(), strict=True)
    ]
    names = [*(Column(name) for name in dims), Column("currency")]
    return Sheet("across", "", [*_LABELS, *names, *(Column(str(name), unit=OF_ROW) for name in periods)], cells)
