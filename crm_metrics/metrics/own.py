"""The catalogue of a run: the built-in metrics and the user's own, from a file and from the settings; and goals and alerts
against it: that their metrics exist, and that each says enough to be compared with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crm_metrics.errors import did_you_mean
from crm_metrics.metrics.catalog import Catalog, built_in, with_blocks, with_own
from crm_metrics.metrics.metric import Better, Metric, Unit
from crm_metrics.settings import Settings
from crm_metrics.settings.lines import all_mistakes

if TYPE_CHECKING:
    from crm_metrics.settings.goals import Alert, Goal


def catalog_of(settings: Settings, metrics_file: str | Path | None = None) -> Catalog:
    """The built-in catalogue with the metrics of `metrics_file`, else of the file that the settings name, and those written
    in the settings themselves. Raises `SettingsError` for everything the format does not allow, and for goals that do not
    fit the catalogue."""
    catalog = built_in()
    if path := metrics_file or settings.metrics_file:
        catalog = with_own(catalog, Path(path))
    if settings.metric:
        catalog = with_blocks(catalog, settings.metric, f"{settings.file or 'settings'}, metric")
    _check_goals(settings, catalog)
    return catalog


def _check_goals(settings: Settings, catalog: Catalog) -> None:
    """Raises `SettingsError` with every mistake in the goals and alerts at once, each with its line."""
    mistakes = [
        (settings.line("goal", place, key), f"goal {place + 1}: {mistake}")
        for place, goal in enumerate(settings.goal)
        for key, mistake in (*_mistakes(goal, catalog), *_doubled(place, settings))
    ]
    mistakes += [
        (settings.line("alert", place, key), f"alert {place + 1}: {mistake}")
        for place, alert in enumerate(settings.alert)
        for key, mistake in _mistakes_of_alert(alert, catalog)
    ]
    if mistakes:
        raise all_mistakes(mistakes, settings.file or "settings")


def _mistakes(goal: Goal, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """What is wrong with a goal by itself: the key, and a sentence."""
    metric = catalog.get(goal.metric)
    if metric is None or metric.private:
        yield "metric", _unknown(goal.metric, catalog)
        return
    if goal.currency is not None and not metric.is_money:
        yield "currency", f"{metric.name} is no amount of money and has no currency"
    if missing := [name for name in metric.per if name not in goal.scope]:
        example = ", ".join(f'{name} = "..."' for name in missing)
        yield "scope", f"{metric.name} is by {', '.join(missing)}: say which, scope = {{ {example} }}"
    if metric.better is Better.NEITHER:
        if goal.baseline is None:
            problem = "neither better nor worse; a baseline says where the goal leads from"
            yield "metric", f"more of {metric.name} is {problem}"
        elif any(target == goal.baseline for _, _, target in goal.steps):
            yield "baseline", "it is the target itself, so nobody can tell whether more or less is meant"


def _mistakes_of_alert(alert: Alert, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """What is wrong with an alert: the key, and a sentence."""
    metric = catalog.get(alert.metric)
    if metric is None or metric.private:
        yield "metric", _unknown(alert.metric, catalog)
    elif alert.is_percent and metric.unit is not Unit.PERCENT:
        yield "when", f"{metric.name} is no share: leave the % away"
    elif alert.limit is not None and metric.unit is Unit.PERCENT and abs(alert.limit) > 1 and not alert.is_percent:
        yield "when", f'{metric.name} is a share: write "{alert.when} %", or a fraction such as 0.3'
    elif alert.when == "worse" and metric.better is Better.NEITHER:
        yield "when", f"more of {metric.name} is neither better nor worse; give a limit"


def _unknown(name: str, catalog: Catalog) -> str:
    return f"there is no metric {name!r}. {did_you_mean(name, [metric.name for metric in catalog.shown()])}"


def _doubled(place: int, settings: Settings) -> Iterator[tuple[str, str]]:
    """That an earlier goal has a target for the same: nobody could tell which one holds."""
    goal = settings.goal[place]
    mine = {(start, due) for start, due, _ in goal.steps}
    for number, other in enumerate(settings.goal[:place], start=1):
        same = (goal.metric, goal.scope) == (other.metric, other.scope)
        same = same and (goal.currency == other.currency or None in (goal.currency, other.currency))
        both = sorted(mine & {(start, due) for start, due, _ in other.steps}) if same else []
        if both:
            start, due = both[0]
            yield "start", f"goal {number} has a target for the same {goal.metric} from {start} to {due} already"


def is_upward(metric: Metric, target: float, baseline: float | None) -> bool:
    """Whether more is better: by the metric, else by where the target lies from the baseline."""
    if metric.better is Better.NEITHER:
        return baseline is not None and target > baseline
    return metric.better is Better.HIGHER
