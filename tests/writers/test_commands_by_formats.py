"""Every command in every format, on the sample data: something is written, it reads back, and the figures are the same."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

import pytest

from crm_metrics.book import Book, Curve, Pairs, Said, Sheet
from crm_metrics.errors import UsageError
from crm_metrics.writers import formats, write
from crm_metrics.writers.drawing.tidy import filled, in_order, texts
from tests.writers.books import Page, answered, rows, text

SAMPLE = str(Path(__file__).parents[2] / "sample_data")
GOALS = str(Path(SAMPLE) / "goals.toml")
COMMANDS: dict[str, tuple[str, ...]] = {
    "check": (SAMPLE,),
    "cohorts": (SAMPLE,),
    "customers": (SAMPLE, "--top", "30"),
    "explain": ("win_rate", SAMPLE),
    "forecast": ("revenue_won", SAMPLE, "-p", "2026-01"),
    "funnel": (SAMPLE,),
    "goals": (SAMPLE, "--config", GOALS),
    "metrics": (),
    "pipeline": (SAMPLE,),
    "products": (SAMPLE,),
    "report": (SAMPLE,),
    "review": (SAMPLE,),
    "scan": (SAMPLE,),
    "trend": ("win_rate", "mrr", "nps", SAMPLE),
    "voice": (SAMPLE,),
    "why": ("churn_rate", SAMPLE, "-p", "2025-Q3"),
}
PICTURES = ("png", "svg")


@cache
def book(command: str) -> Book:
    return answered(command, *COMMANDS[command])


@pytest.mark.parametrize("command", COMMANDS)
def test_programs_read_the_same_rows_in_all_formats(command: str) -> None:
    first = rows(book(command), "csv")

    assert len(first) == len(book(command).sheets[0].rows) > 0
    assert [] == [name for name in ("tsv", "json", "jsonl") if rows(book(command), name) != first]
    for row, listed in zip(first, rows(book(command), "xlsx"), strict=True):
        assert row == {
            name: pytest.approx(cell, rel=1e-14, abs=0) if isinstance(cell, float) else cell
            for name, cell in listed.items()
        }


@pytest.mark.parametrize("command", COMMANDS)
def test_people_read_every_figure_on_the_page_and_in_markdown(command: str) -> None:
    answer = book(command)
    page, markdown = Page(text(answer, "html")), text(answer, "markdown")
    sheets = [part for part in in_order(answer) if isinstance(part, Sheet) and part.rows]
    for sheet, table in zip(sheets, page.tables, strict=False):
        columns = [column for column in sheet.columns if column.shown and filled(sheet, column)]
        shown = [texts(sheet, column) for column in columns]

        assert [" ".join(cell.split()) for row in table[1:] for cell in row] == [
            " ".join(cell.split()) for row in zip(*shown, strict=True) for cell in row
        ]
    told = [sheet for sheet in answer.sheets if sheet.for_people is not False or len(answer.sheets) == 1]
    assert markdown.count("\n| ") >= sum(len(sheet.shortened.rows) for sheet in told)
    if command == "report":  # each figure once more by its family
        main = answer.sheets[0]
        title, value = main.column("title") or 0, main.column("value") or 0
        assert {row[title] for row in main.rows if row[value] is not None} <= {
            *re.findall(r"\n\| ([^|]+) \|", markdown)
        }
    assert text(answer, "text").count("\n") > 5


@pytest.mark.parametrize("command", ["check", "explain", "scan"])
def test_people_read_every_passage_in_all_formats(command: str) -> None:
    answer = book(command)
    parts = [part for passage in answer.passages for part in passage.parts]
    words = {part.text for part in parts if isinstance(part, Said)}
    words |= {said for part in parts if isinstance(part, Pairs) for pair in part.pairs for said in pair}
    formats = [html.unescape(text(answer, "html")), text(answer, "text"), text(answer, "markdown").replace("\\", "")]

    assert words
    for written in formats:
        assert [] == [said for said in words if " ".join(said.split()) not in " ".join(written.split())]


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"report"}))
@pytest.mark.parametrize("width", [60, 100])
def test_no_line_is_wider_than_the_screen_but_what_cannot_be_broken(command: str, width: int) -> None:
    wide = [line for line in text(book(command), "text", width=width).splitlines() if len(line) > width]

    assert [] == [line for line in wide if max(map(len, line.split())) < width - 10]


@pytest.mark.parametrize("command", COMMANDS)
def test_colour_changes_nothing_but_colour(command: str) -> None:
    """A line with spaces at its end would be as wide as the terminal and more, and begin another one."""
    plain, coloured = (text(book(command), "text", width=80, color=color) for color in (False, True))

    assert plain == re.sub(r"\x1b\[[0-9;]*m", "", coloured)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("format", PICTURES)
def test_a_picture_is_of_charts_and_says_where_there_are_none(command: str, format: str) -> None:  # noqa: A002
    charts = [chart for chart in book(command).charts if isinstance(chart, Curve) or format == "svg"]
    if charts:
        assert len(write(book(command), format)) > 1000
    else:
        with pytest.raises(UsageError, match="no chart"):
            write(book(command), format)


@pytest.mark.parametrize("format", formats())
def test_the_same_book_gives_the_same_bytes(format: str) -> None:  # noqa: A002
    answer = book("trend")

    assert write(answer, format) == write(answer, format)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_names_every_format(command: str) -> None:
    from tests.cli.running import crm_metrics

    assert ", ".join(formats()) in " ".join(crm_metrics(command, "--help").out.replace("│", "").split())
