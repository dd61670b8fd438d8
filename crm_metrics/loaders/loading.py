"""From raw tables to a dataset: recognise, normalise, put together, settle as-of, derive facts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_metrics import schema
from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.issues import Issue
from crm_metrics.loaders import linking
from crm_metrics.loaders.facts import customers, deals, leads, purchases, ratings, spend, subscriptions, tickets
from crm_metrics.loaders.facts.workbench import Workbench, has_value, instants, moments
from crm_metrics.loaders.identity import IDS, without_versions
from crm_metrics.loaders.normalising import FileRows, normalise
from crm_metrics.loaders.reading import Raw
from crm_metrics.loaders.recognising import Recognised, normalised, recognise
from crm_metrics.settings import Settings
from crm_metrics.tables import SOURCE, Dataset, Table, Unusable

_IDENTITY = ("customer", "customer_name", "customer_email")
_ALWAYS = ("updated_at", "is_deleted", "currency")
_OUTCOME = schema.TABLES["deals"].columns["outcome"].needs
# Facts in the order in which they are made of each other.
_FACTS = (spend, deals, leads, tickets, ratings, purchases, subscriptions, customers)


def load(
    raws: Sequence[Raw],
    wanted: Iterable[tuple[str, str]],
    dims: Iterable[str],
    settings: Settings,
    *,
    today: date,
    forced: Mapping[str, str] | None = None,
    issues: Iterable[Issue] = (),
) -> Dataset:
    """The dataset made of the raw tables: only the wanted `(table, column)` pairs, the dimensions, and what they need are
    read. `forced` names the table of a file by its path. Raises `DataError` for what can be read in two ways,
    `NothingToReport` when no file is recognised, `UsageError` for a dimension that nothing has."""
    dims, wanted = list(dims), list(wanted)
    noticed = list(issues)
    found = _recognised(raws, noticed, forced or {})
    needs = schema.inputs([*wanted, *((table, dim) for table in _tables(found) for dim in dims if _knows(table, dim))])
    _find_dims(found, dims)
    links = _links(found, dims)
    # Parsing and coercing leave the interpreter free most of the time: files are worked on side by side.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = [
            pool.submit(
                normalise,
                raw,
                recognised,
                _columns(recognised, needs, dims, links),
                settings,
                index,
                unread=_unread(recognised, found, needs),
            )
            for index, (raw, recognised) in enumerate(found)
        ]
        files = [job.result() for job in jobs]
    noticed += [issue for file in files for issue in file.issues]
    tables = _together(files, noticed)
    sources = [file.source for file in files]
    bench = Workbench(
        tables,
        sources,
        {file.source.index: file.recognised for file in files},
        settings,
        as_of=today,
        now=np.datetime64(today + timedelta(days=1), "us"),
        wanted={table for table, _ in wanted},
        needs=needs,
    )
    _settle(bench)
    _set_as_of(bench, today)
    linking.link_customers(tables, sources, bench.issues)
    if "deals" in tables and "leads" in tables:
        for column in ("source", "campaign"):
            linking.carry({name: tables[name] for name in ("deals", "leads")}, column)
    linking.report_unmatched(tables, sources, bench.issues)
    for dim in dims:
        linking.carry(tables, dim)
    for facts in _FACTS:
        facts.derive(bench)
    for dim in dims:
        linking.carry(bench.tables, dim)
    _report_undated(bench)
    return Dataset(
        tables=bench.tables,
        sources=sources,
        issues=noticed + bench.issues,
        as_of=bench.as_of,
        settings=settings,
        labels=bench.labels,
        notes=bench.notes,
        constants=bench.constants,
        now=int(bench.now.astype("datetime64[us]").astype(np.int64)),
    )


def _recognised(raws: Sequence[Raw], noticed: list[Issue], forced: Mapping[str, str]) -> list[tuple[Raw, Recognised]]:
    found = []
    for raw in raws:
        recognised = recognise(raw.header, raw.path, table=forced.get(raw.path))
        if recognised is None:
            labels = ", ".join(label for label in raw.header if label) or "none"
            shown = labels if len(labels) <= 200 else labels[:199] + "…"
            noticed.append(Issue("unrecognised-file", raw.path, detail={"columns": shown}))
        else:
            found.append((raw, recognised))
    if not found:
        seen = "; ".join(f"{raw.path}: {', '.join(raw.header[:8])}" for raw in raws[:3])
        raise NothingToReport(
            "no file is recognised as a table of customers, leads, deals, tickets, responses, orders, subscriptions or spend"
            + (f" ({seen})" if seen else ""),
            hint="Give an export with its header row, for example deals with the columns stage, amount and close date.",
        )
    return found


def _tables(found: list[tuple[Raw, Recognised]]) -> set[str]:
    return {recognised.layout.table for _, recognised in found}


def _knows(table: str, dim: str) -> bool:
    return dim in schema.TABLES[table].columns


def _find_dims(found: list[tuple[Raw, Recognised]], dims: Sequence[str]) -> None:
    """Let a column that no table of the schema knows serve as a dimension by its header."""
    known: set[str] = set()
    for raw, recognised in found:
        labels = [normalised(label).replace(" ", "_") for label in raw.header]
        for dim in dims:
            if dim not in recognised.columns and dim in labels:
                recognised.columns[dim] = labels.index(dim)
        known |= {name for name in recognised.columns if not name.endswith("_at")} | set(labels)
    for dim in dims:
        if not any(dim in recognised.columns for _, recognised in found):
            dimensions = {name for name in known if name}
            raise UsageError(f"no file has a column {dim!r} to report by. {did_you_mean(dim, dimensions)}")


def _links(found: list[tuple[Raw, Recognised]], dims: Sequence[str]) -> set[str]:
    """The columns by which a dimension that not every table has of its own is joined to those without it."""
    links = set()
    for dim in dims:
        having = {recognised.layout.table for _, recognised in found if dim in recognised.columns}
        if having != _tables(found):
            links |= {mine for other, mine, _ in linking.LINKS if other in having}
    return links


def _columns(recognised: Recognised, needs: Mapping[str, set[str]], dims: Sequence[str], links: set[str]) -> list[str]:
    """What to read of a file: what is needed of its table, its id, the dates that decide as-of, and what links it."""
    table = recognised.layout.table
    known = schema.TABLES[table]
    names = {*needs.get(table, ()), *known.clocks, *_ALWAYS, *dims, IDS.get(table, "")}
    if table == "deals":
        names |= {need.partition(".")[2] for need in _OUTCOME}
    if table in ("orders", "order_lines"):
        names.add("order_id")
    if table == "spend":
        names.add("spent_to_at")
    if table == "tickets":
        names |= {"closed_at", "status"}
    if table == "subscriptions":
        names |= {"trial_ends_at"}
    if table in ("owners", "products"):
        names.add(table.removesuffix("s"))
    if table == "customers" and ("customer" in _all(needs) or "customer" in links):
        names |= {"customer_id", "name", "email"}
    names |= {name for link in links for name in (_IDENTITY if link == "customer" else (link,))}
    if table == "deals" and "leads" in needs:
        names.add("lead_id")
    if table == "leads" and "deals" in needs:
        names |= {"lead_id", *({"source", "campaign"} & needs["deals"])}
    return sorted(name for name in names if name in recognised.columns)


def _unread(recognised: Recognised, found: list[tuple[Raw, Recognised]], needs: Mapping[str, set[str]]) -> str | None:
    """The id of a file when it is only wanted to see whether one repeats; None when another file could repeat it, or when
    something reads it."""
    table = recognised.layout.table
    alone = sum(other.layout is recognised.layout for _, other in found) == 1
    name = IDS.get(table)
    joined = table == "customers" or (table == "leads" and "deals" in needs)
    return name if alone and not joined and name not in needs.get(table, ()) else None


def _all(needs: Mapping[str, set[str]]) -> set[str]:
    return set().union(*needs.values()) if needs else set()


def _together(files: list[FileRows], noticed: list[Issue]) -> dict[str, Table]:
    """One table per name, from all files of that table; each vendor's versions of a record are settled first."""
    sources = [file.source for file in files]
    tables: dict[str, Table] = {}
    for name in sorted({file.source.table for file in files}):
        mine = [file for file in files if file.source.table == name]
        layouts = {id(file.recognised.layout): file.recognised.layout for file in mine}
        parts = []
        for layout in layouts.values():
            frame = concatenated([file.frame for file in mine if file.recognised.layout is layout])
            parts.append(without_versions(frame, name, sources, noticed))
        calendar = {}
        unusable: dict[str, Unusable] = {}
        for file in mine:
            unusable |= file.unusable
            for column, by_day in file.calendar.items():
                calendar.setdefault(column, np.ones(len(files), dtype=bool))[file.source.index] = by_day
        tables[name] = Table(name, concatenated(parts), calendar, unusable)
    return tables


