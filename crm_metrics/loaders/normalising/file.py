"""One file being normalised: what its columns share, and what is noticed about it."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from crm_metrics import schema
from crm_metrics.issues import Issue
from crm_metrics.loaders import beside
from crm_metrics.loaders.coercing.words import MISSING, MISSING_TEXT, folded
from crm_metrics.loaders.reading import Raw
from crm_metrics.loaders.recognising import Recognised
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
        self.unusable: dict[str, Unusable] = {}
        self.calendar: dict[str, bool] = {}
        self.currencies: dict[str, Any] = {}  # of amounts whose cells name them
        self.date_order, self.decimal = "", ""  # as they were decided, where text had to be read
        self.missing_text = MISSING_TEXT | {word.casefold() for word in self.layout.missing}
        self.missing = MISSING | self.missing_text

    def kind(self, name: str) -> Kind:
        """What the cells of a canonical column are; a column outside the schema is a category."""
        return beside.kind_of(self.layout.table, name)

    def meanings(self, name: str) -> dict[str, str]:
        """What the settings say that the values of a column mean, by the value, folded."""
        said = self._rules.values.get(name.removeprefix(beside.DEALS), {})
        return {folded(value): meant for value, meant in said.items()}

    def note(self, code: str, rows: NDArray[Any] | None = None, count: int | None = None, **detail: str) -> None:
        """Remember a problem, with the first of the rows that have it."""
        shown = tuple(int(row) for row in rows[:10]) if rows is not None else ()
        size = count if count is not None else (len(rows) if rows is not None else 0)
        self.issues.append(Issue(code, self.raw.path, size, shown, detail, rows))

    def header(self, name: str) -> str:
        """The column's name as the file writes it."""
        return self.raw.header[self.recognised.columns[name]]
