"""First responses and resolutions of tickets in business time: by the working hours of the settings, else by the help
desk's own column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_metrics.errors import SettingsError
from crm_metrics.loaders.facts.business import business_minutes
from crm_metrics.loaders.facts.workbench import MINUTE_US, Bools, Floats, Workbench, instants, moments, numbers
from crm_metrics.settings import Hours
from crm_metrics.tables import SOURCE, Table


@dataclass(frozen=True)
class _Wait:
    """From creation to `end`. `minutes` is the help desk's column in calendar time, `own` the one in its business time,
    `elapsed` what was made of the former; `made` is made here, for `metric`."""

    made: str
    metric: str
    end: str
    minutes: str
    own: str
    elapsed: str
    end_called: str
    called: str


_WAITS = (
    _Wait(
        "business_response_minutes",
        "first_response_time_business",
        "first_response_at",
        "first_response_minutes",
        "first_response_business_minutes",
        "response_minutes",
        "the first reply",
        "first response time in business hours",
    ),
    _Wait(
        "business_resolution_minutes",
        "resolution_time_business",
        "solved_at",
        "resolution_minutes",
        "resolution_business_minutes",
        "resolution_hours",
        "the solution",
        "resolution time in business hours",
    ),
)


@dataclass(frozen=True)
class _Ways:
    """How each row is measured: between its stamps, by whole days where these have no time, by calendar minutes from its
    creation, or by the help desk's own business minutes; `timed` are rows whose file knows the calendar time as well."""

    stamps: Bools
    days: Bools
    minutes: Bools
    own: Bools
    timed: Bools


def derive(bench: Workbench, table: Table) -> None:
    """Business minutes to the first answer and to the solution, where a figure needs them and a file allows it."""
    hours = bench.settings.hours
    for wait in _WAITS:
        if not bench.asks("tickets", wait.made):
            continue
        if hours is None and bench.settings.holidays is not None:
            raise SettingsError(
                "holidays are set, but no working hours they could be taken from",
                where="settings",
                hint='Set the hours as well: [hours] and below it mon = "09:00-17:30" and the other days',
            )
        ways = _ways(bench, table, wait, hours)
        computed = ways.stamps | ways.days | ways.minutes
        if not computed.any() and not ways.own.any():
            continue
        result = np.where(ways.own, numbers(table.frame, wait.own), np.nan)
        result = bench.no_negative(table, result, "creation", wait.end_called, wait.called)
        if hours is not None and computed.any():
            result = np.where(computed, _by_hours(bench, table, wait, ways, hours), result)
        # Who has no answer, or an impossible one, has no time in business hours either.
        happened = ~np.isnan(numbers(table.frame, wait.elapsed))
        table.frame[wait.made] = np.where(happened | ~ways.timed, result, np.nan)
        bench.labels[wait.metric] = _label(bench, table, wait, computed, ways.own)


def _ways(bench: Workbench, table: Table, wait: _Wait, hours: Hours | None) -> _Ways:
    """Decided per file: its two stamps; else its calendar minutes behind an exact creation; else the help desk's own
    business minutes, which are all there is without hours; else the days that its stamps name."""
    frame = table.frame
    ways = np.zeros((5, len(bench.sources)), dtype=bool)
    for i in bench.files(table):
        mapped = {name for name in bench.sources[i].columns if name in frame}
        ends = {wait.end, "closed_at"} if wait.end == "solved_at" else {wait.end}
        dated = [
            bool(table.calendar[name][i]) if name in table.calendar else False for name in ("created_at", wait.end)
        ]
        stamped = "created_at" in mapped and not ends.isdisjoint(mapped) and wait.end in frame
        counted = "created_at" in mapped and wait.minutes in mapped
        ways[4, i] = stamped or counted
        if hours is not None and stamped and not any(dated):
            ways[0, i] = True
        elif hours is not None and counted and not dated[0]:
            ways[2, i] = True
        elif wait.own in mapped:
            ways[3, i] = True
        elif hours is not None and stamped:
            ways[1, i] = True
    return _Ways(*ways[:, frame[SOURCE].to_numpy()])


def _by_hours(bench: Workbench, table: Table, wait: _Wait, ways: _Ways, hours: Hours) -> Floats:
    settings = bench.settings
    if hours.zone is not None and settings.timezone is None:
        raise SettingsError(
            f"hours.zone is {hours.zone}, but times in the files have no zone as long as timezone is not set",
            where="settings",
            hint=f"Say in which zone they are, for example --timezone {hours.zone}",
        )
    zone = hours.zone or settings.timezone
    begin, end = table.frame["created_at"].to_numpy(), moments(table.frame, wait.end)
    if ways.minutes.any():
        minutes = numbers(table.frame, wait.minutes)
        later = begin + (np.nan_to_num(minutes) * MINUTE_US).astype("timedelta64[us]")
        end = np.where(ways.minutes, np.where(np.isnan(minutes), np.datetime64("NaT"), later), end)
    if ways.days.any():
        begin = np.where(ways.days, instants(bench.days(begin), zone), begin)
        end = np.where(ways.days, instants(bench.days(end), zone), end)
    skipped = ~(ways.stamps | ways.days | ways.minutes)
    return business_minutes(np.where(skipped, np.datetime64("NaT"), begin), end, hours, zone, settings.holidays)


def _label(bench: Workbench, table: Table, wait: _Wait, computed: Bools, own: Bools) -> str:
    """Whose hours they are; a note names the help desk's columns."""
    said = ["by your working hours"] if computed.any() else []
    if own.any():
        headers = sorted({f'"{bench.sources[i].columns[wait.own]}"' for i in bench.files(table, own)})
        bench.notes.append(f"The {wait.called} is the help desk's own: {', '.join(headers)}.")
        said.append("by the help desk's")
    return " and ".join(said)
