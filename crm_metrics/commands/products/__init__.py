"""What is bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.periods import Period
from crm_metrics.query import query
from crm_metrics.session import load
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.products.selling import Sales
    from crm_metrics.tables import Dataset


@dataclass(frozen=True)
class Products:
    """The sales of a period by currency; `earlier` is the period that they are compared with, `top` how many rows a
    table of them shows, `least` the fewest baskets or buyers that say something."""

    dataset: Dataset
    period: Period
    earlier: Period | None
    top: int
    least: int
    sales: list[Sales]


def products(
    paths: Sequence[str],
    *,
    period: str | None = None,
    compare: str = "previous",
    top: int = 20,
    least: int = 5,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Products:
    """Each product's sales, what is bought together, and what the best customers buy. Raises `NothingToReport` when the
    files name no products or none was sold, else `CrmMetricsError` with what, where and what to do."""
    from crm_metrics.analysis.products.ranking import METRICS
    from crm_metrics.analysis.products.selling import LINES, sales
    from crm_metrics.timeline import Timeline, reported

    if min(top, least) < 1:
        raise UsageError("--top and --least take a whole number from 1 up")
    asked = query(period=period, metrics=METRICS, compare=compare, settings=settings, metrics_file=metrics_file)
    dataset = load(paths, asked, today=today, stdin=stdin, also=[(LINES, "order_id"), (LINES, "customer")])
    timeline, whole = Timeline(dataset), reported(dataset, asked.period)
    shown = timeline.shown(whole, asked.compare)
    before = None if shown.earlier_window is None else timeline.windows[shown.earlier_window]
    made = sales(dataset, asked.catalog, timeline.windows[shown.window], before, top=top, least=least)
    if not made:
        raise NothingToReport(f"nothing was sold in {whole.label}", hint="Choose another period with -p, or -p all.")
    return Products(dataset, whole, shown.earlier, top, least, made)
