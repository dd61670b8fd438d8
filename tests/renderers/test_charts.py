"""Charts: what stands on the page at several widths, that no number is ever cut, and pictures that are the same twice."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
from rich.cells import cell_len

from crm_metrics.analysis.trend import Series, trends
from crm_metrics.book import Curve
from crm_metrics.book.screen import CHART_PLAIN, Screen
from crm_metrics.commands.trend import book as books
from crm_metrics.commands.trend.tracks import Point, Track, Trends
from crm_metrics.metrics.catalog import built_in
from crm_metrics.metrics.metric import Unit
from crm_metrics.reporting.report import Report
from crm_metrics.writers import How, write
from crm_metrics.writers.drawing import panel, svg
from crm_metrics.writers.drawing.svg import dates, tick_texts, ticks

CATALOG = built_in()


def point(at: int, value: float | None, *, complete: bool = True, target: float | None = None) -> Point:
    start = date(2023 + at // 12, at % 12 + 1, 1)
    low, high = (None, None) if value is None else (value * 0.8, value * 1.2)
    status = "unavailable" if value is None else "ok"
    return Point(
        f"{start:%Y-%m}",
        start,
        start,
        complete,
        complete and value is not None,
        value,
        low,
        high,
        9,
        status,
        None,
        target,
    )


def track(
    values: list[float | None], *, metric: str = "tickets_created", owner: str = "", target: float | None = None
) -> Track:
    """A series by month of which the last is not over, with its trend."""
    points = [point(at, value, complete=at < len(values) - 1, target=target) for at, value in enumerate(values)]
    numbers = np.array([np.nan if one.value is None else one.value for one in points])
    fitted = np.array([one.fitted for one in points])
    found = trends([Series(numbers, fitted, np.arange(len(values)) % 12, 12)])[0]
    chosen = CATALOG[metric]
    return Track(
        chosen, chosen.title, {"owner": owner} if owner else {}, "EUR" if chosen.is_money else None, points, found
    )


RISING = [*(20.0 + 3 * at + (5 if at % 3 else 0) for at in range(15)), 30.0]


def drawn(tracks: list[Track], width: int | None) -> str:
    screen = Screen(width, color=False)
    panel.draw(screen, curves(tracks))
    return screen.text("utf-8")


def curves(tracks: list[Track]) -> list[Curve]:
    return [chart for chart in books.book(found(tracks)).charts if isinstance(chart, Curve)]


def found(tracks: list[Track]) -> Trends:
    import pandas as pd

    metrics = list({one.metric.name: one.metric for one in tracks}.values())
    span = {"period": "2023", "start": date(2023, 1, 1), "end": date(2024, 4, 30), "complete": True}
    report = Report(as_of=date(2024, 4, 15), rows=pd.DataFrame(), metrics=metrics, **span)
    return Trends(tracks, "month", ("owner",) if tracks[0].segment else (), report)


def test_a_chart_alone() -> None:
    assert (
        drawn([track(RISING, target=50)], 60)
        == """\
Tickets created
80 ┤                                               ░░░░░
   │                                       ░░░░ ░░░░░░░░░
   │                                   ░░░░░░░∙∙∙∙⣀⠤⠔⠒⠉⠃∙
60 ┤                          ░░░░░░░░░∙⢀⡠⠤⠔⠒⠒⠤⠤⠒⠉░░░░░⠈⠂░
   │╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⢀⣀⡠⠤⣀⣀∙⣀⠤⠊⠁╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⠘╌╌
   │             ░░░░░░░∙∙∙⢀⠔⠊⠁∙░░░░⠉░░░░░░░░░░░░       ░⠃░
40 ┤    ░░░░░░∙∙∙⡠⠔⠒⠊⠉⠉⠉⠑⠒⠊⠁░░░░░░░░░░░                  ⠈⠂
   │ ░∙⢀⣀⠤⠔⠒⠒⠢⠤⠔⠊░░░░░░░░░░░                              ○
