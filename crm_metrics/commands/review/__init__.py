"""The review of a period: what changed and why, who stands out, and what is to be done about it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from crm_metrics.commands.customers import customers
from crm_metrics.commands.funnel import bottleneck
from crm_metrics.commands.goals import goals
from crm_metrics.errors import NothingToReport
from crm_metrics.periods import Period
from crm_metrics.query import query
from crm_metrics.session import load, opened, refuse_empty
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.review import Findings
    from crm_metrics.analysis.review.calls import Call
    from crm_metrics.commands.funnel import Funnel
    from crm_metrics.commands.goals import Goals
    from crm_metrics.metrics.metric import Metric
    from crm_metrics.tables import Dataset

_CALLS = 5

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Review:
    """What there is to say of a period, compared with another: the findings over `metrics`, the goals in it, its funnel and
    the customers to call. `ripe` gives, for metrics of which the period is too young to tell, the newest period that is old
    enough and its value; `absent` says why a part is missing."""

    period: Period
    earlier: Period
    dataset: Dataset
    metrics: list[Metric]
    findings: Findings
    ripe: dict[str, tuple[str, float]]
    goals: Goals | None = None
    funnel: Funnel | None = None
    calls: list[Call] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def review(
    paths: Sequence[str],
    *,
    period: str | None = None,
    compare: str = "previous",
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Review:
    """The review of a period (the last complete month when not given) against another. Raises `CrmMetricsError` with what,
    where and what to do."""
    settings = settings or Settings()
    content = stdin.read() if stdin is not None else None  # each part reads the files for itself
    shared: dict[str, Any] = {"settings": settings, "today": today}

    def again() -> BinaryIO | None:
        return None if content is None else io.BytesIO(content)

    asked = {"period": period, "metrics_file": metrics_file, **shared}
    found = _found(paths, compare=compare, stdin=again(), **asked)
    from crm_metrics.analysis.review.calls import calls

    # From here on the period is the one that was found, also where none was asked for.
    asked["period"] = found.period.label
    absent: list[str] = []
    known = _unless_nothing(
        lambda: customers(paths, period=asked["period"], stdin=again(), **shared), absent, "Customers"
    )
    return replace(
        found,
        goals=_unless_nothing(lambda: goals(paths, stdin=again(), **asked), absent, "Goals") if settings.goal else None,
        funnel=_unless_nothing(lambda: bottleneck(paths, stdin=again(), **asked), absent, "Funnel"),
        calls=calls(known.customers, most=_CALLS) if known is not None else [],
        absent=absent,
    )


def findings(paths: Sequence[str], **asked: Any) -> Findings:
    """Only what changed by more than chance and who stands out: the keywords are those of `review`."""
    return _found(paths, **asked).findings


def _unless_nothing(make: Callable[[], _Made], absent: list[str], title: str) -> _Made | None:
    try:
        return make()
    except NothingToReport as error:
        absent.append(f"{title}: {error.what}")
        return None


def _found(
    paths: Sequence[str],
    *,
    period: str | None = None,
    compare: str = "previous",
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Review:
    from crm_metrics.analysis import dimensions
    from crm_metrics.engine.compute import Engine
    from crm_metrics.timeline import Timeline, reported, ripe

    settings = settings or Settings()
    content = stdin.read() if stdin is not None else None
    files = [None if content is None else io.BytesIO(content) for _ in range(2)]
    shown = query(period=period, compare=compare, settings=settings, metrics_file=metrics_file)
    metrics = [metric for metric in shown.metrics if metric.headline]
    raws = opened(paths, settings, files[0]).tables
    dims = {metric.name: dimensions.known(metric, shown.catalog, raws, settings) for metric in metrics}
    asked = query(
        period=period,
        by=list(dict.fromkeys(name for names in dims.values() for name in names)),
        metrics=[metric.name for metric in metrics],
        compare=compare,
        settings=settings,
        metrics_file=metrics_file,
    )
    dataset = load(paths, asked, today=today, stdin=files[1])
    refuse_empty(dataset)
    from crm_metrics.analysis import review

    timeline, whole = Timeline(dataset), reported(dataset, asked.period)
    earlier, before, now = timeline.compared(whole, asked.compare)
    found = review.findings(dataset, asked.catalog, metrics, (before, now), dims)
    places = timeline.trailing(whole)
    engine = Engine(dataset, asked.catalog, timeline.windows, limits=False)
    return Review(whole, earlier, dataset, metrics, found, ripe(engine, metrics, whole, places))
