"""The funnel of a pipeline: its stages, and the one where most money or time is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import periods
from crm_metrics.errors import UsageError
from crm_metrics.periods import Period
from crm_metrics.query import query
from crm_metrics.session import load
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.bottleneck import Bottleneck
    from crm_metrics.tables import Dataset


_METRICS = (
    "stages_entered",
    "stage_conversion_rate",
    "stage_went_on",
    "stage_lost",
    "stage_waiting",
    "stage_amount_lost",
    "time_in_stage",
    "stage_snapshot_deals",
    "stage_snapshot_amount",
)


@dataclass(frozen=True)
class Funnel:
    """The stages of the deals that entered them in a period, of one segment, with the data it was made from."""

    period: Period
    segment: Mapping[str, str]
    found: Bottleneck
    dataset: Dataset


def bottleneck(
    paths: Sequence[str],
    *,
    period: str | None = None,
    segment: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Funnel:
    """The funnel of a period (the last complete month when not given), and its bottleneck. `segment` is one value for each
    dimension (`{"owner": "Ann"}`). Without histories of stages only what is open now can be told: then everything is the
    default. Raises `CrmMetricsError` with what, where and what to do."""
    segment = dict(segment or {})
    if "stage" in segment:
        raise UsageError(
            "a funnel shows every stage, not one", hint="'crm-metrics explain' opens the figure of one stage."
        )
    asked = query(
        period=period,
        by=list(segment),
        metrics=_METRICS,
        compare="none",
        settings=settings,
        metrics_file=metrics_file,
    )
    dataset = load(paths, asked, today=today, stdin=stdin)
    from crm_metrics.analysis import bottleneck as stages
    from crm_metrics.engine.compute import Engine
    from crm_metrics.timeline import Timeline, reported

    if asked.period is None and "stage_visits" not in dataset.tables:
        asked = replace(asked, period=periods.parse("all"))
    whole, timeline = reported(dataset, asked.period), Timeline(dataset)
    timeline.place(whole)
    engine = Engine(dataset, asked.catalog, timeline.windows, asked.by)
    return Funnel(whole, segment, stages.found(engine, segment), engine.dataset)
