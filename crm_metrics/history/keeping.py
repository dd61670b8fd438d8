"""A report against the history: what says something else than before, and the report added to it.

The order of a run: the report is compared, then written, then added. A run whose report never arrived leaves no trace, so
that the next one says again what has changed; and where the history cannot be used, the report is there nevertheless.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import crm_metrics
from crm_metrics.errors import CrmMetricsError
from crm_metrics.history import digests, store
from crm_metrics.history.digests import Input, Run, causes, read_run
from crm_metrics.history.figures import Definition, Figure, Group, definition, figures_of, pairs, restated, same
from crm_metrics.loaders.mapping import Recogniser
from crm_metrics.loaders.reading import Raw
from crm_metrics.metrics.catalog import Catalog
from crm_metrics.reporting.report import Cause, Report, Restated
from crm_metrics.schema import TABLES
from crm_metrics.tables import Dataset, Source

_GROUP = 'metric = ? AND start = ? AND "end" = ? AND kind = ? AND complete = ? AND figures.dims = ?'


@dataclass(frozen=True)
class _Kept:
    """A figure of the history that is the current one, with its row and definition, the run that first gave its value, and
    the last that did."""

    figure: Figure
    row: int
    definition: int
    complete: bool
    value_run: int
    last_run: int
    as_of: str


@dataclass(frozen=True)
class _Step:
    """A figure now against the one kept, None where there is none; `since` is the kept one that says when, and whether
    that is to be told. `back` is a look at an earlier day (`--as-of`), which restates nothing and replaces nothing."""

    group: Group
    old: Figure
    new: Figure
    kept: _Kept | None
    since: _Kept | None
    reported: bool
    back: bool = False


class Keeping:
    """One report and one history. `dataset` is what the report was computed from; `complete` says that no segment was left
    out by `--top`."""

    def __init__(self, path: Path, report: Report, dataset: Dataset, catalog: Catalog, *, complete: bool) -> None:
        self.path, self.report, self.complete = path, report, complete
        self._dataset = dataset
        self._groups = figures_of(report, catalog)
        self._definitions = {metric.name: definition(metric, catalog, dataset.settings) for metric in report.metrics}
        self._now: Run | None = None
        self._known: set[tuple[Group, Figure]] = set()  # the figures that `look` told

    def look(self) -> list[Restated]:
        """The figures that say something else than the history does, with the reason. Raises `UsageError` for a file that
        is no history or cannot be used, `DataError` for an input that changed meanwhile."""
        if store.is_new(self.path):
            self._now = self._run(None)
            return []
        with store.opened(self.path) as connection:
            self._now = self._run(connection)
            steps = [step for step in self._steps(connection) if step.reported]
            self._known = {(step.group, step.new) for step in steps}
            return self._told(connection, steps)

    def keep(self) -> list[Restated]:
        """Adds the report. What it says otherwise than runs added since `look` comes back. Raises as `look` does."""
        now = self._now
        if now is None:
            raise RuntimeError("the report was not compared yet")
        with store.opened(self.path, create=True) as connection:
            with store.transaction(connection, self.path):
                steps = list(self._steps(connection))
                late = [step for step in steps if step.reported and (step.group, step.new) not in self._known]
                restatements = self._told(connection, late)  # before the digests of earlier files go
                self._add(connection, now, steps)
            return restatements

    def _run(self, connection: sqlite3.Connection | None) -> Run:
        """This run, with the digests of its files; those of a file that is known already are taken from the history."""
        scheme, recogniser = digests.scheme(), Recogniser(self._dataset.settings)
        inputs = []
        for source in self.report.sources:
            sha256, raw = self.report.digests.get(source.path), self._dataset.raws.get(source.path)
            if sha256 is None or raw is None:
                continue
            encoding = self._dataset.settings.encoding_of(source.path) or ""
            key = (sha256, _storable(source.path).partition("#")[2], f"{scheme} {encoding}".strip())
            kept = _digests_kept(connection, key) or _digests_of(cast("Raw", raw), source, recogniser)
            inputs.append(Input(_storable(source.path), source.table, source.rows, *key, *kept))
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return Run(at, crm_metrics.__version__, self.report.as_of.isoformat(), tuple(inputs))

    def _steps(self, connection: sqlite3.Connection) -> Iterator[_Step]:
        stated = self._dataset.settings.as_of
        for group, figures in self._groups.items():
            kept = {(figure.figure.segment, figure.figure.currency): figure for figure in _current(connection, group)}
            came = any(figure.complete for figure in kept.values())
            latest = max(kept.values(), key=lambda figure: figure.last_run, default=None)
            back = stated is not None and any(figure.as_of > stated.isoformat() for figure in kept.values())
            for old, new in pairs([figure.figure for figure in kept.values()], figures, came=True, went=self.complete):
                mine = kept.get((old.segment, old.currency))
                reported = group.complete and not back and (mine is not None or came) and restated(old, new)
                yield _Step(group, old, new, mine, mine or latest, reported, back)

    def _told(self, connection: sqlite3.Connection, steps: Iterable[_Step]) -> list[Restated]:
        runs: dict[int, Run] = {}
        reasons: dict[tuple[str, int, int, bool], tuple[Cause, ...]] = {}
        restatements = []
        for step in steps:
            if step.since is None or self._now is None:
                continue
            for run in (step.since.value_run, step.since.last_run):
                runs[run] = runs.get(run) or read_run(connection, run)
            mine = self._definitions[step.group.metric]
            key = (step.group.metric, step.since.last_run, step.since.definition, bool(step.group.dims))
            if key not in reasons:
                old = _definition_text(connection, step.since.definition)
                before = runs[step.since.last_run]
                reasons[key] = tuple(causes(before, self._now, old, mine.text, mine.tables, segmented=key[3]))
            restatements.append(self._restated(step, runs[step.since.value_run].at, reasons[key]))
        return restatements

    def _restated(self, step: _Step, first: str, because: tuple[Cause, ...]) -> Restated:
        group, metric = step.group, next(own for own in self.report.metrics if own.name == step.group.metric)
        rows = self.report.rows
        label = rows.loc[(rows["start"] == group.start) & (rows["end"] == group.end), "period"].iloc[0]
        return Restated(
            group.metric,
            metric.title,
            str(metric.unit),
            str(label),
            group.start,
            group.end,
            json.loads(step.new.segment),
            step.new.currency or step.old.currency or None,
            step.old.value,
            _reason(step.old),
            step.new.value,
            _reason(step.new),
            first,
            because,
        )

    def _add(self, connection: sqlite3.Connection, now: Run, steps: list[_Step]) -> None:
        named = ",".join(metric.name for metric in self.report.metrics), ",".join(self.report.by)
        run = connection.execute(
            "INSERT INTO runs (at, version, as_of, period, metrics, dims) VALUES (?, ?, ?, ?, ?, ?)",
            (now.at, now.version, now.as_of, self.report.period, *named),
        ).lastrowid
        for file in now.inputs:
            _add_input(connection, run or 0, file)
        ids = {name: _definition_id(connection, own) for name, own in self._definitions.items()}
        for step in steps:
            _add_figure(connection, run or 0, step, ids[step.group.metric], complete=self.complete)
        connection.execute(  # rows can only be compared with those of the latest run that gave a figure
            "UPDATE files SET digests = NULL WHERE digests IS NOT NULL AND id NOT IN (SELECT file FROM inputs "
            "WHERE run IN (SELECT last_run FROM figures WHERE current))"
        )


def _storable(path: str) -> str:
    """A path as text: the name of a file may hold bytes that are none."""
    return path.encode("utf-8", "backslashreplace").decode()


def _digests_kept(
    connection: sqlite3.Connection | None, key: tuple[str, str, str]
) -> tuple[int, bytes, tuple[str, ...]] | None:
    if connection is None:
        return None
    row = connection.execute(
        "SELECT count, labels, digests FROM files WHERE sha256 = ? AND part = ? AND scheme = ?", key
    ).fetchone()
    return (row[0], row[2], tuple(json.loads(row[1]))) if row and row[2] is not None else None


def _digests_of(raw: Raw, source: Source, recogniser: Recogniser) -> tuple[int, bytes | None, tuple[str, ...]]:
    key, recognised = TABLES[source.table].key, None
    with suppress(CrmMetricsError):  # its table was stated from outside
        recognised = recogniser.recognise(raw) if key else None
    rows = digests.rows_of(raw, recognised.columns.get(key) if recognised else None)
    return (len(rows.contents), rows.packed(), rows.labels) if rows else (0, None, ())


def _current(connection: sqlite3.Connection, group: Group) -> list[_Kept]:
    rows = connection.execute(
        "SELECT segment, currency, value, n, status, reason, figures.id, definition, whole, value_run, last_run, as_of "
        f"FROM figures JOIN runs ON runs.id = last_run WHERE current AND {_GROUP}",
        [*vars(group).values()],
    )
    return [_Kept(Figure(*row[:6]), row[6], row[7], bool(row[8]), *row[9:]) for row in rows]


def _reason(figure: Figure) -> str | None:
    return (figure.reason or figure.status) if figure.value is None else None


def _definition_text(connection: sqlite3.Connection, row: int) -> str:
    return str(connection.execute("SELECT text FROM definitions WHERE id = ?", (row,)).fetchone()[0])


def _definition_id(connection: sqlite3.Connection, own: Definition) -> int:
    connection.execute("INSERT OR IGNORE INTO definitions (digest, text) VALUES (?, ?)", (own.digest, own.text))
    return int(connection.execute("SELECT id FROM definitions WHERE digest = ?", (own.digest,)).fetchone()[0])


def _add_input(connection: sqlite3.Connection, run: int, file: Input) -> None:
    key = (file.sha256, file.part, file.scheme)
    connection.execute(
        "INSERT INTO files (sha256, part, scheme, count, labels, digests) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (sha256, part, scheme) DO UPDATE SET digests = excluded.digests",
        (*key, file.count, json.dumps(file.labels), file.packed),
    )
    row = connection.execute("SELECT id FROM files WHERE sha256 = ? AND part = ? AND scheme = ?", key).fetchone()[0]
    connection.execute("INSERT INTO inputs VALUES (?, ?, ?, ?, ?)", (run, file.path, file.table, file.rows, row))


def _add_figure(connection: sqlite3.Connection, run: int, step: _Step, definition_id: int, *, complete: bool) -> None:
    """A figure that is as it was stands once, from its first run to its last."""
    group, new, kept = step.group, step.new, step.kept
    if kept is not None and not step.back:
        if kept.figure == new and kept.definition == definition_id:
            connection.execute(
                "UPDATE figures SET last_run = ?, whole = ? WHERE id = ?", (run, kept.complete or complete, kept.row)
            )
            return
        connection.execute("UPDATE figures SET current = 0 WHERE id = ?", (kept.row,))
    since = kept.value_run if kept is not None and same(kept.figure, new) else run
    connection.execute(
        'INSERT INTO figures (metric, start, "end", kind, complete, dims, segment, currency, value, n, status, reason, '
        "definition, whole, value_run, first_run, last_run, current) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*vars(group).values(), *vars(new).values(), definition_id, complete, since, run, run, not step.back),
    )
