"""The rows of a report as values the table is laid out from, with footnotes: small numbers behind them, and their sentences
below."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crm_metrics.book import cells
from crm_metrics.metrics.metric import Metric, Unit
from crm_metrics.writers.drawing import tidy

if TYPE_CHECKING:
    import pandas as pd

    from crm_metrics.reporting.report import Report

_WORDS = ("period", "start", "status", "reason", "currency", "signal", "standing")
_NUMBERS = (
    *("value", "n", "low", "high", "compare_value", "change", "change_pct", "target", "attainment"),
    *("rank_low", "rank_high"),
)
SEGMENTS = 1000  # on a page; more are not looked at one by one
# What is beyond chance, by whether it is for the good: filled where it surely is.
SIGNS = {"better": "▲", "worse": "▼", "maybe better": "△", "maybe worse": "▽"}
STYLES = {"▲": "green", "△": "green", "▼": "red", "▽": "red", "": "dim"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a metric, with what its row says of it. `segment` holds its value of each dimension of the run, `per` of
    each of its own."""

    metric: Metric
    segment: tuple[str, ...]
    per: tuple[str, ...]
    period: str
    start: str
    complete: bool
    value: float | None
    low: float | None
    high: float | None
    n: float | None
    status: str
    reason: str | None
    currency: str | None
    compare_value: float | None
    change: float | None
    change_pct: float | None
    signal: str | None
    target: float | None
    attainment: float | None
    standing: str | None
    rank_low: float | None
    rank_high: float | None
    unpriced: str = ""

    @property
    def partial(self) -> bool:
        """Whether it is not final."""
        return self.status == "partial"

    @property
    def _money(self) -> str | None:
        return self.currency or self.unpriced or None

    def in_words(self, like: float | None = None) -> str:
        """The value as people read it, with a star when it is not final; in the unit of a value of the size of `like`."""
        shown = cells.value(self.value, self.metric.unit, self._money, like=like)
        return f"{shown}*" if self.partial and self.value is not None else shown

    def number(self, *, like: float) -> str:
        """The value without its unit, which is that of a value of the size of `like`; with a star when it is not
        final."""
        shown = cells.value(self.value, self.metric.unit, like=like)
        behind = cells.suffix(cells.spoken(self.metric.unit, like)[0])
        return shown.removesuffix(behind) + ("*" if self.partial and self.value is not None else "")

    @property
    def before_text(self) -> str:
        """What it was in the compared period, in the unit of the value; empty where that is not known."""
        if self.compare_value is None:
            return ""
        return cells.value(self.compare_value, self.metric.unit, self._money, like=self.value)

    @property
    def limits_text(self) -> str:
        return "" if self.value is None else cells.limits(self.low, self.high, self.metric.unit, like=self.value)

    @property
    def change_text(self) -> str:
        return cells.change(self.change, self.change_pct, self.metric.unit, self._money)

    @property
    def is_beyond_chance(self) -> bool:
        return self.signal in SIGNS and bool(self.change_text)

    @property
    def place_text(self) -> str:
        """Whether it stands out from the other segments, and the places it may hold; empty where nothing tells."""
        sign = {"above": "↑", "below": "↓"}.get(self.standing or "", " ")
        held = [f"{place:.0f}" for place in (self.rank_low, self.rank_high) if place is not None]
        return f"{sign} {'–'.join(dict.fromkeys(held))}".rstrip()

    @property
    def goal_text(self) -> str:
        """How much of which target is reached; empty without a goal."""
        if self.target is None:
            return ""
        target = cells.value(self.target, self.metric.unit, self._money)
        return target if self.attainment is None else f"{cells.value(self.attainment, Unit.PERCENT)} of {target}"

    @property
    def mark(self) -> str:
        """The sign of a change beyond chance, one character; empty for any other."""
        return SIGNS[str(self.signal)] if self.is_beyond_chance else ""


def legend(figures: Sequence[Figure]) -> str:
    """What the marks of changes mean, those that are shown; empty without any."""
    beyond = {figure.signal for figure in figures if figure.value is not None and figure.is_beyond_chance}
    if beyond & {"better", "worse"}:
        maybe = ", △ ▽ 5 in 100" if beyond & {"maybe better", "maybe worse"} else ""
        return f"▲ better ▼ worse: chance brings it 3 times in 1,000{maybe}"
    return "△ better ▽ worse: chance brings it 5 times in 100" if beyond else ""


def per_of(metric: Metric, report: Report) -> tuple[str, ...]:
    """The dimensions a metric brings along that are columns of the report and not already dimensions of the run."""
    return tuple(name for name in metric.per if name in report.per and name not in report.by)


