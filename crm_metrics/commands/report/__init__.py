"""The key figures of a period from exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from crm_metrics.commands import Call, option
from crm_metrics.commands.report import failing, restating
from crm_metrics.commands.report.computing import compute
from crm_metrics.errors import EXIT_FINDINGS, NothingToReport, UsageError, did_you_mean, not_among
from crm_metrics.schema import called
from crm_metrics.session import Asking, Session
from crm_metrics.writers import is_for_people

if TYPE_CHECKING:
    from crm_metrics.commands.report.result import Result
    from crm_metrics.session import Inputs
    from crm_metrics.settings import Profile, Settings

ABOUT, PLACE = "the figures (the main job)", 10
PATHS = (
    "[@PROFILE] PATH...",
    "Files, folders, zip archives, duckdb:FILE, or - for standard input; @NAME for a profile of crm-metrics.toml.",
)

_PERIODS = "2025-03, 2025-Q1, 2025, last-month, ytd, 2025-01..2025-06, all, ..."
_BY = "month, quarter, week, year, day and any column: owner, region, plan, ..."


def report(
    paths: Inputs | Session,
    *,
    period: Annotated[str | None, option("-p, --period PERIOD", _PERIODS)] = None,
    by: Annotated[Sequence[str], option("--by NAME", _BY)] = (),
    metrics: Annotated[Sequence[str], option("-m, --metric NAME", "Metrics or families, separated by commas.")] = (),
    compare: Annotated[str | None, option("--compare PERIOD", "previous, year-ago, none, or a period.")] = None,
    top: Annotated[int | None, option("--top N", "Only the N largest segments; the rest is one row.")] = None,
    sort: Annotated[str | None, option("--sort FIGURE", "The segments with the largest of this figure first.")] = None,
    **files: Unpack[Asking],
) -> Result:
    """The key figures of a period from files, folders, archives or DataFrames. `period` as on the command line (the last
    complete month when not given), `by` dimensions and at most one time grain, `metrics` names or families (all when empty).
    Raises `CrmMetricsError` with what, where and what to do."""
    session = Session.of(paths, **files)
    asked = session.query(period=period, by=by, metrics=metrics, compare=compare, top=top, sort=sort)
    from crm_metrics.commands.report.result import Result

    return Result(**vars(compute(session.load(asked), asked)))


def run(
    call: Call,
    *,
    layout: Annotated[str, option("--layout FORM", "Of files: tidy, or wide with the periods across.")] = "tidy",
    all_: Annotated[bool, option("--all", "All figures, not only the headline figures.")] = False,
    max_age: Annotated[
        int | None, option("--max-age DAYS", "Leave with exit code 4 when the data is older.", least=0)
    ] = None,
    fail_on: Annotated[
        Sequence[str],
        option(
            "--fail-on WHAT",
            "Exit code 1 for: worse (beyond chance), warning, restated, goal-missed, alert.",
            parse=failing.kinds,
        ),
    ] = (),
    # What is wrong with the file of a history is told after the report.
    history: Annotated[
        Path | None,
        option("--history FILE", "Keep the figures there, and say which were others in earlier runs.", readable=False),
    ] = None,
    **asked: Any,
) -> int:
    """Writes the report, with what a profile says where nothing else was asked for; aside from it what formats for programs
    do not tell, what it restates, and why it fails."""
    if layout not in ("tidy", "wide"):
        raise not_among("--layout", layout, ("tidy", "wide"))
    settings = call.settings
    files, profile = _profiled(call.arguments, settings)
    own = {name: getattr(profile, name) for name in ("as_of", "where") if name not in call.stated}
    settings = settings.but(**{name: value for name, value in own.items() if value is not None})
    session = call.on(files or list(profile.paths), settings)
    how = {"quiet": bool(profile.quiet), "verbose": bool(profile.verbose)}
    call = call.directed(profile.format, profile.output, **how)
    fail_on = fail_on or failing.kinds(profile.fail_on)
    history = history or (Path(profile.history) if profile.history else None)
    if layout == "wide" and call.format in ("text", "svg", "png"):
        problem = (
            f"--layout wide is for tables in files, and this is {call.format}, in which time runs across in any case"
        )
        raise UsageError(problem, hint="Leave it away, or add -f csv.")
    failing.refuse_without(fail_on, history, settings)
    restating.refuse_clash(history, call.output, session.paths)
    named = bool(asked["metrics"] or profile.metrics)
    for name in ("period", "by", "metrics", "compare", "top"):
        if asked[name] in (None, ()):
            asked[name] = getattr(profile, name)
    query = session.query(**asked)
    failing.refuse_without_alert(fail_on, settings, [metric.name for metric in query.metrics])
    dataset = session.load(query)
    if call.verbose:
        call.tell("ignored", (f"ignored: {path}" for path in dataset.ignored))
    result = compute(dataset, query, history=is_for_people(call.format) or layout == "wide")
    _refuse_old(result.newest, profile.max_age if max_age is None else max_age)
    earlier = restating.History(history, result, dataset, query)
    result = earlier.report
    from crm_metrics.commands.report.book import book

    answer = book(
        replace(result, issues=[]) if call.quiet and call.format == "text" else result,
        for_people=is_for_people(call.format),
        scope="all" if all_ else "named" if named else "",
        paths=[] if "-" in session.paths else session.paths,
    )
    if layout == "wide":
        from crm_metrics.commands.report.book import across

        answer = replace(answer, sheets=[across(result), *answer.sheets[1:]])
    call.write(answer)
    if call.tells_aside:
        from crm_metrics.book.cells import visible
        from crm_metrics.commands.report.waiting import sentences

        call.tell("note", [*result.uncovered, *map(visible, result.offers), *sentences(result)])
    call.tell("restated", earlier.keep(), level="warning")
    failed = failing.of_report(result, settings.alert) if failing.ALERT in fail_on else []
    failed += failing.reasons(earlier.report, fail_on)
    call.tell("failed", (f"failed: {reason}" for reason in failed), level="error")
    earlier.finish()
    return EXIT_FINDINGS if failed else 0


def _refuse_old(newest: Mapping[str, date], max_age: int | None) -> None:
    """Raises `NothingToReport` where the newest record of a table behind the figures is older than allowed."""
    if max_age is None or not newest:
        return
    table, day = min(newest.items(), key=lambda pair: pair[1])
    if (age := (date.today() - day).days) > max_age:
        problem = f"the newest record of the {called(table)} is of {day}, {age:,} days ago"
        raise NothingToReport(f"{problem}; --max-age allows {max_age}")


def _profiled(paths: list[str], settings: Settings) -> tuple[list[str], Profile]:
    """The paths of the command without the profile's name, and the profile; an empty one where none is named. A file whose
    name begins with @ is given as ./@NAME. Raises `UsageError` for a profile that is not there, with the nearest name."""
    from crm_metrics.settings import Profile

    names = [path[1:] for path in paths if path.startswith("@")]
    files = [path for path in paths if not path.startswith("@")]
    if len(names) > 1:
        raise UsageError(f"a report has one profile, not {' and '.join('@' + name for name in names)}")
    if not names:
        return files, Profile()
    name = names[0]
    if name not in settings.profile:
        where = settings.file or "no settings file was found"
        raise UsageError(
            f"there is no profile {name!r} ({where}). {did_you_mean(name, settings.profile)}",
            hint=f"A profile is a block [profile.{name or 'weekly'}] in crm-metrics.toml, with period, by, metrics, ...",
        )
    return files, settings.profile[name]
