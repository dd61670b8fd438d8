"""The files of a question gathered: each recognised, its columns chosen, and its reading begun in the background.

Nothing here needs pandas, which takes as long to import as a large file takes to be read: the one goes on during the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import get_args

from crm_metrics import schema
from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.issues import Issue
from crm_metrics.loaders.coercing.words import spellings_of_missing
from crm_metrics.loaders.planning import Plan, plan
from crm_metrics.loaders.reading import Cells, Raw
from crm_metrics.loaders.recognising import Recognised, normalised, recognise
from crm_metrics.periods import Grain
from crm_metrics.schema import Kind

# Each table's own id. Several rows of one order are its lines, which purchases put together.
IDS = {
    "customers": "customer_id",
    "leads": "lead_id",
    "deals": "deal_id",
    "tickets": "ticket_id",
    "responses": "response_id",
    "subscriptions": "subscription_id",
    "orders": "order_id",
    "order_lines": "line_id",
}
# Which table an attribute can come from, and by which columns the two are joined. The first that has it is used.
LINKS = (
    ("owners", "owner", "owner"),
    ("leads", "lead_id", "lead_id"),
    ("customers", "customer", "customer"),
    ("products", "product", "product"),
)
IDENTITY = ("customer", "customer_name", "customer_email")
_ALWAYS = ("updated_at", "is_deleted", "currency")
_OUTCOME = schema.TABLES["deals"].columns["outcome"].needs


@dataclass(frozen=True)
class Fetched:
    """A recognised file, how its columns are read, and the cells once they are there. `unread` is an id that is only wanted
    to see whether one repeats."""

    raw: Raw
    recognised: Recognised
    plan: Plan
    cells: Future[Cells]
    unread: str | None


@dataclass(frozen=True)
class Gathered:
    """All files of a question. `wanted` are the tables its figures are made of, `needs` the columns they need of each."""

    files: list[Fetched]
    wanted: set[str]
    needs: dict[str, set[str]]
    dims: list[str]
    issues: list[Issue]
    pool: ThreadPoolExecutor


def gather(
    raws: Sequence[Raw],
    wanted: Iterable[tuple[str, str]],
    dims: Iterable[str],
    *,
    forced: Mapping[str, str] | None = None,
    issues: Iterable[Issue] = (),
) -> Gathered:
    """The files with the reading of their columns begun: only the wanted `(table, column)` pairs, the dimensions, and what
    they need. `forced` names the table of a file by its path. Raises `NothingToReport` when no file is recognised,
    `UsageError` for a dimension that nothing has, `DataError` for a file that can be two tables."""
    dims, wanted, noticed = list(dims), list(wanted), list(issues)
    found = _recognised(raws, noticed, forced or {})
    needs = schema.inputs([*wanted, *((table, dim) for table in _tables(found) for dim in dims if _knows(table, dim))])
    _find_dims(found, dims)
    links = _links(found, dims)
    cores = os.cpu_count() or 1
    pool = ThreadPoolExecutor(max_workers=cores)
    sizes = {raw.path: raw.size for raw, _ in found}
    # Files side by side with a thread each are quicker than each with all threads, unless one file is most of all.
    threads = max(sizes.values()) * cores > sum(sizes.values())
    started: dict[str, Fetched] = {}
    for raw, recognised in sorted(found, key=lambda pair: -sizes[pair[0].path]):
        chosen = {name: recognised.columns[name] for name in _columns(recognised, needs, dims, links)}
        unread = _unread(recognised, found, needs)
        how = plan(raw, chosen, _kinds(recognised), totals=bool(recognised.layout.total_rows), unread=unread)
        missing = [*spellings_of_missing(), *recognised.layout.missing]
        cells = pool.submit(raw.read, how.columns, missing, threads=threads)
        started[raw.path] = Fetched(raw, recognised, how, cells, unread)
    files = [started[raw.path] for raw, _ in found]
    return Gathered(files, {table for table, _ in wanted}, needs, dims, noticed, pool)


def _kinds(recognised: Recognised) -> Mapping[str, Kind]:
    known = schema.TABLES[recognised.layout.table].columns
    return {name: known[name].kind if name in known else Kind.CATEGORY for name in recognised.columns}


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
        seen = [f"{raw.path}: {', '.join(raw.header[:8])}" for raw in raws[:3]]
        seen += [f"{issue.path} {issue.sentence}" for issue in noticed if issue.code == "empty-file"]
        raise NothingToReport(
            "no file is recognised as a table of customers, leads, deals, tickets, responses, orders, subscriptions or spend"
            + (f" ({'; '.join(seen)})" if seen else ""),
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
            dimensions = {name for name in known if name} | set(get_args(Grain))
            raise UsageError(f"no file has a column {dim!r} to report by. {did_you_mean(dim, dimensions)}")


def _links(found: list[tuple[Raw, Recognised]], dims: Sequence[str]) -> set[str]:
    """The columns by which a dimension that not every table has of its own is joined to those without it."""
    links = set()
    for dim in dims:
        having = {recognised.layout.table for _, recognised in found if dim in recognised.columns}
        if having != _tables(found):
            links |= {mine for other, mine, _ in LINKS if other in having}
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
    names |= {name for link in links for name in (IDENTITY if link == "customer" else (link,))}
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
