"""Which export a file is, which of its columns is which, and what a vendor's peculiarities do to its rows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyarrow as pa
import pytest

from crm_metrics import api, schema
from crm_metrics.errors import DataError
from crm_metrics.loaders import vendor_files
from crm_metrics.loaders.beside import is_beside
from crm_metrics.loaders.coercing import columns, currencies
from crm_metrics.loaders.normalising.total_words import ALONE, says
from crm_metrics.loaders.recognising import layouts, recognise
from crm_metrics.reporting.report import Report
from crm_metrics.settings import Settings
from crm_metrics.tables import Dataset
from tests.conftest import TODAY

VENDORS = Path(__file__).parent / "vendors"
VENDOR_FILES = sorted(Path(vendor_files.__file__).with_name("vendors").glob("*.toml"))
FOOTERS = next(layout.total_rows for layout in layouts() if layout.vendor == "salesforce")


def written(folder: Path, text: str, name: str = "export.csv") -> str:
    path = folder / name
    path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
    return str(path)


def report(*paths: str) -> Report:
    return api.report(list(paths), period="all", today=TODAY)


def values(found: Report) -> dict[str, float]:
    """The figures without a currency or in the only one."""
    given = found.rows[found.rows["status"] != "unavailable"]
    return dict(zip(given["metric"], given["value"], strict=True))


def loaded(*paths: str, metrics: tuple[str, ...] = (), by: tuple[str, ...] = ()) -> Dataset:
    return api.load(list(paths), api.query(period="all", metrics=metrics, by=by), today=TODAY)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Record ID,Deal Name,Deal Stage,Close Date,Amount", "hubspot deals"),
        ("RECORD ID,deal stage,Amount", "hubspot deals"),
        ("ID de registro,Nombre del negocio,Fecha de creación,Importe", "hubspot deals"),
        ("hs_object_id,dealname,dealstage,amount,closedate", "hubspot deals"),
        ("Record ID,Company name,Company owner,Industry", "hubspot customers"),
        ("Record ID,First Name,Last Name,Email,Company Name,Contact owner,Lifecycle Stage", "hubspot leads"),
        ("Record ID,First Name,Last Name,Company name", "hubspot leads"),
        ("Ticket ID,Ticket name,Ticket status,Create date", "hubspot tickets"),
        ("Id,Name,StageName,Amount,CloseDate,IsWon", "salesforce deals"),
        ("ID,NAME,STAGENAME,AMOUNT,CLOSEDATE", "salesforce deals"),
        ("Opportunity Owner,Account Name,Opportunity Name,Stage,Amount,Close Date,Age", "salesforce deals"),
        ("Opportunity ID,Account Name,Opportunity Name,From Stage,To Stage,Stage,Close Date,Last Modified",
         "salesforce deal_stages"),
        ("Opportunity ID,Account Name,Opportunity Name,Stage,Close Date,Field / Event,Old Value,New Value,Edit Date",
         "salesforce deal_stages"),
        ("Id,OpportunityId,CreatedDate,StageName,Amount,CloseDate,SystemModstamp", "salesforce deal_stages"),
        ("Id,OpportunityId,Field,OldValue,NewValue,CreatedDate", "salesforce deal_stages"),
        ("OPPORTUNITYID,OPPORTUNITYNAME,ACCOUNTID,STAGENAME,AMOUNT,CLOSEDATE", "salesforce deals"),
        ("Id,LastName,Company,Status,IsConverted", "salesforce leads"),
        ("Lead Owner,First Name,Last Name,Company / Account,Lead Status,Converted", "salesforce leads"),
        ("Id,Name,Type,BillingCity,Industry", "salesforce customers"),
        ("Account Name,Account Owner,Type,Industry,Billing State/Province", "salesforce customers"),
        ("Id,CaseNumber,Status,CreatedDate", "salesforce tickets"),
        ("Case Number,Case Owner,Date/Time Opened,Status", "salesforce tickets"),
        ("Id,Name,StartDate,EndDate,ActualCost,BudgetedCost", "salesforce spend"),
        ("Deal - ID,Deal - Title,Deal - Status,Deal - Value,Organization - Name", "pipedrive deals"),
        ("ID,Title,Value,Currency,Organization,Status,Deal created,Won time", "pipedrive deals"),
        ("Lead - ID,Lead - Title,Lead - Owner,Lead - Lead created", "pipedrive leads"),
        ("Record Id,Deal Owner.id,Deal Owner,Deal Name,Stage,Closing Date", "zoho deals"),
        ("Deal Id,Deal Name,Stage,Closing Date,Amount", "zoho deals"),
        ("Record Id,Lead Owner.id,Lead Status,Is Converted,Created Time", "zoho leads"),
        ("Record Id,Account Owner,Account Name,Industry,Type", "zoho customers"),
        ("(Do Not Modify) Opportunity,(Do Not Modify) Row Checksum,Topic,Status,Est. Revenue", "dynamics deals"),
        ("Topic,Account,Status,Est. Revenue,Est. Close Date", "dynamics deals"),
        ("(Do Not Modify) Lead,Topic,Company Name,Status", "dynamics leads"),
        ("deal_id,deal_title,deal_status,stage,amount,created_at", "generic deals"),
        ("Deal title,Deal stage,Amount,Close date", "generic deals"),
    ],
)  # fmt: skip
def test_a_header_is_recognised(header, expected):
    found = recognise(header.split(","), "export.csv")

    assert found is not None
    assert f"{found.layout.vendor} {found.layout.table}" == expected


@pytest.mark.parametrize("place", range(len(layouts())), ids=lambda place: f"{place}-{layouts()[place].vendor}")
def test_a_layout_names_columns_that_exist(place):
    layout = layouts()[place]
    known = schema.TABLES[layout.table].columns
    own = {column for column in layout.columns if not is_beside(column)}
    second = {column.removeprefix("deals.") for column in layout.columns if is_beside(column)}

    assert own <= known.keys()
    assert second <= schema.TABLES["deals"].columns.keys()
    assert {*layout.zero_is_missing, *layout.distinctive, *layout.own} <= known.keys()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Grand Totals (50 records)", True),
        ("GRAND  TOTALS (1 record)", True),
        ("Total", True),
        ("Total (12)", True),
        ("Confidential Information - Do Not Distribute", True),
        ("Copyright © 2000-2025 salesforce.com, inc. All rights reserved.", True),
        ("Copyright (c) 2000-2025 salesforce.com, inc.", True),
        ("Total Wine", False),
        ("Totals and more", False),
        ("Copyright office - renewal", False),
        ("", False),
    ],
)
def test_the_lines_below_a_report_are_told_from_records(cell, expected):
    assert (says(cell, FOOTERS) == ALONE) is expected


def test_a_customer_called_total_is_no_total(tmp_path):
    text = """
        Account Name,Opportunity Name,Stage,Amount,Close Date
        Total,Fuel cards,Closed Won,700,2025-03-02
        Total Wine,Shelves,Closed Won,200,2025-03-03
        Total,,,900,
    """
    found = report(written(tmp_path, text))

    assert values(found)["revenue_won"] == 900
    assert [dict(source.left_out) for source in found.sources] == [{"total-row": 1}]


def test_a_total_row_is_counted_and_its_cells_are_no_bad_dates(tmp_path):
    text = """
        Opportunity Owner,Opportunity Name,Stage,Amount,Close Date
        Mara Holt,Fuel cards,Closed Won,"$1,234,700",3/15/2025
        Grand Totals (1 record),,,"$1,234,700",n.a.
    """
    found = report(written(tmp_path, text))

    assert values(found)["revenue_won"] == 1_234_700
    assert "unreadable-date" not in {issue.code for issue in found.issues}
    assert {issue.code: issue.rows for issue in found.issues}["total-row"] == (3,)


def test_the_lines_of_one_cell_below_a_report_are_not_called_broken(tmp_path):
    path = VENDORS / "salesforce-reports" / "opportunities.csv"
    found = report(str(path))

    assert {issue.code for issue in found.issues} & {"malformed-row", "short-row"} == set()
    (source,) = found.sources
    assert (source.rows, source.used, dict(source.left_out)) == (8, 4, {"total-row": 4})


def test_a_broken_row_beside_a_footer_is_still_reported(tmp_path):
    text = """
        Opportunity Owner,Opportunity Name,Stage,Amount,Close Date
        Mara Holt,Fuel cards,Closed Won,700,2025-03-15
        Ivo Lund,Fuel cards,Closed Won,700,2025-03-16,a,b
        Confidential Information - Do Not Distribute
    """
    found = report(written(tmp_path, text))

    (source,) = found.sources
    assert (source.rows, dict(source.left_out)) == (3, {"malformed-row": 1, "total-row": 1})
    (broken,) = (issue for issue in found.issues if issue.code == "malformed-row")
    assert (broken.count, broken.rows) == (1, (3,))


def test_a_converted_amount_keeps_its_own_currency():
    both = "Opportunity Name,Stage,Close Date,Amount Currency,Amount,Amount (converted) Currency,Amount (converted)"
    found = recognise(both.split(","), "x.csv")
    only = recognise(
        ["Opportunity Name", "Stage", "Close Date", "Amount (converted) Currency", "Amount (converted)"], "x"
    )

    assert (found.columns["amount"], found.columns["currency"]) == (4, 3)
    assert (only.columns["amount"], only.columns["currency"]) == (4, 3)


def test_an_amount_is_not_given_the_currency_of_another():
    """HubSpot's Amount is in the deal's currency, which the file does not name."""
    header = ["Record ID", "Deal Stage", "Amount", "Amount in company currency", "Currency in company currency"]
    found = recognise(header, "x.csv")

    assert found.columns["amount"] == 2
    assert "currency" not in found.columns


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["USD 1,200.00", "EUR 5.00"], ["USD", "EUR"]),
        (["€1.200,50", "£3"], ["EUR", "GBP"]),
        (["1.200 EUR", "(30.00 USD)"], ["EUR", "USD"]),
        (["$5", "€5"], ["$", "EUR"]),
        (["€5", "7"], ["EUR", None]),
        (["$5", "$1,200"], ["$", "$"]),
        (["AU $3,013.00", "R$ 1.234,56"], ["AUD", "BRL"]),
        (["1 234,56 zł", "100 kr", "￥1,234"], ["PLN", "kr", "¥"]),
        (["5", "1,200"], None),
    ],
)
def test_cells_name_their_currency(cells, expected):
    assert currencies.in_cells(pa.array(cells)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(
            ("eur", "EUR"),
            ("Euro", "EUR"),
            ("EUR - Euro", "EUR"),
            ("United States Dollar - USD", "USD"),
            ("Points - extra", "POINTS - EXTRA"),
            ("US Dollar", "USD"),
            ("€", "EUR"),
            ("Points", "POINTS"),
        ),
        *(("€ : Euro", "EUR"), ("US Dollar : $", "USD"), ("$", "$"), ("zł", "PLN")),
    ],
)
def test_a_currency_is_known_by_code_sign_and_name(text, expected):
    assert currencies.code_of(text) == expected


def test_amounts_in_two_currencies_are_never_added(tmp_path):
    text = """
        Opportunity Name,Stage,Amount,Close Date
        A,Closed Won,"USD 1,200.00",2025-03-02
        B,Closed Won,"EUR 1,000.00",2025-03-03
    """
    rows = report(written(tmp_path, text)).rows
    won = rows[rows["metric"] == "revenue_won"]

    assert dict(zip(won["currency"], won["value"], strict=True)) == {"USD": 1200, "EUR": 1000}


@pytest.mark.parametrize("form", ["006bm00000LKJNN", "006bm00000LKJNNAA5"])
def test_an_id_of_salesforce_is_one_id_in_both_its_forms(form):
    """The pair is one of Salesforce's own demo records."""
    assert columns.in_long_form(pa.array([form, None])).to_pylist() == ["006bm00000LKJNNAA5", None]


