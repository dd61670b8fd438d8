"""A web page: one file that needs nothing else, for eyes, paper and screen readers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_metrics.book import Column, Sheet
from crm_metrics.metrics.metric import Unit
from crm_metrics.writers import write
from tests.writers.books import Page, text
from tests.writers.test_xlsx import BOOK, GOALS

PAGE = Page(text(BOOK, "html"))


def found(tag: str) -> list[dict[str, str | None]]:
    return [attributes for name, attributes in PAGE.tags if name == tag]


def test_a_policy_forbids_all_that_comes_from_elsewhere() -> None:
    policy = {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"}

    assert policy in found("meta")[:2]
    assert not found("script") + found("link") + found("img") + found("a")


@pytest.mark.parametrize("part", ["prefers-color-scheme:dark", "@media print", "size:A4", "width=device-width"])
def test_it_is_made_for_dark_paper_and_phone(part: str) -> None:
    assert part in text(BOOK, "html")


def test_tables_are_read_aloud_with_their_headings() -> None:
    scopes = [attributes.get("scope") for attributes in found("th")]

    assert None not in scopes
    assert {"row", "col"} == set(scopes)
    assert len(found("caption")) == len(found("table"))


def test_a_chart_has_a_name_and_a_description() -> None:
    (chart,) = [attributes for attributes in found("svg") if attributes.get("role") == "img"]
    ids = [attributes["id"] for tag, attributes in PAGE.tags if tag in ("title", "desc") and "id" in attributes]

    assert (chart["aria-labelledby"] or "").split() == ids


def test_a_figure_opens_to_what_it_means() -> None:
    page = text(BOOK, "html")

    assert "<summary>Win rate</summary><dl><dt>meaning</dt><dd>what win_rate is</dd></dl>" in page


def test_the_signal_is_a_word_with_a_colour() -> None:
    assert '<td class="short green">met</td>' in text(BOOK, "html")


def test_rows_beyond_what_a_browser_bears_are_counted() -> None:
    long = replace(BOOK, sheets=[replace(GOALS, rows=[GOALS.rows[0]] * 2345)])
    page = str(write(long, "html"))

    assert "345 more rows are not shown" in page
    assert page.count("<tr>") == 2001


def test_on_a_phone_the_columns_go_that_can_be_spared_and_are_named() -> None:
    columns = [Column("figure"), Column("value", unit=Unit.COUNT), *(Column(f"more {n}", spare=n) for n in range(1, 6))]
    wide = Sheet("wide", "Wide", columns, [["Deals won", 7, *["twelve words"] * 5]])
    page = str(write(replace(BOOK, sheets=[wide]), "html"))

    assert "In a wider window also: more 3, more 4, more 5</p>" in page
    assert page.count('<th scope="col" class="short spared">') == page.count('<td class="short spared ">') == 3
    assert "In a wider window" not in str(write(replace(BOOK, sheets=[replace(wide, columns=columns[:2])]), "html"))
