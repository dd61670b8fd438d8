"""Working hours per weekday, and the days on which nobody works."""

from __future__ import annotations

import re
import warnings
from datetime import date
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from crm_metrics.errors import did_you_mean
from crm_metrics.settings.kinds import Block, Day, Zone

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
