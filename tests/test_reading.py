"""Reading: from paths to raw tables."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import os
import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import assume, given, strategies as st

from crm_metrics.errors import DataError, UsageError
from crm_metrics.loaders.reading import As, Cells, Raw, open_inputs

SHARED = Path(__file__).parents[2] / "shared" / "data"


def table(folder: Path, data: bytes | str, name: str = "deals.csv") -> Raw:
    """The only table in a file with this content."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    (found,) = open_inputs([str(path)]).tables
    return found


def of_bytes(data: bytes | str) -> Raw:
    """The only table on standard input."""
    raw = data if isinstance(data, bytes) else data.encode()
    (found,) = open_inputs(["-"], stdin=BytesIO(raw)).tables
    return found


def texts(raw: Raw) -> Cells:
    return raw.read(dict.fromkeys(range(len(raw.header)), As.TEXT))


def lists(cells: Cells) -> list[list[object]]:
    return [column.to_pylist() for column in cells.columns.values()]


def workbook(path: Path, **sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


# Columns


def test_each_column_comes_back_as_asked_for() -> None:
    raw = of_bytes("id,stage,at,score,amount\n007,Won,2024-03-01 10:05,9,12.50\n008,,2024-03-02,,\n")
    cells = raw.read({0: As.PLAIN, 1: As.TEXT, 2: As.MOMENT, 3: As.INTEGER, 4: As.FLOAT})
    expected = [pa.string(), pa.dictionary(pa.int32(), pa.string()), pa.timestamp("us"), pa.int64(), pa.float64()]
    assert expected == [column.type for column in cells.columns.values()]
    assert ["007", "008"] == cells.columns[0].to_pylist()
    assert ["Won", None] == cells.columns[1].to_pylist()
    assert ["2024-03-01 10:05:00", "2024-03-02 00:00:00"] == [str(at) for at in cells.columns[2].to_pylist()]
    assert [9, None] == cells.columns[3].to_pylist()
    assert [12.5, None] == cells.columns[4].to_pylist()


@pytest.mark.parametrize("cell", ["nan", "inf", "-Infinity", "1e400", "12 EUR", '"1,000"'])
def test_a_cell_that_is_no_number_makes_the_column_text(cell: str) -> None:
    raw = of_bytes(f"id,amount\n1,2.5\n2,{cell}\n")
    assert [["2.5", cell.strip('"')]] == lists(raw.read({1: As.FLOAT}))


@pytest.mark.parametrize("cell", ["2024-03-01T10:00:00Z", "2024-03-01 10:00+02:00", "01.03.2024", "20240301", "soon"])
def test_a_cell_that_is_no_iso_time_makes_the_column_text(cell: str) -> None:
    raw = of_bytes(f"id,at\n1,2024-03-01\n2,{cell}\n")
    assert [["2024-03-01", cell]] == lists(raw.read({1: As.MOMENT}))


def test_a_misfit_far_below_makes_the_column_text_and_leaves_the_others_typed() -> None:
    raw = of_bytes("a,b,c\n" + "1,1,2024-01-01\n" * 3000 + "x,2,n/a\n" + "1,nan,2024-01-01\n")
    cells = raw.read({0: As.INTEGER, 1: As.FLOAT, 2: As.MOMENT}, ["n/a"])
    assert [True, True, False] == [pa.types.is_dictionary(column.type) for column in cells.columns.values()]
    assert ["1", "x", "1"] == cells.columns[0].to_pylist()[-3:]
    assert ["1", "2", "nan"] == cells.columns[1].to_pylist()[-3:]
    assert 1 == cells.columns[2].null_count


@pytest.mark.parametrize("above", [0, 400])
@pytest.mark.parametrize("cell", ["0x10", "0X1f", " 0x10", '"0x10"'])
def test_a_hexadecimal_number_among_the_first_records_is_no_integer(cell: str, above: int) -> None:
    raw = of_bytes("id,n\n" + "1,2\n" * above + f"2,{cell}\n")
    cells = raw.read({0: As.INTEGER, 1: As.INTEGER})
    assert cell.strip('"') == cells.columns[1].to_pylist()[-1]
    assert pa.int64() == cells.columns[0].type


def test_ids_with_0x_in_them_leave_the_integers_beside_them_typed() -> None:
    cells = of_bytes("id,n\n0x1,2\n00Q0x7,3\n").read({0: As.PLAIN, 1: As.INTEGER})
    assert [["0x1", "00Q0x7"], [2, 3]] == lists(cells)


def test_missing_spellings_are_null_in_dates_and_numbers_and_kept_in_text() -> None:
    raw = of_bytes("name,at,amount,score\n-,-,-,-\nNA,2024-01-01,nan,2\n")
    cells = raw.read({0: As.TEXT, 1: As.MOMENT, 2: As.FLOAT, 3: As.INTEGER}, ["-", "NA", "nan"])
    assert ["-", "NA"] == cells.columns[0].to_pylist()
    assert [1, 2, 1] == [cells.columns[at].null_count for at in (1, 2, 3)]
    assert pa.float64() == cells.columns[2].type


def test_empty_cells_are_null_in_text() -> None:
    raw = of_bytes('id,stage,note\n1,"",""\n2,Won,x\n3,,\n')
    cells = raw.read({1: As.TEXT, 2: As.PLAIN})
    assert [[None, "Won", None], [None, "x", None]] == lists(cells)
    assert ["Won"] == cells.columns[1].chunk(0).dictionary.to_pylist()


def test_columns_are_found_by_position_so_repeated_and_blank_labels_do_no_harm() -> None:
    raw = of_bytes("Close Date,Close Date,, Amount \n1,2,3,4\n")
    assert ["Close Date", "Close Date", "", " Amount "] == raw.header
    assert [["2"], ["3"]] == lists(raw.read({1: As.TEXT, 2: As.PLAIN}))


def test_no_column_still_counts_the_rows() -> None:
    assert [2, 3] == of_bytes("a,b\n1,2\n3,4\n").read({}).rows.tolist()


# Delimiters and line ends


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found(delimiter: str, line_end: str) -> None:
    lines = ["id;name;amount", '1;"Doe; Jane, | x";2', '2;"two\nlines";3', ""]
    raw = of_bytes(line_end.join(line.replace(";", delimiter) for line in lines))
    assert ["id", "name", "amount"] == raw.header
    assert [["1", "2"], ["2", "3"]] == lists(raw.read({0: As.TEXT, 2: As.TEXT}))


def test_decimal_commas_do_not_make_the_comma_the_delimiter() -> None:
    assert ["id", "amount"] == of_bytes("id;amount\n1;2,5\n2;3,75\n3;1,0\n").header


def test_the_ending_does_not_decide_the_delimiter(tmp_path: Path) -> None:
    assert ["id", "amount"] == table(tmp_path, "id\tamount\n1\t2,5\n", "deals.xls").header


def test_the_first_line_of_excel_names_the_delimiter() -> None:
    raw = of_bytes("sep=;\r\nid;amount\r\n1;2,5\r\n")
    assert ["id", "amount"] == raw.header
    assert 2 == raw.header_row


def test_columns_aligned_with_blanks_are_read() -> None:
    raw = of_bytes("  customer_id  date n\r\n 00001 19970101  1\r\n 00002 19970112  12\r\n\r\n")
    assert ["customer_id", "date", "n"] == raw.header
    assert [["00001", "00002"], [1, 12]] == lists(raw.read({0: As.PLAIN, 2: As.INTEGER}))


def test_one_column_of_names_is_one_column() -> None:
    raw = of_bytes("Company\nAcme Corp\nGlobex Inc\nInitech  LLC\n")
    assert ["Company"] == raw.header
    assert [["Acme Corp", "Globex Inc", "Initech  LLC"]] == lists(texts(raw))


def test_one_column_of_comments_with_commas_is_one_column() -> None:
    raw = of_bytes("comment\ngood\nbad, really\nfine\nso so\nok, I think, yes\n")
    assert ["comment"] == raw.header


def test_rows_wrapped_whole_in_quotes_are_unwrapped() -> None:
    raw = of_bytes('id,name,amount\n"1,""Doe, Jane"",2"\n"2,Max,3"\n')
    assert [["1", "2"], ["Doe, Jane", "Max"], ["2", "3"]] == lists(texts(raw))


# Header


def test_the_header_is_found_below_a_title_and_a_date_range() -> None:
    raw = of_bytes('Campaign report\n"March 1, 2024 - March 31, 2024"\nCampaign,Cost,Clicks\nA,1,2\nB,3,4\n')
    assert (["Campaign", "Cost", "Clicks"], 3) == (raw.header, raw.header_row)
    assert [4, 5] == texts(raw).rows.tolist()


def test_the_header_is_found_below_a_title_that_a_spreadsheet_padded() -> None:
    raw = of_bytes("Campaign report,,\n,,\nCampaign,Cost,Clicks\nA,1,2\nB,,\n")
    assert (["Campaign", "Cost", "Clicks"], 3) == (raw.header, raw.header_row)


def test_a_quoted_line_break_above_or_in_the_header_adds_no_row() -> None:
    raw = of_bytes('"Report\nof March"\n\nid,"amount\n(EUR)"\n1,"2\n3"\n4,5\n')
    assert (["id", "amount\n(EUR)"], 3) == (raw.header, raw.header_row)
    assert [4, 5] == texts(raw).rows.tolist()


@pytest.mark.parametrize("data", ["a,b,c", "a,b,c\n", "a,b,c\r\n\r\n", "Report\n\na,b,c\n"])
def test_a_header_without_rows_is_a_table_without_rows(data: str) -> None:
    raw = of_bytes(data)
    assert ["a", "b", "c"] == raw.header
    assert [[], [], []] == raw.head
    cells = raw.read({0: As.TEXT, 1: As.FLOAT, 2: As.MOMENT})
    assert [[], [], []] == lists(cells)
    assert 0 == len(cells.rows)


def test_a_file_without_text_is_no_table_but_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    (tmp_path / "b.csv").write_bytes(b"\n \r\n\n")
    opened = open_inputs([str(tmp_path)])
    assert [] == opened.tables
    assert ["empty-file", "empty-file"] == [issue.code for issue in opened.issues]


def test_head_gives_the_first_records_as_text() -> None:
    raw = of_bytes("id,amount\n007,\n\n8,x\n1,2,3\n9,1\n")
    assert [["007", "8", "9"], [None, "x", "1"]] == raw.head
    assert [["007"], [None]] == [column[:1] for column in raw.head]


# Rows


def test_blank_lines_count_as_rows_and_are_not_read() -> None:
    cells = texts(of_bytes("a,b\n1,2\n\n\n3,4\n,\n5,\n\n\n"))
    assert [2, 5, 7] == cells.rows.tolist()
    assert [["1", "3", "5"], ["2", "4", None]] == lists(cells)
    assert [] == cells.left_out


def test_a_record_without_any_of_the_wanted_cells_is_a_record() -> None:
    cells = of_bytes("a,b,c\n1,,x\n\n,,y\n,2,\n,,\n").read({1: As.FLOAT})
    assert [2, 4, 5] == cells.rows.tolist()
    assert [[None, None, 2.0]] == lists(cells)


def test_blank_lines_at_the_end_cost_no_second_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = of_bytes("a,b\n" + "1,2\n" * 10 + "\n\n")
    monkeypatch.setattr("pyarrow.csv.open_csv", lambda *_, **__: pytest.fail("a second pass"))
    assert 10 == len(raw.read({0: As.TEXT}).rows)


def test_malformed_records_are_left_out_with_their_row() -> None:
    cells = texts(of_bytes('a,b\n1,2\n3\n\n"4\n4",5,6\n7,8\n9,9,9,\n'))
    assert [2, 6] == cells.rows.tolist()
    assert [(3, 1, "3"), (5, 3, '"4\n4",5,6'), (7, 4, "9,9,9,")] == [
        (record.row, record.seen, record.text) for record in cells.left_out
    ]
    (issue,) = cells.issues
    expected = "3 rows have 1 or 3 or 4 cells where the header has 2; left out (row 3, 5, 7)"
    assert expected == issue.sentence


def test_rows_are_right_across_blocks() -> None:
    lines = [f'{number},"note\n{"x" * 50} {number}"' for number in range(2, 60_002)]
    lines[30_000] = "only one cell"
    lines[50_000] = ""
    raw = of_bytes("\n".join(["id,note", *lines]))
    cells = raw.read({0: As.INTEGER})
    assert cells.columns[0].to_pylist() == cells.rows.tolist()
    assert [30_002] == [record.row for record in cells.left_out]
    assert 59_998 == len(cells.rows)


def test_lines_of_delimiters_only_are_blank_whatever_their_number() -> None:
    cells = texts(of_bytes("a,b,c\n1,2,3\n,\n,,,,,\n  \n4,5,6\n"))
    assert ([2, 6], []) == (cells.rows.tolist(), cells.left_out)


def test_a_quotation_mark_that_is_never_closed_is_an_error() -> None:
    raw = of_bytes('id,note\n1,x\n2,"open\n3,y\n4,z\n')
    with pytest.raises(DataError, match="never closed"):
        raw.read({0: As.PLAIN})


def test_a_last_cell_of_several_lines_is_no_error() -> None:
    assert [2, 3] == of_bytes('id,note\n1,x\n2,"so:\n3,y\n4,z"\n').read({0: As.PLAIN}).rows.tolist()


def test_a_giant_record_is_read() -> None:
    note = "long " * 800_000
    cells = texts(of_bytes(f'id,note\n1,"{note}"\n2,x\n'))
    assert [["1", "2"], [note, "x"]] == lists(cells)


def test_a_nul_byte_in_a_cell_is_text() -> None:
    assert [["1"], ["x\0y"]] == lists(texts(of_bytes(b"a,b\n1,x\0y\n")))


CELL = st.text(alphabet='ab,;"\n \té0', max_size=5)


@given(
    records=st.lists(st.one_of(st.just([]), st.lists(CELL, min_size=3, max_size=3)), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    wanted=st.sets(st.integers(0, 2)),
)
def test_every_record_is_read_as_the_csv_module_reads_it(
    records: list[list[str]], quoting: int, line_end: str, wanted: set[int]
) -> None:
    written = StringIO()
    writer = csv.writer(written, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows([["id", "b", "c"], *records])
    cells = of_bytes(written.getvalue()).read(dict.fromkeys(sorted(wanted), As.PLAIN))
    filled = [(row, record) for row, record in enumerate(records, start=2) if any(record)]
    assert [row for row, _ in filled] == cells.rows.tolist()
    assert [[record[at] or None for _, record in filled] for at in sorted(wanted)] == lists(cells)


# Short rows


def kept(cells: Cells) -> list[tuple[object, ...]]:
    """Each record with its row."""
    return list(zip(cells.rows.tolist(), *lists(cells), strict=True))


def test_a_row_with_fewer_cells_is_kept_with_its_cells_and_its_row() -> None:
    cells = texts(of_bytes("a,b,c\n1,2,3\n4,5\n6,7,8\n"))
    assert [(2, "1", "2", "3"), (3, "4", "5", None), (4, "6", "7", "8")] == kept(cells)
    assert [] == cells.left_out
    (issue,) = cells.issues
    assert ("short-row", 1, (3,), {"seen": "2", "expected": "3"}) == (issue.code, issue.count, issue.rows, issue.detail)
    lacking = "the cells that are not there are read as missing"
    assert f"1 row has fewer cells than the header (2 instead of 3); {lacking} (row 3)" == issue.sentence


def test_short_rows_stand_in_order_among_malformed_and_blank_rows() -> None:
    lines = [
        "a,b,c,d",
        "1,2",
        "",
        ",,,",
        "1,2,3,4",
        "Confidential",
        ",,",
        "5,,7",
        ",6,",
        "1,2,3,4,5",
        "8,9,,",
        "0,1,2",
        "",
    ]
    cells = texts(of_bytes("\n".join([*lines, ""])))
    assert [
        (2, "1", "2", None, None),
        (5, "1", "2", "3", "4"),
        (8, "5", None, "7", None),
        (11, "8", "9", None, None),
        (12, "0", "1", "2", None),
    ] == kept(cells)
    assert [(6, "Confidential"), (9, ",6,"), (10, "1,2,3,4,5")] == [(out.row, out.text) for out in cells.left_out]
    found = {issue.code: (issue.count, issue.rows, issue.detail["seen"]) for issue in cells.issues}
    assert {"malformed-row": (3, (6, 9, 10), "1 or 3 or 5"), "short-row": (3, (2, 8, 12), "2")} == found


def test_footers_with_one_filled_cell_are_left_out() -> None:
    cells = texts(of_bytes('a,b,c\n1,2,3\nGrand Totals (12 records)\n"Confidential, do not share"\nTotal,  \n'))
    assert ([2], [3, 4, 5]) == (cells.rows.tolist(), [record.row for record in cells.left_out])
    assert ["malformed-row"] == [issue.code for issue in cells.issues]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", [True, False])
def test_the_last_row_may_be_short(line_end: str, end: bool) -> None:
    lines = ["a;b;c;d", "1;2024-03-01;3,5;4", '2;"2024-03-02";'] + [""] * end
    cells = of_bytes(line_end.join(lines)).read({0: As.INTEGER, 1: As.MOMENT, 2: As.PLAIN, 3: As.FLOAT})
    assert [(2, 1, datetime(2024, 3, 1), "3,5", 4.0), (3, 2, datetime(2024, 3, 2), None, None)] == kept(cells)


def test_short_rows_leave_dates_and_numbers_typed() -> None:
    raw = of_bytes("id,at,n,x,note\n1,2024-03-01,1,1.5,a\n2,2024-03-02,-\n3,-,3\n4,2024-03-04,4,2.5,b\n")
    cells = raw.read({1: As.MOMENT, 2: As.INTEGER, 3: As.FLOAT, 4: As.TEXT, 0: As.PLAIN}, ["-"])
    expected = [pa.timestamp("us"), pa.int64(), pa.float64(), pa.dictionary(pa.int32(), pa.string()), pa.string()]
    assert expected == [column.type for column in cells.columns.values()]
    assert [
        (2, datetime(2024, 3, 1), 1, 1.5, "a", "1"),
        (3, datetime(2024, 3, 2), None, None, None, "2"),
        (4, None, 3, None, None, "3"),
        (5, datetime(2024, 3, 4), 4, 2.5, "b", "4"),
    ] == kept(cells)


def test_a_short_row_that_does_not_fit_makes_its_column_text_and_leaves_the_others_typed() -> None:
    raw = of_bytes("id,n,x,note\n1,2,2.5,a\n2,many,nan\n3,4,1.5,b\n")
    cells = raw.read({0: As.INTEGER, 1: As.INTEGER, 2: As.FLOAT, 3: As.TEXT})
    assert [False, True, True, True] == [pa.types.is_dictionary(column.type) for column in cells.columns.values()]
    assert [(2, 1, "2", "2.5", "a"), (3, 2, "many", "nan", None), (4, 3, "4", "1.5", "b")] == kept(cells)


def test_quoted_cells_of_a_short_row_are_unquoted() -> None:
    note = "x" * 1000
    cells = texts(of_bytes(f'a,b,c,d\n1,2,3,4\n"Doe, Jane","say ""hi""\n{note}",\n5,6,7,8\n'))
    assert (3, "Doe, Jane", f'say "hi"\n{note}', None, None) == kept(cells)[1]
    assert [2, 3, 4] == cells.rows.tolist()


def test_a_short_row_whose_quotation_mark_is_never_closed_is_left_out() -> None:
    cells = texts(of_bytes('a,b,c\n1,2,3\n4,5\n6,"open\n7,8\n'))
    assert [(2, "1", "2", "3"), (3, "4", "5", None)] == kept(cells)
    assert [4] == [record.row for record in cells.left_out]
    with pytest.raises(DataError, match="never closed"):
        texts(of_bytes('a,b,c\n1,2,3\n4,5\n6,"open\n7,8,9\n'))


def test_all_rows_may_be_short() -> None:
    cells = of_bytes("sep=,\na,b,c\n1,2\n3,4\n").read({0: As.INTEGER, 1: As.TEXT, 2: As.FLOAT})
    assert [(3, 1, "2", None), (4, 3, "4", None)] == kept(cells)


def test_short_rows_count_when_no_column_or_only_lacking_ones_are_wanted() -> None:
    raw = of_bytes("a,b,c\n1,2,3\n4,5\n\n6,7,\n")
    assert [2, 3, 5] == raw.read({}).rows.tolist()
    assert [(2, 3), (3, None), (5, None)] == kept(raw.read({2: As.INTEGER}))


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_short_rows_of_other_encodings_are_kept(encoding: str) -> None:
    cells = texts(of_bytes("id;Straße;n\n1;Zoë;2\n3;Amélie\n4;x;5\n".encode(encoding)))
    assert [(2, "1", "Zoë", "2"), (3, "3", "Amélie", None), (4, "4", "x", "5")] == kept(cells)


def test_short_rows_that_are_not_utf_8_far_below_are_kept() -> None:
    raw = of_bytes(b"id,name,x\n" + "1,Amélie,2\n".encode() * 50_000 + b"7,Zo\xeb\n")
    assert (50_002, 7, "Zoë", None) == kept(raw.read({0: As.INTEGER, 1: As.TEXT, 2: As.FLOAT}))[-1]


def test_short_rows_of_aligned_and_wrapped_tables_are_kept() -> None:
    wrapped = of_bytes('id,name,amount\n"1,""Doe, Jane"",2"\n"2,""Roe, Max"""\n"3,x,4"\n')
    assert [(2, "1", "Doe, Jane", "2"), (3, "2", "Roe, Max", None), (4, "3", "x", "4")] == kept(texts(wrapped))
    lines = ["customer  date  n"] + ["  00001  19970101  1"] * 80 + ["  00002  19970102"]
    assert (82, "00002", "19970102", None) == kept(texts(of_bytes("\n".join(lines))))[-1]


def test_short_rows_are_in_order_across_blocks() -> None:
    lines = [f"{number},name {number % 7},{number},{'x' * 50}" for number in range(2, 60_002)]
    for at in range(0, 60_000, 977):
        lines[at] = f"{at + 2},short {at % 5}"
    cells = of_bytes("\n".join(["id,name,n,note", *lines])).read({0: As.INTEGER, 1: As.TEXT, 2: As.INTEGER})
    assert list(range(2, 60_002)) == cells.rows.tolist() == cells.columns[0].to_pylist()
    expected = [f"short {at % 5}" if at % 977 == 0 else f"name {(at + 2) % 7}" for at in range(60_000)]
    assert expected == cells.columns[1].to_pylist()
    assert 62 == cells.columns[2].null_count
    assert 1 == len({str(chunk.dictionary) for chunk in cells.columns[1].chunks})


def test_short_rows_do_not_move_the_blank_ones() -> None:
    cells = of_bytes("a,b,c\n1,2\n,,\n3,4\n\n,5,\n6,7\n\n\n").read({2: As.FLOAT})
    assert [(2, None), (4, None), (6, None), (7, None)] == kept(cells)


@given(
    records=st.lists(st.lists(CELL, max_size=5), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    wanted=st.sets(st.integers(0, 3), min_size=1),
)
def test_records_of_any_width_are_kept_or_left_out_as_the_csv_module_reads_them(
    records: list[list[str]], quoting: int, line_end: str, wanted: set[int]
) -> None:
    assume(
        not any(len(record) == 1 and "," in record[0] for record in records)
    )  # a record in quotes as a whole is read
    written = StringIO()
    writer = csv.writer(written, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows([["sep=,"], ["id", "b", "c", "d"], *records])
    cells = of_bytes(written.getvalue().replace('"sep=,"', "sep=,")).read(dict.fromkeys(sorted(wanted), As.PLAIN))
    expected, out = [], []
    for row, record in enumerate(records, start=3):
        is_wide = len(record) > 4
        filled = sum(bool(cell.strip()) for cell in record)
        if (len(record) != 4 and filled < 2) or (is_wide and any(cell.strip() for cell in record[4:])):
            out += [row] * any(cell.strip('," \t\r\n') for cell in record)
        elif any(record):
            expected.append((row, *((record + [""] * 4)[at] or None for at in sorted(wanted))))
    assert expected == kept(cells)
    assert out == [record.row for record in cells.left_out]


# Encodings


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_unicode_is_recognised_with_and_without_a_mark(mark: bytes, encoding: str) -> None:
    raw = of_bytes(mark + "id\tName\r\n1\tAmélie\r\n".encode(encoding))
    assert ["id", "Name"] == raw.header
    cells = texts(raw)
    assert [["1"], ["Amélie"]] == lists(cells)
    assert [] == cells.issues


def test_what_is_not_utf_8_is_read_as_windows_1252_and_said() -> None:
    raw = of_bytes("id;Straße\n1;Zoë €\n2;\x81\n".encode("cp1252", "ignore").replace(b"2;", b"2;\x81"))
    assert ["id", "Straße"] == raw.header
    cells = texts(raw)
    assert [["1", "2"], ["Zoë €", "\ufffd"]] == lists(cells)
    assert [("encoding-guessed", "is not UTF-8; read as Windows-1252")] == [(i.code, i.sentence) for i in cells.issues]


def test_a_single_byte_far_below_does_not_spoil_the_other_names() -> None:
    raw = of_bytes(b"id,name\n" + "1,Amélie\n".encode() * 50_000 + b"2,Zo\xeb\n3,last\n")
    assert [] == raw.read({0: As.INTEGER}).issues
    cells = raw.read({1: As.TEXT})
    assert {"Amélie", "Zoë", "last"} == set(cells.columns[1].to_pylist())
    assert ["encoding-guessed"] == [issue.code for issue in cells.issues]


def test_malformed_rows_that_are_not_utf_8_are_left_out_too() -> None:
    cells = of_bytes(b"id,name\n" + "1,Amélie\n".encode() * 50_000 + b"Zo\xeb\n").read({0: As.INTEGER})
    assert [50_002] == [record.row for record in cells.left_out]


# Paths


def test_folders_are_read_in_order_of_names_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a/z.tsv", "a/.secret.csv", ".git/x.csv", "__MACOSX/y.csv", "~$c.xlsx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"a\tb\n1\t{name}\n")
    (tmp_path / "model.py").write_text("x = 1\n")
    (tmp_path / "LICENSE.txt").write_text("Copyright (c) 2024, A, B\n\nPermission is granted\nto, everyone\n")
    opened = open_inputs([f"{tmp_path}/"])
    assert [f"{tmp_path}/a/z.tsv", f"{tmp_path}/b.csv"] == [raw.path for raw in opened.tables]
    assert [f"{tmp_path}/LICENSE.txt", f"{tmp_path}/model.py"] == opened.ignored


def test_a_pattern_gives_the_files_that_match(tmp_path: Path) -> None:
    for name in ("deals-2.csv", "deals-1.csv", "other.csv"):
        (tmp_path / name).write_text(f"a,b\n1,{name}\n")
    opened = open_inputs([str(tmp_path / "deals-*.csv")])
    assert ["deals-1.csv", "deals-2.csv"] == [Path(raw.path).name for raw in opened.tables]


def test_a_file_met_twice_is_opened_once(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("a,b\n1,2\n")
    assert 1 == len(open_inputs([str(path), str(tmp_path), f"{tmp_path}/*.csv"]).tables)


def test_a_path_that_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError) as caught:
        open_inputs([str(tmp_path / "deels.csv"), str(tmp_path / "none" / "x.csv")])
    assert "no such file or folder" == caught.value.what
    assert f"Did you mean {tmp_path / 'deals.csv'}? There is no folder {tmp_path / 'none'}." == caught.value.hint
    with pytest.raises(UsageError, match="no file matches"):
        open_inputs([str(tmp_path / "*.xlsx")])


def test_a_path_without_any_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("hello")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7 ...")
    for path in (tmp_path, tmp_path / "readme.md", tmp_path / "scan.pdf"):
        with pytest.raises(DataError, match="holds no table"):
            open_inputs([str(path)])


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="everything can be opened by this user")
def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("a,b\n1,2\n")
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        open_inputs([str(path)])


def test_a_web_page_called_a_workbook_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "report.xls"
    path.write_text("<html><table><tr><td>1</td></tr></table></html>")
    with pytest.raises(DataError, match="web page"):
        open_inputs([str(path)])


# Archives


def test_the_members_of_an_archive_are_tables(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("b.csv", "a/deals.csv", "__MACOSX/._b.csv", ".hidden.csv", "note.md"):
            archive.writestr(name, f"a,b\n1,{name}\n")
        archive.writestr("c.csv.gz", gzip.compress(b"x,y\n5,6\n"))
    opened = open_inputs([str(path)])
    assert [f"{path}/{name}" for name in ("a/deals.csv", "b.csv", "c.csv.gz")] == [raw.path for raw in opened.tables]
    assert [f"{path}/note.md"] == opened.ignored
    assert [["1"], ["a/deals.csv"]] == lists(texts(opened.tables[0]))
    assert [["5"], ["6"]] == lists(texts(opened.tables[2]))
    assert hashlib.sha256(b"a,b\n1,b.csv\n").hexdigest() == opened.tables[1].digest()
    piped = open_inputs(["-"], stdin=BytesIO(path.read_bytes()))
    assert ["-/a/deals.csv", "-/b.csv", "-/c.csv.gz"] == [raw.path for raw in piped.tables]


def test_a_packed_file_is_read_and_its_digest_is_that_of_the_file(tmp_path: Path) -> None:
    data = gzip.compress(b"id,amount\n1,2\n")
    raw = table(tmp_path, data, "deals.csv.gz")
    assert [["1"], [2.0]] == lists(raw.read({0: As.PLAIN, 1: As.FLOAT}))
    assert hashlib.sha256(data).hexdigest() == raw.digest()


def test_a_packed_file_that_is_cut_short_is_an_error(tmp_path: Path) -> None:
    packed = gzip.compress(os.urandom(3_000_000).hex().encode())
    path = tmp_path / "deals.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="cannot be unpacked"):
        texts(open_inputs([str(path)]).tables[0])


def test_a_broken_archive_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match="cannot be unpacked"):
        open_inputs([str(path)])


def test_a_member_above_two_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_metrics.loaders.reading.limits.LARGEST_MEMBER", 1000)
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("deals.csv", "a,b\n" * 1000)
    with pytest.raises(DataError, match="larger than"):
        open_inputs([str(path)])


# Workbooks


def test_sheets_are_read_below_their_title_with_the_rows_of_the_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    rows: list[list[object]] = [
        [],
        ["Deals"],
        [],
        [None, "id", "amount", "closed", "at", "won"],
        [None, "007", 12.5, date(2024, 3, 1), datetime(2024, 3, 1, 10, 5), True],
        [],
        [None, 123.0, None, date(2024, 3, 2), datetime(2024, 3, 2), False],
    ]
    workbook(path, Deals=rows)
    (raw,) = open_inputs([str(path)]).tables
    assert (str(path), ["id", "amount", "closed", "at", "won"], 4) == (raw.path, raw.header, raw.header_row)
    assert [
        ["007", "123"],
        ["12.5", None],
        ["2024-03-01", "2024-03-02"],
        ["2024-03-01 10:05:00", "2024-03-02 00:00:00"],
        ["true", "false"],
    ] == raw.head
    cells = raw.read({0: As.PLAIN, 1: As.FLOAT, 2: As.MOMENT, 3: As.MOMENT, 4: As.TEXT})
    assert [5, 7] == cells.rows.tolist()
    expected = [pa.string(), pa.float64(), pa.timestamp("us"), pa.timestamp("us")]
    assert expected == [cells.columns[at].type for at in range(4)]
    assert ["2024-03-01 10:05:00", "2024-03-02 00:00:00"] == [str(at) for at in cells.columns[3].to_pylist()]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == raw.digest()


def test_hidden_sheets_are_read_and_said_and_those_of_programs_are_named(tmp_path: Path) -> None:
    path = tmp_path / "crm.xlsx"
    book = workbook(path, Deals=[["a", "b"], [1, 2]], Old=[["c", "d"], [3, 4]], Lists=[["x"], ["y"]], Empty=[])
    book["Old"].sheet_state = "hidden"
    book["Lists"].sheet_state = "veryHidden"
    book.save(path)
    opened = open_inputs([str(path)])
    assert [f"{path}#Deals", f"{path}#Old"] == [raw.path for raw in opened.tables]
    assert [f"{path}#Lists (hidden)"] == opened.ignored
    assert [[], ["is a hidden sheet; it is read all the same"]] == [
        [issue.sentence for issue in texts(raw).issues] for raw in opened.tables
    ]
    assert [["3"], ["4"]] == lists(texts(opened.tables[1]))


def test_error_cells_are_missing_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    book = workbook(path, Deals=[["id", "amount"], ["1", 5], ["2", "#N/A"], ["3", "#DIV/0!"], ["4", 6]])
    (raw,) = open_inputs([str(path)]).tables
    cells = raw.read({0: As.PLAIN, 1: As.FLOAT})
    assert book
    assert [["1", "2", "3", "4"], [5.0, None, None, 6.0]] == lists(cells)
    (issue,) = cells.issues
    assert ("error-cell", 2, (3, 4)) == (issue.code, issue.count, issue.rows)
    assert {"column": "amount", "seen": "#DIV/0!, #N/A"} == issue.detail
    assert [] == raw.read({0: As.PLAIN}).issues


def test_numbers_in_a_workbook_keep_their_precision(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    workbook(path, Deals=[["id", "share"], [], ["1", 1 / 3], ["2", None], ["3", 0.25]])
    (raw,) = open_inputs([str(path)]).tables
    assert [[1 / 3, None, 0.25]] == lists(raw.read({1: As.FLOAT}))


def test_mixed_cells_of_a_workbook_come_back_as_text(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    workbook(path, Deals=[["id", "amount"], [1, 5], [2, "1.000,50"], [3, "-"]])
    (raw,) = open_inputs([str(path)]).tables
    assert [["5", "1.000,50", "-"]] == lists(raw.read({1: As.FLOAT}))


def test_durations_in_a_workbook_are_hours_minutes_seconds(tmp_path: Path) -> None:
    path = tmp_path / "tickets.xlsx"
    workbook(
        path, Tickets=[["id", "took", "at"], [1, timedelta(hours=30), time(9, 5)], [2, timedelta(minutes=3), None]]
    )
    (raw,) = open_inputs([str(path)]).tables
    assert [["30:00:00", "00:03:00"], ["09:05:00", None]] == raw.head[1:]


def test_a_workbook_inside_an_archive_is_read(tmp_path: Path) -> None:
    workbook(tmp_path / "deals.xlsx", Deals=[["a", "b"], [1, 2]])
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "deals.xlsx", "deals.xlsx")
    (raw,) = open_inputs([str(path)]).tables
    assert f"{path}/deals.xlsx" == raw.path
    assert [["1"], ["2"]] == lists(texts(raw))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "Workbook".encode("utf-16-le"), "not a workbook"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_an_error(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(data)
    with pytest.raises(DataError, match=said):
        open_inputs([str(path)])


def test_a_zip_that_only_calls_itself_a_workbook_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.txt", "x")
    with pytest.raises(DataError, match="not a valid workbook"):
        open_inputs([str(path)])


# Real exports


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("maven_crm/sales_pipeline.csv", 8800),
        ("olist/closed_deals.csv", 842),
        ("ravenstack/ravenstack_subscriptions.csv", 5000),
        ("cdnow/CDNOW_master.txt", 69_659),
        ("salesforce_workshop/Case.csv", 40),
        ("pipeline_leak/sample_hubspot_deals.csv", 1600),
    ],
)
def test_real_exports_are_read_whole(name: str, rows: int) -> None:
    (raw,) = open_inputs([str(SHARED / name)]).tables
    cells = texts(raw)
    assert list(range(2, rows + 2)) == cells.rows.tolist()
    assert ([], []) == (cells.left_out, cells.issues)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent")
def test_the_short_row_of_a_real_export_is_kept() -> None:
    (raw,) = open_inputs([str(SHARED / "ab_campaign" / "control_group.csv")]).tables
    cells = raw.read({1: As.TEXT, 2: As.INTEGER, 3: As.INTEGER})
    assert (6, "5.08.2019", 1835, None) == kept(cells)[4]
    assert (list(range(2, 32)), []) == (cells.rows.tolist(), cells.left_out)
    assert ["short-row"] == [issue.code for issue in cells.issues]


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent")
def test_an_archive_holds_the_same_tables_as_its_folder() -> None:
    packed = open_inputs([str(SHARED / "maven_crm.zip")]).tables
    folder = open_inputs([str(SHARED / "maven_crm")]).tables
    assert [raw.digest() for raw in folder] == [raw.digest() for raw in packed]
    assert [lists(texts(raw)) for raw in folder] == [lists(texts(raw)) for raw in packed]
