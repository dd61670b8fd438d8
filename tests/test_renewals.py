"""Renewals: which deals are some by their type, and what is said where that cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings
from tests.conftest import TODAY


def report(folder: Path, types: Sequence[str], settings: Settings | None = None) -> Report:
    """Of March, in which the first of the deals is won and the others are lost."""
    rows = [f"{i},Closed {'Lost' if i else 'Won'},2025-03-{i + 10},100,{kind}" for i, kind in enumerate(types)]
    path = folder / "deals.csv"
    path.write_text("\n".join(["Deal ID,Stage,Close Date,Amount,Deal Type", *rows]) + "\n", encoding="utf-8")
    return api.report(
        [str(path)], period="2025-03", metrics=["renewal_rate", "deals_won"], settings=settings, today=TODAY
    )


@pytest.mark.parametrize(
    ("renewal", "other"),
    [
        ("Renewal", "New Business"),
        ("Existing Business - Renewal", "Existing Customer - Upgrade"),
        ("contract_renewal", "newbusiness"),
        ("Vertragsverlängerung", "Neugeschäft"),
        ("Renovación", "Nuevo negocio"),
        ("Renovação de contrato", "Novo negócio"),
        ("Rinnovo", "Nuovo cliente"),
        ("Renouvellement", "Nouvelle affaire"),
        ("Verlenging", "Nieuwe klant"),
        ("Odnowienie umowy", "Nowy klient"),
        ("契約更新", "新規案件"),
    ],
)
def test_a_renewal_is_known_by_its_type_in_nine_languages(tmp_path: Path, renewal: str, other: str) -> None:
    of_march = report(tmp_path, [renewal, renewal, other, ""])

    assert [(0.5, 2)] == list(of_march.rows[["value", "n"]].head(1).itertuples(index=False, name=None))
    assert [] == [note for note in of_march.notes if "no renewals" in note]


def test_types_in_no_list_are_named_where_they_count_as_no_renewals(tmp_path: Path) -> None:
    notes = report(tmp_path, ["Renewal", "Rnwl", "Sunset"]).notes

    assert ["Counted as no renewals, as their type is none we know: “Rnwl”, “Sunset” (deals: 2)."] == [
        note for note in notes if "no renewals" in note
    ]


def test_the_settings_say_what_a_type_of_one_s_own_means(tmp_path: Path) -> None:
    alone = report(tmp_path, ["Rnwl", "Rnwl", "New Business"])
    settings = Settings(files=[{"path": "deals.csv", "values": {"type": {"Rnwl": "Renewal"}}}])

    assert "missing-column" == alone.rows["reason"][0]
    assert report(tmp_path, ["Rnwl", "Rnwl", "New Business"], settings=settings).rows["value"][0] == 0.5
