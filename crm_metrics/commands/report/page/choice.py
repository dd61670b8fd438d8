"""Which figures stand on the page: the headline figures, each thing once; all of them where they are few or asked
for."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crm_metrics.commands.report.page.figures import Figure
from crm_metrics.metrics.metric import Metric, Unit

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report

FEW = 20  # figures that all find their place
_DIGITS = 9


@dataclass(frozen=True)
class Choice:
    """The metrics on the page in the order of the report, and those with a figure that are not; `young` are those whose
    period is too young to tell, `twins` the titles that say the same as another on the page, `echoes` the metrics that
    are no news: what another one says, or too young to tell. `is_all` is whether all figures are shown, `named` whether
    exactly these were asked for."""

    metrics: Sequence[Metric]
    left: Sequence[Metric]
    young: Sequence[Metric]
    twins: Mapping[str, str]
    echoes: Collection[str] = ()
    is_all: bool = True
    named: bool = False

    @cached_property
    def names(self) -> set[str]:
        return {metric.name for metric in self.metrics}


def chosen(report: Report, figures: Sequence[Figure], scope: str) -> Choice:
    """What is to be shown: `scope` is "named" for exactly the metrics of the report, "all" for these without those
    that say the same, empty for the headline figures."""
    by_name: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.value is not None:
            by_name.setdefault(figure.metric.name, []).append(figure)
    available = [metric for metric in report.metrics if metric.name in by_name]
    if scope == "named":
        return Choice(available, [], [], {}, named=True)
    marked = [metric for metric in available if _is_headline(metric, by_name[metric.name])]
    headline = {metric.name for metric in marked}
    first = sorted(available, key=lambda metric: metric.name not in headline)
    echoes = {*_twins(report, first, by_name, turned=True), *_of_one_column(first)}
    echoes |= {name for name in report.ripe if any(figure.partial for figure in by_name.get(name, ()))}
    if scope or len(available) <= FEW or not marked:
        twins = _twins(report, available, by_name, turned=False)
        kept = [metric for metric in available if metric.name not in twins]
        titles = {metric.name: metric.title for metric in available}
        same_as = {titles[name]: titles[other] for name, other in twins.items()}
        return Choice(kept, [], [], same_as, echoes)
    young = [metric for metric in report.metrics if metric.headline and metric.name in report.ripe]
    marked = [metric for metric in marked if metric.name not in report.ripe]
    twins = _twins(report, marked, by_name, turned=True)
    kept = [metric for metric in marked if metric.name not in twins]
    shown = {metric.name for metric in (*kept, *young)}
    return Choice(kept, [metric for metric in available if metric.name not in shown], young, {}, echoes, is_all=False)


def _is_headline(metric: Metric, figures: Sequence[Figure]) -> bool:
    own = metric.family == "own" or any(figure.target is not None for figure in figures)
    return (metric.headline or own) and not any(figure.per for figure in figures)


def _twins(
    report: Report, metrics: Sequence[Metric], by_name: Mapping[str, Sequence[Figure]], *, turned: bool
) -> dict[str, str]:
    """The metrics whose figures are all those of an earlier one, now and before, with its name; with `turned` also
    shares that are all the rest of another one's. Counts are often equal by chance: they are no twins."""
    first_of: dict[Hashable, str] = {}
    twins = {}
    for metric in metrics:
        if metric.unit is Unit.COUNT:
            continue
        past = report.history.get(metric.name, [])
        same = _values_of(by_name[metric.name], past, metric.unit)
        rest = _values_of(by_name[metric.name], past, metric.unit, of=1.0) if metric.unit is Unit.PERCENT else None
        other = first_of.get(same) or (first_of.get(rest) if turned and rest else None)
        if other is not None:
            twins[metric.name] = other
        elif any(figure.value and figure.n for figure in by_name[metric.name]):
            first_of[same] = metric.name
    return twins


def _of_one_column(metrics: Sequence[Metric]) -> set[str]:
    """The metrics that are made of the same column as an earlier one, such as its mean beside its median."""
    columns: set[tuple[str, str]] = set()
    names = set()
    for metric in metrics:
        if metric.column and (metric.table, metric.column) in columns:
            names.add(metric.name)
        columns.add((metric.table, metric.column))
    return names


def _values_of(
    figures: Sequence[Figure], past: Sequence[float | None], unit: Unit, of: float | None = None
) -> tuple[Hashable, ...]:
    def rounded(number: float | None) -> float | None:
        return None if number is None else round(number if of is None else of - number, _DIGITS)

    places = [(figure.period, figure.segment, figure.per, figure.n, figure.currency) for figure in figures]
    values = [number for figure in figures for number in (figure.value, figure.compare_value)]
    return unit, tuple(places), tuple(map(rounded, (*values, *past)))
