"""Every advice that is printed has been tried: followed to the letter, the file is read."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from tests.cli.running import crm_metrics

# Files that are not read as they are, each with the column that says what the advice must be about.
UNREAD = {
    "a misspelt stage": ("Owner,Stge,Amount\nAnn,Won,3\nBen,Lost,4\n", "Stge"),
    "dates under a word nobody knows": (
        "Order No;Client;Tagesangabe;Order Value\n1;A;2025-01-03;10\n2;B;2025-01-04;12\n",
        "Tagesangabe",
    ),
    "money under a word nobody knows": (
        "order id,customer,order date,moolah\n1,A,2025-01-03,10.50\n2,B,2025-01-04,12.10\n",
        "moolah",
    ),
    "money beside a note": (
        "order id,customer,order date,note,moolah\n1,A,2025-01-03,x,10\n2,B,2025-01-04,y,12\n",
        "moolah",
    ),
    "one German word": (
        "customer,order id,Bestelldatum,amount\nA,1,2025-01-03,10\nB,2,2025-01-04,12\n",
        "Bestelldatum",
    ),
    "a guess in Dutch": ("Bestelnummer;Klant;Besteldatum;Omzet\n1;A;2025-01-03;10,5\n2;B;2025-01-04;12,5\n", "Omzet"),
    "a guess in Polish": (
        "Numer zamówienia;Klient;Data zamówienia;Przychód\n1;A;2025-01-03;10,5\n2;B;2025-01-04;12,5\n",
        "Przychód",
    ),
    "tickets without a date by name": (
        "Ticket ID,Subject,When it came,Status\n1,a,2025-01-03 10:00,open\n2,b,2025-01-04 11:00,open\n",
        "When it came",
    ),
    "two dates that may be it": (
        "Ticket ID,Subject,Began when,Looked at when\n1,a,2025-01-03,2025-01-04\n2,b,2025-01-04,2025-01-07\n",
        "when",
    ),
    "a header with a quote": (
        'order id,customer,order date,"what\'s due"\n1,A,2025-01-03,10.5\n2,B,2025-01-04,12.5\n',
        "what's due",
    ),
}


def options(text: str) -> list[str]:
    """The options that a page advises, as a shell would give them."""
    return [shlex.split(found)[1] for found in re.findall(r"--set '.*\]'", text)]


@pytest.mark.parametrize("name", UNREAD)
def test_every_option_that_scan_prints_reads_the_file(folder: Path, name: str):
    text, about = UNREAD[name]
    (folder / "unread.csv").write_text(text, encoding="utf-8")
    page = crm_metrics("scan", "unread.csv")
    assert (page.code, "not recognised" in page.out) == (4, True)
    advised = options(page.out)
    assert advised
    for option in advised:
        assert about.replace("'", "") in option.replace("'", "")
        found = crm_metrics("scan", "unread.csv", "--set", option, "-f", "json")
        assert (found.code, found.json["files"][0]["used"]) == (0, 2), found.err


@pytest.mark.parametrize("name", UNREAD)
def test_a_report_gives_the_advice_of_scan_and_names_scan(folder: Path, name: str):
    (folder / "unread.csv").write_text(UNREAD[name][0], encoding="utf-8")
    refused = crm_metrics("report", "unread.csv")
    assert (refused.code, "crm-metrics scan" in refused.err) == (4, True)
    first, *_ = options(crm_metrics("scan", "unread.csv").out)
    assert options(refused.err) == [first]
    assert crm_metrics("report", "unread.csv", "-p", "all", "--set", options(refused.err)[0]).code == 0


def test_beside_other_files_the_warning_advises_too(folder: Path):
    (folder / "unread.csv").write_text(UNREAD["a misspelt stage"][0], encoding="utf-8")
    said = crm_metrics("report", "unread.csv", "deals.csv", "-p", "2025-02", "-f", "csv").err
    (option,) = options(said)
    assert crm_metrics("scan", "unread.csv", "--set", option).code == 0


def test_the_line_of_a_settings_file_reads_the_file_and_keeps_its_other_rules(folder: Path):
    (folder / "unread.csv").write_text(UNREAD["a misspelt stage"][0], encoding="utf-8")
    way = crm_metrics("scan", "unread.csv", "-f", "json").json["unrecognised"][0]["ways"][0]
    assert "files" in tomllib.loads(way["setting"])
    (folder / "crm-metrics.toml").write_text(way["setting"] + "\n")
    assert crm_metrics("scan", "unread.csv").code == 0
    (folder / "crm-metrics.toml").write_text('[[files]]\npath = "unread.csv"\ndecimal = "."\n')
    again = crm_metrics("scan", "unread.csv", "-f", "json").json["unrecognised"][0]["ways"][0]["option"]
    assert 'decimal = "."' in again
    found = crm_metrics("scan", "unread.csv", "--set", shlex.split(again)[1], "-f", "json").json["files"]
    assert found[0]["table"] == "deals"


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,2\n",
        "ip,timestamp,url,status,bytes\n1.1.1.1,2025-01-01 10:00,/a,200,5\n1.1.1.2,2025-01-01 10:01,/b,404,9\n",
        "Id,Name,Category,Price,Status\n1,Pen,Office,2,active\n2,Ink,Office,3,active\n",
    ],
)
def test_nothing_is_advised_where_words_say_nothing(folder: Path, text: str):
    (folder / "other.csv").write_text(text)
    assert options(crm_metrics("scan", "other.csv").out) == []


@pytest.mark.parametrize(
    "text",
    [
        "Ticket ID,Lead ID,Created At,Status,Owner\nT1,L1,2025-01-01,New,Ann\nT2,L2,2025-01-02,New,Ben\n",
        "Deal ID,Stage,Deal value,Contract value,Close Date\nD1,Won,10,20,2025-03-04\nD2,Won,30,,2025-03-05\n",
    ],
    ids=["two tables", "two amounts"],
)
def test_every_answer_to_a_question_settles_it(folder: Path, text: str):
    (folder / "asked.csv").write_text(text)
    page = crm_metrics("scan", "asked.csv")
    assert (page.code, len(options(page.out))) == (3, 2)
    for option in options(page.out):
        assert crm_metrics("scan", "asked.csv", "--set", option).code == 0


def test_a_column_that_was_taken_wrongly_is_switched_off(folder: Path):
    rows = "1,Won,5,Coins,2025-03-04\n2,Won,6,Notes,2025-03-05\n"
    (folder / "deals.csv").write_text(f"Deal ID,Stage,Amount,Currency,Close Date\n{rows}")
    asked = ("report", "deals.csv", "-p", "2025-03", "-m", "revenue_won", "-f", "csv")
    off = 'files=[{path = "deals.csv", columns = {currency = false}}]'
    assert crm_metrics(*asked, "--set", off).values == {"revenue_won": "11.0"}
    wrong = crm_metrics(*asked, "--set", 'files=[{path = "deals.csv", columns = {currency = true}}]')
    assert (wrong.code, "or false" in wrong.err) == (2, True)


# Files that are recognised, each with the figure it cannot give and the header that may be the column it lacks.
LACKING = {
    "French": (
        "ID de l'affaire;Étape;Valeur;Créé le;Date de clôture\n"
        "1;Gagné;10,5;2025-01-15;2025-02-15\n2;Perdu;12,5;2025-01-16;2025-02-16\n",
        "revenue_won",
        "Valeur",
    ),
    "Japanese": (
        "商談ID;フェーズ;値;作成日;完了日\n1;受注;10.5;2025-01-15;2025-02-15\n2;失注;12.5;2025-01-16;2025-02-16\n",
        "revenue_won",
        "値",
    ),
}


@pytest.mark.parametrize("name", LACKING)
@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_figure_that_lacks_a_column_names_the_header_that_may_be_it(folder: Path, name: str, form: str) -> None:
    text, metric, header = LACKING[name]
    (folder / "file.csv").write_text(text, encoding="utf-8")
    asked = (
        "report",
        "file.csv",
        "-p",
        "2025-02",
        "--as-of",
        "2025-02-28",
        "-m",
        f"{metric},deals_won",
        "-f",
        form,
    )
    before = crm_metrics(*asked)
    advised = {*options(before.out + before.err)}
    assert len(advised) == 1
    assert header in advised.copy().pop()
    assert options(crm_metrics("scan", "file.csv").out) == [*advised]
    after = crm_metrics(*asked, "--set", advised.pop())
    assert (after.code, options(after.out + after.err)) == (0, [])


def test_a_header_is_offered_only_for_a_column_that_a_figure_lacks(folder: Path) -> None:
    (folder / "file.csv").write_text(LACKING["French"][0], encoding="utf-8")
    page = crm_metrics("report", "file.csv", "-p", "2025-02", "--as-of", "2025-02-28", "-m", "deals_won")
    assert (page.code, options(page.out + page.err)) == (0, [])


def test_a_header_that_no_word_names_is_not_offered(folder: Path) -> None:
    text = LACKING["French"][0].replace("Valeur", "Truc")
    (folder / "file.csv").write_text(text, encoding="utf-8")
    asked = ("-m", "revenue_won,deals_won")
    page = crm_metrics("report", "file.csv", "-p", "2025-02", "--as-of", "2025-02-28", *asked)
    assert options(page.out + page.err) == []


@pytest.mark.parametrize(
    ("cells", "is_offered"), [(("TRUE", "FALSE"), False), (("4", "12"), False), (("Ann Ltd", "Ben & Co"), True)]
)
def test_a_yes_or_no_or_a_number_is_not_offered_as_a_name(
    folder: Path, cells: tuple[str, str], is_offered: bool
) -> None:
    rows = [f"{place},Won,2025-01-{3 + place:02},{cells[place % 2]}" for place in range(12)]
    (folder / "deals.csv").write_text("\n".join(["Deal ID,Stage,Close Date,Has company", *rows]) + "\n")

    assert ("'Has company' is the column" in crm_metrics("scan", "deals.csv").out) is is_offered


@pytest.mark.parametrize(
    ("metric", "header", "row", "cell"),
    [
        ("refund_rate", "order_id,customer,ordered_at,amount", "A,2025-01-03,20", "5"),
        ("revenue_per_active_customer", "deal_id,stage,closed_at,amount", "Won,2025-01-03,20", "Ann"),
    ],
)
def test_the_column_that_a_figure_is_said_to_lack_gives_it(
    folder: Path, metric: str, header: str, row: str, cell: str
) -> None:
    """Also where the figure is made of a table that no file is: a column of that one could not be added to any."""
    asked = ("report", "a.csv", "-p", "2025-01", "-m", metric)
    (folder / "a.csv").write_text(f"{header}\n1,{row}\n2,{row}\n")
    without = crm_metrics(*asked)
    advised = re.search(r"add the column (\w+)", without.err)
    assert (without.code, advised is not None) == (4, True)
    assert advised is not None
    (folder / "a.csv").write_text(f"{header},{advised[1]}\n1,{row},{cell}\n2,{row},{cell}\n")

    assert crm_metrics(*asked).code == 0


def test_the_options_for_several_files_work_together(folder: Path):
    (folder / "in").mkdir()
    for name, at in (("a", 1), ("b", 3)):
        rows = f"{at},A,2025-01-03,10.50\n{at + 1},B,2025-01-04,12.10\n"
        (folder / "in" / f"{name}.csv").write_text(f"order id,customer,order date,moolah\n{rows}", encoding="utf-8")
    lines = re.findall(r"--set '[^']*'", crm_metrics("report", "in", "-m", "revenue").err)
    assert len(lines) == 2

    done = crm_metrics("report", "in", "-p", "all", "-m", "revenue", "-f", "csv", *shlex.split(" ".join(lines)))
    assert (done.code, ",45.2," in done.out) == (0, True)
