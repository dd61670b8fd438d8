"""The table `predictions`: what each customer will bring, one row for each customer and each end of a period that is asked
for. It is made only when a metric reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_metrics.analysis.lifetimes.histories import Histories, ledger
from crm_metrics.analysis.lifetimes.model import Model, predicted
from crm_metrics.analysis.lifetimes.verdict import judged, tested
from crm_metrics.engine.covering import Covering
from crm_metrics.engine.windows import Window
from crm_metrics.loaders import linking
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.tables import ROW, SOURCE, WHERE, Dataset, Table, Unusable
from crm_metrics.tables.frames import day_numbers

NAME = "predictions"


def with_predictions(dataset: Dataset, windows: Iterable[Window], dims: Sequence[str]) -> Dataset:
    """The dataset with the predictions at the end of each window, with the dimensions of the customers; unchanged when
    there are no purchases of known customers."""
    every = dataset.unfiltered or dataset.tables  # what is expected of a customer rests on all purchases
    purchases = every.get("purchases")
    if purchases is None or not purchases.has("customer") or not purchases.has("purchased_at"):
        return dataset
    frame, settings = purchases.frame, dataset.settings
    book = ledger(frame, settings.timezone)
    mixed = currencies(frame)
    parts, refused, notes = [], {}, list(dataset.notes)
    covered_windows = Covering(dataset, Catalog({}), list(windows)).windows("purchases")
    for end in sorted({window.end for window in covered_windows if window.start < window.end}):
        day = last_day(end, settings.timezone)
        histories = book.until(day)
        model = judged(book, histories, until=day, mixed=mixed if len(mixed) > 1 else ())
        if model.trouble is not None:
            refused[end] = model.trouble
            continue
        predictions = predicted(histories, model, days=settings.clv_days, discount_rate=settings.discount_rate)
        notes = [*dataset.notes, *stated(model, settings.clv_days, settings.discount_rate)]
        parts.append(_rows(frame, histories, predictions.value * settings.gross_margin, end))
    frames = pd.concat(parts, ignore_index=True) if parts else _rows(frame, book.until(-(10**6)), np.zeros(0), 0)
    table = Table(NAME, frames)
    if parts:
        table.refused = {end: trouble.reason for end, trouble in refused.items()}
    else:
        table.unusable["value"] = refused[max(refused)] if refused else Unusable("no-rows", "the period has not begun")
    for dim in (*dims, *([WHERE] if dataset.unfiltered else [])):
        linking.carry({**every, NAME: table}, dim)
    covered = {NAME: dataset.coverage["purchases"]} if "purchases" in dataset.coverage else {}
    made_of = replace(dataset, notes=notes, coverage=dataset.coverage | covered)
    if not dataset.unfiltered:
        return replace(made_of, tables={**every, NAME: table})
    if not table.has(WHERE):
        unable = Unusable("missing-column", "the customers have no column to choose predicted values by")
        return replace(made_of, unfiltered={**every, NAME: table}, unable={**dataset.unable, NAME: unable})
    chosen = replace(table, frame=table.frame[table.chosen()].reset_index(drop=True))
    return replace(made_of, unfiltered={**every, NAME: table}, tables={**dataset.tables, NAME: chosen})


def _rows(purchases: pd.DataFrame, histories: Histories, value: np.ndarray, end: int) -> pd.DataFrame:
    """A row for each customer that is there at one edge of time alone: the end of the period."""
    named: dict[str, object] = {
        name: purchases[name].iloc[histories.row].array for name in ("customer", "currency") if name in purchases
    }
    at = np.full(len(value), np.datetime64(end, "us"))
    named |= {"predicted_at": at - np.timedelta64(1, "us"), "predicted_until": at, "value": value}
    return pd.DataFrame(named | {name: purchases[name].to_numpy()[histories.row] for name in (SOURCE, ROW)})


def currencies(purchases: pd.DataFrame) -> tuple[str, ...]:
    """The currencies of the purchases' amounts, in order; a blank among them is one of its own."""
    if "currency" not in purchases or "amount" not in purchases:
        return ()
    paid = purchases.loc[purchases["amount"].notna(), "currency"]
    return tuple(sorted({"(none)" if pd.isna(name) else str(name) for name in paid.unique()}))


def last_day(end: int, timezone: str | None) -> int:
    """The last day before an instant in microseconds since 1970, in days since then."""
    return int(day_numbers(np.array([end - 1], dtype="datetime64[us]"), timezone)[0])


def stated(model: Model, days: float, discount_rate: float) -> list[str]:
    """The model in sentences: what is predicted, of how many customers, and how it did on the last quarter of the time."""
    sentences = []
    if model.purchases is not None:
        what, discounted = "Purchases ahead", ""
        if model.spend is not None:
            what, discounted = "Predicted value", f", discounted month by month at {discount_rate * 100:.3g} % a year"
        many = f"{model.repeat_buyers:,} of {model.customers:,} customers bought on more than one day"
        sentences.append(f"{what}: the next {days:,.10g} days{discounted}; {many}")
    return [*sentences, *([tested(model.hold_out)] if model.hold_out is not None else [])]
