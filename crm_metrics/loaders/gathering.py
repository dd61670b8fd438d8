"""The files of a question gathered: each recognised, its columns chosen, and its reading begun in the background.

Nothing here needs pandas, which takes as long to import as a large file takes to be read: the one goes on during the other.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, get_args

from crm_metrics import progress, schema
from crm_metrics.errors import NothingToReport, UsageError, did_you_mean
from crm_metrics.expressions import Filter, columns
from crm_metrics.issues import Issue
from crm_metrics.loaders import advising, beside, memory
from crm_metrics.loaders.coercing.words import spellings_of_missing
from crm_metrics.loaders.company import Company, held
from crm_metrics.loaders.mapping import Recogniser
from crm_metrics.loaders.planning import Halves, Plan, halves_of, plan
from crm_metrics.loaders.reading import As, Cells, Raw
from crm_metrics.loaders.recognising import Recognised, normalised
from crm_metrics.loaders.vocabulary import meanings_of
from crm_metrics.periods import Grain
from crm_metrics.schema import Kind
from crm_metrics.settings import Settings

_HINT = (
    "Give an export with its header row, for example deals with the columns stage, amount and close date; "
    "'crm-metrics scan' says what each file lacks."
)

_NAMED, _LABEL = 8, 40  # headers named of a file that is not recognised, and letters of each
_FEW = 4 << 20  # bytes in all files: with fewer, threads wait for each other longer than they work


class _AtOnce(Executor):
    """Does what it is given when it is given it, in the same thread."""

    def submit(self, work: Any, /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **named))
        except Exception as error:
            done.set_exception(error)
        return done


@dataclass(frozen=True)
class Fetched:
    """A recognised file, how its columns are read, and the cells once they are there."""

    raw: Raw
    recognised: Recognised
    plan: Plan
    cells: Future[Cells]


@dataclass(frozen=True)
class Gathered:
    """All files of a question. `wanted` are the tables its figures are made of, `made_of` those and what they are derived
    from, `needs` the columns that are needed of each, also to tell segments apart.
    `offers` say how to read a header as one of these that no file has, by file, table and column."""

    files: list[Fetched]
    wanted: set[str]
    made_of: set[str]
    needs: dict[str, set[str]]
    dims: list[str]
    where: Filter | None
    issues: list[Issue]
    pool: Executor
    offers: dict[tuple[str, str, str], str]


def gather(
    raws: Sequence[Raw],
    wanted: Iterable[tuple[str, str]],
    dims: Iterable[str],
    *,
    forced: Mapping[str, str] | None = None,
    issues: Iterable[Issue] = (),
    recogniser: Recogniser | None = None,
    apart: Iterable[str] = (),
    where: Filter | None = None,
) -> Gathered:
    """The files with the reading of their columns begun: only the wanted `(table, column)` pairs, the dimensions, and what
    they need. `forced` names the table of a file by its path; the rows of tables in `apart` are told apart by customer;
    `where` says which rows the figures are made of.
    Raises `NothingToReport` when no file is recognised, `UsageError` for a dimension that nothing has, `DataError` for a
    file that can be two tables and for files that do not fit into memory."""
    recogniser = recogniser or Recogniser(Settings())
    own_dims, wanted, own_issues = list(dims), list(wanted), list(issues)
    choosing = sorted(columns(where)) if where else []
    dims = list(dict.fromkeys([*own_dims, *choosing]))
    files = _recognised(raws, own_issues, forced or {}, recogniser)
    halves = {raw.path: _halves(raw, recognised) for raw, recognised in files}
    needs = schema.inputs(
        [*wanted, *((table, dim) for table in held(files) for dim in dims if dim in schema.TABLES[table].columns)]
    )
    for table, name in wanted:
        if schema.is_derived(table):
            needs.setdefault(table, set()).add(name)
    _find_dims(files, own_dims, "to report by")
    tables = [schema.TABLES[table].columns for table in held(files)]
    computed = {name for specs in tables for name in choosing if name in specs and specs[name].needs}
    _find_dims(files, [name for name in choosing if name not in computed], "to choose rows by")
    links = _links(files, dims)
    units = {} if "customer" in links else _units(files, apart, needs)
    derived = "deals" in needs and not any(recognised.layout.table == "deals" for _, recognised in files)
    planned: dict[str, tuple[Raw, Recognised, Plan]] = {}
    company = Company.of(files)
    for raw, recognised in sorted(files, key=lambda pair: -pair[0].size):
        names = _columns(recognised, needs, dims, links)
        unit = units.get(recognised.layout.table, "")
        names |= company.telling(recognised) | {unit}
        names |= beside.wanted([*recognised.columns], recognised.layout.table, needs, deals=derived)
        chosen = {name: recognised.columns[name] for name in sorted(names & recognised.columns.keys())}
        unread = company.unread(recognised, needs)
        how = plan(raw, chosen, _kinds(recognised), unread=unread, unit=unit, halves=halves[raw.path])
        planned[raw.path] = raw, recognised, how
    memory.refuse_too_large((raw, how) for raw, _, how in planned.values())
    cores, sizes = os.cpu_count() or 1, [raw.size for raw, _ in files]
    is_large = sum(raw.content.size or 0 for raw, _ in files) >= _FEW  # of workbooks, too, which are open by now
    pool = ThreadPoolExecutor(max_workers=cores) if is_large else _AtOnce()
    # Files side by side with a thread each are quicker than each with all threads, unless one file is most of all.
    threads = is_large and max(sizes) * cores > sum(sizes)
    started: dict[str, Fetched] = {}
    for path, (raw, recognised, how) in planned.items():
        missing = [*spellings_of_missing(), *recognised.layout.missing]
        cells = pool.submit(_read, raw, how.columns, missing, threads=threads)
        started[path] = Fetched(raw, recognised, how, cells)
    offers = _offers(files, needs, recogniser.settings)  # while the files are read
    fetched = [started[raw.path] for raw, _ in files]
    own = {table for table, _ in wanted}
    made_of = {*own, *schema.inputs(wanted)}
    return Gathered(fetched, own, made_of, needs, own_dims, where, own_issues, pool, offers)


def _read(raw: Raw, wanted: Mapping[int, As], missing: Sequence[str], *, threads: bool) -> Cells:
    """The cells of a file, which is told when it begins and when it is done."""
    progress.reading(raw.path)
    cells = raw.read(wanted, missing, threads=threads)
    progress.reading(raw.path, len(cells.rows))
    return cells


_SUREST = ("customer", "customer_email", "customer_name")  # the order in which customers are recognised


def _units(files: Sequence[tuple[Raw, Recognised]], apart: Iterable[str], needs: dict[str, set[str]]) -> dict[str, str]:
    """By table the column that tells its customers apart, where nothing else asks for them: as they are written, since
    recognising them across files costs more than all the rest. Tables of several vendors need that, and are made to."""
    units = {}
    for table in set(apart) & needs.keys():
        mine = [recognised for _, recognised in files if recognised.layout.table == table]
        there = [name for name in schema.IDENTITY if any(name in recognised.columns for recognised in mine)]
        if not there or needs[table] & {*schema.IDENTITY}:
            continue
        if len({recognised.layout.vendor for recognised in mine}) > 1:
            needs[table].update(schema.IDENTITY)
        else:
            units[table] = next(name for name in _SUREST if name in there)
    return units


def _offers(
    files: Sequence[tuple[Raw, Recognised]], needs: Mapping[str, set[str]], settings: Settings
) -> dict[tuple[str, str, str], str]:
    """How to read a header as a needed column that no file of its table has, by file, table and column."""
    offers: dict[tuple[str, str, str], str] = {}
    there: dict[str, set[str]] = defaultdict(set)
    for _, recognised in files:
        there[recognised.layout.table].update(recognised.columns)
    for raw, recognised in files:
        table = recognised.layout.table
        way = advising.offered(raw, settings, recognised, needs.get(table, set()) - there[table])
        if way is not None:
            offers |= {(raw.path, table, column): way.sentence for column in way.columns}
    return offers


def _halves(raw: Raw, recognised: Recognised) -> dict[str, Halves]:
    """The times of day that lie beside the file's dates; what they were taken for by their header alone is no column."""
    kinds = _kinds(recognised)
    dates = {name: place for name, place in recognised.columns.items() if kinds[name] is Kind.DATE}
    halves = halves_of(raw.header, raw.head, dates, [*recognised.columns.values()]) if dates else {}
    times = {half.time for half in halves.values()}
    for name in [name for name, place in recognised.columns.items() if place in times]:
        del recognised.columns[name]
    return halves


