"""What a figure will be at the end of a period, by methods that are each tested on the past; --as-of goes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import TYPE_CHECKING, Annotated, Unpack

from crm_metrics import periods
from crm_metrics.commands import argument, option
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Period
from crm_metrics.query import Need, Query
from crm_metrics.session import Asking, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.forecast.backtest import Moments
    from crm_metrics.analysis.forecast.forecast import Forecast
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "what a figure will be in a period that is not over, by methods tested on the past", 60
EXAMPLE = "forecast revenue_won"

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
    paths: Sequence[str] | Session,
    metric: Annotated[str, argument("METRIC", "A metric: revenue_won, mrr, ...")],
    *,
    period: Annotated[
        str | None, option("-p, --period PERIOD", "A period that is not over; this month by default.")
    ] = None,
    **files: Unpack[Asking],
) -> Forecasted:
    """What a metric will be in a period (the month that the data ends in or before, when not given) that is not over. With
    `as_of` in the settings only what was known at the end of that day is used. Raises `CrmMetricsError` with what, where and
    what to do."""
    session = Session.of(paths, **files)
    asked = session.query(period=period, metrics=[metric], compare="none")
    only = asked.only
    if only.per:
        raise UsageError(f"{only.name} is several figures, one for each {' and '.join(only.per)}: it has no forecast")
    dataset, as_of = _uncut(session, asked, only)
    is_of_deals = only.name in ("revenue_won", "deals_won")
    result = (_of_deals if is_of_deals else _of_metric)(session, dataset, only, asked, as_of)
    banded = [part for part in result.forecasts if not isnan(part.chosen.bands[0.9][0])]
    if not banded:
        raise NothingToReport(
            f"the history up to {as_of} is too short to forecast {only.name} for {result.period.label}, and to say how far "
            "off a forecast may be",
            hint="Five complete months tell enough for the one after them, or ten deals won; what lies further needs more.",
        )
    return replace(result, forecasts=banded)


def _uncut(session: Session, asked: Query, metric: Metric) -> tuple[Dataset, date]:
    """All there is, also what happened after as-of; and as-of, with which the periods of all tables of the metric are
    complete: a part of a month is no month, and none is known of which a table knows nothing."""
    from crm_metrics.analysis.pipeline import COLUMNS

    chosen = asked.settings.as_of
    if chosen is None and asked.period is not None and asked.period.needs_clock:
        chosen = session.today
    need = Need.columns_of(COLUMNS) if metric.name in ("revenue_won", "deals_won") else Need.of(asked)
    dataset = session.under(as_of=None).dataset(need)
    if chosen is not None and chosen > dataset.as_of:
        dataset = session.under(as_of=chosen).dataset(need)
    dataset = dataset.up_to(*(part.table for part in asked.catalog.parts([metric]) if part.aggregate))
    return dataset, min(chosen or dataset.as_of, dataset.as_of)


def _moments(asked: Query, as_of: date, first: date) -> Moments:
    """The moments of the period asked for. Raises `UsageError` for a period that has no end or is over."""
    from crm_metrics.analysis.forecast.backtest import Moments

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
    if (moments := Moments.of(period, as_of, first)).ahead > _FURTHEST:
        raise UsageError(f"{period.label} lies too far ahead of {as_of}", hint=example)
    return moments


def _of_deals(_: Session, dataset: Dataset, metric: Metric, asked: Query, as_of: date) -> Forecasted:
    """Revenue or deals won, per currency: by the open deals too."""
    import numpy as np

    from crm_metrics.analysis.forecast import records
    from crm_metrics.analysis.forecast.backtest import Span
    from crm_metrics.analysis.forecast.forecast import forecast as forecast_of
    from crm_metrics.analysis.forecast.simulation import Simulated, simulate
    from crm_metrics.analysis.pipeline.deals import Deals, day_of, number_of

    deals = Deals.of(dataset)
    day = number_of(as_of)
    closed = deals.closed[deals.closed_by(day)]
    if not closed.size or (first := day_of(int(closed.min()))) is None:
        raise NothingToReport(f"no deal was won or lost on a known day up to {as_of}: there is no history to go by")
    moments = _moments(asked, as_of, first)
    period = moments.period
    money = metric.is_money
    forecasts = []
    names: set[str | None] = {*deals.currency[deals.won]} if money else {None}
    for currency in sorted(names, key=lambda name: (name is None, name or "")):  # of those that have none last
        only = np.array([name == currency for name in deals.currency]) if money else np.ones(len(deals), dtype=bool)

        def simulated(back: int, span: Span, draws: int, only: np.ndarray = only) -> Simulated | None:
            stretch = number_of(span[0]), number_of(span[1]) - 1
            last_day = number_of(moments.moment(back)) - 1
            return simulate(deals, only, last_day, stretch, money=money, draws=draws, each=5)

        record = records.of_deals(deals, only, moments, money=money)
        came = records.total(deals, only, moments.span(0), money=money) if period.is_complete(dataset.as_of) else None
        if (forecast_ := forecast_of(record, moments, simulated, currency=currency, actual=came)) is not None:
            forecasts.append(forecast_)
    own, stages, past = not money or deals.amounts_known(day), deals.entries is not None, as_of < dataset.as_of
    return Forecasted(metric, period, as_of, past, True, own, stages, forecasts, dataset)


def _of_metric(session: Session, dataset: Dataset, metric: Metric, asked: Query, as_of: date) -> Forecasted:
    """Any other metric: by what it was in earlier periods, as they were known at as-of."""
    from crm_metrics.analysis.forecast import records
    from crm_metrics.analysis.forecast.forecast import forecast as forecast_of
    from crm_metrics.reporting.timeline import first_day

    past = as_of < dataset.as_of
    cut = dataset
    if past:  # what is known later must not show: a rate of an earlier period may still have changed
        cut = session.under(as_of=as_of).load(asked)
    first = first_day(cut)
    if first is None:
        raise NothingToReport(f"nothing has a date: {metric.name} has no history to go by")
    moments = _moments(asked, as_of, first)
    period = moments.period
    forecasts = []
    for part in records.of_metric(cut, asked.catalog, metric, moments):
        came = None
        if past and period.is_complete(dataset.as_of):
            came = records.value_of(dataset, asked.catalog, metric, moments.span(0), part.currency)
        if (forecast_ := forecast_of(part.record, moments, None, currency=part.currency, actual=came)) is not None:
            forecasts.append(forecast_)
    return Forecasted(metric, period, as_of, past, records.adds_up(metric), True, False, forecasts, dataset)
