"""Opening a figure: from a loaded dataset and a question to an explanation, alone or beside that of another period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_metrics.analysis.explanation import Explanation, explained
from crm_metrics.engine.windows import Window
from crm_metrics.intervals.engine import Engine
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.periods import Period
from crm_metrics.tables import Dataset, Source

ENTERED, LEFT, STAYED, CHANGED = "entered", "left", "stayed", "changed"


@dataclass(frozen=True)
class Opened:
    """A figure of a period, opened; `before` is the same of the period it is set against."""

    period: Period
    as_of: date
    now: Explanation
    before_period: Period | None
    before: Explanation | None
    sources: list[Source]
    notes: list[str]
    where: str | None = None

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
        vendors = dict.fromkeys(source.vendor for source in self.sources if source.path in used)
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
    origin = dataset.sources, engine.dataset.notes, dataset.settings.where
    return Opened(places[0], dataset.as_of, now, earlier[0] if earlier else None, before, *origin)


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
