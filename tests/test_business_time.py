"""Working time between two instants, against a clock that is read every five minutes; and the settings it is made of."""

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from crm_metrics import api
from crm_metrics.errors import SettingsError
from crm_metrics.loaders.facts.business_time import business_minutes
from crm_metrics.settings import Settings, validated
from crm_metrics.settings.blocks import plain
from crm_metrics.settings.hours import Holidays, Hours

from .conftest import figures, load_tables, shared

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SAMPLE = Path(__file__).parents[1] / "sample_data"
STEP = timedelta(minutes=5)
OFFICE = dict.fromkeys(DAYS[:5], "09:00-17:30")
LUNCH = {"mon": ["09:00-12:00", "13:00-17:30"], "wed": "08:15-08:45,09:00-09:05", "sat": "10:00-14:00"}
NIGHTS = dict.fromkeys(DAYS, "22:00-06:00")
# Edges within the hours that are skipped or come twice.
EDGES = {"sat": "22:30-01:45", "sun": "02:15-02:40, 03:00-24:00", "mon": "00:05-01:00"}
ALWAYS = dict.fromkeys(DAYS, "00:00-24:00")
# Both changes of the clock, and a time without one.
ZONES = {
    "Europe/Berlin": ["2024-03-31", "2024-10-27", "2023-12-30"],
    "America/New_York": ["2024-03-10", "2024-11-03", "2024-07-04"],
    "Asia/Kolkata": ["2024-03-31", "2024-10-27", "2024-01-26"],
    "Australia/Lord_Howe": ["2024-04-07", "2024-10-06", "2024-12-25"],
}


@cache
def wall(instant: datetime, zone: str | None) -> datetime:
    return instant if zone is None else instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def in_stretch(text: str, minute: int) -> tuple[bool, bool]:
    """Whether a minute of the day lies within a stretch, and whether within what runs into it from the day before."""
    begin, end = (int(edge[:2]) * 60 + int(edge[3:]) for edge in text.strip().split("-"))
    if begin < end:
        return begin <= minute < end, False
    return begin <= minute, minute < end


def is_working(at: datetime, hours: dict[str, object], off: set[date]) -> bool:
    """Whether the wall clock shows working time."""
    if at.date() in off:
        return False
    minute = at.hour * 60 + at.minute
    for back in (0, 1):
        given = hours.get(DAYS[(at.weekday() - back) % 7], [])
        for text in given.split(",") if isinstance(given, str) else given:  # type: ignore[attr-defined]
            if in_stretch(text, minute)[back]:
                return True
    return False


def counted(begin: datetime, end: datetime, hours: dict[str, object], zone: str | None, off: set[date]) -> float:
    """The working minutes, by looking at the clock every five minutes."""
    found, at = 0, begin
    while at < end:
        found += is_working(wall(at, zone), hours, off)
        at += STEP
    return found * 5.0


def cases(middle: str, seed: int, many: int = 60) -> list[tuple[datetime, datetime]]:
    """Spans of up to nine days, on full five minutes, around a day."""
    rng = random.Random(seed)
    around = datetime.fromisoformat(middle)
    made = []
    for _ in range(many):
        begin = around + timedelta(minutes=5 * rng.randint(-3 * 288, 2 * 288))
        made.append(
            (begin, begin + timedelta(minutes=5 * rng.choice([0, 1, 7, rng.randint(0, 288), rng.randint(0, 2592)])))
        )
    return made


def column(instants: list[datetime]) -> np.ndarray:
    return np.array(instants, dtype="datetime64[us]")


@pytest.mark.parametrize(
    "hours", [OFFICE, LUNCH, NIGHTS, EDGES, ALWAYS], ids=["office", "lunch", "nights", "edges", "always"]
)
@pytest.mark.parametrize("zone", [*ZONES, None])
def test_it_is_what_the_clock_shows(zone: str | None, hours: dict[str, object]) -> None:
    for seed, middle in enumerate(ZONES[zone or "Europe/Berlin"]):
        spans = cases(middle, seed)
        off = {date.fromisoformat(middle) + timedelta(days=1)}
        given = business_minutes(
            column([begin for begin, _ in spans]),
            column([end for _, end in spans]),
            Hours(**hours),
            zone,
            Holidays(dates=sorted(off)),
        )
        assert [counted(*span, hours, zone, off) for span in spans] == given.tolist()


