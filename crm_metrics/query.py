"""What is asked for, with every name checked before a file is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast, get_args

from crm_metrics import periods, schema
from crm_metrics.errors import UsageError
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.metrics.own import catalog_of
from crm_metrics.periods import Grain, PeriodSpec
from crm_metrics.settings import Settings

GRAINS: tuple[str, ...] = get_args(Grain)


class Asked(TypedDict, total=False):
    """What is asked for, as it is written."""

    period: str | None
    by: Sequence[str]
    metrics: Sequence[str]
    compare: str | None
    top: int | None
    sort: str | None


@dataclass(frozen=True)
class Query:
    """What is asked for, checked before any file is read: metrics, period, dimensions, comparison."""

    catalog: Catalog
    metrics: list[Metric]
    period: PeriodSpec | None
    by: tuple[str, ...]
    grain: Grain | None
    compare: str | PeriodSpec
    top: int | None = None
    sort: Metric | None = None
    settings: Settings = field(default_factory=Settings)

    @property
    def only(self) -> Metric:
        """The one metric that is asked for. Raises `UsageError` for a family."""
        if len(self.metrics) > 1:
            raise UsageError(f"one metric at a time, not {', '.join(metric.name for metric in self.metrics[:4])}")
        return self.metrics[0]

    @property
    def read(self) -> list[Metric]:
        """The metrics to read columns for: those asked for and, where one period is shown, those that keep the waiting."""
        beside = [] if self.grain else [self.catalog[metric.waiting] for metric in self.metrics if metric.waiting]
        return [*self.metrics, *beside, *([self.sort] if self.sort else [])]


@dataclass(frozen=True)
class Need:
    """What a question needs of the files: `(table, column)` pairs, as far as the files have them, with the dimensions `by`.
    The rows of tables in `apart` are told apart by customer. What is asked for up to today (`needs_clock`) has today as its
    as-of."""

    columns: frozenset[tuple[str, str]]
    by: tuple[str, ...] = ()
    apart: frozenset[str] = frozenset()
    needs_clock: bool = False

    @classmethod
    def of(cls, asked: Query, *, ids: bool = False, also: Iterable[tuple[str, str]] = ()) -> Need:
        """What the metrics of a question need. With `ids` the records' own ids are kept in any case; `also` are further
        columns."""
        from crm_metrics.metrics.checking import columns_of

        parts = [part for part in asked.catalog.parts(asked.read) if part.aggregate]
        wanted = {(part.table, column) for part in parts for column in (*columns_of(part), *part.per)} | set(also)
        # What is only compared by it is computed without it too.
        wanted |= {(part.table, part.outcome_at) for part in parts if part.outcome_at}
        if ids:
            bases = {base for part in parts for base in (schema.TABLES[part.table].bases or (part.table,))}
            wanted |= {(table, key) for table in bases if (key := schema.TABLES[table].key)}
        apart = {base for part in parts for base in (part.table, *schema.TABLES[part.table].bases)}
        clock = asked.period is not None and asked.period.needs_clock
        return cls(frozenset(wanted), asked.by, frozenset(apart), clock)

    @classmethod
    def columns_of(cls, columns: Iterable[tuple[str, str]], period: PeriodSpec | None = None) -> Need:
        """Just these columns, for a period."""
        return cls(frozenset(columns), needs_clock=period is not None and period.needs_clock)

    def __or__(self, other: Need) -> Need:
        by = tuple(dict.fromkeys((*self.by, *other.by)))
        clock = self.needs_clock or other.needs_clock
        return Need(self.columns | other.columns, by, self.apart | other.apart, clock)

    def is_in(self, other: Need) -> bool:
        """Whether what was loaded for another need serves this one too."""
        return other | self == other


def query(
    *,
    period: str | None = None,
    by: Sequence[str] = (),
    metrics: Sequence[str] = (),
    compare: str | None = None,
    top: int | None = None,
    sort: str | None = None,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    catalog: Catalog | None = None,
) -> Query:
    """The question, with every name in it checked. Raises `UsageError` or `SettingsError` that names the nearest valid
    one."""
    settings = settings or Settings()
    catalog = catalog or catalog_of(settings, metrics_file)
    by, metrics = ([texts] if isinstance(texts, str) else texts for texts in (by, metrics))
    names = [part.strip().casefold() for text in by for part in text.split(",") if part.strip()]
    grains = [cast(Grain, name) for name in names if name in GRAINS]
    if len(grains) > 1:
        raise UsageError(f"--by takes one time grain, not {' and '.join(grains)}", hint="For example: --by month,owner")
    asked = [part for text in metrics for part in text.split(",") if part.strip()]
    chosen = catalog.chosen(asked) if asked else catalog.shown()
    spec = written(period, settings) if period else None
    if top is not None and top < 1:
        raise UsageError("--top takes a whole number from 1 up")
    baseline: str | PeriodSpec = compare or ("none" if grains else "previous")
    if compare and compare not in ("previous", "year-ago", "none"):
        baseline = written(compare, settings)
    dims = tuple(dict.fromkeys(name.replace("-", "_") for name in names if name not in GRAINS))
    if top is not None and not dims:
        raise UsageError("--top needs a segment", hint="For example: --by owner --top 10")
    ranking = catalog.chosen([sort]) if sort else []
    if ranking and not dims:
        raise UsageError("--sort needs a segment", hint=f"For example: --by owner --sort {sort}")
    if len(ranking) > 1 or any(metric.per for metric in ranking):
        raise UsageError(f"--sort {sort}: one figure without parts of its own", hint="For example: --sort win_rate")
    grain = grains[0] if grains else None
    return Query(catalog, chosen, spec, dims, grain, baseline, top, ranking[0] if ranking else None, settings)


def written(text: str, settings: Settings) -> PeriodSpec:
    """A period as it is written, under the calendar of the settings. Raises `UsageError` that names the nearest valid
    form."""
    return periods.parse(text, fiscal_year_start=settings.fiscal_year_start, week_start=settings.week_start)
