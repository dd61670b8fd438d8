"""Cohorts by the first purchase: who buys again, and what they bring."""

from __future__ import annotations

import numpy as np

from crm_metrics.analysis.cohorts.table import Cohorts, calendar_of, laid_out, number, places
from crm_metrics.analysis.lifetimes import ledger
from crm_metrics.analysis.lifetimes.predictions import currencies
from crm_metrics.engine.cells import Floats, Ints
from crm_metrics.errors import DataError, NothingToReport
from crm_metrics.periods import Grain
from crm_metrics.tables import Dataset


def of_purchases(dataset: Dataset, grain: Grain, *, revenue: bool = False) -> Cohorts:
    """Customers by the period of their first purchase; part is who buys k periods later, or the revenue that comes then,
    refunds subtracted. Raises `NothingToReport` without purchases of known customers, `DataError` for revenue in several
    currencies."""
    if "purchases" not in dataset.tables:
        raise NothingToReport("the files hold no orders and no won deals", hint="Add an export, or see --of starts.")
    frame = dataset.tables["purchases"].frame
    book, last = ledger(frame, dataset.settings.timezone), number(dataset.as_of)
    histories = book.until(last)
    if not len(histories.x):
        raise NothingToReport("no purchase names a customer and a day", hint="'crm-metrics scan' says what is lacking.")
    paid = currencies(frame)
    if revenue and len(paid) > 1:
        problem = f"the amounts are in {', '.join(paid)}: they are not added"
        raise DataError(problem, hint="Give exchange rates with [rates] in the settings.")
    calendar = calendar_of(dataset, grain, int(histories.first.min()))
    first = places(calendar, histories.first)
    # Each row's customer, and how many periods after the first it lies; a refund from before it belongs to its period.
    person = np.minimum(np.searchsorted(histories.customer, book.customer), len(first) - 1)
    rows = np.flatnonzero((histories.customer[person] == book.customer) & (book.day <= last))
    person = person[rows]
    k = places(calendar, np.maximum(book.day[rows], histories.first[person])) - first[person]
    many = len(calendar)
    if revenue:
        part = _table(first[person], k, many, np.nan_to_num(book.amount[rows]))
    else:
        bought = ~book.is_refund[rows]
        once = np.unique(person[bought] * many + k[bought])
        part = _table(first[once // many], once % many, many)
    currency = paid[0] if len(paid) == 1 else dataset.settings.currency
    size = np.bincount(first, minlength=many)
    return laid_out(dataset, "revenue" if revenue else "purchases", grain, calendar, size, part, currency)


def _table(cohort: Ints, k: Ints, many: int, weights: Floats | None = None) -> Floats:
    return np.bincount(cohort * many + k, weights, many * many).reshape(many, many).astype(np.float64)