20 ┤⡠⠔⠊⠁░░░░░░░░░
   │░░░
   │
 0 ┤
   └┬──────────┬──────────┬─────────┬──────────┬──────────┬
    2023-01  2023-04   2023-07   2023-10    2024-01

░ 95 % interval   ∙ trend   ╌ target   ○ to date, or not
final
"""
    )


def test_the_same_chart_where_only_ascii_can_be_printed() -> None:
    screen = Screen(60, color=False)
    panel.draw(screen, curves([track(RISING)]))

    text = screen.text("ascii")
    assert text.isascii()
    assert "?" not in text
    assert "Tickets created" in text
    assert ". trend" in text


@pytest.mark.parametrize("width", [24, 38, 40, 60, 79, 80, 100, 132, 200])
@pytest.mark.parametrize("metric", ["tickets_created", "revenue", "win_rate", "nps"])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(width: int, metric: str) -> None:
    factor = {"win_rate": 0.01, "revenue": 123456.0}.get(metric, 1.0)
    values = [None if value is None else value * factor for value in [*RISING[:4], None, *RISING[5:]]]
    made = drawn([track(values, metric=metric, owner=name) for name in ("Ann", "Bo", "Cy")], width)
    lines = made.splitlines()
    months = {f"{at.period}" for at in track(values).points}

    assert max(map(cell_len, lines)) <= width
    for text in re.findall(r"(?:\d{4}-\d*|[\d,.]+(?= ┤))", made):
        assert text in months or re.fullmatch(r"\d{1,3}(,\d{3})*(\.\d+)?", text), text
    assert sum("┤" in line for line in lines) >= 2


def test_several_charts_stand_side_by_side_as_far_as_the_width_goes() -> None:
    tracks = [track(RISING, owner=name) for name in ("Ann", "Bo", "Cy")]

    assert [line.split("  ")[0] for line in drawn(tracks, 50).splitlines() if "Tickets" in line] == [
        "Ann, Tickets created",
        "Bo, Tickets created",
        "Cy, Tickets created",
    ]
    assert sum("Tickets" in line for line in drawn(tracks, 80).splitlines()) == 2
    assert sum("Tickets" in line for line in drawn(tracks, 120).splitlines()) == 1


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [0.0] * 8, [None, 4.0, None, None, 3.0], [-5.0, 5.0, -1e9, 3.0]])
def test_odd_series_are_drawn_too(values: list[float | None]) -> None:
    assert "┤" in drawn([track(values)], 60)


def test_the_legend_names_only_what_is_there() -> None:
    flat = [5.0, 5.0, 5.0]

    assert "trend" not in drawn([track(flat)], 80)
    assert "target" not in drawn([track(flat)], 80)
    assert "╌ target" in drawn([track(flat, target=6.0)], 80)
    assert "○ to date" in drawn([track(flat)], 80)


def test_a_change_of_level_and_an_odd_value_are_marked() -> None:
    rng = np.random.default_rng(3)
    values = [float(value) for value in 50 + 40 * (np.arange(40) >= 24) + rng.normal(size=40)]
    values[9] += 30
    made = drawn([track([*values, 90.0])], 100)

    assert "┊ change of level" in made
    assert "◆ out of line" in made


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 450000, 3, ["0", "200,000", "400,000"]),
        (-2, 70, 5, ["0", "20", "40", "60"]),
        (0, 1, 5, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (-30, 10, 5, ["−30", "−20", "−10", "0", "10"]),
        (0, 3e7, 4, ["0M", "10M", "20M", "30M"]),
    ],
)
def test_an_axis_has_round_numbers(low: float, high: float, most: int, expected: list[str]) -> None:
    assert tick_texts(ticks(low, high, most)) == expected


@pytest.mark.parametrize("high", [1e-6, 0.3, 1.0, 7.7, 99.0, 1e5, 3.3e12])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.97, -1.0])
@pytest.mark.parametrize("most", [3, 5])
def test_an_axis_has_two_numbers_at_least_all_different_and_inside(high: float, share: float, most: int) -> None:
    marks = ticks(high * share, high, most)

    assert len(marks) >= 2
    assert len(set(tick_texts(marks))) == len(marks)
    assert all(high * share - 1e-9 * high <= mark <= high * (1 + 1e-9) for mark in marks)


def test_dates_begin_with_a_year_where_one_does() -> None:
    labels = [one.period for one in (point(at, 1.0) for at in range(5, 30))]

    assert [labels[at] for at in dates(labels, 60)] == [
        *("2023-09", "2024-01", "2024-05", "2024-09", "2025-01", "2025-05")
    ]


def test_plain_characters_are_as_wide_as_what_they_stand_for() -> None:
    assert all(len(sign) == len(plain) == 1 and plain.isascii() for sign, plain in CHART_PLAIN.items())


def written(format: str, tracks: list[Track]) -> bytes:  # noqa: A002
    made = write(books.book(found(tracks)), format)
    return made if isinstance(made, bytes) else made.encode()


@pytest.mark.parametrize("format", ["svg", "png", "html", "xlsx"])
def test_a_picture_is_the_same_twice(format: str) -> None:  # noqa: A002
    assert written(format, [track(RISING)]) == written(format, [track(RISING)])


def test_pictures_are_what_they_say() -> None:
    assert written("png", [track(RISING)]).startswith(b"\x89PNG")
    assert b"<svg" in written("svg", [track(RISING)])
    assert written("html", [track(RISING)]).startswith(b"<!doctype html>")


@pytest.mark.parametrize("periods", [("2025-01", "2025-02"), ("2025-03-04", "2025-03-05"), ("2025-W07", "2025-W08")])
@pytest.mark.parametrize("most", [1.0, 4.0, 40_000_000.0])
def test_no_text_of_a_picture_is_cut_at_its_edge(periods: tuple[str, ...], most: float) -> None:
    nothing = [None] * len(periods)
    curve = Curve("Tickets", Unit.COUNT, None, periods, [0.0, most], [True, False], *[nothing] * 4)
    texts = re.findall(r'<text x="([\d.]+)" y="[\d.]+"(?: text-anchor="(\w+)")?>([^<]*)<', svg.chart(curve, "c"))
    assert {text for _, _, text in texts} >= {*periods}
    for x, anchor, text in texts:
        wide = svg._LETTER * len(text)
        start = float(x) - {"middle": wide / 2, "end": wide, "": 0.0}[anchor]
        assert 0 <= start <= start + wide <= 600, text


@pytest.mark.parametrize("format", ["svg", "html"])
def test_names_are_never_read_as_markup(format: str) -> None:  # noqa: A002
    name = "<script>alert(1)</script> & $x^2$ \x1b[31m"
    text = written(format, [track(RISING, owner=name)]).decode()

    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "$x^2$" in text
    assert "\x1b" not in text


def test_a_page_needs_no_other_file_and_holds_the_figures() -> None:
    text = written("html", [track(RISING)]).decode()

    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:|//)""", text.replace("http://www.w3.org", ""))
    assert "2023-05" in text
    assert "Tickets created: rising" in text


def test_what_is_not_detectable_is_not_claimed() -> None:
    noise = [float(value) for value in np.random.default_rng(2).normal(50, 5, size=30)]
    said = books.sentence(track([*noise, 50.0]), "month")

    assert "no trend is detectable" in said
    assert "season" not in said
    assert "level" not in said


def test_too_few_periods_say_how_many_it_takes() -> None:
    assert "3 complete months with a figure; a trend needs at least 6." in books.sentence(
        track([1.0, 2, 3, 4]), "month"
    )


def test_more_series_than_are_drawn_are_named() -> None:
    tracks = [track(RISING if not at % 5 else [4.0, 5, 4, 5, 4, 5, 4, 5], owner=f"Owner {at}") for at in range(16)]
    page = write(books.book(found(tracks)), "text", How(width=100))
    assert isinstance(page, str)

    assert "Owner 11, Tickets created\n" in page.replace("  ", "\n")
    assert "4 more series are not drawn" in page
    assert "Owner 15, Tickets created: rising" in page
    assert "Owner 13" not in page
