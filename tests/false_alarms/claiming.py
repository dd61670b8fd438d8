"""What a review claims of a company in which nothing happened."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from crm_metrics import api
from tests.false_alarms.shuffling import AS_OF, sample, shuffled, write

QUARTERS = ("2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")


@cache
def _sample() -> dict[str, pd.DataFrame]:
    return sample()


def claims(seed: int) -> list[str]:
    """What the review of a quarter of a company in which nothing happened claims."""
    tables = shuffled(_sample(), seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = write(tables, Path(folder))
        found = api.findings(list(paths), period=str(np.random.default_rng(seed).choice(QUARTERS)), today=AS_OF)
    return found.claims