def minutes(begin: str, end: str, hours: dict[str, object], zone: str | None = None, **off: object) -> float:
    made = business_minutes(
        np.array([begin], dtype="datetime64[us]"),
        np.array([end], dtype="datetime64[us]"),
        Hours(**hours),
        zone,
        Holidays(**off) if off else None,
    )
    return float(made[0])


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2024-03-01 17:00:00", "2024-03-04 09:10:00", 40.0),  # Friday evening to Monday morning
        ("2024-03-02 10:00:00", "2024-03-03 18:00:00", 0.0),  # a weekend
        ("2024-03-04 06:00:00", "2024-03-04 22:00:00", 510.0),  # before work until after it
        ("2024-03-04 09:00:30", "2024-03-04 09:01:15", 0.75),  # seconds count
        ("2024-03-04 17:30:00", "2024-03-05 09:00:00", 0.0),  # the end is no working time
        ("2024-03-04 12:00:00", "2024-03-04 12:00:00", 0.0),
        ("2024-01-01 00:00:00", "2025-01-01 00:00:00", 262 * 510.0),  # a leap year with 262 weekdays
    ],
)
def test_by_hand(begin: str, end: str, expected: float) -> None:
    assert expected == minutes(begin, end, OFFICE)


def test_a_night_shift_is_an_hour_shorter_in_spring_and_longer_in_autumn() -> None:
    shifts = [("2024-03-30 12:00", "2024-03-31 12:00"), ("2024-10-26 12:00", "2024-10-27 12:00")]
    assert [420.0, 540.0] == [minutes(*shift, NIGHTS, "Europe/Berlin") for shift in shifts]


def test_half_an_hour_in_lord_howe() -> None:
    assert 450.0 == minutes("2024-10-05 00:00", "2024-10-06 00:00", NIGHTS, "Australia/Lord_Howe")


def test_what_is_missing_or_ends_before_it_begins_is_missing() -> None:
    begin = np.array(["2024-03-04 09:00", "NaT", "2024-03-04 09:00", "2024-03-04 10:00"], dtype="datetime64[us]")
    end = np.array(["NaT", "2024-03-04 09:00", "2024-03-04 09:30", "2024-03-04 09:00"], dtype="datetime64[us]")
    found = business_minutes(begin, end, Hours(**OFFICE), "Europe/Berlin")

    assert [True, True, False, True] == np.isnan(found).tolist()
    assert 30.0 == found[2]


def test_years_whose_holidays_nobody_knows_are_missing() -> None:
    off = {"country": "DE"}
    spans = [
        ("1899-12-31", "1900-01-02"),
        ("0001-01-01", "2024-03-04"),
        ("2099-12-31", "2100-01-01"),
        ("2024-03-04", "9999-12-30"),
    ]
    assert all(np.isnan(minutes(*span, OFFICE, "Europe/Berlin", **off)) for span in spans)
    assert 510.0 == minutes("2099-12-31 00:00", "2099-12-31 23:59", OFFICE, "Europe/Berlin", **off)


def test_no_rows_and_no_known_rows() -> None:
    none = np.array([], dtype="datetime64[us]")
    assert 0 == len(business_minutes(none, none, Hours(**OFFICE), None))
    empty = np.full(3, np.datetime64("NaT", "us"))
    assert np.isnan(business_minutes(empty, empty, Hours(**OFFICE), None)).all()


def test_public_holidays_are_those_of_the_country_and_the_part() -> None:
    span = ("2024-11-01 00:00", "2024-11-02 00:00")  # All Saints' Day, a Friday
    assert [510.0, 510.0, 0.0] == [
        minutes(*span, OFFICE),
        minutes(*span, OFFICE, country="DE"),
        minutes(*span, OFFICE, country="de", subdivision="BY"),
    ]


def test_a_country_whose_list_begins_late_is_no_warning() -> None:
    days = Holidays(country="IN").between(date(1970, 1, 1), date(2024, 1, 31))
    assert [date(2024, 1, 26)] == [day for day in days if day.year == 2024]


