"""What work grows with: a file, a text or a group twice as large is twice the work, or little more.

Work is what is counted: files opened, steps, bytes. Where nothing can be counted, as inside a pattern, it is the time that
eight times the text takes in times of that of the text, which is 8 on any machine, and 64 if each character is compared
with each.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from crm_metrics.analysis.voice import tokens


def times(work: Callable[[int], object], size: int) -> float:
    """How many times as long eight times the size takes."""

    def shortest(size: int) -> float:
        spent = []
        for _ in range(3):
            before = time.thread_time()
            work(size)
            spent.append(time.thread_time() - before)
        return min(spent)

    return shortest(8 * size) / shortest(size)


@pytest.mark.parametrize("text", ["很", "a", "a.", "a@", "@", "a@b.c1", "1 ", "(", "'", "l'", "é."])
def test_a_comment_of_unbroken_text_takes_time_in_proportion_to_its_length(text: str) -> None:
    assert times(lambda size: tokens.terms(text * size, set()), 10_000) < 24
    assert times(lambda size: tokens.masked(text * size), 20_000) < 24


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("write to ann@example.com, please", "write to [e-mail], please"),
        ("ann@example.com1bob@example.org", "[e-mail]"),
        ("请写信给ann@example.com。", "[e-mail]。"),
        ("a@b@example.com", "a@[e-mail]"),
        ("@ann said 5 @ 3 a@b", "@ann said 5 @ 3 a@b"),
    ],
)
def test_addresses_are_hidden_wherever_they_begin(text: str, hidden: str) -> None:
    assert tokens.masked(text) == hidden
