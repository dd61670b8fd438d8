"""Why a metric changed: what each segment contributed, split into its own rate and its share of the mix.

Of a ratio R = Σ wₛ rₛ, with wₛ the segment's share of the denominator and rₛ its own rate, the change is exactly
Σ w̄ₛ Δrₛ + Σ (r̄ₛ − R̄) Δwₛ, bars being means of the two periods (Bennet 1920). What is added up needs no shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crm_metrics import schema
from crm_metrics.analysis.adding_up import Grid, few, grid_of, sums, unlike, without_small
from crm_metrics.engine.cells import Cells, Figures, Floats, or_none
from crm_metrics.engine.currencies import split
from crm_metrics.engine.windows import Window
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.expressions import Formula, columns
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.signals import BEYOND_CHANCE, NONE, Noise, Noises, chances, holm, signals
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.schema import Kind
from crm_metrics.tables import Dataset

RISK = 0.05  # that any segment is said to have changed where nothing has
_NEARLY = 0.9
_BEFORE, _NOW = 0, 1


@dataclass(frozen=True)
class Driver:
    """A segment's part of the change; the effects add up to the contribution, the contributions to the change."""

    segment: str
    before: float | None
    now: float | None
    share_before: float | None
    share_now: float | None
    n_before: int
    n: int
    rate_effect: float
    mix_effect: float
    contribution: float
    signal: str | None


@dataclass(frozen=True)
class Dimension:
    """One way of looking: its segments, the largest contribution first. `uneven` is how far the segments are from all having
    changed alike, `beyond_chance` the same for the segments whose own change is more than chance: of several dimensions the
    one with the most explains most."""

    name: str
    drivers: list[Driver]
    uneven: float
    beyond_chance: float


@dataclass(frozen=True)
class Change:
    """A metric in two periods, and what it came of. `refused` says of dimensions why they cannot be used."""

    metric: Metric
    before: float
    now: float
    n_before: int
    n: int
    signal: str | None
    currency: str | None
    dimensions: list[Dimension]
    refused: dict[str, str]


def terms(metric: Metric, catalog: Catalog) -> tuple[Formula, Formula | None]:
    """What a metric adds up, over what else it adds up. Raises `UsageError` for one that is neither a ratio of sums nor a
    sum, or that is a figure for each of something."""
    if metric.per:
        raise UsageError(
            f"{metric.name} is a figure for each {' and '.join(metric.per)}, and why takes one figure apart",
            hint=f"'crm-metrics report -m {metric.name} --compare previous' shows which of them changed.",
        )
    return sums(metric, catalog)


def change(
    dataset: Dataset, catalog: Catalog, metric: Metric, before: Window, now: Window, dims: Sequence[str]
) -> Change:
    """The change of a metric between two windows, by dimension; first the one that explains most. Raises `UsageError` for
    a metric that has no `terms`, `NothingToReport` where a period has no value."""
    over, under = terms(metric, catalog)
    engine = Engine(dataset, catalog, [before, now])
    overall = grid_of(engine, metric, over, under)
    if isinstance(overall, str):
        raise NothingToReport(f"{metric.name} is not available: {overall}")
    values = overall.cells.value[:, 0]
    if np.isnan(values).any():
        which = "earlier" if np.isnan(values[_BEFORE]) else "later"
        raise NothingToReport(
            f"{metric.name} has no value in the {which} period, so nothing can be said of a change",
            hint="Choose another period with -p, or with --compare another to compare it with; "
            f"'report -p all --by month -m {metric.name}' of the same files shows which have a value.",
        )
    grids: dict[str, Grid] = {}
    noises = {"": Noises(engine).of(metric, _NOW, _BEFORE)}
    refused: dict[str, str] = {}
    for dim in dims:
        engine = Engine(dataset, catalog, [before, now], (dim,))
        grid = grid_of(engine, metric, over, under)
        if isinstance(grid, str):
            refused[dim] = grid
        elif trouble := unlike(grid, overall):
            refused[dim] = trouble
        else:
            grids[dim], noises[dim] = grid, Noises(engine).of(metric, _NOW, _BEFORE)
    signs = _signals(metric, overall, grids, noises)
    total = float(values[_NOW] - values[_BEFORE])
    dimensions = _in_order([_dimension(dim, grid, signs[dim], total) for dim, grid in grids.items()])
    n = overall.cells.n[:, 0]
    return Change(
        metric=metric,
        before=float(values[_BEFORE]),
        now=float(values[_NOW]),
        n_before=int(n[_BEFORE]),
        n=int(n[_NOW]),
        signal=signals(metric, *_figures(overall.cells), noises[""])[0],
        currency=_currency(dataset, catalog, metric, now),
        dimensions=dimensions,
        refused=refused,
    )


def _in_order(dimensions: list[Dimension]) -> list[Dimension]:
    """The dimensions, first the one that explains most. Finer segments explain a little more of anything: of nearly equal
    ones the coarsest comes first."""
    ordered = sorted(dimensions, key=lambda dimension: (-dimension.beyond_chance, -dimension.uneven))
    if not ordered:
        return ordered
    by = "beyond_chance" if ordered[0].beyond_chance else "uneven"
    least = _NEARLY * getattr(ordered[0], by)
    first = min(
        (dimension for dimension in ordered if getattr(dimension, by) >= least),
        key=lambda dimension: len(dimension.drivers),
    )
    return [first, *(dimension for dimension in ordered if dimension is not first)]