def test_a_holiday_ends_the_shift_of_the_evening_before_at_midnight() -> None:
    assert 120.0 == minutes("2024-12-24 12:00", "2024-12-25 12:00", NIGHTS, dates=[date(2024, 12, 25)])


def test_only_holidays() -> None:
    off = [date(2024, 3, day) for day in range(1, 15)]
    assert 0.0 == minutes("2024-03-05 12:00", "2024-03-06 12:00", OFFICE, dates=off)


# ---- settings ----


def refusal(**values: object) -> str:
    with pytest.raises(SettingsError) as caught:
        validated(values, "settings.toml")
    return str(caught.value)


def test_stretches_may_stand_in_a_text_or_a_list_and_are_kept_in_one_form() -> None:
    made = Hours(mon="9:00 - 12:00, 13:00–17:30", tue=["09:00-12:00", "13:00-17:30"], sat="", sun="22:00-00:00")
    assert made.mon == made.tue == ("09:00-12:00", "13:00-17:30")
    assert (((540, 720), (780, 1050)), (), ((1320, 1440),)) == (made.week[0], made.week[5], made.week[6])


def test_what_runs_past_midnight_belongs_to_two_days() -> None:
    made = Hours(sun="22:00-06:00", mon="06:00-07:00")
    assert (((0, 360), (360, 420)), ((1320, 1440),)) == (made.week[0], made.week[6])


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({}, "no day has working hours"),
        ({"mon": ""}, "no day has working hours"),
        ({"mon": "9-17"}, "hours.mon = '9-17': '9-17' is no stretch of working hours; write \"09:00-17:30\""),
        ({"mon": 9}, "hours.mon = 9: these are no working hours"),
        ({"mon": [9]}, "these are no working hours"),
        ({"mon": "09:00-25:00"}, "a day begins at 00:00 and ends at 24:00"),
        ({"mon": "24:00-02:00"}, "a day begins at 00:00"),
        ({"mon": "09:70-17:00"}, "no stretch of working hours"),
        ({"mon": "09:00-09:00"}, 'a whole day is "00:00-24:00"'),
        ({"mon": "09:00-12:00, 11:00-13:00"}, "mon 09:00-12:00 and mon 11:00-13:00 overlap on mon"),
        ({"fri": "22:00-06:00", "sat": "05:00-09:00"}, "fri 22:00-06:00 and sat 05:00-09:00 overlap on sat"),
        ({"sun": "22:00-06:00", "mon": "05:00-09:00"}, "overlap on mon"),
        ({"mon": "09:00-17:00", "zone": "Mars/Olympus"}, "hours.zone = 'Mars/Olympus'"),
        ({"monday": "09:00-17:00"}, "there is no key in hours: monday. Did you mean mon?"),
    ],
)
def test_a_mistake_in_the_hours_is_said_in_words(hours: dict[str, object], said: str) -> None:
    assert said in refusal(hours=hours)


@pytest.mark.parametrize(
    ("off", "said"),
    [
        ({"country": "Germany"}, "the public holidays of 'Germany' are not known"),
        ({"country": "XX"}, "for another one give its days off with dates"),
        ({"country": "DE", "subdivision": "Bavaria"}, "DE has no subdivision 'Bavaria'"),
        ({"subdivision": "BY"}, "needs the country it is a part of"),
        ({"dates": ["24.12.2025"]}, "a day is written 2025-12-31"),
        ({"region": "BY"}, "there is no key in holidays: region"),
    ],
)
def test_a_mistake_in_the_holidays_is_said_in_words(off: dict[str, object], said: str) -> None:
    assert said in refusal(hours={"mon": "09:00-17:00"}, holidays=off)


# ---- tickets ----


def values(tmp_path: Path, tickets: str, metric: str, **given: object) -> tuple[float | None, str]:
    """The value of a metric over all tickets, and its title."""
    asked = api.query(period="all", metrics=[metric], settings=validated(given, "test"))
    row = api.compute(load_tables(tmp_path, {"tickets": tickets}, asked), asked, strict=False).rows.iloc[0]
    return (None if row["status"] == "unavailable" else float(row["value"])), row["title"]


