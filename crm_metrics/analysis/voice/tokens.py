"""Comments as the words and phrases in them, of any language; what would name a person is taken out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Set
from functools import cache
from itertools import pairwise

# Thai, Lao, Myanmar, Khmer, kana and Han characters stand without blanks between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u309f\u30a1-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
# An address begins where unbroken text does: sought from each of its characters on, n of them without "@" are n² / 2 steps.
_PART, _OUTSIDE = r"[^\s@<>()\[\],;:\"]", r"(?<![^\s@<>()\[\],;:\"])"
_HOST = rf"@{_PART}+\.[^\W\d_]{{2,}}"
_EMAIL = re.compile(rf"{_OUTSIDE}{_PART}+{_HOST}(?:{_PART}*{_HOST})*")
_NUMBER = re.compile(r"[+(]?\d(?:[\s().\-/\u2010-\u2013\u00a0]{0,3}\d){6,}")
_ELIDED = re.compile(r"(?<!\w)(?:[ldjmtsnc]|qu|un|dell|all|nell|sull)['’](?=\w)")
_JOINS = " \t\u00a0-\u2010\u2011"  # between two words that stand side by side
_LAST = 0x1FFFE  # no mark that is written lies behind it
Phrase = list[str]


def masked(text: str) -> str:
    """The text on one line with e-mail addresses, and numbers of seven and more digits, such as of telephones,
    hidden."""
    return " ".join(_NUMBER.sub("[number]", _EMAIL.sub("[e-mail]", text)).split())


def words(text: str) -> frozenset[str]:
    """The words of a text that are set off by blanks, in lower case."""
    return frozenset(word for phrase in _phrases(text) if isinstance(phrase, list) for word in phrase)


def terms(text: str, without: Set[str]) -> frozenset[str]:
    """The words of a text and the pairs of words that stand side by side, in lower case, those `without` left out. Of
    scripts without blanks between words all sequences of two and of three characters."""
    words: set[str] = set()
    for phrase in _phrases(text):
        if isinstance(phrase, str):
            words.update(_sequences(phrase))
            continue
        kept = [word if len(word) > 1 and word not in without else "" for word in phrase]
        words.update(word for word in kept if word)
        words.update(f"{left} {right}" for left, right in pairwise(kept) if left and right)
    return frozenset(words)


def _phrases(text: str) -> Iterator[Phrase | str]:
    """Words that stand side by side, as lists; and texts of a script without blanks."""
    plain = unicodedata.normalize("NFKC", _NUMBER.sub(",", _EMAIL.sub(",", text))).casefold()
    plain = _ELIDED.sub("", plain)
    phrase: Phrase = []
    end = 0
    for match in _pattern().finditer(plain):
        if phrase and (match["run"] or plain[end : match.start()].strip(_JOINS)):
            yield phrase
            phrase = []
        if match["run"]:
            yield match["run"]
        else:
            phrase.append(match["word"].replace("’", "'"))
        end = match.end()
    if phrase:
        yield phrase


def _sequences(run: str) -> Iterator[str]:
    characters = re.findall(rf".[{_marks()}]*", run)  # with the vowels and tones that stand on them
    if len(characters) == 1:
        yield run
    for size in (2, 3):
        yield from ("".join(characters[at : at + size]) for at in range(len(characters) - size + 1))


@cache
def _pattern() -> re.Pattern[str]:
    letter = rf"(?:(?![{_UNSPACED}])[^\W\d_])"
    word = rf"{letter}(?:{letter}|[{_marks()}\u200c\u200d])*(?:['’]{letter}+)*"
    return re.compile(rf"(?P<run>[{_UNSPACED}][{_UNSPACED}{_marks()}]*)|(?P<word>{word})")


@cache
def _marks() -> str:
    """The characters that are written on others, as ranges of a pattern."""
    marks = [unicodedata.category(chr(at))[0] == "M" for at in range(_LAST + 2)]
    edges = [at for at in range(1, _LAST + 2) if marks[at] != marks[at - 1]]
    return "".join(f"{chr(first)}-{chr(end - 1)}" for first, end in zip(edges[::2], edges[1::2], strict=True))
