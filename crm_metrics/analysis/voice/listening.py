"""What the answers of a period say: the questions of surveys, the groups that answers fall into, the words that set those
apart, and how segments differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_metrics.analysis import drivers, ranks
from crm_metrics.analysis.drivers import Driver
from crm_metrics.analysis.parts import Amount, amount_of
from crm_metrics.analysis.voice.comments import Comments, Quote
from crm_metrics.analysis.voice.words import Comparison, compared
from crm_metrics.engine.cells import Cells, Codes, Floats, Ints, Unavailable
from crm_metrics.engine.segments import Segments
from crm_metrics.engine.windows import Window
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.intervals.engine import Engine
from crm_metrics.intervals.shares import wilson
from crm_metrics.intervals.signals import Noises, signals
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.metrics.metric import Metric
from crm_metrics.tables import NONE, Dataset

RISK = 0.05


@dataclass(frozen=True)
class Part:
    """How many answers of the whole, or of a segment, are in a group, and how many of them have a comment."""

    dimension: str | None
    segment: str | None
    group: Group
    answers: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class Segment:
    """A segment's score, whether it is `above` or `below` the others by more than chance, and what it did to the change
    since the compared period (None without one)."""

    dimension: str
    name: str
    score: Amount
    mark: str | None
    driver: Driver | None


@dataclass(frozen=True)
class Heard:
    """What the answers to one question say. `groups` are the most content first; the words of the last are compared
    with those of the first. `with_comment` counts comments by group; `has_comments` says whether the files have such a
    column at all; `by` are the dimensions that the answers have."""

    question: Question
    metric: Metric
    label: str
    groups: tuple[Group, ...]
    score: Amount
    before: Amount | None
    signal: str | None
    parts: list[Part]
    segments: list[Segment]
    comparison: Comparison
    with_comment: list[int]
    has_comments: bool
    languages: dict[str, tuple[str, ...]]
    quotes: list[Quote]
    by: list[str]


@dataclass(frozen=True)
class Asking:
    """What is asked of the answers: the windows of the period and of the one before it (None for none), the dimensions,
    the fewest comments a word stands in, how many quotes, and the risk that anything is claimed of answers that chance
    made."""

    now: Window
    before: Window | None
    by: Sequence[str]
    least: int
    quotes: int
    risk: float = RISK


def listened(
    dataset: Dataset, catalog: Catalog, questions: Sequence[Question], request: Asking
) -> tuple[list[Heard], dict[str, Unavailable]]:
    """What the answers to each question say, and why there are none to the others. All claims together, of words and of
    segments, have the risk that is asked for."""
    windows = [request.now, *([request.before] if request.before else [])]
    engine = Engine(dataset, catalog, windows)
    lacking = {question.name: trouble for question in questions if (trouble := _trouble(engine, question)) is not None}
    chosen = [question for question in questions if question.name not in lacking]
    claims = len(chosen) * (2 if request.by else 1)
    shared = replace(request, risk=request.risk / max(claims, 1))
    return [_heard(engine, question, shared) for question in chosen], lacking


def _trouble(engine: Engine, question: Question) -> Unavailable | None:
    """Why a question has no answers in the first window; None when it has some."""
    for name in (question.metric, question.answers):
        if isinstance(cells := engine.cells(name), Unavailable):
            return cells
    pairs = engine.pairs(engine.catalog[question.answers])
    return None if (pairs.window == 0).any() else Unavailable("no-rows", "there are no answers in the period")


def _heard(engine: Engine, question: Question, request: Asking) -> Heard:
    dataset, metric, rows = engine.dataset, engine.catalog[question.metric], engine.catalog[question.answers]
    cells = engine.required(metric.name)
    pairs = engine.pairs(rows)
    chosen = pairs.rows[pairs.window == 0]
    answers = dataset.tables[rows.table].frame.iloc[chosen]
    by = [dim for dim in request.by if dim in answers and answers[dim].notna().any()]
    label = dataset.labels.get(question.metric, "")
    grouping = grouped(question, answers, label)
    comments = Comments(answers, grouping.code, rows.at or "", dataset.sources)
    last = len(grouping.groups) - 1
    first = (comments.group == 0) & (last > 0)
    comparison = compared(comments.terms, comments.group == last, first, least=request.least, level=request.risk)
    quotes = [quote for word in comparison.words for quote in comments.shortest(word.text, word.rows, request.quotes)]
    quotes += [quote for place in range(last, -1, -1) for quote in comments.newest(place, request.quotes)]
    return Heard(
        question,
        metric,
        label,
        grouping.groups,
        amount_of(cells, 0, 0),
        amount_of(cells, 1, 0) if request.before else None,
        _signal(engine, metric, cells) if request.before else None,
        _parts(dataset, rows, chosen, grouping, by),
        [segment for dim in by for segment in _segments(engine, metric, dim, request)],
        comparison,
        np.bincount(comments.group, minlength=last + 1).tolist(),
        "comment" in answers,
        comments.languages,
        quotes,
        by,
    )


def _signal(engine: Engine, metric: Metric, cells: Cells) -> str | None:
    """What the change since the compared period says, less what both share through the same customers; None where one of
    the two has no value."""
    if np.isnan(cells.value).any():
        return None
    now, before = (cells.figures(i) for i in (0, 1))
    return str(signals(metric, now, before, Noises(engine).of(metric, 0, 1))[0])


def _parts(dataset: Dataset, rows: Metric, chosen: Ints, grouping: Grouping, by: Sequence[str]) -> list[Part]:
    """The groups of all answers, then of those of each segment."""
    parts = _groups_of(None, [None], np.zeros(len(chosen), dtype=np.int64), grouping)
    for dim in by:
        segments = Segments((dim,), {rows.table: dataset.tables[rows.table]})
        codes = segments.codes(rows.table)[chosen].astype(np.int64)
        parts += _groups_of(dim, [label[0] for label in segments.labels], codes, grouping)
    return parts


def _groups_of(dim: str | None, names: Sequence[str | None], segment: Ints, grouping: Grouping) -> list[Part]:
    size = len(grouping.groups)
    valid = grouping.code >= 0
    counts = np.bincount(segment[valid] * size + grouping.code[valid], minlength=len(names) * size).reshape(-1, size)
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        low, high = wilson(counts / total, total.astype(np.float64))
    return [
        Part(dim, name, group, int(counts[i, j]), int(total[i, 0]), float(low[i, j]), float(high[i, j]))
        for i, name in enumerate(names)
        for j, group in enumerate(grouping.groups)
        if total[i, 0]
    ]


def _segments(overall: Engine, metric: Metric, dim: str, request: Asking) -> list[Segment]:
    """The segments of a dimension that have answers, those with the most first."""
    engine = Engine(overall.dataset, overall.catalog, [request.now], (dim,))
    cells = engine.required(metric.name)
    n = cells.n[0]
    risk = 1 - (1 - request.risk) ** (1 / len(request.by))
    names = [label[0] for label in engine.segments((dim,)).labels]
    rankable = (cells.reason[0] == 0) & np.array([name != NONE for name in names])
    marks = ranks.standings(metric, cells.figures(0), n, rankable, risk=risk).mark
    parts = _drivers(overall, metric, dim, request)
    return [
        Segment(dim, names[i], amount_of(cells, 0, i), marks[i], parts.get(names[i]))
        for i in np.argsort(-n, kind="stable").tolist()
        if n[i]
    ]


def _drivers(engine: Engine, metric: Metric, dim: str, request: Asking) -> dict[str, Driver]:
    """What each segment did to the change since the compared period, where that can be told."""
    if request.before is None:
        return {}
    try:
        change = drivers.change(engine.dataset, engine.catalog, metric, request.before, request.now, [dim])
    except (NothingToReport, UsageError):
        return {}
    return {driver.segment: driver for dimension in change.dimensions for driver in dimension.drivers}


@dataclass(frozen=True)
class Question:
    """A question: its metric, the metric whose rows are the answers, and the two groups whose words are compared, the
    content one last; `columns` are read beside those of the metrics."""

    name: str
    metric: str
    answers: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A group of answers; `about` says which scores are in it, `called` is what people call those who gave them."""

    name: str
    about: str
    called: str


