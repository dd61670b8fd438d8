"""Whatever names hold, no format runs it, shows it as markup, or hands it to a terminal."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from crm_metrics.book import Book, Column, Curve, HeatMap, Origin, Sheet
from crm_metrics.issues import Issue
from crm_metrics.metrics.metric import Unit
from crm_metrics.tables import Source
from crm_metrics.writers import How, formats, write
from tests.writers.books import Page, rows, text, workbook

NAMES = [
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+49 170 1234",
    "-cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "#N/A",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</title></style></table>",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }}{% raw %}",
    "]]>&amp;&#60;",
    "[red]x[/red] :smile:",
    "**bold** [a](javascript:b) | c `d` # e",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "two\nlines\r\nthree",
    "a\x00b\ufffe\uffff",
    "caf\udce9",
    "$x^2$",
    "ends in backslash\\",
    "007",
]
PICTURES = ("png", "svg")


def book(names: list[str]) -> Book:
    """A book in which every text is one of the names."""
    first = names[0]
    source = Source(0, f"{first}.xlsx#{names[-1]}", "deals", "generic", 3, left_out={"total-row": 1})  # type: ignore[arg-type]
    columns = [
        Column("name", names[-1]),
        Column("value", unit=Unit.MONEY),
        Column("currency"),
        Column("hidden", shown=False),
    ]
    listed = Sheet("names", first, columns, [[name, -1.5, name, name] for name in names], notes=names, empty=first)
    more = [Sheet(f"more{place}", name, columns, [[name, None, None, None]]) for place, name in enumerate(names)]
    ones = [1.0, 2.0, 3.0]
    curve = Curve(
        first, Unit.MONEY, first, [*names, first, first][:3], ones, [True] * 3, ones, ones, ones, ones, says=first
    )
    heat = HeatMap(first, names, first, [1] * len(names), [[1.0, 0.5]] * len(names), [1.0, 0.5], first)
    origin = Origin(date(2025, 1, 1), [source], first, [Issue("empty-file", first)], names, {}, {}, {"paths": names})
    return Book(
        first,
        origin,
        [listed, *more],
        names,
        names,
        names,
        {"of": first},
        [curve, heat],
        define=lambda _: {first: first},
    )


def turned(name: str) -> Book:
    return book([name, *NAMES[:2], name])


@pytest.mark.parametrize("format", formats())
@pytest.mark.parametrize("name", NAMES)
def test_every_format_writes_whatever_names_hold(format: str, name: str) -> None:  # noqa: A002
    if format == "png" and name != "$x^2$":  # half a second each
        return
    made = write(turned(name), format, How(verbose=True))
    made = made if isinstance(made, bytes) else made.encode("utf-8")

    assert len(made) > 20


@pytest.mark.parametrize("format", ["text", "markdown", "html", "svg", "json"])
def test_no_terminal_obeys_a_text(format: str) -> None:  # noqa: A002
    made = "".join(text(turned(name), format) for name in NAMES)
    obeyed = [chr(code) for code in (*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F)) if code != 10]

    assert [] == [sign for sign in obeyed if sign in made]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_element_of_a_name(name: str) -> None:
    page, plain = (Page(text(book([one, "x"]), "html")) for one in (name, "x"))
    known = {(tag, tuple(sorted(found))) for tag, found in plain.tags}

    assert {(tag, tuple(sorted(found))) for tag, found in page.tags} <= known
    assert not [found for _, found in page.tags if {"src", "href", "onerror"} & set(found)]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_xml(name: str) -> None:
    assert ElementTree.fromstring(text(turned(name), "svg")).tag.endswith("svg")


@pytest.mark.parametrize("name", NAMES)
def test_a_workbook_holds_texts_and_no_formula(name: str) -> None:
    made = workbook(turned(name))
    cells: list[Any] = [cell for sheet in made.worksheets for row in sheet.iter_rows() for cell in row]

    assert {"s", "n", "d", "b"} >= {cell.data_type for cell in cells}
    assert "Summary" in made.sheetnames
    assert made["Data"]["A2"].data_type == "s"


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_a_spreadsheet_runs_no_cell(format: str) -> None:  # noqa: A002
    for name in NAMES:
        first = text(turned(name), format).splitlines()[1].lstrip('"')

        assert not first.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_json_gives_every_name_back_as_it_is() -> None:
    names = [name for name in NAMES if name != "caf\udce9"]

    assert [row["name"] for row in json.loads(text(book(names), "json"))["rows"]] == names
    assert len(rows(book(names), "jsonl")) == len(names)
