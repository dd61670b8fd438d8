"""Survey answers and ratings: several questions in one file, what is no answer, and scales that only the vendor knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import CrmMetricsError
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings

from .conftest import TODAY, figures


def report(*paths: str, **settings: object) -> Report:
    return api.report(list(paths), period="all", settings=Settings(**settings), today=TODAY)  # type: ignore[arg-type]


def problems(*paths: str) -> dict[str, str]:
    return {issue.code: issue.sentence for issue in report(*paths).issues}


def missing(name: str, *paths: str) -> str:
    rows = report(*paths).rows.set_index("metric")
    return str(rows.loc[name, "reason"])


def export(folder: Path, name: str, *lines: str) -> str:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_a_file_that_asks_for_both_gives_each_question_its_own_answers(tmp_path: Path):
    path = export(
        tmp_path,
        "survey.csv",
        "response id,submitted at,NPS score,CSAT score (1-5)",
        "1,2026-01-01,10,5",
        "2,2026-01-02,9,",
        "3,2026-01-03,,2",
        "4,2026-01-04,0,1",
    )
    found = figures(path, period="all")

    assert found[("nps",)] == pytest.approx(100 * (2 - 1) / 3)
    assert found[("csat",)] == pytest.approx(1 / 3)
    assert found[("csat_score",)] == pytest.approx(8 / 3)


def test_a_plain_score_beside_a_named_question_is_not_its_answer(tmp_path: Path):
    path = export(
        tmp_path,
        "survey.csv",
        "response id,submitted at,NPS score,score",
        "1,2026-01-01,10,1",
        "2,2026-01-02,,1",
        "3,2026-01-03,9,1",
    )

    assert figures(path, period="all")[("nps",)] == 100
    assert figures(path, period="all")[("nps_answers",)] == 2


def test_a_kind_in_each_row_decides_between_the_questions(tmp_path: Path):
    path = export(
        tmp_path,
        "survey.csv",
        "response id,submitted at,survey type,score,scale",
        "1,2026-01-01,NPS,10,0-10",
        "2,2026-01-02,CSAT,4,1-5",
        "3,2026-01-03,CSAT,2,1-5",
        "4,2026-01-04,NPS,3,0-10",
    )
    found = figures(path, period="all")

    assert (found[("nps",)], found[("csat",)]) == (0, 0.5)


def test_a_file_of_answers_alone_says_nothing_of_how_many_were_asked(tmp_path: Path):
    path = export(tmp_path, "nps.csv", "response id,submitted at,NPS score", "1,2026-01-01,10", "2,2026-01-02,4")

    assert ("response_rate",) not in figures(path, period="all")
    assert missing("response_rate", path) == "missing-column"


def test_satisfaction_in_the_words_of_another_scale_is_not_taken_for_five_points(tmp_path: Path):
    header = "response id,submitted at,How satisfied were you"
    five = export(tmp_path, "five.csv", header, "1,2026-01-01,Very satisfied", "2,2026-01-02,Dissatisfied")
    seven = export(tmp_path, "seven.csv", header, "1,2026-01-01,Very satisfied", "2,2026-01-02,Slightly satisfied")

    assert figures(five, period="all")[("csat_score",)] == 3.5
    with pytest.raises(CrmMetricsError):
        report(seven)


def test_ratings_in_words_and_in_numbers_of_two_help_desks_are_both_counted(tmp_path: Path):
    words = export(
        tmp_path,
        "zendesk.csv",
        "Id,Requester,Assignee,Status,Created at,Satisfaction Score",
        "1,Ann,Nora,Solved,2026-01-01 09:00:00,Good",
        "2,Ann,Nora,Solved,2026-01-02 09:00:00,Offered",
        "3,Ann,Nora,Solved,2026-01-03 09:00:00,Bad",
    )
    numbers = export(
        tmp_path,
        "intercom.csv",
        "Conversation ID,Conversation started at (UTC),Current conversation state,Last teammate rating",
        "11,2026-01-01 09:00:00,closed,5",
        "12,2026-01-02 09:00:00,closed,4",
        "13,2026-01-03 09:00:00,open,",
    )
    found = figures(words, numbers, period="all")

    assert found[("ticket_csat",)] == pytest.approx(3 / 4)
    assert found[("ticket_csat_score",)] == 4.5


def test_a_rating_that_is_no_known_word_is_reported(tmp_path: Path):
    path = export(
        tmp_path,
        "tickets.csv",
        "ticket id,created at,satisfaction",
        "1,2026-01-01,Good",
        "2,2026-01-02,Meh",
        "3,2026-01-03,Offered",
    )

    assert figures(path, period="all")[("ticket_csat",)] == 1
    assert "Meh" in problems(path)["unknown-rating"]
    assert "row 3" in problems(path)["unknown-rating"]


def test_a_duration_without_a_unit_is_asked_for(tmp_path: Path):
    plain = export(
        tmp_path, "plain.csv", "ticket id,created at,First response time", "1,2026-01-01,30", "2,2026-01-02,9"
    )
    clock = export(tmp_path, "clock.csv", "ticket id,created at,First response time", "1,2026-01-01,00:30:00")

    assert figures(clock, period="all")[("first_response_time",)] == 30
    with pytest.raises(CrmMetricsError, match="seconds, minutes or hours"):
        report(plain)


@pytest.mark.parametrize(
    ("header", "minutes"),
    [("First response time (min)", 30), ("First response time (seconds)", 0.5), ("First response time [hrs]", 1800)],
)
def test_the_unit_in_brackets_is_the_unit(tmp_path: Path, header: str, minutes: float):
    path = export(tmp_path, "tickets.csv", f"ticket id,created at,{header}", "1,2026-01-01,30")

    assert figures(path, period="all")[("first_response_time",)] == pytest.approx(minutes)


def test_of_two_promoter_questions_none_is_taken(tmp_path: Path):
    path = export(
        tmp_path,
        "typeform.csv",
        "#,How likely are you to recommend us?,How likely are you to recommend our app?,How satisfied are you?,"
        "Response Type,Start Date (UTC),Submit Date (UTC),Network ID",
        "a1,9,3,Very satisfied,completed,2026-01-01 09:00:00,2026-01-01 09:01:00,n1",
    )

    assert missing("nps", path) == "missing-column"
    assert figures(path, period="all")[("csat",)] == 1
    assert "recommend us? or How likely are you to recommend our app?" in problems(path)["two-candidates"]


def test_several_questions_of_one_kind_leave_the_others_as_they_are(tmp_path: Path):
    path = export(
        tmp_path,
        "typeform.csv",
        "#,How likely are you to recommend us?,How satisfied are you with the price?,How satisfied are you with the help?,"
        "Response Type,Start Date (UTC),Submit Date (UTC),Network ID",
        "a1,9,5,1,completed,2026-01-01 09:00:00,2026-01-01 09:01:00,n1",
        "b2,10,5,1,completed,2026-01-02 09:00:00,2026-01-02 09:01:00,n2",
    )

    assert figures(path, period="all")[("nps",)] == 100
    assert missing("csat", path) == "missing-column"
    assert "with the price? or How satisfied are you with the help?" in problems(path)["two-candidates"]


@pytest.mark.parametrize(
    "header",
    [
        "Date,Agent,Rating (1-5)",
        "Datum,Agent,Bewertung (1-5)",
        "Fecha,Agente,Calificación (1-5)",
        "Data,Operatore,Valutazione (1-5)",
        "Datum,Medewerker,Beoordeling (1-5)",
        "Zeitstempel,Notiz,Wie bewerten Sie uns? (1-5)",
    ],
)
def test_a_rating_is_satisfaction_in_any_language_and_a_score_is_no_question(header: str, tmp_path: Path):
    rows = ["2026-01-01,A,5", "2026-01-02,B,4", "2026-01-03,A,2", "2026-01-04,A,1"]
    path = export(tmp_path, "answers.csv", header, *rows)

    assert figures(path, period="all")[("csat",)] == 0.5
    with pytest.raises(CrmMetricsError):
        report(export(tmp_path, "more.csv", "Date,Agent,Score (1-5)", *rows))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Response ID,Date,NPS,Status", ("Completed", "Partial", "Disqualified")),
        ("ID réponse,Date,NPS,Statut", ("Terminée", "Incomplet", "Quota atteint")),
        ("Antwort-ID,Datum,NPS,Status", ("Vollständig", "Abgebrochen", "Ausgeschieden")),
        ("ID de respuesta,Fecha,NPS,Estado", ("Completada", "Parcial", "Descalificado")),
        ("ID risposta,Data,NPS,Stato", ("Completata", "Parziale", "Squalificato")),
    ],
)
def test_what_a_status_says_of_answers_is_read_and_unknown_words_are_said(
    header: str, words: tuple[str, ...], tmp_path: Path
):
    whole, begun, out = words
    rows = [f"1,2026-01-01,10,{whole}", f"2,2026-01-02,0,{begun}", f"3,2026-01-03,0,{out}", f"4,2026-01-04,9,{whole}"]
    path = export(tmp_path, "survey.csv", header, *rows, "5,2026-01-05,7,Zork")
    found = report(path)
    unknown = [issue.detail["seen"] for issue in found.issues if issue.code == "unknown-state"]

    assert figures(path, period="all")[("nps",)] == pytest.approx(100 * 2 / 3)
    assert unknown == ["'Zork'"]


def test_a_status_of_what_was_done_about_answers_says_nothing_of_them(tmp_path: Path):
    rows = ["1,2026-01-01,10,Open", "2,2026-01-02,0,In progress", "3,2026-01-03,9,Closed"]
    path = export(tmp_path, "survey.csv", "Response ID,Date,NPS,Status", *rows)

    assert figures(path, period="all")[("nps",)] == pytest.approx(100 / 3)
    assert "unknown-state" not in problems(path)


def test_who_was_asked_and_has_not_answered_stays_among_those_asked(tmp_path: Path):
    rows = ["1,2026-01-01,2026-01-02,10,Completed", "2,2026-01-02,,,Sent", "3,2026-01-03,2026-01-04,0,Completed"]
    path = export(tmp_path, "survey.csv", "Response ID,Sent at,Responded at,NPS,Status", *rows)

    assert figures(path, period="all")[("response_rate",)] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "header",
    [
        "Submitted at,On a scale of 0 to 10 how likely are you to recommend us?,Why?",
        'Carimbo de data/hora,"De 0 a 10, qual a probabilidade de você nos recomendar?",Motivo',
    ],
)
def test_a_question_that_names_its_scale_is_still_the_question(header: str, tmp_path: Path):
    rows = ["2026-01-01 10:00:00,10,a", "2026-01-02 10:00:00,7,b", "2026-01-03 10:00:00,3,c", "2026-01-04 10:00:00,9,d"]
    path = export(tmp_path, "answers.csv", header, *rows)

    assert figures(path, period="all")[("nps",)] == pytest.approx(25)


def test_a_type_of_question_keeps_the_questions_apart_and_another_type_does_not(tmp_path: Path):
    rows = ["1,2026-01-01,10,NPS", "2,2026-01-02,0,NPS survey", "3,2026-01-03,5,CSAT"]
    path = export(tmp_path, "questions.csv", "Response ID,Date,Score,Type", *rows)
    other = export(
        tmp_path, "NPS.csv", "Response ID,Date,Score,Type", *(row.rpartition(",")[0] + ",Process" for row in rows)
    )

    assert figures(path, period="all")[("nps",)] == 0
    assert figures(other, period="all")[("nps",)] == pytest.approx(100 * (1 - 2) / 3)
