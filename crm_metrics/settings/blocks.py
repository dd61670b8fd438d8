"""The blocks of the settings: rules for a file, rates, report profiles, thresholds of checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from crm_metrics.settings.kinds import (
    Block,
    ColumnName,
    Currency,
    Day,
    Encoding,
    Filter,
    Header,
    Meanings,
    Order,
    Period,
    Positive,
    Sign,
    TableName,
    Texts,
)


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a whole number is expected")
    return value


class FileRules(Block):
    """How the files that a pattern names are read. What is not set is told from the file."""

    path: str = Field(description="the files it is about: a name or a pattern such as exports/deals*.csv")
    table: TableName | None = Field(default=None, description="what the files hold: deals, tickets, orders, ...")
    vendor: str | None = Field(default=None, description="the tool that made them: hubspot, zendesk, generic, ...")
    sheet: str | None = Field(default=None, description="the sheet of a workbook it is about; others are not read")
    header: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=500)] | None = Field(
        default=None, description="the row in which the names of the columns stand, as the spreadsheet numbers it"
    )
    encoding: Encoding | None = Field(default=None, description="the encoding of the text: windows-1252, utf-16, ...")
    date_order: Order | None = Field(default=None, description="dmy or mdy, where a date leaves it open")
    decimal: Sign | None = Field(default=None, description="the sign that separates decimals: . or ,")
    until: Day | None = Field(default=None, description="up to which day the files know everything that happened")
    kind: Literal["nps", "csat", "ces"] | None = Field(default=None, description="the question a survey asked")
    scale: Literal["0-2", "1-2", "1-3", "1-4", "1-5", "1-7", "1-10", "0-10"] | None = Field(
        default=None, description="the scale of its scores"
    )
    better: Literal["higher", "lower"] | None = Field(
        default=None, description="which answers to its effort question are good; lower: they are turned round"
    )
    columns: dict[ColumnName, Header] = Field(
        default_factory=dict,
        description='which header stands for which column: amount = "Net value"; currency = false where none does',
    )
    values: Meanings = Field(
        default_factory=dict, description='what the values of a column mean: outcome = { "Signed" = "won" }'
    )

    def is_for(self, path: str) -> bool:
        """Whether a path, as reports show it (`folder/book.xlsx#Sheet`), is one that the pattern names."""
        own = path.rpartition("#")[2] if "#" in path else self.sheet
        return matches(self.path, path) and (self.sheet is None or self.sheet.casefold() == (own or "").casefold())


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern names a path: the whole of it or its last parts, with or without the sheet; case aside."""
    wanted = pattern.replace("\\", "/").removeprefix("./").casefold()
    full = path.replace("\\", "/").casefold()
    for name in dict.fromkeys((full, full.partition("#")[0])):
        parts = name.split("/")
        tails = ["/".join(parts[start:]) for start in range(len(parts))]
        # A name may hold brackets, which a pattern would take for a choice of letters.
        if wanted in tails or any(fnmatchcase(tail, wanted) for tail in tails if tail.count("/") == wanted.count("/")):
            return True
    return False


def rules_for(path: str, files: Iterable[FileRules], columns: Mapping[str, Mapping[str, Header]]) -> FileRules:
    """The one rule for a file that several entries make, the first that says something first; mappings of columns per
    pattern come before."""
    named = [rule for rule in files if rule.is_for(path)]
    merged: dict[str, Any] = {"path": path}
    for name in FileRules.model_fields.keys() - {"path", "columns", "values"}:
        merged[name] = next((value for rule in named if (value := getattr(rule, name)) is not None), None)
    mappings = [headers for pattern, headers in columns.items() if matches(pattern, path)]
    for headers in reversed([*mappings, *(rule.columns for rule in named)]):
        merged["columns"] = {**merged.get("columns", {}), **headers}
    for column, meanings in (pair for rule in reversed(named) for pair in rule.values.items()):
        values = merged.setdefault("values", {})
        values[column] = {**values.get(column, {}), **meanings}
    return FileRules.model_construct(**merged)


@dataclass(frozen=True)
class Stated:
    """What is known of a file before it is looked at: its encoding, the row of its header as the spreadsheet numbers it, and
    the sheets of a workbook to read (none: all)."""

    encoding: str | None = None
    header: int | None = None
    sheets: tuple[str, ...] = ()


