"""The table on a terminal and off one: colours, characters, control codes."""

import io
from dataclasses import replace

import pytest

from crm_metrics.book.screen import Screen
from crm_metrics.cli import output
from crm_metrics.commands.report.book import book
from crm_metrics.issues import Issue
from crm_metrics.writers import How
from tests.renderers.reports import by_owner_report, full_report, metric, rendered, report, row


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_off_a_terminal_nothing_is_coloured_wrapped_or_left_away():
    titles = "A title that is so long that no terminal shows it " * 5
    long = metric(title=titles.strip())
    made = report([row(long, 1.0)], [long], missing={}, notes=["A note. " * 60])
    shown = rendered(made)

    assert "\x1b" not in shown
    assert long.title in shown
    assert "A note. " * 59 in shown


def test_a_terminal_gets_colours_unless_no_color_is_set(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    colored, plain = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", colored)
    output.written(book(full_report()), "text", None, How())
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout", plain)
    output.written(book(full_report()), "text", None, How())

    assert "\x1b[" in colored.getvalue()
    assert "\x1b" not in plain.getvalue()


def test_data_cannot_reach_the_terminal_as_markup_or_control():
    names = ["[red]x[/red]", "\x1b[31mEvil\x1b]0;owned\x07", ":smile:", "two\r\nlines", "\u202egnp"]
    made = by_owner_report(owners=names, notes=["\x1b[2J"], missing={})
    made = replace(made, issues=[Issue("empty-file", "\x1b[1m.csv")])
    shown = rendered(made, width=200, verbose=True)

    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "\r" not in shown
    assert "[red]x[/red]" in shown
    assert r"\x1b[31mEvil" in shown
    assert ":smile:" in shown
    assert r"\x1b[1m.csv: holds no rows" in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_an_output_that_cannot_print_a_character_gets_a_plain_one(encoding):
    shown = rendered(full_report(), encoding=encoding).encode(encoding).decode(encoding)

    assert "98,765,432 USD/day" in shown
    assert ("▁ █▅▅" in shown) == (encoding == "utf-8")
    assert ("_ ^--" in shown) == (encoding != "utf-8")


@pytest.mark.parametrize("width", range(20, 90, 7))
def test_lines_are_folded_between_words_and_never_between_a_number_and_its_unit(width):
    path = "/a/path/that/is/longer/than/any/terminal/is-wide/file.csv"
    text = f"  Revenue of 12,345 USD in 17.6 h, up by 3.2 pp, is in\n    {path} whole"
    screen = Screen(width, color=False)
    screen.folded(text)
    lines = screen.text("utf-8").splitlines()

    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert all(any(one in line for line in lines) for one in ("12,345 USD", "17.6 h", "3.2 pp", path))
    assert all(len(line) <= max(width, 24) or "/" in line for line in lines)
