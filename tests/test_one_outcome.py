"""Deals that all ended alike: the export may leave the others out, and the win rate would not show it; a flag alone that
says who was won says who was lost too."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api

from .conftest import TODAY, figures


def notes(folder: Path, won: int, lost: int) -> list[str]:
    stages = ["Closed Won"] * won + ["Closed Lost"] * lost
    lines = [f"{i},{stage},100,2024-03-05" for i, stage in enumerate(stages)]
    path = folder / "deals.csv"
    path.write_text("\n".join(["Deal ID,Stage,Amount,Close Date", *lines]) + "\n", encoding="utf-8")
    return api.report([str(path)], period="2024-03", metrics=["win_rate"], today=TODAY).notes


@pytest.mark.parametrize(("won", "lost", "said"), [(30, 0, "won"), (0, 30, "lost")])
def test_it_is_said_with_the_figures(tmp_path: Path, won: int, lost: int, said: str) -> None:
    assert [True] == [note.startswith(f"All 30 deals that ended are {said}:") for note in notes(tmp_path, won, lost)]


@pytest.mark.parametrize(("won", "lost"), [(29, 0), (30, 1), (1, 40)])
def test_few_deals_or_both_outcomes_are_nothing_to_say(tmp_path: Path, won: int, lost: int) -> None:
    assert [] == [note for note in notes(tmp_path, won, lost) if note.startswith("All ")]


FLAGGED = {
    "en": ("Deal ID,Title,Won?,Amount,Closed on", "Yes", "No"),
    "de": ("Nr.,Titel,Gewonnen,Betrag,Abschlussdatum", "Ja", "Nein"),
    "fr": ("N°,Titre,Gagné,Montant,Date de clôture", "Oui", "Non"),
    "es": ("ID,Nombre,Ganado,Importe,Fecha de cierre", "Sí", "No"),
    "pt": ("ID,Nome,Ganho,Valor,Data de fechamento", "Sim", "Não"),
    "it": ("ID,Nome,Vinta,Importo,Data di chiusura", "Sì", "No"),
    "nl": ("ID,Naam,Gewonnen,Bedrag,Sluitingsdatum", "Ja", "Nee"),
    "pl": ("ID,Nazwa,Wygrana,Kwota,Data zamknięcia", "Tak", "Nie"),
    "ja": ("ID,商談名,成約,金額,完了日", "はい", "いいえ"),
}


@pytest.mark.parametrize("language", FLAGGED)
def test_what_is_not_won_by_the_only_flag_is_lost_once_it_has_ended(tmp_path: Path, language: str) -> None:
    header, yes, no = FLAGGED[language]
    path = tmp_path / "deals.csv"
    rows = [f"1,A,{yes},10,2025-03-13", f"2,B,{no},5,2025-03-14", f"3,C,{no},7,", "4,D,,7,"]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

    assert figures(str(path), period="2025-03", metrics=["deals_won", "deals_lost"]) == {
        ("deals_won",): 1,
        ("deals_lost",): 1,
    }


def test_a_stage_says_who_is_lost_where_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    rows = ["1,Closed Won,TRUE,10,2025-03-13", "2,Negotiation,FALSE,5,2025-03-14", "3,Closed Lost,FALSE,7,2025-03-15"]
    path.write_text("\n".join(["Deal ID,Stage,Is Won,Amount,Close Date", *rows]) + "\n", encoding="utf-8")

    assert figures(str(path), period="2025-03", metrics=["deals_lost"]) == {("deals_lost",): 1}
