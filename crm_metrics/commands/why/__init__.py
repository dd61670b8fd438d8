"""Why a figure changed: what each segment contributed, by its own rate and by its share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from crm_metrics import periods
from crm_metrics.commands import Call, PeriodOption, argument, option
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.session import Asking, Session, complete

if TYPE_CHECKING:
    from crm_metrics.analysis.drivers import Change
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "what a change came of: each segment's own rate and its share of the mix", 40
EXAMPLE = "why win_rate"


@dataclass(frozen=True)
class Why:
    """A change between two periods and what it came of."""

    period: periods.Period
    earlier: periods.Period
    dataset: Dataset
    change: Change


def why(
    paths: Sequence[str] | Session,
    metric: Annotated[str, argument("METRIC", "A metric: win_rate, revenue, ...")],
    *,
    compare: Annotated[str, option("--compare PERIOD", "previous, year-ago, or a period.")] = "previous",
    by: Annotated[Sequence[str], option("--by NAME", "Only these dimensions: owner, plan, ... (all by default)")] = (),
    period: PeriodOption = None,
    **files: Unpack[Asking],
) -> Why:
    """Why a metric changed between two periods: what each segment contributed, over the dimensions `by`, else over all that
    the files have. Raises `CrmMetricsError` with what, where and what to do."""
    from crm_metrics.analysis import drivers
    from crm_metrics.intervals.engine import Engine
    from crm_metrics.reporting.timeline import Timeline, reported, ripe

    session = Session.of(paths, **files)
    asked = session.query(period=period, by=by, metrics=[metric], compare=compare)
    only = asked.only
    if asked.grain or asked.compare == "none":
        raise UsageError("why compares two periods and splits them by dimensions, not by time")
    drivers.terms(only, asked.catalog)  # what cannot be taken apart is refused before anything is read
    if not asked.by:
        asked = replace(asked, by=drivers.by_which(only, asked.catalog, session.columns))
    dataset = session.load(asked)
    timeline, span = Timeline(dataset), reported(dataset, asked.period)
    earlier, before, now = timeline.compared(span, asked.compare)
    dataset = complete(dataset, asked, [before, now])
    try:
        change = drivers.change(dataset, asked.catalog, only, before, now, asked.by)
    except NothingToReport as error:
        places = timeline.trailing(span)
        old = ripe(Engine(dataset, asked.catalog, timeline.windows, limits=False), [only], span, places)
        if only.name not in old:
            raise
        label = old[only.name][0]
        hint = f"{label} is the newest period that is old enough: give -p {label}."
        raise NothingToReport(error.what, hint=hint) from error
    return Why(span, earlier, dataset, change)


def run(call: Call, **asked: Any) -> None:
    """Writes what the change came of, to a page only what explains most of it, with -v all."""
    call.answer(why(call.session, **asked), is_full=call.verbose or call.format != "text")