def titled(report: Report) -> Report:
    """The report with its metrics named as its rows name them: a title may say how it was read."""
    named = dict(zip(tidy.words(report.rows["metric"]), tidy.words(report.rows["title"]), strict=True))
    metrics = [replace(metric, title=named.get(metric.name) or metric.title) for metric in report.metrics]
    return replace(report, metrics=metrics)


def shortened(report: Report) -> tuple[Report, list[str]]:
    """The report with as many segments as are read on a page, the first ones in its order and the rest of them as one, and
    what is said where there are more. A figure that only others have brings the first of those along."""
    import numpy as np
    import pandas as pd

    by, rows, together = list(report.by), report.rows, report.together
    if not by or len(rows) <= SEGMENTS:
        return report, []
    is_of_any = rows[by].notna().any(axis=1).to_numpy()  # else it is a figure that is not available
    place = np.full(len(rows), -1)
    place[is_of_any], segments = pd.factorize(pd.MultiIndex.from_frame(rows.loc[is_of_any, by]))
    if len(segments) <= SEGMENTS:
        return report, []
    available = rows["value"].notna().to_numpy()
    is_kept = (place < SEGMENTS) | rows[by].isin([report.rest]).any(axis=1).to_numpy()
    others = pd.Series(place[available & ~is_kept], index=rows["metric"][available & ~is_kept])
    first = others[~others.index.isin(rows["metric"][available & is_kept].unique())].groupby(level=0).first()
    kept = {*place[is_kept].tolist(), *first.tolist()}
    if together is not None:
        together = together[
            pd.Series(segments.get_indexer(pd.MultiIndex.from_frame(together[by]))).isin(kept).to_numpy()
        ]
    ways = "--top 20 shows the largest, --sort FIGURE begins with them, -f csv has all"
    note = f"{cells.count(len(kept - {-1}))} of {cells.count(len(segments))} segments are shown: {ways}"
    return replace(report, rows=rows[pd.Series(place).isin(kept).to_numpy()], together=together), [note]


def figures(report: Report, rows: pd.DataFrame | None = None) -> list[Figure]:
    """The rows of the metrics shown, in the order of the report; else other tidy rows of it."""
    rows = report.rows if rows is None else rows
    columns: dict[str, Sequence[Any]] = {name: tidy.words(rows[name]) for name in _WORDS}
    columns |= {name: tidy.numbers(rows[name]) for name in _NUMBERS}
    columns["complete"] = [word != "false" for word in tidy.words(rows["complete"])]
    label = {name: [word or "" for word in tidy.words(rows[name])] for name in (*report.by, *report.per)}
    metrics = {metric.name: metric for metric in report.metrics}
    segments = _tuples([label[name] for name in report.by], len(rows))
    per_of_metric = {metric.name: per_of(metric, report) for metric in report.metrics}
    pers = {per: _tuples([label[name] for name in per], len(rows)) for per in {*per_of_metric.values()}}
    lines = zip(tidy.words(rows["metric"]), segments, *columns.values(), strict=True)
    return [
        Figure(metrics[name], segment, pers[per_of_metric[name]][at], **dict(zip(columns, cells_, strict=True)))
        for at, (name, segment, *cells_) in enumerate(lines)
        if name in metrics
    ]


def priced(figures_: Sequence[Figure], names: Collection[str], footnotes: Footnotes) -> list[Figure]:
    """The figures, amounts whose currency nobody knows with the mark of the footnote that says how to set it, where
    they are among those of these names."""
    currencies = sorted({figure.currency for figure in figures_ if figure.currency})
    code = currencies[0] if len(currencies) == 1 else "USD"
    lacking = any(_is_unpriced(figure) and figure.metric.name in names for figure in figures_)
    mark = footnotes.mark(f"no currency is known: --set currency={code}") if lacking else ""
    return [replace(figure, unpriced=mark) if mark and _is_unpriced(figure) else figure for figure in figures_]


def _is_unpriced(figure: Figure) -> bool:
    return figure.metric.is_money and not figure.currency and figure.value is not None


def _tuples(columns: Sequence[Sequence[str]], length: int) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True)) if columns else [()] * length


_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass
class Footnotes:
    """Sentences in the order in which they were first marked; the same sentence has one mark."""

    _marks: dict[str, str] = field(default_factory=dict)

    def mark(self, sentence: str) -> str:
        """The mark of a sentence: "¹"."""
        return self._marks.setdefault(sentence, str(len(self._marks) + 1).translate(_DIGITS))

    def lines(self, *, together: bool) -> list[str]:
        """The marks with their sentences, a line each or all on one."""
        beside = "\N{NO-BREAK SPACE}" if together else " "
        lines = [f"{mark}{beside}{sentence}" for sentence, mark in self._marks.items()]
        return [" · ".join(lines)] if together and lines else lines
