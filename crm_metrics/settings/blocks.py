"""The blocks of the settings: rules for a file, report profiles, thresholds of checks. What checks them is imported where
something is checked: most runs have no settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from typing import Annotated

    from pydantic import Field

    from crm_metrics.settings import kinds

# What an alert can be about besides a limit.
WORSE, GOAL_MISSED, GOAL_BEHIND = ALERTS = ("worse", "goal-missed", "goal-behind")


def stated(about: str, example: str = "", *, default: Any = None) -> Any:
    """A setting: what it means, and an example as the file has it; `MISSING` where one has to be given."""
    metadata = {"about": about, "example": example}
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


# For pydantic, which reads it off a dataclass: unknown keys are refused, and so is what was made without a check.
CONFIG: Any = {"extra": "forbid", "revalidate_instances": "always"}


def values_of(block: Any) -> dict[str, Any]:
    """The settings of a block by name; of the class of one, the default of each that has one."""
    if not isinstance(block, type):
        return {of.name: getattr(block, of.name) for of in fields(block)}
    return {of.name: of.default if of.default_factory is MISSING else of.default_factory() for of in fields(block)}


def plain(value: Any, *, changed: bool = False) -> Any:
    """A setting as JSON has it; with `changed` without what blocks in it leave at its default."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_defaults=changed)
    if is_dataclass(value):
        defaults = values_of(type(value))
        value = {name: of for name, of in values_of(value).items() if not changed or of != defaults[name]}
    if isinstance(value, dict):
        return {name: plain(item, changed=changed) for name, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item, changed=changed) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class FileRules:
    """How the files that a pattern names are read. What is not set is told from the file."""

    __pydantic_config__: ClassVar[Any] = CONFIG

    path: str = stated("the files it is about: a name or a pattern such as exports/deals*.csv", default=MISSING)
    table: kinds.TableName | None = stated("what the files hold: deals, tickets, orders, ...")
    vendor: str | None = stated("the tool that made them: hubspot, zendesk, generic, ...")
    sheet: str | None = stated("the sheet of a workbook it is about; others are not read")
    header: Annotated[kinds.Whole, Field(ge=1, le=500)] | None = stated(
        "the row in which the names of the columns stand, as the spreadsheet numbers it"
    )
    encoding: kinds.Encoding | None = stated("the encoding of the text: windows-1252, utf-16, ...")
    date_order: kinds.Order | None = stated("dmy or mdy, where a date leaves it open")
    decimal: kinds.Sign | None = stated("the sign that separates decimals: . or ,")
    until: kinds.Day | None = stated("up to which day the files know everything that happened")
    kind: Literal["nps", "csat", "ces"] | None = stated("the question a survey asked")
    scale: Literal["0-2", "1-2", "1-3", "1-4", "1-5", "1-7", "1-10", "0-10"] | None = stated("the scale of its scores")
    better: Literal["higher", "lower"] | None = stated(
        "which answers to its effort question are good; lower: they are turned round"
    )
    columns: dict[kinds.ColumnName, kinds.Header] = stated(
        'which header stands for which column: amount = "Net value"; currency = false where none does', default={}
    )
    values: kinds.Meanings = stated('what the values of a column mean: outcome = { "Signed" = "won" }', default={})

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


def rules_for(path: str, files: Iterable[FileRules], columns: Mapping[str, Mapping[str, kinds.Header]]) -> FileRules:
    """The one rule for a file that several entries make, the first that says something first; mappings of columns per
    pattern come before."""
    named = [rule for rule in files if rule.is_for(path)]
    merged: dict[str, Any] = {"path": path}
    for name in values_of(FileRules).keys() - {"path", "columns", "values"}:
        merged[name] = next((value for rule in named if (value := getattr(rule, name)) is not None), None)
    mappings = [headers for pattern, headers in columns.items() if matches(pattern, path)]
    for headers in reversed([*mappings, *(rule.columns for rule in named)]):
        merged["columns"] = {**merged.get("columns", {}), **headers}
    for column, meanings in (pair for rule in reversed(named) for pair in rule.values.items()):
        values = merged.setdefault("values", {})
        values[column] = {**values.get(column, {}), **meanings}
    return FileRules(**merged)


@dataclass(frozen=True)
class Stated:
    """What is known of a file before it is looked at: its encoding, the row of its header as the spreadsheet numbers it, and
    the sheets of a workbook to read (none: all)."""

    encoding: str | None = None
    header: int | None = None
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """How much of what a check finds is let pass: a number of rows, or a share of them such as "2 %"."""

    __pydantic_config__: ClassVar[Any] = CONFIG

    allowed: kinds.Allowed = stated('rows that are let pass: a number, or a share such as "2 %"', default=0)


@dataclass(frozen=True)
class Profile:
    """Options of `crm-metrics report` under a name: `crm-metrics report @NAME`. An option on the command line wins."""

    __pydantic_config__: ClassVar[Any] = CONFIG

    paths: kinds.Texts = stated("files and folders, where the command names none", default=())
    period: kinds.Period | None = stated("as for -p: last-month, 2025-Q3, ytd, ...")
    by: kinds.Texts = stated("as for --by: month, owner, ...", default=())
    metrics: kinds.Texts = stated("as for -m: metrics or families", default=())
    where: kinds.Filter | None = stated("as for --where: \"team == 'EMEA'\"")
    compare: kinds.Period | None = stated("as for --compare: previous, year-ago, none, a period")
    top: Annotated[kinds.Whole, Field(ge=1)] | None = stated("as for --top")
    format: str | None = stated("as for -f: table, csv, json, ...")
    output: str | None = stated("as for -o: the file to write")
    as_of: kinds.Day | None = stated("as for --as-of")
    max_age: Annotated[kinds.Whole, Field(ge=0)] | None = stated("as for --max-age: days")
    history: str | None = stated("as for --history: the file that keeps the figures")
    fail_on: kinds.Texts = stated("as for --fail-on: worse, warning, restated, goal-missed, alert", default=())
    quiet: bool | None = stated("as for -q")
    verbose: bool | None = stated("as for -v")


def with_base(values: dict[str, Any]) -> dict[str, Any]:
    """The values with the currency that the rates lead to written beside them: `--set currency=USD` changes what is reported
    in, not what a rate in the file means."""
    rates, currency = values.get("rates"), values.get("currency")
    if not isinstance(rates, dict) or "to" in rates or currency is None:
        return values
    return values | {"rates": {**rates, "to": currency}}
