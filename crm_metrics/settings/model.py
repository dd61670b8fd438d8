"""The settings of a run as data: each with its default, what it means in a sentence, and an example."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from crm_metrics.expressions import equalities, parse_rows
from crm_metrics.settings.alerts import Alert
from crm_metrics.settings.blocks import Check, FileRules, Profile, Rates, Stated, matches, rules_for
from crm_metrics.settings.goals import Goal
from crm_metrics.settings.hours import Holidays, Hours
from crm_metrics.settings.kinds import (
    Block,
    ColumnName,
    Currency,
    Day,
    Dialect,
    Encoding,
    Filter,
    Header,
    Order,
    Positive,
    Sign,
    States,
    Texts,
    Zone,
)
from crm_metrics.settings.lines import Place, line_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _setting(about: str, example: str, default: Any = None, **limits: Any) -> Any:
    """A setting: what it means, and an example as the file has it."""
    return Field(default, description=about, examples=[example], **limits)


def with_base(values: dict[str, Any]) -> dict[str, Any]:
    """The values with the currency that the rates lead to written beside them: `--set currency=USD` changes what is reported
    in, not what a rate in the file means."""
    rates, currency = values.get("rates"), values.get("currency")
    if not isinstance(rates, dict) or "to" in rates or currency is None:
        return values
    return values | {"rates": {**rates, "to": currency}}


class Settings(Block):
    """What a run takes for granted. Every value has a documented default; `None` means not set."""

    paths: Texts = _setting(
        "the files and folders to read where a command names none", 'paths = ["exports/"]', default=()
    )
    encoding: Encoding | None = _setting(
        "the encoding of text files; told from each file when not set", 'encoding = "windows-1252"'
    )
    date_order: Order | None = _setting(
        "whether 03/04/2025 is 3 April (dmy) or March 4 (mdy), where a file leaves it open", 'date_order = "dmy"'
    )
    decimal: Sign | None = _setting("the sign that separates decimals, where a file leaves it open", 'decimal = ","')
    dialect: Dialect | None = _setting(
        "how CSV is written: excel with a mark of its encoding, excel-eu also with semicolons and decimal commas",
        'dialect = "excel-eu"',
    )
    timezone: Zone | None = _setting("the time zone of the report", 'timezone = "Europe/Berlin"')
    fiscal_year_start: int = _setting(
        "the month in which the fiscal year begins, 1 to 12", "fiscal_year_start = 4", default=1, ge=1, le=12
    )
    week_start: Literal["monday", "sunday"] = _setting(
        "the first day of the week", 'week_start = "sunday"', default="monday"
    )
    as_of: Day | None = _setting("the last day the data knows; the newest in it when not set", "as_of = 2025-12-31")
    where: Filter | None = _setting(
        "which rows the figures are made of: a filter over columns of the files", "where = \"team == 'EMEA'\""
    )
    currency: Currency | None = _setting(
        "the currency of amounts that name none, and with rates the one that all others are converted to",
        'currency = "EUR"',
    )
    gross_margin: float = _setting(
        "the share of revenue that is margin, in lifetime value and payback",
        "gross_margin = 0.8",
        default=1.0,
        gt=0,
        le=1,
    )
    conversion_days: int = _setting(
        "a lead counts as converted within so many days", "conversion_days = 60", default=90, ge=1
    )
    cac_lag_days: int | None = _setting(
        "by how many days spend is moved back in cac_lagged; the median sales cycle when not set",
        "cac_lag_days = 45",
        ge=0,
    )
    response_target_minutes: Positive | None = _setting(
        "the time in which a ticket should get its first answer", "response_target_minutes = 60"
    )
    resolution_target_hours: Positive | None = _setting(
        "the time in which a ticket should be solved", "resolution_target_hours = 48"
    )
    lead_response_target_hours: Positive | None = _setting(
        "the time in which a lead should get its first answer", "lead_response_target_hours = 24"
    )
    clv_months: int = _setting(
        "over how many whole months, the last ones of the period, lifetime value is measured",
        "clv_months = 24",
        default=12,
        ge=3,
        le=120,
    )
    clv_days: int = _setting(
        "for how many days ahead the value of a customer is predicted", "clv_days = 730", default=365, ge=1, le=36525
    )
    discount_rate: float = _setting(
        "by how much a year money to come is worth less, in predicted values",
        "discount_rate = 0.08",
        default=0.1,
        ge=0,
        le=1,
    )
    inactive_after_days: int | None = _setting(
        "without subscriptions: a customer is lost after so many days without a purchase",
        "inactive_after_days = 180",
        ge=1,
    )
    no_activity_days: int = _setting(
        "an open deal without activity for more than so many days is at risk", "no_activity_days = 14", default=30, ge=1
    )
    csat_top: int | None = _setting(
        "how many of the highest ratings count as satisfied; by the scale when not set: 2, of up to three points 1",
        "csat_top = 2",
        ge=1,
    )
    order_amount: Literal["line", "total"] | None = _setting(
        "whether an amount on each row of an order is that row's part (line) or the whole order's (total)",
        'order_amount = "line"',
    )
    end_dates: Literal["inclusive", "exclusive"] | None = _setting(
        "whether a subscription's end is its last paid day (inclusive) or the first day without (exclusive); when not set, "
        "inclusive where nine of ten renewals begin the day after",
        'end_dates = "inclusive"',
    )
    won_stages: tuple[str, ...] = _setting("stages that mean won", 'won_stages = ["Signed"]', default=())
    lost_stages: tuple[str, ...] = _setting("stages that mean lost", 'lost_stages = ["Gone cold"]', default=())
    open_stages: tuple[str, ...] = _setting(
        "stages that mean open, although they sound like an end", 'open_stages = ["Won verbally"]', default=()
    )
    stage_order: tuple[str, ...] = _setting(
        "stages from first to last, where most deals do not go through them in this order",
        'stage_order = ["Discovery", "Demo", "Proposal"]',
        default=(),
    )
    states: States = _setting(
        'what the words for states in your files mean, per table; "" is a blank one, "*" any other that is not known',
        'states.tickets = { "Warten auf Kunde" = "open", "Aussortiert" = "left-out" }',
        default={},
    )
    competitor_reasons: tuple[str, ...] = _setting(
        "reasons that mean a deal was lost to a competitor",
        'competitor_reasons = ["competitor"]',
        default=("competitor", "competition", "lost to competitor", "chose competitor"),
    )
    vendor_files: Texts = _setting(
        "descriptions of your own tools' exports, in the format of the built-in ones",
        'vendor_files = ["our-crm.toml"]',
        default=(),
    )
    metrics_file: str | None = _setting(
        "a file with metrics of your own, in the catalogue's format", 'metrics_file = "our-metrics.toml"'
    )
    rates: Rates | None = _setting(
        "exchange rates: a file with the columns date, from, to, rate, or here what one unit of a currency is worth",
        '[rates]\nto = "EUR"\nUSD = 0.92\nGBP = { 2025-01-01 = 1.21, 2025-07-01 = 1.16 }',
    )
    hours: Hours | None = _setting(
        "working hours per weekday, by which business minutes are counted; in the zone of the report unless they name one",
        '[hours]\nmon = "09:00-17:30"\ntue = "09:00-12:00, 13:00-17:30"\nfri = "22:00-06:00"\nzone = "Europe/Berlin"',
    )
    holidays: Holidays | None = _setting(
        "days off, which are no working time: the public holidays of a country or a part of it, and days of your own",
        '[holidays]\ncountry = "DE"\nsubdivision = "BY"\ndates = [2025-12-24, 2025-12-31]',
    )
    columns: dict[str, dict[ColumnName, Header]] = _setting(
        "which header stands for which column, per file or pattern",
        '[columns."deals*.csv"]\namount = "Net value"\nclosed_at = "Signed on"',
        default={},
    )
    files: tuple[FileRules, ...] = _setting(
        "how single files are read; the first entry that says something about a file counts",
        '[[files]]\npath = "survey-*.csv"\nkind = "csat"\nscale = "1-5"\n\n'
        '[[files]]\npath = "pipeline.xlsx"\nsheet = "Deals"\nheader = 4\n[files.values]\noutcome = { "Signed" = "won" }',
        default=(),
    )
    metric: dict[str, dict[str, Any]] = _setting(
        "a metric of your own, in the catalogue's format",
        '[metric.big_deals_won]\ntitle = "Big deals won"\ncount = "deals"\n'
        'where = "outcome == \'won\' and amount >= 20000"\nat = "closed_at"\nunit = "count"',
        default={},
    )
    goal: tuple[Goal, ...] = _setting(
        "a target for a metric, from start to due; scope says for which part, every that it is one a month or quarter",
        '[[goal]]\nmetric = "revenue_won"\ntarget = 500000\ncurrency = "EUR"\nstart = 2025-10-01\ndue = 2025-12-31\n\n'
        '[[goal]]\nmetric = "win_rate"\nscope = { owner = "Ann" }\ntarget = 0.4\nevery = "quarter"\nstart = 2025\n'
        'due = 2025\nowner = "Ann"',
        default=(),
    )
    alert: tuple[Alert, ...] = _setting(
        'when --fail-on alert ends a report, or goals, with exit code 1: "worse", a limit, "goal-missed", "goal-behind"',
        '[[alert]]\nmetric = "win_rate"\nwhen = "< 30 %"\n\n[[alert]]\nmetric = "revenue_won"\nwhen = "goal-behind"',
        default=(),
    )
    check: dict[str, Check] = _setting(
        'how many rows a check lets pass, or which share: "2 %"', "[check.won-without-date]\nallowed = 3", default={}
    )
    profile: dict[str, Profile] = _setting(
        "options of a report under a name: crm-metrics report @weekly",
        '[profile.weekly]\nperiod = "last-month"\nby = ["owner"]\nmetrics = ["sales"]\noutput = "weekly.csv"',
        default={},
    )
    _file: str | None = PrivateAttr(default=None)
    _lines: dict[Place, int] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _rates_lead_somewhere(cls, values: Any) -> Any:
        return with_base(values) if isinstance(values, dict) else values

    def __hash__(self) -> int:
        """Settings do not change, also where a mapping holds them."""
        return hash(self.model_dump_json())

    @property
    def file(self) -> str | None:
        """The settings file these come from, as it is shown; None when there is none."""
        return self._file

    @property
    def part(self) -> frozenset[tuple[str, str]]:
        """The columns with the values that the rows of `where` have, as the scope of a goal says it; for a filter that says
        something else one that no goal has; empty for all rows."""
        if self.where is None:
            return frozenset()
        return equalities(parse_rows(self.where, "where")) or frozenset({("where", self.where)})

    def in_force(self) -> dict[str, Any]:
        """What is set, or has a default, by name, as JSON has it; without the profiles."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "profile"}
        return {name: _plain(value) for name, value in values.items() if value is not None}

    def from_file(self, path: str, lines: dict[Place, int]) -> Settings:
        """The same settings, with the file they come from and the line of each key in it."""
        copy = self.model_copy()
        copy._file, copy._lines = path, lines  # private attributes, which `frozen` does not hold
        return copy

    def line(self, *place: str | int) -> int | None:
        """The line of the settings file on which a value stands, such as `("goal", 0, "metric")`; None without one."""
        return line_of(place, self._lines)

    def rules(self, path: str) -> FileRules:
        """What is set for a file by its path as reports show it: the first entry that says something counts, mappings of
        `columns` first; what is set for no single file is None, also where there is a setting for all."""
        return rules_for(path, self.files, self.columns)

    def for_file(self, path: str) -> Settings:
        """The settings that hold within one file: its own date order and decimal sign before those for all."""
        rules = self.rules(path)
        own = {name: value for name in ("date_order", "decimal") if (value := getattr(rules, name)) is not None}
        return self.model_copy(update=own) if own else self

    def encoding_of(self, path: str) -> str | None:
        """The encoding that is set for a text file, or for all; None where it is to be told from the file."""
        return self.rules(path).encoding or self.encoding

    def stated(self, path: str) -> Stated:
        """What is set about how a file is opened."""
        sheets = [rule.sheet for rule in self.files if rule.sheet is not None and rule.is_for(path)]
        return Stated(self.encoding_of(path), self.rules(path).header, tuple(sheets))

    def unused(self, paths: list[str]) -> list[str]:
        """The patterns of `columns` and `files` that name none of the paths."""
        patterns = [*self.columns, *(rule.path for rule in self.files)]
        return [name for name in patterns if not any(matches(name, path) for path in paths)]


def _plain(value: Any) -> Any:
    if isinstance(value, Block):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
