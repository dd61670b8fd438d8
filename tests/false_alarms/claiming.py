"""What a review or a look for reasons claims of a company in which nothing happened."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from crm_metrics import api
from crm_metrics.intervals.signals import BEYOND_CHANCE
from tests.false_alarms.shuffling import AS_OF, sample, shuffled, write

METRICS = (
    *("win_rate", "revenue_won", "average_deal_value", "churn_rate", "nps", "csat", "reopen_rate"),
    *("first_response_time_mean", "arpu", "leads_created"),
)
QUARTERS = ("2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")


@cache
def _sample() -> dict[str, pd.DataFrame]:
    return sample()


@contextmanager
def _company(seed: int) -> Iterator[tuple[list[str], str]]:
    """The files of a company in which nothing happened, and a quarter of it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write(shuffled(_sample(), seed), Path(folder))
        yield list(paths), str(np.random.default_rng(seed).choice(QUARTERS))


def claims(seed: int) -> list[str]:
    """What the review of a quarter claims."""
    with _company(seed) as (paths, quarter):
        return api.findings(paths, period=quarter, today=AS_OF).claims


def reasons(seed: int) -> list[str]:
    """Which segments `why` says to have changed from one quarter to the next, of one metric."""
    metric = METRICS[seed % len(METRICS)]
    with _company(seed) as (paths, quarter):
        change = api.why(paths, metric, period=quarter, today=AS_OF).change
    return [
        f"{metric} by {dimension.name}: {driver.segment}"
        for dimension in change.dimensions
        for driver in dimension.drivers
        if driver.signal in BEYOND_CHANCE
    ]
