"""The open deals: value, chances by the history, coverage of goals, deals at risk; what changed between two exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Unpack

from crm_metrics.commands import option
from crm_metrics.errors import UsageError
from crm_metrics.periods import Period
from crm_metrics.query import GRAINS, Need
from crm_metrics.session import Files, Session

if TYPE_CHECKING:
    from crm_metrics.analysis.pipeline.moves import Moves
    from crm_metrics.analysis.pipeline.standing import Standing
    from crm_metrics.tables import Dataset

BY = ("stage", "owner", "expected")

ABOUT, PLACE = (
    "open deals: value, chances, coverage of goals, which are at risk; what changed since an older export",
    80,
)


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
    paths: Sequence[str] | Session,
    *,
    by: Annotated[
        Sequence[str], option("--by NAME", "By these instead of stage, owner and month: region, product, ...")
    ] = (),
    against: Annotated[str | None, option("--against OLD", "An older export: what changed since.")] = None,
    period: Annotated[
        str | None, option("-p, --period PERIOD", "With --against: deals expected to close in it.")
    ] = None,
    **files: Unpack[Files],
) -> Pipeline:
    """The open deals by stage, owner and expected month, or by the dimensions `by`; with `against` the path of an older
    export, what changed since: of the deals expected to close in `period`, else of all. Raises `CrmMetricsError` with what,
    where and what to do."""
    session = Session.of(paths, **files)
    settings = session.settings
    if period is not None and against is None:
        raise UsageError("-p says which deals to look at in two exports", hint="Give the older one with --against OLD.")
    if against == "-":
        raise UsageError("--against takes a file or a folder, not standard input", hint="Give the newer export with -.")
    dims, spec = _dims(by), session.period(period)
    dataset = _read(session, dims)
    as_of = dataset.as_of
    from crm_metrics.analysis.goals import targets, unlike_deals
    from crm_metrics.analysis.pipeline.deals import Deals, number_of
    from crm_metrics.analysis.pipeline.moves import moved
    from crm_metrics.analysis.pipeline.standing import standing

    mine = [
        target
        for target in targets(settings)
        if target.goal.metric == "revenue_won" and {*target.scope} == settings.part
    ]
    goals = [target for target in mine if target.due >= as_of]
    deals = Deals.of(dataset)
    result = standing(deals, number_of(as_of), dims, [(goal, unlike_deals(dataset, goal)) for goal in goals], settings)
    if against is None:
        return Pipeline(result, dataset, dims)
    if "deals" in dataset.coverage and dataset.coverage["deals"].goes_on_to is not None:
        raise UsageError("--against compares two exports as they are", hint="Leave out --as-of.")
    older = Session([against], settings=settings.but(as_of=None), today=session.today)
    old = _read(older, ())
    if old.as_of > as_of:
        raise UsageError(
            f"{against} is the newer one: it goes up to {old.as_of}, the other files up to {as_of}",
            hint="Give the older export to --against.",
        )
    span = spec.resolve(as_of=as_of, first=old.as_of) if spec is not None else None
    moves = moved(Deals.of(old), deals, span)
    return Pipeline(result, dataset, dims, old, moves, span)


def _dims(by: Sequence[str]) -> tuple[str, ...]:
    names = [part.strip().casefold().replace("-", "_") for text in by for part in text.split(",") if part.strip()]
    if grains := [name for name in names if name in GRAINS and name != "month"]:
        raise UsageError(
            f"open deals are shown by expected month, not by {grains[0]}", hint="For example: --by month,owner"
        )
    return tuple(dict.fromkeys("expected" if name == "month" else name for name in names)) or BY


def _read(session: Session, dims: Sequence[str]) -> Dataset:
    from crm_metrics.analysis.pipeline import ACTIVITY, COLUMNS

    further = [dim for dim in dims if dim not in BY]
    return session.dataset(replace(Need.columns_of((*COLUMNS, ACTIVITY)), by=tuple(further)))
