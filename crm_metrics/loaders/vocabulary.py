"""What headers say, in words: what each is about, what of it, and which unit, currency or zone stands at its end.

`OrderID`, `orderId`, `order_id`, `Order Id` and `ORDER-ID` are the same two words. The words of each language lie in a TOML
file of their own (`loaders/words`). English counts always; another language only where the header confirms it, since words
mean different things in different languages: `Nombre` is a name in Spanish and a number in French.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from crm_metrics.loaders import durations
from crm_metrics.loaders.currency_codes import CODES
from crm_metrics.loaders.layouts import without_accents
from crm_metrics.loaders.scales import scale_of
from crm_metrics.shipped import listed, shipped

SUFFIX = re.compile(r"^(?P<name>.*\S)\s*[\[(（［【](?P<suffix>[^()\[\]（）［］【】]*)[\])）］】]\s*$", re.DOTALL)
_ZONES = ("utc", "gmt")
# Codes that are words as well.
_WORDS_TOO = {"all", "top", "try", "cup", "mad", "lak", "pen", "gel", "bam", "bob", "cop"}
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_SIGNS = re.compile(r"[^\w#]|_")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i"})
_CONFIRMED = 2  # headers that only one language knows
_FEW = 3


class Meaning(NamedTuple):
    """What a header can say: an attribute of a thing, of a thing that is not named, or a thing alone. `is_dated`: it says
    that it is a date (`date won`), `is_flag`: that it is a yes or no (`is won`)."""

    thing: str | None
    attribute: str | None
    is_dated: bool = False
    is_flag: bool = False


@dataclass(frozen=True)
class Language:
    """The words of a language, each as it is compared, with what it stands for."""

    name: str
    stops: frozenset[str]
    marks: tuple[str, ...]
    flags: frozenset[str]
    things: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, tuple[str, ...]]
    moments: Mapping[str, tuple[str, ...]]
    questions: Mapping[str, tuple[re.Pattern[str], ...]]

    def meanings(self, words: Sequence[str]) -> list[Meaning]:
        """All that these words can say in this language, the plainest first."""
        flag = len(words) > 1 and words[0] in self.flags
        rest = words[1:] if flag else words
        keys = dict.fromkeys(("".join(rest), "".join(word for word in rest if word not in self.stops)))
        readings = [meaning for key in keys if key for meaning in self._of(key)]
        text = " ".join(words)
        for asked, patterns in self.questions.items():
            readings += [Meaning(None, asked) for pattern in patterns if pattern.fullmatch(text)]
        return [meaning._replace(is_flag=flag) for meaning in dict.fromkeys(readings)]

    def _of(self, key: str) -> list[Meaning]:
        """A thing, an attribute, or both in one."""
        readings = [Meaning(thing, None) for thing in self.things.get(key, ())]
        readings += self._said(None, key)
        for form, things in self.things.items():
            rests = [key.removeprefix(form)] if key.startswith(form) else []
            rests += [key.removesuffix(form)] if key.endswith(form) else []
            readings += [meaning for rest in rests if rest for thing in things for meaning in self._said(thing, rest)]
        return readings

    def forms(self, part: str) -> list[str]:
        """The words for a thing or an attribute, as they are compared."""
        words = (self.things, self.attributes, self.moments)
        return [key for table in words for key, meant in table.items() if part in meant]

    def _said(self, thing: str | None, key: str) -> list[Meaning]:
        """The attributes that a key names, a date also with a mark before or behind it: `date created`, `created at`."""
        readings = [Meaning(thing, attribute) for attribute in self.attributes.get(key, ())]
        readings += [Meaning(thing, attribute) for attribute in self.moments.get(key, ())]
        for mark in self.marks:
            for left in (key.removesuffix(mark), key.removeprefix(mark)):
                if left != key:
                    names = self.moments.get(left, ()) if left else ("date",)
                    readings += [Meaning(thing, name, is_dated=True) for name in names]
        return readings


@dataclass(frozen=True)
class Header:
    """A label taken apart: its words, those without what stands at their end, and that, where it is in brackets, a currency
    or a zone."""

    words: tuple[str, ...]
    short: tuple[str, ...]
    suffix: str | None


@lru_cache(maxsize=1 << 14)
def words_of(label: str) -> tuple[str, ...]:
    """A label as words: split where signs, spaces, capitals and digits say, without case and accents; `#` is a number."""
    if label.isascii():
        if label.islower() and label.replace(" ", "").isalpha():
            return tuple(label.split())
        text = _CAMEL.sub(" ", label).casefold()
    else:
        text = unicodedata.normalize("NFKC", label.replace("º", "o").replace("°", ""))
        text = without_accents(_CAMEL.sub(" ", text).casefold()).translate(_LETTERS)
    return tuple(_SIGNS.sub(" ", text).replace("#", " # ").replace("#", "number").split())


def key_of(label: str) -> str:
    """A label as it is compared: its words without spaces between them."""
    return "".join(words_of(label))


@lru_cache(maxsize=1 << 14)
def header_of(label: str) -> Header:
    """A label with what stands in brackets at its end, or as its last word, taken off."""
    words = words_of(label)
    bracketed = SUFFIX.match(label.strip())
    if bracketed:
        return Header(words, words_of(bracketed["name"]), bracketed["suffix"].strip())
    last = words[-1] if len(words) > 1 else ""
    if last in _ZONES or (len(last) == 3 and last in _codes()):
        return Header(words, words[:-1], last.upper())
    if count := durations.last_words(words):
        return Header(words, words[:-count], None)
    if scale := scale_of(label):
        return Header(words, words_of(scale.name), scale.currency or None)
    return Header(words, words, None)


@cache
def _codes() -> frozenset[str]:
    """The codes of money that may stand behind a header's other words."""
    return frozenset(map(str.casefold, CODES)) - _WORDS_TOO


