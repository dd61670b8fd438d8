"""Figures in lines: those of a segment, of a value of their own dimensions, or of a row of a series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crm_metrics.book import cells
from crm_metrics.commands.report.page.figures import Figure
from crm_metrics.metrics.catalog import FAMILY_TITLES
from crm_metrics.metrics.metric import Metric

LONGEST = 10  # rows of a metric that brings its own dimensions

Key = tuple[str, ...]


@dataclass
class Line:
    """One row: its labels, and its figures by metric or period."""

    key: Key
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def size(self) -> float:
        return middle([figure.value for figure in self.figures.values()])

    @property
    def largest(self) -> float:
        return max((abs(figure.value) for figure in self.figures.values() if figure.value), default=0.0)


def families(metrics: Sequence[Metric]) -> dict[str, list[Metric]]:
    """The metrics by family, both in the order of the report."""
    by_family: dict[str, list[Metric]] = {}
    for metric in metrics:
        by_family.setdefault(metric.family, []).append(metric)
    return by_family


def family_title(family: str) -> str:
    return FAMILY_TITLES.get(family, family.capitalize())


def largest_of(key: Key, metrics: Sequence[Metric], here: Sequence[Figure], rest: str | None) -> list[Line]:
    """The values of a metric's own dimensions, largest first, so many of them, and a line for those left away; the rest
    comes last and is always there. Amounts in several currencies are not ranked by amount."""
    ranks: dict[Key, float] = {}
    for metric in metrics:
        own = [figure for figure in here if figure.metric.name == metric.name and figure.value is not None]
        if own and len({figure.currency for figure in own}) == 1:
            ranks = {figure.per: figure.value or 0.0 for figure in own}
            break
    keys = dict.fromkeys(figure.per for figure in here if figure.value is not None)
    ranked = sorted(keys, key=lambda per: -ranks.get(per, float("-inf")))
    remainder = [per for per in ranked if rest is not None and rest in per]
    ranked = [per for per in ranked if per not in remainder]
    lines = lines_of([key + per for per in ranked[:LONGEST]], here, key)
    if (left := len(ranked) - LONGEST) > 0:
        lines.append(Line((*key, *[""] * (len(ranked[0]) - 1), more(left))))
    return lines + lines_of([key + per for per in remainder], here, key)


def lines_of(keys: Iterable[Key], figures: Iterable[Figure], start: Key) -> list[Line]:
    """A line for each key, in the order given; where its amounts are in several currencies, one for each of them, the
    figures without a currency in the first. Of a `start` the figures stand by their own dimensions, else by segment."""
    by_key: dict[Key, list[dict[str, Figure]]] = {key: [{}] for key in keys}
    currencies: dict[Key, list[str]] = {}
    for figure in figures:
        key = start + figure.per if start or figure.per else figure.segment
        if key not in by_key:
            continue
        place = 0
        if figure.metric.is_money and figure.currency and figure.value is not None:
            codes = currencies.setdefault(key, [])
            if figure.currency not in codes:
                codes.append(figure.currency)
            place = codes.index(figure.currency)
            if place == len(by_key[key]):
                by_key[key].append({})
        by_key[key][place][figure.metric.name] = figure
    return [Line(key, by_metric) for key, rows in by_key.items() for by_metric in rows]


def more(count: int) -> str:
    """The label of the row that stands for those left away."""
    return f"… and {cells.count(count)} more"


def middle(numbers: Sequence[float | None]) -> float:
    """The size in the middle, by which the unit of several numbers is chosen; 0 without any."""
    sizes = sorted(abs(number) for number in numbers if number)
    return sizes[len(sizes) // 2] if sizes else 0.0
