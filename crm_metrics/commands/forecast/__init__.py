"""What a metric will be in a period that is not over, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import periods
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Period
from crm_metrics.query import Query, query
from crm_metrics.session import load, load_columns
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.forecast.forecast import Forecast
    from crm_metrics.tables import Dataset

_FURTHEST = 60  # steps ahead


@dataclass(frozen=True)
class Forecasted:
    """A metric's forecasts for a period, one per currency, as known at the end of `as_of`. `past` says that the data goes on
    after that day; `adds` that the parts of a period add up; `own_amounts` is False where open deals' own amounts are not
    used, because in these files amounts give the outcome away. `dataset` is the data as it is, not cut."""

    metric: Metric
    period: Period
    as_of: date
    past: bool
    adds: bool
    own_amounts: bool
    stages: bool
    forecasts: list[Forecast]
    dataset: Dataset


def forecast(
    paths: Sequence[str],
    metric: str,
    *,
    period: str | None = None,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Forecasted:
    """What a metric will be in a period (the month that the data ends in or before, when not given) that is not over. With
    `as_of` in the settings only what was known at the end of that day is used. Raises `CrmMetricsError` with what, where and
    what to do."""
    asked = query(period=period, metrics=[metric], compare="none", settings=settings, metrics_file=metrics_file)
    if len(asked.metrics) > 1:
        raise UsageError(f"one metric at a time, not {', '.join(one.name for one in asked.metrics[:4])}")
    only = asked.metrics[0]
    if only.per:
        raise UsageError(f"{only.name} is several figures, one for each {' and '.join(only.per)}: it has no forecast")
    whole, as_of = _whole(paths, asked, only, today, stdin)
    if only.name in ("revenue_won", "deals_won"):
        return _of_deals(whole, only, asked, as_of)
    return _of_metric(paths, whole, only, asked, as_of, today)


def _whole(
    paths: Sequence[str], asked: Query, metric: Metric, today: date | None, stdin: BinaryIO | None
) -> tuple[Dataset, date]:
    """All there is, also what happened after as-of; and as-of."""
    from crm_metrics.analysis.pipeline import COLUMNS

    chosen = asked.settings.as_of
    if chosen is None and asked.period is not None and asked.period.needs_clock:
        chosen = today or date.today()
    uncut = replace(asked, settings=asked.settings.model_copy(update={"as_of": None}))

    def read(question: Query) -> Dataset:
        if metric.name in ("revenue_won", "deals_won"):
            return load_columns(paths, COLUMNS, question.settings, today=today, stdin=stdin)
        return load(paths, question, today=today, stdin=stdin)

    if chosen is not None and "-" in paths:  # standard input can be read once
        return read(replace(asked, settings=asked.settings.model_copy(update={"as_of": chosen}))), chosen
    dataset = read(uncut)
    if chosen is not None and chosen > dataset.as_of:
        dataset = read(replace(asked, settings=asked.settings.model_copy(update={"as_of": chosen})))
    return dataset, chosen or dataset.as_of


def _period(asked: Query, as_of: date, first: date) -> Period:
    """The period asked for. Raises `UsageError` for one that has no end or is over."""
    from crm_metrics.analysis.forecast.moments import Moments

    spec = asked.period or periods.parse((as_of + periods.calendar.DAY).strftime("%Y-%m"))
    period = spec.resolve(as_of=as_of, first=first)
    example = "For example: -p 2026-Q1"
    if period.unit == "all":
        raise UsageError("a forecast is for a period with an end", hint=example)
    if period.is_complete(as_of):
        raise UsageError(
            f"{period.label} is over at {as_of}: there is nothing to forecast",
            hint=f"Choose a later period with -p, or an earlier day with --as-of. {example}",
        )
    if Moments.of(period, as_of, first).ahead > _FURTHEST:
        raise UsageError(f"{period.label} lies too far ahead of {as_of}", hint=example)
    return period


def _of_deals(dataset: Dataset, metric: Metric, asked: Query, as_of: date) -> Forecasted:
    """Revenue or deals won, per currency: by the open deals too."""
    import numpy as np

    from crm_metrics.analysis.forecast import records
    from crm_metrics.analysis.forecast.forecast import forecast as forecast_of
    from crm_metrics.analysis.forecast.moments import Moments, Span
    from crm_metrics.analysis.forecast.simulation import Simulated, simulate
    from crm_metrics.analysis.pipeline.deals import Deals, day_of, number_of

    deals = Deals.of(dataset)
    day = number_of(as_of)
    closed = deals.closed[deals.closed_by(day)]
    first = day_of(int(closed.min())) if closed.size else None
    if first is None:
        raise NothingToReport(f"no deal was won or lost on a known day up to {as_of}: there is no history to go by")
    period = _period(asked, as_of, first)
    moments = Moments.of(period, as_of, first)
    money = metric.is_money
    found = []
    for currency in _currencies(deals.currency, deals.won) if money else [None]:
        only = np.array([name == currency for name in deals.currency]) if money else np.ones(len(deals), dtype=bool)

        def simulated(back: int, span: Span, draws: int, only: np.ndarray = only) -> Simulated | None:
            stretch = number_of(span[0]), number_of(span[1]) - 1
            seen = number_of(moments.moment(back)) - 1
            return simulate(deals, only, seen, stretch, money=money, draws=draws, each=5)

        record = records.of_deals(deals, only, moments, money=money)
        came = records.total(deals, only, moments.whole(0), money=money) if period.is_complete(dataset.as_of) else None
        if (made := forecast_of(record, moments, simulated, currency=currency, actual=came)) is not None:
            found.append(made)
    own = not money or deals.amounts_known(day)
    return _made(metric, period, as_of, dataset, found, own_amounts=own, stages=deals.entries is not None, adds=True)


def _currencies(currency: object, won: object) -> list[str | None]:
    """The currencies of the deals won, by name, that of blank ones last."""
    import numpy as np

    names = set(np.asarray(currency, dtype=object)[np.asarray(won, dtype=bool)])
    return [*sorted(name for name in names if name is not None), *([None] if None in names else [])]


def _of_metric(
    paths: Sequence[str], whole: Dataset, metric: Metric, asked: Query, as_of: date, today: date | None
) -> Forecasted:
    """Any other metric: by what it was in earlier periods, as they were known at as-of."""
    from crm_metrics.analysis.forecast import records
    from crm_metrics.analysis.forecast.forecast import forecast as forecast_of
    from crm_metrics.analysis.forecast.moments import Moments
    from crm_metrics.timeline import first_day

    past = as_of < whole.as_of
    cut = whole
    if past:  # what is known later must not show: a rate of an earlier period may still have changed
        settings = asked.settings.model_copy(update={"as_of": as_of})
        cut = load(paths, replace(asked, settings=settings), today=today)
    first = first_day(cut)
    if first is None:
        raise NothingToReport(f"nothing has a date: {metric.name} has no history to go by")
    period = _period(asked, as_of, first)
    moments = Moments.of(period, as_of, first)
    found = []
    for part in records.of_metric(cut, asked.catalog, metric, moments):
        came = None
        if past and period.is_complete(whole.as_of):
            came = records.value_of(whole, asked.catalog, metric, moments.whole(0), part.currency)
        if (made := forecast_of(part.record, moments, None, currency=part.currency, actual=came)) is not None:
            found.append(made)
    return _made(metric, period, as_of, whole, found, adds=records.adds_up(metric))


def _made(
    metric: Metric,
    period: Period,
    as_of: date,
    dataset: Dataset,
    found: list[Forecast],
    *,
    adds: bool,
    own_amounts: bool = True,
    stages: bool = False,
) -> Forecasted:
    if not found:
        raise NothingToReport(
            f"the history up to {as_of} is too short to forecast {metric.name} for {period.label}",
            hint="At least two earlier values are needed, or ten deals won.",
        )
    return Forecasted(metric, period, as_of, as_of < dataset.as_of, adds, own_amounts, stages, found, dataset)
