"""Settings: all mistakes at once, each with the nearest name."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from crm_metrics.errors import SettingsError
from crm_metrics.settings import (
    Check,
    FileRules,
    Profile,
    Settings,
    find,
    from_pairs,
    load,
    read,
    user_folder,
    validated,
)
from crm_metrics.settings.files import Described, described
from crm_metrics.settings.lines import line_of, lines_of


def refusal(**values: object) -> str:
    with pytest.raises(SettingsError) as caught:
        validated(values, "settings.toml")
    assert 2 == caught.value.exit_code
    return str(caught.value)


def test_what_is_not_given_has_its_default() -> None:
    assert Settings() == validated({}, "settings.toml")
    assert (1.0, 90, None) == (Settings().gross_margin, Settings().conversion_days, Settings().inactive_after_days)


def test_values_are_taken_as_they_are_given() -> None:
    made = validated(
        {
            "timezone": "Europe/Berlin",
            "as_of": "2024-12-31",
            "gross_margin": 0.8,
            "won_stages": ["Signed"],
            "goal": [{"metric": "revenue_won", "target": 1000, "start": "2024-01-01", "due": "2024-03-31"}],
        },
        "settings.toml",
    )

    assert ("Europe/Berlin", date(2024, 12, 31), 0.8, ("Signed",)) == (
        made.timezone,
        made.as_of,
        made.gross_margin,
        made.won_stages,
    )
    assert [("revenue_won", 1000.0, date(2024, 1, 1), date(2024, 3, 31))] == [
        (goal.metric, goal.target, goal.start, goal.due) for goal in made.goal
    ]


def test_every_mistake_is_listed_at_once_with_the_nearest_name() -> None:
    message = refusal(
        gross_margn=0.8, gross_margin=1.5, timezone="Mars/Olympus", week_start="funday", conversion_days=0
    )

    for words in (
        "gross_margn",
        "Did you mean gross_margin?",
        "gross_margin = 1.5",
        "Mars/Olympus",
        "Europe/Berlin",
        "week_start = 'funday'",
        "conversion_days = 0",
    ):
        assert words in message, message
    assert message.startswith("settings.toml: ")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("time_zone", "timezone"),
        ("asof", "as_of"),
        ("weekstart", "week_start"),
        ("Currency", "currency"),
        ("goals", "goal"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    assert f"Did you mean {nearest}?" in refusal(**{name: 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gross_margin", 0),
        ("gross_margin", -0.1),
        ("gross_margin", 80),
        ("gross_margin", float("nan")),
        ("gross_margin", "much"),
        ("conversion_days", 1.5),
        ("cac_lag_days", -1),
        ("response_target_minutes", 0),
        ("response_target_minutes", float("inf")),
        ("response_target_minutes", float("nan")),
        ("lead_response_target_hours", -2),
        ("lead_response_target_hours", float("inf")),
        ("inactive_after_days", 0),
        ("fiscal_year_start", 13),
        ("fiscal_year_start", 0),
        ("csat_top", 0),
        ("date_order", "ymd"),
        ("decimal", ";"),
        ("order_amount", "both"),
        ("as_of", "2024-02-30"),
        ("as_of", "soon"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "/etc/localtime"),
        ("timezone", ""),
        ("won_stages", "Signed"),
        ("currency", 3),
    ],
)
def test_a_value_outside_what_the_setting_can_be_is_refused_by_name(name: str, value: object) -> None:
    assert name in refusal(**{name: value})


def test_a_mistake_in_a_goal_is_named_with_its_place() -> None:
    message = refusal(
        goal=[{"metric": "revenue_won", "target": "much", "start": "2024-01-01", "due": "2024-03-31", "by": 1}]
    )

    assert "goal 1.target" in message
    assert "no key in goal 1: by" in message


def test_an_unknown_key_of_a_goal_is_refused_with_the_nearest_key_of_a_goal() -> None:
    message = refusal(
        goal=[{"metric": "revenue_won", "target": 1, "start": "2024-01-01", "due": "2024-03-31", "targt": 2}]
    )

    assert "Did you mean target?" in message


def test_a_goal_that_is_due_before_it_starts_is_refused() -> None:
    message = refusal(goal=[{"metric": "revenue_won", "target": 1, "start": "2024-03-31", "due": "2024-01-01"}])

    assert "goal 1" in message


def test_settings_do_not_change() -> None:
    with pytest.raises(AttributeError, match="cannot assign"):
        Settings().gross_margin = 0.5  # type: ignore[misc]


def test_pairs_are_read_as_toml_and_else_as_text() -> None:
    pairs = [
        "gross_margin=0.8",
        "conversion_days = 30",
        "as_of=2024-12-31",
        "currency=EUR",
        'timezone="Europe/Berlin"',
        "won_stages=['Signed', 'Paid']",
        "decimal=,",
        'competitor_reasons=["a=b"]',
    ]

    assert {
        "gross_margin": 0.8,
        "conversion_days": 30,
        "as_of": date(2024, 12, 31),
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "won_stages": ["Signed", "Paid"],
        "decimal": ",",
        "competitor_reasons": ["a=b"],
    } == from_pairs(pairs)


def test_two_pairs_of_one_name_contradict_each_other() -> None:
    with pytest.raises(SettingsError, match="currency is given twice"):
        from_pairs(["currency=EUR", "currency=USD"])


def test_lists_and_words_for_states_that_are_given_one_by_one_are_put_together() -> None:
    """As the lines are printed that settle one stage or one file each."""
    pairs = [
        'won_stages=["Signed"]',
        'won_stages=["Paid"]',
        'states.deals={ "A" = "won" }',
        'states.deals={ "B" = "lost" }',
    ]

    assert from_pairs(pairs) == {"won_stages": ["Signed", "Paid"], "states": {"deals": {"A": "won", "B": "lost"}}}
    with pytest.raises(SettingsError, match=r"states\.deals is given twice"):
        from_pairs(['states.deals={ "A" = "won" }', 'states.deals={ "A" = "lost" }'])


def test_a_pair_holds_one_value_whatever_its_text() -> None:
    assert {"currency": "1\nother = 2"} == from_pairs(["currency=1\nother = 2"])


@pytest.mark.parametrize("pair", ["gross_margin", "", "gross_margin:0.8"])
def test_what_is_no_pair_is_refused_with_an_example(pair: str) -> None:
    with pytest.raises(SettingsError, match=r"--set gross_margin=0\.8"):
        from_pairs([pair])


def test_a_pair_without_a_name_is_refused() -> None:
    with pytest.raises(SettingsError):
        validated(from_pairs(["=0.8"]), "--set")


def test_a_file_is_read_as_toml(tmp_path: Path) -> None:
    path = tmp_path / "crm-metrics.toml"
    path.write_text('gross_margin = 0.8\ncurrency = "€"\nas_of = 2024-12-31\n', encoding="utf-8")

    assert {"gross_margin": 0.8, "currency": "€", "as_of": date(2024, 12, 31)} == read(path)
    assert 0.8 == validated(read(path), str(path)).gross_margin


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "crm-metrics.toml"
    path.write_bytes(b"\xef\xbb\xbfgross_margin = 0.8\n")

    assert {"gross_margin": 0.8} == read(path)


@pytest.mark.parametrize("content", [b"gross_margin = ", b"\xff\xfe", b"[a\n"])
def test_a_file_that_is_no_toml_is_refused_by_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "crm-metrics.toml"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=r"crm-metrics\.toml"):
        read(path)


def test_a_file_that_is_not_there_or_a_folder_is_refused_by_its_path(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError, match=path.name):
            read(path)


@pytest.mark.parametrize("setting", described(), ids=lambda setting: setting.name)
def test_every_setting_says_what_it_is_and_its_example_is_valid(setting: Described) -> None:
    made = tomllib.loads(setting.example)

    assert setting.about
    assert setting.name in made
    assert getattr(validated(made, setting.name), setting.name)


def test_all_examples_together_make_a_settings_file() -> None:
    text = "\n".join(setting.example for setting in described())

    assert validated(tomllib.loads(text), "all").rates is not None


def test_the_keys_of_blocks_say_what_they_are_too() -> None:
    for block in (FileRules, Profile, Check):
        assert [] == [of.name for of in fields(block) if not of.metadata["about"]]


def test_a_place_in_a_file_is_found_by_its_line() -> None:
    text = (
        '# "x" = 1\n'
        'paths = [\n  "a", # ["\n  "]",\n]\n'
        '"gross margin" = 1\n'
        'about = """\n[no]\nx = 1\n"""\n'
        "a . b = '#'\n"
        '[columns."deals.csv"]\n'
        'amount = "[x"\n'
        "[[files]]\n"
        'path = "x"\n'
        "[files.columns]\n"
        "amount = 'y'\n"
        "[[files]]\n"
        "path = { x = 1 }\n"
    )
    found = lines_of(text)

    assert {
        ("paths",): 2,
        ("gross margin",): 6,
        ("about",): 7,
        ("a", "b"): 11,
        ("columns", "deals.csv"): 12,
        ("columns", "deals.csv", "amount"): 13,
        ("files", 0): 14,
        ("files", 0, "columns", "amount"): 17,
        ("files", 1): 18,
        ("files", 1, "path"): 19,
    }.items() <= found.items()
    assert ("x",) not in found
    assert (19, None) == (line_of(("files", 1, "path", "x"), found), line_of(("none",), found))


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("deals.csv", "deals.csv", True),
        ("deals.csv", "exports/2025/Deals.CSV", True),
        ("exports/deals*.csv", "in/exports/deals-1.csv", True),
        ("exports/deals*.csv", "exports/old/deals-1.csv", False),
        ("./deals.csv", "deals.csv", True),
        ("*.csv", "a/b.csv", True),
        ("book.xlsx", "in/book.xlsx#Deals", True),
        ("book.xlsx#Deals", "in/book.xlsx#Deals", True),
        ("book.xlsx#Deals", "in/book.xlsx#Leads", False),
        ("deals [2024].csv", "deals [2024].csv", True),
        ("exports\\deals.csv", "exports/deals.csv", True),
        ("deals", "deals.csv", False),
    ],
)
def test_a_pattern_names_files_by_their_name_or_their_last_folders(pattern: str, path: str, expected: bool) -> None:
    assert expected is FileRules(path=pattern).is_for(path)


def test_of_several_entries_for_a_file_the_first_that_says_something_counts() -> None:
    made = validated(
        {
            "date_order": "dmy",
            "columns": {"a*.csv": {"amount": "Net"}},
            "files": [
                {"path": "a.csv", "date_order": "mdy"},
                {"path": "*.csv", "date_order": "dmy", "decimal": ",", "columns": {"amount": "Gross", "owner": "Rep"}},
            ],
        },
        "settings",
    )
    rules = made.rules("x/a.csv")

    assert ("mdy", ",", {"amount": "Net", "owner": "Rep"}) == (rules.date_order, rules.decimal, rules.columns)
    assert ("mdy", ",") == (made.for_file("a.csv").date_order, made.for_file("a.csv").decimal)
    assert ("dmy", None) == (made.for_file("a.txt").date_order, made.for_file("a.txt").decimal)
    assert ["a*.csv", "a.csv"] == made.unused(["b.csv"])


def test_settings_of_a_file_know_it_and_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "crm-metrics.toml"
    path.write_text('paths = ["a.csv", "-", "/b/"]\nmetrics_file = "own.toml"\n', encoding="utf-8")
    made = load(path)

    assert (str(path), str(path)) == (made.file, made.but(currency="EUR").file)
    assert (str(tmp_path / "a.csv"), "-", "/b/") == made.paths
    assert str(tmp_path / "own.toml") == made.metrics_file
    assert load(path, over={"paths": ["c.csv"]}).paths == ("c.csv",)
    assert Settings().file is None


def test_without_a_home_or_a_file_there_are_only_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert tmp_path / "home" / ".config" / "crm-metrics" == user_folder() or sys.platform != "linux"
    assert (None, Settings()) == (find(), load())
    assert Settings() == load(search=False)
