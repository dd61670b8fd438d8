"""The open pipeline from files, and what changed since an older export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from crm_metrics import periods
from crm_metrics.errors import UsageError
from crm_metrics.periods import Period
from crm_metrics.query import GRAINS
from crm_metrics.session import load_columns
from crm_metrics.settings import Settings

if TYPE_CHECKING:
    from crm_metrics.analysis.pipeline.moves import Moves
    from crm_metrics.analysis.pipeline.standing import Standing
    from crm_metrics.tables import Dataset

BY = ("stage", "owner", "expected")


@dataclass(frozen=True)
class Pipeline:
    """The deals that were open at the end of as-of. `old` and `moves` are the older export and what changed since, of all
    open deals or of those expected to close in `period`."""

    standing: Standing
    dataset: Dataset
    by: tuple[str, ...]
    old: Dataset | None = None
    moves: Moves | None = None
    period: Period | None = None

    @property
    def as_of(self) -> date:
        return self.dataset.as_of

    @property
    def later(self) -> date | None:
        """The newest day of the export of deals, where it goes on after as-of."""
        return self.dataset.coverage["deals"].goes_on_to if "deals" in self.dataset.coverage else None


def pipeline(
    paths: Sequence[str],
    *,
    by: Sequence[str] = (),
    against: str | None = None,
    period: str | None = None,
    settings: Settings | None = None,
    today: date | None = None,
    stdin: BinaryIO | None = None,
) -> Pipeline:
    """The open deals by stage, owner and expected month, or by the dimensions `by`; with `against` the path of an older
    export, what changed since: of the deals expected to close in `period`, else of all. Raises `CrmMetricsError` with what,
    where and what to do."""
    settings = settings or Settings()
    if period is not None and against is None:
        raise UsageError("-p says which deals to look at in two exports", hint="Give the older one with --against OLD.")
    if against == "-":
        raise UsageError("--against takes a file or a folder, not standard input", hint="Give the newer export with -.")
    dims, spec = _dims(by), None
    if period is not None:
        spec = periods.parse(period, fiscal_year_start=settings.fiscal_year_start, week_start=settings.week_start)
    dataset = _read(paths, dims, settings, today, stdin)
    as_of = dataset.as_of
    from crm_metrics.analysis.goals import targets, unlike_deals
    from crm_metrics.analysis.pipeline.deals import Deals, number_of
    from crm_metrics.analysis.pipeline.moves import moved
    from crm_metrics.analysis.pipeline.standing import standing

    goals = [
        one for one in targets(settings) if one.goal.metric == "revenue_won" and not one.scope and one.due >= as_of
    ]
    deals = Deals.of(dataset)
    found = standing(deals, number_of(as_of), dims, [(one, unlike_deals(dataset, one)) for one in goals], settings)
    if against is None:
        return Pipeline(found, dataset, dims)
    if "deals" in dataset.coverage and dataset.coverage["deals"].goes_on_to is not None:
        raise UsageError("--against compares two exports as they are", hint="Leave out --as-of.")
    old = _read([against], (), settings.model_copy(update={"as_of": None}), today, None)
    if old.as_of > as_of:
        raise UsageError(
            f"{against} is the newer one: it goes up to {old.as_of}, the other files up to {as_of}",
            hint="Give the older export to --against.",
        )
    span = spec.resolve(as_of=as_of, first=old.as_of) if spec is not None else None
    moves = moved(Deals.of(old), deals, span)
    return Pipeline(found, dataset, dims, old, moves, span)


def _dims(by: Sequence[str]) -> tuple[str, ...]:
    names = [part.strip().casefold().replace("-", "_") for text in by for part in text.split(",") if part.strip()]
    if grains := [name for name in names if name in GRAINS and name != "month"]:
        raise UsageError(
            f"open deals are shown by expected month, not by {grains[0]}", hint="For example: --by month,owner"
        )
    return tuple(dict.fromkeys("expected" if name == "month" else name for name in names)) or BY


def _read(
    paths: Sequence[str], dims: Sequence[str], settings: Settings, today: date | None, stdin: BinaryIO | None
) -> Dataset:
    from crm_metrics.analysis.pipeline import ACTIVITY, COLUMNS

    further = [dim for dim in dims if dim not in BY]
    return load_columns(paths, (*COLUMNS, ACTIVITY), settings, by=further, today=today, stdin=stdin)
