"""One figure, opened: its formula with figures, what is counted and what is not, and every record behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from crm_metrics.commands import Call, PeriodOption, SegmentOption, argument, option
from crm_metrics.query import Query
from crm_metrics.session import Asking, Session, complete

if TYPE_CHECKING:
    from crm_metrics.analysis.explanation import Opened
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "one figure, opened: formula, what is counted, and every record behind it", 30
EXAMPLE = "explain win_rate"


def explain(
    paths: Sequence[str] | Session,
    metric: Annotated[str, argument("METRIC", "A metric: win_rate, mrr, ...")],
    *,
    segment: SegmentOption = None,
    diff: Annotated[
        str | None, option("--diff PERIOD", "Which records came and went since previous, year-ago or a period.")
    ] = None,
    period: PeriodOption = None,
    **files: Unpack[Asking],
) -> Opened:
    """One figure, opened: its formula with figures, each part with its rows, and what was left out. `segment` is one
    value for each dimension (`{"owner": "Ann"}`); `diff` (`previous`, `year-ago` or a period) sets the rows against those of
    another period. Raises `CrmMetricsError` with what, where and what to do."""
    session = Session.of(paths, **files)
    asked = session.query(period=period, by=list(segment or ()), metrics=[metric], compare=diff or "none")
    return open_figure(session.load(asked, ids=True), asked, segment or {})


def run(
    call: Call,
    *,
    rows: Annotated[
        bool, option("--rows", "Every record behind the figure as CSV, with its file and row.", format="csv")
    ] = False,
    **asked: Any,
) -> None:
    """Writes the figure; its records are the first table, and all that CSV holds."""
    figure = explain(call.session, **asked)
    call.answer(figure)


def open_figure(dataset: Dataset, asked: Query, segment: Mapping[str, str]) -> Opened:
    """The first metric of a question over a loaded dataset, opened; compared where the question compares."""
    from crm_metrics.analysis import explanation
    from crm_metrics.reporting.timeline import Timeline, reported

    span, timeline = reported(dataset, asked.period), Timeline(dataset)
    shown = timeline.shown(span, asked.compare)
    windows = timeline.windows
    earlier = None
    if shown.earlier is not None and (before := timeline.against(shown)) is not None:
        earlier = (shown.earlier, before)
    dataset = complete(dataset, asked, [windows[shown.window], *([earlier[1]] if earlier else [])])
    return explanation.opened(dataset, asked.catalog, asked.only, (span, windows[shown.window]), earlier, segment)
