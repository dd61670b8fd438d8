"""The words that set two groups of comments apart: log-odds with an informative prior (Monroe, Colaresi and Quinn
2008).

A comment is the unit: a word counts once in it, so the prior is that of each word's share of all comments. A word is
told only if its z score is beyond the largest that any word reaches when the comments are dealt to the two groups by
chance, in all but 5 % of the deals (Westfall and Young 1993): with however many words, that is the chance of a false
alarm at all.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crm_metrics.engine.cells import Bools, Floats, Ints

PRIOR = 20.0  # how many comments the prior weighs
FEWEST = 5  # comments of either group, below which no words are compared
_DEALS, _FEWER_DEALS, _WORK = 999, 199, 2e9
_AT_ONCE, _SEED = 64, 20080901


@dataclass(frozen=True)
class Word:
    """A word or phrase, in how many comments of either group it stands, and how far that sets the first group apart:
    positive `log_odds` and `z` if it is commoner there. `p` is the chance that any word would be as far apart by
    chance."""

    text: str
    first: int
    second: int
    log_odds: float
    z: float
    p: float
    rows: Ints


@dataclass(frozen=True)
class Comparison:
    """The words that set the groups apart, the furthest first; of `compared` words in so many comments of either
    group."""

    words: list[Word]
    compared: int
    first: int
    second: int


def log_odds(first: Floats, first_n: float, second: Floats, second_n: float, share: Floats) -> tuple[Floats, Floats]:
    """The logarithm of the ratio of the odds that a comment of the first and of the second group has a word, and its z
    score; `share` is the word's share of all comments, which the prior expects in both."""
    expected = PRIOR * share
    first_count, second_count = first + expected, second + expected
    first_rest, second_rest = first_n + PRIOR - first_count, second_n + PRIOR - second_count
    gap = np.log(first_count / first_rest) - np.log(second_count / second_rest)
    return gap, gap / np.sqrt(1 / first_count + 1 / first_rest + 1 / second_count + 1 / second_rest)


def compared(comments: Sequence[Set[str]], first: Bools, second: Bools, *, least: int, level: float) -> Comparison:
    """The words that set the first group's comments apart from the second's, of those in at least `least` comments of
    both together. `comments` are all that the prior is made of, each as its words, in an order that does not depend on
    that of the files. Words in exactly the same comments are one: the longest."""
    n_first, n_second = int(first.sum()), int(second.sum())
    nothing = Comparison([], 0, n_first, n_second)
    if min(n_first, n_second) < FEWEST:
        return nothing
    names, table = _table(comments)
    either = first | second
    total = _sums(table[either])
    enough = np.flatnonzero((total >= least) & (total < n_first + n_second))
    chosen = enough[_longest([names[at] for at in enough], table[:, enough].tocsc())]
    if not len(chosen):
        return nothing
    table = table[:, chosen].tocsr()
    share = _sums(table) / table.shape[0]
    total, ones = total[chosen], _sums(table[first])
    gap, z = log_odds(ones, n_first, total - ones, n_second, share)
    chance = _chance(table[either], np.abs(z), n_first, share)
    places = table.tocsc()
    words = [
        Word(
            names[chosen[at]],
            int(ones[at]),
            int(total[at] - ones[at]),
            float(gap[at]),
            float(z[at]),
            chance[at],
            _rows(places, at),
        )
        for at in np.lexsort((np.arange(len(z)), -np.abs(z))).tolist()
        if chance[at] <= level
    ]
    return Comparison(words, len(chosen), n_first, n_second)


def _table(comments: Sequence[Set[str]]) -> tuple[list[str], sparse.csr_array]:
    """Which comment has which word; the words in the order of the alphabet."""
    names = sorted(set().union(*comments))
    place = {name: at for at, name in enumerate(names)}
    columns = np.array([at for words in comments for at in sorted(place[word] for word in words)], dtype=np.int64)
    ends = np.cumsum([0, *map(len, comments)])
    shape = (len(comments), len(names))
    return names, sparse.csr_array((np.ones(len(columns), dtype=np.float32), columns, ends), shape=shape)


def _sums(table: sparse.csr_array) -> Floats:
    """In how many comments each word stands."""
    return np.asarray(table.sum(axis=0), dtype=np.float64).ravel()


def _longest(names: Sequence[str], table: sparse.csc_array) -> list[int]:
    """Of the words that stand in exactly the same comments the place of the longest."""
    best: dict[bytes, int] = {}
    for at, name in enumerate(names):
        key = _rows(table, at).tobytes()
        if key not in best or len(name) > len(names[best[key]]):
            best[key] = at
    return sorted(best.values())


def _rows(table: sparse.csc_array, column: int) -> Ints:
    return np.sort(table.indices[table.indptr[column] : table.indptr[column + 1]]).astype(np.int64)


def _chance(table: sparse.csr_array, z: Floats, n_first: int, share: Floats) -> list[float]:
    """For each z score the chance that the largest of all words' is as large when the comments are dealt by chance."""
    n = table.shape[0]
    deals = _DEALS if table.nnz * _DEALS <= _WORK else _FEWER_DEALS
    total = _sums(table)[:, None]
    rng = np.random.default_rng(_SEED)
    by_word = table.T.tocsr()
    largest: list[Floats] = []
    for begin in range(0, deals, _AT_ONCE):
        size = min(_AT_ONCE, deals - begin)
        dealt = np.zeros((n, size), dtype=np.float32)
        picked = np.argpartition(rng.random((size, n), dtype=np.float32), n_first, axis=1)[:, :n_first]
        dealt[picked.T, np.arange(size)] = 1
        ones = by_word @ dealt
        z_scores = log_odds(ones, n_first, total - ones, n - n_first, share[:, None])[1]
        largest.append(np.abs(z_scores).max(axis=0))
    reached = np.sort(np.concatenate(largest))
    beyond = len(reached) - np.searchsorted(reached, z - 1e-9)
    return ((1 + beyond) / (1 + len(reached))).tolist()