def _kinds(recognised: Recognised) -> Mapping[str, Kind]:
    return {name: beside.kind_of(recognised.layout.table, name) for name in recognised.columns}


def _recognised(
    raws: Sequence[Raw], issues: list[Issue], forced: Mapping[str, str], recogniser: Recogniser
) -> list[tuple[Raw, Recognised]]:
    files = []
    for raw in raws:
        recognised = recogniser.recognise(raw, forced.get(raw.path))
        if recognised is None:
            issues.append(_unrecognised(raw, recogniser.settings))
            continue
        files.append((raw, recognised))
        if recognised.second and (way := advising.way_to(raw, recogniser.settings, recognised.second, {})):
            detail = {"table": recognised.layout.table, "second": recognised.second, "option": way.option}
            issues.append(Issue("close-second", raw.path, detail=detail))
    if not files:
        headers = [f"{raw.path}: {', '.join(label[:_LABEL] for label in raw.header[:_NAMED])}" for raw in raws[:3]]
        headers += [f"{issue.path} {issue.sentence}" for issue in issues if issue.code == "empty-file"]
        ways = [
            str(issue.detail["way"]) for issue in issues if issue.code == "unrecognised-file" and issue.detail["way"]
        ]
        raise NothingToReport(
            "no file is recognised as a table of customers, leads, deals, tickets, responses, orders, subscriptions or spend"
            + (f" ({'; '.join(headers)})" if headers else ""),
            hint="\n".join([*ways, _HINT]),
        )
    return files


