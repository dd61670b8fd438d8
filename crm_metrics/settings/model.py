"""The settings of a run as data: each with its default, what it means in a sentence, and an example."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from crm_metrics.expressions import equalities, parse_rows
from crm_metrics.settings.blocks import (
    CONFIG,
    Check,
    FileRules,
    Profile,
    Stated,
    matches,
    plain,
    rules_for,
    stated,
    values_of,
    with_base,
)
from crm_metrics.settings.lines import Place, line_of

if TYPE_CHECKING:
    from typing import Annotated

    from pydantic import Field

    from crm_metrics.settings import kinds
    from crm_metrics.settings.goals import Alert, Goal
    from crm_metrics.settings.hours import Holidays, Hours, Rates

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, init=False)
class Settings:
    """What a run takes for granted. Every value has a documented default; `None` means not set."""

    paths: kinds.Texts = stated(
        "the files and folders to read where a command names none", 'paths = ["exports/"]', default=()
    )
    encoding: kinds.Encoding | None = stated(
        "the encoding of text files; told from each file when not set", 'encoding = "windows-1252"'
    )
    date_order: kinds.Order | None = stated(
        "whether 03/04/2025 is 3 April (dmy) or March 4 (mdy), where a file leaves it open", 'date_order = "dmy"'
    )
    decimal: kinds.Sign | None = stated(
        "the sign that separates decimals, where a file leaves it open", 'decimal = ","'
    )
    dialect: kinds.Dialect | None = stated(
        "how CSV is written: excel with a mark of its encoding, excel-eu also with semicolons and decimal commas",
        'dialect = "excel-eu"',
    )
    timezone: kinds.Zone | None = stated("the time zone of the report", 'timezone = "Europe/Berlin"')
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = stated(
        "the month in which the fiscal year begins, 1 to 12", "fiscal_year_start = 4", default=1
    )
    week_start: Literal["monday", "sunday"] = stated(
        "the first day of the week", 'week_start = "sunday"', default="monday"
    )
    as_of: kinds.Day | None = stated("the last day the data knows; the newest in it when not set", "as_of = 2025-12-31")
    where: kinds.Filter | None = stated(
        "which rows the figures are made of: a filter over columns of the files", "where = \"team == 'EMEA'\""
    )
    currency: kinds.Currency | None = stated(
        "the currency of amounts that name none, and with rates the one that all others are converted to",
        'currency = "EUR"',
    )
    gross_margin: Annotated[float, Field(gt=0, le=1)] = stated(
        "the share of revenue that is margin, in lifetime value and payback", "gross_margin = 0.8", default=1.0
    )
    conversion_days: Annotated[int, Field(ge=1)] = stated(
        "a lead counts as converted within so many days", "conversion_days = 60", default=90
    )
    cac_lag_days: Annotated[int, Field(ge=0)] | None = stated(
        "by how many days spend is moved back in cac_lagged; the median sales cycle when not set", "cac_lag_days = 45"
    )
    response_target_minutes: kinds.Positive | None = stated(
        "the time in which a ticket should get its first answer", "response_target_minutes = 60"
    )
    resolution_target_hours: kinds.Positive | None = stated(
        "the time in which a ticket should be solved", "resolution_target_hours = 48"
    )
    lead_response_target_hours: kinds.Positive | None = stated(
        "the time in which a lead should get its first answer", "lead_response_target_hours = 24"
    )
    clv_months: Annotated[int, Field(ge=3, le=120)] = stated(
        "over how many whole months, the last ones of the period, lifetime value is measured",
        "clv_months = 24",
        default=12,
    )
    clv_days: Annotated[int, Field(ge=1, le=36525)] = stated(
        "for how many days ahead the value of a customer is predicted", "clv_days = 730", default=365
    )
    discount_rate: Annotated[float, Field(ge=0, le=1)] = stated(
        "by how much a year money to come is worth less, in predicted values", "discount_rate = 0.08", default=0.1
    )
    inactive_after_days: Annotated[int, Field(ge=1)] | None = stated(
        "without subscriptions: a customer is lost after so many days without a purchase", "inactive_after_days = 180"
    )
    no_activity_days: Annotated[int, Field(ge=1)] = stated(
        "an open deal without activity for more than so many days is at risk", "no_activity_days = 14", default=30
    )
    csat_top: Annotated[int, Field(ge=1)] | None = stated(
        "how many of the highest ratings count as satisfied; by the scale when not set: 2, of up to three points 1",
        "csat_top = 2",
    )
    order_amount: Literal["line", "total"] | None = stated(
        "whether an amount on each row of an order is that row's part (line) or the whole order's (total)",
        'order_amount = "line"',
    )
    end_dates: Literal["inclusive", "exclusive"] | None = stated(
        "whether a subscription's end is its last paid day (inclusive) or the first day without (exclusive); when not set, "
        "inclusive where nine of ten renewals begin the day after",
        'end_dates = "inclusive"',
    )
    won_stages: tuple[str, ...] = stated("stages that mean won", 'won_stages = ["Signed"]', default=())
    lost_stages: tuple[str, ...] = stated("stages that mean lost", 'lost_stages = ["Gone cold"]', default=())
    open_stages: tuple[str, ...] = stated(
        "stages that mean open, although they sound like an end", 'open_stages = ["Won verbally"]', default=()
    )
    stage_order: tuple[str, ...] = stated(
        "stages from first to last, where most deals do not go through them in this order",
        'stage_order = ["Discovery", "Demo", "Proposal"]',
        default=(),
    )
    states: kinds.States = stated(
        'what the words for states in your files mean, per table; "" is a blank one, "*" any other that is not known',
        'states.tickets = { "Warten auf Kunde" = "open", "Aussortiert" = "left-out" }',
        default={},
    )
    competitor_reasons: tuple[str, ...] = stated(
        "reasons that mean a deal was lost to a competitor",
        'competitor_reasons = ["competitor"]',
        default=("competitor", "competition", "lost to competitor", "chose competitor"),
    )
    vendor_files: kinds.Texts = stated(
        "descriptions of your own tools' exports, in the format of the built-in ones",
        'vendor_files = ["our-crm.toml"]',
        default=(),
    )
    metrics_file: str | None = stated(
        "a file with metrics of your own, in the catalogue's format", 'metrics_file = "our-metrics.toml"'
    )
    rates: Rates | None = stated(
        "exchange rates: a file with the columns date, from, to, rate, or here what one unit of a currency is worth",
        '[rates]\nto = "EUR"\nUSD = 0.92\nGBP = { 2025-01-01 = 1.21, 2025-07-01 = 1.16 }',
    )
    hours: Hours | None = stated(
        "working hours per weekday, by which business minutes are counted; in the zone of the report unless they name one",
        '[hours]\nmon = "09:00-17:30"\ntue = "09:00-12:00, 13:00-17:30"\nfri = "22:00-06:00"\nzone = "Europe/Berlin"',
    )
    holidays: Holidays | None = stated(
        "days off, which are no working time: the public holidays of a country or a part of it, and days of your own",
        '[holidays]\ncountry = "DE"\nsubdivision = "BY"\ndates = [2025-12-24, 2025-12-31]',
    )
    columns: dict[str, dict[kinds.ColumnName, kinds.Header]] = stated(
        "which header stands for which column, per file or pattern",
        '[columns."deals*.csv"]\namount = "Net value"\nclosed_at = "Signed on"',
        default={},
    )
    files: tuple[FileRules, ...] = stated(
        "how single files are read; the first entry that says something about a file counts",
        '[[files]]\npath = "survey-*.csv"\nkind = "csat"\nscale = "1-5"\n\n'
        '[[files]]\npath = "pipeline.xlsx"\nsheet = "Deals"\nheader = 4\n[files.values]\noutcome = { "Signed" = "won" }',
        default=(),
    )
    metric: dict[str, dict[str, Any]] = stated(
        "a metric of your own, in the catalogue's format",
        '[metric.big_deals_won]\ntitle = "Big deals won"\ncount = "deals"\n'
        'where = "outcome == \'won\' and amount >= 20000"\nat = "closed_at"\nunit = "count"',
        default={},
    )
    goal: tuple[Goal, ...] = stated(
        "a target for a metric, from start to due; scope says for which part, every that it is one a month or quarter",
        '[[goal]]\nmetric = "revenue_won"\ntarget = 500000\ncurrency = "EUR"\nstart = 2025-10-01\ndue = 2025-12-31\n\n'
        '[[goal]]\nmetric = "win_rate"\nscope = { owner = "Ann" }\ntarget = 0.4\nevery = "quarter"\nstart = 2025\n'
        'due = 2025\nowner = "Ann"',
        default=(),
    )
    alert: tuple[Alert, ...] = stated(
        'when --fail-on alert ends a report, or goals, with exit code 1: "worse", a limit, "goal-missed", "goal-behind"',
        '[[alert]]\nmetric = "win_rate"\nwhen = "< 30 %"\n\n[[alert]]\nmetric = "revenue_won"\nwhen = "goal-behind"',
        default=(),
    )
    check: dict[str, Check] = stated(
        'how many rows a check lets pass, or which share: "2 %"', "[check.won-without-date]\nallowed = 3", default={}
    )
    profile: dict[str, Profile] = stated(
        "options of a report under a name: crm-metrics report @weekly",
        '[profile.weekly]\nperiod = "last-month"\nby = ["owner"]\nmetrics = ["sales"]\noutput = "weekly.csv"',
        default={},
    )
    __pydantic_config__: ClassVar[Any] = CONFIG
    file: ClassVar[str | None] = None  # the settings file these come from, as it is shown
    _lines: ClassVar[dict[Place, int]] = {}

    def __init__(self, **values: Any) -> None:
        """Settings from names and values as a file has them. Raises `SettingsError` that lists every mistake at once."""
        for name, value in vars(validated(values, "settings")).items() if values else values_of(Settings).items():
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        """Settings do not change, also where a mapping holds them."""
        return hash(repr(self))

    def but(self, **values: Any) -> Settings:
        """The same settings with other values, which nobody checks."""
        other = copy(self)
        vars(other).update(values)
        return other

    @property
    def part(self) -> frozenset[tuple[str, str]]:
        """The columns with the values that the rows of `where` have, as the scope of a goal says it; for a filter that says
        something else one that no goal has; empty for all rows."""
        if self.where is None:
            return frozenset()
        return equalities(parse_rows(self.where, "where")) or frozenset({("where", self.where)})

    def in_force(self) -> dict[str, Any]:
        """What is set, or has a default, by name, as JSON has it; without the profiles."""
        shown = {name: value for name, value in values_of(self).items() if value is not None and name != "profile"}
        return {name: plain(value) for name, value in shown.items()}

    @property
    def changed(self) -> dict[str, Any]:
        """What is not as it is by default, by name."""
        default = values_of(Settings)
        return {name: value for name, value in values_of(self).items() if value != default[name]}

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
        return self.but(**own) if own else self

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


def validated(values: dict[str, Any], where: str, lines: Mapping[Place, int] | None = None) -> Settings:
    """Settings from names and values as a file or `--set` gives them. Raises `SettingsError` that lists every mistake at
    once, each with its line where `lines` has it, unknown names with the nearest known one."""
    from crm_metrics.settings.mistakes import checked

    return checked(Settings, with_base(values), where, lines)
