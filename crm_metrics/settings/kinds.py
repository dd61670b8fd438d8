"""What the value of a setting can be: a day, a zone, a currency, an encoding, a column of some table."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from crm_metrics import schema
from crm_metrics.errors import SettingsError, did_you_mean, nearest
from crm_metrics.expressions import parse_rows

Order = Literal["dmy", "mdy"]
Sign = Literal[".", ","]
Dialect = Literal["excel", "excel-eu"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Block(BaseModel):
    """A part of the settings: unknown keys are refused, and nothing changes later. What checks it is built when something is
    checked: most runs have no settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no IANA time zone; for example Europe/Berlin") from error
    return name


def _day(value: object) -> date:
    """A day as a file, an option or Python gives it; text only as 2025-12-31."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError("a day is written 2025-12-31") from error
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("a day is written 2025-12-31")
    if not 1900 <= value.year <= 2199:
        raise ValueError("a day lies between 1900 and 2199")
    return value


def _encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError as error:
        raise ValueError(f"{name!r} is no encoding; for example windows-1252 or utf-16") from error
    # Python also calls base64 and rot13 codecs; those do not turn bytes into text.
    if not getattr(codec, "_is_text_encoding", True):
        raise ValueError(f"{name!r} is no encoding of text; for example windows-1252 or utf-16")
    return codec.name


def _filter(text: str) -> str:
    try:
        parse_rows(text, "")
    except SettingsError as error:
        what = "cannot be read" if error.what.startswith("cannot be read") else error.what
        raise ValueError(f"{what}\n{error.hint}" if error.hint else what) from error
    return " ".join(text.split("\n")).strip()


def _currency(code: str) -> str:
    """Codes are compared in capitals, as files are: Stripe exports `usd`."""
    if not code.strip() or (code.strip().isalpha() and len(code.strip()) != 3):
        raise ValueError("a currency is a code of three letters such as EUR")
    return code.strip().upper()


def _column(name: str) -> str:
    columns = {column for table in given_tables() for column in schema.TABLES[table].columns}
    if name not in columns:
        close = nearest(name, columns)  # there are too many to list them all
        how = f"Did you mean {close}?" if close else "'crm-metrics scan' shows how columns are called, such as amount."
        raise ValueError(f"no table has a column {name!r}. {how}")
    return name


def _header(value: object) -> object:
    if value is False or (isinstance(value, str) and value.strip()):
        return value
    raise ValueError("the header of a column in quotation marks is expected, or false where none is to be read as it")


# What the cells of a column can mean, where that is more than a name of the user's own.
_MEANINGS = {"outcome": ("won", "lost", "open"), "kind": ("nps", "csat", "ces")}
_MAPPED = (schema.Kind.CATEGORY, schema.Kind.BOOL)


def _kinds(column: str) -> set[schema.Kind]:
    """What the column holds in the tables that have it."""
    tables = (schema.TABLES[table].columns for table in given_tables())
    return {columns[column].kind for columns in tables if column in columns}


def _mapped_column(name: str) -> str:
    if not _kinds(_column(name)) & {*_MAPPED}:
        raise ValueError("only columns of words, or of yes and no, have values that can stand for others")
    return name


@dataclass(frozen=True)
class _Meant:
    """What a value of a column is said to mean, as it stands in the settings."""

    column: str
    value: object

    def __repr__(self) -> str:
        return str(self.value).lower() if isinstance(self.value, bool) else repr(self.value)


def _beside_columns(values: object) -> object:
    """The meanings with the columns they are of, so that each can be judged by itself."""
    if not isinstance(values, Mapping):
        return values
    return {
        column: {raw: _Meant(column, meant) for raw, meant in inner.items()} if isinstance(inner, Mapping) else inner
        for column, inner in values.items()
    }


def _meaning(meant: Any) -> str:
    """What a value means, as the column has it; the outcome of deals, for example, is won, lost or open."""
    column, value = meant.column, meant.value
    is_flag = schema.Kind.BOOL in _kinds(column)
    meanings = ("true", "false") if is_flag else _MEANINGS.get(column, ())
    text = str(value).lower() if isinstance(value, bool) and is_flag else value
    if not isinstance(text, str) or not text.strip():
        raise ValueError("true or false is expected" if is_flag else "a text is expected, in quotation marks")
    text = text.strip()
    if meanings and text.casefold() not in meanings:
        raise ValueError(f"{column} is {', '.join(meanings[:-1])} or {meanings[-1]}. {did_you_mean(text, meanings)}")
    return text.casefold() if meanings else text


def _table(name: str) -> str:
    if name not in given_tables():
        raise ValueError(f"there is no table {name!r}. {did_you_mean(name, given_tables())}")
    return name


def given_tables() -> list[str]:
    """The tables that files hold; the others are made from them, and exchange rates have a setting of their own."""
    return [name for name in schema.TABLES if not schema.is_derived(name) and name != schema.RATES]


def _table_with_states(name: str) -> str:
    if name not in schema.STATES:
        raise ValueError(f"there are no states of {name!r}. {did_you_mean(name, schema.STATES)}")
    return name


def _states(block: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """What the words of each table mean, each one of the table's states."""
    for table, words in block.items():
        for word, state in words.items():
            if state not in schema.STATES[table]:
                allowed = ", ".join(schema.STATES[table])
                raise ValueError(f"{table}: {word!r} = {state!r}: it is one of {allowed}")
    return block


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a whole number is expected")
    return value


def _allowed(value: object) -> object:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not is_count and not (isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?\s*%", value.strip())):
        raise ValueError('a number of rows, or a share such as "2 %"')
    return value.strip() if isinstance(value, str) else value


def _listed(value: object) -> object:
    """One text where a list of them is meant."""
    return [value] if isinstance(value, str) else value


def _written(value: object) -> object:
    """A period as TOML reads it: 2025 is a number there, and 2025-03-04 a date."""
    if isinstance(value, bool) or not isinstance(value, int | date) or isinstance(value, datetime):
        return value
    return str(value)


Zone = Annotated[str, AfterValidator(_zone)]
Filter = Annotated[str, AfterValidator(_filter)]
Day = Annotated[date, BeforeValidator(_day)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Currency = Annotated[str, AfterValidator(_currency)]
ColumnName = Annotated[str, AfterValidator(_column)]
Header = Annotated[str | bool, BeforeValidator(_header)]  # no other truth value than false passes
Meanings = Annotated[
    dict[Annotated[str, AfterValidator(_mapped_column)], dict[str, Annotated[str, BeforeValidator(_meaning)]]],
    BeforeValidator(_beside_columns),
]
States = Annotated[dict[Annotated[str, AfterValidator(_table_with_states)], dict[str, str]], AfterValidator(_states)]
TableName = Annotated[str, AfterValidator(_table)]
Whole = Annotated[int, BeforeValidator(_whole)]
Allowed = Annotated[int | str, BeforeValidator(_allowed)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Period = Annotated[str, BeforeValidator(_written)]
