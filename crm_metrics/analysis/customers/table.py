"""One row per customer: what they bought, how they are, and what they will bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from crm_metrics.analysis.lifetimes import Model, Unit, judged, ledger, predicted
from crm_metrics.analysis.lifetimes.contracts import Contracts, contracts, months_held, worth
from crm_metrics.analysis.lifetimes.predictions import currencies, last_day
from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.errors import NothingToReport
from crm_metrics.settings import Settings
from crm_metrics.tables import Dataset, Table
from crm_metrics.tables.frames import moments, numbers


@dataclass(frozen=True)
class Customers:
    """`frame` has one row per customer who bought or began before the end of the day `until` (days since 1970); what is
    missing is NaN or None, dates are ISO text. `model` and `contracts` are what its expectations come from, over the next
    `days` at `discount_rate` a year. `currency` is that of all amounts; None where they have none or several, which each
    row then names. `several` marks customers whose own amounts are in several: they are not added."""

    frame: pd.DataFrame
    until: int
    model: Model
    contracts: Contracts
    days: float
    discount_rate: float
    currency: str | None = None
    several: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))


def customers(dataset: Dataset, *, at: int, unit: Unit = "weeks", days: float | None = None) -> Customers:
    """The customers as they are just before the instant `at`, in microseconds since 1970. Raises `NothingToReport` where
    there are none."""
    settings, tables = dataset.settings, dataset.tables
    days = days or settings.clv_days
    until = last_day(at, settings.timezone)
    bought = tables["purchases"].frame if "purchases" in tables else pd.DataFrame()
    book = ledger(bought, settings.timezone)
    histories = book.until(until)
    begun = _begun(dataset, at)
    buyers = (
        bought["customer"].iloc[histories.row].astype("object") if len(histories.row) else pd.Series(dtype="object")
    )
    people = People({*buyers, *begun["customer"].dropna().astype("object")})
    if not len(people) and len(bought) and ("customer" not in bought or bought["customer"].isna().all()):
        raise NothingToReport(
            "no deal or order names its customer",
            hint="Export it with the company or contact; 'crm-metrics scan' shows the columns that were found.",
        )
    if not len(people):
        raise NothingToReport(
            f"there is no customer yet at the end of {_dates(np.array([until]))[0]}",
            hint="Give orders, won deals, subscriptions, or customers with a start; another day with --as-of.",
        )
    of_buyers = partial(_spread, people.labels.get_indexer(pd.Index(buyers)), len(people))
    paid, several = _paid_in(people, dataset)
    mixed = currencies(bought)
    model = judged(book, histories, until=until, unit=unit, mixed=mixed if len(mixed) > 1 else ())
    predictions = predicted(histories, model, days=days, discount_rate=settings.discount_rate)
    last = histories.first + histories.last
    revenue = np.where(several, np.nan, of_buyers(histories.revenue))
    recency, frequency = scores(of_buyers(last)), scores(of_buyers(histories.orders))
    mrr = np.where(several, np.nan, recurring(people, tables.get("recurring"), at))
    contract = contracts(tables.get("spells") if "recurring" in tables else None, at)
    frame = pd.DataFrame(
        {
            "customer": people.labels.to_numpy(),
            "name": _names(people, dataset),
            "first_purchase": of_buyers(_dates(histories.first)),
            "last_purchase": of_buyers(_dates(last)),
            "orders": np.nan_to_num(of_buyers(histories.orders), nan=0 if "purchases" in tables else np.nan),
            "revenue": revenue,
            "currency": paid,
            "recency_score": recency,
            "frequency_score": frequency,
            "monetary_score": scores(revenue) if len(mixed) < 2 else np.full(len(people), np.nan),
            "rfm_segment": segments(recency, frequency),
            "open_tickets": open_tickets(people, tables.get("tickets"), at),
            "last_nps": last_score(people, tables.get("responses"), at),
            "mrr": mrr,
            "alive": of_buyers(predictions.alive),
            "expected_purchases": of_buyers(predictions.purchases),
            "predicted_value": of_buyers(predictions.value) * settings.gross_margin,
            "predicted_recurring": mrr * _worth(people, begun, contract, at, days, settings) * settings.gross_margin,
        }
    )
    currencies_seen = {name for name in paid if name is not None}
    currency = next(iter(currencies_seen)) if len(currencies_seen) == 1 else settings.currency
    return Customers(frame, until, model, contract, days, settings.discount_rate, currency, several)


def _spread(places: Ints, size: int, values: np.ndarray) -> np.ndarray:
    """Figures of buyers in the places that they have among all customers; missing for the others."""
    is_text = values.dtype == object
    spread = np.full(size, None if is_text else np.nan, dtype=object if is_text else np.float64)
    spread[places] = values
    return spread


def _begun(dataset: Dataset, at: int) -> pd.DataFrame:
    """The times as a customer that had begun before the instant."""
    if "spells" not in dataset.tables:
        return pd.DataFrame({"customer": pd.Series(dtype="object"), "started_at": pd.Series(dtype="datetime64[us]")})
    frame = dataset.tables["spells"].frame
    return frame[moments(frame, "started_at") < np.datetime64(at, "us")]


def _dates(days: Ints) -> np.ndarray:
    return np.datetime_as_string(days.astype("datetime64[D]")).astype(object)


def _names(people: People, dataset: Dataset) -> np.ndarray:
    """The customers' names where the customers file has them; None where a name would only repeat the id."""
    names = np.full(len(people), None, dtype=object)
    table = dataset.tables.get("customers")
    if table is None or not table.has("name") or not table.has("customer"):
        return names
    places = people.places(table.frame["customer"])
    kept = (places >= 0) & table.frame["name"].notna().to_numpy()
    names[places[kept]] = table.frame["name"].astype("object").to_numpy()[kept]
    names[names == people.labels.to_numpy()] = None
    return names


