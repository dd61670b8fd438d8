"""What customers say: promoters and detractors, who is satisfied, and the words that set them apart, with quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Unpack

from crm_metrics.commands import PeriodOption, option
from crm_metrics.errors import NothingToReport, UsageError, not_among
from crm_metrics.periods import Period
from crm_metrics.session import Asking, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.voice.listening import Heard
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "what customers say: promoters and detractors, the words that set them apart, quotes", 130


@dataclass(frozen=True)
class Voice:
    """The answers of a period, question by question; `earlier` is the period that they are compared with, `unclear`
    says which questions cannot be shown although there are answers."""

    dataset: Dataset
    period: Period
    earlier: Period | None
    by: tuple[str, ...]
    least: int
    heard: list[Heard]
    unclear: list[str]


def voice(
    paths: Sequence[str] | Session,
    *,
    kind: Annotated[str | None, option("--kind KIND", "Only one question: nps, csat or ces.")] = None,
    by: Annotated[Sequence[str], option("--by NAME", "Split by each of these: team, segment, ...")] = (),
    compare: Annotated[str, option("--compare PERIOD", "previous, year-ago, none, or a period.")] = "previous",
    least: Annotated[int, option("--least N", "Words in at least so many comments.", least=1)] = 5,
    quotes: Annotated[int, option("--quotes N", "Comments quoted for each word and each group.", least=0)] = 2,
    period: PeriodOption = None,
    **files: Unpack[Asking],
) -> Voice:
    """The answers to the promoter question, of satisfaction and of effort, or to one `kind` of them: their groups, each
    of the dimensions `by` on its own, the words that set the groups apart and stand in at least `least` comments, and
    so many `quotes`. Raises `NothingToReport` when there are no answers, else `CrmMetricsError` with what, where and
    what to do."""
    from crm_metrics.analysis.voice.listening import NAMES, QUESTIONS, Asking, listened

    session = Session.of(paths, **files)
    chosen = [question for question in QUESTIONS if kind is None or question.name == kind.casefold()]
    if not chosen:
        raise not_among("--kind", str(kind), NAMES)
    names = list(dict.fromkeys(name for question in chosen for name in (question.metric, question.answers)))
    asked = session.query(period=period, by=by, metrics=names, compare=compare)
    if asked.grain:
        raise UsageError(
            "voice splits answers by dimensions, not by time",
            hint="For a score by month: crm-metrics report -m nps --by month",
        )
    also = [
        (asked.catalog[question.answers].table, name) for question in chosen for name in (*question.columns, "comment")
    ]
    dataset = session.load(asked, also=also)
    from crm_metrics.reporting.timeline import asked_windows

    shown, now, before = asked_windows(dataset, asked.period, asked.compare)
    request = Asking(now, before, asked.by, least, quotes)
    heard, lacking = listened(dataset, asked.catalog, chosen, request)
    if not heard:
        reasons = "; ".join(f"{name}: {trouble.seen}" for name, trouble in lacking.items())
        hints = [trouble.hint for trouble in lacking.values() if trouble.hint]
        raise NothingToReport(
            f"no answers to a survey in {shown.period.label}: {reasons}",
            hint=f"{hints[0].capitalize()}." if hints else None,
        )
    for dim in asked.by:
        if not any(dim in answers.by for answers in heard):
            raise UsageError(
                f"the answers have no {dim}, and no file leads from them to one",
                hint=f"'crm-metrics why {heard[0].metric.name}' shows every way to split it.",
            )
    unclear = [
        f"{name} is not shown: {trouble.seen}."
        for name, trouble in lacking.items()
        if trouble.reason == "scale-ambiguous"
    ]
    return Voice(dataset, shown.period, shown.earlier, asked.by, least, heard, unclear)
