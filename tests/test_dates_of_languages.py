"""Dates, numbers and truth values as spreadsheets and tools in nine languages write them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from crm_metrics import api
from crm_metrics.loaders.coercing import columns, dates
from tests.conftest import TODAY


def read(text: str, order: str = "dmy") -> np.datetime64 | None:
    """The moment of one written date."""
    moment = dates.resolve(dates.take_apart(pa.array([text])), order)[0]
    return None if moment == dates.NEVER else np.datetime64(int(moment), "us")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 de outubro de 2026", "2026-10-03"),
        ("1. September 2026", "2026-09-01"),
        ("1 sept. 2026", "2026-09-01"),
        ("1er janvier 2025", "2025-01-01"),
        ("1 de septiembre de 2026", "2026-09-01"),
        ("13 stycznia 2025", "2025-01-13"),
        ("13 paź 2025", "2025-10-13"),
        ("3 mrt 2026", "2026-03-03"),
        ("3 giu 2026", "2026-06-03"),
        ("13 juin 2025", "2025-06-13"),
        ("13 juil. 2025", "2025-07-13"),
        ("2025年1月13日", "2025-01-13"),
        ("2025年1月13日(月) 10時22分31秒", "2025-01-13T10:22:31"),
        ("２０２５/０１/１３ 10:22", "2025-01-13T10:22"),
        ("12/02/2026 19.07.17", "2026-02-12T19:07:17"),
        ("06/Jan/26 9:29 AM", "2026-01-06T09:29"),
        ("Sep-18-26", "2026-09-18"),
        ("26-May-26", "2026-05-26"),
        ("2024-01-22T16:14:25.000+0000", "2024-01-22T16:14:25"),
        ("2024-01-22 16:14:25+00", "2024-01-22T16:14:25"),
        ("2024-01-22 16:14:25.5-08", "2024-01-22T16:14:25.5"),
        ("lundi 13 janvier 2025 à 10:22", "2025-01-13T10:22"),
        ("Montag, 13. Januar 2025 um 10:22 Uhr", "2025-01-13T10:22"),
        ("mar 13 gen 2025", "2025-01-13"),
        ("Mon Jan 02 2025 10:00:00 GMT+0000", "2025-01-02T10:00"),
        ("25 de diciembre de 2025 10:22 p. m.", "2025-12-25T22:22"),
        ("31.12.2025 24:00", "2026-01-01"),
    ],
)
def test_a_date_is_read_in_its_language(text, expected):
    assert read(text) == np.datetime64(expected)


@pytest.mark.parametrize("hours", range(-12, 15))
def test_an_offset_may_be_whole_hours_behind_the_seconds(hours):
    """As Postgres writes it, and with it what shows its tables."""
    texts = pa.array([f"2025-03-01 18:36:06{part}{hours:+03d}" for part in ("", ".25", ".123456")])

    assert dates.take_apart(texts).zone.tolist() == [60 * hours] * 3


@pytest.mark.parametrize(
    "text",
    ["9:30", "09:30:00", "13h45", "13 jui 2025", "Marble 3, 2024", "mayo 2025", "30 Feb 2025", "2025-03-01 10:00-11"],
)
def test_what_names_no_day_is_no_date(text):
    assert read(text) is None


def test_no_name_means_two_months():
    assert {dates.month_of(name) for name in ("mar", "März", "mars", "marca", "maart", "marzo", "Mrz.")} == {3}
    assert dates.month_of("jui") == 0
    assert (dates.month_of("juin"), dates.month_of("juil")) == (6, 7)


def test_an_abbreviation_of_several_zones_names_none():
    assert dates.zone_minutes("PDT") == -420
    assert np.isnan(dates.zone_minutes("CST"))


@pytest.mark.parametrize(
    "words",
    ["WAHR FALSCH", "VRAI FAUX", "VERDADERO FALSO", "VERDADEIRO FALSO", "VERO FALSO", "WAAR ONWAAR", "PRAWDA FAŁSZ"],
)
def test_truth_is_read_in_the_words_of_a_spreadsheet(words):
    found, unknown = columns.flags(columns.texts(pa.array(words.split())), blank_is_false=False)

    assert list(found) == [True, False]
    assert not unknown.any()


READ = ("2025-04-03", "2025-11-02", "2025-07-01")
LEFT = ("13/03/2025", "25/03/2025", "31/01/2025")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((*READ, *LEFT), 3),
        ((*READ, "03/13/2025", "01/25/2025", "01/31/2025"), 3),
        (("2025-03-14", *READ, *LEFT), 0),  # a real date of a day that is no month
        ((*READ, *LEFT, "05/03/2025"), 0),  # a text that the program would have read
        ((*READ[:2], *LEFT), 0),
        (READ, 0),
        (LEFT, 0),
    ],
)
def test_dates_that_a_program_has_half_read_are_said(tmp_path, cells, expected):
    path = tmp_path / "orders.csv"
    path.write_text(
        "Order ID,Customer,Amount,Order date\n" + "".join(f"{n},A,1,{cell}\n" for n, cell in enumerate(cells))
    )
    issues = api.report([str(path)], period="2025", metrics=["orders"], today=TODAY).issues

    assert sum(issue.count for issue in issues if issue.code == "exchanged-dates") == expected
