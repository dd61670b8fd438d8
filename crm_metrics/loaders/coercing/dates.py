"""Dates from text: the written forms are told apart for the whole column, then the day/month order for the whole file.

Times are microseconds since 1970 of the wall clock that is written; `NEVER` stands for a missing or unreadable one.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.loaders.coercing.words import MONTHS

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).min
SECOND = 1_000_000
DAY = 86_400 * SECOND
AFTER_LAST = np.datetime64("10000-01-01", "us").astype(np.int64)  # behind the last date of a calendar

# Minutes east of UTC. Not CST, IST, BST, AST: each is the zone of several countries.
_ZONES = (
    "Z=0 UTC=0 GMT=0 WET=0 WEST=60 CET=60 CEST=120 MEZ=60 MESZ=120 EET=120 EEST=180 MSK=180 JST=540 AEST=600 AEDT=660 "
    "NZST=720 NZDT=780 BRT=-180 EST=-300 EDT=-240 MST=-420 MDT=-360 PST=-480 PDT=-420 AKST=-540 HST=-600"
)
ZONES = {name: int(minutes) for name, _, minutes in (zone.partition("=") for zone in _ZONES.split())}

_ZONE_NAMES = "|".join(sorted(ZONES, key=lambda name: (-len(name), name)))
_TIME = (
    r"(?:(?:[T ,]+|,? (?:um|à|a las?|[àa]s|alle|alle ore|ore|om|o|at|kl\.?) )(?P<h>\d{1,2})[:.h](?P<mi>\d{2})"
    r"(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?(?P<zh>[+-]\d{2}$)?)?"  # Postgres' offsets: whole hours after the seconds
    r"(?: (?:Uhr|uur|h)\.?)?\s*(?:(?P<ap>[AaPp])\.?\s?[Mm]\.?)?)?"
    rf"\s*(?P<z>(?:UTC|GMT)[+-]\d{{1,2}}(?::?\d{{2}})?|[+-]\d{{2}}:?\d{{2}}|{_ZONE_NAMES})?(?: \([^()]*\))?$"
)
_DAY_OF_WEEK = r"^(?:\p{L}{2,14}\.?,? )?"
_ORDINAL = r"(?:\.|st|nd|rd|th|er|[oaº°])?"
_NUMERIC = r"^(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{4}|\d{1,2})\.?" + _TIME
_COMPACT = r"^(?P<a>(?:19|20|21)\d{2})(?P<b>\d{2})(?P<c>\d{2})" + _TIME
_DAY_NAMED = (
    rf"{_DAY_OF_WEEK}(?P<a>\d{{1,2}}){_ORDINAL}[-/. ]+(?:de |of )?(?P<n>\p{{L}}{{3,13}})\.?[-/., ]+(?:del? )?"
    r"(?P<c>\d{4}|\d{2})" + _TIME
)
_NAMED_DAY = (
    rf"{_DAY_OF_WEEK}(?P<n>\p{{L}}{{3,13}})\.?[-/ ]+(?P<a>\d{{1,2}}){_ORDINAL},?[-/ ]+(?P<c>\d{{4}}|\d{{2}})" + _TIME
)
_YEAR_NAMED = r"^(?P<c>\d{4})[-/. ]+(?P<n>\p{L}{3,13})\.?[-/. ]+(?P<a>\d{1,2})" + _TIME
_NAMING = (_DAY_NAMED, _NAMED_DAY, _YEAR_NAMED)
_PATTERNS = (_NUMERIC, _COMPACT, *_NAMING)
# What every date has that names its month: two numbers apart, and three signs in a row of which none is known to be no
# letter. Making ready to look for the names themselves takes longer than most columns take to read.
_MAY_NAME = (r"\d\D+\d", r"[^\x00-@\[-`{-\x7f]{3}")
# Japanese: the signs behind year, month, day and clock are the dashes and colons of others; the day of the week goes.
_SIGNS = (
    (r"\s?\(?[月火水木金土日](?:曜日?)?\)(?:曜日)?", ""),
    (r"(\d{4})年\s?(\d{1,2})月\s?(\d{1,2})日", r"\1-\2-\3"),
    (r"(\d{1,2})時\s?(\d{1,2})分(?:\s?(\d{1,2})秒)?", r"\1:\2:\3"),
    (r"(:\d{1,2}):$", r"\1"),
    (r"午前\s?([\d:]+)", r" \1 am"),
    (r"午後\s?([\d:]+)", r" \1 pm"),
)
_SERIAL = r"^(?P<v>\d{5}(?:\.\d+)?)$"
_EXCEL_EPOCH_DAYS = 25_569  # days from Excel's 1899-12-30 to 1970-01-01
_SERIALS = (20_000, 80_000)  # 1954 to 2119: a plain number outside is no date
_HALVES = 3  # texts of each kind from which on it is no chance
_DOTTED = r"^\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}\b"
_UNIX = {r"^1\d{9}$": SECOND, r"^1\d{12}$": SECOND // 1000}  # seconds or milliseconds: 2001 to 2033


@dataclass(frozen=True)
class Written:
    """The distinct texts of a date column taken apart. `open` are those of which the first two numbers are day and month in
    an order that has to be decided; `time` is the time of day in microseconds, `zone` the offset from UTC in minutes; with
    `unix` all are Unix time, with `dotted` one of the open ones is written with points (13.01.2025)."""

    first: Ints
    second: Ints
    year: Ints
    open: Bools
    is_date: Bools
    serial: Ints
    time: Ints
    zone: NDArray[np.float64]
    unix: bool = False
    dotted: bool = False

    @property
    def orders(self) -> set[str]:
        """The day/month orders that every text allows."""
        first, second = self.first[self.open], self.second[self.open]
        allowed = set()
        if (second <= 12).all() and (first <= 31).all():
            allowed.add("dmy")
        if (first <= 12).all() and (second <= 31).all():
            allowed.add("mdy")
        # Whoever separates with points writes the day first: no locale of CLDR has month.day.year.
        return {"dmy"} if self.dotted and "dmy" in allowed else allowed

    @property
    def exchanged(self) -> Bools | None:
        """The texts whose day and month a program may have exchanged: those of no open order, where none of them has a day
        that is no month, and every other text has one, which the program could not read; None where that is not so."""
        parsed = self.is_date & ~self.open & (self.serial == NEVER)
        is_half = parsed.sum() >= _HALVES and self.open.sum() >= _HALVES and (self.first[parsed] <= 12).all()
        unread = (self.first[self.open] > 12) | (self.second[self.open] > 12)
        return parsed if is_half and unread.all() else None

    @property
    def proof(self) -> int | None:
        """The place of a text that allows only one order; None when there is none."""
        proving = np.flatnonzero(self.open & ((self.first > 12) | (self.second > 12)))
        return int(proving[0]) if len(proving) else None


def take_apart(texts: pa.Array) -> Written:
    """The parts of each text; what is no date in any written form is not `is_date`."""
    n = len(texts)
    if (stamps := _unix(texts)) is not None:
        zero, yes = np.zeros(n, dtype=np.int64), np.ones(n, dtype=bool)
        return Written(zero, zero, zero, ~yes, yes, stamps, zero, np.zeros(n), unix=True)
    parts = {name: np.zeros(n, dtype=np.int64) for name in ("first", "second", "year", "time")}
    parts["serial"] = np.full(n, NEVER)
    is_open, is_date, zone = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool), np.full(n, np.nan)
    texts = _in_plain_signs(pc.utf8_trim_whitespace(texts))
    for pattern in _PATTERNS:
        if is_date.all() or (pattern in _NAMING and not (_may_name(texts) & ~is_date).any()):
            break
        match = pc.extract_regex(texts, pattern)
        hit = np.asarray(match.is_valid()) & ~is_date
        if not hit.any():
            continue
        field = {name: match.field(name) for name in _groups(pattern)}
        a, c = _whole(field["a"]), _whole(field["c"])
        if "n" in field:
            day, month, year = a, _each(field["n"], month_of, 0), _century(c)
        elif pattern == _COMPACT:
            day, month, year = c, _whole(field["b"]), a
        else:
            b, year_first = _whole(field["b"]), np.asarray(pc.equal(pc.utf8_length(field["a"]), 4).fill_null(False))
            # Year first: month, day. Else day and month in an order still to be found, kept as they stand.
            day, month, year = np.where(year_first, c, a), b, np.where(year_first, a, _century(c))
            is_open |= hit & ~year_first
        for name, values in (("first", day), ("second", month), ("year", year), ("time", _time(field))):
            parts[name] = np.where(hit, values, parts[name])
        named = pc.if_else(pc.equal(field["z"], ""), field["zh"], field["z"])
        zone = np.where(hit, _each(named, zone_minutes, np.nan), zone)
        is_date |= hit
    serials = pc.extract_regex(texts, _SERIAL)
    hit = np.asarray(serials.is_valid()) & ~is_date
    if hit.any():
        digits = pc.if_else(pa.array(hit), serials.field("v"), "0")
        value = np.asarray(pc.cast(digits, pa.float64()))
        hit &= (value >= _SERIALS[0]) & (value <= _SERIALS[1])
        micros = np.rint((value - _EXCEL_EPOCH_DAYS) * 86_400).astype(np.int64) * SECOND
        parts["serial"] = np.where(hit, micros, parts["serial"])
        is_date |= hit
    dotted = bool(is_open.any()) and bool(pc.any(pc.match_substring_regex(texts, _DOTTED)).as_py())
    calendar = (parts["first"], parts["second"], parts["year"])
    return Written(*calendar, is_open, is_date, parts["serial"], parts["time"], zone, dotted=dotted)


def _may_name(texts: pa.Array) -> Bools:
    """Which texts can be dates that name their month."""
    both = (np.asarray(pc.match_substring_regex(texts, sign).fill_null(False)) for sign in _MAY_NAME)
    return np.logical_and(*both)


def _in_plain_signs(texts: pa.Array) -> pa.Array:
    """The texts with full-width signs, unusual blanks and Japanese words for year, month and day in plain ones."""
    if not pc.any(pc.invert(pc.string_is_ascii(texts))).as_py():
        return texts
    texts = pc.replace_substring_regex(pc.utf8_normalize(texts, "NFKC"), r"[\s\x{202f}]+", " ")
    for pattern, plain in _SIGNS:
        texts = pc.replace_substring_regex(texts, pattern, plain)
    return texts


def _unix(texts: pa.Array) -> Ints | None:
    """Unix time in microseconds, where every text is a number of seconds, or every one of milliseconds, and nothing else."""
    for pattern, unit in _UNIX.items():
        if len(texts) and pc.all(pc.match_substring_regex(texts, pattern)).as_py():
            return np.asarray(pc.cast(texts, pa.int64())) * unit
    return None


def resolve(written: Written, order: str) -> Ints:
    """Each text as microseconds of its wall clock, its first two numbers read in the given order; `NEVER` for what is no
    date of the calendar, and in the year 1, which is a placeholder: its first day lies in the year 0 elsewhere on earth."""
    swap = written.open & (order == "mdy")
    day = np.where(swap, written.second, written.first)
    month = np.where(swap, written.first, written.second)
    valid = written.is_date & (month >= 1) & (month <= 12) & (day >= 1) & (written.year >= 2) & (written.year <= 9999)
    valid &= (written.time >= 0) & (written.time <= DAY)  # 24:00 is the midnight at the end of a day
    months = (np.where(valid, written.year, 1970) - 1970) * 12 + np.where(valid, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - first
    valid &= day <= length
    micros = (first + np.where(valid, day, 1) - 1) * DAY + written.time
    return np.where(written.serial != NEVER, written.serial, np.where(valid, micros, NEVER))


def _groups(pattern: str) -> list[str]:
    return [part.partition(">")[0] for part in pattern.split("(?P<")[1:]]


def _whole(texts: Any) -> Ints:
    """Digits as numbers, 0 where there are none."""
    filled = pc.if_else(pc.equal(texts, ""), "0", texts)
    return np.asarray(pc.cast(filled, pa.int64()).fill_null(0))


def _century(years: Ints) -> Ints:
    return np.where(years < 69, years + 2000, np.where(years < 100, years + 1900, years))


def _each(texts: Any, of: Callable[[str], float], missing: float) -> NDArray[Any]:
    """What a function makes of each text, asked once for each different one."""
    encoded = pc.dictionary_encode(texts)
    values = np.array([*map(of, encoded.dictionary.to_pylist()), missing])
    result: NDArray[Any] = values[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return result


def _time(field: dict[str, Any]) -> Ints:
    hour, minute, second = (_whole(field[name]) for name in ("h", "mi", "s"))
    half = pc.utf8_lower(field["ap"])
    afternoon = np.asarray(pc.equal(half, "p").fill_null(False))
    morning = np.asarray(pc.equal(half, "a").fill_null(False))
    hour = np.where(afternoon & (hour < 12), hour + 12, np.where(morning & (hour == 12), 0, hour))
    padded = pc.utf8_slice_codeunits(pc.utf8_rpad(field["f"], 6, "0"), 0, 6)
    fraction = np.where(np.asarray(pc.equal(field["f"], "").fill_null(True)), 0, _whole(padded))
    bad = (hour > 24) | (minute > 59) | (second > 59)
    return np.where(bad, -1, ((hour * 60 + minute) * 60 + second) * SECOND + fraction)


def zone_minutes(text: str) -> float:
    """Minutes east of UTC of an offset, "+0100" or "GMT-03:00", or of an abbreviation of one zone only; NaN for others."""
    match = re.fullmatch(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d{2})?", text)
    if match is None:
        return ZONES.get(text, math.nan)
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return -minutes if match[1] == "-" else minutes


def plain(name: str) -> str:
    """The name without accents and case, the point of an abbreviation taken away."""
    apart = unicodedata.normalize("NFKD", name.casefold().rstrip("."))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _by_name() -> dict[str, int]:
    """The month of every name and of its beginnings of three letters and more; what begins two months names neither: jui."""
    months: dict[str, set[int]] = {}
    for language in MONTHS:
        for month, forms in enumerate(language.split(), 1):
            for form in map(plain, forms.split("|")):
                for end in range(3, len(form) + 1):
                    months.setdefault(form[:end], set()).add(month)
    return {name: next(iter(of)) for name, of in months.items() if len(of) == 1}


_MONTHS = _by_name()


def month_of(name: str) -> int:
    """The number of the month that is written so in one of the languages; 0 for none."""
    return _MONTHS.get(plain(name), 0)
