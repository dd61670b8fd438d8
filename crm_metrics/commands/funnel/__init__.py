"""The stages deals go through: how many go on, are lost and wait in each, for how long, and where most is lost; with
`--of leads` how many leads become MQLs, SQLs, opportunities and customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Unpack

from crm_metrics import periods
from crm_metrics.commands import PeriodOption, SegmentOption, option
from crm_metrics.errors import UsageError, did_you_mean
from crm_metrics.periods import Period
from crm_metrics.query import Query
from crm_metrics.session import Asking, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.bottleneck import Bottleneck
    from crm_metrics.analysis.lead_stages import LeadStage
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
        raise UsageError(f"--of {of}: deals or leads. {did_you_mean(of, _OF)}")
    return (_of_leads if of == "leads" else of_deals)(Session.of(paths, **files), period, segment)


def _of_leads(session: Session, period: str | None, segment: Mapping[str, str] | None) -> LeadFunnel:
    from crm_metrics.analysis import lead_stages

    segment = dict(segment or {})
    asked = session.query(period=period or "all", by=list(segment), metrics=lead_stages.METRICS, compare="none")
    dataset = session.load(asked)
    span, engine = _engine(dataset, asked)
    stages, young = lead_stages.stages(engine, segment)
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
