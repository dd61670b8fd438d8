"""Lists of what each customer brought in each month are read as subscriptions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_metrics.settings import Settings

from .conftest import figures

LISTS = {  # the header of a list with a row for each customer and month, and how its months are written
    "en": ("Month,Customer,Plan,MRR", "{0}-{1:02}"),
    "de": ("Monat,Kundennummer,Tarif,MRR (EUR)", "{1:02}.{0}"),
    "fr": ("Mois,Client,Forfait,MRR", "{1:02}/{0}"),
    "es": ("Mes,Cliente,Plan,MRR", "{0}-{1:02}-01"),
    "nl": ("Maand,Klant,Plan,MRR", "{0}-{1:02}"),
    "pl": ("Miesiąc,Klient,Plan,MRR", "{1:02}.{0}"),
    "ja": ("年月,顧客,プラン,MRR", "{0}年{1}月"),
}
LISTED = {1: ("A,Basic,100", "B,Pro,200"), 2: ("A,Pro,150", "B,Pro,200", "C,Basic,50"), 3: ("A,Pro,150", "C,Basic,50")}
BY_MONTH = ("mrr", "new_mrr", "expansion_mrr", "churned_mrr", "customers_lost")


@pytest.mark.parametrize("language", LISTS)
@pytest.mark.parametrize("how", ["one file", "zero", "a file each", "ids"])
def test_a_list_of_revenue_by_month_is_read_as_subscriptions(tmp_path: Path, language: str, how: str) -> None:
    """What the last month lists goes on, a month of 0 is none, and ids that come back are of one subscription."""
    header, form = LISTS[language]
    months = {month: [f"{form.format(2025, month)},{row}" for row in rows] for month, rows in LISTED.items()}
    months[3] += [f"{form.format(2025, 3)},B,Pro,0"] if how == "zero" else []
    if how == "ids":
        header = f"{header},Subscription ID"
        months = {month: [f"{row},S-{row.split(',')[1]}" for row in rows] for month, rows in months.items()}
    parts = months.values() if how == "a file each" else [[row for rows in months.values() for row in rows]]
    for at, rows in enumerate(parts):
        (tmp_path / f"mrr{at}.csv").write_text("\n".join([header, *rows]) + "\n")

    def found(period: str) -> tuple[float, ...]:
        asked = figures(
            str(tmp_path), period=period, metrics=BY_MONTH, settings=Settings(as_of=date(2025, 4, 10), currency="EUR")
        )
        return tuple(asked[(name,)] for name in BY_MONTH)

    assert found("2025-02") == (400, 50, 50, 0, 0)
    assert found("2025-03") == (200, 0, 0, 200, 1)
    assert found("2025-04") == (200, 0, 0, 0, 0)


def test_a_month_beside_the_start_of_a_subscription_is_no_list(tmp_path: Path) -> None:
    rows = ["A,2025-01-05,,100,1", "B,2025-01-06,2025-03-04,200,1"]
    (tmp_path / "subscriptions.csv").write_text("\n".join(["Customer,Start Date,End Date,MRR,Month", *rows]) + "\n")

    assert figures(str(tmp_path), period="2025-03", metrics=["mrr"], settings=Settings(as_of=date(2025, 4, 10))) == {
        ("mrr",): 100
    }
