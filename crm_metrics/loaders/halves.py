"""Moments that lie in two or three columns: a date, the time of its day, and the time zone, as PayPal, Square and forms have
them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crm_metrics.loaders.vocabulary import words_of

_DATES = "date dates datum day tag jour fecha dia giorno dag data dzien 日付 日"
_TIMES = "time uhrzeit zeit heure hora ora orario tijd tijdstip godzina czas 時刻 時間"
_SMALL = frozenset(["at", "on", "am", "um", "a", "le", "el", "il", "op", "of"])
_DATED, _TIMED = frozenset(_DATES.split()), frozenset(_TIMES.split())
_ZONES = (
    *("time zone", "timezone", "zeitzone", "fuseau horaire", "zona horaria", "fuso horario", "fuso orario", "tijdzone"),
    *("strefa czasowa", "tz", "タイムゾーン"),
)
_TIME_OF_DAY = re.compile(
    r"(?:[01]?\d|2[0-3])[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?\s?[Mm]\.?)?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?"
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
    found: dict[str, Halves] = {}
    for name, place in sorted(dates.items(), key=lambda pair: pair[1]):
        if any(":" in (cell or "") for cell in head[place]):
            continue
        rest = _left(words[place], _DATED)
        said = [
            time for time, left in times.items() if left == rest and (time not in taken or _DATED & {*words[place]})
        ]
        near = [time for time in (place + 1, place - 1) if times.get(time) == () and time not in taken]
        free = [
            time for time in (said if len(said) == 1 else near) if time not in {half.time for half in found.values()}
        ]
        if free:
            found[name] = Halves(free[0], zone)
    return found


def _left(words: Sequence[str], others: Collection[str]) -> tuple[str, ...]:
    """The words without those, and without small ones."""
    return tuple(word for word in words if word not in others and word not in _SMALL)


def _is_time(head: Head, place: int) -> bool:
    cells = [cell.strip() for cell in head[place] if cell and cell.strip()] if place < len(head) else []
    return bool(cells) and all(map(_TIME_OF_DAY.fullmatch, cells))