class Rate(Block):
    """One `base` is worth `rate` `to`, from `day` on; without a day at all times."""

    base: Currency
    to: Currency
    rate: Positive
    day: date | None = None


class Rates(Block):
    """Exchange rates, in the settings themselves or in a CSV or Excel file with the columns date, from, to and rate."""

    to: Currency | None = Field(
        default=None, description="the currency that the rates lead to; `currency` when not set"
    )
    file: str | None = Field(default=None, description="a file with the columns date, from, to, rate")
    given: tuple[Rate, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, value: Any) -> Any:
        """`rates = "rates.csv"`, or a block: `to`, `file`, and per currency a rate or its rates by day."""
        if isinstance(value, str):
            return {"file": value}
        if not isinstance(value, Mapping) or isinstance(value.get("given"), tuple):
            return value
        block: dict[str, Any] = {key: value[key] for key in ("to", "file") if key in value}
        mistakes: list[str] = []
        codes = {key: rates for key, rates in value.items() if key not in ("to", "file")}
        block["given"] = tuple(rate for code, rates in codes.items() for rate in _rates(code, rates, value, mistakes))
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return block


def _rates(code: str, rates: Any, block: Mapping[str, Any], mistakes: list[str]) -> list[dict[str, Any]]:
    """The rates of one currency as it stands in the settings; what is wrong with them is added to the mistakes."""
    if len(code.strip()) != 3 or not code.strip().isalpha():
        mistakes.append(f"{code!r} is no currency: write a code of three letters, such as USD = 0.92, or to, or file")
        return []
    if not isinstance(block.get("to"), str):
        mistakes.append(
            f"{code} = {rates!r}: say which currency the rate leads to, with the setting currency or rates.to"
        )
        return []
    every: list[dict[str, Any]] = []
    for day, rate in rates.items() if isinstance(rates, Mapping) else [(None, rates)]:
        shown = code if day is None else f"{code}, {day}"
        try:
            from_day = None if day is None else date.fromisoformat(str(day))
        except ValueError:
            mistakes.append(f"{shown}: a day is written 2025-12-31")
            continue
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < float("inf"):
            mistakes.append(f"{shown} = {rate}: a rate is a number above 0")
            continue
        every.append({"base": code, "to": block["to"], "rate": rate, "day": from_day})
    return every


def _allowed(value: object) -> object:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not is_count and not (isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?\s*%", value.strip())):
        raise ValueError('a number of rows, or a share such as "2 %"')
    return value.strip() if isinstance(value, str) else value


class Check(Block):
    """How much of what a check finds is let pass: a number of rows, or a share of them such as "2 %"."""

    allowed: Annotated[int | str, BeforeValidator(_allowed)] = Field(
        default=0, description='rows that are let pass: a number, or a share such as "2 %"'
    )


class Profile(Block):
    """Options of `crm-metrics report` under a name: `crm-metrics report @NAME`. An option on the command line wins."""

    paths: Texts = Field(default=(), description="files and folders, where the command names none")
    period: Period | None = Field(default=None, description="as for -p: last-month, 2025-Q3, ytd, ...")
    by: Texts = Field(default=(), description="as for --by: month, owner, ...")
    metrics: Texts = Field(default=(), description="as for -m: metrics or families")
    where: Filter | None = Field(default=None, description="as for --where: \"team == 'EMEA'\"")
    compare: Period | None = Field(default=None, description="as for --compare: previous, year-ago, none, a period")
    top: Annotated[int, BeforeValidator(_whole), Field(ge=1)] | None = Field(default=None, description="as for --top")
    format: str | None = Field(default=None, description="as for -f: table, csv, json, ...")
    output: str | None = Field(default=None, description="as for -o: the file to write")
    as_of: Day | None = Field(default=None, description="as for --as-of")
    max_age: Annotated[int, BeforeValidator(_whole), Field(ge=0)] | None = Field(
        default=None, description="as for --max-age: days"
    )
    history: str | None = Field(default=None, description="as for --history: the file that keeps the figures")
    fail_on: Texts = Field(default=(), description="as for --fail-on: worse, warning, restated, goal-missed, alert")
    quiet: bool | None = Field(default=None, description="as for -q")
    verbose: bool | None = Field(default=None, description="as for -v")
