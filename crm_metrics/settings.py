"""The settings of a run, validated all at once."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from crm_metrics.errors import SettingsError, did_you_mean

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no IANA time zone; for example Europe/Berlin") from error
    return name


def _day(value: object) -> object:
    """A day as a file, an option or Python gives it; text only as 2025-12-31."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError("a day is written 2025-12-31") from error
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("a day is written 2025-12-31")
    return value


Day = Annotated[date, BeforeValidator(_day)]


class Goal(BaseModel):
    """A target for a metric from `start` to `due`, both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    target: float
    start: Day
    due: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.due < self.start:
            raise ValueError("a goal is due on or after the day it starts")
        return self


class Settings(BaseModel):
    """What a run takes for granted. Every value has a documented default; `None` means not set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: Annotated[str, AfterValidator(_zone)] | None = None
    as_of: Day | None = None
    currency: str | None = None
    gross_margin: float = Field(default=1.0, gt=0, le=1)
    conversion_days: int = Field(default=90, ge=1)
    cac_lag_days: int | None = Field(default=None, ge=0)
    response_target_minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    lead_response_target_hours: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    inactive_after_days: int | None = Field(default=None, ge=1)
    fiscal_year_start: int = Field(default=1, ge=1, le=12)
    week_start: Literal["monday", "sunday"] = "monday"
    csat_top: int | None = Field(default=None, ge=1)
    date_order: Literal["dmy", "mdy"] | None = None
    decimal: Literal[".", ","] | None = None
    order_amount: Literal["line", "total"] | None = None
    customer_stages: tuple[str, ...] = ("customer",)
    competitor_reasons: tuple[str, ...] = ("competitor", "competition", "lost to competitor", "chose competitor")
    won_stages: tuple[str, ...] = ()
    lost_stages: tuple[str, ...] = ()
    goal: tuple[Goal, ...] = ()


def validated(values: dict[str, Any], where: str) -> Settings:
    """Settings from names and values as a file or `--set` gives them. Raises `SettingsError` that lists every mistake at
    once, unknown names with the nearest known one."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        mistakes = []
        for mistake in error.errors():
            name = ".".join(str(part) for part in mistake["loc"])
            if mistake["type"] == "extra_forbidden":
                known = Goal.model_fields if len(mistake["loc"]) > 1 else Settings.model_fields
                mistakes.append(f"there is no setting {name}. {did_you_mean(str(mistake['loc'][-1]), known)}")
            else:
                said = str(mistake.get("ctx", {}).get("error", mistake["msg"]))
                mistakes.append(f"{name} = {mistake['input']!r}: {said}")
        raise SettingsError("; ".join(mistakes), where=where) from error


def read(path: Path) -> dict[str, Any]:
    """The values of a settings file, not yet validated. Raises `SettingsError` when it is no TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError("there is no such file", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"cannot be read as TOML: {error}", where=str(path)) from error


def from_pairs(pairs: list[str]) -> dict[str, Any]:
    """The values of `name=value` pairs, each value as TOML would read it, else as text."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise SettingsError(f"{pair!r} is not NAME=VALUE", where="--set", hint="Example: --set gross_margin=0.8")
        try:
            read = tomllib.loads(f"value = {text}")
        except tomllib.TOMLDecodeError:
            read = {}
        values[name.strip()] = read["value"] if read.keys() == {"value"} else text.strip()
    return values
