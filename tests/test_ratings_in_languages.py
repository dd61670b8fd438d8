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


@pytest.mark.parametrize("language", HELP_DESKS)
def test_good_and_bad_are_answers_of_a_survey_too(language: str, tmp_path: Path):
    good, bad, none = HELP_DESKS[language]
    path = tmp_path / "ratings.csv"
    rows = [f"{at},2025-03-0{at},{word}" for at, word in enumerate((good, good, bad, none, good), 1)]
    path.write_text("\n".join(["Ticket ID,Rated at,Rating", *rows]) + "\n", encoding="utf-8")

    assert satisfied(path) == [(0.75, 4)]


def test_happy_okay_and_not_happy_are_three(tmp_path: Path):
    path = tmp_path / "ratings.csv"
    rows = ["1,A,Happy,2025-03-01", "2,B,Okay,2025-03-02", "3,C,Not happy,2025-03-03", "4,D,Happy,2025-03-04"]
    path.write_text("\n".join(["Conversation,Customer,Rating,Rating date", *rows]) + "\n", encoding="utf-8")

    assert satisfied(path) == [(0.5, 4)]


GROUPS = {
    "en": ("Promoter", "Passive", "Detractor"),
    "de": ("Promotor", "Passiver", "Kritiker"),
    "fr": ("Promotrice", "Passif", "Détracteur"),
    "es": ("Promotores", "Neutro", "Detractor"),
    "pt": ("Promotor", "Passiva", "Detrator"),
    "it": ("Promotore", "Passivo", "Detrattore"),
    "nl": ("Promotor", "Passief", "Criticaster"),
    "pl": ("Promotor", "Neutralny", "Krytyk"),
    "ja": ("推奨者", "中立者", "批判者"),
    "sv": ("Ambassadör", "Passiv", "Kritiker"),
    "da": ("Ambassadør", "Passiv", "Kritiker"),
}


def promoted(path: Path) -> list[tuple[float, int]]:
    report = api.report([path], metrics=["nps"], period="2025-03", settings=Settings(), today=TODAY)
    rows = report.rows[report.rows["status"] != "unavailable"]
    return list(zip(rows["value"], rows["n"], strict=True))


@pytest.mark.parametrize("header", ["NPS category", "NPS", "Segment"])
@pytest.mark.parametrize("language", GROUPS)
def test_the_words_for_who_would_recommend_count_as_scores_do(language: str, header: str, tmp_path: Path):
    promoter, passive, detractor = GROUPS[language]
    path = tmp_path / "answers.csv"
    words = (promoter, promoter, passive, detractor, promoter)
    rows = [f"{at},C{at},2025-03-0{at},{word}" for at, word in enumerate(words, 1)]
    path.write_text("\n".join([f"Response ID,Customer,Date,{header}", *rows]) + "\n", encoding="utf-8")

    assert promoted(path) == [(40.0, 5)]


def test_a_score_decides_where_its_word_stands_beside_it_and_other_words_are_said(tmp_path: Path):
    path = tmp_path / "answers.csv"
    rows = ["10,Promoter", "9,Passive", "7,Passive", ",Detractor", ",Not sure"]
    lines = [f"{at},C{at},2025-03-0{at},{row}" for at, row in enumerate(rows, 1)]
    path.write_text("\n".join(["Response ID,Customer,Date,Score,Category", *lines]) + "\n", encoding="utf-8")
    report = api.report([path], metrics=["nps"], period="2025-03", settings=Settings(), today=TODAY)

    assert promoted(path) == [(25.0, 4)]
    assert [issue.detail["seen"] for issue in report.issues if issue.code == "unknown-rating"] == ["Not sure"]
