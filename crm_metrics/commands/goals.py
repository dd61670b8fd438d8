"""The goals of crm-metrics.toml: value, target, pace, status, and the chance that each is met. -p shows those of a
period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from crm_metrics import errors
from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.rows import row_of, unseen
from crm_metrics.commands import Call, option
from crm_metrics.commands.report import failing
from crm_metrics.errors import NothingToReport, SettingsError
from crm_metrics.metrics.metric import Unit
from crm_metrics.periods import Period
from crm_metrics.periods.calendar import DAY
from crm_metrics.query import Query
from crm_metrics.reporting import REASONS_IN_WORDS
from crm_metrics.session import Asking, Session, complete
from crm_metrics.settings.files import NAME, described

if TYPE_CHECKING:
    from crm_metrics.analysis.goals import Standing, Target
    from crm_metrics.engine.windows import Window
    from crm_metrics.tables import Dataset

ABOUT, PLACE = "targets: how far each is reached, the pace it needs, the chance of meeting it", 70


@dataclass(frozen=True)
class Goals:
    """How the goals stand, in the order of the settings, with the data they were compared with."""

    standings: list[Standing]
    dataset: Dataset


def goals(
    paths: Sequence[str] | Session,
    *,
    period: Annotated[
        str | None, option("-p, --period PERIOD", "Only the goals for a time in it; all by default.")
    ] = None,
    **files: Unpack[Asking],
) -> Goals:
    """How the goals of the settings stand, those that overlap the period where one is given. Raises `SettingsError` when
    there are none, `NothingToReport` when none overlaps."""
    session = Session.of(paths, **files)
    settings = session.settings
    if not settings.goal:
        example = next(setting.example for setting in described() if setting.name == "goal")
        hint = f"Add goals to {NAME}, for example:\n\n{example}"
        raise SettingsError("there are no goals", where=settings.file, hint=hint)
    asked = asked_of(session, period)
    dataset = session.load(asked)
    from crm_metrics.analysis.goals import targets

    wanted = [target for target in targets(dataset.settings) if _overlaps(target, dataset, asked)]
    if not wanted:
        raise NothingToReport(
            f"no goal is for {asked.period.text if asked.period else 'any period'}",
            hint="Choose another period with -p, or leave it out to see all goals.",
        )
    return Goals(_standings(dataset, asked, wanted), dataset)


def asked_of(session: Session, period: str | None) -> Query:
    """The question behind the goals of the settings."""
    return session.query(
        period=period,
        by=[dim for goal in session.settings.goal for dim in goal.scope],
        metrics=[goal.metric for goal in session.settings.goal],
        compare="none",
    )


def run(
    call: Call,
    *,
    fail_on: Annotated[
        Sequence[str],
        option(
            "--fail-on WHAT",
            "Exit code 1 for: goal-missed, goal-behind, alert.",
            parse=partial(failing.kinds, choices=failing.OF_GOALS),
        ),
    ] = (),
    **asked: Any,
) -> int:
    """Writes the goals, and says which of them are missed or behind where that is to fail."""
    failing.refuse_without_alert(fail_on, call.settings)
    answer = goals(call.session, **asked)
    call.answer(answer)
    failed = failing.of_goals(answer.standings, call.settings.alert) if failing.ALERT in fail_on else []
    for kind in fail_on:
        standings = [standing for standing in answer.standings if standing.status == kind.removeprefix("goal-")]
        named = [f"{standing.metric.name} in {standing.target.period.label}" for standing in standings]
        failed += [f"goals {kind.removeprefix('goal-')}: {cells.listed(named, failing.NAMED)}"] if named else []
    call.tell("failed", (f"failed: {reason}" for reason in failed), level="error")
    return errors.EXIT_FINDINGS if failed else 0


def _overlaps(target: Target, dataset: Dataset, asked: Query) -> bool:
    from crm_metrics.reporting.timeline import reported

    if asked.period is None:
        return True
    span = reported(dataset, asked.period)
    return target.period.start < span.end and span.start < target.period.end


def _standings(dataset: Dataset, asked: Query, wanted: list[Target]) -> list[Standing]:
    """The standings of all targets, those of the same dimensions out of one grid."""
    from crm_metrics.analysis.goals import standings
    from crm_metrics.analysis.goals.chances import Grid
    from crm_metrics.intervals.engine import Engine
    from crm_metrics.reporting.timeline import Timeline, first_day

    timeline, first = Timeline(dataset), first_day(dataset)
    places = {target: timeline.place(target.period) for target in wanted}
    dataset = complete(dataset, asked, timeline.windows)
    running = any(target.period.start <= dataset.as_of < target.due for target in wanted)
    past = _past(dataset, first if running else None)
    by_target: dict[Target, Standing] = {}
    for dims in dict.fromkeys(target.dims for target in wanted):
        own = [(target, place) for target, place in places.items() if target.dims == dims]
        grid = Grid(*(Engine(dataset, asked.catalog, windows, dims) for windows in (timeline.windows, *past)))
        of_dims = standings(grid, own, dataset.as_of, first)
        by_target |= dict(zip((target for target, _ in own), of_dims, strict=True))
    return [by_target[target] for target in wanted]


def _past(dataset: Dataset, first: date | None) -> tuple[list[Window], list[Window]]:
    """The windows of the days and of the weeks up to as-of, at most two years of them; of weeks one more, the first."""
    from crm_metrics.analysis.goals.chances import TWO_YEARS
    from crm_metrics.reporting.timeline import Timeline

    end = dataset.as_of + DAY
    weeks = 0 if first is None else max(min((end - first).days // 7, TWO_YEARS), 0)
    windows = []
    for length, count in ((1, weeks * 7), (7, weeks + 1)):
        timeline = Timeline(dataset)
        for back in range(count, 0, -1):
            start = end - timedelta(days=back * length)
            timeline.place(Period(start, start + timedelta(days=length), start.isoformat(), "range"))
        windows.append(timeline.windows)
    return windows[0], windows[1]


_STATUS = {
    "met": "green",
    "on pace": "green",
    "missed": "red",
    "behind": "red",
    "cannot tell": "dim",
    "not begun": "dim",
}
_COLUMNS = (
    Column("metric", shown=False),
    Column("goal", "Goal"),
    Column("scope", shown=False),
    Column("period", "in"),
    Column("start", shown=False),
    Column("due", "due", spare=8),
    Column("value", "value", OF_ROW),
    Column("target", "target", OF_ROW),
    Column("attainment", "reached", Unit.PERCENT, bar=True),
    Column("elapsed", "time gone", Unit.PERCENT, spare=5),
    Column("pace_per_day", "so far a day", OF_ROW, spare=7),
    Column("needed_per_day", "needed a day", OF_ROW, spare=6),
    Column("expected", "expected", OF_ROW, spare=4),
    Column("chance", "chance", Unit.PERCENT, spare=1),
    Column("status", "status", styles=_STATUS),
    Column("owner", "owner", spare=3),
    Column("note", "note", spare=9),
    *unseen("unit", "currency"),
    *unseen("baseline", "low", "high", unit=OF_ROW),
    *unseen("n", unit=Unit.COUNT),
    *unseen("expected_low", "expected_high", unit=OF_ROW),
    *unseen("why"),
)
_LEGEND = (
    "Expected and chance: the rest of the time put together from past weeks, 4,000 times. On pace from 75 %, behind up to "
    "25 %, in between nobody can tell. Days are calendar days."
)


def book(goals: Goals) -> Book:
    """All goals in the order of the settings; below them why what cannot be told cannot."""
    rows = [_row(standing) for standing in goals.standings]
    notes = [
        f"{_named(standing)}, {standing.target.period.label}: {standing.status}, {_why(standing)}"
        for standing in goals.standings
        if standing.why and standing.chance is None
    ]
    if any(standing.chance is not None for standing in goals.standings):
        notes.append(_LEGEND)
    counts = [f"{sum(standing.status == status for standing in goals.standings)} {status}" for status in _STATUS]
    about = [count for count in counts if not count.startswith("0 ")]
    return Book("Goals", Origin.of(goals.dataset), [Sheet("goals", "", _COLUMNS, rows, notes=notes)], about)


def _named(standing: Standing) -> str:
    return ", ".join([standing.metric.title, *(value for _, value in standing.target.scope)])


def _why(standing: Standing) -> str:
    return REASONS_IN_WORDS.get(standing.why, standing.why)


def _row(standing: Standing) -> list[Cell]:
    target, goal = standing.target, standing.target.goal
    return row_of(
        _COLUMNS,
        standing,
        metric=standing.metric.name,
        goal=_named(standing),
        scope=", ".join(f"{name}={value}" for name, value in target.scope) or None,
        period=target.period.label,
        start=target.period.start,
        due=target.due,
        target=target.target,
        pace_per_day=standing.pace,
        needed_per_day=standing.needed,
        owner=goal.owner,
        note=goal.note,
        unit=str(standing.metric.unit),
        baseline=goal.baseline,
        why=_why(standing) or None,
    )
