"""Tables of many rows: what is shown of them, and that few are worked on at a time."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from crm_metrics.book import OF_ROW, Book, Column, Frame, Origin, Sheet
from crm_metrics.commands.report.page import figures
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers import How, write
from crm_metrics.writers.workbook import rows as body
from tests.cli.running import crm_metrics

COLUMNS = (
    Column("metric"),
    Column("start"),
    Column(OF_ROW),
    Column("value", unit=OF_ROW),
    Column("n", unit=Unit.COUNT),
    Column("reason", spare=1),
)


def many(count: int) -> Book:
    """A book of so many rows in a frame."""
    number = np.arange(count)
    frame = pd.DataFrame(
        {
            "metric": np.array(["revenue", "win_rate"], dtype=object)[number % 2],
            "start": np.array(["2025-01-01", None], dtype=object)[number % 2],
            OF_ROW: np.array(["money", "percent"], dtype=object)[number % 2],
            "value": np.where(number % 3, number / 8, np.nan),
            "n": number,
            "reason": None,
        }
    )
    return Book("Many", Origin(), [Sheet("rows", "", COLUMNS, Frame(frame, COLUMNS, dates=("start",)))])


def in_workbook(book: Book) -> Any:
    content = write(book, "xlsx")
    assert isinstance(content, bytes)
    return load_workbook(io.BytesIO(content))


def test_a_workbook_has_every_row_however_many_are_worked_on_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [list(sheet.values) for sheet in in_workbook(many(50))]
    monkeypatch.setattr(body, "_PIECE", 7)
    monkeypatch.setattr("crm_metrics.book._PIECE", 11)
    book = in_workbook(many(50))

    assert [list(sheet.values) for sheet in book] == whole
    assert (book["Data"].max_row, book["Data"].max_column) == (51, 6)
    assert next(iter(book["Data"].tables.values())).ref == "A1:F51"
    first, *_ = list(book["Data"].values)[2:]
    assert first == ("win_rate", None, "percent", 0.125, 1, None)


def peak(count: int) -> int:
    """The bytes at most in use while a workbook of so many rows is written."""
    book = many(count)
    write(many(10), "xlsx")  # imports what it needs
    tracemalloc.start()
    write(book, "xlsx")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_a_workbook_of_many_rows_is_not_held_as_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_PIECE", 100)
    monkeypatch.setattr("crm_metrics.book._PIECE", 100)
    few, more = peak(2_000), peak(10_000)
    assert more - few < 8_000 * len(COLUMNS) * 20  # bytes a cell; objects of cells need several hundred


def test_a_web_page_spells_only_the_rows_that_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    iterate = Frame.__iter__

    def counting(self: Frame) -> Iterator[Any]:
        looked_at.append(len(self))
        return iterate(self)

    monkeypatch.setattr(Frame, "__iter__", counting)
    page = write(many(5_000), "html", How())

    assert isinstance(page, str)
    assert "3,000 more rows are not shown" in page
    assert max(looked_at) == 2_000


DEALS = "Deal ID,Stage,Amount,Close Date,Owner\n" + "".join(
    f"{at},{'Closed Won' if at % 3 else 'Closed Lost'},{'' if at < 40 else 10},2025-03-{at % 28 + 1:02},Owner {at // 2:02}\n"
    for at in range(60)
)


def text(folder: Path, *arguments: str) -> str:
    """What a terminal shows of the deals by owner."""
    (folder / "deals.csv").write_text(DEALS)
    return crm_metrics("report", str(folder / "deals.csv"), "-p", "2025-03", "--by", "owner", *arguments).out


def test_a_terminal_shows_the_first_of_many_segments_and_says_how_to_see_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = text(tmp_path)
    assert "segments are shown" not in whole
    monkeypatch.setattr(figures, "SEGMENTS", 5)
    short = text(tmp_path)

    # Those with an amount come later, and none of the figures is lost.
    assert "6 of 30 segments are shown: --top 20 shows the largest" in short
    assert {name in short for name in ("Owner 04", "Owner 20")} == {True}
    assert "Owner 05" not in short
    series = text(tmp_path, "--by", "week")
    assert "Owner 04" in series
    assert "Owner 06" not in series
    assert "segments are shown" not in text(tmp_path, "--top", "3")


def test_days_of_a_frame_are_days() -> None:
    assert [row[1] for row in many(2).sheets[0].rows] == [date(2025, 1, 1), None]
