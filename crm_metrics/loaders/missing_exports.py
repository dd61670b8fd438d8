"""Exports that seem to be missing: days without a record in the midst of others, files that end before those beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

import numpy as np

from crm_metrics import schema
from crm_metrics.issues import Issue
from crm_metrics.loaders.facts.draft import Draft, Ints
from crm_metrics.loaders.recognising import normalised
from crm_metrics.tables import ROW, SOURCE, Table
from crm_metrics.tables.frames import day_numbers, moments

YEAR, ENOUGH = 365, 30  # the days that are looked at, and how many are enough to tell what is usual
WEEK, MONTH = 7, 31
_RARE = 10  # times the usual pause: so long a one comes by chance once in a thousand tables
_MOST_GAPS = 3
_ODD_RANGES = 0.2  # of the ranges of a report of weeks or months may be cut by its ends
_EPOCH = date(1970, 1, 1).toordinal()
_LISTS = ("customers", "subscriptions")  # of these several tools have each their own part


@dataclass
class _Chain:
    """Files of the same columns of which each begins after the one before: the days on which their records came in, the
    newest and oldest day on which anything happened."""

    headers: frozenset[str]
    path: str
    came_in: Ints
    happened: Ints
    is_whole: bool


def report(draft: Draft, table: Table, came_in: Ints, happened: Ints) -> None:
    """Say what seems to be missing of a table, of which records came in and anything happened on these days."""
    files, last = draft.files(table), int(happened[-1])
    if len(files) == 1:
        chains = [_Chain(frozenset(), draft.sources[files[0]].path, came_in, happened, True)]
    else:
        chains = _chains(draft, table, int(happened[0]), last)
    for chain in chains:
        _say_gaps(draft, table, chain)
    for chain in chains if table.name not in _LISTS else ():
        if not chain.is_whole or is_usual(last - int(chain.happened[-1]), chain.happened):
            continue
        middle = chain.happened[len(chain.happened) // 2]
        if any(other.happened[0] <= middle and other.happened[-1] == last for other in chains):
            days = {"last": str(date_of(chain.happened[-1])), "until": str(date_of(last))}
            seen = {"table": schema.called(table.name), **days}
            draft.issues.append(Issue("file-ends-early", chain.path, detail=seen))


def _chains(draft: Draft, table: Table, first: int, last: int) -> list[_Chain]:
    """A table's files as chains. What is left of an older export, or of another breakdown, is no whole one."""
    spec = schema.TABLES[table.name]
    names = [name for name in dict.fromkeys((*spec.moments, *spec.traces)) if table.has(name)]
    source = table.frame[SOURCE].to_numpy()
    numbers = {name: day_numbers(moments(table.frame, name), draft.settings.timezone) for name in names}
    found: list[_Chain] = []
    for i in draft.files(table):
        days = {name: np.unique(column[source == i]) for name, column in numbers.items()}
        days = {name: column[(column >= first) & (column <= last)] for name, column in days.items()}
        happened = np.unique(np.concatenate([*days.values()]))
        if len(happened):
            of = draft.sources[i]
            headers = frozenset(map(normalised, [*of.columns.values(), *of.unmapped]))
            whole = not {"older-version", "same-spend", "repeated-id"} & of.left_out.keys()
            found.append(_Chain(headers, of.path, days.get(spec.placed_by, happened[:0]), happened, whole))
    chains: list[_Chain] = []
    for file in sorted(found, key=lambda file: int(file.happened[0])):
        before = [
            one for one in chains if one.headers == file.headers and 0 < file.happened[0] - one.happened[-1] < YEAR
        ]
        if not before:
            chains.append(file)
            continue
        own = max(before, key=lambda one: SequenceMatcher(None, one.path, file.path).ratio())
        own.path, own.is_whole = file.path, own.is_whole and file.is_whole
        own.came_in = np.concatenate([own.came_in, file.came_in])
        own.happened = np.concatenate([own.happened, file.happened])
    return chains


def _say_gaps(draft: Draft, table: Table, chain: _Chain) -> None:
    """Say between which days nothing came in, where that is far longer than between all the others: costs are of every day
    (not where each campaign has days of its own), of other records a month may be quiet."""
    if table.in_parts:
        lengths = table.frame.groupby([SOURCE, ROW]).size()
        if ((lengths - lengths.median()).abs() > MONTH - 28).mean() > _ODD_RANGES:
            return
    is_spend = table.name == "spend"
    least, enough = (WEEK // 2, MONTH // 3) if is_spend else (MONTH - 3, ENOUGH)
    pauses = np.diff(chain.came_in)
    order = np.argsort(pauses, kind="stable")
    for count in range(min(_MOST_GAPS, len(chain.came_in) - enough), 0, -1):
        odd, others = order[-count:], pauses[order[:-count]]
        if pauses[odd[0]] > max(least, 2 * others.max(), 0 if is_spend else _RARE * others.mean()):
            for at in np.sort(odd).tolist():
                first, last = date_of(chain.came_in[at] + 1), date_of(chain.came_in[at + 1] - 1)
                seen = {"table": schema.called(table.name), "first": str(first), "last": str(last)}
                draft.issues.append(Issue("gap-in-days", chain.path, int(pauses[at]) - 1, detail=seen))
            return


def is_usual(pause: int, days: Ints) -> bool:
    """Whether so many days without a record after the last of some days are nothing out of the way: by the 365 days that end
    with it, their longest and their mean pause, or, where they are few, by the time between the first and the last."""
    recent = days[days > days[-1] - YEAR]
    pauses = np.diff(recent)
    if len(recent) >= ENOUGH:
        return bool(pause <= max(WEEK, 2 * pauses.max(), WEEK * pauses.mean()))
    return bool(pause <= max(MONTH, recent[-1] - recent[0]))


def date_of(number: int) -> date:
    """The date of a day by its number since 1970-01-01."""
    return date.fromordinal(_EPOCH + int(number))


def number_of(day: date) -> int:
    """The number of a day since 1970-01-01."""
    return day.toordinal() - _EPOCH
