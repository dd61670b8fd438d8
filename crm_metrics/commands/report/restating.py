"""`--history`: what a report says otherwise than earlier ones did, told on standard error."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crm_metrics.book import cells
from crm_metrics.errors import UsageError

if TYPE_CHECKING:
    from crm_metrics.query import Query
    from crm_metrics.reporting.report import Cause, FileChange, Report, Restated
    from crm_metrics.tables import Dataset

_SHOWN = 12  # figures with one reason


def refuse_clash(history: Path | None, output: Path | None, inputs: Iterable[str]) -> None:
    """Raises `UsageError` where the history is also the file the report goes to, or one it is made from: the one would be
    written over the other."""
    if history is None:
        return
    for other in (*([str(output)] if output is not None else []), *inputs):
        if os.path.realpath(other) == os.path.realpath(history):
            raise UsageError(
                "--history names a file that the report is read from or written to",
                where=str(history),
                hint="Give the history a file of its own, for example history.db.",
            )


class History:
    """The history of a run, None without one. A history that cannot be used does not stop the report: `finish` says so at
    the end."""

    def __init__(self, path: Path | None, report: Report, dataset: Dataset, asked: Query) -> None:
        self.report = report
        self._refused: UsageError | None = None
        self._keeping = None
        if path is None:
            return
        from crm_metrics.history.keeping import Keeping

        self._keeping = Keeping(path, report, dataset, asked.catalog, complete=asked.top is None)
        try:
            self.report = replace(report, restated=self._keeping.look())
        except UsageError as error:
            self._refused = error

    def keep(self) -> list[str]:
        """Adds the report, which has arrived, and says in lines of text what it restates."""
        if self._keeping is not None and self._refused is None:
            try:
                late = self._keeping.keep()
            except UsageError as error:
                self._refused = error
            else:
                self.report = replace(self.report, restated=[*(self.report.restated or ()), *late])
        return self._lines()

    def finish(self) -> None:
        """Raises `UsageError` where the history could not be used."""
        if self._refused is not None:
            hint = f"{self._refused.hint or ''} The report itself is complete, but was not recorded.".strip()
            raise UsageError(self._refused.what, where=self._refused.where, hint=hint) from self._refused

    def _lines(self) -> list[str]:
        groups: dict[tuple[Cause, ...], list[Restated]] = {}
        for figure in self.report.restated or ():
            groups.setdefault(figure.because, []).append(figure)
        lines = []
        for because, figures in groups.items():
            lines += [f"restated: {_figure(figure)}" for figure in figures[:_SHOWN]]
            if more := max(len(figures) - _SHOWN, 0):
                lines.append(f"restated: {cells.several(more, 'more figure')} for the same reason (all: -f json)")
            lines += [f"  because {line}" for cause in because for line in _because(cause)]
        return lines


def _figure(figure: Restated) -> str:
    segment = "".join(f", {name} {cells.visible(label)}" for name, label in figure.segment.items())
    shown = [
        cells.value(value, figure.unit, figure.currency) if value is not None else f"not available ({reason})"
        for value, reason in ((figure.before, figure.before_reason), (figure.now, figure.now_reason))
    ]
    if shown[0] == shown[1]:  # they differ in a digit that is not shown
        shown = [f"{figure.before!r}", f"{figure.now!r}"]
    when = figure.first_recorded[:16].replace("T", " ")
    return f"{figure.metric}, {figure.period}{segment}: {shown[0]} → {shown[1]} (first recorded {when} UTC)"


def _because(cause: Cause) -> Sequence[str]:
    if cause.kind == "definition":
        return [f"the definition changed: {'; '.join(cause.what)}"]
    if cause.kind != "files":
        return [f"the {cause.kind} changed: {'; '.join(cause.what)}"] if cause.kind != "unknown" else cause.what
    files = [_file(file) for file in cause.files]
    rows = cause.rows
    if rows is None:
        counts = "which rows differ cannot be told"
    else:
        changed = "changed ones cannot be told, as its columns differ" if rows.changed is None else None
        counts = f"rows: {rows.added:,} added, {changed or f'{rows.changed:,} changed'}, {rows.gone:,} gone"
    return [f"{'; '.join(files)} ({counts})"]


def _file(file: FileChange) -> str:
    path = cells.visible(file.path)
    if file.change == "new":
        return f"{path} is new, {file.rows_now:,} rows"
    if file.change == "gone":
        return f"{path} is no longer read, {file.rows_before:,} rows"
    return f"{path} has changed, {file.rows_before:,} rows before, {file.rows_now:,} now"
