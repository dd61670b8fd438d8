"""Cohorts by the start of the first time as a customer: who is still there, and what they pay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.analysis.cohorts.table import Cohorts, calendar_of, edges, laid_out
from crm_metrics.analysis.customers.lookup import People
from crm_metrics.engine.cells import Floats, Ints
from crm_metrics.errors import DataError, NothingToReport
from crm_metrics.periods import Grain
from crm_metrics.tables import Dataset, Table
from crm_metrics.tables.frames import moments, numbers, wall_clock


def of_starts(dataset: Dataset, grain: Grain, *, mrr: bool = False) -> Cohorts:
    """Customers by the period in which they first became one; part is who is one at the end of the period k later, or the
    recurring revenue then, against that at the end of the first. Raises `NothingToReport` where nothing says who left,
    `DataError` for recurring revenue in several currencies."""
    frame = with_ends(dataset).frame
    frame = frame[moments(frame, "started_at") < np.datetime64(dataset.now, "us")]
    if not len(frame):
        raise NothingToReport(f"nobody had begun by {dataset.as_of}", hint="Choose another day with --as-of.")
    people = People(set(frame["customer"].dropna().astype("object")))
    person, started = people.places(frame["customer"]), moments(frame, "started_at")
    begun = np.full(len(people), np.iinfo(np.int64).max)
    np.minimum.at(begun, person, started.astype("datetime64[us]").view(np.int64))
    zone = dataset.settings.timezone
    earliest = wall_clock(np.array([begun.min()], dtype="datetime64[us]"), zone).astype("datetime64[D]")
    calendar = calendar_of(dataset, grain, int(earliest.view(np.int64)[0]))
    ends = edges(calendar, zone)
    cohort = np.searchsorted(ends, begun.astype("datetime64[us]"), side="right").astype(np.int64)
    size = np.bincount(cohort, minlength=len(calendar))
    if not mrr:
        part = _standing(frame, cohort[person], ends, np.ones(len(frame)))
        return laid_out(dataset, "starts", grain, calendar, size, part)
    rows, currency = _recurring(dataset)
    place = people.places(rows["customer"])
    rows, place = rows[place >= 0], place[place >= 0]
    part = _standing(rows, cohort[place], ends, numbers(rows, "mrr"))
    return laid_out(dataset, "mrr", grain, calendar, size, part, currency)


def with_ends(dataset: Dataset) -> Table:
    """The times as a customer, with their ends. Raises `NothingToReport` where nothing says when customers leave."""
    spells = dataset.tables.get("spells")
    if spells is None:
        raise NothingToReport("no file says when customers begin", hint="Give subscriptions, or customers with dates.")
    if not spells.has("ended_at"):
        why = spells.unusable["ended_at"]
        raise NothingToReport(why.seen, hint=why.hint or None)
    return spells


def _recurring(dataset: Dataset) -> tuple[pd.DataFrame, str | None]:
    """The stretches of recurring revenue that have begun, and their currency."""
    table = dataset.tables.get("recurring")
    if table is None:
        raise NothingToReport("the files hold no recurring revenue", hint="Add an export of subscriptions.")
    paid = sorted({str(name) for name in table.frame["currency"].dropna()}) if table.has("currency") else []
    if len(paid) > 1:
        problem = f"the recurring revenue is in {', '.join(paid)}: it is not added"
        raise DataError(problem, hint="Give exchange rates with [rates] in the settings.")
    rows = table.frame[moments(table.frame, "started_at") < np.datetime64(dataset.now, "us")]
    return rows, dataset.priced_in or (paid[0] if paid else dataset.settings.currency)


def _standing(frame: pd.DataFrame, cohort: Ints, ends: np.ndarray, weights: Floats) -> Floats:
    """What stands at the end of each period, by cohort and k: a row counts at each end after its start and not after its
    own end."""
    many = len(ends)
    ended = moments(frame, "ended_at")
    first = np.searchsorted(ends, moments(frame, "started_at"), side="right")
    last = np.where(np.isnat(ended), many, np.searchsorted(ends, ended, side="right"))
    kept = last > first
    change = np.zeros((many, many + 1))
    np.add.at(change, (cohort[kept], (first - cohort)[kept]), weights[kept])
    np.add.at(change, (cohort[kept], (last - cohort)[kept]), -weights[kept])
    standing: Floats = np.cumsum(change, axis=1)[:, :many]
    return standing
