"""`--fail-on`: what in a report makes the command end with exit code 1, for cron and pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crm_metrics.errors import UsageError, did_you_mean
from crm_metrics.issues import Severity

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report
    from crm_metrics.settings import Settings

WORSE, WARNING, RESTATED = "worse", "warning", "restated"
GOAL_MISSED, GOAL_BEHIND, ALERT = "goal-missed", "goal-behind", "alert"
_KINDS = (ALERT, GOAL_MISSED, RESTATED, WORSE, WARNING)
OF_GOALS = (ALERT, GOAL_MISSED, GOAL_BEHIND)


def kinds(texts: Iterable[str], choices: Sequence[str] = _KINDS) -> list[str]:
    """What to fail on, of what a command knows. Raises `UsageError` for anything else, with the nearest name."""
    wanted = [name.strip().casefold() for text in texts for name in text.split(",") if name.strip()]
    for name in wanted:
        if name not in choices:
            raise UsageError(
                f"--fail-on {name}: {', '.join(choices[:-1])} or {choices[-1]}. {did_you_mean(name, choices)}"
            )
    return list(dict.fromkeys(wanted))


def refuse_without(wanted: Iterable[str], history: Path | None, settings: Settings) -> None:
    """Raises `UsageError` for `restated` where there is nothing to compare with, and for `goal-missed` where no goal is set:
    it would never fail."""
    if RESTATED in wanted and history is None:
        raise UsageError(
            "--fail-on restated compares with a history, and none is named", hint="Add --history FILE; it is created."
        )
    if GOAL_MISSED in wanted and not settings.goal:
        raise UsageError(
            "--fail-on goal-missed compares with goals, and none is set",
            hint="'crm-metrics goals' shows how goals are written.",
        )


def reasons(report: Report, wanted: Iterable[str]) -> list[str]:
    """In a sentence each, why the report fails; empty when it does not."""
    sentences = []
    if WORSE in wanted:
        rows = report.rows[report.rows["signal"] == WORSE]
        names = list(dict.fromkeys(rows["metric"]))
        if names:
            sentences.append(f"worse, by more than chance brings: {listed(names)}")
    warnings = sum(issue.severity is Severity.WARNING for issue in report.issues)
    if WARNING in wanted and warnings:
        sentences.append(f"{warnings} {'warning' if warnings == 1 else 'warnings'} about the data")
    if RESTATED in wanted and report.restated:
        names = list(dict.fromkeys(figure.metric for figure in report.restated))
        sentences.append(f"other figures than recorded earlier: {listed(names)}")
    if GOAL_MISSED in wanted and report.missed_goals:
        sentences.append(f"goals missed: {listed(report.missed_goals)}")
    return sentences


def listed(names: list[str]) -> str:
    """The first eight names, and how many there are besides."""
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