@cache
def languages(*, guessing: bool = False) -> tuple[Language, ...]:
    """All languages there are words of, English first; `english` alone is enough for most headers. `guessing` with the words
    that are not sure enough to decide anything."""
    names = [name for name in listed("loaders/words") if len(name) == 2 and name != "en"]
    return tuple(_language(name, guessing) for name in ("en", *names))


@cache
def english() -> Language:
    return _language("en")


@cache
def _words(name: str) -> dict[str, Any]:
    return shipped("loaders/words", name)


@cache
def _language(name: str, guessing: bool = False) -> Language:
    block = _words(name)
    stops = frozenset(word for text in block.get("stops", ()) for word in words_of(text))

    def table(part: str) -> dict[str, tuple[str, ...]]:
        """The forms as headers are compared, and without the words that say nothing, unless these alone tell forms apart."""
        every = [block, *([block.get("guesses", {})] if guessing else ())]
        forms = [
            (meant, words_of(form)) for words in every for meant, said in words.get(part, {}).items() for form in said
        ]
        whole, bare = defaultdict[str, dict[str, None]](dict), defaultdict[str, dict[str, None]](dict)
        for meant, said in forms:
            whole["".join(said)][meant] = None
            bare["".join(word for word in said if word not in stops)][meant] = None
        kept = {key: meant for key, meant in bare.items() if key and key not in whole and len(meant) == 1}
        return {key: tuple(meant) for key, meant in (whole | kept).items()}

    questions = {
        asked: tuple(re.compile(".*".join(" ".join(words_of(part)) for part in text.split("*"))) for text in texts)
        for asked, texts in block.get("questions", {}).items()
    }
    return Language(
        name=block["language"],
        stops=stops,
        marks=tuple(sorted(map(key_of, block.get("marks", ())), key=len, reverse=True)),
        flags=frozenset(block.get("flags", ())),
        things=table("things"),
        attributes=table("attributes"),
        moments=table("moments"),
        questions=questions,
    )


@lru_cache(maxsize=256)
def meanings_of(labels: tuple[str, ...]) -> tuple[tuple[Meaning, ...], ...]:
    """What each label of a header can say. Beside English the one language counts that knows most of the labels, where two
    of them, one of a few, are known to it and not to English; where two languages know as many, what both say alike."""
    confirmed = _CONFIRMED if len(labels) > _FEW else 1
    heads = [header_of(label) for label in labels]
    plain = [_meanings(english(), head) for head in heads]
    if sum(not common for common in plain) < confirmed:
        return tuple(map(tuple, plain))
    best: list[list[list[Meaning]]] = []
    most = 0
    for language in languages()[1:]:
        readings = [_meanings(language, head) for head in heads]
        own = sum(bool(mine) and not common for mine, common in zip(readings, plain, strict=True))
        if own < confirmed:
            continue
        count = sum(bool(mine or common) for mine, common in zip(readings, plain, strict=True))
        if count >= most:
            best = [*(best if count == most else []), readings]
            most = count
    both = [_agreed([readings[place] for readings in best]) for place in range(len(labels))]
    return tuple(tuple(dict.fromkeys([*mine, *common])) for mine, common in zip(both, plain, strict=True))


def _meanings(language: Language, head: Header) -> list[Meaning]:
    """What a label says whole, else without what stands at its end."""
    readings = language.meanings(head.words) if head.words else []
    return readings or (language.meanings(head.short) if head.short and head.short != head.words else [])


def _agreed(by_language: Sequence[list[Meaning]]) -> list[Meaning]:
    """What the languages that know a label say alike."""
    readings = [mine for mine in by_language if mine]
    return [meaning for meaning in readings[0] if all(meaning in other for other in readings[1:])] if readings else []