def test_a_report_joins_an_export_by_id(tmp_path):
    deals = written(
        tmp_path,
        """
        Opportunity ID,Account ID,Opportunity Name,Stage,Amount,Close Date
        006bm00000LKJNN,001bm00001ZL8UC,A,Closed Won,700,2025-03-15
        """,
        "deals.csv",
    )
    accounts = written(
        tmp_path,
        """
        Id,Name,Industry,BillingCity
        001bm00001ZL8UCAA1,Alder Mills,Textiles,Hamburg
        """,
        "accounts.csv",
    )
    rows = api.report([deals, accounts], period="all", metrics=["revenue_won"], by=["industry"], today=TODAY).rows

    assert dict(zip(rows["industry"], rows["value"], strict=True)) == {"Textiles": 700}


PIPEDRIVE = """
    Deal - ID,Deal - Title,Deal - Value,Deal - Stage,Deal - Deal created{extra}
    1,A,500,Proposal Made,2025-01-01 10:00:00{won}
    2,B,0,Proposal Made,2025-01-02 10:00:00{open}
"""


def test_a_stage_of_pipedrive_says_nothing_about_the_outcome(tmp_path):
    with pytest.raises(DataError, match="Status") as refused:
        report(written(tmp_path, PIPEDRIVE.format(extra="", won="", open="")))

    assert refused.value.exit_code == 3
    assert "export.csv" in str(refused.value)


