"""Goals: how each of the settings stands, and how likely it will be met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics.errors import NothingToReport, SettingsError
from crm_metrics.periods import Period
from crm_metrics.periods.calendar import DAY
from crm_metrics.query import Query, query
from crm_metrics.session import complete, load, refuse_empty
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.goals import Standing, Target
    from crm_metrics.analysis.goals.history import Grid
    from crm_metrics.engine.windows import Window
    from crm_metrics.tables import Dataset

EXAMPLE = """\
Add goals to crm-metrics.toml, for example:

[[goal]]
metric = "revenue_won"
target = 500000
currency = "EUR"
start = 2025-10-01
due = 2025-12-31
owner = "Ann"

[[goal]]
metric = "win_rate"
every = "quarter"
target = 0.35
start = 2025
due = 2025"""


@dataclass(frozen=True)
class Goals:
    """How the goals stand, in the order of the settings, with the data they were compared with."""

    standings: list[Standing]
    dataset: Dataset


def goals(
    paths: Sequence[str],
    *,
    period: str | None = None,
    settings: Settings | None = None,
    metrics_file: Path | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Goals:
    """How the goals of the settings stand, those that overlap the period where one is given. Raises `SettingsError` when
    there are none, `NothingToReport` when none overlaps."""
    settings = settings or Settings()
    if not settings.goal:
        raise SettingsError("there are no goals", where=settings.file, hint=EXAMPLE)
    asked = query(
        period=period,
        by=[dim for goal in settings.goal for dim in goal.scope],
        metrics=[goal.metric for goal in settings.goal],
        compare="none",
        settings=settings,
        metrics_file=metrics_file,
    )
    dataset = load(paths, asked, today=today, stdin=stdin)
    refuse_empty(dataset)
    from crm_metrics.analysis.goals import targets

    wanted = [target for target in targets(dataset.settings) if _overlaps(target, dataset, asked)]
    if not wanted:
        raise NothingToReport(
            f"no goal is for {asked.period.text if asked.period else 'any period'}",
            hint="Choose another period with -p, or leave it out to see all goals.",
        )
    return Goals(_standings(dataset, asked, wanted), dataset)


def _overlaps(target: Target, dataset: Dataset, asked: Query) -> bool:
    from crm_metrics.timeline import reported

    if asked.period is None:
        return True
    whole = reported(dataset, asked.period)
    return target.period.start < whole.end and whole.start < target.period.end


def _standings(dataset: Dataset, asked: Query, wanted: list[Target]) -> list[Standing]:
    """The standings of all targets, those of the same dimensions out of one grid."""
    from crm_metrics.analysis.goals import standings
    from crm_metrics.timeline import Timeline, first_day

    timeline, first = Timeline(dataset), first_day(dataset)
    places = {target: timeline.place(target.period) for target in wanted}
    dataset = complete(dataset, asked, timeline.windows)
    running = any(target.period.start <= dataset.as_of < target.due for target in wanted)
    past = _past(dataset, first if running else None)
    found: dict[Target, Standing] = {}
    for dims in dict.fromkeys(target.dims for target in wanted):
        own = [(target, place) for target, place in places.items() if target.dims == dims]
        grid = _grid(dataset, asked, dims, timeline.windows, past)
        made = standings(grid, own, dataset.as_of, first)
        found |= dict(zip((target for target, _ in own), made, strict=True))
    return [found[target] for target in wanted]


def _past(dataset: Dataset, first: date | None) -> tuple[list[Window], list[Window]]:
    """The windows of the days and of the weeks up to as-of, at most two years of them; of weeks one more, the first."""
    from crm_metrics.analysis.goals.chances import TWO_YEARS
    from crm_metrics.timeline import Timeline

    end = dataset.as_of + DAY
    weeks = 0 if first is None else max(min((end - first).days // 7, TWO_YEARS), 0)
    made = []
    for length, count in ((1, weeks * 7), (7, weeks + 1)):
        timeline = Timeline(dataset)
        for back in range(count, 0, -1):
            start = end - timedelta(days=back * length)
            timeline.place(Period(start, start + timedelta(days=length), start.isoformat(), "range"))
        made.append(timeline.windows)
    return made[0], made[1]


def _grid(
    dataset: Dataset,
    asked: Query,
    dims: tuple[str, ...],
    windows: list[Window],
    past: tuple[list[Window], list[Window]],
) -> Grid:
    from crm_metrics.analysis.goals.history import Grid
    from crm_metrics.engine.compute import Engine

    return Grid(*(Engine(dataset, asked.catalog, own, dims) for own in (windows, *past)))
