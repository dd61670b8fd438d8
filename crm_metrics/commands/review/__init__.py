"""A period on one page: what changed and why, goals, bottleneck, whom to call; nothing that chance explains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, TypeVar, Unpack

from crm_metrics.commands import PeriodOption, customers, funnel, goals, option
from crm_metrics.errors import NothingToReport
from crm_metrics.query import Need, Query
from crm_metrics.session import Asking, Session

if TYPE_CHECKING:
    from crm_metrics import periods
    from crm_metrics.analysis.review import Call, Findings
    from crm_metrics.commands.funnel import Funnel
    from crm_metrics.commands.goals import Goals
    from crm_metrics.metrics.metric import Metric
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "a period on one page: what changed and why, goals, bottleneck, whom to call", 20

_CALLS = 5

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Review:
    """What there is to say of a period, compared with another: the findings over `metrics`, the goals in it, its funnel and
    the customers to call. `ripe` gives, for metrics of which the period is too young to tell, the newest period that is old
    enough and its value; `absent` says why a part is missing."""

    period: periods.Period
    earlier: periods.Period
    dataset: Dataset
    metrics: list[Metric]
    findings: Findings
    ripe: dict[str, tuple[str, float]]
    goals: Goals | None = None
    funnel: Funnel | None = None
    calls: list[Call] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def review(
    paths: Sequence[str] | Session,
    *,
    compare: Annotated[str, option("--compare PERIOD", "previous, year-ago, or a period.")] = "previous",
    period: PeriodOption = None,
    **files: Unpack[Asking],
) -> Review:
    """The review of a period (the last complete month when not given) against another. Raises `CrmMetricsError` with what,
    where and what to do."""
    session = Session.of(paths, **files)
    asked, metrics, dims = _asked(session, period, compare)
    # All that is asked below is read at once.
    session.expect(Need.columns_of(customers.COLUMNS))
    session.expect(Need.of(funnel.asked_of(session, period)))
    if session.settings.goal:
        session.expect(Need.of(goals.asked_of(session, period)))
    result = _with_findings(session, asked, metrics, dims)
    from crm_metrics.analysis.review import calls

    # From here on the period is the one that was found, also where none was asked for.
    label, absent = result.period.label, list[str]()
    listed = _unless_nothing(lambda: customers.customers(session, period=label), absent, "Customers")
    standings = None
    if session.settings.goal:
        standings = _unless_nothing(lambda: goals.goals(session, period=label), absent, "Goals")
    return replace(
        result,
        goals=standings,
        funnel=_unless_nothing(lambda: funnel.of_deals(session, label), absent, "Funnel"),
        calls=calls(listed.customers, most=_CALLS) if listed is not None else [],
        absent=absent,
    )


def findings(
    paths: Sequence[str] | Session, *, period: str | None = None, compare: str = "previous", **files: Unpack[Asking]
) -> Findings:
    """What a review claims, without what else is in it."""
    session = Session.of(paths, **files)
    return _with_findings(session, *_asked(session, period, compare)).findings


def _unless_nothing(make: Callable[[], _Part], absent: list[str], title: str) -> _Part | None:
    """A part of the review; None, and the reason among the absent, where there is nothing to report."""
    try:
        return make()
    except NothingToReport as error:
        absent.append(f"{title}: {error.what}")
        return None


def _asked(
    session: Session, period: str | None, compare: str
) -> tuple[Query, list[Metric], dict[str, tuple[str, ...]]]:
    """The question: the headline figures by all dimensions of each, which come last."""
    from crm_metrics.analysis import drivers

    shown = session.query(period=period, compare=compare)
    metrics = [metric for metric in shown.metrics if metric.headline]
    dims = {metric.name: drivers.by_which(metric, shown.catalog, session.columns) for metric in metrics}
    by = list(dict.fromkeys(name for names in dims.values() for name in names))
    asked = session.query(period=period, by=by, metrics=[metric.name for metric in metrics], compare=compare)
    return asked, metrics, dims


def _with_findings(session: Session, asked: Query, metrics: list[Metric], dims: dict[str, tuple[str, ...]]) -> Review:
    """The review with its findings, and nothing else in it yet."""
    dataset = session.load(asked)
    from crm_metrics.analysis import review
    from crm_metrics.intervals.engine import Engine
    from crm_metrics.reporting.timeline import Timeline, reported, ripe

    timeline, span = Timeline(dataset), reported(dataset, asked.period)
    earlier, before, now = timeline.compared(span, asked.compare)
    findings = review.findings(dataset, asked.catalog, metrics, (before, now), dims)
    places = timeline.trailing(span)
    engine = Engine(dataset, asked.catalog, timeline.windows, limits=False)
    return Review(span, earlier, dataset, metrics, findings, ripe(engine, metrics, span, places))