@pytest.mark.parametrize(
    ("extra", "won", "open_"),
    [
        (",Deal - Status", ",Won", ",Open"),
        (",Deal - Status", ",won", ",open"),
        (",Deal - Won time", ",2025-01-11 10:00:00", ","),
    ],
)
def test_its_status_or_the_time_it_was_won_does(tmp_path, extra, won, open_):
    found = values(report(written(tmp_path, PIPEDRIVE.format(extra=extra, won=won, open=open_))))

    assert (found["deals_created_won"], found["deals_created_open"]) == (1, 1)


def test_an_unpriced_deal_of_pipedrive_has_no_amount_elsewhere_0_is_one(tmp_path):
    text = PIPEDRIVE.format(extra=",Deal - Status", won=",Won", open=",Won")
    theirs = loaded(written(tmp_path, text), metrics=("average_deal_value",))
    mine = loaded(
        written(tmp_path, "deal_id,stage,amount\n1,Won,500\n2,Won,0", "own.csv"), metrics=("average_deal_value",)
    )

    assert theirs.tables["deals"].frame["amount"].fillna(-1).tolist() == [500, -1]
    assert {issue.code: issue.rows for issue in theirs.issues}["zero-as-blank"] == (3,)
    assert mine.tables["deals"].frame["amount"].tolist() == [500, 0]


