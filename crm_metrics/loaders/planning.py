"""Which columns of a file to read, and as what: judged by a sample, so that most columns are typed while they are parsed.

Moments may lie in two or three columns, as PayPal, Square and forms have them: a date, the time of its day, the time zone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crm_metrics.loaders.coercing.words import MISSING
from crm_metrics.loaders.reading import As, Raw
from crm_metrics.loaders.vocabulary import words_of
from crm_metrics.schema import NUMERIC, Kind

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?")
_WHOLE = re.compile(r"-?\d+")
_POINT = re.compile(r"-?\d*\.\d+|-?\d+")
# Written so, a point can only separate decimals: not 1.234, which may be one thousand two hundred and thirty-four.
_PROVEN = re.compile(r"-?(?:\d*\.(?:\d{1,2}|\d{4,})|\d{4,}\.\d+|0?\.\d+)")
_FOREIGN_KEYS = ("customer", "customer_email", "lead_id", "order_id")


@dataclass(frozen=True)
class Plan:
    """The canonical names by place in the header, what each place is read as, and the dates of which a part lies in another
    column. `unread` is an id that is only wanted to see whether one repeats, `unit` a column that is only wanted to tell the
    rows' customers apart."""

    names: dict[str, int]
    columns: dict[int, As]
    halves: dict[str, Halves]
    unread: str | None = None
    unit: str = ""


def plan(
    raw: Raw,
    chosen: Mapping[str, int],
    kinds: Mapping[str, Kind],
    *,
    unread: str | None = None,
    unit: str = "",
    halves: Mapping[str, Halves] | None = None,
) -> Plan:
    """How to read the chosen columns of a file, with the `halves` of its dates. A column whose sample leaves a doubt is
    read as text and decided as a whole later. `unread` is an id that nobody reads: its numbers are enough to see that none
    repeats. `unit` only tells the rows' customers apart: their texts are not told apart while they are read."""
    head = raw.head if chosen else []
    columns = {place: _reading(name, kinds[name], head[place]) for name, place in chosen.items()}
    if unread is not None and unread in chosen and all(_WHOLE.fullmatch(cell or "") for cell in head[chosen[unread]]):
        columns[chosen[unread]] = As.INTEGER
    if columns.get(chosen.get(unit, -1)) is As.TEXT:
        columns[chosen[unit]] = As.PLAIN
    parts = {name: half for name, half in (halves or {}).items() if name in chosen}
    for half in parts.values():
        columns |= {place: As.TEXT for place in (half.time, half.zone) if place is not None}
    return Plan(dict(chosen), columns, parts, unread, unit)


def _reading(name: str, kind: Kind, cells: Sequence[str | None]) -> As:
    if kind is Kind.ID:
        return As.TEXT if name in _FOREIGN_KEYS and name != "lead_id" else As.PLAIN
    if kind is not Kind.DATE and kind not in NUMERIC:
        return As.TEXT
    filled = [text for text in map(str.strip, filter(None, cells)) if text.casefold() not in MISSING]
    if not filled:
        return As.TEXT
    if kind is Kind.DATE:
        return As.MOMENT if all(_ISO.fullmatch(cell) for cell in filled) else As.TEXT
    if kind in NUMERIC:
        if all(_WHOLE.fullmatch(cell) for cell in filled):
            return As.INTEGER
        if all(_POINT.fullmatch(cell) for cell in filled) and any(_PROVEN.fullmatch(cell) for cell in filled):
            return As.FLOAT
    return As.TEXT


_DATES = "date dates datum day tag jour fecha dia giorno dag data dzien 日付 日"
_TIMES = "time uhrzeit zeit heure hora ora orario tijd tijdstip godzina czas 時刻 時間"
_SMALL = frozenset(["at", "on", "am", "um", "a", "le", "el", "il", "op", "of"])
_DATED, _TIMED = frozenset(_DATES.split()), frozenset(_TIMES.split())
_ZONES = (
    *("time zone", "timezone", "zeitzone", "fuseau horaire", "zona horaria", "fuso horario", "fuso orario", "tijdzone"),
    *("strefa czasowa", "tz", "タイムゾーン"),
)
_TIME_OF_DAY = re.compile(
    r"(?:[01]?\d|2[0-4])[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?\s?[Mm]\.?)?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?"
)

Head = Sequence[Sequence[str | None]]


@dataclass(frozen=True)
class Halves:
    """Where the time of day of a date lies, and its time zone, if there is one."""

    time: int
    zone: int | None


def halves_of(header: Sequence[str], head: Head, dates: Mapping[str, int], taken: Collection[int]) -> dict[str, Halves]:
    """The other half of each date column, by its name: a column of times of day whose header says the same but for the words
    for date and time, or a bare "Time" beside it; only where the dates have no time of day themselves. What is `taken` for
    something else is a half only where the words of both say so: "First response date", "First response time"."""
    words = [words_of(label) for label in header]
    places = [place for place in range(len(header)) if place not in dates.values() and _TIMED & {*words[place]}]
    times = {place: _left(words[place], _TIMED) for place in places if _is_time(head, place)}
    if not times:
        return {}
    spelt = [" ".join(label) for label in words]
    zone = next((spelt.index(name) for name in _ZONES if name in spelt), None)
    halves: dict[str, Halves] = {}
    for name, place in sorted(dates.items(), key=lambda pair: pair[1]):
        if any(":" in (cell or "") for cell in head[place]):
            continue
        rest = _left(words[place], _DATED)
        is_said = not _DATED.isdisjoint(words[place])
        alike = [time for time, left in times.items() if left == rest and (time not in taken or is_said)]
        near = [time for time in (place + 1, place - 1) if times.get(time) == () and time not in taken]
        used = {half.time for half in halves.values()}
        free = [time for time in (alike if len(alike) == 1 else near) if time not in used]
        if free:
            halves[name] = Halves(free[0], zone)
    return halves


def _left(words: Sequence[str], others: Collection[str]) -> tuple[str, ...]:
    """The words without those, and without small ones."""
    return tuple(word for word in words if word not in others and word not in _SMALL)


def _is_time(head: Head, place: int) -> bool:
    cells = [cell.strip() for cell in head[place] if cell and cell.strip()] if place < len(head) else []
    return bool(cells) and all(map(_TIME_OF_DAY.fullmatch, cells))
