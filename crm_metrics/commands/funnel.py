"""The stages deals go through: how many go on, are lost and wait in each, for how long, and where most is lost; with
`--of leads` how many leads become MQLs, SQLs, opportunities and customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Unpack

from crm_metrics import periods
from crm_metrics.book import Book, Column, Origin, Sheet, cells
from crm_metrics.book.rows import limits, row_of, unseen
from crm_metrics.commands import PeriodOption, SegmentOption, option
from crm_metrics.errors import UsageError, not_among
from crm_metrics.metrics.metric import Unit
from crm_metrics.periods import Period
from crm_metrics.query import Query
from crm_metrics.session import Asking, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.bottleneck import Bottleneck, LeadStage, Ranking, Stage
    from crm_metrics.intervals.engine import Engine
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "the stages deals go through: how many go on, are lost or wait, and where most is lost", 90

_OF = ("deals", "leads")
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
    bottleneck: Bottleneck
    dataset: Dataset


@dataclass(frozen=True)
class LeadFunnel:
    """The stages of the leads that came in during a period, of one segment, as they were `days` after; `young` are the leads
    that are younger than that."""

    period: Period
    segment: Mapping[str, str]
    stages: Sequence[LeadStage]
    days: int
    young: int
    dataset: Dataset


def funnel(
    paths: Sequence[str] | Session,
    *,
    of: Annotated[str, option("--of TABLE", "deals, or leads: from lead to MQL, SQL, opportunity.")] = "deals",
    period: PeriodOption = None,
    segment: SegmentOption = None,
    **files: Unpack[Asking],
) -> Funnel | LeadFunnel:
    """The funnel of a period (the last complete month when not given), and its bottleneck. `segment` is one value for each
    dimension (`{"owner": "Ann"}`). Without histories of stages only what is open now can be told: then everything is the
    default, as it is for leads (`of="leads"`), which take months to become what they can. Raises `CrmMetricsError` with
    what, where and what to do."""
    if of not in _OF:
        raise not_among("--of", of, _OF)
    return (_of_leads if of == "leads" else of_deals)(Session.of(paths, **files), period, segment)


def _of_leads(session: Session, period: str | None, segment: Mapping[str, str] | None) -> LeadFunnel:
    from crm_metrics.analysis import bottleneck

    segment = dict(segment or {})
    asked = session.query(period=period or "all", by=list(segment), metrics=bottleneck.METRICS, compare="none")
    dataset = session.load(asked)
    span, engine = _engine(dataset, asked)
    stages, young = bottleneck.stages(engine, segment)
    return LeadFunnel(span, segment, stages, session.settings.conversion_days, young, engine.dataset)


def of_deals(session: Session, period: str | None, segment: Mapping[str, str] | None = None) -> Funnel:
    segment = dict(segment or {})
    if "stage" in segment:
        raise UsageError(
            "a funnel shows every stage, not one", hint="'crm-metrics explain' opens the figure of one stage."
        )
    asked = asked_of(session, period, segment)
    dataset = session.load(asked)
    from crm_metrics.analysis import bottleneck as stages

    if asked.period is None and "stage_visits" not in dataset.tables:
        asked = replace(asked, period=periods.parse("all"))
    span, engine = _engine(dataset, asked)
    return Funnel(span, segment, stages.bottleneck(engine, segment), engine.dataset)


def _engine(dataset: Dataset, asked: Query) -> tuple[Period, Engine]:
    """The period of a question, and an engine of it alone."""
    from crm_metrics.intervals.engine import Engine
    from crm_metrics.reporting.timeline import Timeline, reported

    span, timeline = reported(dataset, asked.period), Timeline(dataset)
    timeline.place(span)
    return span, Engine(dataset, asked.catalog, timeline.windows, asked.by)


def asked_of(session: Session, period: str | None, segment: Iterable[str] = ()) -> Query:
    """The question behind a funnel."""
    return session.query(period=period, by=list(segment), metrics=_METRICS, compare="none")


bottleneck = funnel  # its name in Python


_STAGES = (
    Column("stage", "Stage"),
    *unseen("is_end"),
    Column("entered", "Entered", Unit.COUNT),
    *unseen("went_on", unit=Unit.COUNT),
    Column("rate", "Went on", Unit.PERCENT, bar=True),
    *limits(Unit.PERCENT, 2),
    Column("lost", "Lost there", Unit.COUNT),
    Column("waiting", "Waiting", Unit.COUNT, spare=1),
    Column("overdue", "longer than usual", Unit.COUNT, spare=3),
    Column("days", "Median time", Unit.DAYS, spare=1),
    *unseen("days_low", "days_high", unit=Unit.DAYS),
    Column("amount", "Money lost", Unit.MONEY, spare=1),
    *unseen("amount_low", "amount_high", unit=Unit.MONEY),
    *unseen("priced", unit=Unit.COUNT),
    *unseen("currency"),
)
_SNAPSHOT = (
    Column("stage", "Stage"),
    Column("deals", "Open deals", Unit.COUNT),
    Column("amount", "Open pipeline", Unit.MONEY),
    *unseen("currency"),
)
_LEADS = (
    Column("stage", "Stage"),
    Column("leads", "Leads", Unit.COUNT),
    Column("of_all", "Of all leads", Unit.PERCENT),
    Column("rate", "Of the stage before", Unit.PERCENT, bar=True),
    *limits(Unit.PERCENT, 2),
    Column("skipped", "Without the stage before", Unit.COUNT, spare=1),
)


def book(funnel: Funnel | LeadFunnel) -> Book:
    """The stages in order; of deals with a sentence on each bottleneck, without histories the snapshot, and that it is
    one."""
    return _book_of_leads(funnel) if isinstance(funnel, LeadFunnel) else _book_of_deals(funnel)


def _book_of_leads(funnel: LeadFunnel) -> Book:
    rows = [row_of(_LEADS, stage) for stage in funnel.stages]
    notes = [
        f"Leads by when they came in, each judged {funnel.days} days later. Of the stage before, with 95 % limits."
    ]
    if funnel.young:
        notes.append(f"Younger than that, and not in it: {cells.count(funnel.young)}.")
    segment = [f"{name} {value}" for name, value in funnel.segment.items()]
    extra: dict[str, object] = {"period": funnel.period.label, "segment": dict(funnel.segment), "days": funnel.days}
    origin, title = Origin.of(funnel.dataset), f"Funnel of leads  {funnel.period.label}"
    return Book(title, origin, [Sheet("stages", "", _LEADS, rows, notes=notes)], segment, extra=extra)


def _book_of_deals(funnel: Funnel) -> Book:
    bottleneck = funnel.bottleneck
    segment = [f"{name} {value}" for name, value in funnel.segment.items()]
    origin = Origin.of(funnel.dataset)
    extra: dict[str, object] = {"period": funnel.period.label, "segment": dict(funnel.segment)}
    if not bottleneck.stages:
        sentence = (
            "The files hold no history of stages. This is a snapshot: where the deals that are open now stand. How many "
            "went on from a stage, were lost there or waited cannot be told from it."
        )
        return Book("Snapshot funnel", origin, [_snapshot(bottleneck)], segment, [sentence], extra=extra)
    extra["bottleneck"] = {"money": _worst(bottleneck.by_money), "delay": _worst(bottleneck.by_delay)}
    says = [_by_money(bottleneck), *_unpriced(bottleneck), _by_delay(bottleneck)]
    about = ["deals by the period in which they entered a stage", *segment]
    return Book(
        f"Funnel  {funnel.period.label}", origin, [_stages(bottleneck)], about, [*filter(None, says)], extra=extra
    )


def _stages(bottleneck: Bottleneck) -> Sheet:
    currency = bottleneck.currency
    rows = [row_of(_STAGES, stage, stage=stage.name, is_end=False, currency=currency) for stage in bottleneck.stages]
    nothing = [None] * (len(_STAGES) - 3)
    rows += [[name, True, entered, *nothing] for name, entered in bottleneck.ends.items()]
    notes = [
        "Went on, with 95 % limits: entered a later stage or was won. Lost there: this was the furthest stage it reached."
    ]
    if unpriced := sum(stage.lost - stage.priced for stage in bottleneck.stages if bottleneck.no_money is None):
        notes.append(f"{cells.count(unpriced)} of the lost deals have no amount: counted, but not in the money lost.")
    return Sheet("stages", "", _STAGES, rows, notes=notes)


def _snapshot(bottleneck: Bottleneck) -> Sheet:
    rows = [(standing.name, standing.deals, standing.amount, bottleneck.currency) for standing in bottleneck.snapshot]
    return Sheet("snapshot", "Open deals by stage now", _SNAPSHOT, rows, empty="no deal is open")


def _worst(ranking: Ranking | None) -> dict[str, object] | None:
    if ranking is None:
        return None
    return {
        "stage": ranking.stages[0].name,
        "is_told": ranking.is_told,
        "order": [stage.name for stage in ranking.stages],
    }


def _by_money(bottleneck: Bottleneck) -> str:
    if bottleneck.no_money is not None:
        return f"Which stage loses most money cannot be told: {bottleneck.no_money}."
    if bottleneck.by_money is None:
        return "No deal with an amount was lost in any stage."
    first = bottleneck.by_money.stages[0]
    lost = f"{cells.value(first.amount, Unit.MONEY, bottleneck.currency)}{_limits(first.amount_low, first.amount_high)}"
    others = [
        (stage.name, cells.value(stage.amount, Unit.MONEY, bottleneck.currency)) for stage in bottleneck.by_money.stages
    ]
    return (
        f"Most money is lost in {first.name}: {lost}, with {cells.count(first.lost)} of the "
        f"{cells.several(first.entered, 'deal')} that entered it. {_next(bottleneck.by_money, others)}"
    )


def _unpriced(bottleneck: Bottleneck) -> list[str]:
    """What the lost deals without an amount could change."""
    if bottleneck.by_money is None:
        return []
    first = bottleneck.by_money.stages[0]
    most = max(bottleneck.by_money.stages, key=lambda stage: stage.estimate or 0.0)
    if most is first:
        return []
    worth = cells.value(most.estimate, Unit.MONEY, bottleneck.currency)
    return [
        f"But {cells.count(most.lost - most.priced)} of the {cells.count(most.lost)} deals lost in {most.name} have no "
        f"amount. Worth as much as the others there, they would make it {worth}: more than anywhere else."
    ]


def _by_delay(bottleneck: Bottleneck) -> str:
    if bottleneck.by_delay is None:
        return "Too few deals have left a stage to tell where they wait longest."
    first = bottleneck.by_delay.stages[0]
    days = f"{cells.value(first.days, Unit.DAYS)}{_limits(first.days_low, first.days_high, Unit.DAYS)}"
    others = [(stage.name, cells.value(stage.days, Unit.DAYS)) for stage in bottleneck.by_delay.stages]
    return (
        f"Deals stay longest in {first.name}: {days}, the median of {cells.several(first.entered, 'deal')}; "
        f"{_waiting(first)}. {_next(bottleneck.by_delay, others)}"
    )


def _waiting(stage: Stage) -> str:
    if not stage.waiting:
        return "none waits there now"
    if stage.waiting == 1:
        return f"1 deal waits there now, {'for longer than that' if stage.overdue else 'not for so long yet'}"
    longer = (
        f"{cells.count(stage.overdue)} of them for longer than that" if stage.overdue else "none for longer than that"
    )
    return f"{cells.several(stage.waiting, 'deal')} wait there now, {longer}"


def _limits(low: float | None, high: float | None, unit: Unit = Unit.MONEY) -> str:
    """The limits in brackets; nothing where there are none."""
    if low is None or high is None:
        return ""
    return f" (95 %: {cells.value(low, unit).removesuffix(' days')} to {cells.value(high, unit).removesuffix(' days')})"


def _next(ranking: Ranking, figures: list[tuple[str, str]]) -> str:
    if len(figures) < 2:
        return "It is the only stage with a figure."
    name, figure = figures[1]
    if ranking.is_told:
        return f"Next is {name} with {figure}."
    return f"Next is {name} with {figure}: the data cannot tell which of the two is worse."
