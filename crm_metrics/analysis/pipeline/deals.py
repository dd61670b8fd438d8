"""All deals as columns of days: which were open at the end of a day, what was known of them then, and how long nothing was
done about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_metrics.engine.cells import Bools, Floats, Ints
from crm_metrics.errors import NothingToReport
from crm_metrics.settings import Settings
from crm_metrics.tables import ROW, SOURCE, Dataset
from crm_metrics.tables.frames import NEVER, day_numbers, moments, numbers

Texts = NDArray[Any]  # of str, None where missing
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Entries:
    """When deals entered stages for the first time: the place of the deal, of the stage among `labels` (from first to
    last), and the day; those of one deal in their order."""

    deal: Ints
    stage: Ints
    day: Ints
    labels: tuple[str, ...]

    def until(self, day: int) -> Entries:
        """Those that were known at the end of a day."""
        rows = self.day <= day
        return Entries(self.deal[rows], self.stage[rows], self.day[rows], self.labels)

    def latest(self, size: int) -> tuple[Ints, Ints]:
        """The stage that each of so many deals entered last, −1 for none, and the day it did."""
        stage, since = np.full(size, -1, dtype=np.int64), np.full(size, NEVER, dtype=np.int64)
        stage[self.deal], since[self.deal] = self.stage, self.day  # of several the last one stays
        return stage, since


@dataclass(frozen=True)
class Deals:
    """One entry per deal. Days are numbered from 1970 in the report's zone, `NEVER` where not known; `closed` is the day a
    deal was won or lost, `expected` the day it is, or was, thought to close, `active` the day of the last activity that the
    file knows. Amounts are NaN where missing. `today` is as-of, `newest` the last day of the export, which may lie behind
    it; `closed_since` are deals that are open at as-of and have been closed by then."""

    frame: pd.DataFrame
    created: Ints
    closed: Ints
    expected: Ints
    won: Bools
    lost: Bools
    is_open: Bools
    closed_since: Bools
    amount: Floats
    currency: Texts
    entries: Entries | None
    today: int
    newest: int
    active: Ints

    @classmethod
    def of(cls, dataset: Dataset) -> Deals:
        """The deals of a dataset. Raises `NothingToReport` when it has none."""
        table = dataset.tables.get("deals")
        if table is None or not len(table.frame):
            raise NothingToReport("there are no deals in these files", hint="Give an export of deals or opportunities.")
        frame, zone = table.frame, dataset.settings.timezone
        days = {
            name: day_numbers(moments(frame, name), zone)
            for name in ("created_at", "closed_at", "expected_close_at", "last_activity_at")
        }
        outcome = frame["outcome"].astype("str").to_numpy()
        return cls(
            frame,
            days["created_at"],
            days["closed_at"],
            days["expected_close_at"],
            outcome == "won",
            outcome == "lost",
            outcome == "open",
            (outcome == "open") & ~frame["is_still_open"].to_numpy(dtype=bool),
            numbers(frame, "amount"),
            _currencies(dataset, frame),
            _entries(dataset, frame),
            number_of(dataset.as_of),
            number_of(_newest(dataset)),
            days["last_activity_at"],
        )

    def __len__(self) -> int:
        return len(self.created)

    @cached_property
    def probability(self) -> Floats:
        return numbers(self.frame, "probability")

    def open_at(self, day: int) -> Bools:
        """Those open at the end of a day: created by then, and not closed. What is won or lost without a date was never
        open; what is open without a creation date is open now, and in no earlier pipeline."""
        still = self.is_open | ((self.won | self.lost) & (self.closed > day))
        unplaced = self.is_open & (self.created == NEVER) & (day >= self.today)
        return (still & (self.created != NEVER) & (self.created <= day)) | unplaced

    def closed_by(self, day: int) -> Bools:
        """Those won or lost on a known day, up to this one."""
        return (self.won | self.lost) & (self.closed != NEVER) & (self.closed <= day)

    def cycle(self) -> Floats:
        """Days from creation to the close, NaN where either is missing or they are the wrong way round."""
        closed = (self.won | self.lost) & (self.closed != NEVER)
        timed = closed & (self.created != NEVER) & (self.closed >= self.created)
        return np.where(timed, self.closed.astype(float) - np.where(timed, self.created, 0), np.nan)

    def amounts_known(self, day: int) -> bool:
        """Whether the amounts are those that open deals had at the end of a day: now they are; before, not where by then
        most deals lost had none. Some tools fill them in when a deal is won: an amount then gives the outcome away."""
        closed, priced = self.closed_by(day), self.amount > 0
        won, lost = closed & self.won, closed & self.lost
        if day >= self.newest or not won.any() or not lost.any():
            return True
        return bool(priced[lost].mean() >= 0.5 * priced[won].mean())

    def stage_at(self, day: int) -> Texts:
        """The stage of each deal at the end of a day, None where it is not known: now by the file, before by the history."""
        if day >= self.today:
            return texts(self.frame, "stage")
        if self.entries is None:
            return np.full(len(self), None, dtype=object)
        place, _ = self.entries.until(day).latest(len(self))
        return np.array([*self.entries.labels, None], dtype=object)[place]

    @cached_property
    def names(self) -> Texts:
        """What each deal is called: its name, else its id, else nothing."""
        names, ids = texts(self.frame, "name"), texts(self.frame, "deal_id")
        return np.array([name or identity or "" for name, identity in zip(names, ids, strict=True)], dtype=object)

    @cached_property
    def owners(self) -> Texts:
        return texts(self.frame, "owner")

    @cached_property
    def places(self) -> NDArray[Any]:
        """The number of each deal's file, and its row as a spreadsheet shows it."""
        return self.frame[[SOURCE, ROW]].to_numpy(dtype=np.int64)


