"""A command is a room of its own: found by looking into the folder, with all that it declares."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from crm_metrics import api, commands
from crm_metrics.cli.command import command_of
from tests.cli.running import crm_metrics

SAMPLE = str(Path(__file__).parent.parent / "sample_data")
ROOM = '''
"""How many files there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Unpack

from crm_metrics.book import Book, Column, Origin, Sheet
from crm_metrics.commands import PeriodOption, SegmentOption, option
from crm_metrics.session import Asking, Session

ABOUT, PLACE = "counts files", 1


def counting(
    paths: Sequence[str] | Session,
    *,
    least: Annotated[int, option("--least N", "At least so many.", least=1)] = 2,
    period: PeriodOption = None,
    segment: SegmentOption = None,
    **files: Unpack[Asking],
) -> list[object]:
    """The number of files, and what was asked."""
    return [len(Session.of(paths, **files).files.tables), least, period, segment]


def book(answer: list[object]) -> Book:
    """It in a table."""
    return Book("Files", Origin(), [Sheet("files", "", (Column("files"),), [[str(answer)]])])
'''


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counting.py").write_text(ROOM, encoding="utf-8")
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])


@pytest.mark.usefixtures("counting")
def test_a_file_in_the_folder_is_a_command_with_its_options_in_every_format():
    asked = ("counting", SAMPLE, "--least", "3", "-p", "2025", "--segment", "owner=Ann")
    files = "[11, 3, '2025', {'owner': 'Ann'}]"

    assert files in crm_metrics(*asked).out
    assert [{"files": files}] == json.loads(crm_metrics(*asked, "-f", "json").out)["rows"]
    assert ["counting", "counts", "files"] == crm_metrics().out.split("Commands\n")[1].splitlines()[0].split()
    assert (2, "") == crm_metrics("counting", SAMPLE, "--least", "0").refusal[:2]
    assert (2, "") == crm_metrics("counting").refusal[:2]


def test_the_overview_says_of_each_room_what_the_room_says_without_importing_it():
    told = commands.overview()

    assert told == {name: commands.room(name).ABOUT for name in told}
    assert [*told] == sorted(commands.names(), key=lambda name: (commands.room(name).PLACE, name))


@pytest.mark.parametrize("name", commands.names())
def test_every_room_says_what_it_is(name: str):
    room = commands.room(name)

    assert (True, str, int) == (bool(room.__doc__), type(room.ABOUT), type(room.PLACE))
    assert hasattr(room, "run") or callable(getattr(room, name))
    assert name in crm_metrics(name, "--help").out


@pytest.mark.parametrize("name", [name for name in commands.names() if hasattr(commands.room(name), name)])
def test_what_can_be_asked_in_python_can_be_asked_in_the_shell(name: str):
    asked = inspect.signature(getattr(commands.room(name), name)).parameters
    own = {parameter for parameter in asked if parameter not in ("paths", "metrics", "files")}

    assert own <= inspect.signature(command_of(name)).parameters.keys()


def test_a_session_reads_each_file_once_for_all_that_a_review_asks(monkeypatch: pytest.MonkeyPatch):
    from crm_metrics.loaders import gathering, reading

    counts = {"open_inputs": 0, "gather": 0}
    for module, name in ((reading, "open_inputs"), (gathering, "gather")):
        original = getattr(module, name)

        def counted(*arguments: object, name: str = name, original: object = original, **more: object) -> object:
            counts[name] += 1
            return original(*arguments, **more)

        monkeypatch.setattr(module, name, counted)
    found = api.review([SAMPLE], settings=api_settings())

    assert {"open_inputs": 1, "gather": 1} == counts
    assert (True, True, True) == (found.goals is not None, found.funnel is not None, bool(found.calls))


def test_a_session_that_is_given_is_asked_again_without_reading(monkeypatch: pytest.MonkeyPatch):
    session = api.Session([SAMPLE])
    asked = session.query(metrics=["win_rate", "revenue_won"])
    dataset = session.load(asked)

    assert dataset is session.load(session.query(metrics=["win_rate"]))
    assert dataset is not session.load(session.query(metrics=["nps"]))


def api_settings() -> object:
    from crm_metrics import settings

    return settings.load(Path(SAMPLE) / "goals.toml", search=False)
