"""What the words for a row or a document say that it is for revenue: an invoice, a payment, a refund, a fee."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from crm_metrics.loaders.layouts import normalised, without_accents
from crm_metrics.shipped import shipped

KINDS = ("order", "invoice", "sale", "payment", "refund", "other", "method")
_BY_WORDS = ("other", "refund", "payment", "invoice", "sale")
_LONG = 6  # letters from which the end of a compound counts: Abschlagsrechnung, verkoopfactuur


@cache
def _words() -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    """Whole names with their kind, and words by kind."""
    block = shipped("loaders/words", "ledgers")
    names = {name: kind for kind, words in block["names"].items() for name in words}
    return names, {kind: tuple(words) for kind, words in block["words"].items()}


@cache
def kind_of(label: str) -> str | None:
    """What a type of rows is for revenue, one of `KINDS`; None for a word that is not known."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)  # SalesReceipt is two words
    text = normalised(without_accents(spaced.casefold().replace("ł", "l")))
    names, words = _words()
    if text in KINDS:
        return text
    if text in names:
        return names[text]
    tokens = text.split()
    return next((kind for kind in _BY_WORDS if any(_holds(text, tokens, word) for word in words[kind])), None)


@cache
def between() -> frozenset[str]:
    """The words in the title of a list that is not of one kind only."""
    return frozenset(shipped("loaders/words", "ledgers")["titles"]["between"])


def _holds(text: str, tokens: list[str], word: str) -> bool:
    if not word.isascii():
        return word in text
    if " " in word:
        return f" {word} " in f" {text} "
    return word in tokens or (len(word) >= _LONG and any(part.endswith(word) for part in tokens))
