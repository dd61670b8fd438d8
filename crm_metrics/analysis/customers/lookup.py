"""What other tables know of each customer at an instant: tickets, answers, recurring revenue, times as a customer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.tables import Table
from crm_metrics.tables.frames import moments, numbers


class People:
    """All customers in order, and where the rows of a table belong among them."""

    def __init__(self, labels: set[str]) -> None:
        self.labels = pd.Index(sorted(labels), dtype="object")

    def __len__(self) -> int:
        return len(self.labels)

    def places(self, customers: pd.Series) -> Ints:
        """The place of each row's customer, −1 for one that is not among them and for none."""
        column = customers.astype("category")
        places = self.labels.get_indexer(column.cat.categories.astype("object"))
        return np.append(places, -1)[column.cat.codes.to_numpy()].astype(np.int64)

    def summed(self, places: Ints, weights: Floats | None = None) -> Floats:
        """What the rows at places add up to for each customer: their number, or the sum of their weights."""
        inside = places >= 0
        return np.bincount(
            places[inside], None if weights is None else weights[inside], minlength=len(self.labels)
        ).astype(np.float64)


def present_at(frame: pd.DataFrame, start: str, end: str, at: int) -> Bools:
    """The rows that are there just before an instant: begun before it and not ended before it."""
    edge = np.datetime64(at, "us")
    begun, over = moments(frame, start), moments(frame, end)
    return (begun < edge) & ~(over < edge)


def open_tickets(people: People, table: Table | None, at: int) -> Floats:
    """How many tickets of each customer are open; NaN for all where no tickets name customers."""
    if table is None or not table.has("customer") or not table.has("open_from"):
        return np.full(len(people), np.nan)
    opened = present_at(table.frame, "open_from", "open_until", at)
    return people.summed(people.places(table.frame["customer"])[opened])


def last_score(people: People, table: Table | None, at: int) -> Floats:
    """The newest answer of each customer to the promoter question; the lowest of several at one moment; NaN for none."""
    scores = np.full(len(people), np.nan)
    if table is None or not all(table.has(name) for name in ("customer", "responded_at", "score", "nps_group")):
        return scores
    places = people.places(table.frame["customer"])
    answered, score = moments(table.frame, "responded_at"), numbers(table.frame, "score")
    rated = (places >= 0) & (answered < np.datetime64(at, "us")) & table.frame["nps_group"].notna().to_numpy()
    rows = np.flatnonzero(rated)
    rows = rows[np.lexsort((-score[rows], answered[rows]))]
    scores[places[rows]] = score[rows]
    return scores


def recurring(people: People, table: Table | None, at: int) -> Floats:
    """The recurring revenue a month of each customer; NaN for all where no subscriptions are given."""
    if table is None:
        return np.full(len(people), np.nan)
    now = present_at(table.frame, "started_at", "ended_at", at)
    return people.summed(people.places(table.frame["customer"])[now], numbers(table.frame, "mrr")[now])