def _unrecognised(raw: Raw, settings: Settings) -> Issue:
    """What a file holds that is no known table, and what would make it one."""
    labels = [label for label in raw.header if label]
    shown = ", ".join(label[:_LABEL] for label in labels[:_NAMED]) or "none"
    if len(labels) > _NAMED:
        shown += f" and {len(labels) - _NAMED:,} more"
    advice = advising.nearest(raw, settings).sentence
    way = f"{raw.path}: {advice}" if advice else ""
    detail = {"columns": shown, "advice": f"; {advice}" if advice else "", "way": way}
    return Issue("unrecognised-file", raw.path, detail=detail)


def _find_dims(files: list[tuple[Raw, Recognised]], dims: Sequence[str], what_for: str) -> None:
    """Let a column that no table of the schema knows serve as a dimension by its header."""
    names: set[str] = set()
    for raw, recognised in files:
        labels = [normalised(label).replace(" ", "_") for label in raw.header]
        for dim in dims:
            if dim not in recognised.columns and dim in labels:
                recognised.columns[dim] = labels.index(dim)
        names |= {name for name in recognised.columns if not name.endswith("_at") and not beside.is_beside(name)}
        names |= set(labels)
    for dim in dims:
        if not any({dim, beside.DEALS + dim} & recognised.columns.keys() for _, recognised in files):
            dimensions = {name for name in names if name} | set(get_args(Grain))
            meanings = [meaning.attribute for meaning in meanings_of((dim,))[0] if meaning.attribute is not None]
            meant = [name for name in (word.replace(" ", "_") for word in meanings) if name in dimensions]
            advice = f"Did you mean {meant[0]}?" if meant else did_you_mean(dim, dimensions)
            raise UsageError(f"no file has a column {dim!r} {what_for}. {advice}")


def _links(files: list[tuple[Raw, Recognised]], dims: Sequence[str]) -> set[str]:
    """The columns by which a dimension that not every table has of its own is joined to those without it."""
    links = set()
    for dim in dims:
        having = {recognised.layout.table for _, recognised in files if dim in recognised.columns}
        if having != held(files):
            links |= {link.column for other, link in schema.LINKED.items() if other in having}
    return links


def _columns(recognised: Recognised, needs: Mapping[str, set[str]], dims: Sequence[str], links: set[str]) -> set[str]:
    """What to read of a file: what is needed of its table, its key, the moments that decide as-of, and what links it."""
    table = recognised.layout.table
    table_schema = schema.TABLES[table]
    names = {
        *needs.get(table, ()),
        *table_schema.always,
        *table_schema.moments,
        *table_schema.traces,
        *table_schema.ends,
    }
    names |= {*dims, table_schema.key, *recognised.layout.total_blank}
    if table == "orders" and ("amount" not in recognised.columns or "product" in recognised.columns):
        names |= {"line_price", "quantity"}  # which make it, or tell it from the whole order's
    if table == "customers" and ("customer" in set().union(*needs.values()) or "customer" in links):
        names.update(table_schema.identity)
    names |= {name for link in links for name in (schema.IDENTITY if link == "customer" else (link,))}
    for other, link in schema.LINKED.items():
        if link.attributes and table in (other, *link.onto) and {other, *link.onto} & needs.keys() - {table}:
            names.add(link.column if table in link.onto else link.key)
        if link.attributes and table == other:
            names |= {name for onto in link.onto for name in link.attributes if name in needs.get(onto, ())}
    return names
