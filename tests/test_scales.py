"""Scales of ratings: those of two, three and four points, declared ones that nobody knows, and what scores alone prove."""

from __future__ import annotations

import pytest

from crm_metrics import api
from crm_metrics.errors import NothingToReport, SettingsError
from crm_metrics.settings import Settings, validated
from tests.conftest import TODAY, figures


def survey(tmp_path, header, scores, extra=""):
    path = tmp_path / "survey.csv"
    name, cell = extra.partition("=")[::2]
    head = f"Response ID,Submitted at,{header}" + (f",{name}" if name else "")
    rows = [f"{n},2025-03-{1 + n % 28:02},{score}" + (f",{cell}" if name else "") for n, score in enumerate(scores)]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(path)


def refusal(path):
    with pytest.raises(NothingToReport) as raised:
        api.report([path], period="all", metrics=["csat"], settings=Settings(), today=TODAY)
    return str(raised.value)


@pytest.mark.parametrize(
    ("scale", "scores", "expected"),
    [
        ("1-2", [1, 2, 2, 1], 0.5),
        ("1-3", [1, 2, 3, 3], 0.5),
        ("1-4", [1, 2, 3, 4], 0.5),
        ("0-2", [0, 1, 2, 2], 0.5),
        ("1-5", [1, 3, 4, 5], 0.5),
        ("1 to 7", [1, 5, 6, 7], 0.5),
        ("1 bis 5", [1, 3, 4, 5], 0.5),
    ],
)
@pytest.mark.parametrize("place", ["brackets", "label", "column"])
def test_a_scale_has_its_own_top(tmp_path, scale, scores, expected, place):
    header = {"brackets": f"CSAT score ({scale})", "label": f"CSAT ({scale})", "column": "CSAT score"}[place]
    path = survey(tmp_path, header, scores, f"scale={scale}" if place == "column" else "")

    assert figures(path, period="all")[("csat",)] == expected


@pytest.mark.parametrize("scale", ["1-3", "1-4"])
def test_the_settings_name_a_short_scale(tmp_path, scale):
    settings = validated({"files": [{"path": "survey.csv", "scale": scale}]}, "test")
    path = survey(tmp_path, "CSAT score", [1, 3])

    assert figures(path, period="all", settings=settings)[("csat",)] == 0.5


@pytest.mark.parametrize(
    ("header", "extra"),
    [
        ("CSAT score (1-6)", ""),
        ("CSAT score (0-100)", ""),
        ("CSAT score", "scale=1-6"),
        ("CSAT score (1-5 or 1-10)", ""),
    ],
)
def test_a_declared_scale_that_is_not_known_stops_the_figure(tmp_path, header, extra):
    assert "which is not known" in refusal(survey(tmp_path, header, [1, 5, 4, 3] * 20, extra))


@pytest.mark.parametrize("scores", [[1, 2, 3], [1, 2], [1, 1]])
def test_a_scale_of_five_is_not_concluded_where_nobody_gave_a_four_or_a_five(tmp_path, scores):
    assert "that can be several scales" in refusal(survey(tmp_path, "CSAT score", scores * 20))


def test_a_scale_of_five_is_concluded_where_somebody_gave_a_four(tmp_path):
    assert figures(survey(tmp_path, "CSAT score", [1, 2, 3, 4] * 10), period="all")[("csat",)] == 0.25


def test_ratings_of_tickets_have_short_scales_too(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text("Ticket ID,Created at,Satisfaction rating (1-3)\n1,2025-03-01,3\n2,2025-03-02,2\n")

    assert figures(str(path), period="2025-03")[("csat",)] == 0.5


def test_years_in_a_header_are_no_scale(tmp_path):
    assert figures(survey(tmp_path, "CSAT score (2024-2025)", [1, 2, 3, 4] * 10), period="all")[("csat",)] == 0.25


def effort(path, header="CES score", **rules):
    """The customer effort score of a survey with settings for its file, or why there is none."""
    settings = validated({"files": [{"path": "survey.csv"} | rules]}, "test")
    try:
        return figures(path, period="all", settings=settings, metrics=["ces"])[("ces",)]
    except NothingToReport as problem:
        return str(problem)


@pytest.mark.parametrize(
    ("header", "extra", "scale"),
    [
        ("CES score", "", {"scale": "1-7"}),
        ("CES score (1-7)", "", {}),
        ("CES score", "scale=1-7", {}),
    ],
)
def test_effort_of_which_low_is_good_is_turned_round_on_its_scale(tmp_path, header, extra, scale):
    path = survey(tmp_path, header, [1, 2, 2, 7], extra)

    assert effort(path, **scale) == 3
    assert effort(path, better="higher", **scale) == 3
    assert effort(path, better="lower", **scale) == 5


def test_effort_that_lies_off_its_scale_is_no_answer(tmp_path):
    path = survey(tmp_path, "CES score", [1, 2, 9])

    assert effort(path, better="lower", scale="1-7") == 6.5


def test_effort_of_which_low_is_good_needs_a_scale(tmp_path):
    path = survey(tmp_path, "CES score", [1, 2, 2, 7])

    assert "nothing says on which scale they are" in effort(path, better="lower")


def test_only_effort_is_turned_round(tmp_path):
    path = survey(tmp_path, "CSAT score", [1, 2, 2, 7])

    with pytest.raises(SettingsError, match="no answer to that"):
        effort(path, better="lower", scale="1-7")


def test_one_file_is_turned_round_and_another_is_not(tmp_path):
    low, other = survey(tmp_path, "CES score", [1, 2]), tmp_path / "other.csv"
    other.write_text("Response ID,Submitted at,CES score\n11,2025-03-04,1\n12,2025-03-05,2\n", encoding="utf-8")
    settings = validated({"files": [{"path": "survey.csv", "better": "lower", "scale": "1-7"}]}, "test")
    made = api.report([low, str(other)], period="all", metrics=["ces"], settings=settings, today=TODAY)

    assert made.rows["value"].tolist() == [(7 + 6 + 1 + 2) / 4]


@pytest.mark.parametrize("metrics", [["nps"], ["nps", "csat"]])
def test_a_column_of_scales_counts_whatever_else_is_asked(tmp_path, metrics):
    path = survey(tmp_path, "NPS score", [1, 2, 5], "scale=0-10")

    assert figures(path, period="all", metrics=metrics)[("nps",)] == -100
