"""How single files are read, by the settings: mappings, tables, encodings, surveys, and vendor files of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Outcome, crm_metrics

GERMAN = """\
Nummer;Verkäufer;Lage;Netto;Brutto;Angelegt;Fertig
1;Ann;Closed Won;1000,50;1190,60;2025-01-05;2025-02-03
2;Ben;Closed Lost;400,25;476,30;2025-01-07;2025-02-20
"""
MAPPING = """\
[columns."abschl*.csv"]
deal_id = "Nummer"
owner = "Verkäufer"
stage = "Lage"
amount = "Netto"
created_at = "Angelegt"
closed_at = "Fertig"
"""
SURVEY = "Response ID,Responded At,Score\n" + "".join(f"{i},2025-03-0{i},{i}\n" for i in range(1, 6))


@pytest.fixture
def german(folder: Path) -> Path:
    (folder / "abschluss.csv").write_text(GERMAN, encoding="utf-8")
    (folder / "crm-metrics.toml").write_text(MAPPING, encoding="utf-8")
    return folder


def report(*arguments: str) -> Outcome:
    return crm_metrics("report", *arguments, "-f", "csv")


def test_headers_that_say_nothing_are_mapped(german: Path):
    done = report("abschluss.csv", "-p", "2025-02", "-m", "revenue_won,win_rate")
    assert (done.code, done.values) == (0, {"revenue_won": "1000.5", "win_rate": "0.5"})


def test_without_the_mapping_the_file_is_not_recognised(german: Path):
    assert crm_metrics("report", "abschluss.csv", "--no-config").code == 4


def test_a_mapping_may_stand_in_the_block_of_a_file(german: Path):
    block = '[[files]]\npath = "abschluss.csv"\ntable = "deals"\n[files.columns]\n' + MAPPING.partition("\n")[2]
    (german / "crm-metrics.toml").write_text(block, encoding="utf-8")
    assert report("abschluss.csv", "-p", "2025-02", "-m", "revenue_won").values == {"revenue_won": "1000.5"}


def test_a_mapped_column_beats_what_the_header_says(folder: Path):
    text = "Deal ID,Stage,Amount,Net,Close Date\n1,Closed Won,100,80,2025-03-04\n"
    (folder / "deals.csv").write_text(text)
    (folder / "crm-metrics.toml").write_text('[columns."deals.csv"]\namount = "Net"\n')
    assert report("deals.csv", "-p", "2025-03", "-m", "revenue_won").values == {"revenue_won": "80.0"}


def test_it_settles_which_of_two_columns_counts(folder: Path):
    text = "Deal ID,Stage,Value,Deal Value,Close Date\n1,Closed Won,100,80,2025-03-04\n"
    (folder / "deals.csv").write_text(text)
    assert crm_metrics("report", "deals.csv", "-p", "2025-03", "-m", "revenue_won").code == 3
    (folder / "crm-metrics.toml").write_text('[columns."deals.csv"]\namount = "Deal Value"\n')
    assert report("deals.csv", "-p", "2025-03", "-m", "revenue_won").values == {"revenue_won": "80.0"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('amount = "Neto"', "Did you mean Netto?"),
        ('closed_by = "Fertig"', "Did you mean closed_at?"),
        ('first_response_at = "Fertig"', "no column first_response_at"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(german: Path, line: str, said: str):
    (german / "crm-metrics.toml").write_text(
        f'[columns."deals.csv"]\nowner = "Owner"\n{line}\n'.replace("Fertig", "Stage")
    )
    if "Neto" in line:
        (german / "crm-metrics.toml").write_text(MAPPING.replace("Netto", "Neto"), encoding="utf-8")
    done = crm_metrics("report", "deals.csv", "abschluss.csv")
    assert done.refusal == (2, "", False)
    assert (said in done.err, "crm-metrics.toml" in done.err) == (True, True), done.err


def test_a_pattern_that_is_about_no_file_is_noted(folder: Path):
    (folder / "crm-metrics.toml").write_text('[columns."deels.csv"]\namount = "Net"\n')
    found = crm_metrics("report", "deals.csv", "-p", "2025-02", "-f", "json").json["issues"]
    assert [issue["sentence"] for issue in found if issue["code"] == "settings-unused"] == [
        "the settings for deels.csv are about no file that was read"
    ]


def test_the_encoding_is_set_for_all_or_for_one_file(folder: Path):
    text = "Deal ID,Owner,Stage,Close Date\n1,Łucja,Closed Won,2025-03-04\n"
    (folder / "deals.csv").write_bytes(text.encode("iso8859-2"))
    asked = ("deals.csv", "-p", "2025-03", "-m", "deals_won", "--by", "owner")
    assert [row["owner"] for row in report(*asked, "--encoding", "iso-8859-2").rows] == ["Łucja"]
    (folder / "crm-metrics.toml").write_text(
        'encoding = "utf-16"\n[[files]]\npath = "deals.csv"\nencoding = "latin2"\n'
    )
    assert [row["owner"] for row in report(*asked).rows] == ["Łucja"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-8", "utf-8-sig"])
def test_a_mark_of_the_byte_order_is_no_text(folder: Path, encoding: str):
    text = "Deal ID,Owner,Stage,Close Date\n1,Zoë,Closed Won,2025-03-04\n"
    data = b"\xff\xfe" + text.encode(encoding) if encoding == "utf-16-le" else text.encode(encoding)
    (folder / "deals.csv").write_bytes(data)
    rows = report("deals.csv", "-p", "2025-03", "-m", "deals_won", "--by", "owner", "--encoding", encoding).rows
    assert [row["owner"] for row in rows] == ["Zoë"]


def test_an_encoding_that_is_none_is_refused(folder: Path):
    assert crm_metrics("report", "deals.csv", "--encoding", "utf-99").refusal == (2, "", False)


def test_date_order_and_decimal_hold_for_the_files_they_are_set_for(folder: Path):
    text = "Deal ID,Stage,Amount,Close Date\n1,Closed Won,1.234,03/04/2025\n"
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(text.replace("\n1,", f"\n{name},"))
    rules = "[[files]]\npath = 'a.csv'\ndate_order = 'dmy'\ndecimal = '.'\n"
    rules += "[[files]]\npath = 'b.csv'\ndate_order = 'mdy'\ndecimal = ','\n"
    (folder / "crm-metrics.toml").write_text(rules)
    rows = report("a.csv", "b.csv", "-p", "2025-03..2025-04", "-m", "revenue_won", "--by", "month").rows
    assert [(row["period"], row["value"]) for row in rows] == [("2025-03", "1234.0"), ("2025-04", "1.234")]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ('kind = "csat"\nscale = "1-5"', {"csat": "0.4"}),
        ('kind = "csat"\nscale = "1-7"', {"csat": "0.0"}),
        ('kind = "nps"\nscale = "0-10"', {"nps": "-100.0"}),
        ('kind = "ces"', {"ces": "3.0"}),
    ],
)
def test_what_a_survey_asked_and_its_scale_are_set(folder: Path, rules: str, expected: dict[str, str]):
    (folder / "answers.csv").write_text(SURVEY)
    (folder / "crm-metrics.toml").write_text(f'[[files]]\npath = "answers.csv"\n{rules}\n')
    assert report("answers.csv", "-p", "2025-03", "-m", next(iter(expected))).values == expected


OWN = """\
title = "Our tool"
total_rows = ["Summe:"]

