"""Durations as headers and cells spell them, in the units of every language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crm_metrics.loaders.layouts import without_accents
from crm_metrics.shipped import shipped

_UNITS = {"days": "d", "hours": "h", "minutes": "m", "seconds": "s"}
_WORDS = shipped("loaders/words", "durations")
# In headers a letter alone is no unit, but for h: Time(s).
_IN_HEADERS = {
    without_accents(word): unit
    for unit in _UNITS
    for word in _WORDS[unit]
    if word == "h" or len(word) > 1 or not word.isascii()
}
_ENGLISH = frozenset(_WORDS["english"])


def _part(unit: str, name: str) -> str:
    words = "|".join(re.escape(word) for word in sorted(_WORDS[unit], key=len, reverse=True))
    return rf"(?:(?P<{name}>\d+(?:[.,]\d+)?)\s*(?:{words})\.?[\s,]*)?"


# "1 d 2 h", "2 Std. 30 Min.", "45m"; it fits "" as well.
_BETWEEN = rf"(?:(?:{'|'.join(_WORDS['between'])})\s+)?"
_SPELT = rf"^(?P<sign>-?)\s*{_BETWEEN.join(_part(unit, name) for unit, name in _UNITS.items())}$"
# "1:30:00", "1 day, 3:00:00", "1 h 30".
_CLOCK = rf"^(?P<sign>-?){_part('days', 'd')}(?P<h>\d+)(?::|\s?h\s?)(?P<m>[0-5]?\d)(?::(?P<s>[0-5]?\d)(?:\.\d+)?)?$"
# "P1DT2H30M"; without a T an M is months.
_ISO = r"^(?P<sign>-?)p(?:(?P<d>\d+)d)?(?:t(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:[.,]\d+)?)s)?)?$"
# Regular expressions of Arrow and of Python, for texts in small letters.
FORMS = (_CLOCK, _SPELT, _ISO)
_FORMS = tuple(map(re.compile, FORMS))


def is_spelt(cell: str) -> bool:
    """Whether a cell is a duration in words."""
    text = cell.strip().casefold()
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text)) and any(form.match(text) for form in _FORMS)


def last_words(words: Sequence[str]) -> int:
    """How many words at the end of a header say a unit: "in Stunden" are two."""
    if len(words) > 2 and words[-2] in _WORDS["before"] and words[-1] in _IN_HEADERS:
        return 2
    return int(len(words) > 1 and words[-1] in _ENGLISH)


def unit_in(words: Sequence[str], *, alone: bool = False) -> str | None:
    """The unit that words name, None where they name none. Of other languages than English only words behind `in` are read,
    all where they stand `alone`, such as in brackets."""
    for before, word in zip(["", *words], words, strict=False):
        if word in _IN_HEADERS and (alone or word in _ENGLISH or before in _WORDS["before"]):
            return _IN_HEADERS[word]
    return None
