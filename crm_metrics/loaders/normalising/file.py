"""One file being normalised: what its columns share, what is noticed about it, and what the settings say that the values of
a column mean, put in their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.issues import Issue
from crm_metrics.loaders import beside, currency_codes
from crm_metrics.loaders.coercing import columns as coerced, currencies, numbers
from crm_metrics.loaders.coercing.columns import Texts
from crm_metrics.loaders.coercing.words import MISSING, MISSING_NAMES, MISSING_TEXT, folded
from crm_metrics.loaders.reading import As, Cells, Raw
from crm_metrics.loaders.recognising import SUFFIX, Recognised
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings
from crm_metrics.tables import Unusable


class File:
    """A recognised file with its layout, its issues, and the spellings of missing in it; `calendar` says of each date column
    that was read whether it holds calendar dates."""

    def __init__(self, raw: Raw, recognised: Recognised, settings: Settings, index: int) -> None:
        self.raw, self.recognised, self.settings, self.index = raw, recognised, settings, index
        self.layout = recognised.layout
        self._rules = settings.rules(raw.path)
        self.schema = schema.TABLES[self.layout.table]
        self.issues: list[Issue] = []
        self.left_out: Counter[str] = Counter()  # by reason
        self.unusable: dict[str, Unusable] = {}
        self.calendar: dict[str, bool] = {}
        self.constant: dict[str, NDArray[Any]] = {}  # dates whose cells all have the same time of day
        self.offsets: dict[
            str, NDArray[Any]
        ] = {}  # of moments, in minutes east of UTC, where no zone of the report is set
        self.headings: dict[int, str] = {}  # lines between the records that hold a single text, by their row
        self.currencies: dict[str, Any] = {}  # of amounts whose cells name them
        self.date_order, self.decimal = "", ""  # as they were decided, where text had to be read
        self.missing_text = MISSING_TEXT | {word.casefold() for word in self.layout.missing}
        self.missing = MISSING | self.missing_text

    def kind(self, name: str) -> Kind:
        """What the cells of a canonical column are; a column outside the schema is a category."""
        return beside.kind_of(self.layout.table, name)

    def missing_in(self, name: str) -> frozenset[str]:
        """The spellings of missing in a column of text."""
        return self.missing_text | MISSING_NAMES if name in schema.IDENTITY else self.missing_text

    def meanings(self, name: str) -> dict[str, str]:
        """What the settings say that the values of a column mean, by the value, folded."""
        meanings = self._rules.values.get(name.removeprefix(beside.DEALS), {})
        return {folded(value): meant for value, meant in meanings.items()}

    def currency_of(self, sign: str, name: str) -> str | None:
        """The currency of a code or sign in a column. A sign of several is the one that the headers or the settings
        name; the sign itself where they name none of its own; missing, and said, where they name nothing."""
        named = {code for _, text in sorted(self._brackets().items()) if (code := currencies.of_header(text))}
        codes = [code for code in named if code in currency_codes.CODES]
        currency = currencies.decided(sign, codes[0] if len(codes) == 1 else None, self.settings.currency)
        if currency is None:
            several = ", ".join((currency_codes.of_sign(sign) or ())[:3])
            self.note("currency-sign", column=self.header(name), seen=sign, could=several)
        return currency

    def _brackets(self) -> dict[int, str]:
        """What stands in brackets at the end of each header."""
        suffixes = {place: SUFFIX.match(label.strip()) for place, label in enumerate(self.raw.header)}
        return {place: part["suffix"] for place, part in suffixes.items() if part}

    def note(self, code: str, rows: NDArray[Any] | None = None, count: int | None = None, **detail: str) -> None:
        """Remember a problem, with the first of the rows that have it."""
        if rows is None:
            self.issues.append(Issue(code, self.raw.path, count or 0, detail=detail))
        else:
            self.issues.append(Issue.of_rows(code, self.raw.path, rows, **detail))

    def note_cells(self, code: str, header: str, column: Texts, bad: NDArray[np.bool_], cells: Cells) -> None:
        """Remember what is wrong with the cells of a column that hold the marked ones of its texts."""
        if bad.any():
            cell = column.at(int(np.argmax(bad)))
            self.note(code, cells.rows[column.rows_of(bad)], column=header, seen=cell)

    def numbers(self, texts: Texts) -> NDArray[np.float64]:
        """A column of text as numbers, NaN for what is none."""
        written = numbers.take_apart(texts.values)
        sign = coerced.separator({"": written}, self.settings.decimal)[""] or "."
        return texts.spread(numbers.resolve(written, sign), np.nan)

    def others(self, kinds: Collection[Kind], read: Collection[str]) -> dict[str, Any]:
        """The file's columns of these kinds beside those that were read, by name, as text where they are not typed: what is
        asked decides no reading."""
        columns = self.recognised.columns
        places = {name: columns[name] for name in columns if self.kind(name) in kinds and name not in read}
        cells = self.raw.read(dict.fromkeys(places.values(), As.TEXT)) if places else None
        return {name: cells.columns[place] for name, place in places.items()} if cells is not None else {}

    @property
    def names(self) -> dict[int, str]:
        """The canonical columns by their places in the header."""
        return {place: name for name, place in self.recognised.columns.items()}

    def header(self, name: str) -> str:
        """The column's name as the file writes it."""
        return self.raw.header[self.recognised.columns[name]]


_SHOWN = 5
# Where a file has no outcomes of its own, the settings' words for them are values of one of these.
_TELLING = ("status", "stage")


def translated(file: File, name: str, column: coerced.Texts, cells: Cells) -> coerced.Texts:
    """The texts of a column, those that the settings name as what they mean; both are noted."""
    rules = file.meanings(name)
    if not rules:
        return column
    labels = [str(label) for label in column.values.to_pylist()]
    meant = [rules.get(folded(label)) for label in labels]
    _note(file, name, labels, meant, column.codes, cells, name)
    texts = [label if word is None else word for label, word in zip(labels, meant, strict=True)]
    return coerced.relabelled(pa.array(texts, pa.string()), column.codes)


def add_outcomes(file: File, values: dict[str, Any], cells: Cells) -> None:
    """Add the outcome of deals by the settings' words for it where the file has no column of outcomes: what the words do not
    name is missing, and told from the rest of the row."""
    rules = file.meanings("outcome")
    if not rules or file.layout.table != "deals" or "outcome" in file.recognised.columns:
        return
    read = [name for name in _TELLING if name in values]
    for name in read:
        labels = [str(label) for label in values[name].categories]
        meant = [rules.get(folded(label)) for label in labels]
        if any(meant) or name == read[-1]:
            _note(file, name, labels, meant, values[name].codes, cells, "outcome")
            states = coerced.relabelled(pa.array(meant, pa.string()), values[name].codes.astype(np.int32))
            values["outcome"] = coerced.category(states)
            return


def _note(
    file: File, name: str, labels: Sequence[str], meant: list[str | None], codes: Any, cells: Cells, ruled: str
) -> None:
    """Say which values of a column were read as the settings say for a column, and which of those are in no cell."""
    hit = np.array([*(word is not None for word in meant), False], dtype=bool)[codes]
    if hit.any():
        pairs = [f"{label} → {word}" for label, word in zip(labels, meant, strict=True) if word is not None]
        file.note("values-set", cells.rows[hit], column=file.header(name), seen=_listed(pairs))
    unmet = [word for word in file.meanings(ruled) if word not in set(map(folded, labels))]
    if unmet:
        file.note("values-unused", column=file.header(name), seen=_listed(unmet))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")
