"""What each figure means: all of them, or one with its formula, edges and a worked example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from crm_metrics.book import Book, Column, Origin, Sheet
from crm_metrics.book.rows import naming, row_of
from crm_metrics.commands import SETTING, WRITING, Call, argument

if TYPE_CHECKING:
    from crm_metrics.metrics.catalog import Catalog
    from crm_metrics.metrics.metric import Metric

ABOUT, PLACE = "what each figure means; 'crm-metrics metrics win_rate' explains one", 170
SHARED = (*WRITING, *SETTING, "log_format", "metrics_file")

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


def run(call: Call, *, name: Annotated[str | None, argument("NAME", "A metric or a family.")] = None) -> None:
    """Writes what the figures mean, of all or of those named."""
    catalog = call.catalog
    chosen = catalog.chosen([name]) if name else catalog.listed()
    call.write(book(chosen, catalog, alone=bool(name) and len(chosen) == 1))


def book(metrics: Sequence[Metric], catalog: Catalog, *, alone: bool) -> Book:
    """A row for each metric; a terminal shows a list of them, or the one that stands `alone` with all that is to be said."""
    from crm_metrics.metrics import describe
    from crm_metrics.metrics.catalog import FAMILY_TITLES

    text = describe.described(metrics[0], catalog) if alone else describe.listing(metrics)
    rows = []
    for metric in metrics:
        family, formula = FAMILY_TITLES.get(metric.family, metric.family), describe.rule(metric)
        words = {"family": family, "better": str(metric.better), "formula": formula, "edges": metric.edges or None}
        rows.append(row_of(_COLUMNS, metric, **naming(metric) | words))
    title = metrics[0].title if alone else "Figures"
    return Book(title, Origin(), [Sheet("metrics", "", _COLUMNS, rows)], page=lambda width, verbose: text)
