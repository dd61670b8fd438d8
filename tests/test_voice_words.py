"""Words that set comments apart: an oracle in plain Python, no more false alarms than promised, and any language."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from crm_metrics.analysis.voice import comments, words

LEVEL = 0.05


def oracle(
    comments: Sequence[frozenset[str]], first: Sequence[bool], second: Sequence[bool], word: str
) -> tuple[float, float]:
    """Log-odds with an informative prior, and z, of one word, as Monroe, Colaresi and Quinn write it, of comments."""
    share = sum(word in comment for comment in comments) / len(comments)
    parts = []
    for group in (first, second):
        has = sum(word in comment for comment, mine in zip(comments, group, strict=True) if mine) + words.PRIOR * share
        lacks = sum(group) + words.PRIOR - has
        parts.append((math.log(has / lacks), 1 / has + 1 / lacks))
    gap = parts[0][0] - parts[1][0]
    return gap, gap / math.sqrt(parts[0][1] + parts[1][1])


def spoken(rng: np.random.Generator, count: int, size: int = 300) -> list[frozenset[str]]:
    """Comments of one to eight words, some words common and most rare."""
    chance = 1 / np.arange(1, size + 1)
    names = [f"w{i}" for i in range(size)]
    return [
        frozenset(names[i] for i in rng.choice(size, size=rng.integers(1, 9), p=chance / chance.sum()))
        for _ in range(count)
    ]


def test_log_odds_and_z_are_those_of_the_oracle() -> None:
    rng = np.random.default_rng(7)
    comments = [words | {"slow"} if i < 25 else words for i, words in enumerate(spoken(rng, 200))]
    first, second = np.arange(200) < 40, np.arange(200) > 90

    found = words.compared(comments, first, second, least=5, level=LEVEL)

    assert "slow" == found.words[0].text
    for word in found.words:
        assert oracle(comments, first.tolist(), second.tolist(), word.text) == pytest.approx((word.log_odds, word.z))


def test_at_most_5_of_100_shuffles_claim_a_word() -> None:
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        label = rng.random(250)
        alarms += bool(words.compared(spoken(rng, 250), label < 0.15, label > 0.45, least=5, level=LEVEL).words)

    assert 16 >= alarms  # 95 % of the time no more than so many of 200 at 5 %


def test_a_comment_counts_once_and_too_few_comments_say_nothing() -> None:
    terms = [frozenset({"slow"})] * 4 + [frozenset({"quick"})] * 40
    few = np.arange(44) < 4

    assert [] == words.compared(terms, few, ~few, least=5, level=LEVEL).words

    terms = [comments.terms("slow, slow, slow", frozenset())] * 10 + [frozenset({"quick"})] * 40
    found = words.compared(terms, np.arange(50) < 10, np.arange(50) >= 10, least=5, level=LEVEL).words

    assert {"slow": (10, 0), "quick": (0, 40)} == {word.text: (word.first, word.second) for word in found}


def test_words_of_the_same_comments_are_the_longest_phrase() -> None:
    terms = [comments.terms("Too expensive!", frozenset())] * 12 + [frozenset({"fine"})] * 30
    found = words.compared(terms, np.arange(42) < 12, np.arange(42) >= 12, least=5, level=LEVEL).words

    assert {"too expensive", "fine"} == {word.text for word in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The app ISN’T fast.", {"the", "app", "isn't", "fast", "the app", "app isn't", "isn't fast"}),
        ("Slow, very slow", {"slow", "very", "very slow"}),
        ("L'application est lente", {"application", "est", "lente", "application est", "est lente"}),
        ("値上げだ", {"値上", "上げ", "げだ", "値上げ", "上げだ"}),
        ("Straße\u0301 ﬁne", {"strassé", "fine", "strassé fine"}),
        ("कीमत है", {"कीमत", "है", "कीमत है"}),
        ("slow 値上 app", {"slow", "値上", "app"}),
        ("write to ann@firm.example or +44 20 7946 0958", {"write", "to", "or", "write to"}),
        ("  …!  ", set()),
    ],
)
def test_words_and_phrases_of(text: str, expected: set[str]) -> None:
    assert expected == comments.terms(text, frozenset())


def test_function_words_are_left_out_but_not_negations() -> None:
    without = comments.function_words(["English", "German"])

    assert {"not", "fair", "not fair"} == comments.terms("It is not fair", without)
    assert {"nicht", "schnell", "nicht schnell"} == comments.terms("Das ist nicht schnell", without)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["The app is slow", "It was good for us", "We like it", "Support is quick"], ("English",)),
        (["Die App ist langsam", "Das war gut für uns", "Wir mögen es", "Es ist zu teuer"], ("German",)),
        (["L'application est lente", "C'est trop cher pour nous", "Le support est rapide"], ("French",)),
        (
            ["The app is slow", "We like it", "It was good"] * 3 + ["Das war gut", "Es ist teuer", "Wir sind froh"],
            ("English", "German"),
        ),
        (["値上げ", "速い"], ()),
    ],
)
def test_languages_are_told_by_their_function_words(written: list[str], expected: tuple[str, ...]) -> None:
    assert expected == comments.languages([comments.words(comment) for comment in written])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call me: +44 (0)20 7946-0958!", "Call me: [number]!"),
        ("ann.lee@firm.example wrote\nthat", "[e-mail] wrote that"),
        ("Card 4111 1111 1111 1111 refused", "Card [number] refused"),
        ("Waited 3 days, 20 minutes", "Waited 3 days, 20 minutes"),
    ],
)
def test_what_names_a_person_is_hidden(text: str, expected: str) -> None:
    assert expected == comments.masked(text)
