"""What the cells of a column are, by a sample of them: dates, numbers, clock times, flags, addresses, words, nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crm_metrics.loaders.coercing.words import FALSE, MISSING, MONTHS, TRUE
from crm_metrics.loaders.durations import is_spelt
from crm_metrics.schema import NUMERIC, Kind

_LOOKED_AT = 60  # filled cells of which the form is told
_MOST = 0.8
_TOP = 10  # of the longest scale that surveys have
_CODE = 4  # digits from which on numbers of one length are codes
# Any other word before four digits is a name with its number: Store 2041, Firma 1987.
_BEGINNINGS = "|".join(sorted({*re.findall(r"\b\w{3}", " ".join(MONTHS))}))
_MONTH = rf"(?:{_BEGINNINGS})[^\W\d_]{{0,9}}"
_DATE = re.compile(
    r"(?!\d{1,2}\.(?:00|1[3-9]|[2-5]\d)\.\d\d$)"  # 10.30.00 is a time: no month has such a number
    r"(?:[^\W\d_]{2,14}\.?,? )?(?:"  # the day of the week
    r"\d{4}[-/.年] ?\d{1,2}[-/.月] ?\d{1,2}日?|\d{4}[-/年]\d{1,2}月?"
    r"|\d{1,2}[-/.] ?\d{1,2}[-/.] ?(?:\d{4}|\d{2})"
    rf"|\d{{1,2}}[-/. ]+(?:de )?{_MONTH}\.?(?: de)?[-/., ]+(?:\d{{4}}|\d{{2}})"
    rf"|{_MONTH}\.?[- ]\d{{1,2}},?[- ](?:\d{{4}}|\d{{2}})|{_MONTH}\.? (?:19|20|21)\d\d"
    r")(?:[T ,]+\d.*)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"-?\d+:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?")
_MONEY_SIGN = r"(?:[A-Za-z]{0,3} ?[$€£¥₹₽₺₩₪₫₴₦฿]|[A-Z]{2,3}|zł|kr|R)"
_NUMBER = re.compile(
    rf"[-+−–(]{{0,2}}{_MONEY_SIGN}? ?-?(?:\d[\d.,'’ \u00a0\u202f\u2009]*|[.,]\d+)(?:[eE][-+]?\d+)?"
    rf" ?(?:{_MONEY_SIGN}|%)?\)?-?"
)
_CENTS = re.compile(rf"[.,]\d\d?\D*$|{_MONEY_SIGN}")
_DAY_NUMBER = re.compile(r"(?:19|20|21)\d{6}|\d{5}(?:\.\d+)?|1\d{9}|1\d{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DOTTED_CLOCK = re.compile(r"(?:[01]?\d|2[0-3])\.[0-5]\d\.[0-5]\d")  # 19.07.17, unless it is a day of a month
_FORMS = (("date", _DATE), ("clock", _CLOCK), ("clock", _DOTTED_CLOCK), ("number", _NUMBER), ("email", _EMAIL))


@dataclass(frozen=True)
class Content:
    """A sample of a column: its cells and the filled ones, what most of those are ("text" when they are of no one form,
    "blank" when none is filled), and whether numbers among them could be days."""

    rows: int
    cells: tuple[str, ...]
    form: str
    could_be_days: bool

    @property
    def distinct(self) -> int:
        return len(set(self.cells))

    @property
    def has_digits(self) -> bool:
        """Whether at least half of the cells hold a digit."""
        return 2 * sum(any(map(str.isdigit, cell)) for cell in self.cells) >= len(self.cells)

    @property
    def shows_money(self) -> bool:
        """Whether a number among the cells has cents or names a currency."""
        return any(map(_CENTS.search, self.cells))

    @property
    def is_code(self) -> bool:
        """Whether the cells are whole numbers of one length, as codes and telephone numbers are and amounts are not."""
        lengths = {*map(len, self.cells)}
        return len(lengths) == 1 and lengths.pop() >= _CODE and all(map(str.isdigit, self.cells))

    @property
    def is_rating(self) -> bool:
        """Whether the cells are whole numbers from 0 to 10."""
        return all(cell.isdigit() and int(cell) <= _TOP for cell in self.cells)

    @property
    def repeated(self) -> float:
        """The share of filled cells that repeat one above them."""
        return 1 - self.distinct / len(self.cells) if self.cells else 0.0


def looked_at(cells: Sequence[str | None]) -> Content:
    """What the cells of a column are."""
    filled = list(map(str.strip, filter(None, cells)))
    if missing := {text for text in {*filled} if text.casefold() in MISSING}:
        filled = [text for text in filled if text not in missing]
    if not filled:
        return Content(len(cells), (), "blank", False)
    sample = filled[:_LOOKED_AT]
    form, count = Counter(map(_form, sample)).most_common(1)[0]
    if all(map(_is_flag, sample)):
        form, count = "flag", len(sample)
    sure = form if count >= _MOST * len(sample) else "text"
    return Content(len(cells), tuple(filled), sure, sure == "number" and all(map(_DAY_NUMBER.fullmatch, sample)))


def _is_flag(text: str) -> bool:
    return text.casefold() in TRUE or text.casefold() in FALSE


@lru_cache(maxsize=1 << 12)
def _form(text: str) -> str:
    form = next((form for form, pattern in _FORMS if pattern.fullmatch(text)), "text")
    return "clock" if form == "text" and is_spelt(text) else form


def fits(kind: Kind, content: Content) -> float | None:
    """How well cells go with a kind of column: 1 they are such, 0.5 they may be, 0 nothing is there; None they are not."""
    form = content.form
    if form == "blank":
        return 0.0
    digits = form == "flag" and all(map(_NUMBER.fullmatch, content.cells))  # 1.0 is a number too
    if form == "text" and kind in (Kind.DATE, Kind.MONEY) and not content.has_digits:
        return None
    if kind is Kind.MONEY and all("%" in cell for cell in content.cells):
        return None
    if kind is Kind.DATE:
        if form == "date" or content.could_be_days:
            return 1.0
        return 0.5 if form == "text" else None
    if kind in (Kind.MINUTES, Kind.HOURS, Kind.DAYS):
        return 1.0 if form in ("number", "clock") or digits else 0.5 if form == "text" else None
    if kind in NUMERIC:
        return 1.0 if form == "number" or digits else 0.5 if form == "text" else None
    if kind is Kind.BOOL:
        return 1.0 if form == "flag" else 0.5 if form == "text" and any(map(_is_flag, content.cells)) else None
    if form == "date":
        return None
    return 1.0
