"""What customers say: the groups, segments, words and quotes of a survey, from files to tables."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport, UsageError

from .cli.running import crm_metrics
from .conftest import TODAY

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
HEAD = "Response ID,Responded At,NPS Score,Team,Comment"


def survey(folder: Path, rows: list[str], head: str = HEAD) -> str:
    path = folder / "nps.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(path)


def answers(count: int, score: int, comment: str, *, team: str = "North", month: int = 3, first: int = 0) -> list[str]:
    return [f'R{first + i},2024-{month:02}-{1 + i % 28:02},{score},{team},"{comment}"' for i in range(count)]


@pytest.fixture
def rows() -> list[str]:
    return [
        *answers(20, 10, "Works well", first=100),
        *answers(10, 8, "Does the job", first=200),
        *answers(15, 3, "Too slow. Write to ann@firm.example", team="South", first=300),
        *answers(15, 10, "Works well", team="West", first=400),
        *answers(30, 9, "", month=2, first=500),
    ]


def heard(path: str, **asked: object) -> api.Voice:
    return api.voice([path], period="2024-03", today=TODAY, **asked)  # type: ignore[arg-type]


def test_groups_add_up_and_the_score_is_that_of_the_report(tmp_path: Path, rows: list[str]) -> None:
    found = heard(survey(tmp_path, rows)).heard[0]

    assert {"promoter": 35, "passive": 10, "detractor": 15} == {part.group.name: part.answers for part in found.parts}
    assert {60} == {part.of for part in found.parts}
    reported = api.report([survey(tmp_path, rows)], period="2024-03", metrics=["nps"], today=TODAY).rows.iloc[0]
    assert (reported["value"], reported["low"], reported["high"]) == (
        found.score.value,
        found.score.low,
        found.score.high,
    )
    assert found.before is not None
    assert (100, "worse") == (found.before.value, found.signal)


def test_customers_who_answer_both_times_are_judged_by_what_they_changed(tmp_path: Path) -> None:
    """Forty customers answer in February and in March, each alike but seven, who are no promoters any more: of strangers the
    same figures tell nothing."""
    scores = {2: [10] * 25 + [3] * 15, 3: [10] * 18 + [7] * 7 + [3] * 15}
    found = {}
    for same in (True, False):
        rows = [
            f"R{month}{who},2024-{month:02}-{1 + who % 28:02},{score},{'K' if same else month}-{who}"
            for month, all_scores in scores.items()
            for who, score in enumerate(all_scores)
        ]
        path = survey(tmp_path, rows, "Response ID,Responded At,NPS Score,Customer ID")
        found[same] = heard(path).heard[0].signal
        report = api.report([path], period="2024-03", compare="previous", metrics=["nps"], today=TODAY)
        assert found[same] == report.rows["signal"].iloc[0]

    assert found == {True: "maybe worse", False: "no detectable change"}


def test_segments_stand_against_the_others(tmp_path: Path, rows: list[str]) -> None:
    found = heard(survey(tmp_path, rows), by=["team"]).heard[0]

    assert {"South": "below", "West": "above", "North": "above"} == {one.name: one.mark for one in found.segments}
    assert {"North": 30, "South": 15, "West": 15} == {one.name: one.score.n for one in found.segments}
    by_team = [part for part in found.parts if part.segment == "South"]
    assert {"promoter": 0, "passive": 0, "detractor": 15} == {part.group.name: part.answers for part in by_team}


def test_words_are_quoted_with_file_and_row_and_without_addresses(tmp_path: Path, rows: list[str]) -> None:
    path = survey(tmp_path, rows)
    found = heard(path).heard[0]

    assert {"too slow": 15, "works well": -35} == {
        word.text: word.first if word.z > 0 else -word.second for word in found.comparison.words
    }
    quote = next(quote for quote in found.quotes if quote.word == "too slow")
    assert ("Too slow. Write to [e-mail]", path, 32, 3.0) == (quote.text, quote.path, quote.row, quote.score)


def test_the_order_of_rows_changes_nothing_but_row_numbers(tmp_path: Path, rows: list[str]) -> None:
    def told(lines: list[str]) -> object:
        found = heard(survey(tmp_path, lines), by=["team"]).heard[0]
        words = [(word.text, word.first, word.second, word.log_odds, word.z, word.p) for word in found.comparison.words]
        return words, found.parts, found.segments, [(quote.text, quote.word, quote.on) for quote in found.quotes]

    moved = random.Random(3).sample(rows, len(rows))
    assert told(rows) == told(moved)


def test_the_planted_stories_of_the_sample_data_are_heard() -> None:
    found = {one.question.name: one for one in api.voice([SAMPLE], period="2025-H2", by=["team"], today=TODAY).heard}

    assert "too expensive" == found["nps"].comparison.words[0].text
    assert {"invoice"} <= {word.text for word in found["csat"].comparison.words if word.z > 0}
    assert {"Support Billing": "below"} == {one.name: one.mark for one in found["csat"].segments if one.mark}


def test_a_blank_comment_column_and_none_are_said_apart(tmp_path: Path) -> None:
    without = survey(tmp_path, ["R1,2024-03-01,9"], "Response ID,Responded At,NPS Score")
    assert "The files have no column of comments." in crm_metrics("voice", without, "-p", "2024-03").out
    assert {None} == {part["comments"] for part in json.loads(crm_metrics("voice", without, "-f", "json").out)["rows"]}
    blank = survey(tmp_path, answers(3, 9, ""))
    assert "The answers have no comments." in crm_metrics("voice", blank, "-p", "2024-03").out


def test_ticket_ratings_are_the_answers_where_no_survey_asks(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    lines = [f"T{i},2024-03-05,{'Good' if i % 4 else 'Bad'}" for i in range(20)]
    path.write_text("\n".join(["Ticket ID,Created at,Satisfaction Score", *lines]) + "\n", encoding="utf-8")
    found = api.voice([str(path)], period="2024-03", today=TODAY).heard

    assert [("csat", 0.75)] == [(one.question.name, one.score.value) for one in found]


def test_effort_is_parted_at_its_median(tmp_path: Path) -> None:
    rows = [*answers(10, 7, "easy"), *answers(6, 2, "hard", first=50)]
    path = survey(tmp_path, rows, HEAD.replace("NPS", "CES"))
    found = heard(path, kind="ces").heard[0]

    assert {"easier": 10, "harder": 6} == {part.group.name: part.answers for part in found.parts}
    assert {"easy", "hard"} == {word.text for word in found.comparison.words}
    alike = survey(tmp_path, rows[:10], HEAD.replace("NPS", "CES"))
    assert "No answer is below the median" in crm_metrics("voice", alike, "-p", "2024-03").out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "npx"}, "nps"),
        ({"by": ["month"]}, "by time"),
        ({"by": ["owner"]}, "owner"),
        ({"compare": "soon"}, "soon"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, rows: list[str], asked: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        heard(survey(tmp_path, rows), **asked)


def test_a_period_without_answers_says_so(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(NothingToReport, match="nps: there are no answers in the period"):
        api.voice([survey(tmp_path, rows)], period="2024-01", today=TODAY)


def test_every_table_is_written(tmp_path: Path, rows: list[str]) -> None:
    path = survey(tmp_path, [*rows, 'R9,2024-03-02,2,South,"=HYPERLINK(""x"")\x1b[31m too slow"'])
    made = crm_metrics("voice", path, "-p", "2024-03", "-f", "json").json

    assert ["promoter", "passive", "detractor"] == [row["group"] for row in made["rows"]]
    assert {"words", "quotes", "segments"} <= made.keys()
    assert ("nps", None, "points") == tuple(made["segments"][0][name] for name in ("metric", "dimension", "unit"))
    assert {path: ["English"]} == made["languages"]
    quotes = crm_metrics("voice", path, "-p", "2024-03", "-f", "csv", "--table", "quotes", "--quotes", "20")
    assert any(row["quote"].startswith("'=HYPERLINK") for row in quotes.rows)
    assert "\x1b" not in crm_metrics("voice", path, "-p", "2024-03", "--quotes", "20").out
