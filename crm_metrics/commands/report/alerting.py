"""`--fail-on alert`: which alerts of the settings a report raises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crm_metrics.book import cells
from crm_metrics.errors import UsageError
from crm_metrics.settings.blocks import GOAL_BEHIND, GOAL_MISSED, WORSE

if TYPE_CHECKING:
    from crm_metrics.analysis.goals import Standing
    from crm_metrics.reporting.report import Report
    from crm_metrics.settings import Settings
    from crm_metrics.settings.alerts import Alert

OF_GOALS = (GOAL_MISSED, GOAL_BEHIND)


def refuse_without(fail_on: Iterable[str], settings: Settings, shown: Iterable[str] | None = None) -> None:
    """Raises `UsageError` for `alert` where no alert is set that the command looks at, goals or, where these are `shown`,
    figures, or one is set on a figure that is not shown: it would never fail."""
    if "alert" not in fail_on:
        return
    mine = [alert for alert in settings.alert if (alert.when in OF_GOALS) is (shown is None)]
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
    return [sentence for alert in alerts if alert.when not in OF_GOALS for sentence in _raised(report, alert)]


def _raised(report: Report, alert: Alert) -> Iterator[str]:
    rows: list[dict[str, Any]] = report.rows[report.rows["metric"] == alert.metric].to_dict("records")  # type: ignore[assignment]
    if rows and all(row["status"] == "unavailable" for row in rows):
        why = report.missing.get(alert.metric) or cells.REASONS.get(rows[0]["reason"], "")
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
