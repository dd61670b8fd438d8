"""What the words that tools write for states mean: of a ticket, an order, a subscription, a deal, a lead, a customer.

The words lie in `states/TABLE.toml`, by state and language. A status is known by its first words: "Cancelled by customer" is
cancelled, "Closed-loop review" is not closed, since a hyphen makes one word of two. Stages of deals are known whole only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from crm_metrics.loaders.layouts import without_accents
from crm_metrics.shipped import shipped

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_WORD = re.compile(r"[^\w]|_")
# What stands between the parts of a status; a hyphen only with blanks around it.
_BETWEEN = re.compile(r"\s[-–—−]+\s|[–—:/(),;|>→\[\]]|\.\s")
_NUMBER = re.compile(r"^\s*\d+\s*[-.:)]?\s+")  # "6 - Resolved"
_SHARE = re.compile(r"[\[(]?\b\d{1,3}\s?%[\])]?")  # "100% - Won", "Lost (0 %)"
_SLUG = re.compile(r"\w+(?:[-_.]\w+){2,}")
# How the ends of words change with gender and number: the end, and what may stand for it.
_ENDINGS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "de": (("", ("e", "er", "es", "en")),),
    "fr": (("", ("e", "s", "es")),),
    "es": (("o", ("a", "os", "as")),),
    "pt": (("o", ("a", "os", "as")),),
    "it": (("o", ("a", "i", "e")),),
    "nl": (("", ("e",)),),
    "pl": (("e", ("y", "a", "i")),),
}
_LAST_WORD_ONLY = ("de", "fr", "nl")


def folded(text: str) -> str:
    """The text for comparing: words only, case, accents and full-width signs aside; `PartiallyPaid` is two words."""
    if text.isascii():
        plain = _HUMP.sub(" ", text).casefold()
    else:
        plain = without_accents(_HUMP.sub(" ", unicodedata.normalize("NFKC", text))).casefold().replace("ł", "l")
    return " ".join(_NO_WORD.sub(" ", plain).split())


@dataclass(frozen=True)
class StateWords:
    """The words of one table: the state of each, folded; `overruling` are the states that a later part of a status may say,
    `things` the names of the record itself, which may stand before its state, `ending` the words that sound like an end."""

    states: Mapping[str, str]
    starts: Mapping[str, str]
    overruling: frozenset[str]
    things: frozenset[str]
    ending: frozenset[str]

    def of_name(self, label: str) -> str | None:
        """The state that a whole name says, None for an unknown one."""
        name = folded(_SHARE.sub(" ", _NUMBER.sub("", label, count=1)))
        state = self.states.get(name) or self.states.get(folded(label))
        return state or next((state for start, state in self.starts.items() if name.startswith(start)), None)

    def of_status(self, label: str) -> str | None:
        """The state that a status says by its first words, None for an unknown one."""
        of_all = self.of_name(label)
        if of_all is not None:
            return of_all
        plain = unicodedata.normalize("NFKC", label)
        first, *later = [part for part in _BETWEEN.split(_NUMBER.sub("", plain, count=1)) if part.strip()] or [""]
        state = self._by_start(first)
        others = (self._by_start(part) for part in later) if state is not None else ()
        return next((state for state in others if state in self.overruling), state)

    def _by_start(self, part: str) -> str | None:
        """The state of the longest beginning that is known."""
        if _SLUG.fullmatch(part.strip()):  # cancelled-by-customer
            part = part.replace("-", " ")
        # A hyphen keeps its two words together: each is folded, so that on-hold is found as "on hold".
        words = [folded(word) for word in re.split(r"[\s_]+", _HUMP.sub(" ", part)) if folded(word)]
        words = words[1:] if len(words) > 1 and words[0] in self.things else words
        starts = (" ".join(words[:size]) for size in range(len(words), 0, -1))
        return next((self.states[start] for start in starts if start in self.states), None)

    def sounds_ended(self, label: str) -> bool:
        """Whether a word of an ending stands anywhere in a name."""
        return not self.ending.isdisjoint(folded(label).split())


@cache
def state_words(table: str) -> StateWords:
    """The words of a table that has states."""
    block = shipped("loaders/states", table)
    by_name = block.get("whole", False)
    states: dict[str, str] = {}
    starts: dict[str, str] = {}
    ending = {folded(word) for word in block.get("ending", ())}
    for state, languages in block.items():
        if not isinstance(languages, dict):
            continue
        for language, written in languages.items():
            for word in written:
                if word.endswith("*"):
                    starts[folded(word) + " "] = state
                    continue
                for form in forms(folded(word), language):
                    states.setdefault(form, state)
                    if by_name and state != "open" and " " not in form:
                        ending.add(form)
    overruling, things = frozenset(block["overruling"]), frozenset(map(folded, block["things"]))
    return StateWords(states, starts, overruling, things, frozenset(ending))


def forms(words: str, language: str) -> Iterator[str]:
    """A word with the endings that gender and number give it in a language."""
    yield words
    parts = words.split()
    for end, others in _ENDINGS.get(language, ()):
        kept = parts[:-1] if language in _LAST_WORD_ONLY else []
        if not end:
            yield from (" ".join([*kept, parts[-1] + other]) for other in others)
        elif any(part.endswith(end) for part in parts):
            for other in others:
                yield " ".join(part[: -len(end)] + other if part.endswith(end) else part for part in parts)
