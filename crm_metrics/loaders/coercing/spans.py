"""Weeks, months, quarters, years and ranges from text: the first and the last day that each covers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa

from crm_metrics.loaders.coercing import dates

Span = tuple[date, date]

_BETWEEN = re.compile(r"\s+(?:[-–—~〜]|to|through|bis|au|al|até|do|tot|t/m)\s+|\s*[~〜]\s*|(?<=\d{4}),(?=\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
# A month and its year without a sign between them, 202501, and one as spreadsheets show it, Jan-25.
_JOINED = re.compile(r"^((?:19|20)\d{2})(0[1-9]|1[0-2])$")
_SHORT = re.compile(r"^([^\W\d_]{3,}\.?[\s-]+)'?(\d{2})$")
_WEEK = re.compile(r"(?:^|[^a-z])(?:[a-z]{1,14}|週)?\.?[\s-]*(\d{1,2})(?!\d)")
_QUARTER = re.compile(r"(?<![\d/.-])([1-4])(?!\d)")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_MONTH = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])(?!\d)")


def named(text: str, stretch: str, order: str, *, by_last_day: bool = False, year: int | None = None) -> Span | None:
    """The days that a cell under the header of a stretch covers: those between two dates, the stretch around one ("a week"
    begins with its date, or ends with it), or the one that the text names; `year` is that of another column. None for what
    names none."""
    if (span := between(text, order)) is not None:
        return span
    if (days := _days([text], order)) is not None:
        day = days[0]
        if stretch == "week":
            first = day - timedelta(6) if by_last_day else day
            return first, first + timedelta(6)
        return _around(day, stretch)
    text = unicodedata.normalize("NFKC", text)
    if stretch == "month":
        text = _SHORT.sub(r"\g<1>20\2", _JOINED.sub(r"\1 \2", text.strip()))
    span_named = _YEAR.search(text)
    number = int(span_named[1]) if span_named else year
    if number is None:
        return None
    rest = (text[: span_named.start()] + " " + text[span_named.end() :] if span_named else text).casefold()
    place = _place(rest, stretch)
    if place is None:
        return None
    if stretch == "week":
        try:
            first = date.fromisocalendar(number, place, 1)
        except ValueError:
            return None
        return first, first + timedelta(6)
    return _around(date(number, place * 3 if stretch == "quarter" else place, 1), stretch)


def between(text: str, order: str = "") -> Span | None:
    """The two days with a dash or a word for "to" between them; None where one is no day, or where day and month could be
    either, nothing in the two proves which, and no order is given."""
    parts = _BETWEEN.split(unicodedata.normalize("NFKC", text).strip(" \"'"))
    if len(parts) != 2:
        return None
    days = _days([parts[0].rpartition(": ")[2], parts[1]], order)
    return (days[0], days[1]) if days is not None and days[0] <= days[1] else None


def _days(texts: Sequence[str], order: str) -> list[date] | None:
    """The days of written dates in one order; None where one is none, or where they need an order and none is given."""
    written = dates.take_apart(pa.array(texts))
    orders = {order} if order else written.orders
    doubtful = written.open.any() and len(orders) != 1 and (written.first != written.second)[written.open].any()
    if written.unix or not written.is_date.all() or doubtful:
        return None
    micros = dates.resolve(written, next(iter(orders), "dmy"))
    if (micros == dates.NEVER).any():
        return None
    return [date(1970, 1, 1) + timedelta(int(moment) // dates.DAY) for moment in micros]


def _place(rest: str, stretch: str) -> int | None:
    """Which week, month or quarter of its year a text without the year names; 1 for a year."""
    if stretch == "year":
        return 1 if not re.search(r"\d", rest) else None
    if stretch == "month":
        month = next((month for word in re.findall(r"[^\W\d_]{3,}", rest) if (month := dates.month_of(word))), 0)
        places = _MONTH.search(rest)
        return month or (int(places[1]) if places else None)
    if stretch == "quarter":
        places = _QUARTER.search(rest)
        words: Sequence[str] = rest.split()
        return int(places[1]) if places else next((_ROMAN[word] for word in words if word in _ROMAN), None)
    places = _WEEK.search(rest)
    return int(places[1]) if places and 1 <= int(places[1]) <= 53 else None


def _around(day: date, stretch: str) -> Span:
    """The month, quarter or year around a day."""
    length = {"month": 1, "quarter": 3, "year": 12}[stretch]
    start = (day.month - 1) // length * length
    end = start + length
    return date(day.year, start + 1, 1), date(day.year + end // 12, end % 12 + 1, 1) - timedelta(1)