def test_what_a_deal_was_sold_for_counts_before_what_it_was_thought_to_bring(tmp_path):
    text = """
        Topic,Account,Status,Est. Revenue,Actual Revenue,Actual Close Date,Est. Close Date
        A,Alder,Won,100,120,2025-03-02,2025-03-01
        B,Birch,Won,80,,2025-03-03,2025-03-01
        C,Cedar,Lost,60,0,2025-03-04,2025-03-01
        D,Dune,Open,40,,,2025-04-01
    """
    found = values(report(written(tmp_path, text)))

    assert (found["revenue_won"], found["open_pipeline"]) == (200, 40)
    assert found["win_rate_by_value"] == pytest.approx(200 / 260)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("true,false,true", "won"),
        ("false,true,true", "lost"),
        ("false,false,false", "open"),
        (",true,", "lost"),
    ],
)
def test_flags_tell_the_outcome_of_a_renamed_stage(tmp_path, flags, expected):
    text = f"""
        Record ID,Deal Name,Deal Stage,Is Closed Won,Is closed lost,Is Deal Closed?,Create Date,Close Date
        1,A,Signature,{flags},2025-01-01 10:00,2025-02-01 10:00
        2,B,closedwon,true,false,true,2025-01-01 10:00,2025-02-01 10:00
    """
    frame = loaded(written(tmp_path, text), metrics=("deals_won",)).tables["deals"].frame

    assert frame["outcome"].astype(str).tolist() == [expected, "won"]