def _newest(dataset: Dataset) -> date:
    """The last day of the export of deals, as-of at the earliest."""
    covered = dataset.coverage.get("deals")
    return dataset.as_of if covered is None else max(covered.newest, dataset.as_of)


def number_of(day: date) -> int:
    """The number of a day, from 1970."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date | None:
    """The day of a number; None for `NEVER`."""
    return None if number == NEVER else date.fromordinal(int(number) + _EPOCH)


def texts(frame: pd.DataFrame, column: str) -> Texts:
    """A column of texts, None where it is missing or there is none of that name."""
    if column not in frame:
        return np.full(len(frame), None, dtype=object)
    values = frame[column].astype("str").astype(object)
    return values.where(frame[column].notna().to_numpy(), None).to_numpy()


def _currencies(dataset: Dataset, frame: pd.DataFrame) -> Texts:
    """The currency of each amount; that of the settings where the file names none at all."""
    if dataset.priced_in is not None:
        return np.full(len(frame), dataset.priced_in, dtype=object)
    currencies = texts(frame, "currency")
    if all(name is None for name in currencies):
        return np.full(len(frame), dataset.settings.currency, dtype=object)
    return currencies


def _entries(dataset: Dataset, frame: pd.DataFrame) -> Entries | None:
    """The stages that deals went through, first entries; None where no file has a history. Ids that occur more than once
    among the deals (two systems) say nothing."""
    table = dataset.tables.get("stage_visits")
    if table is None or not len(table.frame) or "deal_id" not in frame or "entered_at" not in table.frame:
        return None
    ids = pd.Index(frame["deal_id"].astype("str"))
    once = np.flatnonzero(~ids.duplicated(keep=False) & frame["deal_id"].notna().to_numpy())
    place_of_id = ids[once].get_indexer(pd.Index(table.frame["deal_id"].astype("str")))
    stage = table.frame["stage"].astype("category").cat
    day = day_numbers(table.frame["entered_at"].to_numpy(), dataset.settings.timezone)
    place, code = stage.codes.to_numpy().astype(np.int64), np.append(once, -1)[place_of_id]
    kept = (code >= 0) & (place >= 0) & (day != NEVER)
    time = table.frame["entered_at"].to_numpy().astype("datetime64[us]").view(np.int64)[kept]
    order = np.lexsort((place[kept], time, code[kept]))
    labels = tuple(map(str, stage.categories))
    return Entries(code[kept][order], place[kept][order], day[kept][order], labels) if kept.any() else None


@dataclass(frozen=True)
class Activity:
    """Of each open deal the days since its last activity: NaN where they cannot be told, negative where it lies ahead. They
    are counted from its creation where there was none since (`never`); more than `limit` are too many. `untold` counts the
    deals whose file gives no activity at all, `later` those with one after the as-of that is set: what came before it is
    not known. Where none is set, as-of is the newest day of deals, and a later activity shows that something is done."""

    days: Floats
    never: Bools
    limit: int
    untold: int
    later: int

    @property
    def inactive(self) -> Bools:
        """The deals without activity for too long."""
        return self.days > self.limit

    def inactive_of(self, those: Ints) -> int | None:
        """How many of some open deals are; None where it can be told of none."""
        return int(self.inactive[those].sum()) if (~np.isnan(self.days[those])).any() else None


def activity(deals: Deals, place: Ints, day: int, settings: Settings) -> Activity:
    """What is known of the activity of the deals at these places, at the end of a day."""
    files, last, created = deals.places[:, 0], deals.active[place], deals.created[place]
    # A file in which the whole column is blank says as little as one without it.
    recorded = np.isin(files[place], files[deals.active != NEVER])
    later = (last > day) & (settings.as_of is not None)
    since = np.maximum(last, created)
    dated = recorded & ~later & (since != NEVER)
    days = np.where(dated, day - np.where(dated, since, day), np.nan)
    return Activity(
        days, recorded & (last < created), settings.no_activity_days, int((~recorded).sum()), int(later.sum())
    )
