"""What becomes of the leads of a period: how many come to each stage, and how many of those that were in the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_metrics.analysis.bottleneck import check
from crm_metrics.engine.cells import Unavailable
from crm_metrics.errors import NothingToReport
from crm_metrics.intervals.engine import Engine

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
    check(engine, segment)
    mql = engine.cells("mql_rate")
    if all(isinstance(engine.cells(names[1]), Unavailable) for names in _STAGES[:3]):
        assert isinstance(mql, Unavailable)
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
        if isinstance(engine.cells(leads), Unavailable):
            continue
        count = int(_value(engine, leads, segment)[0] or 0)
        share, low, high = _value(engine, rate, segment) if rate else (None, None, None)
        came = _value(engine, went_on, segment)[0] if went_on else None
        skipped = None if came is None else count - int(came)
        reached.append(LeadStage(stage, count, _value(engine, of_all, segment)[0], share, low, high, skipped))
    return reached, young


def _value(engine: Engine, name: str, segment: Mapping[str, str]) -> tuple[float | None, float | None, float | None]:
    """A metric of the segment with its limits; None where it is not known."""
    cells = engine.cells(name)
    if isinstance(cells, Unavailable):
        return None, None, None
    at = engine.segments(cells.dims).labels.index(tuple(segment[dim] for dim in cells.dims)) if cells.dims else 0
    return cells.at(0, at)
