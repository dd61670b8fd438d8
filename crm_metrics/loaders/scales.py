"""What one in a column of amounts stands for, where its header says that it is no whole unit of money: cents, thousands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from crm_metrics.loaders.currency_codes import CODES, is_named, of_sign
from crm_metrics.loaders.layouts import without_accents
from crm_metrics.shipped import shipped

UNCLEAR = "unclear"  # thousands in one language, millions in another
_BRACKETS = re.compile(r"[\[(]([^()\[\]]*)[\])]\s*$")
_GROUPS = re.compile(r"(?<=\d)[.,'’\s](?=000\b)")
_PARTS = re.compile(r"[^\W\d_]{1,3}\$|[^\W\d_]+|\d+s?|[^\w\s.,'’]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LISTS = ("beside", "rates", "unclear", "settled")
_LETTERS = ("k", "t", "m")  # too short to say anything without a currency


class Scale(NamedTuple):
    """`factor` is how many whole units a 1 stands for, or as a layout says it, `minor` or `micro`; `name` is the header
    without that; `currency` the code, the sign or the name that stands with it, empty where none does."""

    factor: str
    name: str
    currency: str


@lru_cache(maxsize=1 << 12)
def scale_of(header: str) -> Scale | None:
    """What the end of a header says its amounts are in; None where they are in whole units, as far as it says."""
    text = unicodedata.normalize("NFKC", header).strip()
    bracketed = _BRACKETS.search(text)
    if bracketed:
        name = text[: bracketed.start()].strip()
        return _said(bracketed[1], name, is_bracketed=True) or scale_of(name)
    text = _GROUPS.sub("", _HUMP.sub(" ", text).replace("_", " "))
    starts = [part.start() for part in _PARTS.finditer(text)]
    ends = (_said(text[at:], text[:at].strip(), is_bracketed=False) for at in starts[1:])
    return next((scale for scale in ends if scale is not None), None)


def _said(text: str, name: str, *, is_bracketed: bool) -> Scale | None:
    words = _words()
    parts = [part for piece in _PARTS.findall(_GROUPS.sub("", text)) for part in _apart(piece)]
    factors = [words[part] for part in parts if part in words]
    rest = [part for part in parts if part not in words and part not in _set("beside")]
    if len(factors) != 1 or len(rest) > 1 or not all(map(_is_currency, rest)):
        return None
    scale = next(part for part in parts if part in words)
    if scale in _set("unclear") and not (set(parts) & _set("settled")):
        return Scale(UNCLEAR, name, "")
    is_introduced = is_bracketed or parts[0] in _set("beside")
    if not rest and (scale in ("t", "m", "mm") or (not is_introduced and (len(scale) == 1 or scale[0].isdigit()))):
        return None
    if not is_bracketed and _compared(name.split()[-1]) in _set("rates"):
        return None
    return Scale(factors[0], name, rest[0].upper() if rest else "")


def _apart(piece: str) -> list[str]:
    """A word as it is compared; `TEUR` and `千円` are two."""
    word = _compared(piece)
    for scale in (*_LETTERS, "千", "万", "百万"):
        for rest in (word.removeprefix(scale), word.removesuffix(scale)):
            if rest not in (word, "") and _is_currency(rest):
                return [scale, rest]
    return [word]


def _compared(word: str) -> str:
    return without_accents(word.casefold()).replace("ł", "l").replace("ø", "o")


def _is_currency(word: str) -> bool:
    return word.upper() in CODES or bool(of_sign(word)) or is_named(word)


@cache
def _words() -> Mapping[str, str]:
    block = shipped("loaders/words", "scales")
    return {_compared(word): factor for factor in block if factor not in _LISTS for word in block[factor]}


@cache
def in_cells() -> Mapping[str, float]:
    """How many whole units a 1 with each of these words behind it is, in small letters: `k`, `mio`, `万`."""
    block, unsure = shipped("loaders/words", "scales"), {*_set("unclear"), "t"}
    plain = (factor for factor in block if factor.isdigit())
    words = ((word.casefold(), float(factor)) for factor in plain for word in block[factor])
    return {
        form: of
        for word, of in words
        if not word[0].isdigit()
        for form in (word, _compared(word))
        if form not in unsure
    }


@cache
def _set(name: str) -> frozenset[str]:
    return frozenset(map(_compared, shipped("loaders/words", "scales")[name]))
