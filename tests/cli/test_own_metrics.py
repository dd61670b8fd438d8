"""--metrics-file: figures of one's own, and mistakes in their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

OWN = """
[big_deals_won]
title = "Big deals won"
count = "deals"
where = "outcome == 'won' and amount >= 1000"
at = "closed_at"
unit = "count"

[big_deal_share]
title = "Share of big deals"
formula = "big_deals_won / deals_won"
unit = "percent"
about = "Of the deals won in the period, the share that was big."
"""
ASKED = ("report", "deals.csv", "-p", "2025-Q1", "-f", "csv", "--metrics-file", "own.toml")
BAD = {
    "an unknown key": (OWN.replace("where =", "were ="), "where"),
    "an unknown column": (OWN.replace("amount >=", "amont >="), "amount"),
    "an unknown table": (OWN.replace('"deals"', '"deels"'), "deals"),
    "an unknown metric": (OWN.replace("/ deals_won", "/ deals_one"), "deals_won"),
    "an unknown unit": (OWN.replace('"percent"', '"percents"'), "percent"),
    "a call": (OWN.replace("big_deals_won / deals_won", "__import__('os').getpid()"), "big_deal_share"),
    "a name that is taken": (OWN.replace("[big_deals_won]", "[win_rate]"), "win_rate"),
    "a circle": (OWN.replace("/ deals_won", "/ big_deal_share"), "big_deal_share"),
    "no title": (OWN.replace('title = "Big deals won"', ""), "title"),
    "no date": (OWN.replace('at = "closed_at"', ""), "'at'"),
    "no toml": ("[[", "own.toml"),
}


def test_the_family_own_is_reported(folder: Path):
    (folder / "own.toml").write_text(OWN)
    done = crm_metrics(*ASKED, "-m", "own")
    assert (done.code, done.values) == (0, {"big_deals_won": "2", "big_deal_share": "0.6666666666666666"})


def test_it_stands_beside_the_built_in_ones(folder: Path):
    (folder / "own.toml").write_text(OWN)
    rows = crm_metrics(*ASKED).rows
    assert [row["metric"] for row in rows if row["metric"] in ("win_rate", "big_deal_share")] == [
        "win_rate",
        "big_deal_share",
    ]


def test_it_goes_by_segment(folder: Path):
    (folder / "own.toml").write_text(OWN)
    rows = crm_metrics(*ASKED, "-m", "big_deal_share", "--by", "owner").rows
    assert {row["owner"]: row["value"] for row in rows if row["value"]} == {"Ann": "1.0", "Ben": "0.5"}


def test_the_catalogue_explains_it(folder: Path):
    (folder / "own.toml").write_text(OWN)
    out = crm_metrics("metrics", "--metrics-file", "own.toml", "big_deal_share").out
    assert [
        text for text in ("Share of big deals", "big_deals_won / deals_won", "amount >= 1000") if text not in out
    ] == []


def test_a_metric_without_words_leaves_no_gap_in_its_explanation(folder: Path):
    (folder / "own.toml").write_text(OWN)
    out = crm_metrics("metrics", "--metrics-file", "own.toml", "big_deals_won").out
    assert "\n\n\n" not in out


def test_a_mark_of_the_byte_order_does_no_harm(folder: Path):
    (folder / "own.toml").write_text(OWN, encoding="utf-8-sig")
    assert crm_metrics(*ASKED, "-m", "big_deals_won").values == {"big_deals_won": "2"}


@pytest.mark.parametrize("kind", BAD)
def test_a_mistake_is_a_usage_error_that_names_file_and_place(folder: Path, kind: str):
    text, named = BAD[kind]
    (folder / "own.toml").write_text(text)
    done = crm_metrics(*ASKED)
    assert done.refusal == (2, "", False)
    assert named in done.err


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("uncut = true", 'instead of uncut = true write window = "whole"'),
        ('cap = "start"', 'write when = "capped"'),
        ('carried = "created_at"', 'when = "start"'),
        ('hint = "set a goal"', "write it into edges"),
    ],
)
def test_a_key_of_earlier_versions_is_refused_with_what_says_the_same(folder: Path, line: str, instead: str):
    (folder / "own.toml").write_text(OWN.replace('at = "closed_at"', f'at = "closed_at"\n{line}'))
    done = crm_metrics(*ASKED)
    assert (done.code, done.out) == (2, "")
    assert "own.toml [big_deals_won]: there is no key" in done.err
    assert instead in done.err


def test_a_window_may_be_whole(folder: Path):
    """Deals expected to close after the day up to which the data goes are due in the period all the same."""
    deals = "Deal ID,Stage,Amount,Created At,Expected Close Date\nD1,Proposal,900,2025-03-01,2025-03-28\n"
    (folder / "deals.csv").write_text(deals, encoding="utf-8")
    due = OWN.split("[big_deal_share]")[0].replace("outcome == 'won' and ", "").replace(">= 1000", ">= 1")
    due = due.replace("closed_at", "expected_close_at")
    asked = (*ASKED[:2], "-p", "2025-03", "--as-of", "2025-03-15", *ASKED[4:], "-m", "big_deals_won")
    for window, count in (("", "0"), ('window = "whole"\n', "1")):
        (folder / "own.toml").write_text(due + window)
        assert crm_metrics(*asked).values == {"big_deals_won": count}


@pytest.mark.parametrize("kind", BAD)
def test_a_mistake_is_blamed_on_its_file(folder: Path, kind: str):
    (folder / "own.toml").write_text(BAD[kind][0])
    assert "own.toml" in crm_metrics(*ASKED).err