def _currency(dataset: Dataset, catalog: Catalog, metric: Metric, window: Window) -> str | None:
    """The one currency of a money metric. Raises `UsageError` when there are several."""
    if not metric.is_money:
        return None
    engine = Engine(dataset, catalog, [window])
    parts = split(engine, metric, engine.required(metric.name))
    currencies = {part.currency[0, 0] for part in parts if part.shown[0, 0]} - {None}
    if len(currencies) > 1:
        raise UsageError(
            f"{metric.name} is in several currencies ({', '.join(sorted(currencies))}), which do not add up",
            hint="Give exchange rates in crm-metrics.toml, or files of one currency.",
        )
    return next(iter(currencies), None)


def _figures(cells: Cells) -> tuple[Figures, Figures]:
    return cells.figures(_NOW), cells.figures(_BEFORE)


def _signals(
    metric: Metric, overall: Grid, grids: Mapping[str, Grid], noises: Mapping[str, Noise]
) -> dict[str, list[str | None]]:
    """What the change of each segment says: better or worse only as far as the risk allows. Half of it lies on the whole:
    where that has changed, something has, and the segments of each dimension are judged together. Else all segments of all
    dimensions are, at the other half."""
    if not grids:
        return {}
    chances = [np.where(few(grid), np.nan, _chances(metric, grid, noises[name])) for name, grid in grids.items()]
    if _chances(metric, overall, noises[""])[0] <= RISK / 2:
        significant = [holm(part, RISK) for part in chances]
    else:
        significant = np.split(holm(np.concatenate(chances), RISK / 2), np.cumsum([len(part) for part in chances])[:-1])
    signs = {}
    for (name, grid), is_significant in zip(grids.items(), significant, strict=True):
        words = signals(metric, *_figures(grid.cells), noises[name])
        words[~is_significant & np.isin(words, BEYOND_CHANCE)] = NONE
        signs[name] = list(words)
    return signs


def _chances(metric: Metric, grid: Grid, noise: Noise) -> Floats:
    return chances(metric, *_figures(grid.cells), noise)


def _dimension(name: str, grid: Grid, signs: list[str | None], total: float) -> Dimension:
    grid, signs = without_small(grid, signs)
    over, under = grid.numerator, grid.denominator
    weight = under if under is not None else np.abs(over)
    with np.errstate(all="ignore"):
        share = weight / weight.sum(axis=1, keepdims=True)
        if under is None:
            rate_effect, mix_effect, rate = over[_NOW] - over[_BEFORE], np.zeros(over.shape[1]), over
        else:
            rate = over / under
            # A segment that was not there in one period has there the rate of the other: its change is one of the mix.
            filled = np.where(np.isnan(rate), rate[::-1], rate)
            mean_rate = np.nan_to_num(filled).mean(axis=0)
            middle = (over.sum(axis=1) / under.sum(axis=1)).mean()
            rate_effect = np.nan_to_num(share.mean(axis=0) * (filled[_NOW] - filled[_BEFORE]))
            mix_effect = (mean_rate - middle) * (share[_NOW] - share[_BEFORE])
    contribution = rate_effect + mix_effect
    uneven = np.abs(contribution - np.nan_to_num(share.mean(axis=0)) * total)
    significant = np.array([word in BEYOND_CHANCE for word in signs], dtype=bool)
    drivers = [
        Driver(
            segment=grid.labels[i],
            before=or_none(rate[_BEFORE, i]),
            now=or_none(rate[_NOW, i]),
            share_before=or_none(share[_BEFORE, i]),
            share_now=or_none(share[_NOW, i]),
            n_before=int(grid.n[_BEFORE, i]),
            n=int(grid.n[_NOW, i]),
            rate_effect=float(rate_effect[i]),
            mix_effect=float(mix_effect[i]),
            contribution=float(contribution[i]),
            signal=signs[i],
        )
        for i in np.argsort(-np.abs(contribution), kind="stable").tolist()
    ]
    there = [driver for driver in drivers if driver.n or driver.n_before or driver.contribution]
    return Dimension(name, there, float(uneven.sum()), float(uneven[significant].sum()))


# What became of a record, or how it is measured, is no group that it belongs to.
_NO_GROUPS = {"stage", "status", "outcome", "currency", "kind", "scale", "interval", "satisfaction", "lost_reason"}


def by_which(metric: Metric, catalog: Catalog, tables: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, ...]:
    """The dimensions of a metric: the names and groups among the columns of the tables, but those it depends on itself."""
    own = {name for part in catalog.parts([metric]) if part.where is not None for name in columns(part.where)}
    groups: dict[str, None] = {}
    for table, names in tables:
        specs = schema.TABLES[table].columns
        groups |= {name: None for name in names if name in specs and specs[name].kind is Kind.CATEGORY}
    return tuple(name for name in groups if name not in own and name not in _NO_GROUPS)
