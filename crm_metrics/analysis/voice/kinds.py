"""The questions of surveys, and the groups that their answers fall into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_metrics.engine.cells import Codes, Floats


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
