"""Ratings that name their scale in every cell: so many points out of so many, and stars."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport
from crm_metrics.loaders.coercing.ratings import out_of

from .conftest import TODAY, figures

WRITTEN = {
    "en": ("Date,Customer,Rating", "{} out of 5"),
    "slash": ("Date,Customer,CSAT score", "{}/5"),
    "de": ("Datum,Kunde,Bewertung", "{} von 5 Sternen"),
    "fr": ("Date,Client,Évaluation", "{} sur 5"),
    "es": ("Fecha,Cliente,Calificación", "{} de 5"),
    "it": ("Data,Cliente,Valutazione", "{} su 5"),
    "nl": ("Datum,Klant,Beoordeling", "{} van 5"),
    "pl": ("Data,Klient,Ocena", "{} z 5"),
}
POINTS = (5, 4, 2, 3)


def found(path: Path, header: str, cells: list[str], *metrics: str) -> dict[tuple[str, ...], float]:
    rows = [f"2025-03-{10 + at},C{at},{cell}" for at, cell in enumerate(cells)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return figures(str(path), period="2025-03", metrics=metrics)


@pytest.mark.parametrize("how", WRITTEN)
def test_a_few_answers_out_of_five_are_on_a_scale_of_five(tmp_path: Path, how: str) -> None:
    header, form = WRITTEN[how]

    assert found(
        tmp_path / "reviews.csv", header, [form.format(points) for points in POINTS], "csat", "csat_score"
    ) == {
        ("csat",): 0.5,
        ("csat_score",): 3.5,
    }


def test_stars_are_counted(tmp_path: Path) -> None:
    stars = ["★" * points + "☆" * (5 - points) for points in POINTS]

    assert found(tmp_path / "reviews.csv", "Date,Customer,Rating", stars, "csat") == {("csat",): 0.5}


def test_tickets_are_rated_so_too(tmp_path: Path) -> None:
    rows = [f"{at},x,Closed,2025-03-1{at},2025-03-1{at},{points}/5" for at, points in enumerate(POINTS)]
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join(["Ticket ID,Subject,Status,Created,Resolved,Satisfaction rating", *rows]) + "\n")

    assert figures(str(path), period="2025-03", metrics=["ticket_csat"]) == {("ticket_csat",): 0.5}


@pytest.mark.parametrize("text", ["4", "4 - satisfied", "3/5/2025", "1/2", "★ good", "", "4 of"])
def test_other_texts_name_no_scale(text: str) -> None:
    assert out_of(text) is None


def test_answers_of_two_scales_are_on_none(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("Date,Customer,CSAT score\n2025-03-10,A,4/5\n2025-03-11,B,8/10\n", encoding="utf-8")

    with pytest.raises(NothingToReport):
        api.report([str(path)], period="2025-03", metrics=["csat"], today=TODAY)
