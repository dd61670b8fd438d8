"""The help topics: pages that list are as the program is, every command has a topic, and questions are answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm_metrics import commands, help as topics
from crm_metrics.commands import help as command
from crm_metrics.engine.cells import REASONS
from crm_metrics.reporting.report import AFTER_DIMENSIONS, BEFORE_DIMENSIONS
from tests.cli.running import crm_metrics, process
from tests.help_pages import renewed

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
FOLDER = Path(topics.__file__).parent
PAGES = sorted(FOLDER.glob("*.md"))
# A question of the README, what somebody else may ask instead, and words that the answer holds.
QUESTIONS = {
    "How do I choose the period?": ("choose a period", "2025-Q1"),
    "How do I see it by month?": ("how do I see it by month", "--by month"),
    "Who is above or below the others?": ("which owner is better than the others", "above the others"),
    "Why is a figure not available?": ("why is it not available", "zero-denominator"),
    "Why does my CRM's screen show another number?": ("hubspot shows another number", "HubSpot"),
    "What does this figure mean?": ("what does win rate mean", "crm-metrics metrics win_rate"),
    "Which records are behind it?": ("which records are behind a figure", "--rows"),
    "Is this change more than chance?": ("is the change chance", "chance brings"),
    "Why does it say that the files do not cover the period?": ("files do not cover the period", "not-covered"),
    "Is my tool's export recognised?": ("which tools are recognised", "Zendesk"),
    "My file is not recognised: what now?": ("my file is not recognised", "[[files]]"),
    "Is 03/04/2025 read as March or April?": ("how are dates read, day or month first", "03/04/2025"),
    "Are records that stand in two files counted twice?": (
        "records in several files are counted twice",
        "newest version",
    ),
    "How do I get it into Excel?": ("open it in excel", "kpis.xlsx"),
    "My amounts are in several currencies": ("convert currencies", "[rates]"),
    "How do I count only working hours?": ("business hours", "[hours]"),
    "How do I set a target?": ("set a target", "[[goal]]"),
    "How do I write a figure of my own?": ("my own metric", "--metrics-file"),
    "How do I keep my options in a file?": ("save options in a profile", "[profile."),
    "How do I get it every Monday by mail?": ("send it every monday by mail", "mail -s"),
    "A figure of last year is another one now": ("a figure changed afterwards", "--history"),
    "What does the exit code mean?": ("exit code 4", "| 4 |"),
    "How do I use it in Python?": ("use it in python", "api.report"),
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_that_lists_is_as_the_program_is(page: Path, request: pytest.FixtureRequest):
    text = page.read_text(encoding="utf-8")
    if request.config.getoption("--update"):
        page.write_text(renewed(text), encoding="utf-8")
        return
    assert text == renewed(text), "write it anew: python -m pytest tests/test_help.py --update"


def test_the_lists_are_of_everything():
    made = [name for page in PAGES for name in re.findall(r"<!-- made: ([\w-]+) -->", page.read_text(encoding="utf-8"))]
    assert sorted(made) == [
        "checks", "commands", "differences", "exit-codes", "formats", "metrics", "settings", "vendors",
    ]  # fmt: skip


@pytest.mark.parametrize("name", commands.names())
def test_every_command_has_a_topic(name: str):
    shown = crm_metrics("help", name).out
    assert re.search(rf"crm-metrics {name}\b", shown)


@pytest.mark.parametrize("reason", [reason for reason in REASONS if reason])
def test_every_reason_is_explained(reason: str):
    row = re.search(rf"^\| `{reason}` \| (.+) \|$", topics.topic("reasons").text, re.MULTILINE)
    assert row is not None
    assert len(row[1].split()) > 3


def test_the_columns_of_csv_are_those_it_has():
    text = topics.topic("formats").text
    assert f"`{','.join(BEFORE_DIMENSIONS)},`" in text
    assert f"`{','.join(AFTER_DIMENSIONS)}`" in text


def test_help_lists_every_topic_with_what_it_is_about():
    shown = crm_metrics("help").out
    assert [one.name for one in topics.topics() if not re.search(rf"^  {one.name} +\w.{{15,}}$", shown, re.M)] == []


def test_a_topic_is_shown_without_the_marks_of_what_is_made():
    shown = crm_metrics("help", "exit-codes").out
    assert shown.startswith("# Exit codes")
    assert "| 4 |" in shown
    assert "<!--" not in shown


@pytest.mark.parametrize(
    ("words", "name"),
    [("Exit codes", "exit-codes"), ("exit_code", "exit-codes"), ("forecasts", "forecast"), ("quota", "goals")],
)
def test_a_topic_is_found_however_its_name_is_written(words: str, name: str):
    assert crm_metrics("help", *words.split()).out == topics.topic(name).text


def test_the_name_of_a_figure_shows_what_it_means():
    assert crm_metrics("help", "win", "rate").out == crm_metrics("metrics", "win_rate").out


def test_a_terminal_without_the_characters_gets_others():
    done = process("help", "report", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.code, "(? better, ? worse" in done.out) == (0, True)


def test_an_unknown_topic_names_the_nearest():
    done = crm_metrics("help", "perods")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean periods?" in done.err


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_readme_leads_to_the_answer(question: str):
    link = re.search(
        rf"^\| {re.escape(question)} \| \[.+\]\(crm_metrics/help/([\w-]+)\.md(?:#(.+))?\) \|$", README, re.M
    )
    assert link is not None
    one = topics.topic(link[1])
    if link[2]:
        text = next(text for head, text in one.sections() if head.casefold().replace(" ", "-") == link[2])
    assert QUESTIONS[question][1] in (text if link[2] else one.text)


def test_every_question_of_the_readme_is_tested():
    asked = re.search(r"^## Questions\n.*?\|---\|---\|\n(.*?)\n\n", README, re.MULTILINE | re.DOTALL)
    assert asked is not None
    assert {line.split(" | ")[0].removeprefix("| ") for line in asked[1].splitlines()} == set(QUESTIONS)


@pytest.mark.parametrize(("asked", "answer"), QUESTIONS.values(), ids=[asked for asked, _ in QUESTIONS.values()])
def test_words_lead_to_the_answer(asked: str, answer: str):
    done = crm_metrics("help", *asked.split())
    assert done.code == 0
    assert answer in done.out
    assert len(done.out.splitlines()) < 250


@pytest.mark.parametrize("name", topics.names())
def test_a_topic_fits_a_screen_of_eighty_columns(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = command._shown(topics.topic(name).text, is_screen=True)
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= 80
    assert "](" not in plain
