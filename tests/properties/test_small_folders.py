"""Small folders as people keep them, in nine languages: whatever stands above, between and below the records, however the
columns are ordered and the records are divided among files, the figure is that of the records."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import openpyxl
import pytest

from crm_metrics import api
from crm_metrics.settings import Settings
from tests.conftest import TODAY
from tests.test_usual_headers import SOLVED, TABLES, TOTAL, WON

NAMES = ("Acme", "Bolt GmbH", "Total Wine", "Summe KG", "All Stars", "Müller & Söhne", "日本商事", "Ñandú")
FOLDERS, PARTS = 120, 4
Row = list[str | float | date | None]


def records(random: Random, table: str, language: str) -> tuple[list[Row], dict[str, float]]:
    """The records of a table, and the figures that they come to."""
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for at in range(random.randrange(5, 30)):
        day, amount = (
            date(2025, 1, 1) + timedelta(random.randrange(120)),
            random.choice((20.0, random.randrange(999) + 0.5)),
        )
        name, is_won = random.choice(NAMES), random.random() < 0.6
        later = day + timedelta(random.randrange(1, 40))
        if table == "orders":
            rows.append([f"B-{1000 + at}", name, day, amount])
            gained = {"orders": 1, "revenue": amount}
        elif table == "spend":
            rows.append([day, f"{name} {at}", amount, 1000 + at, 40 + at, at, "Web"])
            gained = {"acquisition_spend": amount}
        elif table == "tickets":
            state = SOLVED[language][not is_won]
            rows.append([f"T{at}", f"Login {at}", state, day, later, later if is_won else None, "Ann"])
            gained = {"tickets_created": 1, "tickets_solved": is_won}
        else:
            state = WON[language][not is_won]
            rows.append([f"D{at}", f"{name} {at}", state, amount, 10 + at, day, later, later, "Ann", None, "Web", name])
            gained = {"deals_created": 1, "deals_won": is_won, "revenue_won": amount * is_won}
        figures = {metric: figures.get(metric, 0) + more for metric, more in gained.items()}
    return rows, figures


def sheet(random: Random, table: str, language: str, header: list[str], rows: Sequence[Row]) -> list[Row]:
    """The records below their header, with what people leave in such a sheet."""
    lines: list[Row] = [[*row] for row in rows]
    middle = len(lines) // 2
    if random.random() < 0.2:
        lines.insert(middle, [None] * len(header))
    if random.random() < 0.2:
        lines.insert(middle, [*header])
    if table in ("orders", "spend") and random.random() < 0.4:
        at = TABLES[table]["columns"].split().index({"orders": "amount", "spend": "cost"}[table])
        place = header.index(TABLES[table][language].split(";")[at])
        total: Row = [None] * len(header)
        total[0 if place else 1] = TOTAL[language]
        total[place] = sum(float(str(row[place])) for row in rows)
        lines.append(total)
    titles: list[Row] = [["Export 2025"]] if random.random() < 0.3 else []
    return [*titles, [*header], *lines]


def write(path: Path, lines: Sequence[Row], comma: str) -> None:
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for line in lines:
            book.worksheets[0].append(line)
        book.save(path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        plain = [
            [str(cell).replace(".", comma) if isinstance(cell, float) else cell for cell in line] for line in lines
        ]
        csv.writer(file, delimiter=";").writerows(plain)


def folder(path: Path, seed: int) -> dict[str, float]:
    """Write a folder; the figures that it has to give."""
    random = Random(seed)
    table, language = random.choice(("orders", "spend", "tickets", "deals")), random.choice(list(WON))
    rows, figures = records(random, table, language)
    names = TABLES[table][language].split(";")
    order = random.sample(range(len(names)), len(names))
    header = [names[at] for at in order]
    rows = [[row[at] for at in order] for row in rows]
    half = len(rows) // 2
    divided = [[rows], [rows[:half], rows[half:]]]
    if table != "spend":
        divided += [[rows, rows], [rows[: half + 2], rows[half:]]]
    for at, part in enumerate(random.choice(divided)):
        lines = sheet(random, table, language, header, part)
        write(path / f"export{at}.{random.choice(('csv', 'xlsx'))}", lines, "." if language in ("en", "ja") else ",")
    return figures


@pytest.mark.parametrize("part", range(PARTS))
def test_a_folder_gives_the_figures_of_its_records(tmp_path: Path, part: int) -> None:
    for seed in range(part, FOLDERS, PARTS):
        path = tmp_path / str(seed)
        path.mkdir()
        figures = folder(path, seed)
        given = api.report([path], period="all", metrics=list(figures), settings=Settings(), today=TODAY).rows
        values = given.groupby("metric")["value"].sum().to_dict()

        assert values == pytest.approx(figures), seed