FIRST, RESOLVED = "first_response_time_business", "resolution_time_business"
WEEK = {"mon": "09:00-17:00", "fri": "09:00-17:00"}
STAMPED = """
ticket_id, created_at,       first_response_at, first_response_minutes, first_response_business_minutes
T-1,       2024-03-01 16:00, 2024-03-04 10:00,  3960,                   7
T-2,       2024-03-02 16:00, ,                  ,                       9
"""
COUNTED = """
ticket_id, created_at,       first_response_minutes, first_response_business_minutes
T-1,       2024-03-01 16:00, 3960,                   7
T-2,       2024-03-02 16:00, ,                       9
"""
DATED = """
ticket_id, created_at, solved_at
T-1,       2024-03-01, 2024-03-04
T-2,       2024-03-01, 2024-03-05
T-3,       2024-03-04, 2024-03-04
"""


@pytest.mark.parametrize("tickets", [STAMPED, COUNTED], ids=["stamps", "minutes"])
def test_hours_come_before_the_help_desk_s_own_column(tmp_path: Path, tickets: str) -> None:
    assert (120.0, "by your working hours") == _named(values(tmp_path, tickets, FIRST, hours=WEEK))
    assert (7.0, "by the help desk's") == _named(values(tmp_path, tickets, FIRST))


def _named(found: tuple[float | None, str]) -> tuple[float | None, str]:
    return found[0], found[1].partition("(")[2].removesuffix(")")


def test_files_with_and_without_times_are_each_measured_by_what_they_have(tmp_path: Path) -> None:
    stamped = "Ticket ID,Created At,First Response At\nT-1,2024-03-01 16:00,2024-03-01 16:30\n"
    own = "Ticket ID,Created At,First Response Business Minutes\nT-2,2024-03-01,50\nT-3,2024-03-02,\n"
    paths = []
    for name, text in {"a.csv": stamped, "b.csv": own}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        paths.append(str(tmp_path / name))
    report = api.report(paths, settings=validated({"hours": WEEK}, "test"), period="all", metrics=[FIRST])
    assert [40.0] == report.rows["value"].tolist()
    title = "First response time, business hours (by your working hours and by the help desk's)"
    assert [title] == report.rows["title"].tolist()
    assert any('help desk\'s own: "First Response Business Minutes".' in note for note in report.notes)


def test_dates_without_a_time_count_whole_working_days(tmp_path: Path) -> None:
    assert 480.0 == values(tmp_path, DATED, RESOLVED, hours=WEEK)[0]  # 480, 960 and 0


def test_minutes_behind_a_date_without_a_time_say_nothing(tmp_path: Path) -> None:
    tickets = "ticket_id, created_at, first_response_minutes\nT-1, 2024-03-01, 90\nT-2, 2024-03-04, 60\n"
    assert values(tmp_path, tickets, FIRST, hours=WEEK)[0] is None


def test_without_hours_a_file_s_business_minutes_are_those_of_tickets_answered_by_as_of(tmp_path: Path) -> None:
    tickets = """
ticket_id, created_at,       first_response_at, first_response_business_minutes
T-1,       2024-03-01 16:00, 2024-03-01 16:30,  30
T-2,       2024-03-01 10:00, 2024-03-08 10:00,  480
T-3,       2024-03-04 10:00, 2024-03-04 09:00,  20
"""
    assert 30.0 == values(tmp_path, tickets, FIRST, as_of="2024-03-05")[0]


def test_the_zone_of_the_hours_is_that_of_the_report_unless_they_name_one(tmp_path: Path) -> None:
    tickets = "ticket_id, created_at, first_response_at\nT-1, 2024-03-01 14:00, 2024-03-01 20:00\n"
    here = values(tmp_path, tickets, FIRST, hours=WEEK, timezone="Europe/Berlin")[0]
    there = values(tmp_path, tickets, FIRST, hours=WEEK | {"zone": "America/New_York"}, timezone="Europe/Berlin")[0]
    assert (180.0, 300.0) == (here, there)  # 14:00 to 17:00; 9:00 to 14:00


def test_hours_in_a_zone_need_times_in_a_zone(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="timezone is not set"):
        values(tmp_path, STAMPED, FIRST, hours=WEEK | {"zone": "Europe/Berlin"})


