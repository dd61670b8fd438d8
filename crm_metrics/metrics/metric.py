"""What a metric is: one block of a TOML file as a value.

A metric is either an aggregate over the rows of one table, placed in time, or a formula over other metrics.

Aggregates (exactly one key): `count = "deals"`, `distinct = "purchases.customer"`, `sum`, `mean`, `median`, `quantile`
(with `q`), `min`, `max` of `"table.column"`, and `survival = "tickets.wait_minutes"`, the survival median: `event` names
the truth column that says the wait has ended; of two the second says that it ended in another way.

Time (exactly one key, for aggregates; `window = "always"` stands alone and counts every row, as of now):
- `at = "closed_at"`: a flow. A row counts in the period its date falls in, [start, end).
- `open = ["started_at", "ended_at"]`: a stock. A row is there at an edge t when it started before t and did not end
  before t. `when` chooses the rows: `"end"` and `"start"` those there at that edge; the others compare the `entity` (a
  column; the row itself when not given) across both edges: `"both"` there at both (the row at the start counts; a sum
  takes the value at the end),
  `"gained"` only at the end, `"lost"` only at the start (that row counts), `"within"` started in the period, but there
  at neither edge; `"capped"` is "both" with each entity's value at most the one it had at the start.
  A period that has not ended ends at as-of. A median or mean of the first of the two dates is of the days since then.

`waiting` names the survival median of the same time that keeps the records still waiting, which this metric leaves out: a
report says where more than one in twenty waits, with `waiting_always = true` in any case. `differs` says for a vendor
(`zendesk = "..."`) how the figure on its own screen is another. `also` are other names by which people ask for it, of
which one that several metrics have leads to none; `source` says who has published the definition.

Refinements: `where` a filter; `at_least` for distinct: seen at least so often; `window = "to_end"` counts everything up
to the period's end, `"whole"` the whole period even where as-of has cut it, for dates that lie ahead; `lag` names a
setting in days by which the period is moved back; `among` names another flow: only rows whose `entity` has a row there
in the same period; `requires` names a column that every row has to have, and that has to hold where it is a truth
column, else the value is unavailable; `per` adds dimensions: one value for each value of these columns; of a formula,
`otherwise` is the one that takes its place where the data cannot give the first at all; `over_months = "mean"` or
`"sum"` computes it for each of the whole months (setting `clv_months`) that end with the period and puts these
together, `months_of` over the months of another metric; `immature` names a metric that counts records too young to
tell; `per_month = true` turns a share of the period into the share a month; `shown` says where: `"headline"` on the
page, `"all"` (the default) in a report of all figures, `"on-request"` by its name alone, as it takes long to compute or
says little, `"never"` for what others are made of; `interval = "none"` says that its rows do not tell how sure it is;
`outcome_at` names the date of what became of a record that the metric follows: an earlier period is then compared as it
stood at the same age; `undecided = true` where those count of which nothing has become yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from crm_metrics.expressions import Filter, Formula


class Unit(StrEnum):
    COUNT = "count"
    PERCENT = "percent"  # a fraction: 0.25 is shown as 25 %
    RATIO = "ratio"
    POINTS = "points"
    SCORE = "score"
    MONEY = "money"
    MONEY_PER_DAY = "money per day"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


AGGREGATES = ("count", "distinct", "sum", "mean", "median", "quantile", "min", "max", "survival")
Shown = Literal["headline", "all", "on-request", "never"]
When = Literal["start", "end", "both", "capped", "gained", "lost", "within"]


@dataclass(frozen=True)
class Example:
    """A worked example: tables as CSV text with canonical column names, settings, and the value that must come out."""

    period: str
    gives: float | None
    tables: dict[str, str]
    reason: str | None = None
    as_of: str | None = None
    settings: dict[str, object] | None = None
    of: dict[str, str] | None = None
    why: str = ""


@dataclass(frozen=True)
class Metric:
    """One metric; see the module for the meaning of each field."""

    name: str
    family: str
    title: str
    unit: Unit
    better: Better
    about: str = ""
    formula: Formula | None = None
    formula_text: str = ""
    otherwise: Formula | None = None
    otherwise_text: str = ""
    over_months: Literal["mean", "sum"] | None = None
    months_of: str | None = None
    aggregate: str | None = None
    table: str = ""
    column: str = ""
    q: float | None = None
    event: tuple[str, ...] = ()
    at_least: int | None = None
    where: Filter | None = None
    where_text: str = ""
    at: str | None = None
    open: tuple[str, str] | None = None
    when: When = "end"
    entity: str | None = None
    window: Literal["to_end", "whole", "always"] | None = None
    lag: str | None = None
    among: str | None = None
    requires: str | None = None
    outcome_at: str | None = None
    undecided: bool = False
    per: tuple[str, ...] = ()
    immature: str | None = None
    waiting: str | None = None
    waiting_always: bool = False
    per_month: bool = False
    interval: str | None = None
    edges: str = ""
    differs: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    source: str = ""
    shown: Shown = "all"
    examples: tuple[Example, ...] = ()

    @property
    def headline(self) -> bool:
        return self.shown == "headline"

    @property
    def private(self) -> bool:
        return self.shown == "never"

    @property
    def is_age(self) -> bool:
        """Whether it is measured how long its rows have been there, in days."""
        return (
            self.open is not None
            and self.column == self.open[0]
            and self.aggregate not in ("distinct", "sum", "survival")
        )

    @property
    def is_money(self) -> bool:
        return self.unit in (Unit.MONEY, Unit.MONEY_PER_DAY)
