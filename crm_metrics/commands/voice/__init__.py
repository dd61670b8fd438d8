"""What customers say in surveys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.periods import Period
from crm_metrics.query import query
from crm_metrics.session import load
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.voice.listening import Heard
    from crm_metrics.tables import Dataset


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
    paths: Sequence[str],
    *,
    period: str | None = None,
    compare: str = "previous",
    by: Sequence[str] = (),
    kind: str | None = None,
    least: int = 5,
    quotes: int = 2,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Voice:
    """The answers to the promoter question, of satisfaction and of effort, or to one `kind` of them: their groups, each
    of the dimensions `by` on its own, the words that set the groups apart and stand in at least `least` comments, and
    so many `quotes`. Raises `NothingToReport` when there are no answers, else `CrmMetricsError` with what, where and
    what to do."""
    from crm_metrics.analysis.voice.kinds import NAMES, QUESTIONS
    from crm_metrics.analysis.voice.listening import Asking, listened
    from crm_metrics.timeline import Timeline, reported

    chosen = [question for question in QUESTIONS if kind is None or question.name == kind.casefold()]
    if not chosen:
        raise UsageError(f"there is no kind of survey {kind!r}. {did_you_mean(str(kind), NAMES)}")
    names = list(dict.fromkeys(name for one in chosen for name in (one.metric, one.answers)))
    asked = query(period=period, by=by, metrics=names, compare=compare, settings=settings, metrics_file=metrics_file)
    if asked.grain:
        raise UsageError(
            "voice splits answers by dimensions, not by time",
            hint="For a score by month: crm-metrics report -m nps --by month",
        )
    also = [(asked.catalog[one.answers].table, name) for one in chosen for name in (*one.columns, "comment")]
    dataset = load(paths, asked, today=today, stdin=stdin, also=also)
    timeline, whole = Timeline(dataset), reported(dataset, asked.period)
    shown = timeline.shown(whole, asked.compare)
    before = None if shown.earlier_window is None else timeline.windows[shown.earlier_window]
    asking = Asking(timeline.windows[shown.window], before, asked.by, least, quotes)
    made, lacking = listened(dataset, asked.catalog, chosen, asking)
    if not made:
        said = "; ".join(f"{name}: {one.seen}" for name, one in lacking.items())
        hints = [one.hint for one in lacking.values() if one.hint]
        raise NothingToReport(f"no answers to a survey in {whole.label}: {said}", hint=hints[0] if hints else None)
    for dim in asked.by:
        if not any(dim in one.by for one in made):
            raise UsageError(
                f"the answers have no {dim}, and no file leads from them to one",
                hint=f"'crm-metrics why {made[0].metric.name}' shows every way to split it.",
            )
    unclear = [f"{name} is not shown: {one.seen}." for name, one in lacking.items() if one.reason == "scale-ambiguous"]
    return Voice(dataset, whole, shown.earlier, asked.by, least, made, unclear)
