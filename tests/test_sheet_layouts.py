"""Merged cells of workbooks, and sheets that hold several tables."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from crm_metrics import api
from tests.conftest import TODAY, figures

ORDERS = ["Order ID", "Customer", "Order date", "Amount"]
LINES = [[1, "Acme", "2025-01-03", 100], [2, None, "2025-01-09", 50], [3, "Beta", "2025-01-12", 70]]


def book(tmp_path, rows, *merged, places=()):
    """A workbook of these rows; `places` are further cells as (row, column, value)."""
    made = openpyxl.Workbook()
    sheet = made.active
    for row in rows:
        sheet.append(row)
    for row, column, value in places:
        sheet.cell(row, column, value)
    for cells in merged:
        sheet.merge_cells(cells)
    path = tmp_path / "orders.xlsx"
    made.save(path)
    return str(path)


def said(path, code):
    issues = api.report([path], period="2025-01", today=TODAY).issues
    return [(issue.path.rpartition("/")[2], issue.rows) for issue in issues if issue.code == code]


def test_a_merged_text_is_that_of_all_its_rows(tmp_path):
    path = book(tmp_path, [ORDERS, *LINES], "B2:B3")

    assert figures(path, period="2025-01")[("arpu",)] == 110
    assert said(path, "merged-cells") == [("orders.xlsx", (3,))]


def test_a_cell_that_is_simply_blank_stays_blank(tmp_path):
    found = figures(book(tmp_path, [ORDERS, *LINES], "B4:C4"), period="2025-01")

    assert found[("revenue_without_customer",)] == 50


def test_a_merged_amount_counts_once(tmp_path):
    rows = [ORDERS, [1, "Acme", "2025-01-03", 100], [2, "Acme", "2025-01-09", None], [3, "Beta", "2025-01-12", 70]]

    assert figures(book(tmp_path, rows, "D2:D3", "B2:B3"), period="2025-01")[("revenue",)] == 170


@pytest.mark.parametrize("title", [[], [["Orders of January"], []]])
def test_a_merged_id_in_any_place_is_filled_down(tmp_path, title):
    rows = [*title, ["Customer", "Order date", "Amount"], ["Acme", "2025-01-03", 100], [None, "2025-01-09", 50]]
    first = len(title) + 2
    path = book(tmp_path, rows, f"A{first}:A{first + 1}")

    assert figures(path, period="2025-01")[("arpu",)] == 150


def test_opendocument_tells_its_merged_cells_too(tmp_path):
    cells = [
        f"<table:table-cell office:value-type='string'><text:p>{label}</text:p></table:table-cell>" for label in ORDERS
    ]
    rows = [f"<table:table-row>{''.join(cells)}</table:table-row>"]
    for number, (_, customer, day, amount) in enumerate(LINES, 1):
        spanned = " table:number-rows-spanned='2' table:number-columns-spanned='1'" if number == 1 else ""
        name = (
            "<table:covered-table-cell/>"
            if customer is None
            else f"<table:table-cell{spanned} office:value-type='string'><text:p>{customer}</text:p></table:table-cell>"
        )
        rows.append(
            f"<table:table-row><table:table-cell office:value-type='float' office:value='{number}'/>{name}"
            f"<table:table-cell office:value-type='date' office:date-value='{day}'/>"
            f"<table:table-cell office:value-type='float' office:value='{amount}'/></table:table-row>"
        )
    spaces = " ".join(
        f"xmlns:{name}='urn:oasis:names:tc:opendocument:xmlns:{name}:1.0'" for name in ("office", "table", "text")
    )
    body = f"<office:body><office:spreadsheet><table:table table:name='S'>{''.join(rows)}</table:table>"
    path = tmp_path / "orders.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}>{body}</office:spreadsheet></office:body></office:document-content>",
        )

    assert figures(str(path), period="2025-01")[("arpu",)] == 110


TICKETS = [["Ticket ID", "Created at", "Status"], ["t1", "2025-01-05", "Open"], ["t2", "2025-01-06", "Open"]]


@pytest.mark.parametrize("title", [[], [["Tickets"]]])
def test_two_tables_below_each_other_are_both_read(tmp_path, title):
    path = book(tmp_path, [ORDERS, *LINES, [], *title, *TICKETS])
    found = figures(path, period="2025-01")

    assert (found[("revenue",)], found[("tickets_created",)]) == (220, 2)
    assert [name for name, _ in said(path, "several-tables")] == ["orders.xlsx", "orders.xlsx (row 6)"]


def test_two_tables_side_by_side_are_both_read(tmp_path):
    places = [(row, 6 + column, cell) for row, cells in enumerate(TICKETS, 1) for column, cell in enumerate(cells)]
    found = figures(book(tmp_path, [ORDERS, *LINES], places=places), period="2025-01")

    assert (found[("revenue",)], found[("tickets_created",)]) == (220, 2)


def test_a_table_that_is_not_known_is_named(tmp_path):
    path = book(tmp_path, [ORDERS, *LINES, [], ["Shelf", "Depth"], ["a", 3], ["b", 4]])

    assert said(path, "unrecognised-file") == [("orders.xlsx (row 6)", ())]


@pytest.mark.parametrize(
    "between",
    [
        [[]],
        [[], ["Report of January"], []],
        [[], ["Filter:", "Region is North"], []],
        [[], ORDERS],
        [[], ["Total", None, None, None]],
    ],
)
def test_rows_between_records_are_no_second_table(tmp_path, between):
    rows = [ORDERS, *LINES, *between, [4, "Cole", "2025-01-20", 30]]
    path = book(tmp_path, rows)

    assert figures(path, period="2025-01")[("revenue",)] == 250
    assert not said(path, "several-tables")


def test_a_blank_column_inside_a_table_splits_nothing(tmp_path):
    rows = [[*ORDERS[:2], None, *ORDERS[2:]], *([*line[:2], None, *line[2:]] for line in LINES)]

    assert figures(book(tmp_path, rows), period="2025-01")[("revenue",)] == 220


def test_a_title_above_the_header_is_no_table(tmp_path):
    path = book(tmp_path, [["Orders"], ["Made", "2025-02-01"], [], ORDERS, *LINES])

    assert figures(path, period="2025-01")[("revenue",)] == 220
    assert not said(path, "several-tables")


def test_tables_side_by_side_that_name_a_column_alike_are_two(tmp_path):
    """As many rows or not: no table has two columns of one name."""
    rows = [
        [*ORDERS, None, "Deal", "Stage", "Close date", "Amount"],
        [1, "Acme", "2025-01-03", 100, None, "A", "Closed Won", "2025-01-05", 500],
        [2, "Beta", "2025-01-09", 50, None, "B", "Negotiation", "2025-02-05", 70],
    ]
    found = figures(book(tmp_path, rows), period="2025-01")

    assert (found[("revenue",)], found[("revenue_won",)], found[("deals_won",)]) == (150, 500, 1)


@pytest.mark.parametrize(
    "beside",
    [[None, None, None, None, "Cleo", 500], [None, None, None, None, "Dan", None], ["", "", "", "", "Eve", "x"]],
)
def test_a_row_of_attributes_alone_is_no_record(tmp_path, beside):
    """The owners and their targets stand beside the deals, and there are more owners than deals."""
    rows = [
        ["Deal", "Stage", "Amount", "Close date", "Owner", "Target"],
        ["A", "Closed Won", 100, "2025-01-03", "Ann", 1000],
        ["B", "Negotiation", 50, "2025-02-03", "Bob", 900],
        beside,
    ]
    found = figures(book(tmp_path, rows), period="all", metrics=["open_deals", "deals_won"])

    assert found == {("open_deals",): 1, ("deals_won",): 1}


def test_a_deal_of_which_only_name_and_owner_are_known_stays(tmp_path):
    rows = [["Deal", "Stage", "Amount", "Owner"], ["A", "Proposal", 100, "Ann"], ["B", None, None, "Bob"]]

    assert figures(book(tmp_path, rows), period="all", metrics=["open_deals"]) == {("open_deals",): 2}


@pytest.mark.parametrize(("second", "expected"), [((110, 60, 70), 1), ((100, 50, 70), 0), ((None, None, None), 0)])
def test_a_second_amount_of_one_name_is_said(tmp_path, second, expected):
    rows = [[*ORDERS, "Amount"], *([*line, more] for line, more in zip(LINES, second, strict=True))]
    path = book(tmp_path, rows)

    assert len(said(path, "duplicate-header")) == expected
    assert figures(path, period="2025-01")[("revenue",)] == 220
