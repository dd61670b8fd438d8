"""Working hours and days off, which business time is counted by; and exchange rates."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from crm_metrics.errors import did_you_mean
from crm_metrics.settings.kinds import Block, Currency, Day, Positive, Zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60
_STRETCH = re.compile(r"(\d{1,2}):([0-5]\d)\s*[-–]\s*(\d{1,2}):([0-5]\d)")
_FORM = 'write "09:00-17:30", or several: "09:00-12:00, 13:00-17:30"'


def _stretches(value: object) -> object:
    """The stretches of a day, each written 09:00-17:30: from one text, with commas between several, or from a list."""
    if not isinstance(value, str | list | tuple) or not all(isinstance(part, str) for part in value):
        raise ValueError(f"these are no working hours; {_FORM}")
    texts = [value] if isinstance(value, str) else list(value)
    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(_stretch(part) for part in parts if part)


def _stretch(text: str) -> str:
    match = _STRETCH.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no stretch of working hours; {_FORM}")
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if begin >= MIDNIGHT or end > MIDNIGHT:
        raise ValueError(f"{text!r}: a day begins at 00:00 and ends at 24:00")
    if begin == end:
        raise ValueError(f'{text!r} begins when it ends; a whole day is "00:00-24:00"')
    return f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"


Stretches = Annotated[tuple[str, ...], BeforeValidator(_stretches)]


class Hours(Block):
    """When people work, by the wall clock. A day without stretches is free; a stretch that ends before it begins runs on
    into the next day."""

    mon: Stretches = ()
    tue: Stretches = ()
    wed: Stretches = ()
    thu: Stretches = ()
    fri: Stretches = ()
    sat: Stretches = ()
    sun: Stretches = ()
    zone: Zone | None = Field(default=None, description="the zone of these hours; `timezone` when not set")

    @model_validator(mode="after")
    def _is_a_week(self) -> Self:
        if not any(self.week):
            raise ValueError(f'no day has working hours; give at least one, such as mon = "09:00-17:30": {_FORM}')
        for day, pieces in zip(DAYS, self._named(), strict=True):
            for (_, end, earlier), (begin, _, later) in pairwise(sorted(pieces)):
                if begin < end:
                    raise ValueError(f"{earlier} and {later} overlap on {day}; each minute can be worked only once")
        return self

    @property
    def week(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each weekday from Monday, the stretches on that calendar day in minutes from its midnight, in order: what
        runs past midnight is cut in two."""
        return tuple(tuple((begin, end) for begin, end, _ in sorted(pieces)) for pieces in self._named())

    def _named(self) -> list[list[tuple[int, int, str]]]:
        days: list[list[tuple[int, int, str]]] = [[] for _ in DAYS]
        for number, day in enumerate(DAYS):
            for text in getattr(self, day):
                begin, end = (int(edge[:2]) * 60 + int(edge[3:]) for edge in text.split("-"))
                days[number].append((begin, end if begin < end else MIDNIGHT, f"{day} {text}"))
                if 0 < end < begin:
                    days[(number + 1) % len(DAYS)].append((0, end, f"{day} {text}"))
        return days


class Holidays(Block):
    """The days off: the public holidays of a country, or of a part of it, and days of one's own. No minute of them is
    working time, nor is what a shift of the evening before would have reached into."""

    country: str | None = Field(default=None, description="the country's code of two letters, such as DE")
    subdivision: str | None = Field(default=None, description="the state or region by its code, such as BY")
    dates: tuple[Day, ...] = Field(default=(), description="days off of your own: [2025-12-24, 2025-12-31]")

    @field_validator("country")
    @classmethod
    def _is_known(cls, code: str | None) -> str | None:
        if code is None:
            return None
        from holidays import list_supported_countries  # takes a while, and few need it

        countries = list_supported_countries(include_aliases=False)
        if code.strip().upper() not in countries:
            raise ValueError(
                f"the public holidays of {code!r} are not known. A country is a code of two letters, such as DE or US; "
                "for another one give its days off with dates"
            )
        return code.strip().upper()

    @model_validator(mode="after")
    def _has_its_part(self) -> Self:
        if self.subdivision is None:
            return self
        if self.country is None:
            raise ValueError(f"subdivision = {self.subdivision!r} needs the country it is a part of, such as DE")
        from holidays import list_supported_countries

        subdivisions = list_supported_countries()[self.country]
        if self.subdivision not in subdivisions:
            close = did_you_mean(self.subdivision, subdivisions) if subdivisions else ""
            suggestion = close or "Its holidays are the same everywhere."
            raise ValueError(f"{self.country} has no subdivision {self.subdivision!r}. {suggestion}")
        return self

    def between(self, first: date, last: date) -> list[date]:
        """The days off from the first to the last day, in order; public holidays with the days observed in their place."""
        days = set(self.dates)
        if self.country is not None:
            from holidays import country_holidays

            with warnings.catch_warnings():  # of years long ago, for which a country's list does not hold all
                warnings.simplefilter("ignore")
                years = range(first.year, last.year + 1)
                days |= set(country_holidays(self.country, subdiv=self.subdivision, years=years))
        return sorted(day for day in days if first <= day <= last)


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
