"""`--fail-on`: what in a report makes the command end with exit code 1, for cron and pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_metrics.book import cells
from crm_metrics.errors import UsageError, not_among
from crm_metrics.issues import Severity
from crm_metrics.settings.blocks import GOAL_BEHIND, GOAL_MISSED, WORSE

if TYPE_CHECKING:
    from crm_metrics.analysis.goals import Standing
    from crm_metrics.reporting.report import Report
    from crm_metrics.settings import Settings
    from crm_metrics.settings.goals import Alert

WARNING, RESTATED, ALERT = "warning", "restated", "alert"
_KINDS = (ALERT, GOAL_MISSED, RESTATED, WORSE, WARNING)
NAMED = 8  # figures that a reason names
OF_GOALS = (ALERT, GOAL_MISSED, GOAL_BEHIND)


def kinds(texts: Iterable[str], choices: Sequence[str] = _KINDS) -> list[str]:
    """What to fail on, of what a command knows. Raises `UsageError` for anything else, with the nearest name."""
    wanted = [name.strip().casefold() for text in texts for name in text.split(",") if name.strip()]
    for name in wanted:
        if name not in choices:
            raise not_among("--fail-on", name, choices)
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
            sentences.append(f"worse, by more than chance brings: {cells.listed(names, NAMED)}")
    warnings = sum(issue.severity is Severity.WARNING for issue in report.issues)
    if WARNING in wanted and warnings:
        sentences.append(f"{cells.several(warnings, 'warning')} about the data")
    if RESTATED in wanted and report.restated:
        names = list(dict.fromkeys(figure.metric for figure in report.restated))
        sentences.append(f"other figures than recorded earlier: {cells.listed(names, NAMED)}")
    if GOAL_MISSED in wanted and report.missed_goals:
        sentences.append(f"goals missed: {cells.listed(report.missed_goals, NAMED)}")
    return sentences


_ON_GOALS = (GOAL_MISSED, GOAL_BEHIND)


def refuse_without_alert(fail_on: Iterable[str], settings: Settings, shown: Iterable[str] | None = None) -> None:
    """Raises `UsageError` for `alert` where no alert is set that the command looks at, goals or, where these are `shown`,
    figures, or one is set on a figure that is not shown: it would never fail."""
    if "alert" not in fail_on:
        return
    mine = [alert for alert in settings.alert if (alert.when in _ON_GOALS) is (shown is None)]
    if not mine:
        raise UsageError(
            f"--fail-on alert looks at alerts on {'goals' if shown is None else 'figures'}, and none is set",
            hint="'crm-metrics help alert' shows how alerts are written.",
        )
    if shown is not None and (left := {alert.metric for alert in mine} - set(shown)):
        names = ",".join(sorted(left))
        raise UsageError(
            f"there is an alert on {names}, which this report does not show",
            hint=f"Add it, or leave -m away: -m {names}",
        )


def of_report(report: Report, alerts: Iterable[Alert]) -> list[str]:
    """In a sentence each, the alerts on figures: whatever is worse, or passes its limit in a period that is over. A figure
    that is not available raises its alert too: nobody can tell whether all is well."""
    return [sentence for alert in alerts if alert.when not in _ON_GOALS for sentence in _raised(report, alert)]


def _raised(report: Report, alert: Alert) -> Iterator[str]:
    rows: list[dict[str, Any]] = report.rows[report.rows["metric"] == alert.metric].to_dict("records")  # type: ignore[assignment]
    if rows and all(row["status"] == "unavailable" for row in rows):
        why = report.missing[alert.metric]
        yield f"{alert.metric} {alert.when} cannot be told: {why}"
    for row in rows:
        is_worse = alert.when == WORSE and row["signal"] == WORSE
        if is_worse or (row["status"] == "ok" and alert.is_passed(row["value"])):
            value = cells.value(row["value"], row["unit"], row["currency"] or None)
            segment = [row[name] for name in (*report.by, *report.per) if isinstance(row.get(name), str)]
            yield f"{' '.join([alert.metric, *segment])} in {row['period']} is {value} ({alert.when})"


def of_goals(standings: Sequence[Standing], alerts: Iterable[Alert]) -> list[str]:
    """In a sentence each, the alerts on goals that are missed, or behind their pace."""
    return [
        f"the goal for {standing.metric.name} in {standing.target.period.label} is {standing.status}"
        for alert in alerts
        for standing in standings
        if alert.when == f"goal-{standing.status}" and standing.metric.name == alert.metric
    ]
