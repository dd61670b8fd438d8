"""Exports as values: files of text cells that can be shuffled, split, scaled, filtered and written."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import openpyxl

from crm_metrics import schema
from crm_metrics.reporting.report import AFTER_DIMENSIONS, BEFORE_DIMENSIONS
from crm_metrics.schema import TABLES
from crm_metrics.settings import Settings, validated

from ..oracle.random_tables import as_csv, make

SAMPLE = Path(__file__).parents[2] / "sample_data"
# Of the first fifty those that have found the most: 1, 28, 31 and 43 have currencies, 6 an as-of in March, 3 every table.
SEEDS = (1, 3, 6, 12, 28, 31, 36, 43)
FEW = (3, 31, 43)  # for what takes seconds a seed
MONEY = {
    "amount",
    "refunded_amount",
    "cost",
    "conversion_value",
    "mrr",
    "unit_price",
    "Amount",
    "Cost",
    "Total",
    "Refunded Amount",
    "Line Total",
}
GOALS = (
    {"metric": "revenue_won", "target": 20000, "start": date(2024, 3, 1), "due": date(2024, 3, 31)},
    {"metric": "revenue_won", "target": 50000, "start": date(2024, 1, 1), "due": date(2024, 3, 31)},
)


@dataclass(frozen=True)
class File:
    """One file: its header and its records as text; `table` where the columns have the canonical names; `above` are the
    lines before the header."""

    header: list[str]
    rows: list[list[str]]
    table: str | None = None
    above: tuple[str, ...] = ()
    is_workbook: bool = False

    def column(self, name: str) -> list[str]:
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def with_rows(self, rows: list[list[str]]) -> File:
        return replace(self, rows=rows)

    def records(self) -> list[dict[str, str]]:
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]

    def with_records(self, records: Iterable[Mapping[str, str]]) -> File:
        return self.with_rows([[record[name] for name in self.header] for record in records])


@dataclass(frozen=True)
class Exports:
    """Files by name, and the settings they are read with."""

    files: dict[str, File]
    settings: Settings = field(default_factory=Settings)

    def with_files(self, change: Callable[[str, File], File]) -> Exports:
        return replace(self, files={name: change(name, file) for name, file in self.files.items()})

    def write(self, folder: Path) -> dict[str, str | None]:
        """The table (None where it has to be recognised) of each path written."""
        paths = {}
        for name, file in self.files.items():
            path = folder / name
            if file.is_workbook:
                _write_workbook(path, file)
            else:
                with path.open("w", encoding="utf-8", newline="") as out:
                    out.writelines(f"{line}\n" for line in file.above)
                    csv.writer(out, lineterminator="\n").writerows([file.header, *file.rows])
            paths[str(path)] = file.table
        return paths


@cache
def of_seed(seed: int) -> Exports:
    """Random tables with what the oracle's lack: currencies (every third seed), several versions of a record, orders of
    several lines, goals, and an as-of within the quarter (every fourth seed)."""
    tables, given = make(seed)
    random = Random(f"properties {seed}")
    for name, rows in tables.items():
        if seed % 3 == 1 and name in ("deals", "orders", "spend", "subscriptions"):
            for row in rows:
                row["currency"] = random.choice(["USD", "USD", "EUR", None])
        rows += _versions(name, rows, random)
        if name == "orders" and "product" in rows[0]:
            rows += _lines(rows, random)
        random.shuffle(rows)
    given = {name: value for name, value in given.items() if value is not None} | {
        "goal": GOALS,
        "order_amount": "line",
    }
    if seed % 4 == 2:
        given["as_of"] = date(2024, 3, 20)
    files = {}
    for name, text in as_csv(tables).items():
        header, *records = csv.reader(text.splitlines())
        files[f"{name}.csv"] = File(header, records, name)
    return Exports(files, validated(given, "test"))


_VERSIONED = {
    "customers": "segment",
    "leads": "source",
    "deals": "amount",
    "tickets": "replies",
    "subscriptions": "mrr",
}


def _versions(name: str, rows: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    """Up to three more versions of records, with other content in one column."""
    column = _VERSIONED.get(name)
    if column is None or not any(column in row for row in rows):
        return []
    values = [row.get(column) for row in rows]
    return [row | {column: random.choice(values)} for row in random.sample(rows, min(len(rows) // 3, 3))]


def _lines(rows: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    """Second lines of some orders: another product at another price, and sometimes a cell left blank."""
    more = []
    for row in random.sample(rows, len(rows) // 4):
        line = row | {"product": random.choice(["Anvil", "Dowel"]), "amount": random.choice([3, 17.25])}
        if "owner" in line and random.random() < 0.5:
            line["owner"] = None
        more.append(line)
    return more


@cache
def sample() -> Exports:
    """The sample data as text cells."""
    files = {}
    for path in sorted(SAMPLE.iterdir()):
        if path.suffix == ".csv":
            above: tuple[str, ...] = ()
            with path.open(encoding="utf-8-sig", newline="") as lines:
                if path.name.startswith("google-ads"):
                    above = (lines.readline().rstrip("\r\n"), lines.readline().rstrip("\r\n"))
                header, *records = [record for record in csv.reader(lines) if record]
            files[path.name] = File(header, records, above=above)
        elif path.suffix == ".xlsx":
            sheet = openpyxl.load_workbook(path).worksheets[0]
            header, *records = [list(row) for row in sheet.iter_rows(values_only=True)]
            files[path.name] = File(header, records, is_workbook=True)
    return Exports(files)


def _write_workbook(path: Path, file: File) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [file.header, *file.rows]:
        sheet.append(row)
    book.save(path)


# ---- changes that must not matter ----


def shuffled(exports: Exports, seed: int) -> Exports:
    """The rows of every file in another order."""
    random = Random(f"shuffled {seed}")
    return exports.with_files(lambda _, file: file.with_rows(random.sample(file.rows, len(file.rows))))


def reordered(exports: Exports) -> Exports:
    """The files in reverse order."""
    return replace(exports, files=dict(reversed(exports.files.items())))


def split(exports: Exports, seed: int) -> Exports:
    """Every file as two files, at random, where a part still shows what is read off a whole column of a file: whether dates
    have a time of day, percent or fraction, which words occur. A file for which no such halves are found stays whole."""
    random = Random(f"split {seed}")
    files = {}
    for name, file in exports.files.items():
        halves = next((halves for _ in range(40) if (halves := _halves(file, random))), None)
        if halves is None:
            files[name] = file
            continue
        stem, dot, ending = name.rpartition(".")
        files[name] = halves[0]
        files[f"{stem}-two{dot}{ending}"] = halves[1]
    return replace(exports, files=files)


def _halves(file: File, random: Random) -> tuple[File, File] | None:
    side = [random.random() < 0.5 for _ in file.rows]
    key = "deal_id" if file.table == "deal_stages" else schema.TABLES[file.table].key if file.table else ""
    if key in file.header:  # versions of a record, lines of an order, a deal's history: of two files the newer's count
        of_record = {record: random.random() < 0.5 for record in sorted({*file.column(key)} - {""})}
        ids = zip(file.column(key), side, strict=True)
        side = [of_record.get(record, left) for record, left in ids]
    first = file.with_rows([row for row, left in zip(file.rows, side, strict=True) if left])
    second = file.with_rows([row for row, left in zip(file.rows, side, strict=True) if not left])
    whole = character(file)
    return (first, second) if character(first) == whole == character(second) else None


_WORDS = ("status", "satisfaction", "kind", "scale", "is_churned", "is_converted")


def character(file: File) -> list[object]:
    """What is read off a whole column: whether it has any value, a time of day, a value above 1, an end of a scale; and the
    words of columns that are told by their words."""
    found: list[object] = []
    for place, name in enumerate(file.header):
        cells = [str(row[place]) for row in file.rows if len(row) > place and row[place] not in ("", None)]
        timed = any(len(cell) > 10 and cell[4] == "-" and cell[10:].strip("T :0") for cell in cells)
        percent = name == "probability" and any(float(cell) > 1 for cell in cells)
        words = frozenset(cells) if name in _WORDS else None
        several = name == "currency" and len(set(cells)) > 1  # only then shares say which currency they are of
        found.append((bool(cells), timed, percent, words, several))
    return found


YEARS = timedelta(days=3653)  # ten years: before everything, and at the same time of day


def with_past(exports: Exports) -> Exports:
    """Every record once more, ten years earlier, under ids and customers of its own, unless it would still be there: a deal
    or ticket that is open, a customer or subscription that has not ended. A deal won then has no creation date, so the
    median cycle, by which deals are young or not, stays. Of several versions of a record one is taken: when too many ids
    repeat they are no ids. Spend and the histories of stages stay as they are:
    what the one covers is a statement about it, and the others tell the order of the stages."""

    def earlier(name: str, file: File) -> File:
        if file.table in (None, "spend", "deal_stages"):
            return file
        over = [record for record in _first_versions(file) if _is_over(file, record, exports.settings.as_of)]
        return file.with_records([*file.records(), *map(_past, over)])

    return exports.with_files(earlier)


def with_past_spend(exports: Exports) -> Exports:
    """The spend once more, ten years earlier, for campaigns of the same names."""

    def earlier(name: str, file: File) -> File:
        return file.with_records([*file.records(), *map(_past, file.records())]) if file.table == "spend" else file

    return exports.with_files(earlier)


def _first_versions(file: File) -> list[dict[str, str]]:
    """One record of each id; all lines of an order."""
    name = TABLES[str(file.table)].key or None
    if name not in file.header:
        return file.records()
    return list({record[name]: record for record in reversed(file.records())}.values())


def _is_over(file: File, record: dict[str, str], as_of: date | None) -> bool:
    if file.table != "responses" and any(
        cell[:10] > str(as_of) for name, cell in record.items() if name.endswith("_at")
    ):
        return False  # what comes after as-of is left out; ten years earlier it would not be
    match file.table:
        case "deals":
            return record["outcome"] != "open"
        case "tickets":
            done = record.get("status", "solved") in ("solved", "closed")
            return done and bool(record.get("solved_at", "") or not {"solved_at", "status"} & record.keys())
        case "customers":
            return bool(record["ended_at"]) if "ended_at" in record and any(file.column("ended_at")) else True
        case "subscriptions":
            return bool(record.get("ended_at"))
    return True


def _past(record: dict[str, str]) -> dict[str, str]:
    moved = {}
    for name, cell in record.items():
        if name.endswith("_at") and cell:
            moment = datetime.fromisoformat(cell) - YEARS
            cell = moment.date().isoformat() if len(cell) == 10 else moment.isoformat(sep=" ")
        elif (name.endswith("_id") or name == "customer") and cell:
            cell = f"past {cell}"
        moved[name] = cell
    if record.get("outcome") == "won":
        moved["created_at"] = ""
    return moved


def scaled(exports: Exports, factor: int | Decimal) -> Exports:
    """Every amount of money times the factor, goals included."""

    def times(name: str, file: File) -> File:
        places = [place for place, label in enumerate(file.header) if label in MONEY]
        rows = []
        for row in file.rows:
            made = list(row)
            for place in places:
                if place < len(made) and made[place]:
                    plain = made[place].replace(",", "") if file.table is None else made[place]
                    made[place] = str(Decimal(plain) * factor)
            rows.append(made)
        return file.with_rows(rows)

    goals = tuple(goal.model_copy(update={"target": goal.target * float(factor)}) for goal in exports.settings.goal)
    return replace(exports.with_files(times), settings=exports.settings.but(goal=goals))


# ---- segments ----


def owner_label(file: File) -> str | None:
    """The header of the owner, None for a file without one."""
    labels = ("owner", "Deal owner", "Company owner", "Lead Owner", "Assignee")
    return next((label for label in labels if label in file.header), None)


def of_owner(exports: Exports, owner: str) -> Exports:
    """Only the rows of one owner ("" for rows without one), in every file that has owners. A line of an order that names
    nobody is its order's owner's."""

    def only(name: str, file: File) -> File:
        label = owner_label(file)
        if label is None:
            return file
        place = file.header.index(label)
        rows = [row for row in file.rows if place < len(row)]
        if file.table != "orders":
            return file.with_rows([row for row in rows if row[place] == owner])
        order = file.header.index("order_id")
        named = {row[order]: row[place] for row in rows if row[place]}
        return file.with_rows([row for row in rows if named.get(row[order], "") == owner])

    return exports.with_files(only)


def with_owners(exports: Exports, names: Mapping[str, str]) -> Exports:
    """Owners under other names; several may become one."""

    def renamed(name: str, file: File) -> File:
        label = owner_label(file)
        if label is None:
            return file
        place = file.header.index(label)
        return file.with_rows(
            [[*row[:place], names.get(row[place], row[place]), *row[place + 1 :]] for row in file.rows]
        )

    return exports.with_files(renamed)


def dimensions(exports: Exports) -> list[str]:
    """All columns of categories that the files have, but those named like a column of the report."""
    found = {
        name
        for file in exports.files.values()
        for name in file.header
        if file.table and (known := schema.column(file.table, name)) and known.kind is schema.Kind.CATEGORY
    }
    return sorted(found - {*BEFORE_DIMENSIONS, *AFTER_DIMENSIONS})
