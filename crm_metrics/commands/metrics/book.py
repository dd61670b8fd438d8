"""The catalogue as a table: what each figure means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm_metrics.book import Book, Column, Origin, Sheet
from crm_metrics.metrics import describe
from crm_metrics.metrics.catalog import FAMILY_TITLES, Catalog
from crm_metrics.metrics.metric import Metric

_COLUMNS = (
    Column("metric", "Name"),
    Column("title", "Figure"),
    Column("family", "Family"),
    Column("unit", "Unit"),
    Column("better", "Better"),
    Column("about", "Meaning"),
    Column("formula", "Formula"),
    Column("edges", "Edges", spare=1),
)


def book(metrics: Sequence[Metric], catalog: Catalog, *, alone: bool) -> Book:
    """A row for each metric; a terminal shows a list of them, or the one that stands `alone` with all that is to be said."""
    text = describe.one(metrics[0], catalog) if alone else describe.listing(metrics)
    rows = [
        [
            metric.name,
            metric.title,
            FAMILY_TITLES.get(metric.family, metric.family),
            str(metric.unit),
            str(metric.better),
            metric.about,
            describe.rule(metric),
            metric.edges or None,
        ]
        for metric in metrics
    ]

    def page(screen: Any, verbose: bool) -> None:
        screen.folded(text)

    title = metrics[0].title if alone else "Figures"
    return Book(title, Origin(), [Sheet("metrics", "", _COLUMNS, rows)], page=page)
