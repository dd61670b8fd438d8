"""The help topics: Markdown files of this folder, and the way from words to the section that answers them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

from crm_metrics.errors import UsageError, did_you_mean, nearest

_FOLDER = Path(__file__).parent
_COMMENT = re.compile(r"<!-- (also: )?(.*?) -->\n*", re.DOTALL)
_CODE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
# Words that questions share, whatever they are about.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a about all an and another any are as at be can come comes different do does file figure figures for from get have "
        "how i if in into is it its make me mean means my need not of on one or other our see show so tell than that the "
        "them there they this to use was way we what when where which who why will with without you your",
    )
)
_KEPT = 4  # how many sections a search shows


@dataclass(frozen=True)
class Topic:
    """A help topic: its name, what it is about in a line, other words for it, and its text as Markdown."""

    name: str
    title: str
    also: tuple[str, ...]
    text: str

    def sections(self) -> Iterator[tuple[str, str]]:
        """Each heading with the text below it, the title first."""
        apart = _CODE.sub(lambda code: code[0].replace("\n#", "\n\0#"), self.text)  # a comment in code is no heading
        _, *parts = re.split(r"^##? (.+)$", apart, flags=re.MULTILINE)
        for heading, text in zip(parts[::2], parts[1::2], strict=True):
            yield heading, text.replace("\0", "")


@dataclass(frozen=True)
class Section:
    """A part of a topic that answers what was searched for."""

    topic: str
    heading: str
    text: str


def names() -> list[str]:
    """The names of all topics, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


def topic(name: str) -> Topic:
    """The topic of exactly this name."""
    text = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    also = [words for marked, words in _COMMENT.findall(text) if marked]
    clean = _COMMENT.sub("", text)
    return Topic(name, clean.partition("\n")[0].removeprefix("# "), tuple(", ".join(also).split(", ")), clean)


def topics() -> list[Topic]:
    """All topics, by name."""
    return [topic(name) for name in names()]


def called(name: str) -> Topic:
    """The topic of a name, else the only one that another word leads to; case, plural and hyphens aside. Raises
    `UsageError` for what leads to none, with the nearest name."""
    wanted, all_topics = _plain(name), topics()
    own = [topic for topic in all_topics if _plain(topic.name) == wanted]
    if len(led := own or [topic for topic in all_topics if wanted in map(_plain, topic.also)]) == 1:
        return led[0]
    close = nearest(
        name, [*(topic.name for topic in all_topics), *(word for topic in all_topics for word in topic.also)]
    )
    suggestion = f"Did you mean {close}?" if close else did_you_mean(name, names())
    raise UsageError(f"there is no help topic {name!r}. {suggestion}", hint="'crm-metrics help' lists the topics.")


def sections_about(words: Sequence[str]) -> list[Section]:
    """The sections that hold most of the words, the best first: a word counts by how rare it is, three times in a heading or
    among the topic's own words, and all by the share of the words that are there. Only sections with more than half of what
    the best one has."""
    wanted = {_stem(word) for word in _words(" ".join(words))} or {_stem(word) for word in words}
    places = []
    for topic in topics():
        own = _stems(f"{topic.title} {topic.name} {' '.join(topic.also)}")
        places += [
            (Section(topic.name, head, text), own | _stems(head), _stems(text)) for head, text in topic.sections()
        ]
    rarity = {
        word: log(len(places) / (1 + sum(word in strong or word in weak for _, strong, weak in places)))
        for word in wanted
    }
    scored = [
        (
            sum(rarity[word] * (3 if word in strong else word in weak) for word in wanted)
            * len(wanted & (strong | weak))
            / len(wanted),
            section,
        )
        for section, strong, weak in places
    ]
    best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    return [section for score, section in best[:_KEPT] if score * 2 > best[0][0]]


def _plain(name: str) -> str:
    return _stem(name.strip().casefold().replace("_", "-").replace(" ", "-"))


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", text.casefold()) if word not in _EMPTY]


def _stem(word: str) -> str:
    return word.removesuffix("ies") + "y" if word.endswith("ies") else word.removesuffix("s")


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _words(text)}
