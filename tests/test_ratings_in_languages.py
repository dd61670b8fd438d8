"""What customers say in words counts alike in every language: on the scale of five, and as good or bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport
from crm_metrics.settings import Settings

from .conftest import TODAY

SCALE = {
    "en": ("Very satisfied", "Satisfied", "Neutral", "Dissatisfied", "Very dissatisfied"),
    "de": ("Sehr zufrieden", "Zufrieden", "Weder zufrieden noch unzufrieden", "Unzufrieden", "Sehr unzufrieden"),
    "fr": ("Très satisfaite", "Satisfait", "Ni satisfait ni insatisfait", "Insatisfaite", "Très insatisfait"),
    "es": ("Muy satisfecha", "Satisfecho", "Neutral", "Insatisfecha", "Muy insatisfecho"),
    "pt": ("Muito satisfeito", "Satisfeita", "Neutro", "Insatisfeito", "Muito insatisfeita"),
    "it": ("Molto soddisfatta", "Soddisfatto", "Neutrale", "Insoddisfatto", "Molto insoddisfatta"),
    "nl": ("Zeer tevreden", "Tevreden", "Neutraal", "Ontevreden", "Zeer ontevreden"),
    "pl": ("Bardzo zadowolony", "Zadowolona", "Neutralnie", "Niezadowolony", "Bardzo niezadowolona"),
    "ja": ("非常に満足", "満足", "どちらでもない", "不満", "非常に不満"),
}
HELP_DESKS = {
    "en": ("Good", "Bad", "Offered"),
    "de": ("Gut", "Schlecht", "Angeboten"),
    "fr": ("Bon", "Mauvaise", "Proposé"),
    "es": ("Buena", "Mala", "Ofrecida"),
    "pt": ("Bom", "Ruim", "Oferecido"),
    "it": ("Buono", "Cattiva", "Offerto"),
    "nl": ("Goed", "Slecht", "Aangeboden"),
    "pl": ("Dobra", "Zła", "Zaoferowano"),
    "ja": ("良い", "悪い", "提供済み"),
}


def satisfied(path: Path) -> list[tuple[float, int]]:
    report = api.report([path], metrics=["csat"], period="2025-03", settings=Settings(), today=TODAY)
    return [*zip(report.frame["value"], report.frame["n"], strict=True)]


@pytest.mark.parametrize("language", SCALE)
def test_the_two_best_of_five_are_satisfied(tmp_path: Path, language: str) -> None:
    answers = [*SCALE[language], SCALE[language][0]]
    rows = "".join(f"{at},2025-03-0{at},{answer}\n" for at, answer in enumerate(answers, 1))
    path = tmp_path / "survey.csv"
    path.write_text(f"Response ID,Submitted,How satisfied are you with us?\n{rows}")

    assert satisfied(path) == [(0.5, 6)]


@pytest.mark.parametrize("language", HELP_DESKS)
def test_good_is_satisfied_and_offered_is_no_rating(tmp_path: Path, language: str) -> None:
    good, bad, offered = HELP_DESKS[language]
    rows = "".join(f"{at},Solved,2025-03-0{at},{word}\n" for at, word in enumerate([good, good, good, bad, offered], 1))
    path = tmp_path / "tickets.csv"
    path.write_text(f"Ticket ID,Status,Created,Satisfaction\n{rows}")

    assert satisfied(path) == [(0.75, 4)]


def test_a_word_that_nobody_knows_makes_no_scale_of_words(tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("Response ID,Submitted,How satisfied are you with us?\n1,2025-03-01,Satisfied\n2,2025-03-02,Blue\n")

    with pytest.raises(NothingToReport, match="no satisfaction ratings"):
        satisfied(path)
