"""Reports of exports; what is loaded is loaded once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.query import Need
from crm_metrics.reporting.report import Report
from crm_metrics.settings import FileRules, Settings
from crm_metrics.tables import Dataset

from ..conftest import TODAY
from .exports import Exports, dimensions
from .figures import Figure, Key, differences, figures, is_same


@cache
def query(
    period: str | None, by: tuple[str, ...], metrics: tuple[str, ...], compare: str | None, top: int | None
) -> api.Query:
    """The question with default settings: the same one is put to many exports."""
    return api.query(period=period, by=by, metrics=metrics, compare=compare, top=top)


def complete(settings: Settings) -> Settings:
    """What tables cover has properties of its own: these files know everything up to as-of."""
    if settings.as_of is None:
        return settings
    return settings.but(files=(FileRules(path="*", until=settings.as_of), *settings.files))


def whole(dataset: Dataset) -> Dataset:
    """The same, and from long ago on."""
    first = date(1990, 1, 1)
    coverage = {
        name: one if one.is_snapshot else replace(one, first=min(first, one.first))
        for name, one in dataset.coverage.items()
    }
    return replace(dataset, coverage=coverage)


class Reports:
    """Makes reports; datasets and reports are kept for the exports that stay."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = count()
        self._made: dict[tuple[object, ...], Report] = {}
        self._kept: dict[tuple[int, Need], tuple[Exports, Dataset]] = {}

    def dataset(
        self, exports: Exports, by: Sequence[str] = (), metrics: Sequence[str] = (), *, keep: bool = True
    ) -> Dataset:
        asked = replace(query(None, tuple(by), tuple(metrics), None, None), settings=complete(exports.settings))
        key = (id(exports), Need.of(asked))
        if key not in self._kept:
            folder = self._folder / str(next(self._number))
            folder.mkdir()
            paths = exports.write(folder)
            tables = {path: table for path, table in paths.items() if table is not None}
            made = whole(api.load(list(paths), asked, today=TODAY, tables=tables))
            if not keep:
                shutil.rmtree(folder)
                return made
            self._kept[key] = (exports, made)
        return self._kept[key][1]

    def __call__(
        self,
        exports: Exports,
        period: str,
        *,
        by: Sequence[str] = (),
        metrics: Sequence[str] = (),
        compare: str | None = "none",
        top: int | None = None,
        keep: bool = True,
        loaded: Dataset | None = None,
    ) -> Report:
        """The report; `loaded` is the dataset to make it of, where it is there already, perhaps with more dimensions."""
        key = (id(exports), period, (*by, "/", *metrics), compare, top)
        if key not in self._made:
            asked = replace(query(period, tuple(by), tuple(metrics), compare, top), settings=exports.settings)
            dims = [name for name in by if name not in api.GRAINS]
            made = api.compute(loaded or self.dataset(exports, dims, metrics, keep=keep), asked, strict=False)
            if not keep:
                return made
            self._made[key] = made
        return self._made[key]

    def changes(
        self,
        exports: Exports,
        other: Exports,
        period: str,
        *,
        by: Sequence[str] = ("month",),
        same: Callable[[Key, Figure, Figure], bool] | None = None,
        loaded: Dataset | None = None,
    ) -> dict[Key, tuple[Figure | None, Figure | None]]:
        """The figures that differ between two exports; `loaded` is the other's dataset, where it is there already. Where
        what was loaded is equal, so are they (test_same_data)."""
        dims = [name for name in by if name not in api.GRAINS]
        loaded = loaded or self.dataset(other, dims, keep=False)
        if is_same(self.dataset(exports, dims), loaded):
            return {}
        after = self(other, period, by=by, loaded=loaded, keep=False)
        return differences(figures(self(exports, period, by=by)), figures(after), same)

    def has(self, exports: Exports, dim: str) -> bool:
        """Whether any file has the dimension."""
        return dim in dimensions(exports)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    return Reports(tmp_path_factory.mktemp("exports"))
