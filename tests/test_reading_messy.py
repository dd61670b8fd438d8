"""Reading files as people have them: several header rows, ragged rows, repeats of the header, web pages, copies."""

from __future__ import annotations

import gzip
import os
import threading
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from crm_metrics import api
from crm_metrics.errors import DataError
from crm_metrics.loaders.reading import As, Cells, Raw, open_inputs
from tests.conftest import TODAY


def of_bytes(data: bytes | str) -> Raw:
    """The only table on standard input."""
    (found,) = open_inputs(["-"], stdin=BytesIO(data if isinstance(data, bytes) else data.encode())).tables
    return found


def texts(raw: Raw) -> Cells:
    return raw.read(dict.fromkeys(range(len(raw.header)), As.TEXT))


def kept(raw: Raw) -> list[tuple[object, ...]]:
    """Each record with its row."""
    cells = texts(raw)
    return list(zip(cells.rows.tolist(), *(column.to_pylist() for column in cells.columns.values()), strict=True))


def codes(raw: Raw) -> list[str]:
    return [issue.code for issue in texts(raw).issues]


def sheet(path: Path, rows: list[list[object]]) -> Raw:
    """The rows as the only sheet of a workbook."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    (found,) = open_inputs([str(path)]).tables
    return found


# Headers of several rows

SURVEY: list[list[object]] = [
    ["Respondent ID", "Start Date", "How likely, 0-10?", "Which colours?", None, None],
    [None, None, "Response", "Red", "Blue", "Other (please specify)"],
    ["1", "2025-03-01", "9", "Red", None, None],
    ["2", "2025-03-02", "10 - Extremely likely", None, "Blue", "ochre"],
]
QUESTIONS = ["Which colours? - Red", "Which colours? - Blue", "Which colours? - Other (please specify)"]


def as_csv(rows: list[list[object]]) -> str:
    return "".join(",".join(f'"{cell}"' if cell else "" for cell in row) + "\n" for row in rows)


@pytest.mark.parametrize("above", [[], [["My survey"], []]])
def test_the_two_header_rows_of_surveymonkey_are_one(tmp_path: Path, above: list[list[object]]) -> None:
    at = len(above)
    for raw in (of_bytes(as_csv([*above, *SURVEY])), sheet(tmp_path / "survey.xlsx", [*above, *SURVEY])):
        assert ["Respondent ID", "Start Date", "How likely, 0-10?", *QUESTIONS] == raw.header
        assert [at + 3, at + 4] == texts(raw).rows.tolist()
        assert (at + 3, "1", "2025-03-01", "9", "Red", None, None) == kept(raw)[0]
        (issue,) = texts(raw).issues
        assert "has two header rows, read as one" == issue.sentence


def test_questions_with_more_options_than_labels_keep_the_upper_row_as_header() -> None:
    options = [f"Option {number}" for number in range(12)]
    rows = [["Respondent ID", "Question"] + [""] * 11, ["", *options], ["1"] + ["x"] * 12]
    raw = of_bytes("\n".join(",".join(row) for row in rows) + "\n")
    assert ["Respondent ID", *(f"Question - {option}" for option in options)] == raw.header
    assert [3] == texts(raw).rows.tolist()


def test_the_three_header_rows_of_qualtrics_are_one() -> None:
    ids = '"{""ImportId"":""startDate"",""timeZone"":""America/Denver""}","{""ImportId"":""QID1_NPS_GROUP""}"'
    raw = of_bytes(f'StartDate,Q1\n"Start Date","How likely is it\nthat you ""recommend"" us?"\n{ids}\n2025-03-01,9\n')
    assert (["StartDate", "Q1"], 3) == (raw.header, raw.header_row)
    assert [(4, "2025-03-01", "9")] == kept(raw)
    assert ["header-rows"] == codes(raw)
    assert "has three header rows, read as one" == texts(raw).issues[0].sentence


@pytest.mark.parametrize(
    "data", ["id,name\n,Acme\n2,Globex\n", "id,kind,\n,Call,x\n2,Mail,y\n", 'id,note\n1,"{""ImportId"": 3}"\n2,x\n']
)
def test_a_first_record_with_a_blank_cell_is_no_header(data: str) -> None:
    raw = of_bytes(data)
    assert ([2, 3], []) == (texts(raw).rows.tolist(), codes(raw))


def test_a_survey_is_reported_from_its_two_header_rows(tmp_path: Path) -> None:
    path = tmp_path / "nps.csv"
    rows = [
        ["Respondent ID", "End Date", "NPS"],
        ["", "", "Response"],
        *([str(n), f"2025-03-0{n}", str(n)] for n in (3, 9)),
    ]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    report = api.report([str(path)], period="all", today=TODAY)
    (source,) = report.sources
    assert ("responses", 2, 2) == (source.table, source.rows, source.used)


# Ragged headers and rows


def test_a_header_without_the_blank_cells_at_the_end_of_every_record_is_the_header() -> None:
    raw = of_bytes("a,b,c\n1,2,3,\n4,5,6,\n7,8,9,\n")
    assert ["a", "b", "c", ""] == raw.header
    assert [(2, "1", "2", "3", None), (3, "4", "5", "6", None), (4, "7", "8", "9", None)] == kept(raw)
    assert [] == codes(raw)


def test_a_header_that_lacks_a_label_is_the_header() -> None:
    raw = of_bytes("a,b,c\n1,x,3,,\n2,y,4,,\n3,z,5,6\n")
    assert (["a", "b", "c", "", ""], 1) == (raw.header, raw.header_row)
    assert [2, 3, 4] == texts(raw).rows.tolist()


@pytest.mark.parametrize("above", ["", "Report of March\n"])
def test_a_header_wider_than_every_record_is_the_header(above: str) -> None:
    raw = of_bytes(f"{above}a,b,c,d\n1,x,3\n4,y,6\n7,z,9\n")
    assert ["a", "b", "c", "d"] == raw.header
    assert [("1", "x", "3", None), ("4", "y", "6", None), ("7", "z", "9", None)] == [record[1:] for record in kept(raw)]
    assert ["1", "4", "7"] == raw.head[0]
    assert ["short-row"] == codes(raw)


def test_a_title_of_several_cells_is_no_header() -> None:
    raw = of_bytes("Campaign report,All time\nCampaign,Cost,Clicks\nA,1,2\nB,3,4\n")
    assert (["Campaign", "Cost", "Clicks"], 2) == (raw.header, raw.header_row)


def test_blank_cells_too_many_at_the_end_of_a_row_do_no_harm() -> None:
    raw = of_bytes('id,name,x\n1,a,2\n2,"b, c",3,,\n3,c,4,"",\n4,d,5,6\n5,e,6\n6,f,7\n')
    assert [(2, "1", "a", "2"), (3, "2", "b, c", "3"), (4, "3", "c", "4")] == kept(raw)[:3]
    assert [6, 7] == texts(raw).rows.tolist()[3:]
    assert [("malformed-row", 5)] == [(record.reason, record.row) for record in texts(raw).left_out]


def test_a_single_row_wrapped_whole_in_quotes_is_unwrapped() -> None:
    raw = of_bytes('id,name,x\n1,a,2\n"2,""Doe, Jane"",3"\n3,b,4\n')
    assert [(2, "1", "a", "2"), (3, "2", "Doe, Jane", "3"), (4, "3", "b", "4")] == kept(raw)
    assert [] == codes(raw)


def test_a_footer_in_quotes_is_left_out() -> None:
    cells = texts(
        of_bytes('id,name,x\n1,a,2\n\n"Grand Totals (1 record)"\n"Confidential Information, do not distribute"\n')
    )
    assert ([2], [4, 5]) == (cells.rows.tolist(), [record.row for record in cells.left_out])


# Repeats of the header


@pytest.mark.parametrize("wanted", [{}, {1: As.TEXT}, {2: As.INTEGER}, {0: As.PLAIN, 2: As.FLOAT}])
def test_repeats_of_the_header_are_left_out_whatever_is_read(tmp_path: Path, wanted: dict[int, As]) -> None:
    rows: list[list[object]] = [
        ["id", "name", "n"],
        ["1", "a", "2"],
        ["id", "name", "n"],
        ["2", "name", "3"],
        ["id", "name", "n"],
    ]
    for raw in (of_bytes(as_csv(rows)), sheet(tmp_path / "x.xlsx", rows)):
        cells = raw.read(wanted)
        assert [2, 4] == cells.rows.tolist()
        assert [("repeated-header", 3), ("repeated-header", 5)] == [(out.reason, out.row) for out in cells.left_out]
        (issue,) = cells.issues
        assert "2 repeats of the header left out (row 3, 5)" == issue.sentence
        assert all(len(column) == 2 for column in cells.columns.values())


def test_exports_put_together_count_each_record_once(tmp_path: Path) -> None:
    part = "Order ID,Customer,Order Date,Total\n{},Ann,2025-03-0{},10\n"
    (tmp_path / "orders.csv").write_text("".join(part.format(n, n) for n in (1, 2, 3)))
    report = api.report([str(tmp_path)], period="all", today=TODAY)
    (source,) = report.sources
    assert (5, 3, {"repeated-header": 2}) == (source.rows, source.used, dict(source.left_out))


# Web pages

PAGE = """<html><head><style>td {{ color: red }}</style><title>Report, March</title></head><body>
<table border=1><tr><th>Deal ID<th>Stage<th>Amount</tr>{rows}</table>Confidential</body></html>"""
ROWS = "<tr><td>007</td><td>Won &amp; paid<br>twice</td><td x:num> 1,200 </td></tr><tr><td>8<td>Lost&nbsp;<td></td>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_web_page_called_a_workbook_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "report.xls"
    path.write_bytes(PAGE.format(rows=ROWS).encode(encoding))
    opened = open_inputs([str(path)])
    (raw,) = opened.tables
    assert ["Deal ID", "Stage", "Amount"] == raw.header
    assert [(2, "007", "Won & paid\ntwice", "1,200"), (3, "8", "Lost", None)] == kept(raw)
    assert ["web-page"] == [issue.code for issue in opened.issues]


def test_the_digest_of_a_web_page_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "report.xls"
    path.write_text(PAGE.format(rows=ROWS))
    (raw,) = open_inputs([str(path)]).tables
    (plain,) = open_inputs(["-"], stdin=BytesIO(path.read_bytes())).tables
    assert raw.digest() == plain.digest()


def test_the_character_set_of_a_web_page_is_the_one_it_names() -> None:
    page = "<html><meta charset='iso-8859-2'><table><tr><td>Név<td>Stage<tr><td>Őrs<td>Won</table>"
    assert [(2, "Őrs", "Won")] == kept(of_bytes(page.encode("iso-8859-2")))


def test_merged_cells_of_a_web_page_keep_the_columns_in_place() -> None:
    rows = "<tr><td rowspan=2>1<td colspan=2>x<tr><td>Won<td>5<tr><td>3<td>Lost<td>6"
    assert [(2, "1", "x", None), (3, None, "Won", "5"), (4, "3", "Lost", "6")] == kept(of_bytes(PAGE.format(rows=rows)))


def test_several_tables_of_a_page_are_one_sheet_as_a_spreadsheet_shows_it() -> None:
    raw = of_bytes("<table><tr><td>Report of March</table><table><tr><td>a<td>b<tr><td>1;2<td>x<tr><td>3<td>y</table>")
    assert (["a", "b"], 2) == (raw.header, raw.header_row)
    assert [(3, "1;2", "x"), (4, "3", "y")] == kept(raw)


@pytest.mark.parametrize(
    "page",
    [
        "<!DOCTYPE html><html><body>Log in</body></html>",
        "<html><script>document.write('<table><tr><td>1<td>2')</script></html>",
        '<?xml version="1.0"?><Workbook><Table><Row><Cell>1</Cell></Row></Table></Workbook>',
    ],
)
def test_a_page_without_a_table_is_an_error(page: str) -> None:
    with pytest.raises(DataError, match="web page or XML without a table"):
        open_inputs(["-"], stdin=BytesIO(page.encode()))


# The same content under two names


def test_a_copy_counts_once_and_is_said(tmp_path: Path) -> None:
    data = b"Deal ID,Stage,Amount,Close Date\n1,Closed Won,5,2025-03-01\n"
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "b.csv").write_bytes(data)
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deals.csv", data)
        archive.writestr("other.csv", data.replace(b"1,C", b"2,C"))
    opened = open_inputs([str(tmp_path)])
    assert [f"{tmp_path}/a.csv", f"{tmp_path}/d.zip/other.csv"] == [raw.path for raw in opened.tables]
    said = [(Path(issue.path).name, issue.sentence) for issue in opened.issues]
    sentence = f"has the same content as {tmp_path}/a.csv; counted once"
    assert [("b.csv", sentence), ("c.csv.gz", sentence), ("deals.csv", sentence)] == said


def test_a_copy_of_a_workbook_counts_once(tmp_path: Path) -> None:
    sheet(tmp_path / "a.xlsx", [["a", "b"], [1, 2]])
    (tmp_path / "b.xlsx").write_bytes((tmp_path / "a.xlsx").read_bytes())
    opened = open_inputs([str(tmp_path)])
    assert (1, ["same-file"]) == (len(opened.tables), [issue.code for issue in opened.issues])


def test_files_of_one_size_are_not_taken_for_copies(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text(f"id,name\n1,{name}\n")
    opened = open_inputs([str(tmp_path)])
    assert (3, []) == (len(opened.tables), opened.issues)


def test_two_files_of_one_name_in_an_archive_are_two_files(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deals.csv", "id,name\n1,a\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("deals.csv", "id,name\n2,bb\n")
    opened = open_inputs([str(path)])
    assert [f"{path}/deals.csv", f"{path}/deals (2).csv"] == [raw.path for raw in opened.tables]
    assert [[(2, "1", "a")], [(2, "2", "bb")]] == [kept(raw) for raw in opened.tables]


# Exports that overlap

ORDERS = "Customer,Order Date,Total,Note\n"


def overlaps(folder: Path, **files: str) -> list[tuple[str, int, tuple[int, ...]]]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    issues = api.report([str(folder)], period="all", today=TODAY).issues
    return [(Path(issue.path).name, issue.count, issue.rows) for issue in issues if issue.code == "overlap"]


def test_records_without_an_id_that_two_files_hold_are_said(tmp_path: Path) -> None:
    march = ORDERS + "Ann,2025-03-01,5,a\nBo,2025-03-31,6,b\n"
    april = ORDERS + "Bo,2025-03-31,6,b\nAnn,2025-04-01,5,c\n"
    assert [("b.csv", 1, (2,))] == overlaps(tmp_path, a=march, b=april)


def test_records_that_differ_in_a_column_that_nothing_reads_do_not_overlap(tmp_path: Path) -> None:
    assert [] == overlaps(tmp_path, a=ORDERS + "Ann,2025-03-01,5,a\n", b=ORDERS + "Ann,2025-03-01,5,b\n")


def test_records_with_an_id_are_settled_by_it(tmp_path: Path) -> None:
    header = "Deal ID,Stage,Amount,Close Date\n"
    one, other = (f"{header}1,Closed Won,5,2025-03-01\n{n},Closed Won,6,2025-03-02\n" for n in (2, 3))
    assert [] == overlaps(tmp_path, a=one, b=other)


PARTS = {  # name, stage, amount and closing date of deals without ids
    "en": "Deal,Stage,Amount,Close Date\n",
    "de": "Verkaufschance,Phase,Betrag,Abschlussdatum\n",
    "fr": "Affaire,Étape,Montant,Date de clôture\n",
}
JANUARY, MARCH = "A,Won,10,2025-01-03\nB,Lost,20,2025-01-14\n", "A,Won,40,2025-03-03\nC,Won,60,2025-03-14\n"


def won(folder: Path, **files: str) -> float:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    report = api.report([str(folder)], period="2025", metrics=["revenue_won"], today=TODAY)
    return float(report.rows["value"].iloc[0])


@pytest.mark.parametrize("language", PARTS)
def test_a_file_whose_records_are_all_in_another_counts_once(tmp_path: Path, language: str) -> None:
    """The months beside the year to date, a list of those won, the same export again."""
    header = PARTS[language]
    files = {"jan": header + JANUARY, "mar": header + MARCH, "ytd": header + JANUARY + MARCH, "again": header + MARCH}

    assert won(tmp_path, **files) == 110
    assert overlaps(tmp_path, **files) == []


def test_files_that_share_some_records_or_a_single_one_count_whole(tmp_path: Path) -> None:
    header = PARTS["en"]

    assert won(tmp_path, a=header + MARCH, b=f"{header}A,Won,40,2025-03-03\nD,Won,5,2025-03-20\n") == 145
    assert won(tmp_path, a=header + MARCH, b=f"{header}A,Won,40,2025-03-03\n") == 140


# Pipes


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "deals.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"id,name\n1,a\n"))
    writer.start()
    (raw,) = open_inputs([str(pipe)]).tables
    writer.join()
    assert [(2, "1", "a")] == kept(raw) == kept(raw)


def test_a_currency_column_of_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = "".join(f"{n},Ann,2025-03-01,5,Customer {n}\n" for n in range(50))
    path.write_text("Order ID,Customer,Order Date,Total,Currency\n" + rows)
    with pytest.raises(DataError, match="Currency holds 50 values that are no currencies, such as 'Customer 0'"):
        api.report([str(path)], period="all", today=TODAY)


def test_numeric_ids_of_a_vendor_with_totals_are_read(tmp_path: Path) -> None:
    path = tmp_path / "Case.csv"
    header = "Id,CaseNumber,Status,Origin,Priority,IsClosed,ClosedDate,OwnerId,CreatedDate,IsDeleted\n"
    path.write_text(
        header + "1,77,New,Web,High,0,,005A,2025-03-01 10:00:00,0\n2,78,New,Web,Low,0,,005A,2025-03-02 10:00:00,0\n"
    )
    (source,) = api.report([str(path)], period="all", today=TODAY).sources
    assert ("tickets", 2, 2) == (source.table, source.rows, source.used)
