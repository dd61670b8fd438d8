"""Companies in which nothing changes, whose customers differ, come back and come in bursts; many of them in one data set, so
that the engine computes the figures of all at once, each company a segment."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from crm_metrics import api
from crm_metrics.query import Query
from crm_metrics.tables import Dataset

TODAY = date(2025, 1, 1)
BY = "company"
_GENERATOR = Path(__file__).parents[3] / "shared" / "bench" / "clustered.py"
_TABLES = ("deals", "tickets", "responses", "orders", "subscriptions")
_COST = 1000  # a day
Tables = Mapping[str, pd.DataFrame]


def is_there() -> bool:
    """Whether the generator of companies lies beside the project."""
    return _GENERATOR.exists()


@cache
def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("clustered", _GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def company(seed: int, *, size: float = 1.0, independent: bool = False) -> Any:
    """One company of that seed, `size` times as large as usual."""
    made = _generator().Company(seed, False, independent)
    if size != 1:
        made = _generator().Company.__new__(type(made))
        _sized(made, seed, size, independent)
    return made


def _sized(made: Any, seed: int, size: float, independent: bool) -> None:
    """The same as the generator's own beginning, for a size that it has no name for."""
    made.r, made.plain, made.size = np.random.default_rng(seed), independent, size
    n = int(320 * size) + 12
    made.name = np.array([f"K{i:05d}" for i in range(n)])
    made.segment = made.r.choice(_generator().SEGMENTS, n)
    made.appetite = made.r.pareto(2.5, n) + 0.15
    made.answers = made.r.random(n) < 0.5


def tables(seeds: Iterable[int], only: Iterable[str] = _TABLES, **how: Any) -> dict[str, pd.DataFrame]:
    """The tables of many companies as one of each kind, every customer and record with the company's number before it."""
    made: dict[str, list[pd.DataFrame]] = {name: [] for name in (*only, "spend")}
    for seed in seeds:
        one = company(seed, **how)
        for name in only:
            frame = getattr(one, name)()
            for column in frame.columns[
                frame.columns.isin(("Account", "Customer")) | frame.columns.str.endswith(" ID")
            ]:
                frame[column] = f"{seed:06}-" + frame[column].astype(str)
            made[name].append(frame.assign(**{BY: f"{seed:06}"}))
        days = pd.date_range("2023-01-01", "2024-12-31")
        made["spend"].append(pd.DataFrame({"Date": days, "Campaign": "all", "Cost": _COST, BY: f"{seed:06}"}))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in made.items()}


def load(made: Tables, query: Query) -> Dataset:
    """The data set of tables, read from files as a user's are."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, frame in made.items():
            paths.append(str(Path(folder) / f"{name}.csv"))
            frame.to_csv(paths[-1], index=False, date_format="%Y-%m-%d %H:%M")
        return api.load(paths, query, today=TODAY)
