"""How much of a month an interval is that something is charged at: in words of twelve languages, with a number ("every 3
months", "3ヶ月"), or as a duration of ISO 8601 ("P3M")."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from crm_metrics.loaders.state_words import folded, forms
from crm_metrics.shipped import shipped

_DAYS = 365.25 / 12  # of a month
# An amount per interval, times this, is one a month.
PER_MONTH: Mapping[str, float] = {
    "day": _DAYS,
    "week": _DAYS / 7,
    "two weeks": _DAYS / 14,
    "half month": 2,
    "month": 1,
    "two months": 1 / 2,
    "quarter": 1 / 3,
    "four months": 1 / 4,
    "half year": 1 / 6,
    "year": 1 / 12,
    "two years": 1 / 24,
    "three years": 1 / 36,
}
_UNKNOWN = (math.nan, 0.0)
_ISO = re.compile(r"p(?=\d)(?:(?P<year>\d+)y)?(?:(?P<month>\d+)m)?(?:(?P<week>\d+)w)?(?:(?P<day>\d+)d)?")
_PLURAL = re.compile(r"(?<=\w)\(\w{1,2}\)")  # Month(s)
_PARTS = re.compile(r"\d+|[^\W\d]+")
_KANJI = re.compile("[一二三四五六七八九十]+")
_MONTH_OF_A_YEAR = re.compile(r"\d+月")  # 3月 is March, 3ヶ月 three months


class _Words(NamedTuple):
    """What a language says: the unit of each word, the value of each number, and the words that say nothing beside them."""

    units: Mapping[str, str]
    numbers: Mapping[str, float]
    around: tuple[str, ...]


@cache
def _words() -> tuple[_Words, ...]:
    block = shipped("loaders/words", "intervals")
    return tuple(
        _Words(
            {
                form: unit
                for unit in PER_MONTH
                for word in block[unit].get(name, ())
                for form in forms(folded(word), name)
            },
            {folded(word): float(at) for at, word in enumerate(block["numbers"][name], 2)},
            tuple(sorted(map(folded, around), key=len, reverse=True)),
        )
        for name, around in block["around"].items()
    )


@cache
def share_of_month(interval: str) -> tuple[float, float]:
    """By what an amount per interval is multiplied to be one a month, NaN for an interval that is not known or means several
    things; and the number written with it, 0 for none. The share is that of one unit: the number divides it."""
    text = folded(_PLURAL.sub("", interval))
    iso = _ISO.fullmatch(text)
    if iso is not None:
        spans = [(PER_MONTH[unit], float(count)) for unit, count in iso.groupdict().items() if float(count or 0)]
        return spans[0] if len(spans) == 1 else _UNKNOWN
    known = {found for words in _words() if (found := _said(words, text)) is not None}
    return known.pop() if len(known) == 1 else _UNKNOWN


def _said(words: _Words, text: str) -> tuple[float, float] | None:
    """The share and the number that a text says in one language, None where it says none."""
    if text in words.units:
        return PER_MONTH[words.units[text]], 0.0
    ending = next((word for word in words.around if not word.isascii() and text.endswith(word) and text != word), None)
    if ending is not None:
        return _said(words, text.removesuffix(ending))
    kanji = _KANJI.match(text)
    if kanji is not None and kanji[0] in {"一", *words.numbers}:
        text = text.replace(kanji[0], f"{words.numbers.get(kanji[0], 1):g}", 1)
    parts = [part for part in _PARTS.findall(text) if part not in words.around]
    said = [float(part) if part.isdigit() else words.numbers.get(part) for part in parts]
    counts = [count for count in said if count is not None]
    unit = words.units.get(" ".join(part for part, count in zip(parts, said, strict=True) if count is None))
    if unit is None or len(counts) > 1 or 0 in counts or _MONTH_OF_A_YEAR.fullmatch(text):
        return None
    return PER_MONTH[unit], counts[0] if counts else 0.0
