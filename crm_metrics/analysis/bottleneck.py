"""Where a pipeline leaks and where it waits: every stage of a period with its figures, and which stage loses most money and
takes most time, as far as the data can tell the first from the second; and what becomes of leads, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crm_metrics.engine.cells import Unavailable
from crm_metrics.engine.currencies import split
from crm_metrics.errors import NothingToReport
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.shares import difference


@dataclass(frozen=True)
class Stage:
    """A stage that deals can go on from, with the deals that entered it in the period: went on + lost + waiting = entered.
    `rate` is the share that went on, `days` the median time there (deals still there censored), each with 95 % limits;
    `overdue` counts those waiting there for longer than that. `amount` is the money lost there, from `priced` of the lost
    deals. What is not known is None."""

    name: str
    entered: int
    went_on: int
    lost: int
    waiting: int
    rate: float | None
    low: float | None
    high: float | None
    days: float | None
    days_low: float | None
    days_high: float | None
    overdue: int
    amount: float | None
    amount_low: float | None
    amount_high: float | None
    priced: int

    @property
    def estimate(self) -> float | None:
        """The money lost there if deals without an amount were worth what the others are on average."""
        return self.amount * self.lost / self.priced if self.amount is not None and self.priced else None


@dataclass(frozen=True)
class Ranking:
    """The stages from the worst on; `is_told` is whether the first differs from the second by more than chance may bring."""

    stages: Sequence[Stage]
    is_told: bool


@dataclass(frozen=True)
class Standing:
    """The open deals in a stage at as-of, and their amounts; None where none has one."""

    name: str
    deals: int
    amount: float | None


@dataclass(frozen=True)
class Bottleneck:
    """The stages in their order, those that end a deal with how many entered them, and what is worst. Without histories all
    of it is empty but `snapshot`. `no_money` says why amounts cannot be ranked."""

    stages: Sequence[Stage]
    ends: Mapping[str, int]
    by_money: Ranking | None
    by_delay: Ranking | None
    snapshot: Sequence[Standing]
    currency: str | None
    no_money: str | None


@dataclass(frozen=True)
class _Money:
    """Amounts by stage with their limits and how many rows they are made of, in one currency; else why there are none."""

    amounts: Mapping[str, tuple[float | None, float | None, float | None, int]]
    currency: str | None
    refused: str | None = None


def bottleneck(engine: Engine, segment: Mapping[str, str]) -> Bottleneck:
    """The stages of the engine's only window, of one segment: a value for each dimension of the engine. Raises
    `NothingToReport` where nothing is known of any stage, `UsageError` for a segment that does not exist."""
    engine.segments(engine.by).place_of(segment)
    if engine.available("stage_conversion_rate") is None:  # no file says when deals entered their stages
        money = _money(engine, "stage_snapshot_amount", segment)
        return Bottleneck((), {}, None, None, _snapshot(engine, segment, money), money.currency, money.refused)
    money = _money(engine, "stage_amount_lost", segment)
    stages = _stages(engine, segment, money)
    if not stages:
        raise NothingToReport("no deal entered a stage in the period", hint="Choose another period with -p, or -p all.")
    entered, entries = engine.required("stages_entered"), _places(engine, "stages_entered", segment)
    names = {stage.name for stage in stages} | _places(engine, "stage_went_on", segment).keys()
    ends = {name: int(entered.value[0, at]) for name, at in entries.items() if name not in names}
    lossy = [stage for stage in stages if stage.amount]
    slow = [stage for stage in stages if stage.days is not None]
    by_money = _ranked(lossy, lambda stage: (stage.amount, stage.amount_low, stage.amount_high))
    by_delay = _ranked(slow, lambda stage: (stage.days, stage.days_low, stage.days_high))
    return Bottleneck(stages, ends, by_money, by_delay, (), money.currency, money.refused)


def _places(engine: Engine, name: str, segment: Mapping[str, str]) -> dict[str, int]:
    """Where the segment's stages stand among a metric's segments, in their order; those its table has rows of."""
    if (cells := engine.available(name)) is None:
        return {}
    own = tuple(segment[dim] for dim in engine.by)
    labels = engine.segments(cells.dims).labels
    present = np.broadcast_to(cells.present, len(labels))
    return {label[-1]: at for at, label in enumerate(labels) if label[:-1] == own and present[at]}


def _stages(engine: Engine, segment: Mapping[str, str], money: _Money) -> list[Stage]:
    names = ("stage_went_on", "stage_lost", "stage_waiting", "stage_conversion_rate", "time_in_stage")
    went_on, lost, waiting, rate, days = map(engine.required, names)
    overdue = _overdue(engine, days.value[0])
    stages = []
    for name, at in _places(engine, "stage_went_on", segment).items():
        values = [cells.value[0, at] for cells in (went_on, lost, waiting)]
        if not sum(values) > 0:  # unknown where the period has no day of the data
            continue
        counts = tuple(map(int, values))
        amount, *limits = money.amounts.get(name, (None, None, None, 0))
        if amount is None and not counts[1] and not money.refused:
            amount = 0.0
        figures: Any = [*rate.at(0, at), *days.at(0, at), int(overdue[at]), amount, *limits]
        stages.append(Stage(name, sum(counts), *counts, *figures))
    return stages


def _overdue(engine: Engine, usual: np.ndarray) -> np.ndarray:
    """How many deals of each cell are in their stage for longer than is usual there."""
    metric = engine.catalog["time_in_stage"]
    pairs = engine.pairs(metric)
    cell = engine.cell_numbers(metric, pairs)
    frame = engine.dataset.tables[metric.table].frame
    there = (frame["is_waiting"] & frame["is_current"]).to_numpy(dtype=bool)[pairs.rows]
    days = frame["days"].to_numpy(dtype=np.float64)[pairs.rows]
    return np.bincount(cell[there & (days > usual[cell])], minlength=len(usual))


def _money(engine: Engine, name: str, segment: Mapping[str, str]) -> _Money:
    """The amounts of a metric by stage."""
    metric, cells = engine.catalog[name], engine.cells(name)
    if isinstance(cells, Unavailable):
        return _Money({}, None, cells.seen)
    rows: dict[str, tuple[float | None, float | None, float | None, int]] = {}
    currencies = set()
    for part in split(engine, metric, cells):
        for stage, at in _places(engine, name, segment).items():
            if part.shown[0, at] and (n := int(part.cells.n[0, at])):
                value, low, high = part.cells.at(0, at)
                # By the normal distribution few large amounts could be less than nothing.
                rows[stage] = (value, low if low is None or not value else max(low, 0.0), high, n)
                currencies.add(part.currency[0, at])
    if len(currencies) > 1:
        names = " and ".join(sorted(map(str, currencies)))
        problem = f"the amounts are in several currencies ({names}), which do not add up: give exchange rates"
        return _Money({}, None, problem)
    return _Money(rows, next(iter(currencies), None))


def _snapshot(engine: Engine, segment: Mapping[str, str], money: _Money) -> list[Standing]:
    """The open deals by stage. Raises `NothingToReport` where they cannot be told for the window."""
    cells = engine.required("stage_snapshot_deals", "nothing is known of stages")
    if (cells.reason > 0).all():
        raise NothingToReport(
            "the files hold no history of stages, and an export tells only the stage a deal is in now",
            hint=f"Choose a period that reaches up to {engine.dataset.as_of}, or -p all; or add an export with the dates at "
            "which deals entered their stages.",
        )
    standings = [
        Standing(name, int(cells.value[0, at]), money.amounts.get(name, (None,))[0])
        for name, at in _places(engine, "stage_snapshot_deals", segment).items()
        if cells.value[0, at] > 0
    ]
    return sorted(standings, key=lambda standing: -standing.deals)


def _ranked(
    stages: Sequence[Stage], figure: Callable[[Stage], tuple[float | None, float | None, float | None]]
) -> Ranking | None:
    """The stages from the highest figure (value, low, high) on; None without any."""
    if not stages:
        return None
    ordered = sorted(stages, key=lambda stage: -(figure(stage)[0] or 0.0))
    if len(ordered) == 1:
        return Ranking(ordered, is_told=True)
    first, second = (
        tuple(np.array(np.nan if part is None else part) for part in figure(stage)) for stage in ordered[:2]
    )
    low, _ = difference(first, second)  # type: ignore[arg-type]
    return Ranking(ordered, bool(low > 0))


# Each stage with its leads, their share of all, the share of those in the stage before, and how many that is.
_STAGES = (
    ("MQL", "leads_mql", "mql_rate", "mql_rate", None),
    ("SQL", "leads_sql", "lead_to_sql_rate", "mql_to_sql_rate", "mqls_to_sqls"),
    (
        "Opportunity",
        "leads_opportunity",
        "lead_to_opportunity_rate",
        "sql_to_opportunity_rate",
        "sqls_to_opportunities",
    ),
    ("Converted", "leads_converted_in_window", "lead_conversion_rate", None, None),
)
_ALL = ("leads_told_of_mql", "leads_told_of_sql", "leads_told_of_opportunity")
METRICS = tuple(dict.fromkeys(name for _, _, *rates, _ in _STAGES for name in rates if name))


@dataclass(frozen=True)
class LeadStage:
    """A stage of leads: how many came to it, their share of all leads and of those in the stage before (`rate`, with 95 %
    limits), and how many came without having been in that. What is not known is None."""

    stage: str
    leads: int
    of_all: float | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    skipped: int | None = None


def stages(engine: Engine, segment: Mapping[str, str]) -> tuple[Sequence[LeadStage], int]:
    """The stages of the leads of the engine's only window that are old enough to tell, of one segment, in their order, and
    how many leads are too young. Raises `NothingToReport` where no stage has dates or no lead is old enough, `UsageError`
    for a segment that does not exist."""
    engine.segments(engine.by).place_of(segment)
    mql = engine.cells("mql_rate")
    if isinstance(mql, Unavailable) and not any(engine.available(names[1]) for names in _STAGES[:3]):
        raise NothingToReport(
            f"nothing is known of the stages of leads: {mql.seen}",
            hint="Export the leads with the dates on which they became MQLs, SQLs and opportunities, such as 'MQL date'.",
        )
    every = int(max(_value(engine, name, segment)[0] or 0 for name in _ALL))
    young = int(_value(engine, "leads_not_old_enough", segment)[0] or 0)
    if not every:
        hint = "Choose another period with -p, or a shorter one to judge by: --set conversion_days=30."
        raise NothingToReport(f"no lead of the period is old enough to tell; {young:,} are too young", hint=hint)
    reached = [LeadStage("Lead", every)]
    for stage, leads, of_all, rate, went_on in _STAGES:
        if engine.available(leads) is None:
            continue
        count = int(_value(engine, leads, segment)[0] or 0)
        share, low, high = _value(engine, rate, segment) if rate else (None, None, None)
        came = _value(engine, went_on, segment)[0] if went_on else None
        skipped = None if came is None else count - int(came)
        reached.append(LeadStage(stage, count, _value(engine, of_all, segment)[0], share, low, high, skipped))
    return reached, young


def _value(engine: Engine, name: str, segment: Mapping[str, str]) -> tuple[float | None, float | None, float | None]:
    """A metric of the segment with its limits; None where it is not known."""
    if (cells := engine.available(name)) is None:
        return None, None, None
    return cells.at(0, engine.segments(cells.dims).place_of(segment))
