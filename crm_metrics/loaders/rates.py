"""Exchange rates: from the settings and from the file they name, and which of them leads from one currency to another.

A rate holds from its day on until the next one; one without a day holds from ever. Where no rate leads from a currency to
the other, the opposite one is turned round; failing that, two are multiplied that are of the same day and meet in one
currency. Both are exact up to how the rates were rounded, and the report says so. Ways through several currencies are an
error.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.errors import DataError, SettingsError
from crm_metrics.loaders.gathering import Fetched
from crm_metrics.loaders.normalising import FileRows, normalise
from crm_metrics.loaders.planning import plan
from crm_metrics.loaders.reading import Cells, Raw, open_inputs
from crm_metrics.loaders.recognising import Layout, recognise
from crm_metrics.settings import Settings
from crm_metrics.tables import ROW

if TYPE_CHECKING:
    from crm_metrics.settings.hours import Rate

EVER = np.iinfo(np.int64).min  # the day of a rate without one; also how a missing day looks as a number
_LAYOUT = Layout(
    vendor="settings",
    title="exchange rates",
    table=schema.RATES,
    columns={
        "valid_at": ("date", "day", "valid from", "valid at"),
        "base": ("from", "base", "base currency", "from currency", "currency"),
        "quote": ("to", "quote", "quote currency", "to currency"),
        "rate": ("rate", "exchange rate"),
    },
    needs=(frozenset({"base"}), frozenset({"quote"}), frozenset({"rate"})),
)


@dataclass(frozen=True)
class Series:
    """The rates of one currency in another, by the day from which each holds; `how` says how they were come by, empty where
    they are given as they are."""

    days: NDArray[np.int64]
    rates: NDArray[np.float64]
    how: str = ""

    def on(self, days: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The last rate known on each day, NaN before the first, and how many days old it is, 0 for one without a day."""
        place = np.searchsorted(self.days, days, side="right") - 1
        is_given = place >= 0
        rates = np.where(is_given, self.rates[np.maximum(place, 0)], np.nan)
        since = self.days[np.maximum(place, 0)]
        dated = is_given & (since != EVER)
        return rates, np.where(dated, days - np.where(dated, since, 0), 0)


class Book:
    """All rates there are."""

    def __init__(self, rates: Sequence[Rate], where: str) -> None:
        self._where = where
        self._given: dict[tuple[str, str], dict[int, float]] = {}
        for rate in rates:
            day = EVER if rate.day is None else int(np.datetime64(rate.day, "D").astype(np.int64))
            by_day = self._given.setdefault((rate.base, rate.to), {})
            if by_day.setdefault(day, rate.rate) != rate.rate:
                when = f" on {rate.day}" if rate.day else ""
                problem = f"{rate.base} to {rate.to} has two rates{when}: {by_day[day]:g} and {rate.rate:g}"
                raise SettingsError(problem, where=where, hint="Keep the one that is right.")

    def series(self, base: str, to: str) -> Series | None:
        """The rates that lead from a currency to another; None when none do. Raises `SettingsError` when they could be made
        through several currencies."""
        if (direct := self._direct(base, to)) is not None:
            return direct
        others = {*chain(*self._given)} - {base, to}
        across = {name: series for name in others if (series := self._across(base, name, to))}
        if len(across) > 1:
            raise SettingsError(
                f"no rates lead from {base} to {to}, and they could be made through {' or '.join(sorted(across))}",
                where=self._where,
                hint=f"Give rates from {base} to {to}.",
            )
        return next(iter(across.values()), None)

    def _direct(self, base: str, to: str) -> Series | None:
        """The rates as they are given, else the opposite ones turned round."""
        if by_day := self._given.get((base, to)):
            return _series(by_day)
        if by_day := self._given.get((to, base)):
            return _series({day: 1 / rate for day, rate in by_day.items()}, f"1 ÷ the rate from {to} to {base}")
        return None

    def _across(self, base: str, through: str, to: str) -> Series | None:
        first, second = self._direct(base, through), self._direct(through, to)
        if first is None or second is None:
            return None
        days, at, at_other = np.intersect1d(first.days, second.days, return_indices=True)
        products = first.rates[at] * second.rates[at_other]
        return Series(days, products, f"through {through}, by rates of the same day") if len(days) else None


def _series(rates: dict[int, float], how: str = "") -> Series:
    days = sorted(rates)
    return Series(np.array(days, dtype=np.int64), np.array([rates[day] for day in days]), how)


def book(settings: Settings, *, index: int) -> tuple[Book, list[tuple[Raw, FileRows]]]:
    """The rates of the settings and of their file, with the file, if any, as it was read; `index` is its number among the
    sources.
    Raises `SettingsError`, and `DataError` for a file in which a rate cannot be read."""
    assert settings.rates is not None
    rates, path = list(settings.rates.given), settings.rates.file
    if path is None:
        return Book(rates, settings.file or "settings"), []
    raw, file = _read(path, settings, index)
    return Book([*rates, *_rates(file)], path), [(raw, file)]


def _read(path: str, settings: Settings, index: int) -> tuple[Raw, FileRows]:
    tables = open_inputs([path], stated=settings.stated).tables
    if len(tables) != 1:
        raise DataError("a file of exchange rates holds one table", where=path)
    raw = tables[0]
    recognised = recognise(raw.header, path, among=[_LAYOUT])
    if recognised is None:
        headers = ", ".join(label for label in raw.header if label)
        raise DataError(
            f"exchange rates need the columns from, to and rate, and date where they change; it has {headers}",
            where=path,
        )
    kinds = {name: schema.TABLES[schema.RATES].columns[name].kind for name in recognised.columns}
    how = plan(raw, recognised.columns, kinds)
    cells: Future[Cells] = Future()
    cells.set_result(raw.read(how.columns))
    # Days of rates are days of the calendar in whatever zone the report is.
    own = settings.but(timezone=None)
    return raw, normalise(Fetched(raw, recognised, how, cells), own, index)


def _rates(file: FileRows) -> list[Rate]:
    """The rows as rates. Raises `DataError` that names all rows in which something is missing or cannot be one."""
    frame, where = file.frame, file.source.path
    base, quote = (frame[name].astype("str").str.strip().str.upper() for name in ("base", "quote"))
    rate = frame["rate"].to_numpy(dtype=np.float64, na_value=np.nan)
    good = (rate > 0) & np.isfinite(rate) & frame["base"].notna().to_numpy() & frame["quote"].notna().to_numpy()
    days: list[object] = [None] * len(frame)
    if "valid_at" in frame:
        good &= frame["valid_at"].notna().to_numpy()
        days = [None if pd.isna(day) else day.date() for day in frame["valid_at"]]
    bad = sorted([*frame[ROW].to_numpy()[~good].tolist(), *(row for _, row, _ in file.source.unread)])
    if bad:
        shown = ", ".join(map(str, bad[:5])) + (", …" if len(bad) > 5 else "")
        hint = "Every row needs a date, two currencies and a rate above 0."
        raise DataError(f"{len(bad)} rows are no exchange rate (row {shown})", where=where, hint=hint)
    from crm_metrics.settings.hours import Rate

    rows = zip(base, quote, rate.tolist(), days, strict=True)
    return [Rate.model_validate({"base": a, "to": b, "rate": value, "day": day}) for a, b, value, day in rows]