def _paid_in(people: People, dataset: Dataset) -> tuple[np.ndarray, Bools]:
    """The currency of each customer's amounts, None without one, and who has amounts in several."""
    currency = np.full(len(people), None, dtype=object)
    several = np.zeros(len(people), dtype=bool)
    if dataset.priced_in is not None:
        currency[:] = dataset.priced_in
        return currency, several
    tables = [dataset.tables[name] for name in ("purchases", "recurring") if name in dataset.tables]
    frames = [table.frame for table in tables if table.has("currency") and table.has("customer")]
    paid = [frame["currency"].astype("category") for frame in frames]
    names = sorted({str(name) for column in paid for name in column.cat.categories})
    pays_in = np.zeros((len(people) + 1, len(names) + 1), dtype=bool)  # the last of each: nobody, and no currency
    for frame, column in zip(frames, paid, strict=True):
        number = np.append([names.index(str(name)) for name in column.cat.categories], -1).astype(np.int64)
        pays_in[people.places(frame["customer"]), number[column.cat.codes.to_numpy()]] = True
    pays_in = pays_in[:-1, :-1]
    several = pays_in.sum(axis=1) > 1
    for place, name in enumerate(names):
        currency[pays_in[:, place] & ~several] = name
    return currency, several


def _worth(
    people: People, begun: pd.DataFrame, contract: Contracts, at: int, days: float, settings: Settings
) -> Floats:
    """What one unit of recurring revenue a month is worth from each customer, by how long the last time as one has been."""
    values = np.full(len(people), np.nan)
    edge = np.datetime64(at, "us")
    running = begun[~(moments(begun, "ended_at") < edge)]
    held = months_held(moments(running, "started_at"), np.full(len(running), edge))
    values[people.places(running["customer"])] = worth(contract, held, days=days, discount_rate=settings.discount_rate)
    return values


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


SCORES = (
    "Scores run from 1 to 5: 1 and five times the share of all customers who are below, rounded down, so that equal ones "
    "score alike. R by the last purchase day, F by the number of purchases, M by revenue."
)
# Name: scores R and F from and to, and what they say.
SEGMENTS = {
    "champions": ((4, 5), (4, 5), "buy often, and lately"),
    "loyal": ((3, 3), (4, 5), "buy often; the last time is a while ago"),
    "at risk": ((1, 2), (4, 5), "bought often, but not lately"),
    "potential loyal": ((4, 5), (2, 3), "bought lately, and not for the first time"),
    "need attention": ((3, 3), (2, 3), "in the middle of both"),
    "hibernating": ((1, 2), (2, 3), "bought a few times, long ago"),
    "new": ((4, 5), (1, 1), "bought lately, and seldom so far"),
    "cooling": ((3, 3), (1, 1), "bought seldom; the last time is a while ago"),
    "one-off": ((1, 2), (1, 1), "bought seldom, long ago"),
}


def scores(values: Floats) -> Floats:
    """The score of each value among all that are known; NaN where it is missing."""
    ascending = np.sort(values[~np.isnan(values)])
    below = np.searchsorted(ascending, values, side="left")
    return np.where(np.isnan(values), np.nan, 1 + np.floor(5 * below / max(len(ascending), 1)))


def segments(recency: Floats, frequency: Floats) -> np.ndarray:
    """The segment of each customer; None without scores."""
    segment = np.full(len(recency), None, dtype=object)
    for name, ((low, high), (least, most), _) in SEGMENTS.items():
        inside: Bools = (recency >= low) & (recency <= high) & (frequency >= least) & (frequency <= most)
        segment[inside] = name
    return segment
