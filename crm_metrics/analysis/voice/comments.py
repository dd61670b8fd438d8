"""The comments beside answers: their words, and those that are quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm_metrics.analysis.voice.languages import function_words, languages
from crm_metrics.analysis.voice.tokens import masked, terms, words
from crm_metrics.engine.cells import Codes, Ints
from crm_metrics.tables import ROW, SOURCE, Source

_LONGEST = 300  # characters of a quote


@dataclass(frozen=True)
class Quote:
    """A comment with what names a person hidden, and where it stands."""

    text: str
    group: int
    score: float | None
    on: date | None
    path: str
    row: int
    word: str | None = None


class Comments:
    """The answers with a comment, by what they say, so that nothing depends on the order of rows. `terms` are the words
    and phrases of each, `languages` those of each file, `group` the place of its group."""

    def __init__(self, answers: pd.DataFrame, group: Codes, moment: str, sources: Sequence[Source]) -> None:
        column = answers["comment"] if "comment" in answers else pd.Series("", answers.index, dtype="str")
        texts = column.astype("str").str.strip()
        filled = np.flatnonzero((texts.notna() & (texts != "")).to_numpy())
        frame = answers.iloc[filled].assign(_text=texts.iloc[filled], _group=group[filled])
        frame["_path"] = [sources[i].path for i in frame[SOURCE].tolist()]
        order = ["_text", "_group", moment, "score", "_path", ROW]
        self._frame = frame.sort_values([name for name in order if name in frame], kind="stable")
        self._moment = moment
        self.group: Codes = self._frame["_group"].to_numpy()
        self.languages: dict[str, tuple[str, ...]] = {}
        self.terms: list[frozenset[str]] = [frozenset()] * len(self._frame)
        for path, places in self._frame.groupby("_path").indices.items():
            self._read(str(path), np.asarray(places, dtype=np.int64))

    def __len__(self) -> int:
        return len(self._frame)

    def _read(self, path: str, places: Ints) -> None:
        texts = [str(text) for text in self._frame["_text"].iloc[places]]
        self.languages[path] = languages([words(text) for text in texts])
        without = function_words(self.languages[path])
        for place, text in zip(places.tolist(), texts, strict=True):
            self.terms[place] = terms(text, without)

    def shortest(self, word: str, rows: Ints, count: int) -> list[Quote]:
        """The shortest of the comments that have a word, each text once."""
        frame = self._frame.iloc[rows]
        order = np.argsort(frame["_text"].str.len().to_numpy(), kind="stable")
        return [self._quote(frame.iloc[at], word) for at in _distinct(frame["_text"], order, count)]

    def newest(self, group: int, count: int) -> list[Quote]:
        """The newest comments of a group, each text once."""
        frame = self._frame[self.group == group]
        if self._moment in frame:
            dates = frame[self._moment].to_numpy().astype("datetime64[us]").astype(np.int64)
            order = np.argsort(-np.where(dates == np.iinfo(np.int64).min, -1, dates), kind="stable")
        else:
            order = np.arange(len(frame))
        return [self._quote(frame.iloc[at], None) for at in _distinct(frame["_text"], order, count)]

    def _quote(self, row: pd.Series, word: str | None) -> Quote:
        moment, score = row.get(self._moment), row.get("score")
        return Quote(
            _shortened(masked(str(row["_text"])), word),
            int(row["_group"]),
            None if score is None or pd.isna(score) else float(score),
            None if moment is None or pd.isna(moment) else moment.date(),
            str(row["_path"]),
            int(row[ROW]),
            word,
        )


def _distinct(texts: pd.Series, order: Ints, count: int) -> list[int]:
    """The first places of an order, so many as hold different texts."""
    ordered = texts.iloc[order].str.casefold()
    return order[~ordered.duplicated().to_numpy()][:count].tolist()


def _shortened(text: str, word: str | None) -> str:
    """At most 300 characters of a text, those about the word if there is one."""
    if len(text) <= _LONGEST:
        return text
    at = max(text.casefold().find(word.split()[0]), 0) if word else 0
    start = max(min(at - _LONGEST // 2, len(text) - _LONGEST), 0)
    cut = text[start : start + _LONGEST].strip()
    return f"{'…' if start else ''}{cut}{'…' if start + _LONGEST < len(text) else ''}"
