"""Exchange rates as the settings have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field, model_validator

from crm_metrics.settings.kinds import Block, Currency, Positive


class Rate(Block):
    """One `base` is worth `rate` `to`, from `day` on; without a day at all times."""

    base: Currency
    to: Currency
    rate: Positive
    day: date | None = None


class Rates(Block):
    """Exchange rates, in the settings themselves or in a CSV or Excel file with the columns date, from, to and rate."""

    to: Currency | None = Field(None, description="the currency that the rates lead to; `currency` when not set")
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
        problem = "say which currency the rate leads to, with the setting currency or rates.to"
        mistakes.append(f"{code} = {rates!r}: {problem}")
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
