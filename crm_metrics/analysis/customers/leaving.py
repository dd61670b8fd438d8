"""Who left in a period, and what they were worth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.analysis.customers import lookup
from crm_metrics.analysis.customers.lookup import People
from crm_metrics.analysis.customers.table import Customers
from crm_metrics.analysis.lifetimes.contracts import months_held
from crm_metrics.engine.windows import Window
from crm_metrics.errors import NothingToReport
from crm_metrics.tables import Dataset
from crm_metrics.tables.frames import day_numbers, moments

# What is expected of who stays.
_AHEAD = ("mrr", "alive", "expected_purchases", "predicted_value", "predicted_recurring")


def left(dataset: Dataset, customers: Customers, window: Window) -> pd.DataFrame:
    """The rows of the customers who were there when the period began and are not when it ends, with the day they left, the
    months they stayed and their recurring revenue before. Raises `NothingToReport` where no file says who left."""
    spells = dataset.tables.get("spells")
    if spells is None or not spells.has("ended_at"):
        why = spells.unusable.get("ended_at") if spells is not None else None
        raise NothingToReport(
            why.seen if why else "no file says when customers leave",
            hint=why.hint if why else "Give subscriptions, or customers with start and end dates.",
        )
    if window.is_all:
        raise NothingToReport("under 'all' nobody was there before", hint="Choose a period with -p.")
    people = People(set(customers.frame["customer"]))
    places = people.places(spells.frame["customer"])
    before, after = (lookup.present_at(spells.frame, "started_at", "ended_at", at) for at in (window.start, window.end))
    still = np.zeros(len(people) + 1, dtype=bool)
    still[places[after]] = True
    rows = np.flatnonzero(before & ~still[places])
    started, ended = moments(spells.frame, "started_at")[rows], moments(spells.frame, "ended_at")[rows]
    days = day_numbers(ended, dataset.settings.timezone).astype("datetime64[D]")
    mrr = lookup.recurring(people, dataset.tables.get("recurring"), window.start)
    added = {
        "left_at": np.datetime_as_string(days).astype(object),
        "months_stayed": months_held(started, ended),
        "mrr_lost": np.where(customers.several, np.nan, mrr)[places[rows]],
    }
    return customers.frame.iloc[places[rows]].drop(columns=[*_AHEAD]).assign(**added)