[[layout]]
table = "deals"
signature = ["Nummer", "Phase", "Netto"]
won = ["Fertig"]
lost = ["Weg"]
[layout.columns]
deal_id = ["Nummer"]
stage = ["Phase"]
amount = ["Netto"]
closed_at = ["Datum"]
"""


def test_a_vendor_file_of_one_s_own_is_read_like_the_built_in_ones(folder: Path):
    (folder / "conf").mkdir()
    (folder / "conf" / "our-tool.toml").write_text(OWN)
    (folder / "conf" / "set.toml").write_text('vendor_files = ["our-tool.toml"]\n')
    text = "Nummer,Phase,Netto,Datum\n1,Fertig,100,2025-03-04\n2,Weg,50,2025-03-05\nSumme: 2,,150,\n"
    (folder / "x.csv").write_text(text)
    asked = ("report", "x.csv", "-p", "2025-03", "-m", "revenue_won,win_rate", "--config", "conf/set.toml")
    assert crm_metrics(*asked, "-f", "csv").values == {"revenue_won": "100.0", "win_rate": "0.5"}
    source = crm_metrics(*asked, "-f", "json").json["inputs"][0]
    assert (source["vendor"], source["used"], source["left_out_by_reason"]) == ("our-tool", 2, {"total-row": 1})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("won =", "wonn =", "line 7: there is no key 'wonn'. Did you mean won?"),
        ("total_rows", "total_row", "line 2: there is no key 'total_row'. Did you mean total_rows?"),
        ('"deals"', '"deels"', "line 5: table = 'deels'. Did you mean deals?"),
        ("amount =", "amout =", "line 12: deals have no column 'amout'. Did you mean amount?"),
        ('["Fertig"]', '"Fertig"', "line 7: won = 'Fertig': a list of texts expected"),
        ('signature = ["Nummer", "Phase", "Netto"]', "", "signature is missing"),
        ('title = "Our tool"', "", "title is missing"),
        ("[[layout]]", "[layout]", "[[layout]]"),
        ('won = ["Fertig"]', 'probability = "prozent"', "probability = 'prozent': percent"),
        ("[layout.columns]", "[layout", "cannot be read as TOML"),
    ],
)
def test_a_mistake_in_a_vendor_file_stands_with_its_line(folder: Path, old: str, new: str, said: str):
    (folder / "our-tool.toml").write_text(OWN.replace(old, new, 1))
    (folder / "crm-metrics.toml").write_text('vendor_files = "our-tool.toml"\n')
    done = crm_metrics("report", "deals.csv")
    assert done.refusal == (2, "", False)
    assert ("our-tool.toml" in done.err, said in done.err) == (True, True), done.err


def test_a_vendor_file_that_is_not_there_is_named(folder: Path):
    (folder / "crm-metrics.toml").write_text('vendor_files = ["none.toml"]\n')
    done = crm_metrics("report", "deals.csv")
    assert (done.refusal, "none.toml" in done.err) == ((2, "", False), True)