def test_a_plain_number_under_a_clock_header_is_no_duration(tmp_path):
    """It could be seconds, minutes or milliseconds."""
    text = """
        Ticket ID,Ticket name,Ticket status,Create date,Time to close (HH:mm:ss)
        1,A,Closed,2025-01-01 10:00,01:30:00
        2,B,Closed,2025-01-01 10:00,5400000
    """
    dataset = loaded(written(tmp_path, text), metrics=("resolution_time",))

    assert dataset.tables["tickets"].frame["resolution_hours"].fillna(-1).tolist() == [1.5, -1]
    assert {issue.code: issue.rows for issue in dataset.issues}["unreadable-number"] == (3,)


def test_ids_of_a_backup_are_those_of_an_export(tmp_path):
    backup = (
        "Record Id,Deal Name,Stage,Closing Date,Modified Time\nzcrm_9,A,Qualification,2025-05-01,2025-01-01 10:00:00"
    )
    export = "Record Id,Deal Name,Stage,Closing Date,Modified Time\n9,A,Closed Won,2025-03-01,2025-03-01 10:00:00"
    paths = [written(tmp_path, text, f"{n}.csv") for n, text in enumerate([backup, export])]
    found = report(*paths)

    assert (values(found)["deals_won"], values(found)["open_deals"]) == (1, 0)
    assert [dict(source.left_out) for source in found.sources] == [{"older-version": 1}, {}]


def test_a_stage_lost_to_the_competition_is_lost_to_a_competitor(tmp_path):
    text = """
        Deal Name,Stage,Closing Date,Reason For Loss
        A,Closed Lost to Competition,2025-03-01,
        B,Closed Lost,2025-03-01,Price
    """
    found = values(report(written(tmp_path, text)))

    assert (found["deals_lost"], found["lost_to_competitor_rate"]) == (2, 0.5)


def test_one_customer_is_found_in_the_exports_of_three_tools():
    """By id in the deals, by name with case and spaces aside, by the e-mail that another file has with the name. The third
    ticket is of nobody who is known."""
    paths = sorted(str(path) for path in (VENDORS / "hubspot-with-zendesk-and-stripe").glob("*.csv"))
    metrics = ("revenue_won", "mrr", "tickets_created")
    dataset = loaded(*paths, metrics=metrics, by=("industry",))

    customers = {name: table.frame["customer"].astype(str).tolist() for name, table in dataset.tables.items()
                 if name in ("deals", "subscriptions", "tickets")}  # fmt: skip
    assert customers == {
        "deals": ["901", "902", "903"],
        "subscriptions": ["901", "902"],
        "tickets": ["901", "902", "nobody@elsewhere.example.com"],
    }
    rows = api.report(paths, period="all", metrics=metrics, by=["industry"], today=TODAY).rows
    found = {(row.metric, row.industry): row.value for row in rows.itertuples()}
    assert {key: value for key, value in found.items() if value} == {
        ("revenue_won", "Textiles"): 12000,
        ("revenue_won", "Food"): 8000,
        ("mrr", "Textiles"): 100,
        ("mrr", "Food"): 100,
        ("tickets_created", "Textiles"): 1,
        ("tickets_created", "Food"): 1,
        ("tickets_created", "(none)"): 1,
    }
    (unmatched,) = (issue for issue in dataset.issues if issue.code == "unmatched")
    assert (unmatched.count, unmatched.detail["total"], unmatched.rows) == (1, "3", (4,))


def test_a_deal_that_is_closed_by_its_flag_is_never_taken_for_open(tmp_path):
    text = """
        Record ID,Deal Name,Deal Stage,Is Deal Closed?,Create Date,Close Date
        1,A,Signature,true,2025-01-01 10:00,2025-02-01 10:00
        2,B,closedwon,true,2025-01-01 10:00,2025-02-01 10:00
        3,C,Demo,false,2025-01-01 10:00,2025-03-01 10:00
    """
    path = written(tmp_path, text)
    with pytest.raises(DataError, match="'Signature' is won"):
        report(path)
    settled = api.report([path], period="all", settings=Settings(won_stages=("Signature",)), today=TODAY)

    assert [values(settled)[name] for name in ("deals_won", "open_deals")] == [2, 1]


