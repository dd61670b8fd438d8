"""Recency, frequency and money: three scores from 1 to 5 for each customer, and segments named by the first two."""

from __future__ import annotations

import numpy as np

from crm_metrics.engine.cells import Bools, Floats

SCORES = (
    "Scores run from 1 to 5: 1 and five times the share of all customers who are below, rounded down, so that equal ones "
    "score alike. R by the last purchase day, F by the number of purchases, M by revenue."
)
# Name: scores R and F from and to, and what they say.
SEGMENTS = {
    "champions": ((4, 5), (4, 5), "buy often, and lately"),
    "loyal": ((3, 3), (4, 5), "buy often; the last time is a while ago"),
    "at risk": ((1, 2), (4, 5), "bought often, but not lately"),
    "potential loyal": ((4, 5), (2, 3), "bought lately, and not for the first time"),
    "need attention": ((3, 3), (2, 3), "in the middle of both"),
    "hibernating": ((1, 2), (2, 3), "bought a few times, long ago"),
    "new": ((4, 5), (1, 1), "bought lately, and seldom so far"),
    "cooling": ((3, 3), (1, 1), "bought seldom; the last time is a while ago"),
    "one-off": ((1, 2), (1, 1), "bought seldom, long ago"),
}


def scores(values: Floats) -> Floats:
    """The score of each value among all that are known; NaN where it is missing."""
    ascending = np.sort(values[~np.isnan(values)])
    below = np.searchsorted(ascending, values, side="left")
    return np.where(np.isnan(values), np.nan, 1 + np.floor(5 * below / max(len(ascending), 1)))


def segments(recency: Floats, frequency: Floats) -> np.ndarray:
    """The segment of each customer; None without scores."""
    segment = np.full(len(recency), None, dtype=object)
    for name, ((low, high), (least, most), _) in SEGMENTS.items():
        inside: Bools = (recency >= low) & (recency <= high) & (frequency >= least) & (frequency <= most)
        segment[inside] = name
    return segment
