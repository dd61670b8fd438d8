"""Settings: all mistakes at once, each with the nearest name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_metrics.errors import SettingsError
from crm_metrics.settings import Settings, from_pairs, read, validated


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

    assert "goal.0.target" in message
    assert "goal.0.by" in message


def test_an_unknown_key_of_a_goal_is_refused_with_the_nearest_key_of_a_goal() -> None:
    message = refusal(
        goal=[{"metric": "revenue_won", "target": 1, "start": "2024-01-01", "due": "2024-03-31", "targt": 2}]
    )

    assert "Did you mean target?" in message


def test_a_goal_that_is_due_before_it_starts_is_refused() -> None:
    message = refusal(goal=[{"metric": "revenue_won", "target": 1, "start": "2024-03-31", "due": "2024-01-01"}])

    assert "goal.0" in message


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
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


def test_the_last_pair_of_a_name_counts() -> None:
    assert {"currency": "USD"} == from_pairs(["currency=EUR", "currency=USD"])


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
