"""What is asked of which files. A session opens the files once and reads each of them once, whoever asks and how often."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypedDict, Unpack

from crm_metrics.errors import NothingToReport
from crm_metrics.expressions import parse_rows
from crm_metrics.issues import Issue
from crm_metrics.metrics.own import catalog_of
from crm_metrics.query import Asked, Need, Query, query, written
from crm_metrics.settings import Settings

# Imported while the files are being read: pandas, the engine, what limits and reports need.
_LATER = (
    *("crm_metrics.loaders.loading", "crm_metrics.reporting.assembly"),
    *("crm_metrics.analysis.grounds", "crm_metrics.reporting.report", "crm_metrics.reporting.timeline"),
)

if TYPE_CHECKING:
    import pandas as pd

    from crm_metrics.analysis.inventory import Inventory
    from crm_metrics.engine.windows import Window
    from crm_metrics.loaders.mapping import Recogniser
    from crm_metrics.loaders.reading import Opened
    from crm_metrics.metrics.catalog import Catalog
    from crm_metrics.periods import PeriodSpec
    from crm_metrics.tables import Dataset

    # What is read: paths, tables in memory, or several of both; tables may have names.
    Inputs = str | Path | pd.DataFrame | Mapping[str, pd.DataFrame] | Sequence[str | Path | pd.DataFrame]


class Files(TypedDict, total=False):
    """How files are read: the settings, the day on which it is done, what `-` among the paths is read from, and the table of
    a path where it is known, for files whose columns have the canonical names."""

    settings: Settings | None
    today: date | None
    stdin: BinaryIO | None
    tables: Mapping[str, str] | None


class Asking(Files, total=False):
    """The same for questions about metrics: also the file of those of one's own, and a filter of the rows they are made
    of."""

    metrics_file: str | Path | None
    where: str | None


class Session:
    """Paths with the settings under which they are read: opened when first asked for, loaded once for all questions whose
    needs are known by then."""

    def __init__(
        self,
        paths: Inputs,
        *,
        settings: Settings | None = None,
        metrics_file: str | Path | None = None,
        today: date | None = None,
        stdin: BinaryIO | None = None,
        tables: Mapping[str, str] | None = None,
        where: str | None = None,
    ) -> None:
        named, self._frames = _inputs(paths)
        self.paths = (*named, *self._frames)
        self.settings = _with(settings or Settings(), where)
        self.metrics_file = metrics_file
        self.today = today or date.today()
        self.tables = tables or {}
        self._stdin = stdin
        self._expected: Need | None = None
        self._loaded: list[tuple[Need, Dataset]] = []

    @classmethod
    def of(cls, paths: Inputs | Session, **files: Unpack[Asking]) -> Session:
        """A session of the paths; one that is given is the session itself."""
        if not isinstance(paths, Session):
            return cls(paths, **files)
        where = files.get("where")
        return paths if where is None else paths.under(where=_with(paths.settings, where).where)

    def under(self, **settings: object) -> Session:
        """The same files, opened once for both, under other settings."""
        other = copy(self)
        other.__dict__ |= {"files": self.files}
        other.__dict__.pop("_recogniser", None)  # it goes by the settings
        other.settings = self.settings.but(**settings)
        other._expected, other._loaded = None, []
        return other

    @cached_property
    def catalog(self) -> Catalog:
        """The metrics there are, one's own included."""
        return catalog_of(self.settings, self.metrics_file)

    @cached_property
    def files(self) -> Opened:
        """The tables in the paths. Raises `UsageError` for a path that does not exist, `DataError` for what cannot be
        read."""
        return self._opened(lenient=False)

    @cached_property
    def columns(self) -> list[tuple[str, tuple[str, ...]]]:
        """The table that each of the files is recognised as, with the columns it has; files of no known kind are left
        out."""
        recognised = [self._recogniser.recognise(raw, self.tables.get(raw.path)) for raw in self.files.tables]
        return [(reading.layout.table, tuple(reading.columns)) for reading in recognised if reading is not None]

    @cached_property
    def _recogniser(self) -> Recogniser:
        from crm_metrics.loaders.mapping import Recogniser

        return Recogniser(self.settings)

    def period(self, text: str | None) -> PeriodSpec | None:
        """A period as it is written; None without one. Raises `UsageError` that names the nearest valid form."""
        return written(text, self.settings) if text else None

    def query(self, **asked: Unpack[Asked]) -> Query:
        """The question, with every name in it checked. Raises `UsageError` or `SettingsError` that names the nearest valid
        one."""
        return query(**asked, settings=self.settings, catalog=self.catalog)

    def expect(self, need: Need) -> None:
        """Let what is loaded from now on serve a later question too."""
        self._expected = need if self._expected is None else self._expected | need

    def load(self, asked: Query, *, ids: bool = False, also: Iterable[tuple[str, str]] = ()) -> Dataset:
        """The tables of the files that a question needs."""
        return self.dataset(Need.of(asked, ids=ids, also=also))

    def dataset(self, need: Need) -> Dataset:
        """What a need asks for, loaded with all that is expected to be asked for; what was loaded before is not read
        again."""
        for had, dataset in self._loaded:
            if need.is_in(had):
                return dataset
        combined = need if self._expected is None else need | self._expected
        dataset = self._read(combined)
        _refuse_empty(dataset)
        self._loaded.append((combined, dataset))
        return dataset

    def inventory(self) -> Inventory:
        """All tables and columns; a file that cannot be read, or in two ways, is put aside with its error."""
        files = self._opened(lenient=True)
        from crm_metrics.analysis.inventory import load_inventory  # imports pandas, which a wrong path does not need

        return load_inventory(files, self.settings, today=self.today, forced=self.tables)

    def _read(self, need: Need) -> Dataset:
        from crm_metrics.loaders.gathering import gather

        files, settings = self.files, self.settings
        if settings.as_of is None and need.needs_clock:
            settings = settings.but(as_of=self.today)
        gathered = gather(
            files.tables,
            need.columns,
            need.by,
            forced=self.tables,
            issues=files.issues,
            recogniser=self._recogniser,
            apart=need.apart,
            where=parse_rows(settings.where, "--where") if settings.where else None,
        )
        for name in _LATER:
            import_module(name)
        from crm_metrics.loaders.loading import load as load_tables

        dataset = load_tables(gathered, settings, today=self.today)
        dataset.ignored = files.ignored
        dataset.raws |= {raw.path: raw for raw in files.tables}
        return dataset

    def _opened(self, *, lenient: bool) -> Opened:
        """The tables in the paths. The file of exchange rates is no table of a report, also when it lies among them. A
        pattern of the settings that names no file is noted: it may be misspelt. With `lenient` what cannot be read is put
        aside."""
        from crm_metrics.loaders.reading import open_inputs

        settings = self.settings
        files = open_inputs(
            self.paths,
            stdin=self._stdin,
            frames=self._frames,
            stated=settings.stated,
            lenient=lenient,
            meanwhile=("pandas",) if lenient else _LATER,
        )
        if settings.rates is not None and settings.rates.file is not None:
            own = os.path.realpath(settings.rates.file)
            files.tables = [raw for raw in files.tables if os.path.realpath(raw.path.partition("#")[0]) != own]
        if patterns := settings.unused([*(raw.path for raw in files.tables), *files.unreadable]):
            files.issues.append(Issue("settings-unused", detail={"seen": " and ".join(patterns)}))
        return files


