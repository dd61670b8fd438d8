"""From raw tables to a dataset: recognise, normalise, put together, settle as-of, derive facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from crm_metrics import progress, schema
from crm_metrics.errors import DataError, together
from crm_metrics.expressions import columns
from crm_metrics.issues import Issue
from crm_metrics.loaders import combining, coverage, linking, overlaps, rates
from crm_metrics.loaders.facts import (
    after_as_of,
    answers,
    conversion,
    customers,
    deals,
    filtering,
    leads,
    orders,
    outcomes,
    purchases,
    ratings,
    recurring,
    spend,
    stages,
    subscriptions,
    tickets,
)
from crm_metrics.loaders.facts.draft import Draft
from crm_metrics.loaders.gathering import Gathered
from crm_metrics.loaders.normalising import FileRows, normalise
from crm_metrics.loaders.reading import Raw
from crm_metrics.settings import Settings
from crm_metrics.tables import SOURCE, WHERE, Dataset
from crm_metrics.tables.frames import has_value

Step = Callable[[Draft], None]

# Facts in the order in which they are made of each other; those of a group are of different tables.
_FACTS: tuple[tuple[Step, ...], ...] = (
    (conversion.derive,),
    (deals.derive, tickets.derive, answers.derive),
    (filtering.derive,),
    (stages.derive,),
    (leads.derive,),
    (tickets.first_responses,),
    (ratings.derive,),
    (purchases.derive,),
    (recurring.derive,),
    (customers.derive,),
)


def load(
    gathered: Gathered,
    settings: Settings,
    *,
    today: date,
    watch: Callable[[Sequence[FileRows]], None] | None = None,
) -> Dataset:
    """The dataset made of the files that are being read. `watch` is shown the files as they were read, before anything
    is derived. Raises `DataError` for what can be read in two ways."""
    recognising, dims = gathered.issues, gathered.dims
    issues: list[Issue] = []
    # Coercing leaves the interpreter free most of the time: files are worked on side by side.
    jobs = [gathered.pool.submit(normalise, fetched, settings, index) for index, fetched in enumerate(gathered.files)]
    progress.stage("reading dates and amounts")
    files = _all_of(jobs)
    progress.loaded(len(files), sum(file.source.rows for file in files))
    progress.stage("putting records together")
    if watch is not None:
        watch(files)
    issues += [issue for file in files for issue in file.issues]
    tables = combining.together(files, issues, today)
    sources = [file.source for file in files]
    draft = Draft(
        tables,
        sources,
        {file.source.index: file.recognised for file in files},
        settings,
        as_of=today,
        now=np.datetime64(today + timedelta(days=1), "us"),
        wanted=gathered.wanted,
        needs=gathered.needs,
        dims=(*dims, WHERE) if gathered.where else tuple(dims),
        where=gathered.where,
    )
    exchange = _exchange(draft)
    _side_by_side(gathered.pool, draft, _settling(draft))
    overlaps.report(gathered.files, files, tables, issues)
    coverage.settle(draft, today)
    after_as_of.undo(draft, today)
    linking.link_customers(tables, sources, draft.issues)
    for other, link in schema.LINKED.items():
        linked = {name: tables[name] for name in (other, *link.onto) if name in tables}
        for column in link.attributes:
            linking.carry(linked, column)
    linking.report_unmatched(tables, sources, draft.issues)
    spend.attribute(draft)
    subscriptions.settle_ends(draft)
    for dim in dims:
        linking.carry(tables, dim)
    progress.stage("working out response times, outcomes and revenue")
    for steps in _FACTS:
        _side_by_side(gathered.pool, draft, steps)
    gathered.pool.shutdown()
    for dim in dims:
        linking.carry(draft.tables, dim)
    coverage.derive(draft)
    _report_undated(draft)
    unfiltered, unable = filtering.choose(draft)
    told = recognising + _about_what_is_asked(files, gathered, issues + draft.issues)
    progress.stage("computing")
    return Dataset(
        tables=draft.tables,
        sources=sources + [file.source for _, file in exchange],
        issues=told,
        as_of=draft.as_of,
        settings=settings,
        labels=draft.labels,
        notes=draft.notes,
        concerns=draft.concerns,
        constants=draft.constants,
        now=int(draft.now.astype("datetime64[us]").astype(np.int64)),
        priced_in=draft.priced_in,
        coverage=draft.coverage,
        unfiltered=unfiltered,
        unable=unable,
        offers=gathered.offers,
        raws={raw.path: raw for raw, _ in exchange},
    )


def _exchange(draft: Draft) -> list[tuple[Raw, FileRows]]:
    """Put the exchange rates into the draft; the file they are read from, if any, is an input like the others."""
    if draft.settings.rates is None or draft.settings.currency is None:
        return []
    draft.rates, read = rates.book(draft.settings, index=len(draft.sources))
    draft.issues += [issue for _, file in read for issue in file.issues]
    return read


def _about_what_is_asked(files: Sequence[FileRows], gathered: Gathered, issues: Sequence[Issue]) -> list[Issue]:
    """The problems without those of files of which nothing but their days is asked, which are marked."""
    dims = {*gathered.dims, *(columns(gathered.where) if gathered.where else ())}
    giving = {file.source.table for file in files if dims & file.source.columns.keys()} & schema.LINKED.keys()
    for file in files:
        parts = {file.source.table, file.part.table if file.part is not None else ""}
        file.source.asked = bool(parts & (gathered.made_of | giving))
    silent = {file.source.path for file in files if not file.source.asked}
    return [issue for issue in issues if issue.path not in silent]


def _all_of(jobs: Sequence[Future[FileRows]]) -> list[FileRows]:
    """What the jobs give. Raises one `DataError` for all files that can be read in two ways, not only for the first."""
    files, refused = [], []
    for job in jobs:
        try:
            files.append(job.result())
        except DataError as error:
            refused.append(error)
    if refused:
        raise together(refused)
    return files


def _settling(draft: Draft) -> list[Step]:
    """What settles the dates that depend on other columns and on which as-of depends."""
    settle = {
        "deals": outcomes.settle_outcomes,
        "tickets": tickets.settle_solved,
        "orders": orders.settle,
        "spend": spend.settle,
        "subscriptions": subscriptions.settle_dates,
    }
    return [partial(step, table=draft.tables[name]) for name, step in settle.items() if name in draft.tables]


def _side_by_side(pool: Executor, draft: Draft, steps: Sequence[Step]) -> None:
    """Steps for different tables, at the same time; what they notice stands in their order. A step that is alone may
    change the draft itself."""
    if len(steps) == 1:
        steps[0](draft)
        return
    drafts = [replace(draft, issues=[], notes=[]) for _ in steps]
    for job in [pool.submit(step, own) for step, own in zip(steps, drafts, strict=True)]:
        job.result()
    for own in drafts:
        draft.issues += own.issues
        draft.notes += own.notes


def _report_undated(draft: Draft) -> None:
    """Rows without the date that places them are in no figure of a period: counted and listed."""
    for name, table in sorted(draft.tables.items()):
        table_schema = schema.TABLES[name]
        if table_schema.undated or not table_schema.placed_by or not table.has(table_schema.placed_by):
            continue
        hit = ~has_value(table.frame, table_schema.placed_by)
        if name == "deals":
            hit &= ~(table.frame["outcome"] == "open").to_numpy()
        if hit.any():
            first = int(table.frame[SOURCE].to_numpy()[hit][0])
            column = draft.sources[first].columns.get(table_schema.placed_by, table_schema.placed_by)
            draft.report("no-date", table, hit, column=column)