def test_a_deal_of_several_companies_is_no_company_of_its_own(tmp_path):
    text = """
        Record ID,Deal Name,Deal Stage,Amount,Close Date,Associated Company IDs
        1,A,Closed Won,100,2025-02-01 10:00,901
        2,B,Closed Won,50,2025-02-02 10:00,901;902
    """
    found = report(written(tmp_path, text))

    assert (values(found)["revenue_won"], values(found)["active_customers"]) == (150, 1)
    assert {issue.code: issue.rows for issue in found.issues}["several-values"] == (3,)


@pytest.mark.parametrize("path", VENDOR_FILES, ids=lambda path: path.stem)
def test_a_built_in_vendor_file_keeps_the_format_that_holds_for_a_users_own(path):
    assert vendor_files.mistakes(tomllib.loads(path.read_text(encoding="utf-8"))) == []


def test_a_currency_in_the_cells_stays_with_its_row_when_others_are_left_out(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text(
        "Deal ID,Stage,Amount,Close Date,Deleted\n1,Won,EUR 5,2024-03-01,yes\n2,Won,USD 7,2024-03-02,no\n"
        "3,Won,EUR 9,2024-03-03,no\n"
    )
    rows = api.report([str(path)], period="2024-03", metrics=["revenue_won"], today=TODAY).rows

    assert {"USD": 7.0, "EUR": 9.0} == dict(zip(rows["currency"], rows["value"], strict=True))


@pytest.mark.parametrize(
    ("header", "minutes"),
    [
        ("First Response Time (seconds)", {"first_response_minutes": "seconds"}),
        ("First Response Time (hours)", {"first_response_minutes": "hours"}),
        ("First Response Time", {}),
    ],
)
def test_a_duration_of_help_scout_is_read_only_where_its_unit_is_said(header: str, minutes: dict[str, str]) -> None:
    found = recognise(["Conversation Number", "Mailbox", "Created At", header], "conversations.csv")

    assert found is not None
    assert ("helpscout", minutes) == (found.layout.vendor, found.units)
    assert minutes.keys() == found.columns.keys() & {"first_response_minutes"}


VENDOR_HEADERS = {  # a person's header that one tool's signature is in: what the words say beside it, and the cells below
    "Opportunity ID,Opportunity name,Stage,Amount,Created,Close Date": (
        "created_at",
        "D1,a,Won,5,2025-01-05,2025-02-01",
    ),
    "Subscription Id,Customer Id,Status,Price,Billing Period,Billing Period Unit,Started At,Ended At": (
        "amount",
        "u1,a1,active,30.00,1,month,2025-01-05,",
    ),
}


@pytest.mark.parametrize("header", VENDOR_HEADERS)
def test_words_complete_what_a_tool_names_where_they_agree_on_all_of_that(header: str) -> None:
    column, cells = VENDOR_HEADERS[header]
    labels = header.split(",")

    found = recognise(labels, "x.csv", cells=[[cell or None] for cell in cells.split(",")])

    assert found is not None
    assert found.layout.vendor != "generic"
    assert labels[found.columns[column]] in ("Created", "Price")


def test_words_complete_nothing_where_a_tool_reads_a_column_otherwise() -> None:
    labels = ["Subscription Id", "Customer Id", "Status", "Billing Period", "Billing Period Unit", "Started At"]
    labels += ["Cancelled At", "Ended At"]  # Chargebee's end is `Cancelled At`, which words know as something else
    cells = [["u1"], ["a1"], ["active"], ["1"], ["month"], ["2025-01-05"], ["2025-02-05"], ["2025-03-05"]]

    found = recognise(labels, "x.csv", cells=cells)

    assert found is not None
    assert {labels[place] for place in found.columns.values()} == {*labels} - {"Ended At"}


@pytest.mark.parametrize("language", ["通貨", "Currency"])
def test_a_tools_amounts_are_never_without_the_currency_that_stands_beside_them(language: str) -> None:
    labels = ["取引名", "取引ステージ", "金額", "作成日", "クローズ日", language]
    cells = [["A", "B"], ["受注", "失注"], ["100", "50"], ["2025/02/03"] * 2, ["2025/03/10"] * 2, ["JPY", "USD"]]

    found = recognise(labels, "x.csv", cells=cells)

    assert found is not None
    assert labels[found.columns["currency"]] == language