@dataclass(frozen=True)
class Grouping:
    """The group of each answer as its place among the `groups`, the most content first, −1 for none."""

    groups: tuple[Group, ...]
    code: Codes


_NOT = Group("not satisfied", "below it", "those who are not satisfied")
QUESTIONS = (
    Question("nps", "nps", "nps_answers", ("nps_group", "score")),
    Question("csat", "csat", "ratings", ("is_satisfied", "score")),
    Question("ces", "ces", "ces", ("effort_score", "score")),
)
NAMES = tuple(question.name for question in QUESTIONS)
_NPS = (
    Group("promoter", "9 and 10", "promoters"),
    Group("passive", "from 7 up to 9", "passives"),
    Group("detractor", "below 7", "detractors"),
)


def grouped(question: Question, answers: pd.DataFrame, scale: str) -> Grouping:
    """The groups of some answers. `scale` says which ratings there are. Effort has no groups of its own: its scores are
    parted at their median."""
    if question.name == "nps":
        names = pd.Index([group.name for group in _NPS])
        return Grouping(_NPS, names.get_indexer(pd.Index(answers["nps_group"].astype("str"))))
    if question.name == "csat":
        good = answers["is_satisfied"].to_numpy(dtype=bool, na_value=False)
        in_words = f" ({scale})" if scale else ""
        groups = Group("satisfied", f"in the top of the scale{in_words}", "the satisfied"), _NOT
        return Grouping(groups, np.where(good, 0, 1))
    score: Floats = answers["effort_score"].to_numpy(dtype=np.float64)
    middle = float(np.median(score)) if len(score) else 0.0
    if len(score) and not (score < middle).any():
        return Grouping((Group("all", f"{middle:g} and above", "all"),), np.zeros(len(score), dtype=np.int64))
    groups = (
        Group("easier", f"the median, {middle:g}, and above", "those for whom it was easier"),
        Group("harder", f"below {middle:g}", "those for whom it was harder"),
    )
    return Grouping(groups, np.where(score >= middle, 0, 1))