def concatenated(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several frames as one; a column that one lacks is missing there, and text stays categorical."""
    if len(frames) == 1:
        return frames[0]
    columns = list(dict.fromkeys(column for frame in frames for column in frame.columns))
    made: dict[str, object] = {}
    for column in columns:
        kind = next(frame[column].dtype for frame in frames if column in frame)
        parts = [frame[column] if column in frame else pd.Series([None] * len(frame), dtype=kind) for frame in frames]
        if any(isinstance(part.dtype, pd.CategoricalDtype) for part in parts):
            values = sorted(set().union(*(set(part.astype("category").cat.categories) for part in parts)))
            dtype = pd.CategoricalDtype(pd.Index(values, dtype="str"))
            parts = [part.astype(dtype) for part in parts]
        made[column] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(made)


def _settle(bench: Workbench) -> None:
    """Dates that depend on other columns and on which as-of depends."""
    if "deals" in bench.tables:
        deals.settle_outcomes(bench, bench.tables["deals"])
    if "tickets" in bench.tables:
        tickets.settle_solved(bench, bench.tables["tickets"])
    if "subscriptions" in bench.tables:
        subscriptions.settle_dates(bench, bench.tables["subscriptions"])


def _set_as_of(bench: Workbench, today: date) -> None:
    """As-of is the setting, else the newest day on which something happened, today at the latest."""
    tomorrow = np.datetime64(today + timedelta(days=1), "us")
    newest = np.datetime64("1800-01-01", "us")
    for table in bench.tables.values():
        for column in schema.TABLES[table.name].clocks:
            dates = moments(table.frame, column)
            dates = dates[~np.isnat(dates)]
            if len(dates) and dates.max() >= tomorrow:
                hit = moments(table.frame, column) >= tomorrow
                if bench.settings.as_of is None:
                    bench.report("after-as-of", table, hit, as_of=str(today), column=column)
                dates = dates[dates < tomorrow]
            if len(dates):
                newest = max(newest, dates.max())
    happened = bench.days(np.array([newest]))[0].astype(object) if newest > np.datetime64("1800-01-01", "us") else today
    bench.as_of = bench.settings.as_of or happened
    start_of_next = np.array([bench.as_of + timedelta(days=1)], dtype="datetime64[D]")
    bench.now = instants(start_of_next, bench.settings.timezone)[0]
    if bench.settings.as_of is not None:
        for table in bench.tables.values():
            for column in schema.TABLES[table.name].clocks:
                bench.report(
                    "after-as-of",
                    table,
                    moments(table.frame, column) >= bench.now,
                    as_of=str(bench.as_of),
                    column=column,
                )


def _report_undated(bench: Workbench) -> None:
    """Rows without the date that places them are in no figure of a period: counted and listed."""
    places = {
        "leads": "created_at",
        "deals": "created_at",
        "tickets": "created_at",
        "responses": "responded_at",
        "orders": "ordered_at",
        "subscriptions": "started_at",
        "spend": "spent_at",
    }
    for name, column in places.items():
        if name in bench.tables and bench.tables[name].has(column):
            table = bench.tables[name]
            hit = ~has_value(table.frame, column)
            if name == "deals":
                hit &= ~(table.frame["outcome"] == "open").to_numpy()
            if hit.any():
                first = int(table.frame[SOURCE].to_numpy()[hit][0])
                bench.report("no-date", table, hit, column=bench.sources[first].columns.get(column, column))
