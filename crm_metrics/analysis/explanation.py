"""A figure opened, alone or beside that of another period: the formula with its figures, each part with the rows behind it
and what was left out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from crm_metrics.analysis.parts import Amount, Part, amounts_of, part_of, within
from crm_metrics.engine.formulas import named_value
from crm_metrics.engine.windows import Window
from crm_metrics.errors import UsageError
from crm_metrics.expressions import names
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Period
from crm_metrics.tables import Dataset


@dataclass(frozen=True)
class Step:
    """A formula on the way to the figure: its metric, and the figure of each name in it."""

    metric: Metric
    amounts: list[Amount]
    names: Mapping[str, float | None]


@dataclass(frozen=True)
class Explanation:
    """One metric, for one window of an engine and one segment."""

    metric: Metric
    label: str | None
    segment: Mapping[str, str]
    amounts: list[Amount]
    steps: list[Step]
    parts: list[Part]
    named: Mapping[str, float] = field(default_factory=dict)


def explained(engine: Engine, metric: Metric, window: int, segment: Mapping[str, str]) -> Explanation:
    """The metric opened down to the rows. Raises `NothingToReport` when the data cannot give it at all, `UsageError` for a
    segment that does not exist."""
    engine.required(metric.name)
    place, catalog = _place(engine, metric, segment), engine.catalog
    metric = catalog[metric.name]
    steps: list[Step] = []
    leaves: dict[str, Metric] = {}
    named: dict[str, float] = {}
    monthly: dict[str, Metric] = {}  # those that are computed for months of their own

    def amounts_in(part: Metric) -> list[Amount]:
        return amounts_of(engine, part, window, within(engine, part, metric, place))

    def walk(part: Metric) -> None:
        """Collects the formulas from a part down, the aggregates they end in, and the named values they use."""
        if part.over_months:
            monthly[part.name] = part
            steps.append(Step(part, amounts_in(part), {}))
            return
        if part.formula is None:
            leaves.setdefault(part.name, part)
            return
        figures: dict[str, float | None] = {}
        for name in names(part.formula):
            if name in catalog:
                amounts = amounts_in(catalog[name])
                figures[name] = amounts[0].value if len(amounts) == 1 else None
            else:
                figures[name] = named[name] = float(
                    named_value(engine, name, engine.dims(metric), metric)[window, place]
                )
        if part.name not in {step.metric.name for step in steps}:
            steps.append(Step(part, amounts_in(part), figures))
        for name in figures:
            if name in catalog:
                walk(catalog[name])

    walk(metric)
    parts = [part_of(engine, leaf, metric, window, place) for leaf in leaves.values()]
    parts += _in_months(engine, list(monthly.values()), metric, window, place)
    label = engine.dataset.labels.get(metric.name)
    return Explanation(metric, label, segment, amounts_in(metric), steps, parts, named)


def _place(engine: Engine, metric: Metric, segment: Mapping[str, str]) -> int:
    """The segment's place among the metric's."""
    segments = engine.segments(engine.dims(metric))
    if missing := [dim for dim in segments.dims if dim not in segment]:
        names = sorted({label[segments.dims.index(missing[0])] for label in segments.labels})
        raise UsageError(
            f"{metric.name} is given for each {missing[0]}: say which",
            hint=f"--segment {missing[0]}={names[0]!r}, for one.",
        )
    return segments.place_of(segment)


def _in_months(engine: Engine, monthly: list[Metric], ratio: Metric, window: int, place: int) -> list[Part]:
    """The aggregates behind figures of months, month by month."""
    inner, parts = engine.trailing.engine, []
    leaves = {
        leaf.name: (leaf, metric) for metric in monthly for leaf in inner.catalog.parts([metric]) if leaf.aggregate
    }
    for leaf, metric in leaves.values():
        for month in engine.trailing.months(metric)[window]:
            part = part_of(inner, leaf, ratio, month, place)
            parts.append(replace(part, metric=replace(leaf, name=f"{leaf.name} of {engine.trailing.label(month)}")))
    return parts


ENTERED, LEFT, STAYED, CHANGED = "entered", "left", "stayed", "changed"


@dataclass(frozen=True)
class Opened:
    """A figure of a period, opened; `before` is the same of the period it is set against."""

    dataset: Dataset
    period: Period
    now: Explanation
    before_period: Period | None
    before: Explanation | None

    @property
    def rows(self) -> pd.DataFrame:
        """The records behind the figure, part by part; against another period those of both, with what became of each."""
        rows = pd.concat([part.rows for part in self.now.parts], ignore_index=True)
        if self.before is None:
            return rows
        return changes(rows, pd.concat([part.rows for part in self.before.parts], ignore_index=True))

    @property
    def left_out(self) -> pd.DataFrame:
        """Of each part that is a stock the rows that are not counted, with the reason."""
        stocks = [(part.metric.name, part.out) for part in self.now.parts if part.out is not None]
        frames = [out.assign(part=f"{name}, not counted") for name, out in stocks]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def elsewhere(self) -> dict[str, str]:
        """How the figure is another on the screens of the vendors whose files it comes from."""
        used = {path for part in self.now.parts for path in part.headers}
        vendors = dict.fromkeys(source.vendor for source in self.dataset.sources if source.path in used)
        return {vendor: self.now.metric.differs[vendor] for vendor in vendors if vendor in self.now.metric.differs}


def opened(
    dataset: Dataset,
    catalog: Catalog,
    metric: Metric,
    places: tuple[Period, Window],
    earlier: tuple[Period, Window] | None,
    segment: Mapping[str, str],
) -> Opened:
    """The metric of a period and a segment, opened. Raises `NothingToReport` when the data cannot give it, `UsageError` for
    a segment that does not exist."""
    windows = [places[1], *([earlier[1]] if earlier else [])]
    engine = Engine(dataset, catalog, windows, tuple(name for name in segment if name not in metric.per))
    now = explained(engine, metric, 0, segment)
    before = explained(engine, metric, 1, segment) if earlier else None
    return Opened(engine.dataset, places[0], now, earlier[0] if earlier else None, before)


def changes(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """The rows of both periods, each once for each part: entered, left, stayed, or changed where it counts as something
    else than before (`counted_as`)."""
    keys = ["part", "table", "file", "row"]
    now, before = (frame.assign(_again=frame.groupby(keys).cumcount()) for frame in (now, before))
    each = [*keys, "_again"]
    both = now.merge(before[[*each, "counts_as"]], on=each, how="outer", suffixes=("", "_before"), indicator=True)
    gone = before.set_index(each)
    missing = both["_merge"] == "right_only"
    for name in [name for name in gone.columns if name in both and name != "counts_as"]:
        earlier = gone[name].reindex(pd.MultiIndex.from_frame(both.loc[missing, each]))
        both[name] = both[name].astype(object)
        both.loc[missing, name] = earlier.to_numpy(dtype=object)
    words = both["_merge"].map({"left_only": ENTERED, "right_only": LEFT, "both": STAYED}).astype(object)
    unlike = (both["_merge"] == "both") & (both["counts_as"].astype("str") != both["counts_as_before"].astype("str"))
    words[unlike] = CHANGED
    both.insert(1, "change", words)
    both.insert(list(both.columns).index("counts_as") + 1, "counted_as", both["counts_as_before"])
    return both.drop(columns=["_again", "_merge", "counts_as_before"])
