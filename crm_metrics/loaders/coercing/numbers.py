"""Numbers from text: currency signs, thousands, decimal commas, parentheses, percent signs, durations as clock time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm_metrics.loaders import durations
from crm_metrics.loaders.currency_codes import TOKEN
from crm_metrics.loaders.reading.limits import LARGEST_NUMBER
from crm_metrics.loaders.scales import in_cells

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SPACES = r"[\s\x{00a0}\x{202f}\x{2009}'’]"
_BEFORE = rf"^([(+-]*)(?:{TOKEN})([(+-]*[\d.,].*)$"
_BEHIND = rf"^(.*[\d.,)-])(?:{TOKEN})(\)?)$"
_SCALES = "|".join(sorted(map(re.escape, in_cells()), key=len, reverse=True))
_SCALED = rf"^(?P<n>.*\d[.,]?)\s*(?P<word>(?i:{_SCALES}))\.?(?P<rest>\s*(?:{TOKEN})?[\s)]*)$"
_CORE = r"^[+-]?(?:\d[\d.,]*|[.,]\d+)(?:[eE][+-]?\d+)?$"
_IN_MINUTES = {"d": 1440, "h": 60, "m": 1, "s": 1 / 60}


@dataclass(frozen=True)
class Written:
    """The distinct texts of a number column without their decoration: `core` holds digits, separators and a sign; `valid`
    says which are numbers at all, `negative` which stood in parentheses or had the minus behind, `percent` which had a
    percent sign, `factor` how many a 1 is ("k", "Mio.")."""

    core: Any
    valid: Bools
    negative: Bools
    percent: Bools
    factor: Floats

    @property
    def decimals(self) -> set[str]:
        """The decimal separators that some text proves."""
        core = self.core.filter(pa.array(self.valid))
        proofs = {
            ".": r",.*\.|^[+-]?(?:\d{4,}|0*)\.\d+$|^[+-]?\d+\.(?:\d{1,2}|\d{4,})$|,\d+,",
            ",": r"\..*,|^[+-]?(?:\d{4,}|0*),\d+$|^[+-]?\d+,(?:\d{1,2}|\d{4,})$|\.\d+\.",
        }
        return {sign for sign, proof in proofs.items() if pc.any(pc.match_substring_regex(core, proof)).as_py()}

    @property
    def doubtful(self) -> int | None:
        """The place of a text with one separator before a lone group of three digits, such as 1.234 or 1,234."""
        hits = np.flatnonzero(
            np.asarray(pc.match_substring_regex(self.core, r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$")) & self.valid
        )
        return int(hits[0]) if len(hits) else None


def whole_units(texts: pa.Array) -> tuple[pa.Array, Floats]:
    """Each text without a word for thousands or millions behind its number, and how many a 1 is by it."""
    match = pc.extract_regex(pc.utf8_normalize(texts, "NFKC"), _SCALED)
    if match.null_count == len(match):
        return texts, np.ones(len(texts))
    number, word, rest = (pc.struct_field(match, part) for part in ("n", "word", "rest"))
    words = pc.utf8_lower(word).to_pylist()
    plain = pc.binary_join_element_wise(number, rest, "")
    return pc.coalesce(plain, texts), np.array([in_cells().get(word or "", 1.0) for word in words])


def take_apart(texts: pa.Array, *, is_scaled: bool = False) -> Written:
    """Each text without spaces, currency signs and brackets, with `is_scaled` without words for thousands and millions."""
    texts, factor = whole_units(texts) if is_scaled else (texts, np.ones(len(texts)))
    bare = pc.replace_substring_regex(texts, _SPACES, "")
    if pc.any(pc.invert(pc.string_is_ascii(bare))).as_py():
        bare = pc.replace_substring_regex(pc.utf8_normalize(bare, "NFKC"), "[−–—]", "-")
    percent = np.asarray(pc.match_substring_regex(bare, r"%$|^%"))
    bare = pc.replace_substring_regex(pc.replace_substring(bare, "%", ""), _BEFORE, r"\1\2")
    bare = pc.replace_substring_regex(bare, _BEHIND, r"\1\2")
    bare = pc.replace_substring_regex(bare, r"(\d)[.,]-{1,2}$", r"\1")  # 12,- is twelve
    bracketed = np.asarray(pc.match_substring_regex(bare, r"^\(.+\)$|^[^-].*-$"))
    bare = pc.replace_substring_regex(bare, r"^\((.+)\)$", r"\1")
    bare = pc.replace_substring_regex(bare, r"^([^-].*)-$", r"\1")
    return Written(bare, np.asarray(pc.match_substring_regex(bare, _CORE)), bracketed, percent, factor)


def resolve(written: Written, decimal: str) -> Floats:
    """The numbers with the given decimal separator; NaN for a text that is none. A percent sign is not applied."""
    other = "," if decimal == "." else "."
    plain = pc.replace_substring(written.core, other, "")
    plain = pc.replace_substring(plain, ",", ".")
    good = written.valid & np.asarray(pc.match_substring_regex(plain, r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"))
    # Thousands stand in threes: 1,23 with a decimal point is no number.
    grouped = np.asarray(pc.match_substring(written.core, other))
    escaped = "\\" + other
    threes = (
        rf"^[+-]?\d{{1,3}}(?:{escaped}\d{{3}})+(?:\{decimal}\d*)?$|^[+-]?\d{{1,2}}(?:{escaped}\d{{2}})*{escaped}\d{{3}}"
    )
    good &= ~grouped | np.asarray(pc.match_substring_regex(written.core, threes))
    values = np.asarray(pc.cast(pc.if_else(pa.array(good), plain, "0"), pa.float64()))
    values = values * written.factor
    values = np.where(good & (np.abs(values) < LARGEST_NUMBER), values, np.nan)
    return np.where(written.negative, -values, values)


def clock_minutes(texts: pa.Array, *, is_short: bool = False) -> Floats:
    """Texts such as 1:30:00 (hours, minutes, seconds), "1 h 30 min" and PT1H30M, a day as 24 hours, as minutes; NaN for
    others. With `is_short` 1:30 is a minute and a half."""
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    short = np.asarray(pc.match_substring_regex(texts, r"^-?\d+:\d+$")) & is_short
    minutes = np.fmax.reduce([_minutes(pc.extract_regex(texts, form)) for form in durations.FORMS])
    return np.where(short, minutes / 60, minutes)


def _minutes(match: Any) -> Floats:
    """The minutes of texts taken apart; NaN for a text that does not match, and for one without any number."""
    names = {field.name: field for field in match.type}
    parts = {name: match.field(name) for name in _IN_MINUTES if name in names}
    minutes = sum(_number(pc.replace_substring(part, ",", ".")) * _IN_MINUTES[name] for name, part in parts.items())
    is_said = np.logical_or.reduce([np.asarray(pc.not_equal(pc.coalesce(part, ""), "")) for part in parts.values()])
    minutes = np.where(np.asarray(pc.equal(match.field("sign"), "-").fill_null(False)), -minutes, minutes)
    return np.where(is_said, minutes, np.nan)


def _number(texts: Any) -> Floats:
    return np.asarray(
        pc.cast(pc.if_else(pc.equal(pc.coalesce(texts, ""), ""), "0", pc.coalesce(texts, "0")), pa.float64())
    )