def _with(settings: Settings, where: str | None) -> Settings:
    """The settings with a filter. Raises `SettingsError` for one that cannot be read."""
    if where is None:
        return settings
    parse_rows(where, "where")
    return settings.but(where=where)


def _is_frame(table: object) -> bool:
    return hasattr(table, "to_parquet") and hasattr(table, "columns")


def _inputs(inputs: Inputs) -> tuple[list[str], dict[str, pd.DataFrame]]:
    """The paths, and the tables in memory by the name they go by in reports: their own, else one with their number."""
    if isinstance(inputs, Mapping):
        return [], dict(inputs)
    several: list[Any] = [inputs] if _is_frame(inputs) or isinstance(inputs, str | Path) else list(inputs)
    frames = [table for table in several if _is_frame(table)]
    names = [f"DataFrame {number}" for number in range(1, len(frames) + 1)] if len(frames) > 1 else ["DataFrame"]
    return [str(path) for path in several if not _is_frame(path)], dict(zip(names, frames, strict=False))


def load(
    paths: Sequence[str] | Session,
    asked: Query,
    *,
    ids: bool = False,
    also: Iterable[tuple[str, str]] = (),
    **files: Unpack[Files],
) -> Dataset:
    """The tables of the given files that the question needs. With `ids` the records' own ids are kept in any case; `also`
    are further `(table, column)` pairs."""
    files.setdefault("settings", asked.settings)
    return Session.of(paths, **files).load(asked, ids=ids, also=also)


def inventory(paths: Sequence[str] | Session, **files: Unpack[Files]) -> Inventory:
    """All tables and columns of the given files, for `scan` and `check`; a file that cannot be read, or in two ways, is put
    aside with its error. Raises `CrmMetricsError` for a path that does not exist."""
    return Session.of(paths, **files).inventory()


def _refuse_empty(dataset: Dataset) -> None:
    """Raises `NothingToReport` for files that all hold no rows: a figure of 0 from them would be no real 0."""
    if dataset.sources and not any(source.rows for source in dataset.sources):
        paths = ", ".join(source.path for source in dataset.sources)
        hint = "Export them again, of a longer time or with fewer filters."
        raise NothingToReport(f"the files hold no rows: {paths}", hint=hint)


def complete(dataset: Dataset, asked: Query, windows: Sequence[Window]) -> Dataset:
    """The dataset with the tables that are made only for the metrics and periods asked for."""
    if all(part.table != "predictions" for part in asked.catalog.parts(asked.metrics)):
        return dataset
    from crm_metrics.analysis.lifetimes.predictions import with_predictions

    return with_predictions(dataset, windows, asked.by)
