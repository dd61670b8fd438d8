"""The headers that an export of each table usually has, as each of nine languages writes them, are read whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from .test_whole_table import columns, read

TABLES = tomllib.loads(Path(__file__).with_name("usual_headers.toml").read_text(encoding="utf-8"))
WON, SOLVED, TOTAL = (TABLES.pop(name) for name in ("won", "solved", "total"))


@pytest.mark.parametrize("language", WON)
@pytest.mark.parametrize("table", TABLES)
def test_the_usual_headers_of_a_table_are_known(table: str, language: str) -> None:
    case = TABLES[table]
    rows = []
    for at in range(8):
        words = {"won": WON[language][at % 2], "solved": SOLVED[language][at % 2]}
        rows.append(case["cells"].format(i=10 + at, end=f"2025-01-{10 + at}" if at % 2 else "", score=at + 2, **words))
    text = "\n".join([case[language], *rows])
    found = read(text)

    assert found is not None
    assert found.layout.table == table
    assert columns(text) == dict(zip(case["columns"].split(), case[language].split(";"), strict=True))