def by_stretches(begin: datetime, end: datetime, zone: ZoneInfo | None) -> float:
    """Working minutes of OFFICE between two wall-clock times, stretch by stretch."""

    def instant(shown: datetime) -> datetime:
        return shown if zone is None else shown.replace(tzinfo=zone).astimezone(UTC)

    total, day = timedelta(), begin.date()
    while day <= end.date():
        if day.weekday() < 5:
            opens = datetime.combine(day, datetime.min.time()) + timedelta(hours=9)
            closes = opens + timedelta(hours=8, minutes=30)
            shared_time = min(instant(end), instant(closes)) - max(instant(begin), instant(opens))
            total += max(shared_time, timedelta())
        day += timedelta(days=1)
    return total / timedelta(minutes=1)


def sampled() -> list[dict[str, str]]:
    """The tickets of the sample data, each once, as it was last updated."""
    with next(SAMPLE.glob("zendesk-tickets-*.csv")).open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["Updated at"])
    return list({row["Id"]: row for row in rows}.values())


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("month", ["2024-10", "2025-03"])
def test_the_tickets_of_the_sample_data(month: str, zone: str | None) -> None:
    given = {"hours": OFFICE} | ({"timezone": zone} if zone else {})
    path = str(next(SAMPLE.glob("zendesk-tickets-*.csv")))
    found = figures(path, settings=validated(given, "test"), metrics=[FIRST, RESOLVED], period=month)
    place = ZoneInfo(zone) if zone else None
    first, resolved = [], []
    for row in sampled():
        created = datetime.fromisoformat(row["Created at"])
        if row["Created at"].startswith(month) and row["First reply time in minutes"]:
            elapsed = timedelta(minutes=float(row["First reply time in minutes"]))
            reply = created + elapsed
            if place:
                reply = (created.replace(tzinfo=place).astimezone(UTC) + elapsed).astimezone(place).replace(tzinfo=None)
            first.append(by_stretches(created, reply, place))
        if row["Solved at"].startswith(month) and row["Status"] in ("Solved", "Closed"):
            resolved.append(by_stretches(created, datetime.fromisoformat(row["Solved at"]), place))

    assert min(len(first), len(resolved)) > 50
    assert {(FIRST,): median(first), (RESOLVED,): median(resolved)} == pytest.approx(found)


@pytest.mark.parametrize("name", ["ravenstack", "ravenstack_dmy"])
def test_the_tickets_of_ravenstack_count_whole_days_as_their_creation_has_no_time(name: str) -> None:
    """A reply an hour after a day says nothing about working time; days do."""
    path = shared(f"{name}/ravenstack_support_tickets.csv")
    settings = validated({"hours": OFFICE, "holidays": {"country": "US"}}, "test")
    found = figures(path, settings=settings, metrics=[FIRST, RESOLVED], period="2024", by=["quarter"])
    off = {date(2024, *day) for day in [(1, 1), (1, 15), (2, 19), (5, 27), (6, 19), (7, 4), (9, 2), (10, 14), (11, 11)]}
    off |= {date(2024, 11, 28), date(2024, 12, 25), date(2023, 12, 25), date(2023, 11, 23)}
    with Path(shared("ravenstack/ravenstack_support_tickets.csv")).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected: dict[str, list[float]] = {}
    for row in rows:
        day, end = date.fromisoformat(row["submitted_at"]), datetime.fromisoformat(row["closed_at"]).date()
        days = [day + timedelta(days=i) for i in range((end - day).days)]
        quarter = f"{end.year}-Q{(end.month + 2) // 3}"
        expected.setdefault(quarter, []).append(sum(510.0 for day in days if day.weekday() < 5 and day not in off))

    assert {(RESOLVED, f"2024-Q{i}"): median(expected[f"2024-Q{i}"]) for i in (1, 2, 3, 4)} == found


def test_the_settings_are_plain_data_that_read_back() -> None:
    made = validated({"hours": WEEK, "holidays": {"country": "DE", "dates": ["2024-12-24"]}}, "test")
    assert made == Settings(**plain(made, changed=True))
