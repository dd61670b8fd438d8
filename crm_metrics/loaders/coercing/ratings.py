"""Ratings that are no plain numbers: the words of a scale of satisfaction, so many points out of so many, stars."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from crm_metrics.loaders.coercing.columns import Texts
from crm_metrics.loaders.state_words import state_words

_NOT_RATED = "not rated"
# The words of each scale of satisfaction as points on it.
_WORDED: Mapping[str, Mapping[str, float]] = {
    "1-5": {"very satisfied": 5, "satisfied": 4, "neither": 3, "dissatisfied": 2, "very dissatisfied": 1},
    "1-2": {"good": 2, "bad": 1},
    "1-3": {"good": 3, "middling": 2, "neither": 2, "bad": 1},
}
_OUT_OF = re.compile(
    r"(\d{1,2}(?:[.,]\d+)?)\s*(?:/|out of|of|von|sur|de|su|van|z)\s*(5|7|10)(?:[\s.]*[^\W\d]+)?", re.IGNORECASE
)
_STARS, _NO_STARS, _FIVE = "★⭐🌟", "☆✩✰", 5


def out_of(text: str) -> tuple[float, str] | None:
    """The points of "4 out of 5", "4/5" or "★★★★☆", and the scale that it names; None for any other text."""
    if (match := _OUT_OF.fullmatch(text.strip())) is not None:
        return float(match[1].replace(",", ".")), f"1-{match[2]}"
    filled, empty = (sum(map(text.count, stars)) for stars in (_STARS, _NO_STARS))
    if not filled + empty or text.strip(f"{_STARS}{_NO_STARS}\ufe0f "):
        return None
    return float(filled), f"1-{max(_FIVE, filled + empty)}"


def satisfaction(column: Texts) -> tuple[NDArray[np.float64], str] | None:
    """Answers in words or out of so many points as points on a scale, and that scale; None where one is none of it."""
    texts = column.values.to_pylist()
    rated = [out_of(text) for text in texts]
    if len(scales := {scale for _, scale in filter(None, rated)}) == 1 and None not in rated:
        points = np.array([answer[0] for answer in rated if answer is not None])
        return column.spread(points, np.nan), scales.pop()
    known = state_words("ratings")
    said = [known.of_name(text) or "" for text in texts]
    for scale, worth in _WORDED.items():
        if said and {*said} <= {*worth, _NOT_RATED} and not {*said} <= {_NOT_RATED}:
            return column.spread(np.array([worth.get(word, np.nan) for word in said], dtype=float), np.nan), scale
    return None
